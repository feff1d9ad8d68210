#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use super::*;
use crate::payload::json_tree;
use crate::payload::tree::{Key, Tree};

struct Fixture {
    text: String,
    tree: Tree,
    columns: usize,
    height: usize,
    outline: Outline,
}

impl Fixture {
    fn new(text: &str, columns: usize, height: usize) -> Self {
        Self {
            text: text.to_owned(),
            tree: json_tree::read(text.as_bytes()).unwrap(),
            columns,
            height,
            outline: Outline::default(),
        }
    }

    fn page(&self) -> Page<'_> {
        Page {
            tree: &self.tree,
            bytes: self.text.as_bytes(),
            columns: self.columns,
            height: self.height,
        }
    }

    fn go(&mut self, step: impl FnOnce(&mut Outline, &Page<'_>)) {
        let mut outline = std::mem::take(&mut self.outline);
        step(&mut outline, &self.page());
        self.outline = outline;
    }

    /// Returns the names of the values in view, one per row. A `>` marks the cursor, and `..`
    /// stands for the rows of a string after its first row.
    fn seen(&self) -> Vec<String> {
        let page = self.page();
        let rows = self.outline.rows(&page);
        rows.map(|place| {
            let value = page.value(place.node).unwrap();
            let name = match value.key {
                _ if place.offset > 0 => "..".to_owned(),
                Key::None => "root".to_owned(),
                Key::Index(index) => index.to_string(),
                Key::Name(name) | Key::Other(name) => String::from_utf8_lossy(name).into_owned(),
            };
            let is_selected = place.node == self.outline.cursor;
            format!("{}{name}", if is_selected { ">" } else { "" })
        })
        .collect()
    }

    fn assert_cursor_in_view(&self) {
        let page = self.page();
        let cursor = self.outline.cursor;
        assert!(
            self.outline.rows(&page).any(|place| place.node == cursor),
            "{:?}",
            self.seen()
        );
    }
}

const NESTED: &str = r#"{"a":{"b":[1,2],"c":3},"d":4}"#;

#[test]
fn folding_a_value_hides_its_contents() {
    let mut fixture = Fixture::new(NESTED, 40, 20);
    assert_eq!(fixture.seen(), [">root", "a", "b", "0", "1", "c", "d"]);
    fixture.go(Outline::down);
    fixture.go(Outline::fold);
    assert_eq!(fixture.seen(), ["root", ">a", "d"]);
    fixture.go(Outline::down);
    assert_eq!(fixture.seen(), ["root", "a", ">d"]);
    fixture.go(Outline::up);
    fixture.go(Outline::unfold);
    assert_eq!(fixture.seen().len(), 7);
    fixture.go(Outline::unfold);
    assert_eq!(fixture.seen()[2], ">b");
}

#[test]
fn folding_a_folded_value_goes_to_its_parent() {
    let mut fixture = Fixture::new(NESTED, 40, 20);
    fixture.go(|outline, page| outline.go_to(NodeId(3), page));
    assert_eq!(fixture.seen()[3], ">0");
    fixture.go(Outline::fold);
    assert_eq!(fixture.seen()[2], ">b");
    fixture.go(Outline::fold);
    assert_eq!(fixture.seen(), ["root", "a", ">b", "c", "d"]);
    fixture.go(Outline::fold);
    assert_eq!(fixture.seen()[1], ">a");
}

#[test]
fn folding_everything_leaves_the_outermost_values() {
    let mut fixture = Fixture::new(NESTED, 40, 20);
    fixture.go(|outline, page| outline.go_to(NodeId(4), page));
    fixture.go(Outline::close_all);
    assert_eq!(fixture.seen(), ["root", ">a", "d"]);
    fixture.go(Outline::open_all);
    assert_eq!(fixture.seen(), ["root", ">a", "b", "0", "1", "c", "d"]);
}

#[test]
fn going_to_a_value_unfolds_its_ancestors() {
    let mut fixture = Fixture::new(NESTED, 40, 20);
    fixture.go(Outline::close_all);
    fixture.go(|outline, page| outline.go_to(NodeId(4), page));
    assert_eq!(fixture.seen(), ["root", "a", "b", "0", ">1", "c", "d"]);
}

#[test]
fn a_long_text_takes_several_rows_and_scrolls() {
    let text = format!(r#"{{"a":1,"text":"{}","z":2}}"#, "word ".repeat(20));
    let mut fixture = Fixture::new(&text, 40, 3);
    assert_eq!(fixture.seen(), [">root", "a", "text"]);
    fixture.go(Outline::down);
    fixture.go(Outline::down);
    // The view scrolls to show as much of the text as fits.
    assert_eq!(fixture.seen(), [">text", ">..", ">.."]);
    fixture.go(Outline::down);
    assert_eq!(fixture.seen(), [">..", ">..", ">.."]);
    while fixture.outline.cursor != NodeId(3) {
        fixture.go(Outline::down);
    }
    assert_eq!(fixture.seen(), ["..", "..", ">z"]);
    fixture.go(Outline::up);
    assert_eq!(fixture.seen(), [">..", ">..", "z"]);
    for _ in 0..10 {
        fixture.go(Outline::up);
    }
    assert_eq!(fixture.seen(), [">root", "a", "text"]);
}

#[test]
fn a_very_long_text_is_folded_initially() {
    let text = format!(r#"["{}",1]"#, "x".repeat(LONG_TEXT + 1));
    let mut fixture = Fixture::new(&text, 40, 9);
    assert_eq!(fixture.seen(), [">root", "0", "1"]);
    fixture.go(Outline::down);
    fixture.go(Outline::unfold);
    assert_eq!(fixture.seen().len(), 9);
    fixture.go(Outline::fold);
    assert_eq!(fixture.seen(), ["root", ">0", "1"]);
}

#[test]
fn paging_stops_at_either_end() {
    let numbers: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    let text = format!("[{}]", numbers.join(","));
    let mut fixture = Fixture::new(&text, 40, 10);
    fixture.go(|outline, page| outline.scroll(10, page));
    assert_eq!(fixture.seen()[0], ">9");
    for _ in 0..9 {
        fixture.go(|outline, page| outline.scroll(10, page));
    }
    assert_eq!(fixture.seen().last().unwrap(), ">49");
    assert_eq!(fixture.seen().len(), 10);
    fixture.go(|outline, page| outline.scroll(-10, page));
    assert_eq!(fixture.seen().last().unwrap(), ">39");
    fixture.go(Outline::go_to_end);
    assert_eq!(fixture.seen()[0], "40");
    fixture.go(|outline, _| outline.go_to_start());
    assert_eq!(fixture.seen()[0], ">root");
}

#[test]
fn the_cursor_stays_in_view_at_any_size() {
    let long = "word ".repeat(30);
    let text = format!(
        r#"{{"a":{NESTED},"t":"{long}","lines":"a\nb\nc","e":[],"o":{{}},"z":[1,[2,[3]]]}}"#
    );
    for (columns, height) in [(0, 1), (1, 1), (5, 2), (12, 3), (40, 5), (80, 30)] {
        let mut fixture = Fixture::new(&text, columns, height);
        let steps: [fn(&mut Outline, &Page<'_>); 12] = [
            Outline::down,
            Outline::down,
            Outline::fold,
            Outline::down,
            Outline::unfold,
            |outline, page| outline.scroll(2, page),
            Outline::up,
            Outline::toggle,
            |outline, page| outline.scroll_up(1, page),
            Outline::go_to_end,
            Outline::close_all,
            Outline::open_all,
        ];
        for turn in 0..200 {
            fixture.go(steps[(turn * 7 + turn / 12) % steps.len()]);
            fixture.assert_cursor_in_view();
        }
    }
}

#[test]
fn another_message_opens_at_the_same_path() {
    let mut fixture = Fixture::new(NESTED, 40, 20);
    fixture.go(|outline, page| outline.go_to(NodeId(4), page));
    let alike = Fixture::new(r#"{"a":{"b":[7,8],"c":"x"},"d":null}"#, 40, 20);
    let carried = fixture.outline.carried_over(&fixture.page(), &alike.page());
    assert_eq!(carried.cursor, NodeId(4));
    let shorter = Fixture::new(r#"{"d":1,"a":{"b":[7]}}"#, 40, 20);
    let carried = fixture
        .outline
        .carried_over(&fixture.page(), &shorter.page());
    let path = shorter.tree.path(carried.cursor, shorter.text.as_bytes());
    assert_eq!(path.as_deref(), Some(".a.b"));
    fixture.go(Outline::fold);
    fixture.go(Outline::fold);
    let carried = fixture.outline.carried_over(&fixture.page(), &alike.page());
    let page = alike.page();
    let b = page.value(NodeId(2)).unwrap();
    assert!(carried.is_folded(&b, &page));
}
