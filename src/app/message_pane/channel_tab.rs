//! The channel tab of an open message: its metadata, its channel's statistics, and the results of
//! checks.

use std::sync::Arc;
use std::time::Duration;

use super::reader::Reader;
use crate::app::session::Session;
use crate::app::session::live_query::Progress;
use crate::app::session::notices::topic_words;
use crate::payload::escape::{whole, whole_name};
use crate::payload::figures;
use crate::workers::analysis::{
    Check, Counts, Field, PairCounts, PairReport, Percentiles, Report, SequenceReport, ShapeReport,
};

/// Maximum number of unanswered requests listed.
const MOST_UNANSWERED: usize = 20;

/// A line of the channel tab.
#[derive(Clone, Debug, PartialEq)]
pub enum ChannelTabLine {
    /// An empty line.
    Blank,
    /// The heading of the lines below.
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
        let snapshot = self.snapshot();
        let mut lines = vec![ChannelTabLine::Received];
        let labels = std::iter::once("matched by").chain(std::iter::repeat(""));
        let brought = labels.zip(snapshot.topics.iter().map(topic_words));
        lines.extend(brought.map(|(label, words)| ChannelTabLine::Fact(label, words)));
        for finding in session.findings(snapshot.row) {
            let words = whole(finding.what.to_string().as_bytes());
            lines.push(ChannelTabLine::Fact("found", words));
        }
        let Some(name) = &snapshot.channel else {
            return lines;
        };
        if session.own.contains(snapshot.row) {
            let words = "by this session: same channel and bytes as its own";
            lines.push(ChannelTabLine::Fact("published", words.to_owned()));
        }
        lines.push(ChannelTabLine::Fact("channel", whole_name(name)));
        if let Some(path) = session.lens(name) {
            lines.push(ChannelTabLine::Fact("lens", path.text().to_owned()));
        }
        lines.extend(about_channel(session, name));
        let mut checks = session.checks.of_channel(name).peekable();
        if checks.peek().is_some() && session.checks.missed() > 0 {
            let missed = figures::count(session.checks.missed());
            let words = format!("{missed} rows evicted before they were checked");
            lines.push(ChannelTabLine::Blank);
            lines.push(ChannelTabLine::Fact("not checked", words));
        }
        let shared: Arc<[u8]> = name.as_ref().into();
        for (id, check) in checks {
            let report = session.checks.report(id, Some(&shared));
            let mut about = about_check(session, check, report, name);
            // Right below the heading.
            if let Some(progress) = session.checks.looking_back(id).filter(|_| about.len() > 1) {
                about.insert(2, still_looking(progress));
            }
            lines.extend(about);
        }
        lines
    }
}

fn about_channel(session: &Session, name: &[u8]) -> Vec<ChannelTabLine> {
    let channels = session.log.channels();
    let Some(channel) = channels.find(name).and_then(|id| channels.by_id(id)) else {
        let gone = "channel no longer in the log".to_owned();
        return vec![ChannelTabLine::Fact("", gone)];
    };
    let mean = channel.bytes / channel.messages.max(1);
    let count = figures::count(channel.messages);
    let silence = session.now.since(channel.last_received);
    let last = if silence < Duration::from_secs(1) {
        "now".to_owned()
    } else {
        format!("{} ago", figures::age(silence))
    };
    let size = format!(
        "{} in total, {} per message",
        figures::size(channel.bytes),
        figures::size(mean)
    );
    vec![
        ChannelTabLine::Fact("messages", format!("{count}, the last {last}")),
        ChannelTabLine::Fact("size", size),
        ChannelTabLine::Rate,
    ]
}

fn about_check(
    session: &Session,
    check: &Check,
    report: Option<&Report>,
    name: &[u8],
) -> Vec<ChannelTabLine> {
    let Some(report) = report else {
        // Plots are shown elsewhere.
        let is_plotted = matches!(check, Check::Series { .. });
        let heading = ChannelTabLine::Heading(format!("{} …", heading(check)));
        return if is_plotted {
            Vec::new()
        } else {
            vec![ChannelTabLine::Blank, heading]
        };
    };
    let mut lines = vec![ChannelTabLine::Blank];
    match report {
        Report::Shape(shape) if *shape.channel == *name => lines.extend(about_shape(shape)),
        Report::Sequence(sequence) => {
            lines.push(ChannelTabLine::Heading(heading(check)));
            lines.extend(about_sequence(sequence, name));
        }
        Report::Pair(pair) => {
            lines.push(ChannelTabLine::Heading(heading(check)));
            lines.extend(about_pair(session, pair));
        }
        Report::Delay(delay) => {
            lines.push(ChannelTabLine::Heading(heading(check)));
            let mut channels = delay.channels.iter();
            let Some(channel) = channels.find(|channel| *channel.channel == *name) else {
                lines.extend(delay.is_full.then(too_many_channels));
                return lines;
            };
            lines.extend(fact_of_spread("delay", channel.delay.as_ref()));
            if channel.ahead > 0 {
                let count = figures::count(channel.ahead);
                let words = format!("{count} sent after arrival: the clocks differ");
                lines.push(ChannelTabLine::Fact("", words));
            }
            lines.extend(counted("without time", channel.without_time));
        }
        Report::Shape(_) | Report::Series(_) => return Vec::new(),
    }
    lines
}

/// Returns the line for a check that is still processing the messages that were in the log when it
/// was added.
fn still_looking(progress: Progress) -> ChannelTabLine {
    let words = format!("{} % of the kept messages", progress.percent().min(99));
    ChannelTabLine::Fact("looking back", words)
}

/// Returns the heading for a check.
fn heading(check: &Check) -> String {
    let shown = |channels: &crate::workers::analysis::Channels| whole_name(channels.glob());
    match check {
        Check::Shape { .. } => "Shape".to_owned(),
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

fn about_shape(shape: &ShapeReport) -> Vec<ChannelTabLine> {
    let learning = if shape.is_learning {
        " · learning"
    } else {
        ""
    };
    let flagged = match shape.flagged {
        0 => String::new(),
        count => format!(" · {} flagged", figures::count(count)),
    };
    let all = shape.json + shape.other + shape.unread;
    let plural = if all == 1 { "" } else { "s" };
    // Messages that are not JSON may be flagged too.
    let read = match shape.json {
        json if json == all => String::new(),
        json => format!("{} of ", figures::count(json)),
    };
    let count = format!("{read}{} message{plural}", figures::count(all));
    let mut lines = vec![ChannelTabLine::Heading(format!(
        "Shape of {count}{learning}{flagged}"
    ))];
    let fields = shape.fields.iter().skip(1);
    lines.extend(fields.map(|field| ChannelTabLine::Field(Box::new(field.clone()))));
    lines.extend(counted("not JSON", shape.other));
    lines.extend(counted("not read", shape.unread));
    if shape.is_full {
        let words = "more fields than are kept".to_owned();
        lines.push(ChannelTabLine::Fact("", words));
    }
    lines
}

fn about_sequence(sequence: &SequenceReport, name: &[u8]) -> Vec<ChannelTabLine> {
    let mut channels = sequence.channels.iter();
    let Some(channel) = channels.find(|channel| *channel.channel == *name) else {
        return Vec::from_iter(sequence.is_full.then(too_many_channels));
    };
    let Counts {
        missing,
        explained,
        duplicates,
        late,
        restarts,
        without_number,
        unfollowed,
        messages,
    } = channel.counts;
    let mut lines = Vec::new();
    if let Some(last) = channel.last {
        lines.push(ChannelTabLine::Fact("highest", last.to_string()));
    }
    if channel.keys > 0 {
        lines.push(ChannelTabLine::Fact("keys", figures::count(channel.keys)));
    }
    let words = match (missing, explained) {
        (0, _) => "none".to_owned(),
        (_, 0) => figures::count(missing),
        _ => format!(
            "{}, {} of them in connection gaps",
            figures::count(missing),
            figures::count(explained)
        ),
    };
    // If no number was followed, none is known to be missing.
    let is_any_followed = messages > without_number + unfollowed;
    lines.extend(is_any_followed.then_some(ChannelTabLine::Fact("missing", words)));
    lines.extend(counted("duplicates", duplicates));
    lines.extend(counted("late", late));
    lines.extend(counted("restarts", restarts));
    if sequence.has_key && without_number > 0 {
        let words = format!("{} without number or key", figures::count(without_number));
        lines.push(ChannelTabLine::Fact("not read", words));
    } else {
        lines.extend(counted("no number", without_number));
    }
    lines.extend(counted("not tracked", unfollowed));
    lines
}

fn about_pair(session: &Session, pair: &PairReport) -> Vec<ChannelTabLine> {
    let counts = &pair.counts;
    let mut lines = vec![ChannelTabLine::Fact(
        "requests",
        format!(
            "{}, {} answered, {} waiting",
            figures::count(counts.requests),
            figures::count(counts.answered),
            figures::count(counts.waiting)
        ),
    )];
    if counts.waiting_before_gap > 0 {
        let count = figures::count(counts.waiting_before_gap);
        let words = format!("{count} waiting: the reply may be lost");
        lines.push(ChannelTabLine::Fact("gap since", words));
    }
    lines.extend(fact_of_spread("latency", pair.latency.as_ref()));
    lines.extend(counted("repeated", counts.repeated));
    lines.extend(counted("duplicates", counts.duplicates));
    lines.extend(about_unmatched(counts));
    lines.extend(counted("no id", counts.without_id));
    lines.extend(counted("forgotten", counts.forgotten));
    let labels = std::iter::once("unanswered").chain(std::iter::repeat(""));
    for (label, request) in labels.zip(pair.unanswered.iter().take(MOST_UNANSWERED)) {
        let id = whole(&request.id);
        let ago = figures::duration(session.now.since(request.time));
        let gone = match session.log.row(request.row) {
            Some(_) => "",
            None => ", row evicted",
        };
        let gap = if request.is_before_gap {
            ", a gap since: the reply may be lost"
        } else {
            ""
        };
        lines.push(ChannelTabLine::Fact(
            label,
            format!("{id} for {ago}{gone}{gap}"),
        ));
    }
    lines
}

/// Returns the line with the number of replies without a known request, and for how many of them
/// the request may be lost.
fn about_unmatched(counts: &PairCounts) -> Option<ChannelTabLine> {
    let unmatched = figures::count(counts.unmatched);
    match share(counts.unmatched_behind_gap, counts.unmatched) {
        Some(share) => {
            let words = format!("{unmatched}, {share}soon after a gap: the request may be lost");
            Some(ChannelTabLine::Fact("no request", words))
        }
        None => counted("no request", counts.unmatched),
    }
}

/// Returns the words that introduce `part` of the messages just counted; `None` if it is 0.
fn share(part: u64, all: u64) -> Option<String> {
    match part {
        0 => None,
        1 if all == 1 => Some(String::new()),
        _ if part == all => Some("all ".to_owned()),
        _ => Some(format!("{} of them ", figures::count(part))),
    }
}

/// Returns the line for a check that has no room for the channel.
fn too_many_channels() -> ChannelTabLine {
    let words = "limit of watched channels reached".to_owned();
    ChannelTabLine::Fact("not checked", words)
}

/// Returns a line with a count, unless it is 0.
fn counted(label: &'static str, count: u64) -> Option<ChannelTabLine> {
    (count > 0).then(|| ChannelTabLine::Fact(label, figures::count(count)))
}

fn fact_of_spread(label: &'static str, spread: Option<&Percentiles>) -> Option<ChannelTabLine> {
    let spread = spread?;
    let words = [
        ("p50", spread.p50),
        ("p90", spread.p90),
        ("p99", spread.p99),
        ("max", spread.max),
        ("min", spread.min),
    ];
    let words: Vec<String> = words
        .iter()
        .map(|(name, micros)| format!("{name} {}", signed(*micros)))
        .collect();
    Some(ChannelTabLine::Fact(label, words.join("  ")))
}

/// Formats a time in microseconds, which may be negative.
fn signed(micros: i64) -> String {
    let time = figures::duration(Duration::from_micros(micros.unsigned_abs()));
    let sign = if micros < 0 { "−" } else { "" };
    format!("{sign}{time}")
}
