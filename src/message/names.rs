//! Channel names, which may be megabytes long and are compared for every row drawn.

use std::cmp::Ordering;
use std::sync::Arc;

/// Returns whether two names are equal. Names that share memory are not read.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    compare(one, other) == Ordering::Equal
}

/// Orders names by length first, so that names of different lengths are not read.
fn compare(one: &[u8], other: &[u8]) -> Ordering {
    if std::ptr::eq(one, other) {
        return Ordering::Equal;
    }
    let lengths = one.len().cmp(&other.len());
    lengths.then_with(|| one.cmp(other))
}

/// A small set of names. Looking up a name that shares memory with a member does not read its
/// bytes.
#[derive(Debug, Default)]
pub struct Names(Vec<Arc<[u8]>>);

impl Names {
    /// Returns whether the set contains `name`.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.place(name).is_ok()
    }

    /// Adds `name`, or removes it if present. Returns whether it was added.
    pub fn toggle(&mut self, name: Arc<[u8]>) -> bool {
        match self.place(&name) {
            Ok(place) => {
                self.0.remove(place);
                false
            }
            Err(place) => {
                self.0.insert(place, name);
                true
            }
        }
    }

    /// Returns the number of names.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the name at `index`, in an order that changes only when the set does.
    pub fn at(&self, index: usize) -> Option<&Arc<[u8]>> {
        self.0.get(index)
    }

    /// Returns the index of `name`, if it is in the set.
    pub fn index_of(&self, name: &[u8]) -> Option<usize> {
        self.place(name).ok()
    }

    /// Returns all names.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|name| &**name)
    }

    fn place(&self, name: &[u8]) -> Result<usize, usize> {
        self.0.binary_search_by(|one| compare(one, name))
    }
}

impl FromIterator<Arc<[u8]>> for Names {
    fn from_iter<I: IntoIterator<Item = Arc<[u8]>>>(names: I) -> Self {
        let mut all: Vec<_> = names.into_iter().collect();
        all.sort_unstable_by(|one, other| compare(one, other));
        all.dedup();
        Self(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_whether_or_not_it_is_shared() {
        let names = ["b", "aa", "", "c", "b"].map(|name| Arc::<[u8]>::from(name.as_bytes()));
        let mut all: Names = names.iter().cloned().collect();
        assert_eq!(all.iter().count(), 4);
        for name in &names {
            let copy = name.to_vec();
            assert!(all.contains(name) && all.contains(&copy));
        }
        assert!(!all.contains(b"a") && !all.contains(b"bb"));
        assert!(!all.toggle(b"b"[..].into()) && !all.contains(b"b"));
        assert!(all.toggle(b"b"[..].into()) && all.contains(b"b"));
        assert!(same(b"a", b"a") && !same(b"a", b"b") && !same(b"a", b"ab"));
    }
}
