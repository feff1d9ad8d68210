//! The screen on a terminal, with the server tasks behind it: what every watching command runs.

use std::env;
use std::os::unix::ffi::OsStrExt as _;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::timeout;

use super::{Failure, history, stats};
use crate::app::{Alert, App, Effect, Event, Settings};
use crate::cli;
use crate::log::PayloadLimit;
use crate::message::{Time, Topic};
use crate::payload::escape::whole;
use crate::payload::figures::{Clock, Zone};
use crate::query::{Moment, Query};
use crate::runtime::{self, Host, Inputs};
use crate::scan::{self, Scanner};
use crate::server::{self, Address, Config, Endpoint, Server};
use crate::terminal::backend::{Colours, Screen};
use crate::terminal::signals::Signals;
use crate::terminal::{Session, Signal, TerminalError, TerminalEvent, Tty, input};

/// Batches that may wait for the loop; past that the subscriber holds them itself.
const FEED_ROOM: usize = 16;

/// How long to wait to be told what ended the program, if anything from outside did.
const ENDING_WITHIN: Duration = Duration::from_millis(50);

/// Keys that may wait for the loop.
const INPUT_ROOM: usize = 256;

/// What to watch, and how.
pub(super) struct Job {
    /// What to say beside the address.
    pub note: String,
    pub endpoint: Endpoint,
    pub topics: Vec<Topic>,
    pub until: Option<Box<[u8]>>,
    pub options: cli::Screen,
}

/// Answers of scans that may wait for the loop; past that the scan waits.
const ANSWER_ROOM: usize = 64;

/// Shows the screen until the person quits. Gives the code to exit with.
pub(super) async fn run(job: Job) -> Result<u8, Failure> {
    let started = Instant::now();
    let (filters, breakpoints) = queries(&job.options)?;
    let signals = Signals::listen().map_err(Failure::other)?;
    let session = Session::enter(!job.options.no_mouse).map_err(|error| match error {
        TerminalError::NotATerminal => Failure::usage(error),
        TerminalError::Refused(_) => Failure::other(error),
    })?;
    let colours = Colours::from_no_color(env::var_os("NO_COLOR").as_deref());
    let backend = Screen::new(session.writer(), colours);
    let mut terminal = Terminal::new(backend).map_err(Failure::other)?;
    let size = terminal.size().map_err(Failure::other)?;

    let settings = settings(&job, filters, breakpoints);
    let app = App::new(settings, job.topics, (size.width, size.height), Time::now());
    let (feed_tx, feed_rx) = mpsc::channel(FEED_ROOM);
    let mut config = Config::new(job.endpoint);
    config.subscriptions = app.first_subscriptions();
    config.until = job.until;
    config.read_only = job.options.read_only;
    config.payload_limit = PayloadLimit::within(job.options.keep);
    let server = server::start(config, feed_tx);
    let counters = server.counters();

    let (event_tx, event_rx) = mpsc::channel(INPUT_ROOM);
    let (terminal_tx, terminal_rx) = mpsc::channel(INPUT_ROOM);
    input::spawn(terminal_tx).map_err(Failure::other)?;
    let listening = tokio::spawn(listen(terminal_rx, signals, event_tx));
    let (answer_tx, answer_rx) = mpsc::channel(ANSWER_ROOM);
    let scanner = scan::start(move |answer| answer_tx.blocking_send(answer).is_ok());
    let mut desk = Desk {
        session,
        server,
        scanner: scanner.map_err(Failure::other)?,
    };
    let inputs = Inputs {
        input_rx: event_rx,
        answer_rx,
        feed_rx,
    };
    let result = runtime::run(app, &mut terminal, &mut desk, inputs).await;
    desk.session.leave();
    desk.server.stop().await;
    // It ends right after the event that ended the loop, or else waits for input in vain.
    let ending = timeout(ENDING_WITHIN, listening).await;
    let ending = ending.ok().and_then(Result::ok).flatten();

    let outcome = result.map_err(|error| Failure::other(format!("the terminal: {error}")))?;
    if let Some(path) = &job.options.stats {
        let output = terminal.backend().output();
        stats::write(path, &outcome, &counters, output, started.elapsed())?;
    }
    match ending {
        Some(Ending::Signal(signal)) => Ok(signal.exit_code().unwrap_or(0)),
        Some(Ending::InputLost(why)) => Err(Failure::other(format!(
            "the terminal gives no input any more: {why}"
        ))),
        None => Ok(0),
    }
}

/// What the screen is told at the start.
fn settings(job: &Job, filters: Vec<Query>, breakpoints: Vec<Query>) -> Settings {
    Settings {
        address: job.endpoint.to_string(),
        redis_cli: redis_cli(job.endpoint.address()),
        note: job.note.clone(),
        read_only: job.options.read_only,
        keep: job.options.keep,
        filters,
        breakpoints,
        queries: history::load(),
    }
}

/// The queries to filter by and those to stop at.
fn queries(options: &cli::Screen) -> Result<(Vec<Query>, Vec<Query>), Failure> {
    let now = Time::now();
    let utc_offset = Clock::new(Zone::Local).utc_offset(now);
    let moment = Moment { now, utc_offset };
    let parse = |option: &str, text: &String| {
        let shown = whole(text.as_bytes());
        match Query::parse(text, &moment) {
            Ok(query) if query.is_everything() => Err(Failure::usage(format!(
                "{option} {shown:?} asks for nothing: give a query, such as 'error'"
            ))),
            Ok(query) => Ok(query),
            Err(error) => {
                let place = error.place(text).map(|place| format!(", {place}"));
                let place = whole(place.unwrap_or_default().as_bytes());
                Err(Failure::usage(format!(
                    "{option} {shown:?}{place}: {error}"
                )))
            }
        }
    };
    let filters = options.filter.iter().map(|text| parse("--filter", text));
    let breakpoints = options.breakpoint.iter().map(|text| parse("--break", text));
    Ok((
        filters.collect::<Result<_, _>>()?,
        breakpoints.collect::<Result<_, _>>()?,
    ))
}

/// What ended the program from outside.
enum Ending {
    Signal(Signal),
    InputLost(String),
}

/// How redis-cli reaches the same server; who asks and with which password is left to the person.
fn redis_cli(address: &Address) -> String {
    match address {
        Address::Tcp { host, port } => format!("redis-cli -h {host} -p {port}"),
        Address::Unix(path) => format!("redis-cli -s {}", whole(path.as_os_str().as_bytes())),
    }
}

/// Turns what comes from the terminal into the app's events, until one ends the program. Gives
/// that one.
async fn listen(
    mut terminal_rx: Receiver<TerminalEvent>,
    mut signals: Signals,
    event_tx: Sender<Event>,
) -> Option<Ending> {
    loop {
        let event = tokio::select! {
            biased;
            signal = signals.next() => TerminalEvent::Signal(signal),
            Some(event) = terminal_rx.recv() => event,
        };
        let ending = match &event {
            TerminalEvent::Signal(signal) if signal.exit_code().is_some() => {
                Some(Ending::Signal(*signal))
            }
            TerminalEvent::InputLost(why) => Some(Ending::InputLost(why.clone())),
            _ => None,
        };
        let Some(event) = translate(event) else {
            continue;
        };
        // The loop is gone only when the program ends.
        let is_closed = event_tx.send(event).await.is_err();
        if is_closed || ending.is_some() {
            return ending;
        }
    }
}

fn translate(event: TerminalEvent) -> Option<Event> {
    use crossterm::event::Event as Input;
    Some(match event {
        TerminalEvent::Input(Input::Key(key)) => Event::Key(key),
        TerminalEvent::Input(Input::Mouse(mouse)) => Event::Mouse(mouse),
        TerminalEvent::Input(Input::Paste(text)) => Event::Paste(text),
        TerminalEvent::Input(Input::Resize(width, height)) => Event::Resize(width, height),
        TerminalEvent::Input(_) => return None,
        TerminalEvent::Signal(Signal::Suspend) => Event::Suspend,
        // Drawing asks for the size by itself. But a screen that was smaller for a moment and has
        // its old size again has lost what it showed.
        TerminalEvent::Signal(Signal::Resize) => Event::Redraw,
        TerminalEvent::Signal(Signal::Continue) => Event::Continued,
        TerminalEvent::Signal(_) | TerminalEvent::InputLost(_) => Event::Terminate,
    })
}

/// Does what the app asks for.
struct Desk {
    session: Session,
    server: Server,
    scanner: Scanner,
}

impl Host<Screen<Tty>> for Desk {
    fn perform(
        &mut self,
        effect: Effect,
        terminal: &mut Terminal<Screen<Tty>>,
    ) -> Result<Option<Event>, std::io::Error> {
        match effect {
            Effect::Command(command) => self.server.command(command),
            Effect::Ask(ask) => self.server.ask(ask),
            Effect::Scan(request) => self.scanner.ask(request),
            Effect::StopScan(watch) => self.scanner.stop(watch),
            Effect::Alert(Alert::Bell) => terminal.backend_mut().ring()?,
            Effect::Alert(Alert::Notification(words)) => {
                terminal.backend_mut().notify(&whole(words.as_bytes()))?;
            }
            Effect::RememberQuery(query) => {
                if let Err(error) = history::append(&query) {
                    let words = format!("the query is not kept for later runs: {error}");
                    return Ok(Some(Event::Failed(words)));
                }
            }
            Effect::Copy(bytes) => {
                if let Err(error) = terminal.backend_mut().copy(&bytes) {
                    return Ok(Some(Event::Failed(format!("not copied: {error}"))));
                }
            }
            Effect::Suspend => {
                self.session.suspend()?;
                terminal.clear()?;
            }
            Effect::Resume => {
                self.session.resume()?;
                terminal.clear()?;
            }
            Effect::Repaint => terminal.clear()?,
            Effect::Quit => {}
        }
        Ok(None)
    }

    fn written(&self, terminal: &Terminal<Screen<Tty>>) -> u64 {
        terminal.backend().output().bytes
    }
}
