//! The bytes that have been read and not yet understood.

/// Room that is kept for reading. Much more would not stay in the processor's cache until it is
/// decoded.
const ROOM: usize = 256 << 10;

/// At least this much room is offered to a read.
const LEAST_ROOM: usize = ROOM / 2;

/// This little is moved to the front without a second thought.
const CHEAP_MOVE: usize = 4 << 10;

/// A read buffer that is used again and again. It grows for a frame that does not fit and
/// shrinks after it; what is not understood yet is moved at most once for each time that the
/// buffer has been filled.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// Where what is not understood yet starts.
    start: usize,
}

impl Buffer {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(ROOM),
            start: 0,
        }
    }

    /// What is not understood yet.
    #[inline]
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The first `length` bytes are understood.
    pub(super) fn consume(&mut self, length: usize) {
        self.start += length;
    }

    /// Makes room behind the bytes, for a read to append to, and says how much.
    pub(super) fn make_room(&mut self) -> usize {
        let unread = self.bytes.len() - self.start;
        if unread == 0 {
            self.bytes.clear();
            self.start = 0;
            if self.bytes.capacity() > 4 * ROOM {
                self.bytes = Vec::with_capacity(ROOM);
            }
        } else if self.start > 0 && (unread <= CHEAP_MOVE || self.room() < LEAST_ROOM) {
            self.bytes.drain(..self.start);
            self.start = 0;
            if self.bytes.capacity() > 4 * ROOM {
                self.bytes.shrink_to(unread + ROOM);
            }
        }
        if self.room() < LEAST_ROOM {
            // Twice as much, so that a large frame is moved only so often.
            self.bytes.reserve(self.bytes.len().max(ROOM));
        }
        self.room()
    }

    /// The bytes, for a read to append to.
    pub(super) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    fn room(&self) -> usize {
        self.bytes.capacity() - self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `bytes` as a socket would give them.
    fn read(buffer: &mut Buffer, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = buffer.make_room();
            assert!(room >= LEAST_ROOM);
            let (now, later) = rest.split_at(room.min(rest.len()));
            buffer.bytes_mut().extend_from_slice(now);
            rest = later;
        }
    }

    #[test]
    fn what_is_not_consumed_stays() {
        let mut buffer = Buffer::new();
        read(&mut buffer, b"one two");
        buffer.consume(4);
        read(&mut buffer, b" three");
        assert_eq!(buffer.unread(), b"two three");
    }

    #[test]
    fn it_grows_for_a_large_frame_and_shrinks_after_it() {
        let mut buffer = Buffer::new();
        let large = vec![b'x'; 20 * ROOM];
        read(&mut buffer, &large);
        assert_eq!(buffer.unread(), large);
        buffer.consume(large.len() - 3);
        read(&mut buffer, b"y");
        assert_eq!(buffer.unread(), b"xxxy");
        assert!(buffer.bytes.capacity() <= 2 * ROOM);
        read(&mut buffer, &large);
        buffer.consume(4 + large.len());
        buffer.make_room();
        assert_eq!(buffer.bytes.capacity(), ROOM);
    }

    #[test]
    fn small_frames_do_not_make_it_grow() {
        let mut buffer = Buffer::new();
        for _ in 0..1000 {
            read(&mut buffer, &[b'x'; 5_000]);
            buffer.consume(4_999.min(buffer.unread().len()));
            let rest = buffer.unread().len();
            buffer.consume(rest.saturating_sub(100));
        }
        assert_eq!(buffer.bytes.capacity(), ROOM);
    }
}
