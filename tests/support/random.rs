//! Random inputs that come out the same on every machine, and a loop over them that reports the
//! smallest that fails.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::any::Any;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::io::{Write, stderr};
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use super::cases::seed;

/// A case that takes longer than this hangs. It only guards: nothing is measured against it.
const HANGS_AFTER: Duration = Duration::from_secs(120);

/// How many smaller inputs are tried after a failure.
const SHRINKING_STEPS: usize = 2000;

/// A generator of random numbers: `SplitMix64`, which is a few lines and good enough.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts from `seed`; near seeds give unrelated numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The generator of one case of a test.
    pub fn of_case(name: &str, case: u64) -> Self {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut mixed = Self(seed() ^ hash);
        Self(mixed.number() ^ case.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    /// A number below `bound`, which must not be 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// A number in `range`, which must not be empty.
    pub fn within(&mut self, range: Range<usize>) -> usize {
        range.start + self.below(range.len())
    }

    /// True once in `count` times.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// One of `items`.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Up to `most` bytes.
    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.byte()).collect()
    }

    /// Where to cut a sequence of `length` items: ascending places, the end among them.
    pub fn cuts(&mut self, length: usize) -> Vec<usize> {
        let most = *self.pick(&[1, 2, 7, 64, 4096]);
        let mut cuts = Vec::new();
        let mut at = 0;
        while at < length {
            at = (at + 1 + self.below(most)).min(length);
            cuts.push(at);
        }
        cuts
    }
}

/// Checks so many generated inputs of the test called `name`. The first that makes `check` panic is
/// made as small as it can be, and shown together with what repeats it.
#[track_caller]
pub fn attack<T: Clone + Debug>(
    name: &str,
    count: u32,
    generate: impl Fn(&mut Random) -> Vec<T>,
    check: impl Fn(&[T]),
) {
    hush_panics();
    for case in 0..u64::from(count) {
        let input = generate(&mut Random::of_case(name, case));
        let watched = Watched::start(format!(
            "{name}, case {case}, SUBSCOPE_TEST_SEED={}",
            seed()
        ));
        let Err(panic) = outcome(&check, &input) else {
            continue;
        };
        drop(watched);
        let (smallest, panic) = shrunk(input, panic, &check);
        panic!(
            "{name}: {}\n  with {} of case {case}; SUBSCOPE_TEST_SEED={} repeats it",
            words(&*panic),
            shown(&smallest),
            seed()
        );
    }
}

type Panic = Box<dyn Any + Send>;

fn outcome<T>(check: &impl Fn(&[T]), input: &[T]) -> Result<(), Panic> {
    IS_HUSHED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(|| check(input)));
    IS_HUSHED.set(false);
    outcome
}

/// Leaves out as much of `input` as still fails.
fn shrunk<T: Clone>(input: Vec<T>, panic: Panic, check: &impl Fn(&[T])) -> (Vec<T>, Panic) {
    let (mut smallest, mut panic) = (input, panic);
    let mut steps = 0;
    let mut length = smallest.len();
    while length > 0 {
        let mut start = 0;
        while start < smallest.len() && steps < SHRINKING_STEPS {
            steps += 1;
            let end = (start + length).min(smallest.len());
            let tried = [&smallest[..start], &smallest[end..]].concat();
            match outcome(check, &tried) {
                Ok(()) => start = end,
                Err(smaller) => (smallest, panic) = (tried, smaller),
            }
        }
        length /= 2;
    }
    (smallest, panic)
}

/// Items as they are to be read: bytes as text.
fn shown<T: Debug>(items: &[T]) -> String {
    let debug = format!("{items:?}");
    let bytes = debug.trim_matches(['[', ']']).split(", ").map(str::parse);
    match bytes.collect::<Result<Vec<u8>, _>>() {
        Ok(bytes) => format!("b\"{}\"", bytes.escape_ascii()),
        Err(_) => debug,
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}

thread_local! {
    /// Whether a panic of this thread is caught, and told of by who catches it.
    static IS_HUSHED: Cell<bool> = const { Cell::new(false) };
}

/// Keeps the panics of the many inputs that are tried out of the output, places apart.
fn hush_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_HUSHED.get() {
                before(info);
            }
        }));
    });
}

/// The cases under way, with what they are and since when.
static UNDER_WAY: Mutex<Option<HashMap<ThreadId, (Instant, String)>>> = Mutex::new(None);

/// A case under way. One that hangs ends the whole run with its name, which is all that can be done.
pub struct Watched;

impl Watched {
    /// Begins a case on this thread.
    pub fn start(what: String) -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| drop(thread::spawn(watch)));
        let mut under_way = UNDER_WAY.lock().unwrap();
        let cases = under_way.get_or_insert_default();
        cases.insert(thread::current().id(), (Instant::now(), what));
        Self
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut under_way = UNDER_WAY.lock().unwrap();
        under_way
            .get_or_insert_default()
            .remove(&thread::current().id());
    }
}

fn watch() {
    loop {
        thread::sleep(Duration::from_secs(1));
        let mut under_way = UNDER_WAY.lock().unwrap();
        let cases = under_way.get_or_insert_default().values();
        for (since, what) in cases {
            if since.elapsed() > HANGS_AFTER {
                // The macros that print are captured by the tests.
                let _ = stderr().write_all(format!("\nthis hangs: {what}\n").as_bytes());
                process::abort();
            }
        }
    }
}
