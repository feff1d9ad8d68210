//! What is in the box, and what becomes of it.

use super::editing::Editing;

/// The contents of the box, which can be sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub channel: String,
    pub payload: String,
    pub escapes: bool,
    pub editing: Option<Editing>,
}

/// The bytes of a message to publish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// The channel's name.
    pub channel: Box<[u8]>,
    /// The payload.
    pub payload: Box<[u8]>,
}

/// The outcome of the last message sent from the box.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Nothing has been sent yet.
    #[default]
    None,
    /// Waiting for the server's answer.
    Waiting {
        /// The id of the request.
        id: u64,
    },
    /// Published.
    Received {
        /// The number of clients that received it.
        count: i64,
        /// The cluster node that counted only its own clients, if others may also have received it.
        at: Option<Box<str>>,
    },
    /// Not published, or not known to have been published; the text says why.
    Failed(Box<str>),
}
