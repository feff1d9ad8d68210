//! The LZ4 frame format (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>).
//!
//! A frame header states the maximum block size, up to 4 MiB, whatever the blocks contain, so that
//! even a frame of 17 bytes can claim 4 MiB. A streaming decoder allocates as much as is claimed;
//! this one allocates only as much as the bytes of a block can expand to.

use std::io::{self, ErrorKind};

use lz4_flex::block::{DecompressError, decompress_into, decompress_into_with_dict};
use twox_hash::XxHash32;

/// The magic number of a frame.
const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// How far back a block may refer, in bytes.
const WINDOW: usize = 64 << 10;

/// The maximum number of bytes that a byte of a block expands to: each further byte of a length
/// adds up to 255.
const MAX_RATIO: usize = 255;

/// The header of a frame.
struct Header {
    are_blocks_independent: bool,
    has_block_checksums: bool,
    has_content_checksum: bool,
    content_size: Option<u64>,
    max_block: usize,
}

/// Unpacks the first frame of `bytes` into `out`, but stops once `out` is larger than `limit`.
/// Returns the bytes after the frame.
pub(super) fn frame<'a>(bytes: &'a [u8], limit: usize, out: &mut Vec<u8>) -> io::Result<&'a [u8]> {
    let mut rest = bytes;
    let header = Header::take(&mut rest)?;
    let start = out.len();
    loop {
        let size = number(&mut rest)?;
        if size == 0 {
            break;
        }
        let length = (size & 0x7fff_ffff) as usize;
        if length > header.max_block {
            return Err(broken("block larger than the frame header allows"));
        }
        let block = rest.split_off(..length);
        let block = block.ok_or(ErrorKind::UnexpectedEof)?;
        if header.has_block_checksums {
            check(block, number(&mut rest)?)?;
        }
        if size >> 31 == 1 {
            out.extend_from_slice(block);
        } else {
            unpack_block(block, &header, limit, start, out)?;
        }
        if out.len() > limit {
            return Ok(rest);
        }
    }
    let content = &out[start..];
    if header.has_content_checksum {
        check(content, number(&mut rest)?)?;
    }
    match header.content_size {
        Some(size) if size != content.len() as u64 => {
            Err(broken("size differs from the frame header"))
        }
        _ => Ok(rest),
    }
}

/// Appends the content of a block without a frame to `out`. The block may follow its unpacked size
/// in four bytes, as many libraries write it.
pub(super) fn block<'a>(bytes: &'a [u8], limit: usize, out: &mut Vec<u8>) -> io::Result<&'a [u8]> {
    if let Some((size, block)) = bytes.split_first_chunk() {
        let size = u32::from_le_bytes(*size) as usize;
        let is_possible = size <= limit && size <= block.len().saturating_mul(MAX_RATIO);
        let mut content = vec![0; if is_possible { size } else { 0 }];
        if is_possible && decompress_into(block, &mut content).is_ok_and(|length| length == size) {
            out.append(&mut content);
            return Ok(&[]);
        }
    }
    let max = bytes.len().saturating_mul(MAX_RATIO);
    let mut content = vec![0; max.min(limit)];
    let length = match decompress_into(bytes, &mut content) {
        Ok(length) => length,
        Err(DecompressError::OutputTooSmall { .. }) if max > limit => {
            return Err(ErrorKind::FileTooLarge.into());
        }
        Err(wrong) => return Err(broken(&wrong.to_string())),
    };
    out.extend_from_slice(&content[..length]);
    Ok(&[])
}

/// Appends the content of `block` to `out`, which grows to at most one byte more than `limit`. The
/// content of the block's frame begins at `start` in `out`.
fn unpack_block(
    block: &[u8],
    header: &Header,
    limit: usize,
    start: usize,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let before = out.len();
    let room = limit + 1 - before.min(limit);
    let max = header.max_block.min(block.len().saturating_mul(MAX_RATIO));
    out.resize(before + max.min(room), 0);
    let (known, new) = out.split_at_mut(before);
    let window = if header.are_blocks_independent {
        &[]
    } else {
        &known[start.max(before.saturating_sub(WINDOW))..]
    };
    let length = match decompress_into_with_dict(block, new, window) {
        Ok(length) => length,
        Err(DecompressError::OutputTooSmall { .. }) if max > room => room,
        Err(wrong) => return Err(broken(&wrong.to_string())),
    };
    out.truncate(before + length);
    Ok(())
}

impl Header {
    fn take(rest: &mut &[u8]) -> io::Result<Self> {
        if array::<4>(rest)? != MAGIC {
            return Err(broken("trailing data"));
        }
        let start = *rest;
        let [flags, block] = array::<2>(rest)?;
        let has = |bit: u8| flags >> bit & 1 == 1;
        if flags >> 6 != 1 || has(1) || block & 0x8f != 0 || block >> 4 < 4 {
            return Err(broken("unknown frame header"));
        }
        if has(0) {
            return Err(broken("needs a dictionary"));
        }
        let content_size = has(3).then(|| array(rest)).transpose()?;
        let described = &start[..start.len() - rest.len()];
        let hash = XxHash32::oneshot(0, described).to_le_bytes()[1];
        if array::<1>(rest)? != [hash] {
            return Err(broken("wrong header checksum"));
        }
        Ok(Self {
            are_blocks_independent: has(5),
            has_block_checksums: has(4),
            has_content_checksum: has(2),
            content_size: content_size.map(u64::from_le_bytes),
            // 64 KiB, 256 KiB, 1 MiB or 4 MiB.
            max_block: 1 << (8 + 2 * (block >> 4)),
        })
    }
}

fn array<const N: usize>(rest: &mut &[u8]) -> io::Result<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk().ok_or(ErrorKind::UnexpectedEof)?;
    *rest = behind;
    Ok(*taken)
}

fn number(rest: &mut &[u8]) -> io::Result<u32> {
    array(rest).map(u32::from_le_bytes)
}

fn check(bytes: &[u8], checksum: u32) -> io::Result<()> {
    if XxHash32::oneshot(0, bytes) == checksum {
        Ok(())
    } else {
        Err(broken("wrong checksum"))
    }
}

fn broken(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;

    /// Returns a frame that claims blocks of 4 MiB but has only one block, which expands to a
    /// single byte.
    fn tiny() -> Vec<u8> {
        let described = [0x60, 0x70];
        let hash = XxHash32::oneshot(0, &described).to_le_bytes()[1];
        let size_and_block = [2, 0, 0, 0, 0x10, b'x'];
        let parts = [&MAGIC[..], &described, &[hash], &size_and_block, &[0; 4]];
        parts.concat()
    }

    #[test]
    fn a_claim_of_large_blocks_allocates_nothing() {
        let frames = tiny().repeat(963);
        let mut out = Vec::new();
        let mut rest = &frames[..];
        while !rest.is_empty() {
            rest = frame(rest, 64 << 10, &mut out).unwrap();
        }
        assert_eq!(out, vec![b'x'; 963]);
        // Memory is only reserved for what the block can expand to.
        assert!(out.capacity() < 4 << 10, "{}", out.capacity());
    }

    #[test]
    fn unpacking_a_block_stops_at_the_limit() {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        std::io::Write::write_all(&mut encoder, &vec![7; 300_000]).unwrap();
        let packed = encoder.finish().unwrap();
        let mut out = Vec::new();
        frame(&packed, 1000, &mut out).unwrap();
        // One byte too many signals that the limit was exceeded.
        assert_eq!(out.len(), 1001);
    }

    #[test]
    fn every_kind_of_frame_is_read() {
        use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
        let text: Vec<u8> = (0..400_000_u32)
            .flat_map(|n| (n / 7 % 1000).to_le_bytes())
            .collect();
        for mode in [BlockMode::Independent, BlockMode::Linked] {
            for size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max4MB] {
                for has_checksums in [false, true] {
                    let info = FrameInfo::new()
                        .block_mode(mode)
                        .block_size(size)
                        .block_checksums(has_checksums)
                        .content_checksum(has_checksums)
                        .content_size(has_checksums.then_some(text.len() as u64));
                    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
                    std::io::Write::write_all(&mut encoder, &text).unwrap();
                    let mut packed = encoder.finish().unwrap();
                    packed.extend(b"more");
                    let mut out = b"before".to_vec();
                    assert_eq!(frame(&packed, 8 << 20, &mut out).unwrap(), b"more");
                    assert!(out.strip_prefix(b"before").unwrap() == text);
                    if has_checksums {
                        let middle = packed.len() / 2;
                        packed[middle] ^= 1;
                        assert!(frame(&packed, 8 << 20, &mut out).is_err());
                    }
                }
            }
        }
    }
}
