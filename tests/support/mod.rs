//! What several test files share.

pub mod flood;
pub mod pty;
pub mod redis;
