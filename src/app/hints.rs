//! The hints that fit on the hint line and their columns.

use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use super::action::{Action, ScreenAction};
use super::keymap::{Binding, Chord, Context, Keymap};

/// The spaces between two hints.
pub(super) const GAP: usize = 2;

/// A key on the hint line, and what it does.
#[derive(Clone, Debug)]
pub struct Hint {
    /// The key.
    pub chord: Chord,
    /// The key's label.
    pub key: String,
    /// What the key does, in a word or two.
    pub words: String,
    /// The action that it triggers.
    pub action: Action,
    /// The columns of the key and the words, counted from the start of the hints.
    pub columns: Range<usize>,
}

impl Hint {
    /// Returns the text between the key and the next hint.
    pub fn rest(&self) -> String {
        if self.words.is_empty() {
            return String::new();
        }
        format!(" {}  ", self.words)
    }

    /// Returns the hint, moved to the right by `columns`.
    pub(super) fn moved(self, columns: usize) -> Self {
        Self {
            columns: self.columns.start + columns..self.columns.end + columns,
            ..self
        }
    }
}

/// Returns the keys of `context` that fit into `columns`, each with the words from `hint`. The keys
/// for help and for leaving come last but have priority.
pub fn hints_in(
    keymap: &Keymap,
    context: Context,
    columns: usize,
    hint: impl Fn(&Binding) -> Option<&'static str>,
) -> Vec<Hint> {
    let leaving = [
        Action::Screen(ScreenAction::Help),
        Action::Quit,
        Action::Back,
    ];
    let hints = keymap.bindings_in(context).filter_map(|binding| {
        let chord = *binding.keys.first()?;
        Some(Hint {
            chord,
            key: chord.label(),
            words: hint(binding)?.to_owned(),
            action: binding.action,
            columns: 0..0,
        })
    });
    let (leave, others): (Vec<Hint>, Vec<Hint>) =
        hints.partition(|hint| leaving.contains(&hint.action));
    let width = |hint: &Hint| hint.key.width() + hint.rest().width();
    let kept: usize = leave.iter().map(width).sum();
    let mut used = 0;
    let mut fitting = Vec::new();
    let others = others.into_iter().map(|hint| (hint, kept));
    for (mut hint, kept) in others.chain(leave.into_iter().map(|hint| (hint, 0))) {
        if kept == 0 && used + width(&hint) > columns + GAP {
            // Show a key for leaving even if there is no room for what it does.
            hint.words.clear();
        }
        let end = used + width(&hint);
        if end + kept <= columns + if kept == 0 { GAP } else { 0 } {
            hint.columns = used..(end - GAP.min(width(&hint))).min(columns);
            used = end;
            fitting.push(hint);
        }
    }
    fitting
}
