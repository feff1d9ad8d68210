//! Paths and the conditions on their values.

use std::ops::Range;

use crate::payload::json::locate::PathStep;
use crate::query::compare::{COMPARISONS, Compare};
use crate::query::error::{QueryError, fail, fail_unfinished};
use crate::query::parts::Part;
use crate::query::pattern::Pattern;
use crate::query::value::{PathTerm, Scalar, Test};

use super::cursor::is_name_char;
use super::strings::{self, Escapes, UNCLOSED_QUOTE};
use super::suggest::{self, Rank, Suggestion};
use super::{BETWEEN, Parser};

const EQUAL: Operator = Operator::Compare(Compare::Equal);

pub(super) const NO_VALUE: &str = "a value is missing: a number, a \"string\", true, false or null";

impl Parser<'_> {
    /// Returns whether a path comes next, rather than text such as `...` or `.5`.
    pub(super) fn sees_path(&self) -> bool {
        let rest = self.cursor.rest();
        let Some(after) = rest.strip_prefix('.') else {
            // JSONPath syntax.
            return rest.starts_with("$.") || rest.starts_with("$[");
        };
        match after.chars().next() {
            Some('[' | '"') => true,
            Some(next) if next.is_alphabetic() || matches!(next, '_' | '$' | '@') => true,
            Some(next) => next.is_whitespace() && sees_operator(after.trim_start()),
            None => false,
        }
    }

    /// Parses a path and the condition on its value.
    pub(super) fn comparison(&mut self) -> Result<PathTerm, QueryError> {
        let start = self.cursor.at();
        self.cursor.eat("$");
        let steps = self.steps()?;
        let path = self.cursor.since(start);
        self.cursor.skip_space();
        let is_apart = self.cursor.at() > path.end;
        // Lucene syntax.
        let colon = |parser: &mut Self| parser.cursor.eat(":").then_some(EQUAL);
        let test = match self.operator()?.or_else(|| colon(self)) {
            Some(operator) => self.test(operator)?,
            None if is_apart && self.eat_in() => Test::In(self.list()?),
            None => return self.no_comparison(path),
        };
        self.note_comparison(start, path, &test, false);
        Ok(PathTerm::new(steps, test))
    }

    /// Returns an error for a path without a known operator, with a suggestion for what to write
    /// after it.
    fn no_comparison(&mut self, path: Range<usize>) -> Result<PathTerm, QueryError> {
        let is_apart = self.cursor.at() > path.end;
        let verb = self.cursor.take_word().to_lowercase();
        let begins_operator =
            verb.is_empty() || verb == "!" || (is_apart && "in".starts_with(&verb));
        let within = ["contains", "like", "matches", "startswith", "includes"];
        let problem = match verb.as_str() {
            "is" | "equals" | "eq" => "compare a value with ==: .a == \"x\"",
            verb if within.contains(&verb) => "find text in a value with ~: .a ~ \"x\"",
            _ => "a path needs a comparison: .a == 1, or has(.a)",
        };
        QueryError::new(path, problem).fail_unfinished_if(self.cursor.at_end() && begins_operator)
    }

    /// Consumes the keyword `in`, if it comes next.
    pub(super) fn eat_in(&mut self) -> bool {
        ["in", "IN"].iter().any(|word| self.keyword(word))
    }

    /// Records the comparison that starts at `start` and compares the value at `path`, and what the
    /// user may have meant by it.
    pub(super) fn note_comparison(
        &mut self,
        start: usize,
        path: Range<usize>,
        test: &Test,
        is_text_too: bool,
    ) {
        let place = self.note_part(start, path.clone(), test);
        let written = self.cursor.text_since(start);
        let (path, value) = (&written[..path.len()], self.cursor.text_since(place));
        if let Some(text) = suggest::of_comparison(path, test, value, is_text_too) {
            let (at, rank) = (self.cursor.since(start), Rank::Comparison);
            self.suggestions.retain(|one| one.at.start < start);
            self.suggestions.push(Suggestion { at, text, rank });
        }
    }

    /// Records the comparison that starts at `start` and compares the value at `path`. Returns the
    /// position of the value that it compares with.
    pub(super) fn note_part(&mut self, start: usize, path: Range<usize>, test: &Test) -> usize {
        let written = self.cursor.text_since(start);
        let after = &written[path.len()..];
        let is_of_value = |next: char| !next.is_whitespace() && next != ':' && !is_sign(next);
        let place = path.len() + after.find(is_of_value).unwrap_or(after.len());
        let value = start + place..self.cursor.at();
        let part = Part::compared(&written[place..], path, value, test);
        self.parts.push(part);
        start + place
    }

    /// Consumes an operator, if one comes next.
    pub(super) fn operator(&mut self) -> Result<Option<Operator>, QueryError> {
        let start = self.cursor.at();
        if self.cursor.eat("!~") {
            let problem = "to negate a match, negate the term: not .a ~ \"x\"";
            return fail(self.cursor.since(start), problem);
        }
        if self.cursor.eat("~") || self.cursor.eat("=~") {
            return Ok(Some(Operator::Match));
        }
        let found = COMPARISONS.iter().find(|(sign, _)| self.cursor.eat(sign));
        let operator = found.map(|(_, compare)| Operator::Compare(*compare));
        if operator.is_some() && self.cursor.peek().is_some_and(is_sign) {
            self.cursor.take_while(is_sign);
            let problem = "unknown operator: write one of == != < <= > >= ~ in";
            return fail(self.cursor.since(start), problem);
        }
        Ok(operator)
    }

    /// Parses the operand of `operator`, which has been consumed.
    pub(super) fn test(&mut self, operator: Operator) -> Result<Test, QueryError> {
        Ok(match operator {
            Operator::Compare(compare) => {
                self.cursor.skip_space();
                let start = self.cursor.at();
                let scalar = self.scalar(false)?;
                let is_order = !matches!(compare, Compare::Equal | Compare::NotEqual);
                let written = self.cursor.text_since(start);
                if let Some(text) = suggest::of_value(written, &scalar, is_order) {
                    let (at, rank) = (self.cursor.since(start), Rank::Value);
                    self.suggestions.push(Suggestion { at, text, rank });
                }
                Test::Compare(compare, scalar)
            }
            Operator::Match => Test::Match(self.string_pattern()?),
        })
    }

    /// Parses `has(…)` after its opening parenthesis; `start` is the position of the `has`.
    pub(super) fn has(&mut self, start: usize) -> Result<PathTerm, QueryError> {
        self.cursor.skip_space();
        self.cursor.eat("$");
        if !matches!(self.cursor.peek(), Some('.' | '[')) {
            let at = self.cursor.next_char();
            return QueryError::new(at, "has(…) takes a path: has(.a)")
                .fail_unfinished_if(self.cursor.at_end());
        }
        let steps = self.steps()?;
        self.cursor.skip_space();
        if !self.cursor.eat(")") {
            let at = if self.cursor.at_end() {
                start..self.cursor.at()
            } else {
                self.cursor.next_char()
            };
            let problem = "has(…) takes a path and nothing else: close it with a )";
            return QueryError::new(at, problem).fail_unfinished_if(self.cursor.at_end());
        }
        Ok(PathTerm::new(steps, Test::Exists))
    }

    /// Parses `.a.b[0]."odd key"["odd key"]`, or `.` for the whole payload.
    pub(super) fn steps(&mut self) -> Result<Vec<PathStep>, QueryError> {
        let mut steps = Vec::new();
        loop {
            let start = self.cursor.at();
            let dotted = self.cursor.eat(".");
            match self.cursor.peek() {
                // As in jq, a dot may precede a bracket: `.[0]` at the start, but also `.a.[0]`.
                Some('[') => steps.push(self.bracket()?),
                Some('"') if dotted => {
                    let key = strings::take_quoted(&mut self.cursor, Escapes::Json)?;
                    steps.push(PathStep::Key(key.into()));
                }
                Some(next) if dotted && is_name_char(next) => {
                    let name = self.cursor.take_while(is_name_char);
                    steps.push(PathStep::Key(name.as_bytes().into()));
                }
                _ if dotted && steps.is_empty() => return Ok(steps),
                _ if dotted => {
                    let problem = "a name is missing after this dot: .a.b, or .a.\"odd key\"";
                    return QueryError::new(self.cursor.since(start), problem)
                        .fail_unfinished_if(self.cursor.at_end());
                }
                _ => return Ok(steps),
            }
        }
    }

    /// Parses `[0]` or `["odd key"]`.
    fn bracket(&mut self) -> Result<PathStep, QueryError> {
        let start = self.cursor.at();
        self.cursor.eat("[");
        let step = if self.cursor.peek() == Some('"') {
            PathStep::Key(strings::take_quoted(&mut self.cursor, Escapes::Json)?.into())
        } else {
            let digits = self.cursor.take_while(|next| next.is_ascii_digit());
            let Ok(index) = digits.parse() else {
                let problem = "brackets take an index or a quoted key: [0], [\"a\"]";
                return QueryError::new(self.cursor.since(start), problem)
                    .fail_unfinished_if(self.cursor.at_end() && digits.is_empty());
            };
            PathStep::Index(index)
        };
        if !self.cursor.eat("]") {
            return QueryError::new(self.cursor.since(start), "this [ is not closed: add a ]")
                .fail_unfinished_if(self.cursor.at_end());
        }
        Ok(step)
    }

    /// Parses a JSON value or a string, with or without quotes. In a list, a value without quotes
    /// ends at a comma.
    pub(super) fn scalar(&mut self, is_in_list: bool) -> Result<Scalar, QueryError> {
        self.cursor.skip_space();
        let start = self.cursor.at();
        let between = BETWEEN.iter().find(|word| self.cursor.sees_word(word));
        match self.cursor.peek() {
            None => fail_unfinished(self.cursor.next_char(), NO_VALUE),
            // More letters would make the operator a value.
            Some(_) if between.is_some_and(|word| self.cursor.rest() == *word) => {
                fail_unfinished(self.cursor.next_char(), NO_VALUE)
            }
            Some(')' | '(') => fail(self.cursor.next_char(), NO_VALUE),
            Some(next) if between.is_some() || is_sign(next) => {
                fail(self.cursor.next_char(), NO_VALUE)
            }
            Some('"') => strings::take_quoted(&mut self.cursor, Escapes::Bytes)
                .map(|text| Scalar::Text(text.into())),
            Some('[' | '{') => {
                self.cursor.take_word();
                fail(
                    self.cursor.since(start),
                    "only numbers, strings, true, false and null can be compared; for others use jq(…)",
                )
            }
            Some('.' | '$') if self.sees_path() => {
                self.cursor.take_word();
                let problem = "to compare two values of a message, write jq(.a == .b)";
                fail(self.cursor.since(start), problem)
            }
            Some(_) => Ok(self.bare_scalar(is_in_list)),
        }
    }

    fn bare_scalar(&mut self, is_in_list: bool) -> Scalar {
        if let Some(after) = self.cursor.rest().strip_prefix('\'')
            && let Some((inside, _)) = after.split_once('\'')
        {
            self.cursor.eat("'");
            self.cursor.eat(inside);
            self.cursor.eat("'");
            return Scalar::Text(inside.as_bytes().into());
        }
        let ends = |next: char| match next {
            ',' => is_in_list,
            other => other.is_whitespace() || matches!(other, '(' | ')' | '"'),
        };
        let start = self.cursor.at();
        let word = self.cursor.take_while(|next| !ends(next));
        if word.starts_with('\'') {
            // A single quote later in the query would close the one at the start of the word.
            let written = self.cursor.since(start);
            self.closed.push((written, suggest::quoted(word)));
        }
        Scalar::of_word(word).unwrap_or_else(|| Scalar::Text(word.as_bytes().into()))
    }

    /// Parses `("a", "b")`.
    pub(super) fn list(&mut self) -> Result<Vec<Scalar>, QueryError> {
        self.cursor.skip_space();
        let start = self.cursor.at();
        if !self.cursor.eat("(") {
            let problem = "the operator in takes a list, as in .a in (\"x\", \"y\"); \
                           to find the word, write \"in\" in quotes";
            return QueryError::new(self.cursor.next_char(), problem)
                .fail_unfinished_if(self.cursor.at_end());
        }
        let mut scalars = Vec::new();
        loop {
            self.cursor.skip_space();
            let value = self.cursor.at();
            scalars.push(self.scalar(true)?);
            let written = self.cursor.text_since(value);
            let is_open = written.starts_with('\'') && (written == "'" || !written.ends_with('\''));
            self.cursor.skip_space();
            if self.cursor.eat(")") {
                return Ok(scalars);
            }
            if self.cursor.at_end() {
                return fail_unfinished(start..start + 1, "this list is not closed: add a )");
            }
            if !self.cursor.eat(",") {
                // A single quote before this space may yet be closed.
                let at = self.cursor.next_char();
                return QueryError::new(at, "a comma is missing in this list")
                    .fail_unfinished_if(is_open);
            }
        }
    }

    /// Parses the regular expression after a `~`, in quotes, in slashes, or as a bare word.
    pub(super) fn string_pattern(&mut self) -> Result<Pattern, QueryError> {
        self.cursor.skip_space();
        let start = self.cursor.at();
        let source = match self.cursor.peek() {
            Some('/') => return self.regex(),
            Some('"') => strings::take_until(&mut self.cursor, '"', UNCLOSED_QUOTE)?,
            _ => self.cursor.take_word().to_owned(),
        };
        let at = self.cursor.since(start);
        // Without quotes, the expression is still being typed.
        let is_open = self.cursor.at_end() && !self.cursor.text_at(&at).starts_with('"');
        if at.is_empty() {
            return QueryError::new(at, "~ takes a regular expression: .a ~ \"^x\"")
                .fail_unfinished_if(is_open);
        }
        Pattern::new(&source, false, at).or_else(|error| error.fail_unfinished_if(is_open))
    }
}

/// An operator on a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operator {
    /// Compares with another value.
    Compare(Compare),
    /// Matches a regular expression.
    Match,
}

/// Returns whether the character can be part of an operator.
fn is_sign(character: char) -> bool {
    matches!(character, '=' | '<' | '>' | '!' | '~')
}

/// Returns whether `text` starts with an operator.
fn sees_operator(text: &str) -> bool {
    text.starts_with(is_sign) || text.starts_with("in ") || text.starts_with("in(")
}
