//! The state of the screen and how it is drawn, driven in process.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "../support"]
mod support {
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod redis;
    pub mod stage;
}

mod alerts;
mod analysis;
mod app;
mod blame;
mod bytes_touched;
mod channel_list;
mod checks;
mod commands;
mod completion;
mod dialects;
mod editing;
mod export;
mod large;
mod latest;
mod layout;
mod lenses;
mod log_pane;
mod long_names;
mod mouse;
mod narrowing;
mod one_off_channels;
mod open_message;
mod own_keys;
mod palette;
mod plot;
mod queries;
mod recipes;
mod recording;
mod recordings;
mod run_loop;
mod servers;
mod socket_io;
mod user_decoders;
mod view;
