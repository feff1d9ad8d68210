//! Unpacking deflate (RFC 1951), also in gzip and zlib.
//!
//! Each thread keeps one decoder, since creating one takes longer than unpacking a small message.

use std::cell::RefCell;
use std::io::{self, ErrorKind};

use flate2::{Crc, Decompress, FlushDecompress, Status};
use memchr::memchr;

/// The room that is made for the content at first, as a multiple of the packed size.
const USUAL_RATIO: usize = 4;

/// The least and the most room that is made at once, in bytes.
const ROOM: (usize, usize) = (256, 64 << 10);

/// The flag of a gzip header (RFC 1952, section 2.3.1) for a checksum of the header.
const HEADER_CHECKSUM: u8 = 2;

/// The flag for extra fields.
const EXTRA: u8 = 4;

/// The flag for a file name.
const NAME: u8 = 8;

/// The flag for a comment.
const COMMENT: u8 = 16;

/// The flags that no version of gzip uses.
const RESERVED: u8 = 0xe0;

type Unpacked<'a> = io::Result<&'a [u8]>;

thread_local! {
    static DECODER: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Unpacks raw deflate.
pub(super) fn deflate<'a>(bytes: &'a [u8], limit: usize, out: &mut Vec<u8>) -> Unpacked<'a> {
    stream(bytes, false, limit, out)
}

/// Unpacks zlib.
pub(super) fn zlib<'a>(bytes: &'a [u8], limit: usize, out: &mut Vec<u8>) -> Unpacked<'a> {
    stream(bytes, true, limit, out)
}

/// Unpacks one gzip member.
pub(super) fn gzip_member<'a>(bytes: &'a [u8], limit: usize, out: &mut Vec<u8>) -> Unpacked<'a> {
    let start = out.len();
    let rest = deflate(after_header(bytes)?, limit, out)?;
    if out.len() > limit {
        return Ok(rest);
    }
    let (checksum, rest) = rest.split_first_chunk().ok_or_else(early)?;
    let (size, rest) = rest.split_first_chunk().ok_or_else(early)?;
    let mut crc = Crc::new();
    crc.update(&out[start..]);
    let is_right =
        u32::from_le_bytes(*checksum) == crc.sum() && u32::from_le_bytes(*size) == crc.amount();
    if is_right {
        Ok(rest)
    } else {
        let why = "corrupt gzip stream does not have a matching checksum";
        Err(io::Error::new(ErrorKind::InvalidInput, why))
    }
}

/// Unpacks one stream and returns the bytes after it. Stops once `out` is larger than `limit`.
fn stream<'a>(bytes: &'a [u8], is_zlib: bool, limit: usize, out: &mut Vec<u8>) -> Unpacked<'a> {
    let corrupt = |_| io::Error::new(ErrorKind::InvalidInput, "corrupt deflate stream");
    let (least, most) = ROOM;
    DECODER.with_borrow_mut(|decoder| {
        decoder.reset(is_zlib);
        let mut rest = bytes;
        let mut room = bytes.len().saturating_mul(USUAL_RATIO).clamp(least, most);
        loop {
            out.reserve(room);
            let before = decoder.total_in();
            let finish = FlushDecompress::Finish;
            let status = decoder.decompress_vec(rest, out, finish).map_err(corrupt)?;
            let taken = usize::try_from(decoder.total_in() - before).unwrap_or(rest.len());
            rest = rest.get(taken..).unwrap_or_default();
            if status == Status::StreamEnd || out.len() > limit {
                return Ok(rest);
            }
            if out.len() < out.capacity() {
                return Err(early());
            }
            room = out.len().clamp(least, most);
        }
    })
}

/// Returns the bytes after the header of a gzip member.
fn after_header(bytes: &[u8]) -> Unpacked<'_> {
    let wrong = || io::Error::new(ErrorKind::InvalidInput, "invalid gzip header");
    let flags = match bytes {
        [0x1f, 0x8b, 8, flags, ..] if flags & RESERVED == 0 => *flags,
        [] | [0x1f] | [0x1f, 0x8b] | [0x1f, 0x8b, 8] => return Err(early()),
        _ => return Err(wrong()),
    };
    let mut rest = bytes.get(10..).ok_or_else(early)?;
    if flags & EXTRA > 0 {
        let (size, after) = rest.split_first_chunk().ok_or_else(early)?;
        let size = usize::from(u16::from_le_bytes(*size));
        rest = after.get(size..).ok_or_else(early)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text > 0 {
            let end = memchr(0, rest).ok_or_else(early)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & HEADER_CHECKSUM > 0 {
        let mut crc = Crc::new();
        crc.update(&bytes[..bytes.len() - rest.len()]);
        let (checksum, after) = rest.split_first_chunk().ok_or_else(early)?;
        if u32::from(u16::from_le_bytes(*checksum)) != crc.sum() & 0xffff {
            return Err(wrong());
        }
        rest = after;
    }
    Ok(rest)
}

fn early() -> io::Error {
    ErrorKind::UnexpectedEof.into()
}
