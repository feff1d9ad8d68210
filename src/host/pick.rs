//! The profile picker, shown on the terminal before anything connects.

use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::time::Duration;

use ratatui::Terminal;
use subscope::app::{Effect, Ending, Event, Keymap, Pickable, Picker};
use subscope::terminal::backend::Screen;
use subscope::terminal::signals::Signals;
use subscope::terminal::{Session, TerminalEvent, Tty, input, settle_wide_glyphs};
use subscope::view;
use tokio::select;
use tokio::sync::mpsc::{Receiver, channel};

use super::Failure;
use super::tty::{self, TerminalOptions};

/// Lets the user pick one of `profiles`. Returns its index, and the signal listener: the caller must
/// handle the signals, which no longer have their default effect. Breaks with the exit code if no
/// profile was picked.
pub async fn pick(
    profiles: Vec<Pickable>,
    keymap: Keymap,
    options: TerminalOptions,
) -> Result<ControlFlow<u8, (usize, Signals)>, Failure> {
    let signals = Signals::listen().map_err(Failure::other)?;
    let (session, mut terminal) = tty::enter(TerminalOptions {
        mouse: false,
        ..options
    })?;
    let mut looping = PickerLoop {
        keys: Keys::listen(options.escape_time).map_err(Failure::other)?,
        session,
        signals,
        ending: None,
    };
    let mut picker = Picker::new(profiles, keymap);
    let result = looping.run(&mut picker, &mut terminal).await;
    looping.session.leave();
    result.map_err(|error| tty::failed(&error))?;
    match (looping.ending, picker.chosen()) {
        (None, Some(number)) => Ok(ControlFlow::Continue((number, looping.signals))),
        (ending, _) => tty::exit_code(ending.as_ref()).map(ControlFlow::Break),
    }
}

/// A source of keys, which are read one at a time. The reading thread waits until each key has
/// taken effect, so that anything typed after the last one is left for the next reader.
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
        event.unwrap_or_else(|| TerminalEvent::InputLost("input reader ended".to_owned()))
    }

    /// Tells the thread to read the next key.
    fn read_next(&self) {
        // Sending fails only if the thread has ended, and its last event has reported that.
        let _ = self.more_tx.send(());
    }
}

/// Everything that the picker's loop uses.
struct PickerLoop {
    session: Session,
    keys: Keys,
    signals: Signals,
    /// Why picking has ended, if not because of the user.
    ending: Option<Ending>,
}

impl PickerLoop {
    async fn run(
        &mut self,
        picker: &mut Picker,
        terminal: &mut Terminal<Screen<Tty>>,
    ) -> io::Result<()> {
        loop {
            terminal.draw(|frame| {
                view::draw_picker(picker, frame);
                settle_wide_glyphs(frame.buffer_mut());
            })?;
            let (event, is_key) = select! {
                biased;
                signal = self.signals.next() => (TerminalEvent::Signal(signal), false),
                event = self.keys.next() => (event, true),
            };
            let event = tty::translate(event);
            if let Some(Event::End(ending)) = &event {
                self.ending = Some(ending.clone());
            }
            match event.and_then(|event| picker.update(event)) {
                Some(Effect::Quit) => return Ok(()),
                Some(effect) => tty::perform(&effect, &self.session, terminal)?,
                None => {}
            }
            if is_key {
                self.keys.read_next();
            }
        }
    }
}
