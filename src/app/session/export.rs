//! Export of the displayed rows: what is written, not how the file is created.

use std::io::{self, Write};
use std::sync::Arc;

use super::Session;
use super::decoded_rows::{MOST_DECODED_FOR_ROW, MOST_UNPACKED_FOR_ROW};
use super::notices::notice_words;
use crate::app::export_request::{ExportCounts, ExportRequest, LensTemplates};
use crate::app::keymap::Keymap;
use crate::export::{Format, Lens, Message, Writer};
use crate::log::{ExcerptContent, ExcerptRow};
use crate::message::{Notice, Time, Topic};
use crate::payload::decoder_choices::DecoderChoices;
use crate::payload::figures::Clock;
use crate::payload::lookup::Lookup;

/// Number of rows written between two calls of `pause`.
const ROWS_BETWEEN_PAUSES: u64 = 64;

/// Writes all rows of `request` to `out`, which should be buffered. Calls `pause` every few rows.
///
/// # Errors
///
/// If `out` or `pause` fails.
pub fn write_export(
    request: ExportRequest,
    out: impl Write,
    mut pause: impl FnMut() -> io::Result<()>,
) -> io::Result<ExportCounts> {
    let clock = &request.clock;
    let mut writer = Writer::new(request.format, out, clock.clone())?;
    let mut counts = ExportCounts::default();
    let evicted = request.rows.evicted();
    let mut row_count = 0;
    let context = Context {
        topics: &request.topics,
        decoder_choices: &request.decoder_choices,
        lenses: &request.lenses,
        clock,
        // Use the default keys, since the user may change theirs while the file remains.
        keymap: &Keymap::default(),
    };
    request.rows.read(|row| {
        if row_count == 0 && evicted > 0 {
            context.write_notice(row.time, &Notice::Evicted(evicted), &mut writer)?;
        }
        if row_count % ROWS_BETWEEN_PAUSES == 0 {
            pause()?;
        }
        row_count += 1;
        context.write(&row, &mut writer, &mut counts)
    })?;
    writer.finish()?;
    Ok(counts)
}

/// The data needed to write rows.
struct Context<'a> {
    topics: &'a [Topic],
    decoder_choices: &'a DecoderChoices,
    lenses: &'a LensTemplates,
    clock: &'a Clock,
    keymap: &'a Keymap,
}

impl Context<'_> {
    fn write(
        &self,
        row: &ExcerptRow<'_>,
        writer: &mut Writer<impl Write>,
        counts: &mut ExportCounts,
    ) -> io::Result<()> {
        let (channel, payload, size, subscriptions) = match row.content {
            ExcerptContent::Notice(notice) => {
                counts.notices += 1;
                return self.write_notice(row.time, notice, writer);
            }
            ExcerptContent::Message {
                row,
                channel,
                subscriptions,
                ..
            } => (channel, row.payload, row.size, subscriptions),
        };
        let topics = subscriptions.iter();
        let topics = topics.filter_map(|id| self.topics.get(id.0 as usize));
        let topics: Vec<&Topic> = topics.collect();
        let choice = self.decoder_choices.of(channel);
        let lens = self.lenses.of(channel);
        let is_whole = size == payload.len() as u64;
        let looked = lens.filter(|_| is_whole && payload.len() <= MOST_DECODED_FOR_ROW);
        let looked = looked.and_then(|lens| {
            let lookup = Lookup::new(payload, choice.as_ref());
            lens.show(&lookup.unpacking(MOST_UNPACKED_FOR_ROW)).ok()
        });
        counts.messages += 1;
        counts.cut += u64::from(!is_whole);
        writer.message(&Message {
            time: row.time,
            channel,
            topics: &topics,
            payload,
            size,
            choice: choice.as_ref(),
            lens: lens.map(|lens| Lens {
                path: lens.text(),
                value: looked.as_ref().map(|summary| &*summary.shown.text),
            }),
        })
    }

    fn write_notice(
        &self,
        time: Time,
        notice: &Notice,
        writer: &mut Writer<impl Write>,
    ) -> io::Result<()> {
        let words = notice_words(notice, self.clock, self.keymap);
        writer.notice(time, notice, &words)
    }
}

impl Session {
    /// Returns the request to write the displayed rows to the file at `path`.
    ///
    /// # Errors
    ///
    /// Fails if the format is unknown, the rows are not known yet, or the file is being written.
    pub(crate) fn export(&self, path: &str, replaces: bool) -> Result<ExportRequest, String> {
        let format = Format::of(path)?;
        if let Some(watch) = &self.filters.watch
            && (self.filters.is_new || !watch.has_searched_kept())
        {
            let percent = watch.progress().percent();
            return Err(format!(
                "the filter has searched only {percent}% of the log · try again in a moment"
            ));
        }
        if self.exporting.iter().any(|running| running == path) {
            return Err("an export to this file is still running".to_owned());
        }
        if self.shown.is_empty() {
            return Err("nothing to export: no rows are shown".to_owned());
        }
        Ok(ExportRequest {
            path: path.to_owned(),
            format,
            replaces,
            rows: self.log.excerpt(&self.shown),
            topics: self.subscriptions.topics().cloned().collect(),
            decoder_choices: Arc::clone(&self.decoder_choices),
            lenses: self.lenses.templates.clone(),
            clock: self.clock(),
        })
    }
}
