//! Tests of the regions and the borders between them.

use super::*;

const NOTHING: ScreenState = ScreenState {
    focus: Focus::Messages,
    box_lines: 3,
    has_message: false,
    is_zoomed: false,
    shows_latest: false,
    lists_over: false,
    name_columns: 18,
    borders: Borders {
        list: None,
        names: None,
        list_over: None,
        beside: None,
        below: None,
    },
    has_chips: false,
    query_feedback: None,
};

fn state(focus: Focus, has_message: bool) -> ScreenState {
    ScreenState {
        focus,
        has_message,
        ..NOTHING
    }
}

fn zoomed(focus: Focus) -> ScreenState {
    ScreenState {
        is_zoomed: true,
        ..state(focus, focus == Focus::Message)
    }
}

fn with_latest(state: ScreenState) -> ScreenState {
    ScreenState {
        shows_latest: true,
        ..state
    }
}

/// Returns the same while the channel list has the focus.
fn with_list(state: ScreenState) -> ScreenState {
    ScreenState {
        lists_over: true,
        ..state
    }
}

/// Returns combinations of values to test.
fn any_states() -> Vec<ScreenState> {
    let mut states: Vec<ScreenState> = [Focus::Channels, Focus::Messages, Focus::Message]
        .map(zoomed)
        .into();
    for has_message in [false, true] {
        let own = if has_message {
            Focus::Message
        } else {
            Focus::Messages
        };
        for focus in [own, Focus::Channels, Focus::PublishPayload, Focus::Messages] {
            let state = ScreenState {
                lists_over: focus == Focus::Channels,
                ..state(focus, has_message)
            };
            let mut moved = state;
            for border in [Border::List, Border::Names, Border::Beside, Border::Below] {
                moved.borders.put(border, 70, (0, 100));
            }
            states.extend([state, with_latest(state), moved, with_latest(moved)]);
            states.extend([state, moved].map(|state| ScreenState {
                has_chips: true,
                ..state
            }));
        }
    }
    states
}

#[test]
fn regions_lie_within_the_screen_and_never_overlap_at_any_size() {
    let usual = (0..260).flat_map(|width| (0..40).map(move |height| (width, height)));
    let mut sizes: Vec<(u16, u16)> = usual.collect();
    for cells in [8_000, 20_000, u16::MAX] {
        sizes.extend((0..4).flat_map(|few| [(cells, few), (few, cells)]));
    }
    for (width, height) in sizes {
        for state in any_states() {
            let areas = Areas::divide(width, height, state);
            let parts = [
                areas.status,
                areas.channels,
                areas.chips,
                areas.messages,
                areas.message,
                areas.publish,
                areas.hints,
            ];
            let mut total: u32 = parts.iter().map(|part| part.area()).sum();
            if areas.is_list_over {
                total -= areas.channels.area();
            }
            assert_eq!(total, areas.screen.area(), "{width}×{height} {state:?}");
            for part in parts {
                assert!(part.intersection(areas.screen) == part || part.area() == 0);
            }
        }
    }
}

#[test]
fn below_100_columns_the_list_hides_and_covers_the_log_while_it_has_the_focus() {
    for (width, over) in [(40, 40), (59, 59), (60, 33), (80, 38), (99, 42)] {
        let areas = Areas::divide(width, 24, NOTHING);
        assert_eq!((areas.channels.width, areas.messages.width), (0, width));
        let focused = Areas::divide(width, 24, with_list(state(Focus::Channels, false)));
        assert!(focused.is_list_over);
        let widths = (focused.channels.width, focused.messages.width);
        assert_eq!(widths, (over, width));
    }
    let areas = Areas::divide(100, 24, with_list(state(Focus::Channels, false)));
    assert!(!areas.is_list_over);
    assert_eq!((areas.channels.width, areas.messages.width), (33, 67));
}

#[test]
fn below_120_columns_the_list_without_the_focus_leaves_80_columns_to_the_log() {
    for (width, list) in [(100, 20), (110, 30), (120, 40), (150, 50)] {
        let areas = Areas::divide(width, 30, NOTHING);
        let widths = (areas.channels.width, areas.messages.width);
        assert_eq!(widths, (list, width - list));
        let focused = Areas::divide(width, 30, with_list(state(Focus::Channels, false)));
        assert_eq!(focused.channels.width, (width / 3).max(30));
        let mut borders = Borders::default();
        borders.put(Border::List, 30, (list, width));
        let moved = Areas::divide(width, 30, ScreenState { borders, ..NOTHING });
        assert_eq!(moved.channels.width, 30, "where the user has put it");
    }
}

#[test]
fn wherever_a_border_was_moved_the_list_and_the_log_stay_usable() {
    for cells in [0, 1, u16::MAX] {
        let borders = Borders {
            list: Some(cells),
            names: Some(cells),
            list_over: Some(cells),
            beside: Some(cells),
            below: Some(cells),
        };
        for width in 40..260 {
            for state in any_states() {
                let areas = Areas::divide(width, 24, ScreenState { borders, ..state });
                let (list, log) = (areas.channels.width, areas.messages.width);
                assert!(list == 0 || list >= MIN_NAMES, "{width} {state:?}");
                let least = if areas.message.bottom() == areas.messages.bottom() {
                    50
                } else {
                    60
                };
                assert!(log == 0 || log >= least.min(width), "{width} {state:?}");
                let rows = areas.messages.height;
                assert!(rows == 0 || rows >= 3, "{width} {state:?}");
            }
        }
    }
}

#[test]
fn the_list_covers_other_panes_only_where_it_has_no_place() {
    for under in [NOTHING, state(Focus::Message, true), zoomed(Focus::Message)] {
        let over = with_list(under);
        let (before, after) = (Areas::divide(80, 24, under), Areas::divide(80, 24, over));
        assert!(after.is_list_over && after.channels.width == 38);
        let panes = |areas: Areas| (areas.messages, areas.message, areas.publish);
        assert_eq!(panes(before), panes(after), "they stay as they are");
    }
    let over = with_list(NOTHING);
    assert!(!Areas::divide(120, 40, over).is_list_over);
    assert_eq!(Areas::divide(40, 12, over).channels.width, 40);
}

#[test]
fn a_message_beside_the_log_shrinks_the_list_to_its_names() {
    let open = state(Focus::Messages, true);
    let areas = Areas::divide(200, 50, open);
    assert_eq!(areas.channels.width, 18 + BESIDE_NAME);
    assert_eq!(areas.messages.width, areas.message.width);
    let below = Areas::divide(120, 40, open);
    assert_eq!(below.channels.width, 40, "the message is below");
    assert_eq!(below.messages.width, below.message.width);
}

#[test]
fn every_border_is_found_where_it_is_drawn_and_moves_there() {
    for (size, focus, has_message) in [
        ((120, 40), Focus::Messages, false),
        ((200, 50), Focus::Messages, true),
        ((120, 40), Focus::Message, true),
        ((80, 24), Focus::Message, true),
    ] {
        let mut state = state(focus, has_message);
        let areas = Areas::divide(size.0, size.1, state);
        for border in [areas.list_border(), areas.message_border()] {
            let Some(border) = border else { continue };
            let areas = Areas::divide(size.0, size.1, state);
            let (before, _) = areas.beside(border);
            let at = match border {
                Border::Below => Position::new(before.x + 5, before.bottom()),
                _ => Position::new(before.right(), before.y + 5),
            };
            assert_eq!(areas.border_at(at), Some((border, 1)));
            let to = Position::new(at.x + 4, at.y + 4);
            let cells = areas.place_at(border, to);
            assert!(state.borders.put(border, cells, areas.place(border)));
            let moved = Areas::divide(size.0, size.1, state);
            assert_eq!(moved.place(border).0, cells);
            assert_eq!(moved.border_at(to), Some((border, 0)), "it follows");
        }
    }
}

#[test]
fn an_open_message_stands_beside_the_log_or_below_it_or_in_its_place() {
    let open = state(Focus::Message, true);
    let wide = Areas::divide(200, 50, open);
    assert_eq!(wide.messages.height, wide.message.height);
    let high = Areas::divide(100, 30, open);
    assert_eq!(high.messages.width, high.message.width);
    assert!(high.message.height > high.messages.height);
    let small = Areas::divide(40, 12, open);
    assert_eq!(small.messages, Rect::default());
    assert_eq!(small.message.width, 40);
    let log = state(Focus::Messages, true);
    assert_eq!(Areas::divide(40, 12, log).message, Rect::default());
    let whole = zoomed(Focus::Message);
    assert_eq!(Areas::divide(200, 50, whole).message.width, 200);
}

#[test]
fn the_latest_values_take_the_place_of_the_list_and_the_log() {
    let latest = with_latest(state(Focus::Channels, false));
    for size in [(200, 50), (80, 24), (40, 12)] {
        let areas = Areas::divide(size.0, size.1, latest);
        assert_eq!(areas.channels.width, size.0);
        assert_eq!(areas.messages, Rect::default());
    }
    let open = with_latest(state(Focus::Channels, true));
    let wide = Areas::divide(200, 50, open);
    assert_eq!((wide.channels.width, wide.message.width), (100, 100));
    let small = Areas::divide(40, 12, open);
    assert_eq!((small.channels.width, small.message.width), (40, 0));
}

#[test]
fn chips_take_the_row_above_the_log_unless_it_is_short() {
    let chips = ScreenState {
        has_chips: true,
        ..NOTHING
    };
    for size in [(200, 50), (80, 24), (40, 12)] {
        let (without, with) = (
            Areas::divide(size.0, size.1, NOTHING),
            Areas::divide(size.0, size.1, chips),
        );
        assert_eq!(with.chips.as_position(), without.messages.as_position());
        assert_eq!(with.chips.height, 1);
        assert_eq!(with.messages.height + 1, without.messages.height);
        assert_eq!(with.messages.bottom(), without.messages.bottom());
    }
    assert!(Areas::divide(80, 7, chips).chips.is_empty());
    assert!(Areas::divide(80, 24, with_latest(chips)).chips.is_empty());
}

#[test]
fn the_box_grows_with_its_text_while_it_has_the_focus() {
    let publish = state(Focus::PublishPayload, false);
    assert_eq!(Areas::divide(80, 24, NOTHING).publish.height, 1);
    assert_eq!(Areas::divide(80, 19, NOTHING).publish.height, 0);
    assert_eq!(Areas::divide(80, 19, publish).publish.height, 5);
    assert_eq!(Areas::divide(80, 24, publish).publish.height, 5);
}
