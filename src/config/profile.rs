//! A profile: a named server with the options that go with it.

mod layers;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, Place};
use super::keys::{Keys, Value};
use super::part::Part;

/// The keys that name the server.
const ADDRESS: [&str; 4] = ["url", "socket", "host", "port"];

/// The longest time to wait for the rest of an escape sequence, in milliseconds.
const MOST_ESCAPE_TIME: u16 = 1000;

/// The colour of a profile's badge on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Colour {
    Red,
    Yellow,
    Green,
    Blue,
    Magenta,
    Cyan,
    White,
}

impl Colour {
    const NAMES: [(&str, Self); 7] = [
        ("red", Self::Red),
        ("yellow", Self::Yellow),
        ("green", Self::Green),
        ("blue", Self::Blue),
        ("magenta", Self::Magenta),
        ("cyan", Self::Cyan),
        ("white", Self::White),
    ];
}

/// A named server with the options that go with it, or the defaults of all of them.
///
/// `Debug` shows only the name: the URL and the password command may contain a password.
#[derive(Clone, Default)]
pub struct Profile {
    /// The name that `--profile` takes; empty for the defaults.
    pub name: String,
    /// The colour of the profile's badge.
    pub colour: Option<Colour>,
    /// The server's URL. At most one of `url`, `socket`, and `host` with `port` is set.
    pub url: Option<String>,
    /// The server's unix socket.
    pub socket: Option<PathBuf>,
    /// The server's host.
    pub host: Option<String>,
    /// The server's port.
    pub port: Option<u16>,
    /// The database number.
    pub db: Option<i64>,
    /// The user to log in as.
    pub user: Option<String>,
    /// A shell command; the first line of its output is the password.
    pub password_command: Option<String>,
    /// Whether to prompt for the password.
    pub askpass: Option<bool>,
    /// The name of the connections in `CLIENT LIST`.
    pub client_name: Option<String>,
    /// Seconds within which a connection must be established.
    pub connect_timeout: Option<u16>,
    /// The shell command that connections go through.
    pub via: Option<String>,
    /// The SSH server that connections go through.
    pub ssh: Option<String>,
    /// Where announced servers can be reached, each `host:port=host:port`.
    pub address_map: Vec<String>,
    /// The TLS options. If set, TLS is used even if the URL does not request it.
    pub tls: Option<Tls>,
    /// Whether publishing is disabled.
    pub read_only: Option<bool>,
    /// The channels and patterns to subscribe to.
    pub channels: Vec<String>,
    /// Whether `* ? [` in channels are literal.
    pub exact: Option<bool>,
    /// The sharded channels to subscribe to.
    pub shard: Vec<String>,
    /// Whether to subscribe to the sentinels' own channels.
    pub sentinel_events: Option<bool>,
    /// Filter queries: the log shows only messages that match all of them.
    pub filters: Vec<String>,
    /// Breakpoint queries: the log freezes at a message that matches any of them.
    pub breakpoints: Vec<String>,
    /// The shell command for the alerts of breakpoints.
    pub alert_command: Option<String>,
    /// How text is copied to the clipboard.
    pub clipboard: Option<String>,
    /// The separator between the parts of channel names.
    pub separator: Option<String>,
    /// The payload of a message that ends its subscription.
    pub until: Option<String>,
    /// The memory for the log, as a size.
    pub keep: Option<String>,
    /// Which part of a channel's messages the log shows, each `glob=.path`.
    pub lenses: Vec<String>,
    /// The descriptor set with the Protobuf message types.
    pub proto: Option<PathBuf>,
    /// The Protobuf message types of channels, each `glob=type`.
    pub proto_types: Vec<String>,
    /// The Avro schemas of channels, each `glob=file`.
    pub avro: Vec<String>,
    /// The channels whose message shape is checked, as globs.
    pub shapes: Vec<String>,
    /// The JSON Schemas of channels, each `glob=file`.
    pub schemas: Vec<String>,
    /// The sequence numbers to check, each `glob=.path`.
    pub sequences: Vec<String>,
    /// The requests and replies to pair.
    pub pairs: Vec<String>,
    /// The channels whose messages contain the time they were sent, each `glob=.path`.
    pub delays: Vec<String>,
    /// The name of the colour theme.
    pub theme: Option<String>,
    /// When to draw in ASCII.
    pub ascii: Option<String>,
    /// Whether the mouse is left to the terminal.
    pub no_mouse: Option<bool>,
    /// The set of keys.
    pub key_set: Option<String>,
    /// Milliseconds to wait for the rest of an escape sequence.
    pub escape_time: Option<u16>,
    /// The file for the counters of the run.
    pub stats: Option<PathBuf>,
    place: KeyLocations,
}

/// The TLS options. Paths in the file are relative to its folder.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// The CA certificates to trust.
    pub cacert: Option<PathBuf>,
    /// The client certificate.
    pub cert: Option<PathBuf>,
    /// The private key of the client certificate.
    pub key: Option<PathBuf>,
    /// The server name to request and verify.
    pub sni: Option<String>,
    /// Whether to skip certificate verification.
    pub insecure: Option<bool>,
}

/// Where a profile and its keys are defined, for errors.
#[derive(Clone, Default)]
struct KeyLocations {
    /// The place of the profile itself, such as `profile.staging`.
    table: Option<Place>,
    /// The place of each key.
    keys: BTreeMap<String, Place>,
}

impl KeyLocations {
    /// Records the keys of a table; `prefix` is empty or ends in a dot.
    fn add(&mut self, prefix: &str, keys: &Keys<'_>) {
        let places = keys.places().into_iter();
        let places = places.map(|(key, place)| (format!("{prefix}{key}"), place));
        self.keys.extend(places);
    }
}

impl Profile {
    /// Returns an error about the value of `key`, or about the whole profile if it has no such key.
    /// `problem` must not contain a password.
    pub fn error(&self, key: &str, problem: impl Into<String>) -> ConfigError {
        match self.place.keys.get(key).or(self.place.table.as_ref()) {
            Some(place) => place.error(problem),
            None => ConfigError::new(Path::new(""), 0, key.to_owned(), problem),
        }
    }

    /// Returns whether the profile sets `key`, such as `url` or `tls.cacert`.
    pub fn has(&self, key: &str) -> bool {
        self.place.keys.contains_key(key)
    }

    /// Returns the number of keys that the profile sets.
    pub fn count(&self) -> usize {
        let keys = self.place.keys.keys();
        keys.filter(|key| !key.contains('.')).count()
    }

    /// Returns the key that names the server, or an empty string.
    pub fn address_key(&self) -> &'static str {
        let mut present = ADDRESS.into_iter();
        present.find(|key| self.has(key)).unwrap_or_default()
    }

    /// Parses the profile called `name`.
    pub(super) fn read(name: &str, value: Value<'_>) -> Part<Self> {
        let place = value.place();
        let nameless = name
            .is_empty()
            .then(|| place.error("a profile needs a name"));
        let mut keys = match value.table() {
            Ok(keys) => keys,
            Err(error) => return error.into(),
        };
        let profile = Self::of(name, &mut keys, place);
        let mut errors = keys.finish();
        errors.extend(nameless);
        errors.extend(profile.contradictions());
        Part::new(profile, errors)
    }

    /// Takes the keys of a profile from its table.
    pub(super) fn of(name: &str, keys: &mut Keys<'_>, table: Place) -> Self {
        let mut place = KeyLocations {
            table: Some(table),
            keys: BTreeMap::new(),
        };
        place.add("", keys);
        let single = Self {
            name: name.to_owned(),
            colour: keys.read("color", |value| value.one_of(&Colour::NAMES)),
            url: keys.read("url", Value::text),
            socket: keys.read("socket", Value::path),
            host: keys.read("host", Value::text),
            port: keys.read("port", |value| value.small(1, u16::MAX)),
            db: keys.read("db", |value| value.number(0, i64::MAX)),
            user: keys.read("user", Value::text),
            password_command: keys.read("password-command", Value::text),
            askpass: keys.read("askpass", Value::flag),
            client_name: keys.read("name", Value::text),
            connect_timeout: keys.read("connect-timeout", |value| value.small(0, u16::MAX)),
            via: keys.read("via", Value::text),
            ssh: keys.read("ssh", Value::text),
            tls: keys.read_parts("tls", |value| Tls::read(value, &mut place)),
            read_only: keys.read("read-only", Value::flag),
            exact: keys.read("exact", Value::flag),
            sentinel_events: keys.read("sentinel-events", Value::flag),
            alert_command: keys.read("alert-command", Value::text),
            clipboard: keys.read("clipboard", Value::text),
            separator: keys.read("separator", Value::text),
            until: keys.read("until", Value::text),
            keep: keys.read("keep", Value::text),
            proto: keys.read("proto", Value::path),
            theme: keys.read("theme", Value::text),
            ascii: keys.read("ascii", Value::text),
            no_mouse: keys.read("no-mouse", Value::flag),
            key_set: keys.read("keys", Value::text),
            escape_time: keys.read("escape-time", |value| value.small(0, MOST_ESCAPE_TIME)),
            stats: keys.read("stats", Value::path),
            ..Self::default()
        };
        let avro = keys.read_parts("avro", Value::paths_by_glob);
        let schemas = keys.read_parts("schema", Value::paths_by_glob);
        let mut texts = |name| keys.read_parts(name, Value::texts).unwrap_or_default();
        Self {
            address_map: texts("map-address"),
            channels: texts("channels"),
            shard: texts("shard"),
            filters: texts("filter"),
            breakpoints: texts("break"),
            lenses: texts("lens"),
            proto_types: texts("proto-type"),
            avro: avro.unwrap_or_default(),
            shapes: texts("shape"),
            schemas: schemas.unwrap_or_default(),
            sequences: texts("seq"),
            pairs: texts("pair"),
            delays: texts("sent"),
            place,
            ..single
        }
    }

    /// Returns the errors about naming the server, or the way to it, twice.
    pub(super) fn contradictions(&self) -> Vec<ConfigError> {
        let is_both = self.has("via") && self.has("ssh");
        let second_way = is_both.then(|| self.error("ssh", "cannot be combined with via"));
        self.second_address()
            .into_iter()
            .chain(second_way)
            .collect()
    }

    fn second_address(&self) -> Option<ConfigError> {
        let first = self.address_key();
        let others: &[&str] = match first {
            "url" => &["socket", "host", "port"],
            "socket" => &["host", "port"],
            _ => &[],
        };
        let second = others.iter().find(|key| self.has(key))?;
        Some(self.error(second, format!("cannot be combined with {first}")))
    }
}

impl Tls {
    /// Parses the table, and adds the places of its keys to `place`.
    fn read(value: Value<'_>, place: &mut KeyLocations) -> Result<Self, Vec<ConfigError>> {
        let mut keys = value.table().map_err(|error| vec![error])?;
        place.add("tls.", &keys);
        let tls = Self {
            cacert: keys.read("cacert", Value::path),
            cert: keys.read("cert", Value::path),
            key: keys.read("key", Value::path),
            sni: keys.read("sni", Value::text),
            insecure: keys.read("insecure", Value::flag),
        };
        match keys.finish() {
            errors if errors.is_empty() => Ok(tls),
            errors => Err(errors),
        }
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Profile");
        shown.field("name", &self.name).finish_non_exhaustive()
    }
}
