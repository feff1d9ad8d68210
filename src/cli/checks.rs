//! Parses the checks requested on the command line or in a profile.

use subscope::payload::escape::whole;
use subscope::workers::analysis::{Check, CheckError};

use crate::cli::Checks;

/// Parses the checks that `options` request. `blame` makes the error from the option, or the key of
/// the profile, and what is wrong with it.
pub fn read<E>(options: &Checks, blame: impl Fn(&str, String) -> E) -> Result<Vec<Check>, E> {
    type Parse = fn(&str) -> Result<Check, CheckError>;
    let kinds: [(&str, &[String], Parse); 4] = [
        ("shape", &options.shape, Check::parse_shape),
        ("seq", &options.seq, Check::parse_sequence),
        ("pair", &options.pair, Check::parse_pair),
        ("sent", &options.sent, Check::parse_delay),
    ];
    let mut checks = Vec::new();
    for (option, texts, parse) in kinds {
        for text in texts {
            let check = parse(text);
            let check = check.map_err(|wrong| blame(option, whole(wrong.to_string().as_bytes())));
            checks.push(check?);
        }
    }
    Ok(checks)
}
