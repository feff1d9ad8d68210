//! Faults that other tests rely on.

use subscope::broker::faults::FaultTargets;
use subscope::broker::{Broker, Refusal, Settings};

use crate::broker::raw::{Raw, broker, message, subscriber};

#[tokio::test]
async fn a_fault_reaches_its_targets_only() {
    let broker = broker().await;
    let faults = broker.faults();
    let mut bystander = Raw::connect(broker.address()).await;
    bystander.ask("CLIENT ID", ":1\r\n").await;
    let mut victim = subscriber(&broker, "a").await;
    assert_eq!(
        faults.inject(FaultTargets::Subscribers, b"-ERR out of the blue\r\n"),
        1
    );
    victim.expect("-ERR out of the blue\r\n").await;
    assert_eq!(faults.cut(FaultTargets::Client(2), b"*3\r\n$7\r\nmes"), 1);
    assert_eq!(victim.rest().await, b"*3\r\n$7\r\nmes");
    assert_eq!(faults.cut(FaultTargets::Client(2), b""), 0);
    bystander.ask("PING", "+PONG\r\n").await;
}

#[tokio::test]
async fn a_muted_broker_answers_once_it_is_unmuted() {
    let broker = broker().await;
    let mut raw = subscriber(&broker, "a").await;
    broker.faults().mute();
    raw.send("PING\r\n").await;
    assert_eq!(broker.publisher().publish(b"a", b"1"), 1);
    let mut new = Raw::connect(broker.address()).await;
    new.send("PING\r\n").await;
    // No answer arrives, however often the other tasks run.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert!(raw.0.try_read(&mut [0]).is_err());
    assert!(new.0.try_read(&mut [0]).is_err());
    broker.faults().unmute();
    raw.expect(&message("a", "1")).await;
    raw.expect("*2\r\n$4\r\npong\r\n$0\r\n\r\n").await;
    new.expect("+PONG\r\n").await;
}

#[tokio::test]
async fn commands_are_refused_as_configured() {
    let denied = "NOPERM this user has no permissions to access one of the channels";
    let settings = Settings {
        refusals: vec![Refusal::of("SUBSCRIBE", denied).with(b"secret")],
        ..Settings::default()
    };
    let broker = Broker::start(settings).await.unwrap();
    let mut raw = subscriber(&broker, "open").await;
    raw.ask("subscribe a secret", &format!("-{denied}\r\n"))
        .await;
    let loading = "LOADING Redis is loading the dataset in memory";
    broker.faults().refuse(Refusal::of("*", loading));
    raw.ask("PING", &format!("-{loading}\r\n")).await;
    broker.faults().allow_all();
    raw.ask("PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n").await;
}
