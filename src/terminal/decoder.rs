//! Decodes input bytes into events as they arrive.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use crate::terminal::sequences::{Cut, ESC, cut};
use crate::terminal::{TerminalEvent, keys};

/// How long to wait for the rest of a sequence whose start is not a key by itself. A paste that
/// receives nothing for this long has stalled.
const PATIENCE: Duration = Duration::from_secs(1);

/// Maximum length of a sequence in bytes; longer ones are dropped.
const LONGEST_SEQUENCE: usize = 64 << 10;

/// Maximum size of a paste in bytes; the rest is dropped. No text box takes more.
const LONGEST_PASTE: usize = 1 << 20;

/// Keys that arrive less than this time apart arrive together. Nobody types that fast, and key
/// repeat is ten times slower, but a slow connection delivers several typed keys at once.
const TOGETHER: Duration = Duration::from_millis(4);

/// Maximum number of text keys that arrive together and may have been typed. Nobody types more
/// while the connection stalls without looking at the screen.
const MOST_TYPED: usize = 32;

/// Splits terminal input into keys, mouse events and pastes. It reads no clock: the caller passes
/// in the current time.
#[derive(Debug)]
pub(super) struct Decoder {
    /// The start of a sequence that is not complete yet.
    pending: Vec<u8>,
    /// The paste in progress.
    paste: Option<Paste>,
    /// Whether the terminal is known to mark pastes.
    marks_pastes: bool,
    escape_time: Duration,
    /// The last text keys.
    run: Option<Run>,
    /// When a lone Esc byte was taken for the Esc key because nothing followed in time.
    escaped_at: Option<Instant>,
}

impl Decoder {
    /// Creates a decoder that waits `escape_time` for the rest of a sequence after Esc.
    pub(super) fn new(escape_time: Duration) -> Self {
        Self {
            pending: Vec::new(),
            paste: None,
            marks_pastes: false,
            escape_time,
            run: None,
            escaped_at: None,
        }
    }

    /// Decodes the bytes read at `now` and returns the complete events.
    pub(super) fn read(&mut self, bytes: &[u8], now: Instant) -> Vec<TerminalEvent> {
        if self.is_late_rest(bytes, now) {
            self.pending.push(ESC);
        }
        self.escaped_at = None;
        let has_stalled = self.paste.as_ref().is_some_and(|paste| paste.has_stalled);
        if has_stalled && is_way_out(bytes) {
            return self.leave_paste();
        }
        if let Some(paste) = &mut self.paste {
            paste.may_be_left = has_stalled && bytes == [ESC];
        }
        self.pending.extend_from_slice(bytes);
        let mut events = Vec::new();
        self.take_whole(&mut events);
        if self.pending.len() > LONGEST_SEQUENCE {
            self.pending.clear();
        }
        self.mark_keys(events, now)
    }

    /// Returns how long to wait for more input; `None` if nothing is expected.
    pub(super) fn patience(&self) -> Option<Duration> {
        let is_key = if self.pending.is_empty() {
            self.paste.as_ref()?.may_be_left
        } else {
            cut(&self.pending) == Cut::MaybeKey
        };
        Some(if is_key { self.escape_time } else { PATIENCE })
    }

    /// Handles a timeout: the pending bytes become a key or are dropped. A paste continues until
    /// its end sequence, however late, because the rest of it must not act as keys. Since the end
    /// sequence may be lost, Esc or Ctrl-C also ends a paste that has stalled.
    pub(super) fn give_up(&mut self, now: Instant) -> Vec<TerminalEvent> {
        if let Some(paste) = &mut self.paste {
            if paste.may_be_left {
                self.escaped_at = Some(now);
                return self.leave_paste();
            }
            paste.has_stalled = true;
            return vec![TerminalEvent::PasteStalled];
        }
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() || cut(&pending) != Cut::MaybeKey {
            return Vec::new();
        }
        if pending == [ESC] {
            self.escaped_at = Some(now);
        }
        let event = keys::read(&pending).map(TerminalEvent::Input);
        event.into_iter().collect()
    }

    /// Returns whether `bytes` continue a sequence whose Esc byte was taken for the Esc key: nobody
    /// types these bytes so soon after Esc.
    fn is_late_rest(&self, bytes: &[u8], now: Instant) -> bool {
        let is_recent = |escaped_at| now.saturating_duration_since(escaped_at) < PATIENCE;
        self.escaped_at.is_some_and(is_recent) && matches!(bytes, [b'[', b'0'..=b'?', ..])
    }

    /// Ends a paste whose end sequence was lost.
    fn leave_paste(&mut self) -> Vec<TerminalEvent> {
        let paste = self.paste.take().map(Paste::event);
        paste.map(TerminalEvent::Input).into_iter().collect()
    }

    /// Adds the events of all complete sequences in the pending bytes.
    fn take_whole(&mut self, events: &mut Vec<Decoded>) {
        let pending = std::mem::take(&mut self.pending);
        let mut rest = &pending[..];
        while !rest.is_empty() {
            if let Some(paste) = &mut self.paste {
                rest = paste.take(rest);
                if paste.is_whole() {
                    let paste = self.paste.take().map(Paste::event);
                    events.extend(paste.map(|paste| (TerminalEvent::Input(paste), None)));
                }
                continue;
            }
            let Cut::Whole(length) = cut(rest) else {
                break;
            };
            let (sequence, others) = rest.split_at(length);
            rest = others;
            match sequence {
                b"\x1b[200~" => {
                    self.paste = Some(Paste::default());
                    self.marks_pastes = true;
                }
                _ if says_that_pastes_are_marked(sequence) => self.marks_pastes = true,
                _ => events.extend(read(sequence)),
            }
        }
        self.pending = rest.to_vec();
    }

    /// Marks the text keys that may have been pasted.
    fn mark_keys(&mut self, events: Vec<Decoded>, now: Instant) -> Vec<TerminalEvent> {
        let keys: Vec<KeyEvent> = events.iter().filter_map(|(_, key)| *key).collect();
        if keys.is_empty() {
            return events.into_iter().map(|(event, _)| event).collect();
        }
        let is_close = |run: &Run| now.saturating_duration_since(run.ended) < TOGETHER;
        let before = self.run.take().filter(is_close);
        let run = Run::after(before, &keys, now);
        self.run = Some(run);
        let mark = run.mark(self.marks_pastes);
        let marked = events.into_iter().map(|(event, key)| match key {
            Some(key) => mark(key),
            None => event,
        });
        marked.collect()
    }
}

/// Text keys that arrived together.
#[derive(Clone, Copy, Debug)]
struct Run {
    keys: usize,
    /// Whether the last key is a line break.
    ends_with_break: bool,
    /// Whether there is a line break before the last key.
    has_lines: bool,
    /// When the last keys arrived.
    ended: Instant,
}

impl Run {
    /// Returns the run that continues `before` with `keys`.
    fn after(before: Option<Self>, keys: &[KeyEvent], now: Instant) -> Self {
        let (had_lines, ended_with_break) = before.map_or((false, false), |before| {
            (before.has_lines, before.ends_with_break)
        });
        let inner = keys.split_last().map_or(keys, |(_, others)| others);
        Self {
            keys: before.map_or(0, |before| before.keys) + keys.len(),
            ends_with_break: keys.last().is_some_and(is_line_break),
            has_lines: had_lines || ended_with_break || inner.iter().any(is_line_break),
            ended: now,
        }
    }

    /// Returns how the keys of the run are reported. From a terminal that marks pastes, unmarked
    /// keys were typed, unless they are too many: behind that terminal, another one may not mark
    /// pastes. From other terminals, several lines are a paste, and the rest may be one.
    fn mark(self, marks_pastes: bool) -> fn(KeyEvent) -> TerminalEvent {
        if self.keys > MOST_TYPED {
            TerminalEvent::Burst
        } else if marks_pastes || self.keys == 1 {
            |key| TerminalEvent::Input(Event::Key(key))
        } else if self.has_lines {
            TerminalEvent::Burst
        } else {
            TerminalEvent::TypedAhead
        }
    }
}

fn is_line_break(key: &KeyEvent) -> bool {
    key.code == KeyCode::Enter || key.modifiers.contains(KeyModifiers::CONTROL)
}

/// Returns whether `sequence` is an answer from a terminal that marks pastes: to DECRQM, that the
/// mode is set, or to XTVERSION, which is much younger than marked pastes.
fn says_that_pastes_are_marked(sequence: &[u8]) -> bool {
    matches!(sequence, b"\x1b[?2004;1$y" | b"\x1b[?2004;3$y") || sequence.starts_with(b"\x1bP>|")
}

/// An event, and its key if the key may be part of text.
type Decoded = (TerminalEvent, Option<KeyEvent>);

/// Decodes a whole sequence, if its meaning is known.
fn read(sequence: &[u8]) -> Option<Decoded> {
    if let Some(colour) = background(sequence) {
        return Some((TerminalEvent::Background(colour), None));
    }
    let event = keys::read(sequence)?;
    // A text key that arrives as an escape sequence was pressed by the user: pasted text is never
    // sent that way.
    let text_key = text_key(&event).filter(|_| sequence[0] != ESC);
    Some((TerminalEvent::Input(event), text_key))
}

/// Parses the answer to OSC 11: `ESC ] 11 ; rgb:RRRR/GGGG/BBBB` and a terminator. As in
/// `XParseColor`, each part has one to four hexadecimal digits.
pub(super) fn background(sequence: &[u8]) -> Option<[u8; 3]> {
    let colour = sequence.strip_prefix(b"\x1b]11;rgb:")?;
    let colour = colour
        .strip_suffix(b"\x07")
        .or_else(|| colour.strip_suffix(b"\x1b\\"))?;
    let mut parts = std::str::from_utf8(colour).ok()?.split('/').map(|part| {
        let is_hex = part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digits = u32::try_from(part.len()).ok()?;
        if !is_hex || !(1..=4).contains(&digits) {
            return None;
        }
        let value = u32::from_str_radix(part, 16).ok()?;
        u8::try_from(value * 255 / (16_u32.pow(digits) - 1)).ok()
    });
    let colour = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(colour)
}

/// Returns whether `bytes` are exactly one key that ends a paste whose end sequence was lost. A
/// lone Esc byte does not count: it may be the start of that sequence.
fn is_way_out(bytes: &[u8]) -> bool {
    let is_whole = cut(bytes) == Cut::Whole(bytes.len());
    match keys::read(bytes).filter(|_| is_whole) {
        Some(Event::Key(key)) => {
            key.code == KeyCode::Esc
                || (key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL)
        }
        _ => false,
    }
}

/// Returns the key of an event if the key may be part of text.
fn text_key(event: &Event) -> Option<KeyEvent> {
    let Event::Key(key) = event else { return None };
    let is_text = match key.code {
        KeyCode::Char('j') if key.modifiers == KeyModifiers::CONTROL => true,
        KeyCode::Char(_) | KeyCode::Enter | KeyCode::Tab => {
            KeyModifiers::SHIFT.contains(key.modifiers)
        }
        _ => false,
    };
    is_text.then_some(*key)
}

/// The sequence that ends a paste.
const PASTE_END: &[u8] = b"\x1b[201~";

/// A paste in progress.
#[derive(Debug, Default)]
struct Paste {
    text: Vec<u8>,
    /// How many bytes of [`PASTE_END`] have been matched.
    ended: usize,
    /// Whether the paste has ever stalled.
    has_stalled: bool,
    /// Whether a lone Esc byte has arrived since the paste stalled; if nothing follows it, the
    /// paste ends.
    may_be_left: bool,
}

impl Paste {
    /// Appends the bytes that belong to the paste, and returns the rest.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        for (index, byte) in bytes.iter().enumerate() {
            if *byte == PASTE_END[self.ended] {
                self.ended += 1;
                if self.is_whole() {
                    return &bytes[index + 1..];
                }
                continue;
            }
            // What looked like the end sequence was text. No suffix of that text starts the end
            // sequence.
            self.push(&PASTE_END[..self.ended]);
            self.ended = usize::from(*byte == ESC);
            if *byte != ESC {
                self.push(&[*byte]);
            }
        }
        &[]
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.text.len() < LONGEST_PASTE {
            self.text.extend_from_slice(bytes);
        }
    }

    fn is_whole(&self) -> bool {
        self.ended == PASTE_END.len()
    }

    fn event(self) -> Event {
        Event::Paste(String::from_utf8_lossy(&self.text).into_owned())
    }
}

#[cfg(test)]
mod tests;
