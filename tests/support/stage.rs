//! An app on a screen of 80 columns and 24 rows, with a clock and keys; scans run synchronously.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;
use subscope::app::{
    Action, Answer, App, Chord, CopyEnd, CopyReport, Effect, Event, Kind, Lists, MessageSnapshot,
    Position, Session, Settings, SubscriptionState, Target,
};
use subscope::log::{Batch, Content};
use subscope::message::{NodeId, Notice, RowId, Subscription, SubscriptionId, Time, Topic};
use subscope::server::{Ask, Connection, Feed};
use subscope::view;
use subscope::workers::scan::Engine;
use unicode_width::UnicodeWidthStr as _;

pub const START: Time = Time(1_700_000_000_000_000);

/// An app on a screen, with a clock and keys.
pub struct Stage {
    pub app: App,
    pub engine: Engine,
    pub now: Time,
    pressed: Option<(KeyCode, Time)>,
}

impl Stage {
    pub fn new(topics: &[&str]) -> Self {
        Self::with(topics, |_| {})
    }

    /// Creates a stage with changed settings.
    pub fn with(topics: &[&str], change: impl FnOnce(&mut Settings)) -> Self {
        Self::sized((80, 24), topics, change)
    }

    /// Creates a stage with a screen of this width and height.
    pub fn sized(size: (u16, u16), topics: &[&str], change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings {
            address: "redis://127.0.0.1:6379".to_owned(),
            keep: 1 << 20,
            ..Settings::default()
        };
        change(&mut settings);
        let topics = topics.iter().map(|name| Topic::guess(name.as_bytes()));
        Self {
            app: App::new(settings, topics.collect(), size, START),
            engine: Engine::default(),
            now: START,
            pressed: None,
        }
    }

    pub fn send(&mut self, event: Event) -> Vec<Effect> {
        update(&mut self.app, &mut self.engine, event, self.now)
    }

    pub fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
        self.send(Event::Tick);
    }

    /// Presses a key. Pauses first if it would be mistaken for a held key, unless the test has
    /// already let time pass.
    pub fn code(&mut self, code: KeyCode) -> Vec<Effect> {
        let key = KeyEvent::from(code);
        let keymap = &self.session().settings.keymap;
        let action = keymap.action_for(self.app.context(), Chord::of(key));
        if self.pressed == Some((code, self.now)) && action.map(Action::kind) == Some(Kind::Once) {
            self.now = self.now.after(Duration::from_secs(1));
        }
        self.pressed = Some((code, self.now));
        self.send(Event::Key(key))
    }

    pub fn chord(&mut self, modifiers: KeyModifiers, code: KeyCode) -> Vec<Effect> {
        self.send(Event::Key(KeyEvent::new(code, modifiers)))
    }

    pub fn ctrl(&mut self, letter: char) -> Vec<Effect> {
        self.chord(KeyModifiers::CONTROL, KeyCode::Char(letter))
    }

    /// Types the letters of `text`. Returns the effects of the last one.
    pub fn keys(&mut self, text: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for letter in text.chars() {
            effects = self.code(KeyCode::Char(letter));
        }
        effects
    }

    pub fn messages(&mut self, messages: &[(&str, &[u8])]) {
        let mut batch = Batch::default();
        for (channel, payload) in messages {
            batch.push_message(self.now, channel.as_bytes(), payload, SubscriptionId(0));
        }
        self.send(Event::Feed(Feed::Batch(Box::new(batch))));
    }

    pub fn numbered(&mut self, channel: &str, count: usize) {
        let payloads: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        let messages: Vec<_> = payloads
            .iter()
            .map(|payload| (channel, payload.as_bytes()))
            .collect();
        self.messages(&messages);
    }

    /// Returns the open message.
    pub fn snapshot(&self) -> &MessageSnapshot {
        &self.app.open().unwrap().reader.snapshot
    }

    pub fn notice(&mut self, notice: Notice) {
        let mut batch = Batch::default();
        batch.push_notice(self.now, notice);
        self.send(Event::Feed(Feed::Batch(Box::new(batch))));
    }

    pub fn connection(&mut self, connection: Connection) {
        self.send(Event::Feed(Feed::Connection(NodeId(0), connection)));
    }

    pub fn subscription(&self, id: u32) -> Subscription {
        let id = SubscriptionId(id);
        let topic = self.session().subscriptions.topic(id).unwrap().clone();
        Subscription { id, topic }
    }

    pub fn confirm(&mut self, id: u32) {
        let subscription = self.subscription(id);
        self.notice(Notice::Subscribed {
            subscription,
            count: 1,
            server: None,
        });
    }

    pub fn state(&self, id: u32) -> &SubscriptionState {
        self.session()
            .subscriptions
            .state(SubscriptionId(id))
            .unwrap()
    }

    pub fn payload_of(&self, row: RowId) -> String {
        match self.session().log.row(row).unwrap().content {
            Content::Message { payload, .. } => String::from_utf8_lossy(payload).into_owned(),
            Content::Notice(notice) => format!("{notice:?}"),
        }
    }

    pub fn session(&self) -> &Session {
        self.app.session()
    }

    pub fn selected(&self) -> String {
        self.payload_of(self.app.window().selected.unwrap())
    }

    pub fn channel_selected(&self) -> String {
        match self.app.channels().selected.as_ref().unwrap() {
            Target::Topic(topic) => String::from_utf8_lossy(&topic.name).into_owned(),
            Target::Branch(prefix) | Target::Group(prefix) => {
                format!("{}*", String::from_utf8_lossy(prefix))
            }
        }
    }

    pub fn listed(&self) -> Vec<String> {
        let lists = Lists::of(self.app.session());
        let entries = self.app.channels().entries.iter();
        entries
            .map(|entry| String::from_utf8_lossy(&lists.topic(*entry).unwrap().name).into_owned())
            .collect()
    }

    /// Returns the screen as drawn. Panics if anything on it is bright black, which is the colour
    /// of the background in some palettes.
    pub fn buffer(&self) -> Buffer {
        let buffer = self.drawn().backend().buffer().clone();
        let cells = &buffer.content;
        assert!(cells.iter().all(|cell| cell.fg != Color::DarkGray));
        buffer
    }

    /// Returns the column and row of the terminal's cursor, if it is shown.
    pub fn caret(&self) -> Option<(u16, u16)> {
        let terminal = self.drawn();
        let backend = terminal.backend();
        backend
            .cursor_visible()
            .then(|| backend.cursor_position().into())
    }

    fn drawn(&self) -> Terminal<TestBackend> {
        let area = self.app.areas().screen;
        let mut terminal = Terminal::new(TestBackend::new(area.width, area.height)).unwrap();
        terminal.draw(|frame| view::draw(&self.app, frame)).unwrap();
        terminal
    }

    /// Returns the screen as lines of text, without trailing blanks.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let columns = usize::from(buffer.area.width).max(1);
        let rows = buffer.content.chunks(columns).map(line_of);
        let lines: Vec<String> = rows.map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }

    pub fn shown(&self) -> u64 {
        self.session().shown.len()
    }

    pub fn is_following(&self) -> bool {
        self.app.messages().position == Position::Following
    }

    pub fn toast(&self) -> &str {
        self.session()
            .toast()
            .map_or("", |toast| toast.text.as_str())
    }

    pub fn box_texts(&self) -> (String, String) {
        let publish = self.app.publish();
        (publish.channel.text(), publish.payload.text())
    }

    pub fn failure(&self) -> &str {
        match &self.app.publish().answer {
            Answer::Failed(words) => words,
            other => panic!("{other:?}"),
        }
    }

    pub fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.send(Event::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    }
}

/// Returns the text of a row of cells, with each glyph once, however many cells it occupies.
pub fn line_of(cells: &[Cell]) -> String {
    let mut line = String::new();
    let mut at = 0;
    while at < cells.len() {
        line.push_str(cells[at].symbol());
        at += cells[at].symbol().width().max(1);
    }
    line
}

pub fn published(id: u64, channel: &str, payload: &[u8]) -> Vec<Effect> {
    vec![Effect::Ask(Ask::Publish {
        id,
        channel: channel.as_bytes().into(),
        payload: payload.into(),
        is_sharded: false,
    })]
}

/// Returns the text that the only effect copies to the clipboard.
#[track_caller]
pub fn copied(effects: &[Effect]) -> &[u8] {
    match effects {
        [Effect::Copy(request)] => &request.bytes,
        other => panic!("{other:?}"),
    }
}

/// Feeds `event` to `app` and answers its scan and sample requests until there are no more. Copied
/// text goes to the terminal. Returns the remaining effects.
fn update(app: &mut App, engine: &mut Engine, event: Event, now: Time) -> Vec<Effect> {
    let mut others = Vec::new();
    let mut effects = app.update(event, now);
    while !effects.is_empty() {
        for effect in std::mem::take(&mut effects) {
            match effect {
                Effect::Scan(request) => {
                    let answer = engine.answer(request);
                    effects.extend(app.update(Event::Scanned(answer), now));
                }
                Effect::Sample(request) => {
                    effects.extend(app.update(Event::Sampled(request.answer()), now));
                }
                Effect::StopScan(_) => {}
                Effect::Copy(request) => {
                    let report = CopyReport {
                        what: request.what.clone(),
                        size: request.bytes.len(),
                        end: CopyEnd::Sent,
                    };
                    effects.extend(app.update(Event::Copied(report), now));
                    others.push(Effect::Copy(request));
                }
                other => others.push(other),
            }
        }
    }
    others
}
