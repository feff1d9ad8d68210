//! The handshake. At first, all commands are sent at once. If the server closes the connection in
//! response, the next handshake goes step by step, to find out which command the server rejects.

use crate::message::Closing;

/// How many of the first requests a server has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// No answer yet.
    Silent,
    /// The server answered a PING.
    Greeted,
    /// The server answered a subscription.
    Answered,
}

/// How to greet the server at the next connection.
#[derive(Debug, Default)]
pub(super) struct Greeting {
    /// Whether to wait for an answer before sending commands that make some servers close the
    /// connection.
    pub(super) is_careful: bool,
}

impl Greeting {
    /// Records which requests the server had answered when the connection ended. Returns the step
    /// at which the server closed the connection, if its answers reveal this step.
    pub(super) fn note_end(&mut self, progress: Progress, has_hung_up: bool) -> Option<Closing> {
        let was_careful = self.is_careful;
        self.is_careful = progress < Progress::Answered && (was_careful || has_hung_up);
        if !has_hung_up {
            return None;
        }
        match (progress, was_careful) {
            // The server may have rejected any command of the handshake, even one sent after the
            // PING.
            (Progress::Silent, false) => Some(Closing::Unanswered),
            (Progress::Greeted, false) => Some(Closing::AfterFirstAnswer),
            (Progress::Greeted, true) => Some(Closing::OnSubscribe),
            (Progress::Silent, true) | (Progress::Answered, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handshake_is_careful_from_the_first_hang_up_to_the_first_answer() {
        let mut greeting = Greeting::default();
        assert_eq!(greeting.note_end(Progress::Silent, false), None);
        assert!(!greeting.is_careful);
        assert!(greeting.note_end(Progress::Silent, true).is_some());
        assert!(greeting.is_careful);
        assert_eq!(greeting.note_end(Progress::Silent, true), None);
        let closing = greeting.note_end(Progress::Greeted, true);
        assert_eq!(closing, Some(Closing::OnSubscribe));
        assert!(greeting.is_careful);
        assert_eq!(greeting.note_end(Progress::Answered, true), None);
        assert!(!greeting.is_careful);
    }
}
