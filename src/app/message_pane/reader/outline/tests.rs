#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use super::*;
use crate::payload::json_tree;

struct Stand {
    text: String,
    tree: Tree,
    columns: usize,
    height: usize,
    outline: Outline,
}

impl Stand {
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

    /// Returns the rows in view by the names of their values. A `>` marks the cursor, and `..`
    /// stands for the rows of a text after its first.
    fn seen(&self) -> Vec<String> {
        let page = self.page();
        let rows = self.outline.rows(&page);
        rows.map(|place| {
            let value = page.value(place.node).unwrap();
            let name = match value.key {
                Key::None => "root".to_owned(),
                Key::Index(index) => index.to_string(),
                Key::Name(name) | Key::Other(name) => String::from_utf8_lossy(name).into_owned(),
            };
            let name = if place.offset > 0 {
                "..".to_owned()
            } else {
                name
            };
            let mark = if place.node == self.outline.cursor() {
                ">"
            } else {
                ""
            };
            format!("{mark}{name}")
        })
        .collect()
    }

    fn assert_cursor_in_view(&self) {
        let page = self.page();
        let cursor = self.outline.cursor();
        assert!(
            self.outline.rows(&page).any(|place| place.node == cursor),
            "{:?}",
            self.seen()
        );
    }
}

const NESTED: &str = r#"{"a":{"b":[1,2],"c":3},"d":4}"#;

#[test]
fn a_folded_value_hides_what_it_holds() {
    let mut stand = Stand::new(NESTED, 40, 20);
    assert_eq!(stand.seen(), [">root", "a", "b", "0", "1", "c", "d"]);
    stand.go(Outline::down);
    stand.go(Outline::fold);
    assert_eq!(stand.seen(), ["root", ">a", "d"]);
    stand.go(Outline::down);
    assert_eq!(stand.seen(), ["root", "a", ">d"]);
    stand.go(Outline::up);
    stand.go(Outline::unfold);
    assert_eq!(stand.seen().len(), 7);
    stand.go(Outline::unfold);
    assert_eq!(stand.seen()[2], ">b");
}

#[test]
fn folding_what_is_folded_goes_to_what_holds_it() {
    let mut stand = Stand::new(NESTED, 40, 20);
    stand.go(|outline, page| outline.go_to(NodeId(3), page));
    assert_eq!(stand.seen()[3], ">0");
    stand.go(Outline::fold);
    assert_eq!(stand.seen()[2], ">b");
    stand.go(Outline::fold);
    assert_eq!(stand.seen(), ["root", "a", ">b", "c", "d"]);
    stand.go(Outline::fold);
    assert_eq!(stand.seen()[1], ">a");
}

#[test]
fn all_folded_leaves_the_outermost_values() {
    let mut stand = Stand::new(NESTED, 40, 20);
    stand.go(|outline, page| outline.go_to(NodeId(4), page));
    stand.go(Outline::close_all);
    assert_eq!(stand.seen(), ["root", ">a", "d"]);
    stand.go(Outline::open_all);
    assert_eq!(stand.seen(), ["root", ">a", "b", "0", "1", "c", "d"]);
}

#[test]
fn going_to_a_value_opens_what_it_lies_in() {
    let mut stand = Stand::new(NESTED, 40, 20);
    stand.go(Outline::close_all);
    stand.go(|outline, page| outline.go_to(NodeId(4), page));
    assert_eq!(stand.seen(), ["root", "a", "b", "0", ">1", "c", "d"]);
}

#[test]
fn a_long_text_takes_rows_that_are_scrolled_through() {
    let text = format!(r#"{{"a":1,"text":"{}","z":2}}"#, "word ".repeat(20));
    let mut stand = Stand::new(&text, 40, 3);
    assert_eq!(stand.seen(), [">root", "a", "text"]);
    stand.go(Outline::down);
    stand.go(Outline::down);
    // As much of the text as fits comes into view.
    assert_eq!(stand.seen(), [">text", ">..", ">.."]);
    stand.go(Outline::down);
    assert_eq!(stand.seen(), [">..", ">..", ">.."]);
    while stand.outline.cursor() != NodeId(3) {
        stand.go(Outline::down);
    }
    assert_eq!(stand.seen(), ["..", "..", ">z"]);
    stand.go(Outline::up);
    assert_eq!(stand.seen(), [">..", ">..", "z"]);
    for _ in 0..10 {
        stand.go(Outline::up);
    }
    assert_eq!(stand.seen(), [">root", "a", "text"]);
}

#[test]
fn a_very_long_text_is_folded_at_first() {
    let text = format!(r#"["{}",1]"#, "x".repeat(LONG_TEXT + 1));
    let mut stand = Stand::new(&text, 40, 9);
    assert_eq!(stand.seen(), [">root", "0", "1"]);
    stand.go(Outline::down);
    stand.go(Outline::unfold);
    assert_eq!(stand.seen().len(), 9);
    stand.go(Outline::fold);
    assert_eq!(stand.seen(), ["root", ">0", "1"]);
}

#[test]
fn pages_end_where_the_end_is_shown() {
    let numbers: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    let text = format!("[{}]", numbers.join(","));
    let mut stand = Stand::new(&text, 40, 10);
    stand.go(|outline, page| outline.page_down(10, page));
    assert_eq!(stand.seen()[0], ">9");
    for _ in 0..9 {
        stand.go(|outline, page| outline.page_down(10, page));
    }
    assert_eq!(stand.seen().last().unwrap(), ">49");
    assert_eq!(stand.seen().len(), 10);
    stand.go(|outline, page| outline.page_up(10, page));
    assert_eq!(stand.seen().last().unwrap(), ">39");
    stand.go(Outline::go_to_end);
    assert_eq!(stand.seen()[0], "40");
    stand.go(|outline, _| outline.go_to_start());
    assert_eq!(stand.seen()[0], ">root");
}

#[test]
fn the_cursor_stays_in_view_wherever_one_goes_at_any_size() {
    let long = "word ".repeat(30);
    let text = format!(
        r#"{{"a":{NESTED},"t":"{long}","lines":"a\nb\nc","e":[],"o":{{}},"z":[1,[2,[3]]]}}"#
    );
    for (columns, height) in [(0, 1), (1, 1), (5, 2), (12, 3), (40, 5), (80, 30)] {
        let mut stand = Stand::new(&text, columns, height);
        let steps: [fn(&mut Outline, &Page<'_>); 12] = [
            Outline::down,
            Outline::down,
            Outline::fold,
            Outline::down,
            Outline::unfold,
            |outline, page| outline.page_down(2, page),
            Outline::up,
            Outline::toggle,
            |outline, page| outline.scroll_up(1, page),
            Outline::go_to_end,
            Outline::close_all,
            Outline::open_all,
        ];
        for turn in 0..200 {
            stand.go(steps[(turn * 7 + turn / 12) % steps.len()]);
            stand.assert_cursor_in_view();
        }
    }
}

#[test]
fn another_message_is_entered_at_the_same_path() {
    let mut stand = Stand::new(NESTED, 40, 20);
    stand.go(|outline, page| outline.go_to(NodeId(4), page));
    let alike = Stand::new(r#"{"a":{"b":[7,8],"c":"x"},"d":null}"#, 40, 20);
    let carried = stand.outline.carried_over(&stand.page(), &alike.page());
    assert_eq!(carried.cursor(), NodeId(4));
    let shorter = Stand::new(r#"{"d":1,"a":{"b":[7]}}"#, 40, 20);
    let carried = stand.outline.carried_over(&stand.page(), &shorter.page());
    let path = shorter.tree.path(carried.cursor(), shorter.text.as_bytes());
    assert_eq!(path.as_deref(), Some(".a.b"));
    stand.go(Outline::fold);
    stand.go(Outline::fold);
    let carried = stand.outline.carried_over(&stand.page(), &alike.page());
    let value = alike.page();
    let b = value.value(NodeId(2)).unwrap();
    assert!(carried.is_folded(&b, &value));
}
