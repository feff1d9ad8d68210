//! Checks that were asked for before the start.

use super::Failure;
use crate::analysis::{Check, CheckError};
use crate::cli::Checks;
use crate::payload::escape::whole;

/// The checks that the options ask for.
pub(super) fn read(options: &Checks) -> Result<Vec<Check>, Failure> {
    type Parse = fn(&str) -> Result<Check, CheckError>;
    let kinds: [(&str, &[String], Parse); 4] = [
        ("--shape", &options.shape, Check::parse_shape),
        ("--seq", &options.seq, Check::parse_sequence),
        ("--pair", &options.pair, Check::parse_pair),
        ("--sent", &options.sent, Check::parse_delay),
    ];
    let mut checks = Vec::new();
    for (option, texts, parse) in kinds {
        for text in texts {
            let check = parse(text).map_err(|wrong| {
                let words = whole(wrong.to_string().as_bytes());
                Failure::usage(format!("{option} {words}"))
            })?;
            checks.push(check);
        }
    }
    Ok(checks)
}
