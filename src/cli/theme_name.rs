//! The value of `--theme`.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use subscope::config::Theme;

/// The value of `--theme`: a theme, or `None` for the one that suits the terminal's background.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThemeName(pub Option<Theme>);

/// Every value.
const VALUES: [ThemeName; 1 + Theme::ALL.len()] = {
    let mut values = [ThemeName(None); 1 + Theme::ALL.len()];
    let mut at = 0;
    while at < Theme::ALL.len() {
        values[1 + at] = ThemeName(Some(Theme::ALL[at]));
        at += 1;
    }
    values
};

impl ValueEnum for ThemeName {
    fn value_variants<'a>() -> &'a [Self] {
        &VALUES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, purpose) = match self.0 {
            None => ("auto", "what suits the terminal's background"),
            Some(theme) => (theme.name(), theme.purpose()),
        };
        Some(PossibleValue::new(name).help(purpose))
    }
}
