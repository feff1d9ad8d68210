//! One JSON object per line, as in a recording, with what the payload was decoded to.

use super::Message;
use super::value::content;
use crate::message::{Notice, Time};
use crate::recording::{self, Line, Stamps};

/// Appends the line of a message to `out`.
pub fn message(message: &Message<'_>, stamps: &mut Stamps, out: &mut Vec<u8>) {
    let mut line = Line::starting_at(stamps.text(message.time), out);
    line.add_message(&recording::Message {
        channel: message.channel,
        topics: message.topics,
        payload: message.payload,
        size: message.size,
    });
    if let Some(content) = content(message) {
        if let Some(format) = &content.format {
            line.add_text("format", format);
        }
        match content.json {
            Ok(json) => line.add("decoded", json),
            Err(why) => line.add_text("not_decoded", &why),
        }
    }
    if let Some(lens) = message.lens {
        line.add_text("path", lens.path);
        if let Some(value) = lens.value {
            line.add_text("value", &String::from_utf8_lossy(value));
        }
    }
    line.end();
}

/// Appends the line of a notice to `out`.
pub fn notice(time: Time, notice: &Notice, words: &str, stamps: &mut Stamps, out: &mut Vec<u8>) {
    let mut line = Line::starting_at(stamps.text(time), out);
    line.add_notice(notice, words, stamps);
    line.end();
}
