//! Parses `GLOB=FILE`: a file that applies to the channels matching a glob.

use std::fs;
use std::path::PathBuf;

use subscope::config::home;
use subscope::payload::escape::whole;

use crate::host::failure::{reason, shown_path};

/// A file that applies to the channels matching a glob.
pub struct GlobFile {
    /// The glob.
    pub glob: String,
    /// The path.
    pub path: PathBuf,
    /// The path as shown on the screen.
    pub shown: String,
    /// The content of the file.
    pub bytes: Vec<u8>,
}

impl GlobFile {
    /// Returns the name of the file, without its folder.
    pub fn name(&self) -> &str {
        self.shown.rsplit('/').next().unwrap_or_default()
    }

    /// Parses `text` and reads the file. Since a channel name may contain `=`, the last one is the
    /// separator. `example` is shown in errors.
    pub fn read(text: &str, example: &str) -> Result<Self, String> {
        let expected = format!("expected GLOB=FILE, such as '{example}'");
        let shown = whole(text.as_bytes());
        let Some((glob, file)) = text.rsplit_once('=') else {
            return Err(format!("{shown:?} has no =FILE part; {expected}"));
        };
        let (glob, file) = (glob.trim(), file.trim());
        if glob.is_empty() || file.is_empty() {
            let what = if glob.is_empty() { "channel" } else { "file" };
            return Err(format!("{shown:?} has no {what}; {expected}"));
        }
        let file = home::expand(PathBuf::from(file));
        let file = file.map_err(|problem| format!("{shown:?}: the file {problem}"))?;
        let shown = shown_path(&file);
        let bytes = fs::read(&file)
            .map_err(|error| format!("{shown} cannot be read: {}", reason(&error)))?;
        Ok(Self {
            glob: glob.to_owned(),
            path: file,
            shown,
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    #[test]
    fn the_last_equals_sign_separates_the_glob_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(&path, "{}").unwrap();
        let text = format!(" a=b:* = {} ", path.display());
        let file = GlobFile::read(&text, "x").unwrap();
        assert_eq!((&*file.glob, &*file.bytes), ("a=b:*", &b"{}"[..]));
        assert_eq!(file.shown, path.display().to_string());
    }

    #[test]
    fn an_error_names_the_text_the_cause_and_the_remedy() {
        for (text, expected) in [
            (
                "orders",
                "\"orders\" has no =FILE part; expected GLOB=FILE, such as 'o=f'",
            ),
            ("=f", "\"=f\" has no channel; expected GLOB=FILE"),
            ("o=", "\"o=\" has no file; expected GLOB=FILE"),
            ("o=/no/such\x1bfile", r"/no/such\x1bfile cannot be read: "),
            (
                "o=~you/f",
                "\"o=~you/f\": the file starts with the home directory of another user",
            ),
        ] {
            let error = GlobFile::read(text, "o=f").err().unwrap();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
