//! The built program on a real terminal: however it ends, the terminal is restored.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::Terminal;
use ratatui::layout::Size;
use subscope::config::Theme;
use subscope::query::JQ;
use subscope::terminal::backend::Screen;
use subscope::terminal::{Requests, Session};
use vt100::MouseProtocolMode;

use crate::support::pty::{Launch, Pty, SUBSCOPE, signal};

mod guard;
/// `subscope demo`, started from an interactive shell.
struct InShell {
    shell: Pty,
    /// The terminal's settings before the start, as printed by `stty -g`.
    settings: String,
    /// The process ID of `subscope`, not of the shell.
    pid: u32,
}

impl InShell {
    fn start(redirection: &str) -> Self {
        Self::start_with("", redirection)
    }

    /// Starts the program with these variables, in shell syntax.
    fn start_with(variables: &str, redirection: &str) -> Self {
        // Wide enough that no line read off the screen is wrapped.
        let mut shell = Launch::shell().size(300, 40).start();
        shell.wait_for("the first prompt", at_prompt);
        let settings = ask(&mut shell, "before", "$(stty -g)");
        shell.send(format!(
            "sh -c 'ulimit -c 0; echo pid:$$:; \
             {variables} exec \"$SUBSCOPE\" demo {redirection}'\r"
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

    /// Waits until the program has ended, checks the terminal, and returns the exit code.
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

/// Returns whether the shell is waiting for a command. Earlier input may be on the same line as the
/// prompt.
fn at_prompt(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen() && screen.contents().trim_end().ends_with('$')
}

/// Has the shell print a value and reads it off the screen.
fn ask(shell: &mut Pty, name: &str, value: &str) -> String {
    shell.send(format!("echo {name}:{value}:\r"));
    shell.wait_for(name, |screen| {
        at_prompt(screen) && answer(&screen.contents(), name).is_some()
    });
    answer(&shell.text(), name).unwrap()
}

/// Returns the value in a line `name:value:`. The echoed command line does not start with a name.
fn answer(text: &str, name: &str) -> Option<String> {
    text.lines().rev().find_map(|line| {
        let value = line.strip_prefix(name)?.strip_prefix(':')?;
        Some(value.split_once(':')?.0.to_owned())
    })
}

#[track_caller]
fn wait_until_drawn(terminal: &Pty) {
    terminal.wait_for("the program's screen", |screen| {
        screen.alternate_screen() && screen.contents().contains("? help")
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
fn a_channel_may_have_the_name_of_the_internal_jq_argument() {
    let program = Launch::subscope(&[JQ.argument, "-u", "redis://127.0.0.1:1"]).start();
    wait_until_drawn(&program);
    program.wait_for_text(JQ.argument);
}

#[test]
fn the_terminal_is_set_up_while_the_program_runs() {
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
fn quitting_restores_the_terminal() {
    let mut program = InShell::start("");
    program.shell.send("q");
    assert_eq!(program.assert_restored_after_exit(), "0");
}

#[test]
fn ctrl_c_restores_the_terminal() {
    let mut program = InShell::start("");
    program.shell.send("\x03\x03");
    program.assert_restored_after_exit();
}

#[test]
fn a_fatal_signal_restores_the_terminal() {
    for (name, number) in [
        ("TERM", 15),
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ABRT", 6),
        ("USR1", 10),
        ("USR2", 12),
        ("ALRM", 14),
        ("VTALRM", 26),
        ("PROF", 27),
        ("XCPU", 24),
    ] {
        let program = InShell::start("");
        signal(program.pid, name);
        let code = program.assert_restored_after_exit();
        assert_eq!(code, (128 + number).to_string(), "SIG{name}");
    }
}

#[test]
fn the_limit_on_file_sizes_does_not_end_the_program() {
    let mut program = InShell::start("");
    signal(program.pid, "XFSZ");
    program.shell.send("?");
    program.shell.wait_for_text("Channels and messages");
}

#[test]
fn ctrl_z_returns_to_the_shell_and_fg_to_the_program() {
    let mut program = InShell::start("");
    for _ in 0..2 {
        program.shell.send("\x1a");
        program.assert_suspended_and_resume();
    }
    program.shell.send("q");
    assert_eq!(program.assert_restored_after_exit(), "0");
}

#[test]
fn ctrl_z_stops_the_script_that_runs_the_program_and_fg_continues_both() {
    let mut shell = Launch::shell().size(100, 30).start();
    shell.wait_for("the first prompt", at_prompt);
    shell.send("sh -c '\"$SUBSCOPE\" demo; echo script over'\r");
    wait_until_drawn(&shell);
    shell.send("\x1a");
    shell.wait_for("the shell's prompt", at_prompt);
    shell.send("fg\r");
    wait_until_drawn(&shell);
    shell.send("q");
    shell.wait_for_text("script over");
}

#[test]
fn ctrl_z_says_so_if_there_is_no_shell_to_return_to() {
    let mut program = Launch::subscope(&["demo"]).size(100, 30).start();
    wait_until_drawn(&program);
    program.send("\x1a");
    program.wait_for_text("no shell to return to");
    program.send("q");
    program.wait_for("the end", |screen| !screen.alternate_screen());
}

#[test]
fn sigtstp_suspends_like_ctrl_z() {
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
        // Clear the screen, so that the next wait for a prompt or an answer cannot match an old
        // one.
        self.shell.send("clear\r");
        self.shell
            .wait_for("a cleared screen", |screen| screen.contents().trim() == "$");
        self.shell.send("fg\r");
        wait_until_drawn(&self.shell);
        assert!(self.shell.screen().bracketed_paste());
    }
}

#[test]
fn a_resize_redraws_at_the_new_size() {
    let mut program = Launch::subscope(&["demo"]).size(120, 30).start();
    wait_until_drawn(&program);
    for (columns, rows) in [(80, 24), (40, 12), (160, 50)] {
        program.resize(columns, rows);
        program.wait_for("a completely drawn screen", |screen| {
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
    let ended_rx = when_closed(&pipe);
    let program = InShell::start(&format!("3>{}", pipe.display()));
    // The shell leads the session, so its end hangs up the terminal.
    program.shell.signal("KILL");
    assert_eq!(ended_rx.recv_timeout(Duration::from_secs(30)), Ok(true));
}

/// Creates a named pipe and reports when no process has its write end open any more. A program
/// started with the pipe keeps it open without knowing.
fn when_closed(pipe: &Path) -> Receiver<bool> {
    let made = Command::new("mkfifo").arg(pipe).status().unwrap();
    assert!(made.success());
    let (ended_tx, ended_rx) = mpsc::channel();
    let pipe = pipe.to_owned();
    thread::spawn(move || {
        let mut rest = Vec::new();
        let end = File::open(pipe).and_then(|mut pipe| pipe.read_to_end(&mut rest));
        let _ = ended_tx.send(end.is_ok());
    });
    ended_rx
}

/// Runs the program in a session of its own, which gets no signal when the terminal hangs up.
#[test]
fn the_program_ends_when_its_terminal_is_gone_without_a_signal() {
    let stderr = end_without_terminal("setsid", &["--wait", "sh", "-c"], "");
    assert!(stderr.contains("the terminal is gone"), "{stderr}");
}

#[test]
fn the_program_ends_when_its_terminal_is_gone_even_if_its_shell_ignores_it() {
    end_without_terminal("sh", &["-c"], "trap '' HUP; ");
}

/// Starts the program with this shell command, and closes its terminal once it has drawn. Checks
/// the exit code and returns what the program wrote to stderr.
fn end_without_terminal(shell: &str, arguments: &[&str], before: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let [pipe, stderr] = ["ended", "complaints"].map(|name| folder.path().join(name));
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let (ended_tx, ended_rx) = mpsc::channel();
    let reading = pipe.clone();
    thread::spawn(move || {
        let _ = ended_tx.send(fs::read_to_string(reading));
    });
    let script = format!(
        "{before}{SUBSCOPE} demo 2>{}; echo $? >{}",
        stderr.display(),
        pipe.display()
    );
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut output = pair.master.try_clone_reader().unwrap();
    let mut command = CommandBuilder::new(shell);
    command.args(arguments);
    command.arg(&script);
    command.env("TERM", "xterm");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut seen = Vec::new();
    let drawn = b"\x1b[?2026l";
    while !seen.windows(drawn.len()).any(|bytes| bytes == drawn) {
        let mut bytes = [0; 4096];
        let count = output.read(&mut bytes).unwrap();
        seen.extend_from_slice(&bytes[..count]);
    }
    drop((output, pair.master));
    let code = ended_rx.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(code.unwrap().trim(), "129");
    child.wait().unwrap();
    fs::read_to_string(stderr).unwrap()
}

#[test]
fn the_late_rest_of_an_escape_sequence_is_not_typed() {
    let mut program = Launch::subscope(&["demo", "--escape-time", "1000"]).start();
    wait_until_drawn(&program);
    program.send_at_once("\x1b");
    program.wait_until_read();
    program.send_at_once("[<0;5;5m");
    program.wait_until_read();
    program.send_at_once("\x1b");
    program.wait_until_read();
    program.send_at_once("[200~pasted\x1b[201~?");
    program.wait_for_text("Channels and messages");
    assert!(!program.text().contains("muted"), "{}", program.text());
    // An Esc that nothing follows is the Esc key.
    program.send("\x1b");
    program.wait_for("the panes", |screen| {
        !screen.contents().contains("Channels and messages")
    });
}

#[test]
fn the_rest_of_a_stalled_paste_is_not_typed() {
    let mut program = Launch::subscope(&["demo"]).start();
    wait_until_drawn(&program);
    program.send("/");
    program.send_at_once("\x1b[200~some ");
    program.wait_for_text("the paste has not ended · Esc ends it");
    program.send_at_once("text\r\x03\x1b[201~");
    program.wait_for_text("some text");
    // A paste that never ends does not lock the user out.
    program.send_at_once("\x1b[200~lost");
    program.wait_for_text("the paste has not ended · Esc ends it");
    program.send_at_once("\x1b");
    program.wait_for_text("lost");
    program.send("\x1b");
    program.wait_for("the panes", |screen| !screen.contents().contains("lost"));
    program.send("\x03\x03");
    assert_eq!(program.wait_for_exit().exit_code(), 0);
}

#[test]
fn keys_pasted_outside_a_text_box_only_move() {
    let mut program = Launch::subscope(&["demo"]).start();
    wait_until_drawn(&program);
    program.send_at_once("can you publish, mute, quit?\rq");
    program.wait_for_text("several keys at once");
    program.send_at_once("gg");
    program.send("?");
    program.wait_for_text("Channels and messages");
}

#[test]
fn keys_that_arrive_together_are_typed() {
    // A terminal that has not said whether it marks pastes.
    let mut program = Launch::subscope(&["demo"]).start();
    wait_until_drawn(&program);
    program.send_at_once("/zzz\r");
    program.wait_for_text("Enter again to confirm");
    program.send("\r");
    program.wait_for_text("filter zzz ×");
    // From now on, it marks pastes.
    program.send_at_once("\x1b[?2004;1$y:filter channel:orders\r");
    program.wait_for_text("filter channel:orders ×");
    program.send_at_once("pa\rtyped\r");
    program.wait_for_text("last publish");
}

#[test]
fn the_terminal_is_asked_whether_it_marks_pastes() {
    let program = Launch::subscope(&["demo"]).start();
    wait_until_drawn(&program);
    let raw = String::from_utf8_lossy(&program.raw()).into_owned();
    let (_, after) = raw.split_once("\x1b[?2004h").unwrap();
    assert!(after.starts_with("\x1b[?2004$p\x1b[>q"), "{after:?}");
}

#[test]
fn an_unmarked_paste_sends_nothing() {
    let mut program = Launch::subscope(&["demo"]).start();
    wait_until_drawn(&program);
    program.wait_for_text("metrics:cpu");
    // Replace the suggested channel, which is that of the newest message.
    program.send("p");
    program.wait_for_text("log frozen on");
    program.send("\t\x15a\r");
    // Input too soon after the Enter would make the Enter part of the paste.
    program.wait_for("the message's box", |screen| {
        let text = screen.contents();
        text.contains("Publish to a ") && !text.contains("Enter message")
    });
    program.send_at_once("one\rtwo\ttabbed\rthree\r");
    program.wait_for_text("Enter send");
    let text = program.text();
    for line in ["one", "two", "tabbed", "three"] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("last publish"), "{text}");
    program.send("\r");
    program.wait_for_text("last publish");
}

#[test]
fn a_terminal_that_cannot_move_its_cursor_is_refused_with_a_remedy() {
    for kind in ["dumb", ""] {
        let program = Launch::subscope(&["demo"]).env("TERM", kind).start();
        assert_eq!(program.wait_for_exit().exit_code(), 2);
        let text = program.text();
        assert!(text.contains("TERM"), "{text}");
        assert!(text.contains("TERM=xterm-256color"), "{text}");
        assert!(!program.raw().contains(&b'\x1b'), "{text}");
    }
}

#[test]
fn a_locale_without_utf_8_is_drawn_in_ascii_unless_overridden() {
    let drawn = |arguments: &[&str], locale| {
        let program = Launch::subscope(arguments).env("LANG", locale).start();
        wait_until_drawn(&program);
        program.wait_for_text("chat:general");
        program.raw().is_ascii()
    };
    assert!(drawn(&["demo"], "C"));
    assert!(!drawn(&["demo", "--ascii", "never"], "C"));
    assert!(drawn(&["demo", "--ascii", "always"], "C.UTF-8"));
    assert!(!drawn(&["demo"], "C.UTF-8"));
}

#[test]
fn a_pipe_as_stdout_is_an_error_that_names_help() {
    let output = Command::new(SUBSCOPE)
        .arg("demo")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("not a terminal"), "{error}");
    assert!(error.contains("--help"), "{error}");
    assert_eq!(output.stdout, b"");
}

#[test]
fn a_panic_in_any_thread_restores_the_terminal_and_is_readable() {
    const ROLE: &str = "SUBSCOPE_TEST_ROLE";
    if std::env::var_os(ROLE).is_some() {
        panic_while_drawing();
    }
    // The panicking program is this very test, started once more on a terminal.
    let program = Launch::program(
        std::env::current_exe().unwrap(),
        &[
            "--exact",
            "--nocapture",
            "terminal::a_panic_in_any_thread_restores_the_terminal_and_is_readable",
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

/// What a session with mouse support requests from the terminal.
const MOUSE: Requests = Requests {
    mouse: true,
    background: false,
};

/// Takes over the terminal and draws endlessly while another thread panics.
fn panic_while_drawing() -> ! {
    // If several sessions follow one another, the last one owns the terminal.
    Session::enter(Requests::default(), None).unwrap().leave();
    let session = Session::enter(MOUSE, None).unwrap();
    let mut tty = session.writer();
    tty.write_all(b"drawn").unwrap();
    thread::spawn(|| panic!("a bug in a thread"));
    let screen = Screen::with_size(tty, Theme::Terminal, Size::new(20, 5));
    let mut terminal = Terminal::new(screen).unwrap();
    loop {
        terminal.clear().unwrap();
        terminal
            .draw(|frame| frame.render_widget("drawn", frame.area()))
            .unwrap();
    }
}
