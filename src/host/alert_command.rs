//! Runs the user's alert command.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use subscope::app::Event;
use tokio::sync::mpsc::Sender;

/// Maximum number of commands that run at the same time.
const MOST_RUNNING: usize = 4;

/// A command that takes longer than this is killed, with the processes that it started.
const MAX_TIME: Duration = Duration::from_secs(10);

/// The interval at which a running command is checked.
const POLL: Duration = Duration::from_millis(20);

/// The environment variable with the text of the alert.
const VARIABLE: &str = "SUBSCOPE_ALERT";

/// Runs alert commands, a few at a time, each on a thread of its own.
pub struct AlertCommands {
    running: Arc<AtomicUsize>,
    event_tx: Sender<Event>,
}

impl AlertCommands {
    /// Creates the runner. Failures are reported through `event_tx`.
    pub fn new(event_tx: Sender<Event>) -> Self {
        Self {
            running: Arc::default(),
            event_tx,
        }
    }

    /// Starts `command` in a shell. It finds `text` on its standard input and in the environment; the
    /// shell never sees the text as part of a command. Returns why it was not started.
    pub fn start(&self, command: String, text: String) -> Option<Event> {
        if self.running.fetch_add(1, Ordering::Relaxed) >= MOST_RUNNING {
            self.running.fetch_sub(1, Ordering::Relaxed);
            let problem = format!("alert not passed on: {MOST_RUNNING} alert commands are running");
            return Some(Event::Failed(problem));
        }
        let running = Arc::clone(&self.running);
        let event_tx = self.event_tx.clone();
        let thread = thread::Builder::new().name("alert".to_owned());
        let spawned = thread.spawn(move || {
            let outcome = run(&command, &text, MAX_TIME);
            running.fetch_sub(1, Ordering::Relaxed);
            if let Err(problem) = outcome {
                // Sending fails only if the loop has ended.
                let _ = event_tx.blocking_send(Event::Failed(problem));
            }
        });
        spawned.err().map(|error| {
            self.running.fetch_sub(1, Ordering::Relaxed);
            Event::Failed(format!("alert command not started: {error}"))
        })
    }
}

/// Runs `command` for at most `max_time`. The error contains neither the command nor its output.
fn run(command: &str, text: &str, max_time: Duration) -> Result<(), String> {
    let mut shell = Command::new("/bin/sh");
    let child = shell
        .args(["-c", command])
        .env(VARIABLE, text)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    let mut child = child.map_err(|error| format!("alert command not started: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // The command need not read it. The text is shorter than what a pipe takes at once.
        let _ = writeln!(input, "{text}");
    }
    match wait(&mut child, max_time) {
        Ok(Some(status)) if status.success() => Ok(()),
        Ok(Some(status)) => Err(format!("alert command failed: {status}")),
        Ok(None) => {
            if let Ok(id) = i32::try_from(child.id())
                && let Some(group) = Pid::from_raw(id)
            {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = child.wait();
            Err(format!(
                "alert command killed: it took longer than {} s",
                max_time.as_secs()
            ))
        }
        Err(error) => Err(format!("alert command failed: {error}")),
    }
}

/// Waits for the end of a process; returns `None` after `max_time`.
fn wait(child: &mut Child, max_time: Duration) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        let status = child.try_wait()?;
        if status.is_some() || started.elapsed() >= max_time {
            return Ok(status);
        }
        thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    #[test]
    fn the_text_is_on_the_input_and_in_the_environment_and_never_part_of_a_command() {
        let text = "hit: $(exit 7) `exit 8`; exit 9";
        let check = "read -r line; [ \"$line\" = \"$SUBSCOPE_ALERT\" ]";
        assert_eq!(run(check, text, MAX_TIME), Ok(()));
        assert_eq!(run("true", text, MAX_TIME), Ok(()));
    }

    #[test]
    fn a_failure_is_reported_without_the_command() {
        let problem = run("echo secret; exit 3", "text", MAX_TIME).unwrap_err();
        assert_eq!(problem, "alert command failed: exit status: 3");
    }

    #[test]
    fn a_command_that_does_not_end_is_killed_with_its_children() {
        let problem = run("sleep 1000 & sleep 1000", "text", Duration::ZERO).unwrap_err();
        assert_eq!(problem, "alert command killed: it took longer than 0 s");
    }

    #[test]
    fn only_a_few_commands_run_at_the_same_time() {
        let (event_tx, _event_rx) = tokio::sync::mpsc::channel(1);
        let commands = AlertCommands::new(event_tx);
        commands.running.store(MOST_RUNNING, Ordering::Relaxed);
        let refused = commands.start("true".to_owned(), String::new());
        assert!(matches!(refused, Some(Event::Failed(words)) if words.contains("not passed on")));
        assert_eq!(commands.running.load(Ordering::Relaxed), MOST_RUNNING);
    }
}
