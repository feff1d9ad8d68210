//! The terminal handling shared by every command that draws.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;
use std::time::Duration;

use ratatui::Terminal;
use rustix::io::Errno;
use subscope::app::{Effect, Event};
use subscope::config::Theme;
use subscope::terminal::backend::Screen;
use subscope::terminal::{Guard, Requests, Session, Signal, TerminalEvent, Tty};

use super::Failure;

/// The exit code if the terminal is gone, as for SIGHUP.
const HUNG_UP: u8 = 128 + 1;

/// An external event that ended the program.
#[derive(Debug)]
pub enum Ending {
    Signal(Signal),
    InputLost(String),
}

impl Ending {
    /// Returns the exit code.
    pub fn exit_code(&self) -> Result<u8, Failure> {
        match self {
            Self::Signal(signal) => Ok(signal.exit_code().unwrap_or(0)),
            Self::InputLost(why) => Err(lost(why)),
        }
    }
}

/// The options for using the terminal.
#[derive(Clone, Copy, Debug)]
pub struct TerminalOptions {
    /// Whether the mouse is used.
    pub mouse: bool,
    /// Whether everything is drawn in ASCII.
    pub is_ascii: bool,
    /// The colours; `None` for those that suit the terminal.
    pub theme: Option<Theme>,
    /// How long to wait for the rest of an escape sequence after Esc.
    pub escape_time: Duration,
}

/// Takes over the terminal.
pub fn enter(options: TerminalOptions) -> Result<(Session, Terminal<Screen<Tty>>), Failure> {
    check_kind(env::var_os("TERM").as_deref())?;
    if !io::stdout().is_terminal() {
        return Err(Failure::usage(
            "stdout is not a terminal; see subscope --help",
        ));
    }
    // The guard is optional: the screen works without it.
    let guard = Guard::start().ok();
    let theme = Theme::from_environment(|name| env::var_os(name));
    let requests = Requests {
        mouse: options.mouse,
        background: options.theme.is_none() && theme.suits_a_background(),
    };
    let session = Session::enter(requests, guard)
        .map_err(|error| Failure::other(format!("cannot draw on the terminal: {error}")))?;
    let theme = options.theme.unwrap_or(theme);
    let backend = Screen::new(session.writer(), theme).in_ascii(options.is_ascii);
    let mut terminal = Terminal::new(backend).map_err(Failure::other)?;
    terminal.clear().map_err(|error| failed(&error))?;
    Ok((session, terminal))
}

/// Rejects a terminal that cannot move its cursor, judging by the value of `TERM`.
fn check_kind(kind: Option<&OsStr>) -> Result<(), Failure> {
    let said = match kind.unwrap_or_default().as_encoded_bytes() {
        b"" => "TERM is not set",
        b"dumb" => "TERM=dumb",
        _ => return Ok(()),
    };
    Err(Failure::usage(format!(
        "{said}: cannot draw on this terminal; if it is a normal one, set TERM=xterm-256color"
    )))
}

/// Returns the failure for a terminal error: the terminal is gone, or the operation failed.
pub fn failed(error: &io::Error) -> Failure {
    if Errno::from_io_error(error) == Some(Errno::IO) {
        return lost(error);
    }
    Failure::other(format!("terminal error: {error}"))
}

/// Returns the failure for a terminal that is gone, with or without SIGHUP.
fn lost(why: impl fmt::Display) -> Failure {
    Failure::new(format!("the terminal is gone: {why}"), HUNG_UP)
}

/// Translates an event of the terminal to one of the app. An event that ends the program is
/// recorded in `ending` before the loop can end.
pub fn translate(event: TerminalEvent, ending: &OnceLock<Ending>) -> Option<Event> {
    use crossterm::event::Event as Input;
    let why = match event {
        TerminalEvent::Input(Input::Key(key)) => return Some(Event::Key(key)),
        TerminalEvent::Burst(key) => return Some(Event::Burst(key)),
        TerminalEvent::PasteStalled => return Some(Event::PasteStalled),
        TerminalEvent::Input(Input::Mouse(mouse)) => return Some(Event::Mouse(mouse)),
        TerminalEvent::Input(Input::Paste(text)) => return Some(Event::Paste(text)),
        TerminalEvent::Background(colour) => return Some(Event::Background(colour)),
        TerminalEvent::Input(_) => return None,
        TerminalEvent::Signal(Signal::Suspend) => return Some(Event::Suspend),
        // Drawing notices a changed size, but not that the screen shrank and grew back in between,
        // which loses content.
        TerminalEvent::Signal(Signal::Resize) => return Some(Event::Redraw),
        TerminalEvent::Signal(Signal::Continue) => return Some(Event::Continued),
        TerminalEvent::Signal(signal) => Ending::Signal(signal),
        TerminalEvent::InputLost(why) => Ending::InputLost(why),
    };
    let event = match &why {
        Ending::Signal(signal) if signal.exit_code() != Some(HUNG_UP) => Event::Terminate,
        Ending::Signal(_) | Ending::InputLost(_) => Event::HungUp,
    };
    // Only the first cause counts.
    let _ = ending.set(why);
    Some(event)
}

/// Performs `effect` if it concerns the terminal itself.
pub fn perform(
    effect: &Effect,
    session: &Session,
    terminal: &mut Terminal<Screen<Tty>>,
) -> io::Result<()> {
    match effect {
        Effect::Suspend => session.suspend()?,
        Effect::Resume => session.resume()?,
        Effect::Repaint => {}
        Effect::UseTheme(theme) => {
            if !terminal.backend_mut().set_theme(*theme) {
                return Ok(());
            }
        }
        Effect::SuitBackground([red, green, blue]) => {
            let theme = Theme::for_background(*red, *green, *blue);
            if !session.asks_for_background() || !terminal.backend_mut().set_theme(theme) {
                return Ok(());
            }
        }
        _ => return Ok(()),
    }
    terminal.clear()
}
