//! The predefined sets of keys, and the user's changes to them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;

use super::{BINDINGS, Binding, Chord, Context, Keymap};
use crate::app::action::Action;
use crate::config::{Config, ConfigError, KeyChange, PaneKeys, Place, suggestion};

/// The name that stands for all panes in the config file.
const ALL: &str = "all";

/// A set of keys to start from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySet {
    /// The keys of vim and less.
    #[default]
    Vim,
    /// The arrow keys and the keys around them, without the letters that move in vim.
    Arrows,
}

impl KeySet {
    /// Returns the changes that the set makes to the default keys.
    fn changes(self) -> Vec<PaneKeys> {
        let text = match self {
            Self::Vim => return Vec::new(),
            Self::Arrows => include_str!("../../../assets/keys/arrows.toml"),
        };
        // A test checks that the file is valid.
        let config = Config::parse(Path::new("arrows.toml"), text).ok();
        config
            .map(|config| config.keys.rest().clone())
            .unwrap_or_default()
    }
}

impl Keymap {
    /// Creates the keys of `set`, changed by `changes`. Ctrl-C always interrupts, whatever the
    /// changes.
    ///
    /// # Errors
    ///
    /// Returns every error: an unknown pane, action or key, a key that a text box needs, and a key
    /// that would have two meanings.
    pub fn new(set: KeySet, changes: &[PaneKeys]) -> Result<Self, Vec<ConfigError>> {
        let mut table = Table::default();
        table.apply(&set.changes());
        let before = table.bindings.clone();
        table.set_by = vec![None; before.len()];
        table.apply(changes);
        table.find_conflicts(&before);
        if !table.errors.is_empty() {
            table.errors.sort_by_key(ConfigError::line);
            return Err(table.errors);
        }
        Ok(Self::of(table.bindings))
    }
}

impl KeySet {
    /// Returns how many of the changes give an action other keys than this set does.
    pub fn count_differing(self, changes: &[PaneKeys]) -> usize {
        let mut table = Table::default();
        table.apply(&self.changes());
        table.count_differing(changes)
    }
}

/// The table of all keys while it is being changed.
struct Table {
    bindings: Vec<Binding>,
    /// Where the keys of each binding were set, or `None` for default keys.
    set_by: Vec<Option<Place>>,
    errors: Vec<ConfigError>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            bindings: BINDINGS.to_vec(),
            set_by: vec![None; BINDINGS.len()],
            errors: Vec::new(),
        }
    }
}

impl Table {
    /// Returns how many of the changes give an action other keys than it has in this table.
    fn count_differing(&self, panes: &[PaneKeys]) -> usize {
        let differs = |change: &KeyChange, context: Option<Context>| {
            self.named(change, context).into_iter().any(|at| {
                let binding = &self.bindings[at];
                let keys = keys_of(change, binding.action, context);
                keys.is_ok_and(|keys| *keys != *binding.keys)
            })
        };
        let counts = panes.iter().map(|pane| {
            let mut contexts = Context::ALL.into_iter();
            let context = contexts.find(|context| context.name() == pane.pane);
            let changes = pane.changes.iter();
            changes.filter(|change| differs(change, context)).count()
        });
        counts.sum()
    }

    /// Returns the indices of the bindings that a change in `context` applies to. Without a context,
    /// these are the bindings of the action in every context that takes no text.
    fn named(&self, change: &KeyChange, context: Option<Context>) -> Vec<usize> {
        let is_meant = |binding: &Binding| match context {
            Some(context) => binding.context == context,
            None => takes_letters(binding.context),
        };
        let bindings = self.bindings.iter().enumerate();
        let meant = bindings.filter(|(_, binding)| is_meant(binding));
        let named = meant.filter(|(_, binding)| binding.action.name() == change.action);
        named.map(|(at, _)| at).collect()
    }

    /// Applies the changes: first those of all panes, then those of single panes.
    fn apply(&mut self, panes: &[PaneKeys]) {
        let (all, single): (Vec<_>, Vec<_>) = panes.iter().partition(|pane| pane.pane == ALL);
        for change in all.iter().flat_map(|pane| &pane.changes) {
            self.change(change, None);
        }
        for pane in single {
            let mut contexts = Context::ALL.into_iter();
            match contexts.find(|context| context.name() == pane.pane) {
                Some(context) => {
                    for change in &pane.changes {
                        self.change(change, Some(context));
                    }
                }
                None => self.errors.push(pane.place.error(unknown_pane(&pane.pane))),
            }
        }
    }

    /// Sets the keys of an action in `context`, or in every context that has the action and takes
    /// no text.
    fn change(&mut self, change: &KeyChange, context: Option<Context>) {
        let named = self.named(change, context);
        let Some(first) = named.first().map(|at| &self.bindings[*at]) else {
            let problem = unknown_action(&change.action, context);
            self.errors.push(change.place.error(problem));
            return;
        };
        let keys = keys_of(change, first.action, context);
        match keys {
            Ok(keys) => {
                for at in named {
                    self.bindings[at].keys = Cow::Owned(keys.clone());
                    self.set_by[at] = Some(change.place.clone());
                }
            }
            Err(problems) => {
                let errors = problems.into_iter();
                self.errors
                    .extend(errors.map(|problem| change.place.error(problem)));
            }
        }
    }

    /// Adds an error for every changed key that already has another meaning in the same context, an
    /// enclosing one or a nested one. If the keys of both actions were changed, the inner one may
    /// hide the outer one.
    fn find_conflicts(&mut self, before: &[Binding]) {
        let mut seen = HashSet::new();
        for (at, binding) in self.bindings.iter().enumerate() {
            let Some(place) = &self.set_by[at] else {
                continue;
            };
            for chord in binding.keys.iter() {
                let others = self.bindings.iter().enumerate();
                let mut others = others.filter(|(_, other)| {
                    other.action != binding.action && other.keys.contains(chord)
                });
                let conflict = others.find(|(other_at, other)| {
                    let is_set = self.set_by[*other_at].is_some();
                    if other.context == binding.context {
                        return !is_set || *other_at < at;
                    }
                    let had = |at: usize| before[at].keys.contains(chord);
                    let is_nested = nested(binding.context, other.context);
                    is_nested && !is_set && !(had(at) && had(*other_at))
                });
                if let Some((_, other)) = conflict
                    && seen.insert((place.line(), *chord))
                {
                    self.errors.push(place.error(format!(
                        "{} already means {} in {}: change that too",
                        chord.name(),
                        other.action.name(),
                        other.context.name()
                    )));
                }
            }
        }
    }
}

/// Returns whether one of the contexts is nested in the other.
fn nested(one: Context, other: Context) -> bool {
    one.chain().any(|context| context == other) || other.chain().any(|context| context == one)
}

/// Returns whether a plain letter can trigger an action in `context`.
fn takes_letters(context: Context) -> bool {
    !context.is_text() && context != Context::Always
}

/// Returns the keys of a change, or an error for each invalid one.
fn keys_of(
    change: &KeyChange,
    action: Action,
    context: Option<Context>,
) -> Result<Vec<Chord>, Vec<String>> {
    let takes_letters = context.is_none_or(takes_letters);
    let interrupt = Chord::parse("Ctrl-C").ok();
    let mut keys = Vec::new();
    let mut problems = Vec::new();
    for text in &change.keys {
        match Chord::parse(text) {
            Err(problem) => problems.push(problem),
            Ok(chord) if chord.edits_text() && !takes_letters => problems.push(format!(
                "{} edits the text in this box: use Ctrl, Alt or a function key",
                chord.name()
            )),
            Ok(chord) if Some(chord) == interrupt && action != Action::Interrupt => {
                problems.push("Ctrl-C always interrupts".to_owned());
            }
            Ok(chord) if keys.contains(&chord) => {}
            Ok(chord) => keys.push(chord),
        }
    }
    if action == Action::Interrupt {
        keys.extend(interrupt.filter(|chord| !keys.contains(chord)));
    }
    if problems.is_empty() {
        Ok(keys)
    } else {
        Err(problems)
    }
}

fn unknown_pane(name: &str) -> String {
    let names: Vec<String> = Context::ALL.into_iter().map(Context::name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).chain([ALL]).collect();
    match suggestion(name, &names) {
        hint if hint.is_empty() => format!("no such pane; panes: {}", names.join(", ")),
        hint => format!("no such pane{hint}"),
    }
}

/// Describes an action that does not exist in `context` or, if that is `None`, in any context that
/// takes no text.
fn unknown_action(name: &str, context: Option<Context>) -> String {
    let is_here = |binding: &&Binding| context.is_none_or(|context| binding.context == context);
    let names = BINDINGS.iter().filter(is_here);
    let names: HashSet<String> = names.map(|binding| binding.action.name()).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    let hint = suggestion(name, &names);
    if !hint.is_empty() {
        return format!("no such action{hint}");
    }
    let mut others = BINDINGS.iter();
    match others.find(|binding| binding.action.name() == name) {
        Some(other) => format!(
            "no such action in this pane; it belongs to {}",
            other.context.name()
        ),
        None => "no such action; 'subscope keys' lists them".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the keymap of a file, or its errors without the file name.
    fn keymap(set: KeySet, text: &str) -> Result<Keymap, Vec<String>> {
        let config = Config::parse(Path::new("c"), text).expect("TOML");
        let changes = config.keys.valid().expect("keys");
        Keymap::new(set, changes).map_err(|errors| errors.iter().map(ConfigError::brief).collect())
    }

    /// Returns the name of the action that a key triggers.
    fn action(keymap: &Keymap, context: Context, key: &str) -> Option<String> {
        let chord = Chord::parse(key).expect(key);
        Some(keymap.action_for(context, chord)?.name())
    }

    #[test]
    fn keys_are_replaced_added_and_removed() {
        let keymap = keymap(
            KeySet::Vim,
            "[keys.messages]\nopen = [\"Enter\", \"o\", \"o\"]\n[keys.panes]\npublish = 'P'\n\
             clear = []\n[keys.publish-payload]\nsend = \"Alt-Enter\"\nnew-line = \"Enter\"\n\
             [keys.all]\nhelp = \"F1\"\n[keys.always]\ninterrupt = \"Ctrl-L\"\n",
        )
        .expect("a keymap");
        for (context, key, expected) in [
            (Context::Messages, "o", Some("open")),
            (Context::Messages, "Enter", Some("open")),
            (Context::Messages, "P", Some("publish")),
            (Context::Messages, "p", None),
            (Context::Messages, "c", None),
            (Context::PublishPayload, "Enter", Some("new-line")),
            (Context::PublishPayload, "Alt-Enter", Some("send")),
            (Context::Message, "?", None),
            (Context::Plot, "F1", Some("help")),
            (Context::Query, "F1", Some("toggle-syntax")),
            (Context::Prompt, "Ctrl-L", Some("interrupt")),
            (Context::Prompt, "Ctrl-C", Some("interrupt")),
        ] {
            let action = action(&keymap, context, key);
            assert_eq!(action.as_deref(), expected, "{key} in {context:?}");
        }
        assert_eq!(keymap.label(Context::Panes, Action::Quit), "q");
    }

    #[test]
    fn every_mistake_is_reported_with_its_line() {
        let cases = r#"
            [keys.mesages]||open = "o" => line 1: keys.mesages: no such pane, did you mean 'messages'?
            [keys.zzz] => line 1: keys.zzz: no such pane; panes: panes, channels, …
            [keys.panes]|publsh = "P" => line 2: keys.panes.publsh: no such action, did you mean 'publish'?
            [keys.panes]|freeze = "w" => line 2: keys.panes.freeze: no such action, did you mean 'toggle-freeze'?
            [keys.messages]|publish = "P" => line 2: keys.messages.publish: no such action in this pane; it belongs to panes
            [keys.messages]|zzz = "P" => line 2: keys.messages.zzz: no such action; 'subscope keys' lists them
            [keys.all]|dwn = "P" => line 2: keys.all.dwn: no such action, did you mean 'down'?
            [keys.panes]|quit = "Entr" => line 2: keys.panes.quit: unknown key 'Entr', did you mean 'Enter'?
            [keys.panes]||publish = "m" => line 3: keys.panes.publish: m already means toggle-mute in panes: change that too
            [keys.panes]|publish = "m"|clear = "m"|toggle-mute = [] => line 3: keys.panes.clear: m already means publish in panes: change that too
            [keys.messages]|open = "p" => line 2: keys.messages.open: p already means publish in panes: change that too
            [keys.panes]|publish = "d" => line 2: keys.panes.publish: d already means diff in messages: change that too
            [keys.all]|down = "n" => line 2: keys.all.down: n already means next-hit in panes: change that too
            [keys.query]|older = "x" => line 2: keys.query.older: x edits the text in this box: use Ctrl, Alt or a function key
            [keys.prompt]|confirm = "Left" => line 2: keys.prompt.confirm: Left edits the text in this box: …
            [keys.always]|suspend = "z" => line 2: keys.always.suspend: z edits the text in this box: …
            [keys.panes]|quit = "Ctrl-C" => line 2: keys.panes.quit: Ctrl-C always interrupts
        "#;
        for case in cases.trim().lines() {
            let (text, expected) = case.trim().split_once(" => ").expect("two parts");
            let errors = keymap(KeySet::Vim, &text.replace('|', "\n")).expect_err(text);
            let start = expected.trim_end_matches('…');
            assert_eq!(errors.len(), 1, "{text}: {errors:?}");
            assert!(errors[0].starts_with(start), "{text}: {errors:?}");
        }
        let several = "[keys.panes]\nquit = [\"Entr\", \"gg\"]\npublish = \"m\"\nzz = \"a\"\n";
        let errors = keymap(KeySet::Vim, several).expect_err("four");
        let lines: Vec<&str> = errors.iter().map(|error| &error[..6]).collect();
        assert_eq!(lines, ["line 2", "line 2", "line 3", "line 4"]);
    }

    #[test]
    fn an_action_may_hide_another_one_if_both_are_set() {
        let text = "[keys.messages]\nopen = \"p\"\n[keys.panes]\npublish = [\"p\", \"P\"]\n";
        let keymap = keymap(KeySet::Vim, text).expect("a keymap");
        let open = action(&keymap, Context::Messages, "p");
        assert_eq!(open.as_deref(), Some("open"));
        let publish = action(&keymap, Context::Channels, "p");
        assert_eq!(publish.as_deref(), Some("publish"));
    }

    #[test]
    fn the_set_of_arrows_is_valid_and_moves_without_letters() {
        let text = include_str!("../../../assets/keys/arrows.toml");
        let keymap = keymap(KeySet::Vim, text).expect("no conflict");
        let arrows = Keymap::new(KeySet::Arrows, &[]).expect("valid");
        for (binding, as_changed) in arrows.bindings().iter().zip(keymap.bindings()) {
            assert_eq!(binding.keys, as_changed.keys);
            let letters = binding.keys.iter().any(|chord| {
                matches!(chord.code, crossterm::event::KeyCode::Char('!'..))
                    && chord.modifiers.is_empty()
            });
            let moves = matches!(binding.action, Action::Move(_));
            assert!(!(moves && letters), "{binding:?}");
        }
        let moved = action(&arrows, Context::Messages, "j");
        assert_eq!(moved, None);
    }
}
