//! The filters that are not written in jq: jaq's, but for those that print, end the process or tell
//! what is not in the message.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Bind, Error, RunPtr};

use super::meter::Data;

/// Filters that are left out: they tell what is not in the message.
const LEFT_OUT: [&str; 1] = ["env"];

/// All native filters. Of two of one name the first counts.
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
            bome(Err(Error::str("a query cannot halt")))
        }),
    ]
}
