//! Scrolling the rows sideways, to see the ends of long payloads.

use super::LogPane;
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::log::Content;
use crate::message::RowId;
use crate::payload::{escape, figures};

/// The minimum number of columns scrolled at once.
const MIN_STEP: usize = 8;

/// The maximum number of columns skipped. The skipped text is read each time a row is drawn.
const MAX_SKIPPED: usize = 10_000;

impl LogPane {
    /// Scrolls to the right or left by `step` columns, as long as any of `rows` has text there.
    pub(crate) fn scroll_sideways(
        &mut self,
        is_right: bool,
        rows: &[RowId],
        step: u16,
        session: &mut Session,
    ) -> Vec<Effect> {
        let step = usize::from(step).max(MIN_STEP);
        if !is_right {
            return match self.columns_skipped {
                0 => session.tell("the rows are already shown from their start"),
                skipped => {
                    self.columns_skipped = skipped.saturating_sub(step);
                    Vec::new()
                }
            };
        }
        let skipped = self.columns_skipped + step;
        if skipped > MAX_SKIPPED {
            let most = figures::count(MAX_SKIPPED as u64);
            let open = session.keyed("{open} opens the message");
            return session.tell(format!("rows scroll by {most} columns at most · {open}"));
        }
        if !rows.iter().any(|row| is_wider(session, *row, skipped)) {
            return session.tell("no visible row continues further right");
        }
        self.columns_skipped = skipped;
        Vec::new()
    }
}

/// Returns whether the payload of `row` takes more than this many columns.
fn is_wider(session: &Session, row: RowId, columns: usize) -> bool {
    let row = session.log.row(row);
    row.is_some_and(|row| match row.content {
        Content::Message { payload, .. } => escape::one_line(payload, columns).cut,
        Content::Notice(_) => false,
    })
}
