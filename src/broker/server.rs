//! INFO and CONFIG GET.

use std::collections::BTreeMap;

use super::call::{Allowed::Usually, Call, Command};
use super::client::Family;
use super::describe::{container, help};
use super::session::DATABASES;
use super::settings::VERSION;
use crate::message::glob;

/// The commands of this module.
pub const COMMANDS: &[Command] = &[
    Command::new("info", -1, Usually, "Describes the server.", info),
    container("config", "A container for configuration commands."),
    Command::new("config|get", -3, Usually, "Reads settings.", config_get),
    help("config|help"),
];

/// Handles `INFO [section …]`.
fn info(call: &mut Call) {
    let asked: Vec<String> = call.arguments[1..]
        .iter()
        .map(|section| String::from_utf8_lossy(section).to_ascii_lowercase())
        .collect();
    let is_asked = |name: &str| {
        asked.is_empty()
            || asked
                .iter()
                .any(|asked| [name, "all", "default", "everything"].contains(&asked.as_str()))
    };
    let text = sections(call)
        .into_iter()
        .filter(|(name, _)| is_asked(&name.to_ascii_lowercase()))
        .map(|(name, lines)| {
            let title = format!("# {name}");
            let lines = [&[title], lines.as_slice()].concat();
            lines.join("\r\n") + "\r\n"
        })
        .collect::<Vec<_>>()
        .join("\r\n");
    call.text(text);
}

fn sections(call: &Call) -> Vec<(&'static str, Vec<String>)> {
    let state = &call.state;
    let uptime = state.started.elapsed().as_secs();
    let count = state.clients().count();
    let names = |family| state.names(family).count();
    let excesses = state.totals.output_limit_disconnections;
    let clients = state.clients();
    let subscribed = clients.filter(|client| client.is_subscribed());
    vec![
        (
            "Server",
            vec![
                format!("redis_version:{VERSION}"),
                "redis_mode:standalone".to_owned(),
                "server_name:subscope".to_owned(),
                format!("process_id:{}", std::process::id()),
                format!("tcp_port:{}", state.address.port()),
                format!("uptime_in_seconds:{uptime}"),
                format!("uptime_in_days:{}", uptime / 86_400),
            ],
        ),
        (
            "Clients",
            vec![
                format!("connected_clients:{count}"),
                format!("maxclients:{}", state.settings.limits.clients),
                "blocked_clients:0".to_owned(),
                format!("pubsub_clients:{}", subscribed.count()),
            ],
        ),
        (
            "Stats",
            vec![
                format!("total_connections_received:{}", state.totals.connections),
                format!("total_commands_processed:{}", state.totals.commands),
                format!("rejected_connections:{}", state.totals.rejected),
                format!("pubsub_channels:{}", names(Family::Channel)),
                format!("pubsub_patterns:{}", names(Family::Pattern)),
                format!("pubsubshard_channels:{}", names(Family::Shard)),
                format!("client_output_buffer_limit_disconnections:{excesses}"),
            ],
        ),
        (
            "Replication",
            vec!["role:master".to_owned(), "connected_slaves:0".to_owned()],
        ),
        ("Cluster", vec!["cluster_enabled:0".to_owned()]),
        ("Keyspace", Vec::new()),
    ]
}

/// Handles `CONFIG GET pattern …`.
fn config_get(call: &mut Call) {
    let found: BTreeMap<&str, String> = parameters(call)
        .into_iter()
        .filter(|(name, _)| {
            // Redis matches only the names of settings case-insensitively.
            call.arguments[2..]
                .iter()
                .any(|pattern| glob::matches(&pattern.to_ascii_lowercase(), name.as_bytes()))
        })
        .collect();
    call.map(found.len());
    for (name, value) in found {
        call.bulk(name);
        call.bulk(value);
    }
}

fn parameters(call: &Call) -> Vec<(&'static str, String)> {
    let limits = &call.state.settings.limits;
    let (hard, soft) = (limits.output_hard, limits.output_soft);
    let output = format!("{hard} {soft} {}", limits.output_soft_for.as_secs());
    vec![
        ("appendonly", "no".to_owned()),
        ("bind", call.state.address.ip().to_string()),
        // Redis exempts normal clients; here one limit applies to all.
        (
            "client-output-buffer-limit",
            format!("normal {output} slave {output} pubsub {output}"),
        ),
        ("client-query-buffer-limit", limits.query.to_string()),
        ("databases", DATABASES.to_string()),
        ("maxclients", limits.clients.to_string()),
        ("maxmemory", "0".to_owned()),
        ("notify-keyspace-events", String::new()),
        ("port", call.state.address.port().to_string()),
        ("proto-max-bulk-len", limits.bulk.to_string()),
        ("save", String::new()),
        ("timeout", "0".to_owned()),
    ]
}
