//! Ruby: the samples are the output of `Marshal.dump` of Ruby 3.1.

use super::*;
use subscope::payload::objects::ruby;

pub(super) const SAMPLES: &str = include_str!("ruby.tsv");

#[test]
fn values_written_by_ruby_are_read() {
    for sample in samples(SAMPLES) {
        assert_sample(&sample, |format| format == Format::Ruby);
        let payload = &sample.payload;
        for end in 0..payload.len() {
            assert!(ruby::read(&payload[..end]).is_err(), "{}", sample.name);
        }
    }
}

/// Values as Ruby writes them.
#[test]
fn objects_are_tagged_with_their_class() {
    for (payload, expected) in [
        (
            &b"\x04\x08Iu:\tTime\r\xd6\xe9\x1e\x80\x05\0@5\x07:\x0boffseti\x02\x10\x0e:\tzone0"[..],
            "⟨with {\"offset\": 3600, \"zone\": nil}⟩(⟨Time⟩(2023-11-14T22:13:20.000005Z))",
        ),
        (
            b"\x04\x08u:\x0fBigDecimal\x0e18:0.15e1",
            "⟨BigDecimal⟩(\"18:0.15e1\")",
        ),
        (
            b"\x04\x08U:\tDate[\x0bi\0i\x03\x98\x8a%i\0i\0i\0f\x0c2299161",
            "⟨Date⟩([0, 2460312, 0, 0, 0, 2299161.0])",
        ),
        (
            b"\x04\x08o:\nRange\x08:\texclF:\nbegini\x06:\x08endi\n",
            "⟨Range⟩({\"excl\": false, \"begin\": 1, \"end\": 5})",
        ),
        (b"\x04\x08[\x06@\0", "[⟨cycle, 1 up⟩]"),
        (b"\x04\x08U:\rRational[\x07i\x06i\x07", "⟨Rational⟩([1, 2])"),
        (b"\x04\x08I/\x06a\x01\x06:\x06EF", "/a/i"),
        (
            b"\x04\x08IC:\x0fSafeBuffer\"\x06a\x07:\x06ET:\x0f@html_safeT",
            "⟨with {\"html_safe\": true}⟩(⟨SafeBuffer⟩(\"a\"))",
        ),
        (
            b"\x04\x08}\x06i\x06i\x07i\x0a",
            "⟨with {\"default\": 5}⟩({1: 2})",
        ),
        (b"\x04\x08e:\x08Exto:\x06A\0", "⟨extended by Ext⟩(⟨A⟩({}))"),
        (b"\x04\x08[\x07:\x06a;\0", "[:a, :a]"),
    ] {
        let tree = ruby::read(payload);
        let tree = tree.unwrap_or_else(|error| panic!("{expected}: {error}"));
        assert_eq!(shown(&tree, payload), expected);
        assert_sound(&tree, payload);
    }
}

#[test]
fn what_ruby_would_not_read_is_refused() {
    for (payload, why) in [
        (&b"\x04\x08@\x06"[..], "no such value at byte 2"),
        (b"\x04\x08;\0", "no such symbol at byte 2"),
        (b"\x04\x08[\xffi", "invalid length at byte 3"),
        (b"\x04\x0800", "trailing data at byte 3"),
        (b"\x04\x08z", "unknown type 0x7a at byte 2"),
        (
            b"\x04\x08[\x07[\0I@\x06\x06:\x06ET",
            "unexpected link at byte 6",
        ),
        (b"\x04\x09" as &[u8], "expected version 4.8 at byte 0"),
    ] {
        let error = ruby::read(payload).unwrap_err();
        assert_eq!(error.to_string(), format!("not Ruby Marshal: {why}"));
        assert_ne!(recognise(payload, None).format, Format::Ruby);
    }
}
