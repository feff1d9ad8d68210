use super::*;
use crate::app::session::subscriptions::Subscriptions;
use crate::log::{Batch, MessageLog};
use crate::message::{SubscriptionId, Topic};
use crate::recipes::Recipes;

/// Returns a log with three messages on `often`, followed by `each` messages on each of `channels`
/// channels: `once:0000000` and so on.
fn log(channels: usize, each: usize) -> MessageLog {
    let mut log = MessageLog::new(1 << 30);
    let mut batch = Batch::default();
    for _ in 0..3 {
        batch.push_message(Time(0), b"often", b"x", SubscriptionId(0));
    }
    for _ in 0..each {
        for index in 0..channels {
            let name = format!("once:{index:07}");
            batch.push_message(Time(1), name.as_bytes(), b"x", SubscriptionId(0));
        }
    }
    log.append(batch);
    log
}

/// Returns a log with the given number of messages on each channel.
fn log_of(channels: &[(&str, usize)]) -> MessageLog {
    let mut log = MessageLog::new(1 << 30);
    let mut batch = Batch::default();
    for (name, messages) in channels {
        for _ in 0..*messages {
            batch.push_message(Time(1), name.as_bytes(), b"x", SubscriptionId(0));
        }
    }
    log.append(batch);
    log
}

fn lists<'a>(log: &'a MessageLog, subscriptions: &'a Subscriptions) -> Lists<'a> {
    Lists {
        channels: log.channels(),
        subscriptions,
        present: Time(1),
    }
}

/// Returns the lines, indented, with `+` before a folded branch and `-` before an open one.
fn lines(pane: &ChannelList, lists: &Lists) -> Vec<String> {
    let line = |(entry, place): (&Entry, &Place)| {
        let indent = " ".repeat(usize::from(place.depth));
        let name = |name: &[u8]| String::from_utf8_lossy(&name[place.shown_above..]).into_owned();
        match entry {
            Entry::Branch(index) => {
                let branch = &pane.branches[*index];
                let mark = if branch.is_open { '-' } else { '+' };
                let star = if branch.is_group() { "*" } else { "" };
                let Sums {
                    channels, messages, ..
                } = branch.sums;
                let prefix = name(&branch.prefix);
                format!("{indent}{mark}{prefix}{star} {channels}/{messages}")
            }
            other => {
                indent
                    + &name(
                        &lists
                            .topic(*other)
                            .map(|topic| topic.name)
                            .unwrap_or_default(),
                    )
            }
        }
    };
    pane.entries.iter().zip(&pane.places).map(line).collect()
}

/// Selects the line that starts with `start`.
fn select(pane: &mut ChannelList, start: &str, lists: &Lists) {
    let lines = lines(pane, lists);
    let line = lines
        .iter()
        .position(|line| line.trim_start().starts_with(start));
    pane.select_line(line.unwrap_or(usize::MAX), 50, lists);
    assert!(line.is_some(), "{start} in {lines:?}");
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
    let log = log(100_000, 2);
    let mut subscriptions = Subscriptions::default();
    subscriptions.add(Topic::pattern(b"*"));
    subscriptions.add(Topic::channel(b"once:0099999"));
    let lists = lists(&log, &subscriptions);
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
    let log = log(1000, 2);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::default();
    pane.refresh(&lists, Time(2));
    assert_eq!((pane.entries.len(), pane.due()), (1001, None));
}

#[test]
fn one_shot_channels_with_names_alike_share_a_line_that_can_be_opened() {
    let log = log(25, 1);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::default();
    pane.refresh(&lists, Time(2));
    assert_eq!(lines(&pane, &lists), ["often", "+once:* 25/25"]);
    select(&mut pane, "+once", &lists);
    assert!(pane.unfold(50, &lists, Time(3)));
    assert_eq!(lines(&pane, &lists).len(), 27);
    assert_eq!(lines(&pane, &lists)[2], " 0000000");
    // When a line in the branch is selected, the first press goes to the branch, and the next one
    // folds it.
    pane.select_line(5, 50, &lists);
    assert!(pane.fold(50, &lists));
    assert_eq!(pane.line, 1);
    assert!(pane.fold(50, &lists));
    assert_eq!(lines(&pane, &lists), ["often", "+once:* 25/25"]);
    assert_eq!(pane.selected, Some(Target::Group(b"once:"[..].into())));
}

#[test]
fn few_one_shot_channels_are_listed_by_themselves() {
    let log = log(19, 1);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::default();
    pane.refresh(&lists, Time(2));
    assert_eq!(pane.entries.len(), 20);
    pane.toggle_tree(&lists, Time(3));
    select(&mut pane, "+once:", &lists);
    pane.unfold(50, &lists, Time(4));
    assert_eq!(pane.entries.len(), 21);
}

#[test]
fn a_tree_has_a_line_per_branch_with_its_sums() {
    let log = log_of(&[
        ("a:b:1", 2),
        ("a:b:2", 3),
        ("a:c", 4),
        ("a:d:e:1", 2),
        ("alone:x", 2),
        ("deep:er:1", 2),
        ("deep:er:2", 2),
        ("plain", 5),
    ]);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::new(ListForm::Tree, None, Collapsing::default());
    pane.refresh(&lists, Time(2));
    // A branch with one channel is shown as that channel, and a folded branch with the longest
    // shared prefix.
    let folded = ["+a: 4/11", "alone:x", "+deep:er: 2/4", "plain"];
    assert_eq!(lines(&pane, &lists), folded);
    pane.unfold(50, &lists, Time(3));
    select(&mut pane, "+deep", &lists);
    pane.unfold(50, &lists, Time(4));
    let open = [
        "-a: 4/11",
        " +b: 2/5",
        " c",
        " d:e:1",
        "alone:x",
        "-deep:er: 2/4",
        " 1",
        " 2",
        "plain",
    ];
    assert_eq!(lines(&pane, &lists), open);
    pane.sort_next(&lists, Time(5));
    pane.sort_next(&lists, Time(6));
    let by_count = [
        "-a: 4/11",
        " +b: 2/5",
        " c",
        " d:e:1",
        "plain",
        "-deep:er: 2/4",
        " 1",
        " 2",
        "alone:x",
    ];
    assert_eq!(lines(&pane, &lists), by_count);
    select(&mut pane, "-deep", &lists);
    pane.fold(50, &lists);
    assert_eq!(pane.selected, Some(Target::Branch(b"deep:er:"[..].into())));
    assert_eq!(lines(&pane, &lists)[5..], ["+deep:er: 2/4", "alone:x"]);
}

#[test]
fn switching_to_the_tree_keeps_the_selected_channel_in_view() {
    let log = log_of(&[("a.b.c", 2), ("a.b.d", 2), ("a.x", 2), ("e", 2)]);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::default();
    pane.refresh(&lists, Time(2));
    select(&mut pane, "a.b.d", &lists);
    pane.toggle_tree(&lists, Time(3));
    assert_eq!(
        lines(&pane, &lists),
        ["-a. 3/6", " -b. 2/4", "  c", "  d", " x", "e"]
    );
    assert_eq!(pane.selected, Some(Target::Topic(Topic::channel(b"a.b.d"))));
    pane.toggle_tree(&lists, Time(4));
    assert_eq!((pane.line, pane.entries.len()), (1, 4));
}

#[test]
fn the_separator_is_the_usual_one_or_that_of_the_user() {
    let log = log_of(&[("a/b:1", 2), ("a/c", 2), ("a/d", 2), ("e:f", 2)]);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::new(ListForm::Tree, None, Collapsing::default());
    pane.refresh(&lists, Time(2));
    assert_eq!(lines(&pane, &lists), ["+a/ 3/6", "e:f"]);
    let mut pane = ChannelList::new(ListForm::Tree, Some(b':'), Collapsing::default());
    pane.refresh(&lists, Time(2));
    assert_eq!(lines(&pane, &lists), ["a/b:1", "a/c", "a/d", "e:f"]);
}

#[test]
fn one_shot_channels_in_branches_of_their_own_share_a_line_too() {
    let names: Vec<String> = (0..30)
        .map(|number| format!("reply:{number:04x}:done"))
        .collect();
    let mut channels: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    channels.push(("reply:steady", 2));
    let log = log_of(&channels);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::new(ListForm::Tree, None, Collapsing::default());
    pane.refresh(&lists, Time(2));
    assert_eq!(lines(&pane, &lists), ["+reply: 31/32"]);
    pane.unfold(50, &lists, Time(3));
    assert_eq!(
        lines(&pane, &lists),
        ["-reply: 31/32", " +* 30/30", " steady"]
    );
}

#[test]
fn a_channel_in_a_branch_of_its_own_completes_an_open_group() {
    let names: Vec<String> = (1..20).map(|number| format!("session:{number}")).collect();
    let mut channels: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    channels.extend([("session:20:cart", 1), ("session:steady", 2)]);
    let log = log_of(&channels);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::new(ListForm::Tree, None, Collapsing::default());
    pane.refresh(&lists, Time(2));
    pane.unfold(50, &lists, Time(3));
    select(&mut pane, "+*", &lists);
    pane.unfold(50, &lists, Time(4));
    let lines = lines(&pane, &lists);
    assert_eq!(lines[..2], ["-session: 21/22", " -* 20/20"]);
    assert_eq!(lines.len(), 2 + 20 + 1, "{lines:?}");
    assert!(lines.contains(&"  20:cart".to_owned()), "{lines:?}");
}

#[test]
fn names_are_ordered_by_their_start_and_then_by_age() {
    let start = "a".repeat(600);
    let names = ["b", "c", "a"].map(|end| start.clone() + end);
    let log = log_of(&[
        ("b", 2),
        (&names[0], 2),
        (&names[1], 2),
        (&names[2], 2),
        ("a", 2),
    ]);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::default();
    pane.refresh(&lists, Time(2));
    let [first, second, third] = names.each_ref().map(String::as_str);
    assert_eq!(lines(&pane, &lists), ["a", first, second, third, "b"]);
}

#[test]
fn a_name_of_very_many_parts_is_in_a_few_branches_only() {
    let deep = "a:".repeat(200);
    let names = [deep.clone() + "b", deep.clone() + "c"];
    let log = log_of(&[(&names[0], 2), (&names[1], 2), ("a:x", 2), ("z", 2)]);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::new(ListForm::Tree, None, Collapsing::default());
    pane.refresh(&lists, Time(2));
    select(&mut pane, "+a:", &lists);
    pane.unfold(50, &lists, Time(3));
    // A folded branch has no longer a name than its branches allow.
    let folded = "a:".repeat(folding::MAX_DEPTH - 1);
    let branch = format!(" +{folded} 2/4");
    assert_eq!(lines(&pane, &lists), ["-a: 3/6", &branch, " x", "z"]);
    select(&mut pane, "+a:a:", &lists);
    pane.unfold(50, &lists, Time(4));
    let rest = "a:".repeat(200 - folding::MAX_DEPTH);
    let (open, channel) = (format!(" -{folded} 2/4"), format!("  {rest}b"));
    assert_eq!(lines(&pane, &lists)[1..3], [open, channel]);
    assert!(
        pane.places
            .iter()
            .all(|place| usize::from(place.depth) <= folding::MAX_DEPTH)
    );
}

#[test]
fn a_subscription_without_messages_is_listed_in_its_open_branch() {
    let log = log_of(&[("a:b", 2), ("a:c", 2)]);
    let mut subscriptions = Subscriptions::default();
    subscriptions.add(Topic::pattern(b"a*"));
    subscriptions.add(Topic::channel(b"a:silent"));
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::new(ListForm::Tree, None, Collapsing::default());
    pane.refresh(&lists, Time(2));
    assert_eq!(lines(&pane, &lists), ["a*", "+a: 2/4", "a:silent"]);
    select(&mut pane, "+a:", &lists);
    pane.unfold(50, &lists, Time(3));
    assert_eq!(
        lines(&pane, &lists),
        ["a*", "-a: 2/4", " b", " c", " silent"]
    );
}

#[test]
fn a_tree_of_very_many_channels_is_computed_in_parts() {
    let log = log(100_000, 2);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::new(ListForm::Tree, None, Collapsing::default());
    let mut now = Time(2);
    pane.refresh(&lists, now);
    let (_, parts) = sorted(&mut pane, &lists, &mut now);
    assert!(parts > 3, "{parts}");
    assert_eq!(lines(&pane, &lists), ["often", "+once: 100000/200000"]);
    select(&mut pane, "+once", &lists);
    pane.unfold(50, &lists, now);
    sorted(&mut pane, &lists, &mut now);
    assert_eq!(pane.entries.len(), MAX_LISTED + 1);
    // Folding does not require a new sort.
    pane.fold(50, &lists);
    assert_eq!((pane.entries.len(), pane.due()), (2, None));
}

/// Types `text` to narrow the list.
fn narrow(pane: &mut ChannelList, text: &str, lists: &Lists, now: &mut Time) {
    pane.open_narrowing();
    for letter in text.chars() {
        if let Some(narrowing) = &mut pane.narrowing {
            narrowing.input.insert_in_line(&letter.to_string());
        }
        pane.narrow(lists, *now);
        sorted(pane, lists, now);
    }
}

#[test]
fn narrowing_very_many_channels_takes_parts_and_selects_the_best_match() {
    let log = log(100_000, 2);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = ChannelList::default();
    let mut now = Time(2);
    pane.refresh(&lists, now);
    sorted(&mut pane, &lists, &mut now);
    pane.open_narrowing();
    if let Some(narrowing) = &mut pane.narrowing {
        narrowing.input.insert_in_line("99999");
    }
    pane.narrow(&lists, now);
    let (_, parts) = sorted(&mut pane, &lists, &mut now);
    assert!(parts > 3, "{parts}");
    assert_eq!(lines(&pane, &lists)[0], "once:0099999");
    assert_eq!(pane.line, 0);
}

#[test]
fn a_narrowed_list_keeps_the_selection_once_it_has_moved() {
    let mut log = log_of(&[("abc", 2), ("xabc", 2), ("other", 2)]);
    let mut subscriptions = Subscriptions::default();
    subscriptions.add(Topic::pattern(b"*"));
    subscriptions.add(Topic::channel(b"silent:abc"));
    let mut pane = ChannelList::default();
    let mut now = Time(2);
    pane.refresh(&lists(&log, &subscriptions), now);
    narrow(&mut pane, "abc", &lists(&log, &subscriptions), &mut now);
    let found = ["abc", "silent:abc", "xabc"];
    assert_eq!(lines(&pane, &lists(&log, &subscriptions)), found);
    pane.move_by(Motion::Lines(1), 10, &lists(&log, &subscriptions));
    let mut batch = Batch::default();
    batch.push_message(Time(3), b"a:abc", b"x", SubscriptionId(0));
    log.append(batch);
    now = now.after(Duration::from_secs(1));
    pane.refresh(&lists(&log, &subscriptions), now);
    assert_eq!(pane.entries.len(), 4);
    assert_eq!(
        pane.selected,
        Some(Target::Topic(Topic::channel(b"silent:abc")))
    );
    pane.clear_narrowing(&lists(&log, &subscriptions), now);
    assert_eq!((pane.entries.len(), pane.line), (6, 0));
}

/// Returns a list with the recipes that come with the program.
fn collapsing(form: ListForm) -> ChannelList {
    let recipes = Recipes::with_shipped(Vec::new());
    ChannelList::new(form, None, recipes.collapsing())
}

#[test]
fn channels_that_a_recipe_collapses_share_a_line_however_many_messages_they_have() {
    let log = log_of(&[
        ("asgispecific.x", 1),
        ("asgispecific.y.z", 4),
        ("centrifugo.node.1", 2),
        ("centrifugo.node.2", 3),
        ("orders", 2),
        ("redisson_sc:1", 5),
    ]);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = collapsing(ListForm::Flat);
    pane.refresh(&lists, Time(2));
    let folded = [
        "+asgispecific.* 2/5",
        "+centrifugo.node.* 2/5",
        "orders",
        "redisson_sc:1",
    ];
    assert_eq!(lines(&pane, &lists), folded);
    select(&mut pane, "+asgi", &lists);
    let group = Target::Group(b"asgispecific."[..].into());
    assert_eq!(pane.selected, Some(group));
    pane.unfold(50, &lists, Time(3));
    let open = [
        "-asgispecific.* 2/5",
        " x",
        " y.z",
        "+centrifugo.node.* 2/5",
        "orders",
        "redisson_sc:1",
    ];
    assert_eq!(lines(&pane, &lists), open);
    pane.fold(50, &lists);
    assert_eq!(lines(&pane, &lists), folded);
}

#[test]
fn a_tree_collapses_channels_in_the_branch_that_contains_them_all() {
    let log = log_of(&[
        ("asgispecific.x", 1),
        ("asgispecific.y.z", 4),
        ("b.call.1", 5),
        ("centrifugo.node.1", 2),
        ("centrifugo.node.2.x", 1),
        ("centrifugo.node.2.y", 1),
        ("centrifugo.other", 2),
    ]);
    let subscriptions = Subscriptions::default();
    let lists = lists(&log, &subscriptions);
    let mut pane = collapsing(ListForm::Tree);
    pane.refresh(&lists, Time(2));
    let folded = ["+asgispecific.* 2/5", "b.call.1", "+centrifugo. 4/6"];
    assert_eq!(lines(&pane, &lists), folded);
    select(&mut pane, "+centrifugo", &lists);
    pane.unfold(50, &lists, Time(3));
    let open = [
        "+asgispecific.* 2/5",
        "b.call.1",
        "-centrifugo. 4/6",
        " +node.* 3/4",
        " other",
    ];
    assert_eq!(lines(&pane, &lists), open);
    // A channel that is selected stays visible in the other form.
    select(&mut pane, "+asgi", &lists);
    pane.unfold(50, &lists, Time(4));
    select(&mut pane, "y.z", &lists);
    pane.toggle_tree(&lists, Time(5));
    pane.toggle_tree(&lists, Time(6));
    let channel = Target::Topic(Topic::channel(b"asgispecific.y.z"));
    assert_eq!(pane.selected, Some(channel));
}
