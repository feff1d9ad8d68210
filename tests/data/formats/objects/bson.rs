//! BSON: the samples are the output of `bson.encode` of `PyMongo`; the decimal numbers are from the
//! specification's tests.

use super::*;
use subscope::payload::objects::bson;

pub(super) const SAMPLES: &str = include_str!("bson.tsv");

#[test]
fn documents_written_by_pymongo_are_read() {
    for sample in samples(SAMPLES) {
        assert_sample(&sample, |format| format == Format::Bson);
        let payload = &sample.payload;
        for end in 0..payload.len() {
            assert!(bson::read(&payload[..end]).is_err());
            assert_ne!(recognise(&payload[..end], None).format, Format::Bson);
        }
    }
}

#[test]
fn types_that_other_formats_lack_are_tagged() {
    for (hex, expected) in [
        ("05000000 00", "{}"),
        ("07000000 0a 00 00", "{\"\": null}"),
        ("07000000 06 00 00", "{\"\": undefined}"),
        ("07000000 ff 00 00", "{\"\": MinKey}"),
        (
            "14000000 07 6100 507f1f77bcf86cd799439011 00",
            "{\"a\": ⟨ObjectId⟩(507f1f77bcf86cd799439011)}",
        ),
        (
            "14000000 0e 6100 08000000 73796d626f6c7300 00",
            "{\"a\": ⟨symbol⟩(\"symbols\")}",
        ),
        (
            "1a000000 0c 6100 02000000 6200 507f1f77bcf86cd799439011 00",
            "{\"a\": ⟨DBPointer⟩([\"b\", ⟨ObjectId⟩(507f1f77bcf86cd799439011)])}",
        ),
        ("0c000000 0b 6100 6100 6900 00", "{\"a\": ⟨regex⟩(/a/i)}"),
        (
            "10000000 09 6100 ffffffffffffff7f 00",
            "{\"a\": 9223372036854775807 ms since 1970}",
        ),
        ("10000000 04 6100 08000000 0a 3000 00 00", "{\"a\": [null]}"),
        // An array whose names do not count from 0.
        (
            "10000000 04 6100 08000000 0a 3100 00 00",
            "{\"a\": {\"1\": null}}",
        ),
    ] {
        let payload = bytes(hex);
        let tree = bson::read(&payload).unwrap_or_else(|error| panic!("{hex}: {error}"));
        assert_eq!(shown(&tree, &payload), expected, "{hex}");
        assert_sound(&tree, &payload);
    }
}
