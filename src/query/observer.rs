//! Evaluates single messages for a [`Condition`].

use std::sync::Arc;

use super::Query;
use super::expr::{Condition, Edges, Expr, Term};
use super::matcher::Matcher;
use super::row::Row;
use super::value::PathTerm;
use crate::log::RowKind;
use crate::payload::decoder_choices::DecoderChoices;
use crate::payload::diff::{Digest, Digester};
use crate::payload::json_tree;

/// Evaluates messages for a query with a condition. It does not remember earlier messages.
pub struct Observer {
    /// The other terms of the query, which select the messages.
    scope: Matcher,
    subject: Subject,
    digester: Digester,
}

enum Subject {
    Crossing {
        enter: Matcher,
        leave: Matcher,
        edges: Edges,
        path: Option<PathTerm>,
    },
    Changed {
        matcher: Matcher,
        path: PathTerm,
    },
}

/// What a message means for a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// After the message, the channel is in the state or out of it, possibly as before.
    State {
        /// Whether the channel is in the state after the message.
        is_in: bool,
        /// Whether the message is a hit if this is a change.
        is_hit: bool,
    },
    /// The value at the path has this digest. A digest that differs from the previous one is a hit.
    Value(Digest),
}

impl Observer {
    /// Creates an observer for `query`; `None` if it has no condition on messages.
    pub fn new(query: &Arc<Query>) -> Option<Self> {
        let of = |root: Expr| Matcher::new(Arc::new(Query::new("", root)));
        let subject = match query.condition()? {
            Condition::Crossing(crossing) => Subject::Crossing {
                enter: of(crossing.enter.clone()),
                leave: of(crossing.leave.clone()),
                edges: crossing.edges,
                path: crossing.path().cloned(),
            },
            Condition::Changed(path) => Subject::Changed {
                matcher: of(Expr::Term(Term::Path(path.clone()))),
                path: (**path).clone(),
            },
            Condition::Silent(_) | Condition::Rate(..) => return None,
        };
        Some(Self {
            scope: Matcher::new(Arc::clone(query)),
            subject,
            digester: Digester::default(),
        })
    }

    /// Sets the decoder choices of channels, which take effect at the next [`Self::enter`].
    pub fn set_decoder_choices(&mut self, decoder_choices: &Arc<DecoderChoices>) {
        self.each_matcher(|matcher| matcher.set_decoder_choices(decoder_choices));
    }

    /// Sets the channel names that the following rows refer to by index.
    pub fn enter<'n>(&mut self, channels: &(impl Iterator<Item = &'n [u8]> + Clone)) {
        self.each_matcher(|matcher| matcher.enter(channels.clone()));
    }

    /// Returns what a row means for the condition; `None` if the row does not affect the condition.
    pub fn observe(&mut self, row: &Row<'_>) -> Option<Observation> {
        if row.kind != RowKind::Message || !self.scope.matches(row) {
            return None;
        }
        match &mut self.subject {
            Subject::Crossing {
                enter,
                leave,
                edges,
                ..
            } => {
                let is_in = enter.matches(row);
                // `enter` and `leave` may overlap: a message that satisfies both changes nothing.
                (is_in != leave.matches(row)).then(|| Observation::State {
                    is_in,
                    is_hit: edges.include(is_in),
                })
            }
            Subject::Changed { matcher, path } => {
                let mut digest = None;
                matcher.with_value(row, path.steps(), &mut |value| {
                    digest = Some(digest_of(&self.digester, value));
                });
                digest.map(Observation::Value)
            }
        }
    }

    /// Calls `visit` with the value in the row that the condition refers to, if there is one.
    pub fn with_value(&self, row: &Row<'_>, visit: &mut dyn FnMut(&[u8])) {
        match &self.subject {
            Subject::Crossing { enter, path, .. } => {
                if let Some(path) = path {
                    enter.with_value(row, path.steps(), visit);
                }
            }
            Subject::Changed { matcher, path } => matcher.with_value(row, path.steps(), visit),
        }
    }

    fn each_matcher(&mut self, mut visit: impl FnMut(&mut Matcher)) {
        visit(&mut self.scope);
        match &mut self.subject {
            Subject::Crossing { enter, leave, .. } => {
                visit(enter);
                visit(leave);
            }
            Subject::Changed { matcher, .. } => visit(matcher),
        }
    }
}

/// Returns the digest of a value. Values that differ only in notation have the same digest.
fn digest_of(digester: &Digester, value: &[u8]) -> Digest {
    match json_tree::read(value) {
        Ok(tree) if tree.cut_at().is_none() => {
            let digests = digester.of_tree(&tree, value);
            digests.first().copied().unwrap_or_default()
        }
        // The value contains a number such as NaN, which JSON does not have, or is too large for a
        // tree.
        _ => digester.of_text(&String::from_utf8_lossy(value)),
    }
}
