//! The channel tab of an open message: metadata, channel statistics, and results of checks.

use std::iter;
use std::time::Duration;

use super::reader::Reader;
use crate::app::layout::wrapped;
use crate::app::session::Session;
use crate::app::session::live_query::Progress;
use crate::app::session::notices::topic_words;
use crate::payload::escape::{whole, whole_name};
use crate::payload::figures;
use crate::workers::analysis::{
    Channels, Check, DelayReport, Field, FindingKind, PairCounts, PairReport, Percentiles, Report,
    SchemaReport, SequenceReport, ShapeReport,
};

/// Maximum number of unanswered requests listed.
const MAX_UNANSWERED: usize = 20;

/// Maximum width of a line of a recipe's note, in columns, which fits on a screen of 80.
const NOTE_COLUMNS: usize = 60;

/// A line of the channel tab.
#[derive(Clone, Debug, PartialEq)]
pub enum ChannelTabLine {
    /// An empty line.
    Blank,
    /// The heading of the lines below it.
    Heading(String),
    /// A fact with a label, escaped for display.
    Fact(&'static str, String),
    /// When the message was received, in the time format that the user chose.
    Received,
    /// The rate of the channel, with its bars.
    Rate,
    /// A field of a shape, and whether it is present in every object that could have it.
    Field(Box<Field>),
}

impl Reader {
    /// Returns the lines of the channel tab.
    pub fn channel_tab(&self, session: &Session) -> Vec<ChannelTabLine> {
        let snapshot = &self.snapshot;
        let mut lines = vec![ChannelTabLine::Received];
        let labels = iter::once("matched by").chain(iter::repeat(""));
        let topics = labels.zip(&snapshot.topics);
        lines.extend(topics.map(|(label, topic)| fact(label, topic_words(topic))));
        let findings = session.checks.findings.of(snapshot.row);
        let found = findings.flat_map(|finding| match &finding.what {
            FindingKind::Invalid(violations) => {
                violations.iter().map(ToString::to_string).collect()
            }
            other => vec![other.to_string()],
        });
        lines.extend(found.map(|words| fact("found", whole(words.as_bytes()))));
        let Some(name) = &snapshot.channel else {
            return lines;
        };
        if session.own.contains(snapshot.row) {
            let words = "by this session, which sent a message with the same channel and bytes";
            lines.push(fact("published", words));
        }
        lines.push(fact("channel", whole_name(name)));
        let lens = session.lens_of(name);
        lines.extend(lens.map(|lens| fact("lens", whole(lens.text().as_bytes()))));
        lines.extend(about_recipe(session, name));
        lines.extend(about_channel(session, name));
        let mut checks = session.checks.of_channel(name).peekable();
        if checks.peek().is_some() && session.checks.missed() > 0 {
            let missed = figures::counted(session.checks.missed(), "row");
            let words = format!("{missed} evicted before being checked");
            lines.extend([ChannelTabLine::Blank, fact("not checked", words)]);
        }
        for (id, check) in checks {
            let report = session.checks.report(id, Some(name));
            let progress = session.checks.looking_back(id);
            lines.extend(about_check(session, check, report, progress, name));
        }
        lines
    }
}

/// Returns a line with a label.
fn fact(label: &'static str, words: impl Into<String>) -> ChannelTabLine {
    ChannelTabLine::Fact(label, words.into())
}

/// Returns a line with a count, unless it is 0.
fn counted(label: &'static str, count: u64) -> Option<ChannelTabLine> {
    (count > 0).then(|| fact(label, figures::count(count)))
}

fn about_recipe(session: &Session, name: &[u8]) -> Vec<ChannelTabLine> {
    let Some((recipe, is_on)) = session.recipes.of(name) else {
        return Vec::new();
    };
    let state = if is_on {
        session.keyed("{toggle-recipe} turns it off")
    } else {
        session.keyed("off · {toggle-recipe} turns it on")
    };
    let mut lines = vec![fact("recipe", format!("{} · {state}", recipe.name))];
    let note = recipe.note.iter();
    let note = note.flat_map(|note| wrapped(note, NOTE_COLUMNS));
    lines.extend(note.map(|words| fact("", words)));
    lines
}

fn about_channel(session: &Session, name: &[u8]) -> Vec<ChannelTabLine> {
    let channels = session.log.channels();
    let Some(channel) = channels.find(name).and_then(|id| channels.by_id(id)) else {
        return vec![fact("", "channel no longer in the log")];
    };
    let count = figures::count(channel.messages);
    let silence = session.present().since(channel.last_received);
    let last = if silence < Duration::from_secs(1) {
        "just now".to_owned()
    } else {
        format!("{} ago", figures::age(silence))
    };
    let total = figures::size(channel.bytes);
    let mean = figures::size(channel.bytes / channel.messages.max(1));
    vec![
        fact("messages", format!("{count}, the last one {last}")),
        fact("size", format!("{total} in total, {mean} per message")),
        ChannelTabLine::Rate,
    ]
}

/// Returns the lines about a check. `progress` is its progress on the messages that were in the log
/// when it was added, or `None` once it has processed all of them.
fn about_check(
    session: &Session,
    check: &Check,
    report: Option<&Report>,
    progress: Option<Progress>,
    name: &[u8],
) -> Vec<ChannelTabLine> {
    let heading = check_heading(check);
    let (heading, lines) = match report {
        // Series are shown in the plot.
        None if matches!(check, Check::Series { .. }) => return Vec::new(),
        None => (format!("{heading} …"), Vec::new()),
        Some(Report::Shape(shape)) if *shape.channel == *name => {
            (shape_heading(shape), about_shape(shape))
        }
        Some(Report::Schema(schema)) if *schema.channel == *name => {
            let about = counted("not checked", schema.unread).into_iter();
            (schema_heading(&heading, schema), about.collect())
        }
        Some(Report::Shape(_) | Report::Schema(_) | Report::Series(_)) => return Vec::new(),
        Some(Report::Sequence(sequence)) => (heading, about_sequence(sequence, name)),
        Some(Report::Pair(pair)) => (heading, about_pair(session, pair)),
        Some(Report::Delay(delay)) => (heading, about_delay(delay, name)),
    };
    let mut about = vec![ChannelTabLine::Blank, ChannelTabLine::Heading(heading)];
    about.extend(progress.map(|progress| {
        let percent = progress.percent().min(99);
        fact(
            "progress",
            format!("{percent} % of the kept messages checked"),
        )
    }));
    about.extend(lines);
    about
}

fn check_heading(check: &Check) -> String {
    let shown = |channels: &Channels| whole_name(channels.glob());
    match check {
        Check::Shape(_) => "Shape".to_owned(),
        Check::Schema(_, schema) => format!("Schema {}", whole(schema.name().as_bytes())),
        Check::Sequence { number, key, .. } => {
            let by = key.as_ref().map(|key| format!(" by {}", key.text()));
            format!("Sequence at {}{}", number.text(), by.unwrap_or_default())
        }
        Check::Pair { request, reply } => format!(
            "Request and reply: {}={} -> {}={}",
            shown(&request.0),
            request.1.text(),
            shown(&reply.0),
            reply.1.text()
        ),
        Check::Delay { sent, .. } => format!("Delay since {}", sent.text()),
        Check::Series { .. } => "Plot".to_owned(),
    }
}

fn schema_heading(heading: &str, schema: &SchemaReport) -> String {
    let all = figures::counted(schema.valid + schema.invalid + schema.unread, "message");
    let invalid = match schema.invalid {
        0 => String::new(),
        count => format!(" · {} invalid", figures::count(count)),
    };
    format!("{heading}: {all}{invalid}")
}

fn shape_heading(shape: &ShapeReport) -> String {
    let all = shape.json + shape.other + shape.unread;
    // Messages that are not JSON may be flagged too.
    let json = match shape.json {
        json if json == all => String::new(),
        json => format!("{} of ", figures::count(json)),
    };
    let all = figures::counted(all, "message");
    let learning = if shape.is_learning {
        " · learning"
    } else {
        ""
    };
    let flagged = match shape.flagged {
        0 => String::new(),
        count => format!(" · {} flagged", figures::count(count)),
    };
    format!("Shape of {json}{all}{learning}{flagged}")
}

fn about_shape(shape: &ShapeReport) -> Vec<ChannelTabLine> {
    // The first field is the message itself.
    let fields = shape.fields.iter().skip(1);
    let fields = fields.map(|field| ChannelTabLine::Field(Box::new(field.clone())));
    let mut lines: Vec<ChannelTabLine> = fields.collect();
    lines.extend(counted("not JSON", shape.other));
    lines.extend(counted("not parsed", shape.unread));
    if shape.is_full {
        lines.push(fact("", "field limit reached; other fields are left out"));
    }
    lines
}

fn about_sequence(sequence: &SequenceReport, name: &[u8]) -> Vec<ChannelTabLine> {
    let mut channels = sequence.channels.iter();
    let Some(channel) = channels.find(|channel| *channel.channel == *name) else {
        return Vec::from_iter(sequence.is_full.then(too_many_channels));
    };
    let counts = &channel.counts;
    let mut lines = Vec::new();
    lines.extend(channel.last.map(|last| fact("highest", last.to_string())));
    lines.extend(counted("keys", channel.keys));
    let words = match (counts.missing, counts.explained) {
        (0, _) => "none".to_owned(),
        (_, 0) => figures::count(counts.missing),
        _ => format!(
            "{}, {} of them in connection gaps",
            figures::count(counts.missing),
            figures::count(counts.explained)
        ),
    };
    // If no numbers were tracked, none can be known to be missing.
    if counts.messages > counts.without_number + counts.unfollowed {
        lines.push(fact("missing", words));
    }
    lines.extend(counted("duplicates", counts.duplicates));
    lines.extend(counted("late", counts.late));
    lines.extend(counted("restarts", counts.restarts));
    if sequence.has_key && counts.without_number > 0 {
        let words = format!(
            "{} without number or key",
            figures::count(counts.without_number)
        );
        lines.push(fact("not read", words));
    } else {
        lines.extend(counted("no number", counts.without_number));
    }
    lines.extend(counted("not tracked", counts.unfollowed));
    lines
}

fn about_pair(session: &Session, pair: &PairReport) -> Vec<ChannelTabLine> {
    let counts = &pair.counts;
    let [requests, answered, waiting] =
        [counts.requests, counts.answered, counts.waiting].map(figures::count);
    let words = format!("{requests}, {answered} answered, {waiting} waiting");
    let mut lines = vec![fact("requests", words)];
    if counts.waiting_before_gap > 0 {
        let count = figures::count(counts.waiting_before_gap);
        let words = format!("{count} waiting: the reply may have been lost");
        lines.push(fact("before a gap", words));
    }
    lines.extend(percentiles("latency", pair.latency.as_ref()));
    lines.extend(counted("repeated id", counts.repeated));
    lines.extend(counted("duplicates", counts.duplicates));
    lines.extend(about_unmatched(counts));
    lines.extend(counted("no id", counts.without_id));
    lines.extend(counted("forgotten", counts.forgotten));
    let labels = iter::once("unanswered").chain(iter::repeat(""));
    for (label, request) in labels.zip(pair.unanswered.iter().take(MAX_UNANSWERED)) {
        let id = whole(&request.id);
        let ago = figures::duration(session.present().since(request.time));
        let gone = match session.log.row(request.row) {
            Some(_) => "",
            None => ", row evicted",
        };
        let gap = if request.is_before_gap {
            ", with a gap since: the reply may have been lost"
        } else {
            ""
        };
        lines.push(fact(label, format!("{id} for {ago}{gone}{gap}")));
    }
    lines
}

/// Returns the line with the number of replies that match no known request, and how many of those
/// requests may have been lost.
fn about_unmatched(counts: &PairCounts) -> Option<ChannelTabLine> {
    let all = counts.unmatched;
    let share = match counts.unmatched_behind_gap {
        0 => return counted("no request", all),
        1 if all == 1 => String::new(),
        part if part == all => "all ".to_owned(),
        part => format!("{} of them ", figures::count(part)),
    };
    let all = figures::count(all);
    let words = format!("{all}, {share}soon after a gap: the request may have been lost");
    Some(fact("no request", words))
}

fn about_delay(delay: &DelayReport, name: &[u8]) -> Vec<ChannelTabLine> {
    let mut channels = delay.channels.iter();
    let Some(channel) = channels.find(|channel| *channel.channel == *name) else {
        return Vec::from_iter(delay.is_full.then(too_many_channels));
    };
    let mut lines = Vec::from_iter(percentiles("delay", channel.delay.as_ref()));
    if channel.ahead > 0 {
        let count = figures::count(channel.ahead);
        let words = format!("{count} with a sent time after arrival: the clocks differ");
        lines.push(fact("", words));
    }
    lines.extend(counted("without time", channel.without_time));
    lines
}

/// Returns the line for a channel that is not checked because the limit of channels was reached.
fn too_many_channels() -> ChannelTabLine {
    fact("not checked", "limit of watched channels reached")
}

fn percentiles(label: &'static str, spread: Option<&Percentiles>) -> Option<ChannelTabLine> {
    let spread = spread?;
    let words = [
        ("p50", spread.p50),
        ("p90", spread.p90),
        ("p99", spread.p99),
        ("max", spread.max),
        ("min", spread.min),
    ];
    let words = words.map(|(name, micros)| format!("{name} {}", signed(micros)));
    Some(fact(label, words.join("  ")))
}

/// Formats a time in microseconds, which may be negative.
fn signed(micros: i64) -> String {
    let time = figures::duration(Duration::from_micros(micros.unsigned_abs()));
    let sign = if micros < 0 { "−" } else { "" };
    format!("{sign}{time}")
}
