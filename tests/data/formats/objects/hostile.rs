//! Hostile bytes: the work of a reader is bounded by the number of bytes.

use super::*;
use crate::support::cases;
use proptest::collection::vec;
use proptest::prelude::*;
use subscope::payload::objects::{bson, erlang, java, php, pickle, ruby};
use subscope::payload::reading::Unreadable;
use subscope::payload::tree::{Kind, MAX_DEPTH, Tree};

type Read = fn(&[u8]) -> Result<Tree, Unreadable>;

fn read_pickle(bytes: &[u8]) -> Result<Tree, Unreadable> {
    pickle::read(bytes).map(|pickle| pickle.tree)
}

const READERS: [Read; 6] = [
    read_pickle,
    php::read,
    ruby::read,
    erlang::read,
    java::read,
    bson::read,
];

/// Asserts that the tree of `payload` is valid and not much larger than the payload: 1 KB makes
/// at most 10,000 values and 300 KB of text.
fn check(tree: &Tree, payload: &[u8]) {
    assert_sound(tree, payload);
    assert!(tree.len() <= 2048 + 8 * payload.len(), "{}", tree.len());
    let json = tree.to_json(NodeId(0), payload);
    assert!(
        json.len() <= 100_000 + 200 * payload.len(),
        "{}",
        json.len()
    );
    assert!(
        tree.size() <= 500_000 + 1000 * payload.len(),
        "{}",
        tree.size()
    );
    assert!(subscope::payload::json::is_json(&json));
}

fn run(payload: &[u8]) {
    for read in READERS {
        if let Ok(tree) = read(payload) {
            check(&tree, payload);
        }
    }
}

/// Returns the samples of each format, with its reader.
fn all() -> Vec<(Read, Vec<Sample<'static>>)> {
    let files = [
        super::pickle::SAMPLES,
        super::php::SAMPLES,
        super::ruby::SAMPLES,
        super::erlang::SAMPLES,
        super::java::SAMPLES,
        super::bson::SAMPLES,
    ];
    READERS.into_iter().zip(files.map(samples)).collect()
}

#[test]
fn the_start_of_a_sample_is_an_error() {
    for (read, samples) in all() {
        for sample in samples.iter().filter(|sample| sample.payload.len() < 500) {
            for end in 0..sample.payload.len() {
                if let Ok(tree) = read(&sample.payload[..end]) {
                    // The values of a stream follow one another.
                    assert!(sample.payload.starts_with(&java::START));
                    check(&tree, &sample.payload[..end]);
                }
            }
        }
    }
}

#[test]
fn a_sample_with_a_wrong_byte_is_read_or_refused() {
    for (read, samples) in all() {
        let short = samples.iter().filter(|sample| sample.payload.len() < 300);
        for sample in short.step_by(3) {
            for at in 0..sample.payload.len() {
                for byte in [
                    0,
                    0xff,
                    b'.',
                    sample.payload[at] ^ 1,
                    sample.payload[at] ^ 0x80,
                ] {
                    let mut payload = sample.payload.clone();
                    payload[at] = byte;
                    if let Ok(tree) = read(&payload) {
                        check(&tree, &payload);
                    }
                }
            }
        }
    }
}

/// Returns a value that contains itself ten times on each of several levels.
fn laughs() -> [(Read, Vec<u8>); 5] {
    let mut pickle = b"\x80\x02]q\0X\x03\0\0\0lola".to_vec();
    let mut php = b"a:12:{i:0;a:1:{i:0;s:3:\"lol\";}".to_vec();
    let mut ruby = b"\x04\x08[\x11[\x06\"\x08lol".to_vec();
    let mut java = bytes("aced0005 7572 0002 5b4c 0000000000000000 02 0000 78 70 0000000c");
    java.extend(bytes("7571 007e0000 00000001 74 0003 6c6f6c"));
    let class = bytes("7571 007e0000 0000000a");
    for level in 1..12_u8 {
        pickle.extend([b']', b'q', level, b'(']);
        pickle.extend([b'h', level - 1].repeat(10));
        pickle.push(b'e');
        php.extend(format!("i:{level};a:10:{{").bytes());
        ruby.extend([b'[', 15]);
        java.extend(&class);
        // The slots of PHP count the array and all elements but references.
        let slot = level + if level == 1 { 1 } else { 2 };
        for index in 0..10 {
            php.extend(format!("i:{index};R:{slot};").bytes());
            ruby.extend([b'@', 5 + if level == 1 { 1 } else { level + 1 }]);
            let handle = if level == 1 { 2 } else { level + 2 };
            java.extend([0x71, 0, 0x7e, 0, handle]);
        }
        php.push(b'}');
    }
    pickle.push(b'.');
    php.push(b'}');
    let deep = [b"(".repeat(50), b"h\0".repeat(50)].concat();
    let tuples = [b"\x80\x02)q\0", &deep[..], &b"t".repeat(50), b"."].concat();
    [
        (read_pickle as Read, pickle),
        (php::read, php),
        (ruby::read, ruby),
        (java::read, java),
        (read_pickle, tuples),
    ]
}

#[test]
fn repeated_values_are_shown_only_so_often() {
    for (index, (read, payload)) in laughs().into_iter().enumerate() {
        let tree = read(&payload).unwrap_or_else(|error| panic!("{index}: {error}"));
        check(&tree, &payload);
        let all = shown(&tree, &payload);
        let is_cut = all.contains("⟨repeated value, not shown again⟩");
        assert_eq!(is_cut, index < 4, "{index}: {all}");
    }
}

#[test]
fn a_value_within_itself_is_a_reference() {
    for (read, payload, expected) in [
        (
            read_pickle as Read,
            &b"\x80\x02]q\0h\0a."[..],
            "[⟨cycle, 1 up⟩]",
        ),
        (
            read_pickle,
            b"\x80\x02}q\0X\x01\0\0\0a]q\x01h\0as.",
            "{\"a\": [⟨cycle, 2 up⟩]}",
        ),
        (
            read_pickle,
            b"\x80\x02]q\0(h\0h\0\x86ta.",
            "[⟨tuple⟩([⟨tuple⟩([⟨cycle, 3 up⟩, ⟨cycle, 3 up⟩])])]",
        ),
        (php::read, b"a:1:{i:0;R:1;}", "[⟨cycle, 1 up⟩]"),
        (
            ruby::read,
            b"\x04\x08[\x07@\0@\0",
            "[⟨cycle, 1 up⟩, ⟨cycle, 1 up⟩]",
        ),
        (ruby::read, b"\x04\x08{\x06i\x06@\0", "{1: ⟨cycle, 1 up⟩}"),
    ] {
        let tree = read(payload).unwrap_or_else(|error| panic!("{expected}: {error}"));
        assert_eq!(shown(&tree, payload), expected);
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = 100_000;
    let chain = |start: &[u8], each: &[u8], end: &[u8]| [start, &each.repeat(deep), end].concat();
    for (read, payload) in [
        (
            read_pickle as Read,
            [
                b"\x80\x02".to_vec(),
                b"]".repeat(deep),
                b"a".repeat(deep - 1),
                b".".to_vec(),
            ]
            .concat(),
        ),
        (read_pickle, chain(b"\x80\x02N", b"\x85", b".")),
        (php::read, chain(b"", b"a:1:{i:0;", b"N;")),
        (php::read, chain(b"", b"O:1:\"A\":1:{s:1:\"a\";", b"N;")),
        (ruby::read, chain(b"\x04\x08", b"[\x06", b"0")),
        (ruby::read, chain(b"\x04\x08", b"I", b"0")),
        (ruby::read, chain(b"\x04\x08", b"I:\x06a\x06", b"0")),
        (ruby::read, chain(b"\x04\x08o", b"I:\x06a\x06", b"0")),
        (ruby::read, chain(b"\x04\x08", b"C:\x06a", b"0")),
        (ruby::read, chain(b"\x04\x08", b"{\x06", b"0")),
        (ruby::read, chain(b"\x04\x08", b"U:\x06a", b"0")),
        (erlang::read, chain(b"\x83", b"h\x01", b"j")),
        (erlang::read, chain(b"\x83", b"l\0\0\0\0", b"j")),
        (erlang::read, chain(b"\x83", b"t\0\0\0\x01", b"j")),
        (
            java::read,
            chain(
                &java::START,
                b"ur\0\x02[L\0\0\0\0\0\0\0\0\x02\0\0xp\0\0\0\x01",
                b"p",
            ),
        ),
        (
            java::read,
            chain(&java::START, b"r\0\x01A\0\0\0\0\0\0\0\0\x02\0\0", b"p"),
        ),
        (
            java::read,
            chain(&java::START, b"r\0\x01A\0\0\0\0\0\0\0\0\x02\0\0x", b"p"),
        ),
        (
            java::read,
            chain(
                &java::START,
                b"r\0\x01A\0\0\0\0\0\0\0\0\x02\0\x01L\0\0",
                b"p",
            ),
        ),
        (java::read, chain(&java::START, b"~", b"p")),
    ] {
        let error = read(&payload).unwrap_err();
        let start = payload[..40].escape_ascii().to_string();
        assert!(
            error.why == "nested too deeply" || start.contains('~'),
            "{start}: {error}"
        );
    }
    for (payload, format) in [
        (
            [b"a:1:{i:0;".repeat(200), b"N;".to_vec(), b"}".repeat(200)].concat(),
            Format::Php,
        ),
        (chain(b"\x83", b"h\x01", b"j"), Format::Erlang),
        (chain(b"\x04\x08", b"[\x06", b"0"), Format::Ruby),
        (
            [&b"]q\0"[..], &b"]".repeat(200), &b"a".repeat(200), b"."].concat(),
            Format::Pickle,
        ),
    ] {
        let decoded = recognise(&payload, None);
        assert_eq!((decoded.format, &decoded.tree), (format, &None));
        assert!(decoded.note.unwrap().contains("nested too deeply"));
    }
    let documents = (0..200).fold(b"\x05\0\0\0\0".to_vec(), |inner, _| {
        let length = u32::try_from(inner.len() + 8).unwrap().to_le_bytes();
        [&length, &b"\x03a\0"[..], &inner, b"\0"].concat()
    });
    assert_eq!(bson::read(&documents).unwrap_err().why, "nested too deeply");
}

#[test]
fn nesting_is_read_to_the_documented_depth() {
    let lists = |depth: usize| {
        [
            b"\x83",
            &b"l\0\0\0\x01".repeat(depth)[..],
            b"a\x01",
            &b"j".repeat(depth),
        ]
        .concat()
    };
    assert!(erlang::read(&lists(MAX_DEPTH)).is_ok());
    assert!(erlang::read(&lists(MAX_DEPTH + 1)).is_err());
    let arrays =
        |depth: usize| [&b"a:1:{i:0;".repeat(depth)[..], b"N;", &b"}".repeat(depth)].concat();
    assert!(php::read(&arrays(MAX_DEPTH)).is_ok());
    assert!(php::read(&arrays(MAX_DEPTH + 1)).is_err());
}

#[test]
fn claimed_lengths_are_not_believed() {
    for payload in [
        &b"\x80\x02X\xff\xff\xff\xffa."[..],
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"\x80\x02\x8b\xff\xff\xff\x7f.",
        b"a:4000000000:{}",
        b"s:18446744073709551615:\"\";",
        b"S:18446744073709551615:\"\";",
        b"\x04\x08[\x04\xff\xff\xff\x7f0",
        b"\x04\x08l+\x04\xff\xff\xff\x7f0",
        b"\x83l\xff\xff\xff\xffj",
        b"\x83t\xff\xff\xff\xffj",
        b"\x83i\xff\xff\xff\xffj",
        b"\x83Z\xff\xffw\0\0\0\0\0",
        b"\xac\xed\0\x05ur\0\x02[I\0\0\0\0\0\0\0\0\x02\0\0xp\xff\xff\xff\xff",
        b"\xac\xed\0\x05ur\0\x02[B\0\0\0\0\0\0\0\0\x02\0\0xp\xff\xff\xff\xff",
        b"\xac\xed\0\x05|\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xff\xff\xff\x7f\x0aa\0\0",
        b"\x10\0\0\0\x02a\0\xff\xff\xff\x7fabcd\0",
    ] {
        for read in READERS {
            assert!(read(payload).is_err(), "{payload:?}");
        }
        recognise(payload, None);
    }
}

/// Short parts that repeat long ones.
#[test]
fn long_names_and_arguments_are_not_copied_without_bound() {
    let name = "x".repeat(400);
    let text = |text: &str| {
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        [b"X", &length[..], text.as_bytes()].concat()
    };
    let start = b"\x80\x02(";
    let many = |setup: &[u8], each: &[u8]| {
        [&start[..], setup, &each.repeat(600 / each.len()), b"l."].concat()
    };
    let class = [b"c", name.as_bytes(), b"\n", name.as_bytes(), b"\nq\0"].concat();
    let encode = [
        b"c_codecs\nencode\nq\0",
        &text(&name)[..],
        &text("latin1"),
        b"\x86q\x01",
    ]
    .concat();
    let list = [&b"cm\nf\nq\0("[..], &b"K\x01".repeat(200), b"tq\x01"].concat();
    let new = [
        &b"ccopyreg\n__newobj__\nq\0(h\0"[..],
        &b"K\x01".repeat(200),
        b"tq\x01",
    ]
    .concat();
    for (index, payload) in [
        many(&class, b"h\0)\x81"),
        many(&encode, b"h\0h\x01R"),
        many(&list, b"h\0h\x01R"),
        many(&new, b"h\0h\x01R"),
        many(&[&text(&name)[..], b"q\0"].concat(), b"h\0"),
        many(&[&text(&name)[..], b"q\0"].concat(), b"}h\0Ns"),
        many(&[&b"(h\0"[..]].concat(), b"h\0"),
        many(
            &[&b"("[..], &b"K\x01".repeat(200), b"tq\0"].concat(),
            b"}h\0Ns",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        match read_pickle(&payload) {
            Ok(tree) => check(&tree, &payload),
            Err(error) => assert_eq!(index, 6, "{error}"),
        }
    }
    let symbol = [
        b"\x04\x08[\x02\x01\x01:\x02\x90\x01",
        name.as_bytes(),
        &b";\0".repeat(256),
    ]
    .concat();
    check(&ruby::read(&symbol).unwrap(), &symbol);
    let objects = [
        &b"\x04\x08[\x02\x01\x01o:\x02\x90\x01"[..],
        name.as_bytes(),
        b"\0",
        &b"o;\0\0".repeat(256),
    ]
    .concat();
    check(&ruby::read(&objects).unwrap(), &objects);
}

#[test]
fn an_integer_of_many_digits_is_shown_as_bytes() {
    let digits = [0x11; 300];
    let pickle = [&b"\x80\x02\x8b\x2c\x01\0\0"[..], &digits, b"."].concat();
    let erlang = [&b"\x83o\0\0\x01\x2c\x01"[..], &digits].concat();
    let ruby = [&b"\x04\x08l-\x02\x96\0"[..], &digits].concat();
    for (read, payload, mark) in [
        (read_pickle as Read, pickle, "⟨int, little-endian⟩"),
        (erlang::read, erlang, "⟨negative integer, little-endian⟩"),
        (ruby::read, ruby, "⟨negative integer, little-endian⟩"),
    ] {
        let tree = read(&payload).unwrap();
        assert!(shown(&tree, &payload).starts_with(mark));
        let content = tree.value(NodeId(1), &payload).unwrap();
        assert_eq!((content.kind, content.text), (Kind::Bytes, &digits[..]));
    }
}

/// Returns bytes that start like a format.
fn starts() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![
        &b"\x80\x02"[..],
        b"\x80\x04\x95\0\0\0\0\0\0\0\0]\x94",
        b"\x80\x02]q\0(",
        b"\x80\x02cdatetime\ndatetime\nq\0(",
        b"(",
        b"a:2:{",
        b"O:1:\"A\":1:{s:1:\"a\";",
        b"\x04\x08",
        b"\x04\x08[\x0a",
        b"\x04\x08o:\x06A\x07",
        b"\x83",
        b"\x83h\x03",
        b"\x83t\0\0\0\x02",
        b"\xac\xed\0\x05",
        b"\xac\xed\0\x05sr\0\x01A\0\0\0\0\0\0\0\0\x02\0\x02I\0\x01aL\0\x01b",
        b"\xac\xed\0\x05sr\0\x11java.util.HashMap\0\0\0\0\0\0\0\0\x03\0\0xpw\x08\0\0\0\0\0\0\0\0",
        b"\x20\0\0\0",
    ])
    .prop_map(<[u8]>::to_vec)
}

proptest! {
    #![proptest_config(cases::config(3000))]

    #[test]
    fn any_bytes_can_be_read(start in starts(), rest in vec(prop_oneof![
        any::<u8>(),
        prop::sample::select(b"()]}lduteshqR.NKbo\x81\x85\x86\x87\x94\x93IE:;@[{\"0TFiqpxstruhjm\x70\x71\x77\x78:{}".to_vec()),
        0..8_u8,
    ], 0..120)) {
        let payload = [start, rest].concat();
        run(&payload);
        run(&[&payload[..], b"."].concat());
        recognise(&payload, None);
    }
}
