//! Times of day and time spans, as typed by the user.

use std::time::Duration;

use crate::message::Time;

/// The time and time zone in which a query is entered, for terms that depend on them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// The time of entry.
    pub now: Time,
    /// The offset of local time from UTC in microseconds, positive to the east.
    pub ahead: i64,
}

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Returns the most recent time, up to `moment`, at which the local time of day is
/// `HH:MM[:SS[.mmm]]`.
pub fn time_of_day(text: &str, moment: &Moment) -> Option<Time> {
    let wanted = micros_of_day(text)?;
    let local = moment.now.0.saturating_add(moment.ahead);
    let of_day = local.rem_euclid(DAY);
    let back = if wanted <= of_day { 0 } else { DAY };
    let midnight = local.saturating_sub(of_day).saturating_sub(back);
    Some(Time(
        midnight.saturating_add(wanted).saturating_sub(moment.ahead),
    ))
}

/// Returns whether more text can make `text`, which is no time of day, one.
pub fn begins_time_of_day(text: &str) -> bool {
    let ends = ["12:00", "0:00", ":00", "00", "0"];
    ends.iter()
        .any(|end| micros_of_day(&format!("{text}{end}")).is_some())
}

fn micros_of_day(text: &str) -> Option<i64> {
    let parts = text.split_once('.');
    let (whole, fraction) = parts.map_or((text, None), |(whole, part)| (whole, Some(part)));
    let mut parts = whole.split(':');
    let hours = two_digits(parts.next()?, 24)?;
    let minutes = two_digits(parts.next()?, 60)?;
    let seconds = parts.next();
    if parts.next().is_some() || (fraction.is_some() && seconds.is_none()) {
        return None;
    }
    let seconds = seconds.map_or(Some(0), |seconds| two_digits(seconds, 60))?;
    let micros = fraction.map_or(Some(0), micros_of_fraction)?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros)
}

fn two_digits(text: &str, below: i64) -> Option<i64> {
    let is_plain = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let value: Option<i64> = text.parse().ok();
    value.filter(|value| is_plain && *value < below)
}

fn micros_of_fraction(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{text:0<6}").parse().ok()
}

/// Parses a time span such as `30s`, `5m`, `2h`, `1d` or `500ms`.
pub fn span(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let count: u64 = count.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(count.checked_mul(millis)?))
}

/// Returns whether more text can make `text`, which is no time span, one.
pub fn begins_span(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_latest_one_up_to_now() {
        // The time is 1970-01-02 10:00:00 UTC, which is 12:00:00 at UTC+2.
        let moment = Moment {
            now: Time(DAY + 10 * 3_600_000_000),
            ahead: 7_200_000_000,
        };
        let at = |text| time_of_day(text, &moment).map(|time| time.0);
        assert_eq!(at("12:00"), Some(moment.now.0));
        assert_eq!(at("11:59:59.5"), Some(moment.now.0 - 500_000));
        assert_eq!(at("12:00:00.001"), Some(moment.now.0 - DAY + 1000));
        assert_eq!(at("00:00"), Some(DAY - 7_200_000_000));
        for wrong in [
            "", "12", "24:00", "12:60", "1:2:3:4", "12:00.5", "a:b", "0:00:00.", "+1:00",
        ] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_span_needs_a_unit() {
        assert_eq!(span("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(span("2h"), Some(Duration::from_secs(7200)));
        let too_long = ["99999999999999999999s", "18446744073709551615d"];
        let wrong = ["", "5", "s", "5 s", "5y", "-5s"].into_iter();
        for wrong in wrong.chain(too_long) {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }
}
