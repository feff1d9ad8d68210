//! The Parsing Canonical Form of schemas and its fingerprint
//! (<https://avro.apache.org/docs/1.12.0/specification/#parsing-canonical-form-for-schemas>).

use serde_json::{Map, Value};

use super::schema::full_name;

/// The fingerprint of nothing, and the polynomial of the fingerprint.
const EMPTY: u64 = 0xc15d_213a_a4d7_a795;

/// Returns the CRC-64-AVRO of `bytes`.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(EMPTY, |sum, byte| {
        let low = (sum ^ u64::from(*byte)) & 0xff;
        let row = (0..8).fold(low, |row, _| {
            (row >> 1) ^ (EMPTY & (row & 1).wrapping_neg())
        });
        (sum >> 8) ^ row
    })
}

/// Returns the canonical form of a valid schema.
pub(super) fn form(schema: &Value) -> String {
    let mut out = String::new();
    write(schema, "", &mut out);
    out
}

/// The names of the types that need not be qualified.
const PRIMITIVES: [&str; 8] = [
    "null", "boolean", "int", "long", "float", "double", "bytes", "string",
];

fn write(schema: &Value, namespace: &str, out: &mut String) {
    match schema {
        Value::String(name) if PRIMITIVES.contains(&name.as_str()) => write_text(name, out),
        Value::String(name) => write_text(&full_name(name, namespace), out),
        Value::Array(branches) => {
            write_list(branches, out, |branch, out| write(branch, namespace, out));
        }
        Value::Object(attributes) => write_described(attributes, namespace, out),
        _ => {}
    }
}

fn write_described(attributes: &Map<String, Value>, namespace: &str, out: &mut String) {
    let kind = match attributes.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(other) => return write(other, namespace, out),
        None => return,
    };
    let text = |key: &str| attributes.get(key).and_then(Value::as_str);
    let empty = Value::Null;
    let value = |key: &str| attributes.get(key).unwrap_or(&empty);
    let write_head = |out: &mut String| {
        let own = text("namespace").unwrap_or(namespace);
        let name = full_name(text("name").unwrap_or_default(), own);
        out.push_str("{\"name\":");
        write_text(&name, out);
        out.push_str(",\"type\":");
        write_text(kind, out);
        name
    };
    match kind {
        "record" | "error" => {
            let name = write_head(out);
            let namespace = name.rsplit_once('.').map_or("", |(namespace, _)| namespace);
            out.push_str(",\"fields\":");
            let fields = value("fields").as_array().map_or(&[][..], Vec::as_slice);
            write_list(fields, out, |field, out| {
                out.push_str("{\"name\":");
                write_text(field["name"].as_str().unwrap_or_default(), out);
                out.push_str(",\"type\":");
                write(&field["type"], namespace, out);
                out.push('}');
            });
        }
        "enum" => {
            write_head(out);
            out.push_str(",\"symbols\":");
            let symbols = value("symbols").as_array().map_or(&[][..], Vec::as_slice);
            write_list(symbols, out, |symbol, out| {
                write_text(symbol.as_str().unwrap_or_default(), out);
            });
        }
        "fixed" => {
            write_head(out);
            let size = value("size").as_u64().unwrap_or_default();
            out.push_str(",\"size\":");
            out.push_str(&size.to_string());
        }
        "array" | "map" => {
            let key = if kind == "array" { "items" } else { "values" };
            out.push_str(&["{\"type\":\"", kind, "\",\"", key, "\":"].concat());
            write(value(key), namespace, out);
        }
        // The attributes of a primitive type are left out.
        _ => return write(&Value::from(kind), namespace, out),
    }
    out.push('}');
}

fn write_list(items: &[Value], out: &mut String, mut write: impl FnMut(&Value, &mut String)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}

fn write_text(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}
