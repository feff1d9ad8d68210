//! What the user is typing at the end of an unfinished query.

use std::ops::Range;

/// An unfinished part of a query, which can be completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// What the user is typing.
    pub kind: UnfinishedKind,
    /// The range of the text typed so far, which a completion replaces.
    pub at: Range<usize>,
    /// The text typed so far, without an opening quote.
    pub prefix: String,
    /// The position at which the term starts.
    pub term: usize,
}

/// What the user is typing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnfinishedKind {
    /// A term of any kind.
    Term,
    /// The name of a channel.
    Channel,
    /// The name of a subscription.
    Via,
    /// A kind of row, after `is:`.
    Kind,
    /// A path.
    Path,
    /// The operator after a path.
    Operator,
    /// The value with which the value at this path is compared.
    Value(String),
}

/// A token of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Open,
    Close,
    Word(usize, &'a str),
}

impl<'a> Token<'a> {
    fn word(self) -> Option<&'a str> {
        match self {
            Self::Word(_, word) => Some(word),
            Self::Open | Self::Close => None,
        }
    }
}

/// The operators between a path and a value, longer ones first.
const OPERATORS: [&str; 10] = ["==", "!=", "<=", ">=", "=~", "=", "~", "<", ">", ":"];

/// The operators that are complete, although some are also the start of a longer one.
const ORDERS: [&str; 8] = ["==", "!=", "<=", ">=", "=~", "~", "<", ">"];

/// The keys that are followed by a name or a kind of row, and what follows each.
const KEYS: [(&str, UnfinishedKind); 3] = [
    ("channel:", UnfinishedKind::Channel),
    ("via:", UnfinishedKind::Via),
    ("is:", UnfinishedKind::Kind),
];

impl Unfinished {
    /// Returns what the user is typing at the end of `text`. Returns `None` within quoted text, a
    /// regular expression or a jq filter, which cannot be completed.
    pub fn at_end_of(text: &str) -> Option<Self> {
        let tokens = tokens(text);
        let (before, last) = match tokens.split_last() {
            Some((&Token::Word(start, word), before)) if start + word.len() == text.len() => {
                (before, word)
            }
            _ => (&tokens[..], ""),
        };
        if is_in_jq(before) {
            return None;
        }
        let signs = last.len() - last.trim_start_matches(['-', '!']).len();
        // After a path, `!` begins `!=`; elsewhere, it negates a term.
        let is_operator = OPERATORS.contains(&last)
            || last == "!" && matches!(before, [.., Token::Word(_, path)] if is_path(path));
        let start = text.len() - last.len() + if is_operator { 0 } else { signs };
        let written = &text[start..];
        let make = |kind, from: usize, term: usize| {
            Some(Self {
                kind,
                at: from..text.len(),
                prefix: text[from..]
                    .trim_start()
                    .trim_start_matches(['"', '\''])
                    .to_owned(),
                term,
            })
        };
        if let Some((kind, from, term)) = after_key(text, before, start) {
            return make(kind, from, term);
        }
        if let Some((path, from, term)) = value(text, before, last, start) {
            let value = &text[from..];
            let is_closed = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
            return make(UnfinishedKind::Value(path), from, term).filter(|_| !is_closed);
        }
        if let [.., Token::Word(term, path)] = before
            && is_path(path)
            && !is_operator_before(&before[..before.len() - 1])
            && written
                .chars()
                .all(|next| next.is_alphabetic() || "=!<>~".contains(next))
        {
            return make(UnfinishedKind::Operator, start, *term);
        }
        match written.chars().next() {
            Some('.' | '$') => make(UnfinishedKind::Path, start, start),
            Some('"' | '\'' | '/') => None,
            _ if matches!(before, [.., Token::Word(_, "has"), Token::Open]) => {
                make(UnfinishedKind::Path, start, start)
            }
            _ => make(UnfinishedKind::Term, start, start),
        }
    }
}

/// Splits a query into words and parentheses. Quoted text belongs to its word.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut is_escaped = false;
    for (at, next) in text.char_indices() {
        if let Some(open) = quote {
            if is_escaped {
                is_escaped = false;
            } else if next == '\\' {
                is_escaped = true;
            } else if next == open {
                quote = None;
            }
            continue;
        }
        if !next.is_whitespace() && !matches!(next, '(' | ')') {
            if next == '"' || (next == '/' && start.is_none()) {
                quote = Some(next);
            }
            start.get_or_insert(at);
            continue;
        }
        if let Some(start) = start.take() {
            tokens.push(Token::Word(start, &text[start..at]));
        }
        match next {
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            _ => {}
        }
    }
    if let Some(start) = start {
        tokens.push(Token::Word(start, &text[start..]));
    }
    tokens
}

/// Returns whether the end is inside a jq filter.
fn is_in_jq(tokens: &[Token<'_>]) -> bool {
    let mut open = Vec::new();
    let mut before = None;
    for token in tokens {
        match token {
            Token::Open => open.push(before == Some(Token::Word(0, "jq"))),
            Token::Close => {
                open.pop();
            }
            Token::Word(..) => {}
        }
        before = token.word().map(|word| Token::Word(0, word));
    }
    open.contains(&true)
}

/// Returns what a key takes, the position after the key and that of the key, if a key comes before
/// the end of `text` or starts the last word, at `start`. There may be a space after the key, which
/// the completion removes.
fn after_key(
    text: &str,
    before: &[Token<'_>],
    start: usize,
) -> Option<(UnfinishedKind, usize, usize)> {
    let last = before.last().copied();
    KEYS.into_iter().find_map(|(key, kind)| {
        if text[start..].starts_with(key) {
            return Some((kind, start + key.len(), start));
        }
        let Token::Word(at, word) = last? else {
            return None;
        };
        let end = at + word.len();
        let is_key = word.trim_start_matches(['-', '!']) == key;
        is_key.then(|| (kind, end, end - key.len()))
    })
}

/// Returns the path whose value is expected at the end of `text`, the position of the value and
/// that of the term. `last` is the last word, without signs at `start`.
fn value(
    text: &str,
    before: &[Token<'_>],
    last: &str,
    start: usize,
) -> Option<(String, usize, usize)> {
    if let Some((term, path)) = compared(before) {
        // In a list, only the last value is completed.
        let from = last.rfind(',').map_or(0, |comma| comma + 1);
        return Some((path, text.len() - last.len() + from, term));
    }
    // A value may follow an operator without a space.
    if let [.., Token::Word(term, path)] = before
        && ORDERS.contains(&last)
        && is_name(path)
    {
        return Some((path_text(path), text.len(), *term));
    }
    let (path, value) = value_within(&text[start..])?;
    Some((path, start + value, start))
}

/// Returns the position and the text of a path whose value is expected after these tokens.
fn compared(tokens: &[Token<'_>]) -> Option<(usize, String)> {
    let (&last, before) = tokens.split_last()?;
    let is_operator = last.word().is_some_and(|word| OPERATORS.contains(&word));
    let path = if is_operator {
        *before.last()?
    } else {
        // The tokens may end within a list, as in `.a in (1, 2`.
        let open = tokens.iter().rposition(|token| *token == Token::Open)?;
        let is_open = !tokens[open..].contains(&Token::Close);
        let is_between = last == Token::Open || last.word().is_some_and(|word| word.ends_with(','));
        match tokens[..open] {
            [.., path, Token::Word(_, "in" | "IN")] if is_open && is_between => path,
            _ => return attached(last),
        }
    };
    match path {
        Token::Word(start, path) if is_name(path) => Some((start, path_text(path))),
        _ => None,
    }
}

/// Returns the position and the path of a word like `.level==`, after which a value is expected.
fn attached(token: Token<'_>) -> Option<(usize, String)> {
    let Token::Word(start, word) = token else {
        return None;
    };
    let path = OPERATORS[..9]
        .iter()
        .find_map(|sign| word.strip_suffix(sign))?;
    (is_path(path) || is_name(path)).then(|| (start, path_text(path)))
}

/// Returns the path in a word like `.level==err`, and the offset of the value in the word.
fn value_within(word: &str) -> Option<(String, usize)> {
    let at = word.find(['=', '!', '<', '>', '~', ':'])?;
    let (path, rest) = word.split_at(at);
    let sign = OPERATORS.iter().find(|sign| rest.starts_with(**sign))?;
    is_name(path).then(|| (path_text(path), at + sign.len()))
}

fn is_operator_before(tokens: &[Token<'_>]) -> bool {
    let last = tokens.last().and_then(|token| token.word());
    last.is_some_and(|word| OPERATORS.contains(&word))
}

fn is_path(word: &str) -> bool {
    (word.starts_with('.') || word.starts_with("$.")) && is_name(word)
}

/// Returns whether `word` may be a path, with or without its leading dot.
fn is_name(word: &str) -> bool {
    let name = word
        .trim_start_matches(['-', '!'])
        .trim_start_matches(['$', '.']);
    name.starts_with(|first: char| first.is_alphabetic() || "_@\"[".contains(first))
}

/// Returns a path with its leading dot.
fn path_text(path: &str) -> String {
    let path = path.trim_start_matches(['-', '!']);
    let path = path.strip_prefix('$').unwrap_or(path);
    let dot = if path.starts_with('.') { "" } else { "." };
    format!("{dot}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfinished(text: &str) -> Option<(UnfinishedKind, usize, String)> {
        let unfinished = Unfinished::at_end_of(text)?;
        assert_eq!(unfinished.at.end, text.len());
        assert!(unfinished.term <= unfinished.at.start, "{text}");
        Some((unfinished.kind, unfinished.at.start, unfinished.prefix))
    }

    #[test]
    fn the_end_of_a_query_says_what_comes_next() {
        use UnfinishedKind::{Channel, Kind, Operator, Path, Term, Via};
        let value = |path: &str| UnfinishedKind::Value(path.to_owned());
        for (text, kind, start, prefix) in [
            ("", Term, 0, ""),
            ("chan", Term, 0, "chan"),
            ("a -chan", Term, 3, "chan"),
            ("not (le", Term, 5, "le"),
            ("channel:", Channel, 8, ""),
            ("channel: ", Channel, 8, ""),
            ("a -channel: ord", Channel, 11, "ord"),
            ("a -channel:ord", Channel, 11, "ord"),
            ("channel:\"a b", Channel, 8, "a b"),
            ("via:o", Via, 4, "o"),
            ("is:", Kind, 3, ""),
            (".", Path, 0, "."),
            ("x .us", Path, 2, ".us"),
            ("-.us", Path, 1, ".us"),
            ("has(.us", Path, 4, ".us"),
            ("has(", Path, 4, ""),
            (".level ", Operator, 7, ""),
            (".level =", Operator, 7, "="),
            (".level >", value(".level"), 8, ""),
            ("level ==", value(".level"), 8, ""),
            (".level !", Operator, 7, "!"),
            (".level i", Operator, 7, "i"),
            (".level == ", value(".level"), 10, ""),
            (".level == er", value(".level"), 10, "er"),
            (".level == \"er", value(".level"), 10, "er"),
            ("level == er", value(".level"), 9, "er"),
            ("$.level != ", value(".level"), 11, ""),
            (".level==er", value(".level"), 8, "er"),
            ("-level=er", value(".level"), 7, "er"),
            ("a.b:er", value(".a.b"), 4, "er"),
            (".level in (", value(".level"), 11, ""),
            (".level in (a, b", value(".level"), 14, "b"),
            (".level in (a,b", value(".level"), 13, "b"),
            ("x (.level == er", value(".level"), 13, "er"),
            (".a == 1 ", Term, 8, ""),
            (".a == 1 le", Term, 8, "le"),
            (".a in (1) ", Term, 10, ""),
            (".a == .b ", Term, 9, ""),
        ] {
            let expected = Some((kind, start, prefix.to_owned()));
            assert_eq!(unfinished(text), expected, "{text}");
        }
        for text in [
            "\"a b",
            "/a b",
            "jq(.a",
            "jq(.a | (.b",
            "x 'a",
            ".a == \"b\"",
            ".a==\"b\"",
        ] {
            assert_eq!(unfinished(text), None, "{text}");
        }
    }
}
