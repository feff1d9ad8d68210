//! Decompression within bounds.
//!
//! Payloads are untrusted, and a few bytes can expand to gigabytes. The output is counted as it is
//! produced, whatever a header claims.

use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};

use zstd::zstd_safe::DCtx;

use super::{Wrapping, ansi, charset, inflate, lz4, streams};
use crate::payload::figures;

/// The maximum size of both packed and unpacked data: 64 MiB.
pub const MAX_SIZE: usize = 64 << 20;

/// The maximum ratio of unpacked to packed size.
pub const MAX_RATIO: usize = 1024;

/// The size that any input may expand to, even if the ratio is higher than [`MAX_RATIO`]: 1 MiB.
pub const SMALL: usize = 1 << 20;

/// The size that any input may expand to if nobody asked for it: 32 KiB, which is what 1 KiB reaches
/// with a ratio of 32.
pub const SMALL_UNASKED: usize = 32 << 10;

/// The number of packed bytes by which the allowed ratio grows by one, if nobody asked.
const PACKED_PER_RATIO: usize = 32;

/// The maximum number of consecutive members or frames.
pub const MAX_PIECES: usize = 4096;

/// The binary logarithms of the lowest and the highest limit on the window size that zstd data may
/// request. Every decoder should support the lowest (RFC 8878, section 3.1.1.1.2).
const ZSTD_WINDOWS: (u32, u32) = (23, 26);

/// Why something was not unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The content would exceed the limit.
    Large {
        /// The packed size, in bytes.
        packed: usize,
        /// The limit of the unpacked size, in bytes.
        limit: usize,
    },
    /// The packed data has more than [`MAX_SIZE`] bytes; this is its size.
    LargePacked(usize),
    /// There are more than [`MAX_PIECES`] members or frames.
    ManyPieces,
    /// The end of the data is missing.
    EndsEarly(Wrapping),
    /// The data is corrupt; the text is the decoder's error.
    Broken(Wrapping, String),
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let size = |bytes: usize| figures::size(bytes as u64);
        match self {
            Self::Large { packed, limit } => {
                let ratio = limit / packed.max(&1);
                let (packed, limit) = (size(*packed), size(*limit));
                write!(
                    formatter,
                    "{packed} would exceed the limit of {limit} when unpacked"
                )?;
                write!(formatter, " (ratio > {ratio})")
            }
            Self::LargePacked(packed) => {
                let (packed, limit) = (size(*packed), size(MAX_SIZE));
                write!(formatter, "{packed} exceeds the limit of {limit}")
            }
            Self::ManyPieces => write!(formatter, "more than {MAX_PIECES} members or frames"),
            Self::EndsEarly(wrapping) => write!(formatter, "truncated {} data", wrapping.name()),
            Self::Broken(wrapping, why) => {
                write!(formatter, "corrupt {} data: {why}", wrapping.name())
            }
        }
    }
}

/// Returns the compression format or text encoding whose magic number `bytes` begin with. A zlib
/// header, the start of a Snappy block and the start of UTF-16 are weak evidence: only unpacking
/// shows whether it is right.
pub fn packed_by(bytes: &[u8]) -> Option<Wrapping> {
    match bytes {
        [0x1f, 0x8b, 0x08, ..] => Some(Wrapping::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Wrapping::Zstd),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some(Wrapping::Lz4),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Wrapping::Xz),
        [
            b'B',
            b'Z',
            b'h',
            b'1'..=b'9',
            0x31,
            0x41,
            0x59,
            0x26,
            0x53,
            0x59,
            ..,
        ]
        | [
            b'B',
            b'Z',
            b'h',
            b'1'..=b'9',
            0x17,
            0x72,
            0x45,
            0x38,
            0x50,
            0x90,
            ..,
        ] => Some(Wrapping::Bzip2),
        [0xff, 6, 0, 0, b's', b'N', b'a', b'P', b'p', b'Y', ..] => Some(Wrapping::Snappy),
        // Deflate, a window up to 32 KiB, no dictionary, and check bits (RFC 1950, section 2.2).
        [method, flags, ..]
            if method & 0x0f == 8
                && method >> 4 <= 7
                && flags & 0x20 == 0
                && u16::from_be_bytes([*method, *flags]).is_multiple_of(31) =>
        {
            Some(Wrapping::Zlib)
        }
        _ if streams::may_be_snappy_json(bytes) => Some(Wrapping::SnappyBlock),
        _ => charset::utf16_by(bytes),
    }
}

/// Returns the maximum size that `packed` bytes may expand to if nobody asked for it. The ratio grows
/// with the size, up to [`MAX_RATIO`], so that a message of 1 KiB, which costs a stranger nothing,
/// costs no more than a few milliseconds.
pub fn limit_unasked(packed: usize) -> usize {
    let ratio = (packed / PACKED_PER_RATIO).min(MAX_RATIO);
    packed.saturating_mul(ratio).clamp(SMALL_UNASKED, MAX_SIZE)
}

/// Returns the maximum size that `packed` bytes may expand to.
pub fn limit(packed: usize) -> usize {
    packed.saturating_mul(MAX_RATIO).clamp(SMALL, MAX_SIZE)
}

/// Unpacks all of `bytes`, compressed by `wrapping` (which must not be base64), to at most
/// `max_size` bytes.
pub fn unpack(wrapping: Wrapping, bytes: &[u8], max_size: usize) -> Result<Vec<u8>, Failure> {
    let packed = bytes.len();
    if packed > MAX_SIZE {
        return Err(Failure::LargePacked(packed));
    }
    let limit = limit(packed).min(max_size);
    let mut zstd = None;
    // Unpacks the first member or frame, and returns the rest.
    let mut unpack_first = |bytes, out: &mut Vec<u8>| match wrapping {
        Wrapping::Gzip => inflate::gzip_member(bytes, limit, out),
        Wrapping::Zlib => inflate::zlib(bytes, limit, out),
        Wrapping::Zstd => zstd_frame(zstd.get_or_insert_with(DCtx::create), bytes, limit, out),
        Wrapping::Lz4 => lz4::frame(bytes, limit, out),
        Wrapping::Lz4Block => lz4::block(bytes, limit, out),
        Wrapping::Snappy => streams::snappy_frames(bytes, limit, out),
        Wrapping::SnappyBlock => streams::snappy_block(bytes, limit, out),
        Wrapping::Bzip2 => streams::bzip2(bytes, limit, out),
        Wrapping::Xz => streams::xz(bytes, limit, out),
        Wrapping::Brotli => streams::brotli(bytes, limit, out),
        Wrapping::Deflate => inflate::deflate(bytes, limit, out),
        Wrapping::Utf16Le => charset::utf16(bytes, false, out),
        Wrapping::Utf16Be => charset::utf16(bytes, true, out),
        Wrapping::Windows1252 => Ok(charset::windows_1252(bytes, out)),
        Wrapping::Ansi => Ok(ansi::strip(bytes, out)),
        Wrapping::Base64 => Err(io::Error::other("base64 is not a compression format")),
    };
    let mut out = Vec::new();
    let mut rest = bytes;
    for _ in 0..MAX_PIECES {
        rest = unpack_first(rest, &mut out).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Failure::EndsEarly(wrapping),
            ErrorKind::FileTooLarge => Failure::Large { packed, limit },
            _ => Failure::Broken(wrapping, error.to_string()),
        })?;
        if out.len() > limit {
            return Err(Failure::Large { packed, limit });
        }
        if rest.is_empty() {
            out.shrink_to_fit();
            return Ok(out);
        }
        if !wrapping.has_members() {
            return Err(Failure::Broken(wrapping, "trailing data".to_owned()));
        }
    }
    Err(Failure::ManyPieces)
}

/// Unpacks one zstd frame. The context is shared by all frames, since a context takes 100 KiB or
/// more.
fn zstd_frame<'a>(
    context: &mut DCtx<'static>,
    bytes: &'a [u8],
    limit: usize,
    out: &mut Vec<u8>,
) -> io::Result<&'a [u8]> {
    let mut decoder = zstd::Decoder::with_context(bytes, context).single_frame();
    // The window that a header claims is allocated at once, so small payloads may not claim much.
    let (least, greatest) = ZSTD_WINDOWS;
    decoder.window_log_max(limit.max(1).ilog2().clamp(least, greatest))?;
    streams::drain(&mut decoder, limit, out)?;
    Ok(decoder.finish())
}
