//! `subscope channels`: lists who is subscribed to what.

mod table;

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use subscope::app::connection_words;
use subscope::server::{Census, NodeCensus};
use subscope::terminal::signals::Signals;
use tokio::select;
use tokio::time::{Instant, sleep};

use self::table::Table;
use super::job::prepare;
use super::sending::ending;
use crate::cli::{Channels, ChannelsForm};
use crate::host::output::{self, Written};
use crate::host::{Failure, report, tty};

/// The shortest time between two counts.
const EVERY: Duration = Duration::from_secs(1);

/// After a count, the pause is at least this many times as long as it took, because its cost grows
/// with the number of channels.
const PAUSE_FACTOR: u32 = 50;

/// Clears the terminal and moves to its start.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// Lists the channels. Returns the exit code.
pub async fn run(mut channels: Channels) -> Result<u8, Failure> {
    let is_terminal = io::stdout().is_terminal();
    if channels.watch && !is_terminal {
        return Err(Failure::usage("--watch requires a terminal"));
    }
    let job = match prepare(channels.take_watch()).await? {
        ControlFlow::Continue(job) => job,
        ControlFlow::Break(exit_code) => return Ok(exit_code),
    };
    let address = job.settings.address;
    let pattern = channels.pattern.as_ref();
    let mut list = List {
        address,
        pattern: pattern.map_or_else(|| b"*".to_vec(), |pattern| pattern.as_bytes().to_vec()),
        shows_nodes: channels.nodes,
    };
    let mut signals = Signals::listen().map_err(Failure::other)?;
    let work = async {
        let census = Census::connect(job.server).await;
        let mut census = census.map_err(|error| Failure::unconnected(&list.address, &error))?;
        if channels.watch {
            return list.watch(&mut census).await;
        }
        let form = channels.output.unwrap_or(if is_terminal {
            ChannelsForm::Pretty
        } else {
            ChannelsForm::Json
        });
        list.once(&mut census, form).await
    };
    select! {
        result = work => result,
        exit_code = ending(&mut signals) => Ok(exit_code),
    }
}

/// What to list.
struct List {
    address: String,
    pattern: Vec<u8>,
    shows_nodes: bool,
}

impl List {
    /// Counts and writes once.
    async fn once(&mut self, census: &mut Census, form: ChannelsForm) -> Result<u8, Failure> {
        let (table, errors) = self.count(census).await?;
        for error in &errors {
            report(error);
        }
        let text = match form {
            ChannelsForm::Pretty => table.pretty(self.shows_nodes),
            ChannelsForm::Json => table.json(self.shows_nodes),
        };
        output::write(&text)?;
        Ok(u8::from(!errors.is_empty()))
    }

    /// Counts and draws again and again.
    async fn watch(&mut self, census: &mut Census) -> Result<u8, Failure> {
        loop {
            let started = Instant::now();
            let mut text = CLEAR.to_owned();
            match self.count(census).await {
                Ok((table, errors)) => {
                    let (columns, rows) = tty::output_size();
                    let lines = table.lines(self.shows_nodes, usize::from(columns));
                    let room = usize::from(rows).saturating_sub(errors.len() + 2);
                    let left_out = lines.len().saturating_sub(room);
                    for line in errors.iter().chain(lines.iter().take(room)) {
                        let _ = writeln!(text, "{line}");
                    }
                    if left_out > 0 {
                        let _ = write!(text, "… {left_out} more; name a PATTERN to see fewer");
                    }
                }
                // The next attempt may succeed.
                Err(failure) => text += &failure.to_string(),
            }
            if output::write(text.as_bytes())? == Written::NoReader {
                return Ok(0);
            }
            sleep((started.elapsed() * PAUSE_FACTOR).max(EVERY)).await;
        }
    }

    /// Returns the counts, and why some nodes are missing in them. Fails if all are.
    async fn count(&self, census: &mut Census) -> Result<(Table, Vec<String>), Failure> {
        let answers = census.take(&self.pattern).await;
        let answers = answers.map_err(|error| Failure::unconnected(&self.address, &error))?;
        let mut nodes: Vec<NodeCensus> = Vec::new();
        let mut errors = Vec::new();
        for (node, answer) in answers {
            match answer {
                Ok(counted) => nodes.push(counted),
                Err(error) => errors.push(format!("{node}: {}", connection_words(&error))),
            }
        }
        if nodes.is_empty() {
            return Err(Failure::other(errors.join("; ")));
        }
        let errors = errors.into_iter();
        let errors = errors.map(|error| format!("{error}; its subscribers are not counted"));
        Ok((Table::new(&nodes), errors.collect()))
    }
}
