//! The guard: if the program ends without cleaning up, the terminal is still restored.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use subscope::query::set_executable;
use subscope::terminal::{Guard, Session};

use super::{InShell, MOUSE, answer, assert_left, wait_until_drawn, when_closed};
use crate::support::pty::{Launch, SUBSCOPE, kill, signal};

const GUARD_MESSAGE: &str = "subscope ended unexpectedly";

/// The program in a shell, and a notification when the last of its processes has ended.
struct Tree {
    program: InShell,
    ended: Receiver<bool>,
    _folder: tempfile::TempDir,
}

impl Tree {
    fn start() -> Self {
        Self::start_with("")
    }

    fn start_with(variables: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("alive");
        let ended = when_closed(&pipe);
        Self {
            program: InShell::start_with(variables, &format!("3>{}", pipe.display())),
            ended,
            _folder: folder,
        }
    }

    /// Waits until the program and all the processes that it started have ended.
    #[track_caller]
    fn wait_for_end(&self) {
        let ended = self.ended.recv_timeout(Duration::from_secs(30));
        assert_eq!(
            ended,
            Ok(true),
            "a process is still running:\n{}",
            self.program.shell.text()
        );
    }

    /// Checks that the terminal is restored, and that the shell reports death by this signal.
    #[track_caller]
    fn assert_restored_after(mut self, number: u8) {
        self.wait_for_end();
        self.program.shell.wait_for_text(GUARD_MESSAGE);
        assert_eq!(self.guard_messages(), 1);
        // Ask for another prompt, since the shell may have printed its prompt before the guard's
        // message.
        self.program.shell.send("\r");
        let code = self.program.assert_restored_after_exit();
        assert_eq!(code, (128 + number).to_string());
    }

    /// Returns how many times the guard has printed its message.
    fn guard_messages(&self) -> usize {
        let raw = String::from_utf8(self.program.shell.raw()).unwrap();
        raw.matches(GUARD_MESSAGE).count()
    }
}

#[test]
fn a_killed_program_has_its_terminal_restored() {
    for (name, number) in [
        ("KILL", 9),
        ("ILL", 4),
        ("FPE", 8),
        ("SEGV", 11),
        ("BUS", 7),
    ] {
        let tree = Tree::start();
        // Send the signal until the process is gone: for the last two signals, Rust's own handler
        // only removes itself the first time.
        while kill(tree.program.pid, name) {}
        tree.assert_restored_after(number);
    }
}

#[test]
fn a_program_killed_after_a_suspension_has_its_terminal_restored() {
    let mut tree = Tree::start();
    tree.program.shell.send("\x1a");
    tree.program.assert_suspended_and_resume();
    signal(tree.program.pid, "KILL");
    tree.assert_restored_after(9);
}

#[test]
fn a_program_killed_while_suspended_leaves_the_terminal_alone() {
    let mut tree = Tree::start();
    tree.program.shell.send("\x1a");
    tree.program.wait_for_prompt();
    tree.program.assert_restored();
    signal(tree.program.pid, "KILL");
    tree.wait_for_end();
    assert_eq!(tree.guard_messages(), 0);
    tree.program.assert_restored();
}

#[test]
fn quitting_leaves_no_process_behind() {
    let mut tree = Tree::start();
    tree.program.shell.send("q");
    tree.wait_for_end();
    assert_eq!(tree.guard_messages(), 0);
    assert_eq!(tree.program.assert_restored_after_exit(), "0");
}

#[test]
fn a_stack_overflow_restores_the_terminal() {
    const ROLE: &str = "SUBSCOPE_TEST_OVERFLOW";
    if std::env::var_os(ROLE).is_some() {
        set_executable(SUBSCOPE);
        let session = Session::enter(MOUSE, Some(Guard::start().unwrap())).unwrap();
        println!("{}", overflow(1));
        drop(session);
    }
    // The terminal hangs up when the first process of a session ends, so let that process, the
    // shell, wait.
    let program = std::env::current_exe().unwrap();
    let test = "terminal::guard::a_stack_overflow_restores_the_terminal";
    let script = "ulimit -c 0; \"$0\" --exact --nocapture \"$1\"; echo exit:$?:; read line";
    let program = program.to_str().unwrap();
    let mut terminal = Launch::program("/bin/sh", &["-c", script, program, test])
        .env(ROLE, "overflow")
        .start();
    terminal.wait_for_text(GUARD_MESSAGE);
    terminal.send("\r");
    terminal.wait_for_exit();
    assert_left(&terminal.screen());
    // Search all output, since the shell may have printed the exit code before the alternate screen
    // was left.
    let raw = String::from_utf8(terminal.raw()).unwrap();
    assert!(raw.contains("exit:134:"), "{raw}");
}

/// Overflows the stack.
fn overflow(depth: u64) -> u64 {
    let deeper = std::hint::black_box(depth + 1);
    if deeper == 0 {
        return 0;
    }
    overflow(deeper) + std::hint::black_box(deeper)
}

#[cfg(target_os = "linux")]
mod on_linux {
    use std::fs;
    use std::path::Path;
    use std::thread;
    use std::time::Instant;

    use rustix::param::page_size;
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    use super::*;
    use crate::servers::sentinel::wait;

    /// Waits for a child of the process `parent` that satisfies `condition`, which is given the
    /// child's directory in `/proc` and its short name. Returns the child's process ID.
    #[track_caller]
    fn child_of(parent: u32, condition: impl Fn(&Path, &str) -> bool) -> u32 {
        let child = || {
            let mut all = fs::read_dir("/proc").unwrap().flatten();
            all.find_map(|process| {
                let stat = fs::read_to_string(process.path().join("stat")).ok()?;
                let (front, rest) = stat.rsplit_once(") ")?;
                let (pid, name) = front.split_once(" (")?;
                let is_child = rest.split(' ').nth(1)? == parent.to_string();
                let is_it = is_child && condition(&process.path(), name);
                is_it.then(|| pid.parse().unwrap())
            })
        };
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(30) {
            if let Some(child) = child() {
                return child;
            }
            thread::yield_now();
        }
        panic!("no such child of {parent}");
    }

    /// Returns the process ID of a program's guard, once the guard is ready.
    #[track_caller]
    fn guard_of(pid: u32) -> u32 {
        child_of(pid, |_, name| name == "tty-guard")
    }

    /// Returns the ID of the process that runs a jq program.
    #[track_caller]
    fn jq_of(pid: u32) -> u32 {
        child_of(pid, |process, _| {
            let arguments = fs::read_to_string(process.join("cmdline"));
            arguments.is_ok_and(|arguments| arguments.starts_with("subscope-jq\0"))
        })
    }

    /// Returns the size of a process's address space in bytes.
    fn address_space(pid: u32) -> u64 {
        let pages = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
        let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
        pages * page_size() as u64
    }

    #[test]
    fn a_failed_allocation_restores_the_terminal() {
        // With more arenas, glibc might find room in the 64 MB that it reserves for each thread.
        let mut tree = Tree::start_with("MALLOC_ARENA_MAX=1");
        let pid = tree.program.pid;
        let limit = Rlimit {
            current: Some(address_space(pid) + (8 << 20)),
            maximum: None,
        };
        let pid = Pid::from_raw(pid.try_into().unwrap());
        prlimit(pid, Resource::As, limit).unwrap();
        // The largest screen takes 24 MB, more than the limit allows.
        tree.program.shell.resize(1000, 500);
        tree.assert_restored_after(6);
    }

    #[test]
    fn the_guard_has_a_name_and_gets_no_signals_from_the_terminal() {
        let tree = Tree::start();
        let guard = guard_of(tree.program.pid);
        let folder = format!("/proc/{guard}");
        let arguments = fs::read_to_string(format!("{folder}/cmdline")).unwrap();
        assert_eq!(arguments, "subscope-guard\0__guard\0");
        let stat = fs::read_to_string(format!("{folder}/stat")).unwrap();
        let fields = stat.split(' ').collect::<Vec<_>>();
        // The guard has its own process group and session, and no controlling terminal.
        let guard = guard.to_string();
        assert_eq!(fields[4..7], [guard.as_str(), guard.as_str(), "0"]);
    }

    #[test]
    fn the_program_continues_without_its_guard() {
        let mut tree = Tree::start();
        signal(guard_of(tree.program.pid), "KILL");
        tree.program.shell.send("\x1a");
        tree.program.assert_suspended_and_resume();
        tree.program.shell.send("q");
        tree.wait_for_end();
        assert_eq!(tree.program.assert_restored_after_exit(), "0");
    }

    #[test]
    fn a_stopped_guard_does_not_delay_the_exit() {
        let mut tree = Tree::start();
        signal(guard_of(tree.program.pid), "STOP");
        tree.program.shell.send("q");
        tree.wait_for_end();
        assert_eq!(tree.program.assert_restored_after_exit(), "0");
    }

    #[test]
    fn no_other_process_holds_the_guards_pipe() {
        let program = Launch::subscope(&["demo", "--filter", "jq(.id)"]).start();
        wait_until_drawn(&program);
        jq_of(program.pid());
        let pipe = fs::read_link(format!("/proc/{}/fd/0", guard_of(program.pid()))).unwrap();
        let count = || {
            let processes = fs::read_dir("/proc").unwrap().flatten();
            let holders = processes.filter(|process| holds(&process.path(), &pipe));
            holders.count()
        };
        // Wait, because a process that is being started keeps the pipe open until it executes its
        // own program.
        wait("the program and the guard hold the pipe", || count() == 2);
    }

    fn holds(process: &Path, pipe: &Path) -> bool {
        let Ok(files) = fs::read_dir(process.join("fd")) else {
            return false;
        };
        let mut files = files.flatten();
        files.any(|file| fs::read_link(file.path()).is_ok_and(|file| file == pipe))
    }
}

#[test]
fn a_terminal_that_stops_background_writers_is_restored() {
    let mut shell = Launch::shell().size(300, 40).start();
    shell.wait_for("the first prompt", super::at_prompt);
    shell.send("stty tostop\r");
    let settings = super::ask(&mut shell, "before", "$(stty -g)");
    shell.send("sh -c 'echo pid:$$:; exec \"$SUBSCOPE\" demo'\r");
    wait_until_drawn(&shell);
    let raw = shell.raw();
    let pid = answer(&String::from_utf8_lossy(&raw), "pid").unwrap();
    signal(pid.parse().unwrap(), "KILL");
    shell.wait_for_text(GUARD_MESSAGE);
    shell.send("\r");
    shell.wait_for("the shell's prompt", super::at_prompt);
    assert_eq!(super::ask(&mut shell, "after", "$(stty -g)"), settings);
}
