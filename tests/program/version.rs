//! `subscope --version`, and the build script that makes its text.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::piped::Piped;

#[test]
fn the_version_names_the_build_and_the_target() {
    let short = format!("subscope {}", env!("CARGO_PKG_VERSION"));
    let said = Piped::run(&["-V"], b"");
    assert_eq!((said.code(), said.text().trim_end()), (Some(0), &*short));
    let said = Piped::run(&["--version"], b"");
    let (before, build) = said.text().trim_end().split_once(" (").unwrap();
    assert_eq!((said.code(), before), (Some(0), &*short));
    let target = build.strip_suffix(')').unwrap();
    let target = target.rsplit(", ").next().unwrap();
    assert!(target.starts_with(env::consts::ARCH), "{target}");
    assert_eq!(build.starts_with("debug build, "), cfg!(debug_assertions));
}

/// The compiled build script, and a folder that it takes for the project's.
struct Script {
    folder: TempDir,
    program: PathBuf,
}

impl Script {
    fn compile() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("script");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/packaging/build.rs");
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let compiled = Command::new(rustc)
            .args(["--edition=2024", source, "-o"])
            .arg(&program)
            .status();
        assert!(compiled.unwrap().success());
        fs::create_dir(folder.path().join("project")).unwrap();
        Self { folder, program }
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// Runs the script in an environment with these variables. Returns the text of the version.
    fn run(&self, variables: &[(&str, &str)]) -> String {
        let output = Command::new(&self.program)
            .env("PROFILE", "release")
            .env("TARGET", "box")
            .env("CARGO_PKG_VERSION", "1.2.3")
            .env("CARGO_MANIFEST_DIR", self.project())
            .env_remove("SUBSCOPE_COMMIT")
            .env_remove("SUBSCOPE_DATE")
            // What lies around the temporary directory does not matter.
            .env("GIT_CEILING_DIRECTORIES", self.folder.path())
            .envs(variables.iter().copied())
            .output();
        let output = String::from_utf8(output.unwrap().stdout).unwrap();
        let mut lines = output.lines();
        let version = "cargo:rustc-env=SUBSCOPE_LONG_VERSION=";
        lines
            .find_map(|line| line.strip_prefix(version))
            .unwrap()
            .to_owned()
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let name = ["-c", "user.name=Me", "-c", "user.email=me@example.com"];
    let status = Command::new("git")
        .current_dir(folder)
        .args(name)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", OsStr::new("/dev/null"))
        .status();
    assert!(status.unwrap().success(), "{arguments:?}");
}

#[test]
fn the_commit_comes_from_the_release_or_the_crate_or_git() {
    let script = Script::compile();
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let release = [("SUBSCOPE_COMMIT", commit), ("SUBSCOPE_DATE", "2026-11-29")];
    // Nothing tells the commit.
    assert_eq!(script.run(&[]), "1.2.3 (box)");
    assert_eq!(script.run(&[("SUBSCOPE_COMMIT", "")]), "1.2.3 (box)");
    assert_eq!(script.run(&release), "1.2.3 (012345678 2026-11-29, box)");
    assert_eq!(script.run(&release[..1]), "1.2.3 (012345678, box)");
    let debug = [("PROFILE", "debug"), release[0]];
    assert_eq!(script.run(&debug), "1.2.3 (debug build, box)");
    // A work tree, with and without changes.
    let project = script.project();
    git(&project, &["init", "--quiet"]);
    fs::write(project.join("file"), "1").unwrap();
    git(&project, &["add", "file"]);
    git(
        &project,
        &["commit", "--quiet", "--message=One", "--date=now"],
    );
    let clean = script.run(&[]);
    let known = clean.strip_prefix("1.2.3 (").unwrap();
    let (hash, date) = known.split_once(' ').unwrap();
    assert_eq!(
        (hash.len(), date.len()),
        (9, "2026-11-29, box)".len()),
        "{clean}"
    );
    fs::write(project.join("file"), "2").unwrap();
    let changed = script.run(&[]);
    assert_eq!(changed, format!("1.2.3 ({hash}-dirty {date}"));
    // The folder of another project's work tree.
    let inner = project.join("inner");
    fs::create_dir(&inner).unwrap();
    let inside = [("CARGO_MANIFEST_DIR", inner.to_str().unwrap())];
    assert_eq!(script.run(&inside), "1.2.3 (box)");
    // A published crate.
    let info = format!(
        "{{\n  \"git\": {{\n    \"sha1\": \"{commit}\"\n  }},\n  \"path_in_vcs\": \"\"\n}}"
    );
    fs::write(inner.join(".cargo_vcs_info.json"), info).unwrap();
    assert_eq!(script.run(&inside), "1.2.3 (012345678, box)");
}
