//! Parses the checks requested on the command line or in a profile.

use subscope::payload::escape::whole;
use subscope::workers::analysis::Check;

use crate::cli::Checks;

/// Parses the checks that `options` request. `blame` creates an error about an option, or a key of
/// the profile, from its name and what is wrong with it.
pub fn read<E>(options: &Checks, blame: impl Fn(&str, String) -> E) -> Result<Vec<Check>, E> {
    type Parse = fn(&str) -> Result<Check, String>;
    let kinds: [(&str, &[String], Parse); 4] = [
        ("shape", &options.shape, Check::parse_shape),
        ("seq", &options.seq, Check::parse_sequence),
        ("pair", &options.pair, Check::parse_pair),
        ("sent", &options.sent, Check::parse_delay),
    ];
    let mut checks = Vec::new();
    for (option, texts, parse) in kinds {
        for text in texts {
            let check = parse(text).map_err(|error| blame(option, whole(error.as_bytes())));
            checks.push(check?);
        }
    }
    Ok(checks)
}
