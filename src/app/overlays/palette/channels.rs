//! The channels that match a name that is being typed. Many channels are searched in parts, so that
//! no key is slow.

use std::sync::Arc;
use std::time::Duration;

use super::{Choice, Command, PaletteLine, refusal};
use crate::app::channel_list::{Lists, NameSearch};
use crate::app::fuzzy::Fuzzy;
use crate::app::session::Session;
use crate::message::Time;
use crate::payload::escape::whole_name;
use crate::payload::quoted::parse_escaped;
use crate::query::spelling::typos;

/// The maximum number of channels listed.
const MOST_CHANNELS: usize = 200;

/// The maximum number of channels among which the one that may be meant is looked for.
const MOST_COMPARED: usize = 2000;

/// The pause between two parts of a search, in which keys and messages are handled.
const BETWEEN_PARTS: Duration = Duration::from_millis(10);

/// A search for the channels that match a name.
#[derive(Debug)]
pub(super) struct ChannelSearch {
    typed: String,
    search: NameSearch,
    part_done_at: Time,
    is_done: bool,
}

impl ChannelSearch {
    /// Starts a search. If there are few channels, it finishes at once.
    pub(super) fn start(typed: &str, session: &Session) -> Self {
        let mut search = Self {
            typed: typed.to_owned(),
            search: NameSearch::of_channels(typed, &Lists::of(session)),
            part_done_at: session.now,
            is_done: false,
        };
        search.search_part(session);
        search
    }

    fn search_part(&mut self, session: &Session) {
        self.is_done = self.search.process(&Lists::of(session));
        self.part_done_at = session.now;
    }

    /// Searches the next part if that is due. Returns whether it has.
    pub(super) fn proceed(&mut self, session: &Session) -> bool {
        let is_due = self.due().is_some_and(|due| due <= session.now);
        if is_due {
            self.search_part(session);
        }
        is_due
    }

    /// Returns when the next part is due, or `None` once all channels have been searched.
    pub(super) fn due(&self) -> Option<Time> {
        (!self.is_done).then(|| self.part_done_at.after(BETWEEN_PARTS))
    }

    /// Returns how many channels match so far, and whether all have been searched.
    pub(super) fn found(&self) -> (u64, bool) {
        (self.search.matched, self.is_done)
    }

    /// Returns a line for each of the best matches: first the channel of exactly this name.
    pub(super) fn lines(&self, session: &Session) -> Vec<PaletteLine> {
        let exact = known_channel(&self.typed, session);
        let matching = self.search.names().into_iter();
        let others = matching.filter(|name| Some(name) != exact.as_ref());
        let names: Vec<Arc<[u8]>> = exact.iter().cloned().chain(others).collect();
        if names.is_empty() && self.is_done && !self.typed.is_empty() {
            return unmatched(&self.typed, session);
        }
        let mut fuzzy = Fuzzy::new(&self.typed);
        let lines = names.into_iter().take(MOST_CHANNELS).map(|name| {
            let text = whole_name(&name);
            PaletteLine {
                marks: fuzzy.marks(&text).unwrap_or_default(),
                text,
                right: Command::Open.help().to_owned(),
                choice: Choice::Open(name),
            }
        });
        lines.collect()
    }
}

/// Returns the line that says that no channel matches, and one for the channel that may be meant.
fn unmatched(typed: &str, session: &Session) -> Vec<PaletteLine> {
    let channels = session.log.channels().iter().take(MOST_COMPARED);
    let near = channels.filter_map(|(_, channel)| {
        let name = str::from_utf8(channel.name()).ok()?;
        Some((typos(typed, name)?, channel))
    });
    let nearest = near.min_by_key(|(typos, _)| *typos);
    let typed = whole_name(typed.as_bytes());
    let Some((_, channel)) = nearest else {
        return vec![refusal(format!("no channel matches {typed}"))];
    };
    let name = whole_name(channel.name());
    let refused = format!("no channel matches {typed}; did you mean '{name}'?");
    let line = PaletteLine {
        text: name,
        marks: Vec::new(),
        right: Command::Open.help().to_owned(),
        choice: Choice::Open(channel.shared_name()),
    };
    vec![refusal(refused), line]
}

/// Returns the channel that `text` names, as it is or with escapes.
pub(crate) fn known_channel(text: &str, session: &Session) -> Option<Arc<[u8]>> {
    let channels = session.log.channels();
    let escaped = parse_escaped(text).ok();
    let id = channels
        .find(text.as_bytes())
        .or_else(|| channels.find(&escaped?));
    Some(channels.by_id(id?)?.shared_name())
}
