//! The native filters available to programs: those of jaq that have no side effects and cannot
//! access anything but the message.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Bind, Error, RunPtr};

use super::meter::Data;

/// Filters left out because they give access to something other than the message.
const LEFT_OUT: [&str; 1] = ["env"];

/// Returns all native filters. If two have the same name, the first wins.
pub fn all() -> impl Iterator<Item = Fun<Data>> {
    let jaq = jaq_core::funs::<Data>()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs())
        .filter(|(name, ..)| !LEFT_OUT.contains(name));
    own().into_iter().map(run::<Data>).chain(jaq)
}

type Native = (&'static str, Box<[Bind]>, RunPtr<Data>);

fn own() -> [Native; 3] {
    [
        ("debug_empty", v(0), |_| Box::new(std::iter::empty())),
        ("stderr_empty", v(0), |_| Box::new(std::iter::empty())),
        ("halt", v(1), |_| {
            bome(Err(Error::str("halt is not allowed in a query")))
        }),
    ]
}
