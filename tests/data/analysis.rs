//! Checks made of every message of the channels that they watch.

mod generated;
mod pairs;
mod points;
mod sequences;
mod shapes;
mod stage;
mod threads;
