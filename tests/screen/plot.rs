//! The plot: keys that add and remove series, the requests it makes, and drawing.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use subscope::app::{Context, Effect, Event, Focus, PlotMode, Quantity};
use subscope::log::Batch;
use subscope::message::{ConnectionError, Gap, GapCause, GapEnd, Notice, SubscriptionId};
use subscope::query::Path;
use subscope::server::{Connection, Feed};
use subscope::workers::analysis::{Ask, Check, Engine, Plotted, Request};

use crate::analysis::analyse;
use crate::support::stage::Stage;

const SECOND: Duration = Duration::from_secs(1);

/// An app whose worker answers checks immediately.
struct Plotting {
    stage: Stage,
    checks: Engine,
    /// The last requests.
    requests: Vec<Ask>,
}

impl Plotting {
    fn new() -> Self {
        let mut plotting = Self {
            stage: Stage::new(&["*"]),
            checks: Engine::default(),
            requests: Vec::new(),
        };
        // Shows times in UTC, so that the test does not depend on the time zone.
        plotting.keys("t");
        plotting
    }

    /// Sends two messages per second, on two channels, for this many seconds.
    fn with_numbers(seconds: u32) -> Self {
        let mut plotting = Self::new();
        for second in 0..seconds {
            plotting.cpu(&format!(
                "{{\"load\":{second},\"heat\":\"{} °C\"}}",
                second * 1_000
            ));
        }
        plotting
    }

    /// Sends a message on each of two channels, then waits a second.
    fn cpu(&mut self, payload: &str) {
        self.message("cpu", payload);
        self.message("web", "x".repeat(payload.len()));
        self.wait(SECOND);
    }

    fn message(&mut self, channel: &str, payload: impl AsRef<[u8]>) {
        let mut batch = Batch::default();
        let (channel, payload) = (channel.as_bytes(), payload.as_ref());
        batch.push_message(self.stage.now, channel, payload, SubscriptionId(0));
        self.send(Event::Feed(Feed::Batch(Box::new(batch))));
    }

    fn wait(&mut self, time: Duration) {
        self.stage.now = self.stage.now.after(time);
        self.send(Event::Tick);
    }

    fn send(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.stage.send(event);
        self.answer(effects)
    }

    fn answer(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let asks = effects.iter().filter_map(|effect| match effect {
            Effect::Analyse(Request::Report(ask)) => Some(ask.clone()),
            _ => None,
        });
        let asks: Vec<Ask> = asks.collect();
        if !asks.is_empty() {
            self.requests = asks;
        }
        analyse(
            &mut self.stage.app,
            &mut self.checks,
            effects,
            self.stage.now,
        )
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        let modifiers = KeyModifiers::NONE;
        self.send(Event::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers,
        }));
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            let effects = self.stage.code(KeyCode::Char(key));
            self.answer(effects);
        }
    }

    fn code(&mut self, code: KeyCode) {
        let effects = self.stage.code(code);
        self.answer(effects);
    }

    /// Selects and opens the newest message of the channel `cpu`, at the value below its root.
    fn open_cpu(&mut self) {
        self.keys("k");
        self.code(KeyCode::Enter);
        self.code(KeyCode::Enter);
        self.keys("j");
        assert_eq!(self.stage.app.context(), Context::Message);
    }

    /// Returns the channel and the quantity of each plotted series.
    fn plotted(&self) -> Vec<String> {
        let series = self.stage.app.plot().series.iter();
        let words = series.map(|one| {
            let channel = String::from_utf8_lossy(&one.channel).into_owned();
            match &one.quantity {
                Quantity::Path(path) => format!("{channel} {}", path.text()),
                other => format!("{channel} {other:?}"),
            }
        });
        words.collect()
    }

    fn checks_made(&self) -> Vec<Plotted> {
        let entries = self.stage.session().checks.plan.entries.iter();
        let made = entries.map(|entry| match &entry.check {
            Check::Series { what, .. } => what.clone(),
            other => panic!("{other:?}"),
        });
        made.collect()
    }

    fn span(&self) -> Duration {
        self.stage.app.plot_window().span()
    }
}

#[test]
fn w_starts_and_stops_plotting_a_value() {
    let mut plotting = Plotting::with_numbers(5);
    plotting.open_cpu();
    plotting.keys("w");
    assert_eq!(plotting.plotted(), ["cpu .load"]);
    let load = Plotted::Path(Path::parse(".load").unwrap());
    assert_eq!(plotting.checks_made(), [load]);
    assert_eq!(plotting.stage.app.context(), Context::Chart);
    let plot = plotting.stage.app.plot();
    let report = plot.report(&plot.series[0]).unwrap();
    // Messages received before the plot was opened are plotted too.
    assert_eq!(report.summary.unwrap().count, 5);
    plotting.code(KeyCode::Esc);
    assert_eq!(plotting.stage.app.context(), Context::Message);
    assert!(
        plotting
            .stage
            .toast()
            .contains("still recording; W reopens it")
    );
    assert_eq!(plotting.checks_made().len(), 1);
    plotting.keys("w");
    assert_eq!(plotting.plotted(), [""; 0]);
    assert_eq!(plotting.checks_made(), []);
    assert!(
        plotting
            .stage
            .toast()
            .contains(" from the plot · Z undoes it")
    );
}

#[test]
fn numbers_are_plotted_from_every_format() {
    let mut plotting = Plotting::new();
    for load in 1..=3 {
        plotting.message("cpu", [b"\x81\xa4load".as_slice(), &[load]].concat());
    }
    // CBOR, JSON, bytes whose base64 begins with a digit, and text.
    plotting.message("cpu", b"\xa1dload\xf9\x42\x00");
    plotting.message("cpu", r#"{"load":7}"#);
    plotting.message("cpu", b"\x81\xa4load\xc4\x02\xd3\x5d");
    plotting.message("cpu", "a text");
    plotting.message("cpu", b"\x81\xa4load\x05");
    plotting.code(KeyCode::Enter);
    plotting.code(KeyCode::Enter);
    plotting.keys("jw");
    assert_eq!(plotting.plotted(), ["cpu .load"]);
    let plot = plotting.stage.app.plot();
    let report = plot.report(&plot.series[0]).unwrap();
    let summary = report.summary.unwrap();
    assert_eq!((summary.count, summary.max, summary.last), (6, 7.0, 5.0));
    assert_eq!(report.without_number, 2);
}

#[test]
fn containers_and_payloads_without_values_are_not_plotted() {
    let mut plotting = Plotting::with_numbers(1);
    plotting.open_cpu();
    plotting.keys("gw");
    assert!(plotting.stage.toast().contains("contains other values"));
    plotting.keys("Jw");
    assert_eq!(plotting.plotted(), [""; 0]);
    assert!(!plotting.stage.app.plot().is_shown());
}

#[test]
fn a_timestamp_is_not_plotted_as_its_year() {
    // {"t": a point in time}
    let msgpack = b"\x81\xa1t\xd6\xff\x65\x53\xf1\0";
    let cbor = b"\xa1\x61t\xc0\x742023-11-14T22:13:20Z";
    for payload in [&msgpack[..], cbor, br#"{"t":"2023-11-14T22:13:20Z"}"#] {
        let mut plotting = Plotting::new();
        plotting.message("a", payload);
        plotting.code(KeyCode::Enter);
        plotting.code(KeyCode::Enter);
        plotting.keys("jw");
        assert_eq!(
            plotting.stage.toast(),
            "select a number to plot it: this value is a date"
        );
        assert!(plotting.stage.app.plot().series.is_empty());
    }
    let mut plotting = Plotting::new();
    plotting.message("a", br#"{"year":"2023-11"}"#);
    plotting.code(KeyCode::Enter);
    plotting.code(KeyCode::Enter);
    plotting.keys("jw");
    assert_eq!(plotting.stage.app.plot().series.len(), 1);
}

#[test]
fn the_list_plots_a_channels_rate_and_the_log_its_message_sizes() {
    let mut plotting = Plotting::with_numbers(5);
    plotting.keys(" w");
    assert_eq!(plotting.plotted(), ["web Size"]);
    plotting.code(KeyCode::Tab);
    assert_eq!(plotting.stage.app.focus(), Focus::Channels);
    plotting.keys("Gw");
    assert_eq!(plotting.plotted(), ["web Size", "web Rate"]);
    // Both series are computed from the same check.
    assert_eq!(plotting.checks_made(), [Plotted::Size]);
    assert_eq!(plotting.requests.len(), 1);
    plotting.code(KeyCode::Esc);
    assert_eq!(plotting.stage.app.focus(), Focus::Channels);
    plotting.keys("Wjd");
    assert_eq!(plotting.checks_made(), [Plotted::Size]);
    plotting.keys("d");
    assert_eq!(plotting.checks_made(), []);
    assert!(!plotting.stage.app.plot().is_shown());
    plotting.keys("W");
    assert!(plotting.stage.toast().contains("nothing plotted yet"));
}

#[test]
fn w_in_the_list_reopens_a_closed_plot_and_removes_from_an_open_one() {
    let mut plotting = Plotting::with_numbers(5);
    plotting.keys(" w");
    plotting.code(KeyCode::Esc);
    assert!(!plotting.stage.app.plot().is_shown());
    assert_eq!(plotting.stage.app.focus(), Focus::Messages);
    plotting.keys("w");
    assert!(plotting.stage.app.plot().is_shown());
    assert_eq!(plotting.plotted().len(), 1);
    plotting.code(KeyCode::BackTab);
    assert_eq!(plotting.stage.app.focus(), Focus::Messages);
    plotting.keys("w");
    assert_eq!(plotting.plotted().len(), 0);
}

#[test]
fn quantities_of_the_selected_channel_toggle_and_capital_d_removes_all() {
    let mut plotting = Plotting::with_numbers(5);
    plotting.keys(" wri");
    assert_eq!(plotting.plotted(), ["web Size", "web Rate", "web Interval"]);
    assert_eq!(plotting.stage.app.plot().selected, 2);
    plotting.keys("kr");
    assert_eq!(plotting.plotted(), ["web Size", "web Interval"]);
    plotting.keys("D");
    assert_eq!(plotting.checks_made(), []);
    // Z undoes removals, the last one first.
    assert!(plotting.stage.toast().contains("Z undoes it"));
    plotting.keys("Z");
    assert_eq!(plotting.plotted(), ["web Size", "web Interval"]);
    assert!(plotting.stage.app.plot().is_shown());
    plotting.keys("Z");
    assert_eq!(plotting.plotted(), ["web Size", "web Interval", "web Rate"]);
    plotting.keys("Z");
    assert!(plotting.stage.toast().contains("nothing to undo"));
}

#[test]
fn there_are_at_most_as_many_series_as_colours() {
    let mut plotting = Plotting::new();
    let names = ["a", "b", "c"].map(|name| (name, &b"1"[..]));
    plotting.stage.messages(&names);
    plotting.keys(" wri");
    plotting.code(KeyCode::BackTab);
    plotting.keys("kwri");
    plotting.code(KeyCode::BackTab);
    plotting.keys("kw");
    assert_eq!(plotting.plotted().len(), 6);
    assert!(plotting.stage.toast().contains("the plot has 6 series"));
    let slots: Vec<usize> = plotting
        .stage
        .app
        .plot()
        .series
        .iter()
        .map(|one| one.slot)
        .collect();
    assert_eq!(slots, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn the_plot_follows_zooms_and_pans() {
    let mut plotting = Plotting::with_numbers(100);
    plotting.keys(" w");
    let app = &plotting.stage.app;
    assert!(app.plot().is_following() && app.plot_window().contains(app.session().now));
    assert_eq!(plotting.span().as_secs(), 60);
    plotting.keys("+");
    assert_eq!(plotting.span().as_secs(), 30);
    plotting.keys("h");
    let window = plotting.stage.app.plot_window();
    assert!(!plotting.stage.app.plot().is_following());
    // The plot requests only what it shows, with at most as many points as it has columns of dots.
    let ask = plotting.requests[0].clone();
    assert_eq!(ask.stretch.unwrap().0, window.from);
    assert_eq!(ask.most, 2 * 67);
    plotting.wait(SECOND * 5);
    assert_eq!(plotting.stage.app.plot_window(), window);
    plotting.keys("G");
    assert!(plotting.stage.app.plot().is_following());
    plotting.keys("hhl");
    assert!(!plotting.stage.app.plot().is_following());
    plotting.keys("l");
    assert!(plotting.stage.app.plot().is_following());
    plotting.keys("0");
    assert!(plotting.stage.app.plot().shows_all());
    assert!((105..170).contains(&plotting.span().as_secs()));
    plotting.keys("-");
    assert_eq!(plotting.span().as_secs(), 120);
    plotting.stage.mouse(MouseEventKind::ScrollUp, 60, 14);
    assert_eq!(plotting.span().as_secs(), 60);
}

#[test]
fn visible_data_is_requested_again_after_news_but_not_too_often() {
    let mut plotting = Plotting::with_numbers(5);
    plotting.keys(" w");
    plotting.wait(SECOND);
    plotting.requests.clear();
    plotting.wait(SECOND);
    assert_eq!(plotting.requests, []);
    for _ in 0..10 {
        plotting.stage.now = plotting.stage.now.after(SECOND / 10);
        plotting.message("web", "1");
    }
    let plot = plotting.stage.app.plot();
    let count = plot.report(&plot.series[0]).unwrap().summary.unwrap().count;
    assert!((10..15).contains(&count), "{count}");
    plotting.requests.clear();
    plotting.code(KeyCode::Esc);
    plotting.cpu("{}");
    assert_eq!(plotting.requests, []);
    // While closed, the plot makes no requests but keeps recording.
    plotting.keys("W");
    let plot = plotting.stage.app.plot();
    let report = plot.report(&plot.series[0]).unwrap();
    assert_eq!(report.summary.unwrap().count, 16);
}

#[test]
fn an_open_message_replaces_the_plot_and_capital_w_brings_it_back() {
    let mut plotting = Plotting::with_numbers(5);
    plotting.open_cpu();
    plotting.keys("w");
    let place = plotting.stage.app.areas().message;
    plotting.keys("z");
    assert_eq!(plotting.stage.app.areas().message.width, 80);
    plotting.keys("z");
    assert_eq!(plotting.stage.app.areas().message, place);
    plotting.code(KeyCode::BackTab);
    plotting.code(KeyCode::Enter);
    assert_eq!(plotting.stage.app.context(), Context::Message);
    assert!(!plotting.stage.app.plot().is_shown());
    plotting.keys("W");
    plotting.code(KeyCode::Tab);
    assert_eq!(plotting.stage.app.focus(), Focus::Channels);
    plotting.code(KeyCode::BackTab);
    assert_eq!(plotting.stage.app.focus(), Focus::Plot);
}

#[test]
fn the_histogram_adds_the_intervals_series() {
    let mut plotting = Plotting::with_numbers(5);
    plotting.keys(" wH");
    assert_eq!(plotting.plotted(), ["web Size", "web Interval"]);
    assert_eq!(plotting.stage.app.plot().mode, PlotMode::Histogram);
    plotting.keys("H");
    assert_eq!(plotting.stage.app.plot().mode, PlotMode::Chart);
    plotting.keys("kH");
    assert_eq!(plotting.plotted().len(), 2);
}

// --- The plot cursor ---------------------------------------------------------------------------

/// Returns the line with the values at the cursor.
fn read(plotting: &Plotting) -> String {
    let screen = plotting.stage.screen();
    let behind_mark = screen
        .lines()
        .filter_map(|line| Some(line.split_once("● ")?.1));
    let is_read = |words: &&str| {
        ["2", "from ", "around "]
            .iter()
            .any(|start| words.starts_with(start))
    };
    let words = behind_mark.into_iter().find(is_read);
    let words = words.map(|words| words.trim_end_matches('│').trim_end());
    words.unwrap_or_default().to_owned()
}

#[test]
fn the_arrows_read_point_by_point_and_esc_ends_it() {
    let mut plotting = Plotting::with_numbers(100);
    plotting.open_cpu();
    plotting.keys("w");
    plotting.code(KeyCode::Left);
    assert_eq!(read(&plotting), "22:14:59.000  99  cpu .load");
    assert!(!plotting.stage.app.plot().is_following());
    plotting.code(KeyCode::Left);
    plotting.code(KeyCode::Left);
    assert_eq!(read(&plotting), "22:14:57.000  97  cpu .load");
    // The cursor stays in place while more messages arrive.
    plotting.cpu("{\"load\":5}");
    assert_eq!(read(&plotting), "22:14:57.000  97  cpu .load");
    plotting.code(KeyCode::Right);
    assert_eq!(read(&plotting), "22:14:58.000  98  cpu .load");
    // The cursor moves on beyond the visible window.
    for _ in 0..90 {
        plotting.code(KeyCode::Left);
    }
    assert_eq!(read(&plotting), "22:13:28.000  8  cpu .load");
    for _ in 0..90 {
        plotting.code(KeyCode::Left);
    }
    assert_eq!(read(&plotting), "22:13:20.000  0  cpu .load");
    assert!(plotting.stage.toast().contains("oldest known point"));
    plotting.code(KeyCode::Esc);
    assert!(plotting.stage.app.plot().is_following());
    assert_eq!(plotting.stage.app.plot().cursor(), None);
    assert!(plotting.stage.app.plot().is_shown());
    plotting.code(KeyCode::Left);
    plotting.keys("q");
    assert!(!plotting.stage.app.plot().is_shown());
    assert_eq!(plotting.stage.app.plot().cursor(), None);
}

#[test]
fn the_cursor_stays_while_it_is_visible() {
    let mut plotting = Plotting::with_numbers(100);
    plotting.open_cpu();
    plotting.keys("w");
    for _ in 0..40 {
        plotting.code(KeyCode::Left);
    }
    let cursor = plotting.stage.app.plot().cursor();
    for keys in ["", "+", "-", "-", "h", "l"] {
        plotting.keys(keys);
        assert_eq!(plotting.stage.app.plot().cursor(), cursor, "{keys}");
        let read = read(&plotting);
        assert!(read.contains("22:14:"), "{keys}: {read}");
    }
    plotting.keys("++++hhhh");
    assert_eq!(plotting.stage.app.plot().cursor(), None);
    plotting.code(KeyCode::Left);
    plotting.keys("G");
    assert_eq!(plotting.stage.app.plot().cursor(), None);
    assert!(plotting.stage.app.plot().is_following());
}

#[test]
fn another_series_is_read_at_the_same_time_and_aggregates_say_so() {
    let mut plotting = Plotting::with_numbers(100);
    plotting.stage.send(Event::Resize(50, 22));
    plotting.open_cpu();
    plotting.keys("w");
    plotting.code(KeyCode::Left);
    plotting.code(KeyCode::Left);
    plotting.keys("si");
    assert_eq!(read(&plotting), "22:14:58.000  1.000 s  cpu interval");
    plotting.keys("k");
    assert_eq!(read(&plotting), "22:14:58.000  30 B  cpu size");
    plotting.keys("kG-----");
    plotting.code(KeyCode::Left);
    plotting.code(KeyCode::Left);
    let read = read(&plotting);
    assert!(
        read.ends_with("from 22:14:35.000  mean 86.5 of 24: 75 to 98"),
        "{read}"
    );
}

#[test]
fn a_click_reads_a_drag_pans_and_the_wheel_zooms() {
    let mut plotting = Plotting::with_numbers(100);
    plotting.keys(" wr");
    let charts = plotting.stage.app.plot_room().charts;
    let (x, y) = (charts.x + 30, charts.y + 2);
    let button = MouseButton::Left;
    plotting.mouse(MouseEventKind::Down(button), x, y);
    assert_eq!(plotting.stage.app.plot().cursor(), None);
    plotting.mouse(MouseEventKind::Up(button), x, y);
    let window = plotting.stage.app.plot_window();
    let cursor = plotting.stage.app.plot().cursor().unwrap();
    assert_eq!(window.column_of(cursor), 30 - 9);
    assert!(
        read(&plotting).contains("/s, mean over "),
        "{}",
        read(&plotting)
    );
    // The point under the pointer stays under it while dragging.
    plotting.mouse(MouseEventKind::Down(button), x, y);
    plotting.mouse(MouseEventKind::Drag(button), x + 4, y);
    plotting.mouse(MouseEventKind::Drag(button), x + 5, y + 1);
    plotting.mouse(MouseEventKind::Up(button), x + 5, y);
    assert_eq!(plotting.stage.app.plot().cursor(), Some(cursor));
    let dragged = plotting.stage.app.plot_window();
    assert_eq!(dragged.column_of(cursor), 30 - 9 + 5);
    plotting.mouse(MouseEventKind::ScrollUp, x, y);
    assert_eq!(plotting.span().as_secs(), 30);
    // Clicking a row of the table selects its series.
    let table = plotting.stage.app.plot_room().table;
    plotting.mouse(MouseEventKind::Down(button), table.x + 3, table.y + 1);
    plotting.mouse(MouseEventKind::Up(button), table.x + 3, table.y + 1);
    assert_eq!(plotting.stage.app.plot().selected, 0);
    plotting.mouse(MouseEventKind::Down(button), table.x, table.y);
    assert_eq!(plotting.stage.app.plot().selected, 0);
    // A press outside the chart drags nothing.
    plotting.mouse(MouseEventKind::Down(button), 2, 3);
    let before = plotting.stage.app.plot_window();
    plotting.mouse(MouseEventKind::Drag(button), x, y);
    plotting.mouse(MouseEventKind::Up(button), x, y);
    assert_eq!(plotting.stage.app.plot_window(), before);
}

#[test]
fn the_cursor_is_drawn_through_all_charts() {
    let mut plotting = Plotting::with_numbers(40);
    plotting.open_cpu();
    plotting.keys("wsz");
    for _ in 0..15 {
        plotting.code(KeyCode::Left);
    }
    insta::assert_snapshot!(pane(&plotting), @r"
    ╭ Plot ────────────────────────────────────────────────── 1m · G follows again ╮
    │       40│                                                 ┊           ⢀⣀⠤⠤⠂  │
    │         │                                                 ┊      ⣀⠤⠔⠒⠊⠁      │
    │         │                                                 ┊⢀⡠⠔⠒⠒⠉            │
    │         │                                             ⣀⠤⠒⠊⠉⠁                 │
    │       20│                                      ⣀⣀⡠⠔⠊⠉⠉    ┊                  │
    │         │                                ⢀⣀⠤⠤⠒⠉           ┊                  │
    │         │                           ⣀⠤⠤⠔⠊⠁                ┊                  │
    │        0│                     ⢀⡠⠔⠒⠒⠉                      ┊                  │
    │     30 B│                      ⡠⠤⠤⠤⠤⠤⠤⠤⠤⠤⠒⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉●⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠁  │
    │         │                     ⠈                           ┊                  │
    │     20 B│                                                 ┊                  │
    │         │                                                 ┊                  │
    │     10 B│                                                 ┊                  │
    │      0 B│                                                 ┊                  │
    │         └─────────────────────────────────────────────────────────────────── │
    │         22:13:00                      22:13:30                      22:14:00 │
    │ ● 22:13:45.000  30 B  cpu size                                               │
    │                         min     mean      max     last    count              │
    │ ━ cpu .load               0     19.5       39       39       40              │
    │ ━ cpu size             25 B     29 B     30 B     30 B       40              │
    ╰──────────────────────────────────────────────────────────────── full screen ─╯
     + zoom in  - out  0 all  h earlier  ← read  G newest  ? help  Esc hide cursor
    ");
}

#[test]
fn the_title_says_following_only_while_messages_can_arrive() {
    let mut plotting = Plotting::with_numbers(5);
    plotting.open_cpu();
    plotting.keys("w");
    assert!(pane(&plotting).contains("· not receiving ╮"));
    plotting.stage.connection(Connection::Live);
    plotting.stage.confirm(0);
    assert!(pane(&plotting).contains("· following ▼ ╮"));
    plotting.stage.send(Event::Resize(28, 24));
    let narrow = pane(&plotting);
    assert!(narrow.starts_with("╭ Plot ─"), "{narrow}");
    assert!(narrow.contains("─ following ▼ ╮"), "{narrow}");
}

// --- Drawing -----------------------------------------------------------------------------------

fn pane(plotting: &Plotting) -> String {
    let screen = plotting.stage.screen();
    let lines = screen
        .lines()
        .skip_while(|line| !line.contains(" Plot ") && !line.contains(" Intervals "));
    let lines: Vec<&str> = lines.take_while(|line| !line.contains("Publish")).collect();
    lines.join("\n")
}

#[test]
fn a_gap_is_drawn_as_a_gap() {
    let mut plotting = Plotting::with_numbers(20);
    plotting.stage.notice(Notice::Gap(Gap {
        last_heard: plotting.stage.now,
        noticed: plotting.stage.now,
        end: GapEnd::Open,
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Io("closed".into()).into(),
    }));
    plotting.wait(SECOND * 10);
    for second in 0..20 {
        plotting.cpu(&format!("{{\"load\":{}}}", 20 - second));
    }
    plotting.open_cpu();
    plotting.keys("wz");
    insta::assert_snapshot!(pane(&plotting), @r"
    ╭ Plot ─────────────────────────────────────────────── last 1m · not receiving ╮
    │       20│                                ⡀           ⠱⡀                      │
    │         │                              ⡠⠊             ⠈⠢⡀                    │
    │         │                             ⡰⠁                ⠱⡀                   │
    │         │                            ⡔⠁                  ⠑⡄                  │
    │       15│                          ⡠⠊                     ⠈⠢⡀                │
    │         │                        ⢀⠜                         ⠘⢄               │
    │         │                       ⢠⠊                           ⠈⢢              │
    │         │                      ⢠⠃                              ⠱⡀            │
    │       10│                    ⢀⠔⠁                                ⠈⢆           │
    │         │                   ⡠⠃                                    ⠣⡀         │
    │         │                  ⡔⠁                                      ⠑⡄        │
    │         │                ⡠⠊                                         ⠈⠢⡀      │
    │        5│               ⡜                                             ⠘⡄     │
    │         │             ⢀⠜                                               ⠘⢄    │
    │         │            ⡠⠊                                                 ⠈⠢⡀  │
    │        0│          ⢀⠎                                                     ⠈  │
    │         └─────────────────────────────────────────────────────────────────── │
    │         22:13:10                      22:13:40                      22:14:10 │
    │                         min     mean      max     last    count              │
    │ ━ cpu .load               0       10       20        1       40              │
    ╰──────────────────────────────────────────────────────────────── full screen ─╯
     + zoom in  - out  0 all  h earlier  ← read  G newest  ? help  Esc close
    ");
}

#[test]
fn series_of_one_scale_share_a_chart_and_others_do_not() {
    let mut plotting = Plotting::with_numbers(40);
    plotting.open_cpu();
    plotting.keys("w");
    plotting.code(KeyCode::Esc);
    plotting.keys("jw");
    plotting.keys("rz");
    insta::assert_snapshot!(pane(&plotting), @r"
    ╭ Plot ─────────────────────────────────────────────── last 1m · not receiving ╮
    │       50│                                                                    │
    │         │                                                        ⣀⣀⡠⠤⠤⠔⠒⠒⠒⠁  │
    │         │                                            ⣀⣀⣀⠤⠤⠤⠔⠒⠊⠉⠉⠉            │
    │         │                                ⢀⣀⣀⠤⠤⠤⠒⠒⠒⠊⠉⠉                        │
    │        0│                     ⢀⣀⡠⠤⠤⠒⠒⠒⠊⠉⠉⠁                                   │
    │    50000│                                                                    │
    │         │                                                        ⣀⣀⡠⠤⠤⠔⠒⠒⠒⠁  │
    │         │                                            ⣀⣀⣀⠤⠤⠤⠔⠒⠊⠉⠉⠉            │
    │         │                                ⢀⣀⣀⠤⠤⠤⠒⠒⠒⠊⠉⠉                        │
    │        0│                     ⢀⣀⡠⠤⠤⠒⠒⠒⠊⠉⠉⠁                                   │
    │    2.0/s│                                                                    │
    │         │                           ⢀⡠⠔⠒⠤⣀                   ⣀⠤⠒⠢⢄⡀          │
    │    1.0/s│                          ⠈⠁     ⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉     ⠈⠉⠉⠉⠉      │
    │      0/s│                                                                    │
    │         └─────────────────────────────────────────────────────────────────── │
    │         22:13:00                      22:13:30                      22:14:00 │
    │ rates over 3.1 s        min     mean      max     last    count              │
    │ ━ cpu .load               0     19.5       39       39       40              │
    │ ━ cpu .heat               0    19.5k      39k      39k       40              │
    │ ━ cpu rate            1.0/s    1.0/s    1.3/s    1.0/s       35              │
    ╰──────────────────────────────────────────────────────────────── full screen ─╯
     + zoom in  - out  0 all  h earlier  ← read  G newest  ? help  Esc close
    ");
    // Where there is room for only one chart, the selected series is shown.
    plotting.keys("z");
    insta::assert_snapshot!(pane(&plotting), @r"
    ╭ Plot · 1 of 3 charts, j k to see others ──────────── last 1m · not receiving ╮
    │    2.0/s│                                                                    │
    │         │                            ⢀⣀                       ⣀⡀             │
    │    1.0/s│                         ⠠⠔⠊⠁ ⠉⠒⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠒⠉ ⠈⠑⠢⠤⠤⠤⠤       │
    │         │                                                                    │
    │      0/s│                                                                    │
    │         └─────────────────────────────────────────────────────────────────── │
    │         22:13:01                      22:13:31                      22:14:01 │
    │ rates over 3.1 s        min     mean      max     last    count              │
    │   cpu .load               0     19.5       39       39       40              │
    │   cpu .heat               0    19.5k      39k      39k       40              │
    │ ━ cpu rate            1.0/s    1.0/s    1.3/s    1.0/s       35              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
    ");
}

#[test]
fn a_path_without_numbers_says_so() {
    let mut plotting = Plotting::new();
    for _ in 0..3 {
        plotting.cpu("{\"load\":\"high\"}");
    }
    plotting.open_cpu();
    plotting.keys("w");
    assert!(
        pane(&plotting).contains("no number at .load in 3 messages"),
        "{}",
        pane(&plotting)
    );
}

#[test]
fn the_histogram_counts_intervals_by_length() {
    let mut plotting = Plotting::with_numbers(10);
    for wait in [1, 2, 3, 20, 30, 400] {
        plotting.message("web", "1");
        plotting.wait(Duration::from_millis(wait));
    }
    plotting.keys(" wH");
    insta::assert_snapshot!(pane(&plotting), @r"
    ╭ Intervals ────────────────────────────────────────────────────────── H: plot ╮
    │ web 15 intervals since 22:13:21, the longest 1.0 s                           │
    │      1 ms – 2 ms ████▌                                           6.7 %     1 │
    │      2 ms – 5 ms █████████                                        13 %     2 │
    │     5 ms – 10 ms                                                 0.0 %     0 │
    │    10 ms – 20 ms                                                 0.0 %     0 │
    │    20 ms – 50 ms █████████                                        13 %     2 │
    │   50 ms – 100 ms                                                 0.0 %     0 │
    │  100 ms – 200 ms                                                 0.0 %     0 │
    │  200 ms – 500 ms                                                 0.0 %     0 │
    │     500 ms – 1 s                                                 0.0 %     0 │
    │        1 s – 2 s █████████████████████████████████████████████    67 %    10 │
    ╰──────────────────────────────────────────────────────────────────────────────╯
    ");
}

#[test]
fn a_single_long_interval_flattens_neither_the_histogram_nor_the_chart() {
    let mut plotting = Plotting::new();
    for number in 0..40 {
        plotting.message("web", "1");
        let wait = if number == 25 {
            14_000
        } else {
            80 + number % 7 * 10
        };
        plotting.wait(Duration::from_millis(wait));
    }
    plotting.message("web", "1");
    plotting.keys(" wizH");
    let screen = pane(&plotting);
    for words in [
        "the longest 14s",
        "50 ms – 100 ms",
        "100 ms – 200 ms",
        "10s – 30s",
    ] {
        assert!(screen.contains(words), "{words} in {screen}");
    }
    plotting.keys("zHkd");
    insta::assert_snapshot!(pane(&plotting), @r"
    ╭ Plot ─────────────────────────────────────────────── last 1m · not receiving ╮
    │   150 ms│                                               ⡄⣤⡇           14s▲⡇⡄ │
    │         │                                              ⢰⣿⣿⡇               ⣿⣷ │
    │   100 ms│                                              ⢸⡿⡇⡇               ⡿⡏ │
    │         │                                              ⠊⠃⠃⠃               ⠃⠃ │
    │    50 ms│                                                                    │
    │         │                                                                    │
    │     0 ms│                                                                    │
    │         └─────────────────────────────────────────────────────────────────── │
    │         22:12:38                      22:13:08                      22:13:38 │
    │ ▲ beyond the axis       min     mean      max     last    count              │
    │ ━ web interval        80 ms   456 ms      14s   120 ms       40              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
    ");
}

#[test]
fn charts_without_room_are_counted_in_the_title() {
    let mut plotting = Plotting::with_numbers(40);
    plotting.stage.send(Event::Resize(50, 22));
    plotting.keys(" wri");
    let screen = pane(&plotting);
    assert!(screen.contains("╭ Plot · 1 of 3 · j k ─"), "{screen}");
    assert!(screen.contains("━ web interval"), "{screen}");
    plotting.keys("k");
    let screen = pane(&plotting);
    assert!(screen.contains("━ web rate"), "{screen}");
    plotting.stage.send(Event::Resize(80, 24));
    plotting.keys("z");
    let screen = pane(&plotting);
    assert!(screen.contains("╭ Plot ─"), "{screen}");
    plotting.stage.send(Event::Resize(120, 16));
    let screen = pane(&plotting);
    let title = "╭ Plot · 1 of 3 charts, j k to see others ─";
    assert!(screen.contains(title), "{screen}");
}

#[test]
fn series_without_a_row_are_counted() {
    let mut plotting = Plotting::with_numbers(10);
    plotting.keys(" wri");
    plotting.code(KeyCode::BackTab);
    plotting.keys("kwri");
    plotting.stage.send(Event::Resize(80, 14));
    let screen = pane(&plotting);
    assert!(screen.contains(" of 6 series"), "{screen}");
}

#[test]
fn a_small_plot_says_what_it_can() {
    let mut plotting = Plotting::with_numbers(30);
    plotting.stage.send(Event::Resize(40, 12));
    plotting.open_cpu();
    plotting.keys("w");
    insta::assert_snapshot!(pane(&plotting), @r"
    ╭ Plot ─────── last 1m · not receiving ╮
    │       40│                            │
    │         │                      ⣀⠤⠔⠒⠁ │
    │       20│                 ⢀⡠⠔⠒⠉⠁     │
    │        0│             ⡠⠤⠒⠉⠁          │
    │         └─────────────────────────── │
    │         22:12:51   22:13:21 22:13:51 │
    │                         max     last │
    │ ━ cpu .load              29       29 │
    ╰──────────────────────────────────────╯
     + zoom in  - out  ? help  Esc close
    ");
}

// --- Statistics and hints ----------------------------------------------------------------------

/// Returns the figures of the series whose table row starts with `name`.
fn figures(plotting: &Plotting, name: &str) -> Vec<String> {
    let screen = plotting.stage.screen();
    let start = format!("━ {name} ");
    let mut rows = screen.lines().filter_map(|line| line.split_once(&start));
    let (_, row) = rows.next().unwrap_or_else(|| panic!("{name} in {screen}"));
    let row = row.trim_end_matches(['│', ' ']);
    row.split_whitespace().map(str::to_owned).collect()
}

/// Selects the last channel of the list.
fn select_channel(plotting: &mut Plotting) {
    plotting.code(KeyCode::BackTab);
    assert_eq!(plotting.stage.app.focus(), Focus::Channels);
    plotting.keys("G");
}

/// Sends a burst of a hundred messages within a second, followed by seven seconds of silence.
fn burst(plotting: &mut Plotting) {
    for _ in 0..100 {
        plotting.message("burst", "x");
        plotting.wait(SECOND / 100);
    }
    select_channel(plotting);
    plotting.keys(" wz");
    plotting.wait(SECOND * 7);
    plotting.wait(SECOND);
}

#[test]
fn the_first_burst_of_a_channel_that_was_listened_to_is_in_its_rate() {
    let mut plotting = Plotting::new();
    plotting.stage.confirm(0);
    plotting.wait(SECOND * 5);
    burst(&mut plotting);
    for keys in ["", "+", "0"] {
        plotting.keys(keys);
        let row = figures(&plotting, "burst rate");
        assert_eq!((&*row[0], &*row[4]), ("0/s", "100"), "{keys}: {row:?}");
        assert_ne!(row[2], "0/s", "{keys}: {row:?}");
    }
}

#[test]
fn silence_counts_only_while_the_channel_could_be_received() {
    let mut plotting = Plotting::new();
    plotting.stage.confirm(0);
    plotting.wait(SECOND * 20);
    let gap = Gap {
        last_heard: plotting.stage.now,
        noticed: plotting.stage.now,
        end: GapEnd::Open,
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Io("closed".into()).into(),
    };
    plotting.stage.notice(Notice::Gap(gap.clone()));
    plotting.wait(SECOND * 10);
    plotting.stage.confirm(0);
    let received_again = plotting.stage.now;
    let end = GapEnd::Restored(received_again);
    plotting.stage.notice(Notice::Gap(Gap { end, ..gap }));
    plotting.wait(SECOND * 8);
    burst(&mut plotting);
    assert_eq!(figures(&plotting, "burst rate")[4], "100");
    let app = &plotting.stage.app;
    let curve = app
        .plot()
        .curve(&app.plot().series[0], &app.plot_window(), app.session());
    let half = app.plot().rate_over(&app.plot().series[0]).unwrap() / 2;
    assert!(curve.dots[0].time.before(half) >= received_again);
    assert!(curve.dots[0].time < received_again.after(half * 4));
}

#[test]
fn the_table_says_where_no_rate_is_known_yet() {
    let mut plotting = Plotting::new();
    plotting.message("new", "x");
    select_channel(&mut plotting);
    plotting.keys(" wz");
    let screen = pane(&plotting);
    assert!(!screen.contains("no data in this time range"), "{screen}");
    assert_eq!(screen.matches("no rate yet").count(), 2, "{screen}");
    plotting.code(KeyCode::Left);
    let toast = plotting.stage.toast();
    assert!(toast.contains("no rate yet"), "{toast}");
}

#[test]
fn the_last_value_is_one_that_was_received() {
    let mut plotting = Plotting::new();
    for number in 0..400 {
        plotting.message("cpu", format!("{{\"n\":{}}}", number % 2 * 1_000));
        plotting.wait(SECOND / 50);
    }
    plotting.open_cpu();
    plotting.keys("wz++++");
    for _ in 0..2 {
        plotting.keys("h");
        let row = figures(&plotting, "cpu .n");
        assert_eq!((&*row[0], &*row[2]), ("0", "1000"));
        assert!(["0", "1000"].contains(&&*row[3]), "{row:?}");
    }
}

#[test]
fn panning_stops_at_the_oldest_point() {
    let mut plotting = Plotting::new();
    for _ in 0..100 {
        plotting.message("cpu", "{\"n\":1}");
        plotting.wait(SECOND / 20);
    }
    plotting.open_cpu();
    plotting.keys("wz");
    for keys in ["h", "0h"] {
        plotting.keys(keys);
        assert!(plotting.stage.app.plot().is_following());
        assert_eq!(figures(&plotting, "cpu .n")[4], "100");
        let toast = plotting.stage.toast();
        assert!(toast.contains("this is the oldest known point"), "{toast}");
    }
    assert!(plotting.stage.app.plot().shows_all());
    plotting.keys("Gl");
    let toast = plotting.stage.toast();
    assert!(toast.contains("this is the newest point"), "{toast}");
    // Panning stops when the oldest point reaches the left edge.
    plotting.keys("++");
    let first = plotting.stage.app.plot().series[0].clone();
    for _ in 0..20 {
        plotting.keys("h");
    }
    let app = &plotting.stage.app;
    let from = app.plot().report(&first).unwrap().summary.unwrap().from;
    assert_eq!(app.plot_window().column_of(from), 0);
    assert!(app.plot_window().contains(from));
    assert!(plotting.stage.toast().contains("the oldest known point"));
    assert!(!plotting.stage.app.plot().is_following());
}

#[test]
fn without_data_no_key_is_suggested_in_vain() {
    let mut plotting = Plotting::new();
    plotting.stage = Stage::new(&["quiet"]);
    select_channel(&mut plotting);
    plotting.keys(" w");
    for key in [KeyCode::Left, KeyCode::Char('h')] {
        plotting.code(key);
        assert_eq!(plotting.stage.toast(), "no message yet");
    }
    plotting.message("quiet", "x");
    plotting.wait(SECOND);
    plotting.keys("s");
    plotting.wait(SECOND * 100);
    plotting.code(KeyCode::Left);
    let toast = plotting.stage.toast();
    assert_eq!(toast, "no data in this time range · 0 shows all");
    plotting.keys("0");
    plotting.code(KeyCode::Left);
    assert!(plotting.stage.app.plot().cursor().is_some());
}

#[test]
fn the_histogram_offers_no_key_of_the_hidden_chart() {
    let mut plotting = Plotting::with_numbers(30);
    plotting.keys(" wz");
    assert_eq!(plotting.stage.app.context(), Context::Chart);
    plotting.code(KeyCode::Left);
    let before = plotting.stage.app.plot_window();
    plotting.keys("H");
    assert_eq!(plotting.stage.app.context(), Context::Plot);
    let screen = plotting.stage.screen();
    let hints = screen.lines().last().unwrap();
    for hint in ["zoom", "out", "all", "earlier", "read", "newest", "hide"] {
        assert!(!hints.contains(hint), "{hint} in {hints}");
    }
    assert!(hints.contains("H plot") && hints.contains("Esc close"));
    plotting.keys("+-0hlG");
    plotting.code(KeyCode::Left);
    plotting.stage.mouse(MouseEventKind::ScrollUp, 30, 10);
    assert_eq!(plotting.stage.toast(), "");
    plotting.keys("H");
    assert_eq!(plotting.stage.app.plot_window(), before);
    assert!(plotting.stage.app.plot().cursor().is_some());
    plotting.keys("Hd");
    let screen = pane(&plotting);
    assert!(
        screen.contains("are not plotted · i plots them"),
        "{screen}"
    );
    plotting.code(KeyCode::Esc);
    assert!(!plotting.stage.app.plot().is_shown());
}
