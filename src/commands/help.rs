//! `subscope help`: the pages of the manual.

use std::env;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use signal_hook::consts::SIGINT;

use super::Failure;
use crate::cli::Help;
use crate::config::suggestion;

/// A page of the manual.
struct Page {
    topic: &'static str,
    /// What the page is about, for the list of topics.
    about: &'static str,
    /// Markdown.
    text: &'static str,
}

/// The page of a topic, from the file of the same name.
macro_rules! page {
    ($topic:literal, $about:literal) => {
        Page {
            topic: $topic,
            about: $about,
            text: include_str!(concat!("../../assets/manual/", $topic, ".md")),
        }
    };
}

/// Every page, in the order of the manual.
const PAGES: &[Page] = &[
    page!("watching", "the screen, rows, gaps and counts, keys"),
    page!("publishing", "the publish box"),
    page!("queries", "filters, find, breakpoints, jq"),
    page!("messages", "formats, diff, lenses, paths"),
    page!("values", "latest values and plots"),
    page!("checks", "shape, sequence, request and reply, delay"),
    page!("connecting", "servers, URLs, passwords, ACLs, TLS"),
    page!("cluster", "Redis Cluster and Sentinel"),
    page!("profiles", "the config file and environment variables"),
    page!("terminal", "ASCII, mouse, clipboard, escape time"),
    page!("performance", "figures and how they are measured"),
    page!("limits", "limits and guarantees"),
    page!("servers", "versions tested"),
    page!("changelog", "what has changed"),
];

/// Shows the page of a topic, or lists the topics. Returns the code to exit with.
///
/// # Errors
///
/// If there is no such topic, or the page cannot be written.
pub fn run(help: &Help) -> Result<u8, Failure> {
    match &help.topic {
        Some(topic) => show(&find(topic)?.for_terminal())?,
        None => print(&topics())?,
    }
    Ok(0)
}

impl Page {
    /// The text without its pictures, each of which is a paragraph of its own.
    fn for_terminal(&self) -> String {
        let paragraphs = self.text.split("\n\n");
        let paragraphs: Vec<_> = paragraphs.filter(|part| !part.starts_with("![")).collect();
        paragraphs.join("\n\n")
    }
}

fn find(topic: &str) -> Result<&'static Page, Failure> {
    let page = PAGES.iter().find(|page| page.topic == topic);
    page.ok_or_else(|| {
        let names: Vec<_> = PAGES.iter().map(|page| page.topic).collect();
        let hint = match suggestion(topic, &names) {
            hint if hint.is_empty() => ".".to_owned(),
            hint => hint,
        };
        let list = names.join(", ");
        Failure::usage(format!("no help topic '{topic}'{hint} Topics: {list}"))
    })
}

/// The list of topics, and where other help is.
fn topics() -> String {
    let mut list = "subscope help TOPIC shows a page of the manual:\n\n".to_owned();
    for page in PAGES {
        let _ = writeln!(list, "  {:<13}{}", page.topic, page.about);
    }
    list + "\nsubscope --help lists the options; ? in the program lists the keys.\n"
}

/// Shows `text` in the pager on a terminal, if there is one, and else prints it.
fn show(text: &str) -> Result<(), Failure> {
    if !io::stdout().is_terminal() {
        return print(text);
    }
    // Ctrl-C is the pager's key: ending here would leave the pager without its shell. The child
    // does not inherit the handler.
    signal_hook::flag::register(SIGINT, Arc::default()).map_err(Failure::other)?;
    let Some(mut pager) = start_pager() else {
        return print(text);
    };
    if let Some(mut input) = pager.stdin.take() {
        written(input.write_all(text.as_bytes()))?;
    }
    pager.wait().map_err(Failure::other)?;
    Ok(())
}

/// Starts the user's pager, or else less; `None` if there is neither.
fn start_pager() -> Option<Child> {
    let mut command = match env::var_os("PAGER") {
        Some(pager) if pager.is_empty() => return None,
        Some(pager) => {
            // PAGER may hold arguments.
            let mut shell = Command::new("/bin/sh");
            shell.arg("-c").arg(pager);
            shell
        }
        None => {
            let mut less = Command::new("less");
            less.arg("-R");
            less
        }
    };
    command.stdin(Stdio::piped()).spawn().ok()
}

fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    written(
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush()),
    )
}

/// The outcome of writing, where a reader that has seen enough is no failure.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::other(error)),
        _ => Ok(()),
    }
}
