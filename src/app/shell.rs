//! How a message is published from a shell beside this program.

use super::App;
use crate::message::{SubscriptionKind, Topic};
use crate::payload::escape::whole;
use crate::server::{Connection, Role};

/// How redis-cli reaches the server. Who asks and with which password is left to the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisCli {
    /// Where the server is, such as `-h localhost -p 6379`, in words that a shell takes as they
    /// are; empty where nobody can publish to what is listened to.
    pub place: String,
    /// How TLS is spoken, such as `--tls`; empty without it.
    pub tls: String,
}

impl App {
    /// The command of a shell that publishes what would be heard now, if one is known.
    #[must_use]
    pub fn shell_command(&self) -> Option<String> {
        let given = &self.settings.redis_cli;
        if given.place.is_empty() {
            return None;
        }
        let node = self.place_in_cluster();
        let is_cluster = node.is_some();
        let place = node.unwrap_or_else(|| given.place.clone());
        let (command, channel) = self.sample();
        // Only the owner of its slot takes a sharded message.
        let follow = match command {
            "spublish" if is_cluster => "-c",
            _ => "",
        };
        let words = ["redis-cli", follow, &place, &given.tls, command, &channel];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        Some(format!("{} hello", words.join(" ")))
    }

    /// How to follow the master that the server watches, if it is a sentinel.
    #[must_use]
    pub fn sentinel_command(&self) -> Option<String> {
        let masters = self.server.sentinel_of.as_ref()?;
        let (scheme, place) = self.settings.address.split_once("://")?;
        let host = place.rsplit('@').next()?.split('/').next()?;
        let master = masters.first().map_or("MASTER", |name| name);
        let url = format!("{scheme}+sentinel://{host}/{master}");
        Some(format!("subscope -u {}", whole(url.as_bytes())))
    }

    /// Where a node of the cluster is that is listened to: the home if possible. `None` if there
    /// is no cluster, or none that a shell could be told of.
    fn place_in_cluster(&self) -> Option<String> {
        let live = self.nodes.iter().map(|(_, node)| node).filter(|node| {
            let role = node.facts.as_ref().map(|facts| facts.role);
            let is_member = matches!(role, Some(Role::Primary | Role::Replica));
            is_member && node.connection == Some(Connection::Live)
        });
        let facts = live.filter_map(|node| node.facts.as_ref());
        let best = facts.max_by_key(|facts| facts.is_home)?;
        place_of(&best.name)
    }

    /// A command, and a channel that it would be heard on, if one is easily told.
    fn sample(&self) -> (&'static str, String) {
        let samples = self.subscriptions.live().filter_map(sample_of);
        // An exact name is better than none, whichever comes first.
        let best = samples.max_by_key(|(_, channel)| channel.is_some());
        let (command, channel) = best.unwrap_or(("publish", None));
        (command, channel.unwrap_or_else(|| "CHANNEL".to_owned()))
    }
}

/// The options of redis-cli for the node called `name`, which a server has said: `None` unless
/// a shell would take it as it is.
fn place_of(name: &str) -> Option<String> {
    let (host, port) = name.rsplit_once(':')?;
    let port: u16 = port.parse().ok()?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:".contains(letter);
    let is_option = host.is_empty() || host.starts_with('-');
    (!is_option && host.chars().all(is_plain)).then(|| format!("-h {host} -p {port}"))
}

/// The command for `topic`, and a channel that it asks for, if that needs no quotes.
fn sample_of(topic: &Topic) -> Option<(&'static str, Option<String>)> {
    let name = str::from_utf8(&topic.name).ok();
    let (command, name) = match topic.kind {
        SubscriptionKind::Channel => ("publish", name.map(str::to_owned)),
        SubscriptionKind::Pattern => ("publish", name.map(|name| name.replacen('*', "test", 1))),
        SubscriptionKind::Shard => ("spublish", name.map(str::to_owned)),
        // What nobody listens to is not found, and the sentinels publish by themselves.
        SubscriptionKind::ShardPattern | SubscriptionKind::Sentinel => return None,
    };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ":_-./".contains(letter);
    let name = name.filter(|name| !name.is_empty() && name.chars().all(is_plain));
    Some((command, name))
}
