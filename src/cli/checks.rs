//! Parses the checks requested on the command line or in a profile.

use clap::Args;
use std::fs;
use std::io;
use std::path::Path;
use subscope::payload::escape::whole;

use subscope::workers::analysis::{Channels, Check, JsonSchema};

use super::glob_file::GlobFile;
use crate::host::failure::reason;

/// Which checks to run on messages.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Checks")]
pub struct Checks {
    /// Learn the JSON fields on channels matching GLOB, and flag messages with a new or missing
    /// field or a changed type
    #[arg(long, value_name = "GLOB")]
    pub shape: Vec<String>,
    /// Flag messages on channels matching GLOB that violate the JSON Schema in FILE, such as
    /// 'orders:*=order.schema.json'
    #[arg(long, value_name = "GLOB=FILE")]
    pub schema: Vec<String>,
    /// Track sequence numbers at a path ('orders:*=.seq') or per key ('orders:*=.seq,.customer')
    /// and flag missing, duplicate or late ones
    #[arg(long, value_name = "GLOB=PATH")]
    pub seq: Vec<String>,
    /// Show the time from each request to its reply: 'rpc:*:request=.id -> rpc:*:reply=.corr'
    #[arg(long, value_name = "PAIR")]
    pub pair: Vec<String>,
    /// Show each message's delay, measured from the sent time at a path: 'orders:*=.sent'
    #[arg(long, value_name = "GLOB=PATH")]
    pub sent: Vec<String>,
}

/// The maximum size of a file that a schema refers to, in bytes.
const MAX_REFERRED: u64 = 8 << 20;

/// A function that parses the value of one kind of check.
type Parse = fn(&str) -> Result<Check, String>;

/// Parses the checks that `options` request. `blame` creates an error from the name of an option or
/// profile key and a description of the problem.
pub fn read<E>(options: &Checks, blame: impl Fn(&str, String) -> E) -> Result<Vec<Check>, E> {
    kinds(options)
        .flat_map(|(option, texts, parse)| {
            let blame = &blame;
            texts
                .iter()
                .map(move |text| check(option, text, parse, blame))
        })
        .collect()
}

/// Returns the error of every invalid check.
pub fn errors<E>(options: &Checks, blame: impl Fn(&str, String) -> E) -> Vec<E> {
    kinds(options)
        .flat_map(|(option, texts, parse)| {
            let blame = &blame;
            texts
                .iter()
                .filter_map(move |text| check(option, text, parse, blame).err())
        })
        .collect()
}

fn kinds(options: &Checks) -> impl Iterator<Item = (&'static str, &[String], Parse)> {
    let kinds: [(&'static str, &[String], Parse); 5] = [
        ("shape", &options.shape, Check::parse_shape),
        ("schema", &options.schema, schema),
        ("seq", &options.seq, Check::parse_sequence),
        ("pair", &options.pair, Check::parse_pair),
        ("sent", &options.sent, Check::parse_delay),
    ];
    kinds.into_iter()
}

/// Parses `--schema`: `glob=file`.
fn schema(text: &str) -> Result<Check, String> {
    let file = GlobFile::read(text, "orders:*=order.schema.json")?;
    let folder = file.path.parent().map(Path::to_owned).unwrap_or_default();
    let schema = JsonSchema::read(file.name(), &file.bytes, move |path| below(&folder, path));
    let schema = schema.map_err(|why| format!("{} is {why}", file.shown))?;
    Ok(Check::Schema(Channels::new(file.glob.as_bytes()), schema))
}

/// Reads the file at `path` in `folder` that a schema refers to. Symbolic links must not lead out
/// of the folder.
fn below(folder: &Path, path: &Path) -> Result<Vec<u8>, String> {
    let shown = whole(path.as_os_str().as_encoded_bytes());
    let unread = |error: &io::Error| format!("{shown} cannot be read: {}", reason(error));
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let folder = folder.canonicalize().map_err(|error| unread(&error))?;
    let file = folder
        .join(path)
        .canonicalize()
        .map_err(|error| unread(&error))?;
    if !file.starts_with(&folder) {
        return Err(format!("{shown} is a link out of the folder of the schema"));
    }
    let size = fs::metadata(&file).map_err(|error| unread(&error))?;
    if !size.is_file() || size.len() > MAX_REFERRED {
        return Err(format!(
            "{shown} is not a file of at most {} MiB",
            MAX_REFERRED >> 20
        ));
    }
    fs::read(&file).map_err(|error| unread(&error))
}

fn check<E>(
    option: &str,
    text: &str,
    parse: Parse,
    blame: &impl Fn(&str, String) -> E,
) -> Result<Check, E> {
    parse(text).map_err(|error| blame(option, whole(error.as_bytes())))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;
    use crate::cli::merge;
    use subscope::config::Config;

    #[test]
    fn a_schema_is_read_from_a_file_or_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("order.json", "{}");
        write("bad.json", r#"{"type":"strng"}"#);
        let option = |name: &str| format!("a:*={}", folder.path().join(name).display());
        let check = schema(&option("order.json")).unwrap();
        let Check::Schema(channels, schema_read) = &check else {
            panic!("{check:?}");
        };
        assert_eq!(
            (channels.glob(), schema_read.name()),
            (&b"a:*"[..], "order.json")
        );
        let error = schema(&option("bad.json")).unwrap_err();
        assert!(
            error.contains("bad.json is not a JSON Schema: .type: "),
            "{error}"
        );
        // A schema may refer to files in its folder or below it.
        fs::create_dir(folder.path().join("parts")).unwrap();
        write("parts/id.json", r#"{"type":"integer"}"#);
        for (name, expected) in [
            ("parts/id.json", ""),
            (
                "none.json",
                "ref.json is not complete: none.json cannot be read: ",
            ),
            (
                "../x.json",
                "ref.json is not complete: x.json is not a file in the folder",
            ),
            ("file:///etc/hosts", "etc/hosts is not a file in the folder"),
            (
                "https://example.com/a.json",
                "https://example.com/a.json is not a file in the folder",
            ),
            (
                "out.json",
                "ref.json is not complete: out.json is a link out of the folder",
            ),
            (
                "parts",
                "ref.json is not complete: parts is not a file of at most 8 MiB",
            ),
        ] {
            let outside = folder.path().parent().unwrap();
            _ = std::os::unix::fs::symlink(outside, folder.path().join("out.json"));
            write("ref.json", &format!(r#"{{"$ref":"{name}"}}"#));
            let error = schema(&option("ref.json")).err().unwrap_or_default();
            assert!(error.contains(expected), "{name}: {error}");
            assert_eq!(error.is_empty(), expected.is_empty(), "{name}: {error}");
        }
        // In the config file, the file is next to it.
        let text = "[profile.p]\nschema = [\"a=order.json\", \"b=bad.json\", \"c\"]\n";
        let config = Config::parse(&folder.path().join("config.toml"), text).unwrap();
        let profile = config.entries[0].profile.rest();
        let errors = merge::mistakes(profile, false).into_iter();
        let errors: Vec<String> = errors.map(|error| error.to_string()).collect();
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(
            errors[0].contains("bad.json is not a JSON Schema"),
            "{errors:?}"
        );
        assert!(errors[1].contains("\"c\" has no =FILE part"), "{errors:?}");
    }
}
