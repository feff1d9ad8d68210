//! The services of a small coffee shop and their messages.
//!
//! A [`Step`] is one action of a service: it publishes a message and schedules the next steps. Some
//! services fail in ways that a debugging tool should reveal.

use serde_json::json;

use super::random::Random;
use super::samples::Samples;

/// A time or duration in milliseconds.
pub type Millis = u64;

/// When the payment service starts to send amounts as strings instead of numbers.
pub const AMOUNT_TURNS_TO_TEXT: Millis = 40_000;

/// When the job runner dies.
pub const JOBS_FALL_SILENT: Millis = 50_000;

/// Number of messages in a burst of invalidations.
pub const BURST: u64 = 300;

/// One action of a service.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    OrderCreated,
    /// The customer pays for the order with this number. The amount is in cents.
    OrderPaid(u64, u64),
    /// The warehouse ships the order with this number.
    OrderShipped(u64),
    Login,
    Cpu,
    ApiLog,
    Thumbnail,
    Chat,
    PriceRequest,
    /// The request with this number is answered.
    PriceReply(u64),
    /// The worker with this number sends a heartbeat.
    Heartbeat(u64),
    Stock,
    /// One invalidation in a burst, followed by this many more.
    Invalidate(u64),
    JobDone,
}

/// The message that a step publishes, and the next steps with their delays.
#[derive(Debug)]
pub struct Outcome {
    pub channel: String,
    pub payload: Vec<u8>,
    pub next: Vec<(Millis, Step)>,
}

/// All services and their state.
#[derive(Clone, Debug)]
pub struct Services {
    random: Random,
    samples: Samples,
    orders: u64,
    prices: u64,
    jobs: u64,
    sequence: u64,
    /// When some messages of the stock service are lost.
    sequence_skips: Option<Millis>,
    /// The load in tenths of a percent.
    cpu: u64,
}

impl Services {
    /// Creates the services with random numbers from `seed`.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self {
            samples: Samples::embedded(),
            orders: random.between(10_000, 90_000),
            prices: 0,
            jobs: random.between(100, 900),
            sequence: 1,
            sequence_skips: Some(random.between(20_000, 30_000)),
            cpu: 320,
            random,
        }
    }

    /// Returns the first step of each service.
    pub fn first_steps(&mut self) -> Vec<(Millis, Step)> {
        let workers = (1..=3).map(Step::Heartbeat);
        let steps = [
            Step::OrderCreated,
            Step::Login,
            Step::Cpu,
            Step::ApiLog,
            Step::Thumbnail,
            Step::Chat,
            Step::PriceRequest,
            Step::Stock,
            Step::JobDone,
        ];
        let mut first: Vec<_> = steps
            .into_iter()
            .chain(workers)
            .map(|step| (self.random.between(20, 600), step))
            .collect();
        first.push(self.burst_within(5_000, 8_000));
        first
    }

    fn burst_within(&mut self, least: Millis, most: Millis) -> (Millis, Step) {
        let wait = self.random.between(least, most);
        (wait, Step::Invalidate(BURST - 1))
    }

    /// Performs a step at the time `now`.
    pub fn perform(&mut self, now: Millis, step: Step) -> Outcome {
        match step {
            Step::OrderCreated => self.order_created(),
            Step::OrderPaid(id, cents) => self.order_paid(now, id, cents),
            Step::OrderShipped(id) => self.order_shipped(id),
            Step::Login => self.login(),
            Step::Cpu => self.cpu(),
            Step::ApiLog => self.api_log(),
            Step::Thumbnail => self.thumbnail(),
            Step::Chat => self.chat(),
            Step::PriceRequest => self.price_request(),
            Step::PriceReply(id) => self.price_reply(id),
            Step::Heartbeat(worker) => heartbeat(now, worker),
            Step::Stock => self.stock(now),
            Step::Invalidate(left) => self.invalidate(left),
            Step::JobDone => self.job_done(now),
        }
    }

    fn text(&mut self, list: &str) -> String {
        self.samples.pick(list, &mut self.random).to_owned()
    }

    /// Returns a random delay of about `wait`.
    fn about(&mut self, wait: Millis) -> Millis {
        self.random.between(wait / 2, wait + wait / 2)
    }

    fn order_created(&mut self) -> Outcome {
        self.orders += 1;
        let id = self.orders;
        let count = self.random.between(1, 3);
        let mut cents = 0;
        let mut items = Vec::new();
        for _ in 0..count {
            let price = self.random.between(290, 8_900);
            let quantity = self.random.between(1, 4);
            cents += price * quantity;
            let sku = self.text("products");
            items.push(json!({"sku": sku, "quantity": quantity, "price": euros(price)}));
        }
        let payload = json!({
            "id": id,
            "event": "order.created",
            "customer": {"email": self.text("customers"), "city": self.text("cities")},
            "items": items,
            "total": euros(cents),
        });
        let mut next = vec![(self.about(250), Step::OrderCreated)];
        // The remaining orders are never paid.
        if self.random.chance(80) {
            next.push((self.random.between(500, 3_000), Step::OrderPaid(id, cents)));
        }
        Outcome::new("orders:created", payload.to_string(), next)
    }

    fn order_paid(&mut self, now: Millis, id: u64, cents: u64) -> Outcome {
        let amount = if now < AMOUNT_TURNS_TO_TEXT {
            json!(euros(cents))
        } else {
            json!(format!("{}.{:02}", cents / 100, cents % 100))
        };
        let method = *self.random.pick(&["card", "card", "invoice", "wallet"]);
        let payload = json!({"id": id, "amount": amount, "currency": "EUR", "method": method});
        let shipped = (self.random.between(4_000, 10_000), Step::OrderShipped(id));
        Outcome::new("orders:paid", payload.to_string(), vec![shipped])
    }

    fn order_shipped(&mut self, id: u64) -> Outcome {
        let parcel = self.random.between(1_000_000, 9_999_999);
        let payload = json!({
            "id": id,
            "courier": self.text("couriers"),
            "tracking": format!("PX{parcel}"),
            "weight_kg": euros(self.random.between(20, 900)),
        });
        Outcome::new("orders:shipped", payload.to_string(), Vec::new())
    }

    fn login(&mut self) -> Outcome {
        let ok = self.random.chance(92);
        let user = self.text("users");
        let (third, fourth) = (self.random.between(0, 3), self.random.between(2, 250));
        let ip = format!("10.0.{third}.{fourth}");
        let mut payload = json!({"user": user, "ok": ok, "ip": ip});
        if !ok {
            payload["reason"] = json!("wrong password");
        }
        let next = vec![(self.about(330), Step::Login)];
        Outcome::new("auth:login", payload.to_string(), next)
    }

    fn cpu(&mut self) -> Outcome {
        let drift = self.random.between(0, 24);
        self.cpu = (self.cpu + drift).saturating_sub(12).clamp(30, 980);
        let payload = format!("{}.{}", self.cpu / 10, self.cpu % 10);
        Outcome::new("metrics:cpu", payload, vec![(200, Step::Cpu)])
    }

    fn api_log(&mut self) -> Outcome {
        let (level, status) = *self.random.pick(&[
            ("INFO ", 200),
            ("INFO ", 200),
            ("INFO ", 200),
            ("INFO ", 201),
            ("INFO ", 304),
            ("WARN ", 404),
            ("ERROR", 500),
        ]);
        let method = if status == 201 { "POST" } else { "GET" };
        let (route, millis) = (self.text("routes"), self.random.between(1, 180));
        let line = format!("{level} {method} {route} {status} {millis}ms");
        let next = vec![(self.about(125), Step::ApiLog)];
        Outcome::new("logs:api", line, next)
    }

    /// Publishes the header of a PNG image, followed by noise instead of its data.
    fn thumbnail(&mut self) -> Outcome {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        for side in [64, 48] {
            bytes.extend_from_slice(&u32::to_be_bytes(side));
        }
        bytes.extend_from_slice(b"\x08\x06\0\0\0");
        let length = self.random.between(25, 200);
        for _ in 0..length {
            bytes.extend_from_slice(&self.random.next().to_le_bytes());
        }
        let next = vec![(self.about(1_000), Step::Thumbnail)];
        Outcome::new("images:thumbnails", bytes, next)
    }

    fn chat(&mut self) -> Outcome {
        let line = format!("{}: {}", self.text("users"), self.text("chat"));
        let next = vec![(self.about(1_500), Step::Chat)];
        Outcome::new("chat:general", line, next)
    }

    fn price_request(&mut self) -> Outcome {
        self.prices += 1;
        let id = self.prices;
        let payload = json!({
            "correlation_id": correlation(id),
            "reply_to": "rpc:price:reply",
            "sku": self.text("products"),
        });
        let next = vec![
            (self.about(330), Step::PriceRequest),
            (self.random.between(4, 60), Step::PriceReply(id)),
        ];
        Outcome::new("rpc:price:request", payload.to_string(), next)
    }

    fn price_reply(&mut self, id: u64) -> Outcome {
        let price = euros(self.random.between(290, 8_900));
        let payload = json!({"correlation_id": correlation(id), "price": price});
        Outcome::new("rpc:price:reply", payload.to_string(), Vec::new())
    }

    fn stock(&mut self, now: Millis) -> Outcome {
        self.sequence += 1;
        if self.sequence_skips.is_some_and(|at| at <= now) {
            self.sequence_skips = None;
            self.sequence += 3;
        }
        let payload = json!({
            "seq": self.sequence,
            "sku": self.text("products"),
            "left": self.random.between(0, 240),
        });
        let next = vec![(self.about(250), Step::Stock)];
        Outcome::new("inventory:stock", payload.to_string(), next)
    }

    fn invalidate(&mut self, left: u64) -> Outcome {
        let key = format!("{}:{}", self.text("caches"), self.random.between(1, 50_000));
        let next = match left.checked_sub(1) {
            Some(left) => (u64::from(left.is_multiple_of(4)), Step::Invalidate(left)),
            None => self.burst_within(9_000, 11_000),
        };
        Outcome::new("cache:invalidate", key, vec![next])
    }

    fn job_done(&mut self, now: Millis) -> Outcome {
        self.jobs += 1;
        let payload = json!({
            "job": self.jobs,
            "name": self.text("jobs"),
            "ms": self.random.between(20, 4_000),
        });
        let wait = self.about(700);
        let goes_on = now + wait < JOBS_FALL_SILENT;
        let next = goes_on.then_some((wait, Step::JobDone));
        Outcome::new("jobs:done", payload.to_string(), next.into_iter().collect())
    }
}

impl Outcome {
    fn new(channel: &str, payload: impl Into<Vec<u8>>, next: Vec<(Millis, Step)>) -> Self {
        Self {
            channel: channel.to_owned(),
            payload: payload.into(),
            next,
        }
    }
}

fn heartbeat(now: Millis, worker: u64) -> Outcome {
    let payload = json!({"worker": worker, "up_s": now / 1000});
    let next = vec![(1_000, Step::Heartbeat(worker))];
    let channel = format!("heartbeat:worker-{worker}");
    Outcome::new(&channel, payload.to_string(), next)
}

/// Converts cents to a number with two decimals.
fn euros(cents: u64) -> f64 {
    // The amount is at most a few thousand euros, so its cents fit in a `u32`.
    f64::from(u32::try_from(cents).unwrap_or(u32::MAX)) / 100.0
}

fn correlation(id: u64) -> String {
    format!("price-{id:06}")
}
