//! Programs rewritten so that what makes values larger has them weighed.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Part, Path};

/// Weighs its input and gives it on. No program can write this name.
pub const WEIGH: &str = "!weigh";

/// Multiplies its two arguments, if that does not become too large.
pub const MULTIPLY: &str = "!multiply";

/// A variable that no program can write.
const FACTOR: &str = "$!factor";

/// Native filters whose output may be larger than their input.
const GROWING: [&str; 6] = [
    "tojson",
    "encode_base64",
    "encode_uri",
    "escape_html",
    "escape_sh",
    "implode",
];

/// `definition`, guarded.
pub fn definition(definition: Def<&str>) -> Def<&str> {
    Def {
        body: term(definition.body),
        ..definition
    }
}

/// `whole`, guarded.
pub fn term(whole: Term<&str>) -> Term<&str> {
    match whole {
        Term::Id
        | Term::Recurse
        | Term::Num(_)
        | Term::Break(_)
        | Term::Var(_)
        | Term::Arr(None) => whole,
        Term::Str(format, parts) => text(format, parts),
        Term::Arr(Some(inner)) => weighed(Term::Arr(Some(boxed(*inner)))),
        Term::Obj(members) => {
            let members = members.into_iter();
            let members = members.map(|(key, value)| (term(key), value.map(term)));
            weighed(Term::Obj(members.collect()))
        }
        Term::Neg(inner) => Term::Neg(boxed(*inner)),
        Term::BinOp(left, operator, right) => binary(*left, operator, *right),
        Term::Label(name, inner) => Term::Label(name, boxed(*inner)),
        Term::Fold(name, over, each, steps) => Term::Fold(
            name,
            boxed(*over),
            pattern(each),
            steps.into_iter().map(term).collect(),
        ),
        Term::TryCatch(tried, caught) => {
            Term::TryCatch(boxed(*tried), caught.map(|caught| boxed(*caught)))
        }
        Term::IfThenElse(cases, otherwise) => {
            let cases = cases.into_iter();
            let cases = cases.map(|(asked, then)| (term(asked), term(then)));
            Term::IfThenElse(cases.collect(), otherwise.map(|other| boxed(*other)))
        }
        Term::Def(definitions, inner) => Term::Def(
            definitions.into_iter().map(definition).collect(),
            boxed(*inner),
        ),
        Term::Call(name, arguments) => {
            let call = Term::Call(name, arguments.into_iter().map(term).collect());
            if GROWING.contains(&name) {
                weighed(call)
            } else {
                call
            }
        }
        Term::Path(inner, path) => {
            let parts = path.0.into_iter();
            let parts = parts.map(|(part, optional)| (part_of(part), optional));
            Term::Path(boxed(*inner), Path(parts.collect()))
        }
    }
}

fn boxed(inner: Term<&str>) -> Box<Term<&str>> {
    Box::new(term(inner))
}

/// `inner | !weigh`
fn weighed(inner: Term<&str>) -> Term<&str> {
    let weigh = Term::Call(WEIGH, Vec::new());
    Term::BinOp(Box::new(inner), BinaryOp::Pipe(None), Box::new(weigh))
}

/// A string, which is weighed if values are put into it.
fn text<'s>(format: Option<&'s str>, parts: Vec<StrPart<&'s str, Term<&'s str>>>) -> Term<&'s str> {
    let mut is_plain = true;
    let parts = parts.into_iter().map(|part| match part {
        StrPart::Term(inner) => {
            is_plain = false;
            StrPart::Term(term(inner))
        }
        StrPart::Str(text) => StrPart::Str(text),
        StrPart::Char(character) => StrPart::Char(character),
    });
    let whole = Term::Str(format, parts.collect());
    if is_plain { whole } else { weighed(whole) }
}

fn binary<'s>(
    left: Term<&'s str>,
    operator: BinaryOp<&'s str>,
    right: Term<&'s str>,
) -> Term<&'s str> {
    let (left, right) = (boxed(left), boxed(right));
    match operator {
        BinaryOp::Math(Math::Mul) => weighed(Term::Call(MULTIPLY, vec![*left, *right])),
        // `path *= f` is `f as $factor | path |= . * $factor`.
        BinaryOp::UpdateMath(Math::Mul) => {
            let product = Term::Call(MULTIPLY, vec![Term::Id, Term::Var(FACTOR)]);
            let update = Term::BinOp(left, BinaryOp::Update, Box::new(product));
            let bind = BinaryOp::Pipe(Some(Pattern::Var(FACTOR)));
            weighed(Term::BinOp(right, bind, Box::new(update)))
        }
        BinaryOp::Pipe(each) => Term::BinOp(left, BinaryOp::Pipe(each.map(pattern)), right),
        BinaryOp::Math(_)
        | BinaryOp::Assign
        | BinaryOp::Update
        | BinaryOp::UpdateMath(_)
        | BinaryOp::UpdateAlt => weighed(Term::BinOp(left, operator, right)),
        BinaryOp::Comma | BinaryOp::Alt | BinaryOp::Or | BinaryOp::And | BinaryOp::Cmp(_) => {
            Term::BinOp(left, operator, right)
        }
    }
}

fn pattern(whole: Pattern<&str>) -> Pattern<&str> {
    match whole {
        Pattern::Var(name) => Pattern::Var(name),
        Pattern::Arr(inner) => Pattern::Arr(inner.into_iter().map(pattern).collect()),
        Pattern::Obj(members) => {
            let members = members.into_iter();
            Pattern::Obj(
                members
                    .map(|(key, inner)| (term(key), pattern(inner)))
                    .collect(),
            )
        }
    }
}

fn part_of(part: Part<Term<&str>>) -> Part<Term<&str>> {
    match part {
        Part::Index(index) => Part::Index(term(index)),
        Part::Range(from, to) => Part::Range(from.map(term), to.map(term)),
    }
}
