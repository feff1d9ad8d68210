//! Parses queries given on the command line or in a profile.

use subscope::message::Time;
use subscope::payload::escape::whole;
use subscope::payload::figures::{Clock, Zone};
use subscope::query::{Moment, Query, QueryError};

/// A function that parses a query.
type Parse = fn(&str, &Moment) -> Result<Query, QueryError>;

/// Parses each of `texts` as a filter. `blame` creates the error about the first invalid query, and says where
/// that query comes from.
pub fn read<E>(texts: &[String], blame: impl Fn(String) -> E) -> Result<Vec<Query>, E> {
    read_by(Query::parse, texts, blame)
}

/// Like [`read`], but parses each of `texts` as a breakpoint.
pub fn read_breakpoints<E>(texts: &[String], blame: impl Fn(String) -> E) -> Result<Vec<Query>, E> {
    read_by(Query::parse_breakpoint, texts, blame)
}

/// Parses a filter that is the value of an option.
pub fn one(text: &str) -> Result<Query, String> {
    parse_one(Query::parse, text, &moment())
}

fn read_by<E>(
    parse: Parse,
    texts: &[String],
    blame: impl Fn(String) -> E,
) -> Result<Vec<Query>, E> {
    let moment = moment();
    let queries = texts
        .iter()
        .map(|text| parse_one(parse, text, &moment).map_err(&blame));
    queries.collect()
}

fn moment() -> Moment {
    let now = Time::now();
    let ahead = Clock::new(Zone::Local).ahead(now);
    Moment { now, ahead }
}

fn parse_one(parse: Parse, text: &str, moment: &Moment) -> Result<Query, String> {
    let shown = whole(text.as_bytes());
    match parse(text, moment) {
        Ok(query) if query.is_everything() => {
            Err(format!("{shown:?} is empty: give a query, such as 'error'"))
        }
        Ok(query) => Ok(query),
        Err(error) => {
            let place = error.place(text).map(|place| format!(", {place}"));
            let place = whole(place.unwrap_or_default().as_bytes());
            let meant = error
                .correction
                .as_ref()
                .map(|meant| whole(meant.as_bytes()));
            let meant = meant.map(|meant| format!(" · did you mean '{meant}'?"));
            let meant = meant.unwrap_or_default();
            Err(format!("{shown:?}{place}: {error}{meant}"))
        }
    }
}
