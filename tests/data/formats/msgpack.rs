//! `MessagePack`: the formats of its specification.

use subscope::payload::msgpack;
use subscope::payload::tree::NodeId;

use super::{assert_sound, bytes, shown};

const FORMS: &[(&str, &str)] = &[
    ("c0", "nil"),
    ("c2", "false"),
    ("c3", "true"),
    ("00", "0"),
    ("7f", "127"),
    ("ff", "-1"),
    ("e0", "-32"),
    ("ccff", "255"),
    ("cdffff", "65535"),
    ("ceffffffff", "4294967295"),
    ("cfffffffffffffffff", "18446744073709551615"),
    ("d080", "-128"),
    ("d18000", "-32768"),
    ("d280000000", "-2147483648"),
    ("d38000000000000000", "-9223372036854775808"),
    ("ca3dcccccd", "0.1"),
    ("ca7f800000", "Infinity"),
    ("caff800000", "-Infinity"),
    ("ca7fc00000", "NaN"),
    ("ca80000000", "-0.0"),
    ("cb3fb999999999999a", "0.1"),
    ("cb7fefffffffffffff", "1.7976931348623157e308"),
    ("a0", "\"\""),
    ("a3616263", "\"abc\""),
    ("d903616263", "\"abc\""),
    ("da0003616263", "\"abc\""),
    ("db00000003616263", "\"abc\""),
    ("a2fffe", "\"\u{fffd}\u{fffd}\""),
    ("c400", "h''"),
    ("c4020001", "h'0001'"),
    ("c500020001", "h'0001'"),
    ("c6000000020001", "h'0001'"),
    ("90", "[]"),
    ("93010203", "[1, 2, 3]"),
    ("dc000201c0", "[1, nil]"),
    ("dd0000000201c0", "[1, nil]"),
    ("80", "{}"),
    (
        "82a7636f6d70616374c3a6736368656d6100",
        "{\"compact\": true, \"schema\": 0}",
    ),
    ("de0001a16101", "{\"a\": 1}"),
    ("df00000001a16191c0", "{\"a\": [nil]}"),
    (
        "8301c0c2c0920102a178",
        "{1: nil, false: nil, [1, 2]: \"x\"}",
    ),
    ("81c4020a0b00", "{bytes 0a0b: 0}"),
    ("8181a16101a162", "{{\"a\": 1}: \"b\"}"),
    ("d4050a", "ext 5, 1 byte: 0a"),
    ("d5050a0b", "ext 5, 2 bytes: 0a 0b"),
    ("d6050a0b0c0d", "ext 5, 4 bytes: 0a 0b 0c 0d"),
    ("d7ff00000000 00000000", "1970-01-01T00:00:00Z"),
    ("c703050a0b0c", "ext 5, 3 bytes: 0a 0b 0c"),
    ("c70085", "ext -123, 0 bytes"),
    ("c80001050a", "ext 5, 1 byte: 0a"),
    ("c900000001050a", "ext 5, 1 byte: 0a"),
    ("d6ff5a4af6a5", "2018-01-02T03:04:05Z"),
    ("d6ffffffffff", "2106-02-07T06:28:15Z"),
    ("d7ff ee6b27fc 5a4af6a5", "2018-01-02T03:04:05.999999999Z"),
    (
        "c70cff 00000001 000000005a4af6a5",
        "2018-01-02T03:04:05.000000001Z",
    ),
    (
        "c70cff 3b9ac9ff ffffffffffffffff",
        "1969-12-31T23:59:59.999999999Z",
    ),
    // A nanoseconds field of more than a second, and a year with more than four digits.
    (
        "d7ff ee6b2800 00000000",
        "ext -1, 8 bytes: ee 6b 28 00 00 00 00 00",
    ),
    (
        "c70cff 00000000 7fffffffffffffff",
        "9223372036854775807 s since 1970",
    ),
    (
        "c70cff 00000001 8000000000000000",
        "-9223372036854775807.999999999 s since 1970",
    ),
    (
        "c70cff 3b9ac9ff 0000003afff4417f",
        "9999-12-31T23:59:59.999999999Z",
    ),
    (
        "c70cff 1dcd6500 0000003afff44180",
        "253402300800.5 s since 1970",
    ),
    ("c70cff 00000000 fffffff1868b8400", "0000-01-01T00:00:00Z"),
    (
        "c70cff 00000000 fffffff1868b83ff",
        "-62167219201 s since 1970",
    ),
    ("d7ff 00000003 ffffffff", "2514-05-30T01:53:03Z"),
    // Whole numbers are shown with all digits.
    ("ca4f000000", "2147483648.0"),
    ("ca3dcccccd", "0.1"),
    ("ca80000000", "-0.0"),
    ("ca7f7fffff", "3.4028234663852886e38"),
    ("cb43e0000000000000", "9223372036854775808.0"),
    ("cb444b1ae4d6e2ef50", "1e21"),
    ("cbc3abc16d674ec800", "-1000000000000000000.0"),
    ("cfffffffffffffffff", "18446744073709551615"),
    ("c702ff0102", "ext -1, 2 bytes: 01 02"),
];

#[test]
fn every_messagepack_form_is_read() {
    for (hex, expected) in FORMS {
        let payload = bytes(hex);
        let tree = msgpack::read(&payload).unwrap_or_else(|error| panic!("{hex}: {error}"));
        assert_eq!(shown(&tree, &payload), *expected, "{hex}");
        assert_eq!(tree.source(NodeId(0)), Some(0..payload.len()));
        assert_sound(&tree, &payload);
        for end in 0..payload.len() {
            assert!(msgpack::read(&payload[..end]).is_err(), "{hex} at {end}");
        }
    }
}

#[test]
fn invalid_messagepack_is_refused_with_place_and_reason() {
    for (hex, why) in [
        ("", "unexpected end at byte 0"),
        ("c1", "reserved byte 0xc1 at byte 0"),
        ("91c1", "reserved byte 0xc1 at byte 1"),
        ("0000", "trailing data at byte 1"),
        ("cd01", "unexpected end at byte 2"),
        ("a3ab", "header says 3 bytes, but only 1 left at byte 0"),
        ("92a0", "header says 2 values, but only 1 B left at byte 0"),
        (
            "ddffffffff",
            "header says 4294967295 values, but only 0 B left at byte 0",
        ),
        (
            "dfffffffff",
            "header says 4294967295 pairs, but only 0 B left at byte 0",
        ),
        (
            "c6ffffffff",
            "header says 4294967295 bytes, but only 0 left at byte 0",
        ),
        (
            "c9ffffffff05",
            "header says 4294967295 bytes, but only 0 left at byte 0",
        ),
    ] {
        let error = msgpack::read(&bytes(hex)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("not MessagePack: {why}"),
            "{hex}"
        );
    }
}

#[test]
fn a_string_knows_its_position_in_the_payload() {
    let payload = bytes("82a161a3786162a162c0");
    let tree = msgpack::read(&payload).unwrap();
    assert_eq!(tree.written(NodeId(1)), (Some(4..7), Some(2..3)));
    assert_eq!(tree.source(NodeId(1)), Some(3..7));
    assert_eq!(tree.path(NodeId(2), &payload).as_deref(), Some(".b"));
    assert_eq!(
        tree.to_json(NodeId(0), &payload),
        br#"{"a":"xab","b":null}"#
    );
}

#[test]
fn a_long_extension_is_truncated() {
    let payload = [vec![0xc7, 200, 1], vec![0xaa; 200]].concat();
    let tree = msgpack::read(&payload).unwrap();
    let words = shown(&tree, &payload);
    assert!(words.starts_with("ext 1, 200 bytes: aa aa"));
    assert!(words.ends_with("aa …"));
    assert_eq!(words.matches("aa").count(), 64);
}
