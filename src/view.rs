//! Draws the screen from the app's state alone.
//!
//! ```text
//!  subscope  redis://127.0.0.1:6379  ● live 0.3 ms          status
//! ╭ Channels 14 ─────────────╮╭ Messages 48,211 ─────────╮
//! │ channels                 ││ messages                 │  the overlay covers
//! ╰──────────────────────────╯╰──────────────────────────╯  these three
//!  Publish  press p to publish a message                    publish
//!  tab pane  space freeze  ? help  q quit                   hints
//! ```
//!
//! Each region has its own file or folder, named as in [`app`](crate::app), whose entry point is
//! `draw`. Drawing changes nothing and formats only the visible rows. Untrusted text passes through
//! [`payload::escape`](crate::payload::escape) on its way to the screen.

mod ansi;
mod channel_list;
mod empty;
mod frame;
mod hints;
mod json_row;
mod lens;
mod line;
mod log_pane;
mod message_pane;
mod names;
mod overlays;
mod picker;
mod plot;
mod publish_box;
mod state;
mod status;
mod text_box;
mod theme;
mod timeline;
mod toast;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget as _};

pub use self::picker::draw as draw_picker;
use crate::app::{App, Areas};

/// Draws the whole screen and places the terminal's cursor where text is typed.
pub fn draw(app: &App, frame: &mut Frame<'_>) {
    let buffer = frame.buffer_mut();
    let areas = app.areas();
    debug_assert_eq!(areas.screen, buffer.area, "the app knows the size");
    if !areas.status.is_empty() {
        status::draw(app, areas.status, buffer);
    }
    if !areas.hints.is_empty() && app.session().toast().is_none() {
        hints::draw(app, areas.hints, buffer);
    }
    let mut caret = None;
    if !areas.channels.is_empty() && !areas.is_list_over {
        caret = channel_list::draw(app, areas.channels, buffer);
    }
    if !areas.chips.is_empty() {
        log_pane::draw_chips(app, areas.chips, buffer);
    }
    if !areas.messages.is_empty() {
        log_pane::draw(app, areas.messages, buffer);
    }
    if !areas.message.is_empty() {
        if app.plot().is_shown() {
            plot::draw(app, areas.message, buffer);
        } else {
            message_pane::draw(app, buffer);
        }
    }
    if let Some(pane) = areas.zoomed() {
        frame::mark_zoomed(pane, buffer);
    }
    if areas.is_list_over {
        Clear.render(areas.channels, buffer);
        caret = channel_list::draw(app, areas.channels, buffer);
    }
    caret = publish_box::draw(app, areas.publish, buffer).or(caret);
    publish_box::draw_candidates(app, buffer);
    if let Some(overlay) = app.overlay() {
        caret = overlays::draw(app, overlay, buffer);
    }
    if let Some(toast) = app.session().toast().filter(|_| !areas.hints.is_empty()) {
        toast::draw(toast, room_for_toast(&areas, caret), buffer);
    }
    if let Some(caret) = caret {
        frame.set_cursor_position(caret);
    }
}

/// Returns the area of the hint line and the line above it, or only of the hint line if the caret
/// is on the line above or the screen has few rows.
fn room_for_toast(areas: &Areas, caret: Option<Position>) -> Rect {
    let hints = areas.hints;
    let above = hints.y.saturating_sub(1);
    let is_free = areas.screen.height >= 10 && caret.is_none_or(|caret| caret.y != above);
    let extra = u16::from(is_free);
    Rect {
        y: hints.y - extra,
        height: hints.height + extra,
        ..hints
    }
}
