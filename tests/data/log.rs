//! The log compared with a naive model of it.

use crate::support::cases;
use proptest::prelude::*;

use subscope::log::{
    Batch, Content, Excerpt, ExcerptContent, Matches, MessageLog, Piece, RowKind, Selection,
};
use subscope::message::{
    ConnectionError, Dropped, Gap, GapCause, GapEnd, GapReason, MoveReason, MovedTopic, Notice,
    RowId, SubscriptionId, Time, Unexpected,
};

/// An expected row.
#[derive(Clone, Debug, PartialEq)]
enum Expected {
    Message {
        channel: Vec<u8>,
        payload: Vec<u8>,
        subscriptions: Vec<u32>,
    },
    Notice,
}

#[derive(Clone, Debug)]
enum Step {
    /// A delivery: channel, payload, subscription.
    Deliver(u8, u8, u8),
    Notice,
    /// Passes the batch to the log and begins the next one.
    HandOver,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4u8, 0..3u8, 0..3u8).prop_map(|(c, p, s)| Step::Deliver(c, p, s)),
        1 => Just(Step::Notice),
        2 => Just(Step::HandOver),
    ]
}

fn channel(number: u8) -> Vec<u8> {
    vec![b'c'; usize::from(number)]
}

fn payload(number: u8) -> Vec<u8> {
    vec![number; usize::from(number) * 300]
}

/// Replays `steps` into a log of `keep` bytes and into a minimal model of it.
fn play(steps: &[Step], keep: usize) -> (MessageLog, Vec<Expected>, u64) {
    let mut log = MessageLog::new(keep);
    let mut batch = Batch::default();
    let mut expected: Vec<Expected> = Vec::new();
    let mut merged = 0;
    for (time, step) in (0..).zip(steps) {
        match *step {
            Step::Deliver(c, p, s) => {
                batch.push_message(
                    Time(time),
                    &channel(c),
                    &payload(p),
                    SubscriptionId(u32::from(s)),
                );
                let subscription = u32::from(s);
                match expected.last_mut() {
                    Some(Expected::Message {
                        channel: last,
                        payload: bytes,
                        subscriptions,
                    }) if *last == channel(c)
                        && *bytes == payload(p)
                        && !subscriptions.contains(&subscription) =>
                    {
                        subscriptions.push(subscription);
                        merged += 1;
                    }
                    _ => expected.push(Expected::Message {
                        channel: channel(c),
                        payload: payload(p),
                        subscriptions: vec![subscription],
                    }),
                }
            }
            Step::Notice => {
                batch.push_notice(Time(time), Notice::AllEnded);
                expected.push(Expected::Notice);
            }
            Step::HandOver => {
                let next = Batch::following(batch.tail());
                log.append(std::mem::replace(&mut batch, next));
            }
        }
    }
    log.append(batch);
    (log, expected, merged)
}

fn actual(log: &MessageLog, id: RowId) -> Option<Expected> {
    Some(match log.row(id)?.content {
        Content::Message {
            channel, payload, ..
        } => Expected::Message {
            channel: log.channels().by_id(channel).unwrap().name().to_vec(),
            payload: payload.to_vec(),
            subscriptions: log
                .subscriptions(id)
                .map(|subscription| subscription.0)
                .collect(),
        },
        Content::Notice(_) => Expected::Notice,
    })
}

proptest! {
    #![proptest_config(cases::config(256))]

    #[test]
    fn rows_agree_with_the_model_however_batches_are_split(
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let (log, expected, merged) = play(&steps, 1 << 24);
        prop_assert_eq!(log.end().0, expected.len() as u64);
        for (id, expected) in (0..).zip(&expected) {
            prop_assert_eq!(actual(&log, RowId(id)), Some(expected.clone()));
        }
        prop_assert_eq!(log.counters().merged, merged);
    }

    #[test]
    fn a_small_log_keeps_the_newest_rows_and_its_counts_add_up(
        steps in prop::collection::vec(step(), 0..400),
        keep in 20_000..60_000usize,
    ) {
        let (log, expected, _) = play(&steps, keep);
        let counters = *log.counters();
        let messages = expected.iter().filter(|row| **row != Expected::Notice).count() as u64;
        prop_assert_eq!(counters.received, messages);
        prop_assert_eq!(counters.received, counters.kept + counters.evicted + counters.dropped);
        prop_assert_eq!(log.end().0, expected.len() as u64);
        let mut kept = 0;
        for (id, expected) in (0..).zip(&expected).skip(usize::try_from(log.first().0).unwrap()) {
            kept += u64::from(*expected != Expected::Notice);
            prop_assert_eq!(actual(&log, RowId(id)), Some(expected.clone()));
        }
        prop_assert_eq!(counters.kept, kept);
        let received: u64 = log.channels().iter().map(|(_, channel)| channel.messages).sum();
        prop_assert_eq!(received, messages);
    }

    #[test]
    fn the_previous_message_is_the_nearest_on_the_same_channel(
        steps in prop::collection::vec(step(), 0..300),
        keep in 20_000..60_000usize,
    ) {
        let (log, expected, _) = play(&steps, keep);
        let first = usize::try_from(log.first().0).unwrap();
        let on = |row: &Expected| match row {
            Expected::Message { channel, .. } => Some(channel.clone()),
            Expected::Notice => None,
        };
        for (index, row) in expected.iter().enumerate().skip(first) {
            let before = (first..index).rev().find(|before| {
                on(row).is_some() && on(&expected[*before]) == on(row)
            });
            let found = log.message_before(RowId(index as u64));
            prop_assert_eq!(found, before.map(|before| RowId(before as u64)), "{}", index);
        }
        for (_, channel) in log.channels().iter() {
            let name = channel.name().to_vec();
            let all = expected.iter().enumerate();
            let mut rows = all.filter(|(_, row)| on(row).as_ref() == Some(&name)).rev();
            let last = rows.next().map(|(index, _)| RowId(index as u64));
            let before = rows.next().map(|(index, _)| RowId(index as u64));
            prop_assert_eq!(Some(channel.last_row), last);
            prop_assert_eq!(channel.row_before(), before);
        }
    }

    #[test]
    fn a_selection_keeps_its_hits_while_rows_are_evicted_or_held(
        steps in prop::collection::vec(step(), 0..300),
        keep in 20_000..60_000usize,
        with_notices in any::<bool>(),
        held in prop::option::of((0..300u64, 1..40u64)),
        cut in 0..300usize,
    ) {
        // Every third message matches; the filter is set halfway through.
        let cut = cut.min(steps.len());
        let (mut log, ..) = play(&steps[..cut], keep);
        let mut selection = Selection::default();
        if let Some((start, length)) = held {
            log.hold(&[RowId(start), RowId(start + length)]);
        }
        selection.show_none(with_notices, &log);
        for piece in log.pieces(RowId(0)) {
            selection.add(&thirds(&piece), &log);
        }
        for (time, step) in (0..).zip(&steps[cut..]) {
            let mut batch = Batch::default();
            match *step {
                Step::Deliver(c, p, s) => {
                    let via = SubscriptionId(s.into());
                    batch.push_message(Time(time), &channel(c), &payload(p), via);
                }
                Step::Notice => batch.push_notice(Time(time), Notice::AllEnded),
                Step::HandOver => {}
            }
            let from = log.end();
            log.append(batch);
            selection.follow(&log);
            for piece in log.pieces(from) {
                selection.add(&thirds(&piece), &log);
            }
        }
        let shown: Vec<RowId> = (0..log.end().0)
            .map(RowId)
            .filter(|row| match log.row(*row).map(|row| row.content) {
                None => false,
                Some(Content::Notice(_)) => with_notices,
                Some(Content::Message { .. }) => row.0 % 3 == 0,
            })
            .collect();
        check(&selection, &shown, &log)?;
        selection.show_all(&log);
        let kept = (0..log.end().0).map(RowId);
        let kept: Vec<RowId> = kept.filter(|row| log.row(*row).is_some()).collect();
        check(&selection, &kept, &log)?;
    }

    #[test]
    fn pieces_hold_every_kept_row_once_newest_first(
        steps in prop::collection::vec(step(), 0..300),
        keep in 20_000..60_000usize,
        from in 0..200u64,
    ) {
        let (log, ..) = play(&steps, keep);
        let mut expected = log.end();
        for piece in log.pieces(RowId(from)) {
            prop_assert_eq!(piece.rows().end, expected);
            expected = piece.rows().start;
            let segment = piece.segment().unwrap();
            for row in (piece.rows().start.0..piece.rows().end.0).map(RowId) {
                let index = usize::try_from(row.0 - segment.rows().start.0).unwrap();
                let here = segment.row(index).unwrap();
                let via: Vec<_> = segment.subscriptions(row).collect();
                match log.row(row).unwrap().content {
                    Content::Message { channel, payload, .. } => {
                        let name = segment.channels().nth(here.channel as usize).unwrap();
                        prop_assert_eq!(name, log.channels().by_id(channel).unwrap().name());
                        prop_assert_eq!(here.payload, payload);
                        prop_assert_eq!(here.kind, RowKind::Message);
                        prop_assert_eq!(via, log.subscriptions(row).collect::<Vec<_>>());
                        if !payload.is_empty() {
                            let end = segment.payload_end(index);
                            prop_assert_eq!(segment.row_of_byte(end - 1, 0), index);
                            prop_assert_eq!(segment.row_of_byte(end - payload.len(), index), index);
                        }
                    }
                    // The notice here is `AllEnded`, which can mean that messages are missing.
                    Content::Notice(_) => prop_assert_eq!(here.kind, RowKind::Break),
                }
            }
        }
        prop_assert_eq!(expected, log.first().max(RowId(from)).min(log.end()));
    }
}

/// Returns the messages of a piece whose row ids are divisible by three.
fn thirds(piece: &Piece) -> Matches {
    let segment = piece.segment().unwrap();
    let first = piece.rows().start;
    let mut found = Matches::none_of(first, piece.length());
    for row in (first.0..piece.rows().end.0).filter(|row| row % 3 == 0) {
        let index = usize::try_from(row - segment.rows().start.0).unwrap();
        if segment.row(index).unwrap().kind == RowKind::Message {
            found.add(usize::try_from(row - first.0).unwrap());
        }
    }
    found
}

/// Checks that `selection` has exactly the rows `shown`, in this order.
fn check(selection: &Selection, shown: &[RowId], log: &MessageLog) -> Result<(), TestCaseError> {
    prop_assert_eq!(selection.len(), shown.len() as u64);
    for (place, row) in (0..).zip(shown) {
        prop_assert_eq!(selection.row_at(place), Some(*row));
        prop_assert_eq!(selection.place_of(*row), place);
        prop_assert!(selection.contains(*row));
    }
    prop_assert_eq!(selection.row_at(shown.len() as u64), None);
    let is_message =
        |row: &&RowId| matches!(log.row(**row).unwrap().content, Content::Message { .. });
    prop_assert_eq!(
        selection.messages(),
        shown.iter().filter(is_message).count() as u64
    );
    Ok(())
}

/// Appends a thousand messages of a hundred bytes.
fn append_thousand(log: &mut MessageLog) {
    let mut batch = Batch::default();
    for n in 0..1_000u32 {
        let name = if n % 10 == 0 { "rare" } else { "common" };
        batch.push_message(Time(0), name.as_bytes(), &[b'x'; 100], SubscriptionId(0));
    }
    log.append(batch);
}

#[test]
fn held_rows_survive_eviction_until_they_are_released() {
    let mut log = MessageLog::new(1 << 20);
    let mut selection = Selection::default();
    for _ in 0..5 {
        append_thousand(&mut log);
    }
    log.hold(&[RowId(1_599)]);
    for _ in 0..50 {
        append_thousand(&mut log);
        selection.follow(&log);
        assert!(log.size() <= log.budget());
    }
    assert!(log.first() > RowId(40_000));
    assert!(log.row(RowId(1_500)).is_some() && log.row(RowId(1_599)).is_some());
    assert!(log.row(RowId(10_000)).is_none());
    let held = log.held().remove(0);
    assert!(held.start <= RowId(1_500) && RowId(1_600) <= held.end);
    assert_eq!(selection.row_at(0), Some(held.start));
    assert_eq!(
        selection.row_at(held.end.0 - held.start.0),
        Some(log.first())
    );
    assert_eq!(selection.messages(), log.counters().kept);
    // A notice says how many rows were evicted.
    let seam = held.end.0 - 1;
    let evicted_rows = log.first().0 - held.end.0 + 1;
    let Content::Notice(notice) = log.row(RowId(seam)).unwrap().content else {
        panic!("the seam is a notice")
    };
    assert_eq!(*notice, Notice::Evicted(evicted_rows));
    assert_eq!(log.evicted_before_first(), held.start.0);
    let counters = *log.counters();
    assert_eq!(counters.received, counters.kept + counters.evicted);

    log.hold(&[]);
    selection.follow(&log);
    assert!(log.row(RowId(1_500)).is_none());
    assert_eq!(selection.row_at(0), Some(log.first()));
    assert_eq!(log.counters().kept, selection.len());
}

#[test]
fn at_most_a_quarter_of_the_budget_is_held() {
    let mut log = MessageLog::new(1 << 20);
    append_thousand(&mut log);
    log.hold(&(0..20_000).step_by(100).map(RowId).collect::<Vec<_>>());
    for _ in 0..50 {
        append_thousand(&mut log);
        assert!(log.size() <= log.budget());
    }
    let held: u64 = log
        .held()
        .iter()
        .map(|rows| rows.end.0 - rows.start.0)
        .sum();
    assert!((1_000..3_000).contains(&held), "{held} rows are kept");
    assert!(log.first() > RowId(40_000));
}

#[test]
fn a_piece_read_late_is_gone_and_keeps_nothing_in_memory() {
    let mut log = MessageLog::new(1 << 20);
    for _ in 0..3 {
        append_thousand(&mut log);
    }
    let pieces = log.pieces(RowId(0));
    for _ in 0..50 {
        append_thousand(&mut log);
    }
    let (copied, sealed) = pieces.split_first().unwrap();
    assert!(copied.segment().is_some());
    assert!(!sealed.is_empty());
    assert!(sealed.iter().all(|piece| piece.segment().is_none()));
}

#[test]
fn a_gap_is_closed_in_its_own_row() {
    let mut log = MessageLog::new(1 << 20);
    let open = Gap {
        last_heard: Time(1),
        noticed: Time(2),
        end: GapEnd::Open,
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Io("closed".into()).into(),
    };
    let closed = Gap {
        end: GapEnd::Restored(Time(9)),
        ..open.clone()
    };
    let mut batch = Batch::default();
    batch.push_notice(Time(2), Notice::Gap(open));
    batch.push_message(Time(8), b"c", b"1", SubscriptionId(0));
    log.append(batch);
    let mut batch = Batch::default();
    batch.push_notice(Time(9), Notice::Gap(closed.clone()));
    batch.push_message(Time(9), b"c", b"2", SubscriptionId(0));
    log.append(batch);

    let Content::Notice(Notice::Gap(gap)) = log.row(RowId(0)).unwrap().content else {
        panic!("row 0 is the gap")
    };
    assert_eq!(*gap, closed);
    assert_eq!(log.end(), RowId(3));
    assert_eq!(log.counters().gaps, 1);
    let last_row = log.channels().iter().next().unwrap().1.last_row;
    let Content::Message { payload, .. } = log.row(last_row).unwrap().content else {
        panic!("the channel's last row is a message")
    };
    assert_eq!(payload, b"2");
}

#[test]
fn dropped_messages_are_counted_in_one_row_and_notices_survive() {
    let message = |batch: &mut Batch, time| {
        batch.push_message(Time(time), b"c", b"0123456789", SubscriptionId(0));
    };
    let mut first = Batch::default();
    message(&mut first, 1);
    first.push_notice(Time(2), Notice::AllEnded);
    message(&mut first, 3);
    let mut second = Batch::default();
    message(&mut second, 4);
    let mut third = Batch::default();
    message(&mut third, 5);

    let dropped = first.drop_messages();
    second.prepend(&first, dropped);
    let dropped = second.drop_messages();
    third.prepend(&second, dropped);
    let mut log = MessageLog::new(1 << 20);
    let notices = third.notices().to_vec();
    log.append(third);

    let expected = Dropped {
        count: 3,
        bytes: 30,
        from: Time(1),
        to: Time(4),
    };
    assert_eq!(notices, [Notice::AllEnded, Notice::Dropped(expected)]);
    let counters = log.counters();
    assert_eq!(
        (counters.received, counters.kept, counters.dropped),
        (4, 1, 3)
    );
    assert_eq!(
        actual(&log, RowId(2)).unwrap(),
        Expected::Message {
            channel: b"c".to_vec(),
            payload: b"0123456789".to_vec(),
            subscriptions: vec![0],
        }
    );
}

#[test]
fn merged_deliveries_stay_counted_when_their_row_is_dropped() {
    let mut first = Batch::default();
    first.push_message(Time(1), b"c", b"1", SubscriptionId(0));
    first.push_message(Time(1), b"c", b"1", SubscriptionId(1));
    let mut second = Batch::default();
    second.push_message(Time(2), b"c", b"2", SubscriptionId(0));
    second.push_message(Time(2), b"c", b"2", SubscriptionId(1));
    let dropped = first.drop_messages();
    second.prepend(&first, dropped);
    assert_eq!((dropped.count, second.merged()), (1, 2));
}

#[test]
fn a_batch_counts_its_copy_of_the_preceding_row_until_it_has_its_own() {
    let mut first = Batch::default();
    first.push_message(Time(1), b"c", &[7; 1000], SubscriptionId(0));
    let mut second = Batch::following(first.tail());
    assert!(second.size() > 1000, "{}", second.size());
    second.push_message(Time(1), b"c", &[7; 1000], SubscriptionId(1));
    assert!(second.size() > 1000, "{}", second.size());
    second.push_message(Time(2), b"c", b"2", SubscriptionId(0));
    assert!(second.size() < 1000, "{}", second.size());
    let mut third = Batch::following(first.tail());
    third.push_notice(Time(2), Notice::AllEnded);
    assert!(third.size() < 1000, "{}", third.size());
}

#[test]
fn notices_fill_a_batch_as_messages_do() {
    let text = "x".repeat(1000);
    let gap = |reason| {
        Notice::Gap(Gap {
            last_heard: Time(0),
            noticed: Time(1),
            end: GapEnd::Open,
            cause: GapCause::LoginRefused,
            reason,
        })
    };
    let topic = MovedTopic {
        name: (*b"shared with the subscription").into(),
        reason: MoveReason::SlotMoved,
    };
    for notice in [
        Notice::Unexpected {
            first: Unexpected::Frame(text.as_str().into()),
            count: 1,
        },
        gap(ConnectionError::Redis(text.as_str().into()).into()),
        gap(GapReason::Moved(vec![topic; 42])),
    ] {
        let mut batch = Batch::default();
        for _ in 0..1000 {
            batch.push_notice(Time(1), notice.clone());
        }
        assert!(batch.size() > 1_000_000 && batch.is_full(), "{notice:?}");
    }
}

#[test]
fn clearing_keeps_the_counts_and_the_channels() {
    let mut log = MessageLog::new(1 << 20);
    let mut batch = Batch::default();
    batch.push_message(Time(1), b"c", b"1", SubscriptionId(0));
    batch.push_notice(Time(1), Notice::AllEnded);
    log.append(batch);
    log.clear();
    assert_eq!(log.first(), RowId(2));
    assert_eq!(log.row(RowId(0)).map(|row| row.id), None);
    let counters = log.counters();
    assert_eq!(
        (counters.kept, counters.evicted, counters.cleared),
        (0, 0, 1)
    );
    assert_eq!(log.channels().len(), 1);
    let (_, channel) = log.channels().iter().next().unwrap();
    assert_eq!((channel.messages, channel.kept), (1, 0));
}

/// Checks that the counts of `log` add up: in total, per channel and row by row.
fn check_counts(log: &MessageLog) {
    let counters = log.counters();
    assert_eq!(
        counters.received,
        counters.kept + counters.evicted + counters.cleared + counters.dropped
    );
    let rows = (0..log.end().0).filter_map(|row| log.row(RowId(row)));
    let is_message = |row: &subscope::log::Row<'_>| matches!(row.content, Content::Message { .. });
    let (messages, notices): (Vec<_>, Vec<_>) = rows.partition(is_message);
    assert_eq!(counters.kept, messages.len() as u64);
    assert_eq!(log.kept_notices(), notices.len() as u64);
    let by_channel: u64 = log.channels().iter().map(|(_, one)| one.kept).sum();
    assert_eq!(counters.kept, by_channel);
    let mut selection = Selection::default();
    selection.follow(log);
    assert_eq!(selection.messages(), counters.kept);
}

/// Appends a message with `payload` on each of `channels`.
fn append_on(log: &mut MessageLog, channels: &[&str], payload: &[u8]) {
    let mut batch = Batch::default();
    for name in channels {
        batch.push_message(Time(0), name.as_bytes(), payload, SubscriptionId(0));
    }
    log.append(batch);
}

/// Returns the channel and the payload of each message kept, oldest first.
fn messages(log: &MessageLog) -> Vec<(String, Vec<u8>)> {
    let rows = (0..log.end().0).filter_map(|row| log.row(RowId(row)));
    let messages = rows.filter_map(|row| match row.content {
        Content::Message {
            channel, payload, ..
        } => {
            let name = log.channels().by_id(channel).unwrap().name();
            Some((String::from_utf8_lossy(name).into(), payload.to_vec()))
        }
        Content::Notice(_) => None,
    });
    messages.collect()
}

#[test]
fn cleared_rows_are_restored_before_newer_ones() {
    let mut log = MessageLog::new(1 << 20);
    append_on(&mut log, &["a", "b"], b"1");
    log.push_notice(Time(0), Notice::AllEnded);
    let cleared = log.clear();
    assert_eq!((cleared.messages, log.counters().cleared), (2, 2));
    check_counts(&log);
    append_on(&mut log, &["a"], b"2");
    check_counts(&log);
    assert_eq!(log.restore(cleared), 2);
    check_counts(&log);
    assert_eq!((log.counters().kept, log.counters().cleared), (3, 0));
    let of = |name: &str, payload: &[u8]| (name.to_owned(), payload.to_vec());
    assert_eq!(
        messages(&log),
        [of("a", b"1"), of("b", b"1"), of("a", b"2")]
    );
    assert_eq!(log.kept_notices(), 1);
    // A second restore does nothing, since the cleared rows are already back.
    assert_eq!(log.restore(cleared), 0);
    check_counts(&log);
}

#[test]
fn restoring_an_earlier_clear_restores_later_ones_too() {
    let mut log = MessageLog::new(1 << 20);
    append_on(&mut log, &["a"], b"1");
    let first = log.clear();
    append_on(&mut log, &["a"], b"2");
    let second = log.clear();
    assert_eq!(log.clear().messages, 0);
    append_on(&mut log, &["a"], b"3");
    assert_eq!(log.restore(second), 1);
    check_counts(&log);
    assert_eq!((log.first(), log.counters().cleared), (RowId(1), 1));
    assert_eq!(log.restore(first), 1);
    check_counts(&log);
    assert_eq!((log.first(), log.counters().kept), (RowId(0), 3));
    log.clear();
    assert_eq!(log.restore(first), 3);
    check_counts(&log);
}

#[test]
fn cleared_rows_count_towards_the_budget_and_are_evicted_first() {
    let mut log = MessageLog::new(1 << 20);
    for _ in 0..5 {
        append_thousand(&mut log);
    }
    let cleared = log.clear();
    assert_eq!((cleared.messages, log.counters().evicted), (5_000, 0));
    assert!(log.size() >= 5_000 * 100);
    for _ in 0..4 {
        append_thousand(&mut log);
        assert!(log.size() <= log.budget());
        check_counts(&log);
    }
    let counters = *log.counters();
    assert_eq!(
        (counters.kept, counters.evicted, counters.cleared),
        (4_000, 0, 5_000)
    );
    // Some of the cleared rows were evicted; the rest are restored right before the newer rows.
    let restored = log.restore(cleared);
    assert!(restored > 0 && restored < 5_000);
    assert_eq!(log.first(), RowId(5_000 - restored));
    check_counts(&log);
    assert_eq!(log.counters().cleared, 5_000 - restored);
    for _ in 0..50 {
        append_thousand(&mut log);
    }
    check_counts(&log);
    assert_eq!(log.counters().cleared, 5_000 - restored);
}

#[test]
fn held_rows_are_cleared_and_restored_together_with_their_eviction_notice() {
    let mut log = MessageLog::new(1 << 20);
    for _ in 0..5 {
        append_thousand(&mut log);
    }
    log.hold(&[RowId(1_599)]);
    for _ in 0..20 {
        append_thousand(&mut log);
    }
    let held = log.held();
    let before = messages(&log).len();
    let cleared = log.clear();
    assert_eq!((log.held(), messages(&log).len()), (Vec::new(), 0));
    assert!(log.row(RowId(1_599)).is_none());
    check_counts(&log);
    assert_eq!(log.restore(cleared), before as u64);
    assert_eq!((log.held(), messages(&log).len()), (held, before));
    check_counts(&log);
    // Unless restored, cleared rows and the notice after them are evicted to free memory.
    log.clear();
    for _ in 0..20 {
        append_thousand(&mut log);
        check_counts(&log);
    }
    assert_eq!(log.seams().count(), 0);
    assert_eq!(log.restore(cleared), 0);
    check_counts(&log);
}

#[test]
fn a_channel_is_not_forgotten_while_its_cleared_rows_can_be_restored() {
    let mut log = MessageLog::new(16 << 20);
    append_on(&mut log, &["quiet"], b"1");
    let cleared = log.clear();
    let names: Vec<String> = (0..11_000).map(|n| format!("one-off-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    append_on(&mut log, &names, b"2");
    log.clear();
    append_on(&mut log, &["other"], b"3");
    assert_eq!(log.restore(cleared), 11_001);
    assert_eq!(messages(&log)[0], ("quiet".to_owned(), b"1".to_vec()));
    check_counts(&log);
}

#[test]
fn a_gap_closed_while_cleared_gets_a_new_row_and_closes_in_both() {
    let mut log = MessageLog::new(1 << 20);
    let open = Gap {
        last_heard: Time(1),
        noticed: Time(5),
        end: GapEnd::Open,
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Io("closed".into()).into(),
    };
    log.push_notice(Time(5), Notice::Gap(open.clone()));
    let cleared = log.clear();
    let closed = Gap {
        end: GapEnd::Restored(Time(9)),
        ..open
    };
    log.push_notice(Time(9), Notice::Gap(closed.clone()));
    assert_eq!((log.kept_notices(), log.counters().gaps), (1, 1));
    log.restore(cleared);
    let notices: Vec<_> = log.notices().map(|(_, notice)| notice.clone()).collect();
    assert_eq!(notices, [Notice::Gap(closed.clone()), Notice::Gap(closed)]);
    check_counts(&log);
}

#[test]
fn quiet_channels_outlive_a_flood_but_millions_of_them_are_bounded() {
    let mut log = MessageLog::new(4 << 20);
    let mut batch = Batch::default();
    batch.push_message(Time(0), b"quiet", b"1", SubscriptionId(0));
    log.append(batch);
    for round in 0..50 {
        let mut batch = Batch::default();
        for _ in 0..2_000 {
            batch.push_message(Time(round), b"flood", &[0; 100], SubscriptionId(0));
        }
        log.append(batch);
    }
    assert!(
        log.first() > RowId(0),
        "the quiet channel's only row is gone"
    );
    assert!(log.channels().find(b"quiet").is_some());

    for round in 0..100 {
        let mut batch = Batch::default();
        for n in 0..2_000 {
            let name = format!("once:{round}:{n}");
            batch.push_message(Time(round), name.as_bytes(), b"x", SubscriptionId(0));
        }
        log.append(batch);
        assert!(log.size() <= log.budget());
    }
    let counters = log.counters();
    assert_eq!(counters.received, 300_001);
    assert_eq!(counters.received, counters.kept + counters.evicted);
    assert!(
        log.channels().len() < 60_000,
        "{} channels",
        log.channels().len()
    );
}

#[test]
fn a_full_batch_becomes_a_segment_whose_last_row_can_still_be_joined() {
    let fill = |batch: &mut Batch, count: u32| {
        for n in 0..count {
            let name = format!("c{}", n % 3);
            let payload = [b"payload-".as_slice(), &n.to_be_bytes(), &[0; 200]].concat();
            batch.push_message(Time(n.into()), name.as_bytes(), &payload, SubscriptionId(0));
        }
    };
    let mut log = MessageLog::new(64 << 20);
    let mut small = Batch::default();
    fill(&mut small, 10);
    let mut whole = Batch::following(small.tail());
    log.append(small);
    fill(&mut whole, 1_300);
    assert!(whole.is_full());
    let mut next = Batch::after(&whole, true);
    log.append(whole);
    // Receive the last row again through another subscription, then other rows.
    let last = [b"payload-".as_slice(), &1_299_u32.to_be_bytes(), &[0; 200]].concat();
    next.push_message(Time(0), b"c0", &last, SubscriptionId(1));
    fill(&mut next, 5);
    log.append(next);
    assert_eq!(log.end(), RowId(1_315));
    let subscriptions: Vec<u32> = log.subscriptions(RowId(1_309)).map(|id| id.0).collect();
    assert_eq!(subscriptions, [0, 1]);
    for (row, number) in [(9, 9), (10, 0), (1_309, 1_299), (1_310, 0), (1_314, 4)] {
        let Some(Content::Message {
            payload, channel, ..
        }) = log.row(RowId(row)).map(|row| row.content)
        else {
            panic!("row {row} is a message")
        };
        assert_eq!(payload[8..12], u32::to_be_bytes(number), "row {row}");
        let name = format!("c{}", number % 3);
        assert_eq!(
            log.channels().by_id(channel).unwrap().name(),
            name.as_bytes()
        );
    }
    let (_, last_heard) = log
        .channels()
        .iter()
        .find(|(_, one)| one.name() == b"c2")
        .unwrap();
    assert_eq!(last_heard.last_row, RowId(1_312));
    assert_eq!(log.counters().kept, 1_315);
}

#[test]
fn a_log_of_full_batches_stays_within_budget_and_counts_evictions() {
    let mut log = MessageLog::new(8 << 20);
    let mut batch = Batch::default();
    for round in 0..200 {
        while !batch.is_full() {
            batch.push_message(Time(round), b"c", &[7; 4096], SubscriptionId(0));
        }
        let next = Batch::after(&batch, false);
        log.append(std::mem::replace(&mut batch, next));
        assert!(log.size() <= log.budget());
    }
    let counters = log.counters();
    assert!(counters.evicted > 0);
    assert_eq!(counters.received, counters.kept + counters.evicted);
    assert!(
        counters.kept * 4096 > 6 << 20,
        "{} rows are kept",
        counters.kept
    );
}

#[test]
fn a_tap_passes_on_every_row_once() {
    let mut log = MessageLog::new(64 << 10);
    let texts = |excerpt: Option<Excerpt>| {
        let mut texts = Vec::new();
        let read = excerpt.unwrap_or_default().read::<()>(|row| {
            texts.push(match row.content {
                ExcerptContent::Message { row, .. } => String::from_utf8_lossy(row.payload).into(),
                ExcerptContent::Notice(notice) => format!("{notice:?}"),
            });
            Ok(())
        });
        assert_eq!(read, Ok(()));
        texts
    };
    let append = |log: &mut MessageLog, numbers: std::ops::Range<i64>| {
        let mut batch = Batch::default();
        for number in numbers {
            let payload = number.to_string();
            batch.push_message(Time(number), b"a", payload.as_bytes(), SubscriptionId(0));
        }
        log.append(batch);
    };
    append(&mut log, 0..10);
    assert_eq!(texts(log.take_tapped(Some(Time(100)))), [""; 0]);
    log.open_tap();
    assert_eq!(log.tapped_since(), None);
    append(&mut log, 10..20);
    assert_eq!(log.tapped_since(), Some(Time(10)));
    assert_eq!(texts(log.take_tapped(None)), [""; 0]);
    assert_eq!(texts(log.take_tapped(Some(Time(12)))), ["10", "11"]);
    let mut taken = texts(log.take_tapped(Some(Time(15))));
    assert_eq!(taken, ["12", "13", "14"]);
    log.push_notice(Time(20), Notice::AllEnded);
    for start in 1..1_000 {
        append(&mut log, start * 20 + 1..start * 20 + 21);
        if start % 7 == 0 {
            taken.extend(texts(log.take_tapped(None)));
        }
        if start % 50 == 0 {
            taken.extend(texts(log.take_tapped(Some(Time(start * 20 + 10)))));
        }
    }
    taken.extend(texts(log.take_tapped(Some(Time(i64::MAX)))));
    assert!(log.counters().evicted > 10_000);
    let mut expected: Vec<String> = (12..20).map(|number: i64| number.to_string()).collect();
    expected.push("AllEnded".to_owned());
    expected.extend((21..=20_000).map(|number: i64| number.to_string()));
    assert_eq!(taken, expected);
    log.close_tap();
    append(&mut log, 30_000..30_001);
    assert_eq!(texts(log.take_tapped(Some(Time(i64::MAX)))), [""; 0]);
}
