//! Colours with a meaning, from the terminal's own sixteen, so that they suit its background.

use ratatui::style::{Color, Modifier, Style};

use crate::config::Colour;

/// What is said beside the point: borders at rest, units, labels. Not in the bright black, which
/// is the background's own colour in some palettes (Solarized).
pub const QUIET: Style = Style::new().fg(Color::Reset).add_modifier(Modifier::DIM);
/// What belongs to where the keys go, unless a profile has a colour of its own.
pub const FOCUS: Style = Style::new().fg(Color::Cyan);
/// Well: live, received.
pub const GOOD: Style = Style::new().fg(Color::Green);
/// Under way, or worth a look.
pub const WATCH: Style = Style::new().fg(Color::Yellow);
/// Lost, refused, wrong.
pub const BAD: Style = Style::new().fg(Color::Red);
/// Titles, figures, keys.
pub const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// The selected line of the pane that has the focus.
pub const SELECTED: Style = Style::new().add_modifier(Modifier::REVERSED);
/// The selected line of a pane that has not.
pub const SELECTED_QUIETLY: Style = Style::new().add_modifier(Modifier::BOLD);
/// A byte or character shown by its number.
pub const ESCAPE: Style = Style::new().fg(Color::Magenta);
/// What the query matched. It keeps its look in a selected line, where it stands out of the bar,
/// and its underline without colours. Bold would turn black to grey on some terminals.
pub const MATCH: Style = Style::new()
    .fg(Color::Black)
    .bg(Color::Yellow)
    .add_modifier(Modifier::UNDERLINED)
    .remove_modifier(
        Modifier::BOLD
            .union(Modifier::DIM)
            .union(Modifier::REVERSED),
    );
/// What has changed within the last second. In a selected line it stands out of the bar.
pub const FLASH: Style = Style::new()
    .fg(Color::Black)
    .bg(Color::Green)
    .remove_modifier(
        Modifier::BOLD
            .union(Modifier::DIM)
            .union(Modifier::REVERSED),
    );
/// Stands in the margin of what was found, where the match itself may be out of sight.
pub const FOUND: &str = "▸";
/// Stands in the margin of what this session published.
pub const OWN: &str = "↑";
/// Bars of a sparkline.
pub const BARS: Style = Style::new().fg(Color::Cyan);

/// Colours of channels: those that can be read on light and on dark. Not red, which means that
/// something is wrong, nor the dark blue, which vanishes on black.
const CHANNEL_COLOURS: [Color; 6] = [
    Color::Cyan,
    Color::Green,
    Color::Yellow,
    Color::Magenta,
    Color::LightBlue,
    Color::LightMagenta,
];

/// An escape within what is `marked`, still told from text.
#[must_use]
pub fn marked_escape(marked: Style) -> Style {
    marked.bg(Color::Magenta)
}

/// What a series of a plot is drawn in, by its slot.
#[must_use]
pub fn series(slot: usize) -> Style {
    Style::new().fg(CHANNEL_COLOURS[slot % CHANNEL_COLOURS.len()])
}

/// The frame of the pane that has the focus, where a profile has this colour.
#[must_use]
pub fn accent(colour: Option<Colour>) -> Style {
    Style::new().fg(match colour {
        None => return FOCUS,
        Some(Colour::Red) => Color::Red,
        Some(Colour::Yellow) => Color::Yellow,
        Some(Colour::Green) => Color::Green,
        // The dark blue vanishes on black.
        Some(Colour::Blue) => Color::LightBlue,
        Some(Colour::Magenta) => Color::Magenta,
        Some(Colour::Cyan) => Color::Cyan,
        Some(Colour::White) => Color::White,
    })
}

/// The name of a profile that has this colour; without one it is reversed.
#[must_use]
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

/// The bytes of a name that its colour depends on: a name may have megabytes, and each row drawn
/// asks for its colour.
const COLOURED: usize = 256;

/// A channel's colour: the same for the same name, in every session (FNV-1a of the start of the
/// name).
#[must_use]
pub fn channel(name: &[u8]) -> Style {
    let hash = name
        .iter()
        .take(COLOURED)
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let index = (hash >> 32) % CHANNEL_COLOURS.len() as u64;
    Style::new().fg(CHANNEL_COLOURS[usize::try_from(index).unwrap_or(0)])
}
