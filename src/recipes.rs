//! Recipes: what runs on a channel, and how its messages are best shown and checked.
//!
//! A recipe is data: the channels it may apply to, a test that a message must pass, and what to set
//! up for a channel: a one-line summary, a format, checks, a note. The recipes that come with the
//! program are in `assets/recipes.toml`; those of the config file have the same form and come first.

mod collapsing;
mod key_of_channel;

pub use self::collapsing::Collapsing;

use std::path::Path as FilePath;
use std::sync::{Arc, LazyLock};

use self::collapsing::CollapsedGlob;
use self::key_of_channel::is_key_of_channel;
use crate::config::{Config, ConfigError, RecipeEntry};
use crate::log::RowKind;
use crate::message::{Time, glob};
use crate::payload::escape::whole_name;
use crate::payload::format::{self, Format};
use crate::payload::lookup::Lookup;
use crate::query::{Flags, Matcher, Moment, Path, Query, Row, Template};
use crate::workers::analysis::{Channels, Check};

/// The recipes that come with the program.
static SHIPPED: LazyLock<Vec<Recipe>> = LazyLock::new(|| {
    let text = include_str!("../assets/recipes.toml");
    let config = Config::parse(FilePath::new("recipes.toml"), text);
    config.map_or_else(|_| Vec::new(), |config| read(config.recipes.rest()).0)
});

/// A recipe.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The name.
    pub name: String,
    channels: Vec<Box<[u8]>>,
    test: Option<Arc<Query>>,
    /// Whether a message must be an object whose only key is the name of the channel in other letters.
    has_key_of_channel: bool,
    /// The format in which the messages are decoded.
    pub format: Option<Format>,
    /// What the rows show.
    pub summary: Option<Template>,
    /// The checks of requests and replies, which name their channels.
    pub pairs: Vec<Check>,
    sequence: Option<(Path, Option<Path>)>,
    sent: Option<Path>,
    /// Whether the channels start muted.
    pub is_muted: bool,
    /// The channels that share a line of the channel list.
    collapsed: Vec<CollapsedGlob>,
    /// What the user should know about the channels.
    pub note: Option<String>,
}

/// All recipes, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub struct Recipes(Arc<[Recipe]>);

impl Recipes {
    /// Returns the given recipes, followed by those that come with the program.
    pub fn with_shipped(own: Vec<Recipe>) -> Self {
        Self(own.into_iter().chain(SHIPPED.iter().cloned()).collect())
    }

    /// Returns whether there are no recipes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the channels that share a line of the channel list, whatever their messages are.
    pub fn collapsing(&self) -> Collapsing {
        self.0
            .iter()
            .flat_map(|recipe| recipe.collapsed.iter().cloned())
            .collect()
    }

    /// Returns the recipe at `index`.
    pub fn get(&self, index: usize) -> Option<&Recipe> {
        self.0.get(index)
    }

    /// Returns the index of each recipe that may apply to the channel `name`, in order.
    pub fn candidates(&self, name: &[u8]) -> Vec<usize> {
        let may_apply = |index: &usize| {
            let mut globs = self.0[*index].channels.iter();
            globs.any(|glob| glob::matches(glob, name))
        };
        (0..self.0.len()).filter(may_apply).collect()
    }

    /// Returns the first of the `candidates` whose test the message passes. The message is decoded at
    /// most once, and unpacked to at most `max_unpacked` bytes.
    pub fn find(
        &self,
        candidates: &[usize],
        name: &[u8],
        payload: &[u8],
        max_unpacked: usize,
    ) -> Option<usize> {
        let row = Row {
            time: Time::default(),
            kind: RowKind::Message,
            channel: 0,
            payload,
            may_differ: format::may_differ(payload),
            size: payload.len() as u64,
            via: &[],
            flags: Flags::default(),
        };
        let mut lookup = Lookup::new(payload, None).unpacking(max_unpacked);
        for index in candidates {
            let recipe = &self.0[*index];
            if recipe.has_key_of_channel && !is_key_of_channel(name, payload) {
                continue;
            }
            let Some(test) = &recipe.test else {
                return Some(*index);
            };
            let mut matcher = Matcher::new(Arc::clone(test));
            matcher.enter([name]);
            let (passes, read) = matcher.matches_read(&row, lookup);
            if passes {
                return Some(*index);
            }
            lookup = read;
        }
        None
    }
}

impl Recipe {
    /// Returns the checks that each channel has for itself.
    pub fn checks_of(&self, channel: &Channels) -> Vec<Check> {
        let channels = || channel.clone();
        let sequence = self.sequence.clone();
        let sequence = sequence.map(|(number, key)| Check::Sequence {
            channels: channels(),
            number,
            key,
        });
        let delay = self.sent.clone().map(|sent| Check::Delay {
            channels: channels(),
            sent,
        });
        sequence.into_iter().chain(delay).collect()
    }
}

/// Returns the valid recipes of `entries`, and what is wrong with the others. Two recipes with the
/// same name could not be told apart on the screen.
pub fn read(entries: &[RecipeEntry]) -> (Vec<Recipe>, Vec<ConfigError>) {
    let mut errors = Vec::new();
    let recipes = entries.iter().enumerate().filter_map(|(index, entry)| {
        let before = errors.len();
        let recipe = read_one(entry, &mut errors);
        let mut others = entries[..index].iter();
        if let Some(other) = others.find(|other| other.name == entry.name) {
            let line = other.line("name");
            errors.push(entry.error("name", format!("the recipe in line {line} has this name")));
        }
        (errors.len() == before).then_some(recipe)
    });
    (recipes.collect(), errors)
}

/// Reads a recipe, without the values that are wrong.
fn read_one(entry: &RecipeEntry, errors: &mut Vec<ConfigError>) -> Recipe {
    let mut valid = Valid { entry, errors };
    let test = valid.read("test", entry.test.as_deref(), |text| {
        let query = Query::parse(text, &Moment::default());
        let query = query.map_err(|error| error.to_string())?;
        // A program of the user must not run for every channel.
        if query.is_slow() {
            return Err("cannot run jq".to_owned());
        }
        Ok(query)
    });
    let format = valid.read("format", entry.format.as_deref(), format_called);
    let summary = valid.read("summary", entry.summary.as_deref(), |text| {
        Template::parse(text).map_err(|error| error.to_string())
    });
    let pairs = entry.pairs.iter();
    let pairs = pairs.filter_map(|text| {
        valid.read("pair", Some(text), |text| {
            let pair = Check::parse_pair(text)?;
            covered(pair, &entry.channels)
        })
    });
    let pairs = pairs.collect();
    let sequence = valid.read(
        "seq",
        entry.sequence.as_deref(),
        |text| match Check::parse_sequence(&format!("*={text}"))? {
            Check::Sequence { number, key, .. } => Ok((number, key)),
            _ => Err("needs a path".to_owned()),
        },
    );
    let sent = valid.read("sent", entry.sent.as_deref(), |text| {
        Path::parse(text).map_err(|error| error.to_string())
    });
    let globs = entry.collapse.iter();
    let globs = globs.filter_map(|text| valid.read("collapse", Some(text), CollapsedGlob::parse));
    let collapsed = globs.collect();
    let channels = entry.channels.iter();
    Recipe {
        name: entry.name.clone(),
        channels: channels.map(|glob| glob.as_bytes().into()).collect(),
        test: test.map(Arc::new),
        has_key_of_channel: entry.has_key_of_channel,
        format,
        summary,
        pairs,
        sequence,
        sent,
        is_muted: entry.is_muted,
        collapsed,
        note: entry.note.clone(),
    }
}

/// Returns a pair if the globs in `channels` cover its requests: on other channels the recipe is
/// never in force, so the check would not start.
fn covered(pair: Check, channels: &[String]) -> Result<Check, String> {
    let Check::Pair { request, .. } = &pair else {
        return Ok(pair);
    };
    let glob = request.0.glob();
    let mut channels = channels.iter().map(String::as_bytes);
    if channels.any(|covering| covering == glob || glob::matches(covering, glob)) {
        return Ok(pair);
    }
    let glob = whole_name(glob);
    Err(format!(
        "the requests on {glob} are not covered by the recipe: add {glob} to channels"
    ))
}

/// Returns the format with this name, in any case.
fn format_called(name: &str) -> Result<Format, String> {
    let mut formats = Format::ALL.into_iter();
    let found = formats.find(|format| format.name().eq_ignore_ascii_case(name.trim()));
    found.ok_or_else(|| {
        let names = Format::ALL.map(Format::name).join(", ");
        format!("must be one of {names}")
    })
}

/// The values of an entry, and what is wrong with them.
struct Valid<'a> {
    entry: &'a RecipeEntry,
    errors: &'a mut Vec<ConfigError>,
}

impl Valid<'_> {
    /// Parses the value of `key`, if there is one.
    fn read<T>(
        &mut self,
        key: &str,
        text: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(text?) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.errors.push(self.entry.error(key, problem));
                None
            }
        }
    }
}
