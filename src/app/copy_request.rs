//! Copying to the clipboard: the request, and how it ended.

use crate::log::SharedBytes;

/// How the user wants text to be copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClipboardChoice {
    /// Through the terminal (OSC 52), or by a program where the terminal does not take text.
    #[default]
    Auto,
    /// Always through the terminal.
    Osc52,
    /// By this shell command, which gets the text on its standard input.
    Command(String),
}

impl ClipboardChoice {
    /// Returns what the text of the option means.
    pub fn of(option: Option<&str>) -> Self {
        match option {
            None | Some("" | "auto") => Self::Auto,
            Some("osc52") => Self::Osc52,
            Some(command) => Self::Command(command.to_owned()),
        }
    }
}

/// What to copy to the clipboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyRequest {
    /// The text.
    pub bytes: SharedBytes,
    /// What it is, such as `the payload`.
    pub what: String,
}

/// How copying has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyReport {
    /// What was to be copied.
    pub what: String,
    /// Its size in bytes.
    pub size: usize,
    /// How that has ended.
    pub end: CopyEnd,
}

/// How copying has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyEnd {
    /// The text was sent to the terminal (OSC 52), which does not answer.
    Sent,
    /// A program has taken the text.
    Taken {
        /// The name of the program.
        by: String,
        /// Why it was not left to the terminal; `None` if the user chose the program.
        instead: Option<Osc52Obstacle>,
    },
    /// The text was not copied: the terminal does not take it, and no program has.
    Refused {
        /// Why the terminal does not take it; `None` if the user chose a program.
        obstacle: Option<Osc52Obstacle>,
        /// The name of the program tried first, and what went wrong with it.
        tried: Option<(String, String)>,
    },
}

/// Why text sent to the terminal (OSC 52) does not reach the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Osc52Obstacle {
    /// tmux drops it, because of its setting.
    Tmux,
    /// GNU screen drops it.
    Screen,
    /// The Linux console has no clipboard.
    LinuxConsole,
    /// Apple's Terminal ignores it.
    AppleTerminal,
    /// Terminals with the VTE library, such as GNOME Terminal, ignore it.
    Vte,
}

impl Osc52Obstacle {
    /// Returns what happens to the text.
    pub fn words(self) -> &'static str {
        match self {
            Self::Tmux => "tmux drops OSC 52",
            Self::Screen => "GNU screen drops OSC 52",
            Self::LinuxConsole => "the Linux console has no clipboard",
            Self::AppleTerminal => "Apple's Terminal ignores OSC 52",
            Self::Vte => "VTE terminals, such as GNOME Terminal, ignore OSC 52",
        }
    }

    /// Returns what the user can do.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Tmux => "set -g set-clipboard on",
            Self::LinuxConsole => "use another terminal",
            Self::AppleTerminal => "use another terminal, such as iTerm2",
            Self::Screen | Self::Vte => "install wl-clipboard, xclip or xsel",
        }
    }
}
