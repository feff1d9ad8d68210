//! Differences drawn as text, so that a test shows what it expects.

use std::ops::Range;

use subscope::payload::diff::lines::{Line, Written};
use subscope::payload::diff::structure::Change;
use subscope::payload::diff::{Diff, compare};
use subscope::payload::tree::{Key, Kind, NodeId, Tree};

use super::{plain, read, structure};

/// Draws the differences between two JSON values, one line per value: `~` path, `-` old, `+` new,
/// `>` moved.
pub fn drawn(old: &str, new: &str) -> Vec<String> {
    let (before, after) = (read(old), read(new));
    let mut drawn = Vec::new();
    for line in structure(old, new).lines {
        let indent = "  ".repeat(line.depth);
        let was = |id: NodeId| labelled(&before, id, old);
        let is = |id: NodeId| labelled(&after, id, new);
        match line.change {
            Change::Within { new: id, .. } => {
                let value = after.value(id, new.as_bytes()).unwrap();
                let bracket = if value.kind == Kind::Object { "{" } else { "[" };
                drawn.push(format!("~ {indent}{}{bracket}", label(value.key)));
            }
            Change::Added(id) => drawn.push(format!("+ {indent}{}", is(id))),
            Change::Removed(id) => drawn.push(format!("- {indent}{}", was(id))),
            Change::Changed { old, new } => {
                drawn.push(format!("- {indent}{}", was(old)));
                drawn.push(format!("+ {indent}{}", is(new)));
            }
            Change::Moved {
                from, to: _, new, ..
            } => {
                drawn.push(format!("> {}[{from}] → {}", &indent[2..], is(new)));
            }
            Change::Same { count, .. } => drawn.push(format!("  {indent}… {count} unchanged")),
        }
    }
    drawn
}

fn labelled(tree: &Tree, id: NodeId, payload: &str) -> String {
    let value = tree.value(id, payload.as_bytes()).unwrap();
    let json = String::from_utf8(tree.to_json(id, payload.as_bytes())).unwrap();
    format!("{}{json}", label(value.key))
}

fn label(key: Key<'_>) -> String {
    match key {
        Key::None => String::new(),
        Key::Index(index) => format!("[{index}]: "),
        Key::Name(name) | Key::Other(name) => format!("{}: ", String::from_utf8_lossy(name)),
    }
}

/// Draws the differences between two strings line by line, with brackets around the marked parts.
pub fn drawn_text(old: &str, new: &str) -> Vec<String> {
    let Diff::Lines(found) = compare(plain(old.as_bytes()), plain(new.as_bytes())) else {
        panic!("no lines");
    };
    let text = |text: &str, line: &Written| text[line.range.clone()].to_owned();
    let lines = found.lines.iter();
    lines
        .map(|line| match line {
            Line::Same {
                old: before,
                new: after,
            } => {
                assert_eq!(text(old, before), text(new, after));
                format!("    {}", text(old, before))
            }
            Line::Removed { old: line, marks } => {
                format!("-   {}", marked(old, line.range.clone(), marks))
            }
            Line::Added { new: line, marks } => {
                format!("+   {}", marked(new, line.range.clone(), marks))
            }
            Line::Folded { count, .. } => format!("    … {count} unchanged"),
        })
        .collect()
}

/// Returns a line of `text` with brackets around the marked parts.
pub fn marked(text: &str, line: Range<usize>, marks: &[Range<usize>]) -> String {
    let mut at = line.start;
    let mut drawn = String::new();
    for mark in marks {
        drawn.extend([&text[at..mark.start], "[", &text[mark.clone()], "]"]);
        at = mark.end;
    }
    drawn + &text[at..line.end]
}
