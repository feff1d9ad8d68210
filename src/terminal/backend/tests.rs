#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::num::NonZeroU16;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use super::*;
use crate::cases;
use crate::terminal::settle_wide_glyphs;

const WIDTH: u16 = 12;
const HEIGHT: u16 = 4;

/// A writer that records what is written and counts the calls.
#[derive(Debug, Default)]
struct Tape {
    bytes: Vec<u8>,
    writes: usize,
}

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        self.writes += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A program drawing on a terminal emulated by vt100.
struct Stage {
    terminal: Terminal<Screen<Tape>>,
    judge: vt100::Parser,
    seen: usize,
}

impl Stage {
    fn new(theme: Theme) -> Self {
        let size = Size::new(WIDTH, HEIGHT);
        let [rows, columns] = [HEIGHT, WIDTH].map(|size| NonZeroU16::new(size).unwrap());
        Self {
            terminal: Terminal::new(Screen::with_size(Tape::default(), theme, size)).unwrap(),
            judge: vt100::Parser::new(rows, columns, 0),
            seen: 0,
        }
    }

    /// Draws a frame, feeds it to the emulator, and returns the finished buffer and the bytes
    /// written.
    fn draw(&mut self, render: impl FnOnce(&mut ratatui::Frame)) -> (Buffer, Vec<u8>) {
        let frame = self
            .terminal
            .draw(|frame| {
                render(frame);
                settle_wide_glyphs(frame.buffer_mut());
            })
            .unwrap();
        let buffer = frame.buffer.clone();
        let written = self.terminal.backend().writer().bytes[self.seen..].to_vec();
        self.seen += written.len();
        self.judge.process(&written);
        (buffer, written)
    }

    fn writes(&self) -> usize {
        self.terminal.backend().writer().writes
    }
}

/// A piece of text at a position on the screen.
#[derive(Clone, Debug)]
struct Piece {
    x: u16,
    y: u16,
    text: String,
    style: Style,
}

fn piece() -> impl Strategy<Value = Piece> {
    let heart = "❤\u{fe0f}";
    let symbol = prop::sample::select(vec![
        "a", "b", " ", " ", "Z", "é", "e\u{301}", "─", "█", "…", "漢", "あ", "한", "，", "👍",
        "🎉", heart, "⚡",
    ]);
    let text = prop::collection::vec(symbol, 1..8).prop_map(|symbols| symbols.concat());
    let parts = (0..WIDTH, 0..HEIGHT, text, style());
    parts.prop_map(|(x, y, text, style)| Piece { x, y, text, style })
}

fn style() -> impl Strategy<Value = Style> {
    let colour = prop::sample::select(vec![
        Color::Reset,
        Color::Reset,
        Color::Red,
        Color::White,
        Color::DarkGray,
        Color::Indexed(200),
        Color::Rgb(1, 20, 255),
    ]);
    let modifier = prop::sample::select(vec![
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::ITALIC.union(Modifier::UNDERLINED),
        Modifier::REVERSED,
    ]);
    (colour.clone(), colour, modifier).prop_map(|(fg, bg, modifier)| {
        // vt100 supports bold or dim, but not both, so pieces must not mix them.
        let plain = Style::new().remove_modifier(Modifier::all());
        plain.fg(fg).bg(bg).add_modifier(modifier)
    })
}

fn paint(frame: &mut ratatui::Frame, pieces: &[Piece]) {
    for piece in pieces {
        let buffer = frame.buffer_mut();
        buffer.set_string(piece.x, piece.y, &piece.text, piece.style);
    }
}

fn judged_colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Red => vt100::Color::Idx(1),
        Color::LightRed => vt100::Color::Idx(9),
        Color::White => vt100::Color::Idx(15),
        Color::DarkGray => vt100::Color::Idx(8),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        _ => vt100::Color::Default,
    }
}

/// Asserts that the terminal shows each cell of the buffer in its style, as the theme has it.
fn assert_shown(buffer: &Buffer, screen: &vt100::Screen) {
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let drawn = &buffer[(x, y)];
            let shown = screen.cell(y, x).unwrap();
            let place = format!("at {x},{y} of {:?}", screen.contents());
            if drawn.symbol().is_empty() {
                assert!(shown.is_wide_continuation(), "{place}");
                continue;
            }
            let contents = Some(shown.contents()).filter(|_| shown.has_contents());
            assert_eq!(contents.unwrap_or(" "), drawn.symbol(), "{place}");
            let (fg, bg, drawn_modifiers) =
                Theme::Terminal.shown(drawn.fg, drawn.bg, drawn.modifier);
            assert_eq!(shown.fgcolor(), judged_colour(fg), "{place}");
            assert_eq!(shown.bgcolor(), judged_colour(bg), "{place}");
            let modifiers = [
                (shown.bold(), Modifier::BOLD),
                (shown.dim(), Modifier::DIM),
                (shown.italic(), Modifier::ITALIC),
                (shown.underline(), Modifier::UNDERLINED),
                (shown.inverse(), Modifier::REVERSED),
            ];
            for (set, modifier) in modifiers {
                assert_eq!(set, drawn_modifiers.contains(modifier), "{place}");
            }
        }
    }
}

#[test]
fn a_terminal_too_large_is_drawn_in_part_with_a_note() {
    for (size, drawn, place) in [
        ((10_000, 10_000), (1000, 500), "501;1H"),
        ((u16::MAX, 100), (1000, 100), "1;1001H"),
        ((200, 501), (200, 500), "501;1H"),
        ((1000, 500), (1000, 500), ""),
    ] {
        let size = Size::new(size.0, size.1);
        let mut screen = Screen::with_size(Tape::default(), Theme::Terminal, size);
        assert_eq!(screen.size().unwrap(), Size::new(drawn.0, drawn.1));
        screen.clear().unwrap();
        screen.flush().unwrap();
        let bytes = String::from_utf8(screen.writer().bytes.clone()).unwrap();
        let has_note = bytes.contains(&format!("\x1b[{place}subscope draws at most 1000 x 500"));
        assert_eq!(has_note, !place.is_empty(), "{bytes:?}");
    }
}

proptest! {
    #![proptest_config(cases::config(256))]

    #[test]
    fn the_terminal_shows_what_was_drawn(
        frames in prop::collection::vec(prop::collection::vec(piece(), 0..10), 1..6)
    ) {
        let mut stage = Stage::new(Theme::Terminal);
        for pieces in &frames {
            let (buffer, written) = stage.draw(|frame| paint(frame, pieces));
            assert_shown(&buffer, stage.judge.screen());
            let again = stage.writes();
            let (_, idle) = stage.draw(|frame| paint(frame, pieces));
            prop_assert_eq!(idle, Vec::<u8>::new());
            prop_assert_eq!(stage.writes(), again);
            prop_assert!(written.is_empty() || written.starts_with(b"\x1b[?2026h"));
            prop_assert!(written.is_empty() || written.ends_with(b"\x1b[?2026l"));
        }
        let output = stage.terminal.backend().output();
        prop_assert_eq!(output.bytes, stage.seen as u64);
        prop_assert_eq!(output.writes, stage.writes() as u64);
        prop_assert!(stage.writes() <= frames.len());
    }
}

#[test]
fn a_full_frame_is_one_write() {
    let mut stage = Stage::new(Theme::Terminal);
    let lines = ["first line..", "漢字 and █", "", "last"];
    stage.draw(|frame| {
        for (y, line) in (0..).zip(lines) {
            frame.buffer_mut().set_string(0, y, line, Color::Red);
        }
    });
    assert_eq!(stage.writes(), 1);
    let shown = stage.judge.screen().contents();
    assert_eq!(shown, "first line..\n漢字 and █\n\nlast");
}

#[test]
fn plain_text_needs_one_move_and_no_colour() {
    let mut stage = Stage::new(Theme::Terminal);
    stage.draw(|frame| {
        frame.buffer_mut().set_string(0, 0, "x", Style::new());
    });
    let (_, written) = stage.draw(|frame| {
        frame.buffer_mut().set_string(0, 0, "x", Style::new());
        frame.buffer_mut().set_string(2, 1, "plain", Style::new());
    });
    assert_eq!(written, b"\x1b[?2026h\x1b[2;3Hplain\x1b[?2026l");
}

#[test]
fn the_cursor_is_moved_or_switched_only_when_it_changes() {
    let mut stage = Stage::new(Theme::Terminal);
    let (_, hidden) = stage.draw(|_| {});
    assert_eq!(hidden, b"\x1b[?2026h\x1b[?25l\x1b[?2026l");
    let (_, shown) = stage.draw(|frame| frame.set_cursor_position((3, 2)));
    assert_eq!(shown, b"\x1b[?2026h\x1b[3;4H\x1b[?25h\x1b[?2026l");
    let (_, idle) = stage.draw(|frame| frame.set_cursor_position((3, 2)));
    assert_eq!(idle, b"");
    let (_, moved) = stage.draw(|frame| frame.set_cursor_position((4, 2)));
    assert_eq!(moved, b"\x1b[?2026h\x1b[3;5H\x1b[?2026l");
    stage.draw(|frame| {
        frame.buffer_mut().set_string(0, 0, "text", Style::new());
        frame.set_cursor_position((4, 2));
    });
    assert_eq!(stage.judge.screen().cursor_position(), (2, 4));
    assert!(!stage.judge.screen().hide_cursor());
}

#[test]
fn without_colours_the_attributes_remain() {
    let mut stage = Stage::new(Theme::Plain);
    let style = Style::new().fg(Color::Red).bg(Color::Blue);
    stage.draw(|frame| {
        let buffer = frame.buffer_mut();
        buffer.set_string(0, 0, "bold", style.bold());
        buffer.set_string(0, 1, "back", style.reversed());
        buffer.set_string(0, 2, "dim", style.dim().underlined());
    });
    let screen = stage.judge.screen();
    let cells = [0, 1, 2].map(|y| screen.cell(y, 0).unwrap());
    assert!(cells[0].bold() && cells[1].inverse() && cells[2].dim() && cells[2].underline());
    for cell in cells {
        assert_eq!(cell.fgcolor(), vt100::Color::Default);
        assert_eq!(cell.bgcolor(), vt100::Color::Default);
    }
}

#[test]
fn control_characters_in_a_cell_never_reach_the_terminal() {
    for symbol in ["\x1b[31m", "\u{9b}2J", "a\nb", "\u{202e}x", "\x7f\x7f"] {
        let mut screen = Screen::with_size(Tape::default(), Theme::Terminal, Size::new(20, 1));
        screen.draw([(0, 0, &cell(symbol))].into_iter()).unwrap();
        screen.draw([(19, 0, &cell("z"))].into_iter()).unwrap();
        screen.flush().unwrap();
        let written = String::from_utf8(screen.writer().bytes.clone()).unwrap();
        let [rows, columns] = [1, 20].map(|size| NonZeroU16::new(size).unwrap());
        let mut judge = vt100::Parser::new(rows, columns, 0);
        judge.process(written.as_bytes());
        assert!(!written.contains(symbol), "{symbol:?} in {written:?}");
        assert!(judge.screen().contents().starts_with('?'));
        assert!(judge.screen().contents().ends_with('z'));
    }
}

fn cell(symbol: &str) -> Cell {
    let mut cell = Cell::default();
    cell.set_symbol(symbol);
    cell
}

#[test]
fn a_resized_or_cleared_screen_is_drawn_anew_in_one_write() {
    let mut stage = Stage::new(Theme::Terminal);
    let render = |frame: &mut ratatui::Frame| {
        frame.buffer_mut().set_string(0, 0, "here", Color::Red);
    };
    stage.draw(render);
    let other_program = b"\x1b[1;1Hsomething else\x1b[?25h";
    stage.judge.process(other_program);
    stage.terminal.clear().unwrap();
    assert_eq!(stage.writes(), 1);
    let (buffer, _) = stage.draw(render);
    assert_shown(&buffer, stage.judge.screen());
    assert!(stage.judge.screen().hide_cursor());
    assert_eq!(stage.writes(), 2);
    let size = Size::new(WIDTH - 5, HEIGHT);
    stage.terminal.backend_mut().resize(size);
    let (buffer, _) = stage.draw(render);
    assert_eq!(buffer.area.width, WIDTH - 5);
    assert_eq!(stage.judge.screen().contents(), "here");
    assert_eq!(stage.writes(), 3);
}

#[test]
fn a_screen_without_columns_or_rows_draws_nothing() {
    for size in [Size::ZERO, Size::new(0, 5), Size::new(5, 0)] {
        let screen = Screen::with_size(Tape::default(), Theme::Terminal, size);
        let mut terminal = Terminal::new(screen).unwrap();
        terminal
            .draw(|frame| settle_wide_glyphs(frame.buffer_mut()))
            .unwrap();
        let written = &terminal.backend().writer().bytes;
        assert_eq!(written, b"\x1b[?2026h\x1b[?25l\x1b[?2026l");
    }
}

#[test]
fn a_copy_is_base64_in_a_single_sequence() {
    let mut screen = Screen::with_size(Tape::default(), Theme::Terminal, Size::new(5, 1));
    screen.copy(b"\x1b]0;evil\x07\xff").unwrap();
    assert_eq!(screen.writer().bytes, b"\x1b]52;c;G10wO2V2aWwH/w==\x1b\\");
    assert_eq!(screen.writer().writes, 1);
}

#[test]
fn a_copy_beyond_the_limit_fails_with_its_size() {
    let mut screen = Screen::with_size(Tape::default(), Theme::Terminal, Size::new(5, 1));
    screen.copy(&vec![b'x'; CLIPBOARD_LIMIT]).unwrap();
    let written = screen.output();
    let refused = screen.copy(&vec![b'x'; CLIPBOARD_LIMIT + 1]).unwrap_err();
    assert!(refused.to_string().contains("1048577 bytes exceed"));
    assert_eq!(screen.output(), written);
}

#[test]
fn the_own_colours_suit_the_background_once_it_is_known() {
    let size = Size::new(5, 1);
    let (light, dark) = ([0xff; 3], [0; 3]);
    let mut screen = Screen::with_size(Tape::default(), Theme::Terminal, size);
    assert!(!screen.suit_background(dark));
    assert!(screen.suit_background(light));
    assert_eq!(screen.theme(), Theme::TerminalLight);
    assert!(screen.set_theme(Theme::Dark));
    assert!(screen.set_theme(Theme::Terminal));
    assert_eq!(screen.theme(), Theme::TerminalLight);
    assert!(screen.suit_background(dark));
    assert_eq!(screen.theme(), Theme::Terminal);
    let screen = Screen::with_size(Tape::default(), Theme::Terminal, size).on_light(true);
    assert_eq!(screen.theme(), Theme::TerminalLight);
    let mut screen = Screen::with_size(Tape::default(), Theme::Dark, size);
    assert!(screen.suit_background(light));
    assert_eq!(screen.theme(), Theme::Light);
}
