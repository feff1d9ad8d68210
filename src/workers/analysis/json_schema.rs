//! JSON Schemas (<https://json-schema.org>) and how values violate them.
//!
//! A schema may refer to files in its folder or below it, which are read once; nothing is fetched.
//! Regular expressions are matched in linear time, so a schema with lookaround or backreferences is
//! refused.

mod beside;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use self::beside::Beside;
use super::violation::Violation;
use crate::payload::tree::path_step;

/// The maximum number of violations listed for a message.
const MAX_LISTED: usize = 5;

/// The maximum length of a description, in characters.
const MAX_WORDS: usize = 120;

/// The maximum size of a value, in bytes of JSON, for which all violations are looked for. For a
/// larger value, only the first one is.
const MAX_FOR_ALL: usize = 64 << 10;

/// The maximum number of digits that a number has when written without an exponent. Larger numbers
/// take long to compare.
const MAX_DIGITS: usize = 80;

/// The maximum size of a compiled regular expression, in bytes.
const MAX_PATTERN: usize = 1 << 20;

/// A JSON Schema. Cheap to clone.
#[derive(Clone)]
pub struct JsonSchema {
    name: Arc<str>,
    validator: Arc<Validator>,
}

impl JsonSchema {
    /// Reads a schema. `name` identifies it on the screen. `read_file` reads a file that it refers
    /// to, given its path relative to the folder of the schema. The errors say what is wrong.
    pub fn read(
        name: &str,
        bytes: &[u8],
        read_file: impl Fn(&Path) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let schema: Value =
            serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))?;
        if !matches!(schema, Value::Object(_) | Value::Bool(_)) {
            return Err("not a JSON Schema: it must be an object".to_owned());
        }
        let beside = Beside::new(&schema, Box::new(read_file));
        let validator = jsonschema::options()
            .with_base_uri(Beside::uri(name))
            .with_retriever(beside.clone())
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN))
            .build(&schema);
        let validator = validator.map_err(|error| match beside.problem() {
            Some(problem) => format!("not complete: {problem}"),
            None => unusable(&error),
        })?;
        Ok(Self {
            name: name.into(),
            validator: Arc::new(validator),
        })
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how the value written as `json` violates the schema: an empty list if it conforms,
    /// `None` if it cannot be checked because it is nested too deeply or has a number with too many
    /// digits.
    pub fn violations(&self, json: &[u8]) -> Option<Vec<Violation>> {
        let value: Value = serde_json::from_slice(json).ok()?;
        if !has_short_numbers(&value) {
            return None;
        }
        if self.validator.is_valid(&value) {
            return Some(Vec::new());
        }
        if json.len() > MAX_FOR_ALL {
            let first = self.validator.validate(&value).err();
            let first = first.iter().map(violation);
            return Some(first.chain([Violation::Others]).collect());
        }
        let mut errors = self.validator.iter_errors(&value);
        let listed = errors.by_ref().take(MAX_LISTED);
        let mut all: Vec<Violation> = listed.map(|error| violation(&error)).collect();
        let more = errors.count();
        all.extend((more > 0).then_some(Violation::More(more)));
        Some(all)
    }
}

impl fmt::Debug for JsonSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonSchema({:?})", self.name)
    }
}

/// Two schemas are equal if they are the same one.
impl PartialEq for JsonSchema {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.validator, &other.validator)
    }
}

impl Eq for JsonSchema {}

/// Returns whether no number in `value` has more than [`MAX_DIGITS`] digits.
fn has_short_numbers(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            let number = number.as_str();
            let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
            let exponent: Option<i32> = exponent.parse().ok();
            let zeros = exponent.map_or(usize::MAX, |exponent| exponent.unsigned_abs() as usize);
            digits.len().saturating_add(zeros) <= MAX_DIGITS
        }
        Value::Array(items) => items.iter().all(has_short_numbers),
        Value::Object(members) => members.values().all(has_short_numbers),
        _ => true,
    }
}

/// Explains why a schema cannot be used.
fn unusable(error: &ValidationError<'_>) -> String {
    let at = path(error.instance_path());
    let why = match error.kind() {
        Kind::Referencing(why) => {
            return format!("not complete: {why}");
        }
        Kind::Format { format } if format == "regex" => {
            let pattern = error.instance().as_str().unwrap_or_default();
            return format!(
                "not usable: {pattern:?} at {at} is not a regular expression without lookaround \
                 and backreferences"
            );
        }
        _ => why(error),
    };
    format!("not a JSON Schema: {at}: {why}")
}

/// Returns the violation that an error stands for.
fn violation(error: &ValidationError<'_>) -> Violation {
    let (path, why) = place_and_reason(error);
    Violation::At {
        path: shortened(&path).into(),
        why: shortened(&why).into(),
    }
}

/// Returns the path of the value of an error, and what is wrong with it.
fn place_and_reason(error: &ValidationError<'_>) -> (String, String) {
    let at = path(error.instance_path());
    let Kind::Required { property } = error.kind() else {
        return (at, why(error));
    };
    let name = property.as_str().unwrap_or_default();
    let step = path_step(name.as_bytes()).unwrap_or_default();
    let parent = if at == "." { "" } else { &*at };
    (format!("{parent}{step}"), "missing".to_owned())
}

/// Describes what is wrong with the value of an error.
fn why(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::Type { kind } => {
            let found = type_name(error.instance());
            match kind {
                TypeKind::Single(expected) => format!("{found}, not {expected}"),
                TypeKind::Multiple(expected) => {
                    let names: Vec<String> = expected.iter().map(|one| one.to_string()).collect();
                    format!("{found}, not {}", names.join(" or "))
                }
            }
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("unexpected {}", unexpected.join(", "))
        }
        Kind::Enum { options } => format!("not one of {options}"),
        Kind::Constant { expected_value } => format!("not {expected_value}"),
        Kind::Format { format } => format!("not in the format {format}"),
        Kind::Pattern { pattern } => format!("does not match /{pattern}/"),
        Kind::Minimum { limit } => format!("less than {limit}"),
        Kind::Maximum { limit } => format!("greater than {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("not greater than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("not less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("not a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("shorter than {limit}"),
        Kind::MaxLength { limit } => format!("longer than {limit}"),
        Kind::MinItems { limit } => format!("fewer than {limit} items"),
        Kind::MaxItems { limit } => format!("more than {limit} items"),
        Kind::AdditionalItems { limit } => format!("more than {limit} items"),
        Kind::MinProperties { limit } => format!("fewer than {limit} fields"),
        Kind::MaxProperties { limit } => format!("more than {limit} fields"),
        Kind::UniqueItems => "repeated items".to_owned(),
        Kind::Contains => "without the required item".to_owned(),
        Kind::AnyOf { context } => format!("matches no schema of anyOf{}", closest(context)),
        Kind::OneOfNotValid { context } => {
            format!("matches no schema of oneOf{}", closest(context))
        }
        Kind::OneOfMultipleValid { .. } => "matches several schemas of oneOf".to_owned(),
        Kind::Not { .. } => "matches what not excludes".to_owned(),
        Kind::FalseSchema => "not allowed".to_owned(),
        Kind::PropertyNames { error } => format!("field name: {}", why(error)),
        _ => error.masked().to_string(),
    }
}

/// Describes what is wrong with a value according to the schema that it violates least.
fn closest(schemas: &[Vec<ValidationError<'_>>]) -> String {
    let violated = schemas.iter().filter(|errors| !errors.is_empty());
    let closest = violated.min_by_key(|errors| errors.len());
    let first = closest.and_then(|errors| errors.first());
    first.map_or_else(String::new, |error| {
        let (path, why) = place_and_reason(error);
        format!(": {path} {why}")
    })
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Returns a location as a path in a query: `.items[0].name`, or `.` for the whole value.
fn path(location: &Location) -> String {
    let steps = location.iter().map(|step| match step {
        LocationSegment::Property(name) => path_step(name.as_bytes()).unwrap_or_default(),
        LocationSegment::Index(index) => format!("[{index}]"),
    });
    let path = steps.collect::<String>();
    if path.starts_with('.') {
        path
    } else {
        format!(".{path}")
    }
}

/// Returns `words`, cut to [`MAX_WORDS`] characters.
fn shortened(words: &str) -> String {
    match words.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}
