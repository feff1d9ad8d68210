//! A text made into a tree.
//!
//! ```text
//! query  := any of (all of (not* one))
//! any    := all ("or" all)*
//! all    := unary ("and"? unary)*
//! unary  := ("not" | "-" | "!")* one
//! one    := "(" any ")" | term
//! ```
//!
//! `&&` and `AND` are other words for `and`, `||` and `OR` for `or`; `NOT` is one for `not` where
//! it cannot be a word of a text: behind one of these, or before a parenthesis.

use std::ops::Range;

use crate::message::Time;
use crate::payload::json::locate::PathStep;
use crate::query::error::{QueryError, fail};
use crate::query::expr::Expr;
use crate::query::time::Moment;

use self::cursor::Cursor;
use self::meant::Doubt;

mod cursor;
mod jq;
mod meant;
mod named;
mod path;
mod strings;
mod terms;

/// How deep parentheses may be nested.
const MAX_DEPTH: usize = 100;

/// The longest query, in bytes.
const MAX_TEXT: usize = 64 << 10;

const OR: [&str; 3] = ["or", "||", "OR"];
const AND: [&str; 3] = ["and", "&&", "AND"];

/// The words that stand between two terms.
const BETWEEN: [&str; 4] = ["or", "||", "and", "&&"];

/// A text that was read.
#[derive(Debug)]
pub struct Parsed {
    /// What it asks.
    pub expr: Expr,
    /// What may have been meant instead, if it finds nothing.
    pub meant: Option<String>,
    /// The same query as a text that means the same whatever stands behind it, if it is another.
    pub closed: Option<String>,
}

/// Reads `text`.
pub fn parse(text: &str, moment: &Moment) -> Result<Parsed, QueryError> {
    if text.len() > MAX_TEXT {
        return fail(
            0..0,
            format!(
                "a query of over {} KiB is too long: shorten it",
                MAX_TEXT >> 10
            ),
        );
    }
    let mut parser = Parser::new(text, moment);
    let expr = parser.whole()?;
    let meant = meant::rewritten(text, &parser.meant);
    let meant = meant.filter(|meant| Parser::new(meant, moment).whole().is_ok());
    let closed = parser.closed.iter().map(|(at, closed)| (at, &**closed));
    let closed = meant::replaced(text, closed);
    Ok(Parsed {
        expr,
        meant,
        closed,
    })
}

/// The steps of a path that is all of `text`.
pub fn path(text: &str) -> Result<Vec<PathStep>, QueryError> {
    let moment = Moment {
        now: Time(0),
        ahead: 0,
    };
    let mut parser = Parser::new(text, &moment);
    if !parser.sees_path() && text != "." {
        return fail(
            0..text.len(),
            "a path starts with a dot: .user.id, .[0], or . for all",
        );
    }
    let steps = parser.steps()?;
    if parser.cursor.at_end() {
        return Ok(steps);
    }
    let start = parser.cursor.at();
    fail(
        start..text.len(),
        "a path ends before this: a name with such characters needs quotes",
    )
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    moment: &'a Moment,
    depth: usize,
    /// The terms that may be meant otherwise.
    meant: Vec<Doubt>,
    /// The terms that would be read otherwise before other text, and how they are written there.
    closed: Vec<(Range<usize>, String)>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, moment: &'a Moment) -> Self {
        Self {
            cursor: Cursor::new(text),
            moment,
            depth: 0,
            meant: Vec::new(),
            closed: Vec::new(),
        }
    }
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Expr, QueryError> {
        self.cursor.skip_space();
        if self.cursor.at_end() {
            return Ok(Expr::All(Vec::new()));
        }
        let expr = self.any()?;
        // What ends the outermost list without being its end can only be this.
        if !self.cursor.at_end() {
            return fail(
                self.cursor.next_char(),
                "this ) closes nothing: remove it, or put the text in quotes",
            );
        }
        Ok(expr)
    }

    fn any(&mut self) -> Result<Expr, QueryError> {
        let mut parts = vec![self.all(false)?];
        while self.between(OR) {
            parts.push(self.all(true)?);
        }
        Ok(Expr::any(parts))
    }

    fn all(&mut self, is_behind: bool) -> Result<Expr, QueryError> {
        let mut parts = vec![self.unary(is_behind)?];
        loop {
            self.cursor.skip_space();
            let ends = matches!(self.cursor.peek(), None | Some(')'));
            if ends || self.sees_between(OR) {
                return Ok(Expr::all(parts));
            }
            let is_behind = self.between(AND);
            parts.push(self.unary(is_behind)?);
        }
    }

    fn unary(&mut self, is_behind: bool) -> Result<Expr, QueryError> {
        let mut negated = false;
        loop {
            self.cursor.skip_space();
            let start = self.cursor.at();
            if self.keyword("not") || self.capital_not(is_behind) {
                negated = !negated;
            } else if let Some(sign) = self.negation() {
                if self.cursor.sees_bound() {
                    return fail(
                        self.cursor.since(start),
                        format!(
                            "a {sign} negates the term right behind it: add one, or write \"{sign}\" in quotes"
                        ),
                    );
                }
                negated = !negated;
            } else {
                break;
            }
        }
        let one = self.one()?;
        Ok(if negated { one.negate() } else { one })
    }

    /// Takes a sign that negates what stands behind it.
    fn negation(&mut self) -> Option<char> {
        let is_comparison = self.cursor.rest().starts_with("!=");
        let sign = self.cursor.peek()?;
        (matches!(sign, '-' | '!') && !is_comparison).then(|| self.cursor.take())?
    }

    fn one(&mut self) -> Result<Expr, QueryError> {
        let start = self.cursor.at();
        for word in BETWEEN {
            if self.cursor.sees_word(word) {
                return fail(
                    start..start + word.len(),
                    format!(
                        "`{word}` stands between two terms: to find the word, write \"{word}\" in quotes"
                    ),
                );
            }
        }
        match self.cursor.peek() {
            None => fail(start..start, "a term is missing: add one"),
            Some(')') => fail(self.cursor.next_char(), "a term is missing before this )"),
            Some('(') => self.group(),
            Some(_) => self.term(),
        }
    }

    fn group(&mut self) -> Result<Expr, QueryError> {
        let start = self.cursor.at();
        self.cursor.eat("(");
        if self.depth == MAX_DEPTH {
            return fail(
                start..start + 1,
                format!("over {MAX_DEPTH} parentheses within one another are too many"),
            );
        }
        self.depth += 1;
        let expr = self.any()?;
        self.depth -= 1;
        if !self.cursor.eat(")") {
            return fail(start..start + 1, "this ( is not closed: add a )");
        }
        Ok(expr)
    }

    /// Takes one of the words that stand between two terms, if it does.
    fn between(&mut self, words: [&str; 3]) -> bool {
        self.cursor.skip_space();
        self.sees_between(words) && words.iter().any(|word| self.keyword(word))
    }

    fn sees_between(&self, words: [&str; 3]) -> bool {
        let [plain, sign, capital] = words;
        let is_capital = || {
            // At the end it is a text.
            let behind = self.cursor.rest().trim_start_matches(capital).trim_start();
            self.cursor.sees_word(capital) && !behind.is_empty() && !behind.starts_with(')')
        };
        self.cursor.sees_word(plain) || self.cursor.sees_word(sign) || is_capital()
    }

    /// Takes a `NOT` that is no word of a text, such as `NOT FOUND`.
    fn capital_not(&mut self, is_behind: bool) -> bool {
        let behind = self.cursor.rest().strip_prefix("NOT").map(str::trim_start);
        let is_taken = behind.is_some_and(|behind| match behind.chars().next() {
            None | Some(')') => false,
            Some('(') => true,
            Some(_) => is_behind,
        });
        is_taken && self.keyword("NOT")
    }

    /// Takes the keyword `word`, if it stands here as a word of its own.
    fn keyword(&mut self, word: &str) -> bool {
        self.cursor.skip_space();
        self.cursor.sees_word(word) && self.cursor.eat(word)
    }
}
