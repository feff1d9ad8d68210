//! The files that a schema refers to, which must be in its folder or below it.

use std::error::Error;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{Retrieve, Uri};
use serde_json::Value;

/// The maximum number of files that a schema may refer to.
const MAX_FILES: usize = 64;

/// The maximum size of all these files, in bytes.
const MAX_BYTES: usize = 8 << 20;

/// The URI of the folder of a schema without an `$id`.
const FOLDER: &str = "file:///schema/";

/// A function that reads a file, given its path relative to the folder of the schema. The error is
/// a phrase such as "order.json cannot be read: …".
pub(super) type ReadFile = Box<dyn Fn(&Path) -> Result<Vec<u8>, String> + Send + Sync>;

/// The files beside a schema. Cheap to clone.
#[derive(Clone)]
pub(super) struct Beside {
    read: Arc<ReadFile>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The URIs of folders, and their paths relative to that of the schema.
    folders: Vec<(String, PathBuf)>,
    files: usize,
    bytes: usize,
    /// Why a file could not be used.
    problem: Option<String>,
}

impl Beside {
    /// Creates the files beside `schema`, which `read` reads.
    pub(super) fn new(schema: &Value, read: ReadFile) -> Self {
        let mut state = State::default();
        state.folders.push((FOLDER.to_owned(), PathBuf::new()));
        state.add_id_of(schema, Path::new(""));
        Self {
            read: Arc::new(read),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Returns the URI of the schema called `name`, which its relative references start from.
    pub(super) fn uri(name: &str) -> String {
        let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_.".contains(*letter);
        format!(
            "{FOLDER}{}",
            name.chars().filter(is_plain).collect::<String>()
        )
    }

    /// Returns why a file could not be used, if that is so.
    pub(super) fn problem(&self) -> Option<String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.problem.take()
    }

    fn file(&self, uri: &str) -> Result<Value, String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let path = state.path_of(uri)?;
        let shown = path.display().to_string();
        if state.files == MAX_FILES {
            return Err(format!("it refers to more than {MAX_FILES} files"));
        }
        let bytes = (self.read)(&path)?;
        state.files += 1;
        state.bytes += bytes.len();
        if state.bytes > MAX_BYTES {
            let most = MAX_BYTES >> 20;
            return Err(format!("it refers to files of more than {most} MiB"));
        }
        let mut schema: Value = serde_json::from_slice(&bytes)
            .map_err(|error| format!("{shown} is not JSON: {error}"))?;
        if state.add_id_of(&schema, path.parent().unwrap_or(Path::new("")))
            && let Value::Object(schema) = &mut schema
        {
            // The library would look for what it refers to in two places.
            schema.remove("$id");
            schema.remove("id");
        }
        Ok(schema)
    }
}

impl State {
    /// Remembers that a schema in `folder` has an absolute `$id`, against which references in it
    /// are resolved. Returns whether it has one.
    fn add_id_of(&mut self, schema: &Value, folder: &Path) -> bool {
        let id = schema.get("$id").or_else(|| schema.get("id"));
        let id = id.and_then(Value::as_str).unwrap_or_default();
        let id = id.split('#').next().unwrap_or_default();
        let uri = id.rsplit_once('/').filter(|_| id.contains(':'));
        self.folders
            .extend(uri.map(|(uri, _)| (format!("{uri}/"), folder.to_owned())));
        uri.is_some()
    }

    /// Returns the path of the file that `uri` stands for.
    fn path_of(&self, uri: &str) -> Result<PathBuf, String> {
        let below = |(folder, path): &(String, PathBuf)| {
            let name = uri.strip_prefix(folder.as_str())?;
            let name = path.join(unescaped(name)?);
            let is_below = name
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
            (is_below && name.file_name().is_some()).then_some(name)
        };
        // The longest URI that fits is the innermost folder.
        let mut folders: Vec<_> = self.folders.iter().collect();
        folders.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        folders.into_iter().find_map(below).ok_or_else(|| {
            let name = uri.strip_prefix("file:///").unwrap_or(uri);
            format!(
                "{name} is not a file in the folder of the schema or below it, and nothing is \
                 fetched"
            )
        })
    }
}

impl Retrieve for Beside {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        self.file(uri.as_str()).map_err(|problem| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.problem.get_or_insert(problem.clone());
            problem.into()
        })
    }
}

/// Returns a part of a URI without its percent escapes.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let (b'%', [high, low, after @ ..]) = (first, after) else {
            bytes.push(*first);
            continue;
        };
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let byte = digit(high)? * 16 + digit(low)?;
        bytes.push(u8::try_from(byte).ok()?);
        rest = after;
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|name| !name.contains('\0'))
}
