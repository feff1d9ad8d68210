//! Themes: what the terminal shows for the colours that the view names.
//!
//! The view draws with the names of the sixteen ANSI colours, each with one meaning (`Red` is bad,
//! `Cyan` has the focus). What a terminal shows for these names depends on its palette, and may be
//! unreadable: yellow on white, or Solarized's bright black, which is its background. A theme
//! replaces them with colours from the fixed part of the 256-colour table, chosen for one kind of
//! background.

use std::ffi::OsStr;

use ratatui::style::{Color, Modifier};

use crate::config::Theme;

/// The colours of text on the terminal's background, as indexes of the 256-colour table.
struct Palette {
    /// Secondary text.
    quiet: u8,
    red: u8,
    green: u8,
    yellow: u8,
    magenta: u8,
    cyan: u8,
    light_blue: u8,
    light_magenta: u8,
    white: u8,
    /// The background of a selected line whose pane does not have the focus.
    selected: u8,
    /// The text and background colours, if they are not the terminal's own.
    base: Option<(u8, u8)>,
}

const DARK: Palette = Palette {
    quiet: 247,
    red: 210,
    green: 114,
    yellow: 221,
    magenta: 176,
    cyan: 80,
    light_blue: 111,
    light_magenta: 215,
    white: 231,
    // Dark blue: any grey would be too close to the grey backgrounds of many terminals.
    selected: 18,
    base: None,
};

const LIGHT: Palette = Palette {
    quiet: 240,
    red: 124,
    green: 22,
    yellow: 58,
    magenta: 90,
    cyan: 23,
    light_blue: 25,
    light_magenta: 55,
    white: 238,
    selected: 189,
    base: None,
};

const HIGH_CONTRAST: Palette = Palette {
    quiet: 252,
    red: 217,
    green: 120,
    yellow: 226,
    magenta: 219,
    cyan: 123,
    light_blue: 153,
    light_magenta: 215,
    white: 231,
    selected: 238,
    base: Some((231, 16)),
};

const SOLARIZED_DARK: Palette = Palette {
    quiet: 109,
    red: 210,
    green: 148,
    yellow: 179,
    magenta: 176,
    cyan: 79,
    light_blue: 75,
    light_magenta: 216,
    white: 231,
    selected: 237,
    base: None,
};

const SOLARIZED_LIGHT: Palette = Palette {
    quiet: 240,
    cyan: 24,
    light_blue: 20,
    selected: 187,
    ..LIGHT
};

impl Theme {
    /// Returns the theme for the environment: one without colours if `NO_COLOR` is set, the
    /// terminal's own colours if it has only sixteen, and otherwise a theme for the background in
    /// `COLORFGBG`, which rxvt, Konsole and others set, as in `15;0`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Self {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let text = |name| variable(name).and_then(|value| value.into_string().ok());
        if is_set("NO_COLOR") {
            return Self::Plain;
        }
        if variable("TERM").is_some_and(|kind| has_sixteen(&kind)) {
            return Self::Terminal;
        }
        let background = text("COLORFGBG").and_then(|colours| {
            let (_, background) = colours.rsplit_once(';')?;
            background.parse::<u8>().ok()
        });
        match background {
            Some(7 | 9..) => Self::Light,
            _ => Self::Dark,
        }
    }

    /// Returns the theme for a terminal that reports this background colour, given as components
    /// from 0 to 255.
    pub fn for_background(red: u8, green: u8, blue: u8) -> Self {
        match (red, green, blue) {
            (0x00, 0x2b, 0x36) => Self::SolarizedDark,
            (0xfd, 0xf6, 0xe3) => Self::SolarizedLight,
            // Above this, black text has more contrast than white text.
            _ if luminance(red, green, blue) > 0.179 => Self::Light,
            _ => Self::Dark,
        }
    }

    /// Returns whether the theme is made for a particular kind of background.
    pub fn suits_a_background(self) -> bool {
        !matches!(self, Self::Terminal | Self::Plain)
    }

    fn palette(self) -> Option<&'static Palette> {
        match self {
            Self::Dark => Some(&DARK),
            Self::Light => Some(&LIGHT),
            Self::HighContrast => Some(&HIGH_CONTRAST),
            Self::SolarizedDark => Some(&SOLARIZED_DARK),
            Self::SolarizedLight => Some(&SOLARIZED_LIGHT),
            Self::Terminal | Self::Plain => None,
        }
    }

    /// Returns the foreground, background and attributes that the terminal shows instead of those
    /// drawn.
    pub(super) fn shown(
        self,
        fg: Color,
        bg: Color,
        modifier: Modifier,
    ) -> (Color, Color, Modifier) {
        let Some(palette) = self.palette() else {
            // In some palettes, bright black is the background colour.
            let (bg, modifier) = match bg {
                Color::DarkGray => (Color::Reset, modifier | Modifier::UNDERLINED),
                bg => (bg, modifier),
            };
            return match self {
                Self::Plain => (Color::Reset, Color::Reset, modifier),
                _ => (fg, bg, modifier),
            };
        };
        let (text, own) = match palette.base {
            Some((text, own)) => (Color::Indexed(text), Color::Indexed(own)),
            None => (Color::Reset, Color::Reset),
        };
        let is_quiet = modifier.contains(Modifier::DIM);
        let shown = match fg {
            Color::Reset if is_quiet => Color::Indexed(palette.quiet),
            Color::Reset => text,
            _ if mark(bg).is_some() => on_mark(fg),
            fg => palette.text(fg),
        };
        let background = match bg {
            Color::Reset => own,
            Color::DarkGray => Color::Indexed(palette.selected),
            bg => mark(bg).unwrap_or(bg),
        };
        (shown, background, modifier - Modifier::DIM)
    }
}

impl Palette {
    fn text(&self, colour: Color) -> Color {
        Color::Indexed(match colour {
            Color::Red => self.red,
            Color::Green => self.green,
            Color::Yellow => self.yellow,
            Color::Magenta => self.magenta,
            Color::Cyan => self.cyan,
            Color::LightBlue => self.light_blue,
            Color::LightMagenta => self.light_magenta,
            Color::White => self.white,
            other => return other,
        })
    }
}

/// Returns the colour to show for a highlighted background. It is the same in every theme, because
/// the text on it is black or white.
fn mark(colour: Color) -> Option<Color> {
    Some(Color::Indexed(match colour {
        Color::Red => 124,
        Color::Green => 77,
        Color::Yellow => 220,
        Color::Blue => 25,
        Color::Magenta => 213,
        Color::Cyan => 80,
        Color::White => 231,
        _ => return None,
    }))
}

/// Returns the colour of text on a highlighted background.
fn on_mark(colour: Color) -> Color {
    match colour {
        Color::Black => Color::Indexed(16),
        Color::White => Color::Indexed(231),
        other => other,
    }
}

/// Returns whether a terminal has at most sixteen colours, judging by its `TERM`.
fn has_sixteen(kind: &OsStr) -> bool {
    let kind = kind.to_string_lossy();
    let few = [
        "linux",
        "ansi",
        "cons25",
        "vt100",
        "vt220",
        "rxvt-16color",
        "xterm-16color",
    ];
    few.contains(&&*kind)
}

/// Returns the relative luminance of a colour, from 0 to 1 (WCAG 2).
fn luminance(red: u8, green: u8, blue: u8) -> f64 {
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// Returns the intensity of a component of a colour, from 0 to 1.
fn linear(part: u8) -> f64 {
    let part = f64::from(part) / 255.0;
    if part <= 0.040_45 {
        part / 12.92
    } else {
        ((part + 0.055) / 1.055).powf(2.4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKGROUNDS: [(Theme, &[[u8; 3]]); 5] = [
        // Black, and the backgrounds of VS Code, One Dark and Nord.
        (
            Theme::Dark,
            &[[0; 3], [0x1e; 3], [0x28, 0x2c, 0x34], [0x2e, 0x34, 0x40]],
        ),
        (Theme::Light, &[[0xff; 3], [0xfa; 3], [0xee; 3]]),
        (Theme::HighContrast, &[[0; 3]]),
        (Theme::SolarizedDark, &[[0x00, 0x2b, 0x36]]),
        (Theme::SolarizedLight, &[[0xfd, 0xf6, 0xe3]]),
    ];

    const TEXTS: [Color; 8] = [
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Magenta,
        Color::Cyan,
        Color::LightBlue,
        Color::LightMagenta,
        Color::White,
    ];

    /// Returns the colour at an index of the fixed part of the 256-colour table.
    fn rgb(colour: Color) -> [u8; 3] {
        let Color::Indexed(index) = colour else {
            panic!("{colour:?} depends on the terminal")
        };
        if let Some(step) = index.checked_sub(232) {
            return [8 + 10 * step; 3];
        }
        let cube = [0, 95, 135, 175, 215, 255];
        let index = usize::from(index - 16);
        [cube[index / 36], cube[index / 6 % 6], cube[index % 6]]
    }

    /// Returns the contrast between two colours, from 1 to 21 (WCAG 2).
    fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
        let [one, other] =
            [one, other].map(|[red, green, blue]| luminance(red, green, blue) + 0.05);
        one.max(other) / one.min(other)
    }

    /// Returns how different two colours look (CIE 1976). A just noticeable difference is about 2.
    fn difference(one: [u8; 3], other: [u8; 3]) -> f64 {
        let lab = |[red, green, blue]: [u8; 3]| {
            let [red, green, blue] = [red, green, blue].map(linear);
            let part = |red_part: f64, green_part: f64, blue_part: f64, white: f64| {
                let part = (red * red_part + green * green_part + blue * blue_part) / white;
                if part > 0.008_856 {
                    part.cbrt()
                } else {
                    7.787 * part + 16.0 / 116.0
                }
            };
            let x = part(0.4124, 0.3576, 0.1805, 0.9505);
            let y = part(0.2126, 0.7152, 0.0722, 1.0);
            let z = part(0.0193, 0.1192, 0.9505, 1.0888);
            [116.0 * y, 500.0 * (x - y), 200.0 * (y - z)]
        };
        let parts = lab(one).into_iter().zip(lab(other));
        parts
            .map(|(one, other)| (one - other).powi(2))
            .sum::<f64>()
            .sqrt()
    }

    #[test]
    fn text_has_enough_contrast_on_every_background_of_its_theme() {
        let selected = |theme: Theme| {
            let (_, selected, _) = theme.shown(Color::Reset, Color::DarkGray, Modifier::empty());
            rgb(selected)
        };
        for (theme, backgrounds) in BACKGROUNDS {
            let quiet = theme.shown(Color::Reset, Color::Reset, Modifier::DIM).0;
            let shown = TEXTS.map(|text| theme.shown(text, Color::Reset, Modifier::empty()).0);
            let selected = selected(theme);
            for background in backgrounds.iter().chain([&selected]) {
                for text in shown.iter().chain([&quiet]) {
                    let contrast = contrast(rgb(*text), *background);
                    assert!(
                        contrast >= 4.5,
                        "{theme:?}: {text:?} on {background:?}: {contrast}"
                    );
                }
            }
        }
    }

    #[test]
    fn text_has_enough_contrast_on_marks() {
        let marks = [
            (Color::White, Color::Red),
            (Color::Black, Color::Green),
            (Color::Black, Color::Yellow),
            (Color::White, Color::Blue),
            (Color::Black, Color::Magenta),
            (Color::Black, Color::Cyan),
            (Color::Black, Color::White),
        ];
        for (theme, _) in BACKGROUNDS {
            for (text, mark) in marks {
                let (text, mark, _) = theme.shown(text, mark, Modifier::empty());
                assert!(
                    contrast(rgb(text), rgb(mark)) >= 4.5,
                    "{theme:?}: {text:?} {mark:?}"
                );
            }
        }
    }

    #[test]
    fn a_selection_without_the_focus_has_a_background_or_an_underline() {
        for (theme, _) in BACKGROUNDS {
            let (_, background, _) = theme.shown(Color::Reset, Color::DarkGray, Modifier::BOLD);
            assert!(theme.tells_focus() && matches!(background, Color::Indexed(_)));
        }
        for theme in [Theme::Terminal, Theme::Plain] {
            let shown = theme.shown(Color::Reset, Color::DarkGray, Modifier::BOLD);
            let form = Modifier::BOLD | Modifier::UNDERLINED;
            assert_eq!(shown, (Color::Reset, Color::Reset, form), "{theme:?}");
            assert!(!theme.tells_focus());
        }
    }

    #[test]
    fn a_selection_without_the_focus_stands_out_from_the_background() {
        for (theme, backgrounds) in BACKGROUNDS {
            let (_, selected, _) = theme.shown(Color::Reset, Color::DarkGray, Modifier::empty());
            let contrast = contrast(rgb(selected), backgrounds[0]);
            assert!(contrast >= 1.3, "{theme:?}: {contrast}");
            for background in backgrounds {
                let difference = difference(rgb(selected), *background);
                assert!(
                    difference >= 15.0,
                    "{theme:?}: {background:?}: {difference}"
                );
            }
        }
    }

    #[test]
    fn the_colours_of_a_theme_are_told_apart() {
        for (theme, _) in BACKGROUNDS {
            let shown = TEXTS.map(|text| theme.shown(text, Color::Reset, Modifier::empty()).0);
            for (at, one) in shown.iter().enumerate() {
                for other in &shown[..at] {
                    let difference = difference(rgb(*one), rgb(*other));
                    assert!(
                        difference >= 24.0,
                        "{theme:?}: {one:?} {other:?}: {difference}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_theme_suits_the_background() {
        for (theme, backgrounds) in BACKGROUNDS {
            for [red, green, blue] in backgrounds {
                let found = Theme::for_background(*red, *green, *blue);
                let is_black = [*red, *green, *blue] == [0; 3];
                assert_eq!(found, if is_black { Theme::Dark } else { theme });
            }
        }
    }

    #[test]
    fn without_an_answer_the_environment_decides() {
        for (name, value, theme) in [
            ("NO_COLOR", "1", Theme::Plain),
            ("NO_COLOR", "", Theme::Dark),
            ("TERM", "linux", Theme::Terminal),
            ("TERM", "xterm-256color", Theme::Dark),
            ("COLORFGBG", "0;15", Theme::Light),
            ("COLORFGBG", "0;default;15", Theme::Light),
            ("COLORFGBG", "15;0", Theme::Dark),
            ("COLORFGBG", "15;8", Theme::Dark),
            ("COLORFGBG", "15;default", Theme::Dark),
        ] {
            let variable = |asked: &str| (asked == name).then(|| value.into());
            assert_eq!(Theme::from_environment(variable), theme, "{name}={value}");
        }
    }
}
