//! A set of rows as a bitmap.

use std::collections::VecDeque;
use std::ops::Range;

use crate::message::RowId;

/// Rows per block. A multiple of 64, so that every block consists of whole words.
const BLOCK_ROWS: u64 = 4096;

const WORDS: usize = 64;

/// A subset of a range of rows: the result of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// The first row of the range.
    pub first: RowId,
    /// The number of rows in the range.
    pub length: u64,
    /// One bit per row from `first` on; bits beyond the range are zero.
    pub bits: Vec<u64>,
}

impl Matches {
    /// Creates an empty subset of the `length` rows from `first` on.
    pub fn none_of(first: RowId, length: u64) -> Self {
        let words = usize::try_from(length.div_ceil(64)).unwrap_or(0);
        Self {
            first,
            length,
            bits: vec![0; words],
        }
    }

    /// Adds the row at `offset` from the first.
    #[inline]
    pub fn add(&mut self, offset: usize) {
        self.bits[offset / 64] |= 1 << (offset % 64);
    }

    /// Returns the scanned range.
    pub fn scanned_rows(&self) -> Range<RowId> {
        self.first..RowId(self.first.0 + self.length)
    }

    /// Returns the rows in the subset, in order.
    pub fn rows(&self) -> impl Iterator<Item = RowId> {
        let words = (self.first.0..).step_by(64).zip(&self.bits);
        words.flat_map(|(start, word)| ones(*word).map(move |bit| RowId(start + bit)))
    }
}

/// Returns the indexes of the bits set in `word`, ascending.
fn ones(word: u64) -> impl Iterator<Item = u64> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let bit = (rest != 0).then(|| u64::from(rest.trailing_zeros()))?;
        rest &= rest - 1;
        Some(bit)
    })
}

/// A bitmap of [`BLOCK_ROWS`] consecutive rows, aligned to a multiple of that number.
#[derive(Clone, Debug, Default)]
struct Block {
    /// The words of the bitmap; empty until the first bit is set.
    bits: Box<[u64]>,
    count: u64,
}

impl Block {
    /// Sets the bits of `word` in the word at `index`.
    fn set(&mut self, index: usize, word: u64) {
        if self.bits.is_empty() {
            self.bits = vec![0; WORDS].into();
        }
        let new = word & !self.bits[index];
        self.bits[index] |= new;
        self.count += u64::from(new.count_ones());
    }

    /// Clears the bits at these offsets.
    fn clear(&mut self, rows: Range<u64>) {
        for (index, bits) in (0..).step_by(64).zip(&mut self.bits) {
            let from = rows.start.saturating_sub(index).min(64);
            let to = rows.end.saturating_sub(index).min(64);
            *bits &= !(below(to) & !below(from));
        }
        let counts = self.bits.iter().map(|bits| u64::from(bits.count_ones()));
        self.count = counts.sum();
        if self.count == 0 {
            self.bits = Box::default();
        }
    }

    /// Returns how many bits are set before `offset`.
    fn count_before(&self, offset: u64) -> u64 {
        let (word, bit) = place(offset);
        let whole = self.bits.iter().take(word).map(|bits| bits.count_ones());
        let part = self.bits.get(word).map_or(0, |bits| bits & below(bit));
        u64::from(whole.sum::<u32>() + part.count_ones())
    }

    /// Returns the offset of the `nth` set bit, counted from 0.
    fn nth(&self, mut nth: u64) -> Option<u64> {
        for (index, &word) in (0..).zip(&self.bits) {
            let count = u64::from(word.count_ones());
            if nth < count {
                let bit = ones(word).nth(usize::try_from(nth).ok()?)?;
                return Some(index * 64 + bit);
            }
            nth -= count;
        }
        None
    }
}

/// Returns the index of the word for the row at `offset` in its block, and the row's bit position
/// in that word.
fn place(offset: u64) -> (usize, u64) {
    (usize::try_from(offset / 64).unwrap_or(0), offset % 64)
}

/// Returns a word with the lowest `bits` bits set.
fn below(bits: u64) -> u64 {
    if bits >= 64 {
        u64::MAX
    } else {
        (1 << bits) - 1
    }
}

/// A set of rows, addressable by id or by position. It uses one bit per row of the range it spans,
/// and with millions of rows, lookups in both directions take microseconds.
#[derive(Clone, Debug, Default)]
pub struct RowSet {
    blocks: VecDeque<Block>,
    /// The number of the first stored block.
    first_block: u64,
    count: u64,
}

impl RowSet {
    /// Returns the number of rows.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Returns whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns whether the set contains `row`.
    pub fn contains(&self, row: RowId) -> bool {
        let (word, bit) = place(row.0 % BLOCK_ROWS);
        self.block(row.0 / BLOCK_ROWS)
            .and_then(|block| block.bits.get(word))
            .is_some_and(|bits| bits >> bit & 1 == 1)
    }

    /// Adds a row.
    pub fn insert(&mut self, row: RowId) {
        let (word, bit) = place(row.0 % BLOCK_ROWS);
        self.set(row.0 / BLOCK_ROWS, word, 1 << bit);
    }

    /// Replaces the rows within the scanned range of `found` with its matches.
    pub fn replace(&mut self, found: &Matches) {
        self.remove(found.scanned_rows());
        self.extend(found);
    }

    /// Adds the matches in `found`.
    pub fn extend(&mut self, found: &Matches) {
        let shift = found.first.0 % 64;
        let start = found.first.0 / 64;
        for (index, &word) in (start..).zip(&found.bits) {
            self.set_word(index, word << shift);
            if shift > 0 {
                self.set_word(index + 1, word >> (64 - shift));
            }
        }
    }

    /// Removes a range of rows.
    pub fn remove(&mut self, rows: Range<RowId>) {
        let (start, end) = (rows.start.0, rows.end.0);
        let first = self.first_block.max(start / BLOCK_ROWS);
        let last = (self.first_block + self.blocks.len() as u64).min(end.div_ceil(BLOCK_ROWS));
        for number in first..last {
            let base = number * BLOCK_ROWS;
            let within = start.max(base) - base..end.min(base + BLOCK_ROWS).max(base) - base;
            if let Some(block) = self.block_mut(number) {
                let before = block.count;
                block.clear(within);
                let gone = before - block.count;
                self.count -= gone;
            }
        }
        while self.blocks.front().is_some_and(|block| block.count == 0) {
            self.blocks.pop_front();
            self.first_block += 1;
        }
    }

    /// Returns the row at position `place`, counted from 0.
    pub fn row_at(&self, place: u64) -> Option<RowId> {
        let mut rest = place;
        for (number, block) in (self.first_block..).zip(&self.blocks) {
            if rest < block.count {
                let offset = block.nth(rest)?;
                return Some(RowId(number * BLOCK_ROWS + offset));
            }
            rest -= block.count;
        }
        None
    }

    /// Returns how many rows of the set come before `row`. This is the position of `row` if it is
    /// in the set.
    pub fn place_of(&self, row: RowId) -> u64 {
        let number = row.0 / BLOCK_ROWS;
        let whole = usize::try_from(number.saturating_sub(self.first_block)).unwrap_or(usize::MAX);
        let before = self.blocks.iter().take(whole).map(|block| block.count);
        let part = self.block(number);
        before.sum::<u64>() + part.map_or(0, |block| block.count_before(row.0 % BLOCK_ROWS))
    }

    /// Returns the first row of the set from `row` on.
    pub fn at_or_after(&self, row: RowId) -> Option<RowId> {
        self.row_at(self.place_of(row))
    }

    /// Returns the last row of the set before `row`.
    pub fn before(&self, row: RowId) -> Option<RowId> {
        self.row_at(self.place_of(row).checked_sub(1)?)
    }

    /// Returns the rows, in order.
    pub fn iter(&self) -> impl Iterator<Item = RowId> {
        let blocks = (self.first_block..).zip(&self.blocks);
        blocks.flat_map(|(number, block)| {
            let words = (number * BLOCK_ROWS..).step_by(64).zip(&block.bits);
            words.flat_map(|(start, word)| ones(*word).map(move |bit| RowId(start + bit)))
        })
    }

    /// Returns the words of both sets that have rows in common within `rows`, each as its first row
    /// and a bit per row, ascending.
    fn common<'a>(
        &'a self,
        other: &'a Self,
        rows: Range<RowId>,
    ) -> impl DoubleEndedIterator<Item = (u64, u64)> + 'a {
        let (start, end) = (rows.start.0, rows.end.0);
        let ends = [self, other].map(|set| set.first_block + set.blocks.len() as u64);
        let first = self.first_block.max(other.first_block);
        let first = first.max(start / BLOCK_ROWS);
        let last = ends[0].min(ends[1]).min(end.div_ceil(BLOCK_ROWS));
        (first..last.max(first)).flat_map(move |number| {
            let [one, two] = [self, other].map(|set| {
                let block = set.block(number);
                block.map_or(&[][..], |block| &block.bits)
            });
            let words = one.iter().zip(two).enumerate();
            let words = words.map(move |(index, (one, two))| {
                let base = number * BLOCK_ROWS + 64 * index as u64;
                let within = below(end.saturating_sub(base)) & !below(start.saturating_sub(base));
                (base, one & two & within)
            });
            words.filter(|(_, bits)| *bits != 0)
        })
    }

    /// Returns how many rows within `rows` are also in `other`.
    pub fn count_common(&self, other: &Self, rows: Range<RowId>) -> u64 {
        let words = self.common(other, rows);
        words.map(|(_, bits)| u64::from(bits.count_ones())).sum()
    }

    /// Returns the first row from `row` on that is also in `other`.
    pub fn first_common(&self, other: &Self, row: RowId) -> Option<RowId> {
        let (base, bits) = self.common(other, row..RowId(u64::MAX)).next()?;
        Some(RowId(base + u64::from(bits.trailing_zeros())))
    }

    /// Returns the last row before `row` that is also in `other`.
    pub fn last_common(&self, other: &Self, row: RowId) -> Option<RowId> {
        let (base, bits) = self.common(other, RowId(0)..row).next_back()?;
        Some(RowId(base + u64::from(bits.ilog2())))
    }

    fn set_word(&mut self, index: u64, word: u64) {
        if word != 0 {
            let (word_in_block, _) = place(index * 64 % BLOCK_ROWS);
            self.set(index * 64 / BLOCK_ROWS, word_in_block, word);
        }
    }

    fn set(&mut self, number: u64, word: usize, bits: u64) {
        if self.blocks.is_empty() {
            self.first_block = number;
        }
        while number < self.first_block {
            self.blocks.push_front(Block::default());
            self.first_block -= 1;
        }
        while self.first_block + self.blocks.len() as u64 <= number {
            self.blocks.push_back(Block::default());
        }
        if let Some(block) = self.block_mut(number) {
            let before = block.count;
            block.set(word, bits);
            let new = block.count - before;
            self.count += new;
        }
    }

    fn block(&self, number: u64) -> Option<&Block> {
        let index = number.checked_sub(self.first_block)?;
        self.blocks.get(usize::try_from(index).ok()?)
    }

    fn block_mut(&mut self, number: u64) -> Option<&mut Block> {
        let index = number.checked_sub(self.first_block)?;
        self.blocks.get_mut(usize::try_from(index).ok()?)
    }
}

#[cfg(test)]
mod tests;
