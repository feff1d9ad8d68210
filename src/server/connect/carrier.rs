//! Wraps the cause of a failure, so that it can pass through the error types of libraries.

use std::error::Error;
use std::fmt;

use crate::message::ConnectionError;

/// A cause inside an I/O or TLS error.
#[derive(Debug)]
pub(super) struct Carrier(pub(super) ConnectionError);

impl Carrier {
    /// Returns the cause that `error` carries, if any.
    pub(super) fn cause_in(error: &(dyn Error + 'static)) -> Option<ConnectionError> {
        Some(error.downcast_ref::<Self>()?.0.clone())
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Error for Carrier {}
