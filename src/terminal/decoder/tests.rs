use super::*;

const ESCAPE_TIME: Duration = Duration::from_millis(50);

/// A decoder with a simulated clock.
struct Typing {
    decoder: Decoder,
    now: Instant,
}

impl Typing {
    fn new() -> Self {
        Self {
            decoder: Decoder::new(ESCAPE_TIME),
            now: Instant::now(),
        }
    }

    /// Reads `bytes` after the given pause. If the decoder would stop waiting before then, it gives
    /// up first.
    fn after(&mut self, milliseconds: u64, bytes: impl AsRef<[u8]>) -> Vec<TerminalEvent> {
        let pause = Duration::from_millis(milliseconds);
        let mut events = match self.decoder.patience() {
            Some(patience) if patience <= pause => self.decoder.give_up(self.now + patience),
            _ => Vec::new(),
        };
        self.now += pause;
        events.extend(self.decoder.read(bytes.as_ref(), self.now));
        events
    }

    fn rest(&mut self) -> Vec<TerminalEvent> {
        self.decoder.give_up(self.now)
    }
}

fn key(code: KeyCode) -> TerminalEvent {
    TerminalEvent::Input(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn burst(code: KeyCode) -> TerminalEvent {
    TerminalEvent::Burst(KeyEvent::new(code, KeyModifiers::NONE))
}

fn ahead(code: KeyCode) -> TerminalEvent {
    TerminalEvent::TypedAhead(KeyEvent::new(code, KeyModifiers::NONE))
}

fn letters(text: &str, event: fn(KeyCode) -> TerminalEvent) -> Vec<TerminalEvent> {
    text.chars()
        .map(|letter| event(KeyCode::Char(letter)))
        .collect()
}

fn paste(text: &str) -> TerminalEvent {
    TerminalEvent::Input(Event::Paste(text.to_owned()))
}

#[test]
fn a_sequence_may_be_split_anywhere_and_arrive_late() {
    let whole = b"\x1b[<0;5;5m\x1b[200~a\x1b[1m\nb\x1b[201~\x1b[1;5A\x1bOP";
    let mut typing = Typing::new();
    let expected = typing.after(0, whole);
    assert_eq!(expected.len(), 4);
    for split in 1..whole.len() {
        let mut typing = Typing::new();
        let mut events = typing.after(0, &whole[..split]);
        events.extend(typing.after(30, &whole[split..]));
        assert_eq!(events, expected, "split at {split}");
    }
    let mut typing = Typing::new();
    let single = whole.iter().flat_map(|byte| typing.after(30, [*byte]));
    assert_eq!(single.collect::<Vec<_>>(), expected);
}

#[test]
fn an_esc_followed_by_nothing_in_time_is_the_key() {
    let mut typing = Typing::new();
    assert_eq!(typing.after(0, "\x1b"), []);
    assert_eq!(typing.decoder.patience(), Some(ESCAPE_TIME));
    assert_eq!(typing.rest(), [key(KeyCode::Esc)]);
    assert_eq!(typing.decoder.patience(), None);
    let events = typing.after(0, "\x1b\x1b");
    assert_eq!(events, [key(KeyCode::Esc)]);
    assert_eq!(typing.rest(), [key(KeyCode::Esc)]);
}

#[test]
fn the_late_rest_of_a_sequence_does_not_act_as_keys() {
    let mut typing = Typing::new();
    typing.after(0, "\x1b");
    let events = typing.after(200, "[200~p\rq");
    assert_eq!(events, [key(KeyCode::Esc)]);
    assert_eq!(typing.after(30, "\x1b[201~"), [paste("p\rq")]);
    typing.after(0, "\x1b");
    assert_eq!(typing.after(200, "[=5u"), [key(KeyCode::Esc)]);
    // Bytes that a user could have typed are not taken for the rest of a sequence.
    typing.after(0, "\x1b");
    let typed = [key(KeyCode::Esc), key(KeyCode::Char('['))];
    assert_eq!(typing.after(200, "["), typed);
    assert_eq!(typing.after(200, "b"), [key(KeyCode::Char('b'))]);
}

#[test]
fn alt_with_a_key_that_could_start_a_sequence_is_read_after_a_wait() {
    for letter in ['[', 'O', 'P', ']'] {
        let mut typing = Typing::new();
        assert_eq!(typing.after(0, format!("\x1b{letter}")), []);
        assert_eq!(typing.decoder.patience(), Some(ESCAPE_TIME));
        let [TerminalEvent::Input(Event::Key(alt))] = typing.rest()[..] else {
            panic!("one key");
        };
        assert_eq!(alt.code, KeyCode::Char(letter));
        assert!(alt.modifiers.contains(KeyModifiers::ALT));
    }
}

#[test]
fn no_part_of_an_unknown_sequence_is_taken_for_text() {
    for unknown in [
        "\x1b[=5u",
        "\x1b[?2026;2$y",
        "\x1b[>41;354;0c",
        "\x1b]10;rgb:ffff/ffff/ffff\x1b\\",
        "\x1bP>|tmux 3.4\x1b\\",
        "\x1b_Gi=1;OK\x1b\\",
        "\x1b[I",
    ] {
        let mut typing = Typing::new();
        let events = typing.after(0, format!("{unknown}j"));
        assert_eq!(events, [key(KeyCode::Char('j'))], "{unknown:?}");
    }
    // A sequence that never ends is dropped after a while.
    let mut typing = Typing::new();
    assert_eq!(typing.after(0, "\x1b]11;rgb:ffff"), []);
    assert_eq!(typing.decoder.patience(), Some(PATIENCE));
    assert_eq!(typing.rest(), []);
    assert_eq!(typing.after(0, "j"), [key(KeyCode::Char('j'))]);
}

#[test]
fn keys_that_arrive_together_are_a_burst_and_typed_ones_are_not() {
    let mut typing = Typing::new();
    let together = [KeyCode::Char('a'), KeyCode::Enter, KeyCode::Char('b')].map(burst);
    assert_eq!(typing.after(0, "a\rb"), together);
    assert_eq!(typing.after(1, "\r"), [burst(KeyCode::Enter)]);
    // The pace of a fast typist, or of key repeat.
    for _ in 0..3 {
        assert_eq!(typing.after(20, "\r"), [key(KeyCode::Enter)]);
    }
    // Keys that the terminal sends as sequences were pressed one by one.
    let events = typing.after(20, "\x1b[13u\x1b[113u");
    assert_eq!(events, [key(KeyCode::Enter), key(KeyCode::Char('q'))]);
    // Keys that are not text are not part of a burst.
    let events = typing.after(20, "\x1b[A\r");
    assert_eq!(events, [key(KeyCode::Up), key(KeyCode::Enter)]);
}

#[test]
fn a_few_keys_without_a_line_break_between_them_may_have_been_typed() {
    let mut typing = Typing::new();
    let mut expected = letters("/x", ahead);
    expected.push(ahead(KeyCode::Enter));
    assert_eq!(typing.after(20, "/x\r"), expected);
    // The line break is now between keys.
    assert_eq!(typing.after(1, "y"), letters("y", burst));
    let most = "m".repeat(MOST_TYPED);
    assert_eq!(typing.after(20, &most), letters(&most, ahead));
    assert_eq!(typing.after(1, "m"), letters("m", burst));
    let more = "m".repeat(MOST_TYPED + 1);
    assert_eq!(typing.after(20, &more), letters(&more, burst));
}

#[test]
fn keys_from_a_terminal_that_marks_pastes_were_typed() {
    for answer in [
        "\x1b[?2004;1$y",
        "\x1b[?2004;3$y",
        "\x1bP>|tmux 3.3a\x1b\\",
        "\x1b[200~pasted\x1b[201~",
    ] {
        let mut typing = Typing::new();
        typing.after(0, answer);
        let lines = [
            key(KeyCode::Char('a')),
            key(KeyCode::Enter),
            key(KeyCode::Char('b')),
            key(KeyCode::Enter),
        ];
        assert_eq!(typing.after(0, "a\rb\r"), lines, "{answer:?}");
        // No user types so many keys at once: another terminal in between does not mark pastes.
        let more = "m".repeat(MOST_TYPED + 1);
        assert_eq!(typing.after(20, &more), letters(&more, burst));
    }
    for answer in ["\x1b[?2004;0$y", "\x1b[?2004;2$y", "\x1b[?2026;1$y"] {
        let mut typing = Typing::new();
        assert_eq!(typing.after(0, answer), []);
        assert_eq!(typing.after(0, "ab"), letters("ab", ahead), "{answer:?}");
    }
}

#[test]
fn text_that_resembles_the_end_of_a_paste_is_text() {
    let mut typing = Typing::new();
    let events = typing.after(0, "\x1b[200~\x1b\x1b[201\x1b[20\x1b[201~");
    assert_eq!(events, [paste("\x1b\x1b[201\x1b[20")]);
}

#[test]
fn the_rest_of_a_paste_is_text_however_late_it_arrives() {
    let mut typing = Typing::new();
    assert_eq!(typing.after(0, "\x1b[200~some te"), []);
    assert_eq!(typing.decoder.patience(), Some(PATIENCE));
    for rest in ["xt\rq", "q", "c", "\x1b[20"] {
        let stalled = typing.after(60_000, rest);
        assert_eq!(stalled, [TerminalEvent::PasteStalled], "{rest:?}");
    }
    let pasted = paste("some text\rqqc");
    let expected = [TerminalEvent::PasteStalled, pasted, key(KeyCode::Char('j'))];
    assert_eq!(typing.after(60_000, "1~j"), expected);
    assert_eq!(typing.decoder.patience(), None);
}

#[test]
fn esc_or_ctrl_c_ends_a_paste_whose_end_is_lost() {
    let way_out = ["\x1b", "\x03", "\x1b[27u", "\x1b[99;5u"];
    for (index, way_out) in way_out.into_iter().enumerate() {
        let mut typing = Typing::new();
        assert_eq!(typing.after(0, "\x1b[200~some text"), []);
        // Ctrl-C does not end a paste that has not stalled yet, because it may belong to the text.
        assert_eq!(typing.after(500, "\x03"), []);
        let mut events = typing.after(1000, way_out);
        if index == 0 {
            assert_eq!(typing.decoder.patience(), Some(ESCAPE_TIME));
            events.extend(typing.rest());
        }
        let expected = [TerminalEvent::PasteStalled, paste("some text\x03")];
        assert_eq!(events, expected, "{way_out:?}");
        assert_eq!(typing.decoder.patience(), None);
        assert_eq!(typing.after(200, "j"), [key(KeyCode::Char('j'))]);
    }
    // An end sequence that is split after its Esc is still recognized: it becomes neither a key nor
    // text.
    for pause in [30, 200] {
        let mut typing = Typing::new();
        typing.after(0, "\x1b[200~a");
        let mut events = typing.after(1000, "\x1b");
        events.extend(typing.after(pause, "[201~"));
        assert_eq!(events, [TerminalEvent::PasteStalled, paste("a")]);
    }
}

#[test]
fn a_function_key_may_have_either_form() {
    for (sequence, number) in [("\x1bOP", 1), ("\x1bOQ", 2), ("\x1bOR", 3), ("\x1bOS", 4)] {
        assert_eq!(Typing::new().after(0, sequence), [key(KeyCode::F(number))]);
    }
    assert_eq!(Typing::new().after(0, "\x1b[13~"), [key(KeyCode::F(3))]);
    // A cursor position report, not a key.
    assert_eq!(Typing::new().after(0, "\x1b[1;1R"), []);
}

#[test]
fn a_paste_that_never_ends_takes_a_bounded_amount_of_memory() {
    let mut typing = Typing::new();
    typing.after(0, "\x1b[200~");
    for _ in 0..1000 {
        assert_eq!(typing.after(0, [b'a'; 4096]), []);
    }
    let [TerminalEvent::Input(Event::Paste(text))] = &typing.after(0, "\x1b[201~")[..] else {
        panic!("one paste");
    };
    assert!(text.len() <= LONGEST_PASTE + PASTE_END.len());
}

#[test]
fn any_bytes_are_read_to_their_end() {
    // Every sequence of up to four bytes, each with a special meaning somewhere.
    let special = b"\x1b[]OP<M~u;1\x07\\\x7f\xc3\xa9\xffa";
    let mut typing = Typing::new();
    for number in 0..special.len().pow(4) {
        let digits = (0..4).map(|place| number / special.len().pow(place) % special.len());
        let bytes: Vec<u8> = digits.map(|digit| special[digit]).collect();
        typing.after(0, &bytes);
        typing.rest();
        typing.decoder.paste = None;
        assert!(typing.decoder.pending.is_empty(), "{bytes:?}");
    }
}

#[test]
fn the_terminal_s_background_is_read() {
    for (answer, colour) in [
        ("rgb:0000/2b2b/3636\x1b\\", Some([0x00, 0x2b, 0x36])),
        ("rgb:fd/f6/e3\x07", Some([0xfd, 0xf6, 0xe3])),
        ("rgb:f/0/8\x07", Some([255, 0, 136])),
        ("rgb:0/0\x07", None),
        ("rgb:0/0/0/0\x07", None),
        ("rgb:00000/0/0\x07", None),
        ("rgb:+1/0/0\x07", None),
        ("black\x07", None),
    ] {
        let events = Typing::new().after(0, format!("\x1b]11;{answer}"));
        let expected = colour.map(TerminalEvent::Background);
        assert_eq!(events, Vec::from_iter(expected), "{answer:?}");
    }
}
