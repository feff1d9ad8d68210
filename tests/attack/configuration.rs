//! Addresses and configuration files with mistakes in them. No error message may show a password,
//! affect a terminal, or grow without bound.

use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use subscope::app::{KeySet, Keymap};
use subscope::config::Config;
use subscope::payload::escape::whole;
use subscope::server::Target;
use subscope::workers::analysis::Check;

use crate::escapes::assert_harmless;
use crate::mutation::mutated_text;
use crate::random::{Random, attack};
use crate::support::cases;
use crate::support::pty::SUBSCOPE;

/// Part of every generated password. A message that contains it leaks a password.
const MARK: &str = "s3cr3t";

/// Text that is put before and between the marks in a password, without percent-encoding.
const BETWEEN: &[&str] = &[
    "", "@", "/", "?", "#", ":", "%", "%2F", "&", "=", "[", "]", "//", "1/", "@host/", " ", "\\",
    "'", "\u{e9}", "+", ",", "6379", "0/",
];

/// Maximum length of an error message apart from the input that it quotes.
const MAX_ERROR_LENGTH: usize = 2000;

/// Returns a password with the mark in each of its parts.
fn password(random: &mut Random) -> String {
    let mut password = random.pick(BETWEEN).to_string() + MARK;
    for _ in 0..random.below(3) {
        password += random.pick::<&str>(BETWEEN);
        password += MARK;
    }
    password
}

/// Returns an address with a password in the right place; its other parts may be malformed.
fn address(random: &mut Random) -> String {
    let scheme = mutated_rarely(
        random,
        &[
            "redis",
            "rediss",
            "valkey",
            "valkeys",
            "redis+sentinel",
            "rediss+cluster",
            "http",
        ],
    );
    // An address that starts like a path would be read as a path.
    let scheme = scheme.trim_start_matches(['/', '.']);
    let user = random.pick(&["", "me", "a%3Ab", "\u{e9}"]);
    let host = mutated_rarely(
        random,
        &[
            "localhost",
            "h:7000",
            "[::1]:1",
            "h1:1,h2:2",
            "10.0.0.1",
            "h:0",
            "h:port",
            "",
        ],
    );
    let path = mutated_rarely(
        random,
        &["", "/", "/3", "/mymaster", "/mymaster/2", "/x", "/-1"],
    );
    let parameters = match random.below(6) {
        0 => format!("?sentinel-user=u&sentinel-password={}", password(random)),
        1 => format!("?db=1&pass={}", password(random)),
        2 => "?protocol=resp3".to_owned(),
        _ => String::new(),
    };
    if random.one_in(8) {
        return format!("unix:///run/redis.sock?user=me&pass={}", password(random));
    }
    let password = password(random);
    let separator = if random.one_in(10) { ":/" } else { "://" };
    format!("{scheme}{separator}{user}:{password}@{host}{path}{parameters}")
}

/// Returns one of `samples`, sometimes mutated, but without an added `@` or `:`, so that the
/// password stays where it is.
fn mutated_rarely(random: &mut Random, samples: &[&str]) -> String {
    if random.one_in(3) {
        mutated_text(random, samples).replace(['@', ':'], "")
    } else {
        random.pick(samples).to_string()
    }
}

/// Panics if the message or the debug output of `value` contains the mark.
fn assert_hides_password(value: &(impl ToString + Debug), about: &str) {
    for words in [value.to_string(), format!("{value:?}")] {
        assert!(!words.contains(MARK), "{about}: {words}");
        assert!(words.len() < MAX_ERROR_LENGTH + 8 * about.len(), "{words}");
        assert_harmless(&whole(words.as_bytes()));
    }
}

#[test]
fn no_error_about_an_address_shows_its_password() {
    attack(
        "addresses",
        cases::count(4000),
        |random| vec![address(random)],
        |addresses| {
            for address in addresses {
                match Target::parse(address) {
                    Ok(parsed) => {
                        let target = parsed.target;
                        assert_hides_password(&target, address);
                        let shown = target.any_address().to_string();
                        assert!(!shown.contains(MARK), "{address}: {shown}");
                    }
                    Err(error) => {
                        assert_hides_password(&error, address);
                        assert_harmless(&error.to_string());
                    }
                }
            }
        },
    );
}

const FILE: &str = "\
# what is where
[profile.production]
color = \"red\"
url = \"rediss://app:s3cr3t@redis.example:6380/1\"
user = \"me\"
password-command = \"echo s3cr3t | head -1\"
read-only = true
tls = { cacert = \"ca.pem\", cert = \"/c.pem\", key = \"k.pem\", sni = \"x\", insecure = true }
channels = [\"orders.*\", \"jobs\"]
filter = [\"a\", '.b == 1']
keep = \"1MiB\"
lens = [\"orders:*=.user.id\"]
seq = [\"o=.n\", \"p=.n,.k\"]
pair = [\"q=.id -> r=.id\"]

[profile.local]
host = \"h\"
port = 7_000
db = 0x2

[profile.\"by socket\"]
socket = \"run/redis.sock\"
until = \"\"\"END\"\"\"
";

/// Returns whether the mark, after mutation, appears only in passwords. In a name, it would not be
/// a secret.
fn holds_passwords_only(text: &str) -> bool {
    let mut lines = text.split(['\n', '\r']).filter(|line| line.contains(MARK));
    lines.all(|line| {
        let starts = ["url = ", "password-command = "];
        let behind = line.rsplit(MARK).next().unwrap_or_default();
        starts.iter().any(|start| line.starts_with(start)) && !behind.contains('=')
    })
}

#[test]
fn no_error_about_a_config_file_shows_a_password() {
    attack(
        "configuration files",
        cases::count(1500),
        |random| mutated_text(random, &[FILE]).into_bytes(),
        |bytes| {
            let text = String::from_utf8_lossy(bytes);
            if !holds_passwords_only(&text) {
                return;
            }
            match Config::parse(Path::new("/etc/it.toml"), &text) {
                Ok(config) => {
                    assert!(!format!("{config:?}").contains(MARK));
                    for entry in &config.entries {
                        let Ok(profile) = entry.profile.valid() else {
                            continue;
                        };
                        let error = profile.error("url", "is wrong");
                        assert_hides_password(&error, &profile.name);
                        if let Some(Err(error)) = profile.url.as_deref().map(Target::parse) {
                            assert_hides_password(&error, &text);
                        }
                    }
                    let entries = config.entries.iter();
                    let profiles = entries.map(|entry| entry.profile.errors());
                    let parts = [config.defaults.errors(), config.keys.errors()];
                    let parts = parts.into_iter().chain([config.commands.errors()]);
                    let errors = profiles.chain(parts).flatten();
                    for error in errors.chain(&config.errors) {
                        assert_hides_password(error, &text);
                    }
                    let changes = config.keys.rest();
                    for error in Keymap::new(KeySet::Vim, changes)
                        .err()
                        .into_iter()
                        .flatten()
                    {
                        assert_hides_password(&error, &text);
                    }
                    if let Err(error) = config.profile("prduction") {
                        assert_hides_password(&error, &text);
                    }
                }
                Err(error) => assert_hides_password(&error, &text),
            }
        },
    );
}

#[test]
fn any_text_is_accepted_as_a_check_or_refused() {
    let samples = [
        "o*=.n",
        "p=.n,.k",
        "q=.id -> r=.id",
        "q=.id->r=.id timeout 5s",
        "o=.at",
    ];
    attack(
        "checks read",
        cases::count(300),
        |random| mutated_text(random, &samples).into_bytes(),
        |bytes| {
            let text = String::from_utf8_lossy(bytes);
            for read in [Check::parse_sequence, Check::parse_pair, Check::parse_delay] {
                if let Err(words) = read(&text) {
                    assert!(words.len() < MAX_ERROR_LENGTH + 8 * text.len(), "{words}");
                    assert_harmless(&whole(words.as_bytes()));
                }
            }
        },
    );
}

/// Returns the output of the program for these arguments, without a terminal.
fn program_error(arguments: &[&str]) -> String {
    let mut command = Command::new(SUBSCOPE);
    command
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    assert!(
        output.status.code().is_some_and(|code| code < 100),
        "{output:?}"
    );
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// Panics unless `words`, which are written to a terminal unchanged, are plain text without a mark.
fn assert_printable(words: &str, about: &str) {
    assert!(
        !words.is_empty() && !words.contains(MARK),
        "{about}: {words}"
    );
    words.lines().for_each(assert_harmless);
    assert!(words.len() < MAX_ERROR_LENGTH + 8 * about.len(), "{words}");
}

#[test]
fn errors_printed_by_the_program_hide_the_password_and_are_printable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it.toml");
    attack(
        "the program's complaints",
        cases::count(30),
        |random| vec![address(random), mutated_text(random, &[FILE])],
        |inputs| {
            let [address, file] = inputs else { return };
            if !address.contains('\0') {
                assert_printable(&program_error(&["-u", address]), address);
            }
            fs::write(&path, file).unwrap();
            if holds_passwords_only(file) {
                let path = path.to_str().unwrap();
                let words = program_error(&["--config", path, "--profile", "production"]);
                assert_printable(&words, file);
            }
        },
    );
}
