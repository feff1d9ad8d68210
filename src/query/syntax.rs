//! The syntax of the query language, for the help panel and for completion.

/// The beginnings of terms, each with what it matches, for completion.
pub const STARTS: [(&str, &str); 14] = [
    (
        "channel:",
        "the channel's name contains this, or matches a glob",
    ),
    ("is:", "json, binary, notice, gap, drift, invalid, seqgap"),
    ("size>", "the payload's size: size>10k"),
    ("last:", "arrived within this time: last:30s"),
    ("since:", "arrived at or after this time: since:12:00:05"),
    ("until:", "arrived before this time: until:12:01"),
    ("via:", "delivered by this subscription"),
    ("has(.", "the path exists: has(.error)"),
    ("jq(", "the output of a jq filter is true"),
    ("/", "a regular expression: /took \\d{3,}/i"),
    (
        "raw:",
        "text or a regular expression in the payload as received",
    ),
    ("\"", "exactly this text: \"took 5 ms\""),
    ("not ", "negation; also - and !"),
    ("or ", "either side matches"),
];

/// The kinds of rows, for completion after `is:`.
pub const KINDS: [(&str, &str); 7] = [
    ("json", "the payload is JSON"),
    ("binary", "the payload is not text"),
    ("notice", "not a message"),
    ("gap", "messages may be missing"),
    ("drift", "flagged by a shape check"),
    ("invalid", "flagged by a schema check"),
    ("seqgap", "flagged by a sequence check"),
];

/// The conditions on each channel over time that only breakpoints can have, in the same format as
/// [`SYNTAX`].
#[rustfmt::skip] // Two lines per form, so that it reads as a table.
pub const CONDITIONS: [(&str, &str, &str); 7] = [
    ("silent:span", "silent:30s channel:heartbeat.*",
        "the channel had messages before, but none for this long"),
    ("rate:>n/s", "rate:>100/s channel:orders.*",
        "the channel's messages per second, over 5 s; also < <= >="),
    ("changed(.path)", "changed(.state)",
        "the value differs from the channel's previous one"),
    ("enters(query)", "enters(.temp > 80)",
        "a message matches, and the previous one on its channel did not"),
    ("leaves(query)", "leaves(.temp > 80)",
        "a message does not match, and the previous one on its channel did"),
    ("a until b", ".temp > 80 until < 75",
        "hits when the first comparison matches, and then the second"),
    ("enters(a until b)", "enters(.temp > 80 until < 75)",
        "hits only on entering; leaves(a until b) only on leaving"),
];

/// All forms of terms, in the order in which a user needs them. Each has its general form, a
/// complete example, and what it matches.
#[rustfmt::skip] // Two lines per form, so that it reads as a table.
pub const SYNTAX: [(&str, &str, &str); 21] = [
    ("text", "timeout",
        "payload or channel name contains this; uppercase: case-sensitive"),
    ("\"text\"", r#""took 5 ms\n""#,
        r#"payload contains exactly this; escapes: \" \\ \n \t \r \xff"#),
    ("a b, a && b", "timeout orders",
        "both match; also and, AND"),
    ("a or b, a || b", "timeout or refused",
        "either matches; also OR"),
    ("not a, -a, !a", "-heartbeat not (ping or pong)",
        "negation; use parentheses to group"),
    ("/regex/ or /regex/i", r"/took \d{3,} ?ms/i",
        r"payload matches the regular expression; i: ignore case; \xff: that byte"),
    ("channel:name", "channel:orders.*",
        "channel name contains this; with * ? [ a glob, as in PSUBSCRIBE"),
    (".path == value", ".user.id == 42",
        "a value in the payload: == != < <= > >="),
    ("name=value", "level=error",
        ".name == value, or text that contains this; also name:value"),
    ("size>n", "size>=10k",
        "the payload's size; < <= > >= == != and k m g; also size:>n"),
    ("last:span", "last:30s",
        "arrived within that time before the query was entered; ms s m h d"),
    ("since:time", "since:12:00:05",
        "arrived at or after that time of day (most recent occurrence)"),
    ("until:time", "until:12:01",
        "arrived before that time of day"),
    ("is:kind", "is:json",
        "is:json, is:binary, is:notice or is:gap"),
    ("is:flag", "is:drift",
        "flagged by a check: is:drift (shape), is:invalid (schema), is:seqgap"),
    ("via:name", "via:orders.*",
        "delivered by a subscription with that name; globs as in channel:"),
    (".path in (values)", ".level in (error, warn)",
        "the value is one of these"),
    (".path ~ \"regex\"", r#".tags[0] ~ "^pay""#,
        "a string at the path matches; [0]: first item, .\"odd key\": any key"),
    ("has(.path)", "has(.error)",
        "the path exists (even if null)"),
    ("raw:text, raw:/re/", r"raw:/^\x1f\x8b/",
        "the payload as it was received contains this, or matches"),
    ("jq(filter)", "jq(.items | length > 3)",
        "the first output of the jq filter is neither false nor null"),
];
