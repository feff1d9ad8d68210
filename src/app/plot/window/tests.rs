use super::*;

const NOW: Time = Time(1_700_000_000_000_000);

fn ago(seconds: u64) -> Time {
    NOW.before(Duration::from_secs(seconds))
}

#[test]
fn the_window_goes_on_by_whole_parts() {
    let view = View::default();
    let window = view.window(None, NOW, 50);
    assert_eq!((window.part, window.parts), (600_000, 100));
    assert!(window.contains(NOW) && !window.contains(NOW.after(window.part_length())));
    let later = view.window(None, NOW.after(Duration::from_secs(1)), 50);
    assert!(later.is_like(&window));
    assert_eq!((later.from.0 - window.from.0) % window.part, 0);
}

#[test]
fn zooming_keeps_the_newest_or_the_middle() {
    let mut view = View::default();
    view.zoom(true, None, None, NOW);
    assert!(view.is_following());
    assert_eq!(view.span, Span::Of(30_000_000));
    view.pan(false, None, NOW);
    view.pan(false, None, NOW);
    assert_eq!(view.end, End::At(ago(15)));
    view.zoom(true, None, None, NOW);
    assert_eq!(
        (view.span, view.end),
        (Span::Of(20_000_000), End::At(ago(20)))
    );
    view.zoom(false, None, None, NOW);
    assert_eq!(view.end, End::At(ago(15)));
    for _ in 0..100 {
        view.zoom(true, None, None, NOW);
    }
    assert_eq!(view.span, Span::Of(100_000));
    for _ in 0..100 {
        view.zoom(false, None, None, NOW);
    }
    assert!(view.is_following());
}

#[test]
fn what_is_held_stays_in_its_place_and_in_view() {
    let mut view = View::default();
    let window = view.window(None, NOW, 50);
    view.stop(&window);
    assert!(!view.is_following());
    let later = NOW.after(Duration::from_secs(9));
    assert_eq!(view.window(None, later, 50), window);
    let held = ago(15);
    let column = window.column_of(held);
    view.zoom(true, Some(held), None, later);
    let nearer = view.window(None, later, 50);
    assert!(nearer.column_of(held).abs_diff(column) <= 1);
    for _ in 0..20 {
        view.zoom(false, Some(held), None, later);
        assert!(view.window(None, later, 50).contains(held));
    }
    view.show(ago(4_000_000), later);
    assert!(view.window(None, later, 50).contains(ago(4_000_000)));
}

#[test]
fn dragging_moves_by_columns_and_a_column_has_its_time() {
    let mut view = View::default();
    let window = view.window(None, NOW, 50);
    for column in [0, 1, 20, 49] {
        assert_eq!(window.column_of(window.time_at(column)), column);
    }
    assert!(window.contains(window.time_at(u16::MAX)));
    view.drag(-10, &window, None, NOW);
    let earlier = view.window(None, NOW, 50);
    assert_eq!(earlier.column_of(window.time_at(20)), 30);
    view.drag(4, &earlier, None, NOW);
    let back = view.window(None, NOW, 50);
    assert_eq!(back.column_of(window.time_at(20)), 26);
    view.drag(100, &back, None, NOW);
    assert!(view.is_following());
}

#[test]
fn panning_ends_at_what_is_known_and_follows_again_at_the_newest() {
    let mut view = View::default();
    for _ in 0..100 {
        view.pan(false, Some(ago(300)), NOW);
    }
    assert_eq!(view.end, End::At(ago(300)));
    for _ in 0..100 {
        view.pan(true, Some(ago(300)), NOW);
    }
    assert!(view.is_following());
}

#[test]
fn all_is_what_is_known_and_a_little_more() {
    let mut view = View::default();
    view.show_all();
    let window = view.window(Some(ago(3_000)), NOW, 50);
    assert!(window.from <= ago(3_000) && window.from > ago(4_600));
    assert!(view.is_of_all() && view.is_following());
    view.pan(false, Some(ago(3_000)), NOW);
    assert!(!view.is_of_all());
}

#[test]
fn no_time_is_too_far_away() {
    for now in [Time(i64::MIN), Time(0), Time(i64::MAX)] {
        for earliest in [None, Some(Time(i64::MIN)), Some(Time(i64::MAX))] {
            let mut view = View::default();
            view.show_all();
            for columns in [0, 1, u16::MAX] {
                let window = view.window(earliest, now, columns);
                assert!(window.to() >= window.from);
                view.pan(false, earliest, now);
                view.zoom(false, None, earliest, now);
                view.zoom(true, None, earliest, now);
                view.drag(i64::MIN, &window, earliest, now);
                view.show(window.time_at(columns), now);
                view.zoom(true, Some(now), earliest, now);
                view.zoom(false, Some(window.from), earliest, now);
            }
        }
    }
}

#[test]
fn an_answer_tells_the_window_that_was_asked_for() {
    let window = View::default().window(None, NOW, 47);
    let ask = window.ask(CheckId(1), Arc::from(&b"a"[..]));
    assert_eq!(PlotWindow::asked(&ask), Some(window));
}
