//! How many cases a property test tries, and which. Every normal run tries the same cases, so that
//! it never fails by chance.
//!
//! `tests/run.sh --random MINUTES` repeats every test program that takes its configuration, seed or
//! count from here, with a new `SUBSCOPE_TEST_SEED` each time and `SUBSCOPE_TEST_TIMES` times as
//! many cases. Setting both variables to the same values reproduces a failed run.

use std::env;

use proptest::test_runner::{Config, RngSeed};

/// The seed of a normal run.
const SEED: u64 = 1;

/// Returns the seed for all generated data: `SUBSCOPE_TEST_SEED`.
pub fn seed() -> u64 {
    number("SUBSCOPE_TEST_SEED").unwrap_or(SEED)
}

/// Returns how many cases to try: `usual` times `SUBSCOPE_TEST_TIMES`.
pub fn count(usual: u32) -> u32 {
    let times = number("SUBSCOPE_TEST_TIMES").unwrap_or(1);
    u32::try_from(u64::from(usual) * times).unwrap_or(u32::MAX)
}

/// Returns the configuration of a property test that tries `usual` cases in a normal run.
///
/// A failed case becomes a named test, so no regression file is kept.
pub fn config(usual: u32) -> Config {
    Config {
        cases: count(usual),
        rng_seed: RngSeed::Fixed(seed()),
        failure_persistence: None,
        ..Config::default()
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}
