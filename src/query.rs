//! One language for filter, find, breakpoint and mute, asked of borrowed rows.
//!
//! A [`Query`] is a text made into a tree of terms; it is shared by every thread that asks it.
//! A [`Matcher`] is that tree made ready for one thread: channel names judged once a piece, the
//! caches and scratch that make a row cheap. What the language can say is listed in [`SYNTAX`].

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use self::error::QueryError;
pub use self::jq::{
    ARGUMENT as JQ_ARGUMENT, NAME as JQ_NAME, catches_panics, executable,
    is_asked_for as is_jq_process, serve as serve_jq, set_executable,
};
pub use self::literal::Literal;
pub use self::marks::MOST_MARKS;
pub use self::matcher::{Flags, Kind, Matcher, Row};
pub use self::path::Path;
pub use self::syntax::{SYNTAX, Syntax};
pub use self::time::Moment;

use self::expr::{Expr, Is, Name, Term};

mod compare;
mod error;
mod expr;
mod jq;
mod literal;
mod marks;
mod matcher;
mod parse;
mod path;
mod pattern;
mod syntax;
mod time;
mod value;

/// A question that a row answers with yes or no. Cheap to clone, and sharable by threads.
#[derive(Clone)]
pub struct Query {
    text: Arc<str>,
    meant: Option<Arc<str>>,
    /// The text to use inside a larger query, if it differs.
    closed: Option<Arc<str>>,
    root: Arc<Expr>,
}

impl Query {
    /// Reads a query as a person types it; an empty or blank one matches everything. `moment` is
    /// when it is asked, for the terms that speak of times.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the text, where, and what to do about it.
    pub fn parse(text: &str, moment: &Moment) -> Result<Self, QueryError> {
        let parsed = parse::parse(text, moment)?;
        Ok(Self {
            meant: parsed.meant.map(Into::into),
            closed: parsed.closed.map(Into::into),
            ..Self::new(text, parsed.expr)
        })
    }

    fn new(text: &str, root: Expr) -> Self {
        Self {
            text: text.into(),
            meant: None,
            closed: None,
            root: Arc::new(root),
        }
    }

    /// The query as it was written; something readable if it was put together from others.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The query that may have been meant, if this one finds nothing.
    #[must_use]
    pub fn meant(&self) -> Option<&str> {
        self.meant.as_deref()
    }

    /// Whether it asks for a text and nothing else.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(&*self.root, Expr::Term(Term::Text(_) | Term::Word(_)))
    }

    /// What matches all of `parts`; everything if there are none.
    #[must_use]
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

    /// What does not match this.
    #[must_use]
    pub fn negate(self) -> Self {
        let text = format!("not {}", self.grouped());
        Self::new(&text, (*self.root).clone().negate())
    }

    /// The messages on exactly the channel `name`.
    #[must_use]
    pub fn channel(name: &[u8]) -> Self {
        let mut text = "channel:\"".to_owned();
        for byte in name {
            match byte {
                b'*' | b'?' | b'[' => text.push_str("\\\\"),
                b'"' => text.push('\\'),
                b'\\' => text.push_str("\\\\\\"),
                _ => {}
            }
            match byte {
                b' '..=b'~' => text.push(char::from(*byte)),
                _ => text.extend(["\\x", &format!("{byte:02x}")]),
            }
        }
        text.push('"');
        Self::new(&text, Expr::Term(Term::Channel(Name::Exact(name.into()))))
    }

    /// Whether every row matches, because nothing is asked.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(&*self.root, Expr::All(parts) if parts.is_empty())
    }

    /// Whether it asks anywhere if a row is a notice or a gap.
    #[must_use]
    pub fn speaks_of_notices(&self) -> bool {
        self.root
            .has(&|term| matches!(term, Term::Is(Is::Notice | Is::Gap)))
    }

    /// Whether it asks which subscription brought a row, so that rows must say so.
    #[must_use]
    pub fn asks_via(&self) -> bool {
        self.root.has(&|term| matches!(term, Term::Via(_)))
    }

    /// Whether it asks for what checks have flagged a row, so that rows must say so.
    #[must_use]
    pub fn asks_flags(&self) -> bool {
        self.root
            .has(&|term| matches!(term, Term::Is(Is::Drift | Is::SeqGap)))
    }

    /// Whether it asks for values at paths, which are found by how a payload is read.
    #[must_use]
    pub fn asks_values(&self) -> bool {
        self.root.has(&|term| matches!(term, Term::Path(_)))
    }

    /// Which flags it asks for.
    #[must_use]
    pub fn flags_asked(&self) -> Flags {
        let asks = |asked: Is| self.root.has(&|term| *term == Term::Is(asked));
        Flags {
            is_drift: asks(Is::Drift),
            is_seqgap: asks(Is::SeqGap),
        }
    }

    /// Whether its answer for messages on the channel `name` is known by that name alone.
    #[must_use]
    pub fn is_decided_by_channel(&self, name: &[u8]) -> bool {
        self.root.on_channel(name).is_some()
    }

    /// Whether a row may take milliseconds, because a program is asked.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.root.has(&|term| matches!(term, Term::Jq(_)))
    }

    /// The bytes of `payload` to highlight: what the text and the regular expressions hit, and the
    /// values that comparisons of JSON hold for, where they are not negated. Sorted, apart from
    /// one another, none of them empty, at most [`MOST_MARKS`].
    ///
    /// The time that it takes grows with the bytes of the payload. Of regular expressions for which
    /// that would not do, long matches are left out from some place on.
    #[must_use]
    pub fn marks(&self, payload: &[u8]) -> Vec<Range<usize>> {
        self.first_marks(payload, MOST_MARKS)
    }

    /// The same, but no more than the first `most` that each of its terms hits.
    #[must_use]
    pub fn first_marks(&self, payload: &[u8], most: usize) -> Vec<Range<usize>> {
        marks::marks(&self.root, payload, most.min(MOST_MARKS))
    }

    /// The text as it means the same between others: within parentheses, unless it is a single term
    /// that cannot be taken for a part of what stands before it, as `in` or `>5` can.
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

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({:?})", self.text)
    }
}

/// Equal if the same is asked, however it is written.
impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}
