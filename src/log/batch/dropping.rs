//! Drops the messages of a batch if there is no room for them, and reports this in the next batch.

use super::{Batch, notice_bytes, offset};
use crate::log::record::Record;
use crate::message::{Dropped, Notice};

impl Batch {
    /// Drops the messages and returns their totals. Keeps the notices, because they report what is
    /// subscribed.
    pub fn drop_messages(&mut self) -> Dropped {
        let mut messages = self.records.iter().filter(|record| !record.is_notice());
        let first = messages.next();
        let dropped = first.map_or_else(Dropped::default, |first| Dropped {
            count: self.messages(),
            bytes: self.channels.iter().map(|channel| channel.bytes).sum(),
            from: first.time,
            to: messages.next_back().unwrap_or(first).time,
        });
        self.records.retain(Record::is_notice);
        self.arena = Vec::new();
        self.large = Vec::new();
        self.joins.clear();
        self.channels.clear();
        self.names.clear();
        self.index.clear();
        self.forget_row_before();
        dropped
    }

    /// Forgets that this batch continues the row before it, because that row has been dropped.
    pub fn forget_row_before(&mut self) {
        self.continues.clear();
        self.tail_before = None;
    }

    /// Prepends the notices of `earlier`, followed by a notice of `dropped` messages. The
    /// deliveries merged in `earlier` count towards this batch from now on.
    pub fn prepend(&mut self, earlier: &Self, mut dropped: Dropped) {
        let mut before = earlier.records.as_slice();
        // Merge consecutive drops into one notice.
        if let (Some(Notice::Dropped(first)), [rest @ .., _]) = (earlier.notices.last(), before) {
            dropped = first.and_then(dropped);
            before = rest;
        }
        let mut records = Vec::with_capacity(before.len() + 1 + self.records.len());
        let mut notices = Vec::with_capacity(before.len() + 1 + self.notices.len());
        for (record, notice) in before.iter().zip(&earlier.notices) {
            records.push(Record::notice(record.time, offset(notices.len())));
            notices.push(notice.clone());
        }
        records.push(Record::notice(dropped.to, offset(notices.len())));
        notices.push(Notice::Dropped(dropped));
        let shift_rows = offset(records.len());
        let shift_notices = offset(notices.len());
        let later = self.records.iter_mut();
        for record in later.filter(|record| record.is_notice()) {
            record.start += shift_notices;
        }
        records.append(&mut self.records);
        notices.append(&mut self.notices);
        for join in &mut self.joins {
            join.row += shift_rows;
        }
        for (row, _) in &mut self.large {
            *row += shift_rows;
        }
        for channel in &mut self.channels {
            channel.last += shift_rows;
            channel.before += shift_rows;
        }
        self.records = records;
        self.notices = notices;
        self.notice_bytes = self.notices.iter().map(notice_bytes).sum();
        self.merged += earlier.merged;
        self.tail_before = None;
    }
}
