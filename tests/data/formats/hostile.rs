//! Hostile bytes, which must give a result or an error in bounded time, never a panic.

use proptest::collection::vec;
use proptest::prelude::*;
use subscope::payload::format::unpack::{self, SMALL_UNASKED};
use subscope::payload::format::{Format, MAX_WRAPPINGS};
use subscope::payload::protobuf::Schema;
use subscope::payload::tree::{MAX_DEPTH, MAX_NODES, NodeId, Tree};
use subscope::payload::{cbor, msgpack, protobuf};

use crate::support::{bombs, cases};

use super::{assert_sound, bytes, read_as, recognise};
use crate::formats::packed::{ALL, base64, pack};
use crate::formats::protobuf::{descriptor_set, schema};

/// Runs every decoder on `payload`.
fn run_all_decoders(payload: &[u8]) {
    let all = schema().message_type("demo.All").unwrap();
    for message_type in [None, Some(&all)] {
        let decoded = recognise(payload, message_type);
        assert!(decoded.wrappings.len() <= MAX_WRAPPINGS);
        if let Some(tree) = &decoded.tree {
            check(tree, decoded.bytes(payload));
        }
        for format in Format::ALL {
            if let Ok(decoded) = read_as(payload, format, message_type)
                && let Some(tree) = &decoded.tree
            {
                check(tree, decoded.bytes(payload));
            }
        }
    }
}

fn check(tree: &Tree, payload: &[u8]) {
    assert!(!tree.is_empty() && tree.len() <= MAX_NODES);
    assert_sound(tree, payload);
    let json = tree.to_json(NodeId(0), payload);
    assert!(subscope::payload::json::is_json(&json));
}

#[test]
fn nesting_is_bounded() {
    let deep = 100_000;
    let chains = |hex: &str, end: &str| [bytes(hex).repeat(deep), bytes(end)].concat();
    for payload in [
        chains("91", "00"),
        chains("81a161", "00"),
        chains("81", "00"),
        chains("dc0001", "00"),
    ] {
        let error = msgpack::read(&payload).unwrap_err();
        assert_eq!(error.why, "nested too deeply");
    }
    for payload in [
        chains("81", "00"),
        chains("9f", "00"),
        chains("a16161", "00"),
        chains("a1", "00"),
        chains("bf", "00"),
        chains("c6", "00"),
    ] {
        let error = cbor::read(&payload).unwrap_err();
        assert_eq!(error.why, "nested too deeply");
    }
    let groups = chains("0b", "");
    let error = protobuf::read_raw(&groups).unwrap_err();
    assert_eq!(error.why, "nested too deeply");
    for payload in [
        b"[".repeat(deep),
        b"{\"a\":".repeat(deep),
        chains("91", "00"),
        groups,
    ] {
        assert_eq!(recognise(&payload, None).tree, None);
    }
}

#[test]
fn nesting_is_read_to_exactly_the_documented_depth() {
    let nested = |depth: usize| [vec![0x81; depth], vec![0]].concat();
    assert!(cbor::read(&nested(MAX_DEPTH)).is_ok());
    assert!(cbor::read(&nested(MAX_DEPTH + 1)).is_err());
    let keys = |depth: usize| {
        // Each map is a key of the map around it.
        [vec![0xa1; depth], vec![0; depth + 1]].concat()
    };
    assert!(cbor::read(&keys(MAX_DEPTH)).is_ok());
    assert!(cbor::read(&keys(MAX_DEPTH + 1)).is_err());
}

/// Returns messages nested `depth` levels deep.
fn messages(depth: usize, field: &[u8]) -> Vec<u8> {
    let mut payload = b"\x08\x01".to_vec();
    for _ in 0..depth {
        let mut length = Vec::new();
        let mut left = payload.len();
        while left > 0x7f {
            length.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
            left >>= 7;
        }
        length.push(u8::try_from(left).unwrap());
        payload = [field, &length, &payload].concat();
    }
    payload
}

#[test]
fn messages_nested_too_deeply_are_bytes_or_an_error() {
    let payload = messages(2000, &[0x0a]);
    check(&protobuf::read_raw(&payload).unwrap(), &payload);
    let payload = messages(2000, &[0x8a, 0x01]);
    let all = schema().message_type("demo.All").unwrap();
    let wrong = all.decode(&payload).unwrap_err();
    assert!(wrong.why.contains("nested too deep"), "{wrong}");
    let payload = messages(MAX_DEPTH - 1, &[0x8a, 0x01]);
    assert!(all.decode(&payload).is_ok());
}

#[test]
fn headers_that_claim_huge_lengths_are_refused_at_once() {
    for hex in [
        "dd ffffffff",
        "df ffffffff",
        "db ffffffff 00",
        "c9 ffffffff 00",
        "9b ffffffffffffffff 00",
        "bb 7fffffffffffffff 00",
        "7b ffffffffffffffff 00",
        "0a ffffffffffffffff7f 00",
        "9f 9b 00000000ffffffff",
        "5f 5b ffffffffffffffff",
    ] {
        run_all_decoders(&bytes(hex));
    }
}

#[test]
fn too_many_values_are_truncated_to_the_first_ones() {
    let count = MAX_NODES + 5;
    let header = u32::try_from(count).unwrap().to_be_bytes();
    let zeros = vec![0; count];
    let msgpack = [&[0xdd], &header[..], &zeros].concat();
    let cbor = [&[0x9a], &header[..], &zeros].concat();
    let open_cbor = [&[0x9f], &zeros[..], &[0xff]].concat();
    for (tree, from) in [
        (msgpack::read(&msgpack).unwrap(), 5),
        (cbor::read(&cbor).unwrap(), 5),
        (cbor::read(&open_cbor).unwrap(), 1),
    ] {
        assert_eq!(tree.len(), MAX_NODES);
        assert_eq!(tree.cut_at(), Some(from + MAX_NODES - 1));
    }
    let fields = b"\x08\x01".repeat(count);
    let tree = protobuf::read_raw(&fields).unwrap();
    assert_eq!(
        (tree.len(), tree.cut_at()),
        (MAX_NODES, Some(2 * (MAX_NODES - 1)))
    );
    let fields = b"\x68\x01".repeat(count);
    let all = schema().message_type("demo.All").unwrap();
    let tree = all.decode(&fields).unwrap();
    assert_eq!(tree.len(), MAX_NODES);
    assert!(tree.cut_at().is_some());
}

#[test]
fn a_kibibyte_unpacks_to_little_unless_a_format_is_chosen() {
    let mut refused = 0;
    for (name, message) in bombs::all() {
        assert!(message.len() <= bombs::SIZE, "{name}");
        let decoded = recognise(&message, None);
        assert!(decoded.bytes(&message).len() <= SMALL_UNASKED, "{name}");
        let nodes = decoded.tree.as_ref().map_or(0, Tree::len);
        assert!(nodes <= SMALL_UNASKED, "{name}: {nodes}");
        if let Some(note) = decoded.note.filter(|_| decoded.is_too_large) {
            refused += 1;
            assert!(note.contains("limit of"), "{name}: {note}");
            let remedy = "; a format chosen with f unpacks up to 1.0 MiB";
            assert!(note.ends_with(remedy), "{name}: {note}");
            let chosen = read_as(&message, Format::Text, None).unwrap();
            let size = chosen.bytes(&message).len();
            assert!(size <= unpack::limit(message.len()), "{name}");
        }
    }
    assert!(refused > 50);
}

#[test]
fn the_size_to_which_a_message_is_unpacked_grows_with_it() {
    for (packed, unpacked) in [
        (0, 32 << 10),
        (100, 32 << 10),
        (1 << 10, 32 << 10),
        (2 << 10, 128 << 10),
        (4 << 10, 512 << 10),
        (16 << 10, 8 << 20),
        (64 << 10, 64 << 20),
        (1 << 30, 64 << 20),
    ] {
        assert_eq!(unpack::limit_unasked(packed), unpacked);
        assert!(unpack::limit(packed) >= unpacked);
    }
}

/// Returns a sample of every format.
fn samples() -> Vec<Vec<u8>> {
    let mut samples = vec![
        br#"{"a":[1,"x\n",null,true,{"b":-1.5e3}]}"#.to_vec(),
        b"{\"a\":1}\n[2]\n".to_vec(),
        bytes(
            "85a161 01 a162 93c0c3cb3fb999999999999a 01c4020001 c3d6ff5a4af6a5 9101 c703050a0b0c",
        ),
        bytes(
            "a4 6161 c249010000000000000000 8101 f93c00 c1 1a514b67b0 5f42010243030405ff 20 bf61 61 9f01ffff",
        ),
        bytes(
            "08 9601 12 07 74657374696e67 1a 03 089601 0b 1001 0c 0d 0000803f 09 000000000000f83f",
        ),
        bytes("7202 6869 8a01 02 6801 9a01 03 010203 a201 05 0a01 61 1001 aa01 06 0805 1202 6801"),
        b"\x80\x02}q\0X\x01\0\0\0aq\x01K\x01s.".to_vec(),
        b"O:8:\"stdClass\":1:{s:1:\"a\";i:1;}".to_vec(),
        b"\xac\xed\0\x05t\0\x03abc".to_vec(),
    ];
    let packed: Vec<_> = ALL.map(|wrapping| pack(wrapping, &samples[2][..])).into();
    samples.push(base64(&samples[2]));
    samples.push(base64(&packed[0]));
    samples.extend(packed);
    samples
}

#[test]
fn any_part_of_any_sample_can_be_decoded() {
    for sample in samples() {
        for end in 0..=sample.len() {
            run_all_decoders(&sample[..end]);
            run_all_decoders(&sample[end..]);
        }
    }
}

#[test]
fn a_schema_with_a_wrong_byte_is_accepted_or_refused() {
    let descriptor_set = descriptor_set();
    for at in 0..descriptor_set.len() {
        for byte in [
            0,
            1,
            0x7f,
            0x80,
            0xff,
            descriptor_set[at] ^ 8,
            descriptor_set[at] ^ 1,
        ] {
            let mut broken = descriptor_set.clone();
            broken[at] = byte;
            if let Ok(schema) = Schema::read(&broken) {
                for name in schema.message_types() {
                    let known = schema.message_type(&name);
                    let _ = known.map(|known| known.decode(&samples()[5]));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(cases::config(1500))]

    #[test]
    fn bytes_with_a_valid_start_can_be_decoded(
        start in proptest::sample::select(vec![
            "81", "92", "a1", "bf", "9f", "dc0002", "de0001", "d9d9f7", "c2", "5f", "1f8b08",
            "789c", "28b52ffd", "04224d18", "0a", "0b", "8a01", "a201", "8004", "aced0005", "7b", "5b",
        ]),
        rest in vec(prop_oneof![any::<u8>(), 0_u8..4, Just(0xff)], 0..60),
    ) {
        run_all_decoders(&[bytes(start), rest].concat());
    }
}
