//! Frames of new rows in every format that rows show decoded.

use std::io::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lz4_flex::frame::FrameEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
};
use serde_json::Value;
use subscope::app::{App, Event, Settings};
use subscope::log::Batch;
use subscope::message::{SubscriptionId, Time, Topic};
use subscope::payload::message_type::MessageType;
use subscope::payload::{avro, protobuf};
use subscope::server::Feed;

use super::{START, draw_frames, payload};

/// New rows per frame.
const ROWS: u64 = 50;

/// Payloads in one format, and the type that is configured for them.
struct Samples {
    name: String,
    payloads: Vec<Vec<u8>>,
    message_type: Option<MessageType>,
}

impl Samples {
    fn new(name: &str, payloads: Vec<Vec<u8>>) -> Self {
        let name = name.to_owned();
        Self {
            name,
            payloads,
            message_type: None,
        }
    }
}

/// Draws frames whose 50 rows are all new, for each format.
pub fn measure() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let all = [
        packed(),
        texts(&folder),
        objects(&folder),
        typed(),
        traffic(&folder),
    ];
    for samples in all.iter().flatten() {
        draw(samples);
    }
}

fn draw(samples: &Samples) {
    let types = samples.message_type.iter().cloned();
    let settings = Settings {
        address: "redis://127.0.0.1:6379".to_owned(),
        keep: 256 << 20,
        message_types: types.map(|known| (Box::from(&b"*"[..]), known)).collect(),
        ..Settings::default()
    };
    let mut app = App::new(settings, vec![Topic::pattern(b"*")], (200, 50), START);
    let mut payloads = samples.payloads.iter().cycle();
    let mut number = 0;
    let frames = if cfg!(debug_assertions) { 10 } else { 300 };
    draw_frames(&mut app, &samples.name, frames, |app| {
        let mut batch = Batch::default();
        for payload in payloads.by_ref().take(usize::try_from(ROWS).unwrap()) {
            number += 1;
            let time = Time(START.0 + number);
            batch.push_message(time, b"orders", payload, SubscriptionId(0));
        }
        let now = Time(START.0 + number * 1_000);
        app.update(Event::Feed(Feed::Batch(Box::new(batch))), now);
    });
}

/// Returns messages as services publish them.
fn messages() -> Vec<Vec<u8>> {
    let message = |number| {
        let mut json = Vec::new();
        payload(number, &mut json);
        json
    };
    (0..200).map(message).collect()
}

/// Encodes a message.
type Encode = fn(&[u8]) -> Vec<u8>;

/// Compresses each message.
fn packed() -> Vec<Samples> {
    let encoders: [(&str, Encode); 7] = [
        ("zlib", |bytes| {
            let encoder = flate2::read::ZlibEncoder::new(bytes, flate2::Compression::default());
            all_of(encoder)
        }),
        ("zstd", |bytes| zstd::encode_all(bytes, 3).unwrap()),
        ("lz4", |bytes| {
            let mut encoder = FrameEncoder::new(Vec::new());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }),
        ("snappy", |bytes| {
            all_of(snap::read::FrameEncoder::new(bytes))
        }),
        ("snappy block", |bytes| {
            snap::raw::Encoder::new().compress_vec(bytes).unwrap()
        }),
        ("bzip2", |bytes| {
            let level = bzip2::Compression::default();
            all_of(bzip2::read::BzEncoder::new(bytes, level))
        }),
        ("xz", |bytes| {
            let options = XzOptions::with_preset(6);
            let mut encoder = XzWriter::new(Vec::new(), options).unwrap();
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }),
    ];
    let of = |(name, encode): (&str, Encode)| {
        let payloads = messages().iter().map(|json| encode(json)).collect();
        Samples::new(name, payloads)
    };
    encoders.into_iter().map(of).collect()
}

fn all_of(mut encoder: impl std::io::Read) -> Vec<u8> {
    let mut out = Vec::new();
    encoder.read_to_end(&mut out).unwrap();
    out
}

/// Returns text in formats with values, and in encodings that are converted.
fn texts(folder: &Path) -> Vec<Samples> {
    let of = |file: &str, key: &str, may_be: fn(&Value) -> bool| -> Vec<Vec<u8>> {
        let path = folder.join("formats/samples").join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let samples: Vec<Value> = serde_json::from_str(&text).unwrap();
        let samples = samples.iter().filter(|sample| may_be(sample));
        let texts = samples.filter_map(|sample| sample[key].as_str());
        texts.map(|text| text.as_bytes().to_vec()).collect()
    };
    let made = |make: fn(&str, u64) -> Vec<u8>| -> Vec<Vec<u8>> {
        let lines = (0..200).map(|number| make("order created by gateway", number));
        lines.collect()
    };
    let yaml = of("yaml.json", "yaml", |sample| !sample["documents"].is_null());
    let yaml = yaml.into_iter().map(|text| [b"---\n", &text[..]].concat());
    vec![
        Samples::new(
            "JSON5",
            of("json5.json", "text", |sample| sample["is_valid"] == true),
        ),
        Samples::new("Python", of("python.json", "repr", |_| true)),
        Samples::new("XML", of("xml.json", "xml", |_| true)),
        Samples::new("YAML", yaml.collect()),
        Samples::new(
            "logfmt",
            made(|words, number| {
                format!("level=info id={number} msg=\"{words} {number}\" took=1.5ms").into()
            }),
        ),
        Samples::new(
            "Latin-1",
            made(|words, number| {
                [
                    words.as_bytes(),
                    b" Z\xfcrich, gr\xfc\xdfe ",
                    number.to_string().as_bytes(),
                ]
                .concat()
            }),
        ),
        Samples::new(
            "ANSI",
            made(|words, number| {
                format!("\x1b[32mINFO\x1b[0m {words} \x1b[1;31m{number}\x1b[0m \x1b[2mok\x1b[0m")
                    .into()
            }),
        ),
    ]
}

/// Returns serialized objects, which other languages wrote.
fn objects(folder: &Path) -> Vec<Samples> {
    let names = ["bson", "pickle", "php", "ruby", "java", "erlang"];
    let of = |name: &str| {
        let path = folder.join(format!("formats/objects/{name}.tsv"));
        let text = std::fs::read_to_string(path).unwrap();
        let encoded = text.lines().filter_map(|line| line.split('\t').nth(2));
        let payloads = encoded.map(|encoded| STANDARD.decode(encoded).unwrap());
        Samples::new(name, payloads.collect())
    };
    names.into_iter().map(of).collect()
}

/// Returns messages whose types are configured.
fn typed() -> Vec<Samples> {
    let field = |(number, (name, kind)): (i32, (&str, Type))| FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        r#type: Some(kind.into()),
        label: Some(Label::Optional.into()),
        ..FieldDescriptorProto::default()
    };
    let fields = [
        ("id", Type::Int64),
        ("level", Type::String),
        ("msg", Type::String),
    ];
    let order = DescriptorProto {
        name: Some("Order".to_owned()),
        field: (1..).zip(fields).map(field).collect(),
        ..DescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("shop.proto".to_owned()),
        package: Some("shop".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![order],
        ..FileDescriptorProto::default()
    };
    let set = FileDescriptorSet { file: vec![file] }.encode_to_vec();
    let schema = protobuf::Schema::read(&set).unwrap();
    let order = schema.message_type("shop.Order").unwrap();
    let avro = r#"{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},
        {"name":"level","type":"string"},{"name":"msg","type":"string"}]}"#;
    let avro = avro::Schema::read("order.avsc", avro.as_bytes()).unwrap();
    let words = *b"order created by gateway 1 in eu";
    let proto = |id| [&[8, id, 0x12, 4][..], b"info\x1a\x20", &words].concat();
    let datum = |id| [&[id, 8][..], b"info\x40", &words].concat();
    vec![
        Samples {
            message_type: Some(MessageType::Protobuf(order)),
            ..Samples::new("Protobuf", (0..100).map(proto).collect())
        },
        Samples {
            message_type: Some(MessageType::Avro(avro)),
            ..Samples::new("Avro", (0..100).map(datum).collect())
        },
    ]
}

/// Returns the captured traffic of each framework.
fn traffic(folder: &Path) -> Vec<Samples> {
    let files = std::fs::read_dir(folder.join("recipes")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "ndjson")
        })
        .collect();
    paths.sort();
    let of = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let message = |line: &str| {
            let object: Value = serde_json::from_str(line).unwrap();
            let payload = object["payload"].as_str().unwrap();
            match object["encoding"].as_str() {
                Some("base64") => STANDARD.decode(payload).unwrap(),
                _ => payload.as_bytes().to_vec(),
            }
        };
        let name = path.file_stem().unwrap().to_string_lossy();
        Samples::new(&name, text.lines().map(message).collect())
    };
    paths.iter().map(of).collect()
}
