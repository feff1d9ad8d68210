//! The open message: key presses, the resulting screen, and the effects requested.

use subscope::app::{Effect, Event, Reader, Tab};
use subscope::log::{Batch, LargePayload};
use subscope::message::SubscriptionId;
use subscope::server::Feed;
use subscope::workers::decode;

use crate::support::stage::Stage;

mod diff;
mod formats;
mod memory;
mod navigation;
mod search;
mod sizes;
mod text_formats;
mod value_actions;

/// Returns the reader of the open message.
fn reader(stage: &Stage) -> &Reader {
    &stage.app.open().unwrap().reader
}

/// Returns the path and the JSON of the value under the cursor.
fn cursor(stage: &Stage) -> (String, String) {
    let reader = reader(stage);
    let decoded = reader.decoded().unwrap();
    let tree = decoded.tree.as_ref().unwrap();
    let id = reader.outline.cursor;
    let json = tree.to_json(id, reader.bytes());
    let path = tree.path(id, reader.bytes()).unwrap_or_default();
    (path, String::from_utf8(json).unwrap())
}

fn path(stage: &Stage) -> String {
    cursor(stage).0
}

fn tab(stage: &Stage) -> Tab {
    reader(stage).tab()
}

/// Returns a stage with this message open and focused.
fn opened(payload: &[u8]) -> Stage {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", payload)]);
    open(&mut stage);
    stage
}

/// Opens the selected message and moves the focus to it.
fn open(stage: &mut Stage) {
    for _ in 0..2 {
        stage.code(crossterm::event::KeyCode::Enter);
    }
}

/// Answers the decoding and search requests, and returns the other effects.
fn answer(stage: &mut Stage, effects: Vec<Effect>) -> Vec<Effect> {
    let mut others = Vec::new();
    for effect in effects {
        let event = match effect {
            Effect::Decode(request) => Event::Decoded(decode::answer(&request)),
            Effect::Search(search) => Event::Found(search.answer()),
            other => {
                others.push(other);
                continue;
            }
        };
        let more = stage.send(event);
        others.extend(answer(stage, more));
    }
    others
}

/// Receives a message of `size` bytes of which only `head` was kept.
fn head_only(stage: &mut Stage, head: &[u8], size: u64) {
    let payload = LargePayload {
        size,
        rest: size - head.len() as u64,
        ..LargePayload::whole(head.to_vec())
    };
    let mut batch = Batch::default();
    batch.push_large(stage.now, b"orders", payload, SubscriptionId(0));
    stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
}

/// Returns JSON of more than `least` bytes.
fn long_json(least: usize) -> Vec<u8> {
    let item = br#"{"id":1234567,"name":"some name or other"}"#;
    let count = least / item.len() + 1;
    let items = vec![&item[..]; count].join(&b","[..]);
    [
        b"{\"first\":1,\"items\":[",
        &items[..],
        b"],\"last\":\"the needle\"}",
    ]
    .concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut out = Vec::new();
    let level = flate2::Compression::default();
    let mut encoder = flate2::read::GzEncoder::new(bytes, level);
    encoder.read_to_end(&mut out).unwrap();
    out
}

/// `{"a": 1, "b": "x"}` in `MessagePack`.
const PACKED: &[u8] = b"\x82\xa1a\x01\xa1b\xa1x";

/// The same in CBOR.
const CBOR: &[u8] = b"\xa2\x61a\x01\x61b\x61x";
