//! Templates: what a row shows of a message, made of the values at several paths.

mod form;
mod place;
mod quotes;
mod selector;
mod source;

use std::cell::Cell;
use std::iter;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use crate::payload::lookup::{Lookup, Shown, ShownText};
use crate::payload::tree::Kind;
use crate::query::error::{QueryError, fail, fail_unfinished};
use crate::query::path::Path;

use self::place::Place;
use self::quotes::{Quotes, path};
use self::selector::Selector;

/// What stands for a value that a message does not have.
const MISSING: &str = "–";

/// What separates the values of a list of paths.
const BETWEEN: &str = " · ";

/// The maximum number of values in a template.
const MAX_VALUES: usize = 16;

/// The maximum number of values that are looked up in a message, those in lists included.
const MAX_LOOKUPS: usize = 256;

/// One or several paths, and the text between their values. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Template {
    text: Arc<str>,
    parts: Arc<[Part]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Text that is shown as it is.
    Words(Box<str>),
    /// A value of the message.
    Value(Selector),
}

/// What a template shows of a message.
#[derive(Clone, Debug)]
pub struct Summary<'a> {
    /// The values and the text between them; for a single path, the value.
    pub shown: Shown<'a>,
    /// The ranges of the text that come from the template instead of the message.
    words: Arc<[Range<usize>]>,
    /// Whether the message has the first of the values that have no default.
    pub has_first: bool,
}

impl<'a> From<Shown<'a>> for Summary<'a> {
    fn from(shown: Shown<'a>) -> Self {
        Self {
            shown,
            words: Arc::default(),
            has_first: true,
        }
    }
}

impl Summary<'_> {
    /// Returns the parts of the text in order, each with its range and whether it comes from the
    /// template.
    pub fn parts(&self) -> impl Iterator<Item = (Range<usize>, bool)> {
        let end = self.shown.text.len();
        let edges = self.words.iter().cloned().chain(iter::once(end..end));
        let mut at = 0;
        let parts = edges.flat_map(move |words| {
            let value = at..words.start;
            at = words.end;
            [(value, false), (words, true)]
        });
        // An empty value takes no room, but a lone one is still a part.
        let is_alone = self.words.is_empty();
        parts.filter(move |(range, is_words)| !range.is_empty() || is_alone && !is_words)
    }

    /// Converts the summary into one that owns its text.
    pub fn into_owned(self) -> Summary<'static> {
        Summary {
            shown: self.shown.into_owned(),
            words: self.words,
            has_first: self.has_first,
        }
    }
}

impl From<Path> for Template {
    fn from(path: Path) -> Self {
        Self {
            text: path.text().into(),
            parts: [Part::Value(path.into())].into(),
        }
    }
}

impl Template {
    /// Parses one or several paths (`.id .user.name`), or text with paths in braces:
    /// `{.id} by {.user.name}`. Within braces, `.a // .b // "none"` takes the first value there is,
    /// `.a | length` counts the values of an array or object, and `.a[].b` shows a value of every
    /// element, as in jq. `.a[.b=="x"]` is the first element with this value. `.a | 0=off 1=on`
    /// gives values names, `.a - .b | ms` shows a number as a duration, and `.a[] | {.b}={.c}` shows
    /// several values of every element. A brace that is doubled stands for itself.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let before = text.len() - text.trim_start().len();
        let written = text.trim();
        let parts = match paths(written, before) {
            Err(_) if written.contains('{') => with_braces(written, before, 0)?,
            parts => parts?,
        };
        let values = parts.iter().filter(|part| matches!(part, Part::Value(_)));
        let problem = match values.count() {
            0 => "needs a path, such as {.user.id}".to_owned(),
            count if count > MAX_VALUES => format!("takes at most {MAX_VALUES} paths"),
            _ => {
                let (text, parts) = (written.into(), parts.into());
                return Ok(Self { text, parts });
            }
        };
        fail(before..before + written.len(), problem)
    }

    /// Returns the template as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the paths of the values, as a list.
    pub fn paths(&self) -> String {
        let paths = self.parts.iter().filter_map(|part| match part {
            Part::Value(selector) => Some(selector.paths()),
            Part::Words(_) => None,
        });
        paths.flatten().collect::<Vec<_>>().join(", ")
    }

    /// Returns what the template shows of a message that has none of its values.
    pub fn without_values(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Words(words) => words,
            Part::Value(selector) => selector.otherwise().unwrap_or(MISSING),
        });
        parts.collect()
    }

    /// Returns what the template shows of a message, which is decoded at most once. The error is
    /// that of [`Lookup::shown`], if the message has none of the values.
    pub fn show<'a>(&self, lookup: &Lookup<'a, '_>) -> Result<Summary<'a>, Option<String>> {
        if let [Part::Value(selector)] = &self.parts[..]
            && let Some(path) = selector.as_path()
        {
            return lookup.shown(path.steps()).map(Summary::from);
        }
        let left = Cell::new(MAX_LOOKUPS);
        let place = Place {
            steps: &[],
            left: &left,
        };
        show(&self.parts, lookup, place).finish()
    }
}

/// Puts together what the parts of a template show of the value at `place`.
fn show(parts: &[Part], lookup: &Lookup<'_, '_>, place: Place<'_>) -> Unfinished {
    let mut summary = Unfinished::default();
    for part in parts {
        match part {
            Part::Words(words) => summary.add_words(words),
            Part::Value(selector) => match selector.show(lookup, place) {
                Ok(value) if value.text.is_empty() && selector.otherwise() == Some("") => {
                    summary.add_missing(None, selector);
                }
                Ok(value) => summary.add_value(&value, selector),
                Err(error) => summary.add_missing(error, selector),
            },
        }
    }
    summary
}

/// A summary that is being put together.
#[derive(Default)]
struct Unfinished {
    text: Vec<u8>,
    words: Vec<Range<usize>>,
    is_incomplete: bool,
    /// Why the first missing value is missing.
    error: Option<String>,
    has_value: bool,
    has_first: Option<bool>,
    /// Whether nothing stands for a missing value at the end of the text. One of the two spaces
    /// around it is enough.
    is_after_gap: bool,
}

impl Unfinished {
    /// Adds text of the template.
    fn add_words(&mut self, words: &str) {
        let is_after_gap = mem::take(&mut self.is_after_gap);
        let words = match words.strip_prefix(' ') {
            Some(rest) if is_after_gap => rest,
            _ => words,
        };
        let start = self.text.len();
        self.text.extend_from_slice(words.as_bytes());
        let added = start..self.text.len();
        self.words.extend((!words.is_empty()).then_some(added));
    }

    /// Adds a value of the message.
    fn add_value(&mut self, value: &Shown<'_>, selector: &Selector) {
        self.is_after_gap = false;
        self.has_value = true;
        self.note_first(true, selector);
        self.text.extend_from_slice(&value.text);
    }

    /// Adds what stands for a missing value.
    fn add_missing(&mut self, error: Option<String>, selector: &Selector) {
        if !mem::replace(&mut self.is_incomplete, true) {
            self.error = error;
        }
        self.note_first(false, selector);
        let words = selector.otherwise().unwrap_or(MISSING);
        self.add_words(words);
        let is_apart = self.text.is_empty() || self.text.ends_with(b" ");
        self.is_after_gap = words.is_empty() && is_apart;
    }

    fn note_first(&mut self, has_value: bool, selector: &Selector) {
        if selector.otherwise().is_none() {
            self.has_first.get_or_insert(has_value);
        }
    }

    /// Like [`Self::finish`], but it is enough if each missing value has a default.
    fn finish_within<'a>(mut self) -> Result<Summary<'a>, Option<String>> {
        self.has_value |= self.has_first.is_none();
        self.finish()
    }

    fn finish<'a>(mut self) -> Result<Summary<'a>, Option<String>> {
        if self.is_incomplete && !self.has_value {
            return Err(self.error);
        }
        if self.is_after_gap
            && let Some(last) = self.words.last_mut()
            && last.end == self.text.len()
            && self.text.pop_if(|byte| *byte == b' ').is_some()
        {
            last.end -= 1;
        }
        Ok(Summary {
            shown: Shown {
                text: ShownText::from(self.text),
                kind: Kind::String,
            },
            words: self.words.into(),
            has_first: self.has_first.unwrap_or(self.has_value),
        })
    }
}

/// Two templates are equal if they show the same.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for Template {}

/// Parses paths with spaces between them. `before` is the position of the text in what was typed.
fn paths(text: &str, before: usize) -> Result<Vec<Part>, QueryError> {
    let mut parts = Vec::new();
    for range in words(text) {
        if !parts.is_empty() {
            parts.push(Part::Words(BETWEEN.into()));
        }
        parts.push(Part::Value(path(text, range, before)?.into()));
    }
    Ok(parts)
}

/// Returns the ranges of the words of a text. A space in a quoted name does not end a word.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut quotes = Quotes::default();
    for (at, letter) in text.char_indices() {
        if letter.is_whitespace() && !quotes.is_open {
            words.push(start..at);
            start = at + letter.len_utf8();
        }
        quotes.pass(letter);
    }
    words.push(start..text.len());
    words.retain(|word| !word.is_empty());
    if words.is_empty() {
        words.push(0..text.len());
    }
    words
}

/// Parses text with paths in braces, within `depth` other templates.
fn with_braces(text: &str, before: usize, depth: usize) -> Result<Vec<Part>, QueryError> {
    let mut parts = Vec::new();
    let mut words = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let is_double = letters.next_if(|(_, next)| *next == letter && "{}".contains(*next));
        match letter {
            '{' if is_double.is_none() => {
                if !words.is_empty() {
                    parts.push(Part::Words(mem::take(&mut words).into()));
                }
                let mut quotes = Quotes::default();
                let mut opened = 1_usize;
                let end = letters.by_ref().find(|(_, letter)| {
                    quotes.pass(*letter);
                    match letter {
                        '{' if !quotes.is_open => opened += 1,
                        '}' if !quotes.is_open => opened -= 1,
                        _ => {}
                    }
                    opened == 0
                });
                let Some((end, _)) = end else {
                    let problem = "a brace is not closed: write {{ for the character";
                    return fail_unfinished(before + at..before + at + 1, problem);
                };
                parts.push(Part::Value(Selector::parse(
                    text,
                    at + 1..end,
                    before,
                    depth,
                )?));
            }
            '}' if is_double.is_none() => {
                let problem = "a brace is not opened: write }} for the character";
                return fail(before + at..before + at + 1, problem);
            }
            letter => words.push(letter),
        }
    }
    if !words.is_empty() {
        parts.push(Part::Words(words.into()));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    fn shown(template: &str, payload: &[u8]) -> Result<String, Option<String>> {
        let lookup = Lookup::new(payload, None);
        let summary = Template::parse(template).unwrap().show(&lookup)?;
        let parts = summary.parts().map(|(range, is_words)| {
            let text = String::from_utf8_lossy(&summary.shown.text[range]).into_owned();
            if is_words { text } else { format!("<{text}>") }
        });
        Ok(parts.collect())
    }

    #[test]
    fn values_stand_between_the_words_of_the_template() {
        let message = br#"{"id":7,"user":{"na me":"Jo","{":true},"list":[1,2]}"#;
        for (template, expected) in [
            (".id", "<7>"),
            (".id .user.\"na me\"", "<7> · <Jo>"),
            ("  .id   .none ", "<7> · –"),
            ("{.id} by {.user.\"na me\"}!", "<7> by <Jo>!"),
            ("{ .id }{.list}", "<7[1,2]>"),
            ("{{{.id}}} {.user.\"{\"}", "{<7>} <true>"),
            (
                ". .id",
                "<{\"id\":7,\"user\":{\"na me\":\"Jo\",\"{\":true},\"list\":[1,2]}> · <7>",
            ),
        ] {
            assert_eq!(
                shown(template, message).as_deref(),
                Ok(expected),
                "{template}"
            );
        }
    }

    #[test]
    fn a_message_without_any_of_the_values_is_not_summarised() {
        assert_eq!(shown(".a .b", b"{}"), Err(None));
        assert_eq!(shown("x {.a}", b"{}"), Err(None));
        let why = shown("{.a} {.b}", b"plain text").unwrap_err();
        assert_eq!(why.as_deref(), Some("no values in it"));
        assert_eq!(shown(".a .b", br#"{"b":""}"#).unwrap(), "– · ");
        assert_eq!(shown(".b", br#"{"b":""}"#).unwrap(), "<>");
    }

    #[test]
    fn alternatives_and_lengths_are_written_as_in_jq() {
        let message = br#"{"a":null,"b":"//","list":[1,[2]],"o":{"x":1},"no":[]}"#;
        for (template, expected) in [
            ("{.a // .b}", "<//>"),
            ("{.x//.a} {.b}", "– <//>"),
            (r#"{.x // .a // "none"}{.b}"#, "none<//>"),
            (r#"{.b}{.a // ""}"#, "<//>"),
            (r#"{.b // "}"}"#, "<//>"),
            ("{.a} {.b}", "<null> <//>"),
            (
                "{.list | length}, {.o|length}, {.no | length}",
                "<2>, <1>, <0>",
            ),
            ("{.x // .list | length} {.b | length}", "<2> <//>"),
            ("{.b | /=one //=two} {.list | 1=x}", "<two> <[1,[2]]>"),
            ("{.list[]} {.no[]} {.x[] // .b}", "<1, [2]> – <//>"),
            (r#"{.no[] // "none"} {.b}"#, "none <//>"),
            (r#"{.x // ""} {.b} {.x // ""} {.b}"#, "<//> <//>"),
            (r#"{.b} {.x // ""}"#, "<//>"),
            (r#"{.b} {.no // "" | []=} {.b}"#, "<//> <//>"),
            (r#"{.b} {.x // ""} {.y // ""}"#, "<//>"),
            ("{.list[].x // .o[]} {.list[][0]}", "<–, –> <–, 2>"),
        ] {
            assert_eq!(
                shown(template, message).as_deref(),
                Ok(expected),
                "{template}"
            );
        }
    }

    #[test]
    fn several_values_of_each_element_are_shown_by_a_template_of_their_own() {
        let message = br#"{"spans":[
            {"name":"GET","start":"1000","end":"4500000000","attributes":[{"key":"a","value":1}]},
            {"name":"PUT","start":"2000","attributes":[{"key":"b","value":{"s":"x"}},{"key":"a","value":2}]}
        ],"error":{"code":7},"ms":1250,"none":null,"groups":[{"list":[{"id":1},{"id":2}]},{"list":[{"id":3}]}]}"#;
        for (template, expected) in [
            (
                "{.spans[] | {.name} {.end - .start | ns}}",
                "<GET 4.5 s, PUT –>",
            ),
            (r#"{.spans[] | {.attributes[.key=="a"].value}}"#, "<1, 2>"),
            (
                r#"{.spans[1].attributes[.key=="b"].value.s} {.spans[0].attributes[.key=="b"].value // "none"}"#,
                "<x> none",
            ),
            (
                r#"{.error // "" | ERROR {.code}} {.ms}"#,
                "<ERROR 7> <1250>",
            ),
            (r#"{.none // "" | ERROR {.code}} {.ms}"#, "<1250>"),
            (
                "{.ms | ms} {.ms | s} {.ms - .error.code | us}",
                "<1.3 s> <20m 50s> <1.2 ms>",
            ),
            ("{.error.code - .ms | ms}", "<-1.2 s>"),
            ("{.groups[].list[].id}", "<1, 2, 3>"),
            ("{.groups[] | {.list[] | {{{.id}}}}}", "<{1}, {2}, {3}>"),
            (r#"{.spans[0] | to {.rooms[] // "all"}}"#, "<to all>"),
            ("{.error | {.}}", "<{\"code\":7}>"),
        ] {
            assert_eq!(
                shown(template, message).as_deref(),
                Ok(expected),
                "{template}"
            );
        }
    }

    #[test]
    fn lists_within_lists_take_bounded_time() {
        let list = |of: &str| format!("[{}]", [of; 8].join(","));
        let message = list(&list(&list(&list("1"))));
        let text = shown("{.[][][][]}", message.as_bytes()).unwrap();
        assert!(text.len() < 1200, "{text}");
        assert!(text.contains("8 in all"), "{text}");
    }

    #[test]
    fn a_long_list_says_how_many_elements_it_has() {
        let message = format!(r#"{{"a":[{}1]}}"#, "1,".repeat(8));
        let expected = format!("<{}… 9 in all>", "1, ".repeat(8));
        assert_eq!(shown("{.a[]}", message.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn values_inside_values_are_found() {
        let message = br#"{"body":"eyJ0YXNrIjogImFkZCIsICJhcmdzIjogWzEsIDJdfQ=="}"#;
        assert_eq!(
            shown("{.body.task}{.body.args}", message).unwrap(),
            "<add[1,2]>"
        );
    }

    #[test]
    fn errors_say_what_is_wrong_and_where() {
        for (template, at, words) in [
            ("", 0..0, "a path starts with a dot"),
            ("id", 0..2, "a path starts with a dot"),
            ("no path {{", 0..10, "needs a path"),
            ("{.id", 0..1, "not closed"),
            ("a {.b} }", 7..8, "not opened"),
            ("{.a} {b}", 6..7, "a path starts with a dot"),
            (" {.a..b}", 4..5, ""),
            ("{.a | keys}", 4..10, "write length, a unit of time"),
            ("{.a[.b]}", 4..6, "write [.key"),
            ("{.a[.b==1}", 3..4, "a bracket is not closed"),
            ("{.a | {.b}", 0..1, "not closed"),
            ("{.a | x {b}}", 9..10, "a path starts with a dot"),
            ("{\"x\" // .a}", 1..4, "a path starts with a dot"),
            ("{.a // }", 7..7, "a path starts with a dot"),
        ] {
            let error = Template::parse(template).unwrap_err();
            assert!(error.message.contains(words), "{template}: {error}");
            assert_eq!(error.at, at, "{template}: {error}");
        }
        let many = ".a ".repeat(MAX_VALUES + 1);
        assert!(
            Template::parse(&many)
                .unwrap_err()
                .message
                .contains("at most")
        );
        assert!(Template::parse(&".a ".repeat(MAX_VALUES)).is_ok());
    }

    #[test]
    fn templates_are_equal_if_they_show_the_same() {
        let parse = |text| Template::parse(text).unwrap();
        assert_eq!(parse(".a"), parse("{ .\"a\" }"));
        assert_eq!(parse(".a .b"), parse("{.a} · {.b}"));
        assert_ne!(parse(".a .b"), parse("{.a} {.b}"));
        assert_eq!(parse(" .a ").text(), ".a");
    }
}
