//! Payloads decoded by a program of the user's own, whose answer is at hand.

use std::sync::Arc;

use subscope::message::glob::ByGlob;
use subscope::payload::decoder_choices::{DecoderChoice, DecoderChoices, UserAnswer, UserDecoder};
use subscope::payload::format::Format;
use subscope::payload::format::unpack::MAX_SIZE;
use subscope::payload::lookup::Lookup;
use subscope::query::Path;

use super::shown;

fn choices() -> DecoderChoices {
    let decoder = |name: &str, channel: &str| {
        Arc::new(UserDecoder {
            name: name.to_owned(),
            channel: channel.as_bytes().into(),
            ..UserDecoder::default()
        })
    };
    let all = [decoder("all", "orders*"), decoder("one", "orders:1")];
    DecoderChoices::new(ByGlob::default()).with_user_decoders(Arc::new(all))
}

fn choice(answer: Option<UserAnswer>) -> DecoderChoice {
    DecoderChoice {
        answer,
        ..choices().of(b"orders:2").unwrap()
    }
}

#[test]
fn the_last_decoder_for_a_channel_counts_unless_a_format_is_chosen() {
    let mut choices = choices();
    let name = |choices: &DecoderChoices, channel: &str| {
        let decoder = choices.user_decoder(channel.as_bytes());
        decoder.map(|decoder| decoder.name.clone())
    };
    assert_eq!(name(&choices, "orders:1").as_deref(), Some("one"));
    assert_eq!(name(&choices, "orders:2").as_deref(), Some("all"));
    assert_eq!(name(&choices, "other"), None);
    assert_eq!(choices.of(b"other"), None);
    choices.choose(b"orders:1"[..].into(), Some(Format::Binary.into()));
    assert_eq!(name(&choices, "orders:1"), None);
    choices.choose(b"orders:1"[..].into(), None);
    assert_eq!(name(&choices, "orders:1").as_deref(), Some("one"));
}

#[test]
fn an_answer_is_read_in_place_of_the_payload() {
    let json = r#"{"id": 7, "body": "{\"a\": [1, 2]}"}"#;
    let choice = choice(Some(Ok(json.as_bytes().into())));
    for payload in [&b"\x00\x07"[..], b"{\"id\": 1}", b""] {
        let decoded = choice.read(payload, MAX_SIZE);
        let tree = decoded.tree.as_ref().unwrap();
        let words = shown(tree, decoded.bytes(payload));
        assert_eq!(words, r#"{"id": 7, "body": ⟨json⟩({"a": [1, 2]})}"#);
        assert_eq!(decoded.note.as_deref(), Some("decoded by all"));
        let lookup = Lookup::new(payload, Some(&choice));
        let path = Path::parse(".body.a[1]").unwrap();
        assert_eq!(lookup.value(path.steps()).as_deref(), Some(&b"2"[..]));
        let path = Path::parse(".id").unwrap();
        assert_eq!(lookup.value(path.steps()).as_deref(), Some(&b"7"[..]));
        let row = lookup.text().unwrap();
        assert!(
            row.starts_with(b"{\"id\":7,"),
            "{}",
            String::from_utf8_lossy(row)
        );
    }
    assert!(choice.read(b"x", 10).is_too_large);
}

#[test]
fn without_an_answer_values_are_those_of_the_payload() {
    let payload = b"{\"id\": 1}";
    let path = Path::parse(".id").unwrap();
    for (answer, note) in [
        (None, "waiting for decoder all"),
        (Some(Err("it failed".into())), "it failed"),
    ] {
        let choice = choice(answer);
        let decoded = choice.read(payload, MAX_SIZE);
        assert_eq!(decoded.note.as_deref(), Some(note));
        assert!(decoded.tree.is_some());
        let lookup = Lookup::new(payload, Some(&choice));
        assert_eq!(lookup.value(path.steps()).as_deref(), Some(&b"1"[..]));
    }
}
