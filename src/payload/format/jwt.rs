//! JSON Web Tokens (RFC 7519) in compact form. Their signatures are not checked.

use super::encoded;
use crate::payload::json;

/// The base64 of `{"`, with which every header begins.
const START: &[u8] = b"eyJ";

/// Returns whether `text` may be a token, judged by its first bytes.
pub(super) fn may_be(text: &[u8]) -> bool {
    text.starts_with(START)
}

/// Returns the header and the claims of a token as JSON: `{"header":…,"claims":…}`. Returns `None`
/// if `text` is not a signed token.
pub(super) fn to_json(text: &[u8]) -> Option<Vec<u8>> {
    if !may_be(text) {
        return None;
    }
    let mut parts = text.split(|byte| *byte == b'.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let is_signed =
        parts.next().is_none() && signature.iter().all(|byte| encoded::is_letter(*byte));
    let [header, claims] = [header, claims].map(|part| {
        let json = encoded::decode(part, text.len())?;
        (json.first() == Some(&b'{') && json::is_json(&json)).then_some(json)
    });
    let (header, claims) = (header?, claims?);
    is_signed.then(|| [b"{\"header\":", &header[..], b",\"claims\":", &claims, b"}"].concat())
}
