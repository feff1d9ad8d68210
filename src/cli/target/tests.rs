use std::time::Duration;

use clap::Parser as _;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use subscope::server::Family;

use super::*;
use crate::cases;
use crate::cli::Cli;
use crate::host::Failure;

/// Appears in every generated password.
const MARK: &str = "M4RK";

/// Returns the target found for options that do not depend on the environment, or the error.
fn found(options: &str) -> String {
    let words = ["subscope"].into_iter().chain(options.split_whitespace());
    let options = match Cli::try_parse_from(words) {
        Ok(cli) => cli.watch.listen.connect.server,
        Err(error) => return Failure::from(&error).to_string(),
    };
    match find(&options) {
        Ok(found) => found.target.to_string(),
        Err(error) => {
            let failure = Failure::usage(error);
            assert_eq!(failure.exit_code, 2, "{failure}");
            failure.to_string()
        }
    }
}

#[test]
fn the_options_are_those_of_redis_cli() {
    // One word before the @ is the password, unless a password comes from elsewhere. Without a
    // password, there is no login.
    let cases = "
        -h example.org => redis://example.org:6379
        -p 7000 => redis://127.0.0.1:7000
        --host 10.0.0.1 --port 7000 => redis://10.0.0.1:7000
        -h ::1 -p 7000 => redis://[::1]:7000
        -h [::1] => redis://[::1]:6379
        -h x -n 3 --user me -a secret => redis://me@x:6379/3
        -s /run/redis.sock -n 2 => unix:///run/redis.sock?db=2
        -h x --tls => rediss://x:6379
        -u redis://x --tls --insecure => rediss://x:6379
        -u redis://you@x/1 --user me -n 0 -a x => redis://me@x:6379
        -u rediss://x --sni y --insecure => rediss://x:6379
        -u redis+sentinel://h1/m --user me -a x => redis+sentinel://me@h1:26379/m
        -u redis://you@x => redis://x:6379
        -u redis://you@x -a y => redis://you@x:6379
        -u redis://you@x --user me => redis://me@x:6379
        -u redis://you:@x => redis://x:6379
        -u redis://default@x => redis://x:6379
        -u x:7000 -a y => redis://x:7000
        -u unix:/run/redis.sock => unix:///run/redis.sock
        -u redis://x?ssl_cert_reqs=none => redis://x:6379
        -h x --user me => redis://x:6379
        -h x -2 -3 -c -t 0.5 --no-auth-warning --name me => redis://x:6379
        -u tls://x => rediss://x:6379
        -u tcp://x:7000?auth=secret => redis://x:7000
        -u redis-socket:///run/redis.sock => unix:///run/redis.sock
        -u redis-sentinel://:secret@h1,h2:7000/3#m => redis+sentinel://h1:26379,h2:7000/m/3
        -u redis-sentinel://h1?sentinelMasterId=m => redis+sentinel://h1:26379/m
        -u x.example:7000,password=s=%c,ssl=True,abortConnect=False => rediss://x.example:7000
        -u x,ssl=true,user=me,password=secret,defaultDatabase=2 => rediss://me@x:6380/2
        -u h1,h2:7000,serviceName=m => redis+sentinel://h1:26379,h2:7000/m
    ";
    for case in cases.trim().lines() {
        let (options, expected) = case.trim().split_once(" => ").expect("two parts");
        assert_eq!(found(options), expected, "{options}");
    }
}

#[test]
fn errors_name_the_option_but_show_no_password() {
    let cases = r#"
        -u redis://x -h y => cannot be used with
        -s /x -p 1 => cannot be used with
        -h x -a secret --askpass => cannot be used with
        -p 0 => takes a number from 1 to 65535
        -p 70000 => takes a number from 1 to 65535
        -p secret => for a password use --askpass
        -n -1 => takes a number, 0 or higher
        -n secret => takes a number, 0 or higher
        --askpass=secret => takes no value
        --password=secret => for a password use --askpass
        -h me:secret => for the port use -p
        -s ~you/s => home directory of another user
        -h x --tls --cacert ~you/ca.pem => home directory of another user
        -u redis://me:p#secret@x => -u has an unencoded character
        -u redis://secret@x:y => -u has a port that is not a number
        -u redis://x/secret => -u has a database that is not a number
        -u redis://x?ssl_ca_certs=/ca => -u has certificates or a name for TLS, but no TLS
        -u rediss://x?ssl_ca_certs=/no/ca.pem => -u (as --cacert) /no/ca.pem cannot be read
        -u rediss://x?ssl_ca_certs=~you/ca.pem => home directory of another user
        -u rediss://x?ssl_ca_data=secret => -u has the parameter 'ssl_ca_data': use --cacert
        -u rediss://x?ssl_check_hostname=false => --insecure to check none
        -u redis://x?sentinelMasterId=m => no sentinels
        -u x,y:7000,password=secret => -u has several hosts
        -u x:y,password=secret => -u has a port that is not a number
        -t secret => takes a number of seconds
        --name=se§cret => takes a name without spaces
        -h x:7000 => for the port use -p
        -h redis://me:secret@x => for a URL use -u
        -h [x] => is not a host
        -h x --cacert /ca.pem => --cacert requires TLS
        -h x --insecure => --insecure requires TLS
        -s /x --tls => unix socket
        -s redis://:x@h => -s takes a path; for a URL or a login use -u
        -h x --tls --cert /c.pem --insecure => --cert needs --key FILE
        -h x --tls --key /k.pem --insecure => --key needs --cert FILE
        -h x --tls --sni a/b --insecure => --sni "a/b"
        -h x --tls --cacert /no/ca.pem => --cacert /no/ca.pem cannot be read: No such file
        -u redis+cluster://x -n 1 => only database 0
        demo -h x => '-h'
        demo --tls => '--tls'
    "#;
    for case in cases.trim().lines() {
        let (options, expected) = case.trim().split_once(" => ").expect("two parts");
        let said = found(options);
        assert!(said.contains(expected), "{options}: {said}");
        assert!(!said.contains("secret"), "{options}: {said}");
    }
}

/// Returns the warnings for `options`.
fn warnings(options: &str) -> String {
    let words = ["subscope"].into_iter().chain(options.split_whitespace());
    let server = Cli::try_parse_from(words).map(|cli| cli.watch.listen.connect.server);
    assert!(!format!("{server:?}").contains("secret"));
    let found = server.ok().and_then(|server| find(&server).ok());
    let warnings = found.map(|found| found.warnings.join("; "));
    warnings.unwrap_or_else(|| "nothing found".to_owned())
}

#[test]
fn warnings_name_the_option() {
    let sentinel = "-u redis+sentinel://x/m?sentinel-password=secret";
    let unused = "-u has parameters without effect here: speed";
    let tuning = "-u has parameters without effect here: protocol, decode_responses";
    let azure = "-u has parameters without effect here: abortConnect";
    let insecure =
        "-u skips certificate verification because of ssl_cert_reqs=none, as with --insecure";
    for (options, expected) in [
        ("-h x", ""),
        (
            "-u redis://x?family=4&protocol=3&decode_responses=True",
            tuning,
        ),
        ("-u x:6380,ssl=True,abortConnect=False", azure),
        ("-h x -a secret --no-auth-warning", ""),
        ("-h x -a secret", VISIBLE_PASSWORD),
        ("-u redis://me:secret@x", VISIBLE_URL),
        (sentinel, VISIBLE_URL),
        ("-u redis://x?speed=secret", unused),
        ("-u rediss://x?ssl_cert_reqs=none", insecure),
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
    assert!(one_word.ends_with(VISIBLE_URL), "{one_word}");
}

#[test]
fn a_url_sets_what_options_override() {
    let settings = |options: &str| {
        let words = ["subscope"].into_iter().chain(options.split_whitespace());
        let server = Cli::try_parse_from(words).map(|cli| cli.watch.listen.connect.server);
        let settings = server
            .ok()
            .and_then(|server| find(&server).ok())
            .map(|found| found.settings);
        let settings = settings.unwrap_or_default();
        (
            settings.client_name.unwrap_or_default(),
            settings.connect_within,
            settings.family,
        )
    };
    let seconds = |seconds: f64| Some(Duration::from_secs_f64(seconds));
    for (options, name, time, family) in [
        ("-h x", "", None, None),
        ("-h x --name me -t 2", "me", seconds(2.0), None),
        ("-h x -t 0", "", None, None),
        (
            "-u redis://x?client_name=me&family=6",
            "me",
            None,
            Some(Family::V6),
        ),
        (
            "-u redis://x?connectionName=me --name you",
            "you",
            None,
            None,
        ),
        (
            "-u redis://x?socket_connect_timeout=0.5",
            "",
            seconds(0.5),
            None,
        ),
        ("-u redis://x?connectTimeout=1500", "", seconds(1.5), None),
        (
            "-u redis://x?dial_timeout=3s&family=4",
            "",
            seconds(3.0),
            Some(Family::V4),
        ),
        ("-u redis://x?dial_timeout=soon&family=AF", "", None, None),
        (
            "-u redis://x?connectTimeout=1500 -t 2",
            "",
            seconds(2.0),
            None,
        ),
    ] {
        assert_eq!(
            settings(options),
            (name.to_owned(), time, family),
            "{options}"
        );
    }
}

/// Generates URLs, many of them invalid; most have a password that contains the mark.
fn url() -> impl Strategy<Value = String> {
    let piece = |choices: &'static str| select(choices.split('|').collect::<Vec<_>>());
    let odd = "[#/?@%:&=,. a1]{0,3}";
    let pieces = (
        piece("redis://|rediss://|unix://|unix:|redis+sentinel://||http://"),
        piece("|bob:|:|bob::|bo/b:|bob"),
        (odd, odd).prop_map(|(before, after)| format!("{before}{MARK}{after}")),
        piece("@||@@|@:|/@"),
        piece("host|[::1]|[::1|h1,h2||ho st|~|/run/r.sock"),
        piece("|:6379|:port|:0|:"),
        piece("|/|/1|/master|/x/y|\n|\u{1b}[31m"),
        piece("|?db=1|?ssl_cert_reqs=none|?a=b|?password=M4RK&M4RK=1|#insecure|,password=M4RK"),
    );
    pieces.prop_map(|(scheme, user, password, at, host, port, path, query)| {
        [scheme, user, &password, at, host, port, path, query].concat()
    })
}

#[test]
fn no_error_about_a_generated_url_shows_its_password() {
    let check = |url: String| {
        // Without a host, the mark would look like the name of a parameter.
        prop_assume!(url.contains('@') || !url.contains('?'));
        let options = Server {
            url: Some(url),
            ..Server::default()
        };
        let words = match requested(&options) {
            Ok(named) => named.warnings.join("\n"),
            Err(error) => {
                let debug = format!("{error:?}");
                format!("{debug}\n{}", Failure::usage(error))
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
fn a_url_can_skip_certificate_verification() {
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
fn a_user_without_a_password_causes_a_warning() {
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
