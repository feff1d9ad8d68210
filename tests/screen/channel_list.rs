//! The channel list: narrowing it, and the tree.

use std::time::Duration;

use crossterm::event::{KeyCode, MouseButton, MouseEventKind};
use subscope::app::{Context, Focus, ListForm, Scope};
use subscope::message::Topic;
use subscope::server::Connection;

use crate::support::stage::Stage;

const SHOP: &[(&str, &[u8])] = &[
    ("orders:created", b"1"),
    ("orders:paid", b"2"),
    ("orders:paid", b"3"),
    ("metrics:cpu", b"4"),
    ("orders:created", b"5"),
    ("metrics:cpu", b"6"),
    ("metrics:memory", b"7"),
    ("metrics:memory", b"8"),
];

/// Returns a screen with the channel list focused.
fn shop(width: u16, height: u16) -> Stage {
    let mut stage = Stage::sized((width, height), &["*"], |_| {});
    stage.messages(SHOP);
    stage.code(KeyCode::BackTab);
    stage
}

/// Returns the line of the screen that contains `text`.
fn line_with(stage: &Stage, text: &str) -> String {
    let screen = stage.screen();
    let line = screen.lines().find(|line| line.contains(text));
    line.unwrap_or_else(|| panic!("{text} in\n{screen}"))
        .to_owned()
}

#[test]
fn slash_narrows_the_list_and_enter_shows_only_the_selection() {
    let mut stage = shop(100, 24);
    stage.keys("/");
    assert_eq!(stage.app.context(), Context::Narrow);
    stage.keys("opa");
    assert_eq!(stage.listed(), ["orders:paid"]);
    assert_eq!(stage.channel_selected(), "orders:paid");
    assert!(line_with(&stage, "╭ / opa").contains("1 found"));
    let caret = stage.caret().unwrap();
    assert_eq!(caret, (4 + 3, 1));
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Channels);
    assert_eq!(
        stage.session().filters.only,
        Some(Scope::channel(b"orders:paid"))
    );
    assert_eq!(stage.shown(), 2);
    assert_eq!(stage.listed().len(), 5);
    assert_eq!(stage.channel_selected(), "orders:paid");
}

#[test]
fn the_matched_letters_are_lit() {
    let mut stage = shop(100, 24);
    stage.keys("/opa");
    let buffer = stage.buffer();
    let row: Vec<_> = (0..30).map(|x| &buffer[(x, 2)]).collect();
    let lit: String = row
        .iter()
        .filter(|cell| cell.bg == ratatui::style::Color::Yellow)
        .map(|cell| cell.symbol())
        .collect();
    assert_eq!(lit, "opa");
}

/// Sends a message on 60 channels whose names differ only in the middle.
fn tenants(width: u16, height: u16) -> Stage {
    let mut stage = Stage::sized((width, height), &["*"], |_| {});
    for number in 0..60 {
        let region = ["eu", "us", "ap"][number % 3];
        let name = format!(
            "svc:{region}-west-{}:tenant-{number:05}:orders:status-updates",
            number % 2
        );
        stage.messages(&[(&name, b"1")]);
    }
    stage
}

/// Returns the text of the cells that are lit as matches.
fn lit(stage: &Stage) -> String {
    let buffer = stage.buffer();
    let cells = buffer.content.iter();
    let lit = cells.filter(|cell| cell.bg == ratatui::style::Color::Yellow);
    lit.map(ratatui::buffer::Cell::symbol).collect()
}

#[test]
fn names_that_differ_in_the_middle_are_told_apart_in_the_list_and_in_the_log() {
    let mut stage = tenants(120, 40);
    let screen = stage.screen();
    for number in 40..60 {
        let tenant = format!("tenant-{number:05}… ");
        let shown = screen.matches(&tenant).count();
        assert!(shown >= 1, "{tenant} in\n{screen}");
    }
    assert!(screen.contains(" …us-west-0:tenant-00058… "), "{screen}");
    // The typed text is visible and lit.
    stage.code(KeyCode::BackTab);
    stage.keys("/00042");
    assert_eq!(lit(&stage), "00042", "{}", stage.screen());
}

#[test]
fn a_match_in_a_name_is_visible_and_lit_in_the_log() {
    for filter in ["tenant-00042", "channel:tenant-00042", "status-up"] {
        let mut stage = tenants(80, 24);
        stage.keys("/");
        stage.keys(filter);
        stage.code(KeyCode::Enter);
        let lit = lit(&stage);
        let sought = filter.trim_start_matches("channel:");
        assert!(lit.starts_with(sought), "{lit:?} in\n{}", stage.screen());
    }
}

#[test]
fn the_selected_name_in_the_border_keeps_what_differs() {
    let mut stage = tenants(80, 24);
    stage.code(KeyCode::BackTab);
    // One message each: the channels share lines, of which the second is unfolded.
    stage.keys("jjlj");
    let area = stage.app.areas().channels;
    let screen = stage.screen();
    let border = screen.lines().nth(usize::from(area.bottom()) - 1).unwrap();
    let selected = stage.channel_selected();
    let tenant = &selected[4..26];
    assert!(border.contains(tenant), "{tenant} in {border}");
}

/// Sends two messages on the channels of a few tenants.
fn tenants_of_a_region(size: (u16, u16)) -> Stage {
    let mut stage = Stage::sized(size, &["*"], |_| {});
    stage.connection(Connection::Live);
    stage.confirm(0);
    for tenant in [41, 42, 57] {
        for event in ["created", "cancelled", "paid"] {
            let name = format!("prod.eu-west-1.tenant-{tenant:04}.orders.{event}");
            stage.messages(&[(&name, b"1"), (&name, b"2")]);
        }
    }
    stage
}

/// Returns the text in the channel list, line by line.
fn list(stage: &Stage) -> Vec<String> {
    let area = stage.app.areas().channels;
    let screen = stage.screen();
    let lines = screen.lines().skip(usize::from(area.y));
    let lines = lines.take(usize::from(area.height));
    let width = usize::from(area.width);
    lines
        .map(|line| line.chars().take(width).collect())
        .collect()
}

#[test]
fn names_are_cut_in_one_way_whatever_the_figures_beside_them() {
    let mut stage = tenants_of_a_region((100, 30));
    stage.code(KeyCode::BackTab);
    let starts = |stage: &Stage| -> Vec<String> {
        let lines = list(stage);
        let rows = lines.iter().filter(|line| line.contains("…00"));
        rows.map(|line| line.chars().take(24).collect()).collect()
    };
    let before = starts(&stage);
    assert_eq!(before.len(), 9, "{:#?}", list(&stage));
    assert_eq!(before[0], "│   prod…0041…cancelled ");
    stage.wait(Duration::from_secs(70));
    let name = "prod.eu-west-1.tenant-0042.orders.paid";
    stage.numbered(name, 500);
    assert_eq!(starts(&stage), before, "{:#?}", list(&stage));
}

#[test]
fn names_take_the_columns_of_bars_that_no_line_shows() {
    let mut stage = tenants_of_a_region((200, 50));
    stage.code(KeyCode::BackTab);
    let name = "…eu-west-1.tenant-0042.orders.cancelled ";
    let has_name = |stage: &Stage| list(stage)[..20].iter().any(|line| line.contains(name));
    assert!(!has_name(&stage), "{:#?}", list(&stage));
    stage.wait(Duration::from_secs(70));
    assert!(has_name(&stage), "{:#?}", list(&stage));
}

#[test]
fn the_border_shows_the_name_of_a_search_result_and_of_a_branch() {
    let mut stage = tenants_of_a_region((80, 24));
    stage.keys("b/0042paid");
    let border = |stage: &Stage| list(stage).last().unwrap().clone();
    assert!(
        border(&stage).contains(" prod.eu-west-1.t…042.orders.paid ─"),
        "{}",
        border(&stage)
    );
    let mut stage = tenants_of_a_region((80, 24));
    stage.keys("bTjlj");
    assert!(
        border(&stage).contains(" prod.eu-west-1.tenant-0041… ─"),
        "{}",
        border(&stage)
    );
}

#[test]
fn esc_clears_the_text_and_selects_what_was_selected() {
    let mut stage = shop(100, 24);
    stage.keys("jj");
    let before = stage.channel_selected();
    stage.keys("/paid");
    assert_ne!(stage.channel_selected(), before);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.listed().len(), 5);
    assert_eq!(stage.channel_selected(), before);
    assert_eq!(stage.session().filters.only, None);
    // Ctrl-C closes the text box too.
    stage.keys("/paid");
    stage.ctrl('c');
    assert_eq!(stage.app.context(), Context::Channels);
}

#[test]
fn esc_lists_everything_again_before_it_closes_the_list_over_the_log() {
    let mut stage = Stage::sized((50, 20), &["*"], |_| {});
    stage.messages(SHOP);
    stage.keys("b/paid");
    assert_eq!(stage.listed(), ["orders:paid"]);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.context(), Context::Channels);
    assert_eq!(stage.listed().len(), 5);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.context(), Context::Messages);
}

#[test]
fn the_arrows_choose_among_the_matches() {
    let mut stage = shop(100, 24);
    stage.keys("/metrics");
    assert_eq!(stage.listed(), ["metrics:cpu", "metrics:memory"]);
    stage.code(KeyCode::Down);
    assert_eq!(stage.channel_selected(), "metrics:memory");
    stage.code(KeyCode::Up);
    stage.ctrl('n');
    stage.code(KeyCode::Enter);
    assert_eq!(
        stage.session().filters.only,
        Some(Scope::channel(b"metrics:memory"))
    );
}

#[test]
fn enter_without_a_match_says_so_and_without_text_changes_nothing() {
    let mut stage = shop(100, 24);
    stage.keys("/zzz");
    assert!(stage.screen().contains("no name matches"));
    stage.code(KeyCode::Enter);
    assert!(stage.toast().contains("no channel matches"));
    assert_eq!(stage.app.context(), Context::Narrow);
    stage.code(KeyCode::Esc);
    stage.keys("/");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Channels);
    assert_eq!(stage.session().filters.only, None);
}

#[test]
fn the_latest_values_are_narrowed_in_the_same_way() {
    let mut stage = shop(100, 24);
    stage.keys("v/cpu");
    assert_eq!(stage.listed(), ["metrics:cpu"]);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.focus(), Focus::Messages);
    assert_eq!(
        stage.session().filters.only,
        Some(Scope::channel(b"metrics:cpu"))
    );
}

#[test]
fn the_slash_still_filters_in_the_log() {
    let mut stage = shop(100, 24);
    stage.code(KeyCode::Tab);
    stage.keys("/");
    assert_eq!(stage.app.context(), Context::Query);
}

#[test]
fn a_branch_of_the_tree_can_be_folded_shown_alone_and_muted() {
    let mut stage = shop(100, 24);
    stage.keys("T");
    assert_eq!(stage.app.channels().form, ListForm::Tree);
    let line = line_with(&stage, "metrics:");
    assert!(line.contains("▸ metrics: (2)"), "{line}");
    stage.keys("jj");
    assert_eq!(stage.channel_selected(), "orders:*");
    assert!(stage.screen().contains("2 channels · 4"));
    stage.keys("l");
    assert!(line_with(&stage, "▾ orders: (2)").contains('▾'));
    assert!(stage.screen().contains("    created"));
    stage.keys("h");
    assert!(stage.screen().contains("▸ orders: (2)"));
    stage.code(KeyCode::Enter);
    let branch = Scope::Branch(b"orders:"[..].into());
    assert_eq!(stage.session().filters.only, Some(branch.clone()));
    assert_eq!(stage.shown(), 4);
    let screen = stage.screen();
    assert!(screen.contains(" only branch orders:* ×") && screen.contains("Messages 4 of 8"));
    // New channels of the branch are shown too.
    stage.messages(&[("orders:shipped", b"9"), ("metrics:cpu", b"0")]);
    assert_eq!(stage.shown(), 5);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.shown(), 10);
    stage.keys("m");
    assert!(stage.toast().contains("orders:* muted"));
    assert!(stage.session().filters.muted.has(&branch));
    assert_eq!(stage.shown(), 5);
    stage.keys("m");
    assert_eq!(stage.shown(), 10);
}

#[test]
fn every_line_that_is_shown_alone_has_the_mark() {
    let mut stage = Stage::sized((100, 24), &["*"], |_| {});
    stage.messages(&[("a:b:1", b"1"), ("a:b:2", b"1"), ("a:c", b"1"), ("d", b"1")]);
    stage.code(KeyCode::BackTab);
    stage.keys("T");
    let marked = |stage: &Stage| -> Vec<String> {
        let screen = stage.screen();
        let marked = screen.lines().filter_map(|line| line.strip_prefix("│ ★"));
        let name = |line: &str| {
            let mut words = line.split_whitespace();
            words.find(|word| !"▸▾".contains(word)).unwrap().to_owned()
        };
        marked.map(name).collect()
    };
    assert_eq!(marked(&stage), [""; 0]);
    stage.keys("jll");
    assert_eq!(stage.channel_selected(), "a:b:*");
    stage.code(KeyCode::Enter);
    assert_eq!(marked(&stage), ["b:"]);
    stage.keys("l");
    assert_eq!(marked(&stage), ["b:", "1", "2"]);
    stage.keys("h");
    stage.code(KeyCode::Enter);
    stage.keys("h");
    assert_eq!(stage.channel_selected(), "a:*");
    stage.code(KeyCode::Enter);
    assert_eq!(marked(&stage), ["a:", "b:", "c"]);
    // The pattern delivers everything.
    stage.code(KeyCode::Home);
    stage.code(KeyCode::Enter);
    assert_eq!(marked(&stage), ["*", "a:", "b:", "c", "d"]);
}

#[test]
fn a_branch_says_that_it_is_muted_with_its_pattern_or_as_a_group() {
    let mut stage = Stage::sized((120, 24), &["*"], |_| {});
    let names: Vec<String> = (0..30).map(|n| format!("job-{:08x}", n * 7_919)).collect();
    let jobs: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), &b"x"[..]))
        .collect();
    stage.messages(&jobs);
    stage.messages(&[("a:b", b"1"), ("a:c", b"1")]);
    stage.code(KeyCode::BackTab);
    stage.keys("T");
    for line in ["▸ a:", "▸ job-"] {
        assert!(!line_with(&stage, line).contains("muted"));
    }
    stage.code(KeyCode::Home);
    assert_eq!(stage.channel_selected(), "*");
    stage.keys("m");
    for line in ["▸ a:", "▸ job-"] {
        assert!(
            line_with(&stage, line).contains("muted"),
            "{}",
            stage.screen()
        );
    }
    stage.keys("mG");
    assert_eq!(stage.channel_selected(), "job-*");
    stage.keys("m");
    assert!(line_with(&stage, "▸ job-").contains("muted"));
    assert!(!line_with(&stage, "▸ a:").contains("muted"));
}

#[test]
fn the_indent_of_the_tree_takes_nothing_from_a_name_that_has_room() {
    for (width, height) in [(60, 15), (80, 24), (120, 24)] {
        let mut stage = Stage::sized((width, height), &["*"], |_| {});
        stage.connection(Connection::Live);
        stage.confirm(0);
        stage.messages(&[("images:thumbnails", b"1"), ("a", b"2")]);
        stage.keys("bT");
        line_with(&stage, "images:thumbnails ");
        stage.keys("v");
        if width > 60 {
            line_with(&stage, "images:thumbnails ");
        }
    }
}

#[test]
fn what_is_shown_for_a_byte_finds_the_channel() {
    let mut stage = shop(100, 24);
    stage.messages(&[("red\x1b[31m", b"1"), ("other", b"1")]);
    stage.keys(r"/\x1b");
    assert_eq!(stage.channel_selected(), "red\x1b[31m");
    assert!(stage.screen().contains("1 found"));
    let buffer = stage.buffer();
    let cells = buffer.content.iter();
    let lit = cells.filter(|cell| cell.bg == ratatui::style::Color::Magenta);
    let lit: String = lit.map(ratatui::buffer::Cell::symbol).collect();
    assert_eq!(lit, r"\x1b");
}

#[test]
fn the_empty_log_names_what_is_muted_and_the_keys_that_show_it() {
    let mut stage = Stage::sized((100, 24), &["*"], |_| {});
    for number in 0..6 {
        let paid = format!("orders:{}", number % 2);
        stage.messages(&[(&paid, b"1"), ("users", b"1")]);
    }
    stage.messages(&[("metrics:a", b"1"), ("metrics:b", b"1")]);
    stage.code(KeyCode::BackTab);
    stage.keys("T");
    let mut muted = 0;
    while muted < 3 {
        stage.keys("j");
        if stage.channel_selected() != "*" {
            stage.keys("m");
            muted += 1;
        }
    }
    assert_eq!((muted, stage.shown()), (3, 0), "{}", stage.screen());
    let screen = stage.screen();
    for words in [
        "All 14 messages kept are muted",
        "Branch orders:* hides 6",
        "Branch metrics:* hides 2",
        "Channel users hides 6",
        "Press X, then x to show what it hides, or m on it",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    stage.keys("Xx");
    assert!(stage.shown() > 0);
}

#[test]
fn what_many_muted_branches_hide_is_not_counted_for_each_frame() {
    let mut stage = Stage::sized((100, 24), &["*"], |settings| settings.keep = 16 << 20);
    for number in 0..2_600 {
        stage.messages(&[
            (&format!("a:{number}"), b"1"),
            (&format!("b:{number}"), b"1"),
        ]);
    }
    stage.code(KeyCode::BackTab);
    stage.keys("T");
    for (branch, count) in [("a:", 1), ("b:", 2)] {
        while !stage.channel_selected().starts_with(branch) {
            stage.keys("j");
        }
        stage.keys("m");
        let filters = &stage.session().filters;
        assert_eq!(filters.muted.others().len(), count);
    }
    let screen = stage.screen();
    for words in ["Branch a:*", "Branch b:*"] {
        assert!(screen.contains(words), "{screen}");
    }
    assert!(!screen.contains("* hides"), "{screen}");
}

#[test]
fn a_branch_is_subscribed_to_as_a_pattern() {
    let mut stage = shop(100, 24);
    stage.keys("Tja");
    assert_eq!(stage.app.context(), Context::Prompt);
    let effects = stage.code(KeyCode::Enter);
    assert_eq!(effects.len(), 1);
    let live = stage
        .session()
        .subscriptions
        .find(&Topic::pattern(b"metrics:*"));
    assert!(live.is_some());
    // With the branch selected, `u` ends its subscription.
    stage.wait(Duration::from_secs(1));
    stage.keys("u");
    assert!(
        stage.toast().contains("unsubscribed from metrics:*"),
        "{}",
        stage.toast()
    );
}

#[test]
fn a_click_on_the_fold_mark_folds_and_elsewhere_selects() {
    let mut stage = shop(100, 24);
    stage.keys("T");
    // The pattern comes first, then metrics: and orders:.
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 10, 3);
    assert_eq!(stage.channel_selected(), "metrics:*");
    assert!(stage.screen().contains("▸ metrics:"));
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 4, 3);
    assert!(stage.screen().contains("▾ metrics:"));
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 4, 3);
    assert!(stage.screen().contains("▸ metrics:"));
}

#[test]
fn one_shot_channels_share_a_line() {
    let mut stage = Stage::sized((120, 24), &["*"], |_| {});
    let names: Vec<String> = (0..300)
        .map(|number| format!("celery-task-meta-{:08x}", number * 7_919))
        .collect();
    let messages: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), &b"x"[..]))
        .collect();
    stage.messages(&messages);
    stage.messages(&[("steady", b"1"), ("steady", b"2")]);
    stage.wait(Duration::from_secs(1));
    let line = line_with(&stage, "▸ celery");
    assert!(
        line.contains("celery-task-meta-* ") && line.contains("300 × 1"),
        "{line}"
    );
    stage.keys("v");
    let line = line_with(&stage, "▸ celery");
    assert!(
        line.contains("celery-task-meta-*") && line.contains("300 channels, 1 message each"),
        "{line}"
    );
    // Each of these channels is found by its name.
    stage.keys("/00001eef");
    assert_eq!(stage.channel_selected(), "celery-task-meta-00001eef");
}

#[test]
fn without_branches_the_fold_keys_say_how_to_get_them() {
    let mut stage = shop(100, 24);
    stage.keys("l");
    assert!(stage.toast().contains("T shows the channels as a tree"));
}

#[test]
fn the_tree_is_readable_at_every_size() {
    for (width, height) in [
        (200, 50),
        (120, 40),
        (80, 24),
        (60, 15),
        (40, 12),
        (20, 6),
        (1, 1),
    ] {
        let mut stage = shop(width, height);
        stage.keys("Tjl");
        stage.screen();
        stage.keys("/me");
        stage.screen();
        stage.code(KeyCode::Esc);
        stage.keys("v");
        stage.screen();
    }
}
