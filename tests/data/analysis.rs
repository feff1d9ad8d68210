//! Checks, which look at every message of their channels.

mod generated;
mod pairs;
mod points;
mod sequences;
mod shapes;
mod stage;
mod threads;
