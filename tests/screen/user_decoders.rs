//! Messages decoded by a program of the user's own. The program is a part of the test.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyCode;
use subscope::app::{
    DecoderAnswer, DecoderFailure, DecoderRequest, DecoderTrouble, Effect, Event, UserDecoder,
};
use subscope::log::Batch;
use subscope::message::SubscriptionId;
use subscope::server::Feed;

use crate::support::stage::Stage;

fn stage() -> Stage {
    Stage::sized((120, 30), &["*"], |settings| {
        settings.user_decoders = vec![Arc::new(UserDecoder {
            name: "orders".to_owned(),
            channel: b"orders*"[..].into(),
            command: vec!["decode".to_owned()],
            time_limit: Duration::from_secs(1),
        })];
    })
}

/// Receives messages. Returns the requests for the decoder.
fn receive(stage: &mut Stage, messages: &[(&str, &[u8])]) -> Vec<DecoderRequest> {
    let mut batch = Batch::default();
    for (channel, payload) in messages {
        batch.push_message(stage.now, channel.as_bytes(), payload, SubscriptionId(0));
    }
    requests(stage.send(Event::Feed(Feed::Batch(Box::new(batch)))))
}

fn requests(effects: Vec<Effect>) -> Vec<DecoderRequest> {
    let requests = effects.into_iter().filter_map(|effect| match effect {
        Effect::DecodeByUser(request) => Some(request),
        _ => None,
    });
    requests.collect()
}

fn answer(stage: &mut Stage, request: &DecoderRequest, json: &str) -> Vec<DecoderRequest> {
    let result = Ok(json.as_bytes().to_vec());
    let row = request.row;
    requests(stage.send(Event::UserDecoded(DecoderAnswer { row, result })))
}

fn fail(stage: &mut Stage, request: &DecoderRequest, cause: DecoderTrouble) {
    let result = Err(DecoderFailure {
        cause,
        last_words: "IndexError: no".to_owned(),
        pause: None,
    });
    let row = request.row;
    stage.send(Event::UserDecoded(DecoderAnswer { row, result }));
}

#[test]
fn rows_and_the_open_message_show_the_answer() {
    let mut stage = stage();
    let asked = receive(
        &mut stage,
        &[("other", b"\x01\x02"), ("orders:1", b"\x01\x02")],
    );
    let [request] = &asked[..] else {
        panic!("{asked:?}");
    };
    assert_eq!(&*request.payload, b"\x01\x02");
    assert!(!stage.screen().contains("{\"id\""));
    assert!(answer(&mut stage, request, r#"{"id": 7, "deep": {"a": [1]}}"#).is_empty());
    let row = r#"{"id":7,"deep":{"a":[1]}}"#;
    assert!(stage.screen().contains(row), "{}", stage.screen());
    stage.keys(" ");
    stage.code(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("decoded by orders"), "{screen}");
    assert!(screen.contains("id: 7"), "{screen}");
    stage.code(KeyCode::Enter);
    stage.keys("jP");
    assert!(stage.toast().contains(".id"), "{}", stage.toast());
    // As a lens.
    stage.keys("i");
    assert!(stage.screen().contains(".id"), "{}", stage.screen());
}

#[test]
fn each_message_is_asked_for_once_and_only_while_it_is_on_the_screen() {
    let mut stage = stage();
    let messages = vec![("orders:1", &b"x"[..]); 100];
    let asked = receive(&mut stage, &messages);
    assert!((1..=32).contains(&asked.len()), "{}", asked.len());
    stage.wait(Duration::from_secs(1));
    let more = receive(&mut stage, &[("other", b"y")]);
    assert!(more.iter().all(|request| !asked.contains(request)));
    let last = asked.last().unwrap();
    answer(&mut stage, last, "1");
    assert!(
        requests(stage.send(Event::Tick))
            .iter()
            .all(|one| one.row != last.row)
    );
}

#[test]
fn a_failure_is_shown_above_the_values_as_detected_and_opening_again_tries_again() {
    let mut stage = stage();
    let asked = receive(&mut stage, &[("orders:1", b"{\"a\":1}")]);
    stage.keys(" ");
    stage.code(KeyCode::Enter);
    assert!(
        stage.screen().contains("waiting for decoder orders"),
        "{}",
        stage.screen()
    );
    fail(&mut stage, &asked[0], DecoderTrouble::Late);
    let screen = stage.screen();
    assert!(
        screen.contains("decoder orders: no answer within 1000 ms"),
        "{screen}"
    );
    assert!(screen.contains("it said: IndexError: no"), "{screen}");
    assert!(screen.contains("a: 1"), "{screen}");
    assert!(requests(stage.send(Event::Tick)).is_empty());
    stage.code(KeyCode::Enter);
    stage.keys("q");
    let again = requests(stage.code(KeyCode::Enter));
    assert_eq!(again.len(), 1);
    answer(&mut stage, &again[0], r#"{"b": 2}"#);
    assert!(stage.screen().contains("b: 2"), "{}", stage.screen());
}

#[test]
fn a_query_that_finds_nothing_says_that_it_does_not_run_the_decoder() {
    let mut stage = stage();
    let asked = receive(&mut stage, &[("orders:1", b"{\"a\":1}")]);
    answer(&mut stage, &asked[0], r#"{"b": 2}"#);
    stage.keys("/.b == 2");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.shown(), 0);
    let words = "queries do not run your [[decoder]]";
    assert!(stage.screen().contains(words), "{}", stage.screen());
}
