//! `subscope man`: the options and the manual as man pages.

mod roff;

use std::fs;
use std::path::Path;

use clap_mangen::Man;
use subscope::config::suggestion;

use super::help;
use crate::cli;
use crate::host::failure::{reason, shown_path};
use crate::host::{Failure, output};

/// Prints the man page of the program, of a subcommand or of a topic of the manual, or writes them
/// all to files. Returns the exit code.
pub fn run(man: &cli::Man) -> Result<u8, Failure> {
    if let Some(directory) = &man.write {
        write_all(directory)?;
        return Ok(0);
    }
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

/// Writes every page to a file in `directory`: `subscope.1`, `subscope-tail.1`,
/// `subscope-queries.7`.
fn write_all(directory: &Path) -> Result<(), Failure> {
    let mut pages = vec![("subscope.1".to_owned(), program()?)];
    for command in cli::command().get_subcommands() {
        let name = command.get_name();
        pages.extend(self::command(name)?.map(|page| (format!("subscope-{name}.1"), page)));
    }
    for page in help::PAGES {
        let text = roff::page(page.topic, page.about, page.text);
        pages.push((format!("subscope-{}.7", page.topic), text.into_bytes()));
    }
    for (name, page) in pages {
        let path = directory.join(name);
        let written = fs::write(&path, page);
        written.map_err(|error| {
            Failure::other(format!("{}: {}", shown_path(&path), reason(&error)))
        })?;
    }
    Ok(())
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
