//! The query parser.
//!
//! ```text
//! query  := any of (all of (not* one))
//! any    := all ("or" all)*
//! all    := unary ("and"? unary)*
//! unary  := ("not" | "-" | "!")* one
//! one    := "(" any ")" | term
//! ```
//!
//! `&&` and `AND` are synonyms of `and`, `||` and `OR` of `or`. `NOT` is a synonym of `not` only
//! where it is hardly a word to search for: after one of these operators, before a parenthesis, or
//! as the last word after a term, where the user has yet to type what it negates.

use std::ops::Range;

use crate::payload::json::locate::PathStep;
use crate::query::Query;
use crate::query::error::{QueryError, fail, fail_unfinished};
use crate::query::expr::Expr;
use crate::query::parts::Part;
use crate::query::time::Moment;

pub use self::correct::corrections;

use self::cursor::Cursor;
use self::suggest::{Rank, Suggestion};

mod condition;
mod correct;
mod cursor;
mod jq;
mod named;
mod path;
mod strings;
mod suggest;
mod terms;

/// The maximum nesting depth of parentheses.
const MAX_DEPTH: usize = 100;

/// The maximum length of a query, in bytes.
const MAX_TEXT: usize = 64 << 10;

const OR: [&str; 3] = ["or", "||", "OR"];
const AND: [&str; 3] = ["and", "&&", "AND"];

/// The operators that are words to search for in some places.
const CAPITAL: [&str; 3] = ["OR", "AND", "NOT"];

/// The binary operators that cannot be searched for without quotes, unlike `OR` and `AND`.
const BETWEEN: [&str; 4] = ["or", "||", "and", "&&"];

/// Parses `text`. `takes_conditions` tells whether it is the query of a breakpoint, which may
/// contain conditions over time.
pub fn parse(text: &str, moment: &Moment, takes_conditions: bool) -> Result<Query, QueryError> {
    if text.len() > MAX_TEXT {
        let problem = format!("query too long: shorten it to {} KiB", MAX_TEXT >> 10);
        return fail(0..0, problem);
    }
    let mut parser = Parser::new(text, moment);
    parser.takes_conditions = takes_conditions;
    let expr = parser.query().map_err(|error| {
        let correction = correct::corrected(text, &error, moment, takes_conditions).next();
        QueryError {
            correction,
            ..error
        }
    })?;
    let is_likely_misread = suggest::likeliest(&parser.suggestions) == Some(Rank::Word);
    let suggestion = suggest::rewritten(text, &parser.suggestions);
    let suggestion = suggestion.filter(|text| is_valid(text, moment, takes_conditions));
    let closed = parser.closed.iter().map(|(at, closed)| (at, &**closed));
    Ok(Query {
        is_likely_misread: is_likely_misread && suggestion.is_some(),
        suggestion: suggestion.map(Into::into),
        closed: suggest::replaced(text, closed).map(Into::into),
        ..Query::new(text, expr)
    })
}

/// Returns the terms of `text` that must all match, each with its range; none unless there are
/// several.
pub fn terms(text: &str, moment: &Moment) -> Vec<(Range<usize>, Query)> {
    let mut parser = Parser::new(text, moment);
    let whole = match parser.whole() {
        Ok(whole) if text.len() <= MAX_TEXT => whole,
        _ => return Vec::new(),
    };
    let terms = parser.outermost.into_iter().map(|at| {
        let query = parse(text.get(at.clone())?, moment, false).ok()?;
        Some((at, query))
    });
    let terms: Vec<_> = terms.collect::<Option<_>>().unwrap_or_default();
    // Terms between which there is an `or` need not all match, and a term may depend on the text
    // around it.
    let together = Expr::all(terms.iter().map(|(_, query)| (*query.root).clone()));
    if terms.len() > 1 && together == whole {
        terms
    } else {
        Vec::new()
    }
}

/// Returns whether `text` can be parsed.
fn is_valid(text: &str, moment: &Moment, takes_conditions: bool) -> bool {
    let mut parser = Parser::new(text, moment);
    parser.takes_conditions = takes_conditions;
    parser.query().is_ok()
}

/// Returns what the user may have meant by `text`, likeliest first; none if it is invalid.
pub fn suggestions(text: &str, moment: &Moment) -> Vec<String> {
    let mut parser = Parser::new(text, moment);
    match parser.whole() {
        Ok(_) if text.len() <= MAX_TEXT => suggest::all_rewritten(text, &parser.suggestions),
        _ => Vec::new(),
    }
}

/// Returns the parts of the query `text` that name a channel or compare a value; none if the query
/// is invalid.
pub fn parts(text: &str, moment: &Moment) -> Vec<Part> {
    let mut parser = Parser::new(text, moment);
    match parser.whole() {
        Ok(_) if text.len() <= MAX_TEXT => parser.parts,
        _ => Vec::new(),
    }
}

/// Parses `text` as a path.
pub fn path(text: &str) -> Result<Vec<PathStep>, QueryError> {
    let moment = Moment::default();
    let mut parser = Parser::new(text, &moment);
    if !parser.sees_path() && text != "." {
        let problem = "a path starts with a dot: .user.id, .[0], or . for all";
        return fail(0..text.len(), problem);
    }
    let steps = parser.steps()?;
    if parser.cursor.at_end() {
        return Ok(steps);
    }
    let start = parser.cursor.at();
    fail(
        start..text.len(),
        "names with special characters need quotes",
    )
}

/// What comes before a term.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    Term,
    Operator,
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    moment: &'a Moment,
    depth: usize,
    /// The terms that the user may have meant differently.
    suggestions: Vec<Suggestion>,
    /// The terms whose meaning depends on the text after them, each with an equivalent form that
    /// does not depend on it.
    closed: Vec<(Range<usize>, String)>,
    /// The parts of the query that are not negated.
    parts: Vec<Part>,
    /// The ranges of the terms and groups that are not inside parentheses.
    outermost: Vec<Range<usize>>,
    /// Whether conditions on a channel over time are allowed.
    takes_conditions: bool,
    /// The ranges of the conditions over time.
    conditions: Vec<Range<usize>>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, moment: &'a Moment) -> Self {
        Self {
            cursor: Cursor::new(text),
            moment,
            depth: 0,
            suggestions: Vec::new(),
            closed: Vec::new(),
            parts: Vec::new(),
            outermost: Vec::new(),
            takes_conditions: false,
            conditions: Vec::new(),
        }
    }
}

impl Parser<'_> {
    /// Parses the whole text, and checks its conditions over time.
    fn query(&mut self) -> Result<Expr, QueryError> {
        let expr = self.whole()?;
        self.check_conditions(&expr)?;
        Ok(expr)
    }

    fn whole(&mut self) -> Result<Expr, QueryError> {
        self.cursor.skip_space();
        if self.cursor.at_end() {
            return Ok(Expr::All(Vec::new()));
        }
        let expr = self.any()?;
        // The outermost list ends early only at an unmatched parenthesis.
        if !self.cursor.at_end() {
            let problem = "unmatched ): remove it, or put the text in quotes";
            return fail(self.cursor.next_char(), problem);
        }
        Ok(expr)
    }

    fn any(&mut self) -> Result<Expr, QueryError> {
        let mut parts = vec![self.all(Before::Nothing)?];
        while self.between(OR) {
            parts.push(self.all(Before::Operator)?);
        }
        Ok(Expr::any(parts))
    }

    fn all(&mut self, before: Before) -> Result<Expr, QueryError> {
        let mut parts = vec![self.unary(before)?];
        loop {
            self.cursor.skip_space();
            let ends = matches!(self.cursor.peek(), None | Some(')'));
            if ends || self.sees_between(OR) {
                return Ok(Expr::all(parts));
            }
            let before = if self.between(AND) {
                Before::Operator
            } else {
                Before::Term
            };
            parts.push(self.unary(before)?);
        }
    }

    fn unary(&mut self, before: Before) -> Result<Expr, QueryError> {
        let mut negated = false;
        self.cursor.skip_space();
        let first = self.cursor.at();
        loop {
            self.cursor.skip_space();
            let start = self.cursor.at();
            if self.keyword("not") || self.capital_not(before) {
                negated = !negated;
            } else if let Some(sign) = self.negation() {
                self.suggest_for_flag(start);
                if self.cursor.at_term_end() {
                    let problem = format!(
                        "{sign} negates the term after it: add one, or write \"{sign}\" in quotes"
                    );
                    return QueryError::new(self.cursor.since(start), problem)
                        .fail_unfinished_if(self.cursor.at_end());
                }
                negated = !negated;
            } else {
                break;
            }
        }
        let parts = self.parts.len();
        let one = self.one()?;
        if self.depth == 0 {
            self.outermost.push(self.cursor.since(first));
        }
        if negated {
            self.parts.truncate(parts);
        }
        Ok(if negated { one.negate() } else { one })
    }

    /// Consumes a sign that negates the following term.
    fn negation(&mut self) -> Option<char> {
        let is_comparison = self.cursor.rest().starts_with("!=");
        let sign = self.cursor.peek()?;
        (matches!(sign, '-' | '!') && !is_comparison).then(|| self.cursor.take())?
    }

    fn one(&mut self) -> Result<Expr, QueryError> {
        let start = self.cursor.at();
        for word in BETWEEN {
            if self.cursor.sees_word(word) {
                let problem = format!(
                    "`{word}` joins two terms: to find the word, write \"{word}\" in quotes"
                );
                // With more letters, it would be another word.
                return QueryError::new(start..start + word.len(), problem)
                    .fail_unfinished_if(self.cursor.rest() == word);
            }
        }
        match self.cursor.peek() {
            None => fail_unfinished(start..start, self.missing_term()),
            Some(')') => fail(self.cursor.next_char(), "a term is missing before this )"),
            Some('(') => self.group(),
            Some(_) => {
                if let Some(condition) = self.condition()? {
                    return Ok(condition);
                }
                let rest = self.cursor.rest();
                let term = self.term()?;
                self.suggest_condition(start, rest);
                self.after_comparison(start, term)
            }
        }
    }

    /// Returns what is wrong with a query that ends where a term is expected.
    fn missing_term(&self) -> String {
        let before = self.cursor.text_since(0).trim_end();
        match CAPITAL.iter().find(|word| before.ends_with(**word)) {
            Some(word) => {
                format!(
                    "a term is missing: add one, or write \"{word}\" in quotes to find the word"
                )
            }
            None => "a term is missing: add one".to_owned(),
        }
    }

    fn group(&mut self) -> Result<Expr, QueryError> {
        let start = self.cursor.at();
        self.cursor.eat("(");
        if self.depth == MAX_DEPTH {
            let problem = format!("parentheses nested more than {MAX_DEPTH} deep");
            return fail(start..start + 1, problem);
        }
        self.depth += 1;
        let expr = self.any()?;
        self.depth -= 1;
        if !self.cursor.eat(")") {
            return fail_unfinished(start..start + 1, "this ( is not closed: add a )");
        }
        Ok(expr)
    }

    /// Consumes one of the operators in `words`, if it stands between two terms.
    fn between(&mut self, words: [&str; 3]) -> bool {
        self.cursor.skip_space();
        self.sees_between(words) && words.iter().any(|word| self.keyword(word))
    }

    fn sees_between(&self, words: [&str; 3]) -> bool {
        let [plain, sign, capital] = words;
        let is_capital = || {
            // At the end of a group, a capitalized operator is a word to search for.
            let after = self.cursor.rest().trim_start_matches(capital).trim_start();
            self.cursor.sees_word(capital) && !after.starts_with(')')
        };
        self.cursor.sees_word(plain) || self.cursor.sees_word(sign) || is_capital()
    }

    /// Consumes a `NOT` that is an operator, rather than part of search text such as `NOT FOUND`.
    fn capital_not(&mut self, before: Before) -> bool {
        let after = self.cursor.rest().strip_prefix("NOT").map(str::trim_start);
        let is_operator = after.is_some_and(|after| match after.chars().next() {
            None => before != Before::Nothing,
            Some(')') => false,
            Some('(') => true,
            Some(_) => before == Before::Operator,
        });
        is_operator && self.keyword("NOT")
    }

    /// Consumes the keyword `word`, if it comes next as a separate word.
    fn keyword(&mut self, word: &str) -> bool {
        self.cursor.skip_space();
        self.cursor.sees_word(word) && self.cursor.eat(word)
    }

    /// Records what the user may have meant by an option of grep at `start`.
    fn suggest_for_flag(&mut self, start: usize) {
        let rest = &self.cursor.text()[start..];
        if let Some((length, text)) = suggest::of_flag(rest) {
            let (at, rank) = (start..start + length, Rank::Word);
            self.suggestions.push(Suggestion { at, text, rank });
        }
    }

    /// Records the condition over time that the user may have meant by the term at `start`, where
    /// `rest` starts.
    fn suggest_condition(&mut self, start: usize, rest: &str) {
        if !self.takes_conditions {
            return;
        }
        if let Some((length, text)) = suggest::of_condition(rest) {
            let (at, rank) = (start..start + length, Rank::Word);
            self.suggestions.retain(|one| one.at.start < start);
            self.suggestions.push(Suggestion { at, text, rank });
        }
    }
}
