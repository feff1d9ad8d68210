//! The channels watched by a check: a limited number, by name.

use std::sync::Arc;

use hashbrown::HashMap;

use super::finding::FindingKind;
use crate::message::{RowId, Time};
use crate::payload::lookup::Lookup;

/// A message passed to checks.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The row of the message.
    pub row: RowId,
    /// When it was received.
    pub time: Time,
    /// The payload, or its beginning.
    pub payload: &'a [u8],
    /// Access to the values in the payload.
    pub lookup: &'a Lookup<'a, 'a>,
    /// The original size of the payload, in bytes.
    pub size: u64,
    /// The number of breaks since the check was added: points at which messages may have been lost
    /// or were not checked.
    pub breaks: u64,
}

/// The result of a check for a message.
#[derive(Debug)]
pub enum Verdict {
    /// No finding.
    Fine,
    /// The message could not be checked: it lacks the value to check, or a limit was reached.
    Skipped,
    /// A finding.
    Finding(FindingKind),
}

impl From<Option<FindingKind>> for Verdict {
    fn from(finding: Option<FindingKind>) -> Self {
        finding.map_or(Self::Fine, Self::Finding)
    }
}

/// The state of a check for each of its channels.
#[derive(Debug)]
pub struct Watched<T> {
    index: HashMap<Arc<[u8]>, u32>,
    channels: Vec<(Arc<[u8]>, T)>,
    most: usize,
    /// Whether channels were left out because the limit was reached.
    pub is_full: bool,
}

impl<T: Default> Watched<T> {
    /// Creates an empty set of channels, limited to `most`.
    pub fn new(most: usize) -> Self {
        Self {
            index: HashMap::new(),
            channels: Vec::new(),
            most,
            is_full: false,
        }
    }

    /// Returns the slot of the channel `name`, adding it if needed; `None` if the limit is reached.
    pub fn place(&mut self, name: &Arc<[u8]>) -> Option<u32> {
        if let Some(place) = self.index.get(name) {
            return Some(*place);
        }
        if self.channels.len() >= self.most {
            self.is_full = true;
            return None;
        }
        let place = u32::try_from(self.channels.len()).ok()?;
        self.index.insert(Arc::clone(name), place);
        self.channels.push((Arc::clone(name), T::default()));
        Some(place)
    }

    /// Returns the state of the channel in slot `place`.
    #[inline]
    pub fn at(&mut self, place: u32) -> Option<&mut T> {
        let (_, channel) = self.channels.get_mut(place as usize)?;
        Some(channel)
    }

    /// Returns the name and the state of the channel `name`, or of the first channel if no name is
    /// given.
    pub fn named(&self, name: Option<&[u8]>) -> Option<(&Arc<[u8]>, &T)> {
        let place = name.map_or(Some(0), |name| self.index.get(name).copied())?;
        let (name, channel) = self.channels.get(place as usize)?;
        Some((name, channel))
    }

    /// Returns all channels, in order of appearance.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<[u8]>, &T)> {
        self.channels.iter().map(|(name, channel)| (name, channel))
    }

    /// Returns mutable references to the states of all channels.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.channels.iter_mut().map(|(_, channel)| channel)
    }

    /// Returns the memory use in bytes; `size` returns what each state uses beyond its own size.
    pub fn size(&self, size: impl Fn(&T) -> usize) -> usize {
        let own = self.channels.capacity() * size_of::<(Arc<[u8]>, T)>();
        let index = self.index.capacity() * size_of::<(Arc<[u8]>, u32)>();
        let channels = self.iter();
        let each = channels.map(|(name, channel)| name.len() + size(channel));
        own + index + each.sum::<usize>()
    }
}
