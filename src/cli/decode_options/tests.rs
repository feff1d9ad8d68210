#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::path::PathBuf;

use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};

use super::*;

/// Returns a descriptor set with the package `shop.v1`.
fn shop(names: &[&str]) -> Vec<u8> {
    let message_type = names.iter().map(|name| DescriptorProto {
        name: Some((*name).to_owned()),
        ..DescriptorProto::default()
    });
    let file = FileDescriptorProto {
        name: Some("shop.proto".to_owned()),
        package: Some("shop.v1".to_owned()),
        message_type: message_type.collect(),
        ..FileDescriptorProto::default()
    };
    FileDescriptorSet { file: vec![file] }.encode_to_vec()
}

/// Parses these options, with `file` as the descriptor set.
fn parse(lens: &[&str], file: Option<&[u8]>, types: &[&str]) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.pb");
    let options = DecodeOptions {
        lens: lens.iter().map(ToString::to_string).collect(),
        proto: file.map(|bytes| {
            fs::write(&path, bytes).unwrap();
            path.clone()
        }),
        proto_type: types.iter().map(ToString::to_string).collect(),
        avro: Vec::new(),
    };
    let shown = path.to_string_lossy().into_owned();
    let blame = |option: &str, words: String| format!("--{option} {words}").replace(&shown, "FILE");
    read(&options, blame)
}

#[track_caller]
fn error(lens: &[&str], file: Option<&[u8]>, types: &[&str]) -> String {
    parse(lens, file, types).unwrap_err()
}

#[test]
fn lenses_and_types_apply_by_channel() {
    let lenses = ["a=b*=.user.id", "a=bc = .\"odd=.key\""];
    let file = shop(&["Order", "Refund"]);
    let types = ["o=*=shop.v1.Order", " r = .shop.v1.Refund"];
    let settings = parse(&lenses, Some(&file), &types).unwrap();
    let lens = |name: &[u8]| settings.lenses.of(name).map(Template::text);
    assert_eq!(lens(b"a=bx"), Some(".user.id"));
    assert_eq!(lens(b"a=bc"), Some(".\"odd=.key\""));
    assert_eq!(lens(b"c"), None);
    let message_type = |name: &[u8]| settings.message_types.of(name).map(MessageType::name);
    assert_eq!(message_type(b"o=1"), Some("shop.v1.Order"));
    assert_eq!(message_type(b"r"), Some("shop.v1.Refund"));
    assert_eq!(settings.known_types.len(), 2);
}

#[test]
fn a_lens_may_show_several_values() {
    let lenses = [
        "a=.id .user",
        "b={.id} by {.user}",
        "c=d= order {.id}=7",
        "e=1={.\"x=.y\"}",
    ];
    let settings = parse(&lenses, None, &[]).unwrap();
    let lens = |name: &[u8]| settings.lenses.of(name).map(Template::text);
    assert_eq!(lens(b"a"), Some(".id .user"));
    assert_eq!(lens(b"b"), Some("{.id} by {.user}"));
    assert_eq!(lens(b"c"), Some("d= order {.id}=7"));
    assert_eq!(lens(b"e=1"), Some("{.\"x=.y\"}"));
    let said = error(&["a={.id"], None, &[]);
    assert!(said.contains("a brace is not closed"), "{said}");
}

#[test]
fn the_error_about_a_lens_shows_the_expected_form() {
    const FORM: &str = "expected GLOB=.PATH, such as 'orders:*=.user.id'";
    let cases = r#"
        orders => "orders" has no = followed by a path; FORM
        orders=id => "orders=id" has no = followed by a path; FORM
        =.id => "=.id" has no channel; FORM
    "#;
    for case in cases.trim().lines() {
        let (text, words) = case.trim().split_once(" => ").unwrap();
        let words = words.replace("FORM", FORM);
        assert_eq!(error(&[text], None, &[]), format!("--lens {words}"));
    }
    let said = error(&["orders=.a..b"], None, &[]);
    assert!(said.starts_with("--lens \"orders=.a..b\": "), "{said}");
}

#[test]
fn an_invalid_descriptor_set_is_refused_with_how_to_create_one() {
    const PROTOC: &str =
        "'protoc --include_imports --descriptor_set_out=FILE orders.proto' writes one";
    let said = error(&[], Some(b"syntax = \"proto3\";\nmessage Order {}\n"), &[]);
    assert!(
        said.starts_with("--proto FILE is not a Protobuf descriptor set: "),
        "{said}"
    );
    assert!(said.ends_with(PROTOC), "{said}");
    let said = error(&[], Some(b""), &[]);
    assert_eq!(
        said,
        format!("--proto FILE contains no message type; {PROTOC}")
    );
    let options = DecodeOptions {
        proto: Some(PathBuf::from("/nonexistent/shop.pb")),
        ..DecodeOptions::default()
    };
    let said = read(&options, |_, words| words).unwrap_err();
    assert!(
        said.starts_with("/nonexistent/shop.pb cannot be read: No such file"),
        "{said}"
    );
}

#[test]
fn the_error_about_an_unknown_type_suggests_similar_ones() {
    const FORM: &str = "expected GLOB=TYPE, such as 'orders:*=shop.v1.Order'";
    let file = shop(&["Order", "Orders", "Refund", "A", "B", "C", "D"]);
    let said = |text: &str| error(&[], Some(&file), &[text]);
    let cases = r#"
        o=shop.v1.Ordre => FILE has no message type "shop.v1.Ordre", did you mean 'shop.v1.Order'?
        orders => "orders" has no =TYPE part; FORM
        =a.B => "=a.B" has no channel; FORM
        o= => "o=" has no type; FORM
    "#;
    for case in cases.trim().lines() {
        let (text, words) = case.trim().split_once(" => ").unwrap();
        let words = words.replace("FORM", FORM);
        assert_eq!(said(text), format!("--proto-type {words}"));
    }
    assert!(said("o=refund").ends_with(", did you mean 'shop.v1.Refund'?"));
    assert_eq!(
        said("o=Nothing"),
        "--proto-type FILE has no message type \"Nothing\"; it has shop.v1.Order, \
         shop.v1.Orders, shop.v1.Refund, shop.v1.A, shop.v1.B and 2 more"
    );
    assert_eq!(
        error(&[], None, &["o=a.B"]),
        "--proto-type \"o=a.B\" needs --proto FILE, which describes the type"
    );
}

#[test]
fn avro_schemas_apply_by_channel() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.avsc");
    fs::write(&path, r#"{"type":"fixed","name":"shop.Id","size":4}"#).unwrap();
    let bad = folder.path().join("bad.avsc");
    fs::write(&bad, "\"strng\"").unwrap();
    let parse = |option: &str, path: &File| {
        let options = DecodeOptions {
            avro: vec![format!("{option}={}", path.display())],
            ..DecodeOptions::default()
        };
        read(&options, |option, words| format!("--{option} {words}"))
    };
    let settings = parse("a*", &path).unwrap();
    let name = |channel| settings.message_types.of(channel).map(MessageType::name);
    assert_eq!((name(b"ab"), name(b"b")), (Some("shop.Id"), None));
    assert_eq!(settings.known_types.len(), 1);
    let error = parse("a", &bad).unwrap_err();
    let expected = "bad.avsc is not an Avro schema: unknown type \"strng\"";
    assert!(
        error.starts_with("--avro ") && error.ends_with(expected),
        "{error}"
    );
}
