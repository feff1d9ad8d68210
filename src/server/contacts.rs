//! The servers that are asked again and again, each on a connection that is kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::endpoint::{Address, Endpoint};
use super::link::{Dial, Link, is_excess, is_refusal, words};
use super::{Config, Refusal};

/// A server that cannot be reached within this time is passed over.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// One that does not answer within this time is passed over.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Why a server has not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// It cannot be reached, or cannot answer for the moment.
    Silent,
    /// It does not want to, in Redis's own words; or its answer is more than is read.
    Refused(Box<str>),
}

/// The connections.
pub(super) struct Contacts {
    config: Arc<Config>,
    links: HashMap<Address, Link>,
    /// Those that do not let us in, with their words. They are not asked again, since servers
    /// count such attempts, and some lock out whoever makes too many.
    closed: HashMap<Address, Box<str>>,
}

impl Contacts {
    pub(super) fn new(config: Arc<Config>) -> Self {
        Self {
            config,
            links: HashMap::new(),
            closed: HashMap::new(),
        }
    }

    /// Asks one server.
    pub(super) async fn ask<T: redis::FromRedisValue>(
        &mut self,
        endpoint: &Endpoint,
        command: &redis::Cmd,
    ) -> Result<T, Unanswered> {
        let address = endpoint.address();
        if let Some(words) = self.closed.get(address) {
            return Err(Unanswered::Refused(words.clone()));
        }
        let mut link = match self.links.remove(address) {
            Some(link) if !link.is_closed() => link,
            _ => self.open(endpoint).await?,
        };
        match link.ask(command).await {
            Ok(answer) => {
                self.links.insert(address.clone(), link);
                Ok(answer)
            }
            Err(error) if is_refusal(&error) => {
                let words = link.reason(&error);
                self.links.insert(address.clone(), link);
                Err(self.refused(address, words))
            }
            Err(error) if is_excess(&error) => Err(Unanswered::Refused(words(&error))),
            Err(_) => Err(Unanswered::Silent),
        }
    }

    /// Asks those again as well that did not let us in.
    pub(super) fn knock_again(&mut self) {
        self.closed.clear();
    }

    /// Hangs up on all but these.
    pub(super) fn keep(&mut self, addresses: &[Address]) {
        self.links.retain(|address, _| addresses.contains(address));
    }

    async fn open(&mut self, endpoint: &Endpoint) -> Result<Link, Unanswered> {
        let dial = Dial {
            connect_within: CONNECT_WITHIN,
            answer_within: ANSWER_WITHIN,
            ..Dial::from(&*self.config)
        };
        match Link::open(endpoint, &dial).await {
            Ok(link) => Ok(link),
            Err(failure) if failure.is_refusal => {
                Err(self.refused(endpoint.address(), failure.reason))
            }
            Err(_) => Err(Unanswered::Silent),
        }
    }

    fn refused(&mut self, address: &Address, words: Box<str>) -> Unanswered {
        let refusal = Refusal::of(&words);
        if refusal.is_passing() {
            return Unanswered::Silent;
        }
        if refusal.is_about_login() {
            self.closed.insert(address.clone(), words.clone());
        }
        Unanswered::Refused(words)
    }
}
