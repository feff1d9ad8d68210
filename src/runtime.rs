//! The event loop: takes events, performs effects, and draws when something has changed.

use std::iter;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep_until;

use crate::app::{App, Effect, Event};
use crate::message::Time;
use crate::message::clock::{thread_time, wall_ahead};
use crate::server::Feed;
use crate::terminal::settle_wide_glyphs;
use crate::view;
use crate::workers::scan::{Purpose, WatchId};

/// Minimum time between frames for events that the user did not cause.
const FRAME_INTERVAL: Duration = Duration::from_millis(34);

/// Minimum time between frames for the user's input.
const KEY_INTERVAL: Duration = Duration::from_millis(8);

/// The time after a key press in which the results of the scan that it started are drawn at
/// [`Pace::Key`].
const AWAITED: Duration = Duration::from_millis(100);

/// Maximum average output to the terminal under load, in bytes per second. An SSH connection easily
/// handles this much.
const OUTPUT_RATE: u64 = 200_000;

/// Upper bound of the histogram of draw times, in microseconds; longer draws are recorded as this
/// value.
const LONGEST_DRAW: u64 = 60_000_000;

/// Maximum number of feeds taken from the channel before input is checked again.
const FEED_BATCH: usize = 4;

/// The environment that performs the effects that the app returns.
pub trait Host<B: Backend> {
    /// Performs `effect`, which is never [`Effect::Quit`]. A failure the user should see is
    /// returned as an event.
    ///
    /// # Errors
    ///
    /// Returns an error only if the terminal is permanently lost.
    fn perform(
        &mut self,
        effect: Effect,
        terminal: &mut Terminal<B>,
    ) -> Result<Option<Event>, B::Error>;

    /// Returns the number of bytes written to the terminal so far.
    fn written(&self, terminal: &Terminal<B>) -> u64;
}

/// The event sources of the loop.
#[derive(Debug)]
pub struct Inputs {
    /// Input from the terminal, and signals.
    pub input_rx: Receiver<Event>,
    /// Answers from the worker threads: scans, decoding and analysis.
    pub answer_rx: Receiver<Event>,
    /// Feeds from Redis.
    pub feed_rx: Receiver<Feed>,
}

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The app in its final state.
    pub app: App,
    /// The number of frames drawn.
    pub frames: u64,
    /// Histogram of the time that each draw took, in microseconds.
    pub draw_micros: Histogram<u64>,
    /// Histogram of the processor time that each draw used, in microseconds. It leaves out the
    /// time in which other programs had the processor.
    pub draw_cpu_micros: Histogram<u64>,
}

/// Runs until the user quits or the input channel closes.
///
/// Input has priority over worker answers, and both have priority over feeds from Redis, so that a
/// flood of messages does not delay them. Everything received at the same time is applied before
/// the next frame. The first change after an idle period is drawn at once; under load, frames are
/// spaced out. While nothing changes, no timer runs.
///
/// # Errors
///
/// Returns an error if the terminal fails.
pub async fn run<B, H>(
    app: App,
    terminal: &mut Terminal<B>,
    host: &mut H,
    mut inputs: Inputs,
) -> Result<Outcome, B::Error>
where
    B: Backend,
    H: Host<B>,
{
    let mut session = Run::new(app);
    let mut feeds = Vec::with_capacity(FEED_BATCH);
    let mut has_feed = true;
    session.draw(terminal, host)?;
    loop {
        let deadline = session.deadline();
        let events = tokio::select! {
            biased;
            event = inputs.input_rx.recv() => match event {
                Some(event) => {
                    session.pace = Pace::Key;
                    drain(event, &mut inputs.input_rx)
                }
                None => break,
            },
            Some(answer) = inputs.answer_rx.recv() => {
                session.pace = session.pace.max(session.pace_of(&answer));
                vec![answer]
            }
            count = inputs.feed_rx.recv_many(&mut feeds, FEED_BATCH), if has_feed => {
                has_feed = count > 0;
                session.pace = session.pace.max(Pace::News);
                feeds.drain(..).map(Event::Feed).collect()
            }
            () = sleep_until(deadline.unwrap_or_else(Instant::now).into()), if deadline.is_some() => {
                session.pace = session.pace.max(Pace::News);
                vec![Event::Tick]
            }
        };
        if session.apply(events, terminal, host)? {
            break;
        }
        if session.due().is_some_and(|due| due <= Instant::now()) {
            session.draw(terminal, host)?;
        }
    }
    Ok(session.outcome)
}

/// Returns `first` and every further event that is already in the channel.
fn drain(first: Event, input_rx: &mut Receiver<Event>) -> Vec<Event> {
    let rest = iter::from_fn(|| input_rx.try_recv().ok());
    iter::once(first).chain(rest).collect()
}

/// How soon a change should be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pace {
    /// Nothing has changed.
    Rest,
    /// Something changed that the user did not cause.
    News,
    /// The user pressed a key, or is waiting for the answer that arrived.
    Key,
}

struct Run {
    outcome: Outcome,
    pace: Pace,
    drawn_at: Instant,
    /// Minimum time between frames for [`Pace::News`], chosen to keep the output within
    /// [`OUTPUT_RATE`].
    spacing: Duration,
    /// The latest scan started by the user's input, and the time when it was started.
    awaited: Option<(WatchId, u64, Instant)>,
}

impl Run {
    fn new(app: App) -> Self {
        let draw_micros = Histogram::new_with_bounds(1, LONGEST_DRAW, 2)
            .expect("the bounds and two digits are valid");
        Self {
            outcome: Outcome {
                app,
                frames: 0,
                draw_cpu_micros: draw_micros.clone(),
                draw_micros,
            },
            pace: Pace::Key,
            drawn_at: Instant::now(),
            spacing: FRAME_INTERVAL,
            awaited: None,
        }
    }

    /// Returns how soon `answer` should be drawn: at [`Pace::Key`], unless it is an analysis, or
    /// the result of a scan that the user is not waiting for.
    fn pace_of(&self, answer: &Event) -> Pace {
        let answer = match answer {
            Event::Scanned(answer) => answer,
            Event::Analysed(_) | Event::Recording(_) | Event::Loaded(_) => return Pace::News,
            _ => return Pace::Key,
        };
        let is_awaited = self.awaited.is_some_and(|(watch, serial, asked)| {
            (watch, serial) == (answer.watch, answer.serial) && asked.elapsed() < AWAITED
        });
        if is_awaited { Pace::Key } else { Pace::News }
    }

    /// Returns when the next frame is due; `None` if nothing has changed.
    fn due(&self) -> Option<Instant> {
        match self.pace {
            Pace::Rest => None,
            Pace::News => Some(self.drawn_at + self.spacing),
            Pace::Key => Some(self.drawn_at + KEY_INTERVAL),
        }
    }

    /// Returns when the loop must wake up even without an event.
    fn deadline(&self) -> Option<Instant> {
        self.due().or_else(|| {
            let tick = self.outcome.app.next_tick()?;
            Some(Instant::now() + tick.since(Time::now()))
        })
    }

    /// Applies `events`. Returns whether the program should exit.
    fn apply<B: Backend, H: Host<B>>(
        &mut self,
        events: Vec<Event>,
        terminal: &mut Terminal<B>,
        host: &mut H,
    ) -> Result<bool, B::Error> {
        let now = Time::now();
        let app = &mut self.outcome.app;
        // The wall clock may have been adjusted since the last events.
        let ahead = wall_ahead();
        let is_set = app.session().wall.is_set_to(ahead);
        let clock = is_set.then_some(Event::WallClock(ahead));
        for event in clock.into_iter().chain(events) {
            let mut effects = app.update(event, now);
            while !effects.is_empty() {
                let mut answers = Vec::new();
                for effect in effects.drain(..) {
                    match &effect {
                        Effect::Quit => return Ok(true),
                        Effect::Scan(request) if request.purpose == Purpose::Kept => {
                            let asked = Instant::now();
                            self.awaited = Some((request.watch, request.serial, asked));
                        }
                        _ => {}
                    }
                    answers.extend(host.perform(effect, terminal)?);
                }
                let answers = answers.into_iter();
                effects.extend(answers.flat_map(|answer| app.update(answer, now)));
            }
        }
        Ok(false)
    }

    fn draw<B: Backend, H: Host<B>>(
        &mut self,
        terminal: &mut Terminal<B>,
        host: &mut H,
    ) -> Result<(), B::Error> {
        let (started, cpu_started) = (Instant::now(), thread_time());
        let written = host.written(terminal);
        terminal.autoresize()?;
        let size = terminal.size()?;
        let app = &mut self.outcome.app;
        if app.areas().screen.as_size() != size {
            app.update(Event::Resize(size.width, size.height), app.session().now);
        }
        let app = &self.outcome.app;
        terminal.draw(|frame| {
            // If the size has changed again in the meantime, skip this frame; the next one will
            // have the right size.
            if frame.area().as_size() == size {
                view::draw(app, frame);
                settle_wide_glyphs(frame.buffer_mut());
            }
        })?;
        let bytes = host.written(terminal) - written;
        let paced = Duration::from_micros(bytes.saturating_mul(1_000_000) / OUTPUT_RATE);
        self.spacing = FRAME_INTERVAL.max(paced);
        self.pace = Pace::Rest;
        self.drawn_at = Instant::now();
        self.outcome.frames += 1;
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (elapsed, used) = (started.elapsed(), thread_time().saturating_sub(cpu_started));
        self.outcome.draw_micros.saturating_record(micros(elapsed));
        self.outcome.draw_cpu_micros.saturating_record(micros(used));
        Ok(())
    }
}
