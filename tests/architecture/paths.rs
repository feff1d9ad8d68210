//! Finds the paths named in a source text without parsing the whole language.

use std::iter::Peekable;
use std::vec::IntoIter;

/// A path in a source text, with `use` trees expanded: `use a::{b, c::d};` is `a::b` and `a::c::d`.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    /// The line that it is in, from 1.
    pub line: usize,
    /// Its segments; `crate`, `super`, `self` and `*` as written.
    pub segments: Vec<String>,
}

/// Returns every path of two or more segments in `text`, and every imported one, except in
/// comments, literals and test-only items.
pub fn named_paths(text: &str) -> Vec<Named> {
    let mut tokens = without_tests(&tokens(&code_only(text)))
        .into_iter()
        .peekable();
    let mut named = Vec::new();
    while let Some(token) = tokens.next() {
        if token.text == "use" {
            use_tree(&mut tokens, &[], &mut named);
        } else if is_name(&token.text) {
            let mut segments = vec![token.text];
            while follows(&mut tokens, "::") {
                match tokens.next_if(|next| is_name(&next.text)) {
                    Some(next) => segments.push(next.text),
                    None => break,
                }
            }
            if segments.len() > 1 {
                named.push(Named {
                    line: token.line,
                    segments,
                });
            }
        }
    }
    named
}

/// A name, `::`, or any other single character.
#[derive(Clone, Debug)]
struct Token {
    line: usize,
    text: String,
}

type Tokens = Peekable<IntoIter<Token>>;

/// Reads one branch of a `use` tree, up to its end.
fn use_tree(tokens: &mut Tokens, above: &[String], named: &mut Vec<Named>) {
    let mut segments = above.to_vec();
    // A leading `::` names a crate, as a plain name does.
    follows(tokens, "::");
    while let Some(token) =
        tokens.next_if(|next| next.text != "," && next.text != "}" && next.text != ";")
    {
        match token.text.as_str() {
            "{" => {
                while !follows(tokens, "}") && tokens.peek().is_some() {
                    use_tree(tokens, &segments, named);
                    follows(tokens, ",");
                }
                return;
            }
            "::" => {}
            // The alias does not matter.
            "as" => drop(tokens.next()),
            // In a group, `self` is the parent of the group.
            "self" if !above.is_empty() => {}
            _ => segments.push(token.text),
        }
        if tokens
            .peek()
            .is_none_or(|next| matches!(next.text.as_str(), "," | "}" | ";"))
        {
            named.push(Named {
                line: token.line,
                segments,
            });
            return;
        }
    }
}

fn follows(tokens: &mut Tokens, text: &str) -> bool {
    tokens.next_if(|next| next.text == text).is_some()
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (line, text) in (1..).zip(code.lines()) {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if first.is_alphanumeric() || first == '_' {
                rest.find(|next: char| !next.is_alphanumeric() && next != '_')
                    .unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push(Token {
                line,
                text: rest[..length].to_owned(),
            });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// Removes each item under `#[cfg(test)]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        let marked = rest.len() >= MARK.len()
            && rest
                .iter()
                .zip(MARK)
                .all(|(token, mark)| token.text == mark);
        if marked {
            rest = after_item(&rest[MARK.len()..]);
        } else {
            kept.push(first.clone());
            rest = after;
        }
    }
    kept
}

/// Returns the tokens after the first item, which ends with its block or a semicolon.
fn after_item(tokens: &[Token]) -> &[Token] {
    let mut depth = 0;
    for (index, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            ";" => {}
            _ => continue,
        }
        if depth == 0 {
            return &tokens[index + 1..];
        }
    }
    &[]
}

/// Returns the text with comments and literals blanked; line numbers stay the same.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = not_code(rest, code.chars().next_back());
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let (literal, after) = rest.split_at(skipped);
            code.push(' ');
            code.extend(literal.chars().filter(|next| *next == '\n'));
            rest = after;
        }
    }
    code
}

/// Returns the length in bytes of the comment or literal at the beginning, or 0; `before` is the
/// preceding character.
fn not_code(rest: &str, before: Option<char>) -> usize {
    let in_name = before.is_some_and(|before| before.is_alphanumeric() || before == '_');
    if rest.starts_with("//") {
        rest.find('\n').unwrap_or(rest.len())
    } else if rest.starts_with("/*") {
        block_comment(rest)
    } else if let Some(body) = rest.strip_prefix('"') {
        1 + quoted(body, '"')
    } else if let Some(body) = rest.strip_prefix('\'') {
        // A lifetime has no closing quote after its first character.
        let character = body.chars().next().map_or(0, char::len_utf8);
        let closed = body[character..].starts_with('\'');
        if closed || body.starts_with('\\') {
            1 + quoted(body, '\'')
        } else {
            0
        }
    } else if !in_name && let Some(start) = raw_start(rest) {
        let hashes = rest[..start].matches('#').count();
        let end = format!("\"{}", "#".repeat(hashes));
        let body = &rest[start..];
        start + body.find(&end).map_or(body.len(), |at| at + end.len())
    } else {
        0
    }
}

/// Returns where the body of a raw string begins, if one begins here.
fn raw_start(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        rest.starts_with(&format!("{prefix}\"")) || rest.starts_with(&format!("{prefix}#"))
    })?;
    let hashes = rest[prefix.len()..].find(|next| next != '#')?;
    let quote = prefix.len() + hashes;
    rest[quote..].starts_with('"').then_some(quote + 1)
}

/// Returns the length of a literal's body and its closing `quote`.
fn quoted(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in body.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            return at + quote.len_utf8();
        }
    }
    body.len()
}

/// Returns the length of a block comment, which may be nested.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}
