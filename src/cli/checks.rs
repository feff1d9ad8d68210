//! Parses the checks requested on the command line or in a profile.

use subscope::payload::escape::whole;
use subscope::workers::analysis::Check;

use crate::cli::Checks;

/// A function that parses the value of one kind of check.
type Parse = fn(&str) -> Result<Check, String>;

/// Parses the checks that `options` request. `blame` creates an error from the name of an option or
/// profile key and a description of the problem.
pub fn read<E>(options: &Checks, blame: impl Fn(&str, String) -> E) -> Result<Vec<Check>, E> {
    kinds(options)
        .flat_map(|(option, texts, parse)| {
            let blame = &blame;
            texts
                .iter()
                .map(move |text| check(option, text, parse, blame))
        })
        .collect()
}

/// Returns the error of every invalid check.
pub fn errors<E>(options: &Checks, blame: impl Fn(&str, String) -> E) -> Vec<E> {
    kinds(options)
        .flat_map(|(option, texts, parse)| {
            let blame = &blame;
            texts
                .iter()
                .filter_map(move |text| check(option, text, parse, blame).err())
        })
        .collect()
}

fn kinds(options: &Checks) -> impl Iterator<Item = (&'static str, &[String], Parse)> {
    let kinds: [(&'static str, &[String], Parse); 4] = [
        ("shape", &options.shape, Check::parse_shape),
        ("seq", &options.seq, Check::parse_sequence),
        ("pair", &options.pair, Check::parse_pair),
        ("sent", &options.sent, Check::parse_delay),
    ];
    kinds.into_iter()
}

fn check<E>(
    option: &str,
    text: &str,
    parse: Parse,
    blame: &impl Fn(&str, String) -> E,
) -> Result<Check, E> {
    parse(text).map_err(|error| blame(option, whole(error.as_bytes())))
}
