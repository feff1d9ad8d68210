//! Measures the time to draw a frame of latest values: 44 channels on a 200×50 screen.

use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use subscope::app::Event;
use subscope::payload::change::{Change, change};
use subscope::server::Connection;
use subscope::view;

use crate::support::stage::Stage;

#[path = "../support"]
mod support {
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod stage;
}

/// Draws latest values of several sizes, and the log for comparison.
fn main() {
    let object = |name: usize, number: usize| {
        let id = number * 7919 % 5000;
        format!(
            r#"{{"id":{number},"level":"info","user":{{"id":{id},"tier":"gold"}},"msg":"order created by gateway {name} in eu","amount":{id}.25}}"#
        )
    };
    let long = |rows: usize| {
        move |name: usize, number: usize| {
            let rows = (0..rows).map(|row| object(name + row, number + row));
            format!("[{}]", rows.collect::<Vec<String>>().join(","))
        }
    };
    let (middling, long) = (long(5), long(120));
    // An array of as many values as possible, with hardly any two neighbours equal.
    let dense = |name: usize, number: usize| {
        let digits = (0..480).map(|at| (at * at + at * name + number * at / 7) % 10);
        let digits: Vec<String> = digits.map(|digit| digit.to_string()).collect();
        format!("[{}]", digits.join(","))
    };
    let cases: [(&str, MakePayload); 4] = [
        ("120 B", &object),
        ("640 B", &middling),
        ("960 B of digits", &dense),
        ("15 KiB", &long),
    ];
    for (words, payload) in cases {
        let mut stage = Stage::new(&["*"]);
        stage.connection(Connection::Live);
        stage.confirm(0);
        stage.send(Event::Resize(200, 50));
        stage.keys("v");
        for number in 0..2 {
            for name in 0..60 {
                let payload = payload(name, number);
                stage.messages(&[(&format!("channel:{name:02}"), payload.as_bytes())]);
            }
        }
        let wide = times(&stage);
        stage.keys("v");
        let log_times = times(&stage);
        println!("{words}: p50 and p99 {wide:?}, for the log {log_times:?}");
        let pairs: Vec<_> = (0..44)
            .map(|name| (payload(name, 0), payload(name, 1)))
            .collect();
        let started = Instant::now();
        for (old, new) in &pairs {
            assert_ne!(change(old.as_bytes(), new.as_bytes(), true), Change::Same);
        }
        println!(
            "  comparing all 44 values, whatever their size: {:?}",
            started.elapsed()
        );
    }
}

/// Makes the payload from the channel's number and the message's number.
type MakePayload<'a> = &'a dyn Fn(usize, usize) -> String;

/// Returns the median and the 99th percentile of the time to draw a frame.
fn times(stage: &Stage) -> (Duration, Duration) {
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
    let mut times: Vec<Duration> = (0..300)
        .map(|_| {
            let started = Instant::now();
            terminal
                .draw(|frame| view::draw(&stage.app, frame))
                .unwrap();
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[150], times[297])
}
