//! The layout of a screen of a given size.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::focus::Focus;

/// Minimum width of the screen to show channels and messages side by side.
const MIN_SIDE_BY_SIDE: u16 = 60;

/// Minimum height of the screen for a permanent publish box.
const MIN_FOR_BOX: u16 = 10;

/// Minimum and maximum width of the channel list, which takes a third of the screen.
const LIST_COLUMNS: (u16, u16) = (30, 76);

/// Maximum number of message lines that the publish box shows at once.
const MAX_BOX_LINES: u16 = 8;

/// The regions of the screen. A region that does not fit is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// The whole screen.
    pub screen: Rect,
    /// The status line at the top.
    pub status: Rect,
    /// The channel list with its border.
    pub channels: Rect,
    /// The message log with its border.
    pub messages: Rect,
    /// The open message with its border.
    pub message: Rect,
    /// The publish box with its border.
    pub publish: Rect,
    /// The space between the status line and the hint line, which overlays may cover.
    pub overlay: Rect,
    /// The hint line at the bottom.
    pub hints: Rect,
}

/// Height of an open message's header, in lines.
const MESSAGE_HEADER: u16 = 1;

/// Minimum width of the log to show an open message beside it. Each takes half of the width.
const MIN_BESIDE: u16 = 110;

/// Minimum height of the log to show an open message below it.
const MIN_BELOW: u16 = 14;

/// Height of the query box, in rows: its border, the query, and feedback about it.
const QUERY_ROWS: u16 = 4;

/// Maximum number of completions that are shown at once.
const MAX_COMPLETIONS: usize = 8;

/// What the layout depends on, besides the size of the screen.
#[derive(Clone, Copy, Debug)]
pub struct ScreenState {
    /// The region that has the focus.
    pub focus: Focus,
    /// Number of lines of text in the publish box.
    pub box_lines: usize,
    /// If a message is open, whether it takes up the whole screen.
    pub message: Option<bool>,
    /// Whether the channel list shows the latest values. It then also takes the log's place.
    pub shows_latest: bool,
}

impl Areas {
    /// Divides a screen of `width` columns and `height` rows.
    pub fn divide(width: u16, height: u16, state: ScreenState) -> Self {
        let screen = Rect::new(0, 0, width, height);
        let (status, rest) = cut_top(screen, u16::from(height >= 4));
        let (rest, hints) = cut_bottom(rest, u16::from(height >= 5));
        if state.message == Some(true) && state.focus.is_beside_log() {
            return Self {
                screen,
                status,
                message: rest,
                overlay: rest,
                hints,
                ..Self::default()
            };
        }
        let (body, publish) = cut_bottom(rest, box_height(rest.height, state));
        let (channels, messages) = if state.shows_latest {
            (Rect::default(), body)
        } else if width >= MIN_SIDE_BY_SIDE {
            let (least, most) = LIST_COLUMNS;
            cut_left(body, (width / 3).clamp(least, most))
        } else if state.focus == Focus::Channels {
            (body, Rect::default())
        } else {
            (Rect::default(), body)
        };
        let (messages, message) = beside_message(messages, state);
        let (channels, messages) = if state.shows_latest {
            (messages, Rect::default())
        } else {
            (channels, messages)
        };
        Self {
            screen,
            status,
            channels,
            messages,
            message,
            publish,
            overlay: rest,
            hints,
        }
    }

    /// Returns the query box with its border: the lowest part of the overlay.
    pub fn query_box(&self) -> Rect {
        cut_bottom(self.overlay, QUERY_ROWS).1
    }

    /// Returns the region of a syntax list of `lines` lines, with its border, above the query box.
    pub fn syntax(&self, lines: usize) -> Rect {
        let (above, _) = cut_bottom(self.overlay, QUERY_ROWS);
        let rows = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
        cut_bottom(above, rows).1
    }

    /// Returns the region of a list of `count` completions, with its border, above the query box.
    pub fn completions(&self, count: usize) -> Rect {
        self.syntax(count.min(MAX_COMPLETIONS))
    }

    /// Returns the line of an open message's region that shows its tabs.
    pub fn message_tabs(&self) -> Rect {
        cut_top(padded(inside(self.message)), MESSAGE_HEADER).0
    }

    /// Returns the part of an open message's region that shows its text.
    pub fn message_text(&self) -> Rect {
        cut_top(padded(inside(self.message)), MESSAGE_HEADER).1
    }
}

/// Divides an area between the log, or the list in its place, and the open message, side by side or
/// one below the other. If there is no room for both, the focused one takes the whole area.
fn beside_message(area: Rect, state: ScreenState) -> (Rect, Rect) {
    if state.message.is_none() {
        (area, Rect::default())
    } else if area.width >= MIN_BESIDE {
        cut_left(area, area.width / 2)
    } else if area.height >= MIN_BELOW {
        cut_top(area, area.height * 2 / 5)
    } else if state.focus.is_beside_log() {
        (Rect::default(), area)
    } else {
        (area, Rect::default())
    }
}

/// Returns the part of a bordered region inside its border.
pub fn inside(area: Rect) -> Rect {
    Rect::new(
        area.x.saturating_add(1),
        area.y.saturating_add(1),
        area.width.saturating_sub(2),
        area.height.saturating_sub(2),
    )
}

/// Returns a region reduced by one column of padding on either side.
pub fn padded(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        width: area.width.saturating_sub(2),
        ..area
    }
}

fn box_height(available: u16, state: ScreenState) -> u16 {
    if !state.focus.is_in_box() {
        return if available + 2 >= MIN_FOR_BOX { 3 } else { 0 };
    }
    let lines = u16::try_from(state.box_lines)
        .unwrap_or(u16::MAX)
        .clamp(1, MAX_BOX_LINES);
    // On a short screen, the panes keep half of the space.
    (lines + 2).min((available / 2).max(3)).min(available)
}

/// Splits off the top `rows`. Returns them and the area below.
pub(super) fn cut_top(area: Rect, rows: u16) -> (Rect, Rect) {
    let height = rows.min(area.height);
    let rest = Rect {
        y: area.y + height,
        height: area.height - height,
        ..area
    };
    (Rect { height, ..area }, rest)
}

/// Splits off the bottom `rows`. Returns the area above and these rows.
pub(super) fn cut_bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    cut_top(area, area.height - rows.min(area.height))
}

fn cut_left(area: Rect, columns: u16) -> (Rect, Rect) {
    let width = columns.min(area.width);
    let rest = Rect {
        x: area.x + width,
        width: area.width - width,
        ..area
    };
    (Rect { width, ..area }, rest)
}

/// Wraps the program's own text into lines of at most `columns`, unless a word is longer.
pub fn wrapped(text: &str, columns: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.width() > columns {
        let spaces = rest.match_indices(' ').map(|(at, _)| at);
        let (fitting, longer): (Vec<_>, Vec<_>) =
            spaces.partition(|at| rest[..*at].width() <= columns);
        let Some(at) = fitting.last().or(longer.first()) else {
            break;
        };
        lines.push(&rest[..*at]);
        rest = &rest[at + 1..];
    }
    lines.push(rest);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: ScreenState = ScreenState {
        focus: Focus::Messages,
        box_lines: 3,
        message: None,
        shows_latest: false,
    };

    fn state(focus: Focus, message: Option<bool>) -> ScreenState {
        ScreenState {
            focus,
            message,
            ..NOTHING
        }
    }

    fn with_latest(state: ScreenState) -> ScreenState {
        ScreenState {
            shows_latest: true,
            ..state
        }
    }

    /// Returns combinations of values to test.
    fn any_states() -> Vec<ScreenState> {
        let mut states = Vec::new();
        for message in [None, Some(false), Some(true)] {
            let own = message.map_or(Focus::Messages, |_| Focus::Message);
            for focus in [own, Focus::Channels, Focus::PublishPayload, Focus::Messages] {
                let state = state(focus, message);
                states.extend([state, with_latest(state)]);
            }
        }
        states
    }

    #[test]
    fn regions_lie_within_the_screen_and_never_overlap_at_any_size() {
        for width in 0..260 {
            for height in 0..40 {
                for state in any_states() {
                    let areas = Areas::divide(width, height, state);
                    let parts = [
                        areas.status,
                        areas.channels,
                        areas.messages,
                        areas.message,
                        areas.publish,
                        areas.hints,
                    ];
                    let total: u32 = parts.iter().map(|part| part.area()).sum();
                    assert_eq!(total, areas.screen.area(), "{width}×{height} {state:?}");
                    for part in parts {
                        assert!(part.intersection(areas.screen) == part || part.area() == 0);
                    }
                }
            }
        }
    }

    #[test]
    fn narrow_screens_show_the_pane_that_has_the_focus() {
        let channels = state(Focus::Channels, None);
        assert_eq!(Areas::divide(40, 12, NOTHING).channels, Rect::default());
        assert_eq!(Areas::divide(40, 12, channels).messages, Rect::default());
        assert_eq!(Areas::divide(40, 12, channels).channels.width, 40);
    }

    #[test]
    fn an_open_message_stands_beside_the_log_or_below_it_or_in_its_place() {
        let open = state(Focus::Message, Some(false));
        let wide = Areas::divide(200, 50, open);
        assert_eq!(wide.messages.height, wide.message.height);
        let high = Areas::divide(100, 30, open);
        assert_eq!(high.messages.width, high.message.width);
        assert!(high.message.height > high.messages.height);
        let small = Areas::divide(40, 12, open);
        assert_eq!(small.messages, Rect::default());
        assert_eq!(small.message.width, 40);
        let log = state(Focus::Messages, Some(false));
        assert_eq!(Areas::divide(40, 12, log).message, Rect::default());
        let whole = state(Focus::Message, Some(true));
        assert_eq!(Areas::divide(200, 50, whole).message.width, 200);
    }

    #[test]
    fn the_latest_values_take_the_place_of_the_list_and_the_log() {
        let latest = with_latest(state(Focus::Channels, None));
        for size in [(200, 50), (80, 24), (40, 12)] {
            let areas = Areas::divide(size.0, size.1, latest);
            assert_eq!(areas.channels.width, size.0);
            assert_eq!(areas.messages, Rect::default());
        }
        let open = with_latest(state(Focus::Channels, Some(false)));
        let wide = Areas::divide(200, 50, open);
        assert_eq!((wide.channels.width, wide.message.width), (100, 100));
        let small = Areas::divide(40, 12, open);
        assert_eq!((small.channels.width, small.message.width), (40, 0));
    }

    #[test]
    fn the_box_grows_with_its_text_while_it_has_the_focus() {
        let publish = state(Focus::PublishPayload, None);
        assert_eq!(Areas::divide(80, 24, NOTHING).publish.height, 3);
        assert_eq!(Areas::divide(80, 24, publish).publish.height, 5);
    }

    #[test]
    fn a_word_that_is_too_long_has_a_line_of_its_own() {
        assert_eq!(wrapped("a bc def g", 4), ["a bc", "def", "g"]);
        assert_eq!(wrapped("a bcdef g", 2), ["a", "bcdef", "g"]);
        assert_eq!(wrapped("bcdef", 2), ["bcdef"]);
        assert_eq!(wrapped("", 0), [""]);
    }
}
