//! Parses the URLs of Redis servers.
//!
//! A general URL parser would follow the RFC to the letter and report a `#` in a password as "a
//! port that is not a number". This parser reports what is really wrong, and its errors never
//! contain any part of the URL.

mod connection_string;
mod parameters;

use std::net::Ipv6Addr;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;

pub(super) use self::parameters::Parameters;
pub use self::parameters::UrlSettings;
use super::endpoint_error::EndpointError;
use super::password::Password;
use crate::config::home;

/// The form of a server's address.
const SERVER_FORM: &str = "redis://[user:password@]host[:port][/db], rediss:// with TLS, \
                           unix:///path, redis+sentinel://host[,host…]/master or \
                           redis+cluster://host[,host…]";

/// The forms of an address with several servers.
const SENTINEL_FORM: &str = "redis+sentinel://[user:password@]host[:port][,host[:port]…]/master[/db]\
                             [?sentinel-user=…&sentinel-password=…]";
const CLUSTER_FORM: &str = "redis+cluster://[user:password@]host[:port][,host[:port]…]";

/// Characters that must be encoded in a login.
const RESERVED: [char; 5] = ['%', '#', '/', '?', '@'];

/// The kind of target that a URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One server over TCP.
    Server,
    /// One server over a Unix socket.
    Socket,
    /// The master known to sentinels.
    Sentinel,
    /// A cluster.
    Cluster,
}

/// A parsed and decoded URL.
pub(super) struct Url {
    pub kind: Kind,
    /// Whether the scheme is one of Valkey's.
    pub is_valkey: bool,
    pub is_tls: bool,
    pub user_info: UserInfo,
    /// The hosts; empty only for a socket.
    pub hosts: Vec<Host>,
    /// The path without its leading slash, or the whole path of a socket.
    pub path: String,
    pub parameters: Parameters,
}

/// The login before the `@`.
#[derive(Default)]
pub(super) struct UserInfo {
    pub user: Option<String>,
    pub password: Option<Password>,
    /// Whether the login is a single word without a colon, which may be a password.
    pub is_one_word: bool,
    /// The characters of the login that should have been encoded.
    pub unencoded: Vec<char>,
}

/// A host with an optional port.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub name: String,
    pub port: Option<u16>,
}

impl Kind {
    /// Returns the expected form of a URL of this kind.
    pub(super) fn right_form(self) -> &'static str {
        match self {
            Self::Server | Self::Socket => SERVER_FORM,
            Self::Sentinel => SENTINEL_FORM,
            Self::Cluster => CLUSTER_FORM,
        }
    }
}

impl Url {
    /// Parses `text`. Surrounding whitespace is ignored, and `host:port` alone is a server.
    pub(super) fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EndpointError::of_form("is empty", SERVER_FORM));
        }
        if text.contains(char::is_control) {
            let problem = "contains a line break or another control character";
            return Err(EndpointError::of_form(problem, SERVER_FORM));
        }
        if connection_string::is_one(text) {
            return connection_string::read(text);
        }
        let (scheme, rest) = scheme_of(text);
        let scheme = scheme.to_ascii_lowercase();
        let scheme = own_scheme(&scheme);
        let (name, kind) = match scheme.split_once('+') {
            Some((name, "sentinel" | "sentinel#")) => (name, Kind::Sentinel),
            Some((name, "cluster")) => (name, Kind::Cluster),
            Some(("redis" | "valkey", "unix")) => ("unix", Kind::Socket),
            _ if scheme == "unix" => ("unix", Kind::Socket),
            _ => (scheme, Kind::Server),
        };
        if !["redis", "rediss", "valkey", "valkeys", "unix"].contains(&name) {
            let problem = "has an unknown scheme";
            return Err(EndpointError::of_form(problem, SERVER_FORM));
        }
        let (user_info, hosts, mut path, parameters) = match kind {
            Kind::Socket => read_socket(rest)?,
            _ => read_tcp(kind, rest, scheme.ends_with('#'))?,
        };
        match &parameters.master {
            Some(master) if kind == Kind::Sentinel => path = format!("{master}/{path}"),
            Some(_) => {
                let problem = "names a master of sentinels, but no sentinels";
                return Err(EndpointError::of_form(problem, SENTINEL_FORM));
            }
            None => {}
        }
        Ok(Self {
            kind,
            is_valkey: name.starts_with("valkey"),
            is_tls: name.ends_with('s') && name != "redis" || parameters.is_tls,
            user_info,
            hosts,
            path,
            parameters,
        })
    }
}

/// Returns the scheme that means the same as one of PHP's clients or of Lettuce. In those that end in
/// `#`, the master's name comes after a `#`, and the path is the database.
fn own_scheme(scheme: &str) -> &str {
    match scheme {
        "tcp" => "redis",
        "tls" | "ssl" => "rediss",
        "redis-socket" => "unix",
        "redis-sentinel" => "redis+sentinel#",
        "rediss-sentinel" => "rediss+sentinel#",
        other => other,
    }
}

/// The parts of a URL after the scheme.
type Rest = (UserInfo, Vec<Host>, String, Parameters);

/// Parses what follows the scheme. If `has_master` is set, the fragment is the name of the master.
fn read_tcp(kind: Kind, rest: &str, has_master: bool) -> Result<Rest, EndpointError> {
    let wrong = |problem| EndpointError::of_form(problem, kind.right_form());
    let pieces = Pieces::of(rest);
    if let Some(login) = pieces.login_cut_short() {
        let encodings = encodings(&unencoded(login));
        return Err(EndpointError::new(format!(
            "has an unencoded character in its user or password: write {encodings}"
        )));
    }
    let user_info = UserInfo::read(pieces.login).map_err(wrong)?;
    let (master, fragment) = match (has_master, pieces.fragment) {
        (true, master) => (master, ""),
        (false, fragment) => ("", fragment),
    };
    let mut parameters = Parameters::read(pieces.query, fragment)?;
    if !master.is_empty() {
        parameters.master = Some(decoded(master).map_err(wrong)?);
    }
    if kind == Kind::Server && pieces.hosts.contains(',') {
        return Err(wrong("has several hosts".to_owned()));
    }
    let hosts = pieces.hosts.split(',').map(read_host);
    let hosts = hosts.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let path = decoded(pieces.path).map_err(wrong)?;
    Ok((user_info, hosts, path, parameters))
}

/// Parses what follows the scheme in `unix:/path` and `unix://[user:password@]/path`. A leading `~`
/// stands for the user's home directory.
fn read_socket(rest: &str) -> Result<Rest, EndpointError> {
    let wrong = |problem: String| EndpointError::of_form(problem, SERVER_FORM);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let login_end = place.find('@').filter(|at| !place[..*at].contains('/'));
    let (login, path) = match login_end {
        Some(at) => (&place[..at], &place[at + 1..]),
        None => ("", place),
    };
    let path = decoded(path).map_err(wrong)?;
    let path = home::expand(PathBuf::from(path)).map_err(wrong)?;
    if !path.is_absolute() {
        return Err(wrong("needs an absolute path".to_owned()));
    }
    let user_info = UserInfo::read(login).map_err(wrong)?;
    let parameters = Parameters::read(query, "")?;
    let path = path.to_string_lossy().into_owned();
    Ok((user_info, Vec::new(), path, parameters))
}

/// Splits a URL after `://` or, for a socket, after the colon. Text without a scheme is a socket if
/// it is a path, and a server otherwise.
fn scheme_of(text: &str) -> (&str, &str) {
    let is_path = text.starts_with(['/', '~']) && !text.starts_with("//");
    match (text.split_once("://"), text.split_once(':')) {
        _ if is_path => ("unix", text),
        (_, Some((scheme, rest))) if scheme.eq_ignore_ascii_case("unix") => (scheme, rest),
        (Some((scheme, rest)), _) if !scheme.contains(['@', ':']) => (scheme, rest),
        _ => ("redis", text.strip_prefix("//").unwrap_or(text)),
    }
}

/// The parts of a URL after the scheme, still encoded.
struct Pieces<'a> {
    /// The text that was split into the parts.
    whole: &'a str,
    /// The login without its `@`.
    login: &'a str,
    hosts: &'a str,
    path: &'a str,
    query: &'a str,
    fragment: &'a str,
}

impl<'a> Pieces<'a> {
    fn of(whole: &'a str) -> Self {
        let (rest, fragment) = whole.split_once('#').unwrap_or((whole, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        Self {
            whole,
            login,
            hosts,
            path,
            query,
            fragment,
        }
    }

    /// Returns the whole login if an unencoded character in it was taken for its end. This is the
    /// case if there is an `@` where it is not possible.
    fn login_cut_short(&self) -> Option<&'a str> {
        let is_after_hosts = self.path.contains('@') || self.fragment.contains('@');
        let is_in_query = self.query.contains('@')
            && (self.login.is_empty()
                && self.hosts.split(',').any(|host| read_host(host).is_err())
                || Parameters::is_odd(self.query));
        let end = self.whole.rfind('@')?;
        (is_after_hosts || is_in_query).then(|| &self.whole[..end])
    }
}

impl UserInfo {
    /// Parses `user:password`. A single word is taken as the user.
    fn read(text: &str) -> Result<Self, String> {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        let filled = |text| decoded(text).map(|text| Some(text).filter(|text| !text.is_empty()));
        Ok(Self {
            user: filled(user)?,
            password: filled(password)?.map(Password::from),
            // `default` is the name of the default user.
            is_one_word: !matches!(text, "" | "default") && !text.contains(':'),
            unencoded: unencoded(text),
        })
    }
}

fn read_host(text: &str) -> Result<Host, String> {
    let (name, port) = match text.rfind(':') {
        Some(colon) if Some(colon) > text.rfind(']') => (&text[..colon], &text[colon + 1..]),
        _ => (text, ""),
    };
    let port = match (port, port.parse::<u16>()) {
        // A colon without a port means the default port.
        ("", _) => None,
        (_, Ok(port @ 1..)) => Some(port),
        _ => return Err("has a port that is not a number from 1 to 65535".to_owned()),
    };
    if let Some(address) = name.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        let address = address.replacen("%25", "%", 1);
        let number = address.split('%').next().unwrap_or_default();
        if number.parse::<Ipv6Addr>().is_err() {
            return Err("has no IPv6 address in its brackets".to_owned());
        }
        let name = address;
        return Ok(Host { name, port });
    }
    let name = decoded(name)?;
    let is_odd = |letter: char| letter.is_whitespace() || r#"[]<>"'`\^{|}%@/"#.contains(letter);
    match name.as_str() {
        "" => Err("has no host".to_owned()),
        "0.0.0.0" => Err("has 0.0.0.0, an address to listen on: connect to 127.0.0.1".to_owned()),
        name if name.contains(':') => {
            Err("has an IPv6 address without brackets: write it as [::1]:6379".to_owned())
        }
        name if name.contains(is_odd) => Err("has an invalid character in the host".to_owned()),
        _ => Ok(Host { name, port }),
    }
}

fn decoded(text: &str) -> Result<String, String> {
    let bytes = percent_decode_str(text).decode_utf8();
    let text = bytes.map_err(|_| "has %-escapes that are not UTF-8".to_owned())?;
    if text.contains('\0') {
        return Err("contains a NUL (%00)".to_owned());
    }
    Ok(text.into_owned())
}

/// Returns the characters of a login that should be encoded, without duplicates.
fn unencoded(login: &str) -> Vec<char> {
    let is_found = |letter: &char| match letter {
        '%' => has_bare_percent(login),
        letter => login.contains(*letter),
    };
    RESERVED.into_iter().filter(is_found).collect()
}

/// Returns whether `text` contains a `%` that does not start an escape.
fn has_bare_percent(text: &str) -> bool {
    text.split('%').skip(1).any(|after| {
        let digits = after.as_bytes().get(..2);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Describes how to write each of these characters in a login.
pub(super) fn encodings(characters: &[char]) -> String {
    let encode = |letter: &char| format!("'{letter}' as %{:02X}", u32::from(*letter));
    let encodings: Vec<String> = characters.iter().map(encode).collect();
    encodings.join(" and ")
}
