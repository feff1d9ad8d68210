//! The scan itself, without a thread: a limited number of rows at a time.

use std::collections::HashMap;

use super::prepared::Prepared;
use super::progress::Scan;
use super::{Answer, Purpose, Request, WatchId};
use crate::message::{RowId, SubscriptionId};

/// Matches rows against queries. Caches the prepared query of each watch.
#[derive(Default)]
pub struct Engine {
    prepared: HashMap<WatchId, Prepared>,
    via: Vec<SubscriptionId>,
    /// How many requests were answered by [`Engine::answer`].
    answered: u64,
}

impl Engine {
    /// Processes `request` completely and returns the answer.
    pub fn answer(&mut self, request: Request) -> Answer {
        self.answered += 1;
        let mut scan = Scan::new(self.answered, request);
        let mut found = Vec::new();
        let (mut scanned, mut gone) = (0, 0);
        loop {
            if let Some(mut answer) = self.advance(&mut scan) {
                found.append(&mut answer.found);
                scanned += answer.scanned;
                gone += answer.gone;
                if answer.is_done {
                    return Answer {
                        found,
                        scanned,
                        gone,
                        ..answer
                    };
                }
            }
        }
    }

    pub(super) fn keep_only(&mut self, is_wanted: impl Fn(WatchId) -> bool) {
        self.prepared.retain(|watch, _| is_wanted(*watch));
    }

    /// Scans the next rows of `scan` and returns an answer, if one is due.
    pub(super) fn advance(&mut self, scan: &mut Scan) -> Option<Answer> {
        let prepared = self.prepared.entry(scan.request.watch);
        let prepared = prepared.or_insert_with(|| Prepared::new(&scan.request));
        prepared.update(&scan.request);
        if let Some(piece) = scan.request.pieces.get(scan.piece) {
            let rows = piece.rows();
            if let Some(segment) = piece.segment() {
                prepared.scan_next(scan, &segment, rows, &mut self.via);
            } else {
                // The log has evicted it.
                let left = scan.left.map_or(piece.length(), |left| left as u64);
                let left = piece.messages_in(match scan.request.purpose {
                    Purpose::Kept => rows.start..RowId(rows.start.0 + left),
                    Purpose::Arrived => RowId(rows.end.0 - left)..rows.end,
                });
                scan.scanned += left;
                scan.gone += left;
                scan.next_piece();
            }
        }
        let trouble = prepared.trouble().map(Into::into);
        scan.answer(trouble)
    }
}
