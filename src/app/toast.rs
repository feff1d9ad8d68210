//! Short messages to the user.

use std::time::Duration;

use crate::message::Time;

/// How long a toast stays in the hint line.
pub(crate) const TOAST_DURATION: Duration = Duration::from_secs(5);

/// A short message to the user that disappears after a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// The text.
    pub text: String,
    /// Whether it reports an error.
    pub is_error: bool,
    pub(crate) until: Time,
}
