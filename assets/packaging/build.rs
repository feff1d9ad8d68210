//! The build script: passes the text of `subscope --version` to the program.
//!
//! The commit and its date come from `SUBSCOPE_COMMIT` and `SUBSCOPE_DATE`, which a release sets,
//! else from the published crate, else from git. What is not known is left out. Only release builds
//! ask, so that a commit does not cause a debug build.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The length of a commit's abbreviated hash.
const SHORT: usize = 9;

fn main() {
    println!("cargo:rerun-if-changed=assets/packaging/build.rs");
    let is_release = variable("PROFILE").as_deref() == Some("release");
    let commit = if is_release {
        commit()
    } else {
        Some("debug build".to_owned())
    };
    let parts = [commit, variable("TARGET")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let version = variable("CARGO_PKG_VERSION").unwrap_or_default();
    println!(
        "cargo:rustc-env=SUBSCOPE_LONG_VERSION={version} ({})",
        parts.join(", ")
    );
}

/// Returns the commit and its date, as far as they are known.
fn commit() -> Option<String> {
    for name in ["SUBSCOPE_COMMIT", "SUBSCOPE_DATE"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    if let Some(commit) = variable("SUBSCOPE_COMMIT") {
        return Some(with_date(&short(&commit), variable("SUBSCOPE_DATE")));
    }
    let root = variable("CARGO_MANIFEST_DIR")?;
    let root = Path::new(&root);
    if let Some(commit) = published(root) {
        return Some(short(&commit));
    }
    // The folder may lie in the work tree of another project.
    if !git(root, &["rev-parse", "--show-prefix"])?.is_empty() {
        return None;
    }
    for changed in ["src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={changed}");
    }
    if let Some(log) = git(root, &["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={log}");
    }
    // "-dirty" marks a commit with changes.
    let abbreviated = format!("--abbrev={SHORT}");
    let describe = [
        "describe",
        "--always",
        "--dirty",
        "--exclude=*",
        &abbreviated,
    ];
    let commit = git(root, &describe)?;
    Some(with_date(
        &commit,
        git(root, &["log", "-1", "--format=%cs"]),
    ))
}

/// Returns the commit that a published crate was made from.
fn published(root: &Path) -> Option<String> {
    let info = fs::read_to_string(root.join(".cargo_vcs_info.json")).ok()?;
    let (_, rest) = info.split_once("\"sha1\"")?;
    Some(rest.split('"').nth(1)?.to_owned())
}

fn short(commit: &str) -> String {
    commit.chars().take(SHORT).collect()
}

fn with_date(commit: &str, date: Option<String>) -> String {
    match date {
        Some(date) => format!("{commit} {date}"),
        None => commit.to_owned(),
    }
}

/// Returns the output of git, if it succeeds.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output();
    let output = output.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Returns an environment variable; `None` if it is empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
