//! Writing RESP values.

use super::LINE_END;

/// Appends a command, as an array of bulk strings, to `out`.
pub fn put_command<A: AsRef<[u8]>>(out: &mut Vec<u8>, arguments: &[A]) {
    put_array(out, arguments.len());
    for argument in arguments {
        put_bulk(out, argument.as_ref());
    }
}

/// Appends the header of an array of `count` values, which must follow, to `out`.
pub fn put_array(out: &mut Vec<u8>, count: usize) {
    put_header(out, b'*', &count.to_string());
}

/// Appends the header of an aggregate of RESP3, such as `%` for a map, to `out`.
pub fn put_aggregate(out: &mut Vec<u8>, kind: u8, count: usize) {
    put_header(out, kind, &count.to_string());
}

/// Appends a verbatim string of RESP3, whose contents are plain text, to `out`.
pub fn put_verbatim(out: &mut Vec<u8>, text: &[u8]) {
    const PLAIN: &[u8] = b"txt:";
    put_header(out, b'=', &(PLAIN.len() + text.len()).to_string());
    out.extend_from_slice(PLAIN);
    out.extend_from_slice(text);
    out.extend_from_slice(LINE_END);
}

/// Appends a bulk string to `out`.
pub fn put_bulk(out: &mut Vec<u8>, bytes: &[u8]) {
    put_header(out, b'$', &bytes.len().to_string());
    out.extend_from_slice(bytes);
    out.extend_from_slice(LINE_END);
}

/// Appends a null bulk string to `out`.
pub fn put_null(out: &mut Vec<u8>) {
    out.extend_from_slice(b"$-1\r\n");
}

/// Appends an integer to `out`.
pub fn put_integer(out: &mut Vec<u8>, value: i64) {
    put_header(out, b':', &value.to_string());
}

/// Appends a simple string to `out`. The text must not contain CR or LF.
pub fn put_simple(out: &mut Vec<u8>, text: &str) {
    put_header(out, b'+', text);
}

fn put_header(out: &mut Vec<u8>, kind: u8, text: &str) {
    debug_assert!(
        !text.contains(['\r', '\n']),
        "a RESP line cannot contain a line end"
    );
    out.push(kind);
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(LINE_END);
}
