//! Putting the lines of the list in order, in portions.

use std::collections::BinaryHeap;

use super::line::{Entry, Is, Listing, Member, Place, ordered};
use super::tree::{Leaf, ROOT, Tree};

/// The work of a portion: how many lines with short names are added, each of which takes a fraction of
/// a microsecond.
const PORTION: usize = 20_000;

/// A name is as much work as one more line for each of this many bytes.
const SHORT_NAME: usize = 128;

/// The work of taking a line out in order, compared with that of adding it.
const SORTED: usize = 6;

impl From<Leaf> for Member {
    fn from(leaf: Leaf) -> Self {
        Self {
            key: leaf.key,
            name: leaf.name,
            parent: leaf.parent,
            is: Is::Leaf(leaf.entry),
        }
    }
}

/// Returns the work of adding a line.
fn work(member: &Member) -> usize {
    1 + ordered(&member.name).len() / SHORT_NAME
}

/// The lines being put in order.
#[derive(Debug)]
pub(super) struct Lines {
    /// Those that have not been looked at.
    left: Vec<Member>,
    /// Those that are being sorted; the last of them is on top.
    heap: BinaryHeap<Member>,
    /// The lines in each branch, the last one first.
    members: Vec<Vec<Member>>,
}

impl Lines {
    /// Starts to sort `left`, which are in branches of `tree`.
    pub(super) fn new(left: Vec<Member>, tree: &Tree) -> Self {
        let mut members = Vec::new();
        members.resize_with(tree.len() + 1, Vec::new);
        Self {
            left,
            heap: BinaryHeap::new(),
            members,
        }
    }

    /// Returns whether collecting the lines was a portion of work by itself.
    pub(super) fn are_many(&self) -> bool {
        self.left.len() > PORTION / 4
    }

    /// Sorts the next lines. Returns whether all are sorted and there is time left to list them.
    pub(super) fn sort(&mut self) -> bool {
        let mut room = PORTION;
        while room > 0 {
            if let Some(member) = self.left.pop() {
                room = room.saturating_sub(work(&member));
                self.heap.push(member);
            } else if let Some(member) = self.heap.pop() {
                room = room.saturating_sub(SORTED * work(&member));
                self.members[member.parent].push(member);
            } else {
                break;
            }
        }
        room > PORTION / 2
    }

    /// Returns all lines, once they are sorted: `first`, then those of the root.
    pub(super) fn listing(&self, first: Vec<Entry>, tree: &Tree) -> Listing {
        let mut listing = Listing {
            places: vec![Place::default(); first.len()],
            entries: first,
            branches: Vec::new(),
            is_cut: false,
        };
        // The open branches are on a stack, each with the lines that are left in it.
        let mut stack = vec![(Place::default(), self.members[ROOT].iter().rev())];
        while let Some((place, rest)) = stack.last_mut() {
            let place = *place;
            let Some(member) = rest.next() else {
                stack.pop();
                continue;
            };
            listing.places.push(place);
            let mut index = match member.is {
                Is::Leaf(entry) => {
                    listing.entries.push(entry);
                    continue;
                }
                Is::Branch(index) => index,
            };
            while let [
                Member {
                    is: Is::Branch(only),
                    ..
                },
            ] = &self.members[index][..]
            {
                index = *only;
            }
            let branch = tree.branch(index);
            let inside = Place {
                depth: place.depth.saturating_add(1),
                shown_above: branch.prefix.len(),
            };
            listing.entries.push(Entry::Branch(listing.branches.len()));
            listing.branches.push(branch);
            stack.push((inside, self.members[index].iter().rev()));
        }
        listing
    }
}
