//! Searching in the help and in the lists over the panes.

use crossterm::event::KeyCode;
use ratatui::buffer::Cell;
use ratatui::style::Color;
use subscope::app::{Context, Event, List, ListView, Overlay};
use subscope::message::NodeId;
use subscope::query::{Moment, Query};
use subscope::server::{Feed, Health, NodeFacts, Role};

use crate::support::stage::Stage;

fn query(text: &str) -> Query {
    Query::parse(text, &Moment::default()).unwrap()
}

/// Returns a stage with three filters in the list, none of which hides anything.
fn with_filters() -> Stage {
    let mut stage = Stage::new(&["*"]);
    for text in ["alpha", "beta", "gamma"] {
        stage.keys(if text == "alpha" { "f" } else { "a" });
        stage.keys(text);
        stage.code(KeyCode::Enter);
    }
    stage
}

fn view(stage: &Stage) -> (List, &ListView) {
    match stage.app.overlay() {
        Some(Overlay::List(list, view)) => (*list, view),
        other => panic!("{other:?}"),
    }
}

/// Returns the indices of the listed entries, and the selected one.
fn listed(stage: &Stage) -> (Vec<usize>, usize) {
    let (list, view) = view(stage);
    let listed = stage.app.listed(list, view);
    (listed.iter().map(|entry| entry.index).collect(), view.line)
}

fn lit(stage: &Stage) -> String {
    let buffer = stage.buffer();
    let lit = buffer
        .content
        .iter()
        .filter(|cell| cell.bg == Color::Yellow);
    lit.map(Cell::symbol).collect()
}

#[test]
fn a_list_is_narrowed_as_one_types() {
    let mut stage = with_filters();
    assert_eq!(listed(&stage), (vec![0, 1, 2], 2));
    stage.keys("/");
    assert_eq!(stage.app.context(), Context::ListSearch);
    stage.keys("a");
    assert_eq!(listed(&stage), (vec![0, 1, 2], 2));
    stage.keys("lp");
    // The selection moves to an entry that is shown.
    assert_eq!(listed(&stage), (vec![0], 0));
    assert_eq!(lit(&stage), "alp");
    let screen = stage.screen();
    assert!(
        screen.contains("/alp") && screen.contains("alpha"),
        "{screen}"
    );
    assert!(!screen.contains("include  gamma"), "{screen}");
    stage.code(KeyCode::Esc);
    assert_eq!(listed(&stage), (vec![0, 1, 2], 0));
    assert_eq!(stage.app.context(), Context::Filters);
    stage.code(KeyCode::Esc);
    assert!(stage.app.overlay().is_none());
}

#[test]
fn keys_act_on_the_selected_entry_of_a_narrowed_list() {
    let mut stage = with_filters();
    stage.keys("/ta");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Filters);
    assert_eq!(listed(&stage), (vec![1], 1));
    stage.keys(" ");
    let is_on: Vec<bool> = stage
        .session()
        .filters
        .list
        .iter()
        .map(|one| one.is_on)
        .collect();
    assert_eq!(is_on, [true, false, true]);
    stage.keys("jkGg");
    assert_eq!(listed(&stage).1, 1);
    stage.keys("d");
    let left = stage.session().filters.list.iter();
    let left: Vec<&str> = left.map(|filter| filter.query.text()).collect();
    assert_eq!(left, ["alpha", "gamma"]);
    // Nothing matches any more, so nothing is removed by mistake.
    stage.keys("d");
    assert!(
        stage.toast().contains("no entry matches"),
        "{}",
        stage.toast()
    );
    assert_eq!(stage.session().filters.list.len(), 2);
    assert!(stage.screen().contains("no entry matches"));
    // A restored entry is shown.
    stage.keys("Z");
    assert_eq!(listed(&stage), (vec![0, 1, 2], 1));
}

#[test]
fn the_selection_moves_among_the_entries_that_match() {
    let mut stage = with_filters();
    stage.keys("/m");
    assert_eq!(listed(&stage), (vec![2], 2));
    stage.code(KeyCode::Backspace);
    stage.keys("h");
    assert_eq!(listed(&stage), (vec![0], 0));
    stage.code(KeyCode::Esc);
    stage.keys("/a");
    stage.code(KeyCode::Down);
    stage.code(KeyCode::Down);
    stage.code(KeyCode::Up);
    assert_eq!(listed(&stage).1, 1);
    // Enter ends an empty search.
    stage.code(KeyCode::Backspace);
    stage.code(KeyCode::Enter);
    assert!(view(&stage).1.search.is_none());
}

#[test]
fn breakpoints_are_searched_too() {
    let mut stage = Stage::new(&["*"]);
    for (key, text) in [("B", "error"), ("a", "size>1k")] {
        stage.keys(key);
        stage.keys(text);
        stage.code(KeyCode::Enter);
    }
    stage.keys("/err");
    stage.code(KeyCode::Enter);
    assert_eq!(listed(&stage), (vec![0], 0));
    stage.keys("l");
    let logs_only = stage
        .session()
        .breakpoints
        .list
        .iter()
        .map(|one| one.logs_only);
    assert_eq!(logs_only.collect::<Vec<_>>(), [true, false]);
    assert_eq!(stage.session().breakpoints.list[0].query, query("error"));
}

#[test]
fn formats_are_found_and_chosen_with_one_enter() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", br#"{"a":1}"#)]);
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.keys("f/cbor");
    assert_eq!(lit(&stage).to_lowercase(), "cbor");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.toast(), "a: format CBOR");
    stage.keys("f/nosuchformat");
    stage.code(KeyCode::Enter);
    assert!(
        stage.toast().contains("no format matches"),
        "{}",
        stage.toast()
    );
    assert_eq!(stage.app.context(), Context::Formats);
}

#[test]
fn servers_are_found_by_name() {
    let mut stage = Stage::new(&["*"]);
    let facts = ["10.0.0.1:7000", "10.0.0.2:7001", "10.0.0.2:7002"].into_iter();
    let facts = (0..).zip(facts).map(|(node, name)| NodeFacts {
        node: NodeId(node),
        name: name.into(),
        role: Role::Primary,
        health: Health::Well,
        slots: Vec::new(),
        is_home: false,
        subscriptions: 0,
        round_trip: None,
    });
    stage.send(Event::Feed(Feed::Nodes(facts.collect())));
    stage.keys("C/0.2");
    let screen = stage.screen();
    assert!(!screen.contains("10.0.0.1"), "{screen}");
    assert!(
        screen.contains("10.0.0.2:7001") && screen.contains("10.0.0.2:7002"),
        "{screen}"
    );
    stage.keys("nothing");
    assert!(stage.screen().contains("no entry matches"));
    stage.code(KeyCode::Esc);
    assert!(stage.screen().contains("10.0.0.1"));
}

#[test]
fn the_help_is_narrowed_to_lines_that_match() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("?j/histogram");
    let screen = stage.screen();
    assert!(screen.contains("/histogram"), "{screen}");
    assert!(
        screen.contains("interval histogram, or the plot again"),
        "{screen}"
    );
    assert!(
        screen.contains("Plot, and histogram of intervals"),
        "{screen}"
    );
    assert!(!screen.contains("next pane"), "{screen}");
    assert!(lit(&stage).starts_with("histogram"), "{}", lit(&stage));
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Help);
    stage.code(KeyCode::Esc);
    assert!(stage.screen().contains("next pane"));
    stage.keys("/no such line");
    assert!(
        stage
            .screen()
            .contains("nothing in the help matches no such line")
    );
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::Esc);
    assert!(stage.app.overlay().is_none());
}

#[test]
fn the_help_starts_with_the_current_pane_and_shows_all_at_every_size() {
    for (width, height) in [(200, 50), (120, 40), (80, 24), (60, 15), (40, 12)] {
        let mut stage = Stage::new(&["*"]);
        stage.messages(&[("a", b"1")]);
        stage.send(Event::Resize(width, height));
        stage.code(KeyCode::BackTab);
        stage.keys("?");
        let screen = stage.screen();
        let second = screen.lines().nth(2).unwrap();
        assert!(second.contains("Channels"), "{screen}");
        // At the end of the help, the last note is shown in full.
        stage.keys("G");
        assert!(stage.screen().contains("it."), "{}", stage.screen());
    }
}

#[test]
fn the_hint_of_enter_says_what_it_does() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", b"1"), ("jobs", b"2")]);
    stage.code(KeyCode::Tab);
    stage.keys("/");
    let hint = |stage: &Stage| {
        let hints = stage.app.hints();
        let enter = hints.iter().find(|hint| hint.key == "Enter");
        enter.map(|hint| hint.words.clone())
    };
    assert_eq!(hint(&stage).as_deref(), Some("close"));
    stage.keys("ord");
    assert_eq!(hint(&stage).as_deref(), Some("show only this"));
    stage.keys("zzz");
    assert_eq!(hint(&stage), None);
}
