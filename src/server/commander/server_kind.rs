//! Detects the server's product and mode, and whether it belongs to a cluster.

use redis::Value;

use crate::message::{ErrorCode, RedisError};
use crate::server::connect::{Link, refusal};
use crate::server::replication::field;

/// Maximum number of characters shown of a version.
const MAX_VERSION: usize = 32;

/// A feature that only `KeyDB` reports. It reports its own version as that of Redis.
const KEYDB_FEATURE: &str = "cluster_mget";

/// Whether a server belongs to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Membership {
    /// The server does not belong to a cluster.
    Alone,
    /// The server belongs to a cluster.
    Member,
    /// The server refuses to tell, with this error.
    Unknown(RedisError),
}

/// Determines whether a server that does not answer INFO belongs to a cluster.
pub(super) async fn membership(link: &mut Link) -> Membership {
    let answer = link.ask::<Value>(redis::cmd("CLUSTER").arg("INFO")).await;
    match answer.map_err(|error| refusal(&error)) {
        Ok(_) => Membership::Member,
        Err(Some(error)) if error.code == ErrorCode::NoPermission => Membership::Unknown(error),
        // The server has no cluster support, or cluster mode is off.
        Err(_) => Membership::Alone,
    }
}

/// Returns the mode of the server from the answer to INFO, such as `cluster`.
pub(in crate::server) fn mode_in(info: &str) -> Option<&str> {
    field(info, "redis_mode").or_else(|| field(info, "server_mode"))
}

/// Returns the product and version of the server from the answer to INFO.
pub(in crate::server) fn version_in(info: &str) -> Option<Box<str>> {
    // Compatible servers also report the version of Redis that they are compatible with.
    let is_keydb = field(info, "features").is_some_and(|features| features.contains(KEYDB_FEATURE));
    let products = [
        ("valkey_version", "Valkey"),
        ("dragonfly_version", "Dragonfly"),
        ("kvrocks_version", "Kvrocks"),
        ("garnet_version", "Garnet"),
        ("redict_version", "Redict"),
        ("redis_version", if is_keydb { "KeyDB" } else { "Redis" }),
    ];
    products.into_iter().find_map(|(name, product)| {
        let version = field(info, name)?.chars().take(MAX_VERSION);
        Some(format!("{product} {}", version.collect::<String>()).into())
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
            (
                "# Server\r\nredis_version:7.4.0\r\ndragonfly_version:df-v1.40.1\r\n",
                Some("Dragonfly df-v1.40.1"),
            ),
            (
                "# Server\r\nversion:2.17.0\r\nkvrocks_version:2.17.0\r\nredis_version:7.0.0\r\n",
                Some("Kvrocks 2.17.0"),
            ),
            (
                "# Server\r\ngarnet_version:1.1.9\r\nos:Unix\r\n",
                Some("Garnet 1.1.9"),
            ),
            (
                "redis_version:6.3.4\r\navailability_zone:\r\nfeatures:cluster_mget\r\n",
                Some("KeyDB 6.3.4"),
            ),
            ("# Server\r\n", None),
            ("", None),
        ] {
            assert_eq!(version_in(info).as_deref(), version, "{info}");
        }
    }
}
