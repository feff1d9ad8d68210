//! The processes that another process has started.

use std::fs;

use rustix::process::Pid;

/// Returns the processes that `ancestor` has started, directly or not, as far as `/proc` tells.
pub fn descendants(ancestor: Pid) -> Vec<Pid> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = folders.filter_map(|folder| {
        let number = folder.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(folder.path().join("stat")).ok()?;
        Some((parent(&stat)?, Pid::from_raw(number)?))
    });
    let children: Vec<(Pid, Pid)> = children.collect();
    let mut family = vec![ancestor];
    let mut looked_at = 0;
    while let Some(parent) = family.get(looked_at).copied() {
        let own = children.iter().filter(|(other, _)| *other == parent);
        family.extend(own.map(|(_, child)| *child));
        looked_at += 1;
    }
    family.split_off(1)
}

/// Returns the parent in the content of a file `/proc/<id>/stat`.
fn parent(stat: &str) -> Option<Pid> {
    // The name of the process is in parentheses and may contain anything.
    let (_, rest) = stat.rsplit_once(')')?;
    Pid::from_raw(rest.split_whitespace().nth(1)?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_comes_after_the_name() {
        let parent = |stat: &str| parent(stat).map(Pid::as_raw_nonzero);
        assert_eq!(parent("7 (a) 1 (b) S 42 7 7").map(i32::from), Some(42));
        assert_eq!(parent("7 (init) S 0 7 7"), None);
        assert_eq!(parent(""), None);
    }
}
