//! Counts of what was written: every second, and in all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use subscope::log::BatchMessage;
use subscope::message::Time;
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::escape::whole_name;
use subscope::payload::figures;
use subscope::payload::lookup::Lookup;
use subscope::workers::analysis::{Check, Spread, sent_time};

use crate::host::report;

/// The widest column of names, in characters.
const MAX_NAME: usize = 40;

/// Counts by channel.
#[derive(Default)]
pub struct Tally {
    channels: BTreeMap<Box<[u8]>, Channel>,
    messages: u64,
    bytes: u64,
    /// The counts at the end of the last second.
    before: (u64, u64),
    checks: Vec<Check>,
}

struct Channel {
    messages: u64,
    first: Time,
    last: Time,
    sizes: Spread,
    delays: Option<Spread>,
}

impl Tally {
    /// Creates a tally that measures the delays that `checks` describe.
    pub fn new(checks: &[Check]) -> Self {
        let delays = checks
            .iter()
            .filter(|check| matches!(check, Check::Delay { .. }));
        Self {
            checks: delays.cloned().collect(),
            ..Self::default()
        }
    }

    /// Counts a message that is decoded by `choice`.
    pub fn add(&mut self, message: &BatchMessage<'_>, choice: Option<&DecoderChoice>) {
        self.messages += 1;
        self.bytes += message.size;
        let delay = self.delay(message, choice);
        if !self.channels.contains_key(message.name) {
            let channel = Channel {
                messages: 0,
                first: message.time,
                last: message.time,
                sizes: Spread::default(),
                delays: None,
            };
            self.channels.insert(message.name.into(), channel);
        }
        if let Some(channel) = self.channels.get_mut(message.name) {
            channel.messages += 1;
            channel.last = message.time;
            channel
                .sizes
                .add(i64::try_from(message.size).unwrap_or(i64::MAX));
            if let Some(delay) = delay {
                channel.delays.get_or_insert_default().add(delay);
            }
        }
    }

    fn delay(&self, message: &BatchMessage<'_>, choice: Option<&DecoderChoice>) -> Option<i64> {
        let sent = self.checks.iter().rev().find_map(|check| match check {
            Check::Delay { channels, sent } if channels.contains(message.name) => Some(sent),
            _ => None,
        })?;
        let lookup = Lookup::new(message.payload, choice);
        let sent = sent_time(&lookup.figure(sent.steps())?)?;
        Some(message.time.0.saturating_sub(sent.0))
    }

    /// Prints the counts of the last second to standard error.
    pub fn tell_second(&mut self, elapsed: Duration) {
        let (messages, bytes) = std::mem::replace(&mut self.before, (self.messages, self.bytes));
        let rate = |now: u64, before: u64| per_second(now - before, elapsed);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is not negative, and is shown with a few digits"
        )]
        let bytes = figures::size(rate(self.bytes, bytes) as u64);
        report(format!(
            "{} · {bytes}/s · {} · {} in all",
            figures::rate(rate(self.messages, messages)),
            figures::counted(self.channels.len() as u64, "channel"),
            figures::counted(self.messages, "message"),
        ));
    }

    /// Prints a table of all channels to standard error.
    pub fn tell_all(&self) {
        // Nobody may be reading.
        let _ = io::stderr().write_all(self.table().as_bytes());
    }

    fn table(&self) -> String {
        let has_delays = self
            .channels
            .values()
            .any(|channel| channel.delays.is_some());
        let mut head = ["channel", "messages", "rate", "size p50", "p99", "max"]
            .map(String::from)
            .to_vec();
        if has_delays {
            head.extend(["delay p50", "p99", "max"].map(String::from));
        }
        let rows = self
            .channels
            .iter()
            .map(|(name, channel)| channel.cells(name, has_delays));
        aligned(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
    }
}

impl Channel {
    fn cells(&self, name: &[u8], has_delays: bool) -> Vec<String> {
        let name = whole_name(name);
        let name = match name.char_indices().nth(MAX_NAME) {
            Some((at, _)) => format!("{}…", &name[..at]),
            None => name,
        };
        let rate = match self.messages {
            1 => "–".to_owned(),
            // As many intervals as messages but one.
            messages => figures::rate(per_second(messages - 1, self.last.since(self.first))),
        };
        let mut cells = vec![name, figures::count(self.messages), rate];
        let size = |size: i64| figures::size(size.unsigned_abs());
        let sizes = self.sizes.percentiles();
        cells.extend(sizes.map_or_else(none, |of| [size(of.p50), size(of.p99), size(of.max)]));
        if has_delays {
            let delays = self.delays.as_ref().and_then(Spread::percentiles);
            cells.extend(delays.map_or_else(none, |of| [of.p50, of.p99, of.max].map(delay)));
        }
        cells
    }
}

fn none() -> [String; 3] {
    ["–"; 3].map(String::from)
}

/// Formats a delay, which is negative if the sender's clock is ahead.
fn delay(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let duration = figures::duration(Duration::from_micros(micros.unsigned_abs()));
    format!("{sign}{duration}")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate is shown with a few digits"
)]
fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-6)
}

/// Returns a table whose first column is aligned to the left, and all others to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            // Writing to a string does not fail.
            let _ = match column {
                0 => write!(out, "{cell:<0$}", widths[0]),
                _ => write!(out, "  {cell:>0$}", widths[column]),
            };
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let row = |cells: [&str; 2]| cells.map(String::from).to_vec();
        let table = aligned(&[row(["channel", "n"]), row(["é", "1,000"])]);
        assert_eq!(table, "channel      n\né        1,000\n");
    }
}
