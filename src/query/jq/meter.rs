//! What a program has used up on one message.

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
use super::child::most_memory;

/// How many steps a program may take for one message.
const MAX_STEPS: u32 = 500_000;

/// How much stack it may use, in bytes: a part of what the thread has, because values and
/// iterators that are nested as deep are left without a step being taken.
const MAX_STACK: usize = STACK / 12;

/// How long it may take for one message.
pub const MAX_TIME: Duration = Duration::from_secs(2);

/// Why a program was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It took too many steps.
    Steps,
    /// It called itself too deep.
    Stack,
    /// It took too long.
    Time,
    /// It took too much memory.
    Memory,
    /// Its process ended like this, for another reason.
    Ended(ExitStatus),
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps => f.write_str("over 500,000 steps for one message"),
            Self::Stack => f.write_str("it calls itself too deep"),
            Self::Time => write!(f, "over {} s for one message", MAX_TIME.as_secs()),
            Self::Memory => write!(
                f,
                "out of memory: its process may have {} MiB, {} MiB of them for the stack",
                most_memory() >> 20,
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
    /// Leaves the program, whatever it would catch.
    pub fn unwind(self) -> ! {
        panic::resume_unwind(Box::new(self))
    }
}

/// Counts what a program uses.
pub struct Meter {
    left: Cell<u32>,
    /// Where the stack was when it started.
    base: usize,
}

impl Meter {
    /// Starts to count, here on the stack.
    pub fn new() -> Self {
        Self {
            left: Cell::new(MAX_STEPS),
            base: address(),
        }
    }

    /// Counts a step, and cuts the program off if it was one too many.
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

/// About where the stack is.
#[inline(never)]
fn address() -> usize {
    let here = 0_u8;
    (&raw const here).addr()
}

/// The kind of data that programs run on.
pub struct Data;

impl DataT for Data {
    type V<'a> = Val;
    type Data<'a> = Run<'a>;
}

/// One run of a program: its terms, which it looks up at every step, and what it has used.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    terms: &'a Lut<Data>,
    meter: &'a Meter,
}

impl<'a> Run<'a> {
    /// A run of the program of these `terms`.
    pub fn new(terms: &'a Lut<Data>, meter: &'a Meter) -> Self {
        Self { terms, meter }
    }
}

impl<'a> HasLut<'a, Data> for Run<'a> {
    #[inline]
    fn lut(&self) -> &'a Lut<Data> {
        self.meter.step();
        self.terms
    }
}
