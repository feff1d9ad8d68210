//! The keys in the config file, as written: `[keys.PANE]` with a list of keys for each action.

use super::error::Place;
use super::keys::Value;
use super::part::Part;

/// The keys of one pane.
#[derive(Clone, Debug)]
pub struct PaneKeys {
    /// The name of the pane.
    pub pane: String,
    /// Where the file names the pane.
    pub place: Place,
    /// The changes, in file order.
    pub changes: Vec<KeyChange>,
}

/// The keys of one action.
#[derive(Clone, Debug)]
pub struct KeyChange {
    /// The name of the action.
    pub action: String,
    /// The names of its keys, which replace the default ones.
    pub keys: Vec<String>,
    /// Where the file lists these keys.
    pub place: Place,
}

/// Reads the table `keys`. Whether the panes, actions and keys exist is not checked here.
pub(super) fn read(value: Value<'_>) -> Part<Vec<PaneKeys>> {
    if value.is_text() {
        let problem = "must be a table; to choose a set of keys, write `keys` under [defaults]";
        return value.error(problem).into();
    }
    let keys = match value.table() {
        Ok(keys) => keys,
        Err(error) => return error.into(),
    };
    let mut errors = Vec::new();
    let mut panes = Vec::new();
    for (pane, value) in keys.rest() {
        let mut pane = PaneKeys {
            pane: pane.to_owned(),
            place: value.place(),
            changes: Vec::new(),
        };
        let table = match value.table() {
            Ok(table) => table,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        for (action, value) in table.rest() {
            let place = value.place();
            match value.one_or_more_texts() {
                Ok(keys) => pane.changes.push(KeyChange {
                    action: action.to_owned(),
                    keys,
                    place,
                }),
                Err(wrong) => errors.extend(wrong),
            }
        }
        panes.push(pane);
    }
    Part::new(panes, errors)
}
