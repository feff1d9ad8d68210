//! The ways to specify a server: profiles (and how they look), URLs and paths; and the whole
//! program with a profile.

mod addresses;
mod config_file;
mod drawing;
mod program;
