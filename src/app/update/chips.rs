//! The chips above the log: selecting a chip, removing what it represents, and undoing the removal.

use super::App;
use super::undo::named;
use crate::app::action::ChipAction;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::keymap::Context;
use crate::app::log_pane::chips::{Chip, still_muted};
use crate::app::overlays::query_box::Purpose;
use crate::app::undo::{RemovedChip, Undo};

impl App {
    /// Moves the focus to the chips, or shows a toast that says why that is not possible.
    pub(super) fn focus_chips(&mut self) -> Vec<Effect> {
        if Chip::all(&self.session).next().is_none() {
            return self.tell("nothing hides messages: no filter, no single channel, no mute");
        }
        let before = self.focus;
        self.set_focus(Focus::Chips);
        if self.areas().chips.is_empty() {
            self.set_focus(before);
            return self.tell(self.keyed("no room for the line of filters · {filters} lists them"));
        }
        self.log_pane.chip.select(0, &self.session);
        Vec::new()
    }

    /// Executes `action` on the selected chip.
    pub(super) fn act_on_chip(&mut self, action: ChipAction) -> Vec<Effect> {
        let all = Chip::all(&self.session);
        let chosen = self.log_pane.chip.chip;
        let chosen = all.enumerate().find(|(_, chip)| Some(*chip) == chosen);
        match (action, chosen) {
            (ChipAction::Next, _) => self.log_pane.chip.step(true, &self.session),
            (ChipAction::Previous, _) => self.log_pane.chip.step(false, &self.session),
            (ChipAction::Remove, Some((index, chip))) => {
                self.log_pane.chip.leave(index);
                return self.remove_chip(chip);
            }
            (ChipAction::Edit, Some((_, chip))) => return self.edit_chip(chip),
            (ChipAction::Remove | ChipAction::Edit, None) => {
                let keymap = &self.session.settings.keymap;
                let words = "none is selected · {next} selects the next one";
                return self.tell(keymap.text(Context::Chips, words));
            }
        }
        Vec::new()
    }

    /// Removes the chip whose cross was clicked, or selects the clicked chip. After the first click
    /// of a double click, the cross of another chip may be there.
    pub(super) fn click_chip(&mut self, column: u16, is_second: bool) -> Vec<Effect> {
        let hit = self.chips().at(usize::from(column));
        let Some((index, is_cross)) = hit else {
            return Vec::new();
        };
        if !is_cross {
            self.log_pane.chip.select(index, &self.session);
            self.set_focus(Focus::Chips);
            return Vec::new();
        }
        let chip = Chip::all(&self.session).nth(index).filter(|_| !is_second);
        chip.map_or_else(Vec::new, |chip| self.remove_chip(chip))
    }

    /// Moves the focus from the chips to the log once there are none.
    pub(super) fn settle_chips(&mut self) {
        if self.focus == Focus::Chips
            && (self.areas().chips.is_empty() || Chip::all(&self.session).next().is_none())
        {
            self.set_focus(Focus::Messages);
        }
    }

    /// Edits the query of `chip`.
    fn edit_chip(&mut self, chip: Chip) -> Vec<Effect> {
        match chip {
            Chip::Filter => self.write_query(Purpose::Filter),
            Chip::Listed(filter) => self.write_query(Purpose::ListedFilter(Some(filter))),
            Chip::Stop => match self.stopped_by() {
                Some(breakpoint) => self.write_query(Purpose::Breakpoint(Some(breakpoint))),
                None => return self.tell("this breakpoint was removed or changed"),
            },
            Chip::Only | Chip::Muted(_) => {
                let words = "only a filter or breakpoint can be edited · {remove} removes this";
                let keymap = &self.session.settings.keymap;
                return self.tell(keymap.text(Context::Chips, words));
            }
        }
        Vec::new()
    }

    /// Removes what `chip` represents.
    fn remove_chip(&mut self, chip: Chip) -> Vec<Effect> {
        let filters = &mut self.session.filters;
        let removed = match chip {
            Chip::Stop => return self.remove_stop(),
            Chip::Filter => filters.typed.take().map(RemovedChip::Filter),
            Chip::Listed(index) => filters.list.get_mut(index).map(|filter| {
                filter.is_on = false;
                RemovedChip::Listed(filter.query.clone())
            }),
            Chip::Only => filters.only.take().map(RemovedChip::Only),
            Chip::Muted(index) => {
                let scope = filters.muted.at(index);
                scope.map(|scope| {
                    filters.muted.toggle(scope.clone());
                    RemovedChip::Muted(scope)
                })
            }
        };
        let Some(removed) = removed else {
            return Vec::new();
        };
        let done = match &removed {
            RemovedChip::Filter(query) => format!("filter {} removed", named(query.text())),
            RemovedChip::Listed(query) => format!("filter {} off", named(query.text())),
            RemovedChip::Only(scope) => match still_muted(&self.session) {
                Some(muted) => format!("only {} removed · {muted}", scope.name()),
                None => "all channels shown".to_owned(),
            },
            RemovedChip::Muted(scope) => format!("{} unmuted", scope.name()),
        };
        let keys = self.keyed(match removed {
            RemovedChip::Listed(_) => "{undo} undoes it, {filters} lists it",
            _ => "{undo} undoes it",
        });
        self.tell(format!("{done} · {keys}"));
        self.can_undo(Undo::RemoveChip(removed));
        self.session.refresh_shown()
    }

    /// Removes the breakpoint that has stopped the view, without moving the view.
    fn remove_stop(&mut self) -> Vec<Effect> {
        let breakpoint = self.stopped_by();
        self.session.breakpoints.stop = None;
        let Some(index) = breakpoint else {
            self.session.hold_stops();
            return self
                .tell(self.keyed("the breakpoint was removed earlier · {toggle-freeze} resumes"));
        };
        self.remove_breakpoint(index)
    }

    /// Returns the index of the breakpoint that has stopped the view, unless it has been changed
    /// since.
    fn stopped_by(&self) -> Option<usize> {
        let breakpoints = &self.session.breakpoints;
        let stop = breakpoints.stop.as_ref()?;
        let mut list = breakpoints.list.iter();
        list.position(|breakpoint| breakpoint.query == stop.query)
    }

    /// Restores what was removed with its chip.
    pub(super) fn restore_chip(&mut self, removed: RemovedChip) -> Vec<Effect> {
        // A chip may come before the selected one, which is not the one that the user has in mind.
        self.log_pane.chip.leave(0);
        let filters = &mut self.session.filters;
        let words = match removed {
            RemovedChip::Filter(query) => {
                let restored = named(query.text());
                match filters.typed.replace(query) {
                    Some(other) => {
                        format!(
                            "filter {restored} restored in place of {}",
                            named(other.text())
                        )
                    }
                    None => format!("filter {restored} restored"),
                }
            }
            RemovedChip::Listed(query) => {
                let words = format!("filter {} on again", named(query.text()));
                let mut list = filters.list.iter_mut();
                match list.find(|filter| filter.query == query && !filter.is_on) {
                    Some(filter) => filter.is_on = true,
                    None => return self.tell("the filter is on or no longer in the list"),
                }
                words
            }
            RemovedChip::Only(scope) => {
                let words = format!("only {} shown", scope.name());
                filters.only = Some(scope);
                words
            }
            RemovedChip::Muted(scope) => {
                let words = format!("{} muted", scope.name());
                if !filters.muted.has(&scope) {
                    filters.muted.toggle(scope);
                }
                words
            }
        };
        self.tell(words);
        self.session.refresh_shown()
    }
}
