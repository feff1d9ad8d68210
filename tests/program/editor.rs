//! The user's editor, opened from the publish box of the built program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use crate::support::pty::{Launch, Pty};
use crate::support::redis::Redis;

/// Writes an editor, as a shell script in this folder. It gets the file as its last argument.
fn write_editor(folder: &TempDir, script: &str) -> String {
    let path = folder.path().join("editor");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Starts the program with these variables, and puts `{"id":1}` into the publish box.
fn start(redis: &Redis, folder: &TempDir, variables: &[(&str, &str)]) -> Pty {
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let mut launch = Launch::subscope(&["-u", &redis.url()])
        .env("TMPDIR", temporary.to_str().unwrap())
        .env("OUT", folder.path().join("out").to_str().unwrap());
    for (name, value) in variables {
        launch = launch.env(name, value);
    }
    let mut pty = launch.start();
    pty.wait_for_text("subscribed to pattern *");
    redis.cli(&["publish", "orders", "{\"id\":1}"]);
    pty.wait_for_text("{\"id\":1}");
    pty.send(" e");
    pty.wait_for_text("Publish to orders");
    pty
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder.join("tmp")).unwrap().next().is_none()
}

#[test]
fn an_editor_with_arguments_edits_the_text_of_the_box() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let editor = write_editor(
        &folder,
        "ls -l $2 | cut -c1-10 > $OUT
         echo \"$1 ${2##*.}\" >> $OUT
         cat $2; printf 'save? '; read answer
         echo '{\"id\":\"'$answer'\"}' > $2",
    );
    let editor = format!("{editor} -w");
    let variables = [("EDITOR", "false"), ("VISUAL", &*editor)];
    let mut pty = start(&redis, &folder, &variables);
    pty.send(b"\x07");
    pty.wait_for("the editor", |screen| {
        !screen.alternate_screen() && screen.contents().contains("{\"id\":1}\nsave? ")
    });
    // While it runs, messages arrive, and keys go to the editor.
    redis.cli(&["publish", "later", "meanwhile"]);
    pty.send_at_once("yes\r");
    pty.wait_for("the screen", vt100::Screen::alternate_screen);
    pty.wait_for_text("later");
    pty.wait_for_text("{\"id\":\"yes\"}");
    let out = fs::read_to_string(folder.path().join("out")).unwrap();
    assert_eq!(out, "-rw-------\n-w json\n");
    assert!(is_empty(folder.path()));
    pty.send("\r");
    pty.wait_for_text("last publish: 1 receiver");
}

#[test]
fn an_editor_that_fails_leaves_the_text() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let editor = write_editor(&folder, "echo broken > $1; exit 3");
    let mut pty = start(&redis, &folder, &[("EDITOR", &editor)]);
    pty.send(b"\x07");
    pty.wait_for_text("exit status 3 · press Enter to return");
    pty.send_at_once("\r");
    pty.wait_for("the screen", vt100::Screen::alternate_screen);
    pty.wait_for_text("exit status 3 · text unchanged");
    let text = pty.text();
    assert!(!text.contains("broken"), "{text}");
    assert!(is_empty(folder.path()));
}

#[test]
fn without_an_editor_the_error_says_how_to_choose_one() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().to_str().unwrap();
    let mut pty = start(&redis, &folder, &[("EDITOR", ""), ("PATH", nowhere)]);
    pty.send(b"\x07");
    pty.wait_for_text("no editor: vi is not installed; set $EDITOR");
    pty.send("x");
    pty.wait_for_text("{\"id\":1}x");
}
