//! What keeps the shop running: people who log in, machines, workers, the cache.

use std::time::Duration;

use super::{Shop, Step, Task, words};

/// When the last job is done; nobody knows why.
const JOBS_END: Duration = Duration::from_secs(15);
/// When the door's new firmware starts to send the battery's charge as text.
const FIRMWARE_CHANGE: Duration = Duration::from_secs(40);
/// How long a burst of invalidations takes, in microseconds.
const BURST: u64 = 300_000;

impl Shop {
    pub(super) fn log_in(&mut self) -> Step {
        let user = self.random.pick(words::CUSTOMERS);
        // A block of addresses for documentation: RFC 5737.
        let host = self.random.between(1, 254);
        let outcome = if self.random.percent(88) {
            format!(r#""ok":true,"mfa":{}"#, self.random.percent(40))
        } else {
            r#""ok":false,"reason":"wrong password""#.to_owned()
        };
        Step::new(
            "auth:login",
            format!(r#"{{"user":"{user}","ip":"203.0.113.{host}",{outcome}}}"#),
        )
        .then(self.random.millis(200, 900), Task::LogIn)
    }

    pub(super) fn measure(&mut self) -> Step {
        let moved = self.load + self.random.between(0, 12);
        self.load = moved.saturating_sub(6).clamp(50, 950);
        Step::new("metrics:cpu", tenths(self.load)).then(Duration::from_millis(500), Task::Measure)
    }

    pub(super) fn log_line(&mut self) -> Step {
        let route = self.random.pick(words::ROUTES);
        let took = self.random.between(2, 90);
        let line = match self.random.between(1, 100) {
            1..=2 => format!("ERROR {route} 503 {took}ms upstream price-service timed out"),
            3..=8 => format!("WARN  {route} 429 {took}ms slow down"),
            _ => format!("INFO  {route} 200 {took}ms"),
        };
        Step::new("logs:api", line).then(self.random.millis(20, 140), Task::LogLine)
    }

    /// Looks like a PNG from outside: the signature, the header, then data that is none.
    pub(super) fn thumbnail(&mut self) -> Step {
        let mut image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x60\0\0\0\x60\x08\x06\0\0\0".to_vec();
        for _ in 0..self.random.between(30, 150) {
            image.extend(self.random.number().to_be_bytes());
        }
        Step::new("images:thumbnails", image).then(self.random.millis(500, 1_500), Task::Thumbnail)
    }

    pub(super) fn beat(&mut self, worker: u64, channel: &'static str, at: Duration) -> Step {
        let up = at.as_secs();
        let queued = self.random.between(0, 9);
        Step::new(
            channel,
            format!(r#"{{"worker":{worker},"up_s":{up},"queued":{queued}}}"#),
        )
        .then(Duration::from_secs(1), Task::Beat(worker, channel))
    }

    pub(super) fn door(&mut self, at: Duration) -> Step {
        self.door_open = !self.door_open;
        self.battery = self.battery.saturating_sub(1).max(30);
        let (open, charge) = (self.door_open, tenths(self.battery));
        let charge = if at < FIRMWARE_CHANGE {
            charge
        } else {
            format!(r#""{charge} %""#)
        };
        Step::new(
            "sensors:door",
            format!(r#"{{"door":"warehouse north","open":{open},"battery":{charge}}}"#),
        )
        .then(self.random.millis(500, 1_500), Task::Door)
    }

    /// The start of a new burst.
    pub(super) fn burst(&mut self) -> Task {
        let count = self.random.between(200, 400);
        Task::Invalidate(count, Duration::from_micros(BURST / count))
    }

    pub(super) fn invalidate(&mut self, left: u64, apart: Duration) -> Step {
        let kind = self.random.pick(words::CACHED);
        let key = self.random.between(1, 99_999);
        let step = Step::new("cache:invalidate", format!("{kind}:{key}"));
        if left > 1 {
            step.then(apart, Task::Invalidate(left - 1, apart))
        } else {
            step.then(self.random.millis(9_000, 10_500), self.burst())
        }
    }

    pub(super) fn finish_job(&mut self, at: Duration) -> Step {
        self.last_job += 1;
        let job = self.last_job;
        let kind = self.random.pick(words::JOBS);
        let took = self.random.between(40, 4_000);
        let pause = self.random.millis(300, 700);
        let step = Step::new(
            "jobs:done",
            format!(r#"{{"job":"{kind}-{job}","took_ms":{took},"result":"ok"}}"#),
        );
        if at + pause < JOBS_END {
            step.then(pause, Task::FinishJob)
        } else {
            step
        }
    }
}

fn tenths(value: u64) -> String {
    format!("{}.{}", value / 10, value % 10)
}
