//! Detection of a log record's severity, based on what loggers commonly write.

/// The number of bytes at the start that are examined, since loggers write the level early.
const MAX_BYTES: usize = 512;

/// The severity of a log record that deserves attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A warning.
    Warning,
    /// An error or worse.
    Error,
}

/// Returns the severity of a payload: a level in capitals (`ERROR`), the value of a level
/// (`"level":"error"`, `level=warn`, pino's `"level":50`), or an HTTP status of 500 and above
/// (`"status":503`, `HTTP/1.1" 503`, `GET /path 503`). Returns `None` for anything milder, or if no
/// severity is found.
///
/// In JSON and after `key=`, other values are what a program talks about, so their words do not
/// count.
pub fn severity(payload: &[u8]) -> Option<Severity> {
    let text = &payload[..payload.len().min(MAX_BYTES)];
    if is_document(text) {
        of_document(text)
    } else {
        of_text(text)
    }
}

/// The level of a record. Milder ones compare as less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Mild,
    Warning,
    Error,
}

impl Level {
    fn named(word: &[u8]) -> Option<Self> {
        let is = |names: &[&str]| is_any(word, names);
        if is(&[
            "error",
            "err",
            "fatal",
            "critical",
            "crit",
            "panic",
            "alert",
            "emerg",
            "emergency",
            "severe",
        ]) {
            Some(Self::Error)
        } else if is(&["warn", "warning"]) {
            Some(Self::Warning)
        } else if is(&["trace", "debug", "verbose", "info", "information", "notice"]) {
            Some(Self::Mild)
        } else {
            None
        }
    }

    fn severity(self) -> Option<Severity> {
        match self {
            Self::Mild => None,
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// A key whose value indicates the severity.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Level,
    Status,
}

impl Key {
    fn named(word: &[u8]) -> Option<Self> {
        let is = |keys: &[&str]| is_any(word, keys);
        if is(&[
            "level",
            "severity",
            "lvl",
            "loglevel",
            "log_level",
            "levelname",
        ]) {
            Some(Self::Level)
        } else if is(&["status", "status_code", "statuscode", "http_status"]) {
            Some(Self::Status)
        } else {
            None
        }
    }

    /// Returns the level that a value of the key stands for, if it is one.
    fn level(self, value: &[u8]) -> Option<Level> {
        let number = std::str::from_utf8(value).ok()?.parse::<u16>().ok();
        match (self, number) {
            (Self::Level, None) => Level::named(value),
            (Self::Level, Some(50..=60)) | (Self::Status, Some(500..=599)) => Some(Level::Error),
            (Self::Level, Some(40..50)) => Some(Level::Warning),
            (Self::Level, Some(10..40)) => Some(Level::Mild),
            _ => None,
        }
    }
}

fn is_any(word: &[u8], names: &[&str]) -> bool {
    names
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}

/// Returns whether a text starts like a JSON document, or like one with single quotes. `[WARN]` at
/// the start of a line does not.
fn is_document(text: &[u8]) -> bool {
    let start = text.trim_ascii_start();
    let inside = skip(start, |byte| {
        matches!(byte, b'{' | b'[') || byte.is_ascii_whitespace()
    });
    inside.len() < start.len() && matches!(inside.first(), Some(b'"' | b'\''))
}

/// Returns the severity of a JSON document. Of several levels, the outermost decides.
fn of_document(text: &[u8]) -> Option<Severity> {
    let mut depth = 0_usize;
    let mut level: Option<(usize, Level)> = None;
    let mut status = None;
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' | b'\'' => {
                let (string, after) = split_string(rest, *byte);
                rest = after;
                let Some(key) = Key::named(last_word(string)) else {
                    continue;
                };
                let Some(found) = value_after(rest).and_then(|value| key.level(value)) else {
                    continue;
                };
                match (key, level) {
                    (Key::Status, _) => status = status.max(Some(found)),
                    (Key::Level, Some((outer, before))) if outer <= depth => {
                        if outer == depth {
                            level = Some((depth, before.max(found)));
                        }
                    }
                    (Key::Level, _) => level = Some((depth, found)),
                }
            }
            _ => {}
        }
    }
    let level = level.map(|(_, level)| level);
    level.max(status).and_then(Level::severity)
}

/// Splits after the quote that ends a string.
fn split_string(text: &[u8], quote: u8) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return (&text[..at], &text[at + 1..]),
            _ => at += 1,
        }
    }
    (text, &[])
}

/// Returns the last word of a key: `level` of `log.level`.
fn last_word(key: &[u8]) -> &[u8] {
    let start = key.iter().rposition(|byte| !is_word(*byte));
    &key[start.map_or(0, |start| start + 1)..]
}

/// Returns the first word of the value after a key's colon.
fn value_after(text: &[u8]) -> Option<&[u8]> {
    let value = text.trim_ascii_start().strip_prefix(b":")?;
    let value = skip(value, |byte| matches!(byte, b' ' | b'"' | b'\''));
    let rest = skip(value, is_word);
    Some(&value[..value.len() - rest.len()])
}

/// Returns the severity of a line of text. A level in capitals after the record's own level, or
/// after the status of a response, is part of the message.
fn of_text(text: &[u8]) -> Option<Severity> {
    let mut words = Words { text, at: 0 };
    let mut found = None;
    let mut has_level = false;
    while let Some(word) = words.next() {
        let is_value = words.before(word) == Some(b'=');
        let level = if let Some(key) = Key::named(word)
            && words.skip_separator()
        {
            let level = words.next().and_then(|value| key.level(value));
            has_level |= key == Key::Level && level.is_some();
            level
        } else if words.skip_quoted_value() {
            None
        } else if let Some(level) = response_level(word, words.rest()) {
            has_level = true;
            Some(level)
        } else if !has_level && !is_value && word.iter().all(u8::is_ascii_uppercase) {
            let level = Level::named(word);
            has_level = level.is_some();
            level
        } else {
            None
        };
        found = found.max(level);
    }
    found.and_then(Level::severity)
}

const METHODS: [&[u8]; 7] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS",
];

/// Units of a number that is not a status.
const UNITS: [&str; 9] = ["ms", "us", "ns", "s", "sec", "seconds", "B", "KB", "bytes"];

/// Returns the level of the HTTP status that follows `HTTP`, with or without a version, or the path
/// after a method, if there is one.
fn response_level(word: &[u8], after: &[u8]) -> Option<Level> {
    let after = if word == b"HTTP" {
        let version = after.strip_prefix(b"/");
        version.map_or(after, |version| {
            skip(version, |byte| byte.is_ascii_digit() || byte == b'.')
        })
    } else if METHODS.contains(&word) {
        let path = skip(after, |byte| matches!(byte, b' ' | b'"'));
        if path.len() == after.len() || !(path.starts_with(b"/") || path.starts_with(b"http")) {
            return None;
        }
        skip(path, |byte| !matches!(byte, b' ' | b'"'))
    } else {
        return None;
    };
    let status = skip(after, |byte| {
        matches!(byte, b' ' | b'"' | b'-' | b'>' | b'=' | b':' | b'|')
    });
    let [class @ b'1'..=b'5', tens, ones, end @ ..] = status else {
        return None;
    };
    let is_number = tens.is_ascii_digit() && ones.is_ascii_digit() && status.len() < after.len();
    let is_whole = match end {
        [] => true,
        [b'.' | b'-' | b':', next, ..] => !is_word(*next),
        [next, ..] => !is_word(*next) && *next != b'%',
    };
    let next = skip(end, |byte| byte == b' ');
    let unit = &next[..next.len() - skip(next, is_word).len()];
    let is_status = is_number && is_whole && !is_any(unit, &UNITS);
    let level = if *class == b'5' {
        Level::Error
    } else {
        Level::Mild
    };
    is_status.then_some(level)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns `text` without the bytes at its start that satisfy `is_skipped`.
fn skip(text: &[u8], is_skipped: impl Fn(u8) -> bool) -> &[u8] {
    let end = text.iter().position(|byte| !is_skipped(*byte));
    &text[end.unwrap_or(text.len())..]
}

/// The words of a text, which consist of letters, digits and underscores.
struct Words<'a> {
    text: &'a [u8],
    /// Where the rest starts.
    at: usize,
}

impl<'a> Words<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    fn continue_at(&mut self, rest: &[u8]) {
        self.at = self.text.len() - rest.len();
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = skip(self.rest(), |byte| !is_word(byte));
        let rest = skip(start, is_word);
        self.continue_at(rest);
        let word = &start[..start.len() - rest.len()];
        (!word.is_empty()).then_some(word)
    }

    /// Returns the byte before `word`, which was read last.
    fn before(&self, word: &[u8]) -> Option<u8> {
        let start = self.at - word.len();
        self.text[..start].last().copied()
    }

    /// Skips what separates a key from its value: `=` or `:`, with quotes and spaces. Returns
    /// whether there was a separator.
    fn skip_separator(&mut self) -> bool {
        let text = self.rest();
        let rest = skip(text, |byte| {
            matches!(byte, b'"' | b'\'' | b' ' | b'=' | b':' | b'>')
        });
        let between = &text[..text.len() - rest.len()];
        let is_separator = between.iter().any(|byte| matches!(byte, b'=' | b':'));
        if is_separator {
            self.continue_at(rest);
        }
        is_separator
    }

    /// Skips a quoted value after `=`, if there is one. Returns whether it did.
    fn skip_quoted_value(&mut self) -> bool {
        let [b'=', quote @ (b'"' | b'\''), value @ ..] = self.rest() else {
            return false;
        };
        let (_, rest) = split_string(value, *quote);
        self.continue_at(rest);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERROR: Option<Severity> = Some(Severity::Error);
    const WARNING: Option<Severity> = Some(Severity::Warning);

    fn check(cases: &[(&str, Option<Severity>)]) {
        for (payload, expected) in cases {
            assert_eq!(severity(payload.as_bytes()), *expected, "{payload}");
        }
    }

    #[test]
    fn levels_of_common_loggers_are_recognized() {
        check(&[
            ("2026-01-02 03:04:05 ERROR payment declined", ERROR),
            ("[WARN] slow query", WARNING),
            ("E ERROR: x", ERROR),
            ("level=error msg=\"x\"", ERROR),
            ("time=now level=warn", WARNING),
            (r#"{"level":"error","msg":"x"}"#, ERROR),
            (r#"{"msg":"x", "severity" : "CRITICAL"}"#, ERROR),
            (r#"{"log.level":"ERROR"}"#, ERROR),
            (r#"{level: "error"}"#, ERROR),
            (r#"{"level":50}"#, ERROR),
            (r#"{"level":40}"#, WARNING),
            (r#"{"level":30}"#, None),
            (r#"{"status":503}"#, ERROR),
            (r#"{"status":404}"#, None),
            (r#"{"status":"error"}"#, None),
            ("{'levelname': 'ERROR'}", ERROR),
            ("WARN first, then ERROR", WARNING),
            ("2026-01-02 03:04:05 INFO alarm after ERROR cleared", None),
            // Without a level key before it, the name of a level in lowercase does not count.
            (r#"{"error":null}"#, None),
            ("no error here", None),
            ("terror TERROR", None),
            ("level error", None),
            ("level=", None),
            ("level", None),
            ("", None),
            ("\u{e9}rror=\u{e9}", None),
        ]);
    }

    #[test]
    fn words_within_other_values_do_not_count() {
        check(&[
            (r#"{"level":"info","message":"no ERROR found"}"#, None),
            (r#"{"message":"no ERROR found"}"#, None),
            (r#"{"message":"a \" quote and ERROR"}"#, None),
            (r#"{"message":"level=error \"level\":\"error\""}"#, None),
            (r#"{"type":"level","next":"error"}"#, None),
            (r#"["ERROR"]"#, None),
            (r#"{"message":"cut ERROR"#, None),
            ("level=info msg=\"ERROR x\"", None),
            ("msg=\"an ERROR, status=500\" level=info", None),
            ("msg=\"level=error\"", None),
            ("level=info msg='ERROR x'", None),
            ("msg='an ERROR'", None),
            ("level=info state=ERROR", None),
            ("level=info parser ERROR count is 0", None),
            ("ERROR level=info", ERROR),
            ("level=error msg=\"INFO\"", ERROR),
            // An arbitrary number at a key of this name is not a level.
            ("level: 5 ERROR pump failed", ERROR),
        ]);
    }

    #[test]
    fn the_outermost_level_of_a_document_decides() {
        check(&[
            (r#"{"level":"info","config":{"level":"error"}}"#, None),
            (r#"{"config":{"level":"error"},"level":"info"}"#, None),
            (r#"{"record":{"level":"error"}}"#, ERROR),
            (r#"[{"level":"info"},{"level":"warn"}]"#, WARNING),
            (r#"{"level":3,"record":{"level":"error"}}"#, ERROR),
            (r#"{"level":"info","status":503}"#, ERROR),
        ]);
    }

    #[test]
    fn server_errors_in_access_logs_are_recognized() {
        const COMMON: &str = r#"10.0.0.1 - - [30/Nov/2026:13:00:00 +0000] "GET / HTTP/1.1" "#;
        check(&[
            (&format!("{COMMON}503 12"), ERROR),
            (&format!("{COMMON}503 12 \"-\" \"curl/8\""), ERROR),
            (&format!("{COMMON}200 503"), None),
            (&format!("{COMMON}200 12 \"-\" \"ERROR-bot\""), None),
            ("ERROR GET /x 200", ERROR),
            ("INFO GET /x 503", ERROR),
            ("GET /x HTTP/1.1 503", ERROR),
            ("HTTP/1.1 502 Bad Gateway", ERROR),
            ("HTTP/2 500", ERROR),
            ("HTTP 503 from upstream", ERROR),
            ("GET /api/x 503 12ms", ERROR),
            ("POST /api/x -> 500", ERROR),
            ("PUT https://host/x 504, retrying", ERROR),
            ("\"DELETE /x\" 599", ERROR),
            ("GET /x 404 12ms", None),
            ("GET /x 200 503", None),
            ("GET /x 503 ms", None),
            ("GET /x 503ms", None),
            ("GET /x 5030", None),
            ("GET /x 503.5", None),
            ("GET /x 500-599", None),
            ("GET /503", None),
            ("GET 503", None),
            ("GET /", None),
            ("HTTP", None),
            ("HTTP 600", None),
            ("took 503 ms", None),
            ("order 503", None),
            ("status 503", None),
        ]);
    }
}
