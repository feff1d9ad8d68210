//! The recipes in force for channels.
//!
//! A channel's recipe is decided when one of its messages is first shown, and not again. Nothing is
//! done for messages as they arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::Session;
use super::checks::only;
use super::decoded_rows::{MOST_DECODED_FOR_ROW, MOST_UNPACKED_FOR_ROW};
use super::scope::Scope;
use crate::app::effect::Effect;
use crate::log::Content;
use crate::message::{RowId, Time};
use crate::payload::escape::whole_name;
use crate::query::Query;
use crate::recipes::{Recipe, Recipes};
use crate::workers::analysis::{Check, CheckId};

/// How many messages of a channel are tested before it is taken to have no recipe.
const MAX_TESTED: u8 = 8;

/// Maximum number of channels whose recipe is remembered. Beyond that, all are forgotten that can
/// be decided again.
const MAX_CHANNELS: usize = 10_000;

/// The period for which the work on recipes is limited, so that a flood of new channels costs little:
/// about a frame.
const PERIOD: Duration = Duration::from_millis(30);

/// Maximum number of times that the rows on the screen are looked through in a period.
const MAX_LOOKS: u32 = 8;

/// Maximum number of messages that are tested in a period.
const MAX_FINDS: u32 = 64;

/// Maximum number of channels that get checks of their own from recipes.
const MAX_CHECKED: usize = 32;

/// The recipes, and which of them are in force.
#[derive(Debug, Default)]
pub struct RecipesInForce {
    recipes: Recipes,
    channels: BTreeMap<Arc<[u8]>, Decision>,
    /// The checks of pairs, by the index of their recipe.
    pairs: BTreeMap<usize, Vec<CheckId>>,
    /// The recipes whose note has been shown.
    told: BTreeSet<usize>,
    pace: Pace,
}

/// The work done in the current period.
#[derive(Debug, Default)]
struct Pace {
    since: Time,
    looks: u32,
    finds: u32,
    /// Whether there is more to do in the next period.
    is_behind: bool,
}

impl Pace {
    /// Begins to look through the rows on the screen. Returns whether the period has time for it.
    fn begin(&mut self, now: Time) -> bool {
        if now.since(self.since) >= PERIOD {
            *self = Self {
                since: now,
                ..Self::default()
            };
        }
        self.looks += 1;
        self.is_behind = self.looks > MAX_LOOKS;
        !self.is_behind
    }

    /// Returns whether the period has time for another test.
    fn test(&mut self) -> bool {
        self.finds += 1;
        let has_time = self.finds <= MAX_FINDS;
        self.is_behind |= !has_time;
        has_time
    }
}

/// What is known about a channel.
#[derive(Debug)]
enum Decision {
    /// No message has passed a test yet.
    Open {
        candidates: Vec<usize>,
        tested: u8,
        last: RowId,
    },
    /// The recipe at this index applies.
    Recipe {
        index: usize,
        is_on: bool,
        checks: Vec<CheckId>,
    },
    /// No recipe applies.
    None,
}

impl RecipesInForce {
    pub(super) fn new(recipes: Recipes) -> Self {
        Self {
            recipes,
            ..Self::default()
        }
    }

    /// Returns when to look through the rows on the screen again, if not all have been tested.
    pub(super) fn due(&self) -> Option<Time> {
        self.pace.is_behind.then(|| self.pace.since.after(PERIOD))
    }

    /// Returns the recipe of the channel called `name`, and whether it is on.
    pub fn of(&self, name: &[u8]) -> Option<(&Recipe, bool)> {
        let (index, is_on) = self.index_of(name)?;
        Some((self.recipes.get(index)?, is_on))
    }

    /// Returns the recipe in force for the channel called `name`.
    pub fn in_force(&self, name: &[u8]) -> Option<&Recipe> {
        let (recipe, is_on) = self.of(name)?;
        is_on.then_some(recipe)
    }

    fn index_of(&self, name: &[u8]) -> Option<(usize, bool)> {
        match self.channels.get(name)? {
            Decision::Recipe { index, is_on, .. } => Some((*index, *is_on)),
            Decision::Open { .. } | Decision::None => None,
        }
    }

    /// Returns whether the recipe of a channel has yet to be decided, and `row` may decide it.
    fn is_open(&self, name: &[u8], row: RowId) -> bool {
        match self.channels.get(name) {
            Some(Decision::Open { last, .. }) => *last != row,
            Some(Decision::Recipe { .. } | Decision::None) => false,
            None => true,
        }
    }

    /// Makes room for another channel. Keeps what the user turned off and what has checks.
    fn make_room(&mut self) {
        if self.channels.len() < MAX_CHANNELS {
            return;
        }
        let recipes = &self.recipes;
        self.channels.retain(|_, decision| match decision {
            Decision::Recipe {
                index,
                is_on,
                checks,
            } => {
                let has_more =
                    |recipe: &Recipe| !recipe.pairs.is_empty() || recipe.format.is_some();
                !*is_on || !checks.is_empty() || recipes.get(*index).is_some_and(has_more)
            }
            Decision::Open { .. } | Decision::None => false,
        });
    }

    /// Decides the recipe of a channel by the message in `row`. Returns its index if there is one.
    fn decide(&mut self, name: &Arc<[u8]>, row: RowId, payload: &[u8]) -> Option<usize> {
        let (candidates, tested) = match self.channels.remove(name) {
            Some(Decision::Open {
                candidates, tested, ..
            }) => (candidates, tested),
            _ => (self.recipes.candidates(name), 0),
        };
        self.make_room();
        let found = self
            .recipes
            .find(&candidates, name, payload, MOST_UNPACKED_FOR_ROW);
        let decision = match found {
            Some(index) => Decision::Recipe {
                index,
                is_on: false,
                checks: Vec::new(),
            },
            None if candidates.is_empty() || tested + 1 >= MAX_TESTED => Decision::None,
            None => Decision::Open {
                candidates,
                tested: tested + 1,
                last: row,
            },
        };
        self.channels.insert(Arc::clone(name), decision);
        found
    }

    /// Returns how many channels have checks of their own.
    fn checked(&self) -> usize {
        let has_checks = |decision: &&Decision| matches!(decision, Decision::Recipe { checks, .. } if !checks.is_empty());
        self.channels.values().filter(has_checks).count()
    }

    /// Returns whether the recipe at `index` is on for any channel.
    fn is_used(&self, index: usize) -> bool {
        let uses = |decision: &Decision| matches!(decision, Decision::Recipe { index: of, is_on: true, .. } if *of == index);
        self.channels.values().any(uses)
    }
}

impl Session {
    /// Returns whether to look for recipes of the channels whose messages are shown.
    pub(crate) fn looks_for_recipes(&mut self) -> bool {
        !self.recipes.recipes.is_empty() && self.recipes.pace.begin(self.now)
    }

    /// Decides the recipes of the channels of `rows`, which are shown, and puts them into force.
    pub(crate) fn decide_recipes(&mut self, rows: &[RowId]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for row in rows {
            effects.extend(self.decide_recipe(*row));
        }
        effects
    }

    fn decide_recipe(&mut self, row: RowId) -> Vec<Effect> {
        let Some(Content::Message {
            channel,
            payload,
            size,
        }) = self.log.row(row).map(|row| row.content)
        else {
            return Vec::new();
        };
        let Some(channel) = self.log.channels().by_id(channel) else {
            return Vec::new();
        };
        if !self.recipes.is_open(channel.name(), row) || !self.recipes.pace.test() {
            return Vec::new();
        }
        let is_whole = size == payload.len() as u64 && payload.len() <= MOST_DECODED_FOR_ROW;
        let payload = if is_whole { payload } else { b"" };
        let name = channel.shared_name();
        match self.recipes.decide(&name, row, payload) {
            Some(_) => self.switch_recipe(&name, true),
            None => Vec::new(),
        }
    }

    /// Turns the recipe of a channel on or off.
    fn switch_recipe(&mut self, name: &Arc<[u8]>, turns_on: bool) -> Vec<Effect> {
        let may_check = self.recipes.checked() < MAX_CHECKED;
        let Some(Decision::Recipe {
            index,
            is_on,
            checks,
        }) = self.recipes.channels.get_mut(name)
        else {
            return Vec::new();
        };
        *is_on = turns_on;
        let (index, ended) = (*index, mem::take(checks));
        let Some(recipe) = self.recipes.recipes.get(index).cloned() else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        for check in ended {
            effects.extend(self.end_check(check));
        }
        if let Some(format) = recipe.format {
            let format = turns_on.then_some(format);
            Arc::make_mut(&mut self.decoder_choices).set_by_recipe(name, format);
            effects.extend(self.checks.read_by(&self.decoder_choices));
            effects.extend(self.ask_again(Query::uses_values));
        }
        if turns_on && may_check {
            let wanted = recipe.checks_of(&only(name)).into_iter();
            let wanted: Vec<_> = wanted
                .filter(|check| !self.has_check_like(check, name))
                .collect();
            let added: Vec<_> = wanted
                .into_iter()
                .map(|check| self.add_check(check))
                .collect();
            let (ids, asked): (Vec<_>, Vec<_>) = added.into_iter().unzip();
            effects.extend(asked.into_iter().flatten());
            if let Some(Decision::Recipe { checks, .. }) = self.recipes.channels.get_mut(name) {
                *checks = ids;
            }
        }
        effects.extend(self.switch_pairs(index, &recipe));
        effects.extend(self.mute_by_recipe(name, &recipe, turns_on));
        if turns_on {
            self.tell_note(name, index, &recipe);
        }
        effects
    }

    /// Shows the note of a recipe once, unless another toast is shown.
    fn tell_note(&mut self, name: &[u8], index: usize, recipe: &Recipe) {
        if let Some(note) = &recipe.note
            && self.toast.is_none()
            && self.recipes.told.insert(index)
        {
            let channel = whole_name(name);
            self.tell(format!("{channel}: {} · {note}", recipe.name));
        }
    }

    /// Returns whether a check of the same kind watches the channel, so that the user's own one
    /// wins over that of a recipe.
    fn has_check_like(&self, check: &Check, name: &[u8]) -> bool {
        let kind = mem::discriminant(check);
        let mut others = self.checks.of_channel(name);
        others.any(|(_, other)| mem::discriminant(other) == kind)
    }

    /// Adds or removes the checks of the pairs of a recipe, which concern all its channels.
    fn switch_pairs(&mut self, index: usize, recipe: &Recipe) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !self.recipes.is_used(index) {
            for check in self.recipes.pairs.remove(&index).unwrap_or_default() {
                effects.extend(self.end_check(check));
            }
        } else if !recipe.pairs.is_empty() && !self.recipes.pairs.contains_key(&index) {
            let mut ids = Vec::new();
            for pair in &recipe.pairs {
                let (id, asked) = self.add_check(pair.clone());
                ids.push(id);
                effects.extend(asked);
            }
            self.recipes.pairs.insert(index, ids);
        }
        effects
    }

    /// Mutes a channel as its recipe says, or unmutes it.
    fn mute_by_recipe(&mut self, name: &Arc<[u8]>, recipe: &Recipe, mutes: bool) -> Vec<Effect> {
        let scope = Scope::Channel(Arc::clone(name));
        if !recipe.is_muted || self.filters.muted.has(&scope) == mutes {
            return Vec::new();
        }
        self.filters.muted.toggle(scope);
        self.refresh_shown()
    }

    /// Turns the recipe of the channel `name` off, or on again.
    pub(crate) fn toggle_recipe(&mut self, name: &Arc<[u8]>) -> Vec<Effect> {
        let channel = whole_name(name);
        let Some((recipe, is_on)) = self.recipes.of(name) else {
            return self.tell(format!("no recipe applies to {channel}"));
        };
        let recipe = recipe.name.clone();
        let mut effects = self.switch_recipe(name, !is_on);
        let words = if is_on {
            let keys = self.keyed("{toggle-recipe} turns it on");
            format!("{channel}: recipe {recipe} off · {keys}")
        } else {
            self.lenses.forget_removal(name);
            format!("{channel}: recipe {recipe} on")
        };
        effects.extend(self.tell(words));
        effects
    }
}
