//! The lines of the help.

use crate::app::keymap::{Binding, Context};
use crate::app::settings::{KeyedCommand, Settings};

/// A line of the help.
#[derive(Clone, Copy, Debug)]
pub enum HelpLine<'a> {
    /// A blank line between two contexts.
    Blank,
    /// The title of a context.
    Heading(&'static str),
    /// A key and its meaning.
    Key(&'a Binding),
    /// A line of the notes.
    Note(&'static str),
    /// A command of the user's own.
    Command(&'a KeyedCommand),
}

/// The notes below the keys in the help.
const NOTES: &[&str] = &[
    "The wheel scrolls the pane under the pointer; a click focuses and selects.",
    "In the plot the wheel zooms, a drag pans, and a click shows a value.",
    "Shift-drag selects text; with --no-mouse, a plain drag does.",
    "A rate is the mean over the last 5 seconds, or since the first message;",
    "bars show the last minute.",
    "Redis counts the receivers of a publish: one for each matching",
    "subscription, including those of this program.",
    "Pub/Sub delivers at most once: messages published while the connection",
    "is down are lost. The log marks every such gap.",
    "One publish is one row, however many subscriptions match it.",
    "Filters, searches and breakpoints share a query language. F1 in the box",
    "shows its syntax. Filters hide notices only with is:notice or is:gap.",
    "Before a row: ● marked by you, ◆ breakpoint hit, ▸ search match.",
    "A row is shown if it matches every include filter and no exclude filter.",
    "Breakpoints check every message that arrives, shown or hidden.",
    "A plot series records every message on its channel, whether the plot is",
    "shown or closed, until d in the plot removes it.",
];

/// Returns the lines of the help, generated from the keys in use and the user's own commands.
/// Actions without a key are left out.
pub fn help_lines(settings: &Settings) -> impl Iterator<Item = HelpLine<'_>> {
    let keymap = &settings.keymap;
    let keys = Context::ALL.into_iter().flat_map(|context| {
        let bindings = keymap.bindings_of(context);
        let bindings = bindings.filter(|binding| !binding.keys.is_empty());
        let bindings = bindings.map(HelpLine::Key);
        [HelpLine::Heading(context.title())]
            .into_iter()
            .chain(bindings)
            .chain([HelpLine::Blank])
    });
    let commands = settings.commands.iter().map(HelpLine::Command);
    let has_commands = !settings.commands.is_empty();
    let heading = has_commands.then_some(HelpLine::Heading("Your commands"));
    let blank = has_commands.then_some(HelpLine::Blank);
    let own = heading.into_iter().chain(commands).chain(blank);
    keys.chain(own)
        .chain([HelpLine::Heading("Notes")])
        .chain(NOTES.iter().copied().map(HelpLine::Note))
}
