//! Tests the set against a `BTreeSet`.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::cases;

#[derive(Clone, Debug)]
enum Step {
    Insert(u64),
    Extend(u64, Vec<bool>),
    Remove(u64, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let row = 0..20_000u64;
    prop_oneof![
        row.clone().prop_map(Step::Insert),
        (row.clone(), prop::collection::vec(any::<bool>(), 0..300))
            .prop_map(|(first, bits)| Step::Extend(first, bits)),
        (row, 0..9_000u64).prop_map(|(start, length)| Step::Remove(start, length)),
    ]
}

fn found(first: u64, bits: &[bool]) -> Matches {
    let mut found = Matches::none_of(RowId(first), bits.len() as u64);
    for (offset, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
        found.add(offset);
    }
    found
}

proptest! {
    #![proptest_config(cases::config(256))]

    #[test]
    fn the_rows_that_two_sets_have_in_common_are_found(
        one in prop::collection::vec((0..20_000u64, prop::collection::vec(any::<bool>(), 0..300)), 0..8),
        two in prop::collection::vec((0..20_000u64, prop::collection::vec(any::<bool>(), 0..300)), 0..8),
        probes in (0..21_000u64, 0..21_000u64),
    ) {
        let sets = [one, two].map(|parts| {
            let mut rows = RowSet::default();
            for (first, bits) in parts {
                rows.extend(&found(first, &bits));
            }
            rows
        });
        let common: BTreeSet<u64> = sets[0].iter().filter(|row| sets[1].contains(*row)).map(|row| row.0).collect();
        let [one, two] = &sets;
        let (start, end) = (probes.0.min(probes.1), probes.0.max(probes.1));
        let count = one.count_common(two, RowId(start)..RowId(end));
        prop_assert_eq!(count, common.range(start..end).count() as u64);
        let first = one.first_common(two, RowId(start)).map(|row| row.0);
        prop_assert_eq!(first, common.range(start..).next().copied());
        let last = one.last_common(two, RowId(end)).map(|row| row.0);
        prop_assert_eq!(last, common.range(..end).next_back().copied());
    }

    #[test]
    fn a_row_set_behaves_like_a_set(steps in prop::collection::vec(step(), 0..40), probe in 0..21_000u64) {
        let mut rows = RowSet::default();
        let mut expected = BTreeSet::new();
        for step in steps {
            match step {
                Step::Insert(row) => {
                    rows.insert(RowId(row));
                    expected.insert(row);
                }
                Step::Extend(first, bits) => {
                    let found = found(first, &bits);
                    rows.extend(&found);
                    expected.extend(found.rows().map(|row| row.0));
                }
                Step::Remove(start, length) => {
                    rows.remove(RowId(start)..RowId(start + length));
                    expected.retain(|row| !(start..start + length).contains(row));
                }
            }
        }
        let all: Vec<u64> = rows.iter().map(|row| row.0).collect();
        prop_assert!(all.iter().copied().eq(expected.iter().copied()));
        prop_assert_eq!(rows.len(), expected.len() as u64);
        prop_assert_eq!(rows.contains(RowId(probe)), expected.contains(&probe));
        prop_assert_eq!(rows.place_of(RowId(probe)), expected.range(..probe).count() as u64);
        let after = expected.range(probe..).next().copied();
        prop_assert_eq!(rows.at_or_after(RowId(probe)).map(|row| row.0), after);
        let before = expected.range(..probe).next_back().copied();
        prop_assert_eq!(rows.before(RowId(probe)).map(|row| row.0), before);
        for (place, row) in (0..).zip(&expected) {
            prop_assert_eq!(rows.row_at(place), Some(RowId(*row)));
        }
        prop_assert_eq!(rows.row_at(expected.len() as u64), None);
    }
}
