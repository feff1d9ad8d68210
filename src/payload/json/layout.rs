//! Building a tree from JSON.

use std::ops::Range;

use super::text::{self, Unescaped};
use super::tokens::{Lexeme, NotJson, Token, Tokens};
use crate::payload::tree::{Builder, Kind, MAX_DEPTH, Refusal, Said, Tree};

/// Reads one JSON value. If it has more values than a tree holds, only the first are decoded.
///
/// # Errors
///
/// Returns where `bytes` stop being JSON, and why.
pub fn read(bytes: &[u8]) -> Result<Tree, NotJson> {
    let mut builder = Builder::default();
    match read_value(bytes, 0, &mut builder) {
        Ok(()) => builder.finish().ok_or(NotJson {
            at: 0,
            why: "no value",
        }),
        Err(Stop::Wrong(wrong)) => Err(wrong),
        Err(Stop::Refused(refusal, at)) => refused(builder, refusal, at),
    }
}

/// Reads JSON values on lines of their own, at least two, as the elements of an array. Empty lines
/// are skipped.
///
/// # Errors
///
/// Returns where `bytes` stop being JSON, and why.
pub fn read_lines(bytes: &[u8]) -> Result<Tree, NotJson> {
    let mut builder = Builder::default();
    let stop = read_all_lines(bytes, &mut builder);
    match stop {
        Ok(lines) if lines < 2 => Err(NotJson {
            at: bytes.len(),
            why: "no second line",
        }),
        Ok(_) => {
            builder.close(bytes.len());
            builder.finish().ok_or(NotJson {
                at: 0,
                why: "no value",
            })
        }
        Err(Stop::Wrong(wrong)) => Err(wrong),
        Err(Stop::Refused(refusal, at)) => refused(builder, refusal, at),
    }
}

fn read_all_lines(bytes: &[u8], builder: &mut Builder) -> Result<usize, Stop> {
    let refused = |refusal| Stop::Refused(refusal, 0);
    builder.open(Kind::Array, b"", 0).map_err(refused)?;
    let mut start = 0;
    let mut count = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            read_value(line, start, builder)?;
            count += 1;
        }
        start += line.len() + 1;
    }
    Ok(count)
}

/// Why reading has stopped early.
enum Stop {
    Wrong(NotJson),
    /// The tree is full; what starts at this byte is left out.
    Refused(Refusal, usize),
}

impl From<NotJson> for Stop {
    fn from(wrong: NotJson) -> Self {
        Self::Wrong(wrong)
    }
}

fn refused(builder: Builder, refusal: Refusal, at: usize) -> Result<Tree, NotJson> {
    let why = match refusal {
        Refusal::Full => {
            return builder.finish_cut(at).ok_or(NotJson {
                at,
                why: "no value",
            });
        }
        Refusal::TooDeep => "nested too deeply",
        Refusal::TooLong => "longer than 4 GiB",
    };
    Err(NotJson { at, why })
}

/// Reads the value in `bytes`, which starts at `origin` in the payload.
fn read_value(bytes: &[u8], origin: usize, builder: &mut Builder) -> Result<(), Stop> {
    let mut tokens = Tokens::new(bytes, MAX_DEPTH);
    loop {
        let next = tokens.next_token().map_err(|wrong| NotJson {
            at: wrong.at + origin,
            ..wrong
        })?;
        let Some(Lexeme { token, range }) = next else {
            return Ok(());
        };
        let place = range.start + origin..range.end + origin;
        let start = place.start;
        add(token, &bytes[range], place, builder)
            .map_err(|refusal| Stop::Refused(refusal, start))?;
    }
}

/// Adds a token, which is at `place` in the payload.
fn add(
    token: Token,
    written: &[u8],
    place: Range<usize>,
    builder: &mut Builder,
) -> Result<(), Refusal> {
    match (token, written) {
        (Token::Key, _) => unquoted(written, &place, |said| builder.name(said)),
        (Token::String, _) => unquoted(written, &place, |said| {
            builder.scalar(Kind::String, said, place.clone())
        }),
        (Token::Number, _) => builder.scalar(Kind::Number, Said::Written(place.clone()), place),
        (Token::Literal, b"null") => {
            builder.scalar(Kind::Null, Said::Written(place.clone()), place)
        }
        (Token::Literal, _) => builder.scalar(Kind::Bool, Said::Written(place.clone()), place),
        (Token::Punctuation, b"{") => builder.open(Kind::Object, b"", place.start),
        (Token::Punctuation, b"[") => builder.open(Kind::Array, b"", place.start),
        (Token::Punctuation, b"}" | b"]") => {
            builder.close(place.end);
            Ok(())
        }
        (Token::Punctuation, _) => Ok(()),
    }
}

/// Passes on the text of a quoted string, which is at `place` in the payload.
fn unquoted<T>(written: &[u8], place: &Range<usize>, take: impl FnOnce(Said<'_>) -> T) -> T {
    let raw = &written[1..written.len() - 1];
    if text::has_escape(raw) {
        let said: Vec<u8> = Unescaped::new(raw).collect();
        take(Said::Spelt(&said))
    } else {
        take(Said::Written(place.start + 1..place.end - 1))
    }
}
