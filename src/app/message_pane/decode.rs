//! Decoding the open message and comparing it, in the background if that may take a while.

use ratatui::layout::Rect;

use super::reader::Tab;
use super::{Against, Open};
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::payload::format::unpack;
use crate::workers::decode::{self, DecodedMessage, Request, Source};

/// Payloads of up to this many unpacked bytes are decoded at once, which takes less than a frame.
const MAX_PLAIN: usize = 64 << 10;

/// The limit for payloads that may be packed, since unpacking may take a while.
const MAX_PACKED: usize = 1 << 10;

/// The number of bytes examined to tell whether a payload may be base64.
const EXAMINED: usize = 256;

impl Open {
    /// Decodes the message and compares it with its base.
    pub(crate) fn decode(&mut self, session: &mut Session, area: Rect) -> Vec<Effect> {
        self.find_base(session);
        self.decode_serial = session.next_serial();
        let reader = &self.reader;
        if reader.snapshot.channel.is_none() {
            return self.search(false, session, area);
        }
        let request = Request {
            serial: self.decode_serial,
            source: session.source(&reader.snapshot),
            base: reader.base.as_ref().map(|base| session.source(base)),
        };
        if is_quick(&request.source) && request.base.iter().all(is_quick) {
            let message = decode::answer_within(&request, MAX_PLAIN);
            let comparison = message.comparison.as_ref();
            let is_too_large = message.decoded.is_too_large
                || comparison.is_some_and(|comparison| comparison.old.is_too_large);
            if !is_too_large {
                return self.note_decoded(message, session, area);
            }
        }
        let mut effects = self.mark_query(session, area);
        effects.extend(self.search(false, session, area));
        effects.push(Effect::Decode(request));
        effects
    }

    /// While the diff is shown, finds the message to compare this one with.
    fn find_base(&mut self, session: &Session) {
        if self.reader.tab() != Tab::Diff {
            return;
        }
        let row = self.reader.snapshot.row;
        let base = match self.against {
            Against::Before => session.log.message_before(row),
            Against::Marked => session.marked_beside(row),
        };
        let snapshot = base.and_then(|row| session.snapshot(row));
        self.reader.compare_with(snapshot);
    }

    /// Records the decoded form of the message.
    pub(crate) fn note_decoded(
        &mut self,
        message: DecodedMessage,
        session: &mut Session,
        area: Rect,
    ) -> Vec<Effect> {
        if message.serial != self.decode_serial {
            return Vec::new();
        }
        self.reader.note(message);
        let mut effects = self.mark_query(session, area);
        let room = self.room(area);
        if let Some(before) = self.before.take() {
            self.reader.carry_over(&before, room);
        }
        effects.extend(self.search(false, session, area));
        if self.reader.tab() == Tab::Channel {
            effects.extend(self.check_channel(session));
        }
        effects
    }
}

/// Returns whether decoding `source` takes less than a frame.
fn is_quick(source: &Source) -> bool {
    let payload = &source.payload;
    let size = source.choice.decoded_size(payload);
    size <= MAX_PACKED || size <= MAX_PLAIN && !may_be_packed(payload)
}

/// Returns whether `payload` may be compressed or base64.
fn may_be_packed(payload: &[u8]) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=\r\n".contains(byte);
    let examined = &payload[..payload.len().min(EXAMINED)];
    unpack::packed_by(payload).is_some() || examined.iter().all(is_base64)
}
