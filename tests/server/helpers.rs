//! Helper processes that cannot be started. A process sets the path of their executable only once, so
//! no other test of this program may start one.

use std::sync::Arc;

use subscope::log::RowKind;
use subscope::message::Time;
use subscope::query::{Flags, Matcher, Moment, Query, Row, set_executable};

#[test]
fn a_jq_process_that_cannot_be_started_is_reported() {
    set_executable("/nowhere/subscope");
    let moment = Moment {
        now: Time(0),
        ahead: 0,
    };
    let query = Query::parse("jq(true)", &moment).unwrap();
    let mut matcher = Matcher::new(Arc::new(query));
    let row = Row {
        time: Time(0),
        kind: RowKind::Message,
        channel: 0,
        payload: b"1",
        size: 1,
        may_differ: false,
        via: &[],
        flags: Flags::default(),
    };
    for _ in 0..3 {
        assert!(!matcher.matches(&row));
    }
    let trouble = matcher.trouble().unwrap();
    assert!(
        trouble.starts_with("jq(…) disabled: its process cannot start (No such file"),
        "{trouble}"
    );
}
