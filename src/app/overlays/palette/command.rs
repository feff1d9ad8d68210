//! The commands that can be typed in the palette.

use std::fmt;

use super::{Choice, PaletteLine};
use crate::app::fuzzy::misspelled;

/// A command that can be typed in the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Show only one channel.
    Open,
    /// Show only what matches a query.
    Filter,
    /// Mark what matches a query.
    Find,
    /// Subscribe to a channel or a pattern.
    Subscribe,
    /// Write the displayed rows to a file.
    Export,
    /// Record what arrives to a file.
    Record,
    /// Go to a time.
    Goto,
    /// Draw in a theme.
    Theme,
    /// Quit.
    Quit,
}

impl Command {
    /// Every command.
    pub const ALL: [Self; 9] = [
        Self::Open,
        Self::Filter,
        Self::Find,
        Self::Subscribe,
        Self::Export,
        Self::Record,
        Self::Goto,
        Self::Theme,
        Self::Quit,
    ];

    /// Returns the name of the command.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Filter => "filter",
            Self::Find => "find",
            Self::Subscribe => "subscribe",
            Self::Export => "export",
            Self::Record => "record",
            Self::Goto => "goto",
            Self::Theme => "theme",
            Self::Quit => "quit",
        }
    }

    /// Returns other names of the command, known from other programs.
    pub fn synonyms(self) -> &'static [&'static str] {
        match self {
            Self::Find => &["grep"],
            Self::Subscribe => &["sub"],
            Self::Theme => &["color", "settings"],
            Self::Quit => &["exit", "wq", "q!"],
            Self::Open | Self::Filter | Self::Export | Self::Record | Self::Goto => &[],
        }
    }

    /// Returns the command called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let is_it = |command: &Self| command.name() == name || command.synonyms().contains(&name);
        Self::ALL.into_iter().find(is_it)
    }

    /// Returns the command whose name is most likely misspelled as `typed`.
    pub(super) fn similar_to(typed: &str) -> Option<Self> {
        let similar = Self::ALL.into_iter().filter_map(|command| {
            let (typos, length) = misspelled(typed, command.name())?;
            (length == command.name().len()).then_some((typos, command))
        });
        let nearest = similar.min_by_key(|(typos, _)| *typos);
        nearest.map(|(_, command)| command)
    }

    /// Returns the line that runs the command, or that starts it if it needs an argument.
    pub(super) fn line(self) -> PaletteLine {
        PaletteLine {
            text: format!("{self} · {}", self.help()),
            marks: Vec::new(),
            right: String::new(),
            choice: match self.argument() {
                Some(_) => Choice::Begin(self),
                None => Choice::Run(self, String::new()),
            },
        }
    }

    /// Returns the placeholder for the argument, or `None` if the command takes none.
    pub fn argument(self) -> Option<&'static str> {
        match self {
            Self::Open | Self::Theme => Some("NAME"),
            Self::Filter | Self::Find => Some("QUERY"),
            Self::Subscribe => Some("PATTERN"),
            Self::Export | Self::Record => Some("FILE"),
            Self::Goto => Some("TIME"),
            Self::Quit => None,
        }
    }

    /// Returns a description of what the command does.
    pub fn help(self) -> &'static str {
        match self {
            Self::Open => "show only this channel",
            Self::Filter => "show only what matches",
            Self::Find => "mark what matches",
            Self::Subscribe => "subscribe to this channel or pattern",
            Self::Export => "write the rows shown: NDJSON, text or CSV",
            Self::Record => "record what the filter shows from now on",
            Self::Goto => "go to this time of day, or to a percentage: 11:05, 50%",
            Self::Theme => "draw in the colours of this theme",
            Self::Quit => "leave the program",
        }
    }

    /// Splits `text` into a command and what follows its name. A command that needs an argument is
    /// recognised once a space follows its name.
    pub fn parse(text: &str) -> Option<(Self, &str)> {
        let (name, argument) = match text.split_once(' ') {
            Some((name, argument)) => (name, Some(argument.trim())),
            None => (text, None),
        };
        let command = Self::named(name)?;
        match (command.argument(), argument) {
            (Some(_), Some(argument)) => Some((command, argument)),
            (None, None | Some("")) => Some((command, "")),
            (Some(_), None) | (None, Some(_)) => None,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.argument() {
            Some(argument) => write!(formatter, "{} {argument}", self.name()),
            None => formatter.write_str(self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_its_name_a_space_and_its_argument() {
        for (text, parsed) in [
            ("open a b ", Some((Command::Open, "a b"))),
            ("open ", Some((Command::Open, ""))),
            ("open", None),
            ("opens x", None),
            ("quit", Some((Command::Quit, ""))),
            ("quit ", Some((Command::Quit, ""))),
            ("q!", Some((Command::Quit, ""))),
            ("sub a", Some((Command::Subscribe, "a"))),
            ("sub", None),
            ("quit now", None),
            ("", None),
        ] {
            assert_eq!(Command::parse(text), parsed, "{text}");
        }
    }
}
