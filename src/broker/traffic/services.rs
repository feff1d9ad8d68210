//! The services of the made-up shop: what each publishes, and what it does next.

mod running;
mod selling;
mod words;

use std::time::Duration;

use super::random::Random;

/// The channels of the three workers.
const WORKERS: [(u64, &str); 3] = [
    (1, "heartbeat:worker-1"),
    (2, "heartbeat:worker-2"),
    (3, "heartbeat:worker-3"),
];

/// Something a service is to do, which publishes one message.
#[derive(Clone, Debug)]
pub enum Task {
    /// A customer orders.
    Create,
    /// An order is paid.
    Pay(Order),
    /// An order leaves the house.
    Ship(Order),
    /// Somebody logs in, or fails to.
    LogIn,
    /// The processor's load is measured.
    Measure,
    /// The interface writes a line to its log.
    LogLine,
    /// A thumbnail is made.
    Thumbnail,
    /// Somebody says something.
    Chat,
    /// A price is asked for.
    Ask,
    /// The price with this correlation id is answered, after so long.
    Answer(u64, Duration),
    /// This worker, with its channel, says that it lives.
    Beat(u64, &'static str),
    /// An article's stock changes.
    Stock,
    /// The door is opened or closed.
    Door,
    /// A cached entry is thrown away, in a burst of which so many are left, this far apart.
    Invalidate(u64, Duration),
    /// A job is finished.
    FinishJob,
}

/// An order on its way through the shop.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    id: u64,
    cents: u64,
}

/// What came of a task.
#[derive(Debug)]
pub struct Step {
    /// Where its message is published.
    pub channel: &'static str,
    /// The message.
    pub payload: Vec<u8>,
    /// What is to be done after it, and how long after.
    pub next: Vec<(Duration, Task)>,
}

impl Step {
    fn new(channel: &'static str, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            channel,
            payload: payload.into(),
            next: Vec::new(),
        }
    }

    fn then(mut self, delay: Duration, task: Task) -> Self {
        self.next.push((delay, task));
        self
    }
}

/// All that the services remember between messages.
#[derive(Debug)]
pub struct Shop {
    random: Random,
    last_order: u64,
    last_job: u64,
    last_sequence: u64,
    /// When the stock's sequence number is to skip, until it has.
    skips_at: Option<Duration>,
    /// The processor's load, in tenths of a percent.
    load: u64,
    door_open: bool,
    /// The charge of the door's battery, in tenths of a percent.
    battery: u64,
}

impl Shop {
    /// A shop whose chances are those of this seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self {
            last_order: random.between(10_000, 60_000),
            last_job: random.between(100, 900),
            last_sequence: random.between(1_000, 5_000),
            skips_at: Some(random.millis(20_000, 29_000)),
            load: random.between(250, 550),
            door_open: false,
            battery: random.between(700, 950),
            random,
        }
    }

    /// What each service starts with, and when.
    pub fn open(&mut self) -> Vec<(Duration, Task)> {
        let mut tasks: Vec<_> = [
            Task::Create,
            Task::LogIn,
            Task::Measure,
            Task::LogLine,
            Task::Thumbnail,
            Task::Chat,
            Task::Ask,
            Task::Stock,
            Task::Door,
            Task::FinishJob,
        ]
        .into_iter()
        .map(|task| (self.random.millis(0, 800), task))
        .collect();
        for (worker, channel) in WORKERS {
            tasks.push((self.random.millis(0, 999), Task::Beat(worker, channel)));
        }
        tasks.push((self.random.millis(6_000, 9_000), self.burst()));
        tasks
    }

    /// Does what was due at this time.
    pub fn carry_out(&mut self, task: Task, at: Duration) -> Step {
        match task {
            Task::Create => self.create(),
            Task::Pay(order) => self.pay(order),
            Task::Ship(order) => self.ship(order),
            Task::LogIn => self.log_in(),
            Task::Measure => self.measure(),
            Task::LogLine => self.log_line(),
            Task::Thumbnail => self.thumbnail(),
            Task::Chat => Step::new("chat:general", self.random.pick(words::CHAT))
                .then(self.random.millis(600, 2_200), Task::Chat),
            Task::Ask => self.ask(),
            Task::Answer(id, took) => self.answer(id, took),
            Task::Beat(worker, channel) => self.beat(worker, channel, at),
            Task::Stock => self.stock(at),
            Task::Door => self.door(at),
            Task::Invalidate(left, apart) => self.invalidate(left, apart),
            Task::FinishJob => self.finish_job(at),
        }
    }
}
