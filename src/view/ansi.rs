//! The colours that a payload's text has of its own.

use ratatui::style::{Color, Modifier, Style};

use super::theme;
use crate::payload::escape::Text;
use crate::payload::format::ansi::{Attribute, Change, Colour, Rendition};

/// The attributes that are drawn.
const ATTRIBUTES: [(Attribute, Modifier); 5] = [
    (Attribute::Bold, Modifier::BOLD),
    (Attribute::Dim, Modifier::DIM),
    (Attribute::Italic, Modifier::ITALIC),
    (Attribute::Underline, Modifier::UNDERLINED),
    (Attribute::Reverse, Modifier::REVERSED),
];

/// Colours with less difference between their components than this are grey.
const LEAST_SATURATION: u8 = 48;

/// Returns the ends and the styles of the parts of `text`, which stands for a part of `bytes` that
/// starts at `start`.
pub(super) fn styles(
    changes: &[Change],
    bytes: &[u8],
    start: usize,
    text: &Text,
) -> Vec<(usize, Style)> {
    let first = changes.partition_point(|change| change.at <= start);
    let last = changes.partition_point(|change| change.at < start + text.consumed);
    let within = changes.get(first..last).unwrap_or_default();
    let offsets = within.iter().map(|change| change.at - start);
    let places = text.places(bytes.get(start..).unwrap_or_default(), offsets);
    let before = first.checked_sub(1).map(|index| changes[index].rendition);
    let renditions = within.iter().map(|change| change.rendition);
    let renditions = std::iter::once(before.unwrap_or_default()).chain(renditions);
    let ends = places.into_iter().chain([text.string.len()]);
    ends.zip(renditions.map(style)).collect()
}

/// Returns the style of text. All colours are mapped to those that a theme keeps readable, so text
/// cannot be hidden by its colour.
fn style(rendition: Rendition) -> Style {
    let reverse = rendition.has(Attribute::Reverse);
    let [foreground, background] = [rendition.foreground, rendition.background].map(colour);
    let (foreground, background) = match (foreground, background) {
        (foreground, background) if !reverse => (foreground, background),
        (foreground, background) => (background, foreground),
    };
    let mut style = match background {
        Some(background) => theme::on(background),
        None => foreground.map_or(Style::new(), |colour| Style::new().fg(colour)),
    };
    // Exchanged colours are drawn as such, unless there are none.
    let has_colour = style != Style::new();
    for (attribute, modifier) in ATTRIBUTES {
        let is_drawn = attribute != Attribute::Reverse || !has_colour;
        if rendition.has(attribute) && is_drawn {
            style = style.add_modifier(modifier);
        }
    }
    style
}

/// Returns the colour of the theme that is most like `colour`; `None` for black, white and grey,
/// which are not readable on every background.
fn colour(colour: Option<Colour>) -> Option<Color> {
    let [red, green, blue] = match colour? {
        Colour::Rgb(red, green, blue) => [red, green, blue],
        Colour::Indexed(index @ 0..16) => {
            // Bit 0 is red, bit 1 green, bit 2 blue.
            [1, 2, 4].map(|bit| if index & bit == 0 { 0 } else { u8::MAX })
        }
        Colour::Indexed(index @ 16..232) => {
            let index = index - 16;
            [index / 36, index / 6 % 6, index % 6].map(|level| match level {
                0 => 0,
                level => 55 + 40 * level,
            })
        }
        Colour::Indexed(_) => return None,
    };
    let least = red.min(green).min(blue);
    let greatest = red.max(green).max(blue);
    if greatest - least < LEAST_SATURATION {
        return None;
    }
    let middle = least + (greatest - least) / 2;
    Some(match [red, green, blue].map(|level| level > middle) {
        [true, false, false] => Color::Red,
        [false, true, false] => Color::Green,
        [true, true, false] => Color::Yellow,
        // Dark blue is invisible on black.
        [false, false, true] => Color::LightBlue,
        [true, false, true] => Color::Magenta,
        [false, true, true] => Color::Cyan,
        [true, true, true] | [false, false, false] => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::escape::one_line;
    use crate::payload::format::ansi;

    fn of(parameters: &str) -> Style {
        let text = format!("\x1b[{parameters}mx");
        let changes = ansi::changes(text.as_bytes(), usize::MAX);
        let styles = styles(&changes, b"x", 0, &one_line(b"x", 5));
        styles[0].1
    }

    #[test]
    fn every_colour_becomes_one_of_the_theme() {
        for (parameters, expected) in [
            ("31", Style::new().fg(Color::Red)),
            ("91", Style::new().fg(Color::Red)),
            ("34", Style::new().fg(Color::LightBlue)),
            ("30", Style::new()),
            ("37", Style::new()),
            ("90", Style::new()),
            ("38;5;208", Style::new().fg(Color::Yellow)),
            ("38;5;240", Style::new()),
            ("38;2;250;10;20", Style::new().fg(Color::Red)),
            ("38;2;10;10;12", Style::new()),
            ("41", theme::on(Color::Red)),
            ("31;41", theme::on(Color::Red)),
            ("31;7", theme::on(Color::Red)),
            ("41;7", Style::new().fg(Color::Red)),
            ("7", Style::new().add_modifier(Modifier::REVERSED)),
            (
                "1;7",
                Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
            ),
            (
                "1;3;4",
                Style::new().add_modifier(Modifier::BOLD | Modifier::ITALIC | Modifier::UNDERLINED),
            ),
            ("8", Style::new()),
        ] {
            assert_eq!(of(parameters), expected, "{parameters}");
        }
    }

    #[test]
    fn no_text_has_the_colour_of_its_background() {
        for background in 0..=255 {
            for foreground in 0..=255 {
                let style = of(&format!("38;5;{foreground};48;5;{background}"));
                assert!(style.bg.is_none() || style.fg.is_some_and(|fg| style.bg != Some(fg)));
            }
        }
    }

    #[test]
    fn styles_begin_where_their_text_does() {
        let payload = "a\x1b[31m\u{200b}b\x1b[32m\tc\x1b[0m".as_bytes();
        let text = ansi::stripped(payload);
        let changes = ansi::changes(payload, usize::MAX);
        let shown = one_line(&text, 80);
        assert_eq!(shown.string, "a\\u{200b}b\\tc");
        let [red, green] = [Color::Red, Color::Green].map(|colour| Style::new().fg(colour));
        assert_eq!(
            styles(&changes, &text, 0, &shown),
            [(1, Style::new()), (10, red), (13, green)]
        );
        let rest = one_line(&text[4..], 80);
        assert_eq!(styles(&changes, &text, 4, &rest), [(1, red), (4, green)]);
    }
}
