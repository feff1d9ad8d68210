//! Connection targets: one server, the master known to sentinels, or a cluster.

use std::fmt;

use super::endpoint::{Address, Endpoint, SERVER_PORT, db_in};
use super::endpoint_error::EndpointError;
use super::login_source::LoginSource;
use super::password::Password;
use super::url::{Kind, Url, UrlSettings, encodings};

const SENTINEL_PORT: u16 = 26379;

/// The source of the messages.
///
/// Neither `Display` nor `Debug` shows a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A single server.
    Server(Endpoint),
    /// The server that sentinels report as the master.
    Sentinel(Sentinels),
    /// A cluster, discovered through any of these nodes. There is at least one.
    Cluster(Vec<Endpoint>),
}

/// Sentinels, and the settings for the master they report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentinels {
    /// The sentinels, each with its own login. There is at least one.
    pub sentinels: Vec<Endpoint>,
    /// The name by which the sentinels know the master.
    pub master: String,
    /// Login, TLS setting and database for the master. Its address is a placeholder for the one
    /// that the sentinels report: see [`Endpoint::at`].
    pub server: Endpoint,
}

impl From<Endpoint> for Target {
    fn from(endpoint: Endpoint) -> Self {
        Self::Server(endpoint)
    }
}

/// The servers that a password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginAt {
    /// Those that deliver the messages.
    Servers,
    /// The sentinels.
    Sentinels,
}

/// A target and additional information from its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedUrl {
    /// The source of the messages.
    pub target: Target,
    /// Whether the login is a single word: a user according to the RFC, but a password for
    /// redis-cli.
    pub has_one_word: bool,
    /// The other settings in the URL.
    pub settings: UrlSettings,
    /// Warnings for the user.
    pub remarks: Vec<UrlRemark>,
}

/// A warning about a URL that is nevertheless usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlRemark {
    /// The names of parameters without effect: unknown ones, and those that tune other clients.
    WithoutEffect(Vec<String>),
    /// How to encode characters in the login that other clients do not accept unencoded.
    Unencoded(String),
}

impl Target {
    /// Parses `redis+sentinel://` and `redis+cluster://` URLs, in which `redis` may also be
    /// `rediss`, `valkey` or `valkeys`, and everything that [`Endpoint::parse`] accepts.
    ///
    /// # Errors
    ///
    /// Returns an error that says what is wrong with `url` and which form is expected.
    pub fn parse(url: &str) -> Result<ParsedUrl, EndpointError> {
        let url = Url::parse(url)?;
        let wrong = |problem| EndpointError::of_form(problem, url.kind.right_form());
        let target = match url.kind {
            Kind::Server | Kind::Socket => Self::Server(Endpoint::read(&url)?),
            Kind::Sentinel => Self::Sentinel(Sentinels::read(&url).map_err(wrong)?),
            Kind::Cluster => Self::Cluster(read_cluster(&url).map_err(wrong)?),
        };
        let has_sentinel_login =
            url.parameters.sentinel_user.is_some() || url.parameters.sentinel_password.is_some();
        if has_sentinel_login && url.kind != Kind::Sentinel {
            return Err(wrong("has a login for sentinels, but no sentinels"));
        }
        let mut remarks = Vec::new();
        if !url.parameters.without_effect.is_empty() {
            remarks.push(UrlRemark::WithoutEffect(url.parameters.without_effect));
        }
        let unencoded = &url.user_info.unencoded;
        if !unencoded.is_empty() {
            remarks.push(UrlRemark::Unencoded(encodings(unencoded)));
        }
        Ok(ParsedUrl {
            target,
            has_one_word: url.user_info.is_one_word,
            settings: url.parameters.settings,
            remarks,
        })
    }

    /// Returns whether there is any password, for the servers or for the sentinels.
    pub fn holds_password(&self) -> bool {
        let has_password = |endpoint: &Endpoint| endpoint.password.is_some();
        has_password(self.server())
            || matches!(self, Self::Sentinel(of) if of.sentinels.iter().any(has_password))
    }

    /// Returns whether the user named `address`, of a server or a sentinel.
    pub(super) fn names(&self, address: &Address) -> bool {
        let named: &[Endpoint] = match self {
            Self::Server(server) => std::slice::from_ref(server),
            Self::Sentinel(sentinels) => &sentinels.sentinels,
            Self::Cluster(nodes) => nodes,
        };
        named.iter().any(|endpoint| endpoint.address() == address)
    }

    /// Returns the address of the server, or of one of the nodes or sentinels if there are several.
    pub fn any_address(&self) -> &Address {
        match self {
            Self::Sentinel(sentinels) => sentinels.sentinels[0].address(),
            Self::Server(_) | Self::Cluster(_) => self.server().address(),
        }
    }

    /// Returns the target with `password` for the servers. Sentinels keep their own login.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.change_servers(|server| server.password = Some(password.into()));
        self
    }

    /// Returns the target with `source` for all logins at the servers, and with the user that goes
    /// with it, if it is known. Sentinels keep their own login.
    #[must_use]
    pub fn with_login_source(mut self, source: &LoginSource, user: Option<&str>) -> Self {
        self.change_servers(|server| {
            server.source = Some(source.clone());
            server.user = user.map(str::to_owned).or(server.user.take());
        });
        self
    }

    /// Lets all servers share the source of their logins, and all sentinels theirs, so that a password
    /// can be set for all of them later.
    pub(crate) fn share_logins(&mut self) {
        let source = self.server().source.clone().unwrap_or_default();
        self.change_servers(|server| server.source = Some(source.clone()));
        if let Self::Sentinel(Sentinels { sentinels, .. }) = self {
            let source = LoginSource::default();
            for sentinel in sentinels {
                sentinel.source = Some(source.clone());
            }
        }
    }

    /// Sets the password for all later logins. Requires [`Self::share_logins`].
    pub(crate) fn set_typed_password(&self, at: LoginAt, password: Password) {
        let endpoint = match (at, self) {
            (LoginAt::Sentinels, Self::Sentinel(of)) => &of.sentinels[0],
            _ => self.server(),
        };
        if let Some(source) = &endpoint.source {
            source.set_typed(password);
        }
    }

    /// Returns the target with TLS for sentinels and servers.
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.change_servers(|server| server.is_tls = true);
        if let Self::Sentinel(Sentinels { sentinels, .. }) = &mut self {
            for sentinel in sentinels {
                sentinel.is_tls = true;
            }
        }
        self
    }

    /// Returns an endpoint that represents all servers, which share their settings.
    pub fn server(&self) -> &Endpoint {
        match self {
            Self::Server(server) => server,
            Self::Sentinel(sentinels) => &sentinels.server,
            Self::Cluster(nodes) => &nodes[0],
        }
    }

    /// Applies `change` to the endpoints of the servers. Sentinels keep their own login.
    pub fn change_servers(&mut self, change: impl Fn(&mut Endpoint)) {
        match self {
            Self::Server(server) => change(server),
            Self::Sentinel(sentinels) => change(&mut sentinels.server),
            Self::Cluster(nodes) => nodes.iter_mut().for_each(change),
        }
    }
}

impl Sentinels {
    fn read(url: &Url) -> Result<Self, &'static str> {
        let (master, db) = url.path.split_once('/').unwrap_or((&url.path, ""));
        if master.is_empty() {
            return Err("has no master name after the sentinels");
        }
        let placeholder = Address::tcp(master, SERVER_PORT);
        let parameters = &url.parameters;
        let db = parameters.db.map_or_else(|| db_in(db), Ok)?;
        let sentinels = url.hosts.iter().map(|host| {
            let mut sentinel = Endpoint::of(url, host.address(SENTINEL_PORT), 0);
            sentinel.user.clone_from(&parameters.sentinel_user);
            sentinel.password.clone_from(&parameters.sentinel_password);
            sentinel
        });
        Ok(Self {
            sentinels: sentinels.collect(),
            master: master.to_owned(),
            server: Endpoint::of(url, placeholder, db),
        })
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
        if let Some(user) = &server.user {
            write!(f, "{user}@")?;
        }
        let addresses = members.iter().map(|member| member.address().to_string());
        f.write_str(&addresses.collect::<Vec<_>>().join(","))?;
        if let Self::Sentinel(sentinels) = self {
            write!(f, "/{}", sentinels.master)?;
        }
        match server.db {
            0 => Ok(()),
            db => write!(f, "/{db}"),
        }
    }
}

fn read_cluster(url: &Url) -> Result<Vec<Endpoint>, &'static str> {
    let db = url.parameters.db.map_or_else(|| db_in(&url.path), Ok)?;
    if db > 0 {
        return Err("has a database, but a cluster has only database 0");
    }
    let nodes = url.hosts.iter();
    let nodes = nodes.map(|host| Endpoint::of(url, host.address(SERVER_PORT), 0));
    Ok(nodes.collect())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(url).unwrap().target
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
            let target = target(url);
            assert_eq!(target.to_string(), expected, "{url}");
            assert!(!format!("{target:?}").contains("secret"));
        }
    }

    #[test]
    fn sentinels_have_a_login_of_their_own() {
        let url = "rediss+sentinel://me:pw@h1,h2/m/3?sentinel-user=s&sentinel-password=p%26q@";
        let Target::Sentinel(sentinels) = target(url) else {
            panic!("not sentinels");
        };
        assert_eq!(sentinels.master, "m");
        assert_eq!(sentinels.server.credentials(), Some(vec!["me", "pw"]));
        assert_eq!(sentinels.server.db, 3);
        for sentinel in &sentinels.sentinels {
            assert_eq!(sentinel.credentials(), Some(vec!["s", "p&q@"]));
            assert!(sentinel.is_tls() && sentinel.db == 0);
        }
        let Target::Sentinel(plain) = target("redis+sentinel://me:pw@h1/m") else {
            panic!("not sentinels");
        };
        assert_eq!(plain.sentinels[0].credentials(), None);
        assert_eq!(plain.sentinels[0].user, None);
    }

    #[test]
    fn options_apply_to_the_servers_and_tls_to_the_sentinels_too() {
        let changed = |url| {
            let mut target = target(url).with_password("pw").with_tls();
            target.change_servers(|server| server.user = Some("me".to_owned()));
            target
        };
        let sentinel = changed("redis+sentinel://h1/m/1");
        assert_eq!(sentinel.to_string(), "rediss+sentinel://me@h1:26379/m/1");
        assert_eq!(sentinel.server().credentials(), Some(vec!["me", "pw"]));
        assert!(sentinel.server().is_tls());
        let Target::Sentinel(sentinels) = sentinel else {
            panic!("not sentinels");
        };
        assert_eq!(sentinels.sentinels[0].to_string(), "rediss://h1:26379");
        let cluster = changed("redis+cluster://h1,h2");
        assert_eq!(cluster.to_string(), "rediss+cluster://me@h1:6379,h2:6379");
    }

    #[test]
    fn an_invalid_target_is_refused_in_one_line_with_the_right_form() {
        for (url, problem) in [
            ("redis+sentinel://h1:26379,h2:26379", "has no master"),
            ("redis+sentinel:///m", "has no host"),
            ("redis+sentinel://h1,,h2/m", "has no host"),
            ("redis+sentinel://h1:port/m", "port that is not a number"),
            ("redis+sentinel://h1/m/x", "database that is not a number"),
            ("redis+cluster://h1/2", "only database 0"),
            ("redis+cluster://h1?db=2", "only database 0"),
            ("redis+cluster://h1?sentinel-user=a", "no sentinels"),
            ("redis+ring://h1", "unknown scheme"),
        ] {
            let error = Target::parse(url).unwrap_err().to_string();
            assert!(error.contains(problem), "{url}: {error}");
            assert!(error.contains("expected redis"), "{error}");
            assert_eq!(error.lines().count(), 1, "{url}: {error}");
        }
    }

    #[test]
    fn a_url_yields_its_remarks_too() {
        let parsed = |url| Target::parse(url).unwrap();
        let plain = parsed("rediss://me:pw@h/1?ssl_cert_reqs=required&family=0");
        assert_eq!(
            (plain.settings, plain.remarks),
            (UrlSettings::default(), Vec::new())
        );
        for (url, insecure) in [
            ("rediss://h?ssl_cert_reqs=none", "ssl_cert_reqs=none"),
            ("rediss://h?ssl_cert_reqs=CERT_NONE", "ssl_cert_reqs=none"),
            ("rediss://h?skip_verify=true", "skip_verify=true"),
            ("rediss://h?verifyPeer=NONE", "verifyPeer=NONE"),
            (
                "rediss://h?rejectUnauthorized=false",
                "rejectUnauthorized=false",
            ),
            ("tls://h?ssl[verify_peer]=0", "ssl[verify_peer]=0"),
            ("rediss://h/#insecure", "#insecure"),
        ] {
            assert_eq!(parsed(url).settings.insecure, Some(insecure), "{url}");
        }
        let idle = parsed("redis+cluster://h?speed=9&decode_responses=True&protocol=3");
        let names = ["speed", "decode_responses", "protocol"].map(str::to_owned);
        assert_eq!(idle.remarks, [UrlRemark::WithoutEffect(names.into())]);
        let unencoded = parsed("redis://me:p@ss%@h").remarks;
        let words = "'%' as %25 and '@' as %40".to_owned();
        assert_eq!(unencoded, [UrlRemark::Unencoded(words)]);
    }

    #[test]
    fn a_password_anywhere_in_the_url_is_found() {
        for (url, holds) in [
            ("redis://me@h", false),
            ("redis://:pw@h", true),
            ("redis+sentinel://me@h/m", false),
            ("redis+sentinel://h/m?sentinel-password=pw", true),
            ("redis+cluster://:pw@h", true),
        ] {
            assert_eq!(target(url).holds_password(), holds, "{url}");
        }
    }

    #[test]
    fn no_error_shows_a_password() {
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
            "redis://me:secret@localhost:port",
            "redis://:secret@local host",
            "redis://:sec/ret@localhost:x",
            "redis://:p@secret@localhost:x",
            "redis://:secret",
            "redis://me:secret",
            "redis://secret@host:x",
            "redis://host/secret",
            "rediss://me:secret@localhost:port",
            "redis://localhost/x?db=1&pass=a@secret",
            "redis://:a?secret=1@localhost",
            "unix:///x?pass=a&secret=1",
            "http://me:secret@localhost/?a",
            "unix://x?pass=secret&db=1",
        ] {
            let error = Target::parse(url).unwrap_err();
            let of_endpoint = Endpoint::parse(url).err();
            let of_endpoint = of_endpoint.map(|error| [error.to_string(), format!("{error:?}")]);
            let texts = [error.to_string(), format!("{error:?}")];
            for text in texts.into_iter().chain(of_endpoint.into_iter().flatten()) {
                assert!(!text.replace('/', "").contains("secret"), "{text}");
            }
        }
    }
}
