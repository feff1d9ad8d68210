//! Statements, options and programs of other tools, and conditions that are nearly right.

use super::first_value;
use super::phrase::after_word;
use crate::query::parse::cursor::ends_word;
use crate::query::time;

/// The names of a channel's silence.
const SILENCE: [&str; 4] = ["silent", "silence", "quiet", "idle"];

/// The options of grep that do not change which lines it finds here.
const FLAGS: [&str; 8] = ["-i", "-e", "-E", "-F", "-P", "-n", "-o", "-w"];

/// Rewrites the start of an SQL statement: `select * from orders where …`.
pub fn of_statement(rest: &str) -> Option<(usize, String)> {
    if let Some(after) = after_word(rest, "where") {
        let is_compared = after.contains(['=', '<', '>', '~']);
        return is_compared.then(|| (rest.len() - after.len(), String::new()));
    }
    // Splunk starts with the name of the command.
    if let Some(after) = after_word(rest, "search") {
        let is_compared = after.contains(['=', ':', '<', '>']);
        return is_compared.then(|| (rest.len() - after.len(), String::new()));
    }
    after_word(rest, "select")?;
    let from = rest.to_ascii_lowercase().find(" from ")?;
    let (table, end) = first_value(after_word(&rest[from + 1..], "from")?)?;
    let table = table.trim_matches(['`', ';']);
    if table.is_empty() || table.contains([' ', '(', ')', '"', '\\']) {
        return None;
    }
    Some(match after_word(end.trim_start(), "where") {
        Some(end) => (rest.len() - end.len(), format!("channel:{table} ")),
        None => (rest.len() - end.len(), format!("channel:{table}")),
    })
}

/// Rewrites a jq program that starts with the whole message: `. | length > 3`.
pub fn of_program(rest: &str) -> Option<(usize, String)> {
    let after = rest.strip_prefix('.')?.trim_start().strip_prefix('|')?;
    (!after.starts_with('|')).then(|| (rest.len(), format!("jq({})", rest.trim_end())))
}

/// Rewrites an option of grep: `-i error`, `-v error`.
pub fn of_flag(rest: &str) -> Option<(usize, String)> {
    let (flag, after) = rest.split_once(char::is_whitespace)?;
    let after = after.trim_start();
    let sign = match flag {
        "-E" | "-P" | "-e" if after.starts_with(['"', '\'']) => {
            let (pattern, end) = first_value(after)?;
            let regex = format!("/{}/", pattern.replace('/', "\\/"));
            return Some((rest.len() - end.len(), regex));
        }
        "-v" => "-",
        _ if FLAGS.contains(&flag) => "",
        _ => return None,
    };
    (!after.is_empty()).then(|| (rest.len() - after.len(), sign.to_owned()))
}

/// Rewrites what is nearly a condition over time: `silence:30s`, `rate>20`.
pub fn of_condition(rest: &str) -> Option<(usize, String)> {
    let end = rest.find(|next: char| !next.is_alphabetic())?;
    let (name, after) = rest.split_at(end);
    let after = after.trim_start();
    let value = after.trim_start_matches([':', '=', '<', '>']);
    let sign = &after[..after.len() - value.len()];
    let value = value.trim_start();
    let (value, end) = value.split_at(value.find(ends_word).unwrap_or(value.len()));
    let name = name.to_lowercase();
    let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let text = if SILENCE.contains(&&*name) && time::span(value).is_some() {
        format!("silent:{value}")
    } else if SILENCE.contains(&&*name) && value.parse::<u32>().is_ok() {
        format!("silent:{value}s")
    } else if name == "rate" && !sign.is_empty() && is_number(value) {
        let sign = sign.trim_matches(':').trim_start_matches('=');
        let sign = if sign.is_empty() { ">" } else { sign };
        format!("rate:{sign}{}/s", value.trim_end_matches("/s"))
    } else {
        return None;
    };
    Some((rest.len() - end.len(), text))
}
