//! The location of a server, which may change.

use std::sync::Arc;

use tokio::sync::watch;

use super::connect::{Address, Endpoint};
use super::sentinel::masters::Masters;
use crate::message::{ConnectionError, GapCause};

/// Where to find a server.
#[derive(Clone, Debug)]
pub(super) enum NodeLocation {
    /// A fixed endpoint.
    At(Endpoint),
    /// The master named by the sentinels.
    Master(Arc<Masters>),
    /// Any of the sentinels, a different one each time.
    AnySentinel(Arc<Masters>),
    /// The home node found by the other tasks.
    Home(watch::Receiver<Option<Endpoint>>),
}

impl NodeLocation {
    /// Returns the current endpoint. A failure is permanent if it is a refusal.
    pub(super) async fn locate(&self) -> Result<Endpoint, ConnectionError> {
        match self {
            Self::At(endpoint) => Ok(endpoint.clone()),
            Self::Master(masters) => masters.locate().await,
            Self::AnySentinel(masters) => Ok(masters.next_sentinel()),
            Self::Home(home_rx) => {
                let home = home_rx.borrow().clone();
                home.ok_or(ConnectionError::NoMasterYet)
            }
        }
    }

    /// Returns the cause of the gap if the server has moved, and the move explains the gap.
    pub(super) fn move_cause(&self, from: &Endpoint, to: &Endpoint) -> Option<GapCause> {
        let is_failover = matches!(self, Self::Master(_)) && from != to;
        is_failover.then(|| failover(from.address(), to.address()))
    }

    /// Returns the name of the server at `address`, if the location can change.
    pub(super) fn name_at(&self, address: &Address) -> Option<String> {
        match self {
            Self::Master(masters) => Some(format!("{} at {address}", masters.name())),
            Self::AnySentinel(_) => Some(format!("sentinel at {address}")),
            Self::At(_) | Self::Home(_) => None,
        }
    }

    /// Returns whether the server is no longer at `endpoint`.
    pub(super) fn has_left(&self, endpoint: &Endpoint) -> bool {
        matches!(self, Self::Home(home_rx) if home_rx.borrow().as_ref() != Some(endpoint))
    }
}

/// Returns the cause of the gap after a failover.
pub(super) fn failover(from: &Address, to: &Address) -> GapCause {
    GapCause::Failover {
        from: from.to_string().into(),
        to: to.to_string().into(),
    }
}
