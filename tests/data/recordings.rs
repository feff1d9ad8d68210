//! Recordings: reading them, their index, loading parts of them, and files of other programs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

use subscope::log::{Batch, BatchRow, MessageLog};
use subscope::message::{Notice, Time, Topic};
use subscope::recording::{
    Compression, FileFormat, Header, Index, Message, Point, Reader, RecordingFile, Stamp, Writer,
};
use subscope::workers::Worker;
use subscope::workers::loading::{self, Extent, News, RecordingPlace, Request};
use tempfile::TempDir;

const START: Time = Time(1_700_000_000_000_000);
const SECOND: i64 = 1_000_000;

fn header() -> Header {
    Header {
        program: "subscope 0.0.0".into(),
        server: "redis://localhost:6379".into(),
        start: START,
    }
}

/// Writes a recording with these messages, one each second.
fn record(path: &Path, payloads: impl IntoIterator<Item = String>, first: i64, step: i64) {
    let compression = Compression::of(path.to_str().unwrap());
    let file = fs::File::create(path).unwrap();
    let mut writer = Writer::new(file, compression, &header()).unwrap();
    let topic = Topic::pattern(b"*");
    for (number, payload) in (0..).zip(payloads) {
        let time = Time(START.0 + (first + number * step) * SECOND);
        writer.message(
            time,
            &Message {
                channel: b"orders",
                topics: &[&topic],
                payload: payload.as_bytes(),
                size: payload.len() as u64,
            },
        );
        if number % 1000 == 0 {
            writer.flush().unwrap();
        }
    }
    writer.finish().unwrap();
}

/// Returns payloads of about one kilobyte, each with its number.
fn long(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("{number} {}", "x".repeat(1000)))
}

/// Returns a row as text: the channel, the payload and what is before the blank in it.
fn words(row: BatchRow<'_>) -> String {
    match row {
        BatchRow::Message(message) => {
            let payload = String::from_utf8_lossy(message.payload);
            format!("{} {payload}", String::from_utf8_lossy(message.name))
        }
        BatchRow::Notice(_, Notice::Recorded { name, text }) => format!("[{name}] {text}"),
        BatchRow::Notice(_, notice) => format!("{notice:?}"),
    }
}

/// Reads everything: the rows, with the names of their subscriptions.
fn read(mut reader: Reader) -> (Vec<String>, Vec<String>) {
    let (mut rows, mut via) = (Vec::new(), Vec::new());
    while let Some(batch) = reader.read().unwrap() {
        for row in batch.rows() {
            rows.push(words(row));
            if let BatchRow::Message(message) = row {
                let ids = batch.subscriptions(&message);
                let names = ids.map(|id| &reader.topics()[id.0 as usize].name);
                let names = names.map(|name| String::from_utf8_lossy(name).into_owned());
                via.push(names.collect::<Vec<_>>().join(","));
            }
        }
    }
    (rows, via)
}

fn reader(text: &str) -> Reader {
    Reader::new(io::Cursor::new(text.as_bytes().to_vec())).unwrap()
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/recordings")
        .join(name)
}

#[test]
fn rows_keep_their_subscriptions_and_are_never_merged() {
    let line = r#"{"time":"2023-11-14T22:13:20.000000Z","channel":"a","via":["*"],"payload":"x"}"#;
    let other = line.replace(r#"["*"]"#, r#"["a","*"]"#);
    let (rows, via) = read(reader(&format!("{line}\n{other}\n{line}\n")));
    assert_eq!(rows, ["a x", "a x", "a x"]);
    assert_eq!(via, ["*", "a,*", "*"]);
}

#[test]
fn rates_are_those_of_the_recorded_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.ndjson");
    record(&path, (0..60).map(|number| number.to_string()), 0, 1);
    let mut reader = Reader::new(fs::File::open(&path).unwrap()).unwrap();
    let mut log = MessageLog::new(1 << 20);
    let mut rows = 0;
    while let Some(batch) = reader.read().unwrap() {
        rows += batch.messages();
        log.append(batch);
    }
    assert_eq!((rows, log.counters().received), (60, 60));
    let end = Time(START.0 + 60 * SECOND);
    let rate = log.history().unwrap().rate(end);
    assert!((0.9..1.1).contains(&rate), "{rate}");
}

#[test]
fn damaged_lines_are_skipped_and_described() {
    let line = r#"{"time":"2023-11-14T22:13:20.000000Z","channel":"a","via":["*"],"payload":"x"}"#;
    let text = format!("{line}\nnonsense\n{{\"time\":1}}\n{line}\n{{\"time\":\"20");
    let mut reader = reader(&text);
    let rows = reader.read().unwrap().unwrap().len();
    assert_eq!((rows, reader.read().unwrap().is_none()), (2, true));
    let (lines, count) = reader.skipped();
    let lines: Vec<_> = lines
        .iter()
        .map(|skipped| (skipped.line, skipped.why))
        .collect();
    assert_eq!(count, 3);
    assert_eq!(lines, [(2, "not JSON"), (3, "no channel"), (5, "not JSON")]);
}

#[test]
fn files_of_other_programs_are_recognised() {
    let all = [
        "hello \"q\" \\ x",
        "two\nlines",
        "{\"id\":1,\"n\":\"é\"}",
        "a\u{fffd}\0b",
    ];
    for (name, format, via, channel_b) in [
        ("redis-cli.txt", FileFormat::RedisCli, "a", false),
        ("redis-cli-raw.txt", FileFormat::RedisCliRaw, "a*", false),
        ("redis-cli.json.txt", FileFormat::RedisCliJson, "a", true),
        ("redis-cli.csv", FileFormat::RedisCliCsv, "*", true),
        ("monitor.txt", FileFormat::Monitor, "MONITOR", true),
    ] {
        let reader = Reader::new(fs::File::open(sample(name)).unwrap()).unwrap();
        assert_eq!(reader.format(), format, "{name}");
        let (rows, names) = read(reader);
        let messages: Vec<&String> = rows.iter().filter(|row| !row.starts_with('[')).collect();
        let mut expected: Vec<String> = all.iter().map(|payload| format!("a {payload}")).collect();
        expected.extend(channel_b.then(|| "b x".to_owned()));
        assert_eq!(messages, expected.iter().collect::<Vec<_>>(), "{name}");
        assert_eq!(names[0], via, "{name}");
    }
}

#[test]
fn the_log_of_mqttui_is_read_with_its_values_as_they_are_written() {
    let file = fs::File::open(sample("mqttui.txt")).unwrap();
    let reader = Reader::new(file).unwrap();
    assert_eq!(reader.format(), FileFormat::Mqttui);
    let (rows, _) = read(reader);
    assert_eq!(
        rows,
        [
            "home/temperature 20 °C",
            "home/state {\"on\":true,\"level\":3}",
            "home/raw \0\u{fffd}\u{fffd}\u{fffd}",
            "home/co2 432.5",
        ]
    );
}

#[test]
fn the_times_of_monitor_are_those_of_the_server() {
    let mut reader = Reader::new(fs::File::open(sample("monitor.txt")).unwrap()).unwrap();
    let batch = reader.read().unwrap().unwrap();
    let times: Vec<Time> = batch.rows().map(|row| row.time()).collect();
    assert_eq!(times[0], Time(1_796_071_592_878_205));
    assert!(times.is_sorted());
}

#[test]
fn other_text_is_in_no_known_format() {
    for text in ["hello", "[1,2]", "\"a\",\"b\"", "1) x", "\u{1b}[31m"] {
        let found = FileFormat::of(text.as_bytes());
        assert_eq!(
            found,
            if text == "1) x" {
                Some(FileFormat::RedisCli)
            } else {
                None
            },
            "{text}"
        );
    }
    for format in FileFormat::ALL {
        assert!(
            FileFormat::ALL
                .iter()
                .filter(|other| other.name() == format.name())
                .count()
                == 1
        );
    }
}

/// Builds the index of a file.
fn index(file: &RecordingFile) -> Index {
    let mut indexer = file.indexer();
    loop {
        if let Some(index) = indexer.step().unwrap() {
            return index;
        }
    }
}

#[test]
fn reading_can_start_at_each_point_of_the_index_compressed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.ndjson", "a.ndjson.zst"] {
        let path = folder.path().join(name);
        record(&path, long(12_000), 0, 1);
        let file = RecordingFile::open(&path, None).unwrap();
        let index = index(&file);
        assert_eq!(index.rows, 12_000, "{name}");
        assert!(index.points.len() > 2, "{name}: {:?}", index.points);
        assert_eq!(index.first, Some(START));
        assert_eq!(index.last, Time(START.0 + 11_999 * SECOND));
        for point in &index.points {
            let mut reader = file.read_from(point).unwrap();
            let batch = reader.read().unwrap().unwrap();
            let first = batch.row(0).unwrap();
            assert!(
                words(first).starts_with(&format!("orders {} ", point.row)),
                "{name}"
            );
            assert_eq!(first.time(), point.time, "{name}");
        }
    }
}

#[test]
fn a_compressed_recording_that_was_cut_off_opens_up_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ndjson.zst");
    record(&path, long(12_000), 0, 1);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() * 3 / 4]).unwrap();
    let file = RecordingFile::open(&path, None).unwrap();
    let index = index(&file);
    let (rows, _) = read(file.read_from(&Point::default()).unwrap());
    assert!(rows.len() > 3_000 && rows.len() < 12_000, "{}", rows.len());
    // The last line may be cut off, which counts as a damaged one.
    let damaged = index.rows - rows.len() as u64;
    assert!(damaged <= 1, "{damaged}");
}

#[test]
fn a_stored_index_is_used_only_for_the_file_that_it_is_of() {
    let stamp = Stamp {
        size: 100,
        modified: 7,
    };
    let point = |offset| Point {
        offset,
        start: offset,
        row: offset / 10,
        time: Time(-1),
    };
    let index = Index {
        points: vec![point(0), point(50)],
        rows: 10,
        bytes: 100,
        first: None,
        last: Time(5),
    };
    let bytes = index.to_bytes(stamp);
    assert_eq!(Index::parse(&bytes, stamp), Some(index));
    let grown = Stamp { size: 101, ..stamp };
    assert_eq!(Index::parse(&bytes, grown), None);
    for length in 0..bytes.len() {
        assert!(Index::parse(&bytes[..length], stamp).is_none_or(|index| index.points.len() == 1));
    }
}

/// A loader of recordings, with what it reports.
struct Loader {
    worker: Worker<Request>,
    news: Receiver<News>,
}

/// A part that was loaded.
#[derive(Debug, Default)]
struct Part {
    first: u64,
    rows: Vec<String>,
    is_end: bool,
    skipped: Vec<String>,
}

impl Loader {
    fn start(folder: &TempDir, names: &[&str], budget: usize) -> Self {
        let files = names.iter().map(|name| folder.path().join(name));
        let files = files.map(|path| RecordingFile::open(&path, None).unwrap());
        let (tx, news) = channel();
        let store = |path: &Path, bytes: &[u8]| fs::write(path, bytes);
        let send = move |news| tx.send(news).is_ok();
        let worker = loading::start(files.collect(), budget, store, send).unwrap();
        Self { worker, news }
    }

    fn load(&self, request: Request) -> Part {
        self.worker.ask(request);
        let mut part = Part::default();
        loop {
            match self.news.recv().unwrap() {
                News::Began { first, .. } => {
                    part = Part {
                        first,
                        ..Part::default()
                    }
                }
                News::Rows { batch, .. } => part.rows.extend(numbers(&batch)),
                News::Loaded {
                    is_end, skipped, ..
                } => {
                    part.is_end = is_end;
                    part.skipped = skipped.iter().map(ToString::to_string).collect();
                    return part;
                }
                News::Indexing(_) | News::Indexed(_) => {}
                News::Failed(why) => panic!("{why}"),
            }
        }
    }

    fn extent(&self) -> Extent {
        loop {
            if let News::Indexed(extent) = self.news.recv().unwrap() {
                return extent;
            }
        }
    }
}

/// Returns the first word of each payload.
fn numbers(batch: &Batch) -> Vec<String> {
    let rows = batch.rows().map(words);
    let number = |row: String| row.split(' ').nth(1).unwrap().to_owned();
    rows.map(number).collect()
}

#[test]
fn a_part_around_any_place_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    record(&folder.path().join("a.ndjson"), long(12_000), 0, 1);
    let loader = Loader::start(&folder, &["a.ndjson"], 3 << 20);
    let start = loader.load(Request::Around(1, RecordingPlace::Start));
    assert_eq!(
        (start.first, &*start.rows[0], start.is_end),
        (0, "0", false)
    );
    assert!(start.rows.len() < 4_000, "{}", start.rows.len());
    let more = loader.load(Request::More);
    assert_eq!(more.rows[0], start.rows.len().to_string());
    let extent = loader.extent();
    assert_eq!((extent.rows, extent.first), (12_000, START));

    let end = loader.load(Request::Around(2, RecordingPlace::End));
    assert_eq!(
        (end.rows.last().unwrap().as_str(), end.is_end),
        ("11999", true)
    );
    assert_eq!(end.rows[0], end.first.to_string());
    assert!(end.rows.len() < 6_000, "{}", end.rows.len());
    let time = Time(START.0 + 6_000 * SECOND);
    for place in [RecordingPlace::Row(6_000), RecordingPlace::At(time)] {
        let part = loader.load(Request::Around(3, place));
        assert_eq!(part.rows[0], part.first.to_string());
        assert!(part.first > 3_000 && part.first < 5_900, "{}", part.first);
        assert!(part.rows.contains(&"6000".to_owned()), "{place:?}");
    }
    assert!(folder.path().join("a.ndjson.idx").exists());
    let again = Loader::start(&folder, &["a.ndjson"], 3 << 20);
    assert_eq!(again.extent(), extent);
}

#[test]
fn files_are_merged_by_time_and_rows_name_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let odd = (0..6_000).map(|number| format!("{} {}", number * 2 + 1, "x".repeat(1000)));
    let even = (0..6_000).map(|number| format!("{} {}", number * 2, "x".repeat(1000)));
    record(&folder.path().join("odd.ndjson.zst"), odd, 1, 2);
    record(&folder.path().join("even.ndjson"), even, 0, 2);
    let loader = Loader::start(&folder, &["odd.ndjson.zst", "even.ndjson"], 3 << 20);
    for place in [
        RecordingPlace::Start,
        RecordingPlace::Row(7_000),
        RecordingPlace::At(Time(START.0 + 7_000 * SECOND)),
        RecordingPlace::End,
    ] {
        let part = loader.load(Request::Around(1, place));
        let expected = (part.first..).map(|number| number.to_string());
        let expected: Vec<String> = expected.take(part.rows.len()).collect();
        assert_eq!(part.rows, expected, "{place:?}");
    }
}

#[test]
fn what_was_skipped_is_reported_with_the_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ndjson");
    record(&path, (0..3).map(|number| number.to_string()), 0, 1);
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("{\"time\":\"2023-11");
    fs::write(&path, text).unwrap();
    let loader = Loader::start(&folder, &["a.ndjson"], 3 << 20);
    let part = loader.load(Request::Around(1, RecordingPlace::Start));
    assert_eq!((part.rows.len(), part.is_end), (3, true));
    assert_eq!(part.skipped, ["1 line skipped", "line 5: not JSON"]);
    assert!(!folder.path().join("a.ndjson.idx").exists());
}
