//! Filters and frames over messages that all need decoding, compared with `jq` on the same values
//! as plain JSON, and frames of every other format.

use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::channel;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use subscope::app::Event;
use subscope::log::{Batch, MessageLog};
use subscope::message::{SubscriptionId, Time};
use subscope::server::Feed;
use subscope::workers::scan;

use super::{
    BATCH, KEEP, START, draw_frames, drawn, payload, row, run_other, verdict, watching_everything,
};
use super::{scan as scan_log, write_messages};

const MESSAGES: u64 = 1_000_000;

/// A way to encode a message.
struct Encoding {
    name: &'static str,
    encode: fn(&[u8]) -> Vec<u8>,
    /// A text and a path that find the messages of user 42.
    queries: [&'static str; 2],
}

const ENCODINGS: [Encoding; 4] = [
    Encoding {
        name: "MessagePack",
        encode: msgpack,
        queries: [r#""\"user\":{\"id\":42,""#, ".user.id == 42"],
    },
    Encoding {
        name: "CBOR",
        encode: cbor,
        queries: [r#""\"user\":{\"id\":42,""#, ".user.id == 42"],
    },
    Encoding {
        name: "JSON in gzip",
        encode: gzip,
        queries: [r#""\"user\":{\"id\":42,""#, ".user.id == 42"],
    },
    Encoding {
        name: "base64 in JSON",
        encode: nested,
        queries: [r#""\"user\":{\"id\":42,""#, ".data.user.id == 42"],
    },
];

fn msgpack(json: &[u8]) -> Vec<u8> {
    fn convert(value: &Value) -> rmpv::Value {
        match value {
            Value::Object(members) => {
                let members = members.iter();
                let members = members.map(|(key, value)| (key.as_str().into(), convert(value)));
                rmpv::Value::Map(members.collect())
            }
            Value::String(text) => text.as_str().into(),
            number => match number.as_u64() {
                Some(number) => number.into(),
                None => number.as_f64().unwrap().into(),
            },
        }
    }
    let mut out = Vec::new();
    let value = convert(&serde_json::from_slice(json).unwrap());
    rmpv::encode::write_value(&mut out, &value).unwrap();
    out
}

fn cbor(json: &[u8]) -> Vec<u8> {
    fn convert(value: &Value) -> ciborium::Value {
        match value {
            Value::Object(members) => {
                let members = members.iter();
                let members = members.map(|(key, value)| (key.as_str().into(), convert(value)));
                ciborium::Value::Map(members.collect())
            }
            Value::String(text) => text.as_str().into(),
            number => match number.as_u64() {
                Some(number) => number.into(),
                None => number.as_f64().unwrap().into(),
            },
        }
    }
    let mut out = Vec::new();
    let value = convert(&serde_json::from_slice(json).unwrap());
    ciborium::into_writer(&value, &mut out).unwrap();
    out
}

fn gzip(json: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(json).unwrap();
    out.finish().unwrap()
}

fn nested(json: &[u8]) -> Vec<u8> {
    format!(r#"{{"type":"order","data":"{}"}}"#, STANDARD.encode(json)).into_bytes()
}

/// Returns a batch of the messages from `start` to `end`.
fn batch(encoding: &Encoding, start: u64, end: u64) -> Batch {
    let mut batch = Batch::default();
    let mut json = Vec::new();
    for number in start..end {
        payload(number, &mut json);
        let encoded = (encoding.encode)(&json);
        let time = Time(START.0 + i64::try_from(number).unwrap());
        batch.push_message(time, b"orders", &encoded, SubscriptionId(0));
    }
    batch
}

/// Measures all encodings; `is_quick` uses a tenth of the messages.
pub fn measure(folder: &Path, is_quick: bool) {
    let messages = if is_quick { MESSAGES / 10 } else { MESSAGES };
    let path = folder.join("decoded.jsonl");
    write_messages(&path, messages);
    let jq = run_other("jq", &["-c", "select(.user.id == 42)"], &path);
    let (answer_tx, answers) = channel();
    let scanner = scan::start(move |answer| answer_tx.send(answer).is_ok()).unwrap();
    for encoding in &ENCODINGS {
        let mut log = MessageLog::new(KEEP);
        for start in (0..messages).step_by(usize::try_from(BATCH).unwrap()) {
            log.append(batch(encoding, start, (start + BATCH).min(messages)));
        }
        for query in encoding.queries {
            let scan = scan_log(&scanner, &answers, &log, query);
            let seconds = scan.whole.as_secs_f64();
            let budget = jq.map(|(time, lines)| {
                assert_eq!(lines, scan.hits, "jq finds a different number");
                let ratio = seconds / time.as_secs_f64();
                let ratio_words = format!("{ratio:.2} × jq, ");
                ratio_words + &verdict(ratio, 0.3, "0.3 ×")
            });
            row(
                &format!("{}: {query}", encoding.name),
                &format!("{seconds:.3} s"),
                budget.unwrap_or_else(|| "jq is not on the PATH".to_owned()),
            );
        }
        draw(encoding);
    }
    drawn::measure();
}

/// Draws frames whose 50 rows are all new.
fn draw(encoding: &Encoding) {
    let mut app = watching_everything(256 << 20);
    let mut number = 0;
    let frames = if cfg!(debug_assertions) { 10 } else { 500 };
    draw_frames(&mut app, encoding.name, frames, |app| {
        let batch = batch(encoding, number, number + 50);
        number += 50;
        let now = Time(START.0 + i64::try_from(number).unwrap() * 1_000);
        app.update(Event::Feed(Feed::Batch(Box::new(batch))), now);
    });
}
