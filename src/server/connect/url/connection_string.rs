//! Connection strings of `StackExchange.Redis`, such as the Azure portal shows:
//! `host:6380,password=secret,ssl=True,abortConnect=False`.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Host, Kind, Parameters, Url, UserInfo, read_host};
use crate::server::connect::endpoint_error::EndpointError;

/// The port that these strings mean if they ask for TLS and name none.
const TLS_PORT: u16 = 6380;

/// Returns whether `text` has this form: a host, and known settings after commas. Anything else may
/// be part of a login.
pub(super) fn is_one(text: &str) -> bool {
    let Some((host, rest)) = text.split_once(',') else {
        return false;
    };
    let settings = rest.split(',').filter_map(|part| part.split_once('='));
    let mut names = settings.map(|(name, _)| name.trim()).peekable();
    !host.contains(['@', '/', '=']) && names.peek().is_some() && names.all(Parameters::knows)
}

/// Parses a connection string. Its values are not percent-encoded.
pub(super) fn read(text: &str) -> Result<Url, EndpointError> {
    let wrong = |problem| EndpointError::of_form(problem, Kind::Server.right_form());
    let mut parameters = Parameters::default();
    let mut hosts: Vec<Host> = Vec::new();
    for part in text.split(',').map(str::trim) {
        match part.split_once('=') {
            Some((name, value)) => {
                let value = utf8_percent_encode(value.trim(), NON_ALPHANUMERIC);
                parameters.add(name.trim(), &value.to_string())?;
            }
            None if part.is_empty() => {}
            None => hosts.push(read_host(part).map_err(wrong)?),
        }
    }
    let kind = match (&parameters.master, hosts.as_slice()) {
        (Some(_), _) => Kind::Sentinel,
        (None, [_]) => Kind::Server,
        _ => return Err(wrong("has several hosts".to_owned())),
    };
    if parameters.is_tls && kind == Kind::Server {
        for host in &mut hosts {
            host.port = host.port.or(Some(TLS_PORT));
        }
    }
    Ok(Url {
        kind,
        is_valkey: false,
        is_tls: parameters.is_tls,
        user_info: UserInfo::default(),
        hosts,
        path: parameters.master.clone().unwrap_or_default(),
        parameters,
    })
}
