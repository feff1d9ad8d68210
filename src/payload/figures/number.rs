//! Compact formatting of numbers of any magnitude.

/// The units and their values, the largest first.
const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];

/// From [`LARGE`] on, and below [`SMALL`], numbers are written with an exponent.
const LARGE: f64 = 1e15;
const SMALL: f64 = 1e-3;

/// Numbers below this are written without a unit.
const PLAIN: f64 = 9_999.5;

/// The number of columns that [`tick`] may take for a number without a unit.
const PLAIN_COLUMNS: usize = 7;

/// Formats a number in three or four digits: `0.25`, `1234`, `12.3k`, `1.5e-9`. At most nine
/// columns wide.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !size.is_finite() {
        return value.to_string();
    }
    if !(SMALL..LARGE).contains(&size) {
        return format!("{value:.1e}");
    }
    // A number that rounds up to a thousand belongs to the next unit.
    match UNITS.iter().find(|(unit, _)| size >= unit * 0.9995) {
        Some((unit, name)) if size >= PLAIN => format!("{}{name}", rounded(value / unit, 3)),
        _ => rounded(value, 4),
    }
}

/// Formats the label of an axis tick. It has enough digits to differ from the label of the next
/// tick, `step` away, if they fit.
pub fn tick(value: f64, step: f64) -> String {
    let plain = format!("{value:.*}", decimals(-step.abs().log10().floor()));
    // A value that rounds to zero gets no minus sign.
    let is_zero = plain.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
    let plain = plain.trim_start_matches(if is_zero { "-" } else { "" });
    if plain.len() <= PLAIN_COLUMNS && (!is_zero || value.abs() * 2.0 < step) {
        return plain.to_owned();
    }
    number(value)
}

/// Formats `value` to `digits` digits, or more if the integer part has more, without trailing
/// zeros.
fn rounded(value: f64, digits: u32) -> String {
    let whole = value.abs().log10().floor() + 1.0;
    let text = format!("{value:.*}", decimals(f64::from(digits) - whole));
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Clamps a number of decimal places to the supported range.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within the bounds of nine digits"
)]
fn decimals(wanted: f64) -> usize {
    wanted.clamp(0.0, 9.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_few_digits_and_few_columns() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.25, "0.25"),
            (-3.0, "-3"),
            (0.123_456, "0.1235"),
            (12.345, "12.35"),
            (999.96, "1000"),
            (1234.0, "1234"),
            (9_999.4, "9999"),
            (12_345.0, "12.3k"),
            (999_950.0, "1M"),
            (-7_654_321.0, "-7.65M"),
            (1.5e-9, "1.5e-9"),
            (1e300, "1.0e300"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(number(value), expected);
        }
        for power in -308..=308 {
            for value in [-9.996, -1.234, 4.444, 9.9999] {
                let text = number(value * 10_f64.powi(power));
                assert!(text.len() <= 9, "{text}");
            }
        }
    }

    #[test]
    fn ticks_differ_while_there_is_room() {
        let ticks = |low: f64, step: f64| [0.0, 1.0, 2.0].map(|at| tick(low + at * step, step));
        assert_eq!(ticks(0.0, 0.5), ["0.0", "0.5", "1.0"]);
        assert_eq!(ticks(-0.2, 0.2), ["-0.2", "0.0", "0.2"]);
        assert_eq!(ticks(1000.0, 0.01), ["1000.00", "1000.01", "1000.02"]);
        assert_eq!(ticks(0.0, 20_000.0), ["0", "20000", "40000"]);
        assert_eq!(ticks(0.0, 1e9), ["0", "1G", "2G"]);
        assert_eq!(ticks(0.0, 2e-12), ["0", "2.0e-12", "4.0e-12"]);
        assert_eq!(tick(0.0, 0.0), "0");
    }
}
