//! The value of `--theme`.

use clap::ValueEnum;
use subscope::terminal::theme::Theme;

/// The value of `--theme`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum ThemeName {
    /// What suits the terminal's background.
    #[default]
    Auto,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// The strongest contrast, on black.
    HighContrast,
    /// For Solarized's dark background.
    SolarizedDark,
    /// For Solarized's light background.
    SolarizedLight,
    /// The terminal's own sixteen colours.
    Terminal,
    /// No colours.
    Plain,
}

impl ThemeName {
    /// Returns the theme, or `None` for the one that suits the background.
    pub fn theme(self) -> Option<Theme> {
        Some(match self {
            Self::Auto => return None,
            Self::Dark => Theme::Dark,
            Self::Light => Theme::Light,
            Self::HighContrast => Theme::HighContrast,
            Self::SolarizedDark => Theme::SolarizedDark,
            Self::SolarizedLight => Theme::SolarizedLight,
            Self::Terminal => Theme::Terminal,
            Self::Plain => Theme::Plain,
        })
    }
}
