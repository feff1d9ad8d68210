//! The built program on a real terminal: whatever ends it, the terminal is as it was.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::layout::Size;
use subscope::terminal::Session;
use subscope::terminal::backend::{Colours, Screen};
use vt100::MouseProtocolMode;

use crate::support::pty::{Launch, Pty, SUBSCOPE, signal};

mod support;

/// `subscope demo`, started from an interactive shell.
struct InShell {
    shell: Pty,
    /// The terminal's settings before, as `stty -g` says them.
    settings: String,
    /// The process id of `subscope`, not of the shell.
    pid: u32,
}

impl InShell {
    fn start(redirection: &str) -> Self {
        // So wide that no line which is read off the screen is broken.
        let mut shell = Launch::shell().size(300, 40).start();
        shell.wait_for("the first prompt", at_prompt);
        let settings = ask(&mut shell, "before", "$(stty -g)");
        shell.send(format!(
            "sh -c 'echo pid:$$:; exec \"$SUBSCOPE\" demo {redirection}'\r"
        ));
        wait_until_drawn(&shell);
        let raw = shell.raw();
        let pid = answer(&String::from_utf8_lossy(&raw), "pid").unwrap();
        Self {
            pid: pid.parse().unwrap(),
            shell,
            settings,
        }
    }

    /// Waits until the program has ended, checks the terminal, and gives the exit code.
    #[track_caller]
    fn assert_restored_after_exit(mut self) -> String {
        self.wait_for_prompt();
        let code = ask(&mut self.shell, "exit", "$?");
        self.assert_restored();
        code
    }

    #[track_caller]
    fn wait_for_prompt(&self) {
        self.shell.wait_for("the shell's prompt", at_prompt);
    }

    #[track_caller]
    fn assert_restored(&mut self) {
        assert_left(&self.shell.screen());
        let settings = ask(&mut self.shell, "after", "$(stty -g)");
        assert_eq!(settings, self.settings, "the terminal's settings changed");
    }
}

/// Whether the shell waits for a command. What is typed earlier may be mixed up with the prompt.
fn at_prompt(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen() && screen.contents().trim_end().ends_with('$')
}

/// Has the shell print a value, and reads it off the screen.
fn ask(shell: &mut Pty, name: &str, value: &str) -> String {
    shell.send(format!("echo {name}:{value}:\r"));
    shell.wait_for(name, |screen| {
        at_prompt(screen) && answer(&screen.contents(), name).is_some()
    });
    answer(&shell.text(), name).unwrap()
}

/// The value in a line `name:value:`. The command line that asked for it does not begin so.
fn answer(text: &str, name: &str) -> Option<String> {
    text.lines().rev().find_map(|line| {
        let value = line.strip_prefix(name)?.strip_prefix(':')?;
        Some(value.split_once(':')?.0.to_owned())
    })
}

#[track_caller]
fn wait_until_drawn(terminal: &Pty) {
    terminal.wait_for("the program's screen", |screen| {
        screen.alternate_screen() && screen.contents().contains("subscope")
    });
}

#[track_caller]
fn assert_left(screen: &vt100::Screen) {
    assert!(!screen.alternate_screen(), "the alternate screen is left");
    assert!(!screen.hide_cursor(), "the cursor is shown");
    assert!(!screen.bracketed_paste(), "bracketed paste is off");
    assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
}

#[test]
fn the_terminal_is_taken_over_while_the_program_runs() {
    let program = Launch::subscope(&["demo"]).start();
    wait_until_drawn(&program);
    let screen = program.screen();
    assert!(screen.bracketed_paste());
    assert_eq!(
        screen.mouse_protocol_mode(),
        MouseProtocolMode::ButtonMotion
    );
}

#[test]
fn no_mouse_leaves_the_mouse_to_the_terminal() {
    let program = Launch::subscope(&["demo", "--no-mouse"]).start();
    wait_until_drawn(&program);
    assert_eq!(
        program.screen().mouse_protocol_mode(),
        MouseProtocolMode::None
    );
}

#[test]
fn quitting_gives_the_terminal_back() {
    let mut program = InShell::start("");
    program.shell.send("q");
    assert_eq!(program.assert_restored_after_exit(), "0");
}

#[test]
fn ctrl_c_gives_the_terminal_back() {
    let mut program = InShell::start("");
    program.shell.send("\x03");
    program.assert_restored_after_exit();
}

#[test]
fn sigterm_gives_the_terminal_back() {
    let program = InShell::start("");
    signal(program.pid, "TERM");
    program.assert_restored_after_exit();
}

#[test]
fn sighup_gives_the_terminal_back() {
    let program = InShell::start("");
    signal(program.pid, "HUP");
    program.assert_restored_after_exit();
}

#[test]
fn sigint_gives_the_terminal_back() {
    let program = InShell::start("");
    signal(program.pid, "INT");
    program.assert_restored_after_exit();
}

#[test]
fn ctrl_z_gives_the_shell_back_and_fg_the_program() {
    let mut program = InShell::start("");
    for _ in 0..2 {
        program.shell.send("\x1a");
        program.assert_suspended_and_resume();
    }
    program.shell.send("q");
    assert_eq!(program.assert_restored_after_exit(), "0");
}

#[test]
fn sigtstp_suspends_as_ctrl_z_does() {
    let mut program = InShell::start("");
    signal(program.pid, "TSTP");
    program.assert_suspended_and_resume();
    program.shell.send("q");
    assert_eq!(program.assert_restored_after_exit(), "0");
}

impl InShell {
    #[track_caller]
    fn assert_suspended_and_resume(&mut self) {
        self.wait_for_prompt();
        self.assert_restored();
        // So that the next wait, for a prompt or an answer, meets a new one.
        self.shell.send("clear\r");
        self.shell
            .wait_for("a cleared screen", |screen| screen.contents().trim() == "$");
        self.shell.send("fg\r");
        wait_until_drawn(&self.shell);
        assert!(self.shell.screen().bracketed_paste());
    }
}

#[test]
fn a_resize_redraws_in_the_new_size() {
    let mut program = Launch::subscope(&["demo"]).size(120, 30).start();
    wait_until_drawn(&program);
    for (columns, rows) in [(80, 24), (40, 12), (160, 50)] {
        program.resize(columns, rows);
        program.wait_for("a screen drawn to its last row", |screen| {
            let rows: Vec<_> = screen.rows(0, columns).collect();
            rows.first().is_some_and(|row| row.contains("live"))
                && rows.last().is_some_and(|row| !row.trim().is_empty())
        });
    }
}

#[test]
fn the_program_ends_when_its_terminal_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("alive");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    // The program holds the writing end and does not know; when it ends, the pipe ends.
    let (ended_tx, ended_rx) = mpsc::channel();
    let reading = pipe.clone();
    thread::spawn(move || {
        let mut rest = Vec::new();
        let end = File::open(reading).and_then(|mut pipe| pipe.read_to_end(&mut rest));
        let _ = ended_tx.send(end.is_ok());
    });
    let program = InShell::start(&format!("3>{}", pipe.display()));
    // The end of the shell, which leads the session, hangs the terminal up.
    program.shell.signal("KILL");
    assert_eq!(ended_rx.recv_timeout(Duration::from_secs(30)), Ok(true));
}

#[test]
fn a_pipe_as_stdout_is_an_error_that_names_help() {
    let output = Command::new(SUBSCOPE)
        .arg("demo")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("not a terminal"), "{complaint}");
    assert!(complaint.contains("--help"), "{complaint}");
    assert_eq!(output.stdout, b"");
}

#[test]
fn a_panic_in_any_thread_gives_the_terminal_back_and_is_readable() {
    const ROLE: &str = "SUBSCOPE_TEST_ROLE";
    if std::env::var_os(ROLE).is_some() {
        panic_while_drawing();
    }
    // This very test, started once more on a terminal, is the program that panics.
    let program = Launch::program(
        std::env::current_exe().unwrap(),
        &[
            "--exact",
            "--nocapture",
            "a_panic_in_any_thread_gives_the_terminal_back_and_is_readable",
        ],
    )
    .env(ROLE, "panic")
    .start();
    let exit = program.wait_for_exit();
    assert_eq!(exit.exit_code(), 101);
    assert_left(&program.screen());
    let text = program.text();
    assert!(text.contains("a bug in a thread"), "{text}");
    assert!(!text.contains("drawn"), "{text}");
    let raw = String::from_utf8(program.raw()).unwrap();
    let (before, after) = raw.rsplit_once("\x1b[?1049l").unwrap();
    assert!(before.contains("\x1b[?1049h") && before.contains("drawn"));
    assert!(after.contains("a bug in a thread"));
}

/// Takes the terminal over and draws without end, while another thread panics.
fn panic_while_drawing() -> ! {
    // Of several sessions it is the last that has the terminal.
    Session::enter(false).unwrap().leave();
    let session = Session::enter(true).unwrap();
    let mut tty = session.writer();
    tty.write_all(b"drawn").unwrap();
    thread::spawn(|| panic!("a bug in a thread"));
    let screen = Screen::with_size(tty, Colours::Shown, Size::new(20, 5));
    let mut terminal = Terminal::new(screen).unwrap();
    loop {
        terminal.clear().unwrap();
        terminal
            .draw(|frame| frame.render_widget("drawn", frame.area()))
            .unwrap();
    }
}
