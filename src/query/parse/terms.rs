//! Parses a term, whose kind is determined by how it starts.

use crate::message::Time;
use crate::query::compare::{COMPARISONS, Compare};
use crate::query::error::{QueryError, fail, shown};
use crate::query::expr::{Expr, Is, Name, Term};
use crate::query::literal::Literal;
use crate::query::parts::{ChannelName, Part};
use crate::query::pattern::Pattern;
use crate::query::syntax::KINDS;
use crate::query::time;

use super::Parser;
use super::cursor::is_name_char;
use super::strings::{self, Escapes, UNCLOSED_QUOTE};
use super::suggest::{self, Rank, Suggestion};

impl Parser<'_> {
    /// Parses the term that starts at the cursor, where there must be neither a space nor a
    /// parenthesis.
    pub(super) fn term(&mut self) -> Result<Expr, QueryError> {
        let start = self.cursor.at();
        let term = match self.cursor.peek() {
            Some('"') => {
                let bytes = strings::take_quoted(&mut self.cursor, Escapes::Bytes)?;
                if self.cursor.peek() == Some(':') {
                    return self.json(start, bytes);
                }
                Term::Text(Literal::new(&bytes))
            }
            Some('/') => self.slash()?,
            Some('.' | '$') if self.sees_path() => Term::Path(Box::new(self.comparison()?)),
            _ if self.sees_size() => self.size()?,
            _ => match self.named()? {
                Some(expr) => return Ok(expr),
                None => self.word()?,
            },
        };
        if !self.cursor.at_term_end() {
            let term = shown(self.cursor.text_since(start));
            let problem =
                format!("a space is missing after {term}: add one, or put the text in quotes");
            return fail(self.cursor.next_char(), problem);
        }
        Ok(Expr::Term(term))
    }

    /// Parses `/regex/`, or text that starts like one, such as `/api/users` or `/orders`.
    fn slash(&mut self) -> Result<Term, QueryError> {
        let start = self.cursor.at();
        let mut ahead = self.cursor;
        ahead.eat("/");
        let word = ahead.take_word();
        // A parenthesis is not part of the word, but suggests a regular expression just as these
        // characters do.
        let is_plain = !word.is_empty()
            && ahead.peek() != Some('(')
            && (!word.contains(SPECIAL) || is_address(word));
        if is_plain && !self.cursor.rest()[1..].contains('/') {
            self.cursor = ahead;
            return Ok(self.slashed_word(start, word));
        }
        let regex = self.regex();
        let is_regex = regex.is_ok() && self.cursor.at_term_end();
        if !is_plain || is_regex {
            return regex.map(Term::Regex);
        }
        self.cursor = ahead;
        if word.contains('/') {
            let path = self.cursor.text_since(start);
            return Ok(Term::Word(Literal::new(path.as_bytes())));
        }
        Ok(self.slashed_word(start, word))
    }

    /// Returns a term for `word` after a slash. In other programs, a slash starts a search.
    fn slashed_word(&mut self, start: usize, word: &str) -> Term {
        if word.starts_with('"') {
            // Like text in quotes, it is not part of a name.
            let closed = suggest::quoted(word);
            self.closed.push((self.cursor.since(start), closed));
            return Term::Text(Literal::new(word.as_bytes()));
        }
        // A slash later in the query would make the word a regular expression.
        let next = self.cursor.rest().trim_start();
        let is_compared = next.starts_with(['=', '!', '<', '>', '~', '(']) || {
            let mut words = next.split(|next: char| next.is_whitespace() || next == '(');
            matches!(words.next(), Some("in" | "IN"))
        };
        let closed = if is_compared && is_address(word) {
            format!("({word})")
        } else if !is_compared && Parser::new(word, self.moment).is_word() {
            word.to_owned()
        } else {
            closed_word(word)
        };
        self.closed.push((self.cursor.since(start), closed));
        Term::Word(Literal::new(word.as_bytes()))
    }

    /// Returns whether the whole text is a single word.
    fn is_word(&mut self) -> bool {
        let is_sign = |first| !char::is_alphanumeric(first) && first != '_';
        let text = self.cursor.rest();
        !["in", "OR", "AND", "NOT"].contains(&text)
            && !text.starts_with(is_sign)
            && matches!(self.whole(), Ok(Expr::Term(Term::Word(_))))
    }

    /// Parses `/…/` or `/…/i`.
    pub(super) fn regex(&mut self) -> Result<Pattern, QueryError> {
        let start = self.cursor.at();
        let unclosed = "this regular expression is not closed: add a /, or put the text in quotes";
        let source = strings::take_until(&mut self.cursor, '/', unclosed)?;
        let at = self.cursor.since(start);
        let insensitive = match self.cursor.take_while(char::is_alphanumeric) {
            "" => false,
            "i" => true,
            _ => {
                return fail(
                    self.cursor.since(at.end),
                    "the only flag of a regular expression is i: /…/i; put text with a / in quotes",
                );
            }
        };
        Pattern::new(&source, insensitive, at)
    }

    /// Parses a word to search for, or a key with its value.
    fn word(&mut self) -> Result<Term, QueryError> {
        let start = self.cursor.at();
        for (key, parse) in KEYS {
            if self.cursor.eat(key) {
                return parse(self, start);
            }
        }
        let rest = self.cursor.rest();
        let word = self.cursor.take_word();
        if self.cursor.peek() == Some('(') {
            let problem = match word.strip_suffix(':') {
                Some(name) => {
                    format!(
                        "for one of several values, write .{} in (a, b)",
                        shown(name)
                    )
                }
                None => format!(
                    "unknown function {0}(…): put text with parentheses in quotes, or use \
                     jq: jq({0}(…))",
                    shown(word)
                ),
            };
            return fail(self.cursor.since(start), problem);
        }
        if let Some((quote, problem, is_closed)) = quoted_wrongly(word, rest) {
            let at = start + quote;
            return QueryError::new(at..at + 1, problem).fail_unfinished_if(!is_closed);
        }
        if word == "NOT" && self.cursor.rest().trim_start().starts_with('/') {
            // Before the parenthesis that closes this word, it would be an operator.
            self.closed
                .push((self.cursor.since(start), closed_word(word)));
        }
        if let Some(text) = suggest::of_wildcard(word) {
            let (at, rank) = (self.cursor.since(start), Rank::Comparison);
            self.suggestions.push(Suggestion { at, text, rank });
        }
        if let Some((length, text)) = suggest::of_word(word, rest) {
            let (at, rank) = (start..start + length, Rank::Word);
            self.suggestions.push(Suggestion { at, text, rank });
        }
        self.note_word(start);
        Ok(Term::Word(Literal::new(word.as_bytes())))
    }

    /// Records the word that starts at `start`.
    pub(super) fn note_word(&mut self, start: usize) {
        let at = self.cursor.since(start);
        self.parts.push(Part::Word { at });
    }

    fn sees_size(&self) -> bool {
        let Some(after) = self.cursor.rest().strip_prefix("size") else {
            return false;
        };
        let sign = after.trim_start();
        after.starts_with(':') || sign.starts_with(['<', '>', '=']) || sign.starts_with("!=")
    }

    fn size(&mut self) -> Result<Term, QueryError> {
        let start = self.cursor.at();
        self.cursor.eat("size");
        self.cursor.skip_space();
        // Other tools write `size:>10k`.
        let has_colon = self.cursor.eat(":");
        let found = COMPARISONS.iter().find(|(sign, _)| self.cursor.eat(sign));
        let equal = has_colon.then_some(Compare::Equal);
        let Some(compare) = found.map(|(_, compare)| *compare).or(equal) else {
            self.cursor.take_word();
            let problem = "compare a size with < <= > >= == or !=: size>10k";
            return fail(self.cursor.since(start), problem);
        };
        self.cursor.skip_space();
        let value = self.cursor.at();
        let word = self.cursor.take_word();
        let Some(bytes) = bytes_of(word) else {
            let problem = "write a size in bytes, or with k, m or g: size>10k";
            return QueryError::new(self.cursor.since(value), problem)
                .fail_unfinished_if(word.is_empty() && self.cursor.at_end());
        };
        Ok(Term::Size(compare, bytes))
    }

    fn channel(&mut self, start: usize) -> Result<Term, QueryError> {
        let value = self.cursor.at();
        let name = self.name(start)?;
        self.parts.push(Part::Channel {
            at: self.cursor.since(value),
            name: ChannelName::new(&name),
        });
        Ok(Term::Channel(name))
    }

    /// Parses the value of a key, which may be quoted; `start` is the position of the key.
    fn name(&mut self, start: usize) -> Result<Name, QueryError> {
        if self.cursor.peek() == Some('"') {
            let bytes = strings::take_quoted(&mut self.cursor, Escapes::Bytes)?;
            return Ok(Name::Glob(bytes.into()));
        }
        let word = self.cursor.take_word();
        if word.is_empty() {
            let key = self.cursor.text_since(start);
            let problem = format!("a name is missing: {key}orders.*");
            return QueryError::new(self.cursor.since(start), problem)
                .fail_unfinished_if(self.cursor.at_end());
        }
        if let Some(bytes) = strings::unescaped(word) {
            let is_glob = bytes.iter().any(|byte| b"*?[\\".contains(byte));
            return Ok(if is_glob {
                Name::Glob(bytes.into())
            } else {
                Name::Part(Literal::new(&bytes))
            });
        }
        Ok(if word.contains(['*', '?', '[', '\\']) {
            Name::Glob(word.as_bytes().into())
        } else {
            Name::Part(Literal::new(word.as_bytes()))
        })
    }

    fn time(&mut self) -> Result<Time, QueryError> {
        let start = self.cursor.at();
        let word = self.cursor.take_word();
        if let Some(time) = time::time_of_day(word, self.moment) {
            return Ok(time);
        }
        let problem = "write a time as HH:MM, HH:MM:SS or HH:MM:SS.mmm: 12:00:05";
        QueryError::new(self.cursor.since(start), problem)
            .fail_unfinished_if(self.cursor.at_end() && time::begins_time_of_day(word))
    }

    fn last(&mut self) -> Result<Term, QueryError> {
        let start = self.cursor.at();
        let word = self.cursor.take_word();
        let Some(span) = time::span(word) else {
            let problem = "write a duration in ms, s, m, h or d: last:30s";
            return QueryError::new(self.cursor.since(start), problem)
                .fail_unfinished_if(self.cursor.at_end() && time::begins_span(word));
        };
        Ok(Term::Since(self.moment.now.before(span)))
    }

    /// Parses what `raw:` searches: text, in quotes or not, or a regular expression.
    fn raw(&mut self, start: usize) -> Result<Term, QueryError> {
        match self.cursor.peek() {
            Some('/') => self.regex().map(Term::RawRegex),
            Some('"') => {
                let bytes = strings::take_quoted(&mut self.cursor, Escapes::Bytes)?;
                Ok(Term::RawText(Literal::new(&bytes)))
            }
            _ => {
                let word = self.cursor.take_word();
                if word.is_empty() {
                    let problem = r"raw: takes text or a regular expression, as in raw:/\xff/";
                    return QueryError::new(self.cursor.since(start), problem)
                        .fail_unfinished_if(self.cursor.at_end());
                }
                let bytes = strings::unescaped(word);
                let bytes = bytes.as_deref().unwrap_or(word.as_bytes());
                Ok(Term::RawText(Literal::new(bytes)))
            }
        }
    }

    fn is(&mut self, start: usize) -> Result<Term, QueryError> {
        let word = self.cursor.take_word();
        Ok(Term::Is(match word {
            "json" => Is::Json,
            "binary" => Is::Binary,
            "notice" => Is::Notice,
            "gap" => Is::Gap,
            "drift" => Is::Drift,
            "invalid" => Is::Invalid,
            "seqgap" => Is::SeqGap,
            _ => {
                let problem =
                    "is: takes json, binary, notice, gap, drift, invalid or seqgap, as in is:json";
                let begins_kind = KINDS.iter().any(|(known, _)| known.starts_with(word));
                return QueryError::new(self.cursor.since(start), problem)
                    .fail_unfinished_if(self.cursor.at_end() && begins_kind);
            }
        }))
    }
}

/// Returns where the quote is that makes `word`, which `rest` starts with, an invalid comparison
/// such as `level="not`, what is wrong with it, and whether the quote is closed later.
fn quoted_wrongly(word: &str, rest: &str) -> Option<(usize, &'static str, bool)> {
    let name = word
        .split(|next: char| !is_name_char(next) && !".[]".contains(next))
        .next()?;
    let value = word[name.len()..].trim_start_matches(['=', '!', '~', ':']);
    let quote = value.chars().next().filter(|next| "\"'".contains(*next))?;
    let at = word.len() - value.len();
    if !name.starts_with(|first: char| first.is_alphabetic() || first == '_') || at == name.len() {
        return None;
    }
    let is_closed = rest[at + 1..].contains(quote);
    let problem = match (is_closed, quote) {
        (true, _) => {
            "a space is missing after this value: add one, or put the whole text in quotes"
        }
        (false, '"') => UNCLOSED_QUOTE,
        (false, _) => "this quote is not closed: add a '",
    };
    Some((at, problem, is_closed))
}

/// The special characters of a regular expression, except those that are frequent in text.
const SPECIAL: [char; 11] = ['\\', '^', '$', '*', '+', '?', '[', ']', '{', '}', '|'];

/// Returns whether `word` is the rest of a web address with parameters, such as `search?q=mug`.
fn is_address(word: &str) -> bool {
    let Some((path, parameters)) = word.split_once('?') else {
        return false;
    };
    let is_of_path = |next: char| is_name_char(next) || matches!(next, '/' | '.' | '%');
    let parameter = parameters.find(|next| !is_name_char(next) && next != '.');
    let has_name = parameter.is_some_and(|end| end > 0 && parameters[end..].starts_with('='));
    let is_plain = !parameters.contains(|next| next != '+' && SPECIAL.contains(&next));
    path.starts_with(char::is_alphanumeric) && path.chars().all(is_of_path) && has_name && is_plain
}

/// Returns a query that finds `word` and means the same in any context. `word` must not contain
/// glob characters.
fn closed_word(word: &str) -> String {
    format!("({} or channel:{word})", suggest::quoted(word))
}

/// Returns whether `text` starts with a key of the query language.
pub(super) fn is_key(text: &str) -> bool {
    KEYS.iter().any(|(key, _)| text.starts_with(key))
}

/// A parser of what follows a key. It takes the position at which the key starts.
type ParseValue = fn(&mut Parser<'_>, usize) -> Result<Term, QueryError>;

const KEYS: [(&str, ParseValue); 9] = [
    ("jq(", |parser, start| parser.jq(start).map(Term::Jq)),
    ("has(", |parser, start| {
        Ok(Term::Path(Box::new(parser.has(start)?)))
    }),
    ("channel:", |parser, start| parser.channel(start)),
    ("via:", |parser, start| parser.name(start).map(Term::Via)),
    ("since:", |parser, _| parser.time().map(Term::Since)),
    ("until:", |parser, _| parser.time().map(Term::Until)),
    ("last:", |parser, _| parser.last()),
    ("is:", |parser, start| parser.is(start)),
    ("raw:", |parser, start| parser.raw(start)),
];

/// Parses a number of bytes such as `10k`.
fn bytes_of(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let count: u64 = count.parse().ok()?;
    let shift = match unit {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        _ => return None,
    };
    count.checked_mul(1 << shift)
}
