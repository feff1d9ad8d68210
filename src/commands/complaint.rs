//! The words of a complaint, fit to be written to a terminal or a file whatever stands in them.

use crate::payload::escape::whole;

/// The longest complaint, in characters.
const LONGEST: usize = 1000;

/// Stands for what is left out.
const ELLIPSIS: &str = " … ";

/// What a form of a URL has where a URL has its login.
const FORM: &str = "[user:password@]";

/// `words` on one line: without the login of a URL, with control characters as escapes, and
/// without their middle if they are very long.
pub(super) fn line(words: &str) -> String {
    let words = without_bare_logins(&without_logins(words));
    shortened(&whole(words.as_bytes()))
}

/// The words without a login that has no scheme before it, as in `user:password@host`.
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

/// The words without what stands between the start of a URL and the last `@`, and without what
/// follows a parameter for a password. More than the password may go.
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

/// The start and the end of what is too long: a complaint starts with what is to blame, and ends
/// with the remedy.
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
    fn what_must_not_be_seen_is_left_out_or_escaped() {
        for (words, expected) in [
            ("-u names no host", "-u names no host"),
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
    fn a_long_complaint_keeps_its_start_and_its_end() {
        let long = format!("--filter {}: no such thing", "é\n".repeat(5000));
        let line = line(&long);
        assert!(line.chars().count() <= LONGEST, "{line}");
        assert!(line.starts_with("--filter é\\n") && line.ends_with(": no such thing"));
    }
}
