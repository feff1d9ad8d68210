//! The parameters of a URL: those that this program uses, and those of other clients.

use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::config::home;
use crate::server::connect::endpoint_error::EndpointError;
use crate::server::connect::password::Password;
use crate::server::connect::resolver::Family;

/// Parameters of redis-py, ioredis, node-redis, go-redis, Lettuce, Jedis, Predis, redis-rb and
/// `StackExchange.Redis` that tune the client and have no effect here, at least if their value is not
/// understood. None of them affects the choice of server, the login or the received messages. They
/// are written in lower case, without `_` and `-`.
const OF_OTHER_CLIENTS: &str = "
    abortconnect allowadmin asynctimeout autoresubscribe channelprefix checkcertificaterevocation
    clientname commandtimeout configchannel configcheckseconds connectionname connectretry
    connecttimeout connmaxidletime connmaxlifetime decoderesponses dialtimeout driver enableofflinequeue enablereadycheck
    encoding encodingerrors family globalkeyprefix healthcheckinterval idlecheckfrequency idletimeout
    keepalive keyprefix lazyconnect libname libraryname libraryversion libver libversion
    maxactiveconns maxconnage maxconnections maxidleconns maxretries maxretriesperrequest
    maxretrybackoff minidleconns minretrybackoff name nodelay noready persistent poolfifo poolsize
    pooltimeout preserveasyncorder protocol proxy readtimeout readwritetimeout reconnectattempts
    resolvedns resp responsetimeout retryinterval retryonerror retryontimeout
    showfriendlyerrorstack singleconnectionclient sockettimeout socketconnecttimeout socketkeepalive socketreadsize
    sockettype sslciphers sslminversion sslprotocols stringnumbers synctimeout tiebreaker timeout
    tlsminversion version virtualhost writebuffer writetimeout
";

/// Parameters that only a command-line option replaces, each with that option.
const OPTIONS: &[(&str, &str)] = &[("sslcadata", "--cacert FILE")];

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
    /// Whether the host's name is not to be compared with that in the certificate.
    refuses_names: bool,
    /// The master that sentinels know, in the form of Lettuce and `StackExchange.Redis`.
    pub master: Option<String>,
    pub settings: UrlSettings,
    /// The names of parameters without effect: unknown ones, and those that tune other clients.
    pub without_effect: Vec<String>,
}

/// Settings in a URL other than the target. Options override them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlSettings {
    /// The CA certificates to trust.
    pub cacert: Option<PathBuf>,
    /// The client certificate.
    pub cert: Option<PathBuf>,
    /// The private key of the client certificate.
    pub key: Option<PathBuf>,
    /// The server name to request and verify.
    pub sni: Option<String>,
    /// The part of the URL that disables certificate verification, such as `ssl_cert_reqs=none`.
    pub insecure: Option<&'static str>,
    /// The name of the connections in `CLIENT LIST`.
    pub client_name: Option<String>,
    /// Timeout for establishing a connection.
    pub connect_within: Option<Duration>,
    /// The preferred version of IP.
    pub family: Option<Family>,
}

impl UrlSettings {
    /// Returns whether a file or name is set that matters only with TLS.
    pub fn has_certificates(&self) -> bool {
        self.cacert.is_some() || self.cert.is_some() || self.key.is_some() || self.sni.is_some()
    }
}

impl Parameters {
    pub(super) fn read(query: &str, fragment: &str) -> Result<Self, EndpointError> {
        let mut parameters = Self::default();
        for (name, value) in pairs(query) {
            parameters.add(name, value)?;
        }
        match fragment {
            "" => {}
            "insecure" => parameters.settings.insecure = Some("#insecure"),
            _ => {
                let problem = "has text after '#': in a password, write '#' as %23";
                return Err(EndpointError::new(problem));
            }
        }
        if parameters.refuses_names && parameters.settings.insecure.is_none() {
            let problem = "skips the check of the host name only: use --sni NAME to check another \
                           name, --insecure to check none";
            return Err(EndpointError::new(problem));
        }
        Ok(parameters)
    }

    /// Applies a parameter, known or not.
    pub(super) fn add(&mut self, name: &str, value: &str) -> Result<(), EndpointError> {
        if self.take(name, value)? {
            return Ok(());
        }
        self.take_unknown(name)
    }

    /// Returns whether `name` is that of a known parameter.
    pub(super) fn knows(name: &str) -> bool {
        Self::default().take(name, "") != Ok(false)
    }

    /// Returns whether the query may be the end of a password, because it contains an `@` that is
    /// not in the value of a known parameter.
    pub(super) fn is_odd(query: &str) -> bool {
        pairs(query)
            .any(|(name, value)| name.contains('@') || value.contains('@') && !Self::knows(name))
    }

    /// Applies a parameter. Returns whether its name is known.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, EndpointError> {
        let wrong = |right: &str| {
            let problem = format!("has the parameter '{name}' with a value other than {right}");
            EndpointError::new(problem)
        };
        let misplaced =
            |right: &str| EndpointError::new(format!("has the parameter '{name}': {right}"));
        let normalized = normalized(name);
        match normalized.as_str() {
            "db" | "database" | "dbindex" | "defaultdatabase" => match decoded(value).parse() {
                Ok(db @ 0..) => self.db = Some(db),
                _ => return Err(wrong("a database number")),
            },
            "user" | "username" => self.user = filled(value),
            "pass" | "password" | "auth" => self.password = filled(value).map(Password::from),
            "sentineluser" | "sentinelusername" => self.sentinel_user = filled(value),
            "sentinelpass" | "sentinelpassword" => {
                self.sentinel_password = filled(value).map(Password::from);
            }
            "sentinelmasterid" | "servicename" => self.master = filled(value),
            "addr" | "mastername" | "rediscluster" | "redissentinel" => {
                return Err(misplaced(
                    "for several servers use \
                     redis+sentinel://host,…/master or redis+cluster://host,…",
                ));
            }
            other if self.take_setting(other, value) => {}
            other => {
                if self.take_tls(other, value, wrong)? {
                    return Ok(true);
                }
                if OF_OTHER_CLIENTS.split_whitespace().any(|of| of == other) {
                    self.without_effect.push(name.to_owned());
                } else if let Some((_, option)) = OPTIONS.iter().find(|(name, _)| *name == other) {
                    return Err(misplaced(&format!("use {option} instead")));
                } else {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Applies a parameter about the connection. Returns whether `name` is one, and the value is
    /// understood.
    fn take_setting(&mut self, name: &str, value: &str) -> bool {
        let settings = &mut self.settings;
        let value = decoded(value);
        match name {
            "clientname" | "connectionname" => {
                let is_name =
                    |name: &String| !name.contains(|letter: char| !letter.is_ascii_graphic());
                settings.client_name = Some(value).filter(|name| !name.is_empty() && is_name(name));
                settings.client_name.is_some()
            }
            // redis-py and go-redis count seconds, the others milliseconds.
            "socketconnecttimeout" | "dialtimeout" | "connecttimeout" => {
                let unit = if name == "connecttimeout" { 0.001 } else { 1.0 };
                settings.connect_within = time(&value, unit);
                settings.connect_within.is_some()
            }
            "family" => {
                settings.family = match value.to_ascii_lowercase().as_str() {
                    "4" | "ipv4" => Some(Family::V4),
                    "6" | "ipv6" => Some(Family::V6),
                    _ => return value == "0",
                };
                true
            }
            _ => false,
        }
    }

    /// Applies a parameter about TLS. Returns whether `name` is one. `wrong` creates the error about
    /// the value.
    fn take_tls(
        &mut self,
        name: &str,
        value: &str,
        wrong: impl Fn(&str) -> EndpointError,
    ) -> Result<bool, EndpointError> {
        let is_on = || flag(value).ok_or_else(|| wrong("true or false"));
        let settings = &mut self.settings;
        match name {
            "ssl" | "tls" | "usessl" | "usetls" => self.is_tls = is_on()?,
            "sslcertreqs" => {
                let all = [
                    "optional",
                    "required",
                    "cert_optional",
                    "cert_required",
                    "1",
                    "2",
                ];
                let is_none = choice(value, &["none", "cert_none", "0"], &all);
                if is_none.ok_or_else(|| wrong("none, optional or required"))? {
                    settings.insecure = Some("ssl_cert_reqs=none");
                }
            }
            "verifypeer" => {
                let is_none = choice(value, &["none", "false"], &["full", "true"]);
                let right = "NONE or FULL; to trust a CA, use --cacert FILE";
                if is_none.ok_or_else(|| wrong(right))? {
                    settings.insecure = Some("verifyPeer=NONE");
                }
            }
            "skipverify" => {
                if is_on()? {
                    settings.insecure = Some("skip_verify=true");
                }
            }
            "rejectunauthorized" => {
                if !is_on()? {
                    settings.insecure = Some("rejectUnauthorized=false");
                }
            }
            "ssl[verifypeer]" => {
                if !is_on()? {
                    settings.insecure = Some("ssl[verify_peer]=0");
                }
            }
            "sslcheckhostname" | "ssl[verifypeername]" => self.refuses_names = !is_on()?,
            "sslcacerts" | "sslcapath" | "ssl[cafile]" => settings.cacert = path(value)?,
            "sslcertfile" | "ssl[localcert]" => settings.cert = path(value)?,
            "sslkeyfile" | "ssl[localpk]" => settings.key = path(value)?,
            "servername" | "sslservername" | "tlsservername" | "sslhost" => {
                settings.sni = filled(value);
            }
            _ => return Ok(false),
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
                self.without_effect.push(name.to_owned());
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

/// Parses a number of seconds, or of what `unit` is in seconds, or a number with a unit.
fn time(text: &str, unit: f64) -> Option<Duration> {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &text[number.len()..] {
        "" => unit,
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    let time = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()?;
    (!time.is_zero()).then_some(time)
}

/// Parses a path, whose leading `~` stands for the home folder.
fn path(value: &str) -> Result<Option<PathBuf>, EndpointError> {
    let Some(text) = filled(value) else {
        return Ok(None);
    };
    let path = home::expand(PathBuf::from(text));
    path.map(Some).map_err(EndpointError::new)
}

/// Returns whether the value is one of `yes`, and `None` if it is not one of `no` either.
fn choice(value: &str, yes: &[&str], no: &[&str]) -> Option<bool> {
    let value = decoded(value).to_ascii_lowercase();
    let is_yes = yes.contains(&value.as_str());
    (is_yes || no.contains(&value.as_str())).then_some(is_yes)
}

fn flag(value: &str) -> Option<bool> {
    match decoded(value).to_ascii_lowercase().as_str() {
        "" | "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}
