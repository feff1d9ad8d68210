//! Benchmarks the log at five million messages: appending, evicting, filtering and drawing them,
//! compared with `rg` and `jq` on the same bytes where these are on the PATH.
//!
//! `cargo bench --bench log`; `-- --quick` uses a tenth of the messages, `-- --decoded` measures
//! only messages that need decoding, `-- --hostile` those that are made to be slow, and `-- --open`
//! the opening of a recording.

#![expect(
    clippy::cast_precision_loss,
    reason = "figures for people have three digits"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run should panic"
)]

#[path = "../support/bombs.rs"]
mod bombs;
#[path = "log/decoded.rs"]
mod decoded;
#[path = "log/drawn.rs"]
mod drawn;
#[path = "log/hostile.rs"]
mod hostile;
#[path = "log/open.rs"]
mod open;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use subscope::app::{App, Event, Settings};
use subscope::log::{Batch, MessageLog};
use subscope::message::{RowId, SubscriptionId, Time, Topic};
use subscope::query::{self, Moment, Query};
use subscope::server::Feed;
use subscope::view;
use subscope::workers::scan::{self, Answer, Purpose, Request, Scanner, WatchId};

const MESSAGES: u64 = 5_000_000;
const CHANNELS: u64 = 16;
/// Messages per batch, about as many as in a flood.
const BATCH: u64 = 1_500;
const KEEP: usize = 4 << 30;
/// Number of channels in the tree.
const TREE: u64 = 5_000;
/// Rows that fill a screen.
const SCREENFUL: u64 = 50;
const START: Time = Time(1_700_000_000_000_000);
const MOMENT: Moment = Moment {
    now: START,
    ahead: 0,
};

fn main() {
    query::set_executable(env!("CARGO_BIN_EXE_subscope"));
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let messages = if is_quick { MESSAGES / 10 } else { MESSAGES };
    let folder = tempfile::tempdir().unwrap();
    if std::env::args().any(|argument| argument == "--decoded") {
        return decoded::measure(folder.path(), is_quick);
    }
    if std::env::args().any(|argument| argument == "--hostile") {
        return hostile::measure();
    }
    if std::env::args().any(|argument| argument == "--open") {
        return open::measure(folder.path(), messages);
    }
    let path = folder.path().join("messages.jsonl");
    let bytes = write_messages(&path, messages);
    println!(
        "{messages} messages, {:.0} MB, on {CHANNELS} channels\n",
        bytes as f64 / 1e6
    );
    println!("| what                                       |      figure | budget |");
    println!("|--------------------------------------------|------------:|--------|");
    let log = append(messages, KEEP, "append to the log");
    append(messages, 64 << 20, "append, evicting at 64 MiB");
    let beyond = (log.size() as f64 - bytes as f64) / messages as f64;
    row(
        "memory per message beyond its bytes",
        &format!("{beyond:.1} B"),
        verdict(beyond, 32.0, "32 B"),
    );
    filters(&log, &path, bytes);
    drop(log);
    drawing(messages.min(10_000), "10 k");
    drawing(messages, if is_quick { "500 k" } else { "5 M" });
    drawing_a_tree();
    decoded::measure(folder.path(), is_quick);
    hostile::measure();
    open::measure(folder.path(), messages);
}

fn row(what: &str, figure: &str, budget: impl AsRef<str>) {
    println!("| {what:<42} | {figure:>11} | {} |", budget.as_ref());
}

/// Formats the budget, and whether `figure` is within it.
fn verdict(figure: f64, budget: f64, words: &str) -> String {
    let is_within = figure <= budget;
    let verdict = if is_within { "within" } else { "MISSES" };
    format!("≤ {words}: {verdict}")
}

/// Writes the payload of message `number`: JSON as services publish it, about 117 bytes.
fn payload(number: u64, out: &mut Vec<u8>) {
    out.clear();
    // A fixed mix of the number's bits, so that every run has the same messages.
    let mix = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let user = (mix >> 40) % 5_000;
    let level = ["debug", "info", "info", "warn"][usize::try_from((mix >> 20) % 4).unwrap()];
    let level = if (mix >> 8).is_multiple_of(4096) {
        "error"
    } else {
        level
    };
    let amount = (mix >> 30) % 100_000;
    write!(
        out,
        r#"{{"id":{number},"level":"{level}","user":{{"id":{user},"tier":"gold"}},"msg":"order created by gateway 1 in eu","amount":{}.{:02}}}"#,
        amount / 100,
        amount % 100
    )
    .unwrap();
}

/// Writes the payloads, one per line, and returns their size in bytes without the line ends.
fn write_messages(path: &Path, messages: u64) -> u64 {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut line = Vec::new();
    let mut bytes = 0;
    for number in 0..messages {
        payload(number, &mut line);
        bytes += line.len() as u64;
        file.write_all(&line).unwrap();
        file.write_all(b"\n").unwrap();
    }
    file.flush().unwrap();
    bytes
}

/// Calls `take` with all messages, in batches.
fn batches(messages: u64, mut take: impl FnMut(Batch)) {
    let names: Vec<String> = (0..CHANNELS).map(|n| format!("orders:{n}")).collect();
    let mut line = Vec::new();
    for start in (0..messages).step_by(usize::try_from(BATCH).unwrap()) {
        let mut batch = Batch::default();
        for number in start..(start + BATCH).min(messages) {
            payload(number, &mut line);
            let name = &names[usize::try_from(number % CHANNELS).unwrap()];
            let time = Time(START.0 + i64::try_from(number).unwrap());
            batch.push_message(time, name.as_bytes(), &line, SubscriptionId(0));
        }
        take(batch);
    }
}

fn append(messages: u64, keep: usize, what: &str) -> MessageLog {
    let mut log = MessageLog::new(keep);
    let mut time = Duration::ZERO;
    batches(messages, |batch| {
        let started = Instant::now();
        log.append(batch);
        time += started.elapsed();
    });
    let each = time.as_secs_f64() * 1e9 / messages as f64;
    row(what, &format!("{each:.0} ns each"), "");
    log
}

/// The result of scanning the whole log.
struct Scan {
    first_screenful: Duration,
    whole: Duration,
    hits: u64,
}

fn scan(scanner: &Scanner, answers: &Receiver<Answer>, log: &MessageLog, text: &str) -> Scan {
    static SERIAL: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let started = Instant::now();
    scanner.ask(Request {
        watch: WatchId(0),
        serial: SERIAL.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
        query: Arc::new(Query::parse(text, &MOMENT).unwrap()),
        subscriptions: Arc::default(),
        flagged: Arc::default(),
        decoder_choices: Arc::default(),
        pieces: log.pieces(RowId(0)),
        purpose: Purpose::Kept,
    });
    let mut hits = 0;
    let mut first_screenful = None;
    loop {
        let answer = answers.recv().unwrap();
        let words = answer.found.iter().flat_map(|found| &found.bits);
        hits += words.map(|word| u64::from(word.count_ones())).sum::<u64>();
        if hits >= SCREENFUL || answer.is_done {
            first_screenful.get_or_insert_with(|| started.elapsed());
        }
        if answer.is_done {
            return Scan {
                first_screenful: first_screenful.unwrap(),
                whole: started.elapsed(),
                hits,
            };
        }
    }
}

/// A filter and the equivalent command of another program.
struct Case {
    what: &'static str,
    query: &'static str,
    /// The other program and its arguments, without the file. The budget is a multiple of the time
    /// that this program takes.
    other: Option<(&'static str, &'static [&'static str])>,
    budget: Option<f64>,
}

/// The filters measured. The other programs search the same bytes and must find the same lines.
const CASES: &[Case] = &[
    Case {
        what: "text, exact",
        query: r#""\"user\":{\"id\":42,""#,
        other: Some(("rg", &["-c", "-F", "\"user\":{\"id\":42,"])),
        budget: Some(1.0),
    },
    Case {
        what: "text, any case",
        query: "error",
        other: Some(("rg", &["-c", "-i", "error"])),
        budget: Some(1.0),
    },
    Case {
        what: "text, a match in every row",
        query: "created",
        other: Some(("rg", &["-c", "-i", "created"])),
        budget: None,
    },
    Case {
        what: "regex",
        query: r#"/"id":4[0-9]{3},.*"gold"/"#,
        other: Some(("rg", &["-c", r#""id":4[0-9]{3},.*"gold""#])),
        budget: None,
    },
    Case {
        what: "JSON path, number",
        query: ".user.id == 42",
        other: Some(("jq", &["-c", "select(.user.id == 42)"])),
        budget: Some(0.05),
    },
    Case {
        what: "JSON path, text",
        query: r#".level == "error""#,
        other: None,
        budget: None,
    },
    Case {
        what: "JSON paths, two",
        query: r#".level in ("warn","error") .amount >= 900"#,
        other: None,
        budget: None,
    },
    Case {
        what: "channel",
        query: "channel:orders:*7",
        other: None,
        budget: None,
    },
    Case {
        what: "jq",
        query: "jq(.user.id < 50)",
        other: None,
        budget: None,
    },
];

fn filters(log: &MessageLog, path: &Path, bytes: u64) {
    let (answer_tx, answers) = channel();
    let scanner = scan::start(move |answer| answer_tx.send(answer).is_ok()).unwrap();
    for case in CASES {
        let runs = if case.what == "jq" { 1 } else { 3 };
        let scans: Vec<Scan> = (0..runs)
            .map(|_| scan(&scanner, &answers, log, case.query))
            .collect();
        let best = scans.iter().min_by_key(|scan| scan.whole).unwrap();
        let first = scans.iter().map(|scan| scan.first_screenful).max().unwrap();
        let seconds = best.whole.as_secs_f64();
        let rate = bytes as f64 / seconds / 1e9;
        row(
            &format!("{}: {}", case.what, case.query),
            &format!("{seconds:.3} s"),
            format!("{rate:.1} GB/s, {} hits", best.hits),
        );
        let first = first.as_secs_f64() * 1e3;
        row(
            "  first screenful",
            &format!("{first:.1} ms"),
            verdict(first, 50.0, "50 ms"),
        );
        let Some((program, arguments)) = case.other else {
            continue;
        };
        match run_other(program, arguments, path) {
            Some((time, lines)) => {
                assert_eq!(lines, best.hits, "{program} finds a different number");
                let ratio = seconds / time.as_secs_f64();
                let budget = case
                    .budget
                    .map(|budget| verdict(ratio, budget, &format!("{budget} ×")));
                row(
                    &format!("  {program} on the same bytes: {:.2} s", time.as_secs_f64()),
                    &format!("{ratio:.3} ×"),
                    budget.unwrap_or_default(),
                );
            }
            None => row(&format!("  {program} is not on the PATH"), "", ""),
        }
    }
}

/// Runs `program` three times (`jq` once) and returns the best time with the number of lines found,
/// or `None` if the program is missing.
fn run_other(program: &str, arguments: &[&str], path: &Path) -> Option<(Duration, u64)> {
    let mut best: Option<(Duration, u64)> = None;
    let runs = if program == "jq" { 1 } else { 3 };
    for _ in 0..runs {
        let started = Instant::now();
        let output = Command::new(program)
            .args(arguments)
            .arg(path)
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let time = started.elapsed();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = match text.trim().parse() {
            Ok(count) => count,
            Err(_) => text.lines().count() as u64,
        };
        best = Some(best.map_or((time, lines), |best| best.min((time, lines))));
    }
    best
}

fn drawing(messages: u64, words: &str) {
    let mut app = watching_everything(KEEP);
    let mut now = START;
    batches(messages, |batch| {
        now = Time(now.0 + 1_000);
        app.update(Event::Feed(Feed::Batch(Box::new(batch))), now);
    });
    draw_frames(&mut app, &format!("{words} kept"), 1_000, |_| {});
}

/// Draws a tree of 5,000 channels beside rows in several colours, with new messages before each
/// frame, so that every row changes and nothing of the last frame is in the caches.
fn drawing_a_tree() {
    let mut app = watching_everything(256 << 20);
    let mut batches = (0..).map(|round: u64| {
        let mut batch = Batch::default();
        let mut line = Vec::new();
        for index in 0..4 * TREE {
            let number = round * 4 * TREE + index;
            let (region, user) = (index % 4, index / 4 % (TREE / 4));
            let channel = format!("shop:region-{region}:user-{user:04}:order");
            payload(number, &mut line);
            let time = Time(START.0 + i64::try_from(number).unwrap());
            batch.push_message(time, channel.as_bytes(), &line, SubscriptionId(0));
        }
        Event::Feed(Feed::Batch(Box::new(batch)))
    });
    let mut now = START;
    let mut take = |app: &mut App| {
        now = Time(now.0 + 33_000);
        app.update(batches.next().unwrap(), now);
    };
    take(&mut app);
    // The list gets the focus and becomes a tree; its first two branches are unfolded.
    for key in [KeyCode::Tab, KeyCode::Char('T')] {
        app.update(Event::Key(KeyEvent::from(key)), START);
    }
    for key in "jljl".chars() {
        app.update(Event::Key(KeyEvent::from(KeyCode::Char(key))), START);
    }
    draw_frames(&mut app, "a tree in a flood", 300, take);
}

fn watching_everything(keep: usize) -> App {
    let settings = Settings {
        address: "redis://127.0.0.1:6379".to_owned(),
        keep,
        ..Settings::default()
    };
    App::new(settings, vec![Topic::pattern(b"*")], (200, 50), START)
}

/// Draws frames, calling `prepare` before each, and reports the times of drawing alone.
fn draw_frames(app: &mut App, words: &str, frames: usize, mut prepare: impl FnMut(&mut App)) {
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
    let mut times: Vec<Duration> = (0..frames)
        .map(|_| {
            prepare(app);
            let started = Instant::now();
            terminal.draw(|frame| view::draw(app, frame)).unwrap();
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    let p99 = times[times.len() * 99 / 100].as_secs_f64() * 1e3;
    let p50 = times[times.len() / 2].as_secs_f64() * 1e3;
    row(
        &format!("a frame of 200×50, {words}, p50 {p50:.2} ms, p99"),
        &format!("{p99:.2} ms"),
        verdict(p99, 3.0, "3 ms"),
    );
}
