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
/// (`"status":503`). Returns `None` for anything milder, or if no severity is found.
pub fn severity(payload: &[u8]) -> Option<Severity> {
    let mut words = Words(&payload[..payload.len().min(MAX_BYTES)]);
    let mut found = None;
    while let Some(word) = words.next() {
        let level = match key(word) {
            Some(key) if words.skip_separator() => words.next().and_then(|word| value(key, word)),
            _ if word.iter().all(u8::is_ascii_uppercase) => named(word),
            _ => None,
        };
        found = found.max(level);
    }
    found
}

/// A key whose value indicates the severity.
#[derive(Clone, Copy)]
enum Key {
    Level,
    Status,
}

fn key(word: &[u8]) -> Option<Key> {
    let is = |keys: &[&str]| {
        keys.iter()
            .any(|key| word.eq_ignore_ascii_case(key.as_bytes()))
    };
    if is(&[
        "level",
        "severity",
        "lvl",
        "loglevel",
        "log_level",
        "levelname",
    ]) {
        Some(Key::Level)
    } else if is(&["status", "status_code", "statuscode", "http_status"]) {
        Some(Key::Status)
    } else {
        None
    }
}

fn value(key: Key, word: &[u8]) -> Option<Severity> {
    let number = std::str::from_utf8(word).ok()?.parse::<u16>().ok();
    match (key, number) {
        (Key::Level, None) => named(word),
        (Key::Level, Some(50..=60)) | (Key::Status, Some(500..=599)) => Some(Severity::Error),
        (Key::Level, Some(40..50)) => Some(Severity::Warning),
        _ => None,
    }
}

fn named(word: &[u8]) -> Option<Severity> {
    let is = |names: &[&str]| {
        names
            .iter()
            .any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
    };
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
        Some(Severity::Error)
    } else if is(&["warn", "warning"]) {
        Some(Severity::Warning)
    } else {
        None
    }
}

/// The words of a text, which consist of letters, digits and underscores.
struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let start = self.0.iter().position(is_word)?;
        let rest = &self.0[start..];
        let end = rest
            .iter()
            .position(|byte| !is_word(byte))
            .unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.0 = rest;
        Some(word)
    }

    /// Skips what separates a key from its value: `=` or `:`, with quotes and spaces. Returns
    /// whether there was a separator.
    fn skip_separator(&mut self) -> bool {
        let is_between = |byte: &u8| matches!(byte, b'"' | b'\'' | b' ' | b'=' | b':' | b'>');
        let end = self
            .0
            .iter()
            .position(|byte| !is_between(byte))
            .unwrap_or(self.0.len());
        let (between, rest) = self.0.split_at(end);
        let is_separator = between.iter().any(|byte| matches!(byte, b'=' | b':'));
        if is_separator {
            self.0 = rest;
        }
        is_separator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_common_loggers_are_recognized() {
        let (error, warning) = (Some(Severity::Error), Some(Severity::Warning));
        for (payload, expected) in [
            ("2026-01-02 03:04:05 ERROR payment declined", error),
            ("[WARN] slow query", warning),
            ("E ERROR: x", error),
            ("level=error msg=\"x\"", error),
            ("time=now level=warn", warning),
            (r#"{"level":"error","msg":"x"}"#, error),
            (r#"{"msg":"x", "severity" : "CRITICAL"}"#, error),
            (r#"{"level":50}"#, error),
            (r#"{"level":40}"#, warning),
            (r#"{"level":30}"#, None),
            (r#"{"status":503}"#, error),
            (r#"{"status":404}"#, None),
            (r#"{"status":"error"}"#, None),
            ("{'levelname': 'ERROR'}", error),
            ("WARN first, then ERROR", error),
            // Without a level key before it, the name of a level in lowercase does not count.
            (r#"{"error":null}"#, None),
            ("no error here", None),
            ("terror TERROR", None),
            ("level error", None),
            ("level=", None),
            ("level", None),
            ("", None),
            ("\u{e9}rror=\u{e9}", None),
        ] {
            assert_eq!(severity(payload.as_bytes()), expected, "{payload}");
        }
    }
}
