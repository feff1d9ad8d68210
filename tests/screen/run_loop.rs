//! The program's event loop, on an in-memory screen.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell as ScreenCell;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender};
use tokio::sync::mpsc::{channel, unbounded_channel};
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

use subscope::app::{App, CopyRequest, Effect, Ending, Event, Settings};
use subscope::log::Batch;
use subscope::message::{NodeId, SubscriptionId, Time, Topic};
use subscope::runtime::{Host, Inputs, Outcome, run};
use subscope::server::{Command, Connection, Feed};
use subscope::workers::scan::{self, Scanner};

/// A host that only scans, and reports every effect and every drawn screen to the test.
struct Recorder {
    effect_tx: UnboundedSender<Effect>,
    screen_tx: UnboundedSender<String>,
    /// The key to press as soon as the first screen is drawn.
    first_key: Option<(Sender<Event>, KeyCode)>,
    written: Cell<u64>,
    scanner: Scanner,
}

impl Host<TestBackend> for Recorder {
    fn perform(
        &mut self,
        effect: Effect,
        terminal: &mut Terminal<TestBackend>,
    ) -> Result<Option<Event>, Infallible> {
        match &effect {
            Effect::Scan(request) => self.scanner.ask(request.clone()),
            Effect::StopScan(watch) => self.scanner.stop(*watch),
            _ => {}
        }
        let answer = match &effect {
            Effect::Copy(_) => Some(Event::Failed("not copied: the test says so".to_owned())),
            Effect::Resume => {
                terminal.backend_mut().resize(100, 30);
                None
            }
            _ => None,
        };
        // The test may have dropped its receiver.
        let _ = self.effect_tx.send(effect);
        Ok(answer)
    }

    /// Reports the screen to the test. Called before and after each drawing.
    fn written(&self, terminal: &Terminal<TestBackend>) -> u64 {
        let buffer = terminal.backend().buffer();
        let columns = usize::from(buffer.area.width);
        let rows = buffer.content.chunks(columns);
        let lines = rows.map(|row| row.iter().map(ScreenCell::symbol).collect::<String>());
        let _ = self.screen_tx.send(lines.collect::<Vec<_>>().join("\n"));
        let written = self.written.get() + 1;
        self.written.set(written);
        if let (2, Some((input_tx, code))) = (written, &self.first_key) {
            input_tx.try_send(Event::Key((*code).into())).unwrap();
        }
        written
    }
}

/// A running loop and the test's ends of its channels.
struct Session {
    input_tx: Sender<Event>,
    feed_tx: Sender<Feed>,
    effect_rx: UnboundedReceiver<Effect>,
    screen_rx: UnboundedReceiver<String>,
    polls: Rc<Cell<u64>>,
    task: JoinHandle<Outcome>,
}

impl Session {
    fn start() -> Self {
        Self::with(Vec::new(), None)
    }

    /// Starts with `feeds` queued, and with a key press as soon as the first screen is drawn.
    fn with(feeds: Vec<Feed>, first_key: Option<KeyCode>) -> Self {
        let (input_tx, input_rx) = channel(16);
        let (feed_tx, feed_rx) = channel(feeds.len() + 16);
        for feed in feeds {
            feed_tx.try_send(feed).unwrap();
        }
        let (effect_tx, effect_rx) = unbounded_channel();
        let (answer_tx, answer_rx) = channel(16);
        let send = move |answer| answer_tx.blocking_send(Event::Scanned(answer)).is_ok();
        let (screen_tx, screen_rx) = unbounded_channel();
        let host = Recorder {
            effect_tx,
            screen_tx,
            first_key: first_key.map(|code| (input_tx.clone(), code)),
            written: Cell::new(0),
            scanner: scan::start(send).unwrap(),
        };
        let polls = Rc::new(Cell::new(0));
        let inputs = Inputs {
            input_rx,
            answer_rx,
            feed_rx,
        };
        let task = spawn_local(watch(host, inputs, Rc::clone(&polls)));
        Self {
            input_tx,
            feed_tx,
            effect_rx,
            screen_rx,
            polls,
            task,
        }
    }

    async fn press(&self, letter: char) {
        let key = KeyEvent::from(KeyCode::Char(letter));
        self.input_tx.send(Event::Key(key)).await.unwrap();
    }

    /// Waits for a screen with `words` on it.
    async fn see(&mut self, words: &str) {
        while !self.screen_rx.recv().await.unwrap().contains(words) {}
    }

    async fn end(self) -> Outcome {
        drop((self.input_tx, self.effect_rx, self.screen_rx));
        self.task.await.unwrap()
    }
}

async fn watch(mut host: Recorder, inputs: Inputs, polls: Rc<Cell<u64>>) -> Outcome {
    let settings = Settings {
        address: "redis://127.0.0.1:6379".to_owned(),
        keep: 64 << 20,
        ..Settings::default()
    };
    let app = App::new(settings, vec![Topic::pattern(b"*")], (80, 24), Time::now());
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let mut running = pin!(run(app, &mut terminal, &mut host, inputs));
    let outcome = poll_fn(|context| {
        polls.set(polls.get() + 1);
        running.as_mut().poll(context)
    });
    outcome.await.unwrap()
}

fn message(channel: &str, payload: &str) -> Feed {
    let mut batch = Batch::default();
    let (channel, payload) = (channel.as_bytes(), payload.as_bytes());
    batch.push_message(Time::now(), channel, payload, SubscriptionId(0));
    Feed::Batch(Box::new(batch))
}

/// Runs `test` on a single-threaded runtime that can spawn local tasks.
fn play(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, test);
}

#[test]
fn the_first_screen_is_drawn_before_anything_has_arrived() {
    play(async {
        let mut session = Session::start();
        session.see("Connecting to redis://127.0.0.1:6379").await;
        assert_eq!(session.end().await.frames, 1);
    });
}

#[test]
fn a_received_message_is_drawn() {
    play(async {
        let mut session = Session::start();
        session
            .feed_tx
            .send(message("orders", "hello"))
            .await
            .unwrap();
        session.see("hello").await;
        session
            .feed_tx
            .send(message("orders", "again"))
            .await
            .unwrap();
        session.see("again").await;
        assert_eq!(session.end().await.app.session().log.counters().received, 2);
    });
}

#[test]
fn a_key_takes_precedence_over_a_waiting_flood() {
    play(async {
        let flood = (0..10_000).map(|number| message("a", &number.to_string()));
        let session = Session::with(flood.collect(), Some(KeyCode::Char('q')));
        let outcome = session.task.await.unwrap();
        assert_eq!(outcome.app.session().log.counters().received, 0);
    });
}

#[test]
fn a_flood_is_processed_in_bulk_for_each_drawing() {
    play(async {
        let flood = (0..1_000).map(|number| message("a", &format!("number {number}")));
        let mut session = Session::with(flood.collect(), None);
        session.see("number 999").await;
        let outcome = session.end().await;
        assert_eq!(outcome.app.session().log.counters().received, 1_000);
        assert!(outcome.frames < 100, "{}", outcome.frames);
    });
}

#[test]
fn the_loop_ends_without_input_and_on_request() {
    play(async {
        let outcome = Session::start().end().await;
        assert_eq!(outcome.app.session().log.counters().received, 0);
        for event in [
            Event::Key(KeyCode::Char('q').into()),
            Event::End(Ending::Signal(143)),
        ] {
            let session = Session::start();
            session.input_tx.send(event).await.unwrap();
            session.task.await.unwrap();
        }
    });
}

#[test]
fn effects_reach_the_host_in_order_and_its_answers_reach_the_screen() {
    play(async {
        let mut session = Session::start();
        session.feed_tx.send(message("a", "payload")).await.unwrap();
        session.see("payload").await;
        for letter in ['r', 'u', 'y'] {
            session.press(letter).await;
        }
        session.see("not copied: the test says so").await;
        let reconnect = Effect::Command(Command::Reconnect);
        assert_eq!(session.effect_rx.recv().await, Some(reconnect));
        let copy = Effect::Copy(CopyRequest {
            bytes: b"payload".to_vec().into(),
            what: "the payload".to_owned(),
        });
        assert_eq!(session.effect_rx.recv().await, Some(copy));
        session.end().await;
    });
}

#[test]
fn a_new_size_takes_effect_with_the_next_drawing() {
    play(async {
        let mut session = Session::start();
        session.see("Connecting").await;
        session.input_tx.send(Event::Continued).await.unwrap();
        while session.screen_rx.recv().await.unwrap().lines().count() != 30 {}
        let screen = session.end().await.app.areas().screen;
        assert_eq!((screen.width, screen.height), (100, 30));
    });
}

#[test]
fn an_idle_loop_neither_draws_nor_wakes_up() {
    play(async {
        let mut session = Session::start();
        session.see("Connecting").await;
        let live = Feed::Connection(NodeId(0), Connection::Live);
        session.feed_tx.send(live).await.unwrap();
        session.see("● live").await;
        let polls = session.polls.get();
        for _ in 0..1_000 {
            yield_now().await;
        }
        assert_eq!(session.polls.get(), polls);
        assert_eq!(session.end().await.frames, 2);
    });
}

#[test]
fn keys_still_work_after_the_server_tasks_have_ended() {
    play(async {
        let mut session = Session::start();
        session.see("Connecting").await;
        let (no_feed, _) = channel(1);
        drop(std::mem::replace(&mut session.feed_tx, no_feed));
        session.press('?').await;
        session.see(" Keys ").await;
        session.press('q').await;
        session.see("Connecting").await;
        let polls = session.polls.get();
        for _ in 0..1_000 {
            yield_now().await;
        }
        assert!(session.polls.get() <= polls + 1);
        session.end().await;
    });
}
