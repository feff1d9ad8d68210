//! Runs the user's password command.

use std::process::{Command, Stdio};

use subscope::server::Password;
use zeroize::Zeroizing;

/// Returns the first line that `command` writes. The command may prompt the user on the terminal or
/// on standard error. The error contains neither the command nor its output.
pub fn read_from(command: &str) -> Result<Password, String> {
    let mut shell = Command::new("/bin/sh");
    let output = shell
        .args(["-c", command])
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("the shell cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("the command failed: {}", output.status));
    }
    let output = Zeroizing::new(output.stdout);
    let line = output.split(|byte| *byte == b'\n').next();
    let line = line.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    match line.map(str::from_utf8) {
        None | Some(Ok("")) => Err("the command wrote no password on its first line".to_owned()),
        Some(Ok(password)) => Ok(password.into()),
        Some(Err(_)) => Err("the first line of the command's output is not UTF-8".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_password() {
        for (command, password) in [
            ("echo secret", "secret"),
            ("printf 'secret'", "secret"),
            ("printf 'se cret \\r\\nuser: me\\n'", "se cret "),
        ] {
            assert_eq!(read_from(command).as_deref(), Ok(password), "{command}");
        }
    }

    #[test]
    fn the_error_about_a_command_shows_neither_it_nor_its_output() {
        for (command, words) in [
            ("echo secret; exit 3", "exit status: 3"),
            (": secret", "wrote no password"),
            ("printf '\\nsecret'", "wrote no password"),
            ("printf '\\377secret'", "not UTF-8"),
        ] {
            let said = read_from(command).err().unwrap_or_default();
            assert!(said.contains(words), "{command}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
