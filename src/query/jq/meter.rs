//! What a program has used up on one message.

use std::cell::Cell;
use std::fmt;
use std::panic;
use std::time::{Duration, Instant};

use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};
use jaq_json::Val;

/// How many steps a program may take for one message.
const MAX_STEPS: u32 = 500_000;

/// How much stack it may use, in bytes: a part of what the thread has, because values and
/// iterators that are nested as deep are left without a step being taken.
const MAX_STACK: usize = super::STACK / 12;

/// How long it may take. The steps are the limit that is meant: this is for programs whose steps
/// are long ones.
const MAX_TIME: Duration = Duration::from_secs(2);

/// How deep a value may be nested.
const MAX_DEPTH: u32 = 1000;

/// How much a value may weigh: each value in it, however often it is in it, and each 16 bytes of
/// a string are 1.
const MAX_WEIGHT: usize = 1_000_000;

/// The longest string, in bytes.
pub const MAX_STRING: usize = MAX_WEIGHT * 16;

/// Why a program was cut off.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// It took too many steps.
    Steps,
    /// It took too long.
    Time,
    /// It called itself too deep.
    Stack,
    /// It made too large a value, or was given one.
    Size,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps => f.write_str("over 500,000 steps for one message"),
            Self::Time => write!(f, "over {} s for one message", MAX_TIME.as_secs()),
            Self::Stack => f.write_str("it calls itself too deep"),
            Self::Size => f.write_str("a value is too large"),
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
    started: Instant,
}

impl Meter {
    /// Starts to count, here on the stack.
    pub fn new() -> Self {
        Self {
            left: Cell::new(MAX_STEPS),
            base: address(),
            started: Instant::now(),
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
        if left.is_multiple_of(64) && self.started.elapsed() > MAX_TIME {
            Cut::Time.unwind();
        }
    }

    /// Cuts the program off if the value is too large. This sees a value that is in another twice
    /// as two, as everything that goes through it would.
    pub fn weigh(value: &Val) {
        let mut scale = Scale::default();
        scale.put(value, 0);
        while let Some((value, depth)) = scale.open.pop() {
            match value {
                Val::Arr(values) => values.iter().for_each(|value| scale.put(value, depth)),
                Val::Obj(members) => {
                    for (key, value) in members.iter() {
                        scale.put(key, depth);
                        scale.put(value, depth);
                    }
                }
                _ => {}
            }
        }
    }
}

/// What has been weighed of a value.
#[derive(Default)]
struct Scale<'a> {
    weight: usize,
    /// The arrays and objects that have not been looked into, and how deep their values are.
    open: Vec<(&'a Val, u32)>,
}

impl<'a> Scale<'a> {
    fn put(&mut self, value: &'a Val, depth: u32) {
        self.weight += match value {
            Val::TStr(text) | Val::BStr(text) => 1 + text.len() / 16,
            Val::Arr(_) | Val::Obj(_) => {
                if depth == MAX_DEPTH {
                    Cut::Size.unwind();
                }
                self.open.push((value, depth + 1));
                1
            }
            _ => 1,
        };
        if self.weight >= MAX_WEIGHT {
            Cut::Size.unwind();
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

    /// What the run has used.
    pub fn meter(&self) -> &'a Meter {
        self.meter
    }
}

impl<'a> HasLut<'a, Data> for Run<'a> {
    #[inline]
    fn lut(&self) -> &'a Lut<Data> {
        self.meter.step();
        self.terms
    }
}
