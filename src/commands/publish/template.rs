//! Templates: payloads in which values such as `{{seq}}` are filled in for every message.

use std::env;
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::ffi::OsStringExt as _;

use subscope::config::suggestion;
use subscope::message::Time;
use subscope::payload::escape::whole;
use subscope::payload::figures::{Clock, Zone};

/// The values that can be filled in, with their arguments.
const NAMES: [&str; 6] = ["seq", "now", "now_ms", "uuid", "rand", "env"];

/// A payload to be filled in.
#[derive(Debug)]
pub struct Template {
    parts: Vec<Part>,
    clock: Clock,
    random: Random,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Bytes that are the same in every message.
    Bytes(Vec<u8>),
    /// The number of the message, from 1.
    Seq,
    /// The time in RFC 3339.
    Now,
    /// The time in milliseconds since 1970.
    NowMs,
    /// A random UUID.
    Uuid,
    /// A random whole number, from the first to the second.
    Rand(i64, i64),
}

impl Template {
    /// Creates a template in which braces stand for themselves.
    pub fn literal(bytes: Vec<u8>) -> Self {
        Self::of(vec![Part::Bytes(bytes)])
    }

    /// Parses a template.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = bytes;
        while let Some(start) = find(rest, *b"{{") {
            let Some(length) = find(&rest[start + 2..], *b"}}") else {
                return Err(format!(
                    "{} is not closed: write }}}} after it{LITERALLY}",
                    whole(&rest[start..(start + 12).min(rest.len())])
                ));
            };
            if start > 0 {
                parts.push(Part::Bytes(rest[..start].to_vec()));
            }
            parts.push(part(&rest[start + 2..start + 2 + length])?);
            rest = &rest[start + length + 4..];
        }
        if !rest.is_empty() {
            parts.push(Part::Bytes(rest.to_vec()));
        }
        Ok(Self::of(parts))
    }

    fn of(parts: Vec<Part>) -> Self {
        Self {
            parts,
            clock: Clock::new(Zone::Utc),
            random: Random::default(),
        }
    }

    /// Returns the payload of message number `seq`.
    pub fn fill(&mut self, seq: u64) -> Vec<u8> {
        let mut filled = Vec::new();
        for part in &self.parts {
            let text = match part {
                Part::Bytes(bytes) => {
                    filled.extend_from_slice(bytes);
                    continue;
                }
                Part::Seq => seq.to_string(),
                Part::Now => self.clock.timestamp(Time::now()),
                Part::NowMs => {
                    let micros = self.clock.wall(Time::now()).0;
                    micros.div_euclid(1000).to_string()
                }
                Part::Uuid => self.random.uuid(),
                Part::Rand(least, most) => self.random.between(*least, *most).to_string(),
            };
            filled.extend_from_slice(text.as_bytes());
        }
        filled
    }
}

/// The end of an error about braces.
const LITERALLY: &str = ", or add --literal to take braces as they are";

/// Parses what stands between two pairs of braces.
fn part(bytes: &[u8]) -> Result<Part, String> {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let shown = || format!("{{{{{}}}}}", whole(text.trim().as_bytes()));
    match words[..] {
        ["seq"] => Ok(Part::Seq),
        ["now"] => Ok(Part::Now),
        ["now_ms"] => Ok(Part::NowMs),
        ["uuid"] => Ok(Part::Uuid),
        ["rand", least, most] => match (least.parse(), most.parse()) {
            (Ok(least), Ok(most)) if least <= most => Ok(Part::Rand(least, most)),
            _ => Err(format!(
                "{} takes two whole numbers, the lower one first, such as {{{{rand 1 100}}}}",
                shown()
            )),
        },
        ["env", name] => match env::var_os(name) {
            Some(value) => Ok(Part::Bytes(value.into_vec())),
            None => Err(format!(
                "{}: the environment has no {}",
                shown(),
                whole(name.as_bytes())
            )),
        },
        ["rand", ..] => Err(format!(
            "{} takes two numbers, such as {{{{rand 1 100}}}}",
            shown()
        )),
        ["env", ..] => Err(format!(
            "{} takes one name, such as {{{{env HOME}}}}",
            shown()
        )),
        [name, ..] if NAMES.contains(&name) => {
            Err(format!("{} takes nothing after {name}", shown()))
        }
        _ => {
            let hint = suggestion(words.first().unwrap_or(&""), &NAMES);
            Err(format!(
                "unknown {}{hint}: write seq, now, now_ms, uuid, rand A B or env NAME{LITERALLY}",
                shown()
            ))
        }
    }
}

fn find(bytes: &[u8], part: [u8; 2]) -> Option<usize> {
    bytes.windows(2).position(|window| window == part)
}

/// A source of random numbers: a hash with random keys, the only source of randomness in the
/// standard library.
#[derive(Debug, Default)]
struct Random {
    state: RandomState,
    drawn: u64,
}

impl Random {
    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.state.hash_one(self.drawn)
    }

    /// Returns a number from `least` to `most`.
    fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = u128::from(most.abs_diff(least)) + 1;
        let offset = (u128::from(self.draw()) * span) >> 64;
        let drawn = i128::from(least) + i128::try_from(offset).unwrap_or_default();
        i64::try_from(drawn).unwrap_or(most)
    }

    /// Returns a UUID of version 4.
    fn uuid(&mut self) -> String {
        let bits = u128::from(self.draw()) << 64 | u128::from(self.draw());
        // The version and the variant have fixed bits.
        let bits = bits & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
        let digits = format!("{bits:032x}");
        [
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..],
        ]
        .join("-")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    fn filled(text: &str, seq: u64) -> String {
        let mut template = Template::parse(text.as_bytes()).unwrap();
        String::from_utf8(template.fill(seq)).unwrap()
    }

    #[test]
    fn values_are_filled_in() {
        assert_eq!(
            filled(r#"{"id":{{seq}},"a":{"b":{}}}"#, 7),
            r#"{"id":7,"a":{"b":{}}}"#
        );
        assert_eq!(filled("{{ rand 5 5 }}|{{rand -1 -1}}", 1), "5|-1");
        let time = filled("{{now}}", 1);
        assert!(time.len() == 27 && time.ends_with('Z'), "{time}");
        assert!(filled("{{now_ms}}", 1).parse::<u64>().unwrap() > 1_700_000_000_000);
        let path = env::var("PATH").unwrap();
        assert_eq!(filled("<{{env PATH}}>", 1), format!("<{path}>"));
        let mut bytes = Template::parse(b"\xff{{seq}}\x00").unwrap();
        assert_eq!(bytes.fill(1), b"\xff1\x00");
        let mut literal = Template::literal(b"{{seq}}".to_vec());
        assert_eq!(literal.fill(1), b"{{seq}}");
    }

    #[test]
    fn random_values_differ_and_keep_within_their_bounds() {
        let mut random = Random::default();
        let mut seen = [0; 3];
        for _ in 0..1000 {
            seen[usize::try_from(random.between(0, 2)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
        random.between(i64::MIN, i64::MAX);
        let [one, other] = [random.uuid(), random.uuid()];
        assert_ne!(one, other);
        assert_eq!((one.len(), &one[14..15]), (36, "4"));
        assert!("89ab".contains(&one[19..20]), "{one}");
    }

    #[test]
    fn mistakes_are_named_with_the_nearest_right_name() {
        for (text, problem) in [
            ("{{sek}}", "unknown {{sek}}, did you mean 'seq'?"),
            ("{{uid}}", "unknown {{uid}}, did you mean 'uuid'?"),
            ("{{}}", "unknown {{}}: write seq"),
            ("a {{seq", "{{seq is not closed"),
            ("{{rand 2 1}}", "the lower one first"),
            ("{{rand 1}}", "takes two numbers"),
            ("{{seq 1}}", "takes nothing after seq"),
            (
                "{{env NO_SUCH_VARIABLE_HERE}}",
                "the environment has no NO_SUCH",
            ),
        ] {
            let error = Template::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
