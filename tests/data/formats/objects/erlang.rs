//! Erlang: the samples are the output of `term_to_binary` of Erlang/OTP 25, with minor versions 0 to
//! 2 and compressed.

use super::*;
use subscope::payload::format::Wrapping;
use subscope::payload::objects::erlang;

pub(super) const SAMPLES: &str = include_str!("erlang.tsv");

#[test]
fn terms_written_by_erlang_are_read() {
    for sample in samples(SAMPLES) {
        assert_sample(&sample, |format| format == Format::Erlang);
    }
}

#[test]
fn a_compressed_term_is_unpacked() {
    let samples = samples(SAMPLES);
    let long = |sample: &&Sample<'_>| sample.name == "long string" && sample.payload[1] == 80;
    let payload = &samples.iter().find(long).unwrap().payload;
    let decoded = recognise(payload, None);
    assert_eq!(decoded.wrappings, [Wrapping::Zlib]);
    assert_eq!(decoded.unwrapped.unwrap()[..4], [131, 107, 3, 0xe8]);
    let cut = recognise(&payload[..payload.len() - 1], None);
    assert_eq!(
        cut.note.as_deref(),
        Some("zlib layer not unpacked: truncated zlib data")
    );
}

/// Terms as Erlang writes them, with what its shell shows for them.
#[test]
fn terms_that_other_formats_lack_are_shown_as_text() {
    for (hex, expected) in [
        (
            "83 58 64000d6e6f6e6f6465406e6f686f7374 00000009 00000000 00000000",
            "#Pid<nonode@nohost.9.0>",
        ),
        (
            "83 5a 0003 64000d6e6f6e6f6465406e6f686f7374 00000000 000017b6 47480001 1154800e",
            "#Ref<nonode@nohost.290750478.1195900929.6070>",
        ),
        (
            "83 59 64000d6e6f6e6f6465406e6f686f7374 00000000 00000000",
            "#Port<nonode@nohost.0>",
        ),
        (
            "83 71 6400056c69737473 6400036d6170 6102",
            "fun lists:map/2",
        ),
        ("83 4d 00000001 03 a0", "⟨3 bits of the last byte⟩(h'a0')"),
        (
            "83 6c 00000001 640001 61 640001 62",
            "⟨improper list⟩([a, b])",
        ),
        (
            "83 63 312e3530303030303030303030303030303030303030652b3030 0000000000",
            "1.5",
        ),
        ("83 68 02 6101 6102", "⟨tuple⟩([1, 2])"),
        ("83 6a", "[]"),
        ("83 70 00000006 abcd", "⟨function⟩(h'abcd')"),
        ("83 73 00", "''"),
        ("83 73 02 6127", "'a\\''"),
        ("83 67 640001 61 00000001 00000002 03", "#Pid<a.1.2>"),
        ("83 72 0001 640001 61 03 00000007", "#Ref<a.7>"),
        ("83 78 640001 61 0000000000000007 00000000", "#Port<a.7>"),
    ] {
        let payload = bytes(hex);
        let tree = erlang::read(&payload).unwrap_or_else(|error| panic!("{hex}: {error}"));
        assert_eq!(shown(&tree, &payload), expected, "{hex}");
        assert_sound(&tree, &payload);
        for end in 0..payload.len() {
            assert!(erlang::read(&payload[..end]).is_err(), "{hex} at {end}");
        }
    }
}

#[test]
fn bytes_that_are_not_one_term_are_something_else() {
    for hex in [
        "83 01 02 03",
        "83",
        "83 61",
        "83 6a 00 00",
        "83 ff 00 00",
        "83 50 00000001 78 9c",
    ] {
        assert_ne!(recognise(&bytes(hex), None).format, Format::Erlang, "{hex}");
    }
}
