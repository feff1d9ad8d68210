//! Whole sessions on the screen: keys, mouse, pastes, resizes, events of every kind, and answers
//! that arrive early, late or never. In every case the screen is drawn, no cell of it affects a
//! terminal, the counts add up, and nothing leaves the program without the user's intent.

use std::time::Duration;

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use subscope::app::{App, BINDINGS, Context, Effect, Event, Settings};
use subscope::log::{Batch, Content};
use subscope::message::{
    Allowed, ConnectionError, Dropped, Gap, GapCause, GapEnd, NodeId, Notice, Partial, RedisError,
    RowId, Subscription, SubscriptionId, Time, Topic, Unexpected,
};
use subscope::server::{Ask, Connection, Feed, Health, NodeFacts, PublishError, Role, Trouble};
use subscope::view;
use subscope::workers::analysis::{self, Check};
use subscope::workers::decode;
use subscope::workers::scan;

use crate::decoders::samples;
use crate::escapes::assert_harmless;
use crate::mutation::{mutated, mutated_text};
use crate::random::{Random, attack};
use crate::support::cases;
use crate::support::pty::SUBSCOPE;

const START: Time = Time(1_700_000_000_000_000);

/// Maximum number of steps in a session.
const MAX_STEPS: usize = 70;

/// Useful sequences of keys. `\n` is Enter, `\x1b` Esc, `\t` Tab.
const TYPED: &[&str] = &[
    "/.a == 1\n",
    "/size>3 or is:json\n",
    "/(\x1b",
    "Fid\nnnN",
    "F/x+/\n",
    "Fjq(.a)\n",
    "Blast:5s\n",
    "Bhello\n ",
    "f i d\x1b",
    "aorders.*\n",
    "alogs:\u{4f60}\n",
    "Sshard:{1}\n",
    "phello\n",
    "p\thello\n\n",
    "e edited\n",
    "G\n]]]]",
    "G\nlljjhK",
    "G\n/x\nnN",
    "G\n#\x1b",
    "G\nwWH+-0",
    "G\nfjj\n",
    "G\ndDz",
    "GxgxdD",
    "vjjs\n",
    "v\x1b",
    "mmttss",
    "cc",
    "u",
    "Cjj\x1b",
    "?G\x1b",
    "iiyYP",
    "\t\t\t\n",
    "  ",
    "\x1b\x1b\x1b",
    "]][[",
    "Z",
];

const CHANNELS: &[&[u8]] = &[
    b"orders:created",
    b"orders:paid",
    b"logs:\xe4\xbd\xa0\xe5\xa5\xbd",
    b"",
    b"__sentinel__:hello",
    b"__keyspace@0__:k",
    b"esc\x1b[31m\xff\xe2\x80\xae",
    b"a.very.long.name.of.a.channel.that.does.not.fit.into.any.column.of.the.screen",
];

const WORDS: &[&str] = &[
    "closed by the server",
    "ERR words of the server \x1b]0;title\x07 \u{202e}",
    "not all: because of this",
    "NOPERM",
    "",
];

/// One event in a session.
#[derive(Clone, Debug)]
enum Step {
    Key(KeyEvent),
    Typed(&'static str),
    Paste(String),
    Mouse(MouseEvent),
    Resize(u16, u16),
    Messages(Vec<(usize, Vec<u8>)>),
    /// Any other feed event, generated from this number.
    News(u64),
    Fail(String),
    Wait(Duration),
    Redraw,
    /// Sets how promptly the workers answer from now on.
    Answers(Answers),
}

/// When the workers answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answers {
    AtOnce,
    /// Only after the setting has returned to [`Self::AtOnce`].
    Late,
    Never,
}

fn step(random: &mut Random, samples: &[Vec<u8>]) -> Step {
    match random.below(24) {
        0..=6 => Step::Key(key(random)),
        7..=10 => Step::Typed(random.pick::<&str>(TYPED)),
        11 => Step::Paste(mutated_text(
            random,
            &["pasted", "two\nlines\n", "\x1b[0m\u{202e}"],
        )),
        12 | 13 => Step::Mouse(mouse(random)),
        14 => size(random),
        15..=18 => {
            let count = 1 + random.below(*random.clone().pick(&[2, 6, 60]));
            let messages = (0..count).map(|_| {
                let channel = random.below(CHANNELS.len());
                let mut payload = mutated(random, samples);
                payload.truncate(4000);
                (channel, payload)
            });
            Step::Messages(messages.collect())
        }
        19 | 20 => Step::News(random.number()),
        21 => Step::Wait(Duration::from_millis(1 << random.below(22))),
        22 => Step::Answers(*random.pick(&[
            Answers::AtOnce,
            Answers::AtOnce,
            Answers::Late,
            Answers::Never,
        ])),
        _ if random.one_in(2) => Step::Fail(mutated_text(random, WORDS)),
        _ => Step::Redraw,
    }
}

/// Returns a key that does something in some context, or any letter.
fn key(random: &mut Random) -> KeyEvent {
    let kinds = [
        KeyEventKind::Press,
        KeyEventKind::Press,
        KeyEventKind::Press,
    ];
    let odd = [KeyEventKind::Repeat, KeyEventKind::Release];
    let kind = if random.one_in(6) {
        random.pick(&odd)
    } else {
        random.pick(&kinds)
    };
    let event = if random.one_in(8) {
        let letter = char::from_u32(u32::try_from(random.below(0x3000)).unwrap()).unwrap();
        let modifiers = KeyModifiers::from_bits_truncate(random.byte());
        KeyEvent::new(KeyCode::Char(letter), modifiers)
    } else {
        let chord = random.pick(&random.clone().pick(BINDINGS).keys);
        KeyEvent::new(chord.code, chord.modifiers)
    };
    KeyEvent {
        kind: *kind,
        ..event
    }
}

fn mouse(random: &mut Random) -> MouseEvent {
    let kind = *random.pick(&[
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::Moved,
    ]);
    let place = |random: &mut Random, most| {
        let place = if random.one_in(20) {
            usize::from(u16::MAX)
        } else {
            random.below(most)
        };
        u16::try_from(place).unwrap()
    };
    MouseEvent {
        kind,
        column: place(random, 130),
        row: place(random, 40),
        modifiers: KeyModifiers::NONE,
    }
}

fn size(random: &mut Random) -> Step {
    let side = |random: &mut Random, usual: usize| {
        let side = if random.one_in(3) {
            random.below(4)
        } else {
            random.below(usual)
        };
        u16::try_from(side).unwrap()
    };
    Step::Resize(side(random, 160), side(random, 50))
}

/// A running session.
struct Session {
    app: App,
    now: Time,
    scanner: scan::Engine,
    analyst: analysis::Engine,
    answers: Answers,
    /// Requests that are still to be answered.
    waiting: Vec<Effect>,
    /// Number of messages received, including dropped ones.
    came: u64,
}

impl Session {
    fn new() -> Self {
        let settings = Settings {
            address: "redis://127.0.0.1:6379".to_owned(),
            keep: 96 << 10,
            checks: vec![
                Check::parse_sequence("orders:*=.a").unwrap(),
                Check::parse_shape("logs*").unwrap(),
            ],
            ..Settings::default()
        };
        let topics = [Topic::pattern(b"*"), Topic::channel(b"orders:paid")];
        Self {
            app: App::new(settings, topics.into(), (90, 28), START),
            now: START,
            scanner: scan::Engine::default(),
            analyst: analysis::Engine::default(),
            answers: Answers::AtOnce,
            waiting: Vec::new(),
            came: 0,
        }
    }

    fn take(&mut self, step: &Step) {
        self.now = self.now.after(Duration::from_millis(3));
        match step {
            Step::Key(key) => self.press(*key),
            Step::Typed(text) => {
                for letter in text.chars() {
                    let code = match letter {
                        '\n' => KeyCode::Enter,
                        '\x1b' => KeyCode::Esc,
                        '\t' => KeyCode::Tab,
                        letter => KeyCode::Char(letter),
                    };
                    self.press(code.into());
                }
            }
            Step::Paste(text) => self.send(Event::Paste(text.clone())),
            Step::Mouse(mouse) => self.send(Event::Mouse(*mouse)),
            Step::Resize(width, height) => self.send(Event::Resize(*width, *height)),
            Step::Messages(messages) => {
                let mut batch = Batch::default();
                for (channel, payload) in messages {
                    let id = SubscriptionId(u32::from(*channel == 1));
                    batch.push_message(self.now, CHANNELS[*channel], payload, id);
                }
                self.came += batch.messages();
                self.send(Event::Feed(Feed::Batch(Box::new(batch))));
            }
            Step::News(number) => {
                let feed = self.random_feed(&mut Random::new(*number));
                self.send(Event::Feed(feed));
            }
            Step::Fail(words) => self.send(Event::Failed(words.clone())),
            Step::Wait(time) => {
                self.now = self.now.after(*time);
                self.send(Event::Tick);
            }
            Step::Redraw => {
                for event in [Event::Continued, Event::Suspend, Event::Redraw] {
                    self.send(event);
                }
            }
            Step::Answers(answers) => {
                self.answers = *answers;
                let waiting = std::mem::take(&mut self.waiting);
                self.serve(waiting);
            }
        }
    }

    /// Handles a key, the only event that may publish or quit.
    fn press(&mut self, key: KeyEvent) {
        let context = self.app.context();
        let is_in_box =
            |context| matches!(context, Context::PublishChannel | Context::PublishPayload);
        let is_empty = self.app.publish().payload.is_empty();
        let effects = self.app.update(Event::Key(key), self.now);
        for effect in &effects {
            match effect {
                Effect::Ask(Ask::Publish { payload, .. }) => {
                    assert_eq!(key.kind, KeyEventKind::Press, "sent by a held key");
                    let is_intended = match context {
                        Context::PublishPayload => {
                            key.code == KeyCode::Enter && !is_empty
                                || key.modifiers == KeyModifiers::CONTROL
                                    && key.code == KeyCode::Char('o')
                        }
                        Context::Confirm => key.code == KeyCode::Char('y'),
                        _ => false,
                    };
                    let payload = payload.escape_ascii();
                    assert!(is_intended, "{key:?} in {context:?} sends {payload}");
                }
                Effect::Quit => {
                    let code = key.code;
                    let is_intended = match code {
                        KeyCode::Char('q') => !is_in_box(context),
                        KeyCode::Char('y') => context == Context::Confirm,
                        KeyCode::Char('c' | 'C') => key.modifiers.contains(KeyModifiers::CONTROL),
                        _ => false,
                    };
                    assert!(is_intended, "{key:?} in {context:?} quits");
                }
                _ => {}
            }
        }
        if is_in_box(self.app.context()) && !is_in_box(context) && context != Context::Confirm {
            let is_on_purpose = matches!(key.code, KeyCode::Char(_)) || is_overlay(context);
            assert!(is_on_purpose, "{key:?} in {context:?} opens the box");
        }
        self.serve(effects);
    }

    /// Handles any event other than a key press.
    fn send(&mut self, event: Event) {
        let what = format!("{event:?}");
        let effects = self.app.update(event, self.now);
        assert_nothing_leaves(&effects, &what);
        self.serve(effects);
    }

    /// Passes requests to the workers, which answer as currently set.
    fn serve(&mut self, effects: Vec<Effect>) {
        let mut effects = effects;
        while let Some(effect) = effects.pop() {
            match self.answers {
                Answers::AtOnce => {
                    let Some(answer) = self.answer(effect) else {
                        continue;
                    };
                    let more = self.app.update(answer, self.now);
                    assert_nothing_leaves(&more, "an answer");
                    effects.extend(more);
                }
                Answers::Late => self.waiting.push(effect),
                Answers::Never => {}
            }
        }
    }

    fn answer(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Scan(request) => Some(Event::Scanned(self.scanner.answer(request))),
            Effect::Decode(request) => Some(Event::Decoded(decode::answer(&request))),
            Effect::Search(search) => Some(Event::Found(search.answer())),
            Effect::Analyse(request) => self.analyst.answer(request).map(Event::Analysed),
            Effect::Ask(Ask::Publish { id, .. }) => Some(Event::Feed(Feed::Published {
                id,
                receivers: Ok(1),
                counted_at: None,
            })),
            _ => None,
        }
    }

    fn random_feed(&mut self, random: &mut Random) -> Feed {
        let words = mutated_text(random, WORDS).into_boxed_str();
        let node = NodeId(u16::try_from(random.below(3)).unwrap());
        match random.below(16) {
            0 => Feed::Connection(node, Connection::Live),
            1 => Feed::Connection(node, Connection::Connecting),
            2 => Feed::Connection(
                node,
                Connection::Reconnecting {
                    reason: ConnectionError::Io(words),
                    retry_at: self.now.after(Duration::from_secs(random.below(9) as u64)),
                    attempts: 3,
                },
            ),
            3 => Feed::Connection(
                node,
                Connection::Refused {
                    reason: ConnectionError::Redis(RedisError::new(words)),
                    retry_at: None,
                },
            ),
            4 => Feed::RoundTrip(node, Time(0), Duration::from_micros(random.number() >> 40)),
            5 => Feed::Unconfirmed(vec![SubscriptionId(0), SubscriptionId(7)]),
            6 => Feed::Nodes(nodes(random, &words)),
            7 => Feed::ServerVersion(words),
            8 => Feed::Trouble((!words.is_empty()).then(|| Trouble::Ping(RedisError::new(words)))),
            9 => Feed::Partial(
                (!words.is_empty()).then(|| Partial::NodesUnknown(RedisError::new(words))),
            ),
            10 => Feed::Allowed {
                user: words,
                channels: Allowed::Only {
                    names: vec![b"orders:*".as_slice().into(), b"\x1b".as_slice().into()],
                    left_out: random.below(3),
                },
            },
            11 => Feed::Published {
                id: random.below(3) as u64,
                receivers: Err(PublishError::Refused(RedisError::new(words))),
                counted_at: None,
            },
            12 => Feed::FoundChannels {
                subscription: self.subscription(random),
                names: vec![b"s:{1}".as_slice().into(), b"".as_slice().into()],
            },
            _ => {
                let notice = self.notice(random, words);
                let mut batch = Batch::default();
                batch.push_notice(self.now, notice);
                Feed::Batch(Box::new(batch))
            }
        }
    }

    /// Returns one of the current subscriptions.
    fn subscription(&self, random: &mut Random) -> Subscription {
        let listed: Vec<Subscription> = self
            .app
            .session()
            .subscriptions
            .listed()
            .map(|(id, topic, _)| Subscription {
                id,
                topic: topic.clone(),
            })
            .collect();
        if listed.is_empty() {
            let topic = Topic::channel(b"gone");
            return Subscription {
                id: SubscriptionId(0),
                topic,
            };
        }
        random.pick(&listed).clone()
    }

    fn notice(&mut self, random: &mut Random, words: Box<str>) -> Notice {
        let subscription = self.subscription(random);
        match random.below(9) {
            0 | 1 => Notice::Subscribed {
                subscription,
                count: 1,
                server: random.one_in(2).then_some(words),
            },
            2 => Notice::Unsubscribed {
                subscription,
                count: 0,
                server: None,
                asked: random.one_in(2),
            },
            3 => Notice::Denied {
                subscription,
                reason: RedisError::new(words),
            },
            4 => Notice::Ended(subscription),
            5 => Notice::Unexpected {
                first: if random.one_in(2) {
                    Unexpected::Error(RedisError::new(words))
                } else {
                    Unexpected::Frame(words)
                },
                count: 1 + random.below(3) as u64,
            },
            6 => {
                let count = random.below(1000) as u64;
                self.came += count;
                Notice::Dropped(Dropped {
                    count,
                    bytes: count * 10,
                    from: self.now,
                    to: self.now,
                })
            }
            _ => Notice::Gap(Gap {
                last_heard: self.now.before(Duration::from_secs(2)),
                noticed: self.now,
                end: *random.pick(&[
                    GapEnd::Open,
                    GapEnd::Restored(self.now),
                    GapEnd::GivenUp(self.now),
                ]),
                cause: GapCause::ConnectionLost(None),
                reason: ConnectionError::Io(words).into(),
            }),
        }
    }

    /// Panics unless the counters agree with the messages received and kept.
    fn assert_counts(&self) {
        let log = &self.app.session().log;
        let counters = log.counters();
        assert_eq!(counters.received, self.came);
        let not_kept = counters.evicted + counters.cleared + counters.dropped;
        assert_eq!(counters.received, counters.kept + not_kept, "{counters:?}");
        let rows = (0..log.end().0).filter_map(|id| log.row(RowId(id)));
        let messages = rows.filter(|row| matches!(row.content, Content::Message { .. }));
        assert_eq!(messages.count() as u64, counters.kept);
        assert!(log.size() <= log.budget() * 2, "{} B", log.size());
    }

    /// Draws the screen, and panics if a cell contains anything that a terminal would act on.
    fn draw(&self) {
        let area = self.app.areas().screen;
        let mut terminal = Terminal::new(TestBackend::new(area.width, area.height)).unwrap();
        terminal.draw(|frame| view::draw(&self.app, frame)).unwrap();
        for cell in terminal.backend().buffer().content() {
            assert_harmless(cell.symbol());
        }
        let _ = self.app.next_tick();
    }
}

fn assert_nothing_leaves(effects: &[Effect], what: &str) {
    for effect in effects {
        let leaves = matches!(effect, Effect::Ask(Ask::Publish { .. }) | Effect::Quit);
        assert!(!leaves, "{what:.200} causes {effect:?}");
    }
}

fn nodes(random: &mut Random, words: &str) -> Vec<NodeFacts> {
    let count = random.below(4);
    let nodes = (0..count).map(|index| NodeFacts {
        node: NodeId(u16::try_from(index).unwrap()),
        name: words.into(),
        role: *random.pick(&[Role::Single, Role::Primary, Role::Replica, Role::Sentinel]),
        health: Health::Well,
        slots: vec![0..=5460, 16383..=16383],
        subscriptions: index,
        is_home: index == 0,
        round_trip: random.one_in(2).then_some(Duration::from_millis(2)),
    });
    nodes.collect()
}

/// Returns whether the context is an overlay above the panes. The publish box may be behind it.
fn is_overlay(context: Context) -> bool {
    !matches!(
        context,
        Context::Channels
            | Context::Latest
            | Context::Messages
            | Context::Message
            | Context::Chart
            | Context::Plot
    )
}

#[test]
fn no_session_breaks_the_screen_or_sends_anything_unasked() {
    subscope::query::set_executable(SUBSCOPE);
    let samples = samples();
    attack(
        "sessions",
        cases::count(60),
        |random| {
            let count = random.below(MAX_STEPS);
            (0..count).map(|_| step(random, &samples)).collect()
        },
        |steps| {
            let mut session = Session::new();
            for (index, step) in steps.iter().enumerate() {
                session.take(step);
                if index % 4 == 0 || matches!(step, Step::Resize(..)) {
                    session.draw();
                }
            }
            session.draw();
            session.assert_counts();
        },
    );
}
