//! Messages of at most 1 KiB that are made to cost as much as possible when they are decoded.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use subscope::payload::format::unpack::SMALL_UNASKED;

/// The size of a message.
pub const SIZE: usize = 1 << 10;

/// The unpacked sizes that are tried: the largest that is still decoded, some less in case of a
/// header, and one that no limit allows.
const UNPACKED: [usize; 3] = [SMALL_UNASKED, SMALL_UNASKED - 64, 900_000];

/// A format whose values take few bytes: what precedes them, a value, and what follows them.
type Content = (&'static str, &'static [u8], &'static [u8], &'static [u8]);

const CONTENTS: [Content; 18] = [
    ("JSON numbers", b"[", b"0,", b"0]"),
    ("JSON arrays", b"[", b"[],", b"0]"),
    ("JSON strings", b"[", b"\"\",", b"0]"),
    ("JSON members", b"{", b"\"a\":0,", b"\"b\":0}"),
    ("JSON strings of JSON", b"[", b"\"[0]\",", b"0]"),
    ("broken JSON", b"[", b"0,", b"!"),
    ("JSON lines", b"", b"[0]\n", b"[0]"),
    ("lenient JSON", b"[", b"NaN,", b"]"),
    ("XML", b"<a>", b"<b/>", b"</a>"),
    ("YAML", b"---\n", b"- a\n", b"- a"),
    ("YAML documents", b"", b"---\na: 1\n", b""),
    ("logfmt", b"level=info ", b"a=b ", b"a=b"),
    ("coloured text", b"", b"\x1b[1mx\x1b[0m", b""),
    ("form", b"a=b", b"&a=b", b""),
    ("MessagePack", b"\xdd\0\0\xff\xfa", b"\xc0", b""),
    ("CBOR", b"\x9f", b"\xf6", b"\xff"),
    ("pickle", b"\x80\x04](", b"N", b"e."),
    ("PHP", b"a:5459:{", b"i:0;N;", b"}"),
];

type Pack = (&'static str, fn(&[u8]) -> Vec<u8>);

const PACKINGS: [Pack; 7] = [
    ("gzip", gzip),
    ("zlib", zlib),
    ("zstd", zstd),
    ("LZ4", lz4),
    ("Snappy", snappy),
    ("bzip2", bzip2),
    ("xz", xz),
];

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 3).unwrap()
}

fn lz4(content: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn snappy(content: &[u8]) -> Vec<u8> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder.write_all(content).unwrap();
    encoder.into_inner().unwrap()
}

fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn xz(content: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::default();
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Returns a value of at most `size` bytes.
fn filled((_, start, unit, end): Content, size: usize) -> Vec<u8> {
    let count = size.saturating_sub(start.len() + end.len()) / unit.len();
    let mut content = [start, &unit.repeat(count), end].concat();
    if let [0xdd, _, _, high, low, ..] = &mut content[..] {
        [*high, *low] = u16::try_from(count).unwrap_or(0).to_be_bytes();
    }
    content
}

/// Returns Erlang's format, which compresses by itself.
fn erlang(size: usize) -> Vec<u8> {
    let count = u32::try_from((size - 8) / 2).unwrap();
    let list = [
        &[108],
        &count.to_be_bytes()[..],
        &b"a\0".repeat(count as usize),
        &[106],
    ]
    .concat();
    let length = u32::try_from(list.len()).unwrap();
    [&[131, 80], &length.to_be_bytes()[..], &zlib(&list)].concat()
}

/// Returns JSON of at most [`SIZE`] bytes with as many strings of `bomb` in base64 as fit.
fn in_strings(bomb: &[u8]) -> Vec<u8> {
    let string = format!("\"{}\",", STANDARD.encode(bomb));
    format!("[{}0]", string.repeat((SIZE - 3) / string.len())).into_bytes()
}

/// Returns all messages, with what is in them.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for content in CONTENTS {
        all.push((content.0.to_owned(), filled(content, SIZE)));
        for size in UNPACKED {
            let plain = filled(content, size);
            for (packing, pack) in PACKINGS {
                let name = format!("{} in {packing}, {size} B", content.0);
                all.push((name, pack(&plain)));
            }
        }
    }
    for size in UNPACKED {
        all.push((format!("Erlang terms, {size} B"), erlang(size)));
        for (packing, pack) in PACKINGS {
            let zeros = pack(&vec![0; size]);
            let count = SIZE / zeros.len();
            let name = format!("{count} × zeros in {packing}, {size} B");
            all.push((name, zeros.repeat(count)));
            // Packed twice, a message shrinks further.
            all.push((
                format!("zeros in {packing} in base64, {size} B"),
                STANDARD.encode(&zeros).into(),
            ));
            if zeros.len() < SIZE / 2 {
                all.push((
                    format!("zeros in {packing} in strings, {size} B"),
                    in_strings(&zeros),
                ));
            }
            all.push((
                format!("zeros in {packing} in gzip, {size} B"),
                gzip(&zeros),
            ));
        }
    }
    all.retain(|(_, message)| message.len() <= SIZE);
    all
}
