//! The place in a message that the paths of a template start from.

use std::cell::Cell;

use crate::payload::json::locate::PathStep;
use crate::payload::lookup::{Lookup, Shown};

/// The place in a message that paths start from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'p> {
    /// The way to it from the whole message.
    pub(super) steps: &'p [PathStep],
    /// How many more values may be looked up, so that lists within lists take bounded time.
    pub(super) left: &'p Cell<usize>,
}

impl Place<'_> {
    /// Returns the value at `steps` of the whole message. The error is that of [`Lookup::shown`].
    pub(super) fn look<'a>(
        self,
        lookup: &Lookup<'a, '_>,
        steps: &[PathStep],
    ) -> Result<Shown<'a>, Option<String>> {
        let left = self.left.get().checked_sub(1).ok_or(None)?;
        self.left.set(left);
        lookup.shown(steps)
    }
}
