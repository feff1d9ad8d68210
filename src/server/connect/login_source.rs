//! Where the password of each login comes from if it is not fixed: a command of the user's, which
//! runs again for each login, or the user, who has typed it.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::password::Password;
use crate::message::{ConnectionError, PasswordCommandError};

/// Logins that begin within this time share a run of the command, so that the connections to all
/// nodes of a cluster do not each run it.
const SHARED_FOR: Duration = Duration::from_secs(1);

/// A password, and the user it belongs to if that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user; `None` for the one that is set otherwise.
    pub user: Option<String>,
    /// The password.
    pub password: Password,
}

/// The result of running the command.
pub type Fetched = Result<Credentials, PasswordCommandError>;

/// A function that runs the command.
pub type Fetch = dyn Fn() -> Pin<Box<dyn Future<Output = Fetched> + Send>> + Send + Sync;

/// The source of the logins at a set of servers. Clones share it.
#[derive(Clone, Default)]
pub struct LoginSource(Arc<Shared>);

#[derive(Default)]
struct Shared {
    fetch: Option<Box<Fetch>>,
    /// Held while the command runs.
    running: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The password that the user has typed. It takes precedence.
    typed: Option<Password>,
    /// What the command printed last, unless a server has refused it.
    last: Option<Credentials>,
    /// Until when `last` may be used without running the command. `None` if it was never used.
    shared_until: Option<Instant>,
    /// The outcome of the last run if it failed, and when it ended.
    failure: Option<(PasswordCommandError, Instant)>,
}

impl LoginSource {
    /// Creates a source that runs a command. `first` is what it has printed already; the first
    /// logins use that.
    pub fn of_command(fetch: Box<Fetch>, first: Credentials) -> Self {
        let state = State {
            last: Some(first),
            ..State::default()
        };
        Self(Arc::new(Shared {
            fetch: Some(fetch),
            state: Mutex::new(state),
            ..Shared::default()
        }))
    }

    /// Uses a password that the user has typed for all logins from now on.
    pub(crate) fn set_typed(&self, password: Password) {
        self.state().typed = Some(password);
    }

    /// Returns what to log in with, or `None` if the fixed login applies. If the command fails, what
    /// it printed last is tried.
    pub(super) async fn credentials(&self) -> Result<Option<Credentials>, ConnectionError> {
        if let Some(password) = self.state().typed.clone() {
            let user = None;
            return Ok(Some(Credentials { user, password }));
        }
        let Some(fetch) = &self.0.fetch else {
            return Ok(None);
        };
        let asked = Instant::now();
        let _running = self.0.running.lock().await;
        if let Some(known) = self.state().known_since(asked) {
            return known.map(Some).map_err(ConnectionError::PasswordCommand);
        }
        let fetched = fetch().await;
        let known = self.state().note(fetched);
        known.map(Some).map_err(ConnectionError::PasswordCommand)
    }

    /// Records that a server has refused the login with `password`: the next login runs the command
    /// again. Returns why the command had failed, if the password was an earlier one for this reason.
    pub(super) fn note_refused(&self, password: &Password) -> Option<PasswordCommandError> {
        let mut state = self.state();
        let is_last = |last: &Credentials| last.password == *password;
        if state.typed.is_some() || !state.last.as_ref().is_some_and(is_last) {
            return None;
        }
        state.last = None;
        state.failure.as_ref().map(|(failure, _)| failure.clone())
    }

    /// Returns whether there is a command or a typed password.
    pub(super) fn has_any(&self) -> bool {
        self.0.fetch.is_some() || self.state().typed.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the outcome of a run that serves a login that began at `asked`, if there is one.
    fn known_since(&mut self, asked: Instant) -> Option<Fetched> {
        if let Some((failure, ended)) = &self.failure {
            let is_recent = *ended >= asked;
            return is_recent.then(|| self.last.clone().ok_or_else(|| failure.clone()));
        }
        let last = self.last.clone()?;
        let until = *self.shared_until.get_or_insert_with(|| asked + SHARED_FOR);
        (asked <= until).then_some(Ok(last))
    }

    /// Records the outcome of a run, and returns what to log in with.
    fn note(&mut self, fetched: Fetched) -> Fetched {
        let now = Instant::now();
        match fetched {
            Ok(credentials) => {
                self.failure = None;
                self.shared_until = Some(now + SHARED_FOR);
                self.last = Some(credentials.clone());
                Ok(credentials)
            }
            Err(failure) => {
                self.failure = Some((failure.clone(), now));
                self.last.clone().ok_or(failure)
            }
        }
    }
}

impl PartialEq for LoginSource {
    /// Returns whether both are the same source.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for LoginSource {}

impl fmt::Debug for LoginSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginSource(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use tokio::time::advance;

    use super::*;
    use crate::message::PasswordCommandFailure;

    fn credentials(password: &str) -> Credentials {
        Credentials {
            user: None,
            password: password.into(),
        }
    }

    fn failure() -> PasswordCommandError {
        PasswordCommandError {
            failure: PasswordCommandFailure::Exited(1),
            stderr: "no".into(),
        }
    }

    /// Returns a source whose command prints `1`, `2` and so on, and fails in the runs `failing`.
    fn counting(failing: &'static [usize]) -> (LoginSource, Arc<AtomicUsize>) {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let fetch = move || -> Pin<Box<dyn Future<Output = Fetched> + Send>> {
            let run = counted.fetch_add(1, SeqCst) + 1;
            let fetched = if failing.contains(&run) {
                Err(failure())
            } else {
                Ok(credentials(&run.to_string()))
            };
            Box::pin(async move {
                tokio::task::yield_now().await;
                fetched
            })
        };
        (
            LoginSource::of_command(Box::new(fetch), credentials("0")),
            runs,
        )
    }

    async fn password(source: &LoginSource) -> String {
        match source.credentials().await {
            Ok(Some(found)) => found.password.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_password_serves_the_first_logins_and_later_ones_run_the_command() {
        let (source, runs) = counting(&[]);
        advance(SHARED_FOR * 10).await;
        assert_eq!(password(&source).await, "0");
        assert_eq!(password(&source).await, "0");
        advance(SHARED_FOR * 2).await;
        assert_eq!(password(&source).await, "1");
        assert_eq!(password(&source).await, "1");
        advance(SHARED_FOR * 2).await;
        assert_eq!(password(&source).await, "2");
        assert_eq!(runs.load(SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn logins_at_the_same_time_share_a_run() {
        let (source, runs) = counting(&[]);
        assert_eq!(password(&source).await, "0");
        advance(SHARED_FOR * 2).await;
        let both = tokio::join!(password(&source), password(&source));
        assert_eq!(both, ("1".to_owned(), "1".to_owned()));
        assert_eq!(runs.load(SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_password_is_not_used_again() {
        let (source, _) = counting(&[]);
        assert_eq!(password(&source).await, "0");
        assert_eq!(source.note_refused(&"other".into()), None);
        assert_eq!(password(&source).await, "0");
        assert_eq!(source.note_refused(&"0".into()), None);
        assert_eq!(password(&source).await, "1");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_command_leaves_the_last_password_until_that_is_refused() {
        let (source, _) = counting(&[1, 2, 3]);
        assert_eq!(password(&source).await, "0");
        advance(SHARED_FOR * 2).await;
        assert_eq!(password(&source).await, "0");
        assert_eq!(source.note_refused(&"0".into()), Some(failure()));
        advance(SHARED_FOR * 2).await;
        let failed = source.credentials().await;
        assert_eq!(failed, Err(ConnectionError::PasswordCommand(failure())));
        advance(SHARED_FOR * 2).await;
        assert!(source.credentials().await.is_err());
        advance(SHARED_FOR * 2).await;
        assert_eq!(password(&source).await, "4");
    }

    #[tokio::test]
    async fn a_typed_password_takes_precedence() {
        let (source, runs) = counting(&[]);
        source.set_typed("typed".into());
        assert_eq!(password(&source).await, "typed");
        assert_eq!(source.note_refused(&"typed".into()), None);
        assert_eq!(password(&source).await, "typed");
        assert_eq!(runs.load(SeqCst), 0);
        let plain = LoginSource::default();
        assert_eq!(plain.credentials().await, Ok(None));
        plain.set_typed("typed".into());
        assert_eq!(password(&plain).await, "typed");
        assert!(!format!("{plain:?}").contains("typed"));
    }
}
