//! Ways to the clipboard: the terminal (OSC 52), and programs for where it does not take text.

pub mod surroundings;

use std::io::Write;
use std::process::{Command, Stdio};
use std::str;
use std::sync::Arc;
use std::time::Duration;

use subscope::app::{ClipboardChoice, CopyEnd, CopyReport, CopyRequest, Event, Osc52Obstacle};
use subscope::log::SharedBytes;
use subscope::terminal::backend::Screen;
use tokio::sync::mpsc::Sender;

use self::surroundings::{Surroundings, Tool, WINDOWS};
use super::processes::{Job, Process, Processes};

/// How long a program may take until it has the text.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// What the user's own command is called in messages. It may contain something private.
const COMMAND: &str = "clipboard command";

/// How long tmux may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// tmux's setting that decides what becomes of text that a program copies.
const SETTING: &str = "set-clipboard";

/// Copies text to the clipboard.
pub struct Clipboard {
    choice: ClipboardChoice,
    surroundings: Arc<Surroundings>,
    event_tx: Sender<Event>,
}

impl Clipboard {
    /// Reads the environment. What programs take is reported through `event_tx`.
    pub fn new(choice: ClipboardChoice, event_tx: Sender<Event>) -> Self {
        Self {
            choice,
            surroundings: Arc::new(Surroundings::here()),
            event_tx,
        }
    }

    /// Copies text. Returns how that has ended; `None` if this depends on a program, which is not
    /// waited for.
    pub fn copy<W: Write>(
        &self,
        request: CopyRequest,
        screen: &mut Screen<W>,
        processes: &mut Processes,
    ) -> Option<Event> {
        let CopyRequest { bytes, what } = request;
        if self.sends()
            && let Err(error) = screen.copy(&bytes)
        {
            return Some(Event::Failed(format!("not copied: {error}")));
        }
        let size = bytes.len();
        let copied = move |end| Event::Copied(CopyReport { what, size, end });
        if self.is_settled() {
            return Some(copied(CopyEnd::Sent));
        }
        let (choice, surroundings) = (self.choice.clone(), Arc::clone(&self.surroundings));
        let run = move |process: &Process| match choice {
            ClipboardChoice::Command(command) => run_own(process, &command, bytes),
            _ => find_way(process, &surroundings, &bytes),
        };
        let event_tx = self.event_tx.clone();
        let report = move |_: &Process, end: CopyEnd| {
            // Sending fails only if the loop has ended.
            let _ = event_tx.blocking_send(copied(end));
        };
        let error = processes.start("clipboard", run, report).err()?;
        Some(Event::Failed(format!("not copied: {error}")))
    }

    /// Returns whether the text is sent to the terminal. Where that has no effect, it does no harm.
    fn sends(&self) -> bool {
        match self.choice {
            ClipboardChoice::Osc52 => true,
            ClipboardChoice::Command(_) => false,
            // Old kernels show the text.
            ClipboardChoice::Auto => {
                self.surroundings.obstacle != Some(Osc52Obstacle::LinuxConsole)
            }
        }
    }

    /// Returns whether nothing but the terminal can be used.
    fn is_settled(&self) -> bool {
        let surroundings = &self.surroundings;
        match self.choice {
            ClipboardChoice::Osc52 => true,
            ClipboardChoice::Command(_) => false,
            ClipboardChoice::Auto => surroundings.obstacle.is_none() && !surroundings.is_in_tmux,
        }
    }
}

/// Runs the user's own command.
fn run_own(process: &Process, command: &str, bytes: SharedBytes) -> CopyEnd {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]);
    match run(process, shell, bytes) {
        None => CopyEnd::Taken {
            by: COMMAND.to_owned(),
            instead: None,
        },
        Some(trouble) => CopyEnd::Refused {
            obstacle: None,
            tried: Some((COMMAND.to_owned(), trouble)),
        },
    }
}

/// Gives the text to the first program that takes it, unless the terminal does.
fn find_way(process: &Process, surroundings: &Surroundings, bytes: &SharedBytes) -> CopyEnd {
    let setting = surroundings.is_in_tmux.then(|| tmux_setting(process));
    let Some(obstacle) = surroundings.obstacle_with(setting.flatten().as_deref()) else {
        return CopyEnd::Sent;
    };
    let mut tried = None;
    for tool in surroundings.installed() {
        let text = text_for(tool, bytes);
        let mut command = Command::new(tool.name);
        command.args(tool.arguments);
        match run(process, command, text) {
            None => {
                return CopyEnd::Taken {
                    by: tool.label().to_owned(),
                    instead: Some(obstacle),
                };
            }
            Some(trouble) => {
                tried.get_or_insert((tool.label().to_owned(), trouble));
            }
        }
    }
    CopyEnd::Refused {
        obstacle: Some(obstacle),
        tried,
    }
}

/// Gives text to a program. Returns what went wrong, if anything.
fn run(process: &Process, mut command: Command, bytes: SharedBytes) -> Option<String> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let end = process.run(Job {
        command,
        input: Some(bytes),
        max_time: Some(TAKEN_WITHIN),
        output: None,
        leaves_process: true,
    });
    match end {
        Ok(end) => end.trouble(),
        Err(error) => Some(error.to_string()),
    }
}

/// Returns the text in the encoding that the program expects.
fn text_for(tool: &Tool, bytes: &SharedBytes) -> SharedBytes {
    if *tool != WINDOWS {
        return bytes.clone();
    }
    let text = String::from_utf8_lossy(bytes);
    let marked = ["\u{feff}", &text].concat();
    let units = marked.encode_utf16().flat_map(u16::to_le_bytes);
    units.collect::<Vec<u8>>().into()
}

/// Returns the value of tmux's setting `set-clipboard`: `on`, `external` or `off`. tmux passes on
/// what a program copies only if it is `on`. Waits for tmux; `None` if it does not answer.
pub fn tmux_setting(process: &Process) -> Option<String> {
    let mut answer = Vec::new();
    let mut take = |bytes: &[u8]| answer.extend_from_slice(bytes);
    let mut command = Command::new("tmux");
    command.args(["show", "-gv", SETTING]).stdin(Stdio::null());
    let end = process.run(Job {
        command,
        input: None,
        max_time: Some(ANSWER_WITHIN),
        output: Some(&mut take),
        leaves_process: false,
    });
    if end.ok()?.trouble().is_some() {
        return None;
    }
    let answer = str::from_utf8(&answer).ok()?.trim();
    ["on", "external", "off"]
        .contains(&answer)
        .then(|| answer.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_gets_the_text_in_its_own_encoding() {
        let bytes = SharedBytes::from("aé".as_bytes().to_vec());
        let units = [0xff, 0xfe, b'a', 0, 0xe9, 0];
        assert_eq!(text_for(&WINDOWS, &bytes)[..], units);
        let other = Tool {
            name: "xclip",
            arguments: &[],
        };
        assert_eq!(text_for(&other, &bytes), bytes);
    }
}
