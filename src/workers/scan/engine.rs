//! The scan itself, without a thread: a limited number of rows at a time.

use std::collections::HashMap;

use super::prepared::Prepared;
use super::progress::Scan;
use super::{Answer, ChannelStates, Purpose, Request, WatchId};
use crate::message::{RowId, SubscriptionId};

/// Matches rows against queries. Caches the prepared query of each watch.
#[derive(Default)]
pub struct Engine {
    prepared: HashMap<WatchId, Prepared>,
    via: Vec<SubscriptionId>,
    /// How many scans have begun.
    begun: u64,
}

impl Engine {
    /// Processes `request` completely and returns the answer.
    pub fn answer(&mut self, request: Request) -> Answer {
        let mut scan = self.begin(request);
        loop {
            let trouble = self.scan_some(&mut scan);
            if scan.is_done() {
                let states = self.states(&scan);
                return scan.take_answer(trouble, states);
            }
        }
    }

    pub(super) fn begin(&mut self, request: Request) -> Scan {
        self.begun += 1;
        Scan::new(self.begun, request)
    }

    pub(super) fn keep_only(&mut self, is_wanted: impl Fn(WatchId) -> bool) {
        self.prepared.retain(|watch, _| is_wanted(*watch));
    }

    /// Scans the next rows of `scan` and returns an answer, if one is due.
    pub(super) fn advance(&mut self, scan: &mut Scan) -> Option<Answer> {
        let trouble = self.scan_some(scan);
        scan.is_answer_due().then(|| {
            let states = self.states(scan);
            scan.take_answer(trouble, states)
        })
    }

    fn states(&self, scan: &Scan) -> Option<Box<ChannelStates>> {
        let prepared = self.prepared.get(&scan.request.watch)?;
        prepared.states().map(Box::new)
    }

    /// Scans the next rows of `scan` and returns the error in the query itself, if any.
    fn scan_some(&mut self, scan: &mut Scan) -> Option<Box<str>> {
        let prepared = self.prepared.entry(scan.request.watch);
        let prepared = prepared.or_insert_with(|| Prepared::new(&scan.request));
        prepared.update(&scan.request);
        if let Some(piece) = scan.request.pieces.get(scan.piece) {
            let rows = piece.rows();
            if let Some(segment) = piece.segment() {
                prepared.scan_next(scan, &segment, rows, &mut self.via);
            } else {
                // The log has evicted this piece.
                let left = scan.left.map_or(piece.length(), |left| left as u64);
                let left = piece.messages_in(match scan.request.purpose {
                    Purpose::Kept | Purpose::Trial => rows.start..RowId(rows.start.0 + left),
                    Purpose::Arrived => RowId(rows.end.0 - left)..rows.end,
                });
                scan.scanned += left;
                scan.gone += left;
                scan.next_piece();
            }
        }
        prepared.trouble().map(Into::into)
    }
}
