use super::*;

const NOW: Time = Time(1_700_000_000_000_000);

fn ago(seconds: u64) -> Time {
    NOW.before(Duration::from_secs(seconds))
}

fn extent(earliest: Option<Time>, now: Time) -> Extent {
    Extent {
        earliest,
        now,
        columns: 50,
    }
}

#[test]
fn the_window_advances_by_whole_parts() {
    let view = View::default();
    let window = view.window(extent(None, NOW));
    assert_eq!((window.part, window.parts), (600_000, 100));
    assert!(window.contains(NOW) && !window.contains(NOW.after(window.part_length())));
    let later = view.window(extent(None, NOW.after(Duration::from_secs(1))));
    assert!(later.is_like(&window));
    assert_eq!((later.from.0 - window.from.0) % window.part, 0);
}

#[test]
fn zooming_keeps_the_newest_data_or_the_middle_in_place() {
    let mut view = View::default();
    view.zoom(true, None, extent(None, NOW));
    assert!(view.is_following());
    assert_eq!(view.span, Some(30_000_000));
    view.pan(false, extent(None, NOW));
    view.pan(false, extent(None, NOW));
    assert_eq!(view.end, Some(ago(15)));
    view.zoom(true, None, extent(None, NOW));
    assert_eq!((view.span, view.end), (Some(20_000_000), Some(ago(20))));
    view.zoom(false, None, extent(None, NOW));
    assert_eq!(view.end, Some(ago(15)));
    for _ in 0..100 {
        view.zoom(true, None, extent(None, NOW));
    }
    assert_eq!(view.span, Some(100_000));
    for _ in 0..100 {
        view.zoom(false, None, extent(None, NOW));
    }
    assert!(view.is_following());
}

#[test]
fn zooming_keeps_a_fixed_time_in_place() {
    let mut view = View::default();
    let window = view.window(extent(None, NOW));
    view.stop(&window);
    assert!(!view.is_following());
    let later = NOW.after(Duration::from_secs(9));
    assert_eq!(view.window(extent(None, later)), window);
    let fixed = ago(15);
    let column = window.column_of(fixed);
    view.zoom(true, Some(fixed), extent(None, later));
    let nearer = view.window(extent(None, later));
    assert!(nearer.column_of(fixed).abs_diff(column) <= 1);
    for _ in 0..20 {
        view.zoom(false, Some(fixed), extent(None, later));
        assert!(view.window(extent(None, later)).contains(fixed));
    }
    view.show(ago(4_000_000), extent(None, later));
    assert!(view.window(extent(None, later)).contains(ago(4_000_000)));
}

#[test]
fn dragging_moves_by_columns() {
    let mut view = View::default();
    let window = view.window(extent(None, NOW));
    for column in [0, 1, 20, 49] {
        assert_eq!(window.column_of(window.time_at(column)), column);
    }
    assert!(window.contains(window.time_at(u16::MAX)));
    view.drag(-10, &window, extent(None, NOW));
    let earlier = view.window(extent(None, NOW));
    assert_eq!(earlier.column_of(window.time_at(20)), 30);
    view.drag(4, &earlier, extent(None, NOW));
    let back = view.window(extent(None, NOW));
    assert_eq!(back.column_of(window.time_at(20)), 26);
    view.drag(100, &back, extent(None, NOW));
    assert!(view.is_following());
}

#[test]
fn panning_stops_at_the_oldest_and_the_newest_data() {
    let mut view = View::default();
    let known = extent(Some(ago(300)), NOW);
    for _ in 0..100 {
        view.pan(false, known);
        assert!(view.window(known).from <= NOW);
    }
    let window = view.window(known);
    assert_eq!(window.column_of(ago(300)), 0);
    assert!(window.contains(ago(300)));
    let before = view;
    view.drag(-10, &window, known);
    assert_eq!(view, before);
    view.show(ago(299), known);
    assert_eq!(view.window(known).from, window.from);
    for _ in 0..100 {
        view.pan(true, known);
    }
    assert!(view.is_following());
}

#[test]
fn nothing_moves_while_all_data_is_in_view() {
    for seconds in [0, 5, 59, 60] {
        let known = extent(Some(ago(seconds)), NOW);
        let mut view = View::default();
        let window = view.window(known);
        view.pan(false, known);
        view.drag(-3, &window, known);
        view.pan(true, known);
        view.drag(3, &window, known);
        assert!(seconds == 60 || view == View::default(), "{seconds}");
        assert!(view.window(known).contains(NOW));
    }
}

#[test]
fn showing_all_data_shows_little_more_than_it() {
    let mut view = View::default();
    view.show_all();
    let known = extent(Some(ago(3_000)), NOW);
    let window = view.window(known);
    assert!(window.from <= ago(3_000) && window.from > ago(4_600));
    assert!(view.shows_all() && view.is_following());
    view.pan(false, known);
    view.drag(-5, &window, known);
    assert!(view.shows_all() && view.is_following());
    view.zoom(true, None, known);
    assert!(!view.shows_all());
}

#[test]
fn extreme_times_do_not_overflow() {
    for now in [Time(i64::MIN), Time(0), Time(i64::MAX)] {
        for earliest in [None, Some(Time(i64::MIN)), Some(Time(i64::MAX))] {
            let mut view = View::default();
            view.show_all();
            for columns in [0, 1, u16::MAX] {
                let extent = Extent {
                    earliest,
                    now,
                    columns,
                };
                let window = view.window(extent);
                assert!(window.to() >= window.from);
                assert!(window.begun_earlier(5_000_000).from <= window.from);
                view.pan(false, extent);
                view.zoom(false, None, extent);
                view.zoom(true, None, extent);
                view.drag(i64::MIN, &window, extent);
                view.show(window.time_at(columns), extent);
                view.zoom(true, Some(now), extent);
                view.zoom(false, Some(window.from), extent);
            }
        }
    }
}

#[test]
fn the_requested_window_can_be_recovered_from_the_request() {
    let window = View::default().window(extent(None, NOW));
    let ask = window.ask(CheckId(1), Arc::from(&b"a"[..]));
    assert_eq!(PlotWindow::asked(&ask), Some(window));
    let longer = window.begun_earlier(3_000_000);
    assert_eq!((longer.to(), longer.part), (window.to(), window.part));
    assert!(longer.from.after(Duration::from_secs(3)) <= window.from);
    let ask = longer.ask(CheckId(1), Arc::from(&b"a"[..]));
    assert_eq!(PlotWindow::asked(&ask), Some(longer));
}
