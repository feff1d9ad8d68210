//! A log and an engine that checks every row.

use subscope::log::{Batch, MessageLog};
use subscope::message::{
    ConnectionError, Gap, GapCause, GapEnd, Notice, RowId, SubscriptionId, Time,
};
use subscope::query::Path;
use subscope::workers::analysis::{
    Ask, Channels, Check, CheckId, Engine, Finding, PairReport, Plan, Report, SequenceReport,
    ShapeReport,
};

pub const SECOND: i64 = 1_000_000;

/// The start time of all tests, in 2023.
pub const START: Time = Time(1_700_000_000 * SECOND);

/// A log that never fills up, with a plan, an engine and a clock.
pub struct CheckedLog {
    pub log: MessageLog,
    pub plan: Plan,
    pub engine: Engine,
    pub now: Time,
    next: RowId,
}

impl CheckedLog {
    /// Creates an empty log without checks.
    pub fn new() -> Self {
        Self {
            log: MessageLog::new(64 << 20),
            plan: Plan::default(),
            engine: Engine::default(),
            now: START,
            next: RowId(0),
        }
    }

    /// Creates a log with one check, active from now on.
    pub fn checking(check: Check) -> (Self, CheckId) {
        let mut checked = Self::new();
        let id = checked.check(check);
        (checked, id)
    }

    pub fn check(&mut self, check: Check) -> CheckId {
        let id = self.plan.add(check, self.log.end());
        self.engine.follow(&self.plan);
        id
    }

    /// Receives messages a millisecond apart and returns the findings.
    pub fn receive<'a>(
        &mut self,
        messages: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Vec<Finding> {
        let mut batch = Batch::default();
        for (channel, payload) in messages {
            self.now.0 += 1_000;
            batch.push_message(self.now, channel.as_bytes(), payload, SubscriptionId(0));
        }
        self.log.append(batch);
        self.look()
    }

    /// Receives one message and returns the text of the findings.
    pub fn words(&mut self, channel: &str, payload: &str) -> Vec<String> {
        let found = self.receive([(channel, payload.as_bytes())]);
        found.iter().map(|one| one.what.to_string()).collect()
    }

    /// Simulates a lost connection, with a gap notice in the log.
    pub fn lose_connection(&mut self) {
        self.now.0 += SECOND;
        let gap = Gap {
            last_heard: self.now,
            noticed: self.now,
            end: GapEnd::Open,
            cause: GapCause::ConnectionLost(None),
            reason: ConnectionError::Io("closed".into()).into(),
        };
        self.log.push_notice(self.now, Notice::Gap(gap));
        self.look();
    }

    /// Checks all rows that are new since the last call. Returns the findings.
    pub fn look(&mut self) -> Vec<Finding> {
        let mut found = Vec::new();
        for piece in self.log.next_pieces(self.next) {
            let (segment, rows) = (piece.segment().unwrap(), piece.rows());
            let first = segment.rows().start.0;
            let index = |row: RowId| usize::try_from(row.0 - first).unwrap();
            self.engine.enter(&segment, rows.clone(), None);
            let indices = index(rows.start)..index(rows.end);
            self.engine.check(&segment, indices, None, &mut found);
            self.next = rows.end;
        }
        found
    }

    pub fn report(&self, check: CheckId) -> Report {
        self.engine.report(&ask(check)).unwrap()
    }

    pub fn sequences(&self, check: CheckId) -> SequenceReport {
        match self.report(check) {
            Report::Sequence(report) => report,
            other => panic!("{other:?}"),
        }
    }

    pub fn pair(&self, check: CheckId) -> PairReport {
        match self.report(check) {
            Report::Pair(report) => report,
            other => panic!("{other:?}"),
        }
    }

    pub fn shape(&self, check: CheckId) -> ShapeReport {
        match self.report(check) {
            Report::Shape(report) => report,
            other => panic!("{other:?}"),
        }
    }
}

pub fn ask(check: CheckId) -> Ask {
    Ask {
        check,
        channel: None,
        stretch: None,
        gap_until: None,
        most: 1_000,
    }
}

pub fn shape() -> Check {
    Check::Shape(Channels::new(b"*"))
}

pub fn sequence() -> Check {
    Check::parse_sequence("*=.n").unwrap()
}

pub fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}
