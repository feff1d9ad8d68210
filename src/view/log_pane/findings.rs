//! What checks have found on a row.

use ratatui::style::Style;

use crate::view::line::LineBuilder;
use crate::view::theme;
use crate::workers::analysis::{Finding, FindingKind, OutOfSequence};

/// Minimum width of the first finding on a row, in columns: enough for a duration.
const LEAST_FINDING: usize = 10;

/// Adds the findings of checks on a row, before its payload of `payload` bytes. They take at most
/// half of the line, or what the payload leaves if that is more.
pub(super) fn add_findings<'a>(
    findings: impl Iterator<Item = &'a Finding>,
    payload: usize,
    line: &mut LineBuilder,
) {
    let room = (line.left() / 2).max(line.left().saturating_sub(payload));
    let before = line.left();
    // The most severe findings come first, in case not all fit.
    let mut findings: Vec<&Finding> = findings.collect();
    findings.sort_by_key(|finding| gravity(&finding.what).0);
    for finding in findings {
        let (_, style) = gravity(&finding.what);
        let used = before - line.left();
        // A duration cut off before its unit would be misleading.
        let least = if used == 0 { LEAST_FINDING } else { 0 };
        let left = room.saturating_sub(used + 2).max(least);
        if left > 0 {
            line.words_within(left, &finding.what.to_string(), style);
            line.space(2);
        }
    }
}

/// Returns the sort key of a finding, which is lower for more severe findings, and its style.
fn gravity(finding: &FindingKind) -> (u8, Style) {
    match finding {
        FindingKind::Sequence(step) => match **step {
            OutOfSequence::Missing {
                explained: false, ..
            } => (0, theme::BAD),
            _ => (1, theme::WATCH),
        },
        FindingKind::Drift(_) | FindingKind::Invalid(_) => (2, theme::WATCH),
        FindingKind::Latency { .. } => (3, theme::GOOD),
        FindingKind::Delay(_) => (4, theme::QUIET),
    }
}
