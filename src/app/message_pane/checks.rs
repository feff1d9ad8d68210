//! Checks started from the open message and shown there.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::Open;
use super::reader::Tab;
use super::values::OrTold;
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::app::session::checks::only;
use crate::payload::escape::whole_name;
use crate::payload::format::Format;
use crate::payload::lookup::Lookup;
use crate::query::Path;
use crate::workers::analysis::{Check, CheckId, whole_number};

impl Open {
    /// Returns the channel whose reports are shown.
    pub(crate) fn reported_channel(&self) -> Option<&Arc<[u8]>> {
        let is_shown = self.reader.tab() == Tab::Channel;
        self.reader.snapshot.channel.as_ref().filter(|_| is_shown)
    }

    /// Starts learning the shape of the channel and requests its reports.
    pub(super) fn check_channel(&self, session: &mut Session) -> Vec<Effect> {
        let mut effects = self.learn_shape(session);
        effects.extend(session.renew_reports(self.reported_channel()));
        effects
    }

    /// Starts learning the shape of the channel, from the log and from new messages.
    fn learn_shape(&self, session: &mut Session) -> Vec<Effect> {
        let decoded = self.reader.decoded();
        let is_json = decoded
            .is_some_and(|decoded| decoded.format == Format::Json && decoded.unwrapped.is_none());
        let Some(name) = self.reader.snapshot.channel.as_ref().filter(|_| is_json) else {
            return Vec::new();
        };
        let is_shape = |(_, check): (CheckId, &Check)| matches!(check, Check::Shape(_));
        if session.checks.of_channel(name).any(is_shape) {
            return Vec::new();
        }
        session.add_check(Check::Shape(only(name))).1
    }

    /// Starts or stops checking the sequence numbers at the path of the selected value.
    pub(crate) fn toggle_sequence(&self, session: &mut Session, area: Rect) -> OrTold<Vec<Effect>> {
        let (name, path) = self.selected_channel_and_path(session, area)?;
        let text = path.text().to_owned();
        let shown = whole_name(&name);
        let of_path = |(id, check): (CheckId, &Check)| match check {
            Check::Sequence {
                channels, number, ..
            } if *number == path => Some((id, channels.clone())),
            _ => None,
        };
        let known = session.checks.of_channel(&name).find_map(of_path);
        if let Some((id, channels)) = known {
            if channels != only(&name) {
                let glob = whole_name(channels.glob());
                return Err(session.tell(format!(
                    "{text} is already tracked on all channels matching {glob}"
                )));
            }
            let effects = session.end_check(id);
            session.tell(format!("stopped tracking {text}"));
            return Ok(effects);
        }
        if !self.is_whole_number(&name, &path, session) {
            return Err(session.tell("not a whole number: select one to track it"));
        }
        let (_, effects) = session.add_check(Check::Sequence {
            channels: only(&name),
            number: path,
            key: None,
        });
        session.tell(format!(
            "tracking {text} on {shown}: missing, duplicate, late numbers are flagged · is:seqgap"
        ));
        Ok(effects)
    }

    /// Returns whether a sequence check finds a whole number at `path` in the message.
    fn is_whole_number(&self, name: &[u8], path: &Path, session: &Session) -> bool {
        let decoder = session.decoder_choices.of(name);
        let payload = &self.reader.snapshot.payload;
        let value = Lookup::new(payload, decoder.as_ref()).figure(path.steps());
        value.is_some_and(|value| whole_number(&value).is_some())
    }
}
