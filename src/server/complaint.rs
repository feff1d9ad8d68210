//! What is wrong with an address, said without any part of it.

use std::fmt;

/// Why a text is not the address of a server, in one line that goes on from where the text came
/// from, as in "`REDIS_URL` names no host".
///
/// It repeats nothing of the text: whatever stands in it may be a password, since a password that
/// is not encoded is read as a host, a port, a database or a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointError {
    problem: String,
    /// Empty if the form is not what is wrong.
    right_form: &'static str,
}

impl EndpointError {
    /// The text is not of the right form.
    pub(super) fn of_form(problem: impl Into<String>, right_form: &'static str) -> Self {
        Self {
            problem: problem.into(),
            right_form,
        }
    }

    /// The problem says itself what is right.
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self::of_form(problem, "")
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        match self.right_form {
            "" => Ok(()),
            form => write!(f, "; the right form is {form}"),
        }
    }
}

impl std::error::Error for EndpointError {}
