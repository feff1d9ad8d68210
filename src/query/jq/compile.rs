//! Compiles jq programs.

use std::ops::Range;

use jaq_core::compile::Undefined;
use jaq_core::load::lex::{self, Lexer, Token};
use jaq_core::load::parse::{self, Def, Parser};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Filter};

use super::meter::Data;
use super::natives;
use crate::query::error::shown;

/// The name of the definition that wraps the program. The program cannot refer to it.
const PROGRAM: &str = "subscope_program";

/// Compiles `source`. An error contains the offending byte range and a description of the problem.
pub fn compile(source: &str) -> Result<Filter<Data>, (Range<usize>, String)> {
    let tokens = Lexer::new(source)
        .lex()
        .map_err(|errors| lex_error(source, &errors))?;
    let body = Parser::new(&tokens)
        .parse(Parser::term)
        .map_err(|errors| parse_error(source, &errors))?;
    let definitions = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let program = Def {
        name: PROGRAM,
        args: Vec::new(),
        body,
    };
    let mut prelude: Vec<Def<&str>> = Vec::new();
    for definition in definitions {
        prelude.push(definition);
    }
    prelude.push(program);
    let arena = Arena::default();
    let file = File {
        code: PROGRAM,
        path: (),
    };
    let modules = Loader::new(prelude)
        .load(&arena, file)
        .map_err(|_| (0..source.len(), "jq cannot load this filter".to_owned()))?;
    Compiler::default()
        .with_funs(natives::all())
        .compile(modules)
        .map_err(|files| {
            let first = files.into_iter().flat_map(|(_, errors)| errors).next();
            first.map_or((0..source.len(), String::new()), |(name, kind)| {
                (within(source, name), undefined(name, &kind))
            })
        })
}

fn lex_error(source: &str, errors: &[lex::Error<&str>]) -> (Range<usize>, String) {
    let Some((expected, at)) = errors.first() else {
        return (0..source.len(), "invalid jq filter".to_owned());
    };
    let start = within(source, at).start;
    let length = at.chars().next().map_or(0, char::len_utf8);
    (
        start..start + length,
        format!("jq: expected {} here", expected.as_str()),
    )
}

fn parse_error(source: &str, errors: &[parse::TError<'_, &str>]) -> (Range<usize>, String) {
    let Some((expected, found)) = errors.first() else {
        return (0..source.len(), "invalid jq filter".to_owned());
    };
    let at = within(source, Token::opt_as_str(*found, source));
    let message = match expected {
        parse::Expect::Nothing => "jq: unexpected text here".to_owned(),
        parse::Expect::Just(text) => format!("jq: expected `{text}` here"),
        other => format!("jq: expected {} here", other.as_str()),
    };
    (at, message)
}

fn undefined(name: &str, kind: &Undefined) -> String {
    let name = shown(name);
    match kind {
        Undefined::Filter(0) => format!("jq has no filter `{name}`"),
        Undefined::Filter(count) => format!("jq has no filter `{name}` with {count} arguments"),
        other => format!("unknown {} `{name}`", other.as_str()),
    }
}

/// Returns the range of `part` within `source`, or the range of all of `source` if `part` is not a
/// slice of it.
fn within(source: &str, part: &str) -> Range<usize> {
    let all = source.as_bytes().as_ptr_range();
    let part = part.as_bytes().as_ptr_range();
    if part.start < all.start || part.end > all.end {
        return 0..source.len();
    }
    let start = part.start.addr() - all.start.addr();
    start..start + (part.end.addr() - part.start.addr())
}
