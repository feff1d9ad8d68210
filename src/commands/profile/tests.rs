#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::ffi::OsString;

use clap::Parser as _;

use super::*;
use crate::cli::Cli;
use crate::config::Config;

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

/// The command line `options` with the profile `name` in it.
fn with(name: &str, options: &str) -> Watch {
    let words = ["subscope"].into_iter().chain(options.split_whitespace());
    let given = Cli::try_parse_from(words).unwrap().watch;
    let config = Config::parse(Path::new("/etc/config.toml"), FILE).unwrap();
    let chosen = Chosen {
        profile: config.profile(name).unwrap().clone(),
        warning: None,
        signals: None,
    };
    let watch = chosen.add_to(given);
    watch.map_err(|failure| failure.to_string()).unwrap()
}

fn address(watch: &Watch) -> String {
    target::named(&watch.server).map_or_else(|wrong| wrong.problem, |target| target.to_string())
}

#[test]
fn a_profile_stands_for_its_options() {
    let watch = with("p", "--profile p");
    assert_eq!(address(&watch), "rediss://app@h:7000/2");
    let tls = &watch.server.tls;
    assert_eq!(tls.cacert.as_deref(), Some(Path::new("/etc/ca.pem")));
    assert_eq!(tls.sni.as_deref(), Some("name"));
    assert_eq!(watch.server.password_command.as_deref(), Some("true"));
    assert_eq!(watch.channels, ["a.*"]);
    assert_eq!(watch.shard, ["s"]);
    assert!(watch.exact && watch.screen.read_only);
    assert_eq!(watch.screen.filter, ["one"]);
    assert_eq!(watch.screen.breakpoint, ["two"]);
    assert_eq!(watch.until, Some(OsString::from("END")));
    assert_eq!(watch.screen.memory(), 2 << 20);
    assert_eq!(watch.screen.reading.lens, ["a=.one"]);
}

#[test]
fn what_stands_on_the_command_line_wins() {
    let watch = with(
        "p",
        "own:1 own:2 --profile p --user me -n 3 --sni other --filter three --break four \
         --until STOP --keep 3MiB --lens b=.two --proto x.pb --proto-type o=T",
    );
    assert_eq!(address(&watch), "rediss://me@h:7000/3");
    assert_eq!(watch.server.tls.sni.as_deref(), Some("other"));
    assert!(watch.server.tls.cacert.is_some());
    assert_eq!(watch.channels, ["own:1", "own:2"]);
    assert!(watch.shard.is_empty() && !watch.exact);
    assert_eq!(watch.screen.filter, ["one", "three"]);
    assert_eq!(watch.screen.breakpoint, ["two", "four"]);
    assert_eq!(watch.until, Some(OsString::from("STOP")));
    assert_eq!(watch.screen.memory(), 3 << 20);
    assert_eq!(watch.screen.reading.lens, ["a=.one", "b=.two"]);
    assert_eq!(
        watch.screen.reading.proto.as_deref(),
        Some(Path::new("x.pb"))
    );
    assert_eq!(watch.screen.reading.proto_type, ["o=T"]);
    assert!(watch.screen.read_only);
}

#[test]
fn a_sharded_channel_on_the_command_line_replaces_all_channels_too() {
    let watch = with("p", "--profile p --shard t --exact");
    assert!(watch.channels.is_empty() && watch.exact);
    assert_eq!(watch.shard, ["t"]);
}

#[test]
fn a_profile_without_a_server_means_the_one_here() {
    let watch = with("bare", "--profile bare --read-only");
    assert_eq!(address(&watch), "redis://127.0.0.1:6379");
    assert!(watch.screen.read_only && watch.channels.is_empty());
    assert_eq!(watch.screen.memory(), 256 << 20);
}
