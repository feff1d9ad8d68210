//! The list of profiles on the terminal, before anything connects.

use std::io;
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use ratatui::Terminal;
use tokio::select;
use tokio::sync::mpsc::{Receiver, channel};

use super::Failure;
use super::tty::{self, Ending};
use crate::app::{Effect, Pickable, Picker};
use crate::cli;
use crate::terminal::backend::Screen;
use crate::terminal::signals::Signals;
use crate::terminal::{Session, TerminalEvent, Tty, input, settle_wide_glyphs};
use crate::view;

/// What the person has picked.
pub(super) enum Picked {
    /// The profile of this number. The signals are to be listened to until somebody else does:
    /// they have no effect of their own any more.
    Profile(usize, Signals),
    /// None of them; the code to exit with.
    Nothing(u8),
}

/// Lets the person pick one of `profiles`.
pub(super) async fn pick(
    profiles: Vec<Pickable>,
    options: &cli::Screen,
) -> Result<Picked, Failure> {
    let signals = Signals::listen().map_err(Failure::other)?;
    let (session, mut terminal) = tty::enter(false, options.ascii)?;
    let mut desk = Desk {
        keys: Keys::listen(options.escape_time()).map_err(Failure::other)?,
        session,
        signals,
        ending: OnceLock::new(),
    };
    let mut picker = Picker::new(profiles);
    let result = desk.run(&mut picker, &mut terminal).await;
    desk.session.leave();
    result.map_err(|error| tty::failed(&error))?;
    match (desk.ending.get(), picker.chosen()) {
        (Some(ending), _) => ending.exit_code().map(Picked::Nothing),
        (None, Some(number)) => Ok(Picked::Profile(number, desk.signals)),
        (None, None) => Ok(Picked::Nothing(0)),
    }
}

/// Keys, read one by one. The thread that reads them waits until each has had its effect: once
/// the last has, whatever is typed is left to those who read after it.
struct Keys {
    event_rx: Receiver<TerminalEvent>,
    more_tx: mpsc::Sender<()>,
}

impl Keys {
    fn listen(escape_time: Duration) -> io::Result<Self> {
        let (event_tx, event_rx) = channel(1);
        let (more_tx, more_rx) = mpsc::channel();
        let tell = move |event| event_tx.blocking_send(event).is_ok() && more_rx.recv().is_ok();
        input::spawn(escape_time, tell)?;
        Ok(Self { event_rx, more_tx })
    }

    async fn next(&mut self) -> TerminalEvent {
        let event = self.event_rx.recv().await;
        event.unwrap_or_else(|| TerminalEvent::InputLost("nobody reads it".to_owned()))
    }

    /// Has the next one read.
    fn go_on(&self) {
        // The thread has ended where no input can follow, which is the event that it told last.
        let _ = self.more_tx.send(());
    }
}

/// All that the loop runs on.
struct Desk {
    session: Session,
    keys: Keys,
    signals: Signals,
    ending: OnceLock<Ending>,
}

impl Desk {
    async fn run(
        &mut self,
        picker: &mut Picker,
        terminal: &mut Terminal<Screen<Tty>>,
    ) -> io::Result<()> {
        loop {
            draw(picker, terminal)?;
            let (event, is_key) = select! {
                biased;
                signal = self.signals.next() => (TerminalEvent::Signal(signal), false),
                event = self.keys.next() => (event, true),
            };
            let event = tty::translate(event, &self.ending);
            match event.and_then(|event| picker.update(event)) {
                Some(Effect::Quit) => return Ok(()),
                Some(effect) => tty::perform(&effect, &self.session, terminal)?,
                None => {}
            }
            if is_key {
                self.keys.go_on();
            }
        }
    }
}

fn draw(picker: &Picker, terminal: &mut Terminal<Screen<Tty>>) -> io::Result<()> {
    terminal.draw(|frame| {
        view::draw_picker(picker, frame);
        settle_wide_glyphs(frame.buffer_mut());
    })?;
    Ok(())
}
