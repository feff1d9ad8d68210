//! Starting and stopping checks from the open message.

use super::checks::only;
use super::{App, Effect};
use crate::payload::escape::whole_name;
use crate::payload::format::{Decoded, Format};
use crate::payload::lookup::Lookup;
use crate::query::Path;
use crate::workers::analysis::{Check, CheckId, is_whole_number};

impl App {
    /// Starts learning the shape of the open message's channel, from the log and from new messages.
    pub(super) fn learn_shape(&mut self) -> Vec<Effect> {
        let Some(open) = &self.open else {
            return Vec::new();
        };
        let is_json =
            |decoded: &Decoded| decoded.format == Format::Json && decoded.unwrapped.is_none();
        let name = open.reader.snapshot().channel.clone();
        let Some(name) = name.filter(|_| open.reader.decoded().is_some_and(is_json)) else {
            return Vec::new();
        };
        let is_shape = |(_, check): (CheckId, &Check)| matches!(check, Check::Shape { .. });
        if self.session.checks.of_channel(&name).any(is_shape) {
            return Vec::new();
        }
        let channels = only(&name);
        self.session.add_check(Check::Shape { channels }).1
    }

    /// Starts or stops checking the sequence numbers at `path` on the channel called `name`.
    pub(super) fn toggle_sequence(&mut self, name: &[u8], path: Path) -> Vec<Effect> {
        let text = path.text().to_owned();
        let shown = whole_name(name);
        let of_path = |(id, check): (CheckId, &Check)| match check {
            Check::Sequence {
                channels, number, ..
            } if *number == path => Some((id, channels.clone())),
            _ => None,
        };
        let known = self.session.checks.of_channel(name).find_map(of_path);
        if let Some((_, channels)) = known
            .as_ref()
            .filter(|(_, channels)| *channels != only(name))
        {
            let glob = whole_name(channels.glob());
            return self.session.tell(format!(
                "{text} is already tracked on all channels of {glob}"
            ));
        }
        if let Some((id, _)) = known {
            let effects = self.session.end_check(id);
            self.session.tell(format!("stopped tracking {text}"));
            return effects;
        }
        if !self.is_whole_number(name, &path) {
            return self
                .session
                .tell("not a whole number: select one to track it");
        }
        let (_, effects) = self.session.add_check(Check::Sequence {
            channels: only(name),
            number: path,
            key: None,
        });
        self.session.tell(format!(
            "tracking {text} on {shown}: flags missing, duplicate, out of order · is:seqgap"
        ));
        effects
    }

    /// Returns whether a sequence check finds a number at `path` in the open message, which is on
    /// the channel called `name`.
    fn is_whole_number(&self, name: &[u8], path: &Path) -> bool {
        let reading = self.session.decoder_choices.of(name);
        self.open.as_ref().is_some_and(|open| {
            let payload = &open.reader.snapshot().payload;
            let lookup = Lookup::new(payload, reading.as_ref());
            let value = lookup.figure(path.steps());
            value.is_some_and(|value| is_whole_number(&value))
        })
    }
}
