//! The program under test, connected to a server and running on its own terminal.

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

/// How long to wait before measuring, so that start-up work is done.
const REST: Duration = Duration::from_millis(300);

/// A running `subscope`.
pub struct Watching {
    /// Its terminal.
    pub pty: Pty,
    stats: PathBuf,
    /// Its memory in bytes (`VmRSS`) when the subscription became live.
    pub memory_at_start: u64,
}

impl Watching {
    /// Starts the program with `options` on a terminal of `size` (columns, rows), and waits until
    /// it is subscribed to every channel.
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

    /// Returns the process id.
    pub fn pid(&self) -> u32 {
        self.pty.pid()
    }

    /// Clicks on a line of the channel list, which selects the line and focuses the list. Line 0 is
    /// the pattern.
    pub fn click_channel(&mut self, line: u16) {
        // Skips the status line and the border; terminal rows count from 1.
        let row = line + 3;
        self.pty.send(format!("\x1b[<0;6;{row}M\x1b[<0;6;{row}m"));
    }

    /// Waits up to `timeout` for the screen to show this number of received messages. Returns
    /// whether it was shown.
    pub fn wait_for_received(&self, messages: u64, timeout: Duration) -> bool {
        let text = format!(" {} received", count(messages));
        self.pty
            .wait_up_to(timeout, |screen| screen.contents().contains(&text))
    }

    /// Quits and returns the counters and timings of the whole run.
    pub fn quit(mut self) -> Stats {
        self.pty.send("\x03\x03");
        self.pty.wait_for_exit();
        let text = fs::read_to_string(&self.stats).unwrap();
        Stats(serde_json::from_str(&text).unwrap())
    }
}

/// The output of `--stats`.
pub struct Stats(Value);

impl Stats {
    /// Returns the figure with this name.
    pub fn figure(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap()
    }

    /// Returns how many of the `messages` published messages were lost.
    pub fn lost(&self, messages: u64) -> Lost {
        let (received, dropped) = (self.figure("received"), self.figure("dropped"));
        Lost {
            // The program also counts dropped messages as received.
            messages: messages.saturating_sub(received) + dropped,
            dropped,
            gaps: self.figure("gaps"),
        }
    }
}

/// Published messages that are not in the log.
#[derive(Clone, Copy, Debug)]
pub struct Lost {
    /// The number of lost messages.
    pub messages: u64,
    /// How many of them were read and then dropped.
    pub dropped: u64,
    /// How many times the connection was lost.
    pub gaps: u64,
}

impl Lost {
    /// Returns whether every message arrived and the connection was never lost.
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
