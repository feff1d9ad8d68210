//! The demo's traffic: an endless stream of messages between the services of a small shop.
//!
//! [`Traffic`] generates the messages and their times without a clock: the same seed gives the same
//! messages at the same times. [`play`] publishes them in real time.

mod random;
mod samples;
mod services;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use self::services::{Millis, Services, Step};
use super::hub::Publisher;

/// A message of the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// When the message is published, relative to the demo's start.
    pub at: Duration,
    /// The channel.
    pub channel: String,
    /// The payload.
    pub payload: Vec<u8>,
}

/// An endless iterator over the demo's messages, in chronological order.
#[derive(Debug)]
pub struct Traffic {
    services: Services,
    /// The scheduled steps, ordered by time and then by when they were scheduled.
    schedule: BTreeMap<(Millis, u64), Step>,
    scheduled: u64,
}

impl Traffic {
    /// Creates the traffic for `seed`.
    pub fn new(seed: u64) -> Self {
        let mut services = Services::new(seed);
        let first = services.first_steps();
        let mut traffic = Self {
            services,
            schedule: BTreeMap::new(),
            scheduled: 0,
        };
        traffic.add(0, first);
        traffic
    }

    fn add(&mut self, now: Millis, steps: Vec<(Millis, Step)>) {
        for (wait, step) in steps {
            self.schedule.insert((now + wait, self.scheduled), step);
            self.scheduled += 1;
        }
    }
}

impl Iterator for Traffic {
    type Item = Publication;

    fn next(&mut self) -> Option<Publication> {
        let ((now, _), step) = self.schedule.pop_first()?;
        let outcome = self.services.perform(now, step);
        self.add(now, outcome.next);
        Some(Publication {
            at: Duration::from_millis(now),
            channel: outcome.channel,
            payload: outcome.payload,
        })
    }
}

/// Publishes the traffic for `seed` in real time, until dropped.
///
/// After a stall, for example because a laptop was asleep, the traffic resumes without catching up.
pub async fn play(publisher: Publisher, seed: u64) {
    let mut start = Instant::now();
    for publication in Traffic::new(seed) {
        sleep_until(start + publication.at).await;
        let late = (start + publication.at).elapsed();
        if late > STALL {
            start += late;
        }
        publisher.publish(publication.channel.as_bytes(), &publication.payload);
    }
}

/// If a message is delayed by more than this, the program was stalled.
const STALL: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::services::{AMOUNT_TURNS_TO_TEXT, BURST, JOBS_FALL_SILENT};
    use super::*;

    fn minutes(seed: u64, minutes: u64) -> Vec<Publication> {
        Traffic::new(seed)
            .take_while(|publication| publication.at < Duration::from_secs(60 * minutes))
            .collect()
    }

    fn on<'a>(traffic: &'a [Publication], name: &'a str) -> impl Iterator<Item = &'a Publication> {
        traffic.iter().filter(move |seen| seen.channel == name)
    }

    fn json(publication: &Publication) -> Value {
        serde_json::from_slice(&publication.payload).expect("JSON")
    }

    #[test]
    fn a_seed_gives_the_same_traffic_again() {
        assert_eq!(minutes(7, 1), minutes(7, 1));
        assert_ne!(minutes(7, 1), minutes(8, 1));
    }

    #[test]
    fn the_rate_is_low_except_for_bursts() {
        for seed in 0..5 {
            let traffic = minutes(seed, 2);
            assert!(traffic.is_sorted_by_key(|publication| publication.at));
            let bursts = on(&traffic, "cache:invalidate").count();
            let per_second = (traffic.len() - bursts) / 120;
            assert!((30..=60).contains(&per_second), "{per_second} a second");
            // About eleven bursts, each within a fraction of a second.
            let bursts = on(&traffic, "cache:invalidate");
            let times: Vec<_> = bursts.map(|seen| seen.at).collect();
            let burst = usize::try_from(BURST).expect("small");
            assert!(times.len() >= 8 * burst);
            assert!(times[burst - 1] < times[0] + Duration::from_millis(500));
            assert!(times[burst] > times[burst - 1] + Duration::from_secs(8));
        }
    }

    #[test]
    fn the_sequence_number_skips_once() {
        for seed in 0..5 {
            let traffic = minutes(seed, 3);
            let numbered = |seen: &Publication| (seen.at.as_secs(), json(seen)["seq"].as_u64());
            let numbers: Vec<_> = on(&traffic, "inventory:stock").map(numbered).collect();
            let pairs = numbers.windows(2);
            let skipping = pairs.filter(|pair| pair[1].1 != pair[0].1.map(|number| number + 1));
            let skips: Vec<_> = skipping.map(|pair| pair[1].0).collect();
            assert!(matches!(skips[..], [20..=31]), "{skips:?}");
        }
    }

    #[test]
    fn the_amount_turns_from_a_number_to_text_once() {
        let traffic = minutes(1, 2);
        for seen in on(&traffic, "orders:paid") {
            let is_early = seen.at < Duration::from_millis(AMOUNT_TURNS_TO_TEXT);
            let amount = &json(seen)["amount"];
            assert_eq!(amount.is_number(), is_early, "{amount}");
            assert_eq!(amount.is_string(), !is_early, "{amount}");
        }
    }

    #[test]
    fn only_the_job_runner_falls_silent() {
        let traffic = minutes(3, 5);
        let last = |channel| on(&traffic, channel).last().expect(channel).at;
        let silent = Duration::from_millis(JOBS_FALL_SILENT);
        assert!(last("jobs:done") < silent);
        assert!(last("jobs:done") + Duration::from_secs(2) > silent);
        let others = "orders:created orders:paid orders:shipped auth:login metrics:cpu logs:api \
            images:thumbnails chat:general rpc:price:request heartbeat:worker-1 \
            heartbeat:worker-2 heartbeat:worker-3 inventory:stock";
        for channel in others.split(' ') {
            assert!(last(channel) > Duration::from_secs(290), "{channel}");
        }
    }

    #[test]
    fn every_price_request_is_answered_soon() {
        let traffic = minutes(4, 1);
        let of = |channel| {
            let seen = on(&traffic, channel);
            let timed = seen.map(|seen| (json(seen)["correlation_id"].to_string(), seen.at));
            timed.collect::<BTreeMap<_, _>>()
        };
        let replies = of("rpc:price:reply");
        let requests = of("rpc:price:request");
        assert!(requests.len() > 100);
        for (id, asked) in requests {
            // Requests in the last second of the minute may be answered after it.
            if asked < Duration::from_secs(59) {
                let answered = replies[&id];
                assert!(answered <= asked + Duration::from_millis(60), "{id}");
            }
        }
    }

    #[test]
    fn chat_messages_are_unicode_text_and_thumbnails_are_binary() {
        let traffic = minutes(5, 2);
        let chat: Vec<_> = on(&traffic, "chat:general").collect();
        let is_text = |seen: &&Publication| std::str::from_utf8(&seen.payload).is_ok();
        assert!(chat.iter().all(is_text));
        assert!(chat.iter().any(|seen| !seen.payload.is_ascii()));
        let pictures: Vec<_> = on(&traffic, "images:thumbnails").collect();
        assert!(!pictures.iter().any(is_text));
        let is_png = |seen: &&Publication| seen.payload.starts_with(b"\x89PNG");
        assert!(pictures.iter().all(is_png));
    }
}
