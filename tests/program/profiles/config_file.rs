//! The config file apart from its profiles: writing it, checking it, and using its keys and
//! defaults.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::program::File;
use crate::support::pty::{Launch, SUBSCOPE};

fn run(arguments: &[&str], config: &Path) -> Output {
    Command::new(SUBSCOPE)
        .args(arguments)
        .env("SUBSCOPE_CONFIG", config)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).unwrap()
}

/// Returns what the program prints.
#[track_caller]
fn printed(arguments: &[&str], config: &Path) -> String {
    let output = run(arguments, config);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Returns the errors of a command that fails because of the command line or the config file.
#[track_caller]
fn errors(arguments: &[&str], config: &Path) -> Vec<String> {
    let output = run(arguments, config);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    text(&output.stderr).lines().map(str::to_owned).collect()
}

#[test]
fn an_explained_config_file_is_written_once_and_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder/config.toml");
    let init = ["config", "init"];
    assert_eq!(printed(&init, &path), format!("{}\n", path.display()));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let explained = fs::read_to_string(&path).unwrap();
    let check = printed(&["config", "check"], &path);
    let summary = "no mistakes · 0 profiles · 0 defaults · 0 key changes · 0 commands · 0 recipes";
    assert!(check.contains(summary), "{check}");

    fs::write(&path, "[profile.mine]\n").unwrap();
    let refused = errors(&init, &path);
    assert!(refused[0].contains("exists: use --force"), "{refused:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "[profile.mine]\n");
    printed(&["config", "init", "--force"], &path);
    assert_eq!(fs::read_to_string(&path).unwrap(), explained);
}

/// Returns whether a setting of the explained file names a file.
fn names_file(setting: &str) -> bool {
    let names = ["proto", "tls", "schema", "avro"];
    names.iter().any(|name| setting.starts_with(name))
}

#[test]
fn every_setting_of_the_explained_file_is_valid() {
    let all = include_str!("../../../assets/config.toml");
    let lines = all.lines().map(|line| match line.strip_prefix('#') {
        // Skip the settings that name files, since these files do not exist here.
        Some(setting) if names_file(setting) => "",
        Some(setting) if !setting.starts_with(' ') => setting,
        _ => line,
    });
    let file = File::holding(&lines.collect::<Vec<_>>().join("\n"));
    let check = printed(&["config", "check"], Path::new(&file.path()));
    assert!(check.contains("1 profile (staging) ·"), "{check}");
    assert!(check.contains("1 key change"), "{check}");
    let help = Command::new(SUBSCOPE).arg("--help").output().unwrap();
    let help = text(&help.stdout);
    let names = help
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("--"));
    let names = names.map(|name| name.trim_end_matches(|end: char| !end.is_alphanumeric()));
    // Options that are not top-level settings: those for a single run, those in the TLS table, and
    // the password, which the file never holds.
    let elsewhere = [
        "help", "version", "config", "pass", "cacert", "cert", "key", "sni", "insecure",
    ];
    let mut count = 0;
    for name in names.filter(|name| !name.is_empty() && !elsewhere.contains(name)) {
        let setting = format!("{name} = ");
        let is_quoted_elsewhere = name.contains(['=', '_']) || name == "descriptor";
        assert!(all.contains(&setting) || is_quoted_elsewhere, "{name}");
        count += 1;
    }
    assert!(count > 20, "{help}");
}

#[test]
fn check_reports_every_mistake_with_its_line() {
    let file = File::holding(
        "colour = 1\n[defaults]\ntheme = \"ligt\"\nkeep = \"1\"\nprofile = \"stagng\"\n\
         [keys.messages]\nopn = \"o\"\nopen = [\"Entr\", \"p\"]\n\
         [profile.staging]\nprt = 1\nescape-time = 5000\n\
         [profile.good]\nhost = \"a:7\"\nfilter = [\"size>\"]\n",
    );
    let path = file.path();
    let errors = errors(&["config", "check"], Path::new(&path));
    for (error, words) in errors.iter().zip([
        ":1: colour: no such key",
        ":3: defaults.theme: must be one of auto, dark, light, ",
        ":4: defaults.keep: ",
        ":5: defaults.profile: no profile 'stagng', did you mean 'staging'?",
        ":7: keys.messages.opn: no such action, did you mean 'open'?",
        ":8: keys.messages.open: unknown key 'Entr', did you mean 'Enter'?",
        ":10: profile.staging.prt: no such key, did you mean 'port'?",
        ":11: profile.staging.escape-time: must be from 0 to 1000",
        ":13: profile.good.host: contains more than a host",
        ":14: profile.good.filter: \"size>\"",
    ]) {
        assert!(
            error.contains(&format!("{path}{words}")),
            "{words}: {errors:#?}"
        );
    }
    assert_eq!(errors.len(), 10, "{errors:#?}");
}

/// An unknown or invalid key does not hide the mistakes in the others.
#[test]
fn check_reports_the_values_beside_an_unknown_key_and_the_commands() {
    let file = File::holding(
        "[defaults]\nnonsense = 1\ntheme = \"lihgt\"\nkeep = \"1Gig\"\nseparator = \"::\"\n\
         [profile.a]\nodd = 1\nurl = \"http://x\"\ndb = \"x\"\n\
         [keys.panes]\npublish = 5\nclear = \"m\"\n\
         [[command]]\nname = \"one\"\nkey = \"q\"\nrun = \" \"\ninput = \"stdin\"\nwhen = 1\n\
         [[command]]\nname = \"two\"\nkey = \"Entr\"\nrun = \"x\"\n",
    );
    let errors = errors(&["config", "check"], Path::new(&file.path()));
    for (error, words) in errors.iter().zip([
        ":2: defaults.nonsense: no such key",
        ":3: defaults.theme: must be one of",
        ":4: defaults.keep: ",
        ":5: defaults.separator: ",
        ":7: profile.a.odd: no such key",
        ":8: profile.a.url: ",
        ":9: profile.a.db: must be a whole number",
        ":11: keys.panes.publish: must be",
        ":12: keys.panes.clear: m already means toggle-mute",
        ":16: command.run: is empty",
        ":17: command.input: must be one of shown, raw, file",
        ":18: command.when: no such key",
        ":21: command.key: unknown key 'Entr', did you mean 'Enter'?",
    ]) {
        assert!(error.contains(words), "{words}: {errors:#?}");
    }
    assert_eq!(errors.len(), 13, "{errors:#?}");
}

#[test]
fn check_reports_every_wrong_element_of_a_list() {
    let file = File::holding(
        "command = [1, { name = \"one\", run = \" \" }, true]\n\
         [defaults]\nchannels = [\"a\", 1, 2]\nfilter = [\n  \"a\",\n  1,\n  true,\n]\n\
         [keys.messages]\nopen = [\"Entr\", \"p\", \"Dwn\"]\nfilter = [1, 2]\n\
         [profile.a]\nfilter = [\"size>\", \"ok\", \"size<\"]\nbreak = [\"(\", \")\"]\n\
         lens = [\"a\", \"b\"]\nproto-type = [\"c\", \"d\"]\nseq = [\"e\", \"f\"]\n",
    );
    let errors = errors(&["config", "check"], Path::new(&file.path()));
    for (error, words) in errors.iter().zip([
        ":1: command: must be tables that start with [[command]], not a number",
        ":1: command: must be tables that start with [[command]], not true or false",
        ":1: command.run: is empty",
        ":3: defaults.channels: must be a list of strings",
        "; element 3 is not a string",
        ":6: defaults.filter: must be a list of strings",
        ":7: defaults.filter: must be a list of strings",
        ":10: keys.messages.open: unknown key 'Entr'",
        ":10: keys.messages.open: unknown key 'Dwn'",
        ":11: keys.messages.filter: must be a list of strings",
        "; element 2 is not a string",
        ":13: profile.a.filter: \"size>\"",
        ":13: profile.a.filter: \"size<\"",
        ":14: profile.a.break: \"(\"",
        ":14: profile.a.break: \")\"",
        ":15: profile.a.lens: \"a\" has no =",
        ":15: profile.a.lens: \"b\" has no =",
        ":16: profile.a.proto-type: \"c\" has no =TYPE",
        ":16: profile.a.proto-type: \"d\" has no =TYPE",
        ":17: profile.a.seq: ",
        ":17: profile.a.seq: ",
    ]) {
        assert!(error.contains(words), "{words}: {errors:#?}");
    }
    assert_eq!(errors.len(), 21, "{errors:#?}");
}

#[test]
fn check_finds_every_mistake_that_prevents_a_start() {
    let file = File::holding(
        "[[command]]\nname = \"one\"\nkey = \"q\"\nrun = \"x\"\n\
         [[command]]\nname = \"two\"\nkey = \"p\"\nrun = \"x\"\n",
    );
    let path = file.path();
    let start = errors(&["demo"], Path::new(&path));
    let first = "command.key: q already has a meaning";
    assert!(start[0].contains(first), "{start:?}");
    assert!(
        start[0].ends_with("(1 more error: subscope config check)"),
        "{start:?}"
    );
    let found = errors(&["config", "check"], Path::new(&path));
    assert!(
        found[0].contains(first) && found[1].contains(":7: command.key: p"),
        "{found:?}"
    );

    // A profile may choose other keys than the defaults.
    let file = File::holding(
        "[defaults]\nkeys = \"arrows\"\n[profile.a]\nkeys = \"vim\"\n[[command]]\nname = \"o\"\nkey = \"j\"\nrun = \"x\"\n",
    );
    let found = errors(&["config", "check"], Path::new(&file.path()));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn the_file_to_check_may_be_named_before_the_command() {
    let empty = File::holding("");
    let recipe = "[[recipe]]\nname = \"mine\"\nchannels = \"a\"\n";
    let file = File::holding(&format!("{recipe}{recipe}"));
    let found = errors(
        &["--config", &file.path(), "config", "check"],
        Path::new(&empty.path()),
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].ends_with(":5: recipe.name: the recipe in line 2 has this name"),
        "{found:?}"
    );
}

#[test]
fn check_counts_commands_and_the_keys_that_differ() {
    let plain = File::holding("");
    let keys = printed(&["keys"], Path::new(&plain.path()));
    let command = "[[command]]\nname = \"one\"\nkey = \"U\"\nrun = \"x\"\n";
    let file = File::holding(&format!("{keys}{command}"));
    let check = printed(&["config", "check"], Path::new(&file.path()));
    assert!(check.contains("0 key changes · 1 command"), "{check}");
    let file = File::holding("[keys.messages]\nopen = [\"Enter\", \"o\"]\n");
    let check = printed(&["config", "check"], Path::new(&file.path()));
    assert!(check.contains("1 key change · 0 commands"), "{check}");
}

#[test]
fn a_flag_followed_by_its_value_is_an_error() {
    let plain = File::holding("");
    let errors = errors(&["--read-only", "false"], Path::new(&plain.path()));
    assert!(errors[0].contains("write --read-only=false"), "{errors:?}");
}

#[test]
fn a_mistake_in_the_defaults_or_the_keys_is_an_error_at_the_start() {
    for (mistake, words) in [
        (
            "[defaults]\nthem = \"light\"\n",
            "2: defaults.them: no such key, did you mean 'theme'?",
        ),
        (
            "[defaults]\ntheme = \"ligt\"\n",
            "2: defaults.theme: must be one of",
        ),
        (
            "[defaults]\nfilter = [\"size>\"]\n",
            "2: defaults.filter: \"size>\"",
        ),
        (
            "[keys.panes]\npublish = \"m\"\n",
            "2: keys.panes.publish: m already means toggle-mute",
        ),
        (
            "[keys.pans]\n",
            "1: keys.pans: no such pane, did you mean 'panes'?",
        ),
        ("\n[defaults\n", "2: "),
    ] {
        let file = File::holding(mistake);
        for arguments in [&[][..], &["demo"]] {
            let errors = errors(arguments, Path::new(&file.path()));
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(
                errors[0].contains(&format!("{}:{words}", file.path())),
                "{errors:?}"
            );
        }
    }
}

#[test]
fn the_keys_are_printed_as_they_are_in_use() {
    let file = File::holding("[defaults]\nkeys = \"arrows\"\n[keys.messages]\nopen = [\"o\"]\n");
    let path = file.path();
    let keys = printed(&["keys"], Path::new(&path));
    for line in [
        "open = [\"o\"] ",
        "down = [\"Down\"] ",
        "[keys.publish-payload]",
    ] {
        assert!(keys.contains(line), "{line}: {keys}");
    }
    let keys = printed(&["keys", "--keys", "vim"], Path::new(&path));
    assert!(keys.contains("down = [\"j\", \"Down\"] "), "{keys}");
    let pasted = File::holding(&keys);
    let again = printed(&["keys"], Path::new(&pasted.path()));
    assert_eq!(again, keys);
}

#[test]
fn the_defaults_and_the_keys_of_the_file_apply_without_a_profile() {
    let file = File::holding(
        "[defaults]\nascii = \"always\"\nread-only = true\nkeys = \"arrows\"\n\
         [keys.panes]\nhelp = \"F2\"\n",
    );
    let mut pty = Launch::subscope(&["demo", "--config", &file.path()])
        .size(160, 40)
        .start();
    pty.wait_for_text("F2 help");
    pty.wait_for_text("+ Channels");
    pty.send("p");
    pty.wait_for_text("publishing is off (config file); start with --read-only=false");
    pty.send("\x03\x03");
    pty.wait_for_exit();
}
