#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use super::*;

#[test]
fn counts_are_grouped() {
    for (number, expected) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000"),
        (48_211, "48,211"),
        (1_234_567, "1,234,567"),
        (u64::MAX, "18,446,744,073,709,551,615"),
    ] {
        assert_eq!(count(number), expected);
    }
}

#[test]
fn a_counted_noun_is_singular_only_for_one() {
    let rows = [0, 1, 2, 48_211].map(|number| counted(number, "row"));
    assert_eq!(rows, ["0 rows", "1 row", "2 rows", "48,211 rows"]);
}

#[test]
fn short_counts_round_into_the_next_unit() {
    for (number, expected) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (1_049, "1.0k"),
        (1_050, "1.1k"),
        (9_949, "9.9k"),
        (9_950, "10k"),
        (12_345, "12k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (999_950, "1.0M"),
        (1_234_567, "1.2M"),
        (999_999_999, "1.0G"),
        (999_999_999_999_999_999, "1.0E"),
        (u64::MAX, "18E"),
    ] {
        assert_eq!(short_count(number), expected, "{number}");
        assert!(short_count(number).len() <= 4);
    }
}

#[test]
fn rates_take_at_most_seven_columns() {
    for (number, expected) in [
        (0.0, "0/s"),
        (-1.0, "0/s"),
        (f64::NAN, "0/s"),
        (0.01, "<0.1/s"),
        (0.05, "0.1/s"),
        (0.2, "0.2/s"),
        (9.94, "9.9/s"),
        (9.96, "10/s"),
        (90.0, "90/s"),
        (999.4, "999/s"),
        (999.5, "1.0k/s"),
        (1_100.0, "1.1k/s"),
        (12_000.0, "12k/s"),
        (999_950.0, "1.0M/s"),
        (3_400_000.0, "3.4M/s"),
        (f64::INFINITY, "18E/s"),
    ] {
        assert_eq!(rate(number), expected, "{number}");
        assert!(rate(number).len() <= 7);
    }
}

#[test]
fn sizes_have_binary_units() {
    for (bytes, expected) in [
        (0, "0 B"),
        (588, "588 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (12_800, "12.5 KiB"),
        (102_348, "99.9 KiB"),
        (102_349, "100 KiB"),
        (1_048_063, "1023 KiB"),
        (1_048_064, "1.0 MiB"),
        (1_258_291, "1.2 MiB"),
        (256 << 20, "256 MiB"),
        (u64::MAX, "16.0 EiB"),
    ] {
        assert_eq!(size(bytes), expected, "{bytes}");
        assert!(size(bytes).len() <= 8);
    }
}

#[test]
fn durations_have_a_suitable_unit() {
    for (micros, expected) in [
        (0, "0 ms"),
        (49, "<0.1 ms"),
        (50, "0.1 ms"),
        (300, "0.3 ms"),
        (9_949, "9.9 ms"),
        (9_950, "10 ms"),
        (999_499, "999 ms"),
        (999_500, "1.0 s"),
        (1_200_000, "1.2 s"),
        (9_949_999, "9.9 s"),
        (9_950_000, "10s"),
        (42_900_000, "42s"),
        (59_999_999, "59s"),
        (60_000_000, "1m 00s"),
        (192_000_000, "3m 12s"),
        (3_599_000_000, "59m 59s"),
        (7_500_000_000, "2h 05m"),
        (86_399_000_000, "23h 59m"),
        (356_400_000_000, "4d 3h"),
    ] {
        assert_eq!(duration(Duration::from_micros(micros)), expected);
    }
    assert!(duration(Duration::MAX).ends_with('h'));
}

#[test]
fn ages_have_one_unit() {
    for (seconds, expected) in [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3_599, "59m"),
        (3_600, "1h"),
        (86_399, "23h"),
        (86_400, "1d"),
    ] {
        assert_eq!(age(Duration::from_secs(seconds)), expected);
    }
}

#[test]
fn deltas_have_a_fixed_width() {
    for (time, expected) in [
        (Duration::ZERO, "      +0.000"),
        (Duration::from_micros(12_900), "      +0.012"),
        (Duration::from_millis(9_999_999_999), "+9999999.999"),
        (Duration::from_secs(10_000_000), "       +115d"),
        (Duration::MAX, "+9999999999d"),
    ] {
        assert_eq!(delta(time), expected);
        assert_eq!(delta(time).len(), DELTA_COLUMNS);
    }
}

#[test]
fn sizes_are_parsed_in_common_spellings() {
    for (text, expected) in [
        ("0", 0),
        ("1000000", 1_000_000),
        ("256MiB", 256 << 20),
        ("256 mb", 256 << 20),
        ("1g", 1 << 30),
        ("64k", 65_536),
        (" 5B ", 5),
        ("2TiB", 2 << 40),
    ] {
        assert_eq!(parse_size(text), Ok(expected));
    }
    for text in [
        "",
        "k",
        "1.5g",
        "-1",
        "+1",
        "1x",
        "MiB",
        "1 2",
        "٣k",
        "99999999999g",
    ] {
        let error = parse_size(text).unwrap_err();
        assert!(error.starts_with(&format!("{text:?} is ")), "{error}");
        assert!(error.ends_with("as in 256MiB"), "{error}");
    }
}

#[test]
fn formatted_sizes_can_be_parsed() {
    for bytes in [0, 7, 1023, 100 << 10, 256 << 20, 512 << 30] {
        assert_eq!(parse_size(&size(bytes)), Ok(bytes));
    }
}
