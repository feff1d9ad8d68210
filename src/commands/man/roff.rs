//! Turns the Markdown of the manual into a man page.

use std::fmt::Write as _;

/// Returns the man page of a topic.
pub fn page(topic: &str, about: &str, markdown: &str) -> String {
    let upper = topic.to_uppercase();
    let mut out = format!(".TH SUBSCOPE-{upper} 7 \"\" subscope \"subscope manual\"\n.SH NAME\n");
    // Writing to a string does not fail.
    let _ = writeln!(out, "subscope-{topic} \\- {}", escaped(about));
    let lines: Vec<&str> = markdown.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        at += block(&lines[at..], &mut out);
    }
    out
}

/// Writes the block that `lines` begin with. Returns the number of its lines.
fn block(lines: &[&str], out: &mut String) -> usize {
    let first = lines[0];
    if first.is_empty() {
        return 1;
    }
    if let Some(heading) = first.strip_prefix('#') {
        let macro_name = if heading.starts_with('#') {
            ".SS"
        } else {
            ".SH"
        };
        let text = heading.trim_start_matches('#').trim();
        let _ = writeln!(out, "{macro_name} {}", inline(text));
        return 1;
    }
    if first.starts_with("    ") {
        let is_code = |line: &&&str| line.starts_with("    ") || line.is_empty();
        let count = lines.iter().take_while(is_code).count();
        let code = lines[..count]
            .iter()
            .map(|line| line.get(4..).unwrap_or(""));
        verbatim(code.collect::<Vec<_>>().join("\n").trim_end(), out);
        return count;
    }
    let ends = |line: &&str| line.is_empty();
    let count = lines.iter().position(ends).unwrap_or(lines.len());
    let paragraph = &lines[..count];
    if first.starts_with('|') {
        verbatim(&table(paragraph), out);
    } else if first.starts_with("- ") {
        for item in items(paragraph) {
            let _ = writeln!(out, ".IP \\(bu 2\n{}", inline(&item));
        }
    } else if !first.starts_with("![") {
        let _ = writeln!(out, ".PP\n{}", inline(&paragraph.join(" ")));
    }
    count
}

/// Returns the items of a list, each on one line.
fn items(lines: &[&str]) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in lines {
        match (line.strip_prefix("- "), items.last_mut()) {
            (None, Some(item)) => {
                item.push(' ');
                item.push_str(line.trim());
            }
            (start, _) => items.push(start.unwrap_or(line).to_owned()),
        }
    }
    items
}

/// Returns a table with aligned columns.
fn table(lines: &[&str]) -> String {
    let is_rule = |line: &&&str| line.chars().all(|c| "|-: ".contains(c));
    let rows = lines.iter().filter(|line| !is_rule(line)).map(|line| {
        let cells = line.trim_matches('|').replace("\\|", "\u{0}");
        let cells = cells
            .split('|')
            .map(|cell| plain(cell.trim()).replace('\u{0}', "|"));
        cells.collect::<Vec<_>>()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells = cells.map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn verbatim(text: &str, out: &mut String) {
    let _ = writeln!(out, ".PP\n.RS 4\n.nf");
    for line in text.lines() {
        let _ = writeln!(out, "{}", escaped(line));
    }
    let _ = writeln!(out, ".fi\n.RE");
}

/// Returns a line of text with bold and code in bold, and links as their text.
fn inline(text: &str) -> String {
    let text = without_links(text);
    let mut out = String::new();
    let mut is_code = false;
    let mut is_bold = false;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (mark, length) = if rest.starts_with('`') {
            (Some(&mut is_code), 1)
        } else if rest.starts_with("**") && !is_code {
            (Some(&mut is_bold), 2)
        } else {
            (None, rest.chars().next().map_or(0, char::len_utf8))
        };
        match mark {
            Some(is_on) => {
                *is_on = !*is_on;
                out.push_str(if is_code || is_bold { "\\fB" } else { "\\fR" });
            }
            None => out.push_str(&escape(&rest[..length])),
        }
        rest = &rest[length..];
    }
    guarded(out)
}

/// Returns text without the marks of bold and code.
fn plain(text: &str) -> String {
    without_links(text).replace("**", "").replace('`', "")
}

/// Replaces links with their text.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let link = &rest[start..];
        let parts = link.find("](").and_then(|middle| {
            let end = link[middle..].find(')')?;
            let is_code = rest[..start].matches('`').count() % 2 == 1;
            (!is_code).then_some((&link[1..middle], middle + end + 1))
        });
        let Some((words, length)) = parts else {
            out.push_str(&rest[..=start]);
            rest = &rest[start + 1..];
            continue;
        };
        out.push_str(&rest[..start]);
        out.push_str(words);
        rest = &link[length..];
    }
    out + rest
}

/// Escapes a line of its own.
fn escaped(line: &str) -> String {
    guarded(escape(line))
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

/// Keeps the start of a line from being taken for a request.
fn guarded(line: String) -> String {
    if line.starts_with(['.', '\'']) {
        format!("\\&{line}")
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_roff() {
        let markdown = "# Title\n\nText with `co-de` and **bold**\nand a [link](page.md#x) `a[0](b)`.\n\n\
                        ![picture](a.png)\n\n## Part\n\n- one\n  more\n- two\n\n    .code \\n\n\n    more\n\n\
                        | a | b |\n|---|---|\n| `x` | long cell |\n";
        let expected = ".SH Title\n.PP\nText with \\fBco\\-de\\fR and \\fBbold\\fR and a link \
                        \\fBa[0](b)\\fR.\n.SS Part\n.IP \\(bu 2\none more\n.IP \\(bu 2\ntwo\n.PP\n.RS 4\n.nf\n\
                        \\&.code \\en\n\nmore\n.fi\n.RE\n.PP\n.RS 4\n.nf\na  b\nx  long cell\n.fi\n.RE\n";
        let page = page("part", "about it", markdown);
        let (start, rest) = page
            .split_once("subscope-part \\- about it\n")
            .unwrap_or_default();
        assert!(start.starts_with(".TH SUBSCOPE-PART 7 "), "{start}");
        assert_eq!(rest, expected);
    }
}
