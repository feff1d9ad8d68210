//! Nodes join the cluster and leave it.

use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use subscope::message::Topic;
use subscope::server::Role;

use crate::cluster::heard::{BACK_WITHIN, Heard, has_shards, target, to_owner};
use crate::support::cluster::Cluster;
use crate::support::redis::applies;
use crate::support::truth::{Publisher, check};

/// A channel in another slot, which the joining node keeps longer. Losing its last slot makes the
/// node a replica, which accepts messages published to it without delivering them.
const KEPT: &str = "{kept}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_comes_serves_and_leaves_is_followed_both_ways() {
    let cluster = Cluster::start();
    if !applies(has_shards(&cluster), "sharded channels") {
        return;
    }
    let (shard, key) = ("{moving}:1", "{moving}:key");
    let topics = [
        Topic::pattern(b"plain.*"),
        Topic::shard(shard.as_bytes()),
        Topic::pattern(b"__keyevent@*"),
    ];
    let mut heard = Heard::start(target(&cluster, &[0]), &topics);
    heard.until_all_confirmed(3).await;
    heard
        .until("the events of keys come by each primary", |heard| {
            heard.confirmed(2) >= 3 && heard.nodes().len() == 6
        })
        .await;
    let plain = cluster.nodes[1].address();
    let (before, kept_before) = (cluster.owner(0, shard), cluster.owner(0, KEPT));
    let cluster = Arc::new(Mutex::new(cluster));
    let publishers = [
        Publisher::start("PUBLISH", "plain.1", move || TcpStream::connect(plain)),
        Publisher::start("SPUBLISH", shard, to_owner(&cluster, shard)),
    ];
    heard.until_more_messages(200).await;

    let added = cluster.lock().unwrap().add_node();
    let name = cluster.lock().unwrap().nodes[added].address().to_string();
    heard
        .until(
            "the new node is known, and brings events of keys",
            |heard| heard.node(&name).is_some() && heard.confirmed(2) >= 4,
        )
        .await;
    {
        let cluster = cluster.lock().unwrap();
        cluster.nodes[added].cli(&["config", "set", "notify-keyspace-events", "E$"]);
        cluster.move_slot(KEPT, added);
        cluster.move_slot(shard, added);
    }
    heard
        .until_within(BACK_WITHIN, "the channel comes by the new node", |heard| {
            heard.confirmed(1) >= 2
        })
        .await;
    heard.until_more_messages(200).await;
    cluster.lock().unwrap().nodes[added].cli(&["set", key, "1"]);
    heard
        .until("the event of its key came", |heard| {
            heard.has_brought(b"__keyevent@0__:set")
        })
        .await;
    heard
        .until("the table shows what it serves", |heard| {
            heard.node(&name).is_some_and(|node| {
                let slots = node.slots.iter().map(ExactSizeIterator::len).sum::<usize>();
                node.role == Role::Primary && slots == 2 && node.subscriptions == 2
            })
        })
        .await;

    cluster.lock().unwrap().nodes[added].cli(&["del", key]);
    cluster.lock().unwrap().move_slot(shard, before);
    heard
        .until_within(BACK_WITHIN, "the channel is back where it was", |heard| {
            heard.confirmed(1) >= 3
        })
        .await;
    let alone = {
        let mut cluster = cluster.lock().unwrap();
        cluster.move_slot(KEPT, kept_before);
        cluster.remove_last_node()
    };
    heard
        .until("the node is gone from the table", |heard| {
            heard.node(&name).is_none() && heard.nodes().len() == 6
        })
        .await;
    heard.until_more_messages(200).await;
    assert_eq!(
        heard.nodes().len(),
        6,
        "the node that left is asked no more"
    );
    assert!(heard.node(&name).is_none());
    drop(alone);
    heard.until_more_messages(200).await;
    let sent: Vec<_> = publishers.into_iter().flat_map(Publisher::stop).collect();
    heard.settle().await;
    heard.assert_no_open_hole();
    let holes = heard.holes();
    let log = heard.stop().await;
    check(&log, &sent);
    // The slot moved away and back; the departure of the node caused no further hole.
    assert_eq!(holes.len(), 2, "{holes:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_that_leaves_the_cluster_is_left_though_it_still_speaks() {
    let mut cluster = Cluster::start();
    let added = cluster.add_node();
    let name = cluster.nodes[added].address().to_string();
    let mut heard = Heard::start(target(&cluster, &[added]), &[Topic::pattern(b"plain.*")]);
    heard.until_all_confirmed(1).await;
    heard
        .until("all nodes are known", |heard| heard.nodes().len() == 7)
        .await;
    assert_eq!(heard.home(), name);
    let plain = cluster.nodes[1].address();
    let publisher = Publisher::start("PUBLISH", "plain.1", move || TcpStream::connect(plain));
    heard.until_more_messages(200).await;
    let alone = cluster.remove_last_node();
    heard
        .until_within(BACK_WITHIN, "the pattern comes by another node", |heard| {
            heard.confirmed(0) >= 2
        })
        .await;
    heard.until_more_messages(200).await;
    assert_ne!(heard.home(), name);
    let sent = publisher.stop();
    heard.settle().await;
    heard.assert_no_open_hole();
    let log = heard.stop().await;
    check(&log, &sent);
    drop(alone);
}
