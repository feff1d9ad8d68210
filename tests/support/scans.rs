//! Synchronous scans, for tests that drive an app by hand.

use subscope::app::{App, Effect, Event};
use subscope::message::Time;
use subscope::workers::scan::Engine;

/// Feeds `event` to `app` and answers its requests to the log until there are no more. Returns the
/// remaining effects.
pub fn update(app: &mut App, engine: &mut Engine, event: Event, now: Time) -> Vec<Effect> {
    let mut others = Vec::new();
    let mut effects = app.update(event, now);
    while !effects.is_empty() {
        for effect in std::mem::take(&mut effects) {
            match effect {
                Effect::Scan(request) => {
                    let answer = engine.answer(request);
                    effects.extend(app.update(Event::Scanned(answer), now));
                }
                Effect::StopScan(_) => {}
                other => others.push(other),
            }
        }
    }
    others
}
