//! How a server is specified: profiles and their appearance, the whole program with a profile, URLs
//! and paths.

mod addresses;
mod drawing;
mod program;
