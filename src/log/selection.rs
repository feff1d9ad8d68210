//! Which rows of the log are shown, as one bit a row.

use std::collections::VecDeque;

use hashbrown::HashSet;

use super::{MessageLog, Record};
use crate::message::{ChannelId, RowId};

/// Rows in a block. A multiple of 64, so that a block starts at a word.
const BLOCK_ROWS: u64 = 4096;

/// Stands for a channel that is chosen but of which nothing is known.
pub const UNHEARD: ChannelId = ChannelId(u32::MAX);

/// Which channels are shown. Notices always are, since they concern every channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelFilter {
    /// Only this channel, if one is chosen; [`UNHEARD`] if that has not been heard.
    pub only: Option<ChannelId>,
    /// Never these, unless one of them is the only one chosen.
    pub muted: HashSet<ChannelId>,
}

impl ChannelFilter {
    /// Whether it lets every row pass.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.only.is_none() && self.muted.is_empty()
    }

    fn admits(&self, record: &Record) -> bool {
        let channel = ChannelId(record.channel());
        record.is_notice()
            || self
                .only
                .map_or_else(|| !self.muted.contains(&channel), |only| only == channel)
    }
}

/// Consecutive rows from a multiple of [`BLOCK_ROWS`] on.
#[derive(Debug)]
struct Block {
    bits: Box<[u64]>,
    count: u64,
}

impl Block {
    fn empty() -> Self {
        let words = usize::try_from(BLOCK_ROWS / 64).unwrap_or(0);
        Self {
            bits: vec![0; words].into(),
            count: 0,
        }
    }

    fn set(&mut self, row: RowId) {
        let (word, bit) = place(row);
        self.bits[word] |= 1 << bit;
        self.count += 1;
    }

    /// Clears the bits before `row`, which lies in this block.
    fn clear_before(&mut self, row: RowId) {
        let (word, bit) = place(row);
        self.bits[..word].fill(0);
        self.bits[word] &= u64::MAX << bit;
        self.count = self
            .bits
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum();
    }

    /// How many bits are set before `row`, which lies in this block.
    fn count_before(&self, row: RowId) -> u64 {
        let (word, bit) = place(row);
        let whole: u64 = self.bits[..word]
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum();
        whole + u64::from((self.bits[word] & !(u64::MAX << bit)).count_ones())
    }

    /// The offset of the `nth` bit set, counted from 0.
    fn nth(&self, mut nth: u64) -> Option<u64> {
        for (index, &word) in (0..).zip(&self.bits) {
            let count = u64::from(word.count_ones());
            if nth < count {
                let rest = (0..nth).fold(word, |rest, _| rest & (rest - 1));
                return Some(index * 64 + u64::from(rest.trailing_zeros()));
            }
            nth -= count;
        }
        None
    }
}

/// Where a row's bit lies in its block: the word, and the bit within it.
fn place(row: RowId) -> (usize, u64) {
    let offset = row.0 % BLOCK_ROWS;
    (usize::try_from(offset / 64).unwrap_or(0), offset % 64)
}

/// The rows that are shown, each addressed by its id or by its place among those shown.
///
/// Without a filter nothing is stored. With one, a bit a row: an eighth of a byte, whether many
/// rows match or few, and both directions of the address cost microseconds at millions of rows.
#[derive(Debug, Default)]
pub struct Selection {
    filter: ChannelFilter,
    blocks: VecDeque<Block>,
    /// The number of the first block held.
    first_block: u64,
    /// Rows before this one have been looked at.
    seen: RowId,
    /// Rows before this one are gone from the log.
    first: RowId,
    count: u64,
}

impl Selection {
    /// Shows what `filter` admits from now on.
    pub fn set_filter(&mut self, filter: ChannelFilter, log: &MessageLog) {
        *self = Self {
            filter,
            ..Self::default()
        };
        self.follow(log);
    }

    /// The filter in force.
    #[must_use]
    pub fn filter(&self) -> &ChannelFilter {
        &self.filter
    }

    /// Takes note of the rows that came to the log and went from it since the last time.
    pub fn follow(&mut self, log: &MessageLog) {
        self.first = log.first();
        if !self.filter.is_open() {
            self.forget_before(log.first());
            let from = self.seen.max(log.first());
            for (row, record) in log.records_from(from) {
                if self.filter.admits(record) {
                    self.set(row);
                }
            }
        }
        self.seen = log.end();
    }

    /// The oldest row that the log keeps.
    #[must_use]
    pub fn first(&self) -> RowId {
        self.first
    }

    /// The row behind the newest.
    #[must_use]
    pub fn end(&self) -> RowId {
        self.seen
    }

    /// How many rows are shown.
    #[must_use]
    pub fn len(&self) -> u64 {
        if self.filter.is_open() {
            self.seen.0 - self.first.0
        } else {
            self.count
        }
    }

    /// Whether none is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row shown at `place`, counted from 0 at the oldest.
    #[must_use]
    pub fn row_at(&self, place: u64) -> Option<RowId> {
        if place >= self.len() {
            return None;
        }
        if self.filter.is_open() {
            return Some(RowId(self.first.0 + place));
        }
        let mut rest = place;
        for (number, block) in (self.first_block..).zip(&self.blocks) {
            if rest < block.count {
                return block
                    .nth(rest)
                    .map(|offset| RowId(number * BLOCK_ROWS + offset));
            }
            rest -= block.count;
        }
        None
    }

    /// How many rows are shown before `row`: its place, if it is shown itself.
    #[must_use]
    pub fn place_of(&self, row: RowId) -> u64 {
        let row = row.clamp(self.first, self.seen);
        if self.filter.is_open() {
            return row.0 - self.first.0;
        }
        let number = row.0 / BLOCK_ROWS;
        let blocks = (self.first_block..).zip(&self.blocks);
        blocks
            .take_while(|(block, _)| *block <= number)
            .map(|(index, block)| {
                if index == number {
                    block.count_before(row)
                } else {
                    block.count
                }
            })
            .sum()
    }

    fn set(&mut self, row: RowId) {
        let number = row.0 / BLOCK_ROWS;
        if self.blocks.is_empty() {
            self.first_block = number;
        }
        while self.first_block + self.blocks.len() as u64 <= number {
            self.blocks.push_back(Block::empty());
        }
        if let Some(block) = self.blocks.back_mut() {
            block.set(row);
            self.count += 1;
        }
    }

    fn forget_before(&mut self, first: RowId) {
        let number = first.0 / BLOCK_ROWS;
        while self.first_block < number
            && let Some(block) = self.blocks.pop_front()
        {
            self.count -= block.count;
            self.first_block += 1;
        }
        if self.first_block == number
            && let Some(block) = self.blocks.front_mut()
        {
            self.count -= block.count;
            block.clear_before(first);
            self.count += block.count;
        }
    }
}
