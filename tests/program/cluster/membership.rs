//! Nodes join the cluster and leave it.

use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use subscope::message::Topic;
use subscope::server::Role;

use crate::cluster::listener::{BACK_WITHIN, ClusterListener, has_shards, target, to_owner};
use crate::servers::cluster::Cluster;
use crate::support::redis::applies;
use crate::support::truth::{Publisher, check};

/// A channel in another slot, which stays with the joining node longer. Losing its last slot makes
/// the node a replica, which accepts messages published to it without delivering them.
const KEPT: &str = "{kept}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_joins_serves_and_leaves_is_followed() {
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
    let mut listener = ClusterListener::start(target(&cluster, &[0]), &topics);
    listener.until_all_confirmed(3).await;
    listener
        .until("each primary sends key events", |listener| {
            listener.confirmed(2) >= 3 && listener.nodes().len() == 6
        })
        .await;
    let plain = cluster.nodes[1].address();
    let (before, kept_before) = (cluster.owner(0, shard), cluster.owner(0, KEPT));
    let cluster = Arc::new(Mutex::new(cluster));
    let publishers = [
        Publisher::start("PUBLISH", "plain.1", move || TcpStream::connect(plain)),
        Publisher::start("SPUBLISH", shard, to_owner(&cluster, shard)),
    ];
    listener.until_more_messages(200).await;

    let added = cluster.lock().unwrap().add_node();
    let name = cluster.lock().unwrap().nodes[added].address().to_string();
    listener
        .until("the new node is known and sends key events", |listener| {
            listener.node(&name).is_some() && listener.confirmed(2) >= 4
        })
        .await;
    {
        let cluster = cluster.lock().unwrap();
        cluster.nodes[added].cli(&["config", "set", "notify-keyspace-events", "E$"]);
        cluster.move_slot(KEPT, added);
        cluster.move_slot(shard, added);
    }
    listener
        .until_within(BACK_WITHIN, "the new node serves the channel", |listener| {
            listener.confirmed(1) >= 2
        })
        .await;
    listener.until_more_messages(200).await;
    cluster.lock().unwrap().nodes[added].cli(&["set", key, "1"]);
    listener
        .until("the new node's key event arrived", |listener| {
            listener.has_received(b"__keyevent@0__:set")
        })
        .await;
    listener
        .until("the table shows what the new node serves", |listener| {
            listener.node(&name).is_some_and(|node| {
                let slots = node.slots.iter().map(ExactSizeIterator::len).sum::<usize>();
                node.role == Role::Primary && slots == 2 && node.subscriptions == 2
            })
        })
        .await;

    cluster.lock().unwrap().nodes[added].cli(&["del", key]);
    cluster.lock().unwrap().move_slot(shard, before);
    listener
        .until_within(
            BACK_WITHIN,
            "the original node serves the channel again",
            |listener| listener.confirmed(1) >= 3,
        )
        .await;
    let alone = {
        let mut cluster = cluster.lock().unwrap();
        cluster.move_slot(KEPT, kept_before);
        cluster.remove_last_node()
    };
    listener
        .until("the node is gone from the table", |listener| {
            listener.node(&name).is_none() && listener.nodes().len() == 6
        })
        .await;
    listener.until_more_messages(200).await;
    assert_eq!(
        listener.nodes().len(),
        6,
        "the removed node is no longer queried"
    );
    assert!(listener.node(&name).is_none());
    drop(alone);
    listener.until_more_messages(200).await;
    let sent: Vec<_> = publishers.into_iter().flat_map(Publisher::stop).collect();
    listener.settle().await;
    listener.assert_no_open_gap();
    let gaps = listener.gaps();
    let log = listener.stop().await;
    check(&log, &sent);
    // Each of the slot's two moves caused one gap; the node's departure caused none.
    assert_eq!(gaps.len(), 2, "{gaps:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_removed_from_the_cluster_is_abandoned_although_it_still_answers() {
    let mut cluster = Cluster::start();
    let added = cluster.add_node();
    let name = cluster.nodes[added].address().to_string();
    let mut listener =
        ClusterListener::start(target(&cluster, &[added]), &[Topic::pattern(b"plain.*")]);
    listener.until_all_confirmed(1).await;
    listener
        .until("all nodes are known", |listener| {
            listener.nodes().len() == 7
        })
        .await;
    assert_eq!(listener.home(), name);
    let plain = cluster.nodes[1].address();
    let publisher = Publisher::start("PUBLISH", "plain.1", move || TcpStream::connect(plain));
    listener.until_more_messages(200).await;
    let alone = cluster.remove_last_node();
    listener
        .until_within(BACK_WITHIN, "another node serves the pattern", |listener| {
            listener.confirmed(0) >= 2
        })
        .await;
    listener.until_more_messages(200).await;
    assert_ne!(listener.home(), name);
    let sent = publisher.stop();
    listener.settle().await;
    listener.assert_no_open_gap();
    let log = listener.stop().await;
    check(&log, &sent);
    drop(alone);
}
