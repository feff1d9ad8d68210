//! Names of CBOR tags.

/// The names of common tags (<https://www.iana.org/assignments/cbor-tags>), sorted by number.
const NAMES: [(u64, &str); 38] = [
    (0, "date/time"),
    (1, "epoch time"),
    (2, "bignum"),
    (3, "negative bignum"),
    (4, "decimal fraction"),
    (5, "bigfloat"),
    (16, "COSE Encrypt0"),
    (17, "COSE Mac0"),
    (18, "COSE Sign1"),
    (21, "as base64url"),
    (22, "as base64"),
    (23, "as base16"),
    (24, "encoded CBOR"),
    (25, "string reference"),
    (28, "shareable"),
    (29, "shared reference"),
    (30, "rational"),
    (32, "URI"),
    (33, "base64url"),
    (34, "base64"),
    (35, "regular expression"),
    (36, "MIME message"),
    (37, "UUID"),
    (39, "identifier"),
    (42, "IPLD link"),
    (52, "IPv4"),
    (54, "IPv6"),
    (61, "CWT"),
    (63, "encoded CBOR sequence"),
    (96, "COSE Encrypt"),
    (97, "COSE Mac"),
    (98, "COSE Sign"),
    (100, "days since 1970"),
    (256, "string references"),
    (258, "set"),
    (1001, "extended time"),
    (1004, "date"),
    (55799, "self-described CBOR"),
];

/// Returns the number of a tag, followed by its name if it has one: `0 date/time`.
pub(super) fn mark(tag: u64) -> String {
    let known = NAMES.binary_search_by_key(&tag, |(number, _)| *number);
    match known.ok().and_then(|index| NAMES.get(index)) {
        Some((_, name)) => format!("{tag} {name}"),
        None => tag.to_string(),
    }
}
