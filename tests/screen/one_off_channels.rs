//! A very large number of channels that appear once or twice and never again.

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use subscope::app::{App, Entry, Event, Settings};
use subscope::log::Batch;
use subscope::message::{SubscriptionId, Time, Topic};
use subscope::server::Feed;
use subscope::view;

const CHANNELS: u64 = 100_000;

#[test]
fn one_off_channels_stay_within_the_budget_and_the_list_says_how_many_it_shows() {
    let settings = Settings {
        keep: 16 << 20,
        ..Settings::default()
    };
    let mut app = App::new(settings, vec![Topic::pattern(b"*")], (100, 24), Time(1));
    let mut now = Time(1_000_000);
    let mut batch = Box::<Batch>::default();
    for count in 0..2 * CHANNELS {
        let name = format!("session:{:06}", count * 7919 % CHANNELS);
        batch.push_message(now, name.as_bytes(), b"expired", SubscriptionId(0));
        if batch.is_full() {
            assert!(batch.size() < 2 << 20, "{}", batch.size());
            now = now.after(Duration::from_millis(2));
            app.update(Event::Feed(Feed::Batch(std::mem::take(&mut batch))), now);
            assert!(app.session().log.size() <= app.session().log.budget());
        }
    }
    app.update(Event::Feed(Feed::Batch(batch)), now);

    let counters = *app.session().log.counters();
    assert_eq!(counters.received, 2 * CHANNELS);
    assert_eq!(counters.received, counters.kept + counters.evicted);
    let of_kept: u64 = app.session().log.channels().len() as u64;
    assert!(of_kept <= counters.kept + 10_000, "{of_kept}");

    // The list settles by itself after several ticks.
    for _ in 0..200 {
        now = app.next_tick().unwrap().max(now);
        app.update(Event::Tick, now);
    }
    assert_eq!(app.channels().due(), None);
    // Channels that have had one message since they were last forgotten share a line.
    let [Entry::Pattern(_), Entry::Branch(branch), ..] = app.channels().entries[..] else {
        panic!("{:?}", &app.channels().entries[..2]);
    };
    let shared = app.channels().branches[branch].sums.channels;
    let others = app.channels().entries.len() as u64 - 2;
    assert_eq!(shared + others, of_kept);
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    terminal.draw(|frame| view::draw(&app, frame)).unwrap();
    let screen = terminal.backend().to_string();
    assert!(
        screen.contains("▸ ses") && screen.contains("k × 1"),
        "{screen}"
    );
}
