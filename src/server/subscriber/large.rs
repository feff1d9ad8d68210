//! A large payload in the making. It is read straight to where it is to lie, so that it is never
//! copied and takes no more than its size; what the log has no room for is not even held.

use std::hash::{BuildHasher as _, DefaultHasher, Hasher as _, RandomState};

use super::delivery::{Delivery, OwnedDelivery};
use crate::log::{LargePayload, PayloadLimit};
use crate::wire::{LINE_END, WireError};

/// A message of which the payload is still arriving.
#[derive(Debug)]
pub(super) struct Large {
    delivery: OwnedDelivery,
    /// How long the payload will be.
    size: usize,
    /// How much of it is kept: the head, or all.
    kept: usize,
    /// How many bytes have come, of the payload and of the line end behind it.
    arrived: usize,
    head: Head,
    /// Takes in what is not kept.
    rest: DefaultHasher,
    line_end: Vec<u8>,
}

/// What is kept of it.
#[derive(Debug)]
enum Head {
    /// Nothing yet, since so far it is the same as the payload before it: the same publish,
    /// delivered once more.
    Same(LargePayload),
    Own(Vec<u8>),
}

impl Large {
    /// A payload of `size` bytes, none of which has come yet. It may be the same as the payload
    /// `before` it, which has as many bytes.
    pub(super) fn new(
        delivery: &Delivery<'_>,
        size: usize,
        limit: PayloadLimit,
        before: Option<&LargePayload>,
        keys: &RandomState,
    ) -> Self {
        let mut large = Self {
            delivery: delivery.into_owned(),
            size,
            kept: limit.kept(size),
            arrived: 0,
            head: Head::Own(Vec::new()),
            rest: keys.build_hasher(),
            line_end: Vec::with_capacity(LINE_END.len()),
        };
        match before {
            Some(before) => {
                large.kept = before.bytes.len();
                large.head = Head::Same(before.clone());
            }
            None => large.head = Head::Own(large.reserved()),
        }
        large
    }

    /// Where the next bytes are to be read to, and how many at the most, if they need not go
    /// through the buffer.
    pub(super) fn room(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        match &mut self.head {
            Head::Own(bytes) if self.arrived < self.kept => Some((bytes, self.kept - self.arrived)),
            _ => None,
        }
    }

    /// Takes note of `length` bytes read to where [`Self::room`] said.
    pub(super) fn note_read(&mut self, length: usize) {
        self.arrived += length;
    }

    /// Takes what belongs to it from the start of `bytes`, and says how much that was.
    pub(super) fn take_in(&mut self, bytes: &[u8]) -> usize {
        let missing = self.size + LINE_END.len() - self.arrived;
        let bytes = &bytes[..bytes.len().min(missing)];
        if let Head::Same(before) = &self.head {
            let expected = &before.bytes[self.arrived.min(self.kept)..];
            let length = expected.len().min(bytes.len());
            if expected[..length] != bytes[..length] {
                self.part_from(&before.bytes.clone());
            }
        }
        self.put(bytes);
        bytes.len()
    }

    /// Whether all of it has come.
    pub(super) fn is_done(&self) -> bool {
        self.arrived == self.size + LINE_END.len()
    }

    /// The message, all of which has come.
    pub(super) fn finish(self) -> Result<(OwnedDelivery, LargePayload), WireError> {
        if self.line_end != LINE_END {
            return Err(WireError::MissingLineEnd);
        }
        let is_whole = self.kept == self.size;
        let payload = LargePayload {
            bytes: match self.head {
                Head::Same(before) => before.bytes,
                Head::Own(bytes) => bytes.into(),
            },
            size: self.size as u64,
            rest: if is_whole { 0 } else { self.rest.finish() },
        };
        Ok((self.delivery, payload))
    }

    /// It is not the same as the payload `before` it: takes what has come so far from there.
    fn part_from(&mut self, before: &[u8]) {
        let arrived = std::mem::take(&mut self.arrived);
        self.head = Head::Own(self.reserved());
        self.put(&before[..arrived]);
    }

    fn put(&mut self, bytes: &[u8]) {
        let (kept, bytes) = split(bytes, self.kept.saturating_sub(self.arrived));
        if let Head::Own(own) = &mut self.head {
            own.extend_from_slice(kept);
        }
        self.arrived += kept.len();
        let (rest, line_end) = split(bytes, self.size.saturating_sub(self.arrived));
        self.rest.write(rest);
        self.line_end.extend_from_slice(line_end);
        self.arrived += bytes.len();
    }

    /// Room for what is to be kept; that becomes less if there is no memory for it. No memory is
    /// taken before bytes have come to fill it, whatever length has been announced.
    fn reserved(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.try_reserve_exact(self.kept).is_err() {
            self.kept /= 2;
        }
        bytes
    }
}

/// The first `length` of `bytes`, or as many as there are, and those behind.
fn split(bytes: &[u8], length: usize) -> (&[u8], &[u8]) {
    bytes.split_at(length.min(bytes.len()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;
    use crate::message::SubscriptionKind;

    const DELIVERY: Delivery<'_> = Delivery {
        kind: SubscriptionKind::Pattern,
        name: b"*",
        channel: b"channel",
    };

    fn begin(size: usize, keep: Option<usize>, before: Option<&LargePayload>) -> Large {
        let limit = keep.map_or(PayloadLimit::NONE, PayloadLimit::within);
        // The keys stay the same within a test.
        thread_local!(static KEYS: RandomState = RandomState::new());
        KEYS.with(|keys| Large::new(&DELIVERY, size, limit, before, keys))
    }

    /// Feeds `payload` and its line end in pieces of `piece` bytes, straight where that is wanted.
    fn receive(mut large: Large, payload: &[u8], piece: usize) -> LargePayload {
        let frame = [payload, LINE_END, b"*3"].concat();
        let mut rest = &frame[..];
        while !large.is_done() {
            let now = &rest[..piece.min(rest.len())];
            let taken = match large.room() {
                Some((target, room)) => {
                    let taken = now.len().min(room);
                    target.extend_from_slice(&now[..taken]);
                    large.note_read(taken);
                    taken
                }
                None => large.take_in(now),
            };
            rest = &rest[taken..];
            if let Head::Own(bytes) = &large.head {
                assert!(bytes.capacity() <= large.kept);
            }
        }
        assert_eq!(rest, b"*3");
        let (delivery, payload) = large.finish().unwrap();
        assert_eq!(delivery.borrow(), DELIVERY);
        payload
    }

    fn payload(size: usize) -> Vec<u8> {
        (0..size)
            .map(|index| u8::try_from(index % 251).unwrap())
            .collect()
    }

    #[test]
    fn it_is_whole_however_it_is_cut_on_its_way() {
        let sent = payload(1000);
        for piece in 1..40 {
            let received = receive(begin(1000, None, None), &sent, piece);
            assert_eq!(received, LargePayload::whole(sent.clone()));
        }
    }

    #[test]
    fn of_what_does_not_fit_the_head_is_kept_and_the_rest_tells_it_apart() {
        let sent = payload(1000);
        let mut other = sent.clone();
        other[999] += 1;
        let first = receive(begin(1000, Some(800), None), &sent, 7);
        assert_eq!((&*first.bytes, first.size), (&sent[..100], 1000));
        for piece in 1..40 {
            let again = receive(begin(1000, Some(800), None), &sent, piece);
            assert_eq!(first, again);
        }
        let other = receive(begin(1000, Some(800), None), &other, 7);
        assert_eq!(first.bytes, other.bytes);
        assert_ne!(first, other);
    }

    #[test]
    fn the_same_payload_once_more_takes_no_memory() {
        let sent = payload(1000);
        for keep in [None, Some(800)] {
            let first = receive(begin(1000, keep, None), &sent, 7);
            for piece in 1..40 {
                let again = receive(begin(1000, keep, Some(&first)), &sent, piece);
                assert_eq!(first, again);
                assert_eq!(first.bytes.as_ptr(), again.bytes.as_ptr());
            }
        }
    }

    #[test]
    fn a_payload_that_turns_out_to_be_another_is_whole() {
        let sent = payload(1000);
        for keep in [None, Some(800)] {
            let first = receive(begin(1000, keep, None), &sent, 7);
            for changed in [0, 1, 50, 99, 100, 998, 999] {
                let mut other = sent.clone();
                other[changed] += 1;
                let expected = receive(begin(1000, keep, None), &other, 1000);
                for piece in [1, 3, 100, 1000] {
                    let received = receive(begin(1000, keep, Some(&first)), &other, piece);
                    assert_eq!(received, expected, "{changed}, {piece}");
                    assert_ne!(received, first);
                }
            }
        }
    }

    #[test]
    fn a_payload_without_its_line_end_is_an_error() {
        let mut large = begin(3, None, None);
        assert_eq!(large.take_in(b"abcdef"), 5);
        assert!(large.is_done());
        assert_eq!(large.finish().err(), Some(WireError::MissingLineEnd));
    }

    #[test]
    fn a_length_that_is_a_lie_takes_no_memory() {
        let mut large = begin(1 << 40, None, None);
        assert_eq!(large.take_in(b"abc"), 3);
        let Head::Own(bytes) = &large.head else {
            panic!("there is nothing that it could be the same as")
        };
        assert_eq!(bytes, b"abc");
    }
}
