//! Turns events into state.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, MouseEventKind};

use super::acl_fallback::is_refusal_of_all;
use super::action::Motion;
use super::{
    App, Chord, Context, Effect, Event, Focus, Overlay, SENTINEL_HELLO, Session, TOAST_DURATION,
    Toast, action_for,
};
use crate::log::Batch;
use crate::message::{Notice, RowId, Time};
use crate::payload::escape;
use crate::server::{Ask, Feed};

/// The maximum number of columns that a channel's name takes in the log.
pub const MAX_NAME_COLUMNS: usize = 28;

impl Session {
    /// Adds a notice to the log if the wall clock was set.
    fn note_wall_clock(&mut self, ahead: i64) -> Vec<Effect> {
        let Some(by) = self.wall.note(self.now, ahead) else {
            return Vec::new();
        };
        self.log.push_notice(self.now, Notice::ClockSet { by });
        self.refresh_shown()
    }

    fn note_partial(&mut self, words: Option<Box<str>>) -> Vec<Effect> {
        if self.server.partial == words {
            return Vec::new();
        }
        self.server.partial.clone_from(&words);
        let Some(words) = words else {
            return Vec::new();
        };
        self.log.push_notice(self.now, Notice::Partial(words));
        self.refresh_shown()
    }

    /// Records that the server is a sentinel, which delivers no messages of the master that it
    /// watches.
    fn note_sentinel(&mut self, masters: Vec<Box<str>>) -> Vec<Effect> {
        let is_news = self.server.sentinel_of.replace(masters).is_none();
        if !is_news {
            return Vec::new();
        }
        let command = self.sentinel_command().unwrap_or_default();
        let words =
            format!("this is a sentinel: it reports failovers only · {command} follows the master");
        self.log
            .push_notice(self.now, Notice::Partial(words.into()));
        self.refresh_shown()
    }

    fn take(&mut self, batch: Batch) -> Vec<Effect> {
        self.note_sign_of_life(batch.source());
        for (time, notice) in batch.timed_notices() {
            self.subscriptions.note(notice, time);
            self.note_gap(notice);
        }
        let is_refused = batch.notices().iter().any(is_refusal_of_all);
        let fall_back = is_refused.then_some(Effect::Ask(Ask::Allowed));
        let generation = self.log.channels().generation();
        let joined = self
            .log
            .continues_last_row(&batch)
            .then(|| RowId(self.log.end().0.saturating_sub(1)));
        self.widen_names(&batch);
        self.count_for_node(&batch);
        let notes = [self.whose_keys(&batch), self.counted_by_socket_io(&batch)];
        let first = self.log.end();
        self.log.append(batch);
        self.own.note_arrived(&self.log, first);
        for notice in notes.into_iter().flatten() {
            self.log.push_notice(self.now, notice);
        }
        self.forget_gone();
        if let Some(row) = joined {
            self.watches().for_each(|watch| watch.look_again(row));
        }
        let mut effects = self.check_arrived();
        effects.extend(self.ask_about_arrived());
        effects.extend(fall_back);
        if self.log.channels().generation() == generation {
            self.shown.follow(&self.log);
            return effects;
        }
        effects.extend(self.refresh_shown());
        effects
    }

    /// Widens the name column for channels that first appear in `batch`.
    fn widen_names(&mut self, batch: &Batch) {
        if self.name_columns == MAX_NAME_COLUMNS {
            return;
        }
        let channels = self.log.channels();
        let new = batch
            .channel_names()
            .filter(|name| *name != SENTINEL_HELLO && channels.find(name).is_none());
        let widest = new.map(|name| escape::name(name, MAX_NAME_COLUMNS).columns);
        self.name_columns = self.name_columns.max(widest.max().unwrap_or(0));
    }

    pub(super) fn tell(&mut self, text: impl Into<String>) -> Vec<Effect> {
        self.say(text.into(), false)
    }

    pub(super) fn tell_error(&mut self, text: impl Into<String>) -> Vec<Effect> {
        self.say(text.into(), true)
    }

    fn say(&mut self, text: String, is_error: bool) -> Vec<Effect> {
        self.toast = Some(Toast {
            text,
            is_error,
            until: self.now.after(TOAST_DURATION),
        });
        Vec::new()
    }
}

impl App {
    /// Handles an event that arrived at `now`, and returns what the runtime must do about it.
    pub fn update(&mut self, event: Event, now: Time) -> Vec<Effect> {
        self.session.now = now;
        let mut effects = self.press_held_back(&event);
        effects.extend(match event {
            Event::Key(key) => {
                self.held_break = false;
                self.press(key)
            }
            Event::Burst(key) => self.press_in_burst(key),
            Event::Mouse(mouse) => {
                if matches!(mouse.kind, MouseEventKind::Down(_)) {
                    self.forget_keys();
                }
                self.point(mouse)
            }
            Event::Paste(text) => {
                self.forget_keys();
                // The toast may say that the paste has stalled.
                self.session.toast = None;
                self.paste(&text)
            }
            Event::PasteStalled => self.session.tell("the paste has not ended · Esc ends it"),
            Event::Resize(width, height) => self.resize(width, height),
            Event::Feed(feed) => self.feed(feed),
            Event::Scanned(answer) => self.note_scan(&answer),
            Event::Analysed(answer) => self.note_analysis(answer),
            Event::Decoded(message) => self.note_decoded(message),
            Event::Found(found) => {
                self.note_found(found);
                Vec::new()
            }
            Event::Failed(words) => self.session.tell_error(words),
            Event::Terminate => vec![Effect::Quit],
            Event::Suspend => vec![Effect::Suspend],
            Event::Continued => vec![Effect::Resume],
            Event::Redraw => vec![Effect::Repaint],
            Event::WallClock(ahead) => self.session.note_wall_clock(ahead),
            Event::Tick => Vec::new(),
        });
        self.refresh_channels();
        effects.extend(self.follow_selection());
        effects.extend(self.leave_room());
        effects.extend(self.ask_for_reports());
        effects.extend(self.ask_for_plot());
        self.session.count_unchecked();
        effects
    }

    pub(super) fn press(&mut self, key: KeyEvent) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            self.typed.reports_release = true;
            return Vec::new();
        }
        let action = action_for(self.context(), Chord::of(key));
        if action.is_some_and(|action| self.hold_back(action, key)) {
            return Vec::new();
        }
        self.press_at_once(key)
    }

    /// Performs the action of `key`, or types it.
    pub(super) fn press_at_once(&mut self, key: KeyEvent) -> Vec<Effect> {
        let chord = Chord::of(key);
        // Any key dismisses the toast, which hides the key hints.
        self.session.toast = None;
        let effects = match action_for(self.context(), chord) {
            Some(action) => self.act(action, key),
            None => self.type_key(key),
        };
        self.typed.last = Some((chord, self.session.now));
        effects
    }

    /// Forgets the last keys, so that the next key does not continue a sequence.
    fn forget_keys(&mut self) {
        self.typed.last = None;
        self.held_break = false;
    }

    /// Passes a key to the focused text box, if there is one.
    pub(super) fn type_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        if let KeyCode::Char(letter) = key.code
            && let Some(refusal) = self.refuse_too_much(letter.len_utf8())
        {
            return refusal;
        }
        match (self.context(), &mut self.overlay) {
            (Context::Prompt, Some(Overlay::Subscribe(prompt))) => {
                prompt.input.press_in_line(key);
            }
            (Context::Query, Some(Overlay::Query(query_box))) => {
                query_box.input.press_in_line(key);
                return self.read_query();
            }
            (Context::SearchMessage, Some(Overlay::SearchMessage(input))) => {
                input.press_in_line(key);
                let text = input.text();
                return self.search_message_for(&text);
            }
            (Context::PublishChannel, _) => {
                self.publish.channel.press_in_line(key);
                self.publish.dismiss_failure();
            }
            (Context::PublishPayload, _) => {
                self.publish.payload.press(key);
                self.publish.dismiss_failure();
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        if let Some(refusal) = self.refuse_too_much(text.len()) {
            return refusal;
        }
        match (self.context(), &mut self.overlay) {
            (Context::Prompt, Some(Overlay::Subscribe(prompt))) => {
                prompt.input.insert_in_line(text);
                if text.trim_end().contains(['\r', '\n']) {
                    return self
                        .session
                        .tell("a line break in the pasted name became a space");
                }
            }
            (Context::Query, Some(Overlay::Query(query_box))) => {
                query_box.input.insert_in_line(text);
                return self.read_query();
            }
            (Context::SearchMessage, Some(Overlay::SearchMessage(input))) => {
                input.insert_in_line(text);
                let text = input.text();
                return self.search_message_for(&text);
            }
            (Context::PublishChannel, _) => {
                let text = self.publish.readable(text);
                self.publish.channel.insert_in_line(&text);
                self.publish.dismiss_failure();
            }
            (Context::PublishPayload, _) => {
                let text = self.publish.readable(text);
                self.publish.payload.insert(&text);
                self.publish.dismiss_failure();
            }
            _ => return self.session.tell("nothing to paste into · p publish"),
        }
        Vec::new()
    }

    fn resize(&mut self, width: u16, height: u16) -> Vec<Effect> {
        (self.width, self.height) = (width, height);
        self.resize_open();
        if self.overlay.is_some() {
            // Keeps the position, but not past the end.
            self.move_by(Motion::Lines(0));
        }
        Vec::new()
    }

    fn feed(&mut self, feed: Feed) -> Vec<Effect> {
        match feed {
            Feed::Batch(batch) => return self.session.take(*batch),
            Feed::Connection(node, connection) => self.session.note_connection(node, connection),
            Feed::RoundTrip(node, time) => self.session.note_round_trip(node, time),
            Feed::Unconfirmed(subscriptions) => self
                .session
                .subscriptions
                .lose(&subscriptions, self.session.now),
            Feed::Nodes(facts) => self.session.note_nodes(facts),
            Feed::ShardChannels {
                subscription,
                names,
            } => return self.session.note_shard_channels(subscription, &names),
            Feed::ServerVersion(version) => self.session.server.version = Some(version),
            Feed::Sentinel(masters) => return self.session.note_sentinel(masters),
            Feed::Trouble(trouble) => {
                self.session.server.trouble = trouble;
                self.session.forgive_silence();
            }
            Feed::Partial(words) => return self.session.note_partial(words),
            Feed::Allowed { user, channels } => return self.session.note_allowed(user, channels),
            Feed::Published {
                id,
                receivers,
                counted_at,
            } => {
                self.session.own.note_answer(id, self.session.now);
                self.publish.note_answer(id, receivers, counted_at);
            }
        }
        Vec::new()
    }

    pub(super) fn refresh_channels(&mut self) {
        let lists = super::Lists {
            channels: self.session.log.channels(),
            subscriptions: &self.session.subscriptions,
        };
        self.channels.refresh(&lists, self.session.now);
    }

    pub(super) fn set_focus(&mut self, focus: Focus) {
        // A pane that is not on the screen cannot have the focus.
        let focus = match focus {
            Focus::Messages if self.shows_latest() => Focus::Channels,
            focus => focus,
        };
        self.focus = focus;
        if !matches!(focus, Focus::PublishChannel | Focus::PublishPayload) {
            self.pane = focus;
            self.publish.dismiss_failure();
        }
    }
}
