//! Whatever the bytes, the text drawn contains nothing that a terminal would act on or hide, and
//! the escaped notation preserves every byte.

use subscope::payload::escape::{self, Text};
use subscope::payload::{hex, quoted, rows};

use crate::mutation::mutated;
use crate::random::{Random, attack};
use crate::support::cases;
use crate::support::harmful::is_harmful;

/// Panics if `text` contains anything that must not reach a terminal.
#[track_caller]
pub fn assert_harmless(text: &str) {
    assert!(
        !text.contains(is_harmful),
        "{} would reach the terminal",
        text.escape_unicode()
    );
}

/// Checks the output of every function that draws bytes.
pub fn assert_drawn_harmless(bytes: &[u8], columns: usize) {
    let fits = |text: &Text| {
        assert_harmless(&text.string);
        assert!(text.columns <= columns, "{text:?}");
        assert!(text.consumed <= bytes.len());
    };
    fits(&escape::one_line(bytes, columns));
    fits(&escape::name(bytes, columns));
    assert_harmless(&escape::whole(bytes));
    for row in rows::rows(bytes, columns.max(1), 0).take(20) {
        assert_harmless(&row.text.string);
    }
    for line in 0..hex::row_count(bytes.len(), columns).min(20) {
        let range = hex::row(bytes, line, columns).unwrap();
        let shown: String = bytes[range.clone()]
            .iter()
            .map(|byte| hex::character(*byte))
            .collect();
        assert_harmless(&shown);
        assert_eq!(hex::digits(&bytes[range.clone()]).count(), 2 * range.len());
    }
}

fn samples() -> Vec<Vec<u8>> {
    let texts = [
        "plain text, a \\ and \"quotes\"",
        "\t tabs \t and\nlines\r\n",
        "\x1b[31mred\x1b[0m \x07 \x7f \u{85}",
        "e\u{301} \u{5d0}\u{202e}\u{5dc} \u{200b}\u{200d}\u{2066}\u{feff}\u{ad}",
        "\u{4f60}\u{597d} \u{1f468}\u{1f3fd} \u{1f1e9}\u{1f1ea} \u{ff76}\u{ff9e}",
        "\u{e000}\u{fdd0}\u{fffe}\u{e0041}\u{10ffff}",
        "\\x1b \\u{202e} \\n \\ud800 \\\\",
    ];
    let texts = texts.iter().map(|text| text.as_bytes().to_vec());
    let odd = [
        b"\xff\xfe\xc0\x80\xf5\x80\x80\x80".to_vec(),
        b"\xed\xa0\x80\xed\xbf\xbf \xed\xa0\xbd\xed\xb8\x80".to_vec(),
        b"\xe4\xbd \xf0\x9f\x98".to_vec(),
        (0..=255).collect(),
    ];
    texts.chain(odd).collect()
}

#[test]
fn any_bytes_are_drawn_harmlessly() {
    let samples = samples();
    attack(
        "bytes drawn",
        cases::count(2500),
        |random| mutated(random, &samples),
        |bytes| {
            let mut random = Random::new(bytes.len() as u64);
            assert_drawn_harmless(bytes, random.below(90));
        },
    );
}

#[test]
fn escaped_text_is_harmless_and_round_trips() {
    let samples = samples();
    attack(
        "bytes escaped",
        cases::count(2500),
        |random| mutated(random, &samples),
        |bytes| {
            let escaped = quoted::to_escaped(bytes);
            assert_harmless(&escaped);
            assert!(escape::is_plain(escaped.as_bytes()), "{escaped}");
            assert_eq!(quoted::parse_escaped(&escaped).as_deref(), Ok(bytes));
        },
    );
}

#[test]
fn any_text_is_unescaped_or_refused_with_a_position() {
    let samples = samples();
    attack(
        "texts in the escaped notation",
        cases::count(2500),
        |random| mutated(random, &samples),
        |bytes| {
            let text = String::from_utf8_lossy(bytes);
            match quoted::parse_escaped(&text) {
                Ok(read) => assert!(read.len() <= text.len()),
                Err(error) => {
                    let line = text.split('\n').nth(error.line - 1).unwrap();
                    assert_eq!(line.chars().nth(error.column - 1), Some('\\'));
                    assert_harmless(&escape::whole(error.to_string().as_bytes()));
                }
            }
        },
    );
}
