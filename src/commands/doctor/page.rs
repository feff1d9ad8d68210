//! The report: sections of aligned rows, and the problems.

use std::fmt::{Display, Write as _};

use crate::host::failure::line;

/// A report.
#[derive(Default)]
pub struct Page {
    sections: Vec<Section>,
    problems: Vec<[String; 3]>,
}

/// Rows of names and values under a title.
pub struct Section {
    title: &'static str,
    rows: Vec<(String, String)>,
}

impl Section {
    /// Adds a row. The login of a URL in the value is left out, and control characters are escaped.
    pub fn row(&mut self, name: &str, value: impl Display) {
        self.rows.push((line(name), line(&value.to_string())));
    }
}

impl Page {
    /// Returns the section with this title, which is new unless it is the last one.
    pub fn section(&mut self, title: &'static str) -> &mut Section {
        let last = self.sections.last();
        if last.is_none_or(|section| section.title != title) {
            self.sections.push(Section {
                title,
                rows: Vec::new(),
            });
        }
        let at = self.sections.len() - 1;
        &mut self.sections[at]
    }

    /// Adds what will not work, why, and what the user can do.
    pub fn problem(&mut self, what: &str, why: impl Display, remedy: impl Display) {
        let texts = [what.to_owned(), why.to_string(), remedy.to_string()];
        self.problems.push(texts.map(|text| line(&text)));
    }

    /// Returns the whole text.
    pub fn text(&self) -> String {
        let rows = self.sections.iter().flat_map(|section| &section.rows);
        let width = rows.map(|(name, _)| name.chars().count()).max();
        let width = width.unwrap_or_default();
        let mut text = String::new();
        for section in &self.sections {
            let _ = writeln!(text, "{}", section.title);
            for (name, value) in &section.rows {
                let _ = writeln!(text, "  {name:width$}  {value}");
            }
            text.push('\n');
        }
        text += "what will not work\n";
        for [what, why, remedy] in &self.problems {
            let _ = writeln!(text, "  - {what}: {why}\n    {remedy}");
        }
        if self.problems.is_empty() {
            text += "  nothing found\n";
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_aligned_and_hold_no_login() {
        let mut page = Page::default();
        page.section("program").row("version", "1");
        page.section("server").row("a", "redis://me:secret@h:1");
        page.section("server").row("longer", "x\u{1b}[2J");
        page.problem("publishing", "refused", "ask");
        assert_eq!(
            page.text(),
            "program\n  version  1\n\nserver\n  a        redis://***@h:1\n  longer   x\\x1b[2J\n\n\
             what will not work\n  - publishing: refused\n    ask\n"
        );
        assert!(Page::default().text().ends_with("nothing found\n"));
    }
}
