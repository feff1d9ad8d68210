//! `subscope help`: the pages of the manual.

use std::fmt::Write as _;

use subscope::config::suggestion;

use crate::cli::Help;
use crate::host::{Failure, pager};

/// A page of the manual.
pub struct Page {
    pub topic: &'static str,
    /// What the page is about, for the list of topics.
    pub about: &'static str,
    /// The text of the page, in Markdown.
    pub text: &'static str,
}

/// Creates the page of a topic from the file of the same name.
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
pub const PAGES: &[Page] = &[
    page!("watching", "the screen, rows, gaps and counts, keys"),
    page!("publishing", "the publish box"),
    page!("queries", "filters, find, breakpoints, jq"),
    page!("messages", "formats, diff, lenses, paths"),
    page!("values", "latest values and plots"),
    page!("checks", "shape, sequence, request and reply, delay"),
    page!("connecting", "servers, URLs, passwords, ACLs, TLS"),
    page!("cluster", "Redis Cluster and Sentinel"),
    page!("profiles", "the config file, keys, environment variables"),
    page!("commands", "commands of your own, on a message"),
    page!("recipes", "what runs on a channel, summaries"),
    page!("scripts", "tail, record and more without the screen"),
    page!("terminal", "ASCII, mouse, clipboard, escape time"),
    page!("performance", "figures and how they are measured"),
    page!("limits", "limits and guarantees"),
    page!("servers", "versions tested"),
    page!("changelog", "what has changed"),
];

/// Shows the page of a topic, or lists the topics. Returns the exit code.
pub fn run(help: &Help) -> Result<u8, Failure> {
    match &help.topic {
        Some(topic) => pager::show(&find(topic)?.for_terminal())?,
        None => pager::print(&topics())?,
    }
    Ok(0)
}

impl Page {
    /// Returns the text without its pictures, each of which is a separate paragraph.
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

/// Returns the list of topics, and where to find other help.
fn topics() -> String {
    let mut list = "subscope help TOPIC shows a page of the manual:\n\n".to_owned();
    for page in PAGES {
        let _ = writeln!(list, "  {:<13}{}", page.topic, page.about);
    }
    list + "\nsubscope --help lists the options; subscope keys lists the keys.\n"
}
