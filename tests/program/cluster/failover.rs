//! A primary dies, and a replica takes its place.

use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use subscope::message::{Time, Topic};

use crate::cluster::listener::{
    BACK_WITHIN, ClusterListener, has_shards, target, to_owner, wait_for_new_owner,
};
use crate::servers::cluster::Cluster;
use crate::support::redis::applies;
use crate::support::truth::{Publisher, check};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_primary_is_replaced_and_the_gap_is_reported() {
    let cluster = Cluster::start();
    let shard = "orders:1";
    let owner = cluster.owner(0, shard);
    // The home node is the one that will die, so that everything has to move.
    let target = target(&cluster, &[owner]);
    // Without sharded channels, only the pattern is tested.
    let has_shards = has_shards(&cluster);
    let topics = [Topic::pattern(b"plain.*"), Topic::shard(shard.as_bytes())];
    let topics = if has_shards {
        &topics[..]
    } else {
        &topics[..1]
    };
    let mut listener = ClusterListener::start(target, topics);
    listener
        .until("all subscriptions are confirmed", |listener| {
            (0..).zip(topics).all(|(id, _)| listener.confirmed(id) >= 1)
        })
        .await;
    listener
        .until("the nodes are known", |listener| {
            listener.nodes().len() == 6
        })
        .await;
    let dying = cluster.nodes[owner].address().to_string();
    assert_eq!(listener.home(), dying);
    let other = (owner + 1) % 3;
    let other = cluster.nodes[other].address();
    let cluster = Arc::new(Mutex::new(cluster));
    let mut publishers = vec![Publisher::start("PUBLISH", "plain.1", move || {
        TcpStream::connect(other)
    })];
    if has_shards {
        let to_owner = to_owner(&cluster, shard);
        publishers.push(Publisher::start("SPUBLISH", shard, to_owner));
    }
    listener
        .until("messages flow", |listener| listener.messages() > 200)
        .await;
    cluster.lock().unwrap().nodes[owner].kill();
    listener
        .until_within(BACK_WITHIN, "another node serves the pattern", |listener| {
            listener.confirmed(0) >= 2
        })
        .await;
    // Until there is a new owner, no server can serve the sharded channel.
    let new = wait_for_new_owner(&cluster, owner, shard).await;
    listener
        .until_within(BACK_WITHIN, "the sharded channel is back", |listener| {
            !has_shards || listener.confirmed(1) >= 2
        })
        .await;
    assert_ne!(new, owner);
    let before = listener.messages();
    listener
        .until("messages flow again", |listener| {
            listener.messages() > before + 200
        })
        .await;
    assert_ne!(listener.home(), dying);
    let sent: Vec<_> = publishers.into_iter().flat_map(Publisher::stop).collect();
    let log = listener.stop().await;
    assert!(log.counters().gaps >= 1, "{:?}", log.counters());
    let missing = check(&log, &sent);
    assert!(missing > 0, "messages published during the gap were lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn key_events_arrive_from_a_promoted_replica() {
    let mut cluster = Cluster::start();
    for node in &cluster.nodes {
        node.cli(&["config", "set", "notify-keyspace-events", "E$"]);
    }
    let key = "orders:1";
    let owner = cluster.owner(0, key);
    let other = cluster.other_than(owner);
    let topics = [Topic::pattern(b"__keyevent@*")];
    let mut listener = ClusterListener::start(target(&cluster, &[other]), &topics);
    listener
        .until("each primary sends key events", |listener| {
            listener.confirmed(0) >= 3
        })
        .await;
    cluster.nodes[owner].kill();
    let cluster = Arc::new(Mutex::new(cluster));
    let new = wait_for_new_owner(&cluster, owner, key).await;
    listener
        .until_within(
            BACK_WITHIN,
            "the new primary sends key events",
            |listener| listener.confirmed(0) >= 4,
        )
        .await;
    cluster.lock().unwrap().nodes[new].cli(&["set", key, "1"]);
    listener
        .until("the new primary's key event arrived", |listener| {
            listener.has_received(b"__keyevent@0__:set")
        })
        .await;
    listener.settle().await;
    listener.assert_no_open_gap();
    assert_eq!(listener.gaps().len(), 1, "{:#?}", listener.gaps());
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gap_of_a_silent_channel_begins_when_its_owner_falls_silent() {
    let cluster = Cluster::start();
    if !applies(has_shards(&cluster), "sharded channels") {
        return;
    }
    let shard = "orders:1";
    let owner = cluster.owner(0, shard);
    let name = cluster.nodes[owner].address().to_string();
    let others = target(&cluster, &[cluster.other_than(owner)]);
    let mut listener = ClusterListener::start(others, &[Topic::shard(shard.as_bytes())]);
    listener.until_all_confirmed(1).await;
    // Long enough for the check below to reject a gap that begins with the subscription instead of
    // the owner's last answer.
    tokio::time::sleep(2 * BACK_WITHIN).await;
    listener.settle().await;
    let is_asked = |listener: &ClusterListener| {
        let node = listener.node(&name);
        node.is_some_and(|node| node.round_trip.is_some())
    };
    assert!(is_asked(&listener));
    let halted = Time::now();
    cluster.nodes[owner].pause();
    listener
        .until("no answer", |listener| !is_asked(listener))
        .await;
    let cluster = Arc::new(Mutex::new(cluster));
    wait_for_new_owner(&cluster, owner, shard).await;
    listener
        .until_within(BACK_WITHIN, "the channel is back", |listener| {
            listener.confirmed(0) >= 2
        })
        .await;
    listener.settle().await;
    listener.assert_no_open_gap();
    let [gap] = &listener.gaps()[..] else {
        panic!("{:#?}", listener.gaps());
    };
    let early = halted.since(gap.last_heard);
    assert!(early < BACK_WITHIN, "the gap begins {early:?} too early");
    cluster.lock().unwrap().nodes[owner].resume();
    listener.stop().await;
}
