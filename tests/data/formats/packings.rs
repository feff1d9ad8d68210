//! Packings that are chosen by hand or that need care: Snappy, bzip2, xz, brotli, raw deflate and
//! LZ4 blocks. The vectors were written by other encoders.

use std::io::Read;

use proptest::collection::vec;
use proptest::prelude::*;
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::format::unpack::{self, Failure, MAX_SIZE, SMALL};
use subscope::payload::format::{Format, Wrapping};
use subscope::payload::json::locate::PathStep;
use subscope::payload::lookup::Lookup;

use super::packed::pack;
use super::{bytes, read_as, recognise};
use crate::support::cases;

const JSON: &[u8] = br#"{"user":"ada","tags":["a","b","c"],"note":"a note that is long enough"}"#;

/// [`JSON`] as packed by the original libraries (Python's `cramjam`, `bz2`, `lzma` and `zlib`).
const VECTORS: [(Wrapping, &str); 8] = [
    (
        Wrapping::Brotli,
        "1b4600e08dd315f32384751fa1d289ea96eacfd6fae9a05234cda2d3d5171c72ca776d01dd3010294dab57a9727e\
         78252b484cb5609c699cfbb6a446f7d9498d3a",
    ),
    (
        Wrapping::Snappy,
        "ff060000734e61507059014b0000a4113dc97b2275736572223a22616461222c2274616773223a5b2261222c2262\
         222c2263225d2c226e6f7465223a2261206e6f74652074686174206973206c6f6e6720656e6f756768227d",
    ),
    (
        Wrapping::SnappyBlock,
        "47587b2275736572223a22616461222c2274616773223a5b22010c3062222c2263225d2c226e6f74650122002001\
         09542074686174206973206c6f6e6720656e6f756768227d",
    ),
    (
        Wrapping::Deflate,
        "ab562a2d4e2d52b2524a4c4954d2512a494c2f56b28a5602b193803859295647292fbf2415a44201c45028c9482c\
         51c82c56c8c9cf4b5748cdcb2f4dcf50aa0500",
    ),
    (
        Wrapping::Lz4Block,
        "47000000f0087b2275736572223a22616461222c2274616773223a5b220c00d062222c2263225d2c226e6f746522\
         0010200900f0072074686174206973206c6f6e6720656e6f756768227d",
    ),
    (
        Wrapping::Lz4Block,
        "f0087b2275736572223a22616461222c2274616773223a5b220c00d062222c2263225d2c226e6f74652200102009\
         00f0072074686174206973206c6f6e6720656e6f756768227d",
    ),
    (
        Wrapping::Bzip2,
        "425a6839314159265359f97200e90000229b8050040010000a3ee59e0a20005453203d200340d53f523d20f127a8\
         f53d22ccf2e54da767562c05460764043a41c2583ea21a693dbdc51e36a1a6b344906023f17c5dc914e14243e5c8\
         03a4",
    ),
    (
        Wrapping::Xz,
        "fd377a585a000004e6d6b4460200210116000000742fe5a3e0004600435d003d888aa773a0c424836feef2818c11\
         2b965cf70d0936dd7cdd022ef47b8f72cce0957b0481dca1ec6c988f8d627fced5a338c3967ded4030704d4e94d2\
         9f0a9bdf9c000000d9b657823bdcf61e00015f4783201df51fb6f37d010000000004595a",
    ),
];

/// The packings that have no magic number.
const BY_HAND: [Wrapping; 4] = [
    Wrapping::Brotli,
    Wrapping::Deflate,
    Wrapping::Lz4Block,
    Wrapping::SnappyBlock,
];

fn by_hand(wrapping: Wrapping) -> Format {
    Format::Wrapped(wrapping)
}

#[test]
fn vectors_of_other_encoders_are_unpacked() {
    for (wrapping, hex) in VECTORS {
        let packed = bytes(hex);
        assert_eq!(
            unpack::unpack(wrapping, &packed, MAX_SIZE).unwrap(),
            JSON,
            "{wrapping:?}"
        );
        let chosen = read_as(&packed, by_hand(wrapping), None).unwrap();
        assert_eq!(
            (chosen.format, &chosen.wrappings[..]),
            (Format::Json, &[wrapping][..])
        );
        assert_eq!(chosen.bytes(&packed), JSON);
        let detected = recognise(&packed, None);
        let is_detected = !matches!(
            wrapping,
            Wrapping::Brotli | Wrapping::Deflate | Wrapping::Lz4Block
        );
        assert_eq!(
            detected.wrappings == [wrapping],
            is_detected,
            "{wrapping:?}"
        );
    }
}

#[test]
fn a_choice_that_does_not_fit_says_why() {
    for (wrapping, payload, why) in [
        (
            Wrapping::Brotli,
            &b"\xff\xff\xff"[..],
            "brotli layer not unpacked: corrupt brotli data: invalid data",
        ),
        (
            Wrapping::Deflate,
            b"\x07",
            "raw deflate layer not unpacked: corrupt raw deflate data: ",
        ),
        (
            Wrapping::SnappyBlock,
            b"\xff\xff\xff\xff\x0f\x00a",
            "Snappy block layer not unpacked: corrupt Snappy block data: claims more than it can contain",
        ),
        (
            Wrapping::Lz4Block,
            b"\xf0\xff",
            "LZ4 block layer not unpacked: corrupt LZ4 block data: ",
        ),
        (
            Wrapping::Utf16Le,
            b"abc",
            "UTF-16LE layer not unpacked: corrupt UTF-16LE data: odd number of bytes",
        ),
    ] {
        let error = read_as(payload, by_hand(wrapping), None).unwrap_err();
        assert!(error.starts_with(why), "{error}");
        let choice = DecoderChoice {
            format: Some(by_hand(wrapping)),
            ..DecoderChoice::default()
        };
        assert!(
            choice
                .read(payload, MAX_SIZE)
                .note
                .unwrap()
                .starts_with(why)
        );
    }
    for wrapping in [Wrapping::Brotli, Wrapping::Deflate] {
        let (_, hex) = VECTORS
            .into_iter()
            .find(|(kind, _)| *kind == wrapping)
            .unwrap();
        let packed = bytes(hex);
        let followed = [&packed[..], b"x"].concat();
        let error = unpack::unpack(wrapping, &followed, MAX_SIZE).unwrap_err();
        assert_eq!(error, Failure::Broken(wrapping, "trailing data".to_owned()));
        for end in 0..packed.len() {
            assert_eq!(
                unpack::unpack(wrapping, &packed[..end], MAX_SIZE).unwrap_err(),
                Failure::EndsEarly(wrapping)
            );
        }
    }
}

#[test]
fn values_are_looked_up_in_the_chosen_packing() {
    let (_, hex) = VECTORS[0];
    let packed = bytes(hex);
    let choice = DecoderChoice {
        format: Some(by_hand(Wrapping::Brotli)),
        ..DecoderChoice::default()
    };
    let lookup = Lookup::new(&packed, Some(&choice));
    let user = [PathStep::Key((*b"user").into())];
    assert_eq!(lookup.value(&user).as_deref(), Some(&b"\"ada\""[..]));
    assert_eq!(lookup.text(), Some(JSON));
}

#[test]
fn bombs_of_every_packing_are_refused() {
    let zeros = |mebibytes: usize| std::io::repeat(0).take((mebibytes * SMALL) as u64);
    // 70 MiB of zeros in brotli.
    let bomb = "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffeffffc1\
                3f0110870500baf77ffcffff837f02200e0b0074effff8ffff07ff04401c1600e8defff1ffff0ffe0980382c\
                00d0bdffe3ffff1ffc1300715800a07bff97ffff5ff82700e2b00040f7fe0b";
    let mut bombs = vec![(Wrapping::Brotli, bytes(bomb))];
    for wrapping in [
        Wrapping::Deflate,
        Wrapping::Lz4Block,
        Wrapping::SnappyBlock,
        Wrapping::Bzip2,
        Wrapping::Xz,
    ] {
        bombs.push((wrapping, pack(wrapping, zeros(66))));
    }
    for (wrapping, packed) in bombs {
        let limit = unpack::limit(packed.len());
        let error = unpack::unpack(wrapping, &packed, MAX_SIZE).unwrap_err();
        let size = packed.len();
        assert_eq!(
            error,
            Failure::Large {
                packed: size,
                limit
            },
            "{wrapping:?}"
        );
        let error = read_as(&packed, by_hand(wrapping), None).unwrap_err();
        assert!(error.contains("would exceed the limit of"), "{error}");
        // A row is unpacked to much less.
        let error = unpack::unpack(wrapping, &packed, 1024).unwrap_err();
        assert!(
            matches!(error, Failure::Large { limit: 1024, .. }),
            "{error}"
        );
    }
    // What unpacks to a limit exactly is accepted.
    let packed = bytes("5bffff8f7f02201e0b0472ef1f00");
    assert_eq!(
        unpack::unpack(Wrapping::Brotli, &packed, MAX_SIZE)
            .unwrap()
            .len(),
        SMALL
    );
}

#[test]
fn claimed_sizes_are_not_allocated() {
    // A Snappy block of 4 GiB, and an LZ4 block of 4 GiB.
    let snappy = b"\xff\xff\xff\xff\x0f\x00a";
    assert!(unpack::unpack(Wrapping::SnappyBlock, snappy, MAX_SIZE).is_err());
    let lz4 = b"\xff\xff\xff\xff\x10a";
    assert!(unpack::unpack(Wrapping::Lz4Block, lz4, MAX_SIZE).is_err());
    // An xz block header whose dictionary is 4 GiB.
    let mut packed = pack(Wrapping::Xz, JSON);
    packed[16] = 40;
    assert!(unpack::unpack(Wrapping::Xz, &packed, MAX_SIZE).is_err());
}

#[test]
fn snappy_frames_may_end_after_any_chunk() {
    let packed = pack(Wrapping::Snappy, JSON);
    let mut whole = Vec::new();
    for end in 10..packed.len() {
        match unpack::unpack(Wrapping::Snappy, &packed[..end], MAX_SIZE) {
            Ok(content) => whole.push((end, content)),
            Err(error) => assert_eq!(error, Failure::EndsEarly(Wrapping::Snappy), "{end}"),
        }
    }
    assert_eq!(whole, [(10, Vec::new())]);
}

#[test]
fn text_is_not_taken_for_a_packing() {
    for text in [
        "BZh91AY is not enough",
        "BZh9",
        "id{\"a\":1}",
        "ph[1]",
        "ll {x}",
        "\x06\x14{not",
    ] {
        let decoded = recognise(text.as_bytes(), None);
        assert_eq!(decoded.wrappings, [], "{text}");
    }
}

proptest! {
    #![proptest_config(cases::config(300))]

    #[test]
    fn any_bytes_can_be_unpacked_by_hand(payload in vec(any::<u8>(), 0..200)) {
        for wrapping in BY_HAND {
            let _ = unpack::unpack(wrapping, &payload, MAX_SIZE);
        }
    }

    #[test]
    fn vectors_with_wrong_bytes_can_be_unpacked(
        vector in 0..VECTORS.len(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let (wrapping, hex) = VECTORS[vector];
        let mut packed = bytes(hex);
        let at = at.index(packed.len());
        packed[at] = byte;
        let _ = unpack::unpack(wrapping, &packed, MAX_SIZE);
        let _ = recognise(&packed, None);
    }

    #[test]
    fn blocks_are_unpacked_to_what_was_packed(content in vec(0_u8..4, 0..2000)) {
        for wrapping in [Wrapping::SnappyBlock, Wrapping::Lz4Block, Wrapping::Deflate, Wrapping::Snappy, Wrapping::Bzip2, Wrapping::Xz] {
            let packed = pack(wrapping, &content[..]);
            prop_assert_eq!(&unpack::unpack(wrapping, &packed, MAX_SIZE).unwrap(), &content);
        }
    }
}
