//! Checks, which examine every message on their channels.

mod checked_log;
mod generated;
mod pairs;
mod points;
mod schemas;
mod sequences;
mod shapes;
mod threads;
