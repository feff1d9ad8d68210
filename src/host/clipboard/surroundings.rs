//! What the environment says about the ways to the clipboard.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use subscope::app::Osc52Obstacle;

/// A program that puts its standard input on a clipboard.
#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    /// The program.
    pub name: &'static str,
    /// Its arguments.
    pub arguments: &'static [&'static str],
}

impl Tool {
    /// Returns what to call it in messages.
    pub fn label(&self) -> &'static str {
        match self.name {
            "tmux" => "tmux buffer",
            name => name,
        }
    }
}

const WAYLAND: Tool = Tool {
    name: "wl-copy",
    arguments: &["--type", "text/plain"],
};
const XCLIP: Tool = Tool {
    name: "xclip",
    arguments: &["-selection", "clipboard", "-in"],
};
const XSEL: Tool = Tool {
    name: "xsel",
    arguments: &["--clipboard", "--input"],
};
const MAC: Tool = Tool {
    name: "pbcopy",
    arguments: &[],
};
/// The clipboard of Windows, from its subsystem for Linux.
pub const WINDOWS: Tool = Tool {
    name: "clip.exe",
    arguments: &[],
};
/// With `-w`, tmux passes the text to its own terminal as well, whatever its settings.
const TMUX: Tool = Tool {
    name: "tmux",
    arguments: &["load-buffer", "-w", "-"],
};

/// What the environment says about the clipboard.
#[derive(Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// Whether the program runs in tmux.
    pub is_in_tmux: bool,
    /// Whether the program runs over ssh.
    pub is_remote: bool,
    /// Why the terminal is known not to take text.
    pub obstacle: Option<Osc52Obstacle>,
    /// The programs that may reach the user's clipboard, best first, whether installed or not.
    pub tools: Vec<&'static Tool>,
}

impl Surroundings {
    /// Reads the environment.
    pub fn new(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty())?;
            Some(value.to_string_lossy().into_owned())
        };
        let is_set = |name: &str| value(name).is_some();
        let is_in_tmux = is_set("TMUX");
        let is_remote = is_set("SSH_CONNECTION") || is_set("SSH_TTY");
        let kind = value("TERM").unwrap_or_default();
        let obstacle = if is_set("STY") || !is_in_tmux && kind.starts_with("screen") {
            Some(Osc52Obstacle::Screen)
        } else if kind == "linux" {
            Some(Osc52Obstacle::LinuxConsole)
        } else if value("TERM_PROGRAM").is_some_and(|program| program == "Apple_Terminal") {
            Some(Osc52Obstacle::AppleTerminal)
        } else if is_set("VTE_VERSION") {
            Some(Osc52Obstacle::Vte)
        } else {
            None
        };
        // Over ssh, only a forwarded display and tmux lead back to the user's own machine.
        let is_windows = is_set("WSL_DISTRO_NAME") || is_set("WSL_INTEROP");
        let tools = [
            (&TMUX, is_in_tmux && is_remote),
            (&WAYLAND, is_set("WAYLAND_DISPLAY")),
            (&XCLIP, is_set("DISPLAY")),
            (&XSEL, is_set("DISPLAY")),
            (&WINDOWS, is_windows && !is_remote),
            (&MAC, !is_remote),
            (&TMUX, is_in_tmux && !is_remote),
        ];
        let tools = tools.into_iter().filter(|(_, is_useful)| *is_useful);
        Self {
            is_in_tmux,
            is_remote,
            obstacle,
            tools: tools.map(|(tool, _)| tool).collect(),
        }
    }

    /// Reads the environment of this process.
    pub fn here() -> Self {
        Self::new(|name| env::var_os(name))
    }

    /// Returns why the terminal does not take text, given the value of tmux's setting
    /// `set-clipboard`, if the program runs in tmux and that is known.
    pub fn obstacle_with(&self, setting: Option<&str>) -> Option<Osc52Obstacle> {
        match setting {
            None | Some("on") => self.obstacle,
            Some(_) => Some(Osc52Obstacle::Tmux),
        }
    }

    /// Returns those of the tools that are installed.
    pub fn installed(&self) -> Vec<&'static Tool> {
        let tools = self.tools.iter().copied();
        tools.filter(|tool| is_on_path(tool.name)).collect()
    }
}

/// Returns whether there is a program of this name.
fn is_on_path(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| is_program(&folder.join(name)))
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings(variables: &str) -> Surroundings {
        Surroundings::new(|asked| {
            let mut all = variables.split(' ').filter_map(|one| one.split_once('='));
            let found = all.find(|(name, _)| *name == asked);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_environment_says_what_the_terminal_does_with_copied_text() {
        use Osc52Obstacle::{AppleTerminal, LinuxConsole, Screen, Vte};
        for (variables, obstacle) in [
            ("TERM=xterm-256color", None),
            ("TERM=linux", Some(LinuxConsole)),
            ("TERM=screen", Some(Screen)),
            ("TERM=xterm STY=1.pts", Some(Screen)),
            ("TERM=screen-256color TMUX=/tmp/tmux,1,0", None),
            (
                "TERM=xterm TERM_PROGRAM=Apple_Terminal",
                Some(AppleTerminal),
            ),
            ("TERM=xterm TERM_PROGRAM=iTerm.app", None),
            ("TERM=xterm-256color VTE_VERSION=7600", Some(Vte)),
            ("TERM=xterm-256color VTE_VERSION=", None),
        ] {
            assert_eq!(surroundings(variables).obstacle, obstacle, "{variables}");
        }
    }

    #[test]
    fn only_tools_that_reach_the_users_own_machine_are_used() {
        for (variables, expected) in [
            ("", "pbcopy"),
            ("DISPLAY=:0", "xclip xsel pbcopy"),
            ("DISPLAY=:0 WAYLAND_DISPLAY=w", "wl-copy xclip xsel pbcopy"),
            ("WSL_INTEROP=x", "clip.exe pbcopy"),
            ("TMUX=x", "pbcopy tmux"),
            ("SSH_TTY=x", ""),
            ("SSH_CONNECTION=x WSL_INTEROP=x", ""),
            ("SSH_TTY=x TMUX=x DISPLAY=:10", "tmux xclip xsel"),
        ] {
            let tools = surroundings(variables).tools;
            let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
            assert_eq!(names.join(" "), expected, "{variables}");
        }
    }
}
