//! Error messages that are safe to write to a terminal or a file, whatever they contain.

use std::fmt;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use subscope::app::connection_words;
use subscope::message::ConnectionError;
pub use subscope::message::io_reason as reason;
use subscope::payload::escape::whole;

/// Maximum length of an error message, in characters.
const LONGEST: usize = 1000;

/// The text that replaces the middle of a message that is too long.
const ELLIPSIS: &str = " … ";

/// The placeholder for a login in the description of a URL's syntax.
const FORM: &str = "[user:password@]";

/// Why a command failed, as one line for the user, and the exit code.
///
/// The line is always safe to show: see [`Failure::usage`].
#[derive(Debug)]
pub struct Failure {
    message: String,
    /// What the user could write instead, on separate lines; empty if no example is needed.
    example: &'static str,
    /// 2 for a wrong command line, 1 for anything else.
    pub exit_code: u8,
}

impl Failure {
    /// Creates a failure caused by the command line, the environment or the config file. Quoted
    /// values in `message` are escaped and shortened, and the login of a URL is left out.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(message, 2)
    }

    /// Creates a failure with any other cause.
    pub fn other(message: impl fmt::Display) -> Self {
        Self::new(message, 1)
    }

    /// Creates a failure to connect to the server at `address`, which shows no login.
    pub fn unconnected(address: &str, error: &ConnectionError) -> Self {
        // Cleaned separately, since an @ in the reason would make the address look like a login.
        let (address, reason) = (line(address), line(&connection_words(error)));
        Self {
            message: shortened(&format!("{address}: {reason}")),
            example: "",
            exit_code: 1,
        }
    }

    /// Creates a failure with this exit code.
    pub fn new(message: impl fmt::Display, exit_code: u8) -> Self {
        Self {
            message: line(&message.to_string()),
            example: "",
            exit_code,
        }
    }

    /// Adds an example of correct input.
    pub fn with_example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// Appends `text` to the message.
    pub fn and(self, text: &str) -> Self {
        let message = line(&(self.message + text));
        Self { message, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.example {
            "" => Ok(()),
            example => write!(f, "\n{example}"),
        }
    }
}

/// Writes a line to standard error. Errors are ignored: if the terminal is gone, nobody is reading.
pub fn report(message: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "subscope: {message}");
}

/// Returns `path` escaped for display.
pub fn shown_path(path: &Path) -> String {
    whole(path.as_os_str().as_bytes())
}

/// Returns `message` on one line, without the login of a URL, with control characters escaped, and
/// with the middle cut out if it is very long.
pub fn line(message: &str) -> String {
    let message = without_bare_logins(&without_logins(message));
    shortened(&whole(message.as_bytes()))
}

/// Removes logins without a scheme before them, as in `user:password@host`.
fn without_bare_logins(message: &str) -> String {
    let parts = message.split_inclusive([' ', '\n', '"', '\'']).map(|part| {
        let is_url = part.contains("://");
        match part.rsplit_once('@') {
            Some((login, host)) if !is_url && login.contains(':') => format!("***@{host}"),
            _ => part.to_owned(),
        }
    });
    parts.collect()
}

/// Removes the text between the start of a URL and the last `@`, and the values of password
/// parameters. May remove more than the password.
fn without_logins(message: &str) -> String {
    let mut starts = message
        .match_indices("://")
        .map(|(at, sign)| at + sign.len());
    let Some(start) = starts.find(|start| !message[*start..].starts_with(FORM)) else {
        return message.to_owned();
    };
    let (before, url) = message.split_at(start);
    let url = match url.rfind('@') {
        Some(at) => format!("***{}", &url[at..]),
        None => url.to_owned(),
    };
    let lower = url.to_ascii_lowercase();
    let password = ["password=", "pass="].iter().find_map(|name| {
        let at = lower.find(name)?;
        Some(at + name.len())
    });
    match password {
        Some(at) => format!("{before}{}***", &url[..at]),
        None => format!("{before}{url}"),
    }
}

/// Cuts the middle out of a message that is too long: the start says what is at fault, and the end
/// how to fix it.
fn shortened(message: &str) -> String {
    let count = message.chars().count();
    if count <= LONGEST {
        return message.to_owned();
    }
    let half = (LONGEST - ELLIPSIS.chars().count()) / 2;
    let start: String = message.chars().take(half).collect();
    let end: String = message.chars().skip(count - half).collect();
    format!("{start}{ELLIPSIS}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_left_out_and_control_characters_are_escaped() {
        let cases = r#"
            -u has no host => -u has no host
            "redis://me:secret@h/1" asks => "redis://***@h/1" asks
            redis://:se@cret/#@h => redis://***@h
            unix:///s?pass=secret&db=1 => unix:///s?pass=***
            redis+sentinel://h/m?sentinel-Password=x => redis+sentinel://h/m?sentinel-Password=***
            --keep "bob:secret@h" is no size => --keep "***@h" is no size
        "#;
        for case in cases.trim().lines() {
            let (message, expected) = case.trim().split_once(" => ").expect("two parts");
            assert_eq!(line(message), expected);
        }
        let form = "the form is redis://[user:password@]host, unix:///path";
        assert_eq!(line(form), form);
        let shown = line("redis://[user:password@]host, not redis://a:secret@b");
        assert_eq!(shown, "redis://[user:password@]host, not redis://***@b");
        assert_eq!(line("a\nb\u{1b}[31m\u{202e}"), r"a\nb\x1b[31m\u{202e}");
    }

    #[test]
    fn a_long_message_keeps_its_start_and_its_end() {
        let long = format!("--filter {}: no such thing", "é\n".repeat(5000));
        let line = line(&long);
        assert!(line.chars().count() <= LONGEST, "{line}");
        assert!(line.starts_with("--filter é\\n") && line.ends_with(": no such thing"));
    }
}
