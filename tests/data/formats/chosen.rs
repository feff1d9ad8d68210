//! Formats chosen by hand.

use subscope::payload::format::{Format, Wrapping};

use super::{bytes, read_as, shown};
use crate::formats::packed::{ALL, base64, pack};

#[test]
fn text_and_bytes_fit_any_payload() {
    for payload in [&b""[..], b"abc", b"{}", b"\xff\0", b"\x1f\x8b\x08"] {
        for format in [Format::Text, Format::Binary] {
            let decoded = read_as(payload, format, None).unwrap();
            assert_eq!(decoded.format, format);
            assert_eq!(decoded.bytes(payload), payload);
            assert_eq!(decoded.tree, None);
        }
    }
    for wrapping in ALL {
        let packed = pack(wrapping, &b"some words"[..]);
        let text = read_as(&packed, Format::Text, None).unwrap();
        assert_eq!(text.bytes(&packed), b"some words");
        assert_eq!(text.wrappings, [wrapping]);
        let raw = read_as(&packed, Format::Binary, None).unwrap();
        assert_eq!(raw.bytes(&packed), packed);
        // Data that does not decompress to text is shown as is.
        let packed = pack(wrapping, &b"\xff\xfe\0"[..]);
        let text = read_as(&packed, Format::Text, None).unwrap();
        assert_eq!(text.unwrapped, None);
    }
}

#[test]
fn a_chosen_format_is_read_through_its_wrappings() {
    for (hex, format, expected) in [
        ("05", Format::MessagePack, "5"),
        ("05", Format::Cbor, "5"),
        ("0801", Format::Protobuf, "{1: 1}"),
    ] {
        let payload = bytes(hex);
        let decoded = read_as(&payload, format, None).unwrap();
        assert_eq!(shown(decoded.tree.as_ref().unwrap(), &payload), expected);
        let mut wrapped: Vec<(Vec<Wrapping>, Vec<u8>)> = ALL
            .into_iter()
            .map(|wrapping| (vec![wrapping], pack(wrapping, &payload[..])))
            .collect();
        // The base64 text itself would be valid MessagePack or CBOR only if it were one character
        // long.
        wrapped.push((vec![Wrapping::Base64], base64(&payload)));
        for (wrappings, payload) in wrapped {
            let decoded = read_as(&payload, format, None).unwrap();
            assert_eq!(decoded.wrappings, wrappings);
            let inner = decoded.bytes(&payload);
            assert_eq!(shown(decoded.tree.as_ref().unwrap(), inner), expected);
        }
    }
}

#[test]
fn an_error_in_a_chosen_format_says_what_is_wrong_and_where() {
    for (payload, format, error) in [
        (
            &b"\x81\xa1a"[..],
            Format::MessagePack,
            "not MessagePack: unexpected end at byte 3",
        ),
        (
            b"\x83\x01\x02\xff",
            Format::Cbor,
            "not CBOR: unexpected break at byte 3",
        ),
        (
            b"words",
            Format::Protobuf,
            "not Protobuf: unknown wire type 7 at byte 0",
        ),
        (
            b"\x08",
            Format::Protobuf,
            "not Protobuf: unexpected end at byte 1",
        ),
        (b"x^2", Format::Json, "not JSON: expected a value at byte 0"),
        (
            b"{}",
            Format::JsonLines,
            "not JSON: no second line at byte 2",
        ),
        (
            b"{}",
            Format::Pickle,
            "not Python pickle: unknown opcode 0x7b at byte 0",
        ),
    ] {
        assert_eq!(read_as(payload, format, None).unwrap_err(), error);
    }
    let cut = &pack(Wrapping::Gzip, &b"{}"[..])[..15];
    assert_eq!(
        read_as(cut, Format::Json, None).unwrap_err(),
        "not JSON: expected a value at byte 0; gzip layer not unpacked: truncated gzip data"
    );
    let packed = pack(Wrapping::Gzip, &b"{x}"[..]);
    assert_eq!(
        read_as(&packed, Format::Json, None).unwrap_err(),
        "not JSON: expected a key at byte 1"
    );
}

#[test]
fn every_format_has_a_unique_name() {
    let mut names: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Format::ALL.len());
}
