//! The version of the server to test against.

use std::process::Command;

use super::redis::{cannot_start, program};

/// Returns the server's kind and version, such as `Redis 7.0.15` or `Valkey 9.1.2`.
pub fn version() -> String {
    let output = Command::new(program()).arg("--version").output();
    let stdout = output.unwrap_or_else(|error| cannot_start(&error)).stdout;
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    // "Redis server v=7.0.15 sha=…"
    let found = stdout.split_once(" server v=").and_then(|(kind, rest)| {
        let version = rest.split_whitespace().next()?;
        Some(format!("{kind} {version}"))
    });
    found.unwrap_or_else(|| panic!("{} --version says {stdout:?}", program().display()))
}
