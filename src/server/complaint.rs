//! What is wrong with an address, said without the password in it.

use std::fmt;

/// Why a text is not the address of a server: one line that names the text, its password hidden,
/// and the right form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointError {
    url: String,
    problem: String,
    right_form: &'static str,
}

impl EndpointError {
    /// `problem` goes on from the URL, as in "names no host". It must not hold a password.
    pub(super) fn new(url: &str, problem: String, right_form: &'static str) -> Self {
        Self {
            url: without_password(url),
            problem,
            right_form,
        }
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url,
            problem,
            right_form,
        } = self;
        write!(f, "'{url}' {problem}; the right form is {right_form}")
    }
}

impl std::error::Error for EndpointError {}

/// The text as it may be shown: on one line, and without whatever may be a password.
///
/// It must hold for texts that are no URL too, so it looks for less than a parser would.
fn without_password(url: &str) -> String {
    // First the query, whose passwords may hold what else would be taken for the end of a login.
    let url = &hide_query(url);
    let start = url.find("://").map_or(0, |scheme| scheme + 3);
    let (scheme, rest) = url.split_at(start);
    let shown = match rest.rfind('@') {
        Some(at) => match rest[..at].find(':') {
            Some(colon) => format!("{scheme}{}:***{}", &rest[..colon], &rest[at..]),
            None => url.to_owned(),
        },
        None => hide_odd_port(scheme, rest),
    };
    shown.escape_debug().to_string().replace("\\'", "'")
}

/// Hides what stands where a port should but is none: `redis://:secret` lacks its `@host`.
fn hide_odd_port(scheme: &str, rest: &str) -> String {
    let host_start = rest.rfind(']').unwrap_or(0);
    let Some(colon) = rest[host_start..].find(':').map(|colon| host_start + colon) else {
        return format!("{scheme}{rest}");
    };
    let port = rest[colon + 1..]
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    let is_port = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_list = scheme.contains('+') && is_list_of_hosts(rest);
    if is_port || is_list || scheme.is_empty() || rest.starts_with('[') {
        return format!("{scheme}{rest}");
    }
    format!("{scheme}{}:***", &rest[..colon])
}

/// Whether `rest` starts with hosts that each have a port, but for the last, which may have none.
fn is_list_of_hosts(rest: &str) -> bool {
    let hosts = rest.split(['/', '?', '#']).next().unwrap_or_default();
    hosts.split(',').all(|host| {
        let (name, port) = host.rsplit_once(':').unwrap_or((host, "0"));
        !name.is_empty() && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Hides the first parameter that carries a password, and with it all that follows: a password
/// may hold whatever ends one.
fn hide_query(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let mut parameters = Vec::new();
    for parameter in query.split('&') {
        match parameter.split_once('=') {
            Some((name, _)) if name.to_ascii_lowercase().contains("pass") => {
                parameters.push(format!("{name}=***"));
                break;
            }
            _ => parameters.push(parameter.to_owned()),
        }
    }
    format!("{path}?{}", parameters.join("&"))
}
