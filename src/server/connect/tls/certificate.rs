//! Certificates formatted for error messages. Their contents come from untrusted peers, so this
//! module escapes every name.

use std::net::IpAddr;

use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use crate::payload::escape;

/// Maximum width of a name in columns. Longer names are shortened in the middle.
const NAME_COLUMNS: usize = 60;

/// Maximum number of host names shown. The others are only counted.
const NAMES: usize = 3;

/// A parsed certificate.
pub(super) struct Certificate<'a>(X509Certificate<'a>);

impl<'a> Certificate<'a> {
    pub(super) fn read(der: &'a CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        Some(Self(certificate))
    }

    /// Returns the hosts that the certificate is valid for, each in quotes, if it names any.
    pub(super) fn hosts(&self) -> Option<String> {
        let alternatives = self.0.subject_alternative_name().ok()??;
        let names = alternatives.value.general_names.iter();
        let names: Vec<String> = names.filter_map(host).map(|name| quoted(&name)).collect();
        let shown = names[..names.len().min(NAMES)].join(", ");
        match names.len() {
            0 => None,
            1..=NAMES => Some(shown),
            all => Some(format!("{shown} and {} more", all - NAMES)),
        }
    }

    /// Returns the subject in quotes.
    pub(super) fn subject(&self) -> String {
        display_name(self.0.subject())
    }

    /// Returns the issuer in quotes.
    pub(super) fn issuer(&self) -> String {
        display_name(self.0.issuer())
    }

    /// Returns the hosts, or the subject if the certificate names no hosts.
    pub(super) fn owner(&self) -> String {
        self.hosts().unwrap_or_else(|| self.subject())
    }

    pub(super) fn is_issued_by(&self, other: &Self) -> bool {
        self.0.issuer().as_raw() == other.0.subject().as_raw()
    }

    /// Returns whether this is a CA certificate.
    pub(super) fn is_authority(&self) -> bool {
        self.0.is_ca()
    }

    pub(super) fn has_expired(&self, now: UnixTime) -> bool {
        self.0.validity().not_after.timestamp() < seconds(now)
    }

    pub(super) fn is_not_yet_valid(&self, now: UnixTime) -> bool {
        seconds(now) < self.0.validity().not_before.timestamp()
    }

    /// Returns the day on which the certificate expires, in UTC.
    pub(super) fn last_day(&self) -> String {
        day(self.0.validity().not_after)
    }

    /// Returns the first day on which the certificate is valid, in UTC.
    pub(super) fn first_day(&self) -> String {
        day(self.0.validity().not_before)
    }
}

/// Formats a name from a certificate, or a name that was expected there.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", escape::name(name.as_bytes(), NAME_COLUMNS).string)
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

/// Returns the common name, or else the organization, or else the full name.
fn display_name(name: &X509Name<'_>) -> String {
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
