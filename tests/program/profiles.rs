//! How a server is specified: profiles and their appearance, the whole program with a profile, URLs
//! and paths.

mod addresses;
mod config_file;
mod drawing;
mod program;
