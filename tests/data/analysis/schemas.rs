//! Messages checked against a JSON Schema.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use subscope::message::RowId;
use subscope::workers::analysis::{
    Channels, Check, CheckId, Findings, JsonSchema, Report, SchemaReport,
};

use crate::analysis::checked_log::CheckedLog;

const ORDER: &str = r##"{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "items"],
    "additionalProperties": false,
    "properties": {
        "id": { "type": "integer", "minimum": 1 },
        "state": { "enum": ["new", "paid"] },
        "note": { "type": ["string", "null"], "maxLength": 5, "pattern": "^\\p{L}*$" },
        "items": {
            "type": "array",
            "items": { "$ref": "#/$defs/item" },
            "minItems": 1,
            "uniqueItems": true
        },
        "body": { "type": "string" }
    },
    "$defs": {
        "item": {
            "type": "object",
            "required": ["sku"],
            "properties": { "sku": { "type": "string" }, "odd key": { "const": 1 } }
        }
    }
}"##;

fn no_file(path: &Path) -> Result<Vec<u8>, String> {
    Err(format!("{} cannot be read: no such file", path.display()))
}

fn checking(schema: &str) -> (CheckedLog, CheckId) {
    let schema = JsonSchema::read("order.json", schema.as_bytes(), no_file).unwrap();
    CheckedLog::checking(Check::Schema(Channels::new(b"orders*"), schema))
}

fn report(checked: &CheckedLog, check: CheckId) -> SchemaReport {
    match checked.report(check) {
        Report::Schema(report) => report,
        other => panic!("{other:?}"),
    }
}

/// Returns the text of the findings on one message.
fn words(checked: &mut CheckedLog, payload: &[u8]) -> Vec<String> {
    let found = checked.receive([("orders", payload)]);
    found.iter().map(|one| one.what.to_string()).collect()
}

#[test]
fn each_violation_names_its_path_and_what_is_wrong() {
    let (mut checked, check) = checking(ORDER);
    for (payload, expected) in [
        (r#"{"id":1,"items":[{"sku":"a"}]}"#, ""),
        (r#"{"id":1.0,"items":[{"sku":"a"}],"note":null}"#, ""),
        (r#"{"items":[{"sku":"a"}]}"#, "✗ .id missing"),
        (
            r#"{"id":"1","items":[{"sku":"a"}]}"#,
            "✗ .id string, not integer",
        ),
        (
            r#"{"id":1.5,"items":[{"sku":"a"}]}"#,
            "✗ .id number, not integer",
        ),
        (r#"{"id":0,"items":[{"sku":"a"}]}"#, "✗ .id less than 1"),
        (
            r#"{"id":1,"items":[{"sku":"a"},{"sku":2,"odd key":2}]}"#,
            r#"✗ .items[1].sku number, not string  ✗ .items[1]."odd key" not 1"#,
        ),
        (r#"{"id":1,"items":[{}]}"#, "✗ .items[0].sku missing"),
        (r#"{"id":1,"items":[]}"#, "✗ .items fewer than 1 items"),
        (
            r#"{"id":1,"items":[{"sku":"a"},{"sku":"a"}]}"#,
            "✗ .items repeated items",
        ),
        (
            r#"{"id":1,"items":[{"sku":"a"}],"state":"lost","x":1}"#,
            r#"✗ .state not one of ["new","paid"]  ✗ . unexpected x"#,
        ),
        (
            r#"{"id":1,"items":[{"sku":"a"}],"note":"a b c d"}"#,
            r"✗ .note longer than 5  ✗ .note does not match /^\p{L}*$/",
        ),
        ("[]", "✗ . array, not object"),
        ("7", "✗ . number, not object"),
        ("plain text", "✗ not JSON, nor another format with values"),
        (r#"{"id":1"#, "✗ not JSON, nor another format with values"),
    ] {
        let found = words(&mut checked, payload.as_bytes());
        // The order of the violations is the library's own.
        let sorted = |words: &str| {
            let mut parts: Vec<String> = words.split("  ").map(str::to_owned).collect();
            parts.sort();
            parts
        };
        assert_eq!(sorted(&found.concat()), sorted(expected), "{payload}");
    }
    let report = report(&checked, check);
    assert_eq!((report.valid, report.invalid, report.unread), (2, 14, 0));
}

#[test]
fn a_value_that_matches_no_alternative_is_compared_with_the_closest_one() {
    let schema = r#"{"anyOf": [
        {"properties": {"kind": {"const": "a"}, "x": {"type": "string"}}},
        {"properties": {"kind": {"const": "b"}}, "required": ["y"]}
    ]}"#;
    let (mut checked, _) = checking(schema);
    let found = words(&mut checked, br#"{"kind":"b","x":1}"#);
    assert_eq!(found, ["✗ . matches no schema of anyOf: .y missing"]);
}

#[test]
fn what_is_checked_is_the_decoded_value() {
    let (mut checked, _) = checking(ORDER);
    let good = br#"{"id":1,"items":[{"sku":"a"}]}"#;
    let bad = br#"{"id":"x","items":[{"sku":"a"}]}"#;
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let as_string = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        serde_json::to_vec(&text).unwrap()
    };
    // {"id": 1, "items": [{"sku": "a"}]} and {"id": true, …}.
    let msgpack = |id: u8| {
        let items = b"\xa5items\x91\x81\xa3sku\xa1a";
        [&b"\x82\xa2id"[..], &[id], &items[..]].concat()
    };
    for payload in [&good[..], &gzip(good), &as_string(good), &msgpack(1)] {
        assert_eq!(words(&mut checked, payload), [""; 0], "{payload:?}");
    }
    for payload in [&bad[..], &gzip(bad), &as_string(bad)] {
        assert_eq!(words(&mut checked, payload), ["✗ .id string, not integer"]);
    }
    let found = words(&mut checked, &msgpack(0xc3));
    assert_eq!(found, ["✗ .id boolean, not integer"]);
    // A string stays a string, even if it holds JSON.
    let nested = br#"{"id":1,"items":[{"sku":"a"}],"body":"{\"a\":1}"}"#;
    assert_eq!(words(&mut checked, nested), [""; 0]);
}

#[test]
fn channels_without_a_schema_are_not_checked() {
    let (mut checked, check) = checking(ORDER);
    assert_eq!(checked.words("other", "[]"), [""; 0]);
    assert_eq!(checked.words("orders:eu", "[]").len(), 1);
    let report = report(&checked, check);
    assert_eq!((&*report.channel, report.invalid), (&b"orders:eu"[..], 1));
}

#[test]
fn flagged_rows_are_kept_even_if_the_texts_are_not() {
    let (mut checked, _) = checking(ORDER);
    let mut findings = Findings::default();
    for payload in ["[]", r#"{"id":1,"items":[{"sku":"a"}]}"#, "x"] {
        findings.add(checked.receive([("orders", payload.as_bytes())]));
    }
    let all = RowId(0)..RowId(3);
    assert_eq!(findings.invalid_in(all.clone()), [RowId(0), RowId(2)]);
    assert_eq!(findings.drift_in(all.clone()), []);
    findings.forget(&(RowId(0)..RowId(1)));
    assert_eq!(findings.invalid_in(all), [RowId(2)]);
}

#[test]
fn a_schema_that_cannot_be_used_says_why() {
    for (schema, expected) in [
        ("{", "not JSON: EOF while parsing"),
        ("[1]", "not a JSON Schema: it must be an object"),
        (
            r#"{"properties":{"a":{"type":"strng"}}}"#,
            "not a JSON Schema: .properties.a.type: matches no schema of anyOf: \
             .properties.a.type not one of [\"array\",",
        ),
        (
            r#"{"properties":{"a":{"pattern":"(?=x)y"}}}"#,
            "\"(?=x)y\" at .properties.a.pattern is not a regular expression without lookaround",
        ),
        (
            r#"{"$ref":"https://example.com/order.json"}"#,
            "https://example.com/order.json is not a file in the folder of the schema or below it, and nothing is fetched",
        ),
        (
            r#"{"$ref":"common.json#/item"}"#,
            "not complete: common.json cannot be read: no such file",
        ),
        (
            r##"{"$ref":"#/$defs/missing"}"##,
            "not complete: Pointer '/$defs/missing' does not exist",
        ),
    ] {
        let error = JsonSchema::read("s", schema.as_bytes(), no_file).unwrap_err();
        assert!(error.contains(expected), "{schema}: {error}");
    }
}

/// Reads a schema whose files are `files`.
fn schema_of(files: Vec<(&'static str, &'static str)>) -> Result<JsonSchema, String> {
    let (name, schema) = files[0];
    JsonSchema::read(name, schema.as_bytes(), move |path| {
        let mut files = files.iter();
        let file = files.find(|(name, _)| path == Path::new(name));
        let (_, text) = file.ok_or_else(|| format!("no file {}", path.display()))?;
        Ok(text.as_bytes().to_owned())
    })
}

#[test]
fn a_schema_may_refer_to_files_in_its_folder() {
    let item = r#"{"properties":{"sku":{"$ref":"../types/sku%20x.json#/$defs/sku"}}}"#;
    let sku = r#"{"$defs":{"sku":{"type":"string"}}}"#;
    let refers = r#"{"items":{"$ref":"parts/item.json"}}"#;
    let plain = vec![
        ("order.json", refers),
        ("parts/item.json", item),
        ("types/sku x.json", sku),
    ];
    // The URI of a schema takes the place of its path.
    let named = vec![
        (
            "order.json",
            r#"{"$id":"https://example.com/s/order.json","items":{"$ref":"parts/item.json"}}"#,
        ),
        ("parts/item.json", item),
        ("types/sku x.json", sku),
    ];
    let named_part = vec![
        ("order.json", refers),
        (
            "parts/item.json",
            r#"{"$id":"https://example.com/s/item.json","properties":{"sku":{"$ref":"sku.json"}}}"#,
        ),
        ("parts/sku.json", r#"{"type":"string"}"#),
    ];
    for files in [plain, named, named_part] {
        let schema = schema_of(files).unwrap();
        assert_eq!(schema.violations(br#"[{"sku":"a"}]"#), Some(Vec::new()));
        assert_eq!(schema.violations(br#"[{"sku":1}]"#).unwrap().len(), 1);
    }
}

#[test]
fn references_out_of_the_folder_and_too_many_of_them_are_refused() {
    for reference in [
        "../x.json",
        "/x.json",
        "a/%2e%2e/../../x.json",
        "%2Fetc/hosts",
        "http://a/x",
    ] {
        let schema = format!(r#"{{"$ref":"{reference}"}}"#);
        let read = |path: &Path| -> Result<Vec<u8>, String> { panic!("{}", path.display()) };
        let error = JsonSchema::read("s", schema.as_bytes(), read).unwrap_err();
        assert!(
            error.contains("is not a file in the folder of the schema"),
            "{error}"
        );
    }
    let endless = |path: &Path| {
        let number: u32 = path
            .to_str()
            .unwrap_or_default()
            .parse()
            .unwrap_or_default();
        Ok(format!(r#"{{"$ref":"{}"}}"#, number + 1).into_bytes())
    };
    let error = JsonSchema::read("s", br#"{"$ref":"1"}"#, endless).unwrap_err();
    assert_eq!(error, "not complete: it refers to more than 64 files");
    let large = |_: &Path| Ok(vec![b' '; 9 << 20]);
    let error = JsonSchema::read("s", br#"{"$ref":"1"}"#, large).unwrap_err();
    assert_eq!(error, "not complete: it refers to files of more than 8 MiB");
}

#[test]
fn messages_that_are_too_large_are_counted_but_not_flagged() {
    let (mut checked, check) = checking(r##"{"items":{"$ref":"#"},"type":"array"}"##);
    let long = format!("[{}]", "[],".repeat(400_000) + "1");
    assert_eq!(words(&mut checked, long.as_bytes()), [""; 0]);
    assert_eq!(report(&checked, check).unread, 1);
    // The innermost levels of nesting are at the limits of the two parsers.
    for depth in 100..140 {
        let deep = "[".repeat(depth) + &"]".repeat(depth);
        let found = words(&mut checked, deep.as_bytes()).concat();
        assert!(matches!(
            &*found,
            "" | "✗ not JSON, nor another format with values"
        ));
    }
    assert_eq!(words(&mut checked, b"[[[[1]]]]").len(), 1);
}

#[test]
fn only_some_of_many_violations_are_listed() {
    let (mut checked, _) = checking(r#"{"items":{"type":"string"}}"#);
    let found = words(&mut checked, b"[1,2,3,4,5,6,7]").concat();
    let expected = "✗ .[0] number, not string  ✗ .[1] number, not string  \
                    ✗ .[2] number, not string  ✗ .[3] number, not string  \
                    ✗ .[4] number, not string  and 2 more";
    assert_eq!(found, expected);
    let many = format!("[{}]", "1,".repeat(100_000) + "1");
    let found = words(&mut checked, many.as_bytes()).concat();
    assert_eq!(found, "✗ .[0] number, not string  and perhaps more");
}

#[test]
fn hostile_values_do_not_take_long() {
    let schema = r#"{
        "additionalProperties": { "type": "integer", "multipleOf": 7, "maximum": 5 },
        "patternProperties": { "^(a+)+$": { "pattern": "^(a|a?)+$", "format": "regex" } },
        "items": { "uniqueItems": true, "const": 1 }
    }"#;
    let (mut checked, _) = checking(schema);
    // Numbers that take long to compare are not compared.
    for number in ["1e81", "-1E-80", "1e99999999999"] {
        let payload = format!("[{number}]");
        assert_eq!(words(&mut checked, payload.as_bytes()), [""; 0]);
    }
    assert_eq!(words(&mut checked, b"[1e70]").len(), 1);
    let name = "a".repeat(300) + "b";
    for payload in [
        format!(r#"{{"{name}":1e70}}"#),
        format!(r#"{{"x":{}}}"#, "9".repeat(79)),
        format!(r#"{{"aaa":"{}b"}}"#, "a".repeat(900)),
        format!(r#"{{"aaa":"{}"}}"#, "(".repeat(900)),
        r#"{"x":1e-70}"#.to_owned(),
    ] {
        words(&mut checked, payload.as_bytes());
    }
}
