//! Recordings: the parts of them that are loaded, and moving through their time.

use ratatui::layout::Position as Point;

use super::App;
use crate::app::action::{Action, Motion, RowAction, ScreenAction, SessionAction};
use crate::app::channel_list::Lists;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::timeline::{Timeline, track};
use crate::message::{RowId, Time};
use crate::query::time_of_day;
use crate::workers::loading::{Extent, News, RecordingPlace};

/// Why something cannot be done.
pub(super) const NEEDS_SERVER: &str = "needs a server · this is a recording";

/// The number of steps in which keys move through the whole time.
const STEPS: i64 = 20;

impl App {
    /// Returns the timeline of a recording, if it has rows.
    pub fn timeline(&self) -> Option<Timeline> {
        self.session.opened()?;
        Some(Timeline {
            track: track(self.areas().publish)?,
            ends: self.session.span()?,
            at: self.selected_time()?,
        })
    }

    /// Returns the time of the selected row of the log.
    pub fn selected_time(&self) -> Option<Time> {
        let selected = self.log_pane.selected(&self.session.shown)?;
        Some(self.session.log.row(selected)?.time)
    }

    /// Records what was loaded of the recording.
    pub(super) fn note_loaded(&mut self, news: News) -> Vec<Effect> {
        let Some(recording) = self.session.opened_mut() else {
            return Vec::new();
        };
        match news {
            News::Began { serial, first } if recording.is_wanted(serial) => self.begin_part(first),
            News::Rows {
                serial,
                batch,
                topics,
            } => {
                let is_wanted = recording.is_wanted(serial);
                self.session.add_recorded(topics);
                if !is_wanted {
                    return Vec::new();
                }
                let new = self.session.log.end();
                let effects = self.session.take(*batch);
                self.session.restore_marks(new);
                self.land(false);
                effects
            }
            News::Loaded {
                serial,
                is_end,
                skipped,
            } if recording.is_wanted(serial) => {
                recording.is_end = is_end;
                recording.is_loading = false;
                let goes_to_end = std::mem::take(&mut recording.goes_to_end);
                self.land(true);
                self.note_whole();
                // Nothing else brings the sums of the branches up to date.
                let lists = Lists::of(&self.session);
                self.channel_list.start(&lists, self.session.now);
                let mut effects = self.session.note_skipped_lines(&skipped);
                if goes_to_end {
                    effects.extend(self.go_to_end());
                }
                effects
            }
            News::Began { .. } | News::Loaded { .. } => Vec::new(),
            News::Indexing(percent) => {
                recording.indexing = Some(percent);
                Vec::new()
            }
            News::Indexed(extent) => {
                recording.indexing = None;
                recording.extent = Some(extent);
                Vec::new()
            }
            News::Failed(words) => {
                recording.is_loading = false;
                recording.indexing = None;
                recording.failure = Some(words.clone());
                self.session.tell_error(words.into_string())
            }
        }
    }

    /// Makes the log hold the part of the recording that begins with the row of this number.
    fn begin_part(&mut self, number: u64) -> Vec<Effect> {
        self.session.remember_marks();
        let effects = self.session.restart_log();
        let start = self.session.log.end();
        let Some(recording) = self.session.opened_mut() else {
            return effects;
        };
        recording.begin(number, start);
        let (top, below) = match recording.landing {
            Some(RecordingPlace::Row(number)) => {
                let top = recording.row(number).unwrap_or(start);
                (top, recording.below_top)
            }
            _ => (start, 0),
        };
        self.log_pane.show_from(top, RowId(top.0 + below));
        effects
    }

    /// Selects the row that the user wanted to go to, once it is there. `is_loaded` says that no
    /// more rows will come.
    fn land(&mut self, is_loaded: bool) {
        let landing = self
            .session
            .opened()
            .and_then(|recording| recording.landing);
        let has_arrived = match landing {
            Some(RecordingPlace::At(time)) => {
                let row = self.session.row_at(time);
                let found = row.filter(|row| is_loaded || self.is_from(*row, time));
                if let Some(row) = found {
                    self.on_log(|log, session, height| {
                        log.bring_into_view(&session.shown, row, height);
                    });
                }
                found.is_some() || is_loaded
            }
            Some(RecordingPlace::End) if is_loaded => {
                self.log_pane.follow();
                true
            }
            _ => is_loaded,
        };
        if has_arrived {
            // From here on, the rows stay where they are.
            self.on_log(|log, session, height| log.freeze(&session.shown, height));
            if let Some(recording) = self.session.opened_mut() {
                recording.landing = None;
            }
        }
    }

    /// Goes to the last row of the recording, which may have to be loaded.
    fn go_to_end(&mut self) -> Option<Effect> {
        if let Some(recording) = self.session.opened_mut()
            && !recording.is_end
        {
            return Some(recording.load_around(RecordingPlace::End));
        }
        self.log_pane.follow();
        self.on_log(|log, session, height| log.freeze(&session.shown, height));
        None
    }

    fn is_from(&self, row: RowId, time: Time) -> bool {
        let row = self.session.log.row(row);
        row.is_some_and(|row| row.time >= time)
    }

    /// Records what is known about the recording if all of it is in the log.
    fn note_whole(&mut self) {
        let (first, end) = (self.session.log.first(), self.session.log.end());
        let span = self.session.span();
        let Some(recording) = self.session.opened_mut() else {
            return;
        };
        if let Some((start, last)) = span
            && recording.is_end
            && recording.is_start(first)
            && recording.extent.is_none()
        {
            recording.extent = Some(Extent {
                rows: end.0 - first.0,
                first: start,
                last,
            });
        }
    }

    /// Loads what is beyond the part in the log if `motion` has reached its edge.
    pub(super) fn load_beyond(&mut self, motion: Motion) -> Vec<Effect> {
        let is_in_log = self.overlay.is_none()
            && matches!(self.focus, Focus::Messages | Focus::Chips | Focus::Message);
        let Some(recording) = self.session.opened_mut().filter(|_| is_in_log) else {
            return Vec::new();
        };
        if recording.is_loading {
            recording.goes_to_end = motion == Motion::Last;
            return Vec::new();
        }
        self.on_log(|log, session, height| log.freeze(&session.shown, height));
        let (first, window) = (self.session.log.first(), self.window());
        let page = u64::try_from(window.rows.len()).unwrap_or(0).max(1);
        let top = window.rows.first().copied().unwrap_or(first);
        let above = self.session.shown.place_of(top);
        let below_top = window.selected.map_or(0, |row| row.0.saturating_sub(top.0));
        let Some(recording) = self.session.opened_mut() else {
            return Vec::new();
        };
        let is_start = recording.is_start(first);
        let effect = match motion {
            Motion::First if !is_start => recording.load_around(RecordingPlace::Start),
            Motion::Last if !recording.is_end => recording.load_around(RecordingPlace::End),
            Motion::Lines(1..) | Motion::HalfPages(1..)
                if window.newer < page && !recording.is_end =>
            {
                let effect = recording.load_more();
                self.session.remember_marks();
                effect
            }
            Motion::Lines(..=-1) | Motion::HalfPages(..=-1) if above < page && !is_start => {
                recording.below_top = below_top;
                let number = recording.number(top);
                recording.load_around(RecordingPlace::Row(number))
            }
            _ => return Vec::new(),
        };
        vec![effect]
    }

    /// Goes to the first row at or after a time.
    pub(super) fn go_to_time(&mut self, time: Time) -> Vec<Effect> {
        let log = &self.session.log;
        let bounds = [log.first(), RowId(log.end().0.saturating_sub(1))];
        let [first, last] = bounds.map(|row| log.row(row).map(|row| row.time));
        let is_inside = first.is_some_and(|first| first <= time) && last >= Some(time);
        if let Some(recording) = self.session.opened_mut()
            && !is_inside
        {
            let is_before = first.is_none_or(|first| time < first);
            let is_all = if is_before {
                recording.is_start(bounds[0])
            } else {
                recording.is_end
            };
            if !is_all {
                return vec![recording.load_around(RecordingPlace::At(time))];
            }
        }
        if let Some(row) = self.session.row_at(time) {
            self.on_log(|log, session, height| {
                log.bring_into_view(&session.shown, row, height);
            });
        }
        Vec::new()
    }

    /// Goes to a time of day or a percentage of the time that the messages span.
    pub(super) fn go_to_typed(&mut self, text: &str) -> Vec<Effect> {
        self.make_room_for_log();
        let Some((first, last)) = self.session.span() else {
            return self.tell("no rows are shown");
        };
        let percent = text
            .strip_suffix('%')
            .and_then(|text| text.trim().parse::<u8>().ok());
        if let Some(percent) = percent.filter(|percent| *percent <= 100) {
            let part = i128::from(last.0 - first.0) * i128::from(percent) / 100;
            return self.go_to_time(Time(first.0 + i64::try_from(part).unwrap_or(0)));
        }
        let mut moment = self.session.moment();
        moment.now = last;
        match time_of_day(text, &moment) {
            Some(time) => self.go_to_time(time),
            None => self
                .session
                .tell_error("a time such as 11:05 or 11:05:30, or 50%"),
        }
    }

    /// Moves through the whole time by a step.
    pub(super) fn step_through_time(&mut self, is_later: bool) -> Vec<Effect> {
        self.make_room_for_log();
        let (Some((first, last)), Some(at)) = (self.session.span(), self.selected_time()) else {
            return self.tell("no rows are shown");
        };
        let step = ((last.0 - first.0) / STEPS).max(1);
        let step = if is_later { step } else { -step };
        self.go_to_time(Time((at.0 + step).clamp(first.0, last.0)))
    }

    /// Goes to the time at a point of the timeline, if it is one.
    pub(super) fn click_on_timeline(&mut self, at: Point) -> Option<Vec<Effect>> {
        let timeline = self.timeline()?;
        let track = timeline.track;
        if !track.contains(at) {
            return None;
        }
        let (first, last) = timeline.ends;
        let whole = i128::from(last.0 - first.0);
        let last_column = i128::from(track.width.saturating_sub(1)).max(1);
        let part = whole * i128::from(at.x - track.x) / last_column;
        Some(self.go_to_time(Time(first.0 + i64::try_from(part).unwrap_or(0))))
    }

    /// Returns whether an action cannot be executed because the messages come from a recording.
    pub(super) fn lacks_server(&self, action: Action) -> bool {
        self.session.opened().is_some()
            && matches!(
                action,
                Action::Screen(
                    ScreenAction::Publish
                        | ScreenAction::Subscribe
                        | ScreenAction::SubscribeSharded
                        | ScreenAction::Nodes
                ) | Action::Session(
                    SessionAction::Reconnect
                        | SessionAction::EnterPassword
                        | SessionAction::ToggleFreeze
                ) | Action::Row(RowAction::EditResend | RowAction::Unsubscribe)
            )
    }

    /// Tells the user that an action needs a server.
    pub(super) fn tell_lack_of_server(&mut self, action: Action) -> Vec<Effect> {
        self.tell(match action {
            Action::Session(SessionAction::ToggleFreeze) => "nothing moves in a recording",
            _ => NEEDS_SERVER,
        })
    }
}
