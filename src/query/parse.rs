//! A text made into a tree.
//!
//! ```text
//! query  := any of (all of (not* one))
//! any    := all ("or" all)*
//! all    := unary ("and"? unary)*
//! unary  := ("not" | "-")* one
//! one    := "(" any ")" | term
//! ```

use crate::message::Time;
use crate::payload::json::locate::Step;
use crate::query::error::{QueryError, fail};
use crate::query::expr::Expr;
use crate::query::time::Moment;

use self::cursor::Cursor;

mod cursor;
mod jq;
mod path;
mod strings;
mod terms;

/// How deep parentheses may be nested.
const MAX_DEPTH: usize = 100;

/// The longest query, in bytes.
const MAX_TEXT: usize = 64 << 10;

/// The tree of `text`.
pub fn parse(text: &str, moment: &Moment) -> Result<Expr, QueryError> {
    let mut parser = Parser {
        cursor: Cursor::new(text),
        moment,
        depth: 0,
    };
    if text.len() > MAX_TEXT {
        return fail(
            0..0,
            format!(
                "a query of over {} KiB is too long: shorten it",
                MAX_TEXT >> 10
            ),
        );
    }
    parser.cursor.skip_space();
    if parser.cursor.at_end() {
        return Ok(Expr::All(Vec::new()));
    }
    let expr = parser.any()?;
    // What ends the outermost list without being its end can only be this.
    if !parser.cursor.at_end() {
        return fail(
            parser.cursor.next_char(),
            "this ) closes nothing: remove it, or put the text in quotes",
        );
    }
    Ok(expr)
}

/// The steps of a path that is all of `text`.
pub fn path(text: &str) -> Result<Vec<Step>, QueryError> {
    let moment = Moment {
        now: Time(0),
        utc_offset: 0,
    };
    let mut parser = Parser {
        cursor: Cursor::new(text),
        moment: &moment,
        depth: 0,
    };
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
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Expr, QueryError> {
        let mut parts = vec![self.all()?];
        while self.keyword("or") {
            parts.push(self.all()?);
        }
        Ok(Expr::any(parts))
    }

    fn all(&mut self) -> Result<Expr, QueryError> {
        let mut parts = vec![self.unary()?];
        loop {
            self.cursor.skip_space();
            let ends = matches!(self.cursor.peek(), None | Some(')'));
            if ends || self.cursor.sees_word("or") {
                return Ok(Expr::all(parts));
            }
            self.keyword("and");
            parts.push(self.unary()?);
        }
    }

    fn unary(&mut self) -> Result<Expr, QueryError> {
        let mut negated = false;
        loop {
            self.cursor.skip_space();
            let start = self.cursor.at();
            if self.keyword("not") {
                negated = !negated;
            } else if self.cursor.eat("-") {
                if matches!(self.cursor.peek(), None | Some(')')) || self.cursor.sees_space() {
                    return fail(
                        self.cursor.since(start),
                        "a - negates the term right behind it: add one, or write \"-\" in quotes",
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

    fn one(&mut self) -> Result<Expr, QueryError> {
        let start = self.cursor.at();
        for word in ["or", "and"] {
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
            Some(_) => self.term().map(Expr::Term),
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

    /// Takes the keyword `word`, if it stands here as a word of its own.
    fn keyword(&mut self, word: &str) -> bool {
        self.cursor.skip_space();
        self.cursor.sees_word(word) && self.cursor.eat(word)
    }
}
