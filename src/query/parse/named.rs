//! Paths without the leading dot, as in other tools: `level=error`, `level:error`, `id == 7`.

use std::ops::Range;

use crate::payload::json::locate::PathStep;
use crate::query::compare::Compare;
use crate::query::error::{QueryError, fail_unfinished};
use crate::query::expr::{Expr, Term};
use crate::query::literal::Literal;
use crate::query::value::{PathTerm, Scalar, Test};

use super::Parser;
use super::cursor::{ends_word, is_name_char};
use super::path::{NO_VALUE, Operator};
use super::strings::{self, Escapes};
use super::suggest::{self, Rank, Suggestion};
use super::terms::is_key;

impl Parser<'_> {
    /// Parses a comparison that starts with a bare name; `None` if this is search text, which is
    /// not consumed.
    pub(super) fn named(&mut self) -> Result<Option<Expr>, QueryError> {
        let (cursor, parts) = (self.cursor, self.parts.len());
        let (suggestions, closed) = (self.suggestions.len(), self.closed.len());
        let found = self.try_named();
        if !matches!(found, Ok(Some(_))) {
            self.cursor = cursor;
            self.suggestions.truncate(suggestions);
            self.closed.truncate(closed);
            self.parts.truncate(parts);
        }
        found
    }

    fn try_named(&mut self) -> Result<Option<Expr>, QueryError> {
        let start = self.cursor.at();
        let Some(steps) = self.bare_path() else {
            return Ok(None);
        };
        let path = self.cursor.since(start);
        if self.cursor.sees_space() {
            return self.spaced(steps, path);
        }
        if self.cursor.peek() == Some(':') {
            return Ok(self.pair(&steps, path));
        }
        let Ok(Some(operator)) = self.operator() else {
            return Ok(None);
        };
        if self.cursor.at_term_end() {
            return Ok(None);
        }
        let Ok(test) = self.test(operator) else {
            return Ok(None);
        };
        let is_ordered = |compare| !matches!(compare, Compare::Equal | Compare::NotEqual);
        let is_comparison = match &test {
            // Only numbers are compared with `<` and `>`, so `Vec<u8>` is text.
            Test::Compare(compare, Scalar::Number(_)) if is_ordered(*compare) => true,
            Test::Compare(compare, Scalar::Text(_)) if is_ordered(*compare) => {
                self.cursor.text_since(start).ends_with('"')
            }
            Test::Compare(compare, _) => !is_ordered(*compare),
            // `file~1` is text, but `name=~x` is a comparison.
            _ => self.cursor.text_since(start).contains("=~"),
        };
        if !is_comparison || !self.cursor.at_term_end() {
            return Ok(None);
        }
        let is_equal = matches!(test, Test::Compare(Compare::Equal, _));
        self.note_comparison(start, path, &test, is_equal);
        let compared = Expr::Term(Term::Path(Box::new(PathTerm::new(steps, test))));
        let written = self.cursor.text_since(start).as_bytes();
        // Such a comparison may also be part of some text, such as a log line.
        let word = is_equal.then(|| Expr::Term(Term::Word(Literal::new(written))));
        Ok(Some(Expr::any([compared].into_iter().chain(word))))
    }

    /// Parses the rest of `level:error` or `id:7`, after the name; `None` if this is search text.
    ///
    /// Like other tools, this compares without regard to the type: `7` is the number or the string.
    /// The pair may also be part of some text or of a channel's name.
    fn pair(&mut self, steps: &[PathStep], path: Range<usize>) -> Option<Expr> {
        self.cursor.eat(":");
        let name = self.cursor.text_since(path.start);
        let value = self.cursor.at();
        // `http://x` and the keys of this query language are not pairs, and `orders:*` is a channel
        // pattern.
        let is_next = self.cursor.peek() != Some('/') && !self.cursor.sees_space();
        let is_pair = is_next && !is_key(name);
        let scalar = is_pair.then(|| self.scalar(false).ok())??;
        let written = self.cursor.text_since(value);
        let is_bare = !written.starts_with(['"', '\'']);
        let is_glob = is_bare && written.contains('*');
        // An unclosed quote may be closed later in the query.
        let is_open = written.starts_with('\'') && !written.ends_with('\'');
        if is_glob || is_open || written == "'" || !self.cursor.at_term_end() {
            return None;
        }
        let as_string = match &scalar {
            Scalar::Text(_) => None,
            Scalar::Number(_) | Scalar::Word(_) | Scalar::Bytes(_) => {
                Some(Scalar::Text(written.as_bytes().into()))
            }
        };
        let test = Test::Compare(Compare::Equal, scalar);
        let start = path.start;
        self.suggest_for_pair(path, value, &test);
        self.note_word(start);
        let word = Literal::new(self.cursor.text_since(start).as_bytes());
        let as_string = as_string.map(|scalar| Test::Compare(Compare::Equal, scalar));
        let tests = [Some(test), as_string].into_iter().flatten();
        let terms = tests.map(|test| Term::Path(Box::new(PathTerm::new(steps.to_vec(), test))));
        Some(Expr::any(terms.chain([Term::Word(word)]).map(Expr::Term)))
    }

    /// Records what the user may have meant by the pair whose value starts at `value`.
    fn suggest_for_pair(&mut self, path: Range<usize>, value: usize, test: &Test) {
        let (at, written) = (self.cursor.since(path.start), self.cursor.text_since(value));
        let (name, _) = self.cursor.text_since(path.start).split_at(path.len());
        let plain = written.trim_matches(['"', '\'']);
        if let Some(text) = suggest::of_known_name(name, plain) {
            let rank = Rank::Word;
            self.suggestions.push(Suggestion { at, text, rank });
        } else {
            self.note_comparison(path.start, path, test, true);
        }
    }

    /// Parses the rest of `"level":"error"` or other JSON, after the name at its start.
    ///
    /// A name with a value compares like [`Self::pair`], and may also be part of some text. All
    /// other JSON, up to a space outside quotes, is only text.
    pub(super) fn json(&mut self, start: usize, name: Vec<u8>) -> Result<Expr, QueryError> {
        self.cursor.eat(":");
        let value = self.cursor;
        let starts_scalar = !value.at_term_end() && value.peek() != Some('\'');
        let scalar = starts_scalar.then(|| self.scalar(false).ok()).flatten();
        let is_quoted = value.peek() == Some('"');
        let scalar = scalar.filter(|scalar| {
            self.cursor.at_term_end() && (is_quoted || !matches!(scalar, Scalar::Text(_)))
        });
        if scalar.is_none() {
            self.cursor = value;
            self.skip_json()?;
        }
        let text = self.cursor.text_since(start).as_bytes();
        let text = Expr::Term(Term::Text(Literal::new(text)));
        let Some(scalar) = scalar else {
            return Ok(text);
        };
        let is_equal = Test::Compare(Compare::Equal, scalar);
        let path = PathTerm::new(vec![PathStep::Key(name.into())], is_equal);
        Ok(Expr::any([Expr::Term(Term::Path(Box::new(path))), text]))
    }

    /// Consumes everything up to a space or a parenthesis outside quotes.
    fn skip_json(&mut self) -> Result<(), QueryError> {
        loop {
            self.cursor
                .take_while(|next| !ends_word(next) && next != '"');
            if self.cursor.peek() != Some('"') {
                return Ok(());
            }
            strings::take_quoted(&mut self.cursor, Escapes::Bytes)?;
        }
    }

    /// Parses the rest of `id == 7` or `id in (7, 8)`, after the name.
    fn spaced(
        &mut self,
        steps: Vec<PathStep>,
        path: Range<usize>,
    ) -> Result<Option<Expr>, QueryError> {
        self.cursor.skip_space();
        let test = if self.eat_in() {
            // Without a valid list, `in` is a word to search for.
            match self.list() {
                Ok(list) => Test::In(list),
                Err(_) => return Ok(None),
            }
        } else {
            let sees_no_match = self.cursor.rest().starts_with("!~ ");
            let operator = match self.operator() {
                Ok(Some(operator)) => operator,
                // Its words would find what is not meant.
                Err(error) if sees_no_match => return Err(error),
                Ok(None) | Err(_) => return Ok(None),
            };
            self.cursor.skip_space();
            if self.cursor.at_end() {
                return fail_unfinished(self.cursor.next_char(), NO_VALUE);
            }
            let is_quoted = matches!(self.cursor.peek(), Some('/' | '"'));
            match self.test(operator) {
                Ok(test) => test,
                Err(_) if operator == Operator::Match && !is_quoted => return Ok(None),
                Err(_) if matches!(self.cursor.peek(), Some('(' | ')')) => return Ok(None),
                Err(error) => return Err(error),
            }
        };
        self.note_comparison(path.start, path, &test, false);
        let term = Term::Path(Box::new(PathTerm::new(steps, test)));
        Ok(self.cursor.at_term_end().then_some(Expr::Term(term)))
    }

    /// Parses a path that starts with a name instead of a dot.
    fn bare_path(&mut self) -> Option<Vec<PathStep>> {
        let start = self.cursor.at();
        let first = self.cursor.peek()?;
        if !first.is_alphabetic() && !matches!(first, '_' | '@') {
            return None;
        }
        let name = self.cursor.take_while(is_name_char);
        let mut steps = vec![PathStep::Key(name.as_bytes().into())];
        steps.extend(self.steps().ok()?);
        // `a->b` and `the end.` are text, not paths.
        let ends = self.cursor.text_since(start).ends_with(['-', '.']);
        (!ends).then_some(steps)
    }
}
