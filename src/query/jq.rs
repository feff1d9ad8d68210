//! jq programs asked of payloads, held within bounds.
//!
//! The user writes the program and strangers write the payloads, so neither may bring the screen
//! down. A program may never end, call itself too deep or make a huge value, and it may do so
//! within a single native filter of jaq: `gsub`, a regular expression, a product of strings. So
//! programs run in a process of their own ([`process`], [`child`]): this very executable, with
//! limits on its memory, and killed when it takes too long. The message at fault is cut off, the
//! process is started anew, and the query says so.
//!
//! Steps and recursion are cheap to count where they happen ([`meter`]), so most programs that
//! never end are cut off sooner, and without losing the process.

use std::cell::Cell;
use std::fmt;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread::Builder;

pub mod asker;
mod child;
mod compile;
mod meter;
mod natives;
mod process;

pub use child::{ARGUMENT, NAME, is_asked_for, serve};
pub use process::{executable, set_executable};

/// The stack of a thread that compiles or runs programs, in bytes: jaq recurses. Only what is used
/// of it is taken.
const STACK: usize = 384 << 20;

/// The longest program, in bytes.
const MAX_SOURCE: usize = 4 << 10;

thread_local! {
    /// Whether this thread compiles or runs jq, so that a panic of it is caught.
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread would be one of jq, which is caught and reported: a panic hook
/// should leave it alone.
#[must_use]
pub fn catches_panics() -> bool {
    IS_RUNNING.get()
}

/// A program that compiles. Cheap to clone, and sharable by threads.
#[derive(Clone, PartialEq)]
pub struct Program {
    source: Arc<str>,
}

impl Program {
    /// Compiles `source`. A failure says which bytes of it are wrong, and how.
    pub fn new(source: &str) -> Result<Self, (Range<usize>, String)> {
        if source.len() > MAX_SOURCE {
            let message = format!("a jq filter of over {} KiB is too long", MAX_SOURCE >> 10);
            return Err((0..0, message));
        }
        // The parser recurses too.
        let text = source.to_owned();
        let check = move || shielded(|| compile::compile(&text).map(drop));
        let thread = Builder::new().name("jq".to_owned()).stack_size(STACK);
        let compiled = thread
            .spawn(check)
            .map_err(|wrong| (0..0, format!("jq cannot be started: {wrong}")))?
            .join();
        let unfit = || {
            (
                0..source.len(),
                "jq cannot make sense of this filter".to_owned(),
            )
        };
        compiled.ok().and_then(Result::ok).ok_or_else(unfit)??;
        Ok(Self {
            source: source.into(),
        })
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({:?})", self.source)
    }
}

/// What `run` gives, or what it panicked with.
fn shielded<T>(run: impl FnOnce() -> T) -> std::thread::Result<T> {
    IS_RUNNING.set(true);
    let ran = panic::catch_unwind(AssertUnwindSafe(run));
    IS_RUNNING.set(false);
    ran
}
