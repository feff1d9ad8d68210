//! Parsing the notation in which values are edited.

use super::item::{Item, Member, Value, Wrong};
use crate::payload::json::text::Unescaped;

/// The maximum nesting depth, in this notation.
const MAX_DEPTH: usize = 300;

/// Parses one value, which must be all of `text`.
pub(super) fn parse(text: &str) -> Result<Item, Wrong> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let item = parser.value()?;
    parser.skip_space();
    if parser.at < text.len() {
        return parser.wrong("text after the value");
    }
    Ok(item)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn eat(&mut self, next: char) -> bool {
        self.skip_space();
        let is_next = self.peek() == Some(next);
        self.at += if is_next { next.len_utf8() } else { 0 };
        is_next
    }

    fn wrong<T>(&self, why: &'static str) -> Result<T, Wrong> {
        wrong_at(self.at, why)
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &str {
        let start = self.at;
        let rest = self.rest();
        self.at += rest.find(|next| !is_part(next)).unwrap_or(rest.len());
        &self.text[start..self.at]
    }

    fn value(&mut self) -> Result<Item, Wrong> {
        self.skip_space();
        let start = self.at;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.wrong("nested too deeply");
        }
        let value = match self.peek() {
            Some('{') => Value::Object(self.members()?),
            Some('[') => Value::Array(self.list(']')?),
            Some('"') => Value::String(self.string()?),
            Some('⟨' | '<') => self.nested()?,
            Some('h') if self.rest().starts_with("h'") => Value::Bytes(self.bytes()?),
            Some('-' | '0'..='9') => self.number()?,
            Some('a'..='z' | 'A'..='Z') => self.word()?,
            _ => return self.wrong("expected a value"),
        };
        self.depth -= 1;
        Ok(Item::new(value, start..self.at))
    }

    /// Parses the values up to `close`, after the bracket at the cursor.
    fn list(&mut self, close: char) -> Result<Vec<Item>, Wrong> {
        self.at += 1;
        let mut items = Vec::new();
        if self.eat(close) {
            return Ok(items);
        }
        loop {
            items.push(self.value()?);
            if self.eat(close) {
                return Ok(items);
            }
            if !self.eat(',') {
                return self.wrong(match close {
                    ']' => "expected a comma or ]",
                    _ => "expected a comma or )",
                });
            }
        }
    }

    fn members(&mut self) -> Result<Vec<Member>, Wrong> {
        self.at += 1;
        let mut members = Vec::new();
        if self.eat('}') {
            return Ok(members);
        }
        loop {
            self.skip_space();
            if matches!(self.peek(), None | Some('}')) {
                return self.wrong("expected a key");
            }
            let key = self.value()?;
            if !self.eat(':') {
                return self.wrong("expected a colon");
            }
            members.push((key, self.value()?));
            if self.eat('}') {
                return Ok(members);
            }
            if !self.eat(',') {
                return self.wrong("expected a comma or }");
            }
        }
    }

    /// Parses a string: that of JSON, which may not contain control characters.
    fn string(&mut self) -> Result<Vec<u8>, Wrong> {
        let start = self.at;
        self.at += 1;
        loop {
            self.take_while(|next| next >= ' ' && !matches!(next, '"' | '\\'));
            match self.peek() {
                Some('"') => {
                    let raw = &self.text.as_bytes()[start + 1..self.at];
                    self.at += 1;
                    return Ok(Unescaped::new(raw).collect());
                }
                Some('\\') => {
                    let length = escape_length(&self.text.as_bytes()[self.at..]);
                    let Some(length) = length else {
                        return self.wrong("unknown escape: write \\\\ for a backslash");
                    };
                    self.at += length;
                }
                Some('\n') | None => return wrong_at(start, "this string is not closed: add a \""),
                Some(_) => {
                    return self.wrong("control character in a string: write \\t or \\u001b");
                }
            }
        }
    }

    fn nested(&mut self) -> Result<Value, Wrong> {
        let start = self.at;
        let close = if self.peek() == Some('⟨') {
            '⟩'
        } else {
            '>'
        };
        self.at += self.peek().map_or(0, char::len_utf8);
        let mark = self.take_while(|next| !matches!(next, '⟩' | '>' | '\n'));
        let mark = format!("⟨{}⟩", mark.trim());
        if self.peek() != Some(close) {
            return wrong_at(start, "this mark is not closed: ⟨json⟩");
        }
        self.at += close.len_utf8();
        Ok(Value::Nested(mark, Box::new(self.value()?)))
    }

    fn bytes(&mut self) -> Result<Vec<u8>, Wrong> {
        let start = self.at;
        self.at += 2;
        let mut halves = Vec::new();
        loop {
            match self.peek() {
                Some('\'') => break,
                Some(space) if space.is_ascii_whitespace() => {}
                Some(next) => match next.to_digit(16) {
                    Some(half) => halves.push(u8::try_from(half).unwrap_or_default()),
                    None => return self.wrong("expected a hexadecimal digit or '"),
                },
                None => return wrong_at(start, "these bytes are not closed: add a '"),
            }
            self.at += 1;
        }
        self.at += 1;
        let (pairs, rest) = halves.as_chunks::<2>();
        if !rest.is_empty() {
            return wrong_at(start, "a byte takes two hexadecimal digits");
        }
        Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
    }

    /// Parses a number, or a tag with its content.
    fn number(&mut self) -> Result<Value, Wrong> {
        let start = self.at;
        let is_part = |next: char| next.is_ascii_alphanumeric() || matches!(next, '-' | '+' | '.');
        let text = self.take_while(is_part).to_owned();
        let is_tag = text.bytes().all(|byte| byte.is_ascii_digit()) && self.peek() == Some('(');
        if is_tag {
            return Ok(Value::Call(text, self.list(')')?));
        }
        let is_number = text == "-Infinity" || crate::payload::json::is_json(text.as_bytes());
        if !is_number {
            return wrong_at(start, "invalid number");
        }
        Ok(Value::Number(text))
    }

    /// Parses a word, or a named value.
    fn word(&mut self) -> Result<Value, Wrong> {
        let start = self.at;
        let word = self
            .take_while(|next| next.is_ascii_alphanumeric())
            .to_owned();
        Ok(match &*word {
            "null" => Value::Word("null"),
            "undefined" => Value::Word("undefined"),
            "true" => Value::Word("true"),
            "false" => Value::Word("false"),
            "NaN" | "Infinity" => Value::Number(word),
            "string" if self.peek() == Some('(') => match &self.list(')')?[..] {
                [
                    Item {
                        value: Value::Bytes(bytes),
                        ..
                    },
                ] => Value::String(bytes.clone()),
                _ => return wrong_at(start, "string(…) takes bytes: string(h'ff')"),
            },
            _ if self.peek() == Some('(') => Value::Call(word, self.list(')')?),
            _ => return wrong_at(start, "expected a value; text needs quotes"),
        })
    }
}

fn wrong_at<T>(at: usize, why: &'static str) -> Result<T, Wrong> {
    Err(Wrong {
        at,
        why: why.into(),
    })
}

/// Returns the length of the escape that `bytes` begin with, if it is one of JSON.
fn escape_length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [
            _,
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
            ..,
        ] => Some(2),
        [_, b'u', digits @ ..] => {
            let digits = digits.first_chunk::<4>()?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(6)
        }
        _ => None,
    }
}
