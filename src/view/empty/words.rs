//! Text in place of missing content, shortened to fit.

use ratatui::text::Line;
use unicode_width::UnicodeWidthStr as _;

use super::theme;

/// Text that gives the situation, the reason, and what to do.
#[derive(Default)]
pub(super) struct Words {
    /// The situation, described in the first line.
    pub situation: String,
    /// The reason, such as an error message, which may be long.
    pub reason: Option<String>,
    /// The most useful keys. They are shown even if not everything fits.
    pub keys: String,
    /// Further help.
    pub more: Vec<&'static str>,
}

impl Words {
    /// Creates text without a reason or further help.
    pub fn new(situation: String, keys: &str) -> Self {
        Self {
            situation,
            keys: keys.to_owned(),
            ..Self::default()
        }
    }

    /// Returns the lines for an area of `columns` and `rows`, leaving out the further help if not
    /// everything fits.
    pub fn lines(self, columns: usize, rows: usize) -> Vec<Line<'static>> {
        let situation = strong(self.situation);
        let reason = self.reason.map(|words| Line::styled(words, theme::BAD));
        let keys = (!self.keys.is_empty()).then(|| Line::raw(self.keys));
        let mut all = vec![situation.clone()];
        all.extend(reason.clone());
        all.push(Line::default());
        all.extend(keys.clone());
        all.extend(self.more.into_iter().map(Line::raw));
        if rows_of(&all, columns) <= rows {
            return all;
        }
        // The reason comes last because, if it is long, it may be cut off.
        let short = [Some(situation), keys, reason].into_iter();
        short.flatten().collect()
    }
}

/// Returns the number of rows that `lines` take when wrapped between words.
pub(super) fn rows_of(lines: &[Line<'_>], columns: usize) -> usize {
    let rows = lines.iter().map(|line| {
        let mut rows = 1;
        let mut at = 0;
        let text = line.to_string();
        for word in text.split_whitespace() {
            let width = word.width();
            if at > 0 && at + 1 + width <= columns {
                at += 1 + width;
                continue;
            }
            rows += usize::from(at > 0);
            // A word that is too long for a row is broken.
            rows += width.saturating_sub(1) / columns.max(1);
            at = width;
        }
        rows
    });
    rows.sum()
}

pub(super) fn strong(text: String) -> Line<'static> {
    Line::styled(text, theme::STRONG)
}
