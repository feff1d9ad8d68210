//! Opening a recording: how fast it is read, indexed, and shown.

use std::fs::{self, File};
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use subscope::app::{App, Event, Origin, Settings};
use subscope::message::clock::thread_time;
use subscope::message::{Time, Topic};
use subscope::recording::{Compression, Header, Message, Reader, RecordingFile, Writer};
use subscope::view;
use subscope::workers::loading::{self, News, RecordingPlace, Request};

use super::{START, row, verdict};

/// Measures all of it with this many messages.
pub fn measure(folder: &Path, messages: u64) {
    println!("\n| opening a recording                        |      figure | budget |");
    println!("|--------------------------------------------|------------:|--------|");
    for name in ["open.ndjson", "open.ndjson.zst"] {
        let path = folder.join(name);
        let bytes = write(&path, messages);
        let size = fs::metadata(&path).unwrap().len();
        println!(
            "{name}: {messages} messages, {} MB, {} MB of lines",
            size / 1_000_000,
            bytes / 1_000_000
        );
        read(&path, bytes, messages);
        index(&path, bytes);
        first_screen(&path);
    }
}

/// Writes a recording. Returns the number of bytes before compression.
fn write(path: &Path, messages: u64) -> u64 {
    let header = Header {
        program: "bench".into(),
        server: "redis://localhost:6379".into(),
        start: START,
    };
    let compression = Compression::of(path.to_str().unwrap());
    let mut writer = Writer::new(File::create(path).unwrap(), compression, &header).unwrap();
    let topic = Topic::pattern(b"*");
    let topics = [&topic];
    let started = Instant::now();
    for number in 0..messages {
        let channel = format!("orders:{}", number % 16);
        let payload = format!(
            r#"{{"id":{number},"customer":{{"name":"Ada {}","city":"Zürich"}},"total":{}.5,"items":["a","b"]}}"#,
            number % 1000,
            number % 97
        );
        let message = Message {
            channel: channel.as_bytes(),
            topics: &topics,
            payload: payload.as_bytes(),
            size: payload.len() as u64,
        };
        let micros = i64::try_from(number * 20).unwrap();
        writer.message(Time(START.0 + micros), &message);
        if number % 1000 == 0 {
            writer.flush().unwrap();
        }
    }
    let bytes = writer.written();
    writer.finish().unwrap();
    per_second("write", bytes, started.elapsed(), None);
    bytes
}

fn per_second(what: &str, bytes: u64, time: Duration, budget: Option<f64>) {
    let rate = bytes as f64 / 1e6 / time.as_secs_f64();
    let words = budget.map_or(String::new(), |budget| {
        let is_within = if rate >= budget { "within" } else { "MISSES" };
        format!("≥ {budget:.0} MB/s: {is_within}")
    });
    row(what, &format!("{rate:.0} MB/s"), words);
}

fn read(path: &Path, bytes: u64, messages: u64) {
    let (started, used) = (Instant::now(), thread_time());
    let mut reader = Reader::new(File::open(path).unwrap()).unwrap();
    let mut count = 0;
    while let Some(batch) = reader.read().unwrap() {
        count += batch.messages();
    }
    assert_eq!(count, messages);
    per_second("read the messages", bytes, started.elapsed(), Some(300.0));
    let used = thread_time().saturating_sub(used);
    per_second("the same, by processor time", bytes, used, Some(300.0));
}

fn index(path: &Path, bytes: u64) {
    let started = Instant::now();
    let file = RecordingFile::open(path, None).unwrap();
    let mut indexer = file.indexer();
    while indexer.step().unwrap().is_none() {}
    per_second("build the index", bytes, started.elapsed(), None);
}

fn first_screen(path: &Path) {
    let started = Instant::now();
    let settings = Settings {
        origin: Origin::Recording,
        keep: 256 << 20,
        ..Settings::default()
    };
    let mut app = App::new(settings, Vec::new(), (200, 50), START);
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
    let files = vec![RecordingFile::open(path, None).unwrap()];
    let (tx, rx) = channel();
    let send = move |news| tx.send(news).is_ok();
    let worker = loading::start(files, 128 << 20, |_, _| Ok(()), send).unwrap();
    worker.ask(Request::Around(0, RecordingPlace::Start));
    while app.session().log.counters().kept < 50 {
        app.update(Event::Loaded(rx.recv().unwrap()), START);
    }
    terminal.draw(|frame| view::draw(&app, frame)).unwrap();
    let first = started.elapsed().as_secs_f64() * 1000.0;
    let verdict = verdict(first, 100.0, "100 ms");
    row("first screen", &format!("{first:.1} ms"), verdict);
    loop {
        let news = rx.recv().unwrap();
        let is_loaded = matches!(news, News::Loaded { .. });
        app.update(Event::Loaded(news), START);
        if is_loaded {
            break;
        }
    }
    let loaded = started.elapsed().as_secs_f64();
    let kept = app.session().log.counters().kept;
    row(
        "load the first part",
        &format!("{loaded:.2} s"),
        format!("{kept} messages"),
    );
}
