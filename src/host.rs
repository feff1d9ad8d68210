//! What surrounds the screen: the terminal it is drawn on, the files it leaves, the processes it
//! starts, and the errors that end it.

pub mod failure;
mod history;
pub mod pager;
pub mod password;
pub mod pick;
pub mod screen;
mod stats;
pub mod tty;

pub use failure::{Failure, complain};
