//! Settings that are fixed at startup.

use std::sync::Arc;

use super::copy_request::ClipboardChoice;
use super::keymap::{Chord, Keymap};
use super::layout::Borders;
use super::picker::Badge;
use super::user_command::UserCommand;
use super::user_decoder::UserDecoder;
use crate::config::Theme;
use crate::message::glob::ByGlob;
use crate::payload::message_type::MessageType;
use crate::query::{Query, Template};
use crate::recipes::Recipes;
use crate::workers::analysis::Check;

/// Settings that are fixed at startup.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The profile, if one was selected.
    pub profile: Option<Badge>,
    /// The server's address, without its password, or the names of the files with the recording.
    pub address: String,
    /// Where the messages come from.
    pub origin: Origin,
    /// Whether the connection uses TLS without checking the server's certificate.
    pub is_insecure: bool,
    /// Text shown beside the address, such as how to join the demo. May be empty.
    pub note: String,
    /// How redis-cli reaches the server.
    pub redis_cli: RedisCli,
    /// Whether publishing is disabled.
    pub read_only: bool,
    /// Whether the config file disables publishing, rather than the command line.
    pub is_file_read_only: bool,
    /// Maximum size of the log, in bytes.
    pub keep: usize,
    /// Initial filters.
    pub filters: Vec<Query>,
    /// The initial form of the channel list.
    pub list_form: ListForm,
    /// The separator between the parts of channel names; `None` to detect it.
    pub separator: Option<u8>,
    /// Initial breakpoints.
    pub breakpoints: Vec<Query>,
    /// The user's shell command for alerts, if there is one.
    pub alert_command: Option<String>,
    /// How text is copied to the clipboard.
    pub clipboard: ClipboardChoice,
    /// Initial checks.
    pub checks: Vec<Check>,
    /// Queries written in earlier runs, oldest first.
    pub queries: Vec<String>,
    /// The names of the actions run from the command palette in earlier runs, the most recent first.
    pub recents: Vec<String>,
    /// Initial lenses: what to show in the log instead of whole messages.
    pub lenses: ByGlob<Template>,
    /// The recipes for channels.
    pub recipes: Recipes,
    /// The types of the messages on channels.
    pub message_types: ByGlob<MessageType>,
    /// All types that can decode messages.
    pub known_types: Vec<MessageType>,
    /// The initial positions of the borders.
    pub borders: Borders,
    /// The theme at the start. One that suits the terminal's background may take its place.
    pub theme: Theme,
    /// The key bindings.
    pub keymap: Keymap,
    /// The user's own commands.
    pub commands: Vec<KeyedCommand>,
    /// The user's own decoders.
    pub user_decoders: Vec<Arc<UserDecoder>>,
}

/// Where messages come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// From a server.
    #[default]
    Server,
    /// From a recording.
    Recording,
}

/// A user-defined command, and its key.
#[derive(Clone, Debug)]
pub struct KeyedCommand {
    /// The key; `None` for a command that is only in the command palette.
    pub key: Option<Chord>,
    /// The command.
    pub command: UserCommand,
}

/// The part of the state that is saved between runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Where the user has moved the borders.
    pub borders: Borders,
    /// The form of the channel list.
    pub list_form: ListForm,
    /// The names of the actions run from the command palette, the most recent first.
    pub recents: Vec<String>,
}

impl Kept {
    /// Returns `settings` with the saved state applied.
    pub fn apply(&self, settings: Settings) -> Settings {
        Settings {
            borders: self.borders,
            list_form: self.list_form,
            recents: self.recents.clone(),
            ..settings
        }
    }
}

/// The form of the channel list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListForm {
    /// Every channel by its whole name.
    #[default]
    Flat,
    /// A tree, in which channels whose names start alike share a branch.
    Tree,
}

/// The channel on which sentinels announce themselves every two seconds. It starts muted.
pub const SENTINEL_HELLO: &[u8] = b"__sentinel__:hello";

/// How redis-cli reaches the server. The user has to add the user name and the password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisCli {
    /// The address, such as `-h localhost -p 6379`, safe to use unquoted in a shell; empty if
    /// nobody can publish to the subscribed channels.
    pub place: String,
    /// The TLS options, such as `--tls`; empty without TLS.
    pub tls: String,
}
