//! Channels that a check watches, by their names, a bounded number.

use std::sync::Arc;

use hashbrown::HashMap;

use super::finding::FindingKind;
use crate::message::{RowId, Time};
use crate::payload::lookup::Lookup;

/// A message, as checks look at it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its row.
    pub row: RowId,
    /// When it was received.
    pub time: Time,
    /// Its bytes, or the first of them.
    pub payload: &'a [u8],
    /// The values in it.
    pub lookup: &'a Lookup<'a, 'a>,
    /// How many bytes it had.
    pub size: u64,
    /// How often messages may have been lost, or were not looked at, since the check was added.
    pub breaks: u64,
}

/// What a check makes of a message.
#[derive(Debug)]
pub enum Verdict {
    /// There is nothing to be said.
    Fine,
    /// It could not tell: the message lacks what it looks at, or there is no room for it.
    Skipped,
    /// This is to be said.
    Said(FindingKind),
}

impl From<Option<FindingKind>> for Verdict {
    fn from(finding: Option<FindingKind>) -> Self {
        finding.map_or(Self::Fine, Self::Said)
    }
}

/// What a check knows of each of its channels.
#[derive(Debug)]
pub struct Watched<T> {
    index: HashMap<Arc<[u8]>, u32>,
    channels: Vec<(Arc<[u8]>, T)>,
    most: usize,
    is_full: bool,
}

impl<T> Watched<T> {
    /// None yet, and never more than `most`.
    pub fn new(most: usize) -> Self {
        Self {
            index: HashMap::new(),
            channels: Vec::new(),
            most,
            is_full: false,
        }
    }

    /// The place of the channel `name`, which may be new. `None` if there is no room for it.
    pub fn place(&mut self, name: &Arc<[u8]>, new: impl FnOnce() -> T) -> Option<u32> {
        if let Some(place) = self.index.get(name) {
            return Some(*place);
        }
        if self.channels.len() >= self.most {
            self.is_full = true;
            return None;
        }
        let place = u32::try_from(self.channels.len()).ok()?;
        self.index.insert(Arc::clone(name), place);
        self.channels.push((Arc::clone(name), new()));
        Some(place)
    }

    /// The channel at a place.
    #[inline]
    pub fn at(&mut self, place: u32) -> Option<&mut T> {
        let (_, channel) = self.channels.get_mut(place as usize)?;
        Some(channel)
    }

    /// The channel `name`.
    pub fn named(&self, name: &[u8]) -> Option<(&Arc<[u8]>, &T)> {
        let (name, channel) = self.channels.get(*self.index.get(name)? as usize)?;
        Some((name, channel))
    }

    /// All channels, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<[u8]>, &T)> {
        self.channels.iter().map(|(name, channel)| (name, channel))
    }

    /// The same, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.channels.iter_mut().map(|(_, channel)| channel)
    }

    /// Whether channels were left out for want of room.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// The bytes that they take, where each takes `size` beside itself.
    pub fn size(&self, size: impl Fn(&T) -> usize) -> usize {
        let own = self.channels.capacity() * size_of::<(Arc<[u8]>, T)>();
        let index = self.index.capacity() * size_of::<(Arc<[u8]>, u32)>();
        let each = self
            .iter()
            .map(|(name, channel)| name.len() + size(channel));
        own + index + each.sum::<usize>()
    }
}
