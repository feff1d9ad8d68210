#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::io::Write as _;
use std::sync::mpsc::{Receiver, channel};

use super::*;

const LONG: Duration = Duration::from_secs(60);

fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line).stdin(Stdio::null());
    command
}

/// Runs `line` and returns how it ended, and its output.
fn run(line: &str, input: Option<&[u8]>, max_time: Duration) -> (CommandEnd, String) {
    let mut output = Vec::new();
    let mut take = |bytes: &[u8]| output.extend_from_slice(bytes);
    let job = Job {
        command: shell(line),
        input: input.map(|bytes| bytes.to_vec().into()),
        max_time: Some(max_time),
        output: Some(&mut take),
        leaves_process: false,
    };
    let end = Process::default().run(job).unwrap();
    (end, String::from_utf8(output).unwrap())
}

/// Starts `line` with a pipe to which it says when it is ready, and returns how it will have ended.
fn start(
    processes: &mut Processes,
    line: &str,
    max_time: Option<Duration>,
) -> Receiver<CommandEnd> {
    let (end_tx, end_rx) = channel();
    let (ready_tx, ready_rx) = channel();
    let command = shell(line);
    let run = move |process: &Process| {
        let mut take = |_: &[u8]| ready_tx.send(()).unwrap();
        process.run(Job {
            command,
            input: None,
            max_time,
            output: Some(&mut take),
            leaves_process: false,
        })
    };
    let report = move |_: &Process, end: io::Result<CommandEnd>| {
        let _ = end_tx.send(end.unwrap());
    };
    processes.start("test", run, report).unwrap();
    ready_rx.recv().unwrap();
    end_rx
}

#[test]
fn input_larger_than_a_pipe_comes_out_again() {
    let bytes = vec![b'x'; 1 << 20];
    let (end, output) = run("cat", Some(&bytes), LONG);
    assert_eq!((end, output.len()), (CommandEnd::Exited(0), bytes.len()));
    let (end, output) = run("echo unread; exit 3", Some(&bytes), LONG);
    assert_eq!((end, &*output), (CommandEnd::Exited(3), "unread\n"));
}

#[test]
fn what_a_process_leaves_behind_in_its_group_ends_with_it() {
    let (end, output) = run("sleep 1000 & echo started", None, LONG);
    assert_eq!((end, &*output), (CommandEnd::Exited(0), "started\n"));
}

#[test]
fn a_process_ends_at_its_time_limit_even_if_it_ignores_the_request() {
    let (end, _) = run("sleep 1000", None, Duration::ZERO);
    assert_eq!(end, CommandEnd::TooLong(0));
    // The limit may be over before the shell ignores the request, so this one comes from the test.
    let mut processes = Processes::default();
    let deaf = "trap '' TERM; echo ready; sleep 1000 & sleep 1000";
    let end = start(&mut processes, deaf, Some(LONG));
    let process = Arc::clone(&processes.running[0]);
    let pid = process.state().pid.unwrap();
    process.stop(Some(CommandEnd::TooLong(60)));
    assert_eq!(end.recv().unwrap(), CommandEnd::TooLong(60));
    assert!(process.is_gone() && test_kill_process(pid).is_err());
}

#[test]
fn all_processes_end_with_the_program() {
    let mut processes = Processes::default();
    let deaf = "trap '' TERM; echo ready; sleep 1000";
    let ends = [
        start(&mut processes, deaf, Some(LONG)),
        start(&mut processes, "echo ready; exec sleep 1000", Some(LONG)),
        start(
            &mut processes,
            "trap '' TERM; echo ready; exec sleep 1000",
            None,
        ),
    ];
    let running = processes.running.clone();
    processes.finish();
    assert!(running.iter().all(|process| process.is_gone()));
    let ends = ends.map(|end| end.recv().unwrap());
    assert_eq!(ends, [9, 15, 9].map(CommandEnd::Signalled));
}

/// Set for the process that panics.
const PANICS: &str = "SUBSCOPE_TEST_PANICS";

#[test]
fn no_process_outlives_a_panic() {
    if std::env::var_os(PANICS).is_some() {
        panic_beside_processes();
    }
    // The panicking program is this very test, started once more.
    let name = "host::processes::tests::no_process_outlives_a_panic";
    let output = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(PANICS, "1")
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let words = output.split_whitespace();
    let pids: Vec<Pid> = words
        .filter_map(|word| Pid::from_raw(word.strip_prefix("pid=")?.parse().ok()?))
        .collect();
    assert_eq!(pids.len(), 2, "{output}");
    let started = Instant::now();
    let is_there = |pid: &Pid| test_kill_process(*pid).is_ok();
    while pids.iter().any(is_there) {
        assert!(started.elapsed() < LONG, "{output}");
        thread::yield_now();
    }
}

/// Starts two processes, prints their ids, and panics.
fn panic_beside_processes() {
    let mut processes = Processes::default();
    let ends = [
        start(
            &mut processes,
            "trap '' TERM; echo ready; sleep 1000",
            Some(LONG),
        ),
        start(&mut processes, "echo ready; exec sleep 1000", None),
    ];
    for process in &processes.running {
        let pid = process.state().pid.unwrap();
        writeln!(io::stdout(), " pid={}", pid.as_raw_nonzero()).unwrap();
    }
    let end = panic::catch_unwind(|| panic!("a bug"));
    assert!(end.is_err());
    drop(ends);
    std::process::exit(101);
}

#[test]
fn a_process_that_is_stopped_early_does_not_start() {
    let process = Process::default();
    process.stop(None);
    let job = Job {
        command: shell("exit 0"),
        input: None,
        max_time: Some(LONG),
        output: None,
        leaves_process: false,
    };
    assert_eq!(process.run(job).unwrap_err().to_string(), "stopped");
}
