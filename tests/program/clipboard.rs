//! Copying to the clipboard, with stand-ins for tmux and the clipboard programs.

use std::fs;
use std::path::PathBuf;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

use crate::doctor::add_program;
use crate::support::pty::{Launch, Pty};
use crate::support::redis::Redis;

/// Why text does not reach the clipboard in tmux.
const TMUX: &str = "tmux drops OSC 52: set -g set-clipboard on";

/// The only programs on the search path, and a server with one message.
struct Desk {
    folder: TempDir,
    redis: Redis,
}

impl Desk {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            redis: Redis::start(),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds a program that writes its input to the file `NAME.text`.
    fn add_taker(&self, name: &str, then: &str) {
        let text = self.file(&format!("{name}.text"));
        let text = text.display();
        let script =
            format!("PATH=/usr/bin:/bin\ncat > {text}.part && mv {text}.part {text}\n{then}");
        add_program(self.folder.path(), name, &script);
    }

    /// Adds tmux with this value of `set-clipboard`, which does `load` with text.
    fn add_tmux(&self, setting: &str, load: &str) {
        let script = format!("PATH=/usr/bin:/bin\ncase $1 in show) {setting} ;; *) {load} ;; esac");
        add_program(self.folder.path(), "tmux", &script);
    }

    /// Starts the program, and copies the message once it has arrived.
    fn copy(&self, options: &[&str], variables: &[(&str, &str)]) -> Pty {
        let url = self.redis.url();
        let mut launch = Launch::subscope(&[&["-u", &url], options].concat())
            .env("PATH", self.folder.path().to_str().unwrap())
            .size(140, 30);
        for (name, value) in variables {
            launch = launch.env(name, value);
        }
        let mut pty = launch.start();
        pty.wait_for_text("subscribed to pattern *");
        self.redis.cli(&["publish", "orders", "the-order"]);
        pty.wait_for_text("the-order");
        // The first key only stops the log, so that the row stays.
        pty.send("y");
        pty.wait_for_text("y again to copy");
        pty.send("y");
        pty
    }

    #[track_caller]
    fn assert_taken(&self, name: &str) {
        let text = fs::read_to_string(self.file(&format!("{name}.text")));
        assert_eq!(text.unwrap(), "the-order");
    }
}

/// Returns whether text was sent to the terminal.
fn is_sent(pty: &Pty) -> bool {
    pty.raw().windows(5).any(|bytes| bytes == b"\x1b]52;")
}

#[test]
fn tmux_is_asked_whether_it_passes_text_on() {
    let desk = Desk::new();
    desk.add_tmux("echo on", "exit 1");
    desk.add_taker("xclip", "");
    let variables = [("TMUX", "/tmp/x,1,0"), ("DISPLAY", ":0")];
    let pty = desk.copy(&[], &variables);
    pty.wait_for_text("copied the payload, 9 B (OSC 52)");
    assert!(is_sent(&pty) && !desk.file("xclip.text").exists());
    // The setting may change while the program runs.
    desk.add_tmux("echo external", "exit 1");
    let mut pty = pty;
    pty.send("y");
    pty.wait_for_text(&format!("copied the payload, 9 B (xclip; {TMUX})"));
    desk.assert_taken("xclip");
}

#[test]
fn the_process_that_holds_the_clipboard_outlives_the_program() {
    let desk = Desk::new();
    let file = desk.file("pid");
    let file = file.display();
    let serve = format!("sleep 1000 </dev/null & echo $! > {file}.part && mv {file}.part {file}");
    desk.add_taker("xclip", &serve);
    let variables = [("VTE_VERSION", "7600"), ("DISPLAY", ":0")];
    let mut pty = desk.copy(&[], &variables);
    pty.wait_for_text("copied the payload, 9 B (xclip)");
    desk.assert_taken("xclip");
    pty.send("q");
    assert_eq!(pty.wait_for_exit().exit_code(), 0);
    let pid = fs::read_to_string(desk.file("pid")).unwrap();
    let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    let is_there = test_kill_process(pid).is_ok();
    let _ = kill_process(pid, Signal::KILL);
    assert!(is_there);
}

#[test]
fn the_buffer_of_tmux_is_the_last_resort() {
    let desk = Desk::new();
    let text = desk.file("tmux.text");
    let text = text.display();
    let load = format!("test \"$*\" = 'load-buffer -w -' && cat > {text}");
    desk.add_tmux("echo off", &load);
    let variables = [("TMUX", "/tmp/x,1,0")];
    let pty = desk.copy(&[], &variables);
    pty.wait_for_text(&format!("copied the payload, 9 B (tmux buffer; {TMUX})"));
    desk.assert_taken("tmux");
    // An old tmux does not know -w.
    desk.add_tmux("echo off", "exit 1");
    let mut pty = pty;
    pty.send("y");
    pty.wait_for_text(&format!("not copied: tmux buffer: exit status 1; {TMUX}"));
}

#[test]
fn a_console_without_a_clipboard_gets_no_text() {
    let desk = Desk::new();
    let variables = [
        ("TERM", "linux"),
        ("WAYLAND_DISPLAY", "w"),
        ("DISPLAY", ":0"),
    ];
    let pty = desk.copy(&[], &variables);
    pty.wait_for_text("not copied: the Linux console has no clipboard");
    assert!(!is_sent(&pty));
    drop(pty);
    // The next program is used if one fails.
    add_program(desk.folder.path(), "wl-copy", "exit 1");
    desk.add_taker("xsel", "");
    let pty = desk.copy(&[], &variables);
    pty.wait_for_text("copied the payload, 9 B (xsel)");
    desk.assert_taken("xsel");
}

#[test]
fn the_user_chooses_the_way() {
    let desk = Desk::new();
    desk.add_tmux("echo off", "exit 1");
    let text = desk.file("own.text");
    let own = format!("/bin/cat > {}", text.display());
    let pty = desk.copy(&["--clipboard", &own], &[]);
    pty.wait_for_text("copied the payload, 9 B (clipboard command)");
    desk.assert_taken("own");
    assert!(!is_sent(&pty));
    drop(pty);
    let pty = desk.copy(&["--clipboard", "exit 3"], &[]);
    pty.wait_for_text("not copied: clipboard command: exit status 3");
    drop(pty);
    let pty = desk.copy(&["--clipboard", "osc52"], &[("TMUX", "/tmp/x,1,0")]);
    pty.wait_for_text("copied the payload, 9 B (OSC 52)");
    assert!(is_sent(&pty));
}

#[test]
fn a_program_that_hangs_does_not_delay_the_screen() {
    let desk = Desk::new();
    let file = desk.file("asked");
    desk.add_tmux(
        &format!("touch {}; exec sleep 1000", file.display()),
        "exit 1",
    );
    let mut pty = desk.copy(&[], &[("TMUX", "/tmp/x,1,0")]);
    pty.wait_for("tmux to be asked", |_| file.exists());
    pty.send("?");
    pty.wait_for_text(" Keys ");
    pty.send("qq");
    assert_eq!(pty.wait_for_exit().exit_code(), 0);
}
