//! Runs the user's password command.

use std::io::{self, IsTerminal as _};
use std::os::unix::process::ExitStatusExt as _;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use subscope::message::{PasswordCommandError, PasswordCommandFailure};
use subscope::server::{Credentials, LoginSource, Password};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How long the command may take while it cannot ask the user anything.
const MAX_TIME: Duration = Duration::from_secs(30);

/// How many bytes of the output are read.
const MOST_OUTPUT: u64 = 64 << 10;

/// How many bytes of standard error are read, and how many of its end are kept.
const MOST_ERRORS: u64 = 64 << 10;
const KEPT_ERRORS: usize = 300;

/// Parts of the output shorter than this are not masked in errors, because they also occur by
/// chance.
const SHORTEST_SECRET: usize = 4;

/// Runs `command` for the first time, before the screen is drawn, and returns a source that runs it
/// again for later logins. The first time, it may ask the user on the terminal.
pub async fn source(command: &str) -> Result<(Credentials, LoginSource), PasswordCommandError> {
    let may_ask = io::stderr().is_terminal();
    let first = run(command, may_ask).await?;
    let command = command.to_owned();
    let fetch = move || -> Pin<Box<dyn Future<Output = _> + Send>> {
        let command = command.clone();
        Box::pin(async move { run(&command, false).await })
    };
    let source = LoginSource::of_command(Box::new(fetch), first.clone());
    Ok((first, source))
}

/// Runs `command` in a shell and returns the login that it prints. If it `may_ask`, it has the
/// terminal, and may take as long as the user does; otherwise, it has no terminal. Its input is never
/// that of the program, which may be messages to publish.
async fn run(command: &str, may_ask: bool) -> Result<Credentials, PasswordCommandError> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).stdout(Stdio::piped());
    if !may_ask || !io::stdin().is_terminal() {
        shell.stdin(Stdio::null());
    }
    if may_ask {
        shell.kill_on_drop(true);
    } else {
        // In a group of its own, it cannot read from the terminal.
        shell.stderr(Stdio::piped()).process_group(0);
    }
    let child = shell.spawn().map_err(|error| {
        let reason = subscope::message::io_reason(&error);
        failed(PasswordCommandFailure::NotStarted(reason.into()))
    })?;
    let mut running = Running {
        child,
        has_group: !may_ask,
    };
    if may_ask {
        return running.finish().await;
    }
    let in_time = timeout(MAX_TIME, running.finish()).await;
    in_time.unwrap_or_else(|_| Err(failed(PasswordCommandFailure::TooLong(MAX_TIME))))
}

fn failed(failure: PasswordCommandFailure) -> PasswordCommandError {
    PasswordCommandError {
        failure,
        stderr: "".into(),
    }
}

/// A running command. Whatever it has started in its group ends when this is dropped.
struct Running {
    child: Child,
    has_group: bool,
}

impl Running {
    /// Waits for the end of the command and of its output.
    async fn finish(&mut self) -> Result<Credentials, PasswordCommandError> {
        let output = read(self.child.stdout.take(), MOST_OUTPUT);
        let errors = read(self.child.stderr.take(), MOST_ERRORS);
        let (output, errors) = tokio::join!(output, errors);
        let status = self.child.wait().await;
        let with_errors = |failure| PasswordCommandError {
            failure,
            stderr: shown_errors(&errors, &output).into(),
        };
        match status {
            Ok(status) if status.success() => credentials_in(&output).map_err(with_errors),
            Ok(status) => Err(with_errors(failure_of(status))),
            Err(error) => {
                let reason = subscope::message::io_reason(&error);
                Err(failed(PasswordCommandFailure::NotStarted(reason.into())))
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Once the leader has been waited for, its id may belong to another process.
        let leader = self.child.id().filter(|_| self.has_group);
        let leader = leader.and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(leader) = leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

/// Reads a pipe to its end, or up to `most` bytes. Further output makes the command fail.
async fn read(pipe: Option<impl AsyncRead + Unpin>, most: u64) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4 << 10));
    if let Some(pipe) = pipe {
        // What was read before an error counts.
        let _ = pipe.take(most).read_to_end(&mut bytes).await;
    }
    bytes
}

fn failure_of(status: ExitStatus) -> PasswordCommandFailure {
    match (status.code(), status.signal()) {
        (Some(code), _) => PasswordCommandFailure::Exited(code),
        (None, signal) => PasswordCommandFailure::Signalled(signal.unwrap_or_default()),
    }
}

/// Returns the login in the output: a JSON object with `password` and perhaps `username`, or else
/// the first line.
fn credentials_in(output: &[u8]) -> Result<Credentials, PasswordCommandFailure> {
    if let Some(credentials) = credentials_in_json(output) {
        return Ok(credentials);
    }
    let line = output.split(|byte| *byte == b'\n').next();
    let line = line.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    match line.map(str::from_utf8) {
        None | Some(Ok("")) => Err(PasswordCommandFailure::NoPassword),
        Some(Ok(password)) => Ok(Credentials {
            user: None,
            password: password.into(),
        }),
        Some(Err(_)) => Err(PasswordCommandFailure::NotText),
    }
}

fn credentials_in_json(output: &[u8]) -> Option<Credentials> {
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(output).ok()?;
    let mut take = |name: &str| match object.remove(name) {
        Some(serde_json::Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let password = Password::from(take("password")?);
    let user = take("username");
    Some(Credentials { user, password })
}

/// Returns the end of what the command has written to standard error, on one line, without any part
/// of its output.
fn shown_errors(errors: &[u8], output: &[u8]) -> String {
    let errors = Zeroizing::new(String::from_utf8_lossy(errors).into_owned());
    let mut shown = Zeroizing::new(errors.split_whitespace().collect::<Vec<_>>().join(" "));
    let output = Zeroizing::new(String::from_utf8_lossy(output).into_owned());
    let is_separator = |letter: char| letter.is_whitespace() || "\"',{}".contains(letter);
    for secret in output.split(is_separator) {
        if secret.len() >= SHORTEST_SECRET {
            shown = Zeroizing::new(shown.replace(secret, "***"));
        }
    }
    let start = shown.len().saturating_sub(KEPT_ERRORS);
    let start = (start..=shown.len()).find(|at| shown.is_char_boundary(*at));
    let end = &shown[start.unwrap_or_default()..];
    if end.len() < shown.len() {
        return format!("…{end}");
    }
    end.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn outcome(command: &str) -> String {
        match run(command, false).await {
            Ok(Credentials { user, password }) => {
                let user = user.map_or_else(String::new, |user| format!("{user}:"));
                format!("{user}{}", &*password)
            }
            Err(error) => format!("{:?} {}", error.failure, error.stderr),
        }
    }

    #[tokio::test]
    async fn the_first_line_is_the_password_unless_the_output_is_json() {
        for (command, expected) in [
            ("echo secret", "secret"),
            ("printf 'secret'", "secret"),
            ("printf 'se cret \\r\\nuser: me\\n'", "se cret "),
            ("echo '{\"username\": \"me\", \"password\": \"p\"}'", "me:p"),
            ("echo '{\"password\": \"p\", \"ttl\": 900}'", "p"),
            ("printf '{\\n \"password\": \"a\\\\\"b\"\\n}\\n'", "a\"b"),
            ("echo '{\"token\": \"p\"}'", "{\"token\": \"p\"}"),
            ("echo '{p'", "{p"),
        ] {
            assert_eq!(outcome(command).await, expected, "{command}");
        }
    }

    #[tokio::test]
    async fn a_failure_comes_with_standard_error_but_without_the_command_and_its_output() {
        for (command, expected) in [
            ("echo secret; exit 3", "Exited(3) "),
            (
                "echo 'no such\nentry' >&2; exit 3",
                "Exited(3) no such entry",
            ),
            (
                "echo secret; echo \"is secret\" >&2; false",
                "Exited(1) is ***",
            ),
            ("kill -9 $$ # secret", "Signalled(9) "),
            (": secret", "NoPassword "),
            ("printf '\\nsecret'", "NoPassword "),
            ("printf '\\377secret'", "NotText "),
        ] {
            assert_eq!(outcome(command).await, expected, "{command}");
        }
        let long = outcome("seq 1000 >&2; exit 1").await;
        assert!(
            long.starts_with("Exited(1) …") && long.ends_with(" 1000"),
            "{long}"
        );
        assert!(long.len() < 400, "{long}");
    }

    #[tokio::test]
    async fn a_command_without_a_terminal_cannot_ask_and_ends_with_its_children() {
        assert_eq!(outcome("read x; echo \"got $x\"").await, "got ");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pid");
        let command = format!("echo $$ > {}; sleep 1000; echo p", file.display());
        let running = tokio::spawn(async move { run(&command, false).await });
        let id = loop {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if let Ok(id) = text.trim().parse::<i32>() {
                break id;
            }
            tokio::task::yield_now().await;
        };
        running.abort();
        let group = Pid::from_raw(id).expect("an id");
        while rustix::process::test_kill_process_group(group).is_ok() {
            tokio::task::yield_now().await;
        }
    }
}
