//! Themes: what the terminal shows for the colours that the view names.
//!
//! The view draws with the names of the sixteen ANSI colours, each with one meaning (`Red` is bad,
//! `Cyan` has the focus). What a terminal shows for these names depends on its palette, and may be
//! unreadable: yellow on white, or Solarized's bright black, which is its background. A theme
//! replaces them with colours from the fixed part of the 256-colour table, chosen for one kind of
//! background.
//!
//! The themes of the terminal's own colours can only use those that suit the background in the usual
//! palettes (xterm, VGA, Tango). They promise nothing for other palettes, for dim text, or where
//! bright backgrounds are not supported.

use std::ffi::{OsStr, OsString};

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
    /// The colour of plain text, if it is not the terminal's own.
    text: Option<u8>,
    /// The background, if it is not the terminal's own.
    background: Option<u8>,
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
    text: None,
    background: None,
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
    text: None,
    background: None,
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
    text: Some(231),
    background: Some(16),
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
    // Solarized's own text has too little contrast on a selected line.
    text: Some(251),
    background: None,
};

const SOLARIZED_LIGHT: Palette = Palette {
    quiet: 240,
    cyan: 24,
    light_blue: 20,
    selected: 187,
    // Solarized's own text has a contrast of only 4.1.
    text: Some(237),
    ..LIGHT
};

impl Theme {
    /// Returns the theme for the environment: one without colours if `NO_COLOR` is set, the
    /// terminal's own colours if it has only sixteen, and otherwise a theme for the background.
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let is_light = is_light(&variable);
        if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            Self::Plain
        } else if variable("TERM").is_some_and(|kind| has_sixteen(&kind)) {
            Self::Terminal.on(is_light)
        } else if is_light {
            Self::Light
        } else {
            Self::Dark
        }
    }

    /// Returns the theme to show if the background is light or, otherwise, dark: the one of the
    /// terminal's own colours has a form for each.
    #[must_use]
    pub fn on(self, is_light: bool) -> Self {
        match self {
            Self::Terminal if is_light => Self::TerminalLight,
            theme => theme,
        }
    }

    /// Returns the theme for a terminal that reports this background colour, given as components
    /// from 0 to 255.
    pub fn for_background(red: u8, green: u8, blue: u8) -> Self {
        match (red, green, blue) {
            (0x00, 0x2b, 0x36) => Self::SolarizedDark,
            (0xfd, 0xf6, 0xe3) => Self::SolarizedLight,
            _ if is_light_colour(red, green, blue) => Self::Light,
            _ => Self::Dark,
        }
    }

    /// Returns whether the theme is made for a particular kind of background.
    pub fn suits_a_background(self) -> bool {
        !matches!(self, Self::Terminal | Self::TerminalLight | Self::Plain)
    }

    fn palette(self) -> Option<&'static Palette> {
        match self {
            Self::Dark => Some(&DARK),
            Self::Light => Some(&LIGHT),
            Self::HighContrast => Some(&HIGH_CONTRAST),
            Self::SolarizedDark => Some(&SOLARIZED_DARK),
            Self::SolarizedLight => Some(&SOLARIZED_LIGHT),
            Self::Terminal | Self::TerminalLight | Self::Plain => None,
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
                _ => own_colours(fg, bg, modifier, self == Self::TerminalLight),
            };
        };
        let own = palette.background.map_or(Color::Reset, Color::Indexed);
        let text = match (palette.text, bg) {
            // The terminal's own colour might not be readable on a selected line.
            (None, Color::DarkGray) => Color::Indexed(palette.white),
            (text, _) => text.map_or(Color::Reset, Color::Indexed),
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

/// Returns what to show in the terminal's own colours: on a light background only those that are
/// dark in the usual palettes, on a dark background only those that are bright.
fn own_colours(
    fg: Color,
    bg: Color,
    modifier: Modifier,
    is_light: bool,
) -> (Color, Color, Modifier) {
    let (fg, bg) = match (fg, bg) {
        // In some palettes, black is not readable on magenta, or on any colour but the bright ones.
        (_, Color::Magenta) => (Color::White, bg),
        (_, Color::Yellow) => (fg, Color::LightYellow),
        (_, Color::Green) => (fg, Color::LightGreen),
        (_, Color::Cyan) => (fg, Color::LightCyan),
        (_, Color::Red | Color::Blue | Color::White) => (fg, bg),
        (Color::Cyan | Color::LightBlue, _) if is_light => (Color::Blue, bg),
        (Color::Yellow | Color::LightMagenta, _) if is_light => (Color::Magenta, bg),
        (Color::Green | Color::White, _) if is_light => (Color::Reset, bg),
        _ if is_light => (fg, bg),
        (Color::Red, _) => (Color::LightRed, bg),
        (Color::Yellow, _) => (Color::LightYellow, bg),
        (Color::Magenta, _) => (Color::LightMagenta, bg),
        (Color::LightBlue, _) => (Color::LightCyan, bg),
        _ => (fg, bg),
    };
    let modifier = match fg {
        Color::Reset => modifier,
        // Many terminals show these brighter if they are bold.
        Color::Black | Color::Red | Color::Blue | Color::Magenta => {
            modifier - Modifier::DIM - Modifier::BOLD
        }
        _ => modifier - Modifier::DIM,
    };
    (fg, bg, modifier)
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

/// Returns whether `COLORFGBG`, which rxvt, Konsole and others set, as in `15;0`, names a light
/// background.
pub fn is_light(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let colours = variable("COLORFGBG").and_then(|value| value.into_string().ok());
    let background = colours.and_then(|colours| {
        let (_, background) = colours.rsplit_once(';')?;
        background.parse::<u8>().ok()
    });
    matches!(background, Some(7 | 9..))
}

/// Returns whether black text has more contrast on this colour than white text.
pub fn is_light_colour(red: u8, green: u8, blue: u8) -> bool {
    luminance(red, green, blue) > 0.179
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
            let selected = selected(theme);
            let lines = backgrounds.iter().map(|colour| (Color::Reset, *colour));
            for (bg, background) in lines.chain([(Color::DarkGray, selected)]) {
                let plain = theme.shown(Color::Reset, bg, Modifier::empty()).0;
                let quiet = theme.shown(Color::Reset, bg, Modifier::DIM).0;
                let shown = TEXTS.map(|text| theme.shown(text, bg, Modifier::empty()).0);
                // Plain text in the terminal's own colours is up to the user.
                let plain = (plain != Color::Reset).then_some(plain);
                for text in shown.into_iter().chain([quiet]).chain(plain) {
                    let contrast = contrast(rgb(text), background);
                    assert!(
                        contrast >= 4.5,
                        "{theme:?}: {text:?} on {background:?}: {contrast}"
                    );
                }
            }
            // The backgrounds of these themes are known, and so is the text on them.
            let is_known = matches!(
                theme,
                Theme::HighContrast | Theme::SolarizedDark | Theme::SolarizedLight
            );
            let plain = theme.shown(Color::Reset, Color::Reset, Modifier::empty()).0;
            assert_eq!(plain != Color::Reset, is_known, "{theme:?}");
        }
    }

    const MARKS: [(Color, Color); 7] = [
        (Color::White, Color::Red),
        (Color::Black, Color::Green),
        (Color::Black, Color::Yellow),
        (Color::White, Color::Blue),
        (Color::Black, Color::Magenta),
        (Color::Black, Color::Cyan),
        (Color::Black, Color::White),
    ];

    /// The sixteen colours of xterm, of VGA, and of Tango, which many terminals use by default.
    const USUAL_PALETTES: [[u32; 16]; 3] = [
        [
            0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd, 0xe5_e5e5,
            0x7f_7f7f, 0xff_0000, 0x00_ff00, 0xff_ff00, 0x5c_5cff, 0xff_00ff, 0x00_ffff, 0xff_ffff,
        ],
        [
            0x00_0000, 0xaa_0000, 0x00_aa00, 0xaa_5500, 0x00_00aa, 0xaa_00aa, 0x00_aaaa, 0xaa_aaaa,
            0x55_5555, 0xff_5555, 0x55_ff55, 0xff_ff55, 0x55_55ff, 0xff_55ff, 0x55_ffff, 0xff_ffff,
        ],
        [
            0x2e_3436, 0xcc_0000, 0x4e_9a06, 0xc4_a000, 0x34_65a4, 0x75_507b, 0x06_989a, 0xd3_d7cf,
            0x55_5753, 0xef_2929, 0x8a_e234, 0xfc_e94f, 0x72_9fcf, 0xad_7fa8, 0x34_e2e2, 0xee_eeec,
        ],
    ];

    /// Returns the colour at a named slot of `palette`.
    fn in_palette(palette: &[u32; 16], colour: Color) -> [u8; 3] {
        let slots = [
            Color::Black,
            Color::Red,
            Color::Green,
            Color::Yellow,
            Color::Blue,
            Color::Magenta,
            Color::Cyan,
            Color::Gray,
            Color::DarkGray,
            Color::LightRed,
            Color::LightGreen,
            Color::LightYellow,
            Color::LightBlue,
            Color::LightMagenta,
            Color::LightCyan,
            Color::White,
        ];
        let slot = slots.iter().position(|slot| *slot == colour);
        let [_, red, green, blue] = palette[slot.expect("a named colour")].to_be_bytes();
        [red, green, blue]
    }

    #[test]
    fn the_own_colours_of_the_usual_terminals_have_enough_contrast() {
        for (theme, background) in [(Theme::Terminal, [0; 3]), (Theme::TerminalLight, [0xff; 3])] {
            for palette in &USUAL_PALETTES {
                for colour in TEXTS {
                    let (text, bg, _) = theme.shown(colour, Color::Reset, Modifier::empty());
                    assert_eq!(bg, Color::Reset);
                    if text != Color::Reset {
                        let contrast = contrast(in_palette(palette, text), background);
                        assert!(
                            contrast >= 4.5,
                            "{theme:?}: {colour:?} {text:?}: {contrast}"
                        );
                    }
                }
                for (text, mark) in MARKS {
                    let (text, mark, _) = theme.shown(text, mark, Modifier::empty());
                    let [one, other] = [text, mark].map(|colour| in_palette(palette, colour));
                    let contrast = contrast(one, other);
                    assert!(contrast >= 4.5, "{theme:?}: {text:?} {mark:?}: {contrast}");
                }
            }
        }
    }

    /// Terminals that show bold text in brighter colours would make it unreadable.
    #[test]
    fn the_own_dark_colours_are_not_bold() {
        for colour in TEXTS {
            let bold = Modifier::BOLD | Modifier::DIM;
            let (text, _, modifier) = Theme::TerminalLight.shown(colour, Color::Reset, bold);
            assert_eq!(
                modifier.contains(Modifier::BOLD),
                text == Color::Reset,
                "{text:?}"
            );
        }
        let bad = Theme::TerminalLight.shown(Color::Red, Color::Reset, Modifier::empty());
        let good = Theme::TerminalLight.shown(Color::Green, Color::Reset, Modifier::empty());
        let watch = Theme::TerminalLight.shown(Color::Yellow, Color::Reset, Modifier::empty());
        assert!(bad != good && good != watch && watch != bad);
    }

    #[test]
    fn text_has_enough_contrast_on_marks() {
        for (theme, _) in BACKGROUNDS {
            for (text, mark) in MARKS {
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
        for theme in [Theme::Terminal, Theme::TerminalLight, Theme::Plain] {
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
        let on_light = |asked: &str| match asked {
            "TERM" => Some("linux".into()),
            "COLORFGBG" => Some("0;15".into()),
            _ => None,
        };
        let theme = Theme::from_environment(on_light);
        assert_eq!(theme, Theme::TerminalLight);
        assert_eq!(Theme::TerminalLight.on(false), Theme::TerminalLight);
        assert_eq!(Theme::Dark.on(true), Theme::Dark);
    }
}
