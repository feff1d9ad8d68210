//! Measures how much memory a piece of work touches, as counted by the kernel: every page that is
//! read or written, regardless of how it was allocated.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::fs;

/// Returns how many bytes `work` touches, in whole pages. No other thread may be running.
pub fn bytes_touched(work: impl FnOnce()) -> usize {
    fs::write("/proc/self/clear_refs", "1").unwrap();
    work();
    let pages = fs::read_to_string("/proc/self/smaps").unwrap();
    let sizes = pages
        .lines()
        .filter_map(|line| line.strip_prefix("Referenced:"));
    let kibibytes = sizes.map(|size| size.trim_end_matches("kB").trim().parse::<usize>().unwrap());
    kibibytes.sum::<usize>() << 10
}
