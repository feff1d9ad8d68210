//! The guard: a small process that gives the terminal back if this one is killed, crashes or runs
//! out of memory, and so cannot do it itself.
//!
//! The program runs its own executable once more for it, with a pipe as stdin, the terminal that is
//! drawn on as stdout, and the one whose settings raw mode changes as stderr. Each time it takes the
//! terminal over, it writes a line with the settings before; each time it gives the terminal back,
//! another one. Whatever ends the program ends the pipe: if the last line says that the terminal is
//! held, the guard gives it back.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::panic;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};

use rustix::process::setsid;
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, QueueSelector,
    SpecialCodeIndex, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize,
};

use crate::query;
use crate::terminal::{input, leaving};

/// The name by which this executable is called to guard the terminal.
const NAME: &str = "subscope-guard";

/// The argument that makes it do so.
pub const ARGUMENT: &str = "__guard";

/// The name of the process where that is not the first argument. `pkill subscope` ends what has
/// `subscope` in this name, and must not end the guard.
const PROCESS_NAME: &str = "tty-guard";

/// The line that says that the terminal is held, followed by its settings before.
const HELD: &str = "held ";

/// The line that says that it has been given back.
const GIVEN_BACK: &str = "given back";

/// Ends a string that the program was writing when it ended, so that what follows is not part of it.
const STRING_END: &[u8] = b"\x1b\\";

/// What is said on the terminal.
const COMPLAINT: &[u8] = b"subscope ended unexpectedly: killed, crashed or out of memory\r\n";

/// The guard, as its parent sees it.
#[derive(Debug)]
pub struct Guard {
    process: Child,
    /// Rust closes it in every other process that is started, or the guard would wait for that too.
    pipe: ChildStdin,
    /// The terminal whose settings raw mode changes.
    keyboard: OwnedFd,
}

impl Guard {
    /// Starts it, for the terminal on standard output.
    ///
    /// # Errors
    ///
    /// If there is no terminal, or no process can be started.
    pub fn start() -> io::Result<Self> {
        if !io::stdout().is_terminal() {
            return Err(ErrorKind::Unsupported.into());
        }
        let keyboard = input::terminal()?;
        let mut process = Command::new(query::executable()?)
            .arg0(NAME)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(io::stdout().as_fd().try_clone_to_owned()?)
            .stderr(keyboard.try_clone()?)
            .spawn()?;
        let pipe = process.stdin.take().ok_or(ErrorKind::BrokenPipe)?;
        Ok(Self {
            process,
            pipe,
            keyboard,
        })
    }

    /// Says that the terminal is about to be taken over. A guard that is gone is no reason not to.
    pub(super) fn hold(&self) {
        if let Ok(settings) = tcgetattr(&self.keyboard) {
            self.say(&format!("{HELD}{}", words_of(&settings)));
        }
    }

    /// Says that the terminal has been given back.
    pub(super) fn give_back(&self) {
        self.say(GIVEN_BACK);
    }

    fn say(&self, line: &str) {
        let _ = (&self.pipe).write_all(format!("{line}\n").as_bytes());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // The terminal has been given back. Even a guard that was stopped ends by this.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether this process was started to guard a terminal.
#[must_use]
pub fn is_asked_for() -> bool {
    let is = |argument: Option<OsString>, word| argument.is_some_and(|argument| argument == word);
    let mut arguments = env::args_os();
    is(arguments.next(), NAME) && is(arguments.next(), ARGUMENT) && !io::stdin().is_terminal()
}

/// Guards the terminal until the parent has ended.
#[must_use]
pub fn serve() -> ExitCode {
    panic::set_hook(Box::new(|_| {}));
    // The terminal's signals are for the processes of its own session, and so is the rule that
    // stops a process in the background that changes the settings.
    let _ = setsid();
    let _ = fs::write("/proc/self/comm", PROCESS_NAME);
    let mut held = None;
    for line in io::stdin().lines().map_while(Result::ok) {
        held = line.strip_prefix(HELD).map(str::to_owned);
    }
    match held.map(|words| give_back(&words)) {
        Some(Err(_)) => ExitCode::FAILURE,
        Some(Ok(())) | None => ExitCode::SUCCESS,
    }
}

/// Gives the terminal back, with the settings that these words say.
fn give_back(words: &str) -> io::Result<()> {
    let settings = restore_settings(words);
    let mut screen = io::stdout();
    screen.write_all(&[STRING_END, &leaving(true)?, COMPLAINT].concat())?;
    screen.flush()?;
    have_the_shell_draw();
    settings
}

/// Has a shell draw its prompt again: it may have written it before this process left the screen
/// that is now gone. A change of the size is what shells answer so.
fn have_the_shell_draw() {
    let screen = io::stdout();
    let Ok(size) = tcgetwinsize(&screen) else {
        return;
    };
    let mut other = size;
    other.ws_row = size.ws_row.saturating_add(1);
    let _ = tcsetwinsize(&screen, other);
    let _ = tcsetwinsize(&screen, size);
}

fn restore_settings(words: &str) -> io::Result<()> {
    let keyboard = io::stderr();
    let mut settings = tcgetattr(&keyboard)?;
    // Who has changed them since, such as the shell, has the terminal.
    if !is_raw(&settings) {
        return Ok(());
    }
    set(&mut settings, words).ok_or(ErrorKind::InvalidData)?;
    // What was typed at the screen is not for the shell.
    tcflush(&keyboard, QueueSelector::IFlush)?;
    Ok(tcsetattr(&keyboard, OptionalActions::Now, &settings)?)
}

fn is_raw(settings: &Termios) -> bool {
    let mut raw = settings.clone();
    raw.make_raw();
    words_of(&raw) == words_of(settings)
}

/// The settings that raw mode changes, in words.
fn words_of(settings: &Termios) -> String {
    format!(
        "{} {} {} {} {} {}",
        settings.input_modes.bits(),
        settings.output_modes.bits(),
        settings.control_modes.bits(),
        settings.local_modes.bits(),
        settings.special_codes[SpecialCodeIndex::VMIN],
        settings.special_codes[SpecialCodeIndex::VTIME],
    )
}

/// Changes `settings` as these words say. `None` if they say no such thing.
fn set(settings: &mut Termios, words: &str) -> Option<()> {
    let mut words = words.split(' ');
    let mut next = || words.next();
    settings.input_modes = InputModes::from_bits_retain(next()?.parse().ok()?);
    settings.output_modes = OutputModes::from_bits_retain(next()?.parse().ok()?);
    settings.control_modes = ControlModes::from_bits_retain(next()?.parse().ok()?);
    settings.local_modes = LocalModes::from_bits_retain(next()?.parse().ok()?);
    settings.special_codes[SpecialCodeIndex::VMIN] = next()?.parse().ok()?;
    settings.special_codes[SpecialCodeIndex::VTIME] = next()?.parse().ok()?;
    Some(())
}
