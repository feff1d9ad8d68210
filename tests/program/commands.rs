//! The user's own commands as processes that the built program starts.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::pty::{Launch, Pty};
use crate::support::redis::Redis;

/// Starts the program with these commands in its config file, on a server that has published one
/// message, and freezes the log.
fn start(redis: &Redis, folder: &TempDir, commands: &str) -> Pty {
    let config = folder.path().join("config.toml");
    fs::write(&config, commands).unwrap();
    let pty = Launch::subscope(&["-u", &redis.url()])
        .env("SUBSCOPE_CONFIG", config.to_str().unwrap())
        .env("TMPDIR", folder.path().to_str().unwrap())
        .env("OUT", folder.path().join("out").to_str().unwrap())
        .start();
    pty.wait_for_text("subscribed to pattern *");
    redis.cli(&["publish", "a$(touch pwned)", "{\"id\":1}"]);
    pty.wait_for_text("{\"id\":1}");
    pty
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_command_in_a_pane_gets_the_message_and_ends_with_esc() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let mut pty = start(
        &redis,
        &folder,
        r#"
            [[command]]
            name = "show"
            key = "Q"
            run = "echo on $SUBSCOPE_CHANNEL; cat; echo $SUBSCOPE_FILE none"

            [[command]]
            name = "file"
            key = "U"
            run = "ls -l {} | cut -c1-10; cat {}; exit 3"
            input = "file"

            [[command]]
            name = "endless"
            key = "V"
            run = "echo started; sleep 1000 & echo $! > $OUT; wait"
        "#,
    );
    pty.send(" Q");
    pty.wait_for_text("on a$(touch pwned)");
    pty.wait_for_text("\"id\": 1");
    pty.wait_for_text("5 lines");
    pty.send("qU");
    pty.wait_for_text("-rw-------");
    pty.wait_for_text("exit status 3");
    pty.send("qV");
    pty.wait_for_text("started");
    pty.send("\x1b");
    pty.wait_for_text("endless stopped");
    assert_eq!(files(folder.path()), ["config.toml", "out"]);
    let child = fs::read_to_string(folder.path().join("out")).unwrap();
    let child = Path::new("/proc").join(child.trim());
    pty.send("q");
    pty.wait_for_exit();
    let status = fs::read_to_string(child.join("stat")).unwrap_or_default();
    assert!(status.is_empty() || status.contains(") Z "), "{status}");
}

#[test]
fn a_command_has_the_terminal_and_the_keys_until_it_ends() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let mut pty = start(
        &redis,
        &folder,
        r#"
            [[command]]
            name = "ask"
            key = "Q"
            run = "cat {}; printf 'name? '; read name; echo \"$name\" > $OUT"
            input = "file"
            show = "terminal"

            [[command]]
            name = "fail"
            key = "U"
            run = "cat; trap '' INT; echo ready; sleep 1000"
            show = "terminal"

            [[command]]
            name = "none"
            key = "V"
            run = "no-such-program-here"
            show = "terminal"
        "#,
    );
    pty.send(" Q");
    pty.wait_for("the command's prompt", |screen| {
        !screen.alternate_screen() && screen.contents().contains("name? ")
    });
    // While the command runs, messages arrive, and keys go to the command.
    redis.cli(&["publish", "later", "meanwhile"]);
    pty.send_at_once("qqq\r");
    pty.wait_for("the screen", vt100::Screen::alternate_screen);
    pty.wait_for_text("later");
    let out = folder.path().join("out");
    assert_eq!(fs::read_to_string(out).unwrap(), "qqq\n");
    assert_eq!(files(folder.path()), ["config.toml", "out"]);

    // A failure is shown first on the terminal, and then on the screen of the program.
    pty.send("V");
    pty.wait_for_text("none: exit status 127: command not found · press Enter to return");
    pty.send_at_once("\r");
    pty.wait_for("the screen", vt100::Screen::alternate_screen);
    pty.wait_for_text("none: exit status 127: command not found");

    // Ctrl-C goes to the command. When the program is terminated, it ends the command.
    pty.send("U");
    pty.wait_for_text("ready");
    pty.send_at_once("\x03");
    pty.wait_for_text("^C");
    pty.signal("TERM");
    assert_eq!(pty.wait_for_exit().exit_code(), 128 + 15);
}

/// Returns whether the process still runs whose number a command has written to `file`.
fn is_running(file: &Path) -> bool {
    let number = fs::read_to_string(file).unwrap();
    let status = fs::read_to_string(Path::new("/proc").join(number.trim()).join("stat"));
    status.is_ok_and(|status| !status.contains(") Z "))
}

#[test]
fn no_command_and_no_file_outlives_the_program() {
    let redis = Redis::start();
    for (key, signal) in [("Q", "TERM"), ("Q", "HUP"), ("U", "TERM")] {
        let folder = tempfile::tempdir().unwrap();
        let mut pty = start(
            &redis,
            &folder,
            r#"
                [[command]]
                name = "deaf"
                key = "Q"
                run = "trap '' TERM HUP; echo $$ > $OUT; cat {}; echo ready; sleep 1000; sleep 1000"
                input = "file"

                [[command]]
                name = "on the terminal"
                key = "U"
                run = "trap '' TERM HUP; cat {}; sh -c 'echo $$ > $OUT; echo ready; exec sleep 1000'; echo end"
                input = "file"
                show = "terminal"
            "#,
        );
        pty.send(format!(" {key}"));
        pty.wait_for_text("ready");
        pty.signal(signal);
        pty.wait_for_exit();
        assert!(!is_running(&folder.path().join("out")), "{key} {signal}");
        assert_eq!(files(folder.path()), ["config.toml", "out"]);
    }
}

#[test]
fn a_process_in_the_background_that_keeps_the_output_open_does_not_hold_up_a_command() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let mut pty = start(
        &redis,
        &folder,
        r#"
            [[command]]
            name = "daemon"
            key = "Q"
            run = "setsid sh -c 'echo $$ > $OUT; exec sleep 1000' & while [ ! -s $OUT ]; do :; done; echo done"
        "#,
    );
    pty.send(" Q");
    pty.wait_for_text("done");
    pty.wait_for_text("exit status 0 · output cut: still open in the background");
    let out = folder.path().join("out");
    assert!(is_running(&out), "it is not the command's child");
    let number = fs::read_to_string(out).unwrap();
    let killed = std::process::Command::new("kill")
        .arg(number.trim())
        .status();
    assert!(killed.unwrap().success());
}

#[test]
fn keys_typed_while_a_command_has_the_terminal_do_not_act_afterwards() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let mut pty = start(
        &redis,
        &folder,
        r#"
            [[command]]
            name = "busy"
            key = "Q"
            run = "echo at work; until [ -e $OUT ]; do sleep 0.01; done"
            show = "terminal"
        "#,
    );
    pty.send(" Q");
    pty.wait_for_text("at work");
    pty.send_at_once("E");
    // The terminal echoes it.
    pty.wait_for_text("E");
    fs::write(folder.path().join("out"), "").unwrap();
    pty.wait_for("the screen", vt100::Screen::alternate_screen);
    pty.wait_for_text("subscribed to pattern *");
    // If the key had acted, this one would be typed into the box that it opens.
    pty.send("?");
    pty.wait_for_text("Channels and messages");
}

#[test]
fn a_key_that_has_a_meaning_is_an_error_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    fs::write(
        &config,
        "[[command]]\nname = \"x\"\nkey = \"q\"\nrun = \"x\"\n",
    )
    .unwrap();
    let pty = Launch::subscope(&["demo"])
        .env("SUBSCOPE_CONFIG", config.to_str().unwrap())
        .start();
    pty.wait_for_text("config.toml:3: command.key: q already has a meaning");
    assert_eq!(pty.wait_for_exit().exit_code(), 2);
}
