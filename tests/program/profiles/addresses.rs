//! Server addresses as users write them: which are accepted, and the errors for the others.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use crate::profiles::program::File;
use crate::support::pty::{Launch, SUBSCOPE};
use crate::support::redis::Redis;
use crate::watch::wait_for_subscriptions;

/// Returns the error with which the program refuses to start with `arguments` and these environment
/// variables.
#[track_caller]
fn refusal(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = Command::new(SUBSCOPE)
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert_eq!(error.lines().count(), 1, "{arguments:?}: {error}");
    assert!(!error.contains("s3cret"), "{arguments:?}: {error}");
    error
}

#[test]
fn an_address_error_names_its_source_and_repeats_nothing_of_it() {
    for (url, words) in [
        ("redis://bob:s3cret#x@host", "write '#' as %23"),
        ("redis://bob:s3cret/x@host", "write '/' as %2F"),
        ("redis://bob:x?s3cret@host", "write '?' as %3F"),
        (
            "redis://bob:s3cret@host:port",
            "has a port that is not a number",
        ),
        (
            "redis://s3cret@host:port",
            "has a port that is not a number",
        ),
        ("redis://host/s3cret", "has a database that is not a number"),
        (
            "http://bob:s3cret@host",
            "has an unknown scheme; expected redis://[user:password@]host",
        ),
        (
            "rediss://:s3cret@h?ssl_ca_certs=/no/ca.pem",
            "(as --cacert) /no/ca.pem cannot be read",
        ),
        (
            "rediss://:s3cret@h?ssl_cert_reqs=s3cret",
            "'ssl_cert_reqs' with a value other than",
        ),
        ("redis+sentinel://:s3cret@h1,h2", "has no master"),
        ("unix://~you/s3cret", "home directory of another user"),
    ] {
        for variable in ["SUBSCOPE_URL", "REDIS_URL"] {
            let error = refusal(&[], &[(variable, url)]);
            let start = format!("subscope: {variable} ");
            assert!(
                error.starts_with(&start) && error.contains(words),
                "{error}"
            );
        }
        let error = refusal(&["-u", url], &[("REDIS_URL", "redis://other")]);
        assert!(
            error.starts_with("subscope: -u ") && error.contains(words),
            "{error}"
        );
        let file = File::holding(&format!("[profile.it]\n\nurl = \"{url}\"\n"));
        let path = file.path();
        let error = refusal(&["--config", &path, "--profile", "it"], &[]);
        let start = format!("subscope: {path}:3: profile.it.url: ");
        assert!(
            error.starts_with(&start) && error.contains(words),
            "{error}"
        );
    }
}

#[test]
fn no_option_error_repeats_a_possible_password() {
    for (arguments, words) in [
        (&["-p", "s3cret"][..], "takes a number from 1 to 65535"),
        (&["-n", "s3cret"], "takes a number, 0 or higher"),
        (&["--askpass=s3cret"], "takes no value"),
        (&["--password=s3cret"], "--askpass"),
        (&["--passs3cret"], "--askpass"),
        (&["--pass:s3cret"], "--askpass"),
        (&["--password", "s3cret"], "--askpass"),
        (&["demo", "--pass=s3cret"], "'--pass…'"),
        (&["demo", "-a", "s3cret"], "'-a'"),
        (&["-a", "s3cret", "-a", "s3cret"], "'--pass"),
        (&["-h", "bob:s3cret"], "for the port use -p"),
        (&["-h", "bob:s3cret@host"], "for a URL use -u"),
        (&["redis://bob:s3cret@host"], "use -u"),
        (&["--shard", "redis://bob:s3cret@host"], "use -u"),
        (&["--keep", "redis://bob:s3cret@host"], "--keep"),
        (&["--filter", "size>redis://bob:s3cret@host"], "--filter"),
    ] {
        let error = refusal(arguments, &[]);
        assert!(error.contains(words), "{arguments:?}: {error}");
    }
}

#[test]
fn a_variable_that_is_not_text_is_an_error() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let output = Command::new(SUBSCOPE)
        .env("REDIS_URL", OsStr::from_bytes(b"redis://\xff"))
        .env_remove("SUBSCOPE_URL")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error, "subscope: REDIS_URL is not UTF-8\n");
}

#[test]
fn an_error_is_never_long_and_never_affects_the_terminal() {
    let long = format!("size>{}", "x\u{1b}[31m".repeat(10_000));
    for arguments in [
        &["--filter", long.as_str()][..],
        &["--keep", &long],
        &["--lens", &long],
        &["--seq", &long],
        &["--cacert", &long, "--tls"],
        &["--config", &long, "--profile"],
        &["-h", &long],
        &[&format!("--{long}")],
    ] {
        let error = refusal(arguments, &[]);
        let (option, count) = (arguments[0], error.chars().count());
        assert!(count <= 1020, "{option}: {count}");
        assert!(
            !error.trim_end().contains(char::is_control),
            "{option}: {error:?}"
        );
    }
}

#[test]
fn harmless_deviations_in_addresses_are_accepted() {
    let redis = Redis::start();
    let port = redis.port();
    let socket = redis.socket().display().to_string();
    for url in [
        format!("redis://127.0.0.1:{port}\n"),
        format!("127.0.0.1:{port}"),
        format!("redis://127.0.0.1:{port}?family=0&protocol=3&socket_timeout=5"),
        format!("redis://127.0.0.1:{port}?ssl_cert_reqs=none"),
        format!("127.0.0.1:{port},abortConnect=False,defaultDatabase=1"),
        format!("tcp://127.0.0.1:{port}/"),
        format!("unix:{socket}"),
        socket,
    ] {
        let pty = Launch::subscope(&[]).size(160, 40);
        let pty = pty.env("REDIS_URL", &url).start();
        wait_for_subscriptions(&pty, 1);
    }
}

#[test]
fn a_notice_about_an_address_names_its_source() {
    let redis = Redis::start();
    let url = format!(
        "redis://127.0.0.1:{}?protocol=3&ssl_cert_reqs=none",
        redis.port()
    );
    let file = File::holding(&format!("[profile.it]\n\nurl = \"{url}\"\n"));
    let path = file.path();
    let arguments = ["channels", "--config", &path, "--profile", "it"];
    for (arguments, variables, source) in [
        (
            &arguments[..],
            &[][..],
            format!("{path}:3: profile.it.url:"),
        ),
        (&["channels", "-u", &url], &[], "-u".to_owned()),
        (
            &["channels"],
            &[("REDIS_URL", url.as_str())],
            "REDIS_URL".to_owned(),
        ),
    ] {
        let output = Command::new(SUBSCOPE)
            .args(arguments)
            .env_clear()
            .env("HOME", "/nonexistent")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        for words in [
            "has parameters without effect here: protocol",
            "skips certificate",
        ] {
            let words = format!("subscope: {source} {words}");
            assert!(said.contains(&words), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn the_options_of_redis_cli_are_accepted() {
    let redis = Redis::start_with(&["--requirepass", "s3cret"]);
    let port = redis.port().to_string();
    let options = [
        "-2",
        "-c",
        "-t",
        "2.5",
        "-a",
        "s3cret",
        "--no-auth-warning",
        "--name",
        "me",
    ];
    let arguments = [&["-p", &port][..], &options].concat();
    let pty = Launch::subscope(&arguments).size(160, 40).start();
    wait_for_subscriptions(&pty, 1);
    let clients = redis.cli(&["-a", "s3cret", "--no-auth-warning", "CLIENT", "LIST"]);
    assert!(clients.contains(" name=me "), "{clients}");
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(!raw.contains("process list"), "{raw}");
}

#[test]
fn a_tilde_means_the_home_folder_in_every_path() {
    let redis = Redis::start();
    let home = redis.socket().parent().unwrap().display().to_string();
    let file = File::holding(
        "[profile.socket]\nsocket = \"~/redis.sock\"\n[profile.url]\nurl = \"unix:~/redis.sock\"\n",
    );
    let config = file.path();
    for arguments in [
        &["-s", "~/redis.sock"][..],
        &["--socket=~/redis.sock"],
        &["-u", "unix://~/redis.sock"],
        &["--config", &config, "--profile", "socket"],
        &["--config", &config, "--profile", "url"],
    ] {
        let pty = Launch::subscope(arguments).size(160, 40);
        let pty = pty.env("HOME", &home).start();
        wait_for_subscriptions(&pty, 1);
    }
    fs::write(
        format!("{home}/c.toml"),
        "[profile.a]\nsocket = \"~you/s\"\n",
    )
    .unwrap();
    let variables = [("HOME", home.as_str()), ("SUBSCOPE_CONFIG", "~/c.toml")];
    let error = refusal(&["--profile", "a"], &variables);
    let words = "starts with the home directory of another user";
    let words = format!("{home}/c.toml:2: profile.a.socket: {words}");
    assert!(error.contains(&words), "{error}");
}

#[test]
fn a_lone_word_before_the_at_sign_is_the_password_unless_another_is_given() {
    let redis = Redis::start_with(&["--requirepass", "s3cret"]);
    let port = redis.port();
    for (word, variables) in [
        ("s3cret", &[][..]),
        ("s3cret", &[("REDISCLI_AUTH", "another")]),
        ("default", &[("SUBSCOPE_PASSWORD", "s3cret\n")]),
        (
            "default",
            &[("VALKEYCLI_AUTH", "s3cret"), ("REDISCLI_AUTH", "another")],
        ),
    ] {
        let url = format!("redis://{word}@127.0.0.1:{port}");
        let mut pty = Launch::subscope(&[]).size(160, 40).env("REDIS_URL", &url);
        for (name, value) in variables {
            pty = pty.env(name, value);
        }
        let pty = pty.start();
        wait_for_subscriptions(&pty, 1);
        let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
        assert!(!raw.contains("s3cret"), "{raw}");
        let is_warned_of = raw.contains("REDIS_URL has one word before the @");
        assert_eq!(is_warned_of, word == "s3cret", "{raw}");
    }
}

#[test]
fn a_client_joins_the_demo_in_resp3() {
    let mut pty = Launch::subscope(&["demo"]).size(160, 40).start();
    pty.wait_for_text("redis-cli -p ");
    // The sample traffic would soon push the message out of sight.
    pty.send("/channel:mine\r");
    pty.wait_for_text("channel:mine");
    let text = pty.text();
    let port = text.split("redis-cli -p ").nth(1).unwrap();
    let port = port.split_whitespace().next().unwrap();
    let mut client = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    client
        .write_all(b"HELLO 3\r\nSUBSCRIBE mine\r\nPUBLISH mine joined-by-hand\r\n")
        .unwrap();
    let expected = b">3\r\n$7\r\nmessage\r\n$4\r\nmine\r\n$14\r\njoined-by-hand\r\n";
    let mut answer = Vec::new();
    while !answer.ends_with(expected) {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    assert!(answer.starts_with(b"%7\r\n"));
    pty.wait_for_text("joined-by-hand");
}
