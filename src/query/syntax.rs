//! The forms of the query language, for the help panel.

/// A form of term.
#[derive(Clone, Copy, Debug)]
pub struct Syntax {
    /// The general form.
    pub form: &'static str,
    /// A complete example.
    pub example: &'static str,
    /// What the term matches.
    pub meaning: &'static str,
}

/// All forms, in the order a user needs them.
pub const SYNTAX: &[Syntax] = &[
    Syntax {
        form: "text",
        example: "timeout",
        meaning: "payload or channel name contains it; uppercase: case-sensitive",
    },
    Syntax {
        form: "\"text\"",
        example: r#""took 5 ms\n""#,
        meaning: r#"payload contains exactly this; escapes: \" \\ \n \t \r \xff"#,
    },
    Syntax {
        form: "a b, a && b",
        example: "timeout orders",
        meaning: "both match; also and, AND",
    },
    Syntax {
        form: "a or b, a || b",
        example: "timeout or refused",
        meaning: "either matches; also OR",
    },
    Syntax {
        form: "not a, -a, !a",
        example: "-heartbeat not (ping or pong)",
        meaning: "negation; use parentheses to group",
    },
    Syntax {
        form: "/regex/ or /regex/i",
        example: r"/took \d{3,} ?ms/i",
        meaning: r"payload matches the regular expression; i: ignore case; \xff: that byte",
    },
    Syntax {
        form: "channel:name",
        example: "channel:orders.*",
        meaning: "channel name contains it; with * ? [ a glob, as in PSUBSCRIBE",
    },
    Syntax {
        form: ".path == value",
        example: ".user.id == 42",
        meaning: "a value in the payload: == != < <= > >=",
    },
    Syntax {
        form: "name=value",
        example: "level=error",
        meaning: "the same without the dot; also the text \"name=value\"",
    },
    Syntax {
        form: "size>n",
        example: "size>=10k",
        meaning: "the payload's size; < <= > >= == != and k m g",
    },
    Syntax {
        form: "last:span",
        example: "last:30s",
        meaning: "arrived up to that long before the query was entered; ms s m h d",
    },
    Syntax {
        form: "since:time",
        example: "since:12:00:05",
        meaning: "arrived at or after the most recent such time of day",
    },
    Syntax {
        form: "until:time",
        example: "until:12:01",
        meaning: "arrived before that time of day",
    },
    Syntax {
        form: "is:kind",
        example: "is:json",
        meaning: "is:json, is:binary, is:notice or is:gap",
    },
    Syntax {
        form: "is:flag",
        example: "is:drift",
        meaning: "flagged by a check: is:drift for its shape, is:seqgap for its number",
    },
    Syntax {
        form: "via:name",
        example: "via:orders.*",
        meaning: "delivered by a subscription with that name, as for channel:",
    },
    Syntax {
        form: ".path in (values)",
        example: ".level in (error, warn)",
        meaning: "the value is one of these",
    },
    Syntax {
        form: ".path ~ \"regex\"",
        example: r#".tags[0] ~ "^pay""#,
        meaning: "a string there matches; [0]: first item, .\"odd key\": any key",
    },
    Syntax {
        form: "has(.path)",
        example: "has(.error)",
        meaning: "the path exists (even if null)",
    },
    Syntax {
        form: "jq(filter)",
        example: "jq(.items | length > 3)",
        meaning: "the first output of the jq filter is neither false nor null",
    },
];
