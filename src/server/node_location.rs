//! Where a server is, which may change.

use std::sync::Arc;

use tokio::sync::watch;

use super::connect::endpoint::{Address, Endpoint};
use super::connect::link::Failure;
use super::sentinel::masters::Masters;

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
    /// Returns the current endpoint. A refusal is a permanent failure.
    pub(super) async fn locate(&self) -> Result<Endpoint, Failure> {
        match self {
            Self::At(endpoint) => Ok(endpoint.clone()),
            Self::Master(masters) => masters.locate().await,
            Self::AnySentinel(masters) => Ok(masters.next_sentinel()),
            Self::Home(home_rx) => {
                let home = home_rx.borrow().clone();
                let unknown = "the sentinels have named no master yet";
                home.ok_or_else(|| Failure::unreachable(unknown.into()))
            }
        }
    }

    /// Describes a move between two endpoints, if it is noteworthy.
    pub(super) fn move_in_words(&self, from: &Endpoint, to: &Endpoint) -> Option<String> {
        match self {
            Self::Master(_) if from != to => Some(failover_in_words(from.address(), to.address())),
            _ => None,
        }
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
        match self {
            Self::Home(home_rx) => home_rx.borrow().as_ref() != Some(endpoint),
            Self::At(_) | Self::Master(_) | Self::AnySentinel(_) => false,
        }
    }
}

/// Describes a failover.
pub(super) fn failover_in_words(from: &Address, to: &Address) -> String {
    format!("failover from {from} to {to}")
}
