//! Runs the screen on a terminal with the server tasks behind it, for every command that watches.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{self, Sender};
use tokio::task::block_in_place;

use super::decode_options::{self, DecodeSettings};
use super::stats::StatsFile;
use super::target::LoadedTls;
use super::tty::{self, Ending, translate};
use super::{Failure, checks, history, queries, redis_cli, stats};
use crate::analysis::{self, Analyst};
use crate::app::{Alert, App, Badge, Effect, Event, RedisCli, Settings};
use crate::cli;
use crate::decoding::{self, Decoder, Question};
use crate::log::{Batch, PayloadLimit};
use crate::message::{Notice, Time, Topic};
use crate::payload::escape::whole;
use crate::runtime::{self, Host, Inputs};
use crate::scan::{self, Scanner};
use crate::server::{self, Config, Feed, Server, Target};
use crate::terminal::backend::Screen;
use crate::terminal::signals::Signals;
use crate::terminal::{Session, TerminalEvent, Tty, input};

/// Maximum number of batches queued for the loop; beyond that the subscriber keeps them itself.
const FEED_ROOM: usize = 16;

/// Maximum number of key events queued for the loop.
const INPUT_ROOM: usize = 256;

/// What to watch, and how.
pub(super) struct Job {
    /// The profile, if one was requested.
    pub profile: Option<Badge>,
    /// The note shown beside the address.
    pub note: String,
    /// A warning shown at the start that does not stop anything.
    pub warning: Option<String>,
    pub target: Target,
    /// The loaded TLS settings, if the target uses TLS.
    pub tls: Option<LoadedTls>,
    pub topics: Vec<Topic>,
    pub until: Option<Box<[u8]>>,
    pub options: cli::Screen,
    /// A notice for the log that arrives at most once, from elsewhere than the server.
    pub notice: Option<ComingNotice>,
}

/// A notice that may arrive.
pub(super) type ComingNotice = Pin<Box<dyn Future<Output = Option<Notice>> + Send>>;

/// Maximum number of worker answers queued for the loop; beyond that the workers wait.
const ANSWER_ROOM: usize = 64;

/// Shows the screen until the user quits. Returns the exit code.
pub(super) async fn run(job: Job) -> Result<u8, Failure> {
    let started = Instant::now();
    let blame = |option| move |words| Failure::usage(format!("{option} {words}"));
    let filters = queries::read(&job.options.filter, blame("--filter"))?;
    let breakpoints = queries::read(&job.options.breakpoint, blame("--break"))?;
    let blame = |option: &str, words| Failure::usage(format!("--{option} {words}"));
    let checks = checks::read(&job.options.checks, blame)?;
    let decode = decode_options::read(&job.options.decode, blame)?;
    let options = job.options.clone();
    let stats_file = options.stats.as_deref().map(StatsFile::new).transpose()?;
    let signals = Signals::listen().map_err(Failure::other)?;
    let (session, mut terminal) = tty::enter(!job.options.no_mouse, job.options.ascii)?;
    let size = terminal.size().map_err(Failure::other)?;
    if let Some(file) = &stats_file {
        file.begin();
    }

    let settings = Settings {
        filters,
        breakpoints,
        checks,
        ..settings(&job, decode)
    };
    let mut app = App::new(settings, job.topics, (size.width, size.height), Time::now());
    if let Some(warning) = job.warning {
        app.update(Event::Failed(warning), Time::now());
    }
    let (feed_tx, feed_rx) = mpsc::channel(FEED_ROOM);
    let mut config = Config::new(job.target);
    config.tls = job.tls.map(|loaded| loaded.tls);
    config.subscriptions = app.first_subscriptions();
    config.until = job.until;
    config.read_only = job.options.read_only;
    config.payload_limit = PayloadLimit::within(job.options.memory());
    let noticing = job
        .notice
        .map(|notice| tokio::spawn(pass_on_notice(notice, feed_tx.clone())));
    let server = server::start(config, feed_tx);
    let counters = server.counters();

    let (event_tx, event_rx) = mpsc::channel(INPUT_ROOM);
    let ending = Arc::<OnceLock<Ending>>::default();
    let escape_time = job.options.escape_time();
    pass_on_input(escape_time, event_tx.clone(), Arc::clone(&ending)).map_err(Failure::other)?;
    let signalling = tokio::spawn(pass_on_signals(signals, event_tx, Arc::clone(&ending)));
    let (answer_tx, answer_rx) = mpsc::channel(ANSWER_ROOM);
    let decoded_tx = answer_tx.clone();
    let analysed_tx = answer_tx.clone();
    let tell = move |answer| analysed_tx.blocking_send(Event::Analysed(answer)).is_ok();
    let analyst = analysis::start(tell).map_err(Failure::other)?;
    let tell = move |answer| {
        let event = match answer {
            decoding::Answer::Read(message) => Event::Decoded(message),
            decoding::Answer::Found(found) => Event::Found(found),
        };
        decoded_tx.blocking_send(event).is_ok()
    };
    let decoder = decoding::start(tell).map_err(Failure::other)?;
    let tell = move |answer| answer_tx.blocking_send(Event::Scanned(answer)).is_ok();
    let scanner = scan::start(tell);
    let mut desk = Desk {
        session,
        server,
        scanner: scanner.map_err(Failure::other)?,
        decoder,
        analyst,
    };
    let inputs = Inputs {
        input_rx: event_rx,
        answer_rx,
        feed_rx,
    };
    let result = run_loop(runtime::run(app, &mut terminal, &mut desk, inputs));
    desk.session.leave();
    signalling.abort();
    if let Some(noticing) = noticing {
        noticing.abort();
    }
    desk.server.stop().await;

    let outcome = result
        .map_err(Failure::other)?
        .map_err(|error| tty::failed(&error))?;
    if let Some(file) = &stats_file {
        let output = terminal.backend().output();
        stats::write(file, &outcome, &counters, output, started.elapsed())?;
    }
    match ending.get() {
        Some(ending) => ending.exit_code(),
        None => Ok(0),
    }
}

/// Returns the app's initial settings.
fn settings(job: &Job, decode: DecodeSettings) -> Settings {
    let tls = job.tls.as_ref().map(|loaded| &loaded.settings);
    Settings {
        profile: job.profile.clone(),
        address: job.target.to_string(),
        is_insecure: tls.is_some_and(|tls| tls.is_insecure),
        redis_cli: match &job.target {
            // Publishing at a sentinel reaches no channel of the master.
            Target::Sentinel(_) => RedisCli::default(),
            target => redis_cli::options(target.any_address(), tls),
        },
        note: job.note.clone(),
        read_only: job.options.read_only,
        keep: job.options.memory(),
        queries: history::load(),
        lenses: decode.lenses,
        message_types: decode.message_types,
        known_types: decode.known_types,
        ..Settings::default()
    }
}

/// Runs the loop on this thread with a runtime of its own, so that keys and due frames do not wait
/// for the thread that reads from Redis, which may be without a core for 50 ms.
fn run_loop<R>(looping: impl Future<Output = R>) -> io::Result<R> {
    block_in_place(|| {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        Ok(runtime.block_on(looping))
    })
}

/// Starts the thread that reads terminal input and forwards it to the loop.
fn pass_on_input(
    escape_time: Duration,
    event_tx: Sender<Event>,
    ending: Arc<OnceLock<Ending>>,
) -> io::Result<()> {
    let tell = move |event| match translate(event, &ending) {
        Some(event) => event_tx.blocking_send(event).is_ok(),
        None => true,
    };
    input::spawn(escape_time, tell).map(drop)
}

/// Forwards the notice once it arrives.
async fn pass_on_notice(notice: ComingNotice, feed_tx: Sender<Feed>) {
    if let Some(notice) = notice.await {
        let mut batch = Box::<Batch>::default();
        batch.push_notice(Time::now(), notice);
        // Sending fails only if the loop has ended.
        let _ = feed_tx.send(Feed::Batch(batch)).await;
    }
}

/// Forwards signals until the loop ends.
async fn pass_on_signals(
    mut signals: Signals,
    event_tx: Sender<Event>,
    ending: Arc<OnceLock<Ending>>,
) {
    loop {
        let signal = TerminalEvent::Signal(signals.next().await);
        if let Some(event) = translate(signal, &ending)
            && event_tx.send(event).await.is_err()
        {
            return;
        }
    }
}

/// Performs the effects that the app returns.
struct Desk {
    session: Session,
    server: Server,
    scanner: Scanner,
    decoder: Decoder,
    analyst: Analyst,
}

impl Host<Screen<Tty>> for Desk {
    fn perform(
        &mut self,
        effect: Effect,
        terminal: &mut Terminal<Screen<Tty>>,
    ) -> io::Result<Option<Event>> {
        match effect {
            Effect::Command(command) => self.server.command(command),
            Effect::Ask(ask) => self.server.ask(ask),
            Effect::Scan(request) => self.scanner.ask(request),
            Effect::Analyse(request) => self.analyst.ask(request),
            Effect::Decode(request) => self.decoder.ask(Question::Read(request)),
            Effect::Search(search) => self.decoder.ask(Question::Search(search)),
            Effect::StopScan(watch) => self.scanner.stop(watch),
            Effect::Alert(Alert::Bell) => terminal.backend_mut().ring()?,
            Effect::Alert(Alert::Notification(words)) => {
                terminal.backend_mut().notify(&whole(words.as_bytes()))?;
            }
            Effect::RememberQuery(query) => {
                if let Err(error) = history::append(&query) {
                    let words = format!("query not saved: {error}");
                    return Ok(Some(Event::Failed(words)));
                }
            }
            Effect::Copy(bytes) => {
                if let Err(error) = terminal.backend_mut().copy(&bytes) {
                    return Ok(Some(Event::Failed(format!("not copied: {error}"))));
                }
            }
            Effect::Suspend | Effect::Resume | Effect::Repaint => {
                tty::perform(&effect, &self.session, terminal)?;
            }
            Effect::Quit => {}
        }
        Ok(None)
    }

    fn written(&self, terminal: &Terminal<Screen<Tty>>) -> u64 {
        terminal.backend().output().bytes
    }
}
