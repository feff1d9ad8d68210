//! Limits on the resources that a program may use for one message.

use std::cell::Cell;
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::panic;
use std::process::ExitStatus;
use std::time::Duration;

use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};
use jaq_json::Val;

use super::STACK;
use super::limits::memory_limit;

/// The maximum number of steps for one message.
const MAX_STEPS: u32 = 500_000;

/// The maximum stack use, in bytes. It is only a fraction of the thread's stack, because dropping
/// deeply nested values and iterators also takes stack, without any step at which this could be
/// checked.
const MAX_STACK: usize = STACK / 12;

/// The maximum time for one message.
pub const MAX_TIME: Duration = Duration::from_secs(2);

/// Why a program was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The program took too many steps.
    Steps,
    /// The program recursed too deeply.
    Stack,
    /// The program took too long.
    Time,
    /// The program used too much memory.
    Memory,
    /// The process ended with this status, for another reason.
    Ended(ExitStatus),
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps => f.write_str("over 500,000 steps for one message"),
            Self::Stack => f.write_str("recursion too deep"),
            Self::Time => write!(f, "over {} s for one message", MAX_TIME.as_secs()),
            Self::Memory => write!(
                f,
                "out of memory: limit {} MiB, including {} MiB of stack",
                memory_limit() >> 20,
                STACK >> 20
            ),
            Self::Ended(status) => match (status.signal(), status.code()) {
                (Some(signal), _) => write!(f, "its process ended (signal {signal})"),
                (None, code) => write!(f, "its process ended (exit {})", code.unwrap_or_default()),
            },
        }
    }
}

impl Cut {
    /// Stops the program by unwinding, which it cannot catch.
    pub fn unwind(self) -> ! {
        panic::resume_unwind(Box::new(self))
    }
}

/// A meter of the resources that a program uses.
pub struct Meter {
    left: Cell<u32>,
    /// The stack position at the start.
    base: usize,
}

impl Meter {
    /// Starts counting, with the current stack position as the base.
    pub fn new() -> Self {
        Self {
            left: Cell::new(MAX_STEPS),
            base: address(),
        }
    }

    /// Counts a step, and cuts the program off if it has exceeded a limit.
    #[inline]
    pub fn step(&self) {
        let left = self.left.get();
        if left == 0 {
            Cut::Steps.unwind();
        }
        self.left.set(left - 1);
        if self.base.abs_diff(address()) > MAX_STACK {
            Cut::Stack.unwind();
        }
    }
}

/// Returns the approximate position of the stack pointer.
#[inline(never)]
fn address() -> usize {
    let here = 0_u8;
    (&raw const here).addr()
}

/// The data types that programs run on.
pub struct Data;

impl DataT for Data {
    type V<'a> = Val;
    type Data<'a> = Run<'a>;
}

/// The context of one run of a program: its meter, and its terms, one of which is looked up at
/// every step.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub terms: &'a Lut<Data>,
    pub meter: &'a Meter,
}

impl<'a> HasLut<'a, Data> for Run<'a> {
    #[inline]
    fn lut(&self) -> &'a Lut<Data> {
        self.meter.step();
        self.terms
    }
}
