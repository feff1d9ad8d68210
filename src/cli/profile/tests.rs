#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::ffi::OsString;
use std::path::Path;

use clap::Parser as _;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;
use subscope::config::Config;

use super::*;
use crate::cases;
use crate::cli::Cli;

const FILE: &str = r#"
    [profile.p]
    url = "redis://app@h:7000/1"
    db = 2
    tls = { cacert = "ca.pem", sni = "name" }
    password-command = "true"
    read-only = true
    channels = ["a.*"]
    exact = true
    shard = ["s"]
    filter = ["one"]
    break = ["two"]
    until = "END"
    keep = "2MiB"
    lens = ["a=.one"]
    [profile.bare]
"#;

/// Returns the command line `options` merged with the profile `name`.
fn with(name: &str, options: &str) -> Watch {
    let words = ["subscope"].into_iter().chain(options.split_whitespace());
    let given = Cli::try_parse_from(words).unwrap().watch;
    let config = Config::parse(Path::new("/etc/config.toml"), FILE).unwrap();
    let defaults = &config.defaults.valid().unwrap().options;
    let chosen = Chosen {
        profile: config.profile(name).unwrap().clone().over(defaults),
        warning: None,
        signals: None,
    };
    let watch = chosen.add_to(given);
    watch.map_err(|failure| failure.to_string()).unwrap()
}

fn address(watch: &Watch) -> String {
    target::target(&watch.listen.connect.server)
        .map_or_else(|error| error.problem, |target| target.to_string())
}

#[test]
fn a_profile_sets_the_options_of_the_command_line() {
    let watch = with("p", "--profile p");
    assert_eq!(address(&watch), "rediss://app@h:7000/2");
    let tls = &watch.listen.connect.server.tls;
    assert_eq!(tls.cacert.as_deref(), Some(Path::new("/etc/ca.pem")));
    assert_eq!(tls.sni.as_deref(), Some("name"));
    assert_eq!(
        watch.listen.connect.server.password_command.as_deref(),
        Some("true")
    );
    assert_eq!(watch.listen.channels, ["a.*"]);
    assert_eq!(watch.listen.shard, ["s"]);
    assert_eq!(
        [watch.listen.exact, watch.screen.read_only],
        [Some(true); 2]
    );
    assert_eq!(watch.screen.filter, ["one"]);
    assert_eq!(watch.screen.breakpoint, ["two"]);
    assert_eq!(watch.listen.until, Some(OsString::from("END")));
    assert_eq!(watch.screen.memory(), 2 << 20);
    assert_eq!(watch.screen.decode.lens, ["a=.one"]);
}

#[test]
fn the_command_line_overrides_the_profile() {
    let watch = with(
        "p",
        "own:1 own:2 --profile p --user me -n 3 --sni other --filter three --break four \
         --until STOP --keep 3MiB --lens b=.two --proto x.pb --proto-type o=T",
    );
    assert_eq!(address(&watch), "rediss://me@h:7000/3");
    assert_eq!(
        watch.listen.connect.server.tls.sni.as_deref(),
        Some("other")
    );
    assert!(watch.listen.connect.server.tls.cacert.is_some());
    assert_eq!(watch.listen.channels, ["own:1", "own:2"]);
    assert!(watch.listen.shard.is_empty() && watch.listen.exact.is_none());
    assert_eq!(watch.screen.filter, ["one", "three"]);
    assert_eq!(watch.screen.breakpoint, ["two", "four"]);
    assert_eq!(watch.listen.until, Some(OsString::from("STOP")));
    assert_eq!(watch.screen.memory(), 3 << 20);
    assert_eq!(watch.screen.decode.lens, ["a=.one", "b=.two"]);
    assert_eq!(
        watch.screen.decode.proto.as_deref(),
        Some(Path::new("x.pb"))
    );
    assert_eq!(watch.screen.decode.proto_type, ["o=T"]);
    assert_eq!(watch.screen.read_only, Some(true));
}

#[test]
fn a_sharded_channel_on_the_command_line_replaces_all_channels_too() {
    let watch = with("p", "--profile p --shard t --exact");
    assert!(watch.listen.channels.is_empty() && watch.listen.exact == Some(true));
    assert_eq!(watch.listen.shard, ["t"]);
}

#[test]
fn a_flag_of_the_file_is_turned_off_only_by_name() {
    for (options, read_only) in [
        ("--profile p", true),
        ("--profile p --no-mouse=false", true),
        ("--profile p --read-only=false", false),
    ] {
        let watch = with("p", options);
        assert_eq!(watch.screen.read_only, Some(read_only), "{options}");
    }
}

#[test]
fn a_profile_without_a_server_means_the_local_one() {
    let watch = with("bare", "--profile bare --read-only");
    assert_eq!(address(&watch), "redis://127.0.0.1:6379");
    assert!(watch.screen.read_only == Some(true) && watch.listen.channels.is_empty());
    assert_eq!(watch.screen.memory(), 256 << 20);
}

/// Appears in every generated password.
const MARK: &str = "M4RK";

/// Values of keys; most contain a password.
const VALUES: [&str; 16] = [
    r#""redis://bob:p#M4RK@host""#,
    r#""redis://M4RK@host:port""#,
    r#""rediss://:M4RK@host/x?ssl_cert_reqs=none""#,
    r#""redis+sentinel://bob:M4RK@h1,h2""#,
    r#""bob:p/M4RK@host""#,
    r#"'redis://:"M4RK@host'"#,
    r#"["redis://bob:M4RK@host", "a"]"#,
    r#"["redis://bob:M4RK@host=.a[", 1]"#,
    r#"{ cacert = "redis://bob:M4RK@host" }"#,
    r#"{ "redis://bob:M4RK@host" = 1 }"#,
    "redis://bob:M4RK@host",
    r#""""redis://bob:M4RK
@host""""#,
    r#""\u001b[31m\u202e""#,
    r#""~you/r.sock""#,
    "70000",
    "true",
];

const KEYS: &str = "url url url socket host port db user color tls read-only channels exact shard \
                    filter break alert-command until keep lens proto proto-type avro schema seq pair pass";

/// Generates a file in which a few keys have arbitrary values; some files are damaged.
fn file() -> impl Strategy<Value = String> {
    let name = select(vec![
        "a",
        r#""redis://bob:M4RK@host""#,
        r#""\u001b""#,
        r#""""#,
    ]);
    let long = "k".repeat(5000);
    let key = prop_oneof![
        24 => select(KEYS.split(' ').collect::<Vec<_>>()).prop_map(str::to_owned),
        1 => Just(long),
        1 => Just("\"redis://bob:M4RK@host\"".to_owned()),
    ];
    let lines = vec((key, select(VALUES.to_vec())), 1..4);
    let put = select(vec!["", "\"", "\n", "]", "\u{1b}"]);
    let damage = vec((any::<Index>(), 0..4usize, put), 0..3);
    (name, lines, damage).prop_map(|(name, lines, damage)| {
        let lines = lines.iter();
        let lines = lines.map(|(key, value)| format!("{key} = {value}\n"));
        let text = format!("[profile.{name}]\n{}", lines.collect::<String>());
        let mut letters: Vec<char> = text.chars().collect();
        for (at, length, put) in damage {
            let at = at.index(letters.len());
            let end = letters.len().min(at + length);
            letters.splice(at..end, put.chars());
        }
        letters.into_iter().collect()
    })
}

/// Returns every error that the file can cause without connecting.
fn complaints(text: &str) -> Vec<String> {
    let config = match Config::parse(Path::new("/etc/config.toml"), text) {
        Ok(config) => config,
        Err(error) => {
            assert!(!format!("{error:?}").contains(MARK), "{error:?}");
            return vec![Failure::usage(error).to_string()];
        }
    };
    let mut words = Vec::new();
    let missing = config.profile("redis://bob:M4RK@host2").err();
    words.extend(missing.map(|error| Failure::usage(error).to_string()));
    let parts = [config.defaults.errors(), config.keys.errors()];
    let errors = parts.into_iter().flatten().chain(&config.errors);
    words.extend(errors.map(|error| Failure::usage(error).to_string()));
    let defaults = Defaults::default();
    for entry in &config.entries {
        words.push(pickable_entry(entry, &defaults).address);
        let profile = match entry.profile.valid() {
            Ok(profile) => profile,
            Err(errors) => {
                assert!(!format!("{errors:?}").contains(MARK), "{errors:?}");
                words.extend(errors.iter().map(|error| Failure::usage(error).to_string()));
                continue;
            }
        };
        words.extend(
            has_one_password(profile)
                .err()
                .map(|error| Failure::usage(error).to_string()),
        );
        let target = target_of(profile).err();
        words.extend(target.map(|error| Failure::usage(error).to_string()));
        let chosen = Chosen {
            profile: profile.clone(),
            warning: None,
            signals: None,
        };
        let given = Cli::try_parse_from(["subscope"]).unwrap().watch;
        let watch = chosen.add_to(given).err();
        words.extend(watch.map(|failure| failure.to_string()));
        let error = OptionError::new("-h", "is odd");
        let own = server(profile, Server::default());
        words.push(chosen.blame(error, &own).to_string());
    }
    words
}

#[test]
fn a_login_in_place_of_a_path_or_a_user_is_refused_but_not_shown() {
    for line in [
        "socket = \"redis://bob:M4RK@h\"",
        "socket = \"bob:M4RK@h\"",
        "proto = \"bob:M4RK@h\"",
        "user = \"bob:M4RK@h\"",
    ] {
        let text = format!("[profile.a]\n{line}\n");
        let config = Config::parse(Path::new("/etc/config.toml"), &text).unwrap();
        let address = pickable_entry(&config.entries[0], &Defaults::default()).address;
        assert!(address.contains("for a URL or a login use"), "{address}");
        assert!(!address.contains(MARK), "{address}");
    }
    let text = "[profile.a]\nsocket = \"./a:b@c/r.sock\"\n";
    let config = Config::parse(Path::new("/etc/config.toml"), text).unwrap();
    let address = pickable_entry(&config.entries[0], &Defaults::default()).address;
    assert_eq!(address, "unix:///etc/./a:b@c/r.sock");
}

#[test]
fn a_profile_with_an_invalid_url_is_listed_as_unusable() {
    let text = "[profile.odd]\nurl = \"redis://h:x\"\n";
    let config = Config::parse(Path::new("/etc/config.toml"), text).unwrap();
    let address = pickable_entry(&config.entries[0], &Defaults::default()).address;
    assert!(
        address.starts_with("unusable: line 2: profile.odd.url: "),
        "{address}"
    );
}

#[test]
fn no_error_about_a_generated_file_shows_a_password_or_is_unsafe_to_print() {
    let check = |text: String| {
        for words in complaints(&text) {
            prop_assert!(!words.contains(MARK), "{text}: {words}");
            prop_assert!(!words.contains(char::is_control), "{text}: {words:?}");
            prop_assert!(words.chars().count() <= 1000, "{text}: {words}");
        }
        Ok(())
    };
    let mut runner = TestRunner::new(cases::config(2000));
    runner.run(&file(), check).unwrap();
}
