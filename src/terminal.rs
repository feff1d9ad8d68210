//! The terminal: [`Session`] takes it over and restores it, [`backend::Screen`] draws on it, and
//! [`input`] and [`signals`] read from it. A separate process, the [`guard`], restores it when this
//! process cannot.
//!
//! Keys and signals become [`TerminalEvent`]s; the caller decides what they mean.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::{panic, process};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, Event, KeyEvent};
use crossterm::queue;
use crossterm::style::ResetColor;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use rustix::process::{getpgrp, getpid, getsid, kill_process};
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
pub mod probe;
mod sequences;
pub mod signals;
mod theme;
mod wide;

pub use guard::Guard;
pub use signals::Signal;
pub use theme::{is_light, is_light_colour};
pub use wide::settle_wide_glyphs;

/// The exit code after a panic, the same as that of Rust's runtime.
const PANICKED: i32 = 101;

/// Enables reports of mouse presses, releases, drags and the wheel, in the encoding without a
/// column limit. crossterm's own command also enables reports of every pointer movement, which
/// causes needless traffic over ssh.
const MOUSE_ON: &[u8] = b"\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l";

/// Asks for the colour of the background (OSC 11). Terminals that do not support this request
/// ignore it.
const ASK_BACKGROUND: &[u8] = b"\x1b]11;?\x1b\\";

/// Asks whether pastes are marked (DECRQM of mode 2004), and for the terminal's name (XTVERSION),
/// which tmux answers instead. Terminals that support neither ignore it.
const ASK_WHETHER_PASTES_ARE_MARKED: &[u8] = b"\x1b[?2004$p\x1b[>q";

/// Something received from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalEvent {
    /// A key, a mouse event or a paste.
    Input(Event),
    /// A text key that arrived together with others, as in a paste that the terminal did not mark.
    Burst(KeyEvent),
    /// A text key that arrived together with a few others from a terminal that may not mark pastes:
    /// typed ahead on a slow line, or a short paste.
    TypedAhead(KeyEvent),
    /// Nothing has arrived for a while although a paste is unfinished. Repeated every second.
    PasteStalled,
    /// A signal to the process.
    Signal(Signal),
    /// The terminal's background has this colour: red, green and blue, each from 0 to 255.
    Background([u8; 3]),
    /// No more input will follow, for the given reason.
    InputLost(String),
}

/// What to request from the terminal when taking it over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Mouse reports.
    pub mouse: bool,
    /// The colour of the terminal's background, which arrives as [`TerminalEvent::Background`].
    pub background: bool,
}

/// The terminal, taken over for drawing until this value is dropped: in raw mode, on the alternate
/// screen, with bracketed paste, with the mouse if requested, and with the cursor hidden.
///
/// The terminal is restored on every way out: by [`Session::leave`], on drop, and by a panic in any
/// thread, which then ends the program with exit code 101 after printing the panic's message. If
/// the program is killed, the [`Guard`] restores the terminal.
#[derive(Debug)]
pub struct Session {
    hold: Arc<Hold>,
}

impl Session {
    /// Takes over the terminal on standard output. Without a guard, the terminal is not restored if
    /// the program is killed.
    ///
    /// # Errors
    ///
    /// Returns an error if a terminal operation fails.
    pub fn enter(requests: Requests, guard: Option<Guard>) -> io::Result<Self> {
        // A separate descriptor has neither a buffer nor a lock, so the panic hook can always write
        // to it, no matter what other threads are doing.
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let hold = Arc::new(Hold {
            file,
            requests,
            guard,
            held: AtomicBool::new(false),
            lent: AtomicBool::new(false),
        });
        restore_on_panic(&hold);
        hold.take()?;
        Ok(Self { hold })
    }

    /// Returns the writer for a [`backend::Screen`].
    pub fn writer(&self) -> Tty {
        Tty {
            hold: Arc::clone(&self.hold),
        }
    }

    /// Returns whether a shell can continue the process after it was stopped. The first process
    /// group of a session has none: its parent, outside the session, only waits for it to end.
    pub fn can_suspend() -> bool {
        getsid(None).is_ok_and(|session| session != getpgrp())
    }

    /// Restores the terminal, stops the process as Ctrl-Z does, and takes over the terminal again
    /// once the process is continued. The caller must then clear and redraw the screen.
    ///
    /// # Errors
    ///
    /// Returns an error if the process cannot be stopped or a terminal operation fails.
    pub fn suspend(&self) -> io::Result<()> {
        self.hold.give_back();
        // The shell notices only that its own child, the leader of the group, is stopped. A script
        // or `make` in between just waits for this process to end.
        let leader = getpgrp();
        if leader != getpid() {
            // The leader may have ended, or belong to another user, such as root's `sudo`.
            let _ = kill_process(leader, rustix::process::Signal::STOP);
        }
        emulate_default_handler(SIGTSTP)?;
        self.hold.take()
    }

    /// Takes over the terminal again after the process was stopped without warning (SIGSTOP) and
    /// continued, because the shell changes the terminal in the meantime. The caller must then
    /// clear and redraw the screen.
    ///
    /// # Errors
    ///
    /// Returns an error if a terminal operation fails.
    pub fn resume(&self) -> io::Result<()> {
        // Restoring the terminal first makes crossterm forget that it enabled raw mode, which is
        // off now.
        self.hold.give_back();
        self.hold.take()
    }

    /// Restores the terminal for another program, which may use it until [`Self::take_back`] is
    /// called.
    pub fn lend(&self) {
        self.hold.give_back();
        self.hold.lent.store(true, Ordering::Release);
    }

    /// Takes over the terminal again after [`Self::lend`]. The caller must then clear and redraw
    /// the screen.
    ///
    /// # Errors
    ///
    /// Returns an error if a terminal operation fails.
    pub fn take_back(&self) -> io::Result<()> {
        self.hold.lent.store(false, Ordering::Release);
        self.hold.take()
    }

    /// Returns whether the terminal was asked for the colour of its background.
    pub fn asks_for_background(&self) -> bool {
        self.hold.requests.background
    }

    /// Restores the terminal. Later output is discarded. Calling this twice is harmless.
    pub fn leave(&self) {
        self.hold.give_back();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.leave();
    }
}

/// An unbuffered writer to the terminal.
///
/// While the session does not hold the terminal, output is discarded: another thread may still be
/// drawing after a panic or a signal has restored the terminal, and a frame must not land on the
/// shell's screen.
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

impl Tty {
    /// Returns whether another program is using the terminal.
    pub fn is_lent(&self) -> bool {
        self.hold.lent.load(Ordering::Acquire)
    }
}

/// The state shared by the session, the writer and the panic hook.
#[derive(Debug)]
struct Hold {
    file: File,
    requests: Requests,
    guard: Option<Guard>,
    /// Whether the program holds the terminal.
    held: AtomicBool,
    /// Whether another program is using the terminal, so that it must not be taken over.
    lent: AtomicBool,
}

impl Hold {
    /// Takes over the terminal, unless another program is using it. On failure, leaves the terminal
    /// as it was.
    fn take(&self) -> io::Result<()> {
        if self.lent.load(Ordering::Acquire) {
            return Ok(());
        }
        if self.held.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        if let Some(guard) = &self.guard {
            guard.hold();
        }
        let taken =
            enable_raw_mode().and_then(|()| (&self.file).write_all(&entering(self.requests)?));
        if taken.is_err() {
            self.give_back();
        }
        taken
    }

    /// Restores the terminal, in reverse order. Errors are ignored, because nothing can be done
    /// about them here, and every write fails after a hang-up.
    fn give_back(&self) {
        if !self.held.swap(false, Ordering::AcqRel) {
            return;
        }
        if let Ok(bytes) = leaving(self.requests.mouse) {
            let _ = (&self.file).write_all(&bytes);
        }
        let _ = disable_raw_mode();
        if let Some(guard) = &self.guard {
            guard.give_back();
        }
    }
}

/// Returns the bytes that take over the terminal.
fn entering(requests: Requests) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    queue!(bytes, EnterAlternateScreen, EnableBracketedPaste)?;
    bytes.extend_from_slice(ASK_WHETHER_PASTES_ARE_MARKED);
    if requests.mouse {
        bytes.extend_from_slice(MOUSE_ON);
    }
    if requests.background {
        bytes.extend_from_slice(ASK_BACKGROUND);
    }
    queue!(bytes, Hide)?;
    Ok(bytes)
}

/// Returns the bytes that restore the terminal. They also turn off mouse reports if `mouse` is set.
fn leaving(mouse: bool) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // The program may be ending in the middle of a frame, so end the synchronized update.
    queue!(bytes, EndSynchronizedUpdate, ResetColor, Show)?;
    if mouse {
        bytes.extend_from_slice(MOUSE_OFF);
    }
    queue!(bytes, DisableBracketedPaste, LeaveAlternateScreen)?;
    Ok(bytes)
}

/// Installs a panic hook that restores the terminal, prints the panic message and ends the program,
/// whichever thread panics: a dead thread would leave a screen that does not respond to keys.
fn restore_on_panic(hold: &Arc<Hold>) {
    static INSTALLED: Once = Once::new();
    *last_hold() = Arc::downgrade(hold);
    INSTALLED.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // A panic that is caught and reported on the screen must not restore the terminal.
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

/// Returns the hold of the latest session. A process may have several sessions, one after another.
fn last_hold() -> MutexGuard<'static, Weak<Hold>> {
    static LAST: Mutex<Weak<Hold>> = Mutex::new(Weak::new());
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}
