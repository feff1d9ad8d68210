//! Formats chosen by hand, and notes about what is shown.

use crossterm::event::KeyCode;
use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
};
use subscope::app::{Context, Effect, Event, Form};
use subscope::message::glob::ByGlob;
use subscope::payload::avro;
use subscope::payload::decoder_choices::ReadAs;
use subscope::payload::format::Format;
use subscope::payload::message_type::MessageType;
use subscope::payload::protobuf::Schema;
use subscope::workers::analysis::{Check, Engine, Request};

use super::{CBOR, PACKED, answer, cursor, open, opened, path, reader};
use crate::analysis::analyse;
use crate::support::stage::Stage;

/// Chooses a format from the list by its name for the open message's channel.
pub fn choose(stage: &mut Stage, name: &str) {
    let options = stage.app.session().decoder_options();
    let mut names = options.iter().map(|option| {
        option
            .as_ref()
            .map_or("Automatic".to_owned(), ReadAs::words)
    });
    let line = names.position(|option| option == name).unwrap();
    stage.keys("fg");
    stage.keys(&"j".repeat(line));
    let requests = stage.code(KeyCode::Enter);
    assert_eq!(answer(stage, requests), []);
}

fn format(stage: &Stage) -> Format {
    reader(stage).decoded().unwrap().format
}

/// Returns the type `shop.v1.Order`, with a number `id` and a text `note`.
fn order() -> Vec<MessageType> {
    let field = |name: &str, number, kind: Type| FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        r#type: Some(kind.into()),
        label: Some(Label::Optional.into()),
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("shop.proto".to_owned()),
        package: Some("shop.v1".to_owned()),
        message_type: vec![DescriptorProto {
            name: Some("Order".to_owned()),
            field: vec![field("id", 1, Type::Uint64), field("note", 2, Type::String)],
            ..Default::default()
        }],
        ..Default::default()
    };
    let set = FileDescriptorSet { file: vec![file] }.encode_to_vec();
    let schema = Schema::read(&set).unwrap();
    let order = schema.message_type("shop.v1.Order").unwrap();
    vec![MessageType::Protobuf(order)]
}

/// An order with the id 7 and the note "hi".
const ORDER: &[u8] = b"\x08\x07\x12\x02hi";

#[test]
fn a_format_chosen_from_the_list_applies_to_the_channel() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"12"), ("b", b"12"), ("a", b"13")]);
    open(&mut stage);
    assert_eq!(format(&stage), Format::Json);
    stage.keys("f");
    assert_eq!(stage.app.context(), Context::Formats);
    let screen = stage.screen();
    let names = [
        "Read a as",
        "● Automatic",
        "JSON",
        "JSON lines",
        "MessagePack",
        "CBOR",
        "Protobuf",
        "Text",
        "Binary",
        "BSON",
        "Python pickle",
        "PHP serialized",
        "Ruby Marshal",
        "Java serialization",
        "Erlang term",
    ];
    for name in names {
        assert!(screen.contains(name), "{name}: {screen}");
    }
    stage.code(KeyCode::Esc);
    choose(&mut stage, "Text");
    assert_eq!(stage.toast(), "a: format Text");
    assert_eq!(format(&stage), Format::Text);
    assert!(stage.screen().contains("Text · chosen"));
    stage.keys("K");
    assert_eq!(format(&stage), Format::Json, "b is another channel");
    assert_eq!(cursor(&stage).1, "12");
    stage.keys("K");
    assert_eq!(format(&stage), Format::Text);
    stage.keys("f");
    assert!(stage.screen().contains("● Text"));
    stage.keys("g");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.toast(), "a: format detected automatically");
    assert_eq!(format(&stage), Format::Json);
    assert!(!stage.screen().contains("chosen"));
}

#[test]
fn esc_q_and_f_close_the_list_without_changes() {
    let mut stage = opened(b"x2");
    for leave in [KeyCode::Esc, KeyCode::Char('q'), KeyCode::Char('f')] {
        stage.keys("fjj");
        stage.code(leave);
        assert_eq!(stage.app.context(), Context::Message);
        assert_eq!(format(&stage), Format::Text);
    }
    stage.keys("f?");
    assert_eq!(stage.app.context(), Context::Help);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.context(), Context::Formats);
}

#[test]
fn a_message_not_in_the_chosen_format_says_why_and_is_shown_as_detected() {
    let mut stage = opened(br#"{"a":{"b":1}}"#);
    stage.keys("jj");
    choose(&mut stage, "CBOR");
    assert_eq!(format(&stage), Format::Json);
    assert_eq!(path(&stage), ".a.b", "the position is kept");
    stage.send(Event::Resize(50, 24));
    let screen = stage.screen();
    assert!(screen.contains("channel               JSON │"), "{screen}");
    stage.send(Event::Resize(120, 30));
    assert!(stage.screen().contains("JSON · not the chosen CBOR"));
    assert!(screen.contains("not CBOR: "), "{screen}");
    let note = reader(&stage).decoded().unwrap().note.clone().unwrap();
    assert!(note.contains(" at byte "), "{note}");
    stage.messages(&[("orders", CBOR)]);
    stage.keys("Jg");
    assert_eq!(cursor(&stage).1, r#"{"a":1,"b":"x"}"#);
    assert!(stage.screen().contains("CBOR · chosen"));
}

#[test]
fn text_and_binary_can_always_be_chosen() {
    let mut stage = opened(br#"{"a":1}"#);
    choose(&mut stage, "Text");
    assert_eq!(reader(&stage).form(), Form::Text);
    choose(&mut stage, "Binary");
    assert_eq!(reader(&stage).form(), Form::Hex);
    assert!(stage.screen().contains("7b 22 61"));
    choose(&mut stage, "Automatic");
    assert_eq!(reader(&stage).form(), Form::Values);
}

#[test]
fn a_payload_that_is_not_text_is_shown_in_hex() {
    let bytes: Vec<u8> = (0..200).map(|byte| byte ^ 0x95).collect();
    let mut stage = opened(&bytes);
    assert_eq!(
        (format(&stage), reader(&stage).form()),
        (Format::Binary, Form::Hex)
    );
    assert!(stage.screen().contains("95 94 97 96"));
    stage.keys("G");
    assert!(reader(&stage).line > 0);
    stage.keys("kg");
    assert_eq!(reader(&stage).line, 0);
}

#[test]
fn a_wrapped_format_is_named_with_both_sizes() {
    let json = crate::open_message::long_json(2 << 10);
    let packed = crate::open_message::gzip(&json);
    let mut stage = opened(&packed);
    assert_eq!(format(&stage), Format::Json);
    stage.send(Event::Resize(50, 24));
    assert!(
        stage.screen().contains(" JSON in gzip │"),
        "{}",
        stage.screen()
    );
    stage.send(Event::Resize(80, 24));
    let sizes = format!("JSON in gzip ({} B → 2.1 KiB)", packed.len());
    assert!(stage.screen().contains(&sizes), "{}", stage.screen());
    let mut stage = opened(&crate::open_message::gzip(PACKED));
    stage.send(Event::Resize(50, 24));
    assert!(stage.screen().contains(" MessagePack │"));
    assert_eq!(cursor(&stage).1, r#"{"a":1,"b":"x"}"#);
}

#[test]
fn a_broken_wrapping_says_so_on_a_separate_line() {
    let packed = crate::open_message::gzip(&crate::open_message::long_json(500));
    let stage = opened(&packed[..packed.len() - 20]);
    let screen = stage.screen();
    assert!(screen.contains("gzip layer not unpacked: "), "{screen}");
    let text = stage.app.message_text();
    assert!(text.y > stage.app.areas().message_text().y);
}

#[test]
fn a_protobuf_channel_is_decoded_by_its_type() {
    let types = order();
    let known = types.clone();
    let mut stage = Stage::with(&["*"], |settings| {
        let of_orders = (b"orders*".as_slice().into(), types[0].clone());
        settings.message_types = ByGlob::from_iter([of_orders]);
        settings.known_types = known;
    });
    stage.messages(&[("other", ORDER), ("orders:1", b"text"), ("orders:1", ORDER)]);
    open(&mut stage);
    assert_eq!(cursor(&stage).1, r#"{"id":7,"note":"hi"}"#);
    assert!(stage.screen().contains("Protobuf"));
    let json = br#"{"id":"7","note":"hi"}"#;
    assert!(
        matches!(&stage.keys("Y")[..], [Effect::Copy(copy)] if *copy.bytes == json[..]),
        "64-bit numbers are strings in Protobuf JSON"
    );
    stage.keys("K");
    assert_eq!(format(&stage), Format::Text);
    assert!(
        stage.screen().contains("not a shop.v1.Order: "),
        "{}",
        stage.screen()
    );
    stage.keys("K");
    assert_ne!(format(&stage), Format::Protobuf, "no type was given");
    choose(&mut stage, "Protobuf");
    assert_eq!(
        cursor(&stage).1,
        r#"{"1":7,"2":"hi"}"#,
        "the bare fields are shown"
    );
    choose(&mut stage, "Protobuf shop.v1.Order");
    assert_eq!(cursor(&stage).1, r#"{"id":7,"note":"hi"}"#);
    assert_eq!(stage.toast(), "other: format Protobuf shop.v1.Order");
    stage.keys("f");
    assert!(stage.screen().contains("● Protobuf shop.v1.Order"));
}

#[test]
fn an_avro_channel_is_decoded_by_its_schema() {
    let schema = br#"{"type":"record","name":"shop.Order","fields":[
        {"name":"id","type":"long"},{"name":"note","type":"string"}]}"#;
    let schema = MessageType::Avro(avro::Schema::read("order.avsc", schema).unwrap());
    let mut stage = Stage::with(&["*"], |settings| {
        let of_orders = (b"orders*".as_slice().into(), schema.clone());
        settings.message_types = ByGlob::from_iter([of_orders]);
        settings.known_types = vec![schema];
    });
    let order = b"\x0e\x04hi";
    stage.messages(&[("other", order), ("orders:1", b"text"), ("orders:1", order)]);
    open(&mut stage);
    assert_eq!(cursor(&stage).1, r#"{"id":7,"note":"hi"}"#);
    assert_eq!(format(&stage), Format::Avro);
    stage.keys("K");
    assert!(stage.screen().contains("not a shop.Order: "));
    stage.keys("K");
    choose(&mut stage, "Avro shop.Order");
    assert_eq!(stage.toast(), "other: format Avro shop.Order");
    assert_eq!(cursor(&stage).1, r#"{"id":7,"note":"hi"}"#);
}

#[test]
fn protobuf_fields_are_filtered_shown_and_plotted_by_name() {
    let types = order();
    let mut stage = Stage::with(&["*"], |settings| {
        let of_orders = (b"orders*".as_slice().into(), types[0].clone());
        settings.message_types = ByGlob::from_iter([of_orders]);
    });
    stage.messages(&[
        ("other", ORDER),
        ("orders:1", b"\x08\x08\x12\x02ho"),
        ("orders:1", ORDER),
    ]);
    open(&mut stage);
    stage.keys("j=");
    assert_eq!(
        stage.toast(),
        "filtered by .id == 7 · Esc in the log clears it"
    );
    assert_eq!(stage.shown(), 1, "the other channel has no type");
    stage.keys("ji");
    let screen = stage.screen();
    assert!(screen.contains("orders:1 hi"), "{screen}");
    stage.keys("k");
    let requests = stage.keys("w");
    let mut engine = Engine::default();
    let now = stage.now;
    analyse(&mut stage.app, &mut engine, requests, now);
    let plot = stage.app.plot();
    let plotted = &plot.series[0];
    let report = plot.report(plotted).unwrap();
    let summary = report.summary.unwrap();
    assert_eq!((summary.count, summary.min, summary.max), (2, 7.0, 8.0));
}

#[test]
fn a_chosen_format_applies_to_filters_at_once_and_to_later_checks() {
    let known = order();
    let mut stage = Stage::with(&["*"], |settings| {
        settings.known_types = known;
        settings.checks = vec![Check::parse_sequence("a=.id").unwrap()];
    });
    stage.messages(&[("a", ORDER), ("a", ORDER)]);
    open(&mut stage);
    stage.code(KeyCode::Esc);
    stage.keys("/.id == 7");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.shown(), 0);
    stage.code(KeyCode::Enter);
    stage.keys("fG");
    let effects = stage.code(KeyCode::Enter);
    assert_eq!(stage.toast(), "a: format Protobuf shop.v1.Order");
    assert_eq!(stage.shown(), 2);
    match &effects[..] {
        [Effect::Analyse(Request::Plan(plan))] => {
            assert!(plan.decoder_choices.of(b"a").is_some());
        }
        other => panic!("{other:?}"),
    }
    stage.messages(&[("a", ORDER), ("b", ORDER)]);
    assert_eq!(stage.shown(), 3);
    stage.keys("fg");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.shown(), 0);
}

#[test]
fn a_truncated_message_is_decoded_from_what_was_kept() {
    let mut stage = Stage::new(&["*"]);
    crate::open_message::head_only(&mut stage, br#"{"a":[1,2,3"#, 500 << 20);
    open(&mut stage);
    assert_eq!(reader(&stage).form(), Form::Text);
    let screen = stage.screen();
    assert!(screen.contains("first part of 500"), "{screen}");
    choose(&mut stage, "JSON");
    assert!(stage.screen().contains("not JSON: "), "{}", stage.screen());
}

#[test]
fn too_many_values_are_truncated_with_a_note() {
    let payload = [b"[", &b"1,".repeat(1 << 21)[..], b"1]"].concat();
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
    stage.messages(&[("a", &payload)]);
    let requests = stage.code(KeyCode::Enter);
    answer(&mut stage, requests);
    stage.code(KeyCode::Enter);
    stage.keys("z");
    let words = "only the first 2,097,152 values are shown; the rest is in the bytes tab";
    assert!(stage.screen().contains(words), "{}", stage.screen());
    stage.keys("]]");
    assert!(!stage.screen().contains("values are shown"));
}

/// A pickle of `{"id": 7, "tags": ("new",)}`, as Python writes it in protocol 4.
const PICKLE: &[u8] = b"\x80\x04\x95\x1b\0\0\0\0\0\0\0}\x94(\x8c\x02id\x94K\x07\x8c\x04tags\x94\x8c\x03new\x94\x85\x94u.";

#[test]
fn serialized_objects_are_shown_as_values_and_in_rows() {
    let mut stage = opened(PICKLE);
    assert_eq!(format(&stage), Format::Pickle);
    assert_eq!(reader(&stage).form(), Form::Values);
    let screen = stage.screen();
    assert!(screen.contains("Python pickle"), "{screen}");
    stage.keys("j");
    assert_eq!(path(&stage), ".id");
    assert_eq!(cursor(&stage).1, "7");
    stage.keys("jjj");
    assert_eq!(path(&stage), ".tags[0]");
    stage.code(KeyCode::Esc);
    let screen = stage.screen();
    assert!(
        screen.contains(r#"{"id":7,"tags":⟨tuple⟩ ["new"]}"#),
        "{screen}"
    );
}

#[test]
fn an_object_stream_that_cannot_be_read_is_shown_as_bytes_with_the_reason() {
    let stage = opened(b"\xac\xed\0\x05\x7b");
    assert_eq!(format(&stage), Format::Java);
    assert_eq!(reader(&stage).form(), Form::Hex);
    let screen = stage.screen();
    assert!(screen.contains("exception while writing"), "{screen}");
}
