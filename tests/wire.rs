//! Properties of the RESP2 decoder and encoders, with another RESP2 decoder as their judge.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "support/cases.rs"]
mod cases;

use proptest::collection::vec;
use proptest::prelude::*;
use redis_protocol::resp2::decode::decode_range;
use redis_protocol::resp2::types::RangeFrame;
use subscope::wire::{self, Decoder, Limits, Part, WireError};

const LIMITS: Limits = Limits {
    bulk: 1 << 20,
    parts: 1000,
};

/// A value that a frame may hold.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Bulk(Vec<u8>),
    Simple(String),
    Error(String),
    Integer(i64),
    Null,
}

impl Value {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bulk(bytes) => wire::put_bulk(out, bytes),
            Self::Simple(text) => wire::put_simple(out, text),
            Self::Error(text) => wire::put_error(out, text),
            Self::Integer(value) => wire::put_integer(out, *value),
            Self::Null => wire::put_null(out),
        }
    }

    fn of_part(part: &Part, bytes: &[u8]) -> Self {
        let text = || String::from_utf8(part.text(bytes).unwrap().to_vec()).unwrap();
        match part {
            Part::Bulk(range) => Self::Bulk(bytes[range.clone()].to_vec()),
            Part::Simple(_) => Self::Simple(text()),
            Part::Error(_) => Self::Error(text()),
            Part::Integer(value) => Self::Integer(*value),
            Part::Null => Self::Null,
        }
    }
}

/// A frame as it is meant and as it is written.
#[derive(Clone, Debug)]
struct Written {
    values: Vec<Value>,
    is_array: bool,
    bytes: Vec<u8>,
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => vec(any::<u8>(), 0..40).prop_map(Value::Bulk),
        // Bytes that look like the protocol's own.
        2 => "[*$:+\\-0-9\r\n]{0,20}".prop_map(|text| Value::Bulk(text.into_bytes())),
        1 => "[^\r\n]{0,20}".prop_map(Value::Simple),
        1 => "[^\r\n]{0,20}".prop_map(Value::Error),
        2 => any::<i64>().prop_map(Value::Integer),
        1 => Just(Value::Integer(i64::MIN)),
        1 => Just(Value::Null),
    ]
}

fn frame() -> impl Strategy<Value = Written> {
    let array = vec(value(), 0..8).prop_map(|values| {
        let mut bytes = Vec::new();
        wire::put_array(&mut bytes, values.len());
        for value in &values {
            value.put(&mut bytes);
        }
        Written {
            values,
            is_array: true,
            bytes,
        }
    });
    let single = value().prop_map(|value| {
        let mut bytes = Vec::new();
        value.put(&mut bytes);
        Written {
            values: vec![value],
            is_array: false,
            bytes,
        }
    });
    prop_oneof![4 => array, 1 => single]
}

/// What the judge makes of a flat frame, in our terms; nothing if it is not flat.
fn judged(frame: RangeFrame) -> Option<(Vec<Part>, bool)> {
    let part = |frame| match frame {
        RangeFrame::SimpleString((start, end)) => Some(Part::Simple(start..end)),
        RangeFrame::Error((start, end)) => Some(Part::Error(start..end)),
        RangeFrame::BulkString((start, end)) => Some(Part::Bulk(start..end)),
        RangeFrame::Integer(value) => Some(Part::Integer(value)),
        RangeFrame::Null => Some(Part::Null),
        RangeFrame::Array(_) => None,
    };
    match frame {
        RangeFrame::Array(frames) => {
            let parts: Option<Vec<Part>> = frames.into_iter().map(part).collect();
            parts.map(|parts| (parts, true))
        }
        single => part(single).map(|part| (vec![part], false)),
    }
}

fn in_bounds(part: &Part, length: usize) -> bool {
    match part {
        Part::Bulk(range) | Part::Simple(range) | Part::Error(range) => {
            range.start <= range.end && range.end <= length
        }
        Part::Integer(_) | Part::Null => true,
    }
}

proptest! {
    #![proptest_config(cases::config(256))]

    #[test]
    fn a_frame_is_read_as_it_was_written(written in frame(), rest in vec(any::<u8>(), 0..20)) {
        let bytes = [written.bytes.as_slice(), &rest].concat();
        let mut decoder = Decoder::new(LIMITS);
        let frame = decoder.decode(&bytes).unwrap().unwrap();
        prop_assert_eq!(frame.length, written.bytes.len());
        prop_assert_eq!(frame.is_array, written.is_array);
        let values: Vec<Value> =
            frame.parts.iter().map(|part| Value::of_part(part, &bytes)).collect();
        prop_assert_eq!(values, written.values);
    }

    #[test]
    fn a_frame_is_read_as_another_decoder_reads_it(written in frame()) {
        let (theirs, length) = decode_range(&written.bytes).unwrap().unwrap();
        let mut decoder = Decoder::new(LIMITS);
        let frame = decoder.decode(&written.bytes).unwrap().unwrap();
        prop_assert_eq!(frame.length, length);
        prop_assert_eq!(Some((frame.parts.to_vec(), frame.is_array)), judged(theirs));
    }

    #[test]
    fn a_frame_cut_short_is_waited_for(written in frame()) {
        let mut decoder = Decoder::new(LIMITS);
        for end in 0..written.bytes.len() {
            let cut = decoder.decode(&written.bytes[..end]).unwrap();
            prop_assert!(cut.is_none(), "at {}: {:?}", end, cut);
        }
    }

    #[test]
    fn spoilt_bytes_are_survived(
        written in frame(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = written.bytes;
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        check_untrusted(&bytes)?;
    }

    #[test]
    fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..100)) {
        check_untrusted(&bytes)?;
    }

    #[test]
    fn bytes_of_the_protocols_own_are_survived(text in "[*$:+\\-0-3\r\n]{0,40}") {
        check_untrusted(text.as_bytes())?;
    }

    #[test]
    fn a_command_is_an_array_of_bulk_strings(arguments in vec(vec(any::<u8>(), 0..20), 1..6)) {
        let mut bytes = Vec::new();
        wire::put_command(&mut bytes, &arguments);
        let mut decoder = Decoder::new(LIMITS);
        let frame = decoder.decode(&bytes).unwrap().unwrap();
        let values: Vec<Value> =
            frame.parts.iter().map(|part| Value::of_part(part, &bytes)).collect();
        prop_assert_eq!(values, arguments.into_iter().map(Value::Bulk).collect::<Vec<_>>());
    }
}

/// Whatever the bytes, nothing lies outside them, a frame is what the judge takes it for, and
/// what is refused stays refused when more bytes come.
fn check_untrusted(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut decoder = Decoder::new(LIMITS);
    let refused = match decoder.decode(bytes) {
        Ok(None) => return Ok(()),
        Ok(Some(frame)) => {
            prop_assert!(frame.length <= bytes.len());
            for part in frame.parts {
                prop_assert!(in_bounds(part, frame.length), "{:?}", part);
            }
            let (theirs, length) = decode_range(bytes).unwrap().unwrap();
            prop_assert_eq!(frame.length, length);
            prop_assert_eq!(Some((frame.parts.to_vec(), frame.is_array)), judged(theirs));
            return Ok(());
        }
        Err(error) => error,
    };
    let more = [bytes, b"\r\n$1\r\n"].concat();
    prop_assert_eq!(decoder.decode(&more).unwrap_err(), refused);
    Ok(())
}

fn error_of(bytes: &[u8]) -> WireError {
    Decoder::new(LIMITS).decode(bytes).unwrap_err()
}

#[test]
fn what_is_not_a_flat_frame_is_refused_with_its_reason() {
    assert_eq!(error_of(b"%1\r\n"), WireError::UnknownType(b'%'));
    assert_eq!(error_of(b"*1\r\n*0\r\n"), WireError::NestedArray);
    assert_eq!(error_of(b"*-2\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b"$-2\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b":1x\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b":\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b":9223372036854775808\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b"$1\r\nab\r\n"), WireError::MissingLineEnd);
    assert_eq!(error_of(b"+a\rb"), WireError::MissingLineEnd);
}

#[test]
fn a_length_over_the_limit_is_refused_before_its_bytes_come() {
    let too_long = |length, limit| WireError::TooLong { length, limit };
    assert_eq!(error_of(b"$1048577\r\n"), too_long(1_048_577, LIMITS.bulk));
    assert_eq!(error_of(b"*1001\r\n"), too_long(1001, LIMITS.parts));
    let line = [b"+".to_vec(), vec![b'x'; (64 << 10) + 1]].concat();
    assert!(matches!(error_of(&line), WireError::TooLong { .. }));
    let digits = [b":".as_slice(), &[b'0'; 100]].concat();
    assert_eq!(error_of(&digits), WireError::BadNumber);
}
