//! Values inside strings and bytes.

use subscope::payload::lookup::Lookup;
use subscope::payload::tree::{Kind, NodeId};
use subscope::query::Path;

use super::copied::matches_read;
use super::packed::{base64, pack};
use super::{recognise, shown};
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::format::{Format, Wrapping};

fn matches(query: &str, payload: &[u8]) -> bool {
    matches_read(query, payload, None)
}

fn value(payload: &[u8], path: &str) -> Option<String> {
    let path = Path::parse(path).unwrap();
    let value = Lookup::new(payload, None).value(path.steps())?.into_owned();
    Some(String::from_utf8(value).unwrap())
}

fn nested(payload: &[u8]) -> String {
    let decoded = recognise(payload, None);
    shown(decoded.tree.as_ref().unwrap(), decoded.bytes(payload))
}

/// Returns `json` as a JSON string.
fn quoted(json: &str) -> String {
    serde_json::Value::from(json).to_string()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn strings_that_hold_values_are_unfolded() {
    let json = r#"{"id":7,"name":"Margaret"}"#;
    let in_base64 = text(base64(json.as_bytes()));
    let in_gzip = text(base64(&pack(Wrapping::Gzip, json.as_bytes())));
    let packed_words = text(base64(&pack(Wrapping::Gzip, &b"plain words"[..])));
    let msgpack = text(base64(b"\x82\xa4name\xa8Margaret\xa4city\xa6Berlin"));
    let twice = quoted(&format!(r#"{{"inner":{}}}"#, quoted(json)));
    for (string, expected) in [
        (quoted(json), r#"⟨json⟩({"id": 7, "name": "Margaret"})"#),
        (quoted(" [1,[2]]\n"), "⟨json⟩([1, [2]])"),
        (
            quoted("{\"a\":1}\n{\"a\":2}"),
            "⟨json lines⟩([{\"a\": 1}, {\"a\": 2}])",
        ),
        (
            quoted(&in_base64),
            r#"⟨base64 json⟩({"id": 7, "name": "Margaret"})"#,
        ),
        (
            quoted(&in_gzip),
            r#"⟨base64 gzip json⟩({"id": 7, "name": "Margaret"})"#,
        ),
        (
            quoted(&packed_words),
            r#"⟨base64 gzip text⟩("plain words")"#,
        ),
        (
            quoted(&msgpack),
            r#"⟨base64 msgpack⟩({"name": "Margaret", "city": "Berlin"})"#,
        ),
        (quoted("a=1&b=x+y"), r#"⟨form⟩({"a": "1", "b": "x y"})"#),
        (
            twice,
            r#"⟨json⟩({"inner": ⟨json⟩({"id": 7, "name": "Margaret"})})"#,
        ),
        (
            quoted(&quoted(json)),
            r#"⟨json⟩(⟨json⟩({"id": 7, "name": "Margaret"}))"#,
        ),
    ] {
        let payload = format!(r#"{{"body":{string}}}"#);
        assert_eq!(
            nested(payload.as_bytes()),
            format!(r#"{{"body": {expected}}}"#)
        );
        // The whole payload may be one string as well.
        assert_eq!(nested(string.as_bytes()), expected);
    }
}

#[test]
fn a_token_shows_its_header_and_claims() {
    let part = |json: &str| {
        text(base64(json.as_bytes()))
            .trim_end_matches('=')
            .to_owned()
    };
    let [header, claims] = [r#"{"alg":"HS256"}"#, r#"{"sub":"u-1","exp":1}"#].map(part);
    let payload = format!(r#"{{"token":"{header}.{claims}.c2lnbmF0dXJl"}}"#);
    assert_eq!(
        nested(payload.as_bytes()),
        r#"{"token": ⟨jwt⟩({"header": {"alg": "HS256"}, "claims": {"sub": "u-1", "exp": 1}})}"#
    );
    assert_eq!(
        value(payload.as_bytes(), ".token.claims.sub").as_deref(),
        Some("\"u-1\"")
    );
}

#[test]
fn bytes_that_hold_values_are_unfolded() {
    // SignalR: a list of excluded connections, and the message in each protocol.
    let payload = b"\x92\x90\x81\xa4json\xc4\x12{\"target\":\"hello\"}";
    assert_eq!(
        nested(payload),
        r#"[[], {"json": ⟨json⟩({"target": "hello"})}]"#
    );
    assert_eq!(
        value(payload, ".[1].json.target").as_deref(),
        Some("\"hello\"")
    );
    let payload = b"\x81\xa1a\xc4\x09\x81\xa5inner\xa1x";
    assert_eq!(nested(payload), r#"{"a": ⟨msgpack⟩({"inner": "x"})}"#);
}

#[test]
fn text_in_base64_and_in_bytes_is_shown_as_text() {
    let words = "the quick brown fox jumps over the lazy dog";
    let foreign = "Gr\u{fc}\u{df}e aus K\u{f6}ln, heute ohne Wolken";
    let token = "d41d8cd98f00b204e9800998ecf8427e";
    let yaml = "- []\n- x: 1\n- callbacks: null\n  chain: null\n";
    for (text_in, expected) in [
        (words, format!("⟨base64 text⟩({words:?})")),
        (foreign, format!("⟨base64 text⟩({foreign:?})")),
        (token, format!("⟨base64 text⟩({token:?})")),
        (
            yaml,
            r#"⟨base64 yaml⟩([[], {"x": 1}, {"callbacks": null, "chain": null}])"#.to_owned(),
        ),
    ] {
        let in_base64 = text(base64(text_in.as_bytes()));
        let payload = format!(r#"{{"body":{}}}"#, quoted(&in_base64));
        assert_eq!(
            nested(payload.as_bytes()),
            format!(r#"{{"body": {expected}}}"#)
        );
        // Some encoders escape slashes.
        let payload = payload.replace('/', "\\/");
        assert_eq!(
            nested(payload.as_bytes()),
            format!(r#"{{"body": {expected}}}"#)
        );
        // The whole payload may be base64 as well.
        let decoded = recognise(in_base64.as_bytes(), None);
        assert_eq!(decoded.wrappings, [Wrapping::Base64], "{text_in}");
        assert_eq!(decoded.bytes(in_base64.as_bytes()), text_in.as_bytes());
    }
    let twice = text(base64(&base64(words.as_bytes())));
    assert_eq!(
        nested(format!("[{twice:?}]").as_bytes()),
        format!("[⟨base64 base64 text⟩({words:?})]")
    );
    assert_eq!(
        nested(b"\x82\xa4text\xc4\x0chello world!\xa2id\xc4\x03abc"),
        r#"{"text": ⟨text⟩("hello world!"), "id": h'616263'}"#
    );
    // The same in CBOR.
    assert_eq!(
        nested(b"\xa1\x64text\x4chello world!"),
        r#"{"text": ⟨text⟩("hello world!")}"#
    );
}

#[test]
fn a_text_matches_as_it_is_shown_and_as_it_was_received() {
    let words = "the quick brown fox jumps over the lazy dog";
    let in_base64 = text(base64(words.as_bytes()));
    let payload = format!(r#"{{"body":"{in_base64}"}}"#);
    for (query, is_match) in [
        (format!(".body == {words:?}"), true),
        (format!(".body == {in_base64:?}"), true),
        (format!(".body != {words:?}"), false),
        (format!(".body != {in_base64:?}"), false),
        (r#".body == "the quick""#.to_owned(), false),
        (".body ~ /brown fox/".to_owned(), true),
        (format!("/{}/", &in_base64[..20]), true),
        ("\"brown fox\"".to_owned(), true),
        ("raw:\"brown fox\"".to_owned(), false),
    ] {
        assert_eq!(matches(&query, payload.as_bytes()), is_match, "{query}");
    }
    let payload = b"\x81\xa4text\xc4\x0chello world!";
    for (query, is_match) in [
        (r#".text == "hello world!""#, true),
        (".text == h'68656c6c6f20776f726c6421'", true),
        (r#".text != "hello world!""#, false),
        (".text != h'68656c6c6f20776f726c6421'", false),
    ] {
        assert_eq!(matches(query, payload), is_match, "{query}");
    }
}

#[test]
fn identifiers_and_tokens_are_not_taken_for_base64_of_text() {
    for string in [
        "VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV",
        "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3",
        "getUserProfileInformationFromTheDatabase",
        "SOME_CONSTANT_WITH_A_VERY_LONG_NAME_IN_IT",
        "users/profiles/pictures/thumbnails/large",
        "550e8400e29b41d4a716446655440000550e8400",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV01ARZ3NDEKTSV4",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc4eC39HqL",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    ] {
        let payload = format!("[{string:?}]");
        let tree = recognise(payload.as_bytes(), None).tree.unwrap();
        assert!(!tree.has_nested(), "{string}");
    }
    for bytes in [
        &[0x31; 7][..],
        b"\x01hello world",
        b"hello w\xffrld",
        b"\0\0\0\0\0\0\x12\x34",
    ] {
        let length = u8::try_from(bytes.len()).unwrap();
        let payload = [&[0x91, 0xc4, length], bytes].concat();
        let tree = recognise(&payload, None).tree.unwrap();
        assert!(!tree.has_nested(), "{bytes:?}");
    }
}

#[test]
fn the_tag_of_a_packed_message_names_its_layers() {
    let json = br#"{"user":"ada","id":12}"#;
    let gzip = pack(Wrapping::Gzip, &json[..]);
    for (payload, tag) in [
        (base64(json), Some("⟨base64 json⟩")),
        (gzip.clone(), Some("⟨gzip json⟩")),
        (base64(&gzip), Some("⟨base64 gzip json⟩")),
        (
            pack(Wrapping::Zstd, &b"some words"[..]),
            Some("⟨zstd text⟩"),
        ),
        (b"\x81\xa4user\xa3ada".to_vec(), None),
        (b"Viele Gr\xfc\xdfe aus K\xf6ln".to_vec(), None),
        (b"some words".to_vec(), None),
    ] {
        assert_eq!(Lookup::new(&payload, None).packing().as_deref(), tag);
    }
}

#[test]
fn other_text_stays_as_it_is() {
    for string in [
        "",
        "{}",
        "[]",
        "[INFO] started",
        "{name}",
        "42",
        "true",
        "a&b",
        "Tom & Jerry",
        "550e8400-e29b-41d4-a716-446655440000",
        "d41d8cd98f00b204e9800998ecf8427e",
        "https://example.org/?a=1&b=2",
        "eyJ",
        "eyJub3QiOg.x.y",
        "SGVsbG8sIHdvcmxkIQ==",
        "{\"cut",
        "\"word\"",
    ] {
        let payload = format!(r#"{{"s":{}}}"#, quoted(string));
        let decoded = recognise(payload.as_bytes(), None);
        let tree = decoded.tree.unwrap();
        assert!(!tree.has_nested(), "{string}");
    }
}

#[test]
fn a_path_goes_through_and_its_value_is_what_is_shown() {
    let body = r#"{"uuid":"u-1","n":[1,2.50],"deep":"{\"x\":null}"}"#;
    let payload = format!(
        r#"{{"body":"{}","other":5}}"#,
        text(base64(body.as_bytes()))
    );
    let payload = payload.as_bytes();
    for (path, expected) in [
        (".body.uuid", Some("\"u-1\"")),
        (".body.n[1]", Some("2.50")),
        (".body.deep.x", Some("null")),
        (
            ".body",
            Some(r#"{"uuid":"u-1","n":[1,2.50],"deep":{"x":null}}"#),
        ),
        (".other", Some("5")),
        (".body.missing", None),
        (".other.x", None),
    ] {
        assert_eq!(value(payload, path).as_deref(), expected, "{path}");
    }
}

#[test]
fn paths_of_nested_values_lead_back_to_them() {
    let payload = br#"{"a":[{"b":"{\"c\":[1,{\"d\":\"x\"}]}"}]}"#;
    let decoded = recognise(payload, None);
    let tree = decoded.tree.unwrap();
    let mut strings = Vec::new();
    for index in 0..u32::try_from(tree.len()).unwrap() {
        let id = NodeId(index);
        let value = tree.value(id, payload).unwrap();
        let path = Path::parse(&tree.path(id, payload).unwrap()).unwrap();
        let found = Lookup::new(payload, None)
            .value(path.steps())
            .unwrap()
            .into_owned();
        assert_eq!(found, tree.to_json(id, payload), "{path:?}");
        if value.kind == Kind::Tag {
            strings.push(tree.original(id, payload).unwrap());
        }
        assert_eq!(tree.at_offset(payload.len() - 8), NodeId(3));
    }
    assert_eq!(strings, [(Kind::String, &br#"{"c":[1,{"d":"x"}]}"#[..])]);
}

#[test]
fn many_layers_end_within_the_limits() {
    let mut json = r#"{"bottom":true}"#.to_owned();
    for _ in 0..10 {
        json = format!(r#"{{"b":{}}}"#, quoted(&text(base64(json.as_bytes()))));
    }
    let shown = nested(json.as_bytes());
    assert_eq!(shown.matches("⟨base64 json⟩").count(), 8, "{shown}");
    assert_eq!(
        recognise(json.as_bytes(), None).note.as_deref(),
        Some("within a value: more values not unfolded: limit of 8 levels reached")
    );
    let mut many = r#""x""#.to_owned();
    for _ in 0..12 {
        many = quoted(&format!("[{many}]"));
    }
    assert_eq!(nested(many.as_bytes()).matches("⟨json⟩").count(), 8);
    let mut layers = b"the quick brown fox jumps over the lazy dog".to_vec();
    for _ in 0..30 {
        layers = base64(&layers);
    }
    let note = "inner base64 layer not unpacked: limit of 4 layers reached";
    let decoded = recognise(&layers, None);
    assert_eq!(decoded.wrappings, [Wrapping::Base64; 4]);
    assert_eq!(
        (decoded.format, decoded.note.as_deref()),
        (Format::Text, Some(note))
    );
    let decoded = recognise(&[b"[\"", &layers[..], b"\"]"].concat(), None);
    assert_eq!(decoded.note, Some(format!("within a value: {note}")));
}

#[test]
fn a_value_that_is_too_large_to_unpack_says_so() {
    let bomb = pack(Wrapping::Gzip, &vec![0; 200_000][..]);
    let payload = format!("[{:?},{:?}]", text(base64(&bomb)), quoted("x"));
    let decoded = recognise(payload.as_bytes(), None);
    assert!(!decoded.tree.unwrap().has_nested());
    let note = decoded.note.unwrap();
    assert!(
        note.starts_with("within a value: inner gzip layer not unpacked: "),
        "{note}"
    );
    assert!(
        note.contains("would exceed the limit of 32.0 KiB"),
        "{note}"
    );
    // A format that is chosen unpacks more.
    let large = super::read_as(payload.as_bytes(), Format::Json, None).unwrap();
    assert_eq!(large.note, None);
}

#[test]
fn the_text_of_a_row_is_that_of_the_chosen_format() {
    let packed = pack(Wrapping::Gzip, &br#"{"id":7}"#[..]);
    let text = |format: Option<Format>| {
        let choice = format.map(|format| DecoderChoice {
            format: Some(format),
            ..DecoderChoice::default()
        });
        let lookup = Lookup::new(&packed, choice.as_ref());
        lookup
            .text()
            .map(|text| String::from_utf8(text.to_vec()).unwrap())
    };
    assert_eq!(text(None).as_deref(), Some(r#"{"id":7}"#));
    assert_eq!(text(Some(Format::Json)).as_deref(), Some(r#"{"id":7}"#));
    assert_eq!(text(Some(Format::Text)).as_deref(), Some(r#"{"id":7}"#));
    assert_eq!(text(Some(Format::Binary)), None);
    let escaped = br#"{"text":"gr\u00fcn"}"#;
    let as_text = DecoderChoice {
        format: Some(Format::Text),
        ..DecoderChoice::default()
    };
    assert!(Lookup::new(escaped, None).text().is_some());
    assert_eq!(Lookup::new(escaped, Some(&as_text)).text(), None);
}

#[test]
fn a_place_is_read_as_received_where_that_was_chosen() {
    let inner = quoted(r#"{"id":7}"#);
    let payload = format!(r#"{{"a":[{inner},{inner}],"b":{inner},"c":[1,{inner}],"d":2}}"#);
    let places = |places: &[&str]| DecoderChoice {
        plain_places: std::sync::Arc::new(places.iter().map(|place| (*place).into()).collect()),
        ..DecoderChoice::default()
    };
    let unfolded = r#"⟨json⟩({"id": 7})"#;
    let plain = &*inner;
    for (chosen, [a, b, c]) in [
        (&[][..], [unfolded; 3]),
        (&[".a[]"], [plain, unfolded, unfolded]),
        (&[".b"], [unfolded, plain, unfolded]),
        (&[".c[]", ".b"], [unfolded, plain, plain]),
        (&[".a[]", ".b", ".c[]", ".missing"], [plain; 3]),
    ] {
        let decoded = places(chosen).read(payload.as_bytes(), 1 << 20);
        let tree = decoded.tree.as_ref().unwrap();
        let expected = format!(r#"{{"a": [{a}, {a}], "b": {b}, "c": [1, {c}], "d": 2}}"#);
        assert_eq!(shown(tree, payload.as_bytes()), expected, "{chosen:?}");
        // The values are where their paths say.
        let choice = places(chosen);
        let lookup = Lookup::new(payload.as_bytes(), Some(&choice));
        let path = Path::parse(".b.id").unwrap();
        assert_eq!(lookup.value(path.steps()).is_some(), b == unfolded);
        let path = Path::parse(".d").unwrap();
        assert_eq!(lookup.value(path.steps()).unwrap(), &b"2"[..]);
    }
    // Inner places, and a whole text.
    let twice = format!(r#"{{"x":{}}}"#, quoted(&format!(r#"{{"y":{inner}}}"#)));
    let decoded = places(&[".x.y"]).read(twice.as_bytes(), 1 << 20);
    let tree = decoded.tree.as_ref().unwrap();
    let expected = format!(r#"{{"x": ⟨json⟩({{"y": {plain}}})}}"#);
    assert_eq!(shown(tree, twice.as_bytes()), expected);
    let form = b"name=Margaret+Hamilton&city=Boston";
    assert!(places(&[]).read(form, 1 << 20).tree.is_some());
    assert_eq!(places(&[""]).read(form, 1 << 20).tree, None);
}
