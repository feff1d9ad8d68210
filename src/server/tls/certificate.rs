//! A certificate as it is told to a person. All in it comes from strangers: every name goes
//! through escaping here.

use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use crate::payload::escape;

/// Longer names are shown without their middle.
const NAME_COLUMNS: usize = 60;

/// More names than these are counted only.
const NAMES: usize = 3;

/// What is worth telling of a certificate.
pub(super) struct Certificate<'a> {
    read: X509Certificate<'a>,
}

impl<'a> Certificate<'a> {
    pub(super) fn read(der: &'a CertificateDer<'_>) -> Option<Self> {
        let (_, read) = X509Certificate::from_der(der).ok()?;
        Some(Self { read })
    }

    /// The hosts that it is for, each in quotes, if it names any.
    pub(super) fn hosts(&self) -> Option<String> {
        let alternatives = self.read.subject_alternative_name().ok()??;
        let names = alternatives.value.general_names.iter();
        let names: Vec<String> = names.filter_map(host).map(|name| quoted(&name)).collect();
        let more = names.len().saturating_sub(NAMES);
        let shown = names.iter().take(NAMES).cloned().collect::<Vec<_>>();
        let shown = shown.join(", ");
        match (names.len(), more) {
            (0, _) => None,
            (_, 0) => Some(shown),
            (_, more) => Some(format!("{shown} and {more} more")),
        }
    }

    /// Whose it is, in quotes.
    pub(super) fn subject(&self) -> String {
        told(self.read.subject())
    }

    /// Who vouches for it, in quotes.
    pub(super) fn issuer(&self) -> String {
        told(self.read.issuer())
    }

    /// The hosts, or whose it is if it names none.
    pub(super) fn owner(&self) -> String {
        self.hosts().unwrap_or_else(|| self.subject())
    }

    pub(super) fn is_issued_by(&self, other: &Self) -> bool {
        self.read.issuer().as_raw() == other.read.subject().as_raw()
    }

    /// Whether it is an authority's.
    pub(super) fn is_authority(&self) -> bool {
        self.read.is_ca()
    }

    pub(super) fn has_expired(&self, now: UnixTime) -> bool {
        self.read.validity().not_after.timestamp() < seconds(now)
    }

    pub(super) fn is_too_new(&self, now: UnixTime) -> bool {
        seconds(now) < self.read.validity().not_before.timestamp()
    }

    /// The day on which it expires, in UTC.
    pub(super) fn last_day(&self) -> String {
        day(self.read.validity().not_after)
    }

    /// The day from which on it is valid, in UTC.
    pub(super) fn first_day(&self) -> String {
        day(self.read.validity().not_before)
    }
}

/// A name from a certificate, or one to compare it with, as it is shown.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", escape::name(name.as_bytes(), NAME_COLUMNS).string)
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes)
                .ok()
                .map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
            _ => <[u8; 16]>::try_from(*bytes)
                .ok()
                .map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

/// The common name, or the organization, or all there is.
fn told(name: &X509Name<'_>) -> String {
    let mut short = name.iter_common_name().chain(name.iter_organization());
    match short.find_map(|attribute| attribute.as_str().ok()) {
        Some(short) => quoted(short),
        None => quoted(&name.to_string()),
    }
}

fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

fn day(time: ASN1Time) -> String {
    let time = time.to_datetime();
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    format!("{year:04}-{month:02}-{day:02}")
}
