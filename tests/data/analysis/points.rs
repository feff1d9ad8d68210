//! Numbers in messages over time.

use subscope::message::Time;
use subscope::workers::analysis::{
    Ask, Channels, Check, CheckId, INTERVAL_BOUNDS, Plotted, Report, SeriesReport,
};

use crate::analysis::checked_log::{CheckedLog, START, ask, path};

fn series(what: Plotted) -> Check {
    Check::Series {
        channels: Channels::new(b"*"),
        what,
    }
}

fn points(checked: &CheckedLog, ask: &Ask) -> SeriesReport {
    match checked.engine.report(ask).unwrap() {
        Report::Series(report) => report,
        other => panic!("{other:?}"),
    }
}

fn values(checked: &CheckedLog, check: CheckId) -> Vec<(f64, bool)> {
    let points = points(checked, &ask(check)).points;
    points.iter().map(|one| (one.high, one.after_gap)).collect()
}

#[test]
fn numbers_are_plotted_without_units_and_gaps_break_the_line() {
    let (mut checked, path) = CheckedLog::checking(series(Plotted::Path(path(".t"))));
    let size = checked.check(series(Plotted::Size));
    let interval = checked.check(series(Plotted::Interval));
    for payload in [r#"{"t":1.5}"#, r#"{"t":"20.0 °C"}"#, r#"{"t":"hot"}"#] {
        checked.words("a", payload);
    }
    checked.lose_connection();
    checked.words("a", r#"{"t":-3}"#);
    checked.words("a", r#"{"t":4e1}"#);
    assert_eq!(
        values(&checked, path),
        [(1.5, false), (20.0, false), (-3.0, true), (40.0, false)]
    );
    let sizes = [
        (9.0, false),
        (16.0, false),
        (11.0, false),
        (8.0, true),
        (9.0, false),
    ];
    assert_eq!(values(&checked, size), sizes);
    // The time between messages on both sides of a gap is not an interval.
    assert_eq!(
        values(&checked, interval),
        [(1.0, false), (1.0, false), (1.0, true)]
    );
    let report = points(&checked, &ask(path));
    assert_eq!(report.without_number, 1);
    let summary = report.summary.unwrap();
    assert_eq!((summary.min, summary.max, summary.last), (-3.0, 40.0, 40.0));
    assert!((summary.mean - 14.625).abs() < 1e-9);
    // An interval of one millisecond belongs to the bucket from one to two.
    let histogram = points(&checked, &ask(interval)).histogram;
    let from_one = INTERVAL_BOUNDS.iter().position(|bound| *bound == 1_000);
    let from_one = from_one.unwrap() + 1;
    assert_eq!((histogram.len(), histogram[from_one]), (from_one + 1, 3));
}

#[test]
fn a_time_span_is_reported_in_the_requested_number_of_points() {
    let (mut checked, check) = CheckedLog::checking(series(Plotted::Path(path(".t"))));
    for number in 0..1_000 {
        checked.words("a", &format!("{{\"t\":{number}}}"));
        checked.words("b", "{\"t\":1}");
    }
    let mut ask = Ask {
        channel: Some(b"b"[..].into()),
        most: 100,
        ..ask(check)
    };
    let report = points(&checked, &ask);
    assert_eq!(report.points.len(), 100);
    assert_eq!(report.channels.len(), 2);
    ask.stretch = Some((START, Time(START.0 + 10_000)));
    assert_eq!(points(&checked, &ask).points.len(), 6);
    ask.channel = Some(b"c"[..].into());
    assert_eq!(checked.engine.report(&ask), None);
}
