//! The help: the keys of every context and some notes, in one column or two.

use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use super::{Overlay, Search};
use crate::app::action::Action;
use crate::app::fuzzy::Fuzzy;
use crate::app::keymap::{Binding, Chord, Context, Keymap};
use crate::app::layout::wrapped;
use crate::app::settings::Settings;
use crate::payload::escape::whole;

/// Minimum width of the help to show its sections side by side, in columns.
const MIN_FOR_TWO: usize = 106;

/// The columns between two columns of sections.
const GAP: usize = 3;

/// The columns for the keys, including the space after them. In a narrow help, the keys get a third
/// of the width.
const KEY_COLUMNS: usize = 18;

/// The columns before a key.
const INDENT: usize = 2;

/// The help texts of common movement keys, which are listed only once. A key that does more has an
/// entry of its own.
const MOTIONS: [&str; 10] = [
    "down",
    "up",
    "half a page down",
    "half a page up",
    "a page down",
    "a page up",
    "to the first",
    "to the last",
    "to the start",
    "to the end",
];

/// The notes below the keys. `{toggle-syntax}` stands for the key of the action of that name.
const NOTES: &[&str] = &[
    "The wheel scrolls the pane under the pointer. A click focuses and selects, a double click \
     opens or chooses. Keys in the hint line, the sort order and titles can be clicked too.",
    "In the plot the wheel zooms, a drag pans, and a click shows a value.",
    "Shift-drag selects text; with --no-mouse, a plain drag does.",
    "A rate is the mean over the last 5 seconds, or since the first message; bars show the last \
     minute.",
    "Redis counts the receivers of a publish: one for each matching subscription, including those \
     of this program.",
    "Pub/Sub delivers at most once: messages published while the connection is down are lost. The \
     log marks every such gap.",
    "One publish is one row, however many subscriptions match it.",
    "Filters, searches and breakpoints share a query language. {toggle-syntax} in the box shows its syntax. \
     Filters hide notices only with is:notice or is:gap.",
    "Before a row: ● marked by you, ◆ breakpoint hit, » search match.",
    "Before a channel: ● live, ◌ pending, ✗ denied, ■ ended, ★ only this is shown; ▸ a folded branch.",
    "A row is shown if it matches every include filter and no exclude filter.",
    "Breakpoints check every message that arrives, shown or hidden.",
    "A plot series records every message on its channel, whether the plot is shown or closed, \
     until {remove-series} in the plot removes it.",
];

/// The help.
#[derive(Debug)]
pub struct Help {
    /// The context whose keys come first.
    pub context: Context,
    /// The first line shown.
    pub top: usize,
    /// The search that narrows it.
    pub search: Option<Search>,
    /// The overlay beneath it, which is shown again when the help closes.
    pub over: Option<Box<Overlay>>,
}

/// A line of the help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HelpLine {
    /// Whether it is the heading of a section.
    pub is_heading: bool,
    /// The keys, and the ranges of them that match the search.
    pub keys: (String, Vec<Range<usize>>),
    /// The columns before the text.
    pub indent: usize,
    /// The text, and the ranges of it that match the search.
    pub text: (String, Vec<Range<usize>>),
}

impl Help {
    /// Returns the lines of the help in a width of `columns`: one list of lines, or two side by
    /// side. The sections of its context come first.
    pub fn columns(&self, settings: &Settings, columns: usize) -> Vec<Vec<HelpLine>> {
        let typed = Search::text(self.search.as_ref());
        let mut matching = (!typed.trim().is_empty()).then(|| Fuzzy::without_gaps(&typed));
        let is_double = columns >= MIN_FOR_TWO;
        let width = column_width(columns);
        let mut sides = vec![Vec::new(); 1 + usize::from(is_double)];
        for (title, entries) in sections(settings, self.context) {
            let lines = entries
                .iter()
                .flat_map(|entry| entry.lines(width, matching.as_mut()));
            let lines: Vec<HelpLine> = lines.collect();
            if lines.is_empty() {
                continue;
            }
            // The shorter side takes the next section, so that the first ones stay at the top.
            let heights = sides.iter().map(Vec::len);
            let shorter = heights.enumerate().min_by_key(|(_, height)| *height);
            let side: &mut Vec<HelpLine> = &mut sides[shorter.map_or(0, |(index, _)| index)];
            if !side.is_empty() {
                side.push(HelpLine::default());
            }
            side.push(HelpLine {
                is_heading: true,
                text: (title.to_owned(), Vec::new()),
                ..HelpLine::default()
            });
            side.extend(lines);
        }
        sides
    }
}

/// Returns the width of one list of lines in a help that is `columns` wide.
pub fn column_width(columns: usize) -> usize {
    if columns < MIN_FOR_TWO {
        return columns;
    }
    (columns - GAP) / 2
}

/// Returns the distance, in columns, from the start of one list of lines to the start of the next,
/// in a help that is `columns` wide.
pub fn column_offset(columns: usize) -> usize {
    column_width(columns) + GAP
}

/// An entry of a section.
#[derive(Clone, Debug)]
enum Entry {
    /// Keys and what they do.
    Keys(String, String),
    /// A note.
    Note(String),
}

/// Returns the sections: those that apply in `context`, the common motions, the other sections, and
/// the notes.
fn sections(settings: &Settings, context: Context) -> Vec<(&'static str, Vec<Entry>)> {
    let keymap = &settings.keymap;
    let near = context.chain().filter(|near| *near != Context::Always);
    let near: Vec<Context> = near.collect();
    let far = Context::ALL.into_iter().filter(|far| !near.contains(far));
    let section = |context: Context| {
        let bindings = keymap.bindings_of(context);
        let bindings =
            bindings.filter(|binding| !binding.keys.is_empty() && !is_common(keymap, binding));
        (context.title(), bindings.map(Entry::of).collect())
    };
    let motions = keymap.bindings_of(Context::Panes);
    let motions = motions.filter(|binding| is_common(keymap, binding));
    let motions = motions.map(Entry::of).collect();
    let mut sections: Vec<_> = near.iter().copied().map(section).collect();
    sections.push(("Moving, in panes and lists", motions));
    sections.extend(far.map(section));
    let own = settings.commands.iter().map(|own| {
        let key = own.key.map(Chord::label).unwrap_or_default();
        Entry::Keys(key, whole(own.command.name.as_bytes()))
    });
    sections.push(("Your commands", own.collect()));
    let notes = NOTES.iter();
    let notes = notes.map(|note| Entry::Note(keymap.text(context, note)));
    sections.push(("Notes", notes.collect()));
    sections
}

/// Returns whether a binding moves in the same way as its keys do in the panes.
fn is_common(keymap: &Keymap, binding: &Binding) -> bool {
    if !matches!(binding.action, Action::Move(_)) || binding.context.is_text() {
        return false;
    }
    let mut panes = keymap.bindings_of(Context::Panes);
    let pane = panes.find(|pane| pane.action == binding.action);
    let is_same = pane.is_some_and(|pane| {
        let mut keys = binding.keys.iter();
        keys.all(|key| pane.keys.contains(key))
    });
    let words = binding.help.split("; ").next().unwrap_or_default();
    is_same && MOTIONS.contains(&words)
}

impl Entry {
    fn of(binding: &Binding) -> Self {
        let labels: Vec<String> = binding.keys.iter().map(|key| key.label()).collect();
        Self::Keys(labels.join(" "), binding.help.to_string())
    }

    /// Returns the lines of the entry in a width of `columns`, or none if the entry does not match.
    fn lines(&self, columns: usize, mut matching: Option<&mut Fuzzy>) -> Vec<HelpLine> {
        let (keys, text) = match self {
            Self::Keys(keys, text) => (keys.as_str(), text.as_str()),
            Self::Note(text) => ("", text.as_str()),
        };
        let mut find = |text: &str| match &mut matching {
            Some(fuzzy) => fuzzy.marks(text),
            None => Some(Vec::new()),
        };
        let (in_keys, in_text) = (find(keys), find(text));
        if in_keys.is_none() && in_text.is_none() {
            return Vec::new();
        }
        let indent = match self {
            Self::Keys(..) => INDENT + KEY_COLUMNS.min(columns / 3),
            Self::Note(_) => 0,
        };
        let (in_keys, in_text) = (in_keys.unwrap_or_default(), in_text.unwrap_or_default());
        let mut lines = Vec::new();
        let mut start = 0;
        for part in wrapped(text, columns.saturating_sub(indent)) {
            let span = start..start + part.len();
            let inside = in_text.iter().filter_map(|mark| within(mark, &span));
            lines.push(HelpLine {
                indent,
                text: (part.to_owned(), inside.collect()),
                ..HelpLine::default()
            });
            start = span.end + 1;
        }
        if let Some(first) = lines.first_mut() {
            first.keys = (keys.to_owned(), in_keys);
        }
        // Keys that are too long for their columns get a line of their own.
        if keys.width() + INDENT >= indent && !keys.is_empty() {
            let keys = lines
                .first_mut()
                .map(|first| std::mem::take(&mut first.keys));
            let alone = HelpLine {
                keys: keys.unwrap_or_default(),
                ..HelpLine::default()
            };
            lines.insert(0, alone);
        }
        lines
    }
}

/// Returns the part of `mark` inside `span`, counted from the start of the span.
fn within(mark: &Range<usize>, span: &Range<usize>) -> Option<Range<usize>> {
    let (start, end) = (mark.start.max(span.start), mark.end.min(span.end));
    (start < end).then(|| start - span.start..end - span.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::input::Input;

    fn help(context: Context, typed: &str) -> Help {
        Help {
            context,
            top: 0,
            search: Some(Search {
                input: Box::new(Input::holding(typed)),
                is_typing: true,
            }),
            over: None,
        }
    }

    fn headings(lines: &[HelpLine]) -> Vec<&str> {
        let headings = lines.iter().filter(|line| line.is_heading);
        headings.map(|line| line.text.0.as_str()).collect()
    }

    #[test]
    fn the_section_of_the_current_pane_comes_first() {
        for context in Context::ALL {
            if context == Context::Always {
                continue;
            }
            let columns = help(context, "").columns(&Settings::default(), 80);
            assert_eq!(headings(&columns[0])[0], context.title());
        }
        let columns = help(Context::Latest, "").columns(&Settings::default(), 80);
        let first = [Context::Latest, Context::Channels, Context::Panes].map(Context::title);
        assert_eq!(headings(&columns[0])[..3], first);
    }

    #[test]
    fn sections_stand_side_by_side_if_they_fit() {
        for (columns, sides) in [(60, 1), (105, 1), (106, 2), (200, 2)] {
            let sides_of_help = help(Context::Messages, "").columns(&Settings::default(), columns);
            assert_eq!(sides_of_help.len(), sides);
        }
        let wide = help(Context::Messages, "").columns(&Settings::default(), 200);
        assert_eq!(headings(&wide[0])[0], Context::Messages.title());
        assert_eq!(headings(&wide[1])[0], Context::Panes.title());
        let heights: Vec<usize> = wide.iter().map(Vec::len).collect();
        assert!(heights[0].abs_diff(heights[1]) < 20, "{heights:?}");
    }

    #[test]
    fn common_motions_are_listed_once() {
        let columns = help(Context::Channels, "").columns(&Settings::default(), 80);
        let downs = columns[0]
            .iter()
            .filter(|line| line.text.0 == "half a page down");
        assert_eq!(downs.count(), 1);
        let downs = columns[0].iter().filter(|line| line.text.0 == "down");
        // Profile names and text boxes have their own line for "down", without `j`, since letters
        // are text there.
        for line in downs {
            let keys = line.keys.0.as_str();
            assert!(keys == "j ↓" || !keys.contains('j'), "{keys}");
        }
    }

    #[test]
    fn no_line_is_cut_at_any_width() {
        for width in [38, 58, 78, 106, 118, 198] {
            for line in help(Context::Messages, "")
                .columns(&Settings::default(), width)
                .concat()
            {
                let used = match line.keys.0.width() {
                    0 => 0,
                    keys => INDENT + keys,
                };
                let end = line.indent.max(used) + line.text.0.width();
                assert!(end <= column_width(width), "{width}: {line:?}");
            }
        }
    }

    #[test]
    fn a_search_leaves_the_lines_that_match_with_their_headings() {
        let lines = help(Context::Messages, "histogram")
            .columns(&Settings::default(), 80)
            .concat();
        let entries = lines
            .iter()
            .filter(|line| !line.text.0.is_empty() && !line.is_heading);
        for line in entries.clone() {
            let marks = line.text.1.iter().map(|mark| &line.text.0[mark.clone()]);
            assert_eq!(marks.collect::<Vec<_>>(), ["histogram"]);
        }
        assert!(entries.count() > 0);
        assert_eq!(headings(&lines), [Context::Plot.title()]);
        assert_eq!(
            help(Context::Messages, "no such words").columns(&Settings::default(), 80),
            [vec![]]
        );
        // The search also finds keys.
        let lines = help(Context::Messages, "Ctrl-Z")
            .columns(&Settings::default(), 80)
            .concat();
        assert_eq!(headings(&lines), [Context::Always.title()]);
    }
}
