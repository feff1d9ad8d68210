//! The terminal: entered and left ([`Session`]), written to ([`backend::Screen`]), and read from
//! ([`input`], [`signals`]). A process of its own ([`guard`]) gives it back where this one cannot.
//!
//! What arrives, keys or signals, becomes a [`TerminalEvent`]; what it means is for others to say.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::{fmt, panic, process};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, Event, KeyEvent};
use crossterm::queue;
use crossterm::style::ResetColor;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use signal_hook::consts::SIGTSTP;
use signal_hook::low_level::emulate_default_handler;

use crate::query;

pub mod ascii;
pub mod backend;
mod decoder;
pub mod guard;
pub mod input;
mod keys;
mod pen;
mod sequences;
pub mod signals;
mod wide;

pub use guard::Guard;
pub use signals::Signal;
pub use wide::settle_wide_glyphs;

/// What the program exits with after a panic, as Rust's own runtime does.
const PANICKED: i32 = 101;

/// Presses, releases, movements in between and the wheel, in the encoding without a limit on columns. crossterm's own
/// command also asks for every movement of the pointer, which over ssh is much traffic for
/// nothing.
const MOUSE_ON: &[u8] = b"\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l";

/// Something that came from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalEvent {
    /// A key, a mouse event or a paste.
    Input(Event),
    /// A key of text that was read together with others, or right after one: pasted, or typed ahead
    /// on a slow line.
    Burst(KeyEvent),
    /// Nothing has come of a paste for a while, nor its end. Repeated every second.
    PasteStalled,
    /// A signal to the process.
    Signal(Signal),
    /// No input will follow, for this reason.
    InputLost(String),
}

/// Why the terminal could not be taken over.
#[derive(Debug)]
pub enum TerminalError {
    /// Standard output goes to a file or a pipe.
    NotATerminal,
    /// The terminal refused.
    Refused(io::Error),
}

impl fmt::Display for TerminalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotATerminal => {
                f.write_str("stdout is not a terminal: subscope draws on one; see subscope --help")
            }
            Self::Refused(error) => write!(f, "the terminal cannot be drawn on: {error}"),
        }
    }
}

impl std::error::Error for TerminalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotATerminal => None,
            Self::Refused(error) => Some(error),
        }
    }
}

impl From<io::Error> for TerminalError {
    fn from(error: io::Error) -> Self {
        Self::Refused(error)
    }
}

/// The terminal, taken over for drawing until this is dropped: raw mode, the alternate screen,
/// bracketed paste, the mouse if wanted, no cursor.
///
/// It is given back on every way out: by [`Session::leave`], when dropped, and by a panic in any
/// thread, which then ends the program with exit code 101 after the panic's message. Where the
/// program has no say in its end, the [`Guard`] gives it back.
#[derive(Debug)]
pub struct Session {
    hold: Arc<Hold>,
}

impl Session {
    /// Takes over the terminal on standard output, with the mouse if `mouse` is set. Without a
    /// guard, what ends the program at once leaves the terminal as it is.
    ///
    /// # Errors
    ///
    /// If standard output is not a terminal, or the terminal refuses.
    pub fn enter(mouse: bool, guard: Option<Guard>) -> Result<Self, TerminalError> {
        if !io::stdout().is_terminal() {
            return Err(TerminalError::NotATerminal);
        }
        // A descriptor of its own has neither a buffer nor a lock, so that the panic hook can
        // write whatever another thread is doing.
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let hold = Arc::new(Hold {
            file,
            mouse,
            guard,
            held: AtomicBool::new(false),
        });
        restore_on_panic(&hold);
        hold.take()?;
        Ok(Self { hold })
    }

    /// What a [`backend::Screen`] draws on.
    #[must_use]
    pub fn writer(&self) -> Tty {
        Tty {
            hold: Arc::clone(&self.hold),
        }
    }

    /// Gives the terminal back, stops the process as Ctrl-Z does, and takes the terminal over
    /// again when the process is continued. The caller then clears and draws.
    ///
    /// # Errors
    ///
    /// If the process cannot be stopped or the terminal refuses.
    pub fn suspend(&self) -> io::Result<()> {
        self.hold.give_back();
        emulate_default_handler(SIGTSTP)?;
        self.hold.take()
    }

    /// Takes the terminal over once more, for a process that was stopped without being asked
    /// (SIGSTOP) and now continues: the shell has changed the terminal meanwhile. The caller
    /// then clears and draws.
    ///
    /// # Errors
    ///
    /// If the terminal refuses.
    pub fn resume(&self) -> io::Result<()> {
        // Giving it back first makes crossterm forget that it was in raw mode, which is no
        // longer true.
        self.hold.give_back();
        self.hold.take()
    }

    /// Gives the terminal back. What is drawn from now on is discarded. Doing it twice does no
    /// harm.
    pub fn leave(&self) {
        self.hold.give_back();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The terminal as something to write to, unbuffered.
///
/// While the session does not hold the terminal, what is written goes nowhere: another thread
/// may still be drawing when a panic or a signal has given the terminal back, and a frame must
/// not land on the shell's screen.
#[derive(Clone, Debug)]
pub struct Tty {
    hold: Arc<Hold>,
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.hold.held.load(Ordering::Acquire) {
            (&self.hold.file).write(bytes)
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The state that the session, the writer and the panic hook share.
#[derive(Debug)]
struct Hold {
    file: File,
    mouse: bool,
    guard: Option<Guard>,
    /// Whether the terminal is ours.
    held: AtomicBool,
}

impl Hold {
    /// Takes the terminal over, or leaves it as it was.
    fn take(&self) -> io::Result<()> {
        if self.held.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        if let Some(guard) = &self.guard {
            guard.hold();
        }
        let taken = enable_raw_mode().and_then(|()| (&self.file).write_all(&self.entering()?));
        if taken.is_err() {
            self.give_back();
        }
        taken
    }

    /// Gives the terminal back in the reverse order. Nothing can be done about an error here,
    /// and after a hang-up every write is one, so that errors are let go.
    fn give_back(&self) {
        if !self.held.swap(false, Ordering::AcqRel) {
            return;
        }
        if let Ok(bytes) = leaving(self.mouse) {
            let _ = (&self.file).write_all(&bytes);
        }
        let _ = disable_raw_mode();
        if let Some(guard) = &self.guard {
            guard.give_back();
        }
    }

    fn entering(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        queue!(bytes, EnterAlternateScreen, EnableBracketedPaste)?;
        if self.mouse {
            bytes.extend_from_slice(MOUSE_ON);
        }
        queue!(bytes, Hide)?;
        Ok(bytes)
    }
}

/// What gives the terminal back, with the mouse if `mouse` is set.
fn leaving(mouse: bool) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // The program may end in the middle of a frame.
    queue!(bytes, EndSynchronizedUpdate, ResetColor, Show)?;
    if mouse {
        bytes.extend_from_slice(MOUSE_OFF);
    }
    queue!(bytes, DisableBracketedPaste, LeaveAlternateScreen)?;
    Ok(bytes)
}

/// Makes a panic in any thread give the terminal back, say its message where it can be read, and
/// end the program. A thread that dies alone would leave a screen that answers no key.
fn restore_on_panic(hold: &Arc<Hold>) {
    static INSTALLED: Once = Once::new();
    *last_hold() = Arc::downgrade(hold);
    INSTALLED.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // What is caught and told on the screen must not take the screen away.
            if query::catches_panics() {
                return;
            }
            let hold = last_hold().upgrade();
            if let Some(hold) = hold {
                hold.give_back();
            }
            report(panic);
            process::exit(PANICKED);
        }));
    });
}

/// The hold of the session that was entered last: one may follow another.
fn last_hold() -> MutexGuard<'static, Weak<Hold>> {
    static LAST: Mutex<Weak<Hold>> = Mutex::new(Weak::new());
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}
