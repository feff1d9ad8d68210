//! Parses queries given on the command line or in a profile.

use subscope::message::Time;
use subscope::payload::escape::whole;
use subscope::payload::figures::{Clock, Zone};
use subscope::query::{Moment, Query};

/// Parses each of `texts`. `blame` creates the error about the first invalid query, and says where
/// that query comes from.
pub fn read<E>(texts: &[String], blame: impl Fn(String) -> E) -> Result<Vec<Query>, E> {
    let now = Time::now();
    let ahead = Clock::new(Zone::Local).ahead(now);
    let moment = Moment { now, ahead };
    let queries = texts.iter().map(|text| one(text, &moment).map_err(&blame));
    queries.collect()
}

fn one(text: &str, moment: &Moment) -> Result<Query, String> {
    let shown = whole(text.as_bytes());
    match Query::parse(text, moment) {
        Ok(query) if query.is_everything() => {
            Err(format!("{shown:?} is empty: give a query, such as 'error'"))
        }
        Ok(query) => Ok(query),
        Err(error) => {
            let place = error.place(text).map(|place| format!(", {place}"));
            let place = whole(place.unwrap_or_default().as_bytes());
            Err(format!("{shown:?}{place}: {error}"))
        }
    }
}
