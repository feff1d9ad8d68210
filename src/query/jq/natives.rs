//! The filters that are not written in jq: jaq's, with those replaced that could hang, print or
//! tell what is not in the message.

use jaq_core::box_iter::{box_once, then};
use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Bind, Cv, Error, Exn, RunPtr, ValXs};
use jaq_json::{Num, Val, bytes_valrs, read};

use super::guard::{MULTIPLY, WEIGH};
use super::has_long_number;
use super::meter::{Cut, Data, MAX_STRING, Meter};

/// How many bits a product may have.
const MAX_BITS: u64 = 1 << 16;

/// How deep the brackets of a text may be nested that is read as JSON.
const MAX_DEPTH: usize = 500;

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

fn own() -> [Native; 7] {
    [
        (WEIGH, v(0), |cv| {
            Meter::weigh(&cv.1);
            box_once(Ok(cv.1))
        }),
        (MULTIPLY, v(2), |mut cv| {
            let right = cv.0.pop_var();
            let left = cv.0.pop_var();
            if !product_fits(&left, &right) {
                Cut::Size.unwind();
            }
            bome(left * right)
        }),
        ("range", v(3), range),
        ("fromjson", v(0), from_json),
        ("debug_empty", v(0), |_| Box::new(std::iter::empty())),
        ("stderr_empty", v(0), |_| Box::new(std::iter::empty())),
        ("halt", v(1), |_| {
            bome(Err(Error::str("a query cannot halt")))
        }),
    ]
}

/// Every number of it is a step, since it may never end.
fn range(mut cv: Cv<'_, Data>) -> ValXs<'_, Val> {
    let by = cv.0.pop_var();
    let to = cv.0.pop_var();
    let mut next = Ok(cv.0.pop_var());
    let meter = cv.0.data().meter();
    let zero = Val::from(0_isize);
    Box::new(std::iter::from_fn(move || {
        meter.step();
        let here = match next.clone() {
            Ok(here) => here,
            Err(wrong) => {
                next = Ok(to.clone());
                return Some(Err(Exn::from(wrong)));
            }
        };
        let goes_on = match by.cmp(&zero) {
            std::cmp::Ordering::Greater => here < to,
            std::cmp::Ordering::Less => here > to,
            std::cmp::Ordering::Equal => here != to,
        };
        goes_on.then(|| {
            next = here.clone() + by.clone();
            Ok(here)
        })
    }))
}

/// jaq's own recurses, and takes a time that grows with the square of a number's digits.
fn from_json((_, input): Cv<'_, Data>) -> ValXs<'_, Val> {
    Box::new(
        then(input.try_as_utf8_bytes_owned(), |text| {
            if is_nested_too_deep(&text) || has_long_number(&text) {
                Cut::Size.unwind();
            }
            let wrong = |wrong: read::Error| Error::str(format_args!("cannot parse: {wrong}"));
            bytes_valrs(text, |text| {
                Box::new(read::parse_many(text).map(move |value| value.map_err(wrong)))
            })
        })
        .map(|value| value.map_err(Exn::from)),
    )
}

/// Whether the brackets of `text` may be nested too deep, those within strings counted too.
fn is_nested_too_deep(text: &[u8]) -> bool {
    let mut depth = 0_usize;
    for byte in text {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

/// Whether a product of these is not too large.
fn product_fits(left: &Val, right: &Val) -> bool {
    match (left, right) {
        (Val::Num(left), Val::Num(right)) => bits(left) + bits(right) <= MAX_BITS,
        (Val::TStr(text) | Val::BStr(text), Val::Num(times))
        | (Val::Num(times), Val::TStr(text) | Val::BStr(text)) => match times {
            Num::Int(count) => {
                let length = isize::try_from(text.len()).unwrap_or(isize::MAX);
                let most = isize::try_from(MAX_STRING).unwrap_or(isize::MAX);
                length.saturating_mul(*count) <= most
            }
            Num::BigInt(_) => text.is_empty() || *times < Num::Int(0),
            Num::Float(_) | Num::Dec(_) => true,
        },
        _ => true,
    }
}

fn bits(number: &Num) -> u64 {
    match number {
        Num::BigInt(big) => big.bits(),
        _ => 64,
    }
}
