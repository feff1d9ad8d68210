//! The server: what it is, what the user may do there, and its limits.

use subscope::app::connection_words;
use subscope::message::{Allowed, ConnectionError, ErrorCode};
use subscope::payload::escape::whole;
use subscope::payload::figures;
use subscope::server::{Checkup, Permission};

use super::page::Page;

/// The soft and hard limits of a subscriber's output from which bursts are no problem, in bytes:
/// the defaults of Redis.
const USUAL_LIMITS: [u64; 2] = [8 << 20, 32 << 20];

/// The part of the maximum number of clients from which more may soon be refused.
const NEARLY_FULL: f64 = 0.9;

/// The most names of channels that are listed.
const MAX_NAMES: usize = 10;

/// A command, what it is needed for, and the ACL rule that grants it.
const NEEDS: [(&str, &str, &str); 9] = [
    ("SUBSCRIBE", "watching channels by name", "+subscribe"),
    ("PSUBSCRIBE *", "watching all channels", "+psubscribe"),
    ("SSUBSCRIBE", "sharded channels", "+ssubscribe"),
    ("PUBLISH", "publishing", "+publish"),
    (
        "INFO",
        "the server's version and role, and gaps behind a replica",
        "+info",
    ),
    (
        "CLIENT",
        "naming the connections in CLIENT LIST",
        "+client|setname",
    ),
    (
        "PUBSUB",
        "listing channels and their subscribers",
        "+pubsub",
    ),
    (
        "ACL WHOAMI",
        "falling back to the channels that an ACL allows",
        "+acl|whoami +acl|getuser",
    ),
    (
        "CONFIG GET",
        "noticing that keyspace events are off",
        "+config|get",
    ),
];

/// Describes the server, and what will not work there.
pub fn describe(page: &mut Page, checkup: &Checkup) {
    describe_kind(page, checkup);
    describe_rights(page, checkup);
    describe_limits(page, checkup);
    let section = page.section("server");
    let counts = [
        "pubsub_clients",
        "pubsub_channels",
        "pubsub_patterns",
        "pubsubshard_channels",
    ];
    let names = [
        "Pub/Sub clients",
        "channels",
        "patterns",
        "sharded channels",
    ];
    for (field, name) in counts.iter().zip(names) {
        if let Some(count) = checkup.info(field) {
            section.row(name, count);
        }
    }
}

fn describe_kind(page: &mut Page, checkup: &Checkup) {
    let section = page.section("server");
    let tls = if checkup.is_tls {
        "with TLS"
    } else {
        "without TLS"
    };
    let within = figures::duration(checkup.connected_within);
    section.row(
        "connection",
        format!("{} {tls}, within {within}", checkup.server),
    );
    let version = checkup.version();
    section.row("version", version.as_deref().unwrap_or("unknown"));
    section.row("mode", checkup.mode().unwrap_or("unknown"));
    let role = checkup.info("role").unwrap_or("unknown");
    section.row("role", role);
    if checkup.nodes > 0 {
        section.row("nodes", checkup.nodes);
    }
    let [fastest, .., slowest] = &checkup.pings[..] else {
        return;
    };
    let middle = checkup.pings[checkup.pings.len() / 2];
    let [fastest, middle, slowest] = [*fastest, middle, *slowest].map(figures::duration);
    section.row(
        "latency",
        format!("{middle} (fastest {fastest}, slowest {slowest})"),
    );
    if checkup.mode() == Some("sentinel") {
        let why = "this is a sentinel, which carries no messages of the application";
        let remedy = "use redis+sentinel://host:port/master";
        page.problem("watching messages", why, remedy);
    }
    if role == "slave" {
        let why = "this is a replica: what is published here reaches only its own subscribers";
        page.problem("publishing", why, "connect to the primary");
        if checkup.info("master_link_status") != Some("up") {
            let remedy = "wait until it has reconnected, or connect to the primary";
            page.problem(
                "watching messages",
                "the replica has lost its primary",
                remedy,
            );
        }
    }
}

fn describe_rights(page: &mut Page, checkup: &Checkup) {
    let section = page.section("server");
    section.row("user", &checkup.user);
    if let Allowed::Only { names, left_out } = &checkup.channels {
        section.row("allowed channels", names_in(names, *left_out));
    }
    let named = |wanted: fn(&Permission) -> bool| {
        let rights = checkup.rights.iter();
        let found = rights.filter(move |right| wanted(&right.permission));
        found
            .map(|right| right.command)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let may = named(|permission| *permission == Permission::Granted);
    let may_not = named(|permission| matches!(permission, Permission::Refused(_)));
    let untested = named(|permission| *permission == Permission::Untested);
    for (name, commands) in [("may", may), ("may not", may_not), ("untested", untested)] {
        if !commands.is_empty() {
            section.row(name, commands);
        }
    }
    let user = whole(checkup.user.as_bytes());
    for (command, what, rule) in NEEDS {
        if let Some(error) = checkup.refusal(command) {
            page.problem(
                what,
                connection_words(error),
                remedy(command, error, &user, rule),
            );
        }
    }
}

fn remedy(command: &str, error: &ConnectionError, user: &str, rule: &str) -> String {
    let Some(error) = error.redis() else {
        return "try again".to_owned();
    };
    match error.code {
        ErrorCode::UnknownCommand if command == "SSUBSCRIBE" => {
            "sharded channels need Redis 7; use ordinary ones".to_owned()
        }
        ErrorCode::UnknownCommand if command.starts_with("PSUBSCRIBE") => {
            "name the channels: the server does not support patterns, or renames the command"
                .to_owned()
        }
        ErrorCode::UnknownCommand => "the server does not support it, or renames it".to_owned(),
        // The command is granted, but not for this channel or pattern.
        ErrorCode::NoPermission if error.text.contains("channel") => format!(
            "name the channels that the user may access, or grant all: ACL SETUSER {user} allchannels"
        ),
        ErrorCode::NoPermission => format!("grant it: ACL SETUSER {user} {rule}"),
        _ => "try again".to_owned(),
    }
}

fn names_in(names: &[Box<[u8]>], left_out: usize) -> String {
    let shown = names.iter().take(MAX_NAMES).map(|name| whole(name));
    let shown = shown.collect::<Vec<_>>().join(" ");
    let more = names.len().saturating_sub(MAX_NAMES) + left_out;
    match (shown.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => shown,
        (false, more) => format!("{shown} and {more} more"),
    }
}

fn describe_limits(page: &mut Page, checkup: &Checkup) {
    let limits = checkup.setting("client-output-buffer-limit");
    if let Some(limit) = limits.and_then(OutputLimit::of_subscribers) {
        let section = page.section("server");
        section.row("subscriber output", limit.words());
        if limit.is_low() {
            let remedy = "CONFIG SET client-output-buffer-limit 'pubsub 32mb 8mb 60'";
            let why = "the server disconnects a subscriber with so little waiting for it";
            page.problem("bursts of messages", why, remedy);
        }
    }
    let section = page.section("server");
    if let Some(count) = checkup.info("client_output_buffer_limit_disconnections") {
        section.row(
            "output limit hit",
            format!("{count} times since its start, by any client"),
        );
    }
    let most = checkup.setting("maxclients").or(checkup.info("maxclients"));
    if let Some(clients) = checkup.info("connected_clients") {
        match most {
            Some(most) => section.row("clients", format!("{clients} of at most {most}")),
            None => section.row("clients", clients),
        }
        if let (Ok(clients), Some(Ok(most))) = (clients.parse::<f64>(), most.map(str::parse::<f64>))
            && clients >= most * NEARLY_FULL
        {
            let why = format!("{clients} of at most {most} clients are connected");
            page.problem("more connections", why, "close some, or raise maxclients");
        }
    }
    let section = page.section("server");
    match checkup.setting("notify-keyspace-events") {
        Some("") => section.row(
            "keyspace events",
            "off (CONFIG SET notify-keyspace-events KEA turns them on)",
        ),
        Some(flags) => section.row("keyspace events", flags),
        None => section.row("keyspace events", "the server does not tell"),
    }
}

/// How much output may wait for a subscriber before the server disconnects it; 0 for no limit.
#[derive(Debug, PartialEq, Eq)]
struct OutputLimit {
    hard: u64,
    soft: u64,
    seconds: u64,
}

impl OutputLimit {
    /// Returns the limit of subscribers from the setting, which has four words for each kind of
    /// client.
    fn of_subscribers(setting: &str) -> Option<Self> {
        let words: Vec<&str> = setting.split_ascii_whitespace().collect();
        let words = words.chunks_exact(4).find(|words| words[0] == "pubsub")?;
        let [hard, soft, seconds] = [1, 2, 3].map(|at| words[at].parse().ok());
        Some(Self {
            hard: hard?,
            soft: soft?,
            seconds: seconds?,
        })
    }

    fn words(&self) -> String {
        let seconds = format!("{} s", self.seconds);
        match (self.hard, self.soft) {
            (0, 0) => "unlimited".to_owned(),
            (0, soft) => format!("at most {} for {seconds}", figures::size(soft)),
            (hard, 0) => format!("at most {}", figures::size(hard)),
            (hard, soft) => {
                let [hard, soft] = [hard, soft].map(figures::size);
                format!("at most {hard}, or {soft} for {seconds}")
            }
        }
    }

    fn is_low(&self) -> bool {
        let limits = [self.soft, self.hard];
        let mut limits = limits.into_iter().zip(USUAL_LIMITS);
        limits.any(|(limit, usual)| (1..usual).contains(&limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_limit_of_subscribers_is_found() {
        let usual = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";
        let limit = |setting: &str| OutputLimit::of_subscribers(setting).expect(setting);
        assert_eq!(
            limit(usual).words(),
            "at most 32.0 MiB, or 8.0 MiB for 60 s"
        );
        assert!(!limit(usual).is_low());
        assert_eq!(limit("pubsub 0 0 0").words(), "unlimited");
        assert!(!limit("pubsub 0 0 0").is_low());
        assert!(limit("pubsub 0 1048576 10").is_low());
        assert!(limit("pubsub 1024 0 0").is_low());
        for setting in ["", "normal 0 0 0", "pubsub 1 2", "pubsub a b c"] {
            assert_eq!(OutputLimit::of_subscribers(setting), None, "{setting}");
        }
    }
}
