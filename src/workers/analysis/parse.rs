//! Parsing of checks given on the command line.

use super::plan::{Channels, Check};
use crate::query::Path;

/// An error names the text, what is wrong with it and how to fix it, in one sentence.
impl Check {
    /// Parses `--shape`: a channel or a glob.
    pub fn parse_shape(text: &str) -> Result<Self, String> {
        const FORM: &str = "expected GLOB, such as 'orders:*'";
        channels(text, text, FORM).map(Self::Shape)
    }

    /// Parses `--seq`: `glob=.path`, or `glob=.path,.key` with a key that distinguishes sequences.
    pub fn parse_sequence(text: &str) -> Result<Self, String> {
        const FORM: &str = "expected GLOB=PATH, such as 'orders:*=.seq', or GLOB=PATH,KEY, such as \
                            'orders:*=.seq,.user'";
        let (channels, (number, key)) = watched(text, text, FORM, |paths| {
            // A quoted key may contain a comma.
            let halves = paths.match_indices(',').find_map(|(at, _)| {
                let number = Path::parse(&paths[..at]).ok()?;
                let key = Path::parse(&paths[at + 1..]).ok()?;
                Some((number, Some(key)))
            });
            halves.map_or_else(|| Ok((path(paths)?, None)), Ok)
        })?;
        Ok(Self::Sequence {
            channels,
            number,
            key,
        })
    }

    /// Parses `--pair`: `req-glob=.id -> rep-glob=.corr`.
    pub fn parse_pair(text: &str) -> Result<Self, String> {
        const FORM: &str = "expected GLOB=PATH -> GLOB=PATH, such as \
                            'rpc:req=.id -> rpc:rep=.corr'";
        let mut first_error = None;
        for (at, arrow) in text.match_indices("->") {
            let request = watched(text, &text[..at], FORM, path);
            let reply = watched(text, &text[at + arrow.len()..], FORM, path);
            match (request, reply) {
                (Ok(request), Ok(reply)) => return Ok(Self::Pair { request, reply }),
                (Err(error), _) | (_, Err(error)) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        Err(first_error.unwrap_or_else(|| check_error(text, "-> is missing", FORM)))
    }

    /// Parses `--sent`: `glob=.path`.
    pub fn parse_delay(text: &str) -> Result<Self, String> {
        const FORM: &str = "expected GLOB=PATH, such as 'orders:*=.sent_at'";
        let (channels, sent) = watched(text, text, FORM, path)?;
        Ok(Self::Delay { channels, sent })
    }
}

/// Parses `glob=.path` in `part` of `text`. `read` parses what follows the `=`. Since a channel
/// name may contain `=`, the first `=` followed by a path is the separator.
fn watched<T>(
    text: &str,
    part: &str,
    form: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<(Channels, T), String> {
    let mut first_error = None;
    for (at, _) in part.match_indices('=') {
        let after = part[at + 1..].trim();
        if !after.starts_with('.') {
            continue;
        }
        match read(after) {
            Ok(paths) => return Ok((channels(text, &part[..at], form)?, paths)),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    let why = match (first_error, part.split_once('=')) {
        (Some(why), _) => why,
        (None, Some((_, after))) if after.trim().is_empty() => {
            "the path after = is missing".to_owned()
        }
        (None, Some((_, after))) => {
            format!("{:?} is not a path: start it with a dot", after.trim())
        }
        (None, None) => format!("{:?} has no =PATH part", part.trim()),
    };
    Err(check_error(text, &why, form))
}

fn channels(text: &str, glob: &str, form: &str) -> Result<Channels, String> {
    match glob.trim() {
        "" => Err(check_error(text, "the channel is missing", form)),
        glob => Ok(Channels::new(glob.as_bytes())),
    }
}

fn path(text: &str) -> Result<Path, String> {
    Path::parse(text).map_err(|error| format!("{text:?} is not a path: {error}"))
}

fn check_error(text: &str, why: &str, form: &str) -> String {
    format!("{text:?}: {why}; {form}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn checks_have_the_syntax_of_the_command_line() {
        assert_eq!(
            Check::parse_sequence("orders:*=.seq").unwrap(),
            Check::Sequence {
                channels: Channels::new(b"orders:*"),
                number: path(".seq"),
                key: None,
            }
        );
        assert_eq!(
            Check::parse_sequence("a=b = .meta.n[0] , .\"odd,=.key\"").unwrap(),
            Check::Sequence {
                channels: Channels::new(b"a=b"),
                number: path(".meta.n[0]"),
                key: Some(path(".\"odd,=.key\"")),
            }
        );
        assert_eq!(
            Check::parse_pair("rpc:req=.id -> rpc:rep=.corr").unwrap(),
            Check::Pair {
                request: (Channels::new(b"rpc:req"), path(".id")),
                reply: (Channels::new(b"rpc:rep"), path(".corr")),
            }
        );
        assert_eq!(
            Check::parse_delay("*=.sent_at").unwrap(),
            Check::Delay {
                channels: Channels::new(b"*"),
                sent: path(".sent_at"),
            }
        );
        assert_eq!(
            Check::parse_shape(" orders:* ").unwrap(),
            Check::Shape(Channels::new(b"orders:*"))
        );
    }

    #[test]
    fn errors_show_the_text_and_the_expected_form() {
        let cases = r#"
            seq orders => "orders": "orders" has no =PATH part; expected GLOB=PATH, such
            seq orders= => the path after = is missing; expected GLOB=PATH
            seq orders=seq => "seq" is not a path: start it with a dot
            seq =.seq => the channel is missing; expected GLOB=PATH
            seq o=.a,b => ".a,b" is not a path:
            seq o=.a..b => ".a..b" is not a path:
            pair a=.id => "a=.id": -> is missing; expected GLOB=PATH ->
            pair a=.id -> b => "b" has no =PATH part; expected GLOB=PATH ->
        "#;
        for case in cases.trim().lines() {
            let (check, words) = case.trim().split_once(" => ").unwrap();
            let error = match check.split_once(' ').unwrap() {
                ("seq", text) => Check::parse_sequence(text),
                (_, text) => Check::parse_pair(text),
            };
            let error = error.unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let blank = Check::parse_shape("  ").unwrap_err();
        assert!(blank.contains("the channel is missing; expected GLOB,"));
        assert!(Check::parse_delay("a=.").is_ok());
    }
}
