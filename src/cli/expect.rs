//! The options of `subscope expect`.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use super::{DecodeOptions, Form, Listen, Screen, Watch, values};

/// Waiting for a message.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Expect {
    /// What the message must match; 'subscope help queries' explains the syntax
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    pub query: String,
    /// How long to wait, such as 500ms or 5s [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub within: Option<Duration>,
    /// How many messages must match [default: 1]
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub count: Option<u64>,
    /// Publish PAYLOAD on CHANNEL once subscribed
    #[arg(long, value_names = ["CHANNEL", "PAYLOAD"], num_args = 2, allow_hyphen_values = true)]
    pub publish: Vec<OsString>,
    /// How to write the messages that match; see 'subscope tail --help'
    #[arg(short, long, value_name = "FORM", value_parser = Form::parse)]
    pub output: Option<Form>,
    /// What to subscribe to, and where.
    #[command(flatten)]
    pub listen: Listen,
    /// How messages are decoded.
    #[command(flatten)]
    pub decode: DecodeOptions,
}

impl Expect {
    /// Returns the options that have a meaning on the screen too.
    pub fn watch(&mut self) -> Watch {
        Watch {
            listen: std::mem::take(&mut self.listen),
            screen: Screen {
                decode: std::mem::take(&mut self.decode),
                ..Screen::default()
            },
        }
    }
}
