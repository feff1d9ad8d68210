//! The map from the addresses that clusters and sentinels announce to those that can be reached.

use super::endpoint::Address;
use crate::message::glob;

/// The form of a rule.
const FORM: &str =
    "takes HOST:PORT=HOST:PORT, with * for any on the left and for the same on the right";

/// What stands for any host or port on the left, and for the same one on the right.
const ANY: &str = "*";

/// Rules, of which the first one that matches an address counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressMap(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    from: Pattern,
    to: Pattern,
}

/// A host and a port, each a glob on the left of a rule; on the right, only `*` has a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    host: String,
    port: String,
}

impl AddressMap {
    /// Parses rules of the form `HOST:PORT=HOST:PORT`.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the first invalid rule, to append to the name of the option.
    pub fn parse(rules: &[String]) -> Result<Self, String> {
        let rules = rules.iter().map(|rule| Rule::parse(rule));
        let rules: Option<_> = rules.collect();
        rules.map(Self).ok_or_else(|| FORM.to_owned())
    }

    /// Returns the address at which the server that announces `address` can be reached.
    pub(crate) fn map(&self, address: Address) -> Address {
        let Address::Tcp { host, port } = &address else {
            return address;
        };
        let port = *port;
        let matching = self.0.iter().find(|rule| rule.from.matches(host, port));
        match matching {
            Some(rule) => rule.to.replace(host, port),
            None => address,
        }
    }

    /// Returns whether a rule may lead to `address`.
    pub(super) fn leads_to(&self, address: &Address) -> bool {
        let Address::Tcp { host, port } = address else {
            return false;
        };
        let mut rules = self.0.iter();
        rules.any(|rule| rule.to.replace(host, *port) == *address)
    }
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('=')?;
        let (from, to) = (Pattern::parse(from)?, Pattern::parse(to)?);
        let is_exact = |text: &str| text == ANY || !text.contains(['*', '?']);
        let is_port = to.port == ANY || to.port.parse::<u16>().is_ok_and(|port| port > 0);
        (is_exact(&to.host) && is_port).then_some(Self { from, to })
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.trim().rsplit_once(':')?;
        let inner = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        // Brackets around an IPv6 address are no class of a glob.
        let host = inner.filter(|inner| inner.contains(':')).unwrap_or(host);
        let is_port = |c: char| c.is_ascii_digit() || "*?".contains(c);
        let is_valid = !host.is_empty() && !port.is_empty() && port.chars().all(is_port);
        is_valid.then(|| Self {
            host: host.to_owned(),
            port: port.to_owned(),
        })
    }

    fn matches(&self, host: &str, port: u16) -> bool {
        let port = port.to_string();
        glob::matches(self.host.as_bytes(), host.as_bytes())
            && glob::matches(self.port.as_bytes(), port.as_bytes())
    }

    fn replace(&self, host: &str, port: u16) -> Address {
        let host = if self.host == ANY { host } else { &self.host };
        Address::tcp(host, self.port.parse().unwrap_or(port))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;

    fn map(rules: &[&str]) -> AddressMap {
        let rules: Vec<String> = rules.iter().map(|rule| (*rule).to_owned()).collect();
        AddressMap::parse(&rules).unwrap()
    }

    #[test]
    fn the_first_rule_that_matches_counts() {
        let map = map(&[
            "10.0.0.1:7000=localhost:17000",
            "10.0.*:70??=gateway:*",
            "[fe80::1]:*=*:6379",
            "*:7100=[::1]:7101",
        ]);
        for (host, port, expected) in [
            ("10.0.0.1", 7000, "localhost:17000"),
            ("10.0.0.2", 7001, "gateway:7001"),
            ("10.0.0.2", 7100, "[::1]:7101"),
            ("fe80::1", 1, "[fe80::1]:6379"),
            ("10.1.0.1", 7000, "10.1.0.1:7000"),
        ] {
            let mapped = map.map(Address::tcp(host, port));
            assert_eq!(mapped.to_string(), expected);
        }
        let leads_to = |host, port| map.leads_to(&Address::tcp(host, port));
        assert!(leads_to("localhost", 17000) && leads_to("gateway", 9));
        assert!(!leads_to("localhost", 17001) && !leads_to("10.1.0.1", 7000));
    }

    #[test]
    fn an_invalid_rule_is_refused() {
        for rule in [
            "", "a:1", "a=b", "a:1=b", "a:1=b:0", "a:1=b:x", "a:x=b:1", "a:1=b*:1", "a:1=b:1?",
            ":1=b:1",
        ] {
            assert!(AddressMap::parse(&[rule.to_owned()]).is_err(), "{rule}");
        }
    }
}
