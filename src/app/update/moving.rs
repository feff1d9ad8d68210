//! Moving through the focused pane, with keys or the wheel.

use super::App;
use crate::app::action::Motion;
use crate::app::focus::Focus;
use crate::app::layout::inside;
use crate::app::overlays::Overlay;

impl App {
    pub(super) fn move_by(&mut self, step: Motion) {
        let areas = self.areas();
        match &mut self.overlay {
            Some(Overlay::Help(_)) => self.move_in_help(step),
            Some(Overlay::Palette(_)) => self.move_in_palette(step),
            Some(Overlay::Output(output)) => {
                output.move_by(step, usize::from(inside(areas.overlay).height));
            }
            Some(Overlay::List(..)) => self.move_in_list(step),
            Some(Overlay::Query(query_box)) => query_box.move_by(step, &areas),
            Some(
                Overlay::Subscribe(_)
                | Overlay::Export(_)
                | Overlay::Record(_)
                | Overlay::Lens(_)
                | Overlay::Password(_)
                | Overlay::Confirm(_)
                | Overlay::SearchMessage(_),
            ) => {}
            None if self.focus == Focus::Channels => self.move_in_channels(step),
            None if self.focus == Focus::Message => {
                self.with_open(|open, session, area| open.move_by(step, session, area));
            }
            None if self.focus == Focus::Plot => self.plot.select(step),
            None => self.on_log(|log, session, height| log.move_by(step, session, height)),
        }
    }
}
