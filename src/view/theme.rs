//! Colours by meaning, using the names of the sixteen ANSI colours. A theme decides what the
//! terminal shows for them.

use ratatui::style::{Color, Modifier, Style};

use crate::config::Colour;

/// Secondary text: inactive borders, units, labels. Not bright black, which is the background
/// colour in some palettes (Solarized).
pub const QUIET: Style = Style::new().fg(Color::Reset).add_modifier(Modifier::DIM);
/// What has the focus, unless the profile has a colour of its own.
pub const FOCUS: Style = Style::new().fg(Color::Cyan);
/// Good: live, received.
pub const GOOD: Style = Style::new().fg(Color::Green);
/// In progress, or worth a look.
pub const WATCH: Style = Style::new().fg(Color::Yellow);
/// Bad: lost, refused, wrong.
pub const BAD: Style = Style::new().fg(Color::Red);
/// Titles, figures, keys.
pub const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// The selected line of the focused pane.
pub const SELECTED: Style = Style::new().add_modifier(Modifier::REVERSED);
/// The selected line of a pane without the focus.
pub const SELECTED_QUIETLY: Style = Style::new()
    .bg(Color::DarkGray)
    .add_modifier(Modifier::BOLD);
/// A byte or character that is shown escaped.
pub const ESCAPE: Style = Style::new().fg(Color::Magenta);
/// A key of a JSON object in a row.
pub const KEY: Style = Style::new().fg(Color::LightBlue);
/// A string of a JSON document in a row.
pub const STRING: Style = Style::new().fg(Color::Green);
/// The attributes of a line that highlighted text does not inherit.
const OF_LINES: Modifier = Modifier::BOLD
    .union(Modifier::DIM)
    .union(Modifier::REVERSED);
/// A match of a query. It keeps its style in a selected line, so it stands out from the bar;
/// without colours, the underline remains. It is not bold, because some terminals show bold black
/// as grey.
pub const MATCH: Style = Style::new()
    .fg(Color::Black)
    .bg(Color::Yellow)
    .add_modifier(Modifier::UNDERLINED)
    .remove_modifier(OF_LINES);
/// A value that changed within the last second. In a selected line it stands out from the bar.
pub const FLASH: Style = Style::new()
    .fg(Color::Black)
    .bg(Color::Green)
    .remove_modifier(OF_LINES);
/// Marks a found row in the margin, because the match itself may be out of sight.
pub const FOUND: &str = "»";
/// Marks, in the margin, a message that this session published.
pub const OWN: &str = "↑";
/// The bars of a sparkline.
pub const BARS: Style = Style::new().fg(Color::Cyan);

/// The colours of plotted series, which are readable on light and on dark backgrounds. Red, which
/// means that something is wrong, and dark blue, which is invisible on black, are not among them.
const SERIES_COLOURS: [Color; 6] = [
    Color::Cyan,
    Color::Green,
    Color::Yellow,
    Color::Magenta,
    Color::LightBlue,
    Color::LightMagenta,
];

/// The colours of channels' names: those of series that payloads do not use for keys and strings.
const CHANNEL_COLOURS: [Color; 4] = [
    Color::Cyan,
    Color::Yellow,
    Color::Magenta,
    Color::LightMagenta,
];

/// Returns the style of an escape within text of the style `marked`, so that the two can be told
/// apart.
pub fn marked_escape(marked: Style) -> Style {
    marked.bg(Color::Magenta)
}

/// Returns the style of a plotted series, by its slot.
pub fn series(slot: usize) -> Style {
    Style::new().fg(SERIES_COLOURS[slot % SERIES_COLOURS.len()])
}

/// Returns the style of the focused pane's border for a profile of this colour.
pub fn accent(colour: Option<Colour>) -> Style {
    Style::new().fg(match colour {
        None => return FOCUS,
        Some(Colour::Red) => Color::Red,
        Some(Colour::Yellow) => Color::Yellow,
        Some(Colour::Green) => Color::Green,
        // Dark blue is invisible on black.
        Some(Colour::Blue) => Color::LightBlue,
        Some(Colour::Magenta) => Color::Magenta,
        Some(Colour::Cyan) => Color::Cyan,
        Some(Colour::White) => Color::White,
    })
}

/// Returns the style of text on a background of this colour, the counterpart of [`badge`] for text
/// with colours of its own.
pub fn on(background: Color) -> Style {
    let (fg, bg) = match background {
        Color::Red => (Color::White, Color::Red),
        Color::LightBlue => (Color::White, Color::Blue),
        other => (Color::Black, other),
    };
    Style::new().fg(fg).bg(bg)
}

/// Returns the style of the name of a profile of this colour; reversed if there is no colour.
pub fn badge(colour: Option<Colour>) -> Style {
    let (fg, bg) = match colour {
        None => return SELECTED.patch(STRONG),
        Some(Colour::Red) => (Color::White, Color::Red),
        Some(Colour::Yellow) => (Color::Black, Color::Yellow),
        Some(Colour::Green) => (Color::Black, Color::Green),
        Some(Colour::Blue) => (Color::White, Color::Blue),
        Some(Colour::Magenta) => (Color::Black, Color::Magenta),
        Some(Colour::Cyan) => (Color::Black, Color::Cyan),
        Some(Colour::White) => (Color::Black, Color::White),
    };
    Style::new().fg(fg).bg(bg)
}

/// How many bytes of a name determine its colour: a name may be megabytes long, and the colour is
/// computed for each row drawn.
const COLOURED: usize = 256;

/// Returns the style of a channel's name. A hash (FNV-1a) of the start of the name determines the
/// colour, so it is the same in every session.
pub fn channel(name: &[u8]) -> Style {
    let bytes = name.iter().take(COLOURED);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The last bytes hardly change the upper half of the hash, so its bits are mixed once more.
    let mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let index = mixed % CHANNEL_COLOURS.len() as u64;
    Style::new().fg(CHANNEL_COLOURS[usize::try_from(index).unwrap_or(0)])
}
