//! A profile: a named server with the options that go with it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::keys::Value;

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

/// A named server with the options that go with it.
///
/// `Debug` shows only the name: the URL and the password command may contain a password.
#[derive(Clone, Default)]
pub struct Profile {
    /// The name that `--profile` takes.
    pub name: String,
    /// The colour of its badge.
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
    /// The TLS options. If set, TLS is used whatever the URL says.
    pub tls: Option<Tls>,
    /// Whether every write is refused.
    pub read_only: bool,
    /// The channels and patterns to subscribe to.
    pub channels: Vec<String>,
    /// Whether `* ? [` in channels are literal.
    pub exact: bool,
    /// The sharded channels to subscribe to.
    pub shard: Vec<String>,
    /// Whether to subscribe to the sentinels' own channels.
    pub sentinel_events: bool,
    /// Filter queries: the log shows only messages that match all of them.
    pub filters: Vec<String>,
    /// Breakpoint queries: the log freezes at a message that matches any of them.
    pub breakpoints: Vec<String>,
    /// The shell command for the alerts of breakpoints.
    pub alert_command: Option<String>,
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
    /// The channels whose message shape is checked, as globs.
    pub shapes: Vec<String>,
    /// The sequence numbers to check, each `glob=.path`.
    pub sequences: Vec<String>,
    /// The requests and replies to pair.
    pub pairs: Vec<String>,
    /// The channels whose messages contain the time they were sent, each `glob=.path`.
    pub delays: Vec<String>,
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
    pub insecure: bool,
}

/// Where a profile and its keys are defined, for errors.
#[derive(Clone, Default)]
struct KeyLocations {
    path: PathBuf,
    /// The full path of the profile's own key, such as `profile.staging`.
    key: String,
    line: usize,
    lines: BTreeMap<String, usize>,
}

impl Profile {
    /// Returns an error about the value of `key`, or about the whole profile if it has no such key.
    /// `problem` must not contain a password.
    pub fn error(&self, key: &str, problem: impl Into<String>) -> ConfigError {
        let place = &self.place;
        match place.lines.get(key) {
            Some(line) => {
                let key = format!("{}.{key}", place.key);
                ConfigError::new(&place.path, *line, key, problem)
            }
            None => ConfigError::new(&place.path, place.line, place.key.clone(), problem),
        }
    }

    /// Returns whether the profile sets `key`, such as `url` or `tls.cacert`.
    pub fn has(&self, key: &str) -> bool {
        self.place.lines.contains_key(key)
    }

    /// Returns the key that names the server, or an empty string.
    pub fn address_key(&self) -> &'static str {
        let keys = ["url", "socket", "host", "port"];
        let mut present = keys.into_iter();
        present.find(|key| self.has(key)).unwrap_or_default()
    }

    /// Parses the profile called `name` in the file at `path`.
    pub(super) fn read(name: &str, value: Value<'_>, path: &Path) -> Result<Self, ConfigError> {
        if name.is_empty() {
            return Err(value.error("a profile needs a name"));
        }
        let mut place = KeyLocations {
            path: path.to_owned(),
            key: value.key.clone(),
            line: value.line,
            lines: BTreeMap::new(),
        };
        let mut keys = value.table()?;
        place.lines = keys.lines();
        let flag = |found: Option<bool>| found.unwrap_or(false);
        let profile = Self {
            name: name.to_owned(),
            colour: keys.read("color", |value| value.one_of(&Colour::NAMES))?,
            url: keys.read("url", Value::text)?,
            socket: keys.read("socket", Value::path)?,
            host: keys.read("host", Value::text)?,
            port: keys.read("port", port)?,
            db: keys.read("db", |value| value.number(0, i64::MAX))?,
            user: keys.read("user", Value::text)?,
            password_command: keys.read("password-command", Value::text)?,
            tls: keys.read("tls", |value| Tls::read(value, &mut place.lines))?,
            read_only: flag(keys.read("read-only", Value::flag)?),
            channels: keys.read("channels", Value::texts)?.unwrap_or_default(),
            exact: flag(keys.read("exact", Value::flag)?),
            shard: keys.read("shard", Value::texts)?.unwrap_or_default(),
            sentinel_events: flag(keys.read("sentinel-events", Value::flag)?),
            filters: keys.read("filter", Value::texts)?.unwrap_or_default(),
            breakpoints: keys.read("break", Value::texts)?.unwrap_or_default(),
            alert_command: keys.read("alert-command", Value::text)?,
            until: keys.read("until", Value::text)?,
            keep: keys.read("keep", Value::text)?,
            lenses: keys.read("lens", Value::texts)?.unwrap_or_default(),
            proto: keys.read("proto", Value::path)?,
            proto_types: keys.read("proto-type", Value::texts)?.unwrap_or_default(),
            shapes: keys.read("shape", Value::texts)?.unwrap_or_default(),
            sequences: keys.read("seq", Value::texts)?.unwrap_or_default(),
            pairs: keys.read("pair", Value::texts)?.unwrap_or_default(),
            delays: keys.read("sent", Value::texts)?.unwrap_or_default(),
            place,
        };
        keys.finish()?;
        profile.with_one_address()
    }

    /// Returns the profile unchanged, or an error if it names the server twice.
    fn with_one_address(self) -> Result<Self, ConfigError> {
        let first = self.address_key();
        let others: &[&str] = match first {
            "url" => &["socket", "host", "port"],
            "socket" => &["host", "port"],
            _ => &[],
        };
        match others.iter().find(|key| self.has(key)) {
            Some(second) => Err(self.error(second, format!("cannot be combined with {first}"))),
            None => Ok(self),
        }
    }
}

impl Tls {
    /// Parses the table, and adds the lines of its keys to `lines`.
    fn read(value: Value<'_>, lines: &mut BTreeMap<String, usize>) -> Result<Self, ConfigError> {
        let mut keys = value.table()?;
        let own = keys.lines().into_iter();
        lines.extend(own.map(|(key, line)| (format!("tls.{key}"), line)));
        let tls = Self {
            cacert: keys.read("cacert", Value::path)?,
            cert: keys.read("cert", Value::path)?,
            key: keys.read("key", Value::path)?,
            sni: keys.read("sni", Value::text)?,
            insecure: keys.read("insecure", Value::flag)?.unwrap_or(false),
        };
        keys.finish()?;
        Ok(tls)
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Profile");
        shown.field("name", &self.name).finish_non_exhaustive()
    }
}

fn port(value: Value<'_>) -> Result<u16, ConfigError> {
    let port = value.number(1, i64::from(u16::MAX))?;
    Ok(u16::try_from(port).unwrap_or(u16::MAX))
}
