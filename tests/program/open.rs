//! `subscope open`: recordings on the screen of the built program.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::pty::Launch;

const HEADER: &str = r#"{"recording":1,"program":"subscope 0.1.0","server":"redis://db:6379","start":"2026-11-23T11:00:00.000000Z"}"#;

/// Returns a recording with this many rows, `padding` bytes long at least.
fn recording(rows: usize, padding: usize) -> String {
    let mut text = format!("{HEADER}\n");
    let padding = "x".repeat(padding);
    for row in 0..rows {
        let (minute, second) = (row / 60 % 60, row % 60);
        writeln!(
            text,
            r#"{{"time":"2026-11-23T11:{minute:02}:{second:02}.000000Z","channel":"orders","via":["*"],"payload":"row {row} {padding}"}}"#
        )
        .unwrap();
    }
    text
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_subscope");
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.stdout.is_empty());
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn a_recording_is_shown_searched_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("today.ndjson");
    fs::write(&path, recording(300, 0) + "damaged\n").unwrap();
    let mut pty = Launch::subscope(&["open", path.to_str().unwrap()]).start();
    pty.wait_for_text("row 0");
    pty.wait_for_text("today.ndjson");
    // The notice comes once everything has been read, which may be after the key.
    pty.send("G");
    pty.wait_for_text("1 line skipped: line 302: not JSON");
    pty.send("/row 123\r");
    pty.wait_for_text("1 of 300");
    pty.send("p");
    pty.wait_for_text("needs a server");
    pty.send("q");
    assert!(pty.wait_for_exit().success());
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no index is needed"
    );
}

#[test]
fn a_recording_larger_than_the_memory_is_loaded_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.ndjson");
    fs::write(&path, recording(20_000, 1000)).unwrap();
    let mut pty = Launch::subscope(&["open", "--keep", "8MiB", path.to_str().unwrap()]).start();
    pty.wait_for_text("row 0 ");
    pty.wait_for_text("of 20");
    pty.send("G");
    pty.wait_for_text("row 19999 ");
    pty.send("g");
    pty.wait_for_text("row 0 ");
    assert!(Path::new(&format!("{}.idx", path.display())).exists());
    pty.send("q");
    assert!(pty.wait_for_exit().success());
}

#[test]
fn output_of_redis_cli_is_recognised() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/recordings");
    for name in ["redis-cli.txt", "redis-cli.csv", "monitor.txt"] {
        let path = samples.join(name);
        let mut pty = Launch::subscope(&["open", path.to_str().unwrap()]).start();
        pty.wait_for_text("hello \"q\" \\ x");
        pty.send("q");
        assert!(pty.wait_for_exit().success());
    }
}

/// The keys come from the terminal, although standard input is something else.
#[test]
fn recordings_come_through_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.ndjson");
    let packed = folder.path().join("large.zst");
    let text = recording(20_000, 1000);
    fs::write(&path, &text).unwrap();
    fs::write(&packed, zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
    let program = env!("CARGO_BIN_EXE_subscope");
    let (path, packed) = (path.display(), packed.display());
    for (command, name) in [
        (
            format!("cat {path} | {program} open --keep 8MiB -"),
            "standard input",
        ),
        (
            format!("{program} open --keep 8MiB - < {path}"),
            "standard input",
        ),
        (
            format!("cat {packed} | {program} open --keep 8MiB -"),
            "standard input",
        ),
        (
            format!("{program} open --keep 8MiB <(cat {path})"),
            "row 0 ",
        ),
    ] {
        let mut pty = Launch::program("/bin/bash", &["-c", &command]).start();
        pty.wait_for_text("row 0 ");
        pty.wait_for_text(name);
        pty.wait_for_text("of 20");
        // Other parts are read too.
        pty.send("G");
        pty.wait_for_text("row 19999 ");
        pty.send("g");
        pty.wait_for_text("row 0 ");
        pty.send("q");
        assert!(pty.wait_for_exit().success(), "{command}");
    }
    // No index is stored for what has no name.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

    let monitor = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/recordings/monitor.txt");
    let command = format!("{program} open - < {}", monitor.display());
    let mut pty = Launch::program("/bin/bash", &["-c", &command]).start();
    pty.wait_for_text("hello \"q\" \\ x");
    pty.send("q");
    assert!(pty.wait_for_exit().success());

    let pty = Launch::subscope(&["open", "-"]).start();
    pty.wait_for_text("standard input: is a terminal");
    assert_eq!(pty.wait_for_exit().exit_code(), 2);
}

#[test]
fn a_file_that_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "just some text\n").unwrap();
    let path = path.to_str().unwrap();
    let (code, text) = run(&["open", path]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("neither a recording nor in another known format"),
        "{text}"
    );
    assert!(
        text.contains("--from-format takes recording, redis-cli,"),
        "{text}"
    );
    let (code, text) = run(&["open", "/none/file"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("/none/file: No such file or directory"),
        "{text}"
    );
    let (code, text) = run(&["open", "--from-format", "pcap", path]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("takes recording, redis-cli"), "{text}");
    let (code, text) = run(&["open"]);
    assert_eq!(code, Some(2), "{text}");
}
