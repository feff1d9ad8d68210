//! Finds the server that the command line and the environment name, and how to log in.

use std::env;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Failure, complaint, password};
use crate::cli::{Server, Tls as TlsOptions};
use crate::config::holds_login;
use crate::server::{
    Address, Endpoint, ParsedUrl, Password, Target, Tls, TlsError, TlsSettings, UrlRemark,
};

/// The warning for a password on the command line.
const PASSWORD_IN_SIGHT: &str = "-a: other users can see the password in the process list; use \
                                 SUBSCOPE_PASSWORD or --askpass";
const URL_IN_SIGHT: &str = "-u: other users can see its password in the process list; use \
                            SUBSCOPE_URL, SUBSCOPE_PASSWORD or --askpass";

/// The warning for a user without a password. It does not repeat the name, which may be a misplaced
/// password.
const IDLE_USER: &str = "the user is ignored without a password (logging in as the default user); \
                         use --askpass, or --pass '' if the user needs none";

/// The warning for `redis://word@host`.
const ONE_WORD: &str = "has one word before the @, read as the password, as in redis-cli; for a \
                        user write user:password, or use --user NAME";

/// The key of profiles that is not an option.
pub(super) const PASSWORD_COMMAND: &str = "password-command";

/// The server that the command line and the environment name.
pub(super) struct Found {
    pub target: Target,
    /// The loaded TLS settings, if the target uses TLS.
    pub tls: Option<LoadedTls>,
    /// Warnings for the user that do not stop anything.
    pub warnings: Vec<String>,
}

/// What is wrong with the requested server.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The option at fault, such as `--cacert`, if there is one.
    pub option: Option<&'static str>,
    /// What is wrong, phrased to follow the option's name.
    pub problem: String,
}

impl Wrong {
    pub(super) fn with(option: &'static str, problem: impl Into<String>) -> Self {
        Self {
            option: Some(option),
            problem: problem.into(),
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

/// The TLS settings, and the configuration loaded from them.
pub(super) struct LoadedTls {
    pub settings: TlsSettings,
    pub tls: Tls,
}

/// The server named by a URL or by options.
struct Named {
    target: Target,
    /// Whether the URL asks to skip certificate verification.
    is_insecure: bool,
    /// Warnings about the URL.
    warnings: Vec<String>,
}

/// Finds the server and its password, and prompts for the password if asked to.
pub(super) fn find(options: &Server) -> Result<Found, Wrong> {
    let Named {
        target,
        is_insecure,
        mut warnings,
    } = place(options)?;
    let is_url_in_sight =
        options.url.is_some() && options.url_source.is_none() && target.holds_password();
    let target = refined(target, options)?;
    let tls = tls(&target, &options.tls, is_insecure)?;
    let target = with_password(target, options)?;
    let (target, nobody) = without_idle_user(target);
    let is_in_sight = options.pass.as_ref().is_some_and(|pass| !pass.is_empty());
    warnings.extend(is_in_sight.then(|| PASSWORD_IN_SIGHT.to_owned()));
    warnings.extend(is_url_in_sight.then(|| URL_IN_SIGHT.to_owned()));
    warnings.extend(nobody);
    Ok(Found {
        target,
        tls,
        warnings: warnings
            .iter()
            .map(|words| complaint::line(words))
            .collect(),
    })
}

/// Removes the user from a target that has no password: no login is attempted then, so no user
/// should be shown, as in redis-cli. Returns a warning if it did.
fn without_idle_user(target: Target) -> (Target, Option<String>) {
    if target.user().is_none() || target.has_password() {
        return (target, None);
    }
    (target.without_user(), Some(IDLE_USER.to_owned()))
}

/// Returns the target that the options name, before a password from elsewhere is added.
pub(super) fn named(options: &Server) -> Result<Target, Wrong> {
    refined(place(options)?.target, options)
}

/// Returns the server that the options name, or else the one from the environment.
fn place(options: &Server) -> Result<Named, Wrong> {
    let (source, url) = match options {
        Server { url: Some(url), .. } => ("-u", url.clone()),
        Server {
            socket: Some(path), ..
        } => return socket(path),
        // No part of the environment's URL, its login included, applies to another server.
        Server {
            host: None,
            port: None,
            ..
        } => match url_of_environment()? {
            Some(found) => found,
            None => return Ok(server(Endpoint::default().address().clone())),
        },
        Server { host, port, .. } => {
            return Ok(server(Address::Tcp {
                host: host_in(host.as_deref().unwrap_or("127.0.0.1"))?,
                port: port.unwrap_or(6379),
            }));
        }
    };
    let parsed = Target::read(&url).map_err(|error| Wrong::with(source, error.to_string()))?;
    let has_other_password = options.askpass
        || options.pass.is_some()
        || options.password_command.is_some()
        || password_in("SUBSCOPE_PASSWORD")?.is_some();
    let source = options.url_source.as_deref().unwrap_or(source);
    Ok(understood(parsed, source, has_other_password))
}

/// Returns the server behind a unix socket.
fn socket(path: &Path) -> Result<Named, Wrong> {
    if holds_login(&path.to_string_lossy()) {
        let problem = "takes a path; for a URL or a login use -u, or url in a profile";
        return Err(Wrong::with("-s", problem));
    }
    Ok(server(Address::Unix(path.to_owned())))
}

/// Returns the first URL found in the environment, and the name of its variable.
fn url_of_environment() -> Result<Option<(&'static str, String)>, Wrong> {
    for name in ["SUBSCOPE_URL", "REDIS_URL"] {
        if let Some(url) = variable(name)?.filter(|url| !url.trim().is_empty()) {
            return Ok(Some((name, url)));
        }
    }
    Ok(None)
}

/// Returns the target of the URL from `source`, and the warnings about it. A single word before the
/// @ is the password, unless a password comes from elsewhere.
fn understood(parsed: ParsedUrl, source: &str, has_other_password: bool) -> Named {
    let mut warnings: Vec<String> = Vec::new();
    let mut target = parsed.target;
    if parsed.has_one_word && !has_other_password {
        target = target.with_user_as_password();
        warnings.push(format!("{source} {ONE_WORD}"));
    }
    warnings.extend(parsed.remarks.iter().map(|remark| match remark {
        UrlRemark::Ignored(names) => {
            let names = names.join(", ");
            format!("{source} has unused parameters: {names}")
        }
        UrlRemark::Unencoded(encodings) => format!(
            "{source} has a user or password that other clients may misread: write {encodings}"
        ),
    }));
    if let Some(words) = parsed.insecure {
        warnings.push(format!(
            "{source} skips certificate verification by {words}, as --insecure does"
        ));
    }
    Named {
        target,
        is_insecure: parsed.insecure.is_some(),
        warnings,
    }
}

fn server(address: Address) -> Named {
    Named {
        target: Target::Server(Endpoint::default().at(address)),
        is_insecure: false,
        warnings: Vec::new(),
    }
}

/// Returns the host without the brackets of an IPv6 address. The error does not repeat the text,
/// which may be a URL with a password.
fn host_in(text: &str) -> Result<String, Wrong> {
    let text = text.trim();
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
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
    Err(Wrong::with("-h", problem))
}

/// Applies the user, database and TLS options to the target.
fn refined(mut target: Target, options: &Server) -> Result<Target, Wrong> {
    if let Some(user) = &options.user {
        if holds_login(user) {
            let problem = "takes a name; for a URL or a login use -u, or url in a profile";
            return Err(Wrong::with("--user", problem));
        }
        target = target.with_user(user);
    }
    if let Some(db) = options.db {
        if db > 0 && matches!(target, Target::Cluster(_)) {
            let problem = format!("{db} does not exist: a cluster has only database 0");
            return Err(Wrong::with("-n", problem));
        }
        target = target.with_db(db);
    }
    if options.tls.tls {
        target = target.with_tls();
        if !target.is_tls() {
            return Err(Wrong::with(
                "--tls",
                "has no effect: a unix socket has no TLS",
            ));
        }
    }
    Ok(target)
}

/// Loads the TLS settings if the target uses TLS. `is_insecure` comes from the URL, which may set
/// it without asking for TLS.
fn tls(
    target: &Target,
    options: &TlsOptions,
    is_insecure: bool,
) -> Result<Option<LoadedTls>, Wrong> {
    if target.is_tls() {
        let settings = TlsSettings {
            cacert: options.cacert.clone(),
            cert: options.cert.clone(),
            key: options.key.clone(),
            sni: options.sni.clone(),
            is_insecure: options.insecure || is_insecure,
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
            "requires TLS: add --tls, or use a rediss:// URL",
        )),
        None => Ok(None),
    }
}

fn with_password(target: Target, options: &Server) -> Result<Target, Wrong> {
    if options.askpass {
        let password = rpassword::prompt_password("Password: ").map_err(|error| {
            Wrong::with("--askpass", format!("could not read the password: {error}"))
        })?;
        return Ok(target.with_password(&Password::from(password)));
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
    for name in ["SUBSCOPE_PASSWORD", "REDISCLI_AUTH"] {
        if let Some(password) = password_in(name)? {
            return Ok(target.with_password(&password));
        }
    }
    Ok(target)
}

/// Returns the password in the environment variable `name`, without the trailing line break that a
/// file or secret store may leave.
fn password_in(name: &'static str) -> Result<Option<Password>, Wrong> {
    let text = variable(name)?.map(Zeroizing::new);
    let password = text.map(|text| Password::from(text.trim_end_matches(['\n', '\r'])));
    Ok(password.filter(|password| !password.is_empty()))
}

/// Returns an environment variable, unless it is empty.
fn variable(name: &'static str) -> Result<Option<String>, Wrong> {
    let value = env::var_os(name).filter(|value| !value.is_empty());
    let text = value.map(|value| value.into_string().map_err(drop));
    text.transpose()
        .map_err(|()| Wrong::with(name, "is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use proptest::prelude::*;
    use proptest::sample::select;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::cases;
    use crate::cli::Cli;

    /// Appears in every generated password.
    const MARK: &str = "M4RK";

    /// Returns the target found for options that do not depend on the environment, or the error.
    fn found(options: &str) -> String {
        let words = ["subscope"].into_iter().chain(options.split_whitespace());
        let options = match Cli::try_parse_from(words) {
            Ok(cli) => cli.watch.server,
            Err(error) => return Failure::from(&error).to_string(),
        };
        match find(&options) {
            Ok(found) => found.target.to_string(),
            Err(wrong) => {
                let failure = Failure::from(wrong);
                assert_eq!(failure.exit_code, 2, "{failure}");
                failure.to_string()
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
            // The word is the password, unless a password comes from elsewhere.
            ("-u redis://you@x", "redis://x:6379"),
            ("-u redis://you@x -a y", "redis://you@x:6379"),
            ("-u redis://you@x --user me", "redis://me@x:6379"),
            // No user logs in.
            ("-u redis://you:@x", "redis://x:6379"),
            ("-u redis://default@x", "redis://x:6379"),
            ("-u x:7000 -a y", "redis://x:7000"),
            ("-u unix:/run/redis.sock", "unix:///run/redis.sock"),
            ("-u redis://x?ssl_cert_reqs=none", "redis://x:6379"),
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
            ("-p 0", "takes a number from 1 to 65535"),
            ("-p 70000", "takes a number from 1 to 65535"),
            ("-p secret", "for a password use --askpass"),
            ("-n -1", "takes a number, 0 or higher"),
            ("-n secret", "takes a number, 0 or higher"),
            ("--askpass=secret", "takes no value"),
            ("--password=secret", "for a password use --askpass"),
            ("-h me:secret", "for the port use -p"),
            ("-s ~you/s", "another user's ~"),
            ("-h x --tls --cacert ~you/ca.pem", "another user's ~"),
            ("-u redis://me:p#secret@x", "-u has an unencoded character"),
            (
                "-u redis://secret@x:y",
                "-u has a port that is not a number",
            ),
            (
                "-u redis://x/secret",
                "-u has a database that is not a number",
            ),
            (
                "-u redis://x?ssl_ca_certs=/ca",
                "-u has the parameter 'ssl_ca_certs': use --cacert",
            ),
            ("-h x:7000", "for the port use -p"),
            ("-h redis://me:secret@x", "for a URL use -u"),
            ("-h [x]", "is not a host"),
            ("-h x --cacert /ca.pem", "--cacert requires TLS"),
            ("-h x --insecure", "--insecure requires TLS"),
            ("-s /x --tls", "unix socket"),
            (
                "-s redis://:x@h",
                "-s takes a path; for a URL or a login use -u",
            ),
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

    /// Returns the warnings for `options`.
    fn warnings(options: &str) -> String {
        let words = ["subscope"].into_iter().chain(options.split_whitespace());
        let server = Cli::try_parse_from(words).map(|cli| cli.watch.server);
        assert!(!format!("{server:?}").contains("secret"));
        let found = server.ok().and_then(|server| find(&server).ok());
        found.map_or_else(
            || "nothing found".to_owned(),
            |found| found.warnings.join("; "),
        )
    }

    #[test]
    fn what_should_be_known_is_warned_of_with_where_it_stands() {
        for (options, expected) in [
            ("-h x", ""),
            ("-u redis://x?family=4&protocol=3", ""),
            ("-h x -a secret", PASSWORD_IN_SIGHT),
            ("-u redis://me:secret@x", URL_IN_SIGHT),
            (
                "-u redis+sentinel://x/m?sentinel-password=secret",
                URL_IN_SIGHT,
            ),
            (
                "-u redis://x?speed=secret",
                "-u has unused parameters: speed",
            ),
            (
                "-u rediss://x?ssl_cert_reqs=none",
                "-u skips certificate verification by ssl_cert_reqs=none, as --insecure does",
            ),
        ] {
            assert_eq!(warnings(options), expected, "{options}");
        }
        let unencoded = warnings("-u redis://:sec@ret@x");
        assert!(unencoded.starts_with("-u has a user or password that other clients"));
        assert!(unencoded.contains("'@' as %40"), "{unencoded}");
        let one_word = warnings("-u redis://secret@x");
        assert!(
            one_word.starts_with("-u has one word before the @"),
            "{one_word}"
        );
        assert!(one_word.ends_with(URL_IN_SIGHT), "{one_word}");
    }

    /// Generates URLs, many of them invalid; most hold a password that contains the mark.
    fn url() -> impl Strategy<Value = String> {
        let piece = |choices: &[&'static str]| select(choices.to_vec());
        let odd = "[#/?@%:&=,. a1]{0,3}";
        let pieces = (
            piece(&[
                "redis://",
                "rediss://",
                "unix://",
                "unix:",
                "redis+sentinel://",
                "",
                "http://",
            ]),
            piece(&["", "bob:", ":", "bob::", "bo/b:", "bob"]),
            (odd, odd).prop_map(|(before, after)| format!("{before}{MARK}{after}")),
            piece(&["@", "", "@@", "@:", "/@"]),
            piece(&[
                "host",
                "[::1]",
                "[::1",
                "h1,h2",
                "",
                "ho st",
                "~",
                "/run/r.sock",
            ]),
            piece(&["", ":6379", ":port", ":0", ":"]),
            piece(&["", "/", "/1", "/master", "/x/y", "\n", "\u{1b}[31m"]),
            piece(&[
                "",
                "?db=1",
                "?ssl_cert_reqs=none",
                "?a=b",
                "?password=M4RK&M4RK=1",
                "#insecure",
            ]),
        );
        pieces.prop_map(|(scheme, user, password, at, host, port, path, query)| {
            [scheme, user, &password, at, host, port, path, query].concat()
        })
    }

    #[test]
    fn no_generated_url_has_a_complaint_with_its_password() {
        let check = |url: String| {
            // Without a host the mark would look like the name of a parameter.
            prop_assume!(url.contains('@') || !url.contains('?'));
            let options = Server {
                url: Some(url),
                ..Server::default()
            };
            let words = match place(&options) {
                Ok(named) => named.warnings.join("\n"),
                Err(wrong) => {
                    let debug = format!("{wrong:?}");
                    format!("{debug}\n{}", Failure::from(wrong))
                }
            };
            for line in words.lines() {
                prop_assert!(!line.contains(MARK), "{:?}: {}", options.url, line);
                prop_assert!(!line.contains(char::is_control), "{line:?}");
                prop_assert!(line.chars().count() <= 1000, "{line}");
            }
            Ok(())
        };
        let result = TestRunner::new(cases::config(4000)).run(&url(), check);
        assert!(result.is_ok(), "{result:?}");
    }

    #[test]
    fn a_url_that_asks_for_it_is_connected_to_without_verification() {
        let insecure = |url: &str| {
            let options = Server {
                url: Some(url.to_owned()),
                ..Server::default()
            };
            let tls = find(&options).ok().and_then(|found| found.tls);
            tls.is_some_and(|tls| tls.settings.is_insecure)
        };
        assert!(insecure("rediss://x?ssl_cert_reqs=none"));
        assert!(!insecure("rediss://x?ssl_cert_reqs=required"));
        assert!(!insecure("redis://x?ssl_cert_reqs=none"));
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
        assert_eq!(nobody.1, [IDLE_USER]);
        // A user without a password logs in with an empty one.
        let me = warnings(Some("")).unwrap_or_default();
        assert_eq!(me, ("redis://me\u{1b}@x:6379".to_owned(), Vec::new()));
    }
}
