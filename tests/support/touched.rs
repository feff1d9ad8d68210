//! How much memory a piece of work touches, as the kernel counts it: every page that is read or
//! written, whatever the code does with it.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::fs;

/// The bytes that `work` touches, whole pages of them. No other thread may be at work.
pub fn touched(work: impl FnOnce()) -> usize {
    fs::write("/proc/self/clear_refs", "1").unwrap();
    work();
    let pages = fs::read_to_string("/proc/self/smaps").unwrap();
    let sizes = pages
        .lines()
        .filter_map(|line| line.strip_prefix("Referenced:"));
    let kibibytes = sizes.map(|size| size.trim_end_matches("kB").trim().parse::<usize>().unwrap());
    kibibytes.sum::<usize>() << 10
}
