//! How a server is greeted: all at once, or, once it has hung up on that, step by step, which shows
//! what it does not like.

/// How far a server has got in answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// It has answered nothing.
    Silent,
    /// It has answered a PING.
    Greeted,
    /// It has answered to a subscription.
    Answered,
}

/// How the server is to be greeted next.
#[derive(Debug, Default)]
pub(super) struct Greeting {
    is_careful: bool,
}

impl Greeting {
    /// Whether the server has to answer before anything is asked for that some close the
    /// connection for.
    pub(super) fn is_careful(&self) -> bool {
        self.is_careful
    }

    /// Takes note of how far a server had got at a connection's end. Returns why it has hung up, if
    /// its answers tell more of that than its silence does.
    pub(super) fn note_end(
        &mut self,
        progress: Progress,
        has_hung_up: bool,
    ) -> Option<&'static str> {
        let was_careful = self.is_careful;
        self.is_careful = progress < Progress::Answered && (was_careful || has_hung_up);
        if !has_hung_up {
            return None;
        }
        match (progress, was_careful) {
            // It may be what was asked for behind the PING that it did not like.
            (Progress::Silent, false) => Some("closed by the server before it answered"),
            (Progress::Greeted, false) => Some("closed by the server after its first answer"),
            (Progress::Greeted, true) => Some(
                "closed by the server when asked to subscribe: a proxy without Pub/Sub, such as \
                 twemproxy, does that",
            ),
            (Progress::Silent, true) | (Progress::Answered, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn care_is_taken_from_the_first_hang_up_to_the_first_answer() {
        let mut greeting = Greeting::default();
        assert_eq!(greeting.note_end(Progress::Silent, false), None);
        assert!(!greeting.is_careful());
        assert!(greeting.note_end(Progress::Silent, true).is_some());
        assert!(greeting.is_careful());
        assert_eq!(greeting.note_end(Progress::Silent, true), None);
        let words = greeting.note_end(Progress::Greeted, true);
        assert!(words.is_some_and(|words| words.contains("when asked to subscribe")));
        assert!(greeting.is_careful());
        assert_eq!(greeting.note_end(Progress::Answered, true), None);
        assert!(!greeting.is_careful());
    }
}
