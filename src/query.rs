//! The query language shared by filters, find, breakpoints and mutes.
//!
//! A [`Query`] is a parsed query that threads can share. A [`Matcher`] is a query prepared for one
//! thread: it checks channel names once per segment and owns the caches and scratch space that make
//! matching a row cheap. [`SYNTAX`] lists the forms of the language.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use self::batch_matcher::BatchMatcher;
pub use self::compare::Compare;
pub use self::completing::{Unfinished, UnfinishedKind};
pub use self::error::QueryError;
pub use self::expr::Condition;
pub use self::jq::{JQ, catches_panics, serve as serve_jq};
pub use self::literal::Literal;
pub use self::marks::MOST_MARKS;
pub use self::matcher::Matcher;
pub use self::observer::{Observation, Observer};
pub use self::operand::{awaits_operand, operand, pasted_operand};
pub use self::parts::{ChannelName, Part, Wanted, WantedValue};
pub use self::path::Path;
pub use self::row::{Flags, Row};
pub use self::syntax::{CONDITIONS, KINDS, STARTS, SYNTAX};
pub use self::template::{Summary, Template};
pub use self::time::{Moment, time_of_day};
pub use self::value::TypeClash;
pub use crate::helper::set_executable;

use self::expr::{Expr, Is, Name, Term};
use crate::message::glob;
use crate::payload::escape;

mod batch_matcher;
mod compare;
mod completing;
mod equivalence;
mod error;
mod expr;
mod jq;
mod literal;
mod marks;
mod matcher;
mod observer;
mod operand;
mod parse;
mod parts;
mod path;
mod pattern;
mod row;
pub mod spelling;
mod syntax;
mod template;
mod time;
mod value;

/// A parsed query. Cheap to clone and shareable between threads.
#[derive(Clone)]
pub struct Query {
    text: Arc<str>,
    suggestion: Option<Arc<str>>,
    is_likely_misread: bool,
    /// Equivalent text that can be followed by any other text without a change of meaning, if it
    /// differs from `text`.
    closed: Option<Arc<str>>,
    root: Arc<Expr>,
}

impl Query {
    /// Parses a query as typed by the user; an empty or blank query matches everything. `moment` is
    /// the reference time for terms such as `last:` and `since:`.
    pub fn parse(text: &str, moment: &Moment) -> Result<Self, QueryError> {
        parse::parse(text, moment, false)
    }

    /// Like [`Self::parse`], for a breakpoint, which may also have a condition on each channel over
    /// time.
    pub fn parse_breakpoint(text: &str, moment: &Moment) -> Result<Self, QueryError> {
        parse::parse(text, moment, true)
    }

    /// Returns the condition on each channel over time, if the query is for a breakpoint that has
    /// such a condition. The other terms select the messages to which the condition applies.
    pub fn condition(&self) -> Option<&Condition> {
        self.root.condition()
    }

    /// Returns the parts of `text` that refer to what messages contain, in order; or no parts if
    /// `text` is not a valid query.
    pub fn parts(text: &str, moment: &Moment) -> Vec<Part> {
        parse::parts(text, moment)
    }

    /// Returns what the user may have meant by `text`, which is a valid query: every
    /// [suggestion](Self::suggestion), the likeliest first.
    pub fn suggestions(text: &str, moment: &Moment) -> Vec<String> {
        parse::suggestions(text, moment)
    }

    /// Returns the terms of `text` that must all match, each with its range; none if `text` is not a
    /// valid query, or if it has no two such terms.
    pub fn terms(text: &str, moment: &Moment) -> Vec<(Range<usize>, Self)> {
        parse::terms(text, moment)
    }

    /// Returns what the user may have meant by `text`, which is not a valid query, likeliest first.
    /// The last one searches for the text itself.
    pub fn corrections(text: &str, moment: &Moment, takes_conditions: bool) -> Vec<String> {
        parse::corrections(text, moment, takes_conditions)
    }

    fn new(text: &str, root: Expr) -> Self {
        Self {
            text: text.into(),
            suggestion: None,
            is_likely_misread: false,
            closed: None,
            root: Arc::new(root),
        }
    }

    /// Returns the text of the query: as written, or generated if the query was built from others.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the query the user may have meant, to suggest if this one finds nothing.
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }

    /// Returns whether part of the query looks like a term of another language, so that the
    /// suggestion is probably right, even before it is known whether the query finds anything.
    pub fn is_likely_misread(&self) -> bool {
        self.is_likely_misread
    }

    /// Returns whether the query is a single text term.
    pub fn is_text(&self) -> bool {
        matches!(&*self.root, Expr::Term(Term::Text(_) | Term::Word(_)))
    }

    /// Returns what the query searches, as a phrase, if it consists only of text terms.
    pub fn only_searches(&self) -> Option<&'static str> {
        let is_only = |is_it: fn(&Term) -> bool| !self.root.has(&|term| !is_it(term));
        if self.is_everything() {
            None
        } else if is_only(|term| matches!(term, Term::Text(_))) {
            Some("payloads")
        } else {
            let is_text = is_only(|term| matches!(term, Term::Text(_) | Term::Word(_)));
            is_text.then_some("payloads and channel names")
        }
    }

    /// Returns a query for the rows that match all of `parts`; every row if there are no parts.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut parts: Vec<Self> = parts.into_iter().collect();
        parts.retain(|part| !part.is_everything());
        if let [_] = parts[..] {
            return parts.remove(0);
        }
        let text: Vec<String> = parts.iter().map(Self::grouped).collect();
        let root = Expr::all(parts.iter().map(|part| (*part.root).clone()));
        Self::new(&text.join(" "), root)
    }

    /// Returns a query that matches exactly the rows that this query does not match.
    #[must_use]
    pub fn negate(self) -> Self {
        let text = format!("not {}", self.grouped());
        Self::new(&text, (*self.root).clone().negate())
    }

    /// Returns a query for every message, but no notice.
    pub fn messages() -> Self {
        Self::new("not is:notice", Expr::Term(Term::Is(Is::Notice)).negate())
    }

    /// Returns a query for the messages on exactly the channel `name`.
    pub fn channel(name: &[u8]) -> Self {
        let text = format!("channel:\"{}\"", quoted(&glob::literal(name)));
        Self::new(&text, Expr::Term(Term::Channel(Name::Exact(name.into()))))
    }

    /// Returns a query for the messages on every channel whose name starts with `prefix`.
    pub fn channels_under(prefix: &[u8]) -> Self {
        let mut pattern = glob::literal(prefix);
        pattern.push(b'*');
        Self::channels_matching(&pattern)
    }

    /// Returns a query for the messages on every channel that the glob `pattern` matches.
    pub fn channels_matching(pattern: &[u8]) -> Self {
        let text = format!("channel:\"{}\"", quoted(pattern));
        Self::new(&text, Expr::Term(Term::Channel(Name::Glob(pattern.into()))))
    }

    /// Returns a query for the messages that a subscription with exactly this name delivered.
    pub fn via(name: &[u8]) -> Self {
        let text = format!("via:\"{}\"", quoted(&glob::literal(name)));
        Self::new(&text, Expr::Term(Term::Via(Name::Exact(name.into()))))
    }

    /// Returns whether the query is only about the names of channels.
    pub fn is_about_channels(&self) -> bool {
        !self.is_everything() && !self.root.has(&|term| !matches!(term, Term::Channel(_)))
    }

    /// Returns whether the query is empty and so matches every row.
    pub fn is_everything(&self) -> bool {
        matches!(&*self.root, Expr::All(parts) if parts.is_empty())
    }

    /// Returns whether the query contains `is:notice` or `is:gap`.
    pub fn mentions_notices(&self) -> bool {
        self.root
            .has(&|term| matches!(term, Term::Is(Is::Notice | Is::Gap)))
    }

    /// Returns whether the query contains `via:`, which needs rows with their subscriptions.
    pub fn uses_via(&self) -> bool {
        self.root.has(&|term| matches!(term, Term::Via(_)))
    }

    /// Returns whether the query contains `is:drift`, `is:invalid` or `is:seqgap`, which need rows with flags.
    pub fn uses_flags(&self) -> bool {
        self.used_flags() != Flags::default()
    }

    /// Returns whether the query looks into payloads, so that it depends on how they are decoded.
    pub fn uses_values(&self) -> bool {
        let looks_in = |term: &Term| {
            matches!(
                term,
                Term::Path(_) | Term::Text(_) | Term::Word(_) | Term::Regex(_) | Term::Jq(_)
            )
        };
        self.root.has(&looks_in)
    }

    /// Returns whether the query looks for text, or for a value within those at `place` (see
    /// [`Tree::place`](crate::payload::tree::Tree::place)).
    pub fn looks_into(&self, place: &str) -> bool {
        self.root.has(&|term| match term {
            Term::Text(_) | Term::Word(_) | Term::Regex(_) => true,
            Term::Path(path) => path.is_within(place),
            _ => false,
        })
    }

    /// Returns the flags that the query tests.
    pub fn used_flags(&self) -> Flags {
        let tests = |flag: Is| self.root.has(&|term| *term == Term::Is(flag));
        Flags {
            is_drift: tests(Is::Drift),
            is_invalid: tests(Is::Invalid),
            is_seqgap: tests(Is::SeqGap),
        }
    }

    /// Returns whether the query cannot match any message on the channel `name`.
    pub fn excludes_channel(&self, name: &[u8]) -> bool {
        self.root.on_channel(name) == Some(false)
    }

    /// Returns whether the channel name `name` alone decides whether messages on that channel
    /// match.
    pub fn is_decided_by_channel(&self, name: &[u8]) -> bool {
        self.root.on_channel(name).is_some()
    }

    /// Returns whether the query matches every message on the channel `name`, apart from a
    /// condition over time.
    pub fn includes_channel(&self, name: &[u8]) -> bool {
        self.root.on_channel(name) == Some(true)
    }

    /// Returns whether the query runs a jq program, which may take milliseconds per row.
    pub fn is_slow(&self) -> bool {
        self.root.has(&|term| matches!(term, Term::Jq(_)))
    }

    /// Returns the byte ranges of `payload` to highlight: matches of search text and regular
    /// expressions, and JSON values that satisfy a comparison, unless the term is negated. The
    /// ranges are sorted, disjoint, not empty, and at most [`MOST_MARKS`]. Long matches of regular
    /// expressions may be left out, to keep the time linear.
    pub fn marks(&self, payload: &[u8]) -> Vec<Range<usize>> {
        self.first_marks(payload, MOST_MARKS)
    }

    /// Like [`Self::marks`], but with at most the first `most` matches of each term.
    pub fn first_marks(&self, payload: &[u8], most: usize) -> Vec<Range<usize>> {
        marks::marks(&self.root, payload, most.min(MOST_MARKS))
    }

    /// Like [`Self::first_marks`], for text that is not a payload: without the values at paths.
    pub fn text_marks(&self, text: &[u8], most: usize) -> Vec<Range<usize>> {
        marks::text_marks(&self.root, text, most.min(MOST_MARKS))
    }

    /// Returns the ranges of a channel's name to highlight.
    pub fn name_marks(&self, name: &[u8]) -> Vec<Range<usize>> {
        marks::name_marks(&self.root, name)
    }

    /// Returns the text in a form that keeps its meaning inside a larger query: in parentheses,
    /// unless it is a single term that cannot be mistaken for a continuation of the preceding text,
    /// as `in` or `>5` could.
    fn grouped(&self) -> String {
        let text = self.closed.as_ref().unwrap_or(&self.text).trim();
        let first = text.split_whitespace().next().unwrap_or_default();
        let is_of_term = |next: char| next.is_alphanumeric() || "_.\"/".contains(next);
        let is_apart =
            first.starts_with(is_of_term) && !["in", "OR", "AND", "NOT"].contains(&first);
        match &*self.root {
            Expr::Term(_) if is_apart => text.to_owned(),
            _ => format!("({text})"),
        }
    }
}

/// Returns a glob in the form in which it is written between quotes in a query.
fn quoted(pattern: &[u8]) -> String {
    let mut text = String::new();
    for part in pattern.split_inclusive(|byte| b"\"\\".contains(byte)) {
        let (plain, special) = match part.split_last() {
            Some((special @ (b'"' | b'\\'), plain)) => (plain, Some(*special)),
            _ => (part, None),
        };
        text.push_str(&escape::whole(plain));
        if let Some(special) = special {
            text.extend(['\\', char::from(special)]);
        }
    }
    text
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({:?})", self.text)
    }
}

/// Two queries are equal if they have the same terms, however they are written.
impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}
