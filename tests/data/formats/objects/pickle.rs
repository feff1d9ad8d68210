//! Python pickles. The samples are the output of `pickle.dumps` of Python 3.11 in all protocols.

use super::*;
use subscope::payload::objects::pickle;

pub(super) const SAMPLES: &str = include_str!("pickle.tsv");

#[test]
fn pickles_written_by_python_are_read() {
    for sample in samples(SAMPLES) {
        let read = pickle::read(&sample.payload);
        let read = read.unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        assert_sound(&read.tree, &sample.payload);
        let json = read.tree.to_json(NodeId(0), &sample.payload);
        let value: Value = serde_json::from_slice(&json).unwrap();
        assert!(
            is_same(&value, &sample.expected),
            "{}: {value}\n instead of {}\n{}",
            sample.name,
            sample.expected,
            shown(&read.tree, &sample.payload),
        );
    }
}

/// Returns the decoded value in diagnostic notation, or the error.
fn read(payload: &[u8]) -> String {
    match pickle::read(payload) {
        Ok(read) => {
            assert_sound(&read.tree, payload);
            shown(&read.tree, payload)
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn pickles_written_by_python_2_are_read() {
    for (payload, expected) in [
        (&b"(dp0\nS'a'\np1\nI1\ns."[..], "{\"a\": 1}"),
        (b"(dp1\nS'a'\np2\nL7L\ns.", "{\"a\": 7}"),
        (b"S'\\xff\\n\\''\np0\n.", "h'ff0a27'"),
        (b"S\"it's\"\np0\n.", "\"it's\""),
        (b"V\\u4f60\xe9\np0\n.", "\"\u{4f60}\u{e9}\""),
        (b"}q\0(U\x01aq\x01M\0\x01u.", "{\"a\": 256}"),
        (
            b"(i__main__\nOld\np0\n(dp1\nS'x'\np2\nI1\nsb.",
            "⟨__main__.Old⟩({\"x\": 1})",
        ),
        (
            b"(c__main__\nOld\nq\0oq\x01}q\x02U\x01xq\x03K\x01sb.",
            "⟨__main__.Old⟩({\"x\": 1})",
        ),
        (
            b"ccopy_reg\n_reconstructor\np0\n(c__main__\nA\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n.",
            "⟨__main__.A⟩({})",
        ),
        (
            b"cdatetime\ndatetime\np1\n(S'\\x07\\xe8\\x01\\x02\\x03\\x04\\x05\\x00\\x00\\x06'\np2\ntp3\nRp4\n.",
            "⟨datetime.datetime⟩(2024-01-02T03:04:05.000006)",
        ),
        (b"c__builtin__\nset\np0\n((lp1\nI1\natp2\nRp3\n.", "⟨set⟩([1])"),
    ] {
        assert_eq!(read(payload), expected);
    }
}

#[test]
fn calls_are_shown_but_not_made() {
    for (payload, expected) in [
        (
            &b"\x80\x02cos\nsystem\nq\0X\x06\0\0\0rm -rfq\x01\x85q\x02Rq\x03."[..],
            "⟨os.system(…)⟩([\"rm -rf\"])",
        ),
        (b"\x80\x02cm\nC\nq\0.", "⟨m.C⟩"),
        (b"\x80\x02cm\nC\n)\x81K\x01b.", "⟨m.C⟩(1)"),
        (b"\x80\x02cm\nC\nK\x05\x85RK\x01b.", "⟨m.C(5)⟩(1)"),
        (b"\x80\x02cm\nC\n)RK\x01aK\x02a.", "⟨m.C⟩([1, 2])"),
        (
            b"\x80\x02cm\nC\n)R(K\x01K\x02u}b.",
            "⟨m.C⟩({\"(members)\": {1: 2}, \"(state)\": {}})",
        ),
        (
            b"\x80\x04\x8c\x01m\x8c\x01C\x93)}\x92.",
            "⟨m.C(…)⟩([⟨tuple⟩([]), {}])",
        ),
        // The result of a call can be called.
        (b"\x80\x02cm\nf\n)R)R.", "⟨⟨m.f⟩ {}⟩({})"),
        (b"Pid-7\n.", "⟨persistent id⟩(\"id-7\")"),
        (b"\x80\x02K\x07Q.", "⟨persistent id⟩(7)"),
        (b"\x80\x02\x82\x05.", "⟨extension 5⟩"),
        (b"\x80\x05\x97\x98.", "⟨out-of-band buffer⟩"),
        (
            b"\x80\x02cdatetime\ndatetime\nU\x03abc\x85R.",
            "⟨datetime.datetime(…)⟩([\"abc\"])",
        ),
        (
            b"\x80\x02cdecimal\nDecimal\nX\x04\0\0\0sNaN\x85R.",
            "⟨decimal.Decimal⟩(sNaN)",
        ),
    ] {
        assert_eq!(read(payload), expected, "{}", payload.escape_ascii());
    }
}

#[test]
fn a_pickle_that_cannot_be_read_says_why() {
    for (payload, why) in [
        (&b"\x80\x02zz."[..], "unknown opcode 0x7a at byte 2"),
        (b"\x80\x020.", "no value on the stack at byte 2"),
        (b"\x80\x02h\0.", "no such value in the memo at byte 2"),
        (b"\x80\x02K\x01e.", "no mark on the stack at byte 4"),
        (b"\x80\x02N.N.", "trailing data at byte 4"),
        (b"\x80\x02}(K\x01u.", "key without a value at byte 6"),
        (
            b"\x80\x02K\x01K\x02a.",
            "element of a value that has none at byte 6",
        ),
        (
            b"\x80\x02K\x01}b.",
            "state of a value that has none at byte 5",
        ),
        (
            b"\x80\x02K\x01NNs.",
            "member of a value that has none at byte 6",
        ),
        (
            b"\x80\x02(K\x010\x30\x30.",
            "no value on the stack at byte 7",
        ),
        (b"\x80\x02cm\nC\nNR.", "no arguments at byte 8"),
        (b"\x80\x02c\nC\n.", "invalid class name at byte 2"),
    ] {
        let decoded = recognise(payload, None);
        assert_eq!((decoded.format, &decoded.tree), (Format::Pickle, &None));
        assert_eq!(decoded.note, Some(format!("not Python pickle: {why}")));
    }
}
