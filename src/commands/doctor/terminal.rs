//! The terminal: what it shows, what it sends, and the ways to the clipboard.

use std::env;
use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Duration;

use subscope::app::{ClipboardChoice, Osc52Obstacle};
use subscope::config::Theme;
use subscope::payload::escape::whole;
use subscope::terminal::probe::{self, Answers};
use subscope::terminal::{is_light, is_light_colour};

use super::page::Page;
use crate::host::clipboard::{surroundings::Surroundings, tmux_setting};
use crate::host::processes::{Job, Process};
use crate::host::tty::{TerminalOptions, check_kind, controlling_size};

/// How long the terminal may take to answer, as over a slow connection.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// The smallest size that shows everything.
const COMFORTABLE: (u16, u16) = (80, 24);

/// What was found out about the terminal.
pub struct Found {
    /// What the terminal has answered, or why it was not asked.
    answers: Result<Answers, String>,
    size: Option<(u16, u16)>,
    surroundings: Surroundings,
    /// The version of tmux and the value of its setting `set-clipboard`, in tmux.
    tmux: Option<(String, Option<String>)>,
    /// The installed programs for the clipboard.
    tools: Vec<&'static str>,
}

impl Found {
    /// Asks the terminal of this process.
    pub fn here() -> Self {
        let surroundings = Surroundings::here();
        let tmux = surroundings.is_in_tmux.then(|| {
            let version = tmux_version().unwrap_or_else(|| "tmux".to_owned());
            (version, tmux_setting(&Process::default()))
        });
        let tools = surroundings.installed();
        Self {
            answers: probe::ask(ANSWER_WITHIN).map_err(|error| error.to_string()),
            size: controlling_size(),
            tools: tools.iter().map(|tool| tool.label()).collect(),
            surroundings,
            tmux,
        }
    }

    /// Returns why the terminal does not take text for the clipboard.
    fn obstacle(&self) -> Option<Osc52Obstacle> {
        let tmux = self.tmux.as_ref();
        let setting = tmux.and_then(|(_, setting)| setting.as_deref());
        self.surroundings.obstacle_with(setting)
    }
}

fn tmux_version() -> Option<String> {
    let mut answer = Vec::new();
    let mut take = |bytes: &[u8]| answer.extend_from_slice(bytes);
    let mut command = Command::new("tmux");
    command.arg("-V").stdin(Stdio::null());
    let end = Process::default().run(Job {
        command,
        input: None,
        max_time: Some(ANSWER_WITHIN),
        output: Some(&mut take),
        leaves_process: false,
    });
    let is_good = end.is_ok_and(|end| end.trouble().is_none());
    is_good.then(|| whole(answer.trim_ascii()))
}

/// Describes the terminal, and what will not work on it with these options.
pub fn describe(
    page: &mut Page,
    found: &Found,
    options: TerminalOptions,
    choice: &ClipboardChoice,
) {
    describe_kind(page, found);
    describe_look(page, found, options);
    let section = page.section("terminal");
    let answers = found.answers.as_ref().ok();
    section.row(
        "pastes",
        match answers.and_then(|answers| answers.marks_pastes) {
            Some(true) => "marked (bracketed paste)",
            Some(false) => "not marked",
            // XTVERSION is much younger than marked pastes.
            None if answers.is_some_and(|answers| answers.name.is_some()) => "marked",
            None => "the terminal does not say whether it marks them",
        },
    );
    section.row(
        "keyboard",
        if answers.is_some_and(|answers| answers.has_kitty_keyboard) {
            "usual sequences; kitty's protocol is available, but not used"
        } else {
            "usual sequences"
        },
    );
    section.row(
        "connection",
        if found.surroundings.is_remote {
            "over ssh"
        } else {
            "not over ssh"
        },
    );
    describe_clipboard(page, found, choice);
}

fn describe_kind(page: &mut Page, found: &Found) {
    let section = page.section("terminal");
    let kind = env::var_os("TERM");
    for name in ["TERM", "COLORTERM", "TERM_PROGRAM"] {
        match env::var_os(name).filter(|value| !value.is_empty()) {
            Some(value) => section.row(name, value.display()),
            None => section.row(name, "not set"),
        }
    }
    match &found.answers {
        Ok(answers) => {
            let silent = if answers.has_finished {
                "it does not tell its name"
            } else {
                "it does not answer"
            };
            section.row("name", answers.name.as_deref().unwrap_or(silent));
        }
        Err(why) => section.row("name", format!("not asked: {why}")),
    }
    match found.size {
        Some((columns, rows)) => section.row("size", format!("{columns}x{rows}")),
        None => section.row("size", "unknown"),
    }
    if let Err(failure) = check_kind(kind.as_deref().or(Some(OsStr::new("")))) {
        page.problem("the screen", failure, "set TERM to what the terminal is");
    }
    if let Some((columns, rows)) = found.size
        && (columns < COMFORTABLE.0 || rows < COMFORTABLE.1)
    {
        let why = format!("{columns}x{rows} is small: panes and columns are left out");
        page.problem("a part of the screen", why, "enlarge the terminal to 80x24");
    }
}

fn describe_look(page: &mut Page, found: &Found, options: TerminalOptions) {
    let section = page.section("terminal");
    let background = found
        .answers
        .as_ref()
        .ok()
        .and_then(|found| found.background);
    let variable = |name: &str| env::var_os(name);
    let mut theme = options.theme.unwrap_or(Theme::from_environment(variable));
    if options.theme.is_none()
        && theme.suits_a_background()
        && let Some([red, green, blue]) = background
    {
        theme = Theme::for_background(red, green, blue);
    }
    let colours = match theme {
        Theme::Plain => "none",
        Theme::Terminal | Theme::TerminalLight => "16, the terminal's own",
        _ => "256",
    };
    section.row("colours", format!("{colours} (theme {})", theme.name()));
    section.row(
        "background",
        match background {
            Some([red, green, blue]) => {
                let is_light = is_light_colour(red, green, blue);
                let kind = if is_light { "light" } else { "dark" };
                format!("{kind} (#{red:02x}{green:02x}{blue:02x})")
            }
            None if is_light(variable) => "light, as COLORFGBG says".to_owned(),
            None => "assumed to be dark: the terminal does not tell".to_owned(),
        },
    );
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| {
        let value = env::var_os(name).filter(|value| !value.is_empty())?;
        Some(format!("{name}={}", value.display()))
    });
    let locale = locale.unwrap_or_else(|| "no locale is set".to_owned());
    let characters = if options.is_ascii { "ASCII" } else { "UTF-8" };
    section.row("characters", format!("{characters} ({locale})"));
    if options.is_ascii {
        let why = format!("drawn in ASCII: {locale}");
        let remedy = "set LC_ALL to a UTF-8 locale, such as C.UTF-8, or use --ascii never";
        page.problem("characters beyond ASCII", why, remedy);
    }
}

fn describe_clipboard(page: &mut Page, found: &Found, choice: &ClipboardChoice) {
    let section = page.section("terminal");
    let multiplexer = match &found.tmux {
        Some((version, Some(setting))) => format!("{version}, set-clipboard {setting}"),
        Some((version, None)) => format!("{version}, which does not tell set-clipboard"),
        None if found.surroundings.obstacle == Some(Osc52Obstacle::Screen) => {
            "GNU screen".to_owned()
        }
        None => "none".to_owned(),
    };
    section.row("multiplexer", multiplexer);
    let tools = match found.tools.join(", ") {
        none if none.is_empty() => "none found".to_owned(),
        tools => tools,
    };
    section.row("clipboard tools", tools);
    let says = found.answers.as_ref();
    let says = says.is_ok_and(|answers| answers.says_clipboard);
    let obstacle = match choice {
        ClipboardChoice::Auto => found.obstacle(),
        ClipboardChoice::Osc52 | ClipboardChoice::Command(_) => None,
    };
    let obstacle = obstacle.map(|obstacle| (obstacle.words(), obstacle.remedy()));
    let way = match (choice, obstacle, found.tools.first()) {
        (ClipboardChoice::Command(_), ..) => "the command that --clipboard names".to_owned(),
        (_, Some((why, remedy)), Some(tool)) => format!("{tool} ({why}: {remedy})"),
        (_, Some((why, remedy)), None) => {
            page.problem("copying to the clipboard", why, remedy);
            why.to_owned()
        }
        (_, None, _) if says => "OSC 52, which the terminal says it supports".to_owned(),
        _ => "OSC 52; the terminal does not say whether it supports it".to_owned(),
    };
    page.section("terminal").row("clipboard", way);
}
