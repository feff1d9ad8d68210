//! Unpacking Snappy, bzip2, xz and brotli.
//!
//! Each function appends the content of the first stream of `bytes` to `out`, stops once `out` is
//! larger than `limit`, and returns the bytes after the stream.

use std::io::{self, ErrorKind, Read};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bzip2::bufread::BzDecoder;
use lzma_rust2::XzReader;
use snap::raw::decompress_len;

use crate::payload::json;

/// The maximum number of bytes that a byte of a Snappy block expands to: three bytes copy up to 64.
const MAX_SNAPPY_RATIO: usize = 22;

/// The size of the header of bzip2, whose last byte is the level, a digit.
const BZIP2_HEAD: usize = 4;

/// The size of a block by which each level of bzip2 is larger, in bytes.
const BZIP2_LEVEL: usize = 100_000;

/// The size of the parts in which brotli is unpacked, in bytes.
const BROTLI_PART: usize = 16 << 10;

/// The lowest and the highest limit on the dictionary that an xz stream may request, in KiB, with
/// some room for the rest of the decoder. The lowest is that of the default preset.
const XZ_MEMORY: (usize, usize) = (10 << 10, 66 << 10);

type Unpacked<'a> = io::Result<&'a [u8]>;

/// Unpacks Snappy in its framing format, whose decoder also reads all following streams.
pub(super) fn snappy_frames<'a>(bytes: &'a [u8], limit: usize, out: &mut Vec<u8>) -> Unpacked<'a> {
    let mut decoder = snap::read::FrameDecoder::new(bytes);
    drain(&mut decoder, limit, out)?;
    Ok(decoder.into_inner())
}

/// Unpacks a Snappy block, which begins with the size of its content.
pub(super) fn snappy_block<'a>(bytes: &'a [u8], limit: usize, out: &mut Vec<u8>) -> Unpacked<'a> {
    let size = decompress_len(bytes)?;
    // Memory is allocated only for what the bytes can expand to.
    if size > bytes.len().saturating_mul(MAX_SNAPPY_RATIO) {
        return Err(broken("claims more than it can contain"));
    }
    if size > limit {
        return Err(ErrorKind::FileTooLarge.into());
    }
    let start = out.len();
    out.resize(start + size, 0);
    snap::raw::Decoder::new().decompress(bytes, &mut out[start..])?;
    Ok(&[])
}

/// Returns whether `bytes` may be a Snappy block whose content begins like a JSON object or array:
/// a size, the header of a literal, and the literal.
pub(super) fn may_be_snappy_json(bytes: &[u8]) -> bool {
    if matches!(bytes, [0..=0x7f, tag, ..] if tag & 3 != 0) {
        return false;
    }
    // The size is a variable-length number of up to five bytes.
    let head = &bytes[..bytes.len().min(5)];
    let size = head.iter().position(|byte| *byte < 0x80);
    let Some(rest) = size.map(|last| &bytes[last + 1..]) else {
        return false;
    };
    let literal = match rest {
        // The lower bits are the kind of element, the upper ones a length or the length's length.
        [tag, ..] if tag.trailing_zeros() >= 2 => {
            rest.get(1 + usize::from((tag >> 2).saturating_sub(59))..)
        }
        _ => None,
    };
    match literal {
        Some([b'{', next, ..]) => matches!(next, b'"' | b'}' | b'\n' | b' '),
        Some([b'[', next, ..]) => !next.is_ascii_alphabetic() && json::skip_space(&[*next], 0) < 2,
        _ => false,
    }
}

/// A whole block is decoded before its content can be counted, which takes milliseconds. So a block
/// may not be larger than its content might be, whatever the header claims. A larger one cannot be told
/// from a corrupt one.
pub(super) fn bzip2<'a>(bytes: &'a [u8], limit: usize, out: &mut Vec<u8>) -> Unpacked<'a> {
    let (head, rest) = bytes.split_at(bytes.len().min(BZIP2_HEAD));
    let mut head: [u8; BZIP2_HEAD] = head.try_into().map_err(|_| ErrorKind::UnexpectedEof)?;
    // Before it is sorted, a block is written with up to a quarter more bytes.
    let level = (limit.saturating_add(limit / 4) / BZIP2_LEVEL + 1).min(9);
    let allowed = b'0' + u8::try_from(level).unwrap_or(9);
    let is_lowered = head[BZIP2_HEAD - 1] > allowed;
    head[BZIP2_HEAD - 1] = head[BZIP2_HEAD - 1].min(allowed);
    let mut decoder = BzDecoder::new(head.chain(rest));
    drain(&mut decoder, limit, out).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => error,
        _ if is_lowered => ErrorKind::FileTooLarge.into(),
        _ => error,
    })?;
    let (_, rest) = decoder.into_inner().into_inner();
    Ok(rest)
}

pub(super) fn xz<'a>(bytes: &'a [u8], limit: usize, out: &mut Vec<u8>) -> Unpacked<'a> {
    let (least, greatest) = XZ_MEMORY;
    let memory = (limit >> 10).clamp(least, greatest);
    let memory = u32::try_from(memory).unwrap_or(u32::MAX);
    let mut decoder = XzReader::new_mem_limit(bytes, false, memory);
    drain(&mut decoder, limit, out)?;
    if out.len() > limit {
        return Ok(&[]);
    }
    Ok(decoder.into_inner())
}

pub(super) fn brotli<'a>(bytes: &'a [u8], limit: usize, out: &mut Vec<u8>) -> Unpacked<'a> {
    let alloc = StandardAlloc::default;
    // "Strict" excludes the extension for windows of more than 16 MiB.
    let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
    let mut part = vec![0; BROTLI_PART];
    let (mut left, mut at, mut total) = (bytes.len(), 0, 0);
    loop {
        let (mut room, mut length) = (part.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut at,
            bytes,
            &mut room,
            &mut length,
            &mut part,
            &mut total,
            &mut state,
        );
        out.extend_from_slice(&part[..length]);
        match result {
            BrotliResult::ResultSuccess => return Ok(&bytes[at..]),
            BrotliResult::NeedsMoreOutput if out.len() > limit => return Ok(&bytes[at..]),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Err(ErrorKind::UnexpectedEof.into()),
            BrotliResult::ResultFailure => return Err(broken("invalid data")),
        }
    }
}

/// Reads into `out`, but stops once `out` is larger than `limit`. Memory is allocated as output
/// arrives.
pub(super) fn drain(decoder: &mut impl Read, limit: usize, out: &mut Vec<u8>) -> io::Result<()> {
    let room = limit + 1 - out.len().min(limit);
    decoder.take(room as u64).read_to_end(out).map(drop)
}

fn broken(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}
