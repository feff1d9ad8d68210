//! CBOR: RFC 8949.

use subscope::payload::cbor;

use super::{assert_sound, bytes, shown};

/// All of appendix A. Floats are shown with the fewest digits that identify them at their
/// precision; in three cases, the appendix has more digits.
const APPENDIX_A: &[(&str, &str)] = &[
    ("00", "0"),
    ("01", "1"),
    ("0a", "10"),
    ("17", "23"),
    ("1818", "24"),
    ("1819", "25"),
    ("1864", "100"),
    ("1903e8", "1000"),
    ("1a000f4240", "1000000"),
    ("1b000000e8d4a51000", "1000000000000"),
    ("1bffffffffffffffff", "18446744073709551615"),
    ("c249010000000000000000", "18446744073709551616"),
    ("3bffffffffffffffff", "-18446744073709551616"),
    ("c349010000000000000000", "-18446744073709551617"),
    ("20", "-1"),
    ("29", "-10"),
    ("3863", "-100"),
    ("3903e7", "-1000"),
    ("f90000", "0.0"),
    ("f98000", "-0.0"),
    ("f93c00", "1.0"),
    ("fb3ff199999999999a", "1.1"),
    ("f93e00", "1.5"),
    ("f97bff", "65504.0"),
    ("fa47c35000", "100000.0"),
    ("fa7f7fffff", "3.4028234663852886e38"),
    ("fb7e37e43c8800759c", "1e300"),
    ("f90001", "5.9604645e-8"),
    ("f90400", "6.1035156e-5"),
    ("f9c400", "-4.0"),
    ("fbc010666666666666", "-4.1"),
    ("f97c00", "Infinity"),
    ("f97e00", "NaN"),
    ("f9fc00", "-Infinity"),
    ("fa7f800000", "Infinity"),
    ("fa7fc00000", "NaN"),
    ("faff800000", "-Infinity"),
    ("fb7ff0000000000000", "Infinity"),
    ("fb7ff8000000000000", "NaN"),
    ("fbfff0000000000000", "-Infinity"),
    ("f4", "false"),
    ("f5", "true"),
    ("f6", "null"),
    ("f7", "undefined"),
    ("f0", "simple(16)"),
    ("f8ff", "simple(255)"),
    (
        "c074323031332d30332d32315432303a30343a30305a",
        "0 date/time(\"2013-03-21T20:04:00Z\")",
    ),
    ("c11a514b67b0", "1 epoch time(1363896240)"),
    ("c1fb41d452d9ec200000", "1 epoch time(1363896240.5)"),
    ("d74401020304", "23 as base16(h'01020304')"),
    ("d818456449455446", "24 encoded CBOR(h'6449455446')"),
    (
        "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
        "32 URI(\"http://www.example.com\")",
    ),
    ("40", "h''"),
    ("4401020304", "h'01020304'"),
    ("60", "\"\""),
    ("6161", "\"a\""),
    ("6449455446", "\"IETF\""),
    ("62225c", "\"\\\"\\\\\""),
    ("62c3bc", "\"\u{fc}\""),
    ("63e6b0b4", "\"\u{6c34}\""),
    ("64f0908591", "\"\u{10151}\""),
    ("80", "[]"),
    ("83010203", "[1, 2, 3]"),
    ("8301820203820405", "[1, [2, 3], [4, 5]]"),
    (
        "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]",
    ),
    ("a0", "{}"),
    ("a201020304", "{1: 2, 3: 4}"),
    ("a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}"),
    ("826161a161626163", "[\"a\", {\"b\": \"c\"}]"),
    (
        "a56161614161626142616361436164614461656145",
        "{\"a\": \"A\", \"b\": \"B\", \"c\": \"C\", \"d\": \"D\", \"e\": \"E\"}",
    ),
    ("5f42010243030405ff", "h'0102030405'"),
    ("7f657374726561646d696e67ff", "\"streaming\""),
    ("9fff", "[]"),
    ("9f018202039f0405ffff", "[1, [2, 3], [4, 5]]"),
    ("9f01820203820405ff", "[1, [2, 3], [4, 5]]"),
    ("83018202039f0405ff", "[1, [2, 3], [4, 5]]"),
    ("83019f0203ff820405", "[1, [2, 3], [4, 5]]"),
    (
        "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]",
    ),
    ("bf61610161629f0203ffff", "{\"a\": 1, \"b\": [2, 3]}"),
    ("826161bf61626163ff", "[\"a\", {\"b\": \"c\"}]"),
    ("bf6346756ef563416d7421ff", "{\"Fun\": true, \"Amt\": -2}"),
];

#[test]
fn every_example_in_appendix_a_is_read() {
    for (hex, expected) in APPENDIX_A {
        let payload = bytes(hex);
        let tree = cbor::read(&payload).unwrap_or_else(|error| panic!("{hex}: {error}"));
        assert_eq!(shown(&tree, &payload), *expected, "{hex}");
        assert_sound(&tree, &payload);
        for end in 0..payload.len() {
            assert!(cbor::read(&payload[..end]).is_err(), "{hex} cut at {end}");
        }
        let followed = [&payload[..], &[0]].concat();
        let error = cbor::read(&followed).unwrap_err().to_string();
        let at = payload.len();
        assert_eq!(error, format!("not CBOR: trailing data at byte {at}"));
    }
}

#[test]
fn malformed_cbor_is_refused_with_place_and_reason() {
    for (hex, why) in [
        ("", "unexpected end at byte 0"),
        ("1c", "invalid initial byte at byte 0"),
        ("1f", "indefinite length not allowed at byte 0"),
        ("3f", "indefinite length not allowed at byte 0"),
        ("df00", "indefinite length not allowed at byte 0"),
        ("ff", "unexpected break at byte 0"),
        ("8201ff", "unexpected break at byte 2"),
        ("9fc0ff", "unexpected break at byte 2"),
        ("bf01ff", "key without a value at byte 2"),
        ("5f6161ff", "invalid string chunk at byte 1"),
        ("5f5f4100ffff", "invalid string chunk at byte 1"),
        ("7f4100ff", "invalid string chunk at byte 1"),
        ("f818", "invalid simple value at byte 0"),
        ("420a", "header says 2 bytes, but only 1 left at byte 0"),
        (
            "9b7fffffffffffffff",
            "header says 9223372036854775807 values, but only 0 B left at byte 0",
        ),
        (
            "bbffffffffffffffff",
            "header says 18446744073709551615 pairs, but only 0 B left at byte 0",
        ),
        (
            "5bffffffffffffffff",
            "header says 18446744073709551615 bytes, but only 0 left at byte 0",
        ),
        ("a1616101ff", "trailing data at byte 4"),
    ] {
        let error = cbor::read(&bytes(hex)).unwrap_err();
        assert_eq!(error.to_string(), format!("not CBOR: {why}"), "{hex}");
    }
}

#[test]
fn bignums_keep_every_digit() {
    let read = |hex: &str| {
        let payload = bytes(hex);
        shown(&cbor::read(&payload).unwrap(), &payload)
    };
    assert_eq!(read("c240"), "0");
    assert_eq!(read("c340"), "-1");
    assert_eq!(read("c34100"), "-1");
    assert_eq!(read("c344ffffffff"), "-4294967296");
    assert_eq!(read("c243000001"), "1");
    assert_eq!(
        read("c24c204fce5e3e25026110000000"),
        "10000000000000000000000000000"
    );
    assert_eq!(
        read("c25010000000000000000000000000000000"),
        (1_u128 << 124).to_string()
    );
    // Lengths in one, two, four and eight bytes, and indefinite lengths.
    for hex in [
        "c2 42 0100",
        "c2 58 02 0100",
        "c2 59 0002 0100",
        "c2 5a 00000002 0100",
        "c2 5b 0000000000000002 0100",
        "c2 5f 41 01 41 00 ff",
        "c2 5f 41 00 40 42 0100 ff",
    ] {
        assert_eq!(read(hex), "256", "{hex}");
        assert_eq!(read(&hex.replacen("c2", "c3", 1)), "-257", "{hex}");
    }
    assert_eq!(read("c25fff"), "0");
    let zeros = [vec![0xc2, 0x5a, 0, 0, 4, 0], vec![0; 1023], vec![7]].concat();
    assert_eq!(shown(&cbor::read(&zeros).unwrap(), &zeros), "7");
    // A bignum made from text, or from too many bytes, is shown as a tag.
    assert_eq!(read("c26131"), "2 bignum(\"1\")");
    let long = [vec![0xc2, 0x59, 0x01, 0x01], vec![0xff; 257]].concat();
    assert!(shown(&cbor::read(&long).unwrap(), &long).starts_with("2 bignum(h'"));
}

#[test]
fn decimal_fractions_are_numbers() {
    for (hex, expected) in [
        ("c48221196ab3", "273.15"),
        ("c4822139 6ab2", "-273.15"),
        ("c4822205", "0.005"),
        ("c4822200", "0.000"),
        ("c482 00 05", "5"),
        ("c482 03 05", "5e3"),
        ("c482 3863 05", "5e-100"),
        ("c482 20 c249010000000000000000", "1844674407370955161.6"),
        ("c482 20 c349010000000000000000", "-1844674407370955161.7"),
        // Invalid contents are shown as a tag.
        ("c4820561 31", "4 decimal fraction([5, \"1\"])"),
        ("c48105", "4 decimal fraction([5])"),
    ] {
        let payload = bytes(hex);
        let tree = cbor::read(&payload).unwrap_or_else(|error| panic!("{hex}: {error}"));
        assert_eq!(shown(&tree, &payload), expected, "{hex}");
        assert_sound(&tree, &payload);
    }
}

#[test]
fn keys_that_are_not_strings_are_spelt_out() {
    for (hex, expected) in [
        ("a1f500", "{true: 0}"),
        ("a1f600", "{null: 0}"),
        ("a1420a0b00", "{bytes 0a0b: 0}"),
        ("a1820161610a", "{[1, \"a\"]: 10}"),
        ("a1a1018202030a", "{{1: [2, 3]}: 10}"),
        ("a19f01ff0a", "{[1]: 10}"),
        ("a1c1000a", "{1 epoch time(0): 10}"),
        ("a180a0", "{[]: {}}"),
        ("a1a1800102", "{{[]: 1}: 2}"),
        ("a1c2410502", "{5: 2}"),
        ("a2f93c0001616102", "{1.0: 1, \"a\": 2}"),
    ] {
        let payload = bytes(hex);
        let tree = cbor::read(&payload).unwrap_or_else(|error| panic!("{hex}: {error}"));
        assert_eq!(shown(&tree, &payload), expected, "{hex}");
        assert_sound(&tree, &payload);
    }
}

#[test]
fn values_know_their_position_in_the_payload() {
    let payload = bytes("a261610a62622082f5c16178");
    let tree = cbor::read(&payload).unwrap();
    let sources: Vec<_> = (0..6)
        .map(|index| tree.source(subscope::payload::tree::NodeId(index)))
        .collect();
    assert_eq!(sources, [0..12, 3..4, 7..12, 8..9, 9..12, 10..12].map(Some));
    let (text, _) = tree.written(subscope::payload::tree::NodeId(5));
    assert_eq!(text, Some(11..12));
}

#[test]
fn bytes_that_look_like_json_are_not_mistaken_for_it() {
    // The number 48 is encoded with the byte 0x30, which is also the ASCII digit 0.
    let payload = bytes("82183061 30");
    let tree = cbor::read(&payload).unwrap();
    let json = tree.to_json(subscope::payload::tree::NodeId(0), &payload);
    assert_eq!(json, b"[48,\"0\"]");
    let payload = bytes("a16222 22 43666f6f");
    let tree = cbor::read(&payload).unwrap();
    let json = tree.to_json(subscope::payload::tree::NodeId(0), &payload);
    assert_eq!(json, br#"{"\"\"":"Zm9v"}"#);
}
