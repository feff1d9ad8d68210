//! Packing content anew.

use std::io::{self, Write};

use base64::Engine;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use flate2::write::ZlibEncoder;
use flate2::{Compression, GzBuilder};
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

use crate::payload::format::{Wrapping, to_utf16, to_windows_1252};

/// Wraps `content`, with the settings that `old` was wrapped with, as far as it tells them. The error
/// says what is wrong.
pub(super) fn wrap(wrapping: Wrapping, content: &[u8], old: &[u8]) -> Result<Vec<u8>, String> {
    if is_charset(wrapping) {
        let text = str::from_utf8(content);
        let text = text.map_err(|_| format!("{} is for text", wrapping.name()))?;
        return in_charset(wrapping, text, old);
    }
    let packed = pack(wrapping, content, old);
    packed.map_err(|error| format!("{} failed: {error}", wrapping.name()))
}

/// Returns whether a wrapping is an encoding of text.
fn is_charset(wrapping: Wrapping) -> bool {
    use Wrapping::{Utf16Be, Utf16Le, Windows1252};
    matches!(wrapping, Utf16Le | Utf16Be | Windows1252)
}

/// Returns whether wrapping the same content always gives the same bytes.
pub(super) fn is_exact(wrapping: Wrapping) -> bool {
    wrapping == Wrapping::Base64 || is_charset(wrapping)
}

fn in_charset(wrapping: Wrapping, text: &str, old: &[u8]) -> Result<Vec<u8>, String> {
    if wrapping == Wrapping::Windows1252 {
        let encoded = to_windows_1252(text);
        return encoded.map_err(|letter| format!("{} has no {letter}", wrapping.name()));
    }
    Ok(to_utf16(text, wrapping == Wrapping::Utf16Be, old))
}

fn pack(wrapping: Wrapping, content: &[u8], old: &[u8]) -> io::Result<Vec<u8>> {
    match wrapping {
        Wrapping::Gzip => gzip(content, old),
        Wrapping::Zlib => zlib(content, old),
        Wrapping::Zstd => zstd_frame(content, old),
        Wrapping::Lz4 => lz4(content, old),
        Wrapping::Base64 => Ok(base64(content, old)),
        Wrapping::Snappy => snappy(content),
        Wrapping::Bzip2 => bzip2(content, old),
        Wrapping::Xz => xz(content),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Returns whether [`wrap`] supports a wrapping.
pub(super) fn is_supported(wrapping: Wrapping) -> bool {
    use Wrapping::{Base64, Bzip2, Gzip, Lz4, Snappy, Xz, Zlib, Zstd};
    let is_packing = matches!(
        wrapping,
        Gzip | Zlib | Zstd | Lz4 | Snappy | Bzip2 | Xz | Base64
    );
    is_packing || is_charset(wrapping)
}

/// Keeps the time, the system and about the level (RFC 1952, section 2.3).
fn gzip(content: &[u8], old: &[u8]) -> io::Result<Vec<u8>> {
    let (mut builder, mut level) = (GzBuilder::new(), Compression::default());
    if let [_, _, _, _, a, b, c, d, extra, system, ..] = *old {
        let time = u32::from_le_bytes([a, b, c, d]);
        builder = builder.mtime(time).operating_system(system);
        level = match extra {
            2 => Compression::best(),
            4 => Compression::fast(),
            _ => level,
        };
    }
    let mut encoder = builder.write(Vec::new(), level);
    encoder.write_all(content)?;
    encoder.finish()
}

/// Keeps about the level (RFC 1950, section 2.2).
fn zlib(content: &[u8], old: &[u8]) -> io::Result<Vec<u8>> {
    let level = match old.get(1).map(|flags| flags >> 6) {
        Some(0 | 1) => Compression::fast(),
        Some(3) => Compression::best(),
        _ => Compression::default(),
    };
    let mut encoder = ZlibEncoder::new(Vec::new(), level);
    encoder.write_all(content)?;
    encoder.finish()
}

/// Keeps whether there is a checksum (RFC 8878, section 3.1.1.1.1).
fn zstd_frame(content: &[u8], old: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 0)?;
    encoder.include_checksum(old.get(4).is_some_and(|flags| flags & 4 != 0))?;
    encoder.set_pledged_src_size(Some(content.len() as u64))?;
    encoder.write_all(content)?;
    encoder.finish()
}

/// Keeps the flags of the frame.
fn lz4(content: &[u8], old: &[u8]) -> io::Result<Vec<u8>> {
    let flags = old.get(4).copied().unwrap_or(0x60);
    let has = |bit: u8| flags >> bit & 1 == 1;
    let mut info = FrameInfo::new()
        .block_checksums(has(4))
        .content_checksum(has(2))
        .content_size(has(3).then_some(content.len() as u64))
        .block_mode(if has(5) {
            BlockMode::Independent
        } else {
            BlockMode::Linked
        });
    info.block_size = match old.get(5).map(|block| block >> 4) {
        Some(5) => BlockSize::Max256KB,
        Some(6) => BlockSize::Max1MB,
        Some(7) => BlockSize::Max4MB,
        _ => BlockSize::Max64KB,
    };
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

fn snappy(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder.write_all(content)?;
    encoder
        .into_inner()
        .map_err(|error| error.error().kind().into())
}

/// Keeps the level, which is the digit in `BZh9`.
fn bzip2(content: &[u8], old: &[u8]) -> io::Result<Vec<u8>> {
    let level = match old.get(3) {
        Some(digit @ b'1'..=b'9') => bzip2::Compression::new(u32::from(digit - b'0')),
        _ => bzip2::Compression::default(),
    };
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), level);
    encoder.write_all(content)?;
    encoder.finish()
}

fn xz(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default())?;
    encoder.write_all(content)?;
    encoder.finish()
}

/// Keeps the alphabet, the padding, and the line breaks.
fn base64(content: &[u8], old: &[u8]) -> Vec<u8> {
    let trimmed = old.trim_ascii();
    let is_url_safe = trimmed.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let count = trimmed
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .count();
    let is_padded = trimmed.ends_with(b"=") || count % 4 == 0 && !is_url_safe;
    let alphabet = if is_url_safe {
        &alphabet::URL_SAFE
    } else {
        &alphabet::STANDARD
    };
    let config = GeneralPurposeConfig::new().with_encode_padding(is_padded);
    let encoded = GeneralPurpose::new(alphabet, config).encode(content);
    let Some(width) = trimmed
        .iter()
        .position(|byte| matches!(byte, b'\r' | b'\n'))
    else {
        let start = old.len() - old.trim_ascii_start().len();
        let end = old.trim_ascii_end().len().max(start);
        return [&old[..start], encoded.as_bytes(), &old[end..]].concat();
    };
    let line_break: &[u8] = match trimmed[width] {
        b'\r' => b"\r\n",
        _ => b"\n",
    };
    let lines: Vec<&[u8]> = encoded.as_bytes().chunks(width.max(1)).collect();
    let mut out = lines.join(line_break);
    out.extend(&old[old.trim_ascii_end().len()..]);
    out
}
