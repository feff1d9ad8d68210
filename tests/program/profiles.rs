//! How a server is named: profiles, how they look, and the whole program with one; URLs and
//! paths.

mod addresses;
mod drawing;
mod program;
