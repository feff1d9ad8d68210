//! Runs jq programs on payloads, within limits.
//!
//! The user writes the program and strangers write the payloads, so neither may freeze or crash the
//! dashboard. A program may loop forever, recurse too deep or build a huge value, even within a
//! single native filter of jaq such as `gsub`, a regular expression or a string product. Programs
//! therefore run in a separate process ([`process`], [`child`]): this same executable, with a
//! memory limit, killed when it takes too long. The offending message is skipped, the process is
//! restarted, and the query reports the problem.
//!
//! Steps and recursion are cheap to count as they happen ([`meter`]), so most endless programs are
//! cut off sooner, without losing the process.

use std::cell::Cell;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread::Builder;

mod child;
mod compile;
mod limits;
mod meter;
mod natives;
mod process;
pub mod runner;

pub use child::{JQ, serve};

/// The stack size, in bytes, of threads that compile or run programs. It is large because jaq is
/// recursive.
const STACK: usize = 384 << 20;

/// The maximum length of a program, in bytes.
const MAX_SOURCE: usize = 4 << 10;

thread_local! {
    /// Set while this thread compiles or runs a jq filter, so that its panics are caught.
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether a panic on this thread will be caught and reported, so that panic hooks should
/// ignore it.
pub fn catches_panics() -> bool {
    IS_RUNNING.get()
}

/// The source of a program that is known to compile. Cheap to clone and shareable between threads.
#[derive(Clone, Debug, PartialEq)]
pub struct Program(Arc<str>);

impl Program {
    /// Compiles `source`. An error contains the offending byte range and a description of the
    /// problem.
    pub fn new(source: &str) -> Result<Self, (Range<usize>, String)> {
        if source.len() > MAX_SOURCE {
            let message = format!("jq filter too long: limit {} KiB", MAX_SOURCE >> 10);
            return Err((0..0, message));
        }
        // The parser is recursive too, so it needs the large stack.
        let text = source.to_owned();
        let check = move || catch_panic(|| compile::compile(&text).map(drop));
        let thread = Builder::new().name("jq".to_owned()).stack_size(STACK);
        let compiled = thread
            .spawn(check)
            .map_err(|error| (0..0, format!("jq cannot be started: {error}")))?
            .join();
        let invalid = || (0..source.len(), "invalid jq filter".to_owned());
        compiled.ok().and_then(Result::ok).ok_or_else(invalid)??;
        Ok(Self(source.into()))
    }
}

/// Returns the result of `run`, or the payload of its panic.
fn catch_panic<T>(run: impl FnOnce() -> T) -> std::thread::Result<T> {
    IS_RUNNING.set(true);
    let ran = panic::catch_unwind(AssertUnwindSafe(run));
    IS_RUNNING.set(false);
    ran
}
