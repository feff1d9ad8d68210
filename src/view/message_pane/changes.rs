//! The changes from another message to the open one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{Against, App, Context, DIFF_HEADER, MessageSnapshot, Reader};
use crate::payload::diff::bytes::Ends;
use crate::payload::diff::lines::{self as texts, Lines};
use crate::payload::diff::structure::{Change, Structure};
use crate::payload::diff::{Diff, Side};
use crate::payload::ranges::Ranges;
use crate::payload::tree::{Key, Kind, NodeId, Tree};
use crate::payload::{escape, figures};
use crate::view::line::{LineBuilder, fitting};
use crate::view::{frame, theme};
use crate::workers::decode::Comparison;

/// Columns of indentation per level.
const INDENT: usize = 2;

pub fn draw(app: &App, reader: &Reader, area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width);
    header(app, reader, columns).draw(area, 0, Style::new(), buffer);
    let (Some(comparison), Some(base)) = (reader.comparison(), &reader.base) else {
        return;
    };
    let painter = Painter {
        diff: &comparison.diff,
        old: Side {
            bytes: comparison.old.bytes(&base.payload),
            tree: comparison.old.tree.as_ref(),
        },
        new: Side {
            bytes: reader.bytes(),
            tree: reader.tree(),
        },
        columns,
    };
    let area = frame::below(area, DIFF_HEADER);
    let lines = (reader.change..).map_while(|index| painter.row(index));
    for (row, line) in (0..area.height).zip(lines) {
        line.draw(area, row, Style::new(), buffer);
    }
}

/// Builds the header: how much has changed, and which message it is compared with.
fn header(app: &App, reader: &Reader, columns: usize) -> LineBuilder {
    let mut line = LineBuilder::new(columns);
    let against = app.open().map(|open| open.against).unwrap_or_default();
    let Some(base) = &reader.base else {
        let words = match against {
            Against::Before => "no earlier message on this channel is kept",
            Against::Marked => "no marked message · {toggle-mark} marks the selected one",
        };
        line.cut_words(&frame::keyed_in(app, Context::Message, words), theme::QUIET);
        return line;
    };
    let counts = match reader.comparison() {
        None => "comparing …".to_owned(),
        Some(comparison) => {
            let counts = summary(&comparison.diff);
            match other_form(reader, comparison) {
                Some(was) => format!("{counts} · format was {was}"),
                None => counts,
            }
        }
    };
    let forms = base_forms(app, against, base).map(|which| format!("{counts} · {which}"));
    line.cut_words(fitting(&forms, columns).unwrap_or(&counts), theme::QUIET);
    line
}

/// Describes the format of the other message, if the format or the compression differs.
fn other_form(reader: &Reader, comparison: &Comparison) -> Option<String> {
    let new = reader.decoded()?;
    let old = &comparison.old;
    let is_other = (old.format, &old.wrappings) != (new.format, &new.wrappings);
    let packed = old.wrappings.iter().rev();
    let packed: Vec<&str> = packed.flat_map(|one| ["in", one.name()]).collect();
    let words = [&[old.format.name()][..], &packed].concat();
    is_other.then(|| words.join(" "))
}

/// Describes the other message, longest form first.
fn base_forms(app: &App, against: Against, base: &MessageSnapshot) -> [String; 3] {
    let clock = app.session().clock();
    let time = clock.date_unless_today(base.time, app.session().now);
    let name = base.channel.as_deref().unwrap_or_default();
    let name = escape::name(name, 24).string;
    match against {
        Against::Before => [
            format!("compared with the previous message ({time})"),
            "vs. the previous message".to_owned(),
            "vs. the previous one".to_owned(),
        ],
        Against::Marked => [
            format!("compared with the marked message on {name} ({time})"),
            format!("vs. the marked one on {name}"),
            "vs. the marked one".to_owned(),
        ],
    }
}

/// Summarizes the changes.
fn summary(diff: &Diff) -> String {
    match diff {
        _ if diff.is_same() => "no changes".to_owned(),
        Diff::Structure(structure) => {
            let counts = &structure.counts;
            let parts = [
                (counts.changed, "changed"),
                (counts.added, "added"),
                (counts.removed, "removed"),
                (counts.moved, "moved"),
            ];
            counted(&parts, structure.is_coarse)
        }
        Diff::Lines(lines) => {
            let added = match lines.added {
                1 => "line added",
                _ => "lines added",
            };
            let parts = [(lines.added, added), (lines.removed, "removed")];
            counted(&parts, lines.is_coarse)
        }
        Diff::LongTexts(_) => {
            "too long to compare line by line: shown from the first difference".to_owned()
        }
        Diff::Bytes(bytes) => {
            let count = figures::count(bytes.stretches.len() as u64);
            let more = if bytes.cut_at.is_some() { "+" } else { "" };
            let words = match bytes.stretches.len() {
                1 => "range differs",
                _ => "ranges differ",
            };
            format!("{count}{more} byte {words}")
        }
    }
}

fn counted(parts: &[(usize, &str)], is_coarse: bool) -> String {
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let words = parts.map(|(count, word)| format!("{} {word}", figures::count(*count as u64)));
    let words: Vec<String> = words.collect();
    let coarse = if is_coarse { " (approximate)" } else { "" };
    format!("{}{coarse}", words.join(", "))
}

struct Painter<'a> {
    diff: &'a Diff,
    old: Side<'a>,
    new: Side<'a>,
    columns: usize,
}

impl Painter<'_> {
    fn row(&self, index: usize) -> Option<LineBuilder> {
        match self.diff {
            Diff::Structure(structure) => self.value(structure, index),
            Diff::Lines(lines) => self.text(lines, index),
            Diff::LongTexts(ends) => self.stretch(ends, index, true),
            Diff::Bytes(bytes) => self.stretch(bytes.stretches.get(index / 2)?, index % 2, false),
        }
    }

    fn value(&self, structure: &Structure, index: usize) -> Option<LineBuilder> {
        let line = structure.lines.get(index)?;
        let (old, new) = (self.old.tree?, self.new.tree?);
        let mut row = LineBuilder::new(self.columns);
        let indent = (line.depth * INDENT).min(self.columns / 3);
        let mut start = |sign: &str, style: Style| {
            row.word(format!("{sign} "), style);
            row.space(indent);
        };
        match line.change {
            Change::Within { new: id, .. } => {
                start(" ", theme::QUIET);
                self.key(new, self.new.bytes, id, &mut row);
                add_tag(new, self.new.bytes, id, &mut row);
            }
            Change::Added(id) => {
                start("+", theme::GOOD);
                self.key(new, self.new.bytes, id, &mut row);
                add_value(new, self.new.bytes, id, theme::GOOD, &mut row);
            }
            Change::Removed(id) => {
                start("-", theme::BAD);
                self.key(old, self.old.bytes, id, &mut row);
                add_value(old, self.old.bytes, id, theme::BAD, &mut row);
            }
            Change::Changed { old: was, new: is } => {
                start("~", theme::WATCH);
                self.key(new, self.new.bytes, is, &mut row);
                self.changed((old, was), (new, is), &mut row);
            }
            Change::Moved {
                new: id, from, to, ..
            } => {
                start(">", theme::FOCUS);
                row.word(format!("[{from}] → [{to}]: "), theme::FOCUS);
                add_value(new, self.new.bytes, id, theme::QUIET, &mut row);
            }
            Change::Same { count, .. } => {
                start(" ", theme::QUIET);
                let count = figures::count(count as u64);
                row.cut_words(&format!("… {count} unchanged"), theme::QUIET);
            }
        }
        Some(row)
    }

    fn key(&self, tree: &Tree, bytes: &[u8], id: NodeId, row: &mut LineBuilder) {
        let Some(value) = tree.value(id, bytes) else {
            return;
        };
        let most = self.columns / 3;
        match value.key {
            // The content of a tag is below the tag and has no name.
            Key::None if id != NodeId::default() => return,
            Key::None => row.words("(whole message)", theme::QUIET),
            Key::Index(index) => row.word(format!("[{index}]"), theme::QUIET),
            Key::Name(name) => row.text(escape::name(name, most), theme::FOCUS),
            Key::Other(name) => row.text(escape::name(name, most), theme::ESCAPE),
        }
        row.word(": ", theme::QUIET);
    }

    /// Adds the old and the new value. If they do not both fit, each gets half of the rest of the
    /// line.
    fn changed(&self, old: (&Tree, NodeId), new: (&Tree, NodeId), row: &mut LineBuilder) {
        let from = self.first_difference(old, new);
        let was = old.0.in_brief(old.1, self.old.bytes, from);
        let is = new.0.in_brief(new.1, self.new.bytes, from);
        let room = row.left().saturating_sub(3);
        let whole = [&was, &is].map(|text| escape::one_line(text, room));
        let fits = !whole[0].cut && !whole[1].cut && whole[0].columns + whole[1].columns <= room;
        let half = if fits { room } else { room / 2 };
        let ends = Ends::of(&was, &is);
        row.part(&was, ends.old.start, half, theme::BAD);
        row.word(" → ", theme::QUIET);
        row.part(&is, ends.new.start, half, theme::GOOD);
    }

    /// Returns the offset at which the texts of two values first differ.
    fn first_difference(&self, old: (&Tree, NodeId), new: (&Tree, NodeId)) -> usize {
        let was = old.0.value(old.1, self.old.bytes);
        let is = new.0.value(new.1, self.new.bytes);
        was.zip(is)
            .filter(|(was, is)| was.kind == is.kind)
            .map_or(0, |(was, is)| Ends::of(was.text, is.text).old.start)
    }

    fn text(&self, lines: &Lines, index: usize) -> Option<LineBuilder> {
        let mut row = LineBuilder::new(self.columns);
        let (sign, side, line, marks, style) = match lines.lines.get(index)? {
            texts::Line::Same { new, .. } => ("  ", &self.new, new, &[][..], theme::QUIET),
            texts::Line::Removed { old, marks } => ("- ", &self.old, old, &marks[..], theme::BAD),
            texts::Line::Added { new, marks } => ("+ ", &self.new, new, &marks[..], theme::GOOD),
            texts::Line::Folded { count, .. } => {
                let count = figures::count(*count as u64);
                row.cut_words(&format!("  … {count} lines unchanged"), theme::QUIET);
                return Some(row);
            }
        };
        row.word(sign, style);
        let marks = Ranges::of(marks).from(line.range.start);
        row.cut_bytes(&side.bytes[line.range.clone()], marks, style);
        Some(row)
    }

    /// Builds the line that shows the old or the new bytes of a range that differs.
    fn stretch(&self, ends: &Ends, index: usize, is_text: bool) -> Option<LineBuilder> {
        let (sign, range, bytes, style) = match index {
            0 => ("-", &ends.old, self.old.bytes, theme::BAD),
            1 => ("+", &ends.new, self.new.bytes, theme::GOOD),
            _ => return None,
        };
        let mut row = LineBuilder::new(self.columns);
        row.word(format!("{sign} "), style);
        row.word(format!("{:08x}  ", range.start), theme::QUIET);
        let bytes = bytes.get(range.clone())?;
        if is_text {
            row.cut_bytes(bytes, Ranges::default(), style);
            return Some(row);
        }
        let size = format!("  {} B", figures::count(bytes.len() as u64));
        let most = row.left().saturating_sub(size.len()) / 3;
        for byte in bytes.iter().take(most) {
            row.word(format!("{byte:02x} "), style);
        }
        row.word(size, theme::QUIET);
        Some(row)
    }
}

/// Adds a value on the rest of a line.
fn add_value(tree: &Tree, bytes: &[u8], id: NodeId, style: Style, row: &mut LineBuilder) {
    row.cut_bytes(&tree.in_brief(id, bytes, 0), Ranges::default(), style);
}

/// If the changed value is a tag, adds the tag, since the content below it has no key.
fn add_tag(tree: &Tree, bytes: &[u8], id: NodeId, row: &mut LineBuilder) {
    let value = tree.value(id, bytes);
    if let Some(tag) = value.filter(|value| value.kind == Kind::Tag) {
        row.cut_bytes(tag.text, Ranges::default(), theme::ESCAPE);
    }
}
