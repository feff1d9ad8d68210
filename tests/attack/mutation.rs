//! Inputs made from valid ones by a few changes that keep most of their structure. Unlike random
//! bytes, they get past the first checks.

use crate::random::Random;

/// Maximum size of an input.
const MAX_BYTES: usize = 16 << 10;

/// Numbers at the limits of common types.
const ODD_NUMBERS: &[&str] = &[
    "-1",
    "0",
    "-0",
    "1",
    "00",
    "127",
    "128",
    "255",
    "256",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e309",
    "-1e-400",
    "00000000000000000000000000000000000000007",
];

/// Bytes with extreme values, and bytes with a special meaning in some format.
const ODD_BYTES: &[u8] =
    b"\x00\x01\x1b\x7f\x80\x81\x9b\x9f\xbf\xc0\xc2\xe2\xf0\xfe\xff\r\n\t \"'\\{}[]()<>*$:+-,;./=%#&@!?~^|`0129aeZ";

/// Characters that a terminal would act on, hide, or reorder.
const ODD_TEXTS: &[&str] = &[
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\u{9b}31m",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}",
    "\u{ad}",
    "\u{e0041}",
    "\u{e000}",
    "\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{ff76}",
    "\u{4f60}",
    "\u{1f468}\u{200d}\u{1f469}",
    "\u{a0}",
    "\u{3000}",
    "\r\n",
    "\0",
    "\\u0000",
    "\\ud800",
];

/// Returns one of `samples` with up to four mutations; some are unchanged.
pub fn mutated(random: &mut Random, samples: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.pick(samples).clone();
    for _ in 0..random.below(5) {
        change(random, &mut bytes, samples);
        bytes.truncate(MAX_BYTES);
    }
    bytes
}

/// Returns one of `samples` with up to four mutations, as valid UTF-8.
pub fn mutated_text(random: &mut Random, samples: &[&str]) -> String {
    let samples: Vec<Vec<u8>> = samples
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect();
    String::from_utf8_lossy(&mutated(random, &samples)).into_owned()
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, samples: &[Vec<u8>]) {
    let range = random_range(random, bytes.len());
    let at = range.start;
    match random.below(13) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 if at < bytes.len() => bytes[at] = *random.pick(ODD_BYTES),
        2 => bytes.insert(at, *random.pick(ODD_BYTES)),
        3 => drop(bytes.drain(range)),
        4 => repeat(random, bytes, at, range.len()),
        5 => bytes.truncate(at),
        6 => splice(bytes, at, random.pick(ODD_TEXTS).as_bytes()),
        7 | 8 => replace_number(random, bytes, at),
        9 => replace_length(random, bytes, at),
        10 => {
            let other = random.pick(samples);
            let from = random_range(random, other.len());
            bytes.splice(range, other[from].iter().copied());
        }
        11 => {
            let whole = random.pick(samples).clone();
            splice(bytes, at, &whole);
        }
        _ => {
            let noise = random.bytes(9);
            splice(bytes, at, &noise);
        }
    }
}

/// Returns a range within `length`, usually a short one.
fn random_range(random: &mut Random, length: usize) -> std::ops::Range<usize> {
    let start = random.below(length + 1);
    let most = if random.one_in(4) { length } else { 8 };
    let end = (start + random.below(most + 1)).min(length);
    start..end
}

fn splice(bytes: &mut Vec<u8>, at: usize, put: &[u8]) {
    bytes.splice(at..at, put.iter().copied());
}

/// Duplicates a range or repeats it many times, as in deep nesting.
fn repeat(random: &mut Random, bytes: &mut Vec<u8>, at: usize, length: usize) {
    let piece = bytes[at..at + length].to_vec();
    let most = MAX_BYTES / length.max(1) / 4;
    let times = if random.one_in(3) {
        most.min(2000)
    } else {
        1 + random.below(3)
    };
    splice(bytes, at, &piece.repeat(times));
}

/// Replaces the first digits at or after `at` with another number.
fn replace_number(random: &mut Random, bytes: &mut Vec<u8>, at: usize) {
    let behind = bytes[at..].iter().position(u8::is_ascii_digit);
    let start = at + behind.unwrap_or(0);
    let digits = bytes[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let end = start + digits.count();
    let number = random.pick(ODD_NUMBERS).bytes();
    bytes.splice(start..end, number);
}

/// Overwrites a binary number, such as a length, with a boundary value.
fn replace_length(random: &mut Random, bytes: &mut [u8], at: usize) {
    let width = *random.pick(&[1, 2, 4, 8]);
    let number = *random.pick(&[
        0,
        1,
        0x7f,
        0x80,
        0xffff,
        0x7fff_ffff,
        u64::MAX,
        u64::MAX >> 1,
    ]);
    let little = number.to_le_bytes();
    let big = number.to_be_bytes();
    let digits = if random.one_in(2) {
        &little[..width]
    } else {
        &big[8 - width..]
    };
    for (byte, digit) in bytes.iter_mut().skip(at).zip(digits) {
        *byte = *digit;
    }
}
