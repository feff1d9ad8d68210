//! Runs the screen on a terminal, and what is behind it, for every command that has one.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use subscope::app::{
    Alert, App, CommandRequest, DecoderRequest, EditRequest, Effect, Event, Kept, Settings,
};
use subscope::message::{Time, Topic};
use subscope::payload::escape::whole;
use subscope::recording::RecordingFile;
use subscope::runtime::{self, Host, Inputs};
use subscope::server::Config;
use subscope::terminal::backend::Screen;
use subscope::terminal::signals::Signals;
use subscope::terminal::{Session, TerminalEvent, Tty, input};
use subscope::workers::decode::Question;
use subscope::workers::scan::Scanner;
use subscope::workers::{Worker, analysis, decode, scan};
use tokio::runtime::Builder;
use tokio::sync::mpsc::{self, Sender};
use tokio::task::block_in_place;

use super::alert_command::AlertCommands;
use super::clipboard::Clipboard;
use super::export::Exports;
use super::processes::Processes;
use super::recorder::Recordings;
use super::source::{Origin, Source};
use super::stats::StatsFile;
use super::tty::{self, TerminalOptions, translate};
use super::user_command::Commands;
use super::user_decoder::UserDecoders;
use super::{Failure, history, report, state, stats};

/// Maximum number of batches queued for the loop; the subscriber keeps any others in its own queue.
const FEED_ROOM: usize = 16;

/// Maximum number of input events queued for the loop.
const INPUT_ROOM: usize = 256;

/// Maximum number of worker answers queued for the loop; when the queue is full, the workers wait.
const ANSWER_ROOM: usize = 64;

/// What to watch, and how.
pub struct Job {
    /// The initial settings of the screen.
    pub settings: Settings,
    /// How to connect. The topics to subscribe to are in `topics`.
    pub server: Config,
    pub topics: Vec<Topic>,
    /// A warning shown at the start.
    pub warning: Option<String>,
    pub terminal: TerminalOptions,
    /// The file for the counters and timings of the run.
    pub stats: Option<PathBuf>,
}

/// How to show messages, wherever they come from.
pub struct Show {
    /// The initial settings of the screen.
    pub settings: Settings,
    /// A warning shown at the start.
    pub warning: Option<String>,
    pub terminal: TerminalOptions,
    /// The file for the counters and timings of the run.
    pub stats: Option<PathBuf>,
}

/// Shows the messages of a server until the user quits. Returns the exit code.
pub async fn run(job: Job) -> Result<u8, Failure> {
    let show = Show {
        settings: job.settings,
        warning: job.warning,
        terminal: job.terminal,
        stats: job.stats,
    };
    let origin = Origin::Server {
        config: Box::new(job.server),
        topics: job.topics,
    };
    Box::pin(show_from(show, origin)).await
}

/// Shows recordings until the user quits. Returns the exit code.
pub async fn open(show: Show, files: Vec<RecordingFile>) -> Result<u8, Failure> {
    Box::pin(show_from(show, Origin::Recording(files))).await
}

/// Shows messages until the user quits. Returns the exit code.
async fn show_from(show: Show, mut origin: Origin) -> Result<u8, Failure> {
    let started = Instant::now();
    let stats_file = show.stats.as_deref().map(StatsFile::new).transpose()?;
    let signals = Signals::listen().map_err(Failure::other)?;
    let (session, mut terminal) = tty::enter(show.terminal)?;
    let size = terminal.size().map_err(Failure::other)?.into();
    if let Some(file) = &stats_file {
        file.begin();
    }

    let settings = Settings {
        theme: terminal.backend().theme(),
        ..show.settings
    };
    let clipboard = settings.clipboard.clone();
    let (app, kept) = create_app(settings, origin.take_topics(), show.warning, size);
    let (feed_tx, feed_rx) = mpsc::channel(FEED_ROOM);
    let (answer_tx, answer_rx) = mpsc::channel(ANSWER_ROOM);
    let source = origin.start(&app, feed_tx, answer_tx.clone());
    let source = source.map_err(Failure::other)?;
    let counters = source.counters();

    let (event_tx, input_rx) = mpsc::channel(INPUT_ROOM);
    let escape_time = show.terminal.escape_time;
    pass_on_input(escape_time, event_tx.clone()).map_err(Failure::other)?;
    let tty = session.writer();
    let clipboard = Clipboard::new(clipboard, answer_tx.clone());
    let host = TerminalHost::start(session, source, clipboard, answer_tx);
    let mut host = host.map_err(Failure::other)?;
    let is_abandoned = Arc::clone(&host.exports.is_abandoned);
    let signalling = tokio::spawn(pass_on_signals(signals, tty, event_tx, is_abandoned));
    let inputs = Inputs {
        input_rx,
        answer_rx,
        feed_rx,
    };
    let result = run_loop(runtime::run(app, &mut terminal, &mut host, inputs));
    host.session.leave();
    host.stop().await;
    signalling.abort();

    let outcome = result
        .map_err(Failure::other)?
        .map_err(|error| tty::failed(&error))?;
    keep(&kept, &outcome.app);
    if let Some(file) = &stats_file {
        let output = terminal.backend().output();
        stats::write(file, &outcome, &counters, output, started.elapsed())?;
    }
    tty::exit_code(outcome.app.session().ending.as_ref())
}

/// Creates the app with the state saved by earlier runs. Also returns that state, so that later
/// changes can be detected.
fn create_app(
    settings: Settings,
    topics: Vec<Topic>,
    warning: Option<String>,
    size: (u16, u16),
) -> (App, Kept) {
    let (kept, damage) = state::load();
    let settings = Settings {
        queries: history::load(),
        ..kept.apply(settings)
    };
    let mut app = App::new(settings, topics, size, Time::now());
    let warnings: Vec<String> = warning.into_iter().chain(damage).collect();
    if !warnings.is_empty() {
        app.update(Event::Failed(warnings.join("; ")), Time::now());
    }
    let kept = app.kept();
    (app, kept)
}

/// Saves the state for the next run. If that fails, prints a message, but the run still counts as
/// successful.
fn keep(before: &Kept, app: &App) {
    if let Err(error) = state::save(before, &app.kept()) {
        report(state::not_saved(&error));
    }
}

/// Runs the loop on this thread with its own runtime, so that keys and frames do not wait for the
/// thread that reads from Redis, which may have to wait 50 ms for a core.
fn run_loop<R>(looping: impl Future<Output = R>) -> io::Result<R> {
    block_in_place(|| {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        Ok(runtime.block_on(looping))
    })
}

/// Starts the thread that reads terminal input and forwards it to the loop.
fn pass_on_input(escape_time: Duration, event_tx: Sender<Event>) -> io::Result<()> {
    let tell = move |event| match translate(event) {
        Some(event) => event_tx.blocking_send(event).is_ok(),
        None => true,
    };
    input::spawn(escape_time, tell).map(drop)
}

/// Saves the query in the history. Returns an event if that fails.
fn remember(query: &str) -> Option<Event> {
    let error = history::append(query).err()?;
    Some(Event::Failed(format!("query not saved: {error}")))
}

/// Forwards signals until the loop ends. After that, a signal abandons the exports.
async fn pass_on_signals(
    mut signals: Signals,
    tty: Tty,
    event_tx: Sender<Event>,
    is_abandoned: Arc<AtomicBool>,
) {
    loop {
        let signal = signals.next().await;
        // While another program has the terminal, Ctrl-C and Ctrl-\ are meant for that program.
        if tty.is_lent() && signal.is_from_keyboard() && !event_tx.is_closed() {
            continue;
        }
        if let Some(event) = translate(TerminalEvent::Signal(signal))
            && event_tx.send(event).await.is_err()
            && signal.exit_code().is_some()
        {
            is_abandoned.store(true, Ordering::Relaxed);
        }
    }
}

/// The part of the program that performs the effects that the app returns.
struct TerminalHost {
    session: Session,
    source: Source,
    scanner: Scanner,
    decoder: Worker<Question>,
    analyst: Worker<analysis::Request>,
    exports: Exports,
    recordings: Recordings,
    processes: Processes,
    alert_commands: AlertCommands,
    clipboard: Clipboard,
    commands: Commands,
    user_decoders: UserDecoders,
}

impl TerminalHost {
    /// Starts the worker threads, which send their answers through `answer_tx`.
    fn start(
        session: Session,
        source: Source,
        clipboard: Clipboard,
        answer_tx: Sender<Event>,
    ) -> io::Result<Self> {
        let analysed_tx = answer_tx.clone();
        let decoded_tx = answer_tx.clone();
        let exports = Exports::new(answer_tx.clone());
        let recordings = Recordings::new(answer_tx.clone());
        let alert_commands = AlertCommands::new(answer_tx.clone());
        let commands = Commands::new(answer_tx.clone());
        let user_decoders = UserDecoders::new(answer_tx.clone());
        let analyst = analysis::start(move |answer| {
            analysed_tx.blocking_send(Event::Analysed(answer)).is_ok()
        })?;
        let decoder = decode::start(move |answer| {
            let event = match answer {
                decode::Answer::Decoded(message) => Event::Decoded(message),
                decode::Answer::Found(found) => Event::Found(found),
                decode::Answer::Sampled(sample) => Event::Sampled(sample),
            };
            decoded_tx.blocking_send(event).is_ok()
        })?;
        let scanner =
            scan::start(move |answer| answer_tx.blocking_send(Event::Scanned(answer)).is_ok())?;
        Ok(Self {
            session,
            source,
            scanner,
            decoder,
            analyst,
            exports,
            recordings,
            processes: Processes::default(),
            alert_commands,
            clipboard,
            commands,
            user_decoders,
        })
    }

    /// Passes a message to a decoder of the user's own.
    fn decode_by_user(&mut self, request: DecoderRequest) -> Option<Event> {
        self.user_decoders.decode(request, &mut self.processes)
    }

    /// Starts a user-defined command.
    fn run_command(&mut self, request: CommandRequest) -> Option<Event> {
        let (session, processes) = (&self.session, &mut self.processes);
        self.commands.start(request, session, processes)
    }

    /// Opens text in the user's editor.
    fn edit_text(&mut self, request: EditRequest) -> Option<Event> {
        let (session, processes) = (&self.session, &mut self.processes);
        self.commands.edit(request, session, processes)
    }

    /// Waits for commands and exports to finish, and ends the server's tasks.
    async fn stop(self) {
        // A decoder ends once nothing can ask it.
        drop(self.user_decoders);
        self.processes.finish();
        self.recordings.finish(&self.exports.is_abandoned);
        self.exports.finish();
        self.source.stop().await;
    }
}

impl Host<Screen<Tty>> for TerminalHost {
    fn perform(
        &mut self,
        effect: Effect,
        terminal: &mut Terminal<Screen<Tty>>,
    ) -> io::Result<Option<Event>> {
        match effect {
            Effect::Command(command) => self.source.command(command),
            Effect::Ask(ask) => self.source.ask(ask),
            Effect::Load(request) => self.source.load(request),
            Effect::Scan(request) => self.scanner.ask(request),
            Effect::Analyse(request) => self.analyst.ask(request),
            Effect::Decode(request) => self.decoder.ask(Question::Decode(request)),
            Effect::DecodeByUser(request) => return Ok(self.decode_by_user(request)),
            Effect::Search(search) => self.decoder.ask(Question::Search(search)),
            Effect::Sample(request) => self.decoder.ask(Question::Sample(request)),
            Effect::StopScan(watch) => self.scanner.stop(watch),
            Effect::Export(request) => return Ok(self.exports.start(*request)),
            Effect::StartRecording(request) => return Ok(Some(self.recordings.start(*request))),
            Effect::Record(rows) => return Ok(self.recordings.record(*rows)),
            Effect::StopRecording => return Ok(self.recordings.stop()),
            Effect::AbandonExports => self.exports.abandon(),
            Effect::RunCommand(request) => return Ok(self.run_command(*request)),
            Effect::EditText(request) => return Ok(self.edit_text(request)),
            Effect::StopCommand(id) => self.commands.stop(id),
            Effect::TakeTerminal => {
                self.commands.take_terminal(&self.session)?;
                terminal.clear()?;
            }
            Effect::Alert(Alert::Bell) => terminal.backend_mut().ring()?,
            Effect::Alert(Alert::Notification(text)) => {
                terminal.backend_mut().notify(&whole(text.as_bytes()))?;
            }
            Effect::Alert(Alert::Command { command, text }) => {
                let text = whole(text.as_bytes());
                let processes = &mut self.processes;
                return Ok(self.alert_commands.start(&command, &text, processes));
            }
            Effect::RememberQuery(query) => return Ok(remember(&query)),
            Effect::Copy(request) => {
                let (screen, processes) = (terminal.backend_mut(), &mut self.processes);
                return Ok(self.clipboard.copy(request, screen, processes));
            }
            Effect::Suspend if !Session::can_suspend() => {
                let words = "not suspended: there is no shell to return to";
                return Ok(Some(Event::Failed(words.to_owned())));
            }
            Effect::Suspend
            | Effect::Resume
            | Effect::Repaint
            | Effect::UseTheme(_)
            | Effect::SuitBackground(_) => {
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
