//! The theme in which the screen is drawn, and the background that it suits.

use std::io::Write;

use super::Screen;
use crate::config::Theme;
use crate::terminal::theme::is_light_colour;

impl<W: Write> Screen<W> {
    /// Draws on a light background from now on, or on a dark one. Affects only themes that have a
    /// form for each.
    #[must_use]
    pub fn on_light(self, is_light: bool) -> Self {
        let theme = self.theme.on(is_light);
        Self {
            theme,
            is_light,
            ..self
        }
    }

    /// Sets the theme, starting with the next full repaint. Returns whether the theme has changed.
    pub fn set_theme(&mut self, theme: Theme) -> bool {
        let theme = theme.on(self.is_light);
        std::mem::replace(&mut self.theme, theme) != theme
    }

    /// Records the colour of the background, and sets a theme that suits it, starting with the next
    /// full repaint: that of the terminal's own colours keeps its kind. Returns whether the theme
    /// has changed.
    pub fn suit_background(&mut self, [red, green, blue]: [u8; 3]) -> bool {
        self.is_light = is_light_colour(red, green, blue);
        self.set_theme(if self.theme.suits_a_background() {
            Theme::for_background(red, green, blue)
        } else {
            Theme::Terminal
        })
    }

    /// Returns the theme.
    pub fn theme(&self) -> Theme {
        self.theme
    }
}
