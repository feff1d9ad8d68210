//! Expands `~` in paths, as shells do, for config files, URLs and `--option=~/file`.

use std::env;
use std::path::{Path, PathBuf};

/// Replaces a leading `~` with the home folder. A file named `~` is written `./~`.
///
/// # Errors
///
/// Fails if the home folder is not known, because it is another user's or `HOME` is not an absolute
/// path.
pub fn expand(path: PathBuf) -> Result<PathBuf, String> {
    expand_in(path, env::home_dir().as_deref())
}

fn expand_in(path: PathBuf, home: Option<&Path>) -> Result<PathBuf, String> {
    let mut parts = path.components();
    let first = parts.next().map(|part| part.as_os_str().as_encoded_bytes());
    match first {
        Some(b"~") => match home.filter(|home| home.is_absolute()) {
            Some(home) => Ok(home.join(parts.as_path())),
            None => Err("starts with ~, but HOME is not an absolute path".to_owned()),
        },
        Some([b'~', ..]) => Err(
            "starts with the home directory of another user: write its full path, or ./~… for a file \
             whose name starts with ~"
                .to_owned(),
        ),
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_folder_and_those_of_other_users_are_refused() {
        let home = Some(Path::new("/home/me"));
        for (path, expected) in [
            ("~/r.sock", "/home/me/r.sock"),
            ("~", "/home/me/"),
            ("./~/r.sock", "./~/r.sock"),
            ("a/~", "a/~"),
            ("/~/a", "/~/a"),
            ("", ""),
        ] {
            assert_eq!(expand_in(path.into(), home), Ok(expected.into()), "{path}");
        }
        for (path, home, words) in [
            ("~you/r.sock", home, "home directory of another user"),
            ("~/r.sock", None, "HOME is not"),
            ("~/r.sock", Some(Path::new("")), "HOME is not"),
        ] {
            let said = expand_in(path.into(), home).err().unwrap_or_default();
            assert!(said.contains(words), "{path}: {said}");
        }
    }
}
