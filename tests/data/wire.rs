//! Properties of the RESP decoders and encoders, with other decoders as the reference.

use crate::support::cases;
use proptest::collection::vec;
use proptest::prelude::*;
use redis_protocol::resp2::decode::decode_range;
use redis_protocol::resp2::types::RangeFrame;
use subscope::wire::{self, AnyFrame, Decoder, Limits, Part, WireError};

const LIMITS: Limits = Limits {
    bulk: 1 << 20,
    parts: 1000,
};

/// A value that a frame may contain.
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
            Self::Error(text) => out.extend_from_slice(format!("-{text}\r\n").as_bytes()),
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

/// A frame's expected values and its encoding.
#[derive(Clone, Debug)]
struct Written {
    values: Vec<Value>,
    is_array: bool,
    bytes: Vec<u8>,
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => vec(any::<u8>(), 0..40).prop_map(Value::Bulk),
        // Bytes that look like protocol syntax.
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

/// Converts a flat frame of the reference decoder to our types; `None` if it is not flat.
fn flat_frame(frame: RangeFrame) -> Option<(Vec<Part>, bool)> {
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
    fn a_frame_is_decoded_as_it_was_encoded(written in frame(), rest in vec(any::<u8>(), 0..20)) {
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
    fn a_frame_is_decoded_as_by_another_decoder(written in frame()) {
        let (theirs, length) = decode_range(&written.bytes).unwrap().unwrap();
        let mut decoder = Decoder::new(LIMITS);
        let frame = decoder.decode(&written.bytes).unwrap().unwrap();
        prop_assert_eq!(frame.length, length);
        prop_assert_eq!(Some((frame.parts.to_vec(), frame.is_array)), flat_frame(theirs));
    }

    #[test]
    fn a_truncated_frame_is_incomplete(written in frame()) {
        let mut decoder = Decoder::new(LIMITS);
        for end in 0..written.bytes.len() {
            let cut = decoder.decode(&written.bytes[..end]).unwrap();
            prop_assert!(cut.is_none(), "at {}: {:?}", end, cut);
        }
    }

    #[test]
    fn corrupted_frames_are_handled_safely(
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
    fn any_bytes_are_handled_safely(bytes in vec(any::<u8>(), 0..100)) {
        check_untrusted(&bytes)?;
    }

    #[test]
    fn protocol_characters_in_any_order_are_handled_safely(text in "[*$:+\\-0-3\r\n]{0,40}") {
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

/// Checks that, for any bytes, all parts lie within them, a frame agrees with the reference
/// decoder, and rejected input stays rejected when more bytes arrive.
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
            prop_assert_eq!(
                Some((frame.parts.to_vec(), frame.is_array)),
                flat_frame(theirs)
            );
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
fn an_invalid_frame_is_refused_with_the_reason() {
    assert_eq!(error_of(b"HTTP/1.1"), WireError::UnknownType(b'H'));
    assert_eq!(error_of(b"*-2\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b"$-2\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b":1x\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b":\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b":+\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b":+-1\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b":9223372036854775808\r\n"), WireError::BadNumber);
    assert_eq!(error_of(b"$1\r\nab\r\n"), WireError::MissingLineEnd);
    assert_eq!(error_of(b"+a\rb"), WireError::MissingLineEnd);
}

#[test]
fn a_frame_that_is_not_flat_is_left_to_the_other_decoder() {
    let frames: [&[u8]; 13] = [
        b"*1\r\n*0\r\n",
        b"*1001\r\n",
        b"%1\r\n",
        b"~1\r\n",
        b"|1\r\n",
        b"*?\r\n",
        b"$?\r\n",
        b"_\r\n",
        b"#t\r\n",
        b",1\r\n",
        b"(1\r\n",
        b"!1\r\n",
        b"*1\r\n=5\r\n",
    ];
    for frame in frames {
        assert_eq!(
            error_of(frame),
            WireError::NotFlat,
            "{}",
            frame.escape_ascii()
        );
    }
}

#[test]
fn a_push_is_an_array_and_a_null_array_is_flat() {
    let mut decoder = Decoder::new(LIMITS);
    let frame = decoder.decode(b">2\r\n:1\r\n*-1\r\n").unwrap().unwrap();
    assert_eq!(frame.parts, [Part::Integer(1), Part::Null]);
    assert!(frame.is_array);
}

#[test]
fn a_number_is_the_same_whole_or_in_pieces() {
    let zeros = |count: usize| [b":", &*vec![b'0'; count], b"5\r\n"].concat();
    let numbers: [(Vec<u8>, Option<i64>); 6] = [
        (b":+5\r\n".to_vec(), Some(5)),
        (b":-5\r\n".to_vec(), Some(-5)),
        (b":+0\r\n".to_vec(), Some(0)),
        (zeros(31), Some(5)),
        (zeros(32), None),
        (zeros(1000), None),
    ];
    for (bytes, expected) in numbers {
        let outcome = |end: usize| {
            let mut decoder = Decoder::new(LIMITS);
            let outcome = decoder.decode(&bytes[..end]);
            outcome.map(|frame| frame.map(|frame| frame.parts.to_vec()))
        };
        let whole = expected.map_or(Err(WireError::BadNumber), |number| {
            Ok(Some(vec![Part::Integer(number)]))
        });
        assert_eq!(outcome(bytes.len()), whole, "{}", bytes.escape_ascii());
        // A truncated frame is incomplete, or rejected with the same error as the whole frame.
        for end in 0..bytes.len() {
            let cut = outcome(end);
            assert!(
                cut == Ok(None) || (cut.is_err() && cut == whole),
                "{end}: {cut:?}"
            );
        }
    }
}

#[test]
fn a_length_over_the_limit_is_refused_before_its_bytes_arrive() {
    let too_long = |length, limit| WireError::TooLong { length, limit };
    assert_eq!(error_of(b"$1048577\r\n"), too_long(1_048_577, LIMITS.bulk));
    let line = [b"+".to_vec(), vec![b'x'; (64 << 10) + 1]].concat();
    assert!(matches!(error_of(&line), WireError::TooLong { .. }));
    let digits = [b":".as_slice(), &[b'0'; 100]].concat();
    assert_eq!(error_of(&digits), WireError::BadNumber);
}

/// A RESP3 value: its encoding and the text expected for it.
#[derive(Clone, Debug)]
struct Sample {
    bytes: Vec<u8>,
    text: String,
}

fn sample(bytes: impl Into<Vec<u8>>, text: impl Into<String>) -> Sample {
    Sample {
        bytes: bytes.into(),
        text: text.into(),
    }
}

fn any_string() -> impl Strategy<Value = Sample> {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    prop_oneof![
        "[a-z\"\\\\\r\nü]{0,8}".prop_map(move |text| {
            let bytes = format!("${}\r\n{text}\r\n", text.len());
            sample(bytes, quoted(&text))
        }),
        "[a-z:]{0,8}".prop_map(move |text| sample(format!("+{text}\r\n"), quoted(&text))),
        "[a-z:]{0,8}".prop_map(move |text| {
            sample(format!("-{text}\r\n"), format!("error {}", quoted(&text)))
        }),
        "[a-z:]{0,8}".prop_map(move |text| {
            let bytes = format!("=4\r\ntxt:\r\n!{}\r\n{text}\r\n", text.len());
            sample(
                format!("*2\r\n{bytes}"),
                format!("[\"\",error {}]", quoted(&text)),
            )
        }),
        vec("[a-z]{1,5}", 0..4).prop_map(move |chunks| {
            let parts = chunks
                .iter()
                .map(|chunk| format!(";{}\r\n{chunk}\r\n", chunk.len()));
            let bytes = format!("$?\r\n{};0\r\n", parts.collect::<String>());
            sample(bytes, quoted(&chunks.concat()))
        }),
    ]
}

fn any_value() -> impl Strategy<Value = Sample> {
    let scalar = prop_oneof![
        4 => any_string(),
        1 => proptest::num::i64::ANY.prop_map(|n| sample(format!(":{n}\r\n"), n.to_string())),
        1 => prop::sample::select(&["_", "*-1", "$-1"][..])
            .prop_map(|null| sample(format!("{null}\r\n"), "null")),
        1 => Just(sample("#t\r\n", "true")),
        1 => Just(sample(",-1.5e3\r\n", "-1.5e3")),
        1 => Just(sample("(123456789012345678901234567890\r\n", "123456789012345678901234567890")),
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        let kinds = prop::sample::select(&b"*~>%|"[..]);
        (kinds, vec(inner, 0..5), any_string(), proptest::bool::ANY).prop_map(aggregate)
    })
}

/// Returns an aggregate of `values`. In a map, `key` precedes each of them. An attribute is
/// followed by a value.
fn aggregate((kind, values, key, is_streamed): (u8, Vec<Sample>, Sample, bool)) -> Sample {
    let is_map = matches!(kind, b'%' | b'|');
    let count = if is_streamed {
        "?".into()
    } else {
        values.len().to_string()
    };
    let mut bytes = [&[kind][..], count.as_bytes(), b"\r\n"].concat();
    let mut texts = Vec::new();
    for value in values {
        if is_map {
            bytes.extend(&key.bytes);
            texts.push(format!("{}:{}", key.text, value.text));
        } else {
            texts.push(value.text);
        }
        bytes.extend(value.bytes);
    }
    if is_streamed {
        bytes.extend(b".\r\n");
    }
    match kind {
        b'|' => {
            // Wrapped in an array, because a standalone attribute would be a frame of its own.
            bytes.splice(0..0, *b"*1\r\n");
            bytes.extend(b":1\r\n");
            sample(bytes, "[1]")
        }
        b'%' => sample(bytes, format!("{{{}}}", texts.join(","))),
        _ => sample(bytes, format!("[{}]", texts.join(","))),
    }
}

proptest! {
    #![proptest_config(cases::config(256))]

    #[test]
    fn any_frame_is_read_in_full_however_it_is_split(
        value in any_value(),
        cuts in vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let bytes = [&value.bytes[..], b"*1\r\n"].concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        cuts.push(bytes.len());
        let mut frame = AnyFrame::new(LIMITS.bulk, 1 << 20);
        let mut taken = 0;
        for cut in cuts {
            taken += frame.take_in(&bytes[taken..cut]).unwrap();
        }
        prop_assert!(frame.is_done());
        prop_assert_eq!(taken, value.bytes.len());
        prop_assert_eq!(frame.into_text(), value.text);
    }

    #[test]
    fn any_frame_is_consumed_in_full_even_if_its_text_is_truncated(value in any_value(), room in 0_usize..40) {
        let mut frame = AnyFrame::new(LIMITS.bulk, room);
        prop_assert_eq!(frame.take_in(&value.bytes), Ok(value.bytes.len()));
        prop_assert!(frame.is_done());
        // Each level of nesting adds the count of the values that it omits.
        prop_assert!(frame.into_text().len() <= room + 300);
    }

    #[test]
    fn the_text_decoder_survives_protocol_characters_in_any_order(text in "[*$:+\\-0-3\r\n%~>|_#,(!=?;.t]{0,60}") {
        let mut frame = AnyFrame::new(LIMITS.bulk, 100);
        if let Ok(taken) = frame.take_in(text.as_bytes()) {
            prop_assert!(taken <= text.len());
        }
    }

    #[test]
    fn any_frame_ends_where_another_decoder_says(text in "[*$:+\\-0-3\r\n%~_#t]{0,60}") {
        let mut frame = AnyFrame::new(LIMITS.bulk, 100);
        let taken = frame.take_in(text.as_bytes());
        let theirs = redis_protocol::resp3::decode::complete::decode_range(text.as_bytes());
        if let (Ok(taken), true, Ok(Some((_, length)))) = (taken, frame.is_done(), theirs) {
            prop_assert_eq!(taken, length);
        }
    }
}

/// Returns the text of a frame that arrives in one piece, limited to 40 bytes.
fn text_of(bytes: &[u8]) -> String {
    let mut frame = AnyFrame::new(LIMITS.bulk, 40);
    assert_eq!(
        frame.take_in(bytes),
        Ok(bytes.len()),
        "{}",
        bytes.escape_ascii()
    );
    assert!(frame.is_done());
    frame.into_text()
}

#[test]
fn the_text_of_a_frame_is_bounded_and_says_what_is_omitted() {
    let many = [&b"*1000\r\n"[..], &b"$3\r\nkey\r\n".repeat(1000)].concat();
    let text = text_of(&many);
    assert_eq!(text, format!("[{}\"… 993 more\"]", "\"key\",".repeat(7)));
    let long = [&b"$1000\r\n"[..], &[b'x'; 1000], b"\r\n"].concat();
    assert_eq!(text_of(&long), format!("\"{}…\"", "x".repeat(40)));
    assert_eq!(text_of(b"$3\r\na\xffb\r\n"), r#""a\\xffb""#);
}

#[test]
fn an_attribute_is_omitted_even_with_little_room() {
    let bytes = b"*1\r\n|1\r\n$0\r\n\r\n*1\r\n*?\r\n.\r\n:1\r\n";
    for room in [0, 1, 40] {
        let mut frame = AnyFrame::new(LIMITS.bulk, room);
        assert_eq!(frame.take_in(bytes), Ok(bytes.len()));
        assert!(frame.is_done());
        assert!(frame.into_text().len() <= 40);
    }
    assert_eq!(text_of(bytes), "[1]");
}

#[test]
fn depth_is_bounded_without_using_memory() {
    let deep = [&b"*2\r\n:1\r\n".repeat(100_000)[..], b":2\r\n"].concat();
    let text = AnyFrame::new(LIMITS.bulk, 1 << 20);
    let mut frame = text;
    assert_eq!(frame.take_in(&deep), Ok(deep.len()));
    assert!(frame.is_done());
    assert_eq!(
        frame.into_text(),
        format!("{}…{}", "[1,".repeat(32), "]".repeat(32))
    );
    let streamed = b"*?\r\n".repeat(100);
    assert_eq!(
        AnyFrame::new(LIMITS.bulk, 40).take_in(&streamed),
        Err(WireError::TooDeep)
    );
}

#[test]
fn bytes_without_valid_framing_are_refused() {
    for (bytes, error) in [
        (&b"*1\r\nHTTP"[..], WireError::UnknownType(b'H')),
        (b".\r\n", WireError::UnknownType(b'.')),
        (b"*1\r\n.\r\n", WireError::UnknownType(b'.')),
        (b"$?\r\n$1\r\n", WireError::UnknownType(b'$')),
        (b"*?\r\n.x\r\n", WireError::MissingLineEnd),
        (b"*?x\r\n", WireError::MissingLineEnd),
        (b"*-2\r\n", WireError::BadNumber),
        (b"#x\r\n", WireError::BadNumber),
        (b"_x\r\n", WireError::BadNumber),
        (b",\r\n", WireError::BadNumber),
        (b"(12z\r\n", WireError::BadNumber),
        (
            b"%2147483648\r\n",
            WireError::TooLong {
                length: 1 << 31,
                limit: (1 << 31) - 1,
            },
        ),
    ] {
        let mut frame = AnyFrame::new(LIMITS.bulk, 40);
        assert_eq!(frame.take_in(bytes), Err(error), "{}", bytes.escape_ascii());
    }
}
