//! Logins that change: passwords from a command, and passwords typed later.

use std::pin::Pin;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::Ordering::SeqCst;

use subscope::app::gap_cause_words;
use subscope::message::{PasswordCommandError, PasswordCommandFailure};
use subscope::server::{Credentials, Fetch, Fetched, LoginAt, LoginSource, Password};

use super::*;

/// A password command that prints what it is told to, and counts its runs.
#[derive(Clone)]
struct Issuer {
    runs: Arc<AtomicUsize>,
    /// What it prints; `None` to fail.
    printed: Arc<StdMutex<Option<Password>>>,
}

impl Issuer {
    fn printing(password: &str) -> Self {
        Self {
            runs: Arc::default(),
            printed: Arc::new(StdMutex::new(Some(password.into()))),
        }
    }

    fn print(&self, password: Option<&str>) {
        *self.printed.lock().unwrap() = password.map(Password::from);
    }

    fn runs(&self) -> usize {
        self.runs.load(SeqCst)
    }

    /// Returns a source that runs the command, which has printed `first` already.
    fn source(&self, first: &str) -> LoginSource {
        let issuer = self.clone();
        let fetch = move || -> Pin<Box<dyn Future<Output = Fetched> + Send>> {
            issuer.runs.fetch_add(1, SeqCst);
            let printed = issuer.printed.lock().unwrap().clone();
            let fetched = printed.map(|password| Credentials {
                user: None,
                password,
            });
            let failed = || PasswordCommandError {
                failure: PasswordCommandFailure::Exited(3),
                stderr: "no network".into(),
            };
            Box::pin(async move { fetched.ok_or_else(failed) })
        };
        let fetch: Box<Fetch> = Box::new(fetch);
        let first = Credentials {
            user: None,
            password: first.into(),
        };
        LoginSource::of_command(fetch, first)
    }
}

/// Returns a server with the user `app`, who has this password.
fn server_with_user(password: &str) -> Redis {
    let redis = Redis::start();
    let rule = format!(">{password}");
    redis.cli(&["ACL", "SETUSER", "app", "on", &rule, "allchannels", "+@all"]);
    redis
}

/// Gives `app` another password instead of the last one, and ends the connections.
fn rotate(redis: &Redis, password: &str) {
    let rule = format!(">{password}");
    redis.cli(&["ACL", "SETUSER", "app", "resetpass", &rule]);
    redis.cli(&["CLIENT", "KILL", "USER", "app"]);
}

fn config_of(redis: &Redis, source: Option<&LoginSource>) -> Config {
    let url = format!("redis://127.0.0.1:{}", redis.port());
    let config = config(&url, &[pattern(0, b"*")]);
    let target = match source {
        Some(source) => config.target.with_login_source(source, Some("app")),
        None => config.target,
    };
    Config { target, ..config }
}

fn refusal(listener: &Listener) -> String {
    match listener.connections().last() {
        Some(Connection::Refused { reason, .. }) => connection_words(reason),
        _ => String::new(),
    }
}

async fn publishes(listener: &mut Listener) {
    let id = listener.published().len() as u64;
    listener.publish(id, b"a", b"b");
    listener
        .until("an answer", |listener| {
            listener.published().last() == Some(&(id, Ok(1)))
        })
        .await;
}

#[tokio::test]
async fn a_password_command_runs_for_later_logins() {
    let redis = server_with_user("first");
    let issuer = Issuer::printing("first");
    let source = issuer.source("first");
    let mut listener = Listener::listening(config_of(&redis, Some(&source))).await;
    publishes(&mut listener).await;
    for password in ["second", "third"] {
        issuer.print(Some(password));
        let (runs, gaps) = (issuer.runs(), listener.gaps().len());
        rotate(&redis, password);
        listener
            .until("the gap is closed", |listener| {
                let ends = listener.gaps().into_iter().skip(gaps);
                let mut ends = ends.map(|gap| gap.end);
                ends.any(|end| matches!(end, GapEnd::Restored(_)))
            })
            .await;
        assert!(issuer.runs() > runs);
        publishes(&mut listener).await;
    }
    listener.server.stop().await;
}

#[tokio::test]
async fn after_a_refused_login_a_retry_runs_the_command_again() {
    let redis = server_with_user("right");
    let issuer = Issuer::printing("wrong, too");
    let source = issuer.source("wrong");
    let mut listener = Listener::start(config_of(&redis, Some(&source)));
    listener
        .until("a refusal", |listener| {
            refusal(listener).starts_with("WRONGPASS")
        })
        .await;
    assert_eq!(issuer.runs(), 0);
    issuer.print(None);
    listener.server.command(Command::Reconnect);
    let failed = "the password command failed with exit status 3: no network";
    listener
        .until("its failure", |listener| refusal(listener) == failed)
        .await;
    issuer.print(Some("right"));
    listener.server.command(Command::Reconnect);
    listener
        .until("a login", |listener| listener.subscribed() == [(0, 1)])
        .await;
    publishes(&mut listener).await;
    listener.server.stop().await;
}

#[tokio::test]
async fn the_gap_after_an_expired_login_says_so() {
    let redis = server_with_user("first");
    let issuer = Issuer::printing("first");
    let source = issuer.source("first");
    let mut listener = Listener::listening(config_of(&redis, Some(&source))).await;
    rotate(&redis, "second");
    let cause = |listener: &Listener| {
        let gap = listener.gaps().pop();
        gap.map(|gap| gap_cause_words(&gap.cause, &gap.reason))
    };
    listener
        .until("the cause", |listener| {
            cause(listener).as_deref() == Some("login refused, expired or changed")
        })
        .await;
    issuer.print(None);
    listener
        .until("its failure", |listener| {
            let gap = listener.gaps().pop().unwrap();
            gap_reason_words(&gap.reason).ends_with("exit status 3: no network")
        })
        .await;
    issuer.print(Some("second"));
    listener
        .until("the end of the gap", |listener| {
            let gap = listener.gaps().pop().unwrap();
            matches!(gap.end, GapEnd::Restored(_))
        })
        .await;
    listener.server.stop().await;
}

#[tokio::test]
async fn a_failing_command_does_not_keep_the_last_password_from_working() {
    let redis = server_with_user("first");
    let issuer = Issuer::printing("first");
    let source = issuer.source("first");
    let mut listener = Listener::listening(config_of(&redis, Some(&source))).await;
    issuer.print(None);
    redis.cli(&["CLIENT", "KILL", "USER", "app"]);
    listener
        .until("the end of the gap", |listener| {
            let mut gaps = listener.gaps().into_iter();
            gaps.any(|gap| matches!(gap.end, GapEnd::Restored(_)))
        })
        .await;
    listener.server.stop().await;
}

#[tokio::test]
async fn a_typed_password_is_used_for_all_later_logins() {
    let redis = server_with_user("typed");
    redis.cli(&["ACL", "SETUSER", "default", "resetpass"]);
    let mut config = config_of(&redis, None);
    config.target.change_servers(|server| {
        server.user = Some("app".to_owned());
        server.remove_idle_user();
    });
    let mut listener = Listener::start(config);
    listener
        .until("a refusal", |listener| {
            refusal(listener).starts_with("NOAUTH")
        })
        .await;
    let log_in = |password: &str| Command::LogIn {
        at: LoginAt::Servers,
        password: password.into(),
    };
    assert!(!format!("{:?}", log_in("wrong")).contains("wrong"));
    listener.server.command(log_in("wrong"));
    listener
        .until("another refusal", |listener| {
            refusal(listener).starts_with("WRONGPASS")
        })
        .await;
    listener.server.command(log_in("typed"));
    listener
        .until("a login", |listener| listener.subscribed() == [(0, 1)])
        .await;
    publishes(&mut listener).await;
    listener.server.stop().await;
}
