//! The parameters of a URL: those that this program uses, and those of other clients.

use percent_encoding::percent_decode_str;

use crate::server::connect::endpoint_error::EndpointError;
use crate::server::connect::password::Password;

/// Parameters of redis-py, ioredis, node-redis, go-redis, Lettuce, Jedis, Predis and redis-rb that
/// tune the client and are ignored here. None of them affects the choice of server, the login or
/// the received messages. They are written in lower case, without `_` and `-`.
const OF_OTHER_CLIENTS: &str = "
    autoresubscribe clientname commandtimeout connecttimeout connectionname connmaxidletime
    connmaxlifetime decoderesponses dialtimeout driver enableofflinequeue enablereadycheck
    encoding encodingerrors family healthcheckinterval idlecheckfrequency idletimeout keepalive
    lazyconnect libname libraryname libraryversion libver libversion maxactiveconns maxconnage
    maxconnections maxidleconns maxretries maxretriesperrequest maxretrybackoff minidleconns
    minretrybackoff name nodelay noready persistent poolfifo poolsize pooltimeout protocol
    readtimeout readwritetimeout reconnectattempts resp retryinterval retryonerror
    retryontimeout showfriendlyerrorstack singleconnectionclient sockettimeout
    socketconnecttimeout socketkeepalive socketreadsize sockettype stringnumbers timeout
    writetimeout
";

/// Parameters that are replaced by a command-line option, each with that option.
const OPTIONS: &[(&str, &str)] = &[
    ("sslcacerts", "--cacert FILE"),
    ("sslcapath", "--cacert FILE"),
    ("sslcadata", "--cacert FILE"),
    ("sslcertfile", "--cert FILE"),
    ("sslkeyfile", "--key FILE"),
    ("servername", "--sni NAME"),
    ("sslservername", "--sni NAME"),
    ("tlsservername", "--sni NAME"),
];

/// Parameter names longer than this are not repeated in errors.
const LONGEST_NAME: usize = 32;

/// The parsed parameters of a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    pub db: Option<i64>,
    pub user: Option<String>,
    pub password: Option<Password>,
    pub sentinel_user: Option<String>,
    pub sentinel_password: Option<Password>,
    pub is_tls: bool,
    /// The parameter that disables certificate verification, such as `ssl_cert_reqs=none`.
    pub insecure: Option<&'static str>,
    /// The names of unknown parameters.
    pub unknown: Vec<String>,
}

impl Parameters {
    pub(super) fn read(query: &str, fragment: &str) -> Result<Self, EndpointError> {
        let mut parameters = Self::default();
        for (name, value) in pairs(query) {
            if !parameters.take(name, value)? {
                parameters.take_unknown(name)?;
            }
        }
        match fragment {
            "" => {}
            "insecure" => parameters.insecure = Some("#insecure"),
            _ => {
                let problem = "has text after '#': in a password, write '#' as %23";
                return Err(EndpointError::new(problem));
            }
        }
        Ok(parameters)
    }

    /// Returns whether the query may be the end of a password, because it contains an `@` that is
    /// not in the value of a known parameter.
    pub(super) fn is_odd(query: &str) -> bool {
        pairs(query).any(|(name, value)| {
            let is_unknown = Self::default().take(name, value) == Ok(false);
            name.contains('@') || value.contains('@') && is_unknown
        })
    }

    /// Applies a parameter. Returns whether its name is known.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, EndpointError> {
        let wrong = |right: &str| {
            let problem = format!("has the parameter '{name}' with a value other than {right}");
            EndpointError::new(problem)
        };
        let is_on = || flag(value).ok_or_else(|| wrong("true or false"));
        let misplaced =
            |right: &str| EndpointError::new(format!("has the parameter '{name}': {right}"));
        match normalized(name).as_str() {
            "db" | "database" | "dbindex" => match decoded(value).parse() {
                Ok(db @ 0..) => self.db = Some(db),
                _ => return Err(wrong("a database number")),
            },
            "user" | "username" => self.user = filled(value),
            "pass" | "password" => self.password = filled(value).map(Password::from),
            "sentineluser" | "sentinelusername" => self.sentinel_user = filled(value),
            "sentinelpass" | "sentinelpassword" => {
                self.sentinel_password = filled(value).map(Password::from);
            }
            "ssl" | "tls" | "usessl" | "usetls" => self.is_tls = is_on()?,
            "sslcertreqs" => match decoded(value).to_ascii_lowercase().as_str() {
                "none" | "cert_none" | "0" => self.insecure = Some("ssl_cert_reqs=none"),
                "optional" | "required" | "cert_optional" | "cert_required" | "1" | "2" => {}
                _ => return Err(wrong("none, optional or required")),
            },
            "verifypeer" => match decoded(value).to_ascii_lowercase().as_str() {
                "none" | "false" => self.insecure = Some("verifyPeer=NONE"),
                "full" | "true" => {}
                _ => return Err(wrong("NONE or FULL; to trust a CA, use --cacert FILE")),
            },
            "skipverify" => {
                if is_on()? {
                    self.insecure = Some("skip_verify=true");
                }
            }
            "sslcheckhostname" => {
                if flag(value) != Some(true) {
                    let right =
                        "true; use --sni NAME to check another name, --insecure to check none";
                    return Err(wrong(right));
                }
            }
            "addr" | "mastername" | "sentinelmasterid" | "rediscluster" | "redissentinel" => {
                return Err(misplaced(
                    "for several servers use \
                     redis+sentinel://host,…/master or redis+cluster://host,…",
                ));
            }
            other if OF_OTHER_CLIENTS.split_whitespace().any(|of| of == other) => {}
            other => match OPTIONS.iter().find(|(name, _)| *name == other) {
                Some((_, option)) => return Err(misplaced(&format!("use {option} instead"))),
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// Handles an unknown parameter. A parameter that may concern encryption must not be ignored.
    fn take_unknown(&mut self, name: &str) -> Result<(), EndpointError> {
        // After a password, what looks like a parameter may be part of the password.
        let is_first = self.password.is_none() && self.sentinel_password.is_none();
        let is_shown = is_first && is_shown(name);
        let normalized = normalized(name);
        let mut security_words = ["ssl", "tls", "cert", "verify", "secure"].iter();
        let is_security = security_words.any(|word| normalized.contains(word));
        match (is_security, is_shown) {
            (true, true) => Err(EndpointError::new(format!(
                "has the parameter '{name}', which is unknown: for TLS use rediss://, --cacert, \
                 --cert, --key, --sni and --insecure"
            ))),
            (false, true) => {
                self.unknown.push(name.to_owned());
                Ok(())
            }
            (_, false) => Err(EndpointError::new(
                "has an unknown parameter; in a password, write '?' as %3F and '&' as %26",
            )),
        }
    }
}

/// Iterates over the parameters and their values, which are still encoded.
fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let parameters = query.split('&').filter(|parameter| !parameter.is_empty());
    parameters.map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
}

/// Normalizes a name for comparison, since clients spell the same name differently.
fn normalized(name: &str) -> String {
    name.replace(['_', '-'], "").to_ascii_lowercase()
}

/// Returns whether an unknown name may be repeated in an error because it looks like a parameter
/// name.
fn is_shown(name: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    name.len() <= LONGEST_NAME
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.bytes().all(is_usual)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn filled(value: &str) -> Option<String> {
    Some(decoded(value)).filter(|text| !text.is_empty())
}

fn flag(value: &str) -> Option<bool> {
    match decoded(value).to_ascii_lowercase().as_str() {
        "" | "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}
