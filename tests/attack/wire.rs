//! The frame decoder: its result does not depend on how the stream was split in transit.

use std::mem::{Discriminant, discriminant};

use subscope::wire::{Decoder, Limits, Part, WireError};

use crate::mutation::mutated;
use crate::random::{Random, attack};
use crate::support::cases;

const LIMITS: Limits = Limits {
    bulk: 4 << 10,
    parts: 64,
};

/// Pub/Sub frames, and others that a server may send.
const FRAMES: &[&[u8]] = &[
    b"*3\r\n$7\r\nmessage\r\n$6\r\norders\r\n$11\r\nhello\r\nthere\r\n",
    b"*4\r\n$8\r\npmessage\r\n$2\r\no*\r\n$6\r\norders\r\n$0\r\n\r\n",
    b"*3\r\n$9\r\nsubscribe\r\n$6\r\norders\r\n:1\r\n",
    b"*3\r\n$12\r\nunsubscribe\r\n\r\n$-1\r\n:0\r\n",
    b"*2\r\n$4\r\npong\r\n$0\r\n\r\n",
    b"+PONG\r\n",
    b"-ERR unknown command 'FOO', with args beginning with: \r\n",
    b":-42\r\n",
    b"$-1\r\n",
    b"*-1\r\n",
    b"*0\r\n",
    b"$5\r\n*3\r\n$\r\n",
];

/// Returns a stream of a few frames, most of them mutated.
fn stream(random: &mut Random) -> Vec<u8> {
    let samples: Vec<Vec<u8>> = FRAMES.iter().map(|frame| frame.to_vec()).collect();
    let frames = (0..=random.below(6)).map(|_| {
        if random.one_in(3) {
            mutated(random, &samples)
        } else {
            random.pick(&samples).clone()
        }
    });
    frames.collect::<Vec<_>>().concat()
}

/// The content of a stream: the values of each frame and whether the frame is an array, followed by
/// the error if the stream is invalid.
type Decoded = (
    Vec<(Vec<(Part, Option<Vec<u8>>)>, bool)>,
    Option<Discriminant<WireError>>,
);

/// Decodes `bytes`, which arrive in pieces that end at `cuts`.
fn decoded(bytes: &[u8], cuts: &[usize]) -> Decoded {
    let mut decoder = Decoder::new(LIMITS);
    let (mut frames, mut at) = (Vec::new(), 0);
    for cut in cuts {
        loop {
            let arrived = &bytes[at..*cut];
            match decoder.decode(arrived) {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    assert!(0 < frame.length && frame.length <= arrived.len());
                    assert!(frame.parts.len() <= LIMITS.parts);
                    let values = frame.parts.iter().map(|part| {
                        let text = part.text(arrived).map(<[u8]>::to_vec);
                        // Reset all positions, since they depend on how the stream was split.
                        let kind = match part {
                            Part::Bulk(_) => Part::Bulk(0..0),
                            Part::Simple(_) => Part::Simple(0..0),
                            Part::Error(_) => Part::Error(0..0),
                            other => other.clone(),
                        };
                        (kind, text)
                    });
                    frames.push((values.collect(), frame.is_array));
                    at += frame.length;
                }
                Err(error) => return (frames, Some(discriminant(&error))),
            }
        }
    }
    (frames, None)
}

#[test]
fn frames_do_not_depend_on_how_the_stream_is_split() {
    attack("frames, cut", cases::count(6000), stream, |bytes| {
        let whole = decoded(bytes, &[bytes.len()]);
        let mut random = Random::new(bytes.len() as u64);
        let cuts = random.cuts(bytes.len());
        assert_eq!(decoded(bytes, &cuts), whole, "cut at {cuts:?}");
    });
}

#[test]
fn the_last_value_is_announced_at_its_final_position() {
    attack("last values", cases::count(300), stream, |bytes| {
        let mut decoder = Decoder::new(LIMITS);
        let Ok(Some(frame)) = decoder.decode(bytes) else {
            return;
        };
        let (length, last) = (frame.length, frame.parts.last().cloned());
        for end in 0..length {
            let mut decoder = Decoder::new(LIMITS);
            assert_eq!(decoder.decode(&bytes[..end]), Ok(None), "at {end}");
            if let Some(announced) = decoder.last_bulk(&bytes[..end]) {
                let place = announced.start..announced.start + announced.length;
                assert_eq!(last, Some(Part::Bulk(place)), "at {end}");
            }
        }
    });
}
