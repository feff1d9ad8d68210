//! The program under test, watching a server on a terminal of its own.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use subscope::payload::figures::count;

use crate::bench::Bench;
use crate::process;
use crate::support::pty::{Launch, Pty};
use crate::support::redis::Redis;

/// How long it rests before it is measured, so that what follows the start is over.
const REST: Duration = Duration::from_millis(300);

/// `subscope` at work.
pub struct Watching {
    /// Its terminal.
    pub pty: Pty,
    stats: PathBuf,
    /// Its memory in bytes when the subscription was live.
    pub memory_at_start: u64,
}

impl Watching {
    /// Starts it with `options` on a terminal of this many columns and rows, and waits until it
    /// listens to every channel.
    pub fn start(bench: &mut Bench, redis: &Redis, options: &[&str], size: (u16, u16)) -> Self {
        let (columns, rows) = size;
        let given = [&["-u redis://127.0.0.1:PORT --stats FILE"], options].concat();
        bench.report.ran(format!(
            "subscope {}   (terminal {columns}×{rows})",
            given.join(" ")
        ));
        let stats = bench.directory.path().join("stats.json");
        let url = redis.url();
        let common = ["-u", &url, "--stats", stats.to_str().unwrap()];
        let arguments = [&common[..], options].concat();
        let pty = Launch::program(&bench.program, &arguments)
            .size(columns, rows)
            .start();
        pty.wait_for_text("subscribed to pattern *");
        thread::sleep(REST);
        let memory_at_start = process::memory(pty.pid(), "VmRSS");
        Self {
            pty,
            stats,
            memory_at_start,
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pty.pid()
    }

    /// Clicks on a line of the channel list, the first of which is the pattern. That selects it
    /// and gives the list the focus.
    pub fn click_channel(&mut self, line: u16) {
        // Below the status line and the border, counted from 1.
        let row = line + 3;
        self.pty.send(format!("\x1b[<0;6;{row}M\x1b[<0;6;{row}m"));
    }

    /// Waits until the screen says that this many messages were received, for `patience` at most.
    /// Says whether it does.
    pub fn wait_for_received(&self, messages: u64, patience: Duration) -> bool {
        let text = format!(" {} received", count(messages));
        self.pty
            .wait_up_to(patience, |screen| screen.contents().contains(&text))
    }

    /// Quits, and gives the counters and timings of the whole run.
    pub fn quit(mut self) -> Stats {
        self.pty.send("\x03\x03");
        self.pty.wait_for_exit();
        let text = fs::read_to_string(&self.stats).unwrap();
        Stats(serde_json::from_str(&text).unwrap())
    }
}

/// What `--stats` wrote.
pub struct Stats(Value);

impl Stats {
    /// The figure of this name.
    pub fn figure(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap()
    }

    /// What was lost of so many messages.
    pub fn lost(&self, messages: u64) -> Lost {
        let (received, dropped) = (self.figure("received"), self.figure("dropped"));
        Lost {
            // What was dropped counts as received.
            messages: messages.saturating_sub(received) + dropped,
            dropped,
            gaps: self.figure("gaps"),
        }
    }
}

/// Messages that were published and are not in the log.
#[derive(Clone, Copy, Debug)]
pub struct Lost {
    /// How many.
    pub messages: u64,
    /// Those of them that were read and then dropped.
    pub dropped: u64,
    /// How often the connection was lost.
    pub gaps: u64,
}

impl Lost {
    /// Whether every message is there, and the connection was never lost.
    pub fn is_nothing(self) -> bool {
        self.messages == 0 && self.gaps == 0
    }
}

impl Display for Lost {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", count(self.messages))?;
        if self.dropped > 0 {
            write!(formatter, ", {} of them dropped", count(self.dropped))?;
        }
        if self.gaps > 0 {
            write!(formatter, ", {} × cut off by the server", self.gaps)?;
        }
        Ok(())
    }
}
