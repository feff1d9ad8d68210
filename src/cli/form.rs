//! The forms in which messages are written.

use subscope::config::suggestion;
use subscope::query::Template;

/// The names of the forms.
const NAMES: [&str; 3] = ["pretty", "json", "raw"];

/// How messages are written.
#[derive(Clone, Debug)]
pub enum Form {
    /// Time, channel and payload on a line, safe for a terminal.
    Pretty,
    /// One JSON object per line, as in a recording.
    Json,
    /// The payload and a line break.
    Raw,
    /// Text with fields and values.
    Parts(Vec<Part>),
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text that is written as it is.
    Words(String),
    /// A fact about the message.
    Field(Field),
    /// What a template shows of the payload.
    Value(Template),
}

/// A fact about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The time in RFC 3339, in UTC.
    Time,
    /// The channel's name.
    Channel,
    /// The names of the subscriptions that delivered it.
    Via,
    /// The payload as received.
    Payload,
    /// The payload's size in bytes.
    Size,
}

impl Field {
    const ALL: [(&'static str, Self); 5] = [
        ("time", Self::Time),
        ("channel", Self::Channel),
        ("via", Self::Via),
        ("payload", Self::Payload),
        ("size", Self::Size),
    ];
}

impl Form {
    /// Parses the value of `--output`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            "raw" => Ok(Self::Raw),
            text if text.contains(['{', '\\']) => parts(text).map(Self::Parts),
            text => {
                let hint = suggestion(text, &NAMES);
                Err(format!(
                    "takes pretty, json, raw, or a line with fields in braces such as {{channel}}{hint}"
                ))
            }
        }
    }

    /// Returns the form to use if none is named.
    pub fn default(is_terminal: bool) -> Self {
        if is_terminal {
            Self::Pretty
        } else {
            Self::Json
        }
    }
}

/// Parses a line with fields and paths in braces. `\n` and `\t` stand for a line break and a tab, a
/// doubled brace for itself.
fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        rest = match (letter, after.chars().next()) {
            ('\\', Some(escape)) => {
                words.push(match escape {
                    'n' => '\n',
                    't' => '\t',
                    '\\' => '\\',
                    _ => {
                        return Err(format!(
                            "unknown escape \\{escape}: write \\\\ for a backslash"
                        ));
                    }
                });
                &after[escape.len_utf8()..]
            }
            ('{' | '}', Some(next)) if next == letter => {
                words.push(letter);
                &after[1..]
            }
            ('{', _) => {
                let Some(end) = closing(after) else {
                    return Err("a brace is not closed: write {{ for the character".to_owned());
                };
                if !words.is_empty() {
                    parts.push(Part::Words(std::mem::take(&mut words)));
                }
                parts.push(part(&after[..end])?);
                &after[end + 1..]
            }
            ('}', _) => return Err("a brace is not opened: write }} for the character".to_owned()),
            _ => {
                words.push(letter);
                after
            }
        };
    }
    if !words.is_empty() {
        parts.push(Part::Words(words));
    }
    Ok(parts)
}

/// Returns the position of the brace that closes a field. Braces in quotes do not count.
fn closing(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => {
                letters.next();
            }
            '}' if !is_quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Parses what stands between two braces.
fn part(text: &str) -> Result<Part, String> {
    let name = text.trim();
    if name.starts_with('.') {
        let template = Template::parse(&format!("{{{name}}}"));
        return template.map(Part::Value).map_err(|error| error.to_string());
    }
    let field = Field::ALL.iter().find(|(known, _)| *known == name);
    field.map(|(_, field)| Part::Field(*field)).ok_or_else(|| {
        let names = Field::ALL.map(|(name, _)| name);
        let hint = suggestion(name, &names);
        let names = names.join(", ");
        format!("unknown field {{{name}}}{hint}: write {names}, or a path such as {{.user.id}}")
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    #[test]
    fn a_line_is_words_fields_and_values() {
        let found = parts("{time}\\t{{{channel}}} {.a // \"}\"}\\n").unwrap();
        let template = Template::parse("{.a // \"}\"}").unwrap();
        let words = |text: &str| Part::Words(text.to_owned());
        assert_eq!(
            found,
            [
                Part::Field(Field::Time),
                words("\t{"),
                Part::Field(Field::Channel),
                words("} "),
                Part::Value(template),
                words("\n"),
            ]
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (text, problem) in [
            ("{chanel}", "unknown field {chanel}"),
            ("{channel", "not closed"),
            ("channel}", "not opened"),
            ("{.a..b}", ""),
            ("\\x", "unknown escape"),
        ] {
            let error = parts(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
        let problem = Form::parse("jsn").unwrap_err();
        assert!(problem.contains("json"), "{problem}");
    }
}
