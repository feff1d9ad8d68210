#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("/etc/it.toml"), text)
}

/// Returns the first error in `text`.
fn first_error(text: &str) -> ConfigError {
    let config = match parse(text) {
        Ok(config) => config,
        Err(error) => return error,
    };
    let mut entries = config.entries.iter();
    let error = entries.find_map(|entry| entry.profile.as_ref().err());
    error.or(config.error.as_ref()).unwrap().clone()
}

/// Returns the message of the first error in `text`.
fn message(text: &str) -> String {
    let words = first_error(text).to_string();
    assert_eq!(words.lines().count(), 1, "{words}");
    words
}

#[test]
fn errors_elsewhere_do_not_affect_a_valid_profile() {
    let config = parse(
        "colour = 1\n[profile.a]\nprt = 1\n[profile.b]\nport = 7000\n[profile.c]\nport = \"x\"",
    )
    .unwrap();
    assert_eq!(config.profile("b").unwrap().port, Some(7000));
    let are_valid = config.entries.iter().map(|entry| entry.profile.is_ok());
    assert_eq!(are_valid.collect::<Vec<_>>(), [false, true, false]);
    let words = |name| config.profile(name).unwrap_err().to_string();
    for (name, expected) in [
        ("a", "it.toml:3: profile.a.prt"),
        ("c", "it.toml:7: profile.c.port"),
        ("d", "Profiles: a, b, c"),
    ] {
        assert!(words(name).contains(expected), "{}", words(name));
    }
    let error = config.error.unwrap().to_string();
    assert!(error.contains("it.toml:1: colour"));
}

#[test]
fn every_key_of_a_profile_is_read() {
    let config = parse(
        r#"
        [profile.production]
        color = "red"
        url = "rediss://app@redis.example:6380"
        db = 2
        user = "me"
        password-command = "pass show redis"
        read-only = true
        tls = { cacert = "ca.pem", cert = "/c.pem", key = "k.pem", sni = "x", insecure = true }
        channels = ["orders.*", "jobs"]
        exact = true
        shard = ["orders:{1}"]
        sentinel-events = true
        filter = ["a"]
        break = ["b", "c"]
        until = "END"
        keep = "1MiB"
        lens = ["orders:*=.user.id"]
        proto = "shop.pb"
        proto-type = ["o=a.B", "p=a.C"]
        shape = ["o*"]
        seq = ["o=.n", "p=.n,.k"]
        pair = ["q=.id -> r=.id"]
        sent = ["o=.at"]
        [profile.local]
        host = "h"
        port = 7000
        [profile."by socket"]
        socket = "run/redis.sock"
        "#,
    )
    .unwrap();
    let names = config.entries.iter().map(|entry| entry.name.as_str());
    assert!(names.eq(["production", "local", "by socket"]));
    let profile = config.profile("production").unwrap();
    assert_eq!(profile.colour, Some(Colour::Red));
    assert_eq!(
        profile.url.as_deref(),
        Some("rediss://app@redis.example:6380")
    );
    assert_eq!((profile.db, profile.user.as_deref()), (Some(2), Some("me")));
    assert_eq!(profile.password_command.as_deref(), Some("pass show redis"));
    assert!(profile.read_only && profile.exact && profile.sentinel_events);
    let tls = profile.tls.as_ref().unwrap();
    assert_eq!(tls.cacert.as_deref(), Some(Path::new("/etc/ca.pem")));
    assert_eq!(tls.cert.as_deref(), Some(Path::new("/c.pem")));
    assert_eq!(tls.key.as_deref(), Some(Path::new("/etc/k.pem")));
    assert_eq!((tls.sni.as_deref(), tls.insecure), (Some("x"), true));
    assert_eq!(profile.channels, ["orders.*", "jobs"]);
    assert_eq!(profile.shard, ["orders:{1}"]);
    assert_eq!(profile.filters, ["a"]);
    assert_eq!(profile.breakpoints, ["b", "c"]);
    assert_eq!(profile.until.as_deref(), Some("END"));
    assert_eq!(profile.keep.as_deref(), Some("1MiB"));
    assert_eq!(profile.lenses, ["orders:*=.user.id"]);
    assert_eq!(profile.proto.as_deref(), Some(Path::new("/etc/shop.pb")));
    assert_eq!(profile.proto_types, ["o=a.B", "p=a.C"]);
    assert_eq!(profile.shapes, ["o*"]);
    assert_eq!(profile.sequences, ["o=.n", "p=.n,.k"]);
    assert_eq!(profile.pairs, ["q=.id -> r=.id"]);
    assert_eq!(profile.delays, ["o=.at"]);
    let local = config.profile("local").unwrap();
    assert_eq!((local.host.as_deref(), local.port), (Some("h"), Some(7000)));
    assert!(!local.read_only && local.tls.is_none() && local.colour.is_none());
    let socket = config.profile("by socket").unwrap().socket.clone();
    assert_eq!(socket.as_deref(), Some(Path::new("/etc/run/redis.sock")));
}

#[test]
fn a_file_without_profiles_is_valid() {
    for text in ["", "# nothing", "[profile]"] {
        assert!(parse(text).unwrap().entries.is_empty(), "{text}");
    }
}

#[test]
fn an_error_in_a_profile_names_the_line_the_key_and_what_is_expected() {
    let cases = r#"
        pass = "x" => pass: no such key, did you mean 'password-command'?
        banana = 1 => banana: no such key; valid keys: color, url, socket, …
        tls = { ca = "x" } => tls.ca: no such key, did you mean 'cacert'?
        tls = { cacert = "" } => tls.cacert: is empty
        tls = true => tls: must be a table, not true or false
        color = "pink" => color: must be one of red, yellow, green, blue, magenta, cyan, white
        read-only = "yes" => read-only: must be true or false, not a string
        url = 1 => url: must be a quoted string, not a number
        socket = "~you/r.sock" => socket: starts with another user's ~: …
        port = 70000 => port: must be from 1 to 65535
        port = -99999999999999999999 => port: must be from 1 to 65535
        port = "1" => port: must be a whole number, not a string
        db = -1 => db: must be at least 0
        db = 99999999999999999999 => db: must be from 0 to 9223372036854775807
        channels = "a" => channels: must be a list of strings, such as ["one", "two"], not a string
    "#;
    for case in cases.trim().lines() {
        let (line, words) = case.trim().split_once(" => ").unwrap();
        let said = message(&format!("[profile.a]\n{line}"));
        let said = said.strip_prefix("/etc/it.toml:2: profile.a.").unwrap();
        match words.strip_suffix('…') {
            Some(start) => assert!(said.starts_with(start), "{line}: {said}"),
            None => assert_eq!(said, words),
        }
    }
}

#[test]
fn errors_name_the_right_line() {
    const COLOURS: &str = "red, yellow, green, blue, magenta, cyan, white";
    const FORM: &str = "a list of strings, such as [\"one\", \"two\"]";
    let cases = r#"
        [profile.a]||colour = "red" => 3: profile.a.colour: no such key, did you mean 'color'?
        [profiles.a] => 1: profiles: no such key, did you mean 'profile'?
        x = 1 => 1: x: no such key; the only valid key is profile
        [profile.a]|color = 1 => 2: profile.a.color: must be one of COLOURS, not a number
        [profile.a]|color = "rad" => 2: profile.a.color: must be one of COLOURS, did you mean 'red'?
        [profile.a]|lens = ["x", 1] => 2: profile.a.lens: must be FORM; an element is not a string
        [profile.a]|host = "h"|url = "redis://h" => 2: profile.a.host: cannot be combined with url
        [profile.a]|socket = "/s"|port = 1 => 3: profile.a.port: cannot be combined with socket
        profile = 1 => 1: profile: must be a table, not a number
        [profile]|a = 1 => 2: profile.a: must be a table, not a number
        [profile.""] => 1: profile."": a profile needs a name
        ||[profile.a => 3: …
        [profile.a]|[profile.a] => 2: …
        [profile.a]|url = => 2: …
    "#;
    for case in cases.trim().lines() {
        let (text, words) = case.trim().rsplit_once(" => ").unwrap();
        let words = words.replace("COLOURS", COLOURS).replace("FORM", FORM);
        let said = message(&text.replace('|', "\n"));
        let said = said.strip_prefix("/etc/it.toml:").unwrap();
        let start = words.trim_end_matches('…');
        assert!(said.starts_with(start), "{text}: {said}");
    }
}

#[test]
fn the_error_about_an_unknown_profile_lists_the_profiles() {
    let config = parse("[profile.staging]\n[profile.production]").unwrap();
    for (name, hint) in [
        ("stagng", ", did you mean 'staging'?"),
        ("prod", ", did you mean 'production'?"),
        ("x", "."),
    ] {
        let said = config.profile(name).unwrap_err().to_string();
        let expected = format!("no profile '{name}'{hint} Profiles: staging, production");
        assert_eq!(said, format!("/etc/it.toml: {expected}"));
    }
    let one = parse("[profile.a]").unwrap().profile("x").unwrap_err();
    assert!(one.to_string().ends_with("Profiles: a"), "{one}");
    let none = parse("").unwrap().profile("x").unwrap_err().to_string();
    assert_eq!(none, "/etc/it.toml: no profile 'x': the file has none");
}

#[test]
fn no_error_shows_a_password() {
    for text in [
        "[profile.a]\nurl = redis://:secret@h",
        "[profile.a]\nurl = \"redis://:secret@h",
        "[profile.a]\nurl = 'redis://:secret@h\"\nx = 1",
        "[profile.a]\nurl = [\"redis://:secret@h\"]",
        "[profile.a]\nurl = \"redis://:sec\\qret@h secret\"",
        "[profile.a]\npassword-command = [\"secret\"]",
        "[profile.a]\npass = \"secret\"",
        "[profile.a]\nurl = \"redis://:secret@h\" secret",
        "[profile.a]\nurl = \"redis://:secret@h\"\nurl = \"secret\"",
        "[profile.a]\nurl = \"redis://:secret@h\"\nhost = \"h\"",
        "[profile.a]\ncolor = \"redis://:secret@h\"",
        "[profile.a]\n\"redis://:secret@h\" = 1",
        "[profile.a]\ntls = { \":secret@h\" = 1 }",
        "[profile.\"redis://:secret@h\"]\nx = 1",
    ] {
        let error = first_error(text);
        let words = format!("{error} {error:?}");
        assert!(!words.contains("secret"), "{text}: {words}");
    }
    let config = parse("[profile.a]\nurl = \"redis://:secret@h\"").unwrap();
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn an_error_found_later_names_the_line_of_its_key() {
    let config = parse("[profile.a]\nread-only = true\nkeep = \"x\"\n").unwrap();
    let profile = config.profile("a").unwrap();
    let words = profile.error("keep", "is not a size").to_string();
    assert_eq!(words, "/etc/it.toml:3: profile.a.keep: is not a size");
    let words = profile.error("url", "is missing").to_string();
    assert_eq!(words, "/etc/it.toml:1: profile.a: is missing");
    let config = parse("[profile.a]\ndb = 0x1_0\n[profile.a.tls]\n\nsni = \"x\"").unwrap();
    let profile = config.profile("a").unwrap();
    assert_eq!(profile.db, Some(16));
    let words = profile.error("tls.sni", "is odd").to_string();
    assert_eq!(words, "/etc/it.toml:5: profile.a.tls.sni: is odd");
}
