//! Parses conditions on a channel over time, which only breakpoints can have.

use std::ops::Range;
use std::time::Duration;

use crate::query::compare::{COMPARISONS, Compare};
use crate::query::error::{QueryError, fail, fail_unfinished, shown};
use crate::query::expr::{Condition, Crossing, Edges, Expr, Term};
use crate::query::time;
use crate::query::value::{PathTerm, Scalar, Test};

use super::Parser;
use super::path::Operator;

/// The shortest silence that can be detected, since channels are checked once a second.
const MIN_SILENCE: Duration = Duration::from_secs(1);

const NO_END: &str = "until takes a comparison: until < 75";

const ENTERS: &str = "enters(";
const LEAVES: &str = "leaves(";
const CHANGED: &str = "changed(";

impl Parser<'_> {
    /// Parses a condition; `None` if what comes next is not a condition.
    pub(super) fn condition(&mut self) -> Result<Option<Expr>, QueryError> {
        let (start, before) = (self.cursor.at(), self.cursor);
        let starts = |name: &&str| self.cursor.rest().starts_with(name);
        if let Some(name) = [ENTERS, LEAVES, CHANGED].into_iter().find(starts) {
            let named = start..start + name.len();
            if !self.takes_conditions {
                return only_in_breakpoints(named, &format!("{name}…)"));
            }
            self.cursor.eat(name);
            let condition = match name {
                CHANGED => self.changed(named)?,
                ENTERS => self.crossing(named, Edges::Enter)?,
                _ => self.crossing(named, Edges::Leave)?,
            };
            return Ok(Some(self.conditional(start, condition)));
        }
        let found = match self.cursor.rest() {
            rest if rest.starts_with("silent:") => self.silent(),
            rest if rest.starts_with("rate:") => self.rate(),
            _ => return Ok(None),
        };
        if self.takes_conditions {
            let condition = found?;
            return Ok(Some(self.conditional(start, condition)));
        }
        let at = self.cursor.since(start);
        let written = self.cursor.text_since(start).to_owned();
        self.cursor = before;
        // Text that is not a valid condition may be part of a log line.
        match found {
            Ok(_) => only_in_breakpoints(at, &written),
            Err(_) => Ok(None),
        }
    }

    /// Parses what may follow a comparison to make it a condition: `until < 75`, `enters`, `leaves`.
    pub(super) fn after_comparison(
        &mut self,
        start: usize,
        expr: Expr,
    ) -> Result<Expr, QueryError> {
        let Expr::Term(Term::Path(path)) = &expr else {
            return Ok(expr);
        };
        let before = self.cursor;
        self.cursor.skip_space();
        let until = self.cursor.at();
        let leave = if self.keyword("until") {
            self.cursor.skip_space();
            let is_compared = matches!(self.cursor.peek(), Some('<' | '>' | '=' | '!' | '~'));
            let at = self.cursor.since(until);
            match (is_compared, self.takes_conditions) {
                (true, true) => Some(self.end_of(path, at)?),
                (true, false) => return only_in_breakpoints(until..until + 5, "until"),
                (false, true) => {
                    return QueryError::new(at, NO_END).fail_unfinished_if(self.cursor.at_end());
                }
                (false, false) => None,
            }
        } else {
            None
        };
        let edges = if self.takes_conditions {
            self.edges()
        } else {
            None
        };
        let crossing = match (leave, edges) {
            (None, None) => {
                self.cursor = before;
                return Ok(expr);
            }
            (Some(leave), edges) => Crossing {
                enter: expr,
                leave: Expr::Term(Term::Path(Box::new(leave))),
                edges: edges.unwrap_or(Edges::Both),
            },
            (None, Some(edges)) => Crossing::of(expr, edges),
        };
        Ok(self.conditional(start, Condition::Crossing(crossing)))
    }

    /// Consumes `enters` or `leaves` after a comparison.
    fn edges(&mut self) -> Option<Edges> {
        let before = self.cursor;
        for (word, edges) in [("enters", Edges::Enter), ("leaves", Edges::Leave)] {
            if self.keyword(word) && self.cursor.at_term_end() {
                return Some(edges);
            }
            self.cursor = before;
        }
        None
    }

    /// Parses the comparison after `until`, which applies to the value at the same path.
    fn end_of(&mut self, path: &PathTerm, at: Range<usize>) -> Result<PathTerm, QueryError> {
        let start = self.cursor.at();
        let Some(operator) = self.operator()? else {
            let is_begun = self.cursor.rest() == "!";
            return QueryError::new(at, NO_END).fail_unfinished_if(is_begun);
        };
        self.cursor.skip_space();
        let value = self.cursor.at();
        let test = self.test(operator)?;
        if let (Operator::Compare(leave), Test::Compare(enter, Scalar::Number(number))) =
            (operator, path.test())
        {
            let order = number.order_of(self.cursor.text_since(value).trim().as_bytes());
            let is_apart = match (enter, leave) {
                (Compare::Greater | Compare::AtLeast, Compare::Less | Compare::AtMost) => {
                    order.is_none_or(std::cmp::Ordering::is_le)
                }
                (Compare::Less | Compare::AtMost, Compare::Greater | Compare::AtLeast) => {
                    order.is_none_or(std::cmp::Ordering::is_ge)
                }
                (Compare::Equal | Compare::NotEqual, _)
                | (_, Compare::Equal | Compare::NotEqual) => true,
                _ => false,
            };
            if !is_apart {
                let problem = "the comparisons around until must not overlap: > 80 until < 75";
                // More digits would make it another number.
                return QueryError::new(self.cursor.since(start), problem)
                    .fail_unfinished_if(self.cursor.at_end());
            }
        }
        Ok(PathTerm::new(path.steps().to_vec(), test))
    }

    /// Parses the rest of `enters(…)` or `leaves(…)`.
    fn crossing(&mut self, at: Range<usize>, edges: Edges) -> Result<Condition, QueryError> {
        let known = self.conditions.len();
        let enter = self.any()?;
        self.close(&at)?;
        if let Expr::Term(Term::Condition(inner)) = &enter
            && let Condition::Crossing(inner) = &**inner
            && inner.edges == Edges::Both
        {
            self.conditions.truncate(known);
            let inner = inner.clone();
            return Ok(Condition::Crossing(Crossing { edges, ..inner }));
        }
        if let Some(inner) = self.conditions.get(known) {
            return fail(inner.clone(), "one condition cannot contain another");
        }
        Ok(Condition::Crossing(Crossing::of(enter, edges)))
    }

    /// Parses the rest of `changed(…)`.
    fn changed(&mut self, at: Range<usize>) -> Result<Condition, QueryError> {
        self.cursor.skip_space();
        self.cursor.eat("$");
        if !matches!(self.cursor.peek(), Some('.' | '[')) {
            let next = self.cursor.next_char();
            return QueryError::new(next, "changed(…) takes a path: changed(.state)")
                .fail_unfinished_if(self.cursor.at_end());
        }
        let steps = self.steps()?;
        self.close(&at)?;
        let path = PathTerm::new(steps, Test::Exists);
        Ok(Condition::Changed(Box::new(path)))
    }

    /// Consumes the parenthesis that closes the one at the end of the range `opening`.
    fn close(&mut self, opening: &Range<usize>) -> Result<(), QueryError> {
        self.cursor.skip_space();
        if self.cursor.eat(")") {
            return Ok(());
        }
        if self.cursor.at_end() {
            return fail_unfinished(opening.clone(), "this ( is not closed: add a )");
        }
        fail(self.cursor.next_char(), "close this with a )")
    }

    fn silent(&mut self) -> Result<Condition, QueryError> {
        self.cursor.eat("silent:");
        let value = self.cursor.at();
        let word = self.cursor.take_word();
        match time::span(word) {
            Some(span) if span >= MIN_SILENCE => Ok(Condition::Silent(span)),
            _ => {
                let problem = "write a duration of at least 1s, in s, m, h or d: silent:30s";
                QueryError::new(self.cursor.since(value), problem)
                    .fail_unfinished_if(self.cursor.at_end() && time::begins_span(word))
            }
        }
    }

    fn rate(&mut self) -> Result<Condition, QueryError> {
        self.cursor.eat("rate:");
        let value = self.cursor.at();
        let found = COMPARISONS.iter().find(|(sign, _)| self.cursor.eat(sign));
        self.cursor.skip_space();
        let word = self.cursor.take_word();
        let ordered = found.filter(|(sign, _)| sign.starts_with(['<', '>']));
        if let (Some((_, compare)), Some(number)) = (ordered, rate_of(word)) {
            return Ok(Condition::Rate(*compare, number));
        }
        let begins_rate = match (found, ordered) {
            (None, _) => word.is_empty(),
            (Some(_), None) => false,
            (Some(_), Some(_)) => word.is_empty() || rate_of(&format!("{word}s")).is_some(),
        };
        let problem = "compare messages per second with > >= < or <=: rate:>100/s";
        QueryError::new(self.cursor.since(value), problem)
            .fail_unfinished_if(self.cursor.at_end() && begins_rate)
    }

    fn conditional(&mut self, start: usize, condition: Condition) -> Expr {
        self.conditions.push(self.cursor.since(start));
        Expr::Term(Term::Condition(Box::new(condition)))
    }

    /// Checks that a query has at most one condition, and that the condition can be evaluated in
    /// its place within the query.
    pub(super) fn check_conditions(&self, root: &Expr) -> Result<(), QueryError> {
        let [at, ..] = &self.conditions[..] else {
            return Ok(());
        };
        if let [_, second, ..] = &self.conditions[..] {
            let problem = "one condition per breakpoint: set another breakpoint for this one";
            return fail(second.clone(), problem);
        }
        let Some(condition) = root.condition() else {
            let written = shown(self.cursor.text_at(at));
            let problem = format!(
                "`not` and `or` cannot apply to a condition: write {written} (a or b) without `not`"
            );
            return fail(at.clone(), problem);
        };
        let others = |wrong: &dyn Fn(&Term) -> bool| {
            root.has(&|term| !matches!(term, Term::Condition(_)) && wrong(term))
        };
        if others(&|term| matches!(term, Term::Jq(_) | Term::Via(_))) {
            let problem = "jq(…) and via: cannot be used in a breakpoint with a condition: use \
                           other terms, such as .a > 1 or channel:name";
            return fail(at.clone(), problem);
        }
        if !condition.is_on_messages() && others(&|term| !matches!(term, Term::Channel(_))) {
            let problem = format!(
                "{} applies to whole channels: combine it only with channel:name",
                shown(self.cursor.text_at(at))
            );
            return fail(at.clone(), problem);
        }
        Ok(())
    }
}

fn only_in_breakpoints<T>(at: Range<usize>, what: &str) -> Result<T, QueryError> {
    let problem = format!(
        "{} works only in breakpoints (--break); to find the text, use quotes",
        shown(what)
    );
    fail(at, problem)
}

/// Parses a number of messages per second such as `100/s`, `2.5` or `10k/s`.
fn rate_of(text: &str) -> Option<f64> {
    let text = text.strip_suffix("/s").unwrap_or(text);
    let (digits, factor) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1000.0),
        None => (text, 1.0),
    };
    let is_plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = digits.parse().ok().filter(|_| is_plain)?;
    Some(number * factor)
}
