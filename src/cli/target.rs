//! Finds the server, and how to log in, from the command line and the environment.

mod way;

use std::env;
use std::path::Path;

pub use way::{ssh, via};

use subscope::config::holds_login;
use subscope::server::{
    Address, AddressMap, Endpoint, OptionError, ParsedUrl, Password, Target, Tls, TlsSettings,
    UrlRemark, UrlSettings, Via,
};
use zeroize::Zeroizing;

use self::way::way;
use super::{Server, Tls as TlsOptions};
use crate::host::failure::line;

/// The warnings for a password on the command line.
const VISIBLE_PASSWORD: &str = "-a: other users can see the password in the process list; use \
                                SUBSCOPE_PASSWORD or --askpass";
const VISIBLE_URL: &str = "-u: other users can see its password in the process list; use \
                           SUBSCOPE_URL, SUBSCOPE_PASSWORD or --askpass";

/// The warning for a user without a password. It does not repeat the name, which may be a misplaced
/// password.
const IDLE_USER: &str = "the user is ignored without a password (logging in as the default user); \
                         use --askpass, or --pass '' if the user needs none";

/// The warning for `redis://word@host`.
const ONE_WORD: &str = "has one word before the @, read as the password, as in redis-cli; for a \
                        user write user:password, or use --user NAME";

/// The option with the password command.
pub const PASSWORD_COMMAND: &str = "--password-command";

/// The warning for a password command that is not run.
const IDLE_COMMAND: &str = "--password-command is not run: the URL already has a password";

/// The server found from the command line and the environment.
pub struct Found {
    pub target: Target,
    /// The loaded TLS settings, if the target uses TLS.
    pub tls: Option<LoadedTls>,
    /// The settings of the connections, except for those of TLS.
    pub settings: UrlSettings,
    /// The command that connections go through, if any.
    pub via: Option<Via>,
    /// Where announced servers can be reached.
    pub address_map: AddressMap,
    /// The shell command that prints the password of every login, if no other one applies.
    pub password_command: Option<String>,
    /// Warnings for the user; the program continues.
    pub warnings: Vec<String>,
}

impl Found {
    /// Returns a server without any options.
    pub fn at(endpoint: Endpoint) -> Self {
        Self {
            target: endpoint.into(),
            tls: None,
            settings: UrlSettings::default(),
            via: None,
            address_map: AddressMap::default(),
            password_command: None,
            warnings: Vec::new(),
        }
    }
}

/// The TLS settings, and the configuration loaded from them.
pub struct LoadedTls {
    pub settings: TlsSettings,
    pub tls: Tls,
}

/// The server named by a URL or by options.
struct Requested {
    target: Target,
    /// The option or variable that names the server.
    source: &'static str,
    /// The settings in the URL.
    settings: UrlSettings,
    /// Warnings about the URL.
    warnings: Vec<String>,
}

/// Finds the server and its password, and prompts for the password if asked to.
pub fn find(options: &Server) -> Result<Found, OptionError> {
    let Requested {
        target,
        source,
        settings,
        mut warnings,
    } = requested(options)?;
    let is_url_visible =
        options.url.is_some() && options.url_source.is_none() && target.holds_password();
    let target = with_options(target, options)?;
    let tls = tls(&target, &options.tls, &settings, source)?;
    let via = way(&target, options)?;
    let address_map = AddressMap::parse(&options.map_address)
        .map_err(|problem| OptionError::new("--map-address", problem))?;
    let has_url_password = target.server().password.is_some();
    let mut target = with_password(target, options)?;
    let command = options.password_command.clone();
    let is_command_idle = has_url_password && command.is_some();
    warnings.extend(is_command_idle.then(|| IDLE_COMMAND.to_owned()));
    let password_command = command.filter(|_| target.server().password.is_none());
    let is_user_idle = password_command.is_none() && remove_idle_user(&mut target);
    let is_visible = options.pass.as_ref().is_some_and(|pass| !pass.is_empty());
    if !options.no_auth_warning {
        warnings.extend(is_visible.then(|| VISIBLE_PASSWORD.to_owned()));
        warnings.extend(is_url_visible.then(|| VISIBLE_URL.to_owned()));
    }
    warnings.extend(is_user_idle.then(|| IDLE_USER.to_owned()));
    let connect_within = options.connect_timeout.filter(|time| !time.is_zero());
    Ok(Found {
        target,
        tls,
        settings: UrlSettings {
            client_name: options.name.clone().or(settings.client_name),
            connect_within: connect_within.or(settings.connect_within),
            ..settings
        },
        via,
        address_map,
        password_command,
        warnings: warnings.iter().map(|warning| line(warning)).collect(),
    })
}

/// Removes the user from a target that has no password. Returns whether there was one. As in
/// redis-cli, no login is attempted without a password, so no user should be shown.
fn remove_idle_user(target: &mut Target) -> bool {
    let is_idle = target.server().user.is_some() && target.server().password.is_none();
    target.change_servers(|server| {
        server.remove_idle_user();
    });
    is_idle
}

/// Returns the target that the options name, without a password from any other source.
pub fn target(options: &Server) -> Result<Target, OptionError> {
    with_options(requested(options)?.target, options)
}

/// Returns the server that the options name, or else the one from the environment.
fn requested(options: &Server) -> Result<Requested, OptionError> {
    let (source, url) = if let Some(url) = &options.url {
        ("-u", url.clone())
    } else if let Some(path) = &options.socket {
        return socket(path);
    } else if options.host.is_some() || options.port.is_some() {
        // No part of the environment's URL, including its login, applies to another server.
        let host = host_in(options.host.as_deref().unwrap_or("127.0.0.1"))?;
        return Ok(server(Address::tcp(host, options.port.unwrap_or(6379))));
    } else if let Some(found) = url_of_environment()? {
        found
    } else {
        return Ok(server(Endpoint::default().address().clone()));
    };
    let parsed = Target::parse(&url);
    let parsed = parsed.map_err(|error| OptionError::new(source, error.to_string()))?;
    let has_other_password = options.askpass
        || options.pass.is_some()
        || options.password_command.is_some()
        || password_in("SUBSCOPE_PASSWORD")?.is_some();
    let name = options.url_source.as_deref().unwrap_or(source);
    let warnings = warnings(&parsed, name, has_other_password);
    let mut target = parsed.target;
    if parsed.has_one_word && !has_other_password {
        target.change_servers(Endpoint::use_user_as_password);
    }
    Ok(Requested {
        target,
        source,
        settings: parsed.settings,
        warnings,
    })
}

/// Returns the server behind a unix socket.
fn socket(path: &Path) -> Result<Requested, OptionError> {
    if holds_login(&path.to_string_lossy()) {
        let problem = "takes a path; for a URL or a login use -u, or url in a profile";
        return Err(OptionError::new("-s", problem));
    }
    Ok(server(Address::Unix(path.to_owned())))
}

/// Returns whether the command line or the environment names a server.
pub fn is_named(options: &Server) -> bool {
    let is_given = options.url.is_some()
        || options.socket.is_some()
        || options.host.is_some()
        || options.port.is_some();
    // An invalid variable counts as naming a server, and causes an error later.
    is_given || url_of_environment().map_or(true, |url| url.is_some())
}

/// Returns the first URL found in the environment, and the name of its variable.
fn url_of_environment() -> Result<Option<(&'static str, String)>, OptionError> {
    for name in ["SUBSCOPE_URL", "REDIS_URL"] {
        if let Some(url) = variable(name)?.filter(|url| !url.trim().is_empty()) {
            return Ok(Some((name, url)));
        }
    }
    Ok(None)
}

/// Returns the warnings about the URL from `source`. A single word before the @ is the password,
/// unless a password comes from elsewhere.
fn warnings(parsed: &ParsedUrl, source: &str, has_other_password: bool) -> Vec<String> {
    let is_one_word = parsed.has_one_word && !has_other_password;
    let one_word = is_one_word.then(|| format!("{source} {ONE_WORD}"));
    let remarks = parsed.remarks.iter().map(|remark| match remark {
        UrlRemark::WithoutEffect(names) => {
            let names = names.join(", ");
            format!("{source} has parameters without effect here: {names}")
        }
        UrlRemark::Unencoded(encodings) => format!(
            "{source} has a user or password that other clients may misread: write {encodings}"
        ),
    });
    let insecure = parsed.settings.insecure.map(|parameter| {
        format!(
            "{source} skips certificate verification because of {parameter}, as with --insecure"
        )
    });
    one_word
        .into_iter()
        .chain(remarks)
        .chain(insecure)
        .collect()
}

fn server(address: Address) -> Requested {
    Requested {
        target: Target::Server(Endpoint::default().at(address)),
        source: "",
        settings: UrlSettings::default(),
        warnings: Vec::new(),
    }
}

/// Returns the host without the brackets of an IPv6 address. The error does not repeat the text,
/// which may be a URL with a password.
fn host_in(text: &str) -> Result<String, OptionError> {
    let text = text.trim();
    let inner = text.strip_prefix('[');
    let inner = inner.and_then(|text| text.strip_suffix(']'));
    let host = inner.unwrap_or(text);
    let is_v6 = host.matches(':').count() > 1;
    let is_odd =
        |letter: char| "[]".contains(letter) || letter.is_whitespace() || letter.is_control();
    let problem = if host.is_empty() {
        "has no host"
    } else if host.contains(['/', '@']) {
        "takes a host, such as localhost or ::1; for a URL use -u, or url in a profile"
    } else if inner.is_none() && host.contains(':') && !is_v6 {
        "contains more than a host: for the port use -p, or port in a profile"
    } else if host.contains(is_odd) || inner.is_some() && !is_v6 {
        "is not a host, such as localhost or ::1"
    } else {
        return Ok(host.to_owned());
    };
    Err(OptionError::new("-h", problem))
}

/// Applies the user, database and TLS options to the target.
fn with_options(mut target: Target, options: &Server) -> Result<Target, OptionError> {
    if let Some(user) = &options.user {
        if holds_login(user) {
            let problem = "takes a name; for a URL or a login use -u, or url in a profile";
            return Err(OptionError::new("--user", problem));
        }
        target.change_servers(|server| server.user = Some(user.clone()));
    }
    if let Some(db) = options.db {
        if db > 0 && matches!(target, Target::Cluster(_)) {
            let problem = format!("{db} does not exist: a cluster has only database 0");
            return Err(OptionError::new("-n", problem));
        }
        target.change_servers(|server| server.db = db);
    }
    if options.tls.enabled {
        target = target.with_tls();
        if !target.server().is_tls() {
            let problem = "has no effect: a unix socket has no TLS";
            return Err(OptionError::new("--tls", problem));
        }
    }
    Ok(target)
}

/// Loads the TLS settings if the target uses TLS. Options override those in the URL from `source`,
/// which may skip verification without requesting TLS.
fn tls(
    target: &Target,
    options: &TlsOptions,
    url: &UrlSettings,
    source: &'static str,
) -> Result<Option<LoadedTls>, OptionError> {
    if target.server().is_tls() {
        let settings = TlsSettings {
            cacert: options.cacert.clone().or_else(|| url.cacert.clone()),
            cert: options.cert.clone().or_else(|| url.cert.clone()),
            key: options.key.clone().or_else(|| url.key.clone()),
            sni: options.sni.clone().or_else(|| url.sni.clone()),
            is_insecure: options.insecure == Some(true) || url.insecure.is_some(),
        };
        let tls = Tls::load(&settings).map_err(|error| {
            let is_of_url = match error.option {
                Some("--cacert") => options.cacert.is_none(),
                Some("--cert") => options.cert.is_none(),
                Some("--key") => options.key.is_none(),
                Some("--sni") => options.sni.is_none(),
                _ => false,
            };
            match error.option.filter(|_| is_of_url) {
                Some(option) => {
                    OptionError::new(source, format!("(as {option}) {}", error.problem))
                }
                None => error,
            }
        })?;
        return Ok(Some(LoadedTls { settings, tls }));
    }
    if url.has_certificates() {
        let problem =
            "has certificates or a name for TLS, but no TLS: write rediss://, or add --tls";
        return Err(OptionError::new(source, problem));
    }
    let unused = [
        ("--cacert", options.cacert.is_some()),
        ("--cert", options.cert.is_some()),
        ("--key", options.key.is_some()),
        ("--sni", options.sni.is_some()),
        ("--insecure", options.insecure == Some(true)),
    ];
    match unused.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => {
            let problem = "requires TLS: add --tls, or use a rediss:// URL";
            Err(OptionError::new(option, problem))
        }
        None => Ok(None),
    }
}

fn with_password(target: Target, options: &Server) -> Result<Target, OptionError> {
    if options.askpass {
        let password = rpassword::prompt_password("Password: ").map_err(|error| {
            OptionError::new("--askpass", format!("could not read the password: {error}"))
        })?;
        return Ok(target.with_password(&Password::from(password)));
    }
    if let Some(password) = &options.pass {
        return Ok(target.with_password(password));
    }
    if target.server().password.is_some() {
        return Ok(target);
    }
    if options.password_command.is_some() {
        return Ok(target);
    }
    for name in ["SUBSCOPE_PASSWORD", "VALKEYCLI_AUTH", "REDISCLI_AUTH"] {
        if let Some(password) = password_in(name)? {
            return Ok(target.with_password(&password));
        }
    }
    Ok(target)
}

/// Returns the password in the environment variable `name`, without the trailing line break that a
/// file or secret store may leave.
fn password_in(name: &'static str) -> Result<Option<Password>, OptionError> {
    let text = variable(name)?.map(Zeroizing::new);
    let password = text.map(|text| Password::from(text.trim_end_matches(['\n', '\r'])));
    Ok(password.filter(|password| !password.is_empty()))
}

/// Returns an environment variable, unless it is empty.
fn variable(name: &'static str) -> Result<Option<String>, OptionError> {
    let value = env::var_os(name).filter(|value| !value.is_empty());
    let text = value.map(|value| value.into_string().map_err(drop));
    text.transpose()
        .map_err(|()| OptionError::new(name, "is not UTF-8"))
}

#[cfg(test)]
mod tests;
