//! The guard: a small process that restores the terminal if this process is killed, crashes or runs
//! out of memory.
//!
//! The program starts its own executable as the guard, with a pipe as stdin, the terminal it draws
//! on as stdout, and the terminal whose settings raw mode changes as stderr. Each time the program
//! takes over the terminal, it writes a line with the original settings; each time it restores the
//! terminal, it writes another line. When the program ends for any reason, the pipe closes: if the
//! last line says that the terminal is held, the guard restores it.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd as _, OwnedFd};
use std::panic;
use std::process::{Child, ChildStdin, ExitCode, Stdio};

use rustix::process::setsid;
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, QueueSelector,
    SpecialCodeIndex, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize,
};

use crate::helper::Helper;
use crate::terminal::{input, leaving};

/// The helper process that runs the guard.
pub const GUARD: Helper = Helper {
    name: "subscope-guard",
    argument: "__guard",
};

/// The process name. It must not contain `subscope`: `pkill subscope` would end the guard too.
const PROCESS_NAME: &str = "tty-guard";

/// The start of the line written when the terminal is taken over. The terminal's original settings
/// follow.
const HELD: &str = "held ";

/// The line written when the terminal has been restored.
const GIVEN_BACK: &str = "given back";

/// Ends a string sequence that the program may have been writing, so that what follows does not
/// become part of it.
const STRING_END: &[u8] = b"\x1b\\";

/// The message printed on the terminal.
const COMPLAINT: &[u8] = b"subscope ended unexpectedly: killed, crashed or out of memory\r\n";

/// A handle to the guard process.
#[derive(Debug)]
pub struct Guard {
    process: Child,
    /// The pipe to the guard. No other child process inherits it; otherwise the guard would wait
    /// for that process as well.
    pipe: ChildStdin,
    /// The terminal whose settings raw mode changes.
    keyboard: OwnedFd,
}

impl Guard {
    /// Starts the guard for the terminal on standard output.
    ///
    /// # Errors
    ///
    /// If there is no terminal, or the process cannot be started.
    pub fn start() -> io::Result<Self> {
        let keyboard = input::terminal()?;
        let mut process = GUARD
            .command()?
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

    /// Tells the guard, if it is still running, that the terminal is about to be taken over.
    pub(super) fn hold(&self) {
        if let Ok(settings) = tcgetattr(&self.keyboard) {
            self.say(&format!("{HELD}{}", words_of(&settings)));
        }
    }

    /// Tells the guard that the terminal has been restored.
    pub(super) fn give_back(&self) {
        self.say(GIVEN_BACK);
    }

    fn say(&self, line: &str) {
        let _ = (&self.pipe).write_all(format!("{line}\n").as_bytes());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // The terminal has been restored, so the guard is no longer needed. SIGKILL ends even a
        // stopped process.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Guards the terminal until the parent has ended.
pub fn serve() -> ExitCode {
    panic::set_hook(Box::new(|_| {}));
    // In a session of its own, the guard gets no signals from the terminal and can change the
    // terminal's settings without being stopped as a background process.
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

/// Restores the terminal with the settings in `words`.
fn give_back(words: &str) -> io::Result<()> {
    let settings = restore_settings(words);
    let mut screen = io::stdout();
    screen.write_all(&[STRING_END, &leaving(true)?, COMPLAINT].concat())?;
    screen.flush()?;
    redraw_prompt();
    settings
}

/// Makes the shell redraw its prompt, which it may have written on the alternate screen. Shells
/// redraw the prompt when the terminal is resized.
fn redraw_prompt() {
    let screen = io::stdout();
    if let Ok(size) = tcgetwinsize(&screen) {
        let mut other = size;
        other.ws_row = size.ws_row.saturating_add(1);
        let _ = tcsetwinsize(&screen, other);
        let _ = tcsetwinsize(&screen, size);
    }
}

fn restore_settings(words: &str) -> io::Result<()> {
    let keyboard = io::stderr();
    let mut settings = tcgetattr(&keyboard)?;
    // If the settings have changed, another program such as the shell is using the terminal.
    if !is_raw(&settings) {
        return Ok(());
    }
    set(&mut settings, words).ok_or(ErrorKind::InvalidData)?;
    // What was typed into subscope must not reach the shell.
    tcflush(&keyboard, QueueSelector::IFlush)?;
    Ok(tcsetattr(&keyboard, OptionalActions::Now, &settings)?)
}

fn is_raw(settings: &Termios) -> bool {
    let mut raw = settings.clone();
    raw.make_raw();
    words_of(&raw) == words_of(settings)
}

/// Formats the settings that raw mode changes.
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

/// Applies the settings in `words` to `settings`. Returns `None` if `words` are malformed.
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
