use super::*;
use crate::log::{Batch, MessageLog};

/// Returns a log with three messages on `often`, followed by one on each of `once:0` and so on.
fn log(channels: usize) -> MessageLog {
    let mut log = MessageLog::new(1 << 30);
    let mut batch = Batch::default();
    for _ in 0..3 {
        batch.push_message(Time(0), b"often", b"x", SubscriptionId(0));
    }
    for index in 0..channels {
        let name = format!("once:{index:07}");
        batch.push_message(Time(1), name.as_bytes(), b"x", SubscriptionId(0));
    }
    log.append(batch);
    log
}

/// Returns the topics listed once the sort is complete, and the number of parts that it took.
fn sorted(pane: &mut ChannelList, lists: &Lists, now: &mut Time) -> (Vec<Topic>, usize) {
    let mut parts = 1;
    while let Some(due) = pane.due() {
        *now = due;
        pane.refresh(lists, *now);
        parts += 1;
    }
    let entries = pane.entries.iter();
    let topics = entries.filter_map(|entry| lists.topic(*entry));
    (topics.collect(), parts)
}

#[test]
fn very_many_channels_are_sorted_in_parts_and_only_the_first_are_listed() {
    let log = log(100_000);
    let mut subscriptions = Subscriptions::default();
    subscriptions.add(Topic::pattern(b"*"));
    subscriptions.add(Topic::channel(b"once:0099999"));
    let lists = Lists {
        channels: log.channels(),
        subscriptions: &subscriptions,
    };
    let mut pane = ChannelList::default();
    let mut now = Time(2);
    pane.refresh(&lists, now);
    let (by_name, parts) = sorted(&mut pane, &lists, &mut now);
    assert!(parts > 3, "{parts}");
    assert_eq!(by_name.len(), MAX_LISTED + 2);
    assert_eq!(by_name[0], Topic::pattern(b"*"));
    assert_eq!(by_name[1], Topic::channel(b"often"));
    assert_eq!(by_name[2], Topic::channel(b"once:0000000"));
    // Channels subscribed to by name are always listed.
    assert_eq!(by_name[MAX_LISTED + 1], Topic::channel(b"once:0099999"));
    pane.sort_next(&lists, now);
    pane.sort_next(&lists, now);
    assert_eq!(pane.sort, Sort::Count);
    let (by_count, _) = sorted(&mut pane, &lists, &mut now);
    assert_eq!(by_count[1], Topic::channel(b"often"));
    assert_eq!(by_count[2], Topic::channel(b"once:0000000"));
}

#[test]
fn few_channels_are_sorted_at_once() {
    let log = log(1000);
    let subscriptions = Subscriptions::default();
    let lists = Lists {
        channels: log.channels(),
        subscriptions: &subscriptions,
    };
    let mut pane = ChannelList::default();
    pane.refresh(&lists, Time(2));
    assert_eq!((pane.entries.len(), pane.due()), (1001, None));
}
