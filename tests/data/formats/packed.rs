//! Compressed payloads: complete, corrupt, truncated, and decompression bombs.

use std::io::{Read, Write};

use bzip2::read::BzEncoder;
use flate2::Compression;
use flate2::read::{DeflateEncoder, GzEncoder, ZlibEncoder};
use lz4_flex::frame::FrameEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use subscope::payload::format::unpack::{self, MAX_PIECES, MAX_SIZE, SMALL, packed_by};
use subscope::payload::format::{Format, MAX_WRAPPINGS, Wrapping};

use subscope::payload::figures;

use crate::formats::{read_as, recognise, shown};

/// The kinds of compression with a magic number.
pub const ALL: [Wrapping; 7] = [
    Wrapping::Gzip,
    Wrapping::Zlib,
    Wrapping::Zstd,
    Wrapping::Lz4,
    Wrapping::Snappy,
    Wrapping::Bzip2,
    Wrapping::Xz,
];

pub fn pack(wrapping: Wrapping, bytes: impl Read) -> Vec<u8> {
    let mut bytes = bytes;
    let mut out = Vec::new();
    match wrapping {
        Wrapping::Gzip => {
            let mut encoder = GzEncoder::new(bytes, Compression::default());
            encoder.read_to_end(&mut out).unwrap();
        }
        Wrapping::Zlib => {
            let mut encoder = ZlibEncoder::new(bytes, Compression::default());
            encoder.read_to_end(&mut out).unwrap();
        }
        Wrapping::Zstd => zstd::stream::copy_encode(bytes, &mut out, 3).unwrap(),
        Wrapping::Lz4 => {
            let mut encoder = FrameEncoder::new(out);
            std::io::copy(&mut bytes, &mut encoder).unwrap();
            encoder.flush().unwrap();
            out = encoder.finish().unwrap();
        }
        Wrapping::Snappy => {
            let mut encoder = snap::read::FrameEncoder::new(bytes);
            encoder.read_to_end(&mut out).unwrap();
            if out.is_empty() {
                out = b"\xff\x06\0\0sNaPpY".to_vec();
            }
        }
        Wrapping::Bzip2 => {
            let mut encoder = BzEncoder::new(bytes, bzip2::Compression::default());
            encoder.read_to_end(&mut out).unwrap();
        }
        Wrapping::Xz => {
            let mut encoder = XzWriter::new(out, XzOptions::with_preset(1)).unwrap();
            std::io::copy(&mut bytes, &mut encoder).unwrap();
            out = encoder.finish().unwrap();
        }
        Wrapping::Deflate => {
            let mut encoder = DeflateEncoder::new(bytes, Compression::default());
            encoder.read_to_end(&mut out).unwrap();
        }
        other => {
            let mut all = Vec::new();
            bytes.read_to_end(&mut all).unwrap();
            out = match other {
                Wrapping::Base64 => base64(&all),
                Wrapping::SnappyBlock => snap::raw::Encoder::new().compress_vec(&all).unwrap(),
                Wrapping::Lz4Block => lz4_flex::block::compress(&all),
                other => panic!("no encoder for {other:?}"),
            };
        }
    }
    out
}

pub fn base64(bytes: &[u8]) -> Vec<u8> {
    use base64::Engine;
    let engine = base64::engine::general_purpose::STANDARD;
    engine.encode(bytes).into_bytes()
}

/// Returns this many mebibytes of zeros, compressed.
fn bomb(wrapping: Wrapping, mebibytes: usize) -> Vec<u8> {
    let zeros = |size: usize| std::io::repeat(0).take(size as u64);
    match wrapping {
        Wrapping::Gzip | Wrapping::Lz4 | Wrapping::Snappy => {
            pack(wrapping, zeros(SMALL)).repeat(mebibytes)
        }
        _ => pack(wrapping, zeros(mebibytes * SMALL)),
    }
}

fn size(bytes: usize) -> String {
    figures::size(bytes as u64)
}

const JSON: &[u8] = br#"{"user":"ada","tags":["a","b","c"],"note":"a note that is long enough"}"#;

#[test]
fn packed_payloads_are_unpacked() {
    for wrapping in ALL {
        let packed = pack(wrapping, JSON);
        let decoded = recognise(&packed, None);
        assert_eq!(decoded.wrappings, [wrapping]);
        assert_eq!(decoded.format, Format::Json);
        assert_eq!(decoded.note, None);
        assert_eq!(decoded.bytes(&packed), JSON);
        let tree = decoded.tree.as_ref().unwrap();
        assert!(shown(tree, decoded.bytes(&packed)).starts_with("{\"user\": \"ada\""));
    }
}

#[test]
fn wrappings_are_removed_from_the_outside_in() {
    let zlib = pack(Wrapping::Zlib, JSON);
    let encoded = base64(&zlib);
    let gzip = pack(Wrapping::Gzip, &encoded[..]);
    let zstd = pack(Wrapping::Zstd, &gzip[..]);
    let decoded = recognise(&zstd, None);
    assert_eq!(
        decoded.wrappings,
        [
            Wrapping::Zstd,
            Wrapping::Gzip,
            Wrapping::Base64,
            Wrapping::Zlib
        ]
    );
    assert_eq!(decoded.bytes(&zstd), JSON);
    let by_hand = read_as(&zstd, Format::Json, None).unwrap();
    assert_eq!(by_hand, decoded);
}

#[test]
fn at_most_four_wrappings_are_removed() {
    let mut packed = JSON.to_vec();
    for _ in 0..=MAX_WRAPPINGS {
        packed = pack(Wrapping::Gzip, &packed[..]);
    }
    let decoded = recognise(&packed, None);
    assert_eq!(decoded.wrappings, [Wrapping::Gzip; MAX_WRAPPINGS]);
    assert_eq!(decoded.format, Format::Binary);
    assert_eq!(
        decoded.note.as_deref(),
        Some("inner gzip layer not unpacked: limit of 4 layers reached")
    );
    let error = read_as(&packed, Format::Json, None).unwrap_err();
    assert_eq!(error, "more than 4 layers");
}

#[test]
fn several_compressed_members_form_one_payload() {
    for wrapping in ALL.into_iter().filter(|kind| *kind != Wrapping::Zlib) {
        let (one, two) = JSON.split_at(20);
        let packed = [pack(wrapping, one), pack(wrapping, two)].concat();
        assert_eq!(unpack::unpack(wrapping, &packed, MAX_SIZE).unwrap(), JSON);
    }
    let followed = [pack(Wrapping::Zlib, JSON), vec![0]].concat();
    assert_eq!(
        unpack::unpack(Wrapping::Zlib, &followed, MAX_SIZE)
            .unwrap_err()
            .to_string(),
        "corrupt zlib data: trailing data"
    );
}

#[test]
fn a_truncated_payload_says_so() {
    // Snappy's frames have no end; see below.
    for wrapping in ALL.into_iter().filter(|kind| *kind != Wrapping::Snappy) {
        for text in [JSON.to_vec(), vec![7; 30_000]] {
            let packed = pack(wrapping, &text[..]);
            for end in (16..packed.len()).rev().take(200) {
                let error = unpack::unpack(wrapping, &packed[..end], MAX_SIZE).unwrap_err();
                let words = format!("truncated {} data", wrapping.name());
                assert_eq!(error.to_string(), words, "at {end} of {}", packed.len());
                let decoded = recognise(&packed[..end], None);
                assert_eq!((decoded.format, decoded.tree), (Format::Binary, None));
                if packed_by(&packed[..end]).is_some() {
                    let note = decoded.note.unwrap();
                    assert!(note.ends_with(&format!("not unpacked: {words}")));
                }
            }
        }
    }
}

#[test]
fn a_bomb_is_refused_with_its_ratio() {
    for (wrapping, size) in [
        (Wrapping::Gzip, 65),
        (Wrapping::Zlib, 65),
        (Wrapping::Zstd, 20),
        (Wrapping::Lz4, 65),
        (Wrapping::Snappy, 65),
        (Wrapping::Bzip2, 65),
        (Wrapping::Xz, 65),
    ] {
        let packed = bomb(wrapping, size);
        let limit = unpack::limit(packed.len());
        assert!(limit <= MAX_SIZE);
        let error = unpack::unpack(wrapping, &packed, MAX_SIZE).unwrap_err();
        let (packed_size, ratio) = (packed.len(), limit / packed.len());
        assert_eq!(
            error,
            unpack::Failure::Large {
                packed: packed_size,
                limit
            }
        );
        let decoded = recognise(&packed, None);
        let note = decoded.note.unwrap();
        let unasked = unpack::limit_unasked(packed.len()) / packed.len();
        assert!(unasked <= ratio);
        assert!(note.contains(&format!("(ratio > {unasked})")), "{note}");
        assert_eq!(decoded.format, Format::Binary);
        let error = read_as(&packed, Format::Json, None).unwrap_err();
        assert!(error.contains("would exceed the limit of"), "{error}");
    }
}

#[test]
fn a_bomb_within_gzip_is_refused_too() {
    let inner = bomb(Wrapping::Gzip, 30);
    let outer = pack(Wrapping::Gzip, &inner[..]);
    let decoded = recognise(&outer, None);
    assert_eq!(decoded.wrappings, [Wrapping::Gzip]);
    assert_eq!(decoded.bytes(&outer), inner);
    let note = decoded.note.unwrap();
    assert!(
        note.starts_with("inner gzip layer not unpacked: 30."),
        "{note}"
    );
    // The reported ratio is that of all layers together.
    let limit = unpack::limit_unasked(outer.len());
    assert!(limit < SMALL);
    let words = format!(
        "KiB would exceed the limit of {} when unpacked (",
        size(limit)
    );
    assert!(note.contains(&words), "{note}");
}

#[test]
fn the_limit_holds_across_all_layers_of_a_bomb() {
    for inner in [Wrapping::Zstd, Wrapping::Gzip] {
        let mut packed = pack(inner, std::io::repeat(0).take(62 << 20));
        for _ in 1..MAX_WRAPPINGS {
            packed = pack(Wrapping::Zstd, &packed[..]);
        }
        let limit = unpack::limit(packed.len());
        for decoded in [
            recognise(&packed, None),
            read_as(&packed, Format::Text, None).unwrap(),
            read_as(&packed, Format::Json, None).unwrap_or_else(|_| recognise(&packed, None)),
        ] {
            assert!(decoded.bytes(&packed).len() <= limit);
        }
        assert!(limit <= SMALL);
    }
}

#[test]
fn a_few_bytes_may_unpack_to_a_mebibyte() {
    for wrapping in ALL {
        let packed = bomb(wrapping, 1);
        assert_eq!(
            unpack::unpack(wrapping, &packed, MAX_SIZE).unwrap().len(),
            SMALL
        );
        if wrapping == Wrapping::Zstd {
            let packed = bomb(wrapping, 2);
            assert!(packed.len() < 1024);
            assert!(unpack::unpack(wrapping, &packed, MAX_SIZE).is_err());
        }
    }
}

#[test]
fn too_many_compressed_members_are_refused() {
    for wrapping in [
        Wrapping::Gzip,
        Wrapping::Zstd,
        Wrapping::Lz4,
        Wrapping::Bzip2,
        Wrapping::Xz,
    ] {
        let packed = pack(wrapping, &b""[..]).repeat(MAX_PIECES + 1);
        let error = unpack::unpack(wrapping, &packed, MAX_SIZE).unwrap_err();
        assert_eq!(error, unpack::Failure::ManyPieces);
    }
}

#[test]
fn a_claimed_window_size_is_not_allocated() {
    // A frame header that asks for a window of 64 MiB, with nothing after it.
    let claims = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x80, 0x01, 0x00, 0x00];
    let error = unpack::unpack(Wrapping::Zstd, &claims, MAX_SIZE).unwrap_err();
    assert!(matches!(error, unpack::Failure::Broken(..)), "{error}");
}

#[test]
fn any_flipped_bit_can_be_decoded() {
    for wrapping in ALL {
        let packed = pack(wrapping, JSON);
        for index in 0..packed.len() * 8 {
            let mut broken = packed.clone();
            broken[index / 8] ^= 1 << (index % 8);
            let _ = unpack::unpack(wrapping, &broken, MAX_SIZE);
            let _ = recognise(&broken, None);
        }
    }
}
