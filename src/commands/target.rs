//! Which server the command line and the environment mean, and how to get in.

use std::env;
use std::fmt;
use std::path::PathBuf;

use super::{Failure, password};
use crate::cli::{Server, Tls as TlsOptions};
use crate::payload::escape::whole;
use crate::server::{Address, Endpoint, Target, Tls, TlsError, TlsSettings};

/// Said where the password stands on the command line.
const PASSWORD_IN_SIGHT: &str = "-a: other users can read a password from the list of processes; \
                                 SUBSCOPE_PASSWORD or --askpass keep it out";

/// A key of profiles that is no option.
pub(super) const PASSWORD_COMMAND: &str = "password-command";

/// What the command line and the environment mean.
pub(super) struct Found {
    pub target: Target,
    /// How TLS is spoken, where the target asks for it.
    pub tls: Option<LoadedTls>,
    /// What the person should know though it stops nothing.
    pub warnings: Vec<String>,
}

/// What is wrong with a server that was asked for.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The option to blame, such as `--cacert`, if one is.
    pub option: Option<&'static str>,
    /// What is wrong, as it goes on from the option.
    pub problem: String,
}

impl Wrong {
    pub(super) fn with(option: &'static str, problem: impl Into<String>) -> Self {
        Self {
            option: Some(option),
            problem: problem.into(),
        }
    }

    fn without_option(problem: impl fmt::Display) -> Self {
        Self {
            option: None,
            problem: problem.to_string(),
        }
    }
}

impl From<Wrong> for Failure {
    fn from(wrong: Wrong) -> Self {
        match wrong.option {
            Some(option) => Self::usage(format!("{option} {}", wrong.problem)),
            None => Self::usage(wrong.problem),
        }
    }
}

impl From<TlsError> for Wrong {
    fn from(error: TlsError) -> Self {
        Self {
            option: error.option(),
            problem: error.problem().to_owned(),
        }
    }
}

/// TLS as it was asked for, and as it can be spoken.
pub(super) struct LoadedTls {
    pub settings: TlsSettings,
    pub tls: Tls,
}

/// Finds out, and asks for the password if that is wanted.
pub(super) fn find(options: &Server) -> Result<Found, Wrong> {
    let target = named(options)?;
    let tls = tls(&target, &options.tls)?;
    let target = with_password(target, options)?;
    let (target, nobody) = without_idle_user(target);
    let is_in_sight = options.pass.as_ref().is_some_and(|pass| !pass.is_empty());
    let in_sight = is_in_sight.then(|| PASSWORD_IN_SIGHT.to_owned());
    Ok(Found {
        target,
        tls,
        warnings: in_sight.into_iter().chain(nobody).collect(),
    })
}

/// The target as it is logged in to: without a password nobody logs in, so that no user should be
/// shown, as redis-cli has it too. Warns of it.
fn without_idle_user(target: Target) -> (Target, Option<String>) {
    let Some(user) = target.user().filter(|_| !target.has_password()) else {
        return (target, None);
    };
    let warning = format!(
        "user {}: no password is known, so the login is the default user's; --askpass asks for \
         one, and --pass '' logs in a user that needs none",
        whole(user.as_bytes())
    );
    (target.without_user(), Some(warning))
}

/// What the options name, still without the password that they do not hold.
pub(super) fn named(options: &Server) -> Result<Target, Wrong> {
    refined(place(options)?, options)
}

/// The server that the options name, or else the one of the environment.
fn place(options: &Server) -> Result<Target, Wrong> {
    let url = match options {
        Server { url: Some(url), .. } => Some(url.clone()),
        Server {
            socket: Some(path), ..
        } => return Ok(server(Address::Unix(path.clone()))),
        // Nothing of the environment's URL, its login included, is meant for another server.
        Server {
            host: None,
            port: None,
            ..
        } => variable("SUBSCOPE_URL").or_else(|| variable("REDIS_URL")),
        Server { host, port, .. } => {
            return Ok(server(Address::Tcp {
                host: host_in(host.as_deref().unwrap_or("127.0.0.1"))?,
                port: port.unwrap_or(6379),
            }));
        }
    };
    match url {
        Some(url) => Target::parse(&url).map_err(Wrong::without_option),
        None => Ok(Target::Server(Endpoint::default())),
    }
}

fn server(address: Address) -> Target {
    Target::Server(Endpoint::default().at(address))
}

/// The host without the brackets that an IPv6 address may stand in.
fn host_in(text: &str) -> Result<String, Wrong> {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let host = inner.unwrap_or(text);
    let is_v6 = host.matches(':').count() > 1;
    let is_odd = |letter: char| "/@[]".contains(letter) || letter.is_whitespace();
    let hint = if host.is_empty() {
        "names no host"
    } else if host.contains(['/', '@']) {
        // Not repeated: it may be a URL with a password.
        return Err(Wrong::with(
            "-h",
            "takes a host, such as localhost or ::1; a URL goes with -u, or url in a profile",
        ));
    } else if inner.is_none() && host.contains(':') && !is_v6 {
        "holds more than a host: the port goes with -p, or port in a profile"
    } else if host.contains(is_odd) || inner.is_some() && !is_v6 {
        "is not a host"
    } else {
        return Ok(host.to_owned());
    };
    Err(Wrong::with("-h", format!("{text:?} {hint}")))
}

/// The target as the other options want it.
fn refined(mut target: Target, options: &Server) -> Result<Target, Wrong> {
    if let Some(user) = &options.user {
        target = target.with_user(user);
    }
    if let Some(db) = options.db {
        if db > 0 && matches!(target, Target::Cluster(_)) {
            let problem = format!("{db} is not there: a cluster has only database 0");
            return Err(Wrong::with("-n", problem));
        }
        target = target.with_db(db);
    }
    if options.tls.tls {
        target = target.with_tls();
        if !target.is_tls() {
            let problem = format!("is of no use: '{target}' is a unix socket, without TLS");
            return Err(Wrong::with("--tls", problem));
        }
    }
    Ok(target)
}

/// How TLS is spoken, if it is.
fn tls(target: &Target, options: &TlsOptions) -> Result<Option<LoadedTls>, Wrong> {
    if target.is_tls() {
        let settings = TlsSettings {
            cacert: options.cacert.clone(),
            cert: options.cert.clone(),
            key: options.key.clone(),
            sni: options.sni.clone(),
            is_insecure: options.insecure,
        };
        let tls = Tls::load(&settings)?;
        return Ok(Some(LoadedTls { settings, tls }));
    }
    let given = |option: &Option<PathBuf>| option.is_some();
    let unused = [
        ("--cacert", given(&options.cacert)),
        ("--cert", given(&options.cert)),
        ("--key", given(&options.key)),
        ("--sni", options.sni.is_some()),
        ("--insecure", options.insecure),
    ];
    match unused.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(Wrong::with(
            option,
            "is of no use without TLS: add --tls, or give a rediss:// URL",
        )),
        None => Ok(None),
    }
}

fn with_password(target: Target, options: &Server) -> Result<Target, Wrong> {
    if options.askpass {
        let password = rpassword::prompt_password("Password: ").map_err(|error| {
            Wrong::with("--askpass", format!("could not read the password: {error}"))
        })?;
        return Ok(target.with_password(&password));
    }
    if let Some(password) = &options.pass {
        return Ok(target.with_password(password));
    }
    if target.has_password() {
        return Ok(target);
    }
    if let Some(command) = &options.password_command {
        let password =
            password::said_by(command).map_err(|words| Wrong::with(PASSWORD_COMMAND, words))?;
        return Ok(target.with_password(&password));
    }
    let password = variable("SUBSCOPE_PASSWORD").or_else(|| variable("REDISCLI_AUTH"));
    Ok(match password {
        Some(password) => target.with_password(&password),
        None => target,
    })
}

/// A variable of the environment, unless it is empty.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    /// What is found for options with which the environment does not matter, or the complaint.
    fn found(options: &str) -> String {
        let words = ["subscope"].into_iter().chain(options.split_whitespace());
        let options = match Cli::try_parse_from(words) {
            Ok(cli) => cli.watch.server,
            Err(error) => return error.to_string(),
        };
        match find(&options) {
            Ok(found) => found.target.to_string(),
            Err(wrong) => {
                let failure = Failure::from(wrong);
                assert_eq!(failure.exit_code, 2, "{}", failure.words);
                failure.words
            }
        }
    }

    #[test]
    fn the_options_are_those_of_redis_cli() {
        for (options, expected) in [
            ("-h example.org", "redis://example.org:6379"),
            ("-p 7000", "redis://127.0.0.1:7000"),
            ("--host 10.0.0.1 --port 7000", "redis://10.0.0.1:7000"),
            ("-h ::1 -p 7000", "redis://[::1]:7000"),
            ("-h [::1]", "redis://[::1]:6379"),
            ("-h x -n 3 --user me -a secret", "redis://me@x:6379/3"),
            ("-s /run/redis.sock -n 2", "unix:///run/redis.sock?db=2"),
            ("-h x --tls", "rediss://x:6379"),
            ("-u redis://x --tls --insecure", "rediss://x:6379"),
            (
                "-u redis://you@x/1 --user me -n 0 -a x",
                "redis://me@x:6379",
            ),
            ("-u rediss://x --sni y --insecure", "rediss://x:6379"),
            (
                "-u redis+sentinel://h1/m --user me -a x",
                "redis+sentinel://me@h1:26379/m",
            ),
            // Nobody logs in.
            ("-u redis://you@x", "redis://x:6379"),
            ("-h x --user me", "redis://x:6379"),
        ] {
            assert_eq!(found(options), expected, "{options}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused_by_name() {
        for (options, said) in [
            ("-u redis://x -h y", "cannot be used with"),
            ("-s /x -p 1", "cannot be used with"),
            ("-h x -a secret --askpass", "cannot be used with"),
            ("-p 0", "'0'"),
            ("-p 70000", "'70000'"),
            ("-n -1", "-1"),
            ("-h x:7000", "the port goes with -p"),
            ("-h redis://me:secret@x", "a URL goes with -u"),
            ("-h [x]", "is not a host"),
            ("-h x --cacert /ca.pem", "--cacert is of no use without TLS"),
            ("-h x --insecure", "--insecure is of no use without TLS"),
            ("-s /x --tls", "unix socket"),
            (
                "-h x --tls --cert /c.pem --insecure",
                "--cert needs --key FILE",
            ),
            (
                "-h x --tls --key /k.pem --insecure",
                "--key needs --cert FILE",
            ),
            ("-h x --tls --sni a/b --insecure", "--sni \"a/b\""),
            (
                "-h x --tls --cacert /nonexistent/ca.pem",
                "--cacert /nonexistent/ca.pem cannot be read: No such file",
            ),
            ("-u redis+cluster://x -n 1", "only database 0"),
            ("demo -h x", "'-h'"),
            ("demo --tls", "'--tls'"),
        ] {
            let words = found(options);
            assert!(words.contains(said), "{options}: {words}");
            assert!(!words.contains("secret"), "{options}: {words}");
        }
    }

    #[test]
    fn a_password_on_the_command_line_is_warned_of() {
        let cli = Cli::try_parse_from(["subscope", "-h", "x", "-a", "secret"]);
        let server = cli.map(|cli| cli.watch.server);
        assert!(!format!("{server:?}").contains("secret"));
        let warnings = server
            .ok()
            .and_then(|server| Some(find(&server).ok()?.warnings));
        assert!(warnings.is_some_and(|words| words.concat().contains("SUBSCOPE_PASSWORD")));
    }

    #[test]
    fn a_user_without_a_password_is_warned_of() {
        let warnings = |password: Option<&str>| {
            let options = Server {
                host: Some("x".to_owned()),
                user: Some("me\u{1b}".to_owned()),
                pass: password.map(str::to_owned),
                ..Server::default()
            };
            find(&options).map(|found| (found.target.to_string(), found.warnings))
        };
        let nobody = warnings(None).unwrap_or_default();
        assert_eq!(nobody.0, "redis://x:6379");
        assert!(nobody.1.concat().starts_with("user me\\x1b: no password"));
        // A user that needs none logs in with any.
        let me = warnings(Some("")).unwrap_or_default();
        assert_eq!(me, ("redis://me\u{1b}@x:6379".to_owned(), Vec::new()));
    }
}
