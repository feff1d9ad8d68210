//! Updates the state for each event.

mod actions;
mod channel_list;
mod chips;
mod current;
mod export;
mod focus;
mod hints;
mod keys;
mod layout;
mod lens;
mod lists;
mod message_pane;
mod mouse;
mod moving;
mod opened;
mod palette;
mod password;
mod plot;
mod publish_box;
mod query_box;
mod quitting;
mod recording;
mod subscribing;
mod text_boxes;
mod text_editor;
mod undo;
mod user_command;

use crossterm::event::MouseEventKind;

use self::keys::Company;
use super::App;
use super::action::Motion;
use super::effect::Effect;
use super::event::Event;
use super::log_pane::LogPane;
use super::message_pane::Open;
use super::overlays::Overlay;
use super::session::live_query::{FILTER, FIND};
use super::user_decoder::DecoderAnswer;
use crate::message::{Notice, Partial, Time};
use crate::server::Feed;
use crate::workers::analysis;
use crate::workers::scan::{Answer, Purpose};

impl App {
    /// Handles an event that arrived at `now`, and returns the effects for the runtime to perform.
    pub fn update(&mut self, event: Event, now: Time) -> Vec<Effect> {
        self.session.now = now;
        let (event, mut effects) = self.admit(event);
        effects.extend(match event {
            Event::Key(key) => {
                self.keyboard.held_break = false;
                self.press(key)
            }
            Event::Burst(key) => self.press_among(Company::Paste, key),
            Event::TypedAhead(key) => self.press_among(Company::Few, key),
            Event::Mouse(mouse) => {
                if matches!(mouse.kind, MouseEventKind::Down(_)) {
                    self.keyboard.forget();
                }
                self.handle_mouse(mouse)
            }
            Event::Paste(text) => self.take_paste(&text),
            Event::PasteStalled => self.tell("the paste has not ended · Esc ends it"),
            Event::Resize(width, height) => self.resize(width, height),
            Event::Feed(feed) => self.feed(feed),
            Event::Loaded(news) => self.note_loaded(news),
            Event::Scanned(answer) => self.note_scan(&answer),
            Event::Analysed(answer) => self.note_analysis(answer),
            Event::Decoded(message) => {
                self.with_open(|open, session, area| open.note_decoded(message, session, area))
            }
            Event::UserDecoded(answer) => self.note_user_decoded(answer),
            Event::Found(found) => {
                self.with_open(|open, _, area| open.note_found(found, area));
                Vec::new()
            }
            Event::Command(news) => self.note_command(news),
            Event::EditorClosed(closed) => self.note_editor_closed(closed),
            Event::Copied(report) => self.session.note_copied(&report),
            Event::Exported(exported) => self.note_exported(exported),
            Event::Recording(news) => self.note_recording(news),
            Event::Sampled(sample) => self.note_sample(sample),
            Event::Failed(words) => self.session.tell_error(words),
            Event::End(ending) => self.end(ending),
            Event::Suspend => vec![Effect::Suspend],
            Event::Continued => vec![Effect::Resume],
            Event::Redraw => vec![Effect::Repaint],
            Event::Background(colour) => self.suit_background(colour),
            Event::WallClock(ahead) => self.session.note_wall_clock(ahead),
            Event::Tick => Vec::new(),
        });
        effects.extend(self.session.set_ping_interval());
        effects.extend(self.judge_channels());
        self.refresh_channels();
        self.settle_chips();
        effects.extend(self.decide_recipes());
        effects.extend(self.follow_selection());
        effects.extend(self.leave_room());
        effects.extend(self.request_what_is_shown());
        effects.extend(self.judge_queries());
        self.session.count_unchecked();
        effects.extend(self.session.record_arrived());
        effects
    }

    /// Judges the channels by the breakpoints that are due.
    fn judge_channels(&mut self) -> Vec<Effect> {
        let is_covered = self.overlay.is_some();
        self.on_log(|log, session, height| log.judge_channels(is_covered, session, height))
    }

    /// Returns `text` with the key of each action in braces, such as `{undo} undoes it`, as it is
    /// where the focus is.
    fn keyed(&self, text: &'static str) -> String {
        self.session.settings.keymap.text(self.context(), text)
    }

    /// Judges queries that find nothing. A search says that it does once it has been judged.
    fn judge_queries(&mut self) -> Vec<Effect> {
        let draft = match &self.overlay {
            Some(Overlay::Query(query_box)) => query_box.untried.as_ref(),
            _ => None,
        };
        let mut effects = self.session.judge_draft(draft);
        effects.extend(self.session.judge_queries());
        effects.extend(self.on_log(LogPane::jump_to_hit));
        effects
    }

    /// Shows a toast. Returns no effects.
    fn tell(&mut self, text: impl Into<String>) -> Vec<Effect> {
        self.session.tell(text)
    }

    /// Draws in a theme for this background, unless the user has chosen one.
    fn suit_background(&self, colour: [u8; 3]) -> Vec<Effect> {
        let is_chosen = self.session.chosen_theme.is_some();
        let effect = (!is_chosen).then_some(Effect::SuitBackground(colour));
        effect.into_iter().collect()
    }

    fn resize(&mut self, width: u16, height: u16) -> Vec<Effect> {
        self.layout.size = (width, height);
        self.resize_open();
        if self.overlay.is_some() {
            // Keep the position, but not past the new end.
            self.move_by(Motion::Lines(0));
        }
        Vec::new()
    }

    fn feed(&mut self, feed: Feed) -> Vec<Effect> {
        match feed {
            Feed::Batch(batch) => return self.session.take(*batch),
            Feed::Connection(node, connection) => self.session.note_connection(node, connection),
            Feed::RoundTrip(node, asked, time) => {
                self.session.note_round_trip(node, asked, time);
            }
            Feed::Unconfirmed(subscriptions) => self
                .session
                .subscriptions
                .await_confirmation(&subscriptions, self.session.now),
            Feed::Nodes(facts) => self.session.note_nodes(facts),
            Feed::FoundChannels {
                subscription,
                names,
            } => return self.session.note_found_channels(subscription, &names),
            Feed::ServerVersion(version) => self.session.server.version = Some(version),
            Feed::Sentinel(masters) => return self.session.note_sentinel(masters),
            Feed::Trouble(trouble) => {
                self.session.server.trouble = trouble;
                self.session.restart_silence();
            }
            Feed::KeyEventsOff => {
                let partial = Partial::KeyEventsOff;
                return self.session.log_notice(Notice::Partial(partial));
            }
            Feed::Partial(partial) => return self.session.note_partial(partial),
            Feed::Allowed { user, channels } => return self.session.note_allowed(user, channels),
            Feed::Published {
                id,
                receivers,
                counted_at,
            } => {
                self.session.own.note_answer(id, self.session.now);
                self.publish_box.note_answer(id, receivers, counted_at);
            }
        }
        Vec::new()
    }

    /// Requests what the panes show and is not known yet.
    fn request_what_is_shown(&mut self) -> Vec<Effect> {
        let mut effects = self.ask_user_decoders();
        let reported = self.open.as_ref().and_then(Open::reported_channel);
        effects.extend(self.session.request_reports(reported));
        effects.extend(self.request_plot_data());
        effects
    }

    /// Records the answer of a decoder of the user's own, and shows it in the open message.
    fn note_user_decoded(&mut self, answer: DecoderAnswer) -> Vec<Effect> {
        let row = answer.row;
        self.session.note_user_decoded(answer);
        let is_open = |open: &Open| open.reader.snapshot.row == row;
        if self.open.as_ref().is_some_and(is_open) {
            return self.with_open(Open::decode);
        }
        Vec::new()
    }

    /// Asks the user's own decoders for the messages on the screen.
    fn ask_user_decoders(&mut self) -> Vec<Effect> {
        if !self.session.decoder_choices.has_user_decoders() {
            return Vec::new();
        }
        let open = self.open.as_ref().map(|open| open.reader.snapshot.row);
        let rows = self.window().rows;
        self.session.ask_user_decoders(open, rows)
    }

    /// Handles the results of a scan, and requests the next one.
    fn note_scan(&mut self, answer: &Answer) -> Vec<Effect> {
        let mut effects = match answer.watch {
            _ if answer.purpose == Purpose::Trial => self.session.note_trial(answer),
            FILTER => {
                self.session.note_filter(answer);
                Vec::new()
            }
            FIND => self.on_log(|log, session, height| log.note_find(answer, session, height)),
            _ => {
                let is_covered = self.overlay.is_some();
                self.on_log(|log, session, height| {
                    log.note_breakpoint(answer, is_covered, session, height)
                })
            }
        };
        self.session.forget_gone();
        effects.extend(self.session.ask_about_arrived());
        effects
    }

    /// Evicts rows to leave room for what is stored outside the log.
    fn leave_room(&mut self) -> Vec<Effect> {
        let evicted = self.session.log.counters().evicted;
        if !self.session.log.leave_room(self.beside_log()) {
            return Vec::new();
        }
        self.session.forget_gone();
        let gone = self.session.log.counters().evicted - evicted;
        self.with_open(|open, session, _| open.tell_evicted(gone, session));
        self.session.refresh_shown()
    }

    /// Returns the bytes used by the checks and the open message, for which the log leaves room.
    pub fn beside_log(&self) -> usize {
        let open = self.open.as_ref();
        self.session.checks.size() + open.map_or(0, |open| open.size(&self.session))
    }

    /// Records an answer from the worker thread that runs the checks.
    fn note_analysis(&mut self, answer: analysis::Answer) -> Vec<Effect> {
        match answer {
            analysis::Answer::Report(ask, report) if ask.stretch.is_some() => {
                self.plot.data.note(&ask, report);
            }
            analysis::Answer::Report(ask, report) => self.session.checks.note_report(ask, report),
            analysis::Answer::Checked(looked) => {
                self.plot.data.note_looked(&looked);
                let reported = self.open.as_ref().and_then(Open::reported_channel);
                return self.session.note_looked(looked, reported);
            }
        }
        Vec::new()
    }
}
