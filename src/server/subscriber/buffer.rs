//! The buffer of received bytes that have not been decoded yet.

/// Capacity kept for reading. If it were much larger, data would fall out of the CPU cache before
/// it is decoded.
const ROOM: usize = 256 << 10;

/// Minimum room for a read.
const LEAST_ROOM: usize = ROOM / 2;

/// Maximum number of undecoded bytes that are always moved to the front, because this is cheap.
const CHEAP_MOVE: usize = 4 << 10;

/// A reusable read buffer. It grows to fit a large frame, and shrinks again afterwards. Each time
/// it fills up, the undecoded bytes are moved at most once.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// Start of the undecoded bytes.
    start: usize,
}

impl Buffer {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(ROOM),
            start: 0,
        }
    }

    /// Returns the undecoded bytes.
    #[inline]
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Marks the first `length` undecoded bytes as decoded.
    pub(super) fn consume(&mut self, length: usize) {
        self.start += length;
    }

    /// Makes room at the end. Returns the buffer to append to, and the room in it.
    pub(super) fn make_room(&mut self) -> (&mut Vec<u8>, usize) {
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
            // Doubling limits how often a large frame is moved.
            self.bytes.reserve(self.bytes.len().max(ROOM));
        }
        let room = self.room();
        (&mut self.bytes, room)
    }

    fn room(&self) -> usize {
        self.bytes.capacity() - self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `bytes` into the buffer as from a socket.
    fn read(buffer: &mut Buffer, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (target, room) = buffer.make_room();
            assert!(room >= LEAST_ROOM);
            let (now, later) = rest.split_at(room.min(rest.len()));
            target.extend_from_slice(now);
            rest = later;
        }
    }

    #[test]
    fn unread_bytes_are_kept() {
        let mut buffer = Buffer::new();
        read(&mut buffer, b"one two");
        buffer.consume(4);
        read(&mut buffer, b" three");
        assert_eq!(buffer.unread(), b"two three");
    }

    #[test]
    fn the_buffer_grows_for_a_large_frame_and_shrinks_after_it() {
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
    fn small_frames_do_not_grow_the_buffer() {
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
