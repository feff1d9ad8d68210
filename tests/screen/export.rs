//! Exporting the rows that are shown.

use std::time::Duration;

use crossterm::event::KeyCode;
use serde_json::Value;

use subscope::app::{
    Context, Effect, Ending, Event, ExportCounts, ExportRequest, Exported, write_export,
};
use subscope::export::Format;
use subscope::message::Notice;
use subscope::query::Path;

use crate::support::stage::Stage;

const SIGTERM: Ending = Ending::Signal(143);

/// Types `path` in place of the suggested name and confirms.
fn export_to(stage: &mut Stage, path: &str) -> Vec<Effect> {
    stage.keys("E");
    assert_eq!(stage.app.context(), Context::Export);
    stage.ctrl('u');
    stage.keys(path);
    stage.code(KeyCode::Enter)
}

/// Exports to a file of this name and returns the request.
fn request(stage: &mut Stage, path: &str) -> ExportRequest {
    let mut effects = export_to(stage, path).into_iter();
    match effects.next() {
        Some(Effect::Export(request)) => *request,
        other => panic!("{other:?}: {}", stage.screen()),
    }
}

fn written(request: ExportRequest) -> (String, ExportCounts) {
    let mut out = Vec::new();
    let counts = write_export(request, &mut out, || Ok(())).unwrap();
    (String::from_utf8(out).unwrap(), counts)
}

fn objects(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_row_is_exported_with_notices_and_subscriptions() {
    let mut stage = Stage::new(&["*"]);
    stage.confirm(0);
    stage.messages(&[("a", b"{\"id\":1}"), ("b", b"\xff\x00")]);
    let request = request(&mut stage, "/tmp/x.ndjson");
    assert_eq!(request.path, "/tmp/x.ndjson");
    assert_eq!((request.format, request.replaces), (Format::Ndjson, false));
    let (text, counts) = written(request);
    let [first, second, third] = &objects(&text)[..] else {
        panic!("{text}");
    };
    assert_eq!(first["notice"], "subscribed");
    assert_eq!(second["payload"], "{\"id\":1}");
    assert_eq!(second["via"], serde_json::json!(["*"]));
    assert_eq!(second["time"], "2023-11-14T22:13:20.000000Z");
    assert_eq!(
        (&third["channel"], &third["encoding"]),
        (&"b".into(), &"base64".into())
    );
    let expected = ExportCounts {
        messages: 2,
        notices: 1,
        cut: 0,
    };
    assert_eq!(counts, expected);
}

#[test]
fn only_the_rows_that_are_shown_are_exported() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"one"), ("b", b"two"), ("c", b"one more")]);
    stage.keys("/one");
    stage.code(KeyCode::Enter);
    // Mute the channel of the newest row.
    stage.keys("mm");
    let (text, _) = written(request(&mut stage, "x.txt"));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.ends_with("  a  one\n"), "{text}");
    let (table, _) = written(request(&mut stage, "x.csv"));
    assert!(table.starts_with("time,channel,"), "{table}");
    assert_eq!(table.lines().count(), 2, "{table}");
}

#[test]
fn a_lens_shows_the_same_value_in_text_as_on_the_screen() {
    let mut stage = Stage::with(&["*"], |settings| {
        let path = Path::parse(".id").unwrap();
        settings.lenses = [(b"a".as_slice().into(), path.into())]
            .into_iter()
            .collect();
    });
    stage.messages(&[
        ("a", br#"{"id": 1}"#),
        ("a", br#"{"id": "x"}"#),
        ("b", b"y"),
    ]);
    let (text, _) = written(request(&mut stage, "x.log"));
    let shown: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split("  ").nth(2))
        .collect();
    assert_eq!(shown, ["1", "x", "y"]);
}

#[test]
fn cut_payloads_and_evicted_messages_are_marked() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 10);
    while stage.session().log.counters().evicted == 0 {
        stage.numbered("a", 200);
    }
    stage.messages(&[("big", &vec![b'x'; 100 << 10])]);
    let (text, counts) = written(request(&mut stage, "x.json"));
    let objects = objects(&text);
    assert_eq!(objects[0]["notice"], "evicted");
    let evicted = stage.session().log.counters().evicted;
    assert_eq!(objects[0]["missing"], evicted);
    let last = objects.last().unwrap();
    assert_eq!(last["size"], 100 << 10);
    assert_eq!(counts.cut, 1);
}

#[test]
fn rows_that_arrive_later_are_left_out() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"first")]);
    let request = request(&mut stage, "x.txt");
    stage.messages(&[("a", b"second")]);
    let (text, counts) = written(request);
    assert!(text.contains("first") && !text.contains("second"), "{text}");
    assert_eq!(counts.messages, 1);
}

#[test]
fn the_prompt_suggests_a_name_and_explains_what_is_wrong_with_another() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders:new", b"1")]);
    stage.code(KeyCode::Tab);
    stage.keys("j");
    stage.code(KeyCode::Enter);
    stage.keys("E");
    let screen = stage.screen();
    assert!(screen.contains("~/subscope-orders-new-2023111"), "{screen}");
    assert!(screen.contains("1 row as NDJSON"), "{screen}");

    stage.keys(".xml");
    assert!(stage.screen().contains("must end in .ndjson"));
    assert_eq!(stage.code(KeyCode::Enter), []);
    assert_eq!(stage.app.context(), Context::Export);
    stage.code(KeyCode::Esc);
    assert_ne!(stage.app.context(), Context::Export);
}

#[test]
fn the_suggested_name_has_no_double_dashes() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[(":a::b:", b"1")]);
    stage.keys(":open :a::b:");
    stage.code(KeyCode::Enter);
    stage.keys("E");
    let screen = stage.screen();
    assert!(screen.contains("~/subscope-a-b-2023111"), "{screen}");
}

#[test]
fn an_existing_file_is_replaced_only_after_a_question() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"1")]);
    export_to(&mut stage, "/tmp/x.csv");
    stage.send(Event::Exported(Exported::Exists("/tmp/x.csv".into())));
    assert!(
        stage.screen().contains("/tmp/x.csv exists"),
        "{}",
        stage.screen()
    );
    // `n` (no) goes back to the name.
    stage.keys("n");
    assert_eq!(stage.app.context(), Context::Export);
    assert!(stage.screen().contains("/tmp/x.csv"));
    stage.code(KeyCode::Enter);
    stage.send(Event::Exported(Exported::Exists("/tmp/x.csv".into())));
    let effects = stage.keys("y");
    assert!(
        matches!(&effects[..], [Effect::Export(request)] if request.replaces),
        "{effects:?}"
    );
}

#[test]
fn a_file_that_is_being_written_is_not_written_twice() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"1")]);
    export_to(&mut stage, "~/x.csv");
    assert_eq!(export_to(&mut stage, "~/x.csv"), []);
    assert!(
        stage.screen().contains("still running"),
        "{}",
        stage.screen()
    );
}

#[test]
fn the_outcome_names_count_size_and_path_or_the_cause() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"1")]);
    export_to(&mut stage, "~/x.csv");
    assert_eq!(stage.toast(), "exporting 1 row to ~/x.csv …");
    let counts = ExportCounts {
        messages: 4211,
        notices: 1,
        cut: 2,
    };
    stage.send(Event::Exported(Exported::Done {
        path: "~/x.csv".into(),
        counts,
        size: 2048,
    }));
    assert_eq!(
        stage.toast(),
        "exported 4,211 messages and 1 notice to ~/x.csv, 2.0 KiB · 2 incomplete (too large to keep)"
    );
    stage.send(Event::Exported(Exported::Failed {
        path: "~/x.csv".into(),
        cause: "No space left on device".into(),
    }));
    assert_eq!(
        stage.toast(),
        "not exported to ~/x.csv: No space left on device · E exports to another file"
    );
    stage.send(Event::Exported(Exported::Refused {
        path: "/root/x.csv".into(),
        cause: "Permission denied".into(),
    }));
    let screen = stage.screen();
    assert!(
        screen.contains("not exported to /root/x.csv: Permission denied · choose another "),
        "{screen}"
    );
}

#[test]
fn nothing_is_exported_while_nothing_is_shown() {
    let mut stage = Stage::new(&["*"]);
    assert_eq!(export_to(&mut stage, "x.csv"), []);
    assert!(stage.screen().contains("no rows are shown"));
    stage.notice(Notice::AllEnded);
    let (text, counts) = written(request(&mut stage, "x.txt"));
    assert_eq!((counts.messages, counts.notices), (0, 1), "{text}");
}

fn done(path: &str) -> Event {
    Event::Exported(Exported::Done {
        path: path.to_owned(),
        counts: ExportCounts::default(),
        size: 1,
    })
}

#[test]
fn quitting_waits_for_an_export_and_says_so() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"1")]);
    request(&mut stage, "x.csv");
    request(&mut stage, "y.csv");
    assert_eq!(stage.keys("q"), []);
    let screen = stage.screen();
    assert!(
        screen.contains("finishing 2 exports, then quitting: x.csv, y.csv"),
        "{screen}"
    );
    let hints = screen.lines().last().unwrap_or_default();
    assert!(
        hints.contains("y wait") && hints.contains("n stay"),
        "{hints}"
    );
    // Pressing the key again does no harm.
    assert_eq!(stage.keys("qy"), []);
    assert!(stage.screen().contains("Quitting"));
    assert_eq!(stage.toast(), "waiting for 2 exports");
    stage.keys("n");
    stage.wait(Duration::from_secs(1));
    assert_eq!(stage.keys("q"), []);
    assert_eq!(stage.send(done("x.csv")), []);
    assert!(stage.screen().contains("finishing the export to y.csv"));
    assert_eq!(stage.send(done("y.csv")), [Effect::Quit]);
}

#[test]
fn an_export_is_abandoned_by_ctrl_c_or_a_second_signal() {
    let abandoned = [Effect::AbandonExports, Effect::Quit];
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"1")]);
    request(&mut stage, "x.csv");
    stage.keys("q");
    assert_eq!(stage.ctrl('c'), abandoned);
    stage.keys("nj");
    stage.ctrl('c');
    assert_eq!(stage.ctrl('c'), []);
    assert!(stage.screen().contains("finishing the export"));
    assert_eq!(stage.ctrl('c'), abandoned);
    stage.keys("n");
    assert_eq!(stage.send(Event::End(SIGTERM)), []);
    assert!(stage.screen().contains("finishing the export"));
    assert_eq!(stage.send(Event::End(SIGTERM)), abandoned);
    // Without a terminal, nobody reads a question.
    assert_eq!(stage.send(Event::End(Ending::HungUp)), [Effect::Quit]);
}

#[test]
fn a_signal_does_not_count_once_the_user_has_decided_to_stay() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"1")]);
    request(&mut stage, "x.csv");
    assert_eq!(stage.send(Event::End(SIGTERM)), []);
    assert_eq!(stage.session().ending, Some(SIGTERM));
    stage.keys("n");
    assert_eq!(stage.session().ending, None);
    stage.send(Event::End(SIGTERM));
    stage.send(Event::Exported(Exported::Failed {
        path: "x.csv".into(),
        cause: "No space left on device".into(),
    }));
    assert_eq!(stage.session().ending, None);
    request(&mut stage, "y.csv");
    stage.send(Event::End(Ending::Signal(130)));
    assert_eq!(stage.send(done("y.csv")), [Effect::Quit]);
    assert_eq!(stage.session().ending, Some(Ending::Signal(130)));
    // The first cause counts.
    stage.send(Event::End(Ending::HungUp));
    assert_eq!(stage.session().ending, Some(Ending::Signal(130)));
}

#[test]
fn a_half_typed_filter_is_still_there_after_staying() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"1"), ("b", b"2")]);
    request(&mut stage, "x.csv");
    stage.keys("/zz");
    assert_eq!(stage.shown(), 0);
    stage.send(Event::End(SIGTERM));
    assert_eq!(stage.app.context(), Context::Confirm);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.context(), Context::Query);
    stage.send(Event::End(SIGTERM));
    stage.send(Event::Exported(Exported::Failed {
        path: "x.csv".into(),
        cause: "No space left on device".into(),
    }));
    assert_eq!(stage.app.context(), Context::Query);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.shown(), 2);
}

#[test]
fn an_export_that_fails_while_quitting_does_not_lose_the_log() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"1")]);
    request(&mut stage, "x.csv");
    stage.keys("q");
    let failed = Exported::Failed {
        path: "x.csv".into(),
        cause: "No space left on device".into(),
    };
    assert_eq!(stage.send(Event::Exported(failed)), []);
    assert_eq!(
        stage.toast(),
        "not exported to x.csv: No space left on device · E exports to another file"
    );
    assert_eq!(stage.app.context(), Context::Messages);
    stage.wait(Duration::from_secs(1));
    assert_eq!(stage.keys("q"), [Effect::Quit]);
}
