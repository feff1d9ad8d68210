//! Synchronous analysis, for tests that drive an app by hand.

use subscope::app::{App, Effect, Event};
use subscope::message::Time;
use subscope::workers::analysis::Engine;

/// Has `engine` carry out the analysis that `effects` request and passes the answers to `app` until
/// no requests are left. Returns the remaining effects.
pub fn analyse(app: &mut App, engine: &mut Engine, effects: Vec<Effect>, now: Time) -> Vec<Effect> {
    let mut others = Vec::new();
    let mut effects = effects;
    while !effects.is_empty() {
        for effect in std::mem::take(&mut effects) {
            let Effect::Analyse(request) = effect else {
                others.push(effect);
                continue;
            };
            if let Some(answer) = engine.answer(request) {
                effects.extend(app.update(Event::Analysed(answer), now));
            }
        }
    }
    others
}
