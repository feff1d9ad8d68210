//! What is known of an open message beside what it says, and of its channel.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::line::{self, LineBuilder};
use super::super::theme;
use crate::app::{App, Reader, topic_words};
use crate::log::Channel;
use crate::payload::escape;
use crate::payload::figures::{self, Clock};

/// Columns of the words before what is said.
const LABEL: usize = 14;

/// Bars of the last minute.
const BARS: usize = 20;

pub fn draw(app: &App, reader: &Reader, area: Rect, buffer: &mut Buffer) {
    let lines = lines(app, reader);
    for (row, (label, words)) in (0..area.height).zip(lines) {
        let mut line = LineBuilder::new(usize::from(area.width));
        line.word(format!("{label:<LABEL$}"), theme::QUIET);
        line.cut_words(&words, Style::new());
        line.draw(area, row, Style::new(), buffer);
    }
}

/// What there is to say, each with a label.
fn lines(app: &App, reader: &Reader) -> Vec<(&'static str, String)> {
    let letter = reader.letter();
    let clock = Clock::new(line::zone(app.messages().time_form));
    let mut lines = vec![("received", clock.date_and_time(letter.time))];
    let brought = letter.topics.iter().map(topic_words);
    let labels = std::iter::once("brought by").chain(std::iter::repeat(""));
    lines.extend(labels.zip(brought));
    let Some(name) = &letter.channel else {
        return lines;
    };
    lines.push(("channel", escape::whole(name)));
    if let Some(path) = app.lens(name) {
        lines.push(("lens", path.text().to_owned()));
    }
    let channels = app.log().channels();
    let channel = channels.find(name).and_then(|id| channels.by_id(id));
    match channel {
        Some(channel) => lines.extend(about(app, channel)),
        None => lines.push(("", "the log has let go of this channel".to_owned())),
    }
    lines
}

fn about(app: &App, channel: &Channel) -> Vec<(&'static str, String)> {
    let mean = channel.bytes / channel.messages.max(1);
    let count = figures::count(channel.messages);
    let silence = app.now().since(channel.last_heard);
    let last = if silence < Duration::from_secs(1) {
        "now".to_owned()
    } else {
        format!("{} ago", figures::age(silence))
    };
    let bars = figures::sparkline(&channel.bars(app.now(), BARS));
    vec![
        ("messages", format!("{count}, the last {last}")),
        (
            "size",
            format!(
                "{} in all, {} a message",
                figures::size(channel.bytes),
                figures::size(mean)
            ),
        ),
        (
            "rate",
            format!("{}  {bars}", figures::rate(channel.rate(app.now()))),
        ),
    ]
}
