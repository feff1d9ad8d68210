//! The shell command that publishes a message from another terminal.

use super::Session;
use crate::message::{SubscriptionKind, Topic};
use crate::payload::escape::whole;
use crate::server::{Connection, Role};

impl Session {
    /// Returns a shell command that publishes a message to a subscribed channel, if that is
    /// possible.
    pub fn shell_command(&self) -> Option<String> {
        let given = &self.settings.redis_cli;
        if given.place.is_empty() {
            return None;
        }
        let node = self.place_in_cluster();
        let is_cluster = node.is_some();
        let place = node.unwrap_or_else(|| given.place.clone());
        let (command, channel) = self.sample();
        // A sharded message must go to the node that owns the channel's slot.
        let follow = match command {
            "spublish" if is_cluster => "-c",
            _ => "",
        };
        let words = ["redis-cli", follow, &place, &given.tls, command, &channel];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        Some(format!("{} hello", words.join(" ")))
    }

    /// Returns the shell command that watches the server's master, if the server is a sentinel.
    pub fn sentinel_command(&self) -> Option<String> {
        let masters = self.server.sentinel_of.as_ref()?;
        let (scheme, place) = self.settings.address.split_once("://")?;
        let host = place.rsplit('@').next()?.split('/').next()?;
        let master = masters.first().map_or("MASTER", |name| name);
        let url = format!("{scheme}+sentinel://{host}/{master}");
        Some(format!("subscope -u {}", whole(url.as_bytes())))
    }

    /// Returns the redis-cli options for a live node of the cluster, preferably the home node,
    /// which serves ordinary channels and patterns; `None` if there is no such node, or if its
    /// address is not safe in a shell.
    fn place_in_cluster(&self) -> Option<String> {
        let nodes = self.server.nodes.by_id.values();
        let live = nodes.filter(|node| node.connection == Some(Connection::Live));
        let best = live
            .filter_map(|node| node.facts.as_ref())
            .filter(|facts| matches!(facts.role, Role::Primary | Role::Replica))
            .max_by_key(|facts| facts.is_home)?;
        place_of(&best.name)
    }

    /// Returns the publishing command, and a subscribed channel or a placeholder.
    fn sample(&self) -> (&'static str, String) {
        let samples = self.subscriptions.live().filter_map(sample_of);
        let best = samples.max_by_key(|(_, channel)| channel.is_some());
        let (command, channel) = best.unwrap_or(("publish", None));
        (command, channel.unwrap_or_else(|| "CHANNEL".to_owned()))
    }
}

/// Returns the redis-cli options for the node at `name`, an address reported by a server; `None`
/// unless the address is safe to use unquoted in a shell.
fn place_of(name: &str) -> Option<String> {
    let (host, port) = name.rsplit_once(':')?;
    let port: u16 = port.parse().ok()?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:".contains(letter);
    let is_option = host.is_empty() || host.starts_with('-');
    (!is_option && host.chars().all(is_plain)).then(|| format!("-h {host} -p {port}"))
}

/// Returns the command that publishes to `topic`, and a matching channel if its name needs no
/// quotes.
fn sample_of(topic: &Topic) -> Option<(&'static str, Option<String>)> {
    let name = str::from_utf8(&topic.name).ok();
    let (command, name) = match topic.kind {
        SubscriptionKind::Channel => ("publish", name.map(str::to_owned)),
        SubscriptionKind::Pattern => ("publish", name.map(|name| name.replacen('*', "test", 1))),
        SubscriptionKind::Shard => ("spublish", name.map(str::to_owned)),
        // Sharded channels without subscribers cannot be discovered, and sentinels publish their
        // events themselves.
        SubscriptionKind::ShardPattern | SubscriptionKind::Polled | SubscriptionKind::Sentinel => {
            return None;
        }
    };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ":_-./".contains(letter);
    let name = name.filter(|name| !name.is_empty() && name.chars().all(is_plain));
    Some((command, name))
}
