//! Certificates made for a test, and a real Redis that presents them.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;

use subscope::server::TlsSettings;

use crate::support::redis::Redis;

/// A test certificate authority, with the files of the certificates that it has issued.
pub struct Authority {
    directory: TempDir,
    pub issuer: Issuer<'static, KeyPair>,
}

/// The files of a certificate and its key.
pub struct Identity {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    /// Creates an authority and writes its certificate to its directory as `ca.pem`.
    pub fn new(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let params = ca_params(name);
        let pem = params.self_signed(&key).unwrap().pem();
        fs::write(directory.path().join("ca.pem"), pem).unwrap();
        let issuer = Issuer::new(params, key);
        Self { directory, issuer }
    }

    /// Returns the path of a file in the authority's directory.
    pub fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    /// Returns settings that trust this authority.
    pub fn settings(&self) -> TlsSettings {
        TlsSettings {
            cacert: Some(self.path("ca.pem")),
            ..TlsSettings::default()
        }
    }

    /// Issues a certificate for `hosts`; `name` is its common name and its file name.
    pub fn issue(
        &self,
        name: &str,
        hosts: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Identity {
        let (mut params, key) = (params(name, hosts), KeyPair::generate().unwrap());
        change(&mut params);
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        self.write(name, &pem, &key)
    }

    /// Writes `NAME.pem` and `NAME.key`.
    pub fn write(&self, name: &str, pem: &str, key: &KeyPair) -> Identity {
        let identity = Identity {
            cert: self.path(&format!("{name}.pem")),
            key: self.path(&format!("{name}.key")),
        };
        fs::write(&identity.cert, pem).unwrap();
        fs::write(&identity.key, key.serialize_pem()).unwrap();
        identity
    }

    /// Starts a server with that certificate. It does not ask clients for a certificate unless
    /// `options` say so.
    pub fn serve(&self, identity: &Identity, options: &[&str]) -> Redis {
        let ca = self.path("ca.pem");
        let [cert, key, ca] = [&identity.cert, &identity.key, &ca].map(|path| path.to_str());
        let mut all = vec!["--tls-cert-file", cert.unwrap()];
        all.extend(["--tls-key-file", key.unwrap()]);
        all.extend(["--tls-ca-cert-file", ca.unwrap()]);
        if !options.contains(&"--tls-auth-clients") {
            all.extend(["--tls-auth-clients", "no"]);
        }
        all.extend(options);
        Redis::start_tls(&all)
    }
}

/// Returns the parameters of an unsigned certificate for `hosts`.
pub fn params(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Returns the parameters of an unsigned certificate for an authority.
pub fn ca_params(name: &str) -> CertificateParams {
    let mut params = params(name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// Sets the certificate to expire on the first day of 2024.
pub fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2023, 1, 1);
    params.not_after = date_time_ymd(2024, 1, 1);
}
