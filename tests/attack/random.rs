//! Random inputs that are the same on every machine, and a loop that reports the smallest failing
//! one.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::any::Any;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::io::{Write, stderr};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::support::cases::seed;

/// A case that takes longer than this counts as hung. The timeout is only a safeguard; nothing is
/// measured against it.
const HANG_TIMEOUT: Duration = Duration::from_secs(120);

/// How many smaller inputs are tried after a failure.
const SHRINKING_STEPS: usize = 2000;

/// A random number generator: `SplitMix64`, which is short and good enough.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Creates a generator from `seed`; nearby seeds give unrelated numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Creates the generator for one case of a test.
    pub fn of_case(name: &str, case: u64) -> Self {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut mixed = Self(seed() ^ hash);
        Self(mixed.number() ^ case.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Returns a random number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a random byte.
    pub fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    /// Returns a number below `bound`, which must not be 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Returns true once in `count` times on average.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// Returns one of `items`.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Returns up to `most` bytes.
    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.byte()).collect()
    }

    /// Returns where to cut a sequence of `length` items: ascending positions, including the end.
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

/// Checks `count` generated inputs of the test called `name`. Shrinks the first one that makes
/// `check` panic, and reports it together with how to reproduce it.
#[track_caller]
pub fn attack<T: Clone + Debug>(
    name: &str,
    count: u32,
    generate: impl Fn(&mut Random) -> Vec<T>,
    check: impl Fn(&[T]),
) {
    silence_panics();
    for case in 0..u64::from(count) {
        let input = generate(&mut Random::of_case(name, case));
        let watchdog = Watchdog::start(format!(
            "{name}, case {case}, SUBSCOPE_TEST_SEED={}",
            seed()
        ));
        let Err(panic) = outcome(&check, &input) else {
            continue;
        };
        drop(watchdog);
        let (smallest, panic) = shrunk(input, panic, &check);
        panic!(
            "{name}: {}\n  with {} of case {case}; SUBSCOPE_TEST_SEED={} repeats it",
            panic_message(&*panic),
            shown(&smallest),
            seed()
        );
    }
}

type Panic = Box<dyn Any + Send>;

fn outcome<T>(check: &impl Fn(&[T]), input: &[T]) -> Result<(), Panic> {
    IS_SILENT.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(|| check(input)));
    IS_SILENT.set(false);
    outcome
}

/// Removes as much of `input` as possible while the check still fails.
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

/// Formats items for people to read; bytes are shown as text.
fn shown<T: Debug>(items: &[T]) -> String {
    let debug = format!("{items:?}");
    let bytes = debug.trim_matches(['[', ']']).split(", ").map(str::parse);
    match bytes.collect::<Result<Vec<u8>, _>>() {
        Ok(bytes) => format!("b\"{}\"", bytes.escape_ascii()),
        Err(_) => debug,
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}

thread_local! {
    /// Whether panics of this thread are caught and reported elsewhere.
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Keeps expected panics out of the test's output, since many inputs are tried.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_SILENT.get() {
                before(info);
            }
        }));
    });
}

/// The running cases, each with its start time and description.
static RUNNING: Mutex<Option<HashMap<ThreadId, (Instant, String)>>> = Mutex::new(None);

/// A running case. If it hangs, the watchdog prints its name and aborts the whole run, since a hung
/// thread cannot be stopped.
pub struct Watchdog;

impl Watchdog {
    /// Starts watching a case on this thread.
    pub fn start(what: String) -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| drop(thread::spawn(watch)));
        let mut running = RUNNING.lock().unwrap();
        let cases = running.get_or_insert_default();
        cases.insert(thread::current().id(), (Instant::now(), what));
        Self
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap();
        running
            .get_or_insert_default()
            .remove(&thread::current().id());
    }
}

fn watch() {
    loop {
        thread::sleep(Duration::from_secs(1));
        let mut running = RUNNING.lock().unwrap();
        let cases = running.get_or_insert_default().values();
        for (since, what) in cases {
            if since.elapsed() > HANG_TIMEOUT {
                // Write directly, because the test harness captures the output of the print macros.
                let _ = stderr().write_all(format!("\nthis hangs: {what}\n").as_bytes());
                process::abort();
            }
        }
    }
}
