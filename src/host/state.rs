//! The state kept between runs, in a file in the user's state folder: a JSON object, in which other
//! versions of the program may use other keys.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde_json::{Map, Value};
use subscope::app::{Borders, Kept, ListForm};

use super::failure::{line, reason, shown_path};
use super::files;

/// Maximum size of the file, in bytes. A larger file was not written by this program.
const MAX_BYTES: u64 = 64 << 10;

/// Returns the folder of the state.
pub fn folder() -> io::Result<PathBuf> {
    let base = etcetera::choose_base_strategy().map_err(io::Error::other)?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Ok(folder.join("subscope"))
}

/// Returns the saved state, and a warning if the file was damaged. A damaged file is replaced at
/// once, so that the warning is shown only once.
pub fn load() -> (Kept, Option<String>) {
    match folder() {
        Ok(folder) => load_from(&folder.join("state.json")),
        Err(_) => (Kept::default(), None),
    }
}

/// Says that the state was not saved, where it should have been, and what to do about it.
pub fn not_saved(error: &io::Error) -> String {
    let place = folder().map(|folder| format!(" in {}", shown_path(&folder)));
    let (place, reason) = (place.unwrap_or_default(), reason(error));
    line(&format!(
        "borders and recent commands were not saved{place}: {reason}; set XDG_STATE_HOME to use \
         another folder"
    ))
}

/// Saves what has changed since [`load`] returned `before`.
pub fn save(before: &Kept, now: &Kept) -> io::Result<()> {
    if before == now {
        return Ok(());
    }
    save_to(&folder()?.join("state.json"), before, now)
}

fn load_from(path: &Path) -> (Kept, Option<String>) {
    let shown = path.display();
    let found = match read(path) {
        Ok(found) => found,
        Err(error) => {
            let warning = format!("saved state not used: {shown} cannot be read: {error}");
            return (Kept::default(), Some(warning));
        }
    };
    match found.and_then(|object| parse(&object)) {
        Ok(kept) => (kept, None),
        Err(why) => {
            let replaced = match replace(path, &Map::new()) {
                Ok(()) => "it was replaced".to_owned(),
                Err(error) => format!("it was not replaced: {error}"),
            };
            let warning = format!("saved state lost: {shown} is damaged ({why}); {replaced}");
            (Kept::default(), Some(warning))
        }
    }
}

/// Writes the values that differ from those in `before`. Other sessions may have changed the other
/// values.
fn save_to(path: &Path, before: &Kept, now: &Kept) -> io::Result<()> {
    let mut object = read(path)?.unwrap_or_default();
    for ((key, old), (_, new)) in borders(&before.borders).iter().zip(borders(&now.borders)) {
        if *old != new {
            set(&mut object, key, new.map(Value::from));
        }
    }
    if before.list_form != now.list_form {
        let form = match now.list_form {
            ListForm::Flat => None,
            ListForm::Tree => Some(Value::from(TREE)),
        };
        set(&mut object, LIST_FORM, form);
    }
    if before.recents != now.recents {
        let others = names_in(object.get(RECENTS)).unwrap_or_default();
        let others = others
            .into_iter()
            .filter(|name| !now.recents.contains(name));
        let all = now.recents.iter().cloned().chain(others);
        set(&mut object, RECENTS, Some(all.take(MOST_RECENTS).collect()));
    }
    replace(path, &object)
}

/// Reads the object in the file, or says how the file is damaged. The object is empty if there is
/// no file.
fn read(path: &Path) -> io::Result<Result<Map<String, Value>, String>> {
    let text = match fs::metadata(path) {
        Ok(file) if file.len() > MAX_BYTES => return Ok(Err("too large".to_owned())),
        _ => fs::read(path),
    };
    let text = match text {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Ok(Map::new())),
        Err(error) => return Err(error),
    };
    Ok(match serde_json::from_slice(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("not an object".to_owned()),
        Err(_) => Err("not JSON".to_owned()),
    })
}

fn parse(object: &Map<String, Value>) -> Result<Kept, String> {
    let cells = |key: &str| match object.get(key) {
        None => Ok(None),
        Some(value) => {
            let cells = value.as_u64().and_then(|cells| u16::try_from(cells).ok());
            cells
                .map(Some)
                .ok_or_else(|| format!("{key} is not a size"))
        }
    };
    let [list, names, list_over, beside, below] = KEYS;
    Ok(Kept {
        borders: Borders {
            list: cells(list)?,
            names: cells(names)?,
            list_over: cells(list_over)?,
            beside: cells(beside)?,
            below: cells(below)?,
        },
        list_form: match object.get(LIST_FORM) {
            None => ListForm::Flat,
            Some(form) if form == TREE => ListForm::Tree,
            Some(_) => return Err(format!("{LIST_FORM} is not {TREE}")),
        },
        recents: match object.get(RECENTS) {
            None => Vec::new(),
            found => names_in(found).ok_or_else(|| format!("{RECENTS} is not a list of names"))?,
        },
    })
}

/// Returns the names in a list.
fn names_in(value: Option<&Value>) -> Option<Vec<String>> {
    let list = value?.as_array()?.iter().take(MOST_RECENTS);
    list.map(|name| Some(name.as_str()?.to_owned())).collect()
}

/// The key of the channel list's form. It is absent for a flat list.
const LIST_FORM: &str = "channel-list";
const TREE: &str = "tree";

/// The key of the actions run from the command palette.
const RECENTS: &str = "recent-actions";

/// The maximum number of actions kept.
const MOST_RECENTS: usize = 50;

/// The keys of the borders.
const KEYS: [&str; 5] = [
    "list-columns",
    "list-columns-beside-message",
    "list-columns-over-log",
    "log-share-beside-message",
    "log-share-above-message",
];

/// Returns the borders with their keys.
fn borders(borders: &Borders) -> [(&'static str, Option<u16>); 5] {
    let values = [
        borders.list,
        borders.names,
        borders.list_over,
        borders.beside,
        borders.below,
    ];
    let mut keys = KEYS.into_iter();
    values.map(|value| (keys.next().unwrap_or_default(), value))
}

fn set(object: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    match value {
        Some(value) => object.insert(key.to_owned(), value),
        None => object.remove(key),
    };
}

fn replace(path: &Path, object: &Map<String, Value>) -> io::Result<()> {
    let text = serde_json::to_string_pretty(object).map_err(io::Error::other)?;
    files::replace(path, format!("{text}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn kept(list: u16) -> Kept {
        Kept {
            borders: Borders {
                list: Some(list),
                ..Borders::default()
            },
            ..Kept::default()
        }
    }

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("state.json");
        (folder, path)
    }

    #[test]
    fn what_is_saved_is_loaded_and_only_the_owner_may_read_it() {
        let (_folder, path) = file();
        assert_eq!(load_from(&path), (Kept::default(), None));
        let all = Kept {
            borders: Borders {
                list: Some(1),
                names: Some(2),
                list_over: Some(3),
                beside: Some(4_000),
                below: Some(5_000),
            },
            list_form: ListForm::Tree,
            recents: vec!["panes.zoom".to_owned(), "panes.quit".to_owned()],
        };
        save_to(&path, &Kept::default(), &all).unwrap();
        assert_eq!(load_from(&path), (all.clone(), None));
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let recents = all.recents.clone();
        save_to(
            &path,
            &all,
            &Kept {
                recents,
                ..Kept::default()
            },
        )
        .unwrap();
        assert_eq!(load_from(&path).0.recents, all.recents);
        assert_eq!(load_from(&path).0.borders, Borders::default());
        let files = fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(files.count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_failure_to_save_names_the_folder_and_the_remedy() {
        let error = io::Error::from_raw_os_error(2);
        let words = not_saved(&error);
        let folder = folder().unwrap().display().to_string();
        assert!(words.contains(&format!(
            " in {folder}: No such file or directory; set XDG_STATE_HOME"
        )));
    }

    #[test]
    fn a_session_changes_only_what_it_has_changed() {
        let (_folder, path) = file();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(
            &path,
            r#"{"list-columns":30,"from-a-later-version":{"a":[1]}}"#,
        )
        .unwrap();
        let (before, warning) = load_from(&path);
        assert_eq!((&before, warning), (&kept(30), None));
        // Another session moves a different border in the meantime.
        let mut other = before.clone();
        other.borders.beside = Some(6_000);
        save_to(&path, &before, &other).unwrap();
        save_to(&path, &before, &kept(44)).unwrap();
        other.borders.list = Some(44);
        assert_eq!(load_from(&path).0, other);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("from-a-later-version"), "{text}");
    }

    #[test]
    fn the_recent_actions_of_several_sessions_are_joined() {
        let (_folder, path) = file();
        let recents = |names: &[&str]| Kept {
            recents: names.iter().copied().map(str::to_owned).collect(),
            ..Kept::default()
        };
        save_to(&path, &Kept::default(), &recents(&["a", "b"])).unwrap();
        save_to(&path, &Kept::default(), &recents(&["c", "b"])).unwrap();
        assert_eq!(load_from(&path).0, recents(&["c", "b", "a"]));
        let many: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        save_to(&path, &Kept::default(), &recents(&many)).unwrap();
        assert_eq!(load_from(&path).0, recents(&many[..MOST_RECENTS]));
    }

    #[test]
    fn a_damaged_file_is_reported_once_and_replaced() {
        for damage in [
            "",
            "{",
            "[1]",
            "\u{0}",
            r#"{"list-columns":-1}"#,
            r#"{"list-columns":"wide"}"#,
            r#"{"log-share-beside-message":70000}"#,
            r#"{"channel-list":"round"}"#,
            r#"{"recent-actions":"panes.quit"}"#,
            r#"{"recent-actions":[1]}"#,
        ] {
            let (_folder, path) = file();
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, damage).unwrap();
            let (found, warning) = load_from(&path);
            assert_eq!(found, Kept::default(), "{damage}");
            assert!(
                warning.is_some_and(|words| words.contains("damaged")),
                "{damage}"
            );
            assert_eq!(load_from(&path), (Kept::default(), None), "{damage}");
        }
    }

    #[test]
    fn sessions_that_save_at_the_same_time_leave_a_whole_file() {
        let (_folder, path) = file();
        std::thread::scope(|scope| {
            for list in 1..=4 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..50 {
                        save_to(path, &Kept::default(), &kept(list)).unwrap();
                        assert_eq!(load_from(path).1, None);
                    }
                });
            }
        });
        let (found, warning) = load_from(&path);
        assert!(warning.is_none() && found.borders.list.is_some());
    }
}
