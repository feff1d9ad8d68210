//! Tests of the rules on made-up files.

use crate::house::House;
use crate::rules::{
    FILE_LINES, FUNCTION_LINES, Floors, circles, crate_breaches, floor_breaches,
    grandparent_breach, scattered_app, size_breaches,
};
use crate::source::Source;

/// Parses made-up files, given as path and text, together with a few that are always present.
fn made_up(files: &[(&str, &str)]) -> House {
    let others = [
        ("src/lib.rs", ""),
        ("src/low.rs", ""),
        (
            "src/mid.rs",
            "mod left; mod right; pub use right::Right; pub struct Mid;",
        ),
        ("src/mid/left.rs", ""),
        ("src/mid/right.rs", "pub struct Right;"),
        ("src/top.rs", ""),
    ];
    let others = others
        .into_iter()
        .filter(|(path, _)| files.iter().all(|(file, _)| file != path));
    House::new(
        others
            .chain(files.iter().copied())
            .map(|(path, text)| Source::parse(path, text)),
    )
}

const FLOORS: [Floors; 2] = [("", "low\nmid\ntop"), ("mid", "left\nright\nself")];

fn upward_imports(files: &[(&str, &str)]) -> Vec<String> {
    let house = made_up(files);
    FLOORS
        .iter()
        .flat_map(|floors| floor_breaches(&house, floors))
        .collect()
}

#[test]
fn an_upward_import_is_named_with_file_and_line() {
    let text = "//! Low.

use crate::{low, top::{self, Top}};
";
    let upward = ["crate::top", "crate::top::Top"]
        .map(|path| format!("src/low.rs:3: {path}: `top` is not below `low`"));
    assert_eq!(upward_imports(&[("src/low.rs", text)]), upward);
}

#[test]
fn every_kind_of_upward_import_is_found() {
    for (path, text) in [
        ("src/low.rs", "use super::top::Top;"),
        ("src/low.rs", "pub use crate::top::Top;"),
        ("src/low.rs", "fn f() { crate::top::run() }"),
        ("src/low.rs", "fn f() { g!(1, crate::top::run()) }"),
        (
            "src/low.rs",
            "#[arg(value_parser = crate::top::parse)] struct Low;",
        ),
        ("src/low/child.rs", "use crate::mid::Mid;"),
        ("src/mid/left.rs", "use super::right::Right;"),
        ("src/mid/left.rs", "use crate::mid::Right;"),
        ("src/mid/left.rs", "use super::Mid;"),
        (
            "src/mid/left.rs",
            "use crate::{mid, mid as up}; fn f(_: up::Right) {}",
        ),
        ("src/mid/right.rs", "impl super::Mid {}"),
        ("src/top.rs", "use crate::Thing;"),
    ] {
        let found = upward_imports(&[(path, text)]);
        assert!(
            found.iter().any(|breach| breach.contains("is not below")),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn downward_imports_and_tests_are_no_breach() {
    for (path, text) in [
        ("src/top.rs", "use crate::low::Low; use crate::mid::Right;"),
        ("src/mid/right.rs", "use super::left::Left; use crate::low;"),
        (
            "src/mid.rs",
            "mod left; pub use left::Left; struct Mid(Left);",
        ),
        (
            "src/low.rs",
            "// use crate::top;\nconst TEXT: &str = \"crate::top\";",
        ),
        (
            "src/low.rs",
            "#[cfg(test)] mod tests { use crate::top::Top; }",
        ),
        (
            "src/low.rs",
            "impl Low { #[cfg(test)] fn f() { crate::top::run() } }",
        ),
    ] {
        let found = upward_imports(&[(path, text)]);
        assert_eq!(found, Vec::<String>::new(), "{text}");
    }
    let files = [
        ("src/low.rs", "#[cfg(test)] mod tests;"),
        ("src/low/tests.rs", "use crate::top::Top;"),
    ];
    assert_eq!(upward_imports(&files), Vec::<String>::new());
}

#[test]
fn a_module_without_a_floor_and_a_floor_without_a_module_are_found() {
    let files = [("src/extra.rs", "")];
    assert_eq!(upward_imports(&files), ["`::extra` has no floor"]);
    let found = floor_breaches(&made_up(&[]), &("mid", "left right gone"));
    assert_eq!(found, ["`mid::gone` does not exist"]);
}

#[test]
fn a_cycle_is_printed_with_its_imports() {
    let house = made_up(&[
        ("src/mid.rs", "mod a; mod b; mod c;"),
        ("src/mid/a.rs", "use super::b::B;"),
        ("src/mid/b.rs", "use super::c::C;"),
        ("src/mid/c.rs", "fn f() {\n    super::a::run()\n}"),
    ]);
    let expected = "`mid` has a cycle:\n  a → b (src/mid/a.rs:1: super::b::B)\n  b → c \
                    (src/mid/b.rs:1: super::c::C)\n  c → a (src/mid/c.rs:2: super::a::run)";
    assert_eq!(
        circles(&house.imports(), &["mid".to_owned()], false),
        [expected]
    );
}

#[test]
fn a_grandchild_may_not_name_its_grandparent() {
    let breaches = |files: &[(&str, &str)]| {
        let house = made_up(files);
        house
            .imports()
            .iter()
            .filter_map(grandparent_breach)
            .count()
    };
    for text in [
        "use super::super::Low;",
        "use crate::low::Low;",
        "use crate::low::{child, Low};",
    ] {
        let files = [("src/low/child.rs", ""), ("src/low/child/part.rs", text)];
        assert_eq!(breaches(&files), 1, "{text}");
    }
    assert_eq!(breaches(&[("src/low/child.rs", "use super::Low;")]), 0);
}

#[test]
fn only_granted_crates_may_be_named_and_every_grant_is_needed() {
    let crates = ["tokio", "ratatui"].map(str::to_owned).into();
    let grants = "low: ratatui::layout";
    let found = |path, text| crate_breaches(&made_up(&[(path, text)]), grants, &crates);
    let allowed = "use ratatui::layout::Rect; fn f() { let tokio = 1; }";
    assert_eq!(found("src/low.rs", allowed), Vec::<String>::new());
    assert_eq!(found("src/low/child.rs", allowed), Vec::<String>::new());
    assert_eq!(found("src/low.rs", ""), ["`low` needs no ratatui::layout"]);
    for text in [
        "use tokio::sync;",
        "fn f() { tokio::spawn(g()); }",
        "use ratatui::Frame;",
    ] {
        let named = found("src/mid.rs", text);
        assert!(
            named[0].starts_with("src/mid.rs:1: `mid` may not name"),
            "{named:?}"
        );
    }
}

#[test]
fn sizes_leave_out_tests_and_exceptions_must_be_needed() {
    let long = format!("fn long() {{{}}}\n", "\n".repeat(FUNCTION_LINES));
    let tests = format!("#[cfg(test)]\nmod tests {{{}}}\n", "\n".repeat(FILE_LINES));
    let house = made_up(&[("src/low.rs", &(long + &tests))]);
    assert_eq!(size_breaches(&house, ""), ["src/low.rs long is too large"]);
    let exceptions = "src/low.rs long: a reason\nsrc/low.rs: a reason";
    let stale = "src/low.rs is no longer too large";
    assert_eq!(size_breaches(&house, exceptions), [stale]);
}

#[test]
fn app_implemented_elsewhere_is_found() {
    let implemented = |path| scattered_app(&made_up(&[(path, "impl App {}\nimpl Other {}")]));
    assert_eq!(implemented("src/app.rs"), Vec::<String>::new());
    assert_eq!(implemented("src/app/update/keys.rs"), Vec::<String>::new());
    assert_eq!(
        implemented("src/app/plot.rs"),
        ["src/app/plot.rs:1: `impl App`"]
    );
}
