//! The themes by name. What a theme looks like is up to the terminal.

/// Declares the themes, each with its name and what it is for.
macro_rules! themes {
    ($($(#[$attribute:meta])* $theme:ident: $name:literal, $purpose:literal;)+) => {
        /// The colours in which the screen is drawn.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum Theme {
            $(
                #[doc = $purpose]
                $(#[$attribute])*
                $theme,
            )+
        }

        impl Theme {
            /// Every theme.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$theme),+];

            /// Returns its name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$theme => $name,)+
                }
            }

            /// Returns what it is for.
            pub fn purpose(self) -> &'static str {
                match self {
                    $(Self::$theme => $purpose,)+
                }
            }
        }
    };
}

themes! {
    #[default]
    Dark: "dark", "for a dark background";
    Light: "light", "for a light background";
    HighContrast: "high-contrast", "the strongest contrast, on black";
    SolarizedDark: "solarized-dark", "for Solarized's dark background";
    SolarizedLight: "solarized-light", "for Solarized's light background";
    Terminal: "terminal", "the terminal's own sixteen colours";
    TerminalLight: "terminal-light", "the same, for a light background";
    Plain: "plain", "no colours: bold, underline and reverse";
}

impl Theme {
    /// Returns the theme of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// Returns whether its colours alone show which pane has the focus.
    pub fn tells_focus(self) -> bool {
        !matches!(self, Self::Terminal | Self::TerminalLight | Self::Plain)
    }
}
