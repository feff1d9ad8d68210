//! Exporting rows to files with the built program.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::support::pty::Launch;
use crate::support::redis::Redis;

#[test]
fn an_export_is_a_private_file_in_the_home_folder_and_replaces_one_only_if_told_to() {
    let redis = Redis::start();
    let home = tempfile::tempdir().unwrap();
    let mut pty = Launch::subscope(&["-u", &redis.url()])
        .env("HOME", home.path().to_str().unwrap())
        .start();
    pty.wait_for_text("subscribed to pattern *");
    redis.cli(&["publish", "orders", "first"]);
    pty.wait_for_text("first");
    pty.send("E\x15~/out.txt\r");
    pty.wait_for_text("exported 1 message and 1 notice to ~/out.txt");
    let path = home.path().join("out.txt");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.ends_with("+00:00  orders  first\n"), "{text}");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    redis.cli(&["publish", "orders", "second"]);
    pty.wait_for_text("second");
    pty.send("E\x15~/out.txt\r");
    pty.wait_for_text("~/out.txt exists");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    pty.send("y");
    pty.wait_for_text("exported 2 messages");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640, "a replaced file keeps its permissions");
    assert!(fs::read_to_string(&path).unwrap().ends_with("second\n"));

    pty.send("E\x15~/none/out.csv\r");
    pty.wait_for_text("No such file or directory");
    pty.send("\x1b");
    let names = fs::read_dir(home.path()).unwrap();
    assert_eq!(names.count(), 1, "no other file is left");
}
