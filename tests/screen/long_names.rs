//! Channel names of several megabytes: no frame or key press reads such a name in full.
#![cfg(target_os = "linux")]

use std::process::Command;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use subscope::app::{Effect, Event};
use subscope::message::{Notice, Subscription, SubscriptionId, Topic};

use crate::bytes_touched::bytes_touched;
use crate::support::stage::Stage;

/// Size of a name that is large beside everything else that is read to draw a frame.
const NAME: usize = 32 << 20;

/// Maximum number of bytes touched. It is generous, because a page may be as large as 2 MiB.
const MAX_TOUCHED: usize = NAME / 2;

/// Keys that move, act and open, but change no filter: narrowing the log to a channel, or hiding
/// it, creates a query with its name.
const KEYS: &str = "kjkttxpeydq\r>>q\tjkjpy?\x1bf\x1bB\x1bssssvjkvu";

/// Runs the test called `name` alone in a separate process. Returns whether this is that process.
fn is_alone(name: &str) -> bool {
    const ALONE: &str = "SUBSCOPE_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg(format!("long_names::{name}"))
        .env(ALONE, "1")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}{complaints}");
    assert!(words.contains("1 passed"), "{words}");
    false
}

/// Returns a stage with two channels, where the last message is on the one with the long name.
fn stage(name: &str) -> Stage {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 1 << 30);
    stage.confirm(0);
    stage.messages(&[("b", b"1"), (name, br#"{"a":1}"#), (name, br#"{"a":2}"#)]);
    stage
}

/// Presses these keys; `\x1b` is Esc, `\t` Tab, `\r` Enter, `>` the right arrow. Adds a key to
/// `read` if handling it, or drawing the frame after it, reads the name. Scans may read the name,
/// since they run on a separate thread.
fn press(stage: &mut Stage, setting: &str, keys: &str, read: &mut Vec<String>) {
    for key in keys.chars() {
        let code = match key {
            '\x1b' => KeyCode::Esc,
            '\t' => KeyCode::Tab,
            '\r' => KeyCode::Enter,
            '>' => KeyCode::Right,
            letter => KeyCode::Char(letter),
        };
        // Long enough that no key counts as held down.
        stage.now = stage.now.after(Duration::from_secs(1));
        let mut effects = Vec::new();
        let key_pressed = Event::Key(KeyEvent::from(code));
        let by_key = bytes_touched(|| effects = stage.app.update(key_pressed, stage.now));
        while let Some(effect) = effects.pop() {
            if let Effect::Scan(request) = effect {
                let answer = stage.engine.answer(request);
                effects.extend(stage.app.update(Event::Scanned(answer), stage.now));
            }
        }
        let by_frame = bytes_touched(|| drop(stage.buffer()));
        for (what, bytes) in [("key", by_key), ("frame", by_frame)] {
            if bytes > MAX_TOUCHED {
                read.push(format!("{setting}: {what} {key:?} {} MiB", bytes >> 20));
            }
        }
    }
}

#[test]
fn no_frame_and_no_key_reads_all_of_a_huge_name() {
    if !is_alone("no_frame_and_no_key_reads_all_of_a_huge_name") {
        return;
    }
    let name = "n".repeat(NAME);
    let mut read = Vec::new();
    // Checks that the measurement detects reads.
    let sum = || assert_ne!(name.bytes().map(usize::from).sum::<usize>(), 0);
    assert!(bytes_touched(sum) >= NAME);
    for (setting, before) in [
        ("plain", ""),
        ("muted", "kjm"),
        ("filtered", "/2\r"),
        ("only", "\tjj\r"),
        ("only and muted", "\tjj\rm"),
        ("found", "F2\r"),
        ("latest values", "v"),
        ("stopped", "B2\r"),
        ("plotted", "\tjjw\x1b"),
    ] {
        let mut stage = stage(&name);
        press(&mut stage, "", before, &mut Vec::new());
        if setting == "plain" {
            let topic = Topic::channel(name.as_bytes());
            let id = SubscriptionId(0);
            stage.notice(Notice::Subscribed {
                subscription: Subscription { id, topic },
                count: 1,
                server: None,
            });
        }
        press(&mut stage, setting, KEYS, &mut read);
    }
    assert!(read.is_empty(), "{read:#?}");
}
