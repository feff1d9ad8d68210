//! How a server is specified: profiles, their appearance, and the whole program with one; URLs and
//! paths.

mod addresses;
mod drawing;
mod program;
