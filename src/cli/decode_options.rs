//! Parses the options and profile keys that set how messages are decoded and shown.

use std::fs;
use std::path::{Path as File, PathBuf};

use clap::Args;
use subscope::app::Settings;
use subscope::payload::avro;
use subscope::payload::escape::whole;
use subscope::payload::message_type::MessageType;
use subscope::payload::protobuf::Schema;
use subscope::query::Template;

use super::glob_file::GlobFile;
use super::values;
use crate::host::failure::{reason, shown_path};

/// How messages are decoded and shown.
#[derive(Clone, Debug, Args, Default)]
#[command(next_help_heading = "Decoding")]
pub struct DecodeOptions {
    /// Which part of a channel's messages the log shows.
    #[arg(
        long,
        value_name = "GLOB=.PATH",
        help = "Show only the value at PATH of messages on channels matching GLOB in the log, such \
        as 'orders:*=.user.id'; or several values, as in 'orders:*=.id .user' or 'orders:*={.id} by \
        {.user}'. Repeatable; the last one that matches a channel applies"
    )]
    pub lens: Vec<String>,
    /// The file with the Protobuf message types.
    #[arg(
        long,
        value_name = "FILE",
        value_parser = values::path(),
        help = "Protobuf message types: a descriptor set, as written by 'protoc --include_imports \
        --descriptor_set_out=FILE orders.proto'. Use with --proto-type, or choose a type \
        in an open message"
    )]
    pub proto: Option<PathBuf>,
    /// The Protobuf message type of a channel.
    #[arg(
        long,
        value_name = "GLOB=TYPE",
        help = "Decode messages on channels matching GLOB as this type of the --proto FILE, such as \
        'orders:*=shop.v1.Order'. Repeatable; the last one that matches a channel applies"
    )]
    pub proto_type: Vec<String>,
    /// The Avro schema of a channel.
    #[arg(
        long,
        value_name = "GLOB=FILE",
        help = "Decode messages on channels matching GLOB by the Avro schema in FILE, such as \
        'orders:*=order.avsc'. Repeatable; the last one that matches a channel applies"
    )]
    pub avro: Vec<String>,
}

/// A glob, and the type of the messages on the channels that it matches.
type OfChannels = (Box<[u8]>, MessageType);

/// Maximum number of types named in an error.
const MAX_NAMED: usize = 5;

/// The hint that says how to create a descriptor set.
const PROTOC: &str = "'protoc --include_imports --descriptor_set_out=FILE orders.proto' writes one";

/// Returns the settings that `options` specify; all others have their defaults. `blame` creates an
/// error from the name of an option or profile key and a description of the problem.
///
/// # Errors
///
/// Returns the first error.
pub fn read<E>(options: &DecodeOptions, blame: impl Fn(&str, String) -> E) -> Result<Settings, E> {
    let (settings, errors) = parse(options, blame);
    errors.into_iter().next().map_or(Ok(settings), Err)
}

/// Returns every error in `options`.
pub fn errors<E>(options: &DecodeOptions, blame: impl Fn(&str, String) -> E) -> Vec<E> {
    parse(options, blame).1
}

/// Returns what the valid options specify, and an error for each other one.
fn parse<E>(options: &DecodeOptions, blame: impl Fn(&str, String) -> E) -> (Settings, Vec<E>) {
    let mut errors = Vec::new();
    let mut wrong = |key: &str, problem| errors.push(blame(key, problem));
    let lenses = options.lens.iter();
    let lenses =
        lenses.filter_map(|text| lens(text).map_err(|problem| wrong("lens", problem)).ok());
    let lenses = lenses.collect();
    let (mut message_types, mut known_types) = protobuf_types(options, &mut wrong);
    for text in &options.avro {
        match avro_schema(text) {
            Ok((glob, schema)) => {
                known_types.push(schema.clone());
                message_types.push((glob, schema));
            }
            Err(problem) => wrong("avro", problem),
        }
    }
    let settings = Settings {
        lenses,
        message_types: message_types.into_iter().collect(),
        known_types,
        ..Settings::default()
    };
    (settings, errors)
}

/// Returns the Protobuf types of channels, and all known ones.
fn protobuf_types(
    options: &DecodeOptions,
    mut wrong: impl FnMut(&str, String),
) -> (Vec<OfChannels>, Vec<MessageType>) {
    let file = options.proto.as_deref();
    let schema = match file.map(schema).transpose() {
        Ok(schema) => schema,
        // Without the file, no type can be looked up.
        Err(problem) => {
            wrong("proto", problem);
            return (Vec::new(), Vec::new());
        }
    };
    let types = options.proto_type.iter().filter_map(|text| {
        let found = message_type(text, file, schema.as_ref());
        found.map_err(|problem| wrong("proto-type", problem)).ok()
    });
    let types = types.collect();
    let known = schema.iter().flat_map(|schema| {
        let names = schema.message_types();
        names.filter_map(|name| schema.message_type(&name))
    });
    (types, known.map(MessageType::Protobuf).collect())
}

/// Parses `GLOB=FILE` and reads the Avro schema in the file.
fn avro_schema(text: &str) -> Result<OfChannels, String> {
    let file = GlobFile::read(text, "orders:*=order.avsc")?;
    let schema = avro::Schema::read(file.name(), &file.bytes)
        .map_err(|why| format!("{} is {}", file.shown, whole(why.as_bytes())))?;
    let glob = file.glob.into_bytes().into_boxed_slice();
    Ok((glob, MessageType::Avro(schema)))
}

/// Parses `GLOB=.path`, `GLOB=.path .path` or `GLOB=text {.path} text`. Since a channel name may
/// contain `=`, the first `=` followed by a path is the separator; or else, for a template that
/// starts with text, the first one.
fn lens(text: &str) -> Result<(Box<[u8]>, Template), String> {
    const FORM: &str = "expected GLOB=.PATH, such as 'orders:*=.user.id'";
    let shown = whole(text.as_bytes());
    let after = |at: usize| text[at + 1..].trim_start();
    let starts_path = |(at, _): &(usize, &str)| after(*at).starts_with(['.', '{']);
    let has_path = |(at, _): &(usize, &str)| after(*at).contains("{.");
    let mut signs = text.match_indices('=');
    let found = signs.clone().find(starts_path);
    let Some((at, _)) = found.or_else(|| signs.find(has_path)) else {
        return Err(format!("{shown:?} has no = followed by a path; {FORM}"));
    };
    let glob = text[..at].trim();
    if glob.is_empty() {
        return Err(format!("{shown:?} has no channel; {FORM}"));
    }
    match Template::parse(&text[at + 1..]) {
        Ok(template) => Ok((glob.as_bytes().into(), template)),
        Err(error) => Err(format!("{shown:?}: {error}")),
    }
}

/// Reads the descriptor set in `file`.
fn schema(file: &File) -> Result<Schema, String> {
    let shown = shown_path(file);
    let unread = |error| format!("{shown} cannot be read: {}", reason(&error));
    let bytes = fs::read(file).map_err(unread)?;
    let invalid = |error: String| format!("{shown} is {}; {PROTOC}", whole(error.as_bytes()));
    let schema = Schema::read(&bytes).map_err(invalid)?;
    if schema.message_types().next().is_none() {
        return Err(format!("{shown} contains no message type; {PROTOC}"));
    }
    Ok(schema)
}

/// Parses `GLOB=package.Type`, where the type belongs to `schema`, read from `file`.
fn message_type(
    text: &str,
    file: Option<&File>,
    schema: Option<&Schema>,
) -> Result<OfChannels, String> {
    const FORM: &str = "expected GLOB=TYPE, such as 'orders:*=shop.v1.Order'";
    let shown = whole(text.as_bytes());
    // Type names cannot contain `=`, but channel names may.
    let Some((glob, name)) = text.rsplit_once('=') else {
        return Err(format!("{shown:?} has no =TYPE part; {FORM}"));
    };
    let (glob, name) = (glob.trim(), name.trim().trim_start_matches('.'));
    if glob.is_empty() || name.is_empty() {
        let what = if glob.is_empty() { "channel" } else { "type" };
        return Err(format!("{shown:?} has no {what}; {FORM}"));
    }
    let (Some(schema), Some(file)) = (schema, file) else {
        let why = "needs --proto FILE, which describes the type";
        return Err(format!("{shown:?} {why}"));
    };
    match schema.message_type(name) {
        Some(found) => Ok((glob.as_bytes().into(), MessageType::Protobuf(found))),
        None => Err(format!(
            "{} has no message type {:?}{}",
            shown_path(file),
            whole(name.as_bytes()),
            similar(name, schema)
        )),
    }
}

/// Suggests types with names similar to `name`, or lists some existing types if none is similar.
fn similar(name: &str, schema: &Schema) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let wanted = last(name);
    let mut types: Vec<(usize, String)> = schema
        .message_types()
        .map(|other| (strsim::osa_distance(&wanted, &last(&other)), other))
        .collect();
    types.sort();
    let most = wanted.chars().count() / 3;
    let near = types.iter().take_while(|(distance, _)| *distance <= most);
    let near: Vec<String> = near.map(|(_, name)| format!("'{name}'")).collect();
    if !near.is_empty() {
        let near = near[..near.len().min(MAX_NAMED)].join(" or ");
        return format!(", did you mean {near}?");
    }
    let names: Vec<String> = schema.message_types().take(MAX_NAMED).collect();
    let more = match types.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("; it has {}{more}", names.join(", "))
}

#[cfg(test)]
mod tests;
