#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

const SEEDS: [u64; 4] = [0, 1, 42, u64::MAX];
const BURSTING: &str = "cache:invalidate";
const CHANNELS: [&str; 16] = [
    "auth:login",
    BURSTING,
    "chat:general",
    "heartbeat:worker-1",
    "heartbeat:worker-2",
    "heartbeat:worker-3",
    "images:thumbnails",
    "inventory:stock",
    "jobs:done",
    "logs:api",
    "metrics:cpu",
    "orders:created",
    "orders:paid",
    "orders:shipped",
    "rpc:price:reply",
    "rpc:price:request",
];

/// What is published before so many seconds.
fn first(seed: u64, seconds: u64) -> Vec<Publication> {
    let end = Duration::from_secs(seconds);
    Traffic::new(seed)
        .take_while(|publication| publication.at < end)
        .collect()
}

fn on<'a>(channel: &str, all: &'a [Publication]) -> Vec<&'a Publication> {
    let found: Vec<_> = all.iter().filter(|one| one.channel == channel).collect();
    assert!(!found.is_empty(), "{channel} has no messages");
    found
}

fn json(publication: &Publication) -> Value {
    serde_json::from_slice(&publication.payload).unwrap()
}

fn text(publication: &Publication) -> &str {
    std::str::from_utf8(&publication.payload).unwrap()
}

#[test]
fn a_seed_always_gives_the_same_traffic_and_another_seed_other_traffic() {
    assert_eq!(first(7, 30), first(7, 30));
    assert_ne!(first(7, 30), first(8, 30));
}

#[test]
fn messages_come_in_order_of_time() {
    for seed in SEEDS {
        assert!(first(seed, 60).is_sorted_by_key(|one| one.at));
    }
}

#[test]
fn every_channel_is_heard_in_the_first_ten_seconds() {
    let expected = BTreeSet::from_iter(CHANNELS.into_iter().chain(["sensors:door"]));
    for seed in SEEDS {
        let heard: BTreeSet<_> = first(seed, 10).iter().map(|one| one.channel).collect();
        assert_eq!(heard, expected);
    }
}

#[test]
fn the_stock_skips_numbers_exactly_once() {
    for seed in SEEDS {
        let all = first(seed, 120);
        let numbered: Vec<_> = on("inventory:stock", &all)
            .into_iter()
            .map(|one| (one.at.as_secs(), json(one)["seq"].as_u64().unwrap()))
            .collect();
        let skips: Vec<_> = numbered
            .windows(2)
            .filter(|pair| pair[1].1 != pair[0].1 + 1)
            .collect();
        assert_eq!(skips.len(), 1, "{skips:?}");
        let (at, after) = skips[0][1];
        assert!((20..30).contains(&at), "skipped at {at} s");
        assert!(after > skips[0][0].1 + 1, "went back");
    }
}

#[test]
fn the_doors_battery_becomes_text_once_and_for_good() {
    for seed in SEEDS {
        let all = first(seed, 180);
        for one in on("sensors:door", &all) {
            let battery = &json(one)["battery"];
            if one.at < Duration::from_secs(40) {
                assert!(battery.is_number(), "{battery} at {:?}", one.at);
            } else {
                assert!(battery.is_string(), "{battery} at {:?}", one.at);
            }
        }
    }
}

#[test]
fn every_request_has_one_reply_5_to_40_ms_later() {
    for seed in SEEDS {
        let all = first(seed, 120);
        let mut asked = BTreeMap::new();
        for one in &all {
            match one.channel {
                "rpc:price:request" => {
                    let id = json(one)["id"].as_str().unwrap().to_owned();
                    assert_eq!(asked.insert(id, one.at), None, "an id was used twice");
                }
                "rpc:price:reply" => {
                    let id = json(one)["id"].as_str().unwrap().to_owned();
                    let took = one.at - asked.remove(&id).unwrap();
                    assert!((5_000..=40_000).contains(&took.as_micros()), "{took:?}");
                }
                _ => {}
            }
        }
        let latest = Duration::from_secs(120) - Duration::from_millis(40);
        assert!(asked.values().all(|at| *at >= latest), "{asked:?}");
    }
}

#[test]
fn an_order_is_created_then_paid_then_shipped() {
    let all = first(3, 120);
    let mut stages = BTreeMap::new();
    for one in &all {
        let (field, before, after) = match one.channel {
            "orders:created" => ("id", None, 1),
            "orders:paid" => ("id", Some(1), 2),
            "orders:shipped" => ("order", Some(2), 3),
            _ => continue,
        };
        let id = json(one)[field].as_u64().unwrap();
        assert_eq!(stages.insert(id, after), before, "order {id}");
    }
    assert!(stages.values().any(|stage| *stage == 3));
}

#[test]
fn payloads_are_of_their_kind() {
    for seed in SEEDS {
        for one in first(seed, 120) {
            match one.channel {
                "metrics:cpu" => {
                    let (_, fraction) = text(&one).split_once('.').unwrap();
                    assert_eq!(fraction.len(), 1);
                    assert!((5.0..=95.0).contains(&text(&one).parse::<f64>().unwrap()));
                }
                "images:thumbnails" => {
                    assert!(one.payload.starts_with(b"\x89PNG\r\n\x1a\n"));
                    assert!(std::str::from_utf8(&one.payload).is_err());
                }
                "logs:api" | "chat:general" | BURSTING => {
                    assert!(serde_json::from_str::<Value>(text(&one)).is_err());
                }
                _ => assert!(json(&one).is_object(), "{}", text(&one)),
            }
        }
    }
}

#[test]
fn the_processors_load_drifts_slowly() {
    let all = first(5, 600);
    let loads: Vec<f64> = on("metrics:cpu", &all)
        .into_iter()
        .map(|one| text(one).parse().unwrap())
        .collect();
    assert!(loads.windows(2).all(|p| (p[1] - p[0]).abs() < 0.65));
    let lowest = loads.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = loads.iter().copied().fold(0.0, f64::max);
    assert!(highest - lowest > 3.0, "from {lowest} to {highest}");
}

#[test]
fn people_chat_in_more_than_ascii() {
    let all = first(5, 60);
    let said: String = on("chat:general", &all).into_iter().map(text).collect();
    assert!(said.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)));
    assert!(said.chars().any(|c| c >= '\u{1f300}'));
}

#[test]
fn each_worker_beats_every_second() {
    let all = first(9, 60);
    for channel in CHANNELS.iter().filter(|name| name.starts_with("heart")) {
        let beats = on(channel, &all);
        assert_eq!(beats.len(), 60);
        let second = Duration::from_secs(1);
        assert!(beats.windows(2).all(|p| p[1].at - p[0].at == second));
    }
}

#[test]
fn jobs_fall_silent_after_15_seconds() {
    for seed in SEEDS {
        let all = first(seed, 300);
        let last = on("jobs:done", &all).last().unwrap().at;
        assert!((14..15).contains(&last.as_secs()), "{last:?}");
    }
}

#[test]
fn it_is_calm_outside_bursts() {
    for seed in SEEDS {
        let mut seconds = BTreeMap::new();
        for one in first(seed, 300) {
            if one.channel != BURSTING {
                *seconds.entry(one.at.as_secs()).or_insert(0) += 1;
            }
        }
        assert_eq!(seconds.len(), 300);
        for (second, count) in &seconds {
            assert!((15..=70).contains(count), "{count} in second {second}");
        }
        let mean = seconds.values().sum::<i32>() / 300;
        assert!((30..=60).contains(&mean), "{mean} a second");
    }
}

#[test]
fn the_cache_is_invalidated_in_short_bursts_ten_seconds_apart() {
    for seed in SEEDS {
        let all = first(seed, 300);
        let times: Vec<_> = on(BURSTING, &all).into_iter().map(|one| one.at).collect();
        let mut bursts: Vec<&[Duration]> = times
            .chunk_by(|a, b| *b - *a < Duration::from_secs(1))
            .collect();
        assert!((27..=33).contains(&bursts.len()), "{}", bursts.len());
        // The end of the test may have cut the last one short.
        bursts.pop();
        for burst in bursts {
            assert!((200..=400).contains(&burst.len()), "{}", burst.len());
            let took = burst[burst.len() - 1] - burst[0];
            assert!((250..=300).contains(&took.as_millis()), "{took:?}");
        }
    }
}

#[test]
fn waiting_work_does_not_grow() {
    let mut traffic = Traffic::new(11);
    let most = traffic
        .by_ref()
        .take_while(|one| one.at < Duration::from_secs(3_600))
        .count();
    assert!(most > 100_000);
    assert!(traffic.due.len() < 100, "{}", traffic.due.len());
}

#[test]
fn after_a_long_pause_the_traffic_goes_on_from_where_it_was() {
    let start = Instant::now();
    let at = Duration::from_secs(5);
    let little = Duration::from_millis(100);
    let hour = Duration::from_secs(3_600);
    assert_eq!(start_after_pause(start, at, start), start);
    assert_eq!(start_after_pause(start, at, start + at + little), start);
    let resumed = start_after_pause(start, at, start + at + hour);
    assert_eq!(resumed + at, start + at + hour);
}
