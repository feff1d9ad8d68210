//! Servers that are queried repeatedly, each over a connection that is kept open.

use std::collections::HashMap;
use std::sync::Arc;

use crate::message::{ConnectionError, RedisError};
use crate::server::config::Config;
use crate::server::connect::{Address, AddressMap, Endpoint, Link, excess_of, refusal};

/// Why a server did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// Unreachable, or temporarily unable to answer.
    Silent,
    /// Refused, or the answer exceeded a limit.
    Refused(RedisError),
}

/// Open connections by address.
pub(super) struct Contacts {
    config: Arc<Config>,
    links: HashMap<Address, Link>,
    /// Servers that refused the login, with their errors. They are not contacted again, since
    /// servers count failed logins, and some lock out clients with too many failures.
    closed: HashMap<Address, RedisError>,
}

impl Contacts {
    pub(super) fn new(config: Arc<Config>) -> Self {
        Self {
            config,
            links: HashMap::new(),
            closed: HashMap::new(),
        }
    }

    /// Returns where announced servers can be reached.
    pub(super) fn address_map(&self) -> &AddressMap {
        &self.config.address_map
    }

    /// Sends a command to one server and returns the answer.
    pub(super) async fn ask<T: redis::FromRedisValue>(
        &mut self,
        endpoint: &Endpoint,
        command: &redis::Cmd,
    ) -> Result<T, Unanswered> {
        let address = endpoint.address();
        if let Some(error) = self.closed.get(address) {
            return Err(Unanswered::Refused(error.clone()));
        }
        let link = match self.links.remove(address) {
            Some(link) if !link.is_closed() => link,
            _ => self.open(endpoint).await?,
        };
        match link.ask(command).await {
            Ok(answer) => {
                self.links.insert(address.clone(), link);
                Ok(answer)
            }
            Err(error) => Err(if let Some(error) = refusal(&error) {
                self.links.insert(address.clone(), link);
                self.refused(address, error)
            } else if let Some(excess) = excess_of(&error) {
                Unanswered::Refused(RedisError::new(excess.to_string()))
            } else {
                Unanswered::Silent
            }),
        }
    }

    /// Allows another login attempt at servers that refused the login.
    pub(super) fn retry_logins(&mut self) {
        self.closed.clear();
    }

    /// Closes all connections except those to `addresses`.
    pub(super) fn keep(&mut self, addresses: &[Address]) {
        self.links.retain(|address, _| addresses.contains(address));
    }

    async fn open(&mut self, endpoint: &Endpoint) -> Result<Link, Unanswered> {
        match Link::open(endpoint, &self.config.short_dial()).await {
            Ok(link) => Ok(link),
            Err(ConnectionError::Redis(error)) => Err(self.refused(endpoint.address(), error)),
            Err(ConnectionError::PasswordCommand(_)) => {
                // The subscriber reports what is wrong with it.
                let error = RedisError::new("NOAUTH the password command failed");
                Err(self.refused(endpoint.address(), error))
            }
            Err(_) => Err(Unanswered::Silent),
        }
    }

    fn refused(&mut self, address: &Address, error: RedisError) -> Unanswered {
        if error.code.is_temporary() {
            return Unanswered::Silent;
        }
        if error.code.is_about_login() {
            self.closed.insert(address.clone(), error.clone());
        }
        Unanswered::Refused(error)
    }
}
