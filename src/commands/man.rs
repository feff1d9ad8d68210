//! `subscope man`: the options and the manual as man pages.

mod roff;

use clap_mangen::Man;
use subscope::config::suggestion;

use super::help;
use crate::cli;
use crate::host::{Failure, output};

/// Prints the man page of the program, of a subcommand or of a topic of the manual. Returns the
/// exit code.
pub fn run(man: &cli::Man) -> Result<u8, Failure> {
    let page = match &man.topic {
        None => program()?,
        Some(topic) => match command(topic)? {
            Some(page) => page,
            None => topic_page(topic)?,
        },
    };
    output::write(&page)?;
    Ok(0)
}

/// Returns the page of the program: its options and commands, and where to read on.
fn program() -> Result<Vec<u8>, Failure> {
    let mut page = render(cli::command().name("subscope"))?;
    page.extend_from_slice(b".SH SEE ALSO\n");
    let pages = help::PAGES.iter();
    let names = pages.map(|page| format!("\\fBsubscope\\-{}\\fR(7)", page.topic));
    page.extend_from_slice(names.collect::<Vec<_>>().join(", ").as_bytes());
    page.extend_from_slice(b"\n.PP\n\\fBsubscope help\\fR lists these pages.\n");
    Ok(page)
}

/// Returns the page of a subcommand, if there is one called `name`.
fn command(name: &str) -> Result<Option<Vec<u8>>, Failure> {
    let mut root = cli::command();
    root.build();
    let Some(command) = root.find_subcommand(name) else {
        return Ok(None);
    };
    let command = command.clone().display_name(format!("subscope-{name}"));
    render(command).map(Some)
}

fn render(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    let rendered = Man::new(command).render(&mut page);
    rendered.map_err(Failure::other)?;
    Ok(page)
}

fn topic_page(topic: &str) -> Result<Vec<u8>, Failure> {
    if let Some(page) = help::PAGES.iter().find(|page| page.topic == topic) {
        return Ok(roff::page(page.topic, page.about, page.text).into_bytes());
    }
    let commands = cli::command();
    let commands = commands.get_subcommands().map(clap::Command::get_name);
    let topics = help::PAGES.iter().map(|page| page.topic);
    let names: Vec<&str> = commands.chain(topics).collect();
    let hint = match suggestion(topic, &names) {
        hint if hint.is_empty() => ".".to_owned(),
        hint => hint,
    };
    Err(Failure::usage(format!(
        "no man page '{topic}'{hint} Pages: {}",
        names.join(", ")
    )))
}
