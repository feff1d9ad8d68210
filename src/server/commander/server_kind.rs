//! Detects the server's product and mode, and whether it belongs to a cluster.

use redis::Value;

use crate::message::{ErrorCode, RedisError};
use crate::server::connect::{Link, refusal};

/// Maximum number of characters of a version that are shown.
const MAX_VERSION: usize = 32;

/// Whether a server belongs to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Membership {
    /// It does not belong to a cluster.
    Alone,
    /// It belongs to a cluster.
    Member,
    /// It refuses to say, with this error.
    Secret(RedisError),
}

/// Determines whether a server that does not answer INFO belongs to a cluster.
pub(super) async fn membership(link: &mut Link) -> Membership {
    let command = redis::cmd("CLUSTER").arg("INFO").to_owned();
    match link.ask::<Value>(&command).await {
        Ok(_) => Membership::Member,
        Err(error) => match refusal(&error) {
            Some(error) if error.code == ErrorCode::NoPermission => Membership::Secret(error),
            // The server has no cluster support, or cluster mode is off.
            _ => Membership::Alone,
        },
    }
}

/// The mode of a server, as reported by INFO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Standalone,
    Cluster,
    Sentinel,
}

impl Mode {
    /// Parses the answer to INFO.
    pub(super) fn of(info: &str) -> Self {
        let mut lines = info.lines().map(str::trim_end);
        let mode = lines.find_map(|line| {
            let mode = line.strip_prefix("redis_mode:");
            mode.or_else(|| line.strip_prefix("server_mode:"))
        });
        match mode {
            Some("cluster") => Self::Cluster,
            Some("sentinel") => Self::Sentinel,
            _ => Self::Standalone,
        }
    }
}

/// Returns the product and version of the server from the answer to INFO.
pub(super) fn version_in(info: &str) -> Option<Box<str>> {
    let field = |name: &str| {
        info.lines()
            .find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
    };
    // Redis-compatible servers also report the Redis version that they are compatible with.
    [
        ("valkey_version", "Valkey"),
        ("dragonfly_version", "Dragonfly"),
        ("redis_version", "Redis"),
    ]
    .into_iter()
    .find_map(|(name, kind)| {
        let version = field(name)?.chars().take(MAX_VERSION).collect::<String>();
        Some(format!("{kind} {version}").into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_names_the_product() {
        for (info, version) in [
            ("# Server\r\nredis_version:7.0.15\r\n", Some("Redis 7.0.15")),
            (
                "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\n",
                Some("Valkey 9.1.2"),
            ),
            ("# Server\r\n", None),
            ("", None),
        ] {
            assert_eq!(version_in(info).as_deref(), version, "{info}");
        }
    }
}
