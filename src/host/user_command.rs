//! Runs the user's own commands, each on a thread of its own.
//!
//! The channel and the time of the message are environment variables, and its payload is on the
//! standard input or in a file: nothing that comes from Redis becomes part of a command line.

mod input;
mod process;

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, PipeReader, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use subscope::app::{CommandEnd, CommandInput, CommandNews, CommandRequest, CommandShow, Event};
use subscope::payload::escape::whole;
use subscope::terminal::{Session, input as keyboard};
use tokio::sync::mpsc::Sender;

use self::input::Input;
use self::process::Process;

/// Maximum size of the output in a pane, in bytes.
const MAX_OUTPUT: u64 = 1 << 20;

/// How long a command in a pane may run.
const MAX_TIME: Duration = Duration::from_secs(60);

/// The size of the pieces in which output is read.
const PIECE: usize = 16 << 10;

/// The commands that are running.
pub struct Commands {
    news_tx: Sender<Event>,
    /// The one whose output is in a pane, with the number of its run.
    in_pane: Option<(u64, Arc<Process>)>,
    /// The one that has the terminal.
    on_terminal: Option<Arc<Process>>,
}

impl Commands {
    pub fn new(news_tx: Sender<Event>) -> Self {
        Self {
            news_tx,
            in_pane: None,
            on_terminal: None,
        }
    }

    /// Starts a command. Hands over the terminal if the command is to have it. Returns the news if
    /// the command cannot be started.
    pub fn start(&mut self, request: CommandRequest, session: &Session) -> Option<Event> {
        let process = Arc::new(Process::default());
        let id = request.id;
        let had_terminal = request.command.show == CommandShow::Terminal;
        if had_terminal && self.on_terminal.is_some() {
            return Some(Event::Failed("another command has the terminal".to_owned()));
        }
        if had_terminal {
            keyboard::pause();
            session.lend();
            self.on_terminal = Some(Arc::clone(&process));
        } else if let Some((_, previous)) = self.in_pane.replace((id, Arc::clone(&process))) {
            previous.stop(None);
        }
        let ended = move |end| {
            Event::Command(CommandNews::Ended {
                id,
                end,
                had_terminal,
            })
        };
        let news_tx = self.news_tx.clone();
        let work = move || {
            let run = if had_terminal {
                run_on_terminal(&request, &process)
            } else {
                run_in_pane(&request, &process, &news_tx)
            };
            let end = run.unwrap_or_else(|error| CommandEnd::NotStarted(error.to_string()));
            // Sending fails only if the loop has ended.
            let _ = news_tx.blocking_send(ended(end));
        };
        let thread = thread::Builder::new().name("command".into()).spawn(work);
        let error = thread.err()?;
        Some(ended(CommandEnd::NotStarted(error.to_string())))
    }

    /// Stops the command in the pane if its run has this number.
    pub fn stop(&mut self, id: u64) {
        if let Some((_, process)) = self.in_pane.take_if(|(run, _)| *run == id) {
            process.stop(None);
        }
    }

    /// Takes the terminal back from a command that has ended.
    pub fn take_terminal(&mut self, session: &Session) -> io::Result<()> {
        self.on_terminal = None;
        session.take_back()?;
        keyboard::resume();
        Ok(())
    }

    /// Ends all commands.
    pub fn finish(self) {
        let in_pane = self.in_pane.map(|(_, process)| process);
        let running: Vec<Arc<Process>> = in_pane.into_iter().chain(self.on_terminal).collect();
        for process in &running {
            process.stop(None);
        }
        for process in running {
            process.wait_until_gone();
        }
    }
}

/// Runs a command and passes its output on. It has a process group of its own, so that whatever it
/// starts ends with it.
fn run_in_pane(
    request: &CommandRequest,
    process: &Arc<Process>,
    news_tx: &Sender<Event>,
) -> io::Result<CommandEnd> {
    let mut input = Input::prepare(request)?;
    let (reader, writer) = io::pipe()?;
    let mut command = shell(request, &input);
    command.stdin(input.stdin(Stdio::null()));
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = process.spawn(command.process_group(0), true)?;
    // The pipe ends with the last process that holds its other end.
    drop(command);
    feed(child.stdin.take(), &mut input);
    let waiting = Arc::clone(process);
    let waiter = thread::spawn(move || waiting.wait(child));
    let late = Arc::clone(process);
    let timer = thread::spawn(move || {
        if late.is_running_after(MAX_TIME) {
            late.stop(Some(CommandEnd::TooLong(MAX_TIME.as_secs())));
        }
    });
    let read = read_output(reader, request.id, process, news_tx);
    let end = waiter
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("lost")));
    let _ = timer.join();
    read.and(end)
}

/// Passes the output on until its end or up to the limit.
fn read_output(
    mut reader: PipeReader,
    id: u64,
    process: &Arc<Process>,
    news_tx: &Sender<Event>,
) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    let mut left = MAX_OUTPUT;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let taken = count.min(usize::try_from(left).unwrap_or(usize::MAX));
        left -= taken as u64;
        if taken > 0 {
            let bytes = buffer[..taken].to_vec();
            let news = CommandNews::Output { id, bytes };
            // Sending fails only if the loop has ended.
            let _ = news_tx.blocking_send(Event::Command(news));
        }
        if taken < count {
            process.stop(Some(CommandEnd::TooMuch(MAX_OUTPUT)));
        }
    }
}

/// Runs a command that has the terminal to itself. If it fails, its last words stay on the screen
/// until the user has read them.
fn run_on_terminal(request: &CommandRequest, process: &Arc<Process>) -> io::Result<CommandEnd> {
    let mut input = Input::prepare(request)?;
    let mut command = shell(request, &input);
    command.stdin(input.stdin(terminal()?));
    let mut child = process.spawn(&mut command, false)?;
    feed(child.stdin.take(), &mut input);
    let end = process.wait(child)?;
    if let Some(trouble) = end.trouble().filter(|_| !process.is_stopped()) {
        let name = whole(request.command.name.as_bytes());
        // If nothing can be asked, the screen comes back at once.
        let _ = wait_for_enter(&format!("{name}: {trouble}"));
    }
    Ok(end)
}

fn wait_for_enter(words: &str) -> io::Result<()> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    write!(terminal, "\r\n{words} · press Enter to return to subscope ")?;
    let mut byte = [0];
    while terminal.read(&mut byte)? > 0 && !matches!(byte, [b'\r' | b'\n']) {}
    Ok(())
}

/// Returns the terminal as standard input.
fn terminal() -> io::Result<Stdio> {
    if io::stdin().is_terminal() {
        return Ok(Stdio::inherit());
    }
    File::open("/dev/tty").map(Stdio::from)
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

/// Writes the input on a thread of its own: the command may not read all of it.
fn feed(stdin: Option<ChildStdin>, input: &mut Input) {
    if let (Some(mut stdin), Some(bytes)) = (stdin, input.take_bytes()) {
        thread::spawn(move || {
            let _ = stdin.write_all(&bytes);
        });
    }
}
