//! Error messages that are safe to write to a terminal or a file, whatever they contain.

use std::fmt;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use subscope::payload::escape::whole;

/// Maximum length of an error message, in characters.
const LONGEST: usize = 1000;

/// Replaces the middle of a message that is too long.
const ELLIPSIS: &str = " … ";

/// The placeholder for a login in the description of a URL's syntax.
const FORM: &str = "[user:password@]";

/// Why a command failed, as one line for the user, and the exit code.
///
/// The line is always safe to show: see [`Failure::usage`].
#[derive(Debug)]
pub struct Failure {
    words: String,
    /// What the user could write instead, on separate lines; empty if no example is needed.
    example: &'static str,
    /// 2 for a wrong command line, 1 for anything else.
    pub exit_code: u8,
}

impl Failure {
    /// Creates a failure caused by the command line, the environment or the config file. Quoted
    /// values in `words` are escaped and shortened, and the login of a URL is left out.
    pub fn usage(words: impl fmt::Display) -> Self {
        Self::new(words, 2)
    }

    /// Creates a failure with any other cause.
    pub fn other(words: impl fmt::Display) -> Self {
        Self::new(words, 1)
    }

    /// Creates a failure with this exit code.
    pub fn new(words: impl fmt::Display, exit_code: u8) -> Self {
        Self {
            words: line(&words.to_string()),
            example: "",
            exit_code,
        }
    }

    /// Adds an example of correct input.
    pub fn with_example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// Appends `words` to the message.
    pub fn and(self, words: &str) -> Self {
        let words = line(&(self.words + words));
        Self { words, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        match self.example {
            "" => Ok(()),
            example => write!(f, "\n{example}"),
        }
    }
}

/// Writes a line to standard error. Errors are ignored: if the terminal is gone, nobody is reading.
pub fn complain(words: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "subscope: {words}");
}

/// Returns `path` escaped for display.
pub fn shown_path(path: &Path) -> String {
    whole(path.as_os_str().as_bytes())
}

/// Returns the text of an I/O error without the system's error number.
pub fn reason(error: &io::Error) -> String {
    let mut words = error.to_string();
    words.truncate(words.find(" (os error").unwrap_or(words.len()));
    words
}

/// Returns `words` on one line, without the login of a URL, with control characters escaped, and
/// with the middle cut out if it is very long.
pub fn line(words: &str) -> String {
    let words = without_bare_logins(&without_logins(words));
    shortened(&whole(words.as_bytes()))
}

/// Removes logins without a scheme before them, as in `user:password@host`.
fn without_bare_logins(words: &str) -> String {
    let parts = words.split_inclusive([' ', '\n', '"', '\'']).map(|part| {
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
fn without_logins(words: &str) -> String {
    let mut starts = words.match_indices("://").map(|(at, sign)| at + sign.len());
    let Some(start) = starts.find(|start| !words[*start..].starts_with(FORM)) else {
        return words.to_owned();
    };
    let (before, url) = words.split_at(start);
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
fn shortened(words: &str) -> String {
    let count = words.chars().count();
    if count <= LONGEST {
        return words.to_owned();
    }
    let half = (LONGEST - ELLIPSIS.chars().count()) / 2;
    let start: String = words.chars().take(half).collect();
    let end: String = words.chars().skip(count - half).collect();
    format!("{start}{ELLIPSIS}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_left_out_and_control_characters_are_escaped() {
        for (words, expected) in [
            ("-u has no host", "-u has no host"),
            ("a\nb\u{1b}[31m\u{202e}", r"a\nb\x1b[31m\u{202e}"),
            ("\"redis://me:secret@h/1\" asks", "\"redis://***@h/1\" asks"),
            ("redis://:se@cret/#@h", "redis://***@h"),
            ("unix:///s?pass=secret&db=1", "unix:///s?pass=***"),
            (
                "x redis+sentinel://h/m?sentinel-Password=secret",
                "x redis+sentinel://h/m?sentinel-Password=***",
            ),
            (
                "--keep \"bob:secret@h\" is no size",
                "--keep \"***@h\" is no size",
            ),
            (
                "the form is redis://[user:password@]host, unix:///path",
                "the form is redis://[user:password@]host, unix:///path",
            ),
            (
                "redis://[user:password@]host, not redis://a:secret@b",
                "redis://[user:password@]host, not redis://***@b",
            ),
        ] {
            assert_eq!(line(words), expected);
        }
    }

    #[test]
    fn a_long_message_keeps_its_start_and_its_end() {
        let long = format!("--filter {}: no such thing", "é\n".repeat(5000));
        let line = line(&long);
        assert!(line.chars().count() <= LONGEST, "{line}");
        assert!(line.starts_with("--filter é\\n") && line.ends_with(": no such thing"));
    }
}
