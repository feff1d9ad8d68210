//! Storage of findings, for the owner of the checks.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::finding::{Finding, FindingKind};
use super::plan::CheckId;
use crate::log::RowSet;
use crate::message::RowId;

/// The maximum number of findings kept per check; the oldest are dropped first. Their rows still
/// count as flagged.
pub const MAX_FINDINGS: usize = 100_000;

/// The maximum memory use of the findings of a check, in bytes.
const MAX_BYTES: usize = 16 << 20;

/// Findings, by row.
#[derive(Debug, Default)]
pub struct Findings {
    /// The findings of each check, which arrive in row order.
    checks: BTreeMap<CheckId, CheckFindings>,
}

/// The findings of one check.
#[derive(Debug, Default)]
struct CheckFindings {
    findings: VecDeque<Finding>,
    drifted: RowSet,
    invalid: RowSet,
    out_of_sequence: RowSet,
    bytes: usize,
}

impl Findings {
    /// Adds `found`, dropping the oldest findings of a check beyond its limits.
    pub fn add(&mut self, found: impl IntoIterator<Item = Finding>) {
        for finding in found {
            self.checks.entry(finding.check).or_default().add(finding);
        }
    }

    /// Returns the findings on `row` that are still kept.
    pub fn of(&self, row: RowId) -> impl Iterator<Item = &Finding> {
        self.checks.values().flat_map(move |check| check.of(row))
    }

    /// Returns the rows in `rows` that were flagged for their shape, in ascending order.
    pub fn drift_in(&self, rows: Range<RowId>) -> Vec<RowId> {
        union(self.checks.values().map(|check| &check.drifted), &rows)
    }

    /// Returns the rows in `rows` that were flagged for violating a schema, in ascending order.
    pub fn invalid_in(&self, rows: Range<RowId>) -> Vec<RowId> {
        union(self.checks.values().map(|check| &check.invalid), &rows)
    }

    /// Returns the rows in `rows` that were flagged for their sequence number, in ascending order.
    pub fn out_of_sequence_in(&self, rows: Range<RowId>) -> Vec<RowId> {
        let sets = self.checks.values().map(|check| &check.out_of_sequence);
        union(sets, &rows)
    }

    /// Removes all findings of a check.
    pub fn forget_check(&mut self, check: CheckId) {
        self.checks.remove(&check);
    }

    /// Removes the findings on evicted rows.
    pub fn forget(&mut self, gone: &Range<RowId>) {
        for check in self.checks.values_mut() {
            check.forget(gone);
        }
    }

    /// Returns the memory use in bytes; the sets of rows count as an eighth of a byte per row.
    pub fn size(&self) -> usize {
        let checks = self.checks.values().map(|check| {
            let free = check.findings.capacity() - check.findings.len();
            let rows = span(&check.drifted) + span(&check.invalid) + span(&check.out_of_sequence);
            size_of::<CheckFindings>() + check.bytes + free * size_of::<Finding>() + rows / 8
        });
        checks.sum()
    }
}

/// Returns the rows in `rows` that are in any of `sets`, in ascending order.
fn union<'a>(sets: impl Iterator<Item = &'a RowSet>, rows: &Range<RowId>) -> Vec<RowId> {
    let mut all = Vec::new();
    for set in sets {
        let mut next = set.at_or_after(rows.start);
        while let Some(row) = next.filter(|row| *row < rows.end) {
            all.push(row);
            next = set.at_or_after(RowId(row.0 + 1));
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Returns the distance between the first and the last row of a set.
fn span(rows: &RowSet) -> usize {
    let first = rows.row_at(0).map_or(0, |row| row.0);
    let last = rows.len().checked_sub(1).and_then(|last| rows.row_at(last));
    usize::try_from(last.map_or(0, |row| row.0) - first).unwrap_or(usize::MAX)
}

impl CheckFindings {
    fn add(&mut self, finding: Finding) {
        match finding.what {
            FindingKind::Drift(_) => self.drifted.insert(finding.row),
            FindingKind::Invalid(_) => self.invalid.insert(finding.row),
            FindingKind::Sequence(_) => self.out_of_sequence.insert(finding.row),
            FindingKind::Latency { .. } | FindingKind::Delay(_) => {}
        }
        self.bytes += finding.size();
        self.findings.push_back(finding);
        while self.findings.len() > MAX_FINDINGS || self.bytes > MAX_BYTES {
            let oldest = self.findings.pop_front();
            self.bytes -= oldest.map_or(0, |oldest| oldest.size());
        }
    }

    fn of(&self, row: RowId) -> impl Iterator<Item = &Finding> {
        let start = self.findings.partition_point(|finding| finding.row < row);
        let rest = self.findings.range(start..);
        rest.take_while(move |finding| finding.row == row)
    }

    fn forget(&mut self, gone: &Range<RowId>) {
        self.drifted.remove(gone.clone());
        self.invalid.remove(gone.clone());
        self.out_of_sequence.remove(gone.clone());
        let start = self.findings.partition_point(|one| one.row < gone.start);
        let end = self.findings.partition_point(|one| one.row < gone.end);
        let gone = self.findings.drain(start..end);
        self.bytes -= gone.map(|finding| finding.size()).sum::<usize>();
    }
}
