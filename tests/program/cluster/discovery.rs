//! Discovery of nodes and sharded channels.

use std::io::Write;

use subscope::app::publish_error_words;
use subscope::message::Topic;
use subscope::server::{Command, Connection, Feed, Role, Target};

use crate::cluster::listener::{ClusterListener, has_shards, subscription, target};
use crate::servers::cluster::Cluster;
use crate::support::redis::{applies, pack};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_node_leads_to_all_others_and_each_channel_to_its_owner() {
    let cluster = Cluster::start();
    // The URL does not specify a cluster; the node itself reports that it is in one.
    let target = Target::parse(&cluster.nodes[4].url()).unwrap().target;
    let has_shards = has_shards(&cluster);
    let shards = ["orders:1", "orders:2", "orders:3", "orders:4", "orders:5"];
    let mut topics = vec![Topic::pattern(b"*"), Topic::pattern(b"__keyevent@*")];
    topics.extend(shards.iter().map(|name| Topic::shard(name.as_bytes())));
    let mut listener = ClusterListener::start(target, &topics);
    listener
        .until(
            "all subscriptions are confirmed, key events by each primary",
            |listener| {
                listener.confirmed(0) >= 1
                    && listener.confirmed(1) >= 3
                    && (2..7).all(|id| {
                        listener.confirmed(id) >= 1
                            || !has_shards && listener.is_denied(id, "ERR unknown command")
                    })
            },
        )
        .await;
    listener
        .until("six nodes are known", |listener| {
            listener.nodes().len() == 6
        })
        .await;
    listener
        .until("each node is queried", |listener| {
            listener
                .nodes()
                .iter()
                .all(|node| node.round_trip.is_some())
        })
        .await;
    let primaries = listener.nodes();
    let primaries = primaries.iter().filter(|node| node.role == Role::Primary);
    assert_eq!(primaries.count(), 3);
    let slots: usize = listener
        .nodes()
        .iter()
        .flat_map(|node| &node.slots)
        .map(ExactSizeIterator::len)
        .sum();
    assert_eq!(slots, 16_384);

    // Wait, since a replica might have delivered some messages before its primary was known.
    listener.settle().await;
    let mut before = listener.messages();
    for shard in shards {
        let published = listener.publish(shard.as_bytes(), true).await;
        if !has_shards {
            let refused = published.unwrap_err();
            let refused = publish_error_words(&refused);
            assert!(refused.starts_with("ERR unknown command"), "{refused}");
            continue;
        }
        assert_eq!(published, Ok(1), "{shard}");
        before += 1;
        listener
            .until("the sharded message arrived", |listener| {
                listener.messages() == before
            })
            .await;
    }
    listener.publish(b"plain", false).await.unwrap();
    // Redis counts only the clients of the node on which the message was published.
    assert_eq!(listener.counted_at(), listener.home());
    listener
        .until("the ordinary message arrived", |listener| {
            listener.messages() == before + 1
        })
        .await;
    for (count, key) in (2..).zip(["a", "b", "c", "d"]) {
        let owner = cluster.owner(0, key);
        cluster.nodes[owner].cli(&["config", "set", "notify-keyspace-events", "E$"]);
        cluster.nodes[owner].cli(&["set", key, "1"]);
        listener
            .until("the key event arrived", |listener| {
                listener.messages() >= before + count
            })
            .await;
    }
    listener.assert_no_open_gap();
    listener.assert_nothing_unknown_was_asked();
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn key_events_move_from_a_replica_to_all_primaries() {
    let cluster = Cluster::start();
    let target = Target::parse(&cluster.nodes[4].url()).unwrap().target;
    let mut listener = ClusterListener::start(target, &[Topic::pattern(b"__keyevent@*")]);
    listener
        .until("the replica and each primary send key events", |listener| {
            listener.confirmed(0) >= 4
        })
        .await;
    listener.settle().await;
    listener.assert_no_open_gap();
    listener.assert_nothing_unknown_was_asked();
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matching_sharded_channels_are_found_on_all_nodes() {
    let cluster = Cluster::start();
    if !applies(has_shards(&cluster), "sharded channels") {
        return;
    }
    let names: Vec<String> = (0..8).map(|index| format!("orders:{index}")).collect();
    let listen_to = |name: &str| {
        let mut stream = cluster.nodes[cluster.owner(0, name)].connect();
        let command = pack(&[b"SSUBSCRIBE", name.as_bytes()]);
        stream.write_all(&command).unwrap();
        stream
    };
    // A sharded channel exists only while it has subscribers.
    let others: Vec<_> = names.iter().map(|name| listen_to(name)).collect();
    let topics = [Topic::shard_pattern(b"orders:*")];
    let mut listener = ClusterListener::start(target(&cluster, &[1]), &topics);
    let found = |listener: &ClusterListener| {
        listener.others.iter().rev().find_map(|feed| match feed {
            Feed::FoundChannels { names, .. } => Some(names.len()),
            _ => None,
        })
    };
    listener
        .until("all eight channels are found", |listener| {
            found(listener) == Some(8)
        })
        .await;
    // The event loop subscribes to each found channel; here, one is enough.
    listener.server.command(Command::Subscribe(subscription(
        1,
        Topic::shard(names[3].as_bytes()),
    )));
    listener
        .until("a confirmation", |listener| listener.confirmed(1) == 1)
        .await;
    assert_eq!(listener.publish(names[3].as_bytes(), true).await, Ok(2));
    listener
        .until("the connection is live", |listener| {
            listener
                .others
                .iter()
                .any(|feed| matches!(feed, Feed::Connection(_, Connection::Live)))
        })
        .await;
    let _later = listen_to("orders:later");
    listener
        .until("a channel subscribed to later is found", |listener| {
            found(listener) == Some(9)
        })
        .await;
    // Once their subscribers are gone, these channels no longer exist.
    drop(others);
    listener
        .until("only the later channel and ours are left", |listener| {
            found(listener) == Some(2)
        })
        .await;
    listener.stop().await;
}

/// Each node lists only the channels of its own clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_replaces_a_pattern_asks_all_nodes() {
    let cluster = Cluster::start();
    let subscribers = cluster.nodes.iter().enumerate().map(|(index, node)| {
        let mut stream = node.connect();
        let name = format!("orders:{index}");
        let command = pack(&[b"SUBSCRIBE", name.as_bytes()]);
        stream.write_all(&command).unwrap();
        stream
    });
    let subscribers: Vec<_> = subscribers.collect();
    let topics = [Topic::polled(b"orders:*")];
    let mut listener = ClusterListener::start(target(&cluster, &[1]), &topics);
    listener
        .until("the channels of all nodes are found", |listener| {
            listener.others.iter().any(|feed| {
                matches!(feed, Feed::FoundChannels { names, .. }
                    if names.len() == subscribers.len())
            })
        })
        .await;
    listener.stop().await;
}
