//! Runs the user's alert command.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use subscope::app::{CommandEnd, Event};
use tokio::sync::mpsc::Sender;

use super::processes::{Job, Process, Processes};

/// Maximum number of commands that run at the same time.
const MOST_RUNNING: usize = 4;

/// A command that takes longer than this is stopped, with the processes that it started.
const MAX_TIME: Duration = Duration::from_secs(10);

/// The environment variable with the text of the alert.
const VARIABLE: &str = "SUBSCOPE_ALERT";

/// Runs alert commands, a few at a time.
pub struct AlertCommands {
    running: Vec<Arc<Process>>,
    event_tx: Sender<Event>,
}

impl AlertCommands {
    /// Creates the runner. Failures are reported through `event_tx`.
    pub fn new(event_tx: Sender<Event>) -> Self {
        Self {
            running: Vec::new(),
            event_tx,
        }
    }

    /// Starts `command` in a shell. The command receives `text` on its standard input and in the
    /// environment; the shell never sees the text as part of a command. Returns why it was not
    /// started.
    pub fn start(&mut self, command: &str, text: &str, processes: &mut Processes) -> Option<Event> {
        self.running.retain(|process| !process.is_gone());
        if self.running.len() >= MOST_RUNNING {
            let problem = format!("alert command not run: {MOST_RUNNING} are still running");
            return Some(Event::Failed(problem));
        }
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", command]).env(VARIABLE, text);
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        let input = format!("{text}\n").into_bytes().into();
        let run = move |process: &Process| {
            let run = process.run(Job {
                command: shell,
                input: Some(input),
                max_time: Some(MAX_TIME),
                output: None,
                leaves_process: false,
            });
            run.unwrap_or_else(|error| CommandEnd::NotStarted(error.to_string()))
        };
        let event_tx = self.event_tx.clone();
        let report = move |_: &Process, end: CommandEnd| {
            if let Some(problem) = problem(&end) {
                // Sending fails only if the loop has ended.
                let _ = event_tx.blocking_send(problem);
            }
        };
        match processes.start("alert", run, report) {
            Ok(process) => {
                self.running.push(process);
                None
            }
            Err(error) => problem(&CommandEnd::NotStarted(error.to_string())),
        }
    }
}

/// Returns what went wrong, if anything, with neither the command nor its output.
fn problem(end: &CommandEnd) -> Option<Event> {
    let trouble = end.trouble()?;
    Some(Event::Failed(format!("alert command: {trouble}")))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use tokio::sync::mpsc::{Receiver, channel};

    use super::*;

    fn runner() -> (AlertCommands, Receiver<Event>) {
        let (event_tx, event_rx) = channel(1);
        (AlertCommands::new(event_tx), event_rx)
    }

    /// Runs `command` and returns what is reported.
    fn outcome(command: &str, text: &str) -> Option<String> {
        let (mut commands, mut event_rx) = runner();
        let refused = commands.start(command, text, &mut Processes::default());
        drop(commands);
        match refused.or_else(|| event_rx.blocking_recv())? {
            Event::Failed(words) => Some(words),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_text_is_on_the_input_and_in_the_environment_and_never_part_of_a_command() {
        let text = "hit: $(exit 7) `exit 8`; exit 9";
        let check = "read -r line; [ \"$line\" = \"$SUBSCOPE_ALERT\" ]";
        assert_eq!(outcome(check, text), None);
        assert_eq!(outcome("true", text), None);
    }

    #[test]
    fn a_failure_is_reported_without_the_command() {
        let problem = outcome("echo secret; exit 3", "text").unwrap();
        assert_eq!(problem, "alert command: exit status 3");
    }

    #[test]
    fn only_a_few_commands_run_at_the_same_time_and_they_end_with_the_program() {
        let (mut commands, mut event_rx) = runner();
        let mut processes = Processes::default();
        let deaf = "trap '' TERM; sleep 1000";
        for _ in 0..MOST_RUNNING {
            assert!(commands.start(deaf, "", &mut processes).is_none());
        }
        let refused = commands.start("true", "", &mut processes);
        assert!(matches!(refused, Some(Event::Failed(words)) if words.contains("not run")));
        event_rx.close();
        processes.finish();
        assert!(commands.running.iter().all(|process| process.is_gone()));
    }
}
