//! Parses `jq(…)`, and finds its end without parsing the jq program.

use crate::query::error::{QueryError, fail, fail_unfinished};
use crate::query::jq::Program;

use super::Parser;

/// An open delimiter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Parenthesis,
    String,
}

impl Parser<'_> {
    /// Parses `jq(…)` after its opening parenthesis; `start` is the position of the `jq`.
    pub(super) fn jq(&mut self, start: usize) -> Result<Program, QueryError> {
        let inside = self.cursor.at();
        let unclosed = start..inside;
        self.skip_to_close(unclosed)?;
        let source = self.cursor.text_since(inside);
        self.cursor.eat(")");
        if source.trim().is_empty() {
            let problem = "a jq filter is missing: jq(.a + .b > 10)";
            return fail(self.cursor.since(start), problem);
        }
        Program::new(source)
            .map_err(|(at, message)| QueryError::new(inside + at.start..inside + at.end, message))
    }

    /// Consumes everything before the closing parenthesis that matches the most recently consumed
    /// opening one.
    fn skip_to_close(&mut self, unclosed: std::ops::Range<usize>) -> Result<(), QueryError> {
        let mut open = vec![Open::Parenthesis];
        loop {
            let next = self.cursor.peek();
            match (next, open.last()) {
                (None, _) => return fail_unfinished(unclosed, "this jq(… is not closed: add a )"),
                (Some(')'), Some(Open::Parenthesis)) if open.len() == 1 => return Ok(()),
                (Some(')'), Some(Open::Parenthesis)) | (Some('"'), Some(Open::String)) => {
                    open.pop();
                }
                (Some('('), Some(Open::Parenthesis)) => open.push(Open::Parenthesis),
                (Some('"'), _) => open.push(Open::String),
                (Some('\\'), Some(Open::String)) => {
                    self.cursor.take();
                    // This starts a string interpolation: `"\(.a)"`.
                    if self.cursor.peek() == Some('(') {
                        open.push(Open::Parenthesis);
                    }
                }
                _ => {}
            }
            self.cursor.take();
        }
    }
}
