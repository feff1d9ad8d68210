//! Runs user-defined commands, each on its own thread.
//!
//! The channel and the time of the message are environment variables, and its payload is on the
//! standard input or in a file: nothing that comes from Redis becomes part of a command line. The
//! user's editor is run in the same way.

mod editor;
mod input;
mod private_file;

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use subscope::app::{
    CommandEnd, CommandInput, CommandNews, CommandRequest, CommandShow, EditRequest, EditorClosed,
    Event,
};
use subscope::payload::escape::whole;
use subscope::terminal::{Session, input as keyboard};
use tokio::sync::mpsc::Sender;

use self::input::Input;
use super::processes::{Job, Process, Processes};

/// Maximum size of the output in a pane, in bytes.
const MAX_OUTPUT: usize = 1 << 20;

/// How long a command in a pane may run.
const MAX_TIME: Duration = Duration::from_secs(60);

/// Starts and stops commands.
pub struct Commands {
    news_tx: Sender<Event>,
    /// The command whose output is in a pane, with its run number.
    in_pane: Option<(u64, Arc<Process>)>,
    /// Whether one has the terminal.
    is_terminal_lent: bool,
}

impl Commands {
    pub fn new(news_tx: Sender<Event>) -> Self {
        Self {
            news_tx,
            in_pane: None,
            is_terminal_lent: false,
        }
    }

    /// Starts a command. Hands over the terminal if the command needs it. Returns an event that
    /// says why if the command cannot be started.
    pub fn start(
        &mut self,
        request: CommandRequest,
        session: &Session,
        processes: &mut Processes,
    ) -> Option<Event> {
        let id = request.id;
        let had_terminal = request.command.show == CommandShow::Terminal;
        if had_terminal && self.is_terminal_lent {
            return Some(Event::Failed("another command has the terminal".to_owned()));
        }
        if had_terminal {
            self.lend_terminal(session);
        }
        let name = request.command.name.clone();
        let ended = move |end| {
            Event::Command(CommandNews::Ended {
                id,
                name,
                end,
                had_terminal,
            })
        };
        let words = whole(request.command.name.as_bytes());
        let (output_tx, end_tx) = (self.news_tx.clone(), self.news_tx.clone());
        let run = move |process: &Process| {
            let run = if had_terminal {
                run_on_terminal(&request, process)
            } else {
                run_in_pane(&request, process, &output_tx)
            };
            run.unwrap_or_else(|error| CommandEnd::NotStarted(error.to_string()))
        };
        let told = ended.clone();
        let report = move |process: &Process, end: CommandEnd| {
            if had_terminal {
                keep_last_words(process, &words, &end);
            }
            // Sending fails only if the loop has ended.
            let _ = end_tx.blocking_send(told(end));
        };
        let process = match processes.start("command", run, report) {
            Ok(process) => process,
            Err(error) => return Some(ended(CommandEnd::NotStarted(error.to_string()))),
        };
        if !had_terminal && let Some((_, previous)) = self.in_pane.replace((id, process)) {
            previous.stop(None);
        }
        None
    }

    /// Opens text in the user's editor, and hands over the terminal to it. Returns an event that
    /// says why if that fails.
    pub fn edit(
        &mut self,
        request: EditRequest,
        session: &Session,
        processes: &mut Processes,
    ) -> Option<Event> {
        let closed = |outcome, had_terminal| {
            Event::EditorClosed(EditorClosed {
                outcome,
                had_terminal,
            })
        };
        let editor = match editor::find() {
            Ok(editor) => editor,
            Err(why) => return Some(closed(Err(why), false)),
        };
        self.lend_terminal(session);
        let words = whole(editor.as_bytes());
        let run = move |process: &Process| editor::run(&editor, &request, process);
        let end_tx = self.news_tx.clone();
        let report = move |process: &Process, (end, file): editor::Outcome| {
            keep_last_words(process, &words, &end);
            let outcome = match end.trouble() {
                Some(trouble) => Err(format!("{words}: {trouble}")),
                None => file.map_err(|error| format!("cannot read what {words} wrote: {error}")),
            };
            // Sending fails only if the loop has ended.
            let _ = end_tx.blocking_send(closed(outcome, true));
        };
        match processes.start("editor", run, report) {
            Ok(_) => None,
            Err(error) => Some(closed(Err(format!("editor not started: {error}")), true)),
        }
    }

    /// Hands over the terminal to another program.
    fn lend_terminal(&mut self, session: &Session) {
        keyboard::pause();
        session.lend();
        self.is_terminal_lent = true;
    }

    /// Stops the command in the pane if its run number is `id`.
    pub fn stop(&mut self, id: u64) {
        if let Some((_, process)) = self.in_pane.take_if(|(run, _)| *run == id) {
            process.stop(None);
        }
    }

    /// Takes the terminal back from a program that has ended.
    pub fn take_terminal(&mut self, session: &Session) -> io::Result<()> {
        self.is_terminal_lent = false;
        // It was meant for the command. Replies to what taking back asks for arrive later.
        keyboard::discard_typed();
        session.take_back()?;
        keyboard::resume();
        Ok(())
    }
}

/// Runs a command and passes its output on, up to the limit.
fn run_in_pane(
    request: &CommandRequest,
    process: &Process,
    news_tx: &Sender<Event>,
) -> io::Result<CommandEnd> {
    let mut input = Input::prepare(request)?;
    let mut command = shell(request, &input);
    command.stdin(Stdio::null());
    let (id, mut left) = (request.id, MAX_OUTPUT);
    let mut take = |bytes: &[u8]| {
        let taken = bytes.len().min(left);
        left -= taken;
        if taken > 0 {
            let bytes = bytes[..taken].to_vec();
            let news = CommandNews::Output { id, bytes };
            // Sending fails only if the loop has ended.
            let _ = news_tx.blocking_send(Event::Command(news));
        }
        if taken < bytes.len() {
            process.stop(Some(CommandEnd::TooMuch(MAX_OUTPUT as u64)));
        }
    };
    process.run(Job {
        command,
        input: input.take_bytes(),
        max_time: Some(MAX_TIME),
        output: Some(&mut take),
        leaves_process: false,
    })
}

/// Runs a command that has the terminal to itself.
fn run_on_terminal(request: &CommandRequest, process: &Process) -> io::Result<CommandEnd> {
    let mut input = Input::prepare(request)?;
    let mut command = shell(request, &input);
    command.stdin(keyboard::terminal()?);
    process.run(Job {
        command,
        input: input.take_bytes(),
        max_time: None,
        output: None,
        leaves_process: false,
    })
}

/// Lets the user read the last words of a program that failed on the terminal.
fn keep_last_words(process: &Process, name: &str, end: &CommandEnd) {
    if !process.is_stopped()
        && let Some(trouble) = end.trouble()
    {
        // If the user cannot be asked to press Enter, the screen comes back at once.
        let _ = wait_for_enter(&format!("{name}: {trouble}"));
    }
}

fn wait_for_enter(words: &str) -> io::Result<()> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    // What was typed before the prompt was meant for the command.
    keyboard::discard_typed();
    write!(terminal, "\r\n{words} · press Enter to return to subscope ")?;
    let mut byte = [0];
    while terminal.read(&mut byte)? > 0 && !matches!(byte, [b'\r' | b'\n']) {}
    Ok(())
}

/// Prepares the shell that runs the command line.
fn shell(request: &CommandRequest, input: &Input) -> Command {
    let line = &request.command.run;
    let line = match request.command.input {
        CommandInput::File => line.replace("{}", "\"$SUBSCOPE_FILE\""),
        CommandInput::Shown | CommandInput::Raw => line.clone(),
    };
    // A variable cannot contain a zero byte.
    let channel = if request.channel.contains(&0) {
        whole(&request.channel).into_bytes()
    } else {
        request.channel.to_vec()
    };
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line);
    command.env("SUBSCOPE_CHANNEL", OsStr::from_bytes(&channel));
    command.env("SUBSCOPE_TIME", &request.time);
    if let Some(path) = input.path() {
        command.env("SUBSCOPE_FILE", path);
    }
    command
}
