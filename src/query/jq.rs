//! jq programs asked of payloads, held within bounds.
//!
//! A person writes the program and strangers write the payloads, so neither may bring the screen
//! down: a program that never ends, that calls itself too deep or that makes a huge value is cut
//! off, and the row is said to have been. jaq looks up its program for every step that it takes;
//! what it looks it up in counts the steps and measures the stack ([`meter`]). What makes values
//! larger is rewritten to have them weighed ([`guard`]). A cut-off unwinds past every `try` and
//! `//` of the program, without the panic hook's notice.
//!
//! jaq recurses on the native stack, so that programs run on threads with a stack of [`STACK`]
//! bytes: those made by [`spawn`], or one that a matcher starts for itself ([`worker`]).

use std::cell::Cell;
use std::fmt;
use std::io;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use jaq_core::{Ctx, Filter, ValT, Vars};
use jaq_json::{Val, read};

use self::meter::{Cut, Data, Meter, Run};

pub mod asker;
mod compile;
mod guard;
mod meter;
mod natives;
mod worker;

/// How much stack a thread needs to run jq programs, in bytes. Only what is used of it is taken.
/// The most is used when what a program has heaped up in its steps is dropped, level by level:
/// under 192 MiB in a debug build.
pub const STACK: usize = 384 << 20;

/// The longest program, in bytes.
const MAX_SOURCE: usize = 4 << 10;

/// The most digits that a number may have which goes into a program: to make more of them a number
/// takes a time that grows with their square.
const MAX_DIGITS: usize = 5000;

thread_local! {
    /// Whether this thread has a stack of [`STACK`] bytes.
    static HAS_STACK: Cell<bool> = const { Cell::new(false) };
    /// Whether this thread runs jq, so that a panic of it is caught.
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Starts a thread that may ask jq itself. Any other may, but its matchers each have a thread of
/// their own do it, which takes longer.
///
/// # Errors
///
/// The system may have no thread to give.
pub fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let builder = Builder::new().name(name.to_owned()).stack_size(STACK);
    builder.spawn(move || {
        HAS_STACK.set(true);
        run()
    })
}

/// Whether a panic of this thread would be one of jq, which is caught and told as trouble: a panic
/// hook should leave it alone.
#[must_use]
pub fn catches_panics() -> bool {
    IS_RUNNING.get()
}

/// Whether this thread may run programs itself.
pub fn has_stack() -> bool {
    HAS_STACK.get()
}

/// A program, ready to run. Cheap to clone, and sharable by threads.
#[derive(Clone)]
pub struct Program {
    source: Arc<str>,
    filter: Arc<Filter<Data>>,
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
        let compiled = spawn("jq", move || shielded(|| compile::compile(&text)))
            .map_err(|wrong| (0..0, format!("jq cannot be started: {wrong}")))?
            .join();
        let unfit = || {
            (
                0..source.len(),
                "jq cannot make sense of this filter".to_owned(),
            )
        };
        let filter = compiled.ok().and_then(Result::ok).ok_or_else(unfit)??;
        Ok(Self {
            source: source.into(),
            filter: Arc::new(filter),
        })
    }

    /// Whether the first output for `payload`, which is JSON, is neither false nor null. There is
    /// none if the program fails. `None` if jq cannot read it: half of a surrogate pair is JSON,
    /// but is no text.
    ///
    /// # Errors
    ///
    /// Says why the program was cut off.
    pub fn holds(&self, payload: &[u8]) -> Result<Option<bool>, String> {
        let ran = shielded(|| {
            if has_long_number(payload) {
                Cut::Size.unwind();
            }
            self.first_output(payload)
        });
        ran.map_err(|caught| match caught.downcast_ref::<Cut>() {
            Some(cut) => format!("jq(…) was cut off: {cut}"),
            None => "jq(…) failed on a message, by a fault in jq itself".to_owned(),
        })
    }

    fn first_output(&self, payload: &[u8]) -> Option<bool> {
        let input = read::parse_single(payload).ok()?;
        let meter = Meter::new();
        let run = Run::new(&self.filter.lut, &meter);
        let context = Ctx::<Data>::new(run, Vars::new([]));
        let mut outputs = self.filter.id.run((context, input));
        Some(matches!(outputs.next(), Some(Ok(output)) if Val::as_bool(&output)))
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({:?})", self.source)
    }
}

impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// What `run` gives, or what it panicked with.
fn shielded<T>(run: impl FnOnce() -> T) -> std::thread::Result<T> {
    IS_RUNNING.set(true);
    let ran = panic::catch_unwind(AssertUnwindSafe(run));
    IS_RUNNING.set(false);
    ran
}

/// Whether `text` has a number, or anything like one, that is too long to make one of.
fn has_long_number(text: &[u8]) -> bool {
    let mut rest = text;
    // Every run of that many digits holds a byte at a multiple of that many.
    while rest.len() > MAX_DIGITS {
        if rest[MAX_DIGITS].is_ascii_digit() {
            let before = rest[..MAX_DIGITS].iter().rev();
            let behind = rest[MAX_DIGITS..].iter();
            let digits = before.take_while(|byte| byte.is_ascii_digit()).count()
                + behind.take_while(|byte| byte.is_ascii_digit()).count();
            if digits > MAX_DIGITS {
                return true;
            }
        }
        rest = &rest[MAX_DIGITS..];
    }
    false
}
