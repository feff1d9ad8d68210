//! Which terms are blamed for a query that finds nothing.

use crossterm::event::KeyCode;

use subscope::app::{Effect, Event};
use subscope::workers::scan::Purpose;

use crate::support::stage::Stage;

/// Returns a stage with 20 orders, of which 5 are errors, and 20 jobs.
fn stage() -> Stage {
    let mut stage = Stage::sized((160, 30), &["*"], |settings| settings.keep = 16 << 20);
    for number in 0..20 {
        let level = if number % 4 == 0 { "error" } else { "info" };
        let order = format!(r#"{{"id":{number},"level":"{level}","code":"{number}"}}"#);
        stage.messages(&[("orders:paid", order.as_bytes()), ("jobs", b"done")]);
    }
    stage
}

/// Types a filter and returns the cause that the empty log shows.
fn cause(stage: &mut Stage, text: &str) -> String {
    stage.keys("/");
    stage.ctrl('u');
    stage.keys(text);
    assert_eq!(stage.session().shown.messages(), 0, "{text}");
    stage.code(KeyCode::Enter);
    let filters = &stage.session().filters;
    let cause = filters.verdict.cause(filters.typed.as_ref().unwrap());
    let cause = cause.unwrap_or_default().to_owned();
    // On the screen, it starts with a capital letter.
    let rest = cause.chars().skip(1).collect::<String>();
    assert!(stage.screen().contains(&rest), "{}", stage.screen());
    cause
}

#[test]
fn only_the_terms_that_find_nothing_are_blamed() {
    let mut stage = stage();
    for (text, expected) in [
        ("error zzz", "nothing matches zzz"),
        ("zzz error yyy", "nothing matches zzz, nothing matches yyy"),
        ("levl=error info", "no .levl in the newest 40 messages"),
        (
            "info -order",
            "info matches 15 messages, -order 20, but none matches both",
        ),
        (
            "id<5 error done",
            "id<5 matches 5 messages, error 5, done 20, but none matches all",
        ),
        (
            "channel:jobs error",
            "error matches 5 messages, but on other channels",
        ),
        (
            "channel:jobs done error",
            "nothing on these channels matches error",
        ),
        (
            "channel:jobs .level == error done",
            "no .level in the newest 20 messages",
        ),
        ("channel:ordrs done", "no channel matches ordrs"),
        (
            "channel:orders channel:jobs",
            "channel:orders matches 20 messages, channel:jobs 20, but none matches both",
        ),
        ("(zzz or yyy) error", "nothing matches (zzz or yyy)"),
        (
            "-(orders or jobs) error",
            "nothing matches -(orders or jobs)",
        ),
    ] {
        assert_eq!(cause(&mut stage, text), expected, "{text}");
    }
}

#[test]
fn a_term_that_the_sample_lacks_is_not_blamed_if_it_finds_something() {
    let mut stage = Stage::sized((160, 30), &["*"], |settings| settings.keep = 16 << 20);
    stage.messages(&[("orders", br#"{"level":"error"}"#)]);
    for _ in 0..10 {
        stage.messages(&[("orders", &br#"{"level":"info"}"#[..]); 50]);
    }
    assert_eq!(
        cause(&mut stage, ".level == error zzz"),
        "nothing matches zzz"
    );
}

#[test]
fn what_else_hides_messages_is_blamed_if_the_filter_alone_finds_some() {
    let mut stage = stage();
    stage.keys("f-order");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    assert_eq!(
        cause(&mut stage, "error"),
        "this filter alone matches 5 messages"
    );
    assert_eq!(cause(&mut stage, "error zzz"), "nothing matches zzz");
}

#[test]
fn notices_do_not_count_as_found() {
    let mut stage = stage();
    stage.notice(subscope::message::Notice::AllEnded);
    assert_eq!(
        cause(&mut stage, "-orders -jobs"),
        "-orders matches 20 messages, -jobs 20, but none matches both"
    );
}

#[test]
fn a_misspelled_channel_without_its_key_is_offered() {
    let mut stage = stage();
    for (text, meant) in [
        ("orders:piad", Some("channel:orders:paid")),
        ("ordrs", Some("channel:orders")),
        ("ordrs:*", Some("channel:orders:*")),
        ("orders:piad error", Some("channel:orders:paid error")),
        ("error:piad", None),
        ("-orders:piad zzz", None),
    ] {
        cause(&mut stage, text);
        stage.keys("/");
        assert_eq!(stage.app.offered(), meant, "{text}");
        stage.code(KeyCode::Esc);
    }
    // A channel beyond the first thousands is found too.
    for number in 0..3000 {
        stage.messages(&[(&format!("svc:{number}:status"), b"1")]);
    }
    stage.messages(&[("refunds:created", b"1")]);
    cause(&mut stage, "refunds:craeted");
    stage.keys("/");
    assert_eq!(stage.app.offered(), Some("channel:refunds:created"));
}

#[test]
fn a_number_compared_with_text_is_explained_and_the_query_that_works_is_offered() {
    subscope::query::set_executable(env!("CARGO_BIN_EXE_subscope"));
    let mut stage = stage();
    for (text, words, meant) in [
        (
            "code>17",
            "seen at .code: \"19\", \"18\", \"17\", \"16\", …, which are text and not numbers",
            "jq((.code | tonumber?) > 17)",
        ),
        (
            ".code <= 3 error",
            "which are text",
            "jq((.code | tonumber?) <= 3) error",
        ),
        (
            ".id ~ \"^1\"",
            "which are not text",
            "jq(.id | tostring | test(\"^1\"))",
        ),
    ] {
        let found = cause(&mut stage, text);
        assert!(found.contains(words), "{found}");
        stage.keys("/");
        assert_eq!(stage.app.offered(), Some(meant), "{text}");
        stage.code(KeyCode::Tab);
        assert!(stage.session().shown.messages() > 0, "{text}");
        stage.code(KeyCode::Esc);
    }
}

#[test]
fn an_invalid_query_offers_the_correction_that_finds_something() {
    let mut stage = stage();
    stage.messages(&[
        ("log", b"call(level) failed"),
        ("log", b"select(.zzz) failed"),
    ]);
    for (text, meant) in [
        // The text itself is found, its likeliest correction is not.
        ("select(.zzz) failed", "\"select(.zzz) failed\""),
        ("level:(error OR warn)", ".level in (error, warn)"),
        // Nothing is found, so the likeliest is offered.
        ("level:(fatal OR warn)", ".level in (fatal, warn)"),
    ] {
        stage.keys("/");
        stage.ctrl('u');
        stage.keys(text);
        assert_eq!(stage.app.offered(), Some(meant), "{text}");
        let finds_nothing = text.contains("fatal");
        let words = "finds nothing so far";
        assert_eq!(
            stage.screen().contains(words),
            finds_nothing,
            "{}",
            stage.screen()
        );
        stage.code(KeyCode::Tab);
        assert_eq!(
            stage.session().shown.messages() == 0,
            finds_nothing,
            "{text}"
        );
        stage.code(KeyCode::Esc);
    }
    // Without messages, the likeliest is offered at once.
    let mut stage = Stage::new(&["*"]);
    stage.keys("/level:(error OR warn)");
    assert_eq!(stage.app.offered(), Some(".level in (error, warn)"));
    assert!(!stage.screen().contains("nothing so far"));
}

#[test]
fn a_breakpoint_is_corrected_by_what_finds_something() {
    for key in ["B", "f"] {
        let mut stage = stage();
        stage.messages(&[("log", b"the mood is fine")]);
        stage.keys(key);
        for (text, meant) in [
            // It finds something itself.
            ("mood is fine", None),
            ("level is error", Some(".level == \"error\"")),
            ("levl=error", Some(".level=error")),
            (".id == \"7\"", Some(".id == 7")),
            // Nothing is found, so the likeliest is offered.
            ("level is fatal", Some(".level == \"fatal\"")),
            ("level:(error OR warn)", Some(".level in (error, warn)")),
            ("zzz", None),
        ] {
            stage.ctrl('u');
            stage.keys(text);
            assert_eq!(stage.app.offered(), meant, "{key}{text}");
        }
    }
}

#[test]
fn trials_for_a_query_being_written_end_with_its_box() {
    let mut stage = stage();
    stage.keys("Blevel is erro");
    let letter = Event::Key(KeyCode::Char('r').into());
    let effects = stage.app.update(letter, stage.now);
    let is_trial = |effect: &Effect| matches!(effect, Effect::Scan(request) if request.purpose == Purpose::Trial);
    assert!(effects.iter().any(is_trial), "{effects:?}");
    let escape = Event::Key(KeyCode::Esc.into());
    let effects = stage.app.update(escape, stage.now);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::StopScan(_))),
        "{effects:?}"
    );
}
