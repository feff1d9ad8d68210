//! The loop: events in, effects out, and a drawing when something has changed.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep_until;

use crate::app::{App, Effect, Event};
use crate::message::Time;
use crate::message::clock::wall_ahead;
use crate::scan::{Purpose, WatchId};
use crate::server::Feed;
use crate::terminal::settle_wide_glyphs;
use crate::view;

/// Drawings that news from Redis asks for are at least this far apart.
const FRAME_INTERVAL: Duration = Duration::from_millis(34);

/// Drawings that the person's own keys ask for are at least this far apart.
const KEY_INTERVAL: Duration = Duration::from_millis(8);

/// For so long what a scan finds is drawn as soon as what the key itself has changed.
const AWAITED: Duration = Duration::from_millis(100);

/// What goes to the terminal under load, in bytes a second: what an ssh line carries easily.
const OUTPUT_RATE: u64 = 200_000;

/// Drawings that take longer than this, in microseconds, are counted as taking this long.
const LONGEST_DRAW: u64 = 60_000_000;

/// News taken from the channel at once, before keys have their turn again.
const FEED_BATCH: usize = 4;

/// The outside: does what the app asks for.
pub trait Host<B: Backend> {
    /// Does `effect`, which is not [`Effect::Quit`]. What could not be done comes back as an event.
    ///
    /// # Errors
    ///
    /// Only if the terminal is lost for good.
    fn perform(
        &mut self,
        effect: Effect,
        terminal: &mut Terminal<B>,
    ) -> Result<Option<Event>, B::Error>;

    /// The bytes written to the terminal so far.
    fn written(&self, terminal: &Terminal<B>) -> u64;
}

/// Where events come from.
#[derive(Debug)]
pub struct Inputs {
    /// Keys and the like.
    pub input_rx: Receiver<Event>,
    /// What other threads were asked for: scans and large payloads.
    pub answer_rx: Receiver<Event>,
    /// News from Redis.
    pub feed_rx: Receiver<Feed>,
}

/// What a run leaves behind.
#[derive(Debug)]
pub struct Outcome {
    /// The app as it was at the end.
    pub app: App,
    /// How often the screen was drawn.
    pub frames: u64,
    /// How long drawings took, in microseconds.
    pub draw_micros: Histogram<u64>,
}

/// Runs until the person quits, or until no input can come any more.
///
/// Input goes before answers of scans, and these before news from Redis, so that a flood does not
/// delay them, and all that has
/// arrived is applied before one drawing. The first change after a rest draws at once; under load
/// drawings are spaced. While nothing changes no timer runs.
///
/// # Errors
///
/// If the terminal fails.
pub async fn run<B, H>(
    app: App,
    terminal: &mut Terminal<B>,
    host: &mut H,
    inputs: Inputs,
) -> Result<Outcome, B::Error>
where
    B: Backend,
    H: Host<B>,
{
    let Inputs {
        mut input_rx,
        mut answer_rx,
        mut feed_rx,
    } = inputs;
    let mut session = Run::new(app);
    let mut feeds = Vec::with_capacity(FEED_BATCH);
    let mut has_feed = true;
    session.draw(terminal, host)?;
    loop {
        let deadline = session.deadline();
        let events = tokio::select! {
            biased;
            event = input_rx.recv() => match event {
                Some(event) => drain(event, &mut input_rx),
                None => break,
            },
            Some(answer) = answer_rx.recv() => {
                session.pace = session.pace.max(session.pace_of(&answer));
                vec![answer]
            }
            count = feed_rx.recv_many(&mut feeds, FEED_BATCH), if has_feed => {
                has_feed = count > 0;
                session.pace = session.pace.max(Pace::News);
                feeds.drain(..).map(Event::Feed).collect()
            }
            () = sleep_until(deadline.unwrap_or_else(Instant::now).into()), if deadline.is_some() => {
                session.pace = session.pace.max(Pace::News);
                vec![Event::Tick]
            }
        };
        let is_news = matches!(
            events.first(),
            Some(
                Event::Feed(_)
                    | Event::Scanned(_)
                    | Event::Decoded(_)
                    | Event::Analysed(_)
                    | Event::Tick
            ) | None
        );
        if !is_news {
            session.pace = Pace::Key;
        }
        if session.apply(events, terminal, host)? {
            break;
        }
        if session.due().is_some_and(|due| due <= Instant::now()) {
            session.draw(terminal, host)?;
        }
    }
    Ok(session.outcome)
}

/// Everything that has been typed by now.
fn drain(first: Event, input_rx: &mut Receiver<Event>) -> Vec<Event> {
    let mut events = vec![first];
    while let Ok(event) = input_rx.try_recv() {
        events.push(event);
    }
    events
}

/// How soon a change wants to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pace {
    /// Nothing has changed.
    Rest,
    /// News came.
    News,
    /// The person did something.
    Key,
}

struct Run {
    outcome: Outcome,
    pace: Pace,
    drawn_at: Instant,
    /// How long drawings for news must be apart, so that the output stays within its rate.
    spacing: Duration,
    /// The scan that the person's last key has started, and when.
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
                draw_micros,
            },
            pace: Pace::Key,
            drawn_at: Instant::now(),
            spacing: FRAME_INTERVAL,
            awaited: None,
        }
    }

    /// How soon an answer wants to be seen: the first finds are what the person waits for.
    fn pace_of(&self, answer: &Event) -> Pace {
        let answer = match answer {
            Event::Scanned(answer) => answer,
            Event::Analysed(_) => return Pace::News,
            _ => return Pace::Key,
        };
        let is_awaited = self.awaited.is_some_and(|(watch, serial, asked)| {
            (watch, serial) == (answer.watch, answer.serial) && asked.elapsed() < AWAITED
        });
        if is_awaited { Pace::Key } else { Pace::News }
    }

    /// When the screen is to be drawn; `None` while nothing has changed.
    fn due(&self) -> Option<Instant> {
        match self.pace {
            Pace::Rest => None,
            Pace::News => Some(self.drawn_at + self.spacing),
            Pace::Key => Some(self.drawn_at + KEY_INTERVAL),
        }
    }

    /// When the loop must wake up though no event comes.
    fn deadline(&self) -> Option<Instant> {
        self.due().or_else(|| {
            let tick = self.outcome.app.next_tick()?;
            Some(Instant::now() + tick.since(Time::now()))
        })
    }

    /// Applies `events`. Says whether the program is to end.
    fn apply<B: Backend, H: Host<B>>(
        &mut self,
        events: Vec<Event>,
        terminal: &mut Terminal<B>,
        host: &mut H,
    ) -> Result<bool, B::Error> {
        let now = Time::now();
        // Somebody may have set the wall clock since the last events.
        let ahead = wall_ahead();
        let is_set = self.outcome.app.is_wall_clock_set(ahead);
        let clock = is_set.then_some(Event::WallClock(ahead));
        for event in clock.into_iter().chain(events) {
            let mut effects = self.outcome.app.update(event, now);
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
                let app = &mut self.outcome.app;
                effects.extend(
                    answers
                        .into_iter()
                        .flat_map(|answer| app.update(answer, now)),
                );
            }
        }
        Ok(false)
    }

    fn draw<B: Backend, H: Host<B>>(
        &mut self,
        terminal: &mut Terminal<B>,
        host: &mut H,
    ) -> Result<(), B::Error> {
        let started = Instant::now();
        let written = host.written(terminal);
        terminal.autoresize()?;
        let size = terminal.size()?;
        let app = &mut self.outcome.app;
        if app.areas().screen.as_size() != size {
            app.update(Event::Resize(size.width, size.height), app.now());
        }
        let app = &self.outcome.app;
        terminal.draw(|frame| {
            // The size may have changed once more; then the next drawing is right again.
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
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.outcome.draw_micros.saturating_record(micros);
        Ok(())
    }
}
