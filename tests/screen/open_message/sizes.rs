//! The open message on screens of all sizes.

use crossterm::event::KeyCode;
use subscope::app::{Event, Focus};

use super::formats::choose;
use super::{CBOR, PACKED, answer, gzip, head_only, long_json};
use crate::support::stage::Stage;

/// Returns messages of every kind, oldest first.
fn messages() -> Vec<Vec<u8>> {
    let deep = [b"[".repeat(100), b"]".repeat(100)].concat();
    vec![
        Vec::new(),
        b"words, \x1b[31K, \xe6\xbc\xa2\xe5\xad\x97 and \xf0\x9f\x8e\x88".to_vec(),
        (0..=255).collect(),
        br#"{"user":{"name":"Ann","tags":["a","b"]},"":null,"n":1.5e300}"#.to_vec(),
        br#"{"user":{"name":"Bo","tags":["b"]},"":true}"#.to_vec(),
        format!(r#"{{"text":"{}"}}"#, "long words ".repeat(500)).into_bytes(),
        deep,
        PACKED.to_vec(),
        CBOR.to_vec(),
        gzip(PACKED),
        long_json(100 << 10),
        b"{}\n{\"a\":1}\n".to_vec(),
    ]
}

fn stage() -> Stage {
    let mut stage = Stage::new(&["*"]);
    for payload in messages() {
        stage.messages(&[("orders", &payload)]);
    }
    head_only(&mut stage, b"{\"a\":", 500 << 20);
    stage
}

#[test]
fn every_key_draws_something_at_every_size() {
    let sizes = [0, 1, 2, 6].into_iter();
    let small = sizes
        .clone()
        .flat_map(|width| sizes.clone().map(move |height| (width, height)));
    let large = [(40, 12), (60, 14), (80, 24), (200, 50), (200, 3), (3, 50)];
    for (width, height) in small.chain(large) {
        let mut stage = stage();
        stage.send(Event::Resize(width, height));
        for _ in 0..2 {
            let requests = stage.code(KeyCode::Enter);
            answer(&mut stage, requests);
        }
        for _ in 0..13 {
            for key in "jlhoOG g]]]]dDz/a".chars() {
                let requests = stage.keys(&key.to_string());
                answer(&mut stage, requests);
                stage.buffer();
            }
            let requests = stage.code(KeyCode::Enter);
            answer(&mut stage, requests);
            stage.keys("nNfj");
            stage.buffer();
            stage.code(KeyCode::Esc);
            let requests = stage.keys("K");
            answer(&mut stage, requests);
        }
        stage.send(Event::Resize(80, 24));
        stage.buffer();
    }
}

/// Opens the message `up` rows above the newest, presses `keys` and returns the screen.
fn screen(size: (u16, u16), up: usize, keys: &str) -> String {
    let mut stage = stage();
    stage.send(Event::Resize(size.0, size.1));
    stage.keys("t");
    stage.keys(&"k".repeat(up));
    while stage.app.focus() != Focus::Message {
        let requests = stage.code(KeyCode::Enter);
        answer(&mut stage, requests);
    }
    for key in keys.chars() {
        let requests = stage.keys(&key.to_string());
        answer(&mut stage, requests);
    }
    stage.screen()
}

#[test]
fn an_object_beside_and_below_the_log() {
    insta::assert_snapshot!(screen((40, 12), 8, "jjjj"), @r#"
     redis://127.0.0.1:6379  ◌ connecting
    ╭ orders ───────── 22:13:20.000 · 43 B ╮
    │ value  diff  bytes  channel     JSON │
    │ ▾ {2}                                │
    │   ▾ user: {2}                        │
    │       name: "Bo"                     │
    │     ▾ tags: [1]                      │
    │         [0]: "b"                     │
    │     "": true                         │
    │                                      │
    ╰─ .user.tags[0] ──────────────────────╯
     q close  h fold  Esc log  ? help
    "#);
    insta::assert_snapshot!(screen((80, 24), 8, "jjjj"), @r#"
     redis://127.0.0.1:6379  ◌ connecting  0 of 1 subscription live  13 received
    ╭ Messages 13 · UTC ──────── not receiving · frozen ❚❚ 7 newer · Space resumes ╮
    │ 22:13:20.000 orders (empty)                                                  │
    │ 22:13:20.000 orders words, \x1b[31K, 漢字 and 🎈                             │
    │ 22:13:20.000 orders \0\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r…  256 B │
    │ 22:13:20.000 orders {"user":{"name":"Ann","tags":["a","b"]},"":null,"n… 60 B │
    │ 22:13:20.000 orders {"user":{"name":"Bo","tags":["b"]},"":true}              │
    │ 22:13:20.000 orders {"text":"long words long words long words long … 5.4 KiB │
    ╰──────────────────────────────────────────────────────────────────────────────╯
    ╭ orders ──────────────────────────── 2023-11-14 22:13:20.000000 +00:00 · 43 B ╮
    │ value  diff  bytes  channel                                             JSON │
    │ ▾ {2}                                                                        │
    │   ▾ user: {2}                                                                │
    │       name: "Bo"                                                             │
    │     ▾ tags: [1]                                                              │
    │         [0]: "b"                                                             │
    │     "": true                                                                 │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    ╰─ .user.tags[0] ──────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     q close  h fold  l unfold  ] tab  d diff  z zoom  J next  Esc log  ? help
    "#);
    insta::assert_snapshot!(screen((140, 20), 8, "jjjj"), @r#"
     subscope  redis://127.0.0.1:6379  ◌ connecting  0 of 1 subscription live  13 received
    ╭ Channels 1 ──╮╭ Messages 13 · UTC ────── not receiving · frozen ❚❚ 0 newer ╮╭ orders ────────── 2023-11-14 22:13:20.000000 +00:00 · 43 B ╮
    │ ◌ *  pending ││ 22:13:20.000 orders (empty)                                ││ value  diff  bytes  channel                           JSON │
    │   orders     ││ 22:13:20.000 orders words, \x1b[31K, 漢字 and 🎈           ││ ▾ {2}                                                      │
    │              ││ 22:13:20.000 orders \0\x01\x02\x03\x04\x05\x06\x07…  256 B ││   ▾ user: {2}                                              │
    │              ││ 22:13:20.000 orders {"user":{"name":"Ann","tags":["a… 60 B ││       name: "Bo"                                           │
    │              ││ 22:13:20.000 orders {"user":{"name":"Bo","tags":["b"… 43 B ││     ▾ tags: [1]                                            │
    │              ││ 22:13:20.000 orders {"text":"long words long word… 5.4 KiB ││         [0]: "b"                                           │
    │              ││ 22:13:20.000 orders [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[… 200 B ││     "": true                                               │
    │              ││ 22:13:20.000 orders {"a":1,"b":"x"}                        ││                                                            │
    │              ││ 22:13:20.000 orders {"a":1,"b":"x"}                        ││                                                            │
    │              ││ 22:13:20.000 orders ⟨gzip msgpack⟩ {"a":1,"b":"x"}         ││                                                            │
    │              ││ 22:13:20.000 orders {"first":1,"items":[{"id":123… 102 KiB ││                                                            │
    │              ││ 22:13:20.000 orders {}\n{"a":1}\n                          ││                                                            │
    │              ││ 22:13:20.000 orders {"a":…           first part of 500 MiB ││                                                            │
    │              ││                                                            ││                                                            │
    │              ││                                                            ││                                                            │
    ╰──────────────╯╰────────────────────────────────────────────────────────────╯╰─ .user.tags[0] ────────────────────────────────────────────╯
     Publish  press p to publish a message
     q close  h fold  l unfold  ] tab  d diff  z zoom  J next  / find  = filter value  i lens  f format  w plot  y copy  Esc log  ? help
    "#);
}

#[test]
fn a_diff() {
    insta::assert_snapshot!(screen((80, 24), 8, "d"), @r#"
     redis://127.0.0.1:6379  ◌ connecting  0 of 1 subscription live  13 received
    ╭ Messages 13 · UTC ──────── not receiving · frozen ❚❚ 7 newer · Space resumes ╮
    │ 22:13:20.000 orders (empty)                                                  │
    │ 22:13:20.000 orders words, \x1b[31K, 漢字 and 🎈                             │
    │ 22:13:20.000 orders \0\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r…  256 B │
    │ 22:13:20.000 orders {"user":{"name":"Ann","tags":["a","b"]},"":null,"n… 60 B │
    │ 22:13:20.000 orders {"user":{"name":"Bo","tags":["b"]},"":true}              │
    │ 22:13:20.000 orders {"text":"long words long words long words long … 5.4 KiB │
    ╰──────────────────────────────────────────────────────────────────────────────╯
    ╭ orders ──────────────────────────── 2023-11-14 22:13:20.000000 +00:00 · 43 B ╮
    │ value  diff  bytes  channel                                             JSON │
    │ 2 changed, 2 removed · compared with the previous message (22:13:20.000)     │
    │   (whole message):                                                           │
    │     user:                                                                    │
    │ ~     name: "Ann" → "Bo"                                                     │
    │       tags:                                                                  │
    │ -       [0]: "a"                                                             │
    │         … 1 unchanged                                                        │
    │ ~   "": null → true                                                          │
    │ -   n: 1.5e300                                                               │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     q close  ] tab  d diff  z zoom  J next  / find  f format  Esc log  ? help
    "#);
}

#[test]
fn the_format_list() {
    insta::assert_snapshot!(screen((80, 24), 8, "fjj"), @r#"
     redis://127.0.0.1:6379  ◌ connecting  0 of 1 subscription live  13 received
    ╭ Messages 13 · ╭ Read orders as ──────────────────────────────╮ Space resumes ╮
    │ 22:13:20.000 o│ ● Automatic             detected per message ┃               │
    │ 22:13:20.000 o│   JSON                                       ┃               │
    │ 22:13:20.000 o│   JSON lines                                 ┃\x0c\r…  256 B │
    │ 22:13:20.000 o│   Lenient JSON                               ┃:null,"n… 60 B │
    │ 22:13:20.000 o│   XML                                        ┃}              │
    │ 22:13:20.000 o│   YAML                                       ┃long … 5.4 KiB │
    ╰───────────────│   logfmt                                     ┃───────────────╯
    ╭ orders ───────│   MessagePack                                ┃ +00:00 · 43 B ╮
    │ value  diff  b│   CBOR                                       ┃          JSON │
    │ ▾ {2}         │   Protobuf                                   ┃               │
    │   ▾ user: {2} │   BSON                                       ┃               │
    │       name: "B│   Python pickle                              ┃               │
    │     ▾ tags: [1│   PHP serialized                             ┃               │
    │         [0]: "│   Ruby Marshal                               ┃               │
    │     "": true  │   Java serialization                         ┃               │
    │               │   Erlang term                                ┃               │
    │               │   Text                                       │               │
    │               │   Binary                                     │               │
    │               │   brotli                                     │               │
    ╰───────────────│   raw deflate                                │───────────────╯
     Publish  press ╰──────────────────────────────────────────────╯
     Enter choose  j down  k up  / search  ? help  Esc close
    "#);
}

#[test]
fn a_binary_message_in_hex() {
    insta::assert_snapshot!(screen((80, 24), 10, "z"), @r##"
     redis://127.0.0.1:6379  ◌ connecting  0 of 1 subscription live  13 received
    ╭ orders ─────────────────────────── 2023-11-14 22:13:20.000000 +00:00 · 256 B ╮
    │ value  diff  bytes  channel                                           Binary │
    │ 00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  ················ │
    │ 00000010  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f  ················ │
    │ 00000020  20 21 22 23 24 25 26 27  28 29 2a 2b 2c 2d 2e 2f   !"#$%&'()*+,-./ │
    │ 00000030  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  0123456789:;<=>? │
    │ 00000040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO │
    │ 00000050  50 51 52 53 54 55 56 57  58 59 5a 5b 5c 5d 5e 5f  PQRSTUVWXYZ[\]^_ │
    │ 00000060  60 61 62 63 64 65 66 67  68 69 6a 6b 6c 6d 6e 6f  `abcdefghijklmno │
    │ 00000070  70 71 72 73 74 75 76 77  78 79 7a 7b 7c 7d 7e 7f  pqrstuvwxyz{|}~· │
    │ 00000080  80 81 82 83 84 85 86 87  88 89 8a 8b 8c 8d 8e 8f  ················ │
    │ 00000090  90 91 92 93 94 95 96 97  98 99 9a 9b 9c 9d 9e 9f  ················ │
    │ 000000a0  a0 a1 a2 a3 a4 a5 a6 a7  a8 a9 aa ab ac ad ae af  ················ │
    │ 000000b0  b0 b1 b2 b3 b4 b5 b6 b7  b8 b9 ba bb bc bd be bf  ················ │
    │ 000000c0  c0 c1 c2 c3 c4 c5 c6 c7  c8 c9 ca cb cc cd ce cf  ················ │
    │ 000000d0  d0 d1 d2 d3 d4 d5 d6 d7  d8 d9 da db dc dd de df  ················ │
    │ 000000e0  e0 e1 e2 e3 e4 e5 e6 e7  e8 e9 ea eb ec ed ee ef  ················ │
    │ 000000f0  f0 f1 f2 f3 f4 f5 f6 f7  f8 f9 fa fb fc fd fe ff  ················ │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────── full screen ─╯
     q close  ] tab  d diff  z zoom  J next  / find  f format  Esc log  ? help
    "##);
}

#[test]
fn a_note_between_the_tabs_and_the_values() {
    let mut stage = stage();
    stage.keys("tkkkkkkkk");
    crate::open_message::open(&mut stage);
    choose(&mut stage, "CBOR");
    insta::assert_snapshot!(stage.screen(), @r#"
     redis://127.0.0.1:6379  ◌ connecting  0 of 1 subscription live  13 received
    ╭ Messages 13 · UTC ──────── not receiving · frozen ❚❚ 7 newer · Space resumes ╮
    │ 22:13:20.000 orders (empty)                                                  │
    │ 22:13:20.000 orders words, \x1b[31K, 漢字 and 🎈                             │
    │ 22:13:20.000 orders \0\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r…  256 B │
    │ 22:13:20.000 orders {"user":{"name":"Ann","tags":["a","b"]},"":null,"n… 60 B │
    │ 22:13:20.000 orders {"user":{"name":"Bo","tags":["b"]},"":true}              │
    │ 22:13:20.000 orders {"text":"long words long words long words long … 5.4 KiB │
    ╰──────────────────────────────────────────────────────────────────────────────╯
    ╭ orders ──────────────────────────── 2023-11-14 22:13:20.000000 +00:00 · 43 B ╮
    │ value  diff  bytes  channel                       JSON · not the chosen CBOR │
    │ not CBOR: header says 2483017649108433531 bytes, but only 34 left at byte 0  │
    │ ▾ {2}                                                                        │
    │   ▾ user: {2}                                                                │
    │       name: "Bo"                                                             │
    │     ▾ tags: [1]                                                              │
    │         [0]: "b"                                                             │
    │     "": true                                                                 │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     orders: format CBOR
    "#);
}
