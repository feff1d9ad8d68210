//! Decides whether a refused login is retried: only if it has worked before, and only for a limited
//! time.
//!
//! A server that restarts may not have loaded its users yet. But servers count wrong passwords, and
//! some lock out clients that send too many.

use std::time::Duration;

/// How a login that has worked before is retried after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginRetries {
    /// The wait before the first retry. It doubles with each retry.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// Total wait after which a refusal is final, until the user retries. If this is zero, every
    /// refusal is final.
    pub give_up_after: Duration,
}

impl Default for LoginRetries {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
            give_up_after: Duration::from_secs(5 * 60),
        }
    }
}

/// How long `ElastiCache`, `MemoryDB` and Memorystore let a connection use a login by IAM.
const LOGIN_LIMIT: Duration = Duration::from_secs(12 * 60 * 60);

/// How far from it they close the connection.
const LIMIT_TOLERANCE: Duration = Duration::from_secs(2 * 60);

/// Returns whether a server that closed a connection after this time did so because it lets no login
/// last longer.
pub(crate) fn is_login_limit(live: Duration) -> bool {
    live.abs_diff(LOGIN_LIMIT) <= LIMIT_TOLERANCE
}

/// Login retries of one connection.
#[derive(Debug)]
pub(crate) struct Login {
    retries: LoginRetries,
    has_worked: bool,
    /// Total wait since the login last worked.
    waited: Duration,
    next_wait: Duration,
}

impl Login {
    pub(crate) fn new(retries: LoginRetries) -> Self {
        Self {
            retries,
            has_worked: false,
            waited: Duration::ZERO,
            next_wait: retries.first_wait,
        }
    }

    /// Records a successful login.
    pub(crate) fn note_success(&mut self) {
        *self = Self {
            has_worked: true,
            ..Self::new(self.retries)
        };
    }

    /// Returns how long to wait before a refused login is retried, or `None` if the refusal is
    /// final.
    pub(crate) fn next_wait(&mut self) -> Option<Duration> {
        let wait = self.next_wait.min(self.retries.longest_wait);
        if !self.has_worked || wait.is_zero() || self.waited >= self.retries.give_up_after {
            return None;
        }
        self.waited += wait;
        self.next_wait = wait * 2;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(login: &mut Login) -> Vec<u64> {
        let waits = std::iter::from_fn(|| login.next_wait());
        waits.map(|wait| wait.as_secs()).collect()
    }

    #[test]
    fn a_connection_closed_after_12_hours_has_reached_the_limit() {
        for (minutes, expected) in [
            (1, false),
            (717, false),
            (719, true),
            (721, true),
            (723, false),
        ] {
            let live = Duration::from_secs(minutes * 60);
            assert_eq!(is_login_limit(live), expected, "{minutes}");
        }
    }

    #[test]
    fn only_a_login_that_has_worked_is_retried_and_only_for_a_while() {
        let mut login = Login::new(LoginRetries::default());
        assert_eq!(waits(&mut login), [0; 0]);
        login.note_success();
        let first = waits(&mut login);
        assert_eq!(first[..7], [1, 2, 4, 8, 16, 30, 30]);
        assert!((300..330).contains(&first.iter().sum::<u64>()), "{first:?}");
        assert_eq!(waits(&mut login), [0; 0]);
        login.note_success();
        assert_eq!(waits(&mut login), first);
        let mut login = Login::new(LoginRetries {
            give_up_after: Duration::ZERO,
            ..LoginRetries::default()
        });
        login.note_success();
        assert_eq!(waits(&mut login), [0; 0]);
    }
}
