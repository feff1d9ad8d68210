//! A slot moves to another node while messages are published on channels in it.

use std::sync::{Arc, Mutex};

use subscope::message::{Time, Topic};

use crate::cluster::listener::{BACK_WITHIN, ClusterListener, has_shards, target, to_owner};
use crate::servers::cluster::Cluster;
use crate::support::redis::applies;
use crate::support::truth::{Publisher, check, rate};

/// The minimum number of messages per second in the slot.
const RATE: f64 = 10_000.0;

/// The target rate of each of the three publishers in the slot: in total, 1.5 times the minimum.
const PACE: u32 = 5_000;

/// How many times the slot moves.
const MOVES: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_moved_under_load_is_followed_and_the_gap_is_reported() {
    let cluster = Cluster::start();
    if !applies(has_shards(&cluster), "sharded channels") {
        return;
    }
    let moving = ["{moving}:1", "{moving}:2", "{moving}:3"];
    let topics = [moving[0], moving[1], moving[2], "staying"];
    let topics = topics.map(|name| Topic::shard(name.as_bytes()));
    let mut listener = ClusterListener::start(target(&cluster, &[0]), &topics);
    listener.until_all_confirmed(4).await;
    let cluster = Arc::new(Mutex::new(cluster));
    let publish =
        |pace, name| Publisher::start_at(pace, "SPUBLISH", name, to_owner(&cluster, name));
    let in_slot = moving.map(|name| publish(PACE, name));
    let other = publish(500, "staying");
    listener.until_more_messages(10_000).await;
    let start = Time::now();
    for round in 1..=MOVES {
        {
            let cluster = cluster.lock().unwrap();
            let from = cluster.owner(0, moving[0]);
            let others = (0..6).filter(|to| *to != from && cluster.slots(*to) > 0);
            cluster.move_slot(moving[0], others.min().unwrap());
        }
        listener
            .until_within(BACK_WITHIN, "the channels are back", |listener| {
                (0..3).all(|id| listener.confirmed(id) > round)
            })
            .await;
        listener.until_more_messages(10_000).await;
    }
    let end = Time::now();
    let mut sent: Vec<_> = in_slot.into_iter().flat_map(Publisher::stop).collect();
    let rate = rate(&sent, start, end);
    assert!(
        rate >= RATE,
        "only {rate:.0} messages per second were published while the slot moved, but this test \
         needs {RATE}: the machine is too slow or too busy"
    );
    sent.extend(other.stop());
    listener.assert_no_open_gap();
    let gaps = listener.gaps();
    let log = listener.stop().await;
    // Each move interrupts all three channels in the slot, but is reported as one gap.
    assert_eq!(gaps.len(), MOVES, "{gaps:#?}");
    check(&log, &sent);
}
