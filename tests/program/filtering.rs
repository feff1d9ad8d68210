//! Filters and breakpoints of the built program, on a terminal and a real server.

use std::fs;

use crate::support::flood::Flood;
use crate::support::pty::{Launch, Pty};
use crate::support::redis::{NO_LIMITS, Redis};

const MESSAGES: u64 = 300_000;

/// Starts a server that does not disconnect a subscriber slowed down by a busy machine.
fn redis_without_limits() -> Redis {
    Redis::start_with(&NO_LIMITS)
}

fn flood(redis: &Redis) -> Flood {
    Flood {
        port: redis.port(),
        messages: MESSAGES,
        channels: 16,
        payload: 120,
        connections: 2,
    }
}

fn watch(redis: &Redis, arguments: &[&str]) -> Pty {
    let url = redis.url();
    let arguments: Vec<&str> = ["-u", &url].iter().chain(arguments).copied().collect();
    let pty = Launch::subscope(&arguments).size(140, 40).start();
    pty.wait_for_text("subscribed to pattern *");
    pty
}

#[test]
fn a_filter_typed_in_a_flood_shows_hits_and_ends_with_exact_counts() {
    let redis = redis_without_limits();
    let mut pty = watch(&redis, &["--keep", "1GiB"]);
    let needle = |number: u32| redis.cli(&["publish", "rare", &format!("a Needle {number}")]);
    needle(0);
    let publishers = flood(&redis).start();
    needle(1);
    pty.send("/needle");
    pty.wait_for_text("a Needle 1");
    let mut hits = 2;
    while !publishers.iter().all(std::thread::JoinHandle::is_finished) {
        needle(hits);
        hits += 1;
    }
    let all = MESSAGES + u64::from(hits);
    let (thousands, rest) = (all / 1000, all % 1000);
    pty.wait_for_text(&format!("{hits} of {thousands},{rest:03}"));
    pty.wait_for_text(&format!("a Needle {}", hits - 1));
    // Esc removes the filter and its text, and every row is shown again.
    pty.send("\x1b");
    pty.wait_for_text(&format!("Messages {thousands},{rest:03}"));
}

#[test]
fn a_breakpoint_stops_the_view_in_a_flood_and_keeps_its_hit() {
    let redis = redis_without_limits();
    let mut pty = watch(
        &redis,
        &["--keep", "16MiB", "--break", "channel:rare Needle"],
    );
    let publishers = flood(&redis).start();
    redis.cli(&["publish", "rare", "the one Needle"]);
    pty.wait_for_text("hit ❚❚ channel:rare Needle");
    pty.wait_for_text("the one Needle");
    // On a busy machine, the hit may be the last message, so publish more.
    let more = Flood {
        messages: 2_000,
        ..flood(&redis)
    };
    for publisher in publishers.into_iter().chain(more.start()) {
        publisher.join().unwrap();
    }
    pty.wait_for_text("302,001 received");
    assert!(pty.text().contains("the one Needle"), "{}", pty.text());
    pty.send(" ");
    pty.wait_for_text("following");
    assert!(!pty.text().contains("the one Needle"), "{}", pty.text());
}

#[test]
fn a_changed_value_freezes_the_log_and_runs_the_alert_command() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alert");
    let command = format!("cat > '{0}.part' && mv '{0}.part' '{0}'", file.display());
    let pty = watch(
        &redis,
        &["--break", "changed(.state)", "--alert-command", &command],
    );
    for state in ["up", "up", "down"] {
        redis.cli(&["publish", "svc", &format!("{{\"state\":\"{state}\"}}")]);
    }
    pty.wait_for_text("hit ❚❚ changed(.state)");
    pty.wait_for("the command to run", |_| file.exists());
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, "breakpoint hit: changed(.state) · on svc\n");
}

#[test]
fn a_channel_that_falls_silent_is_told_with_its_name() {
    let redis = Redis::start();
    let mut pty = watch(&redis, &["--break", "silent:1s channel:beat.*"]);
    redis.cli(&["publish", "beat.a", "1"]);
    pty.wait_for_text("hit ❚❚ silent:1s channel:beat.*");
    pty.wait_for_text(": beat.a · breakpoint silent:1s");
    pty.send(" ");
    redis.cli(&["publish", "beat.a", "2"]);
    pty.wait_for_text("heard from again after");
}

#[test]
fn the_query_history_is_kept_between_runs_readable_only_by_its_owner() {
    let redis = Redis::start();
    let home = tempfile::tempdir().unwrap();
    let url = redis.url();
    let launch = || {
        let pty = Launch::subscope(&["-u", &url])
            .env("HOME", home.path().to_str().unwrap())
            .start();
        pty.wait_for_text("subscribed to pattern *");
        pty
    };
    let mut pty = launch();
    for query in ["first one", "second one"] {
        pty.send("/");
        pty.wait_for_text("Filter");
        pty.send("\x15");
        pty.send(query);
        pty.send("\r");
        pty.wait_for_text(&format!("filter {query} ×"));
    }
    pty.send("q");
    pty.wait_for_exit();
    let file = home.path().join(".local/state/subscope/queries");
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "first one\nsecond one\n"
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let mut pty = launch();
    pty.send("/\x1b[A\x1b[A\r");
    pty.wait_for_text("filter first one ×");
}

#[test]
fn an_invalid_query_on_the_command_line_gives_a_one_line_error_with_its_place() {
    for (query, place) in [
        (
            "size>lots",
            r#""size>lots", at column 6 ("lots"): write a size"#,
        ),
        ("a or", r#""a or", at the end: a term is missing"#),
        (
            "é or or b",
            r#""é or or b", at column 6 ("or"): `or` joins"#,
        ),
        (".a ==", r#"".a ==", at the end: a value is missing"#),
        ("is:jso", r#""is:jso": is: takes"#),
        ("(a\n", r#""(a\\n", at column 1 ("("): this ("#),
    ] {
        for option in ["--filter", "--break"] {
            let output = std::process::Command::new(crate::support::pty::SUBSCOPE)
                .args([option, query])
                .output()
                .unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{error}");
            assert!(error.contains(&format!("{option} {place}")), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
