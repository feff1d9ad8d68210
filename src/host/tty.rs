//! The terminal handling shared by every command that draws.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use ratatui::Terminal;
use rustix::io::Errno;
use subscope::app::{Effect, Ending, Event};
use subscope::config::Theme;
use subscope::terminal::backend::Screen;
use subscope::terminal::{Guard, Requests, Session, Signal, TerminalEvent, Tty, is_light};

use super::Failure;

/// The exit code if the terminal is gone, as for SIGHUP.
const HUNG_UP: u8 = 128 + 1;

/// Returns the exit code of a program that has ended for this reason, or because the user quit.
pub fn exit_code(ending: Option<&Ending>) -> Result<u8, Failure> {
    match ending {
        None => Ok(0),
        Some(Ending::Signal(code)) => Ok(*code),
        Some(Ending::HungUp) => Ok(HUNG_UP),
        Some(Ending::InputLost(why)) => Err(lost(why)),
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
        background: matches!(options.theme, None | Some(Theme::Terminal))
            && theme.suits_a_background(),
    };
    let session = Session::enter(requests, guard)
        .map_err(|error| Failure::other(format!("cannot draw on the terminal: {error}")))?;
    let theme = options.theme.unwrap_or(theme);
    let backend = Screen::new(session.writer(), theme)
        .on_light(is_light(|name| env::var_os(name)))
        .in_ascii(options.is_ascii);
    let mut terminal = Terminal::new(backend).map_err(Failure::other)?;
    terminal.clear().map_err(|error| failed(&error))?;
    Ok((session, terminal))
}

/// Returns the columns and rows of the terminal that standard output goes to.
pub fn output_size() -> (u16, u16) {
    crossterm::terminal::size().unwrap_or((80, 24))
}

/// Returns the columns and rows of the terminal of this process;
/// `None` if it has none, or none that is known.
pub fn controlling_size() -> Option<(u16, u16)> {
    let terminal = File::open("/dev/tty").ok()?;
    let size = rustix::termios::tcgetwinsize(terminal).ok()?;
    // A terminal may not know its size.
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}

/// Rejects a terminal that cannot move its cursor, judging by the value of `TERM`.
pub fn check_kind(kind: Option<&OsStr>) -> Result<(), Failure> {
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

/// Translates an event of the terminal to one of the app.
pub fn translate(event: TerminalEvent) -> Option<Event> {
    use crossterm::event::Event as Input;
    Some(match event {
        TerminalEvent::Input(Input::Key(key)) => Event::Key(key),
        TerminalEvent::Burst(key) => Event::Burst(key),
        TerminalEvent::TypedAhead(key) => Event::TypedAhead(key),
        TerminalEvent::PasteStalled => Event::PasteStalled,
        TerminalEvent::Input(Input::Mouse(mouse)) => Event::Mouse(mouse),
        TerminalEvent::Input(Input::Paste(text)) => Event::Paste(text),
        TerminalEvent::Background(colour) => Event::Background(colour),
        TerminalEvent::Input(_) => return None,
        TerminalEvent::Signal(Signal::Suspend) => Event::Suspend,
        // Drawing notices a changed size, but not that the screen shrank and grew back in between,
        // which loses content.
        TerminalEvent::Signal(Signal::Resize) => Event::Redraw,
        TerminalEvent::Signal(Signal::Continue) => Event::Continued,
        TerminalEvent::Signal(signal) => Event::End(match signal.exit_code()? {
            HUNG_UP => Ending::HungUp,
            code => Ending::Signal(code),
        }),
        TerminalEvent::InputLost(why) => Event::End(Ending::InputLost(why)),
    })
}

/// Performs `effect` if it concerns the terminal itself.
pub fn perform(
    effect: &Effect,
    session: &Session,
    terminal: &mut Terminal<Screen<Tty>>,
) -> io::Result<()> {
    match effect {
        Effect::Suspend if !Session::can_suspend() => return Ok(()),
        Effect::Suspend => session.suspend()?,
        Effect::Resume => session.resume()?,
        Effect::Repaint => {}
        Effect::UseTheme(theme) => {
            if !terminal.backend_mut().set_theme(*theme) {
                return Ok(());
            }
        }
        Effect::SuitBackground(colour) => {
            if !session.asks_for_background() || !terminal.backend_mut().suit_background(*colour) {
                return Ok(());
            }
        }
        _ => return Ok(()),
    }
    terminal.clear()
}
