//! What to connect to: one server, the master that sentinels know, or a cluster.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::complaint::EndpointError;
use super::endpoint::{Address, Endpoint};

/// What an address of several servers has to look like.
const SENTINEL_FORM: &str = "redis+sentinel://[user:password@]host[:port][,host[:port]…]/master[/db]\
                             [?sentinel-user=…&sentinel-password=…]";
const CLUSTER_FORM: &str = "redis+cluster://[user:password@]host[:port][,host[:port]…]";

const SENTINEL_PORT: u16 = 26379;
const SERVER_PORT: u16 = 6379;

/// Where the messages come from.
///
/// Neither `Display` nor `Debug` shows a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One server.
    Server(Endpoint),
    /// Whatever server sentinels call the master.
    Sentinel(Sentinels),
    /// A cluster, found by any of these nodes. There is at least one.
    Cluster(Vec<Endpoint>),
}

/// Sentinels, and how to ask the master that they know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentinels {
    /// Each with its own login. There is at least one.
    pub sentinels: Vec<Endpoint>,
    /// The name that the sentinels give the master.
    pub master: String,
    /// Login, TLS and database for the master. Its address stands for the one that the sentinels
    /// will tell: see [`Endpoint::at`].
    pub server: Endpoint,
}

impl From<Endpoint> for Target {
    fn from(endpoint: Endpoint) -> Self {
        Self::Server(endpoint)
    }
}

/// A URL of several servers, taken apart; nothing is decoded yet.
struct Parts<'a> {
    /// `redis`, `rediss`, `valkey` or `valkeys`.
    scheme: &'a str,
    /// With its `@`, or empty.
    login: &'a str,
    hosts: Vec<&'a str>,
    /// Without the slash before it.
    path: &'a str,
    query: &'a str,
}

impl Target {
    /// Reads `redis+sentinel://` and `redis+cluster://` URLs, the same with `rediss`, `valkey` and
    /// `valkeys`, and all that [`Endpoint::parse`] reads.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `url`, and the right form.
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let scheme = scheme.to_ascii_lowercase();
        let wrong = |form| move |problem| EndpointError::new(url, problem, form);
        match scheme.split_once('+') {
            Some((scheme, "sentinel")) if is_redis(scheme) => Sentinels::read(scheme, rest)
                .map(Self::Sentinel)
                .map_err(wrong(SENTINEL_FORM)),
            Some((scheme, "cluster")) if is_redis(scheme) => read_cluster(scheme, rest)
                .map(Self::Cluster)
                .map_err(wrong(CLUSTER_FORM)),
            _ => Endpoint::parse(url).map(Self::Server),
        }
    }

    /// Whether a password is known for the servers.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.server().has_password()
    }

    /// Whether TLS is spoken there.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.server().is_tls()
    }

    /// The server, or any of them.
    #[must_use]
    pub fn any_address(&self) -> &Address {
        match self {
            Self::Sentinel(sentinels) => sentinels.sentinels[0].address(),
            Self::Server(_) | Self::Cluster(_) => self.server().address(),
        }
    }

    /// The same target with the servers asked as `user`. Sentinels keep their own login.
    #[must_use]
    pub fn with_user(self, user: &str) -> Self {
        self.map_servers(|server| server.with_user(user))
    }

    /// The same target with the servers asked as nobody in particular. Sentinels keep their own
    /// login.
    #[must_use]
    pub fn without_user(self) -> Self {
        self.map_servers(Endpoint::without_user)
    }

    /// The user to log in to the servers as, if not the default user.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.server().user()
    }

    /// The same target with the servers asked with `password`. Sentinels keep their own login.
    #[must_use]
    pub fn with_password(self, password: &str) -> Self {
        self.map_servers(|server| server.with_password(password))
    }

    /// The same target with database `db`. A cluster has only the one with the number 0.
    #[must_use]
    pub fn with_db(self, db: i64) -> Self {
        self.map_servers(|server| server.with_db(db))
    }

    /// The same target with TLS, to sentinels and servers.
    #[must_use]
    pub fn with_tls(self) -> Self {
        match self.map_servers(Endpoint::with_tls) {
            Self::Sentinel(mut sentinels) => {
                let with_tls = sentinels.sentinels.into_iter().map(Endpoint::with_tls);
                sentinels.sentinels = with_tls.collect();
                Self::Sentinel(sentinels)
            }
            other => other,
        }
    }

    /// One that stands for all servers, which are asked in the same way.
    fn server(&self) -> &Endpoint {
        match self {
            Self::Server(server) => server,
            Self::Sentinel(sentinels) => &sentinels.server,
            Self::Cluster(nodes) => &nodes[0],
        }
    }

    fn map_servers(self, change: impl Fn(Endpoint) -> Endpoint) -> Self {
        match self {
            Self::Server(server) => Self::Server(change(server)),
            Self::Sentinel(sentinels) => Self::Sentinel(Sentinels {
                server: change(sentinels.server),
                ..sentinels
            }),
            Self::Cluster(nodes) => Self::Cluster(nodes.into_iter().map(change).collect()),
        }
    }
}

impl Sentinels {
    fn read(scheme: &str, rest: &str) -> Result<Self, String> {
        let parts = Parts::of(scheme, rest)?;
        let (master, db) = parts.path.split_once('/').unwrap_or((parts.path, ""));
        if master.is_empty() {
            return Err("names no master after the sentinels".to_owned());
        }
        let master = decoded(master);
        let placeholder = Address::Tcp {
            host: master.clone(),
            port: SERVER_PORT,
        };
        let with_login = parts.endpoint(parts.login, parts.hosts[0], SENTINEL_PORT, db)?;
        let (user, password) = sentinel_login(parts.query)?;
        let sentinels = parts.hosts.iter().map(|host| {
            let mut sentinel = parts.endpoint("", host, SENTINEL_PORT, "")?;
            if let Some(user) = &user {
                sentinel = sentinel.with_user(user);
            }
            if let Some(password) = &password {
                sentinel = sentinel.with_password(password);
            }
            Ok(sentinel)
        });
        Ok(Self {
            sentinels: sentinels.collect::<Result<_, String>>()?,
            master,
            server: with_login.at(placeholder),
        })
    }
}

impl<'a> Parts<'a> {
    fn of(scheme: &'a str, rest: &'a str) -> Result<Self, String> {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        // A password may hold anything but a question mark, so the last @ ends the login.
        let (login, rest) = rest.split_at(rest.rfind('@').map_or(0, |at| at + 1));
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        let hosts: Vec<&str> = hosts.split(',').collect();
        if hosts.iter().any(|host| host.is_empty()) {
            return Err("names no host".to_owned());
        }
        Ok(Self {
            scheme,
            login,
            hosts,
            path,
            query,
        })
    }

    /// The server at `host`, which may have a port.
    fn endpoint(&self, login: &str, host: &str, port: u16, db: &str) -> Result<Endpoint, String> {
        let scheme = self.scheme;
        let has_port = host.rfind(':') > host.rfind(']');
        if has_port {
            Endpoint::read(&format!("{scheme}://{login}{host}/{db}"))
        } else {
            Endpoint::read(&format!("{scheme}://{login}{host}:{port}/{db}"))
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, server, members) = match self {
            Self::Server(server) => return server.fmt(f),
            Self::Sentinel(sentinels) => ("sentinel", &sentinels.server, &sentinels.sentinels),
            Self::Cluster(nodes) => ("cluster", &nodes[0], nodes),
        };
        write!(f, "{}+{kind}://", server.scheme())?;
        if let Some(user) = server.user() {
            write!(f, "{user}@")?;
        }
        let addresses = members.iter().map(|member| member.address().to_string());
        f.write_str(&addresses.collect::<Vec<_>>().join(","))?;
        if let Self::Sentinel(sentinels) = self {
            write!(f, "/{}", sentinels.master)?;
        }
        match server.db() {
            0 => Ok(()),
            db => write!(f, "/{db}"),
        }
    }
}

fn is_redis(scheme: &str) -> bool {
    ["redis", "rediss", "valkey", "valkeys"].contains(&scheme)
}

fn read_cluster(scheme: &str, rest: &str) -> Result<Vec<Endpoint>, String> {
    let parts = Parts::of(scheme, rest)?;
    if !["", "0"].contains(&parts.path) {
        return Err("names a database, but a cluster has only database 0".to_owned());
    }
    if !parts.query.is_empty() {
        return Err("has parameters, which a cluster does not take".to_owned());
    }
    let nodes = parts.hosts.iter();
    nodes
        .map(|host| parts.endpoint(parts.login, host, SERVER_PORT, ""))
        .collect()
}

/// The user and the password for the sentinels themselves.
fn sentinel_login(query: &str) -> Result<(Option<String>, Option<String>), String> {
    let (mut user, mut password) = (None, None);
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name {
            "sentinel-user" => user = Some(decoded(value)),
            "sentinel-password" => password = Some(decoded(value)),
            // Its name may be part of a password that holds what ends one.
            _ => return Err("has a parameter that is not known".to_owned()),
        }
    }
    Ok((user, password))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        Target::parse(url).map_or_else(|error| error.to_string(), |target| target.to_string())
    }

    #[test]
    fn a_target_is_shown_without_its_passwords() {
        for (url, expected) in [
            ("redis://me:secret@localhost", "redis://me@localhost:6379"),
            ("unix:///run/redis.sock", "unix:///run/redis.sock"),
            (
                "redis+sentinel://me:secret@h1,h2:7000,[::1]/mymaster",
                "redis+sentinel://me@h1:26379,h2:7000,[::1]:26379/mymaster",
            ),
            (
                "rediss+sentinel://h1/my%20master/2?sentinel-user=a&sentinel-password=secret",
                "rediss+sentinel://h1:26379/my master/2",
            ),
            (
                "valkeys+cluster://:secret@h1,[::1]:7000",
                "valkeys+cluster://h1:6379,[::1]:7000",
            ),
            ("REDIS+CLUSTER://h1/0", "redis+cluster://h1:6379"),
        ] {
            assert_eq!(shown(url), expected, "{url}");
            assert!(!format!("{:?}", Target::parse(url)).contains("secret"));
        }
    }

    #[test]
    fn sentinels_have_a_login_of_their_own() {
        let url = "rediss+sentinel://me:pw@h1,h2/m/3?sentinel-user=s&sentinel-password=p%26q@";
        let Target::Sentinel(sentinels) = Target::parse(url).unwrap() else {
            panic!("not sentinels");
        };
        assert_eq!(sentinels.master, "m");
        assert_eq!(sentinels.server.credentials(), Some(vec!["me", "pw"]));
        assert_eq!(sentinels.server.db(), 3);
        for sentinel in &sentinels.sentinels {
            assert_eq!(sentinel.credentials(), Some(vec!["s", "p&q@"]));
            assert!(sentinel.is_tls() && sentinel.db() == 0);
        }
        let Target::Sentinel(plain) = Target::parse("redis+sentinel://me:pw@h1/m").unwrap() else {
            panic!("not sentinels");
        };
        assert_eq!(plain.sentinels[0].credentials(), None);
        assert_eq!(plain.sentinels[0].user(), None);
    }

    #[test]
    fn options_refine_the_servers_and_tls_the_sentinels_too() {
        let target = Target::parse("redis+sentinel://h1/m").unwrap();
        let target = target.with_user("me").with_password("pw").with_db(1);
        let target = target.with_tls();
        assert_eq!(target.to_string(), "rediss+sentinel://me@h1:26379/m/1");
        assert!(target.has_password() && target.is_tls());
        let Target::Sentinel(sentinels) = target else {
            panic!("not sentinels");
        };
        assert_eq!(sentinels.sentinels[0].to_string(), "rediss://h1:26379");
        let cluster = Target::parse("redis+cluster://h1,h2").unwrap();
        let cluster = cluster.with_tls().with_user("me");
        assert_eq!(cluster.to_string(), "rediss+cluster://me@h1:6379,h2:6379");
    }

    #[test]
    fn a_wrong_target_is_refused_in_one_line_with_the_right_form() {
        for (url, problem) in [
            ("redis+sentinel://h1:26379,h2:26379", "names no master"),
            ("redis+sentinel:///m", "names no host"),
            ("redis+sentinel://h1,,h2/m", "names no host"),
            ("redis+sentinel://h1:port/m", "port that is not a number"),
            ("redis+sentinel://h1/m/x", "database that is not a number"),
            ("redis+sentinel://h1/m?db=2", "parameter that is not known"),
            ("redis+cluster://h1/2", "only database 0"),
            ("redis+cluster://h1?a=b", "does not take"),
            ("redis+ring://h1", "does not start with"),
        ] {
            let error = Target::parse(url).unwrap_err().to_string();
            assert!(error.contains(problem), "{url}: {error}");
            assert!(error.contains("the right form is redis"), "{error}");
            assert_eq!(error.lines().count(), 1, "{url}: {error}");
        }
        let hosts = shown("redis+sentinel://h1:26379,h2:26379");
        assert!(hosts.contains("h1:26379,h2:26379"), "{hosts}");
    }

    #[test]
    fn no_complaint_shows_a_password() {
        for url in [
            "redis+sentinel://me:secret@h1",
            "redis+sentinel://me:sec/secret@h1:x/m",
            "redis+sentinel://me:a?secret@h1/m",
            "redis+sentinel://h1?sentinel-password=secret",
            "redis+sentinel://h1/m?sentinel-password=a&secret",
            "redis+sentinel://h1/m/x?sentinel-password=a@secret&sentinel-user=b",
            "redis+sentinel://me:secret,h2/m",
            "redis+cluster://:secret@h1/2",
            "redis+cluster://:secret",
            "redis+ring://me:secret@h1",
        ] {
            let error = Target::parse(url).unwrap_err();
            for text in [error.to_string(), format!("{error:?}")] {
                assert!(!text.contains("secret"), "{text}");
            }
        }
    }
}
