//! Errors about server addresses that reveal no part of the address.

use std::fmt;

/// Why a string is not a valid server address, as one line to append to the name of the string's
/// source: "`REDIS_URL` has no host".
///
/// The error never repeats any part of the string. Each part may be a password, since an unencoded
/// password can be parsed as a host, a port, a database or a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointError {
    problem: String,
    /// The expected form; empty if the form is not the problem.
    right_form: &'static str,
}

impl EndpointError {
    /// Creates an error about a string that does not have the right form.
    pub(super) fn of_form(problem: impl Into<String>, right_form: &'static str) -> Self {
        Self {
            problem: problem.into(),
            right_form,
        }
    }

    /// Creates an error whose message already says what is expected.
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self::of_form(problem, "")
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        match self.right_form {
            "" => Ok(()),
            form => write!(f, "; expected {form}"),
        }
    }
}

impl std::error::Error for EndpointError {}
