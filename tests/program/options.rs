//! Options of subcommands in the environment and the config file.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::support::piped::{Ended, Piped};
use crate::support::pty::SUBSCOPE;
use crate::support::redis::Redis;

/// A folder with a config file and a recording of the messages 1, 2 and 3.
struct Folder(TempDir);

impl Folder {
    fn with_config(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.toml"), text).unwrap();
        let line = |second: u8| {
            format!(
                "{{\"time\":\"2026-11-23T11:00:0{second}Z\",\"channel\":\"a\",\"via\":[\"*\"],\
                 \"payload\":\"{second}\"}}\n"
            )
        };
        fs::write(
            folder.path().join("rec.ndjson"),
            [1, 2, 3].map(line).concat(),
        )
        .unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs the program with the config file and with variables.
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(SUBSCOPE);
        command
            .args(arguments)
            .args(["--config", &self.path("config.toml")])
            .current_dir("/")
            .envs(variables.iter().copied());
        Piped::launch(&mut command).finish()
    }
}

#[test]
fn the_command_line_precedes_the_environment_and_that_the_file() {
    let folder = Folder::with_config(
        "[tail]\noutput = \"{channel}{payload} \"\nfrom = \"rec.ndjson\"\ncount = 2\nidle = \"1ms\"\n\
         summary = true\n[defaults]\nfilter = [\"-1\"]\n",
    );
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let ended = folder.run(&[&["tail"], arguments].concat(), variables);
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        let has_summary = ended.stderr.contains("messages");
        (ended.text().to_owned(), has_summary)
    };
    // The file names its own mistake: it has two options that exclude each other.
    let wrong = folder.run(&["tail"], &[]);
    assert_eq!(wrong.code(), Some(2));
    let place = format!(
        "{}:5: tail.idle: cannot be combined with from",
        folder.path("config.toml")
    );
    assert!(wrong.stderr.contains(&place), "{}", wrong.stderr);

    let text = fs::read_to_string(folder.path("config.toml")).unwrap();
    fs::write(
        folder.path("config.toml"),
        text.replace("idle = \"1ms\"\n", ""),
    )
    .unwrap();
    assert_eq!(run(&[], &[]), ("a2 a3 ".to_owned(), true));
    let raw = [("SUBSCOPE_TAIL_OUTPUT", "raw")];
    assert_eq!(run(&[], &raw), ("2\n3\n".to_owned(), true));
    let options = ["--output", "{payload}", "--count", "1", "--summary=false"];
    assert_eq!(run(&options, &raw), ("2".to_owned(), false));
    let off = [("SUBSCOPE_TAIL_SUMMARY", "false")];
    assert_eq!(run(&[], &off), ("a2 a3 ".to_owned(), false));
    let all = fs::read_to_string(folder.path("rec.ndjson")).unwrap();
    let pipe = Piped::run(&["tail", "--from", "-", "-o", "raw"], all.as_bytes());
    assert_eq!(pipe.text(), "1\n2\n3\n");
}

#[test]
fn an_option_on_the_command_line_wins_over_those_of_the_file_that_exclude_it() {
    let redis = Redis::start();
    let folder = Folder::with_config("[publish]\nlines = true\nfail-if-unheard = true\n");
    let url = redis.url();
    let unheard = folder.run(&["publish", "a", "payload", "-u", &url], &[]);
    assert_eq!(unheard.text(), "0\n", "{}", unheard.stderr);
    assert_eq!(unheard.code(), Some(1));
    let options = [
        "publish",
        "a",
        "payload",
        "-u",
        &url,
        "--fail-if-unheard=false",
    ];
    assert_eq!(folder.run(&options, &[]).code(), Some(0));
}

#[test]
fn a_screen_in_a_pipe_takes_the_options_of_tail() {
    let redis = Redis::start();
    let url = redis.url();
    let folder = Folder::with_config("[tail]\ncount = 1\noutput = \"{channel}\"\n");
    let mut command = Command::new(SUBSCOPE);
    command.args(["-u", &url, "--config", &folder.path("config.toml")]);
    let mut program = Piped::launch(&mut command);
    program.wait_for_note("subscribed to");
    redis.cli(&["publish", "orders", "x"]);
    assert_eq!(program.finish().text(), "orders");
}

#[test]
fn the_file_may_come_through_a_pipe() {
    let folder = Folder::with_config("");
    let script = format!(
        "{SUBSCOPE} tail --config <(echo '[tail]'; echo 'count = 1') --from {} -o raw",
        folder.path("rec.ndjson")
    );
    let ended = Piped::launch(Command::new("bash").args(["-c", &script])).finish();
    assert_eq!(ended.text(), "1\n", "{}", ended.stderr);
}

#[test]
fn config_check_reports_mistakes_in_the_options_of_commands() {
    let folder = Folder::with_config(
        "[tail]\noutput = \"{chanel}\"\ncoutn = 1\nfilter = [\"x\"]\nfail-on = \"size>\"\n\
         [record]\nkeep-files = 2\n[replay]\nsame-server = true\nspeed = 0\n",
    );
    let ended = folder.run(&["config", "check"], &[]);
    assert_eq!(ended.code(), Some(2));
    let lines: Vec<&str> = ended.stderr.lines().collect();
    for (line, words) in lines.iter().zip([
        ":2: tail.output: unknown field {chanel}, did you mean 'channel'?",
        ":3: tail.coutn: no such option, did you mean 'count'?",
        ":4: tail.filter: belongs under [defaults] or in a profile",
        ":5: tail.fail-on: \"size>\"",
        ":7: record.keep-files: needs rotate in the same table",
        ":9: replay.same-server: can be given on the command line only",
        ":10: replay.speed: takes a number such as 2 or 0.5, or max",
    ]) {
        assert!(line.contains(words), "{words}: {lines:#?}");
    }
    assert_eq!(lines.len(), 7, "{lines:#?}");
    // A mistake in one table does not affect other commands.
    let other = folder.run(&["channels", "-u", "redis://127.0.0.1:1"], &[]);
    assert_eq!(other.code(), Some(1), "{}", other.stderr);
}
