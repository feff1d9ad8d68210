//! Folding branches, and narrowing the list.

use std::sync::Arc;

use super::folding::ends;
use super::line::{Entry, Target};
use super::narrowing::Narrowing;
use super::{ChannelList, Lists};
use crate::app::settings::ListForm;
use crate::message::Time;

/// Columns before the fold mark of a top-level branch.
pub const FOLD_MARK_AT: u16 = 3;

/// Columns of a fold mark, and of the indentation per level.
pub const INDENT: u16 = 2;

/// The maximum number of levels that are indented. Deeper lines are not indented further.
const MAX_INDENTS: u16 = 8;

impl ChannelList {
    /// Returns how far a line is indented, in columns.
    pub fn indent(&self, line: usize) -> u16 {
        INDENT * self.depth(line).min(MAX_INDENTS)
    }

    fn depth(&self, line: usize) -> u16 {
        self.places.get(line).map_or(0, |place| place.depth)
    }

    /// Switches between a flat list and a tree. In a tree, opens the branches around the selected
    /// channel, so that it stays visible.
    pub(in crate::app) fn toggle_tree(&mut self, lists: &Lists, now: Time) {
        self.form = match self.form {
            ListForm::Flat => ListForm::Tree,
            ListForm::Tree => ListForm::Flat,
        };
        self.choose_separator(lists);
        if self.form == ListForm::Tree {
            self.reveal_selected();
        }
        self.start(lists, now);
    }

    /// Opens the branches that contain the selected channel.
    fn reveal_selected(&mut self) {
        if let Some(name) = self.selected.as_ref().and_then(Target::channel) {
            self.folding.reveal(name);
        }
    }

    /// Folds the selected branch, or goes to the branch that contains the selected line. Returns
    /// whether there is such a branch.
    pub(in crate::app) fn fold(&mut self, height: u16, lists: &Lists) -> bool {
        let branch = self.selected_branch();
        let is_branch = branch.is_some();
        if branch.is_some_and(|branch| branch.is_open) {
            self.toggle_fold(self.line, lists, Time::default());
            return true;
        }
        let depth = self.depth(self.line);
        let above = &self.places[..self.line.min(self.places.len())];
        let Some(line) = above.iter().rposition(|place| place.depth < depth) else {
            return is_branch;
        };
        self.select_line(line, height, lists);
        true
    }

    /// Unfolds the selected branch, or goes to its first line. Returns whether a branch is selected.
    pub(in crate::app) fn unfold(&mut self, height: u16, lists: &Lists, now: Time) -> bool {
        match self.selected_branch() {
            None => return self.depth(self.line) > 0,
            Some(branch) if branch.is_open => self.select_line(self.line + 1, height, lists),
            Some(_) => self.toggle_fold(self.line, lists, now),
        }
        true
    }

    /// Folds or unfolds the branch in `line`, if there is one.
    pub(in crate::app) fn toggle_fold(&mut self, line: usize, lists: &Lists, now: Time) {
        let Some(Entry::Branch(index)) = self.entries.get(line).copied() else {
            return;
        };
        let Some(branch) = self.branches.get_mut(index) else {
            return;
        };
        let prefix = Arc::clone(&branch.prefix);
        let folding = &mut self.folding;
        let of_kind = if branch.is_group() {
            &mut folding.groups
        } else {
            &mut folding.branches
        };
        if branch.is_open {
            branch.is_open = false;
            of_kind.remove(&prefix);
            // Remove the lines at once, since the next sort may take a while.
            let depth = self.depth(line);
            let below = self.places[line + 1..].iter();
            let count = below.take_while(|place| place.depth > depth).count();
            self.entries.drain(line + 1..=line + count);
            self.places.drain(line + 1..=line + count);
            if self.line > line {
                let selected = if self.line <= line + count {
                    line
                } else {
                    self.line - count
                };
                self.set_line(selected, lists);
            }
            // A sort in progress still assumes that the branch is open, so restart it.
            if self.work.is_some() {
                self.start(lists, self.part_done_at.max(now));
            }
            return;
        }
        if !branch.is_group() {
            // The line may stand for several nested branches.
            let outer = ends(&prefix, prefix.last().copied());
            of_kind.extend(outer.map(|end| Arc::from(&prefix[..end])));
        }
        of_kind.insert(Arc::clone(&prefix));
        self.start(lists, now);
    }

    /// Opens the text box that narrows the list.
    pub(in crate::app) fn open_narrowing(&mut self) {
        let before = self.selected.clone();
        self.narrowing.get_or_insert_with(|| {
            Box::new(Narrowing {
                before,
                ..Narrowing::default()
            })
        });
    }

    /// Narrows the list to the names that match the text typed.
    pub(in crate::app) fn narrow(&mut self, lists: &Lists, now: Time) {
        if let Some(narrowing) = &mut self.narrowing {
            narrowing.is_settled = false;
        }
        self.start(lists, now);
    }

    /// Lists everything again, and restores the selection from before the narrowing.
    pub(in crate::app) fn clear_narrowing(&mut self, lists: &Lists, now: Time) {
        if let Some(narrowing) = self.narrowing.take() {
            self.selected = narrowing.before.or_else(|| self.selected.take());
            self.start(lists, now);
        }
    }

    /// Lists everything again, with the selected match still selected.
    pub(in crate::app) fn keep_match(&mut self, lists: &Lists, now: Time) {
        if self.narrowing.take().is_some() {
            self.reveal_selected();
            self.start(lists, now);
        }
    }
}
