//! Runs a whole program on a pseudo-terminal, with vt100 interpreting its output.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::ioctl_fionread;

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// How long anything may take before the test fails. Generous, because only a failing test waits
/// this long.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Keys read less than a few milliseconds apart may be treated as a paste.
const KEY_PAUSE: Duration = Duration::from_millis(10);

/// Input that follows an Esc sooner than this may be the rest of a sequence.
const ESC_PAUSE: Duration = Duration::from_millis(100);

/// Surrounds everything that belongs to one frame (synchronized output, DEC mode 2026).
const BEGIN_UPDATE: &[u8] = b"\x1b[?2026h";
const END_UPDATE: &[u8] = b"\x1b[?2026l";

/// The built program under test.
pub const SUBSCOPE: &str = env!("CARGO_BIN_EXE_subscope");

/// A program about to be started on a terminal of 100 columns and 30 rows. Of the user's
/// environment it inherits only the search path; its home is an empty folder of its own.
pub struct Launch {
    command: CommandBuilder,
    home: TempDir,
    is_under_test: bool,
    size: PtySize,
}

impl Launch {
    /// Prepares any program, given its path.
    pub fn program(program: impl AsRef<Path>, arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new(program.as_ref());
        command.args(arguments);
        command.env_clear();
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        let path = std::env::var("PATH").unwrap_or_default();
        let home = tempfile::tempdir().unwrap();
        for (name, value) in [
            ("PATH", path.as_str()),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("HOME", home.path().to_str().unwrap()),
        ] {
            command.env(name, value);
        }
        let size = pty_size(100, 30);
        Self {
            command,
            home,
            // Compare only the file names, because benchmarks run a copy of the program.
            is_under_test: program.as_ref().file_name() == Path::new(SUBSCOPE).file_name(),
            size,
        }
    }

    /// Prepares the program under test.
    pub fn subscope(arguments: &[&str]) -> Self {
        Self::program(SUBSCOPE, arguments)
    }

    /// Prepares an interactive shell with job control and the prompt `$ `. `$SUBSCOPE` is the path
    /// of the program under test.
    pub fn shell() -> Self {
        Self::program("/bin/sh", &["-i"])
            .env("PS1", "$ ")
            .env("SUBSCOPE", SUBSCOPE)
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the terminal's size.
    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = pty_size(columns, rows);
        self
    }

    /// Starts the program.
    pub fn start(self) -> Pty {
        let pair = native_pty_system().openpty(self.size).unwrap();
        let started = Instant::now();
        let child = pair.slave.spawn_command(self.command).unwrap();
        // If the slave stayed open here, the output would not end with the program.
        drop(pair.slave);
        let (columns, rows) = cells(self.size);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                parser: vt100::Parser::new(rows, columns, 0),
                hidden: Vec::new(),
                raw: Vec::new(),
                chunks: Vec::new(),
                closed: false,
                exit: None,
            }),
            changed: Condvar::new(),
        });
        let pid = child.process_id().unwrap();
        watch_output(&shared, pair.master.try_clone_reader().unwrap());
        watch_exit(&shared, child);
        Pty {
            keyboard: pair.master.take_writer().unwrap(),
            reads_sequences: self.is_under_test,
            last_typed: 0,
            master: pair.master,
            shared,
            pid,
            started,
            _home: self.home,
        }
    }
}

/// A piece of output, as read from the terminal.
#[allow(dead_code, reason = "only the benchmarks use the fields")]
#[derive(Clone, Copy, Debug)]
pub struct Chunk {
    /// When the read completed.
    pub at: Instant,
    /// Total number of bytes read so far, including this piece.
    pub end: usize,
}

/// A running program on its terminal. It is killed on drop.
pub struct Pty {
    keyboard: Box<dyn Write + Send>,
    /// Whether keys may be sent as sequences (`CSI … u`).
    reads_sequences: bool,
    /// The last byte typed.
    last_typed: u8,
    master: Box<dyn MasterPty + Send>,
    shared: Arc<Shared>,
    pid: u32,
    #[allow(dead_code, reason = "only the benchmarks use it")]
    started: Instant,
    _home: TempDir,
}

impl Pty {
    /// Types `keys` as a terminal would send them. Once the program under test draws, each key is
    /// sent as a sequence of its own together with its release, so that no two keys are mistaken
    /// for a paste or a held key, however close together they are read. Before that, plain keys are
    /// sent, with human-like pauses around Enter and after Esc.
    pub fn send(&mut self, keys: impl AsRef<[u8]>) {
        let keys = keys.as_ref();
        if self.reads_sequences && self.screen().alternate_screen() {
            return self.send_at_once(sequences(keys));
        }
        for part in keys.split_inclusive(|byte| *byte == b'\r') {
            let (text, enter) = match part {
                [text @ .., b'\r'] => (text, true),
                text => (text, false),
            };
            if let Some(last) = text.last() {
                self.pause(false);
                self.send_at_once(text);
                self.last_typed = *last;
            }
            if enter {
                self.pause(true);
                self.send_at_once("\r");
                self.last_typed = b'\r';
            }
        }
    }

    /// Sends bytes unchanged, as a terminal does when pasting.
    pub fn send_at_once(&mut self, bytes: impl AsRef<[u8]>) {
        self.keyboard.write_all(bytes.as_ref()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Pauses before the next key if it or the last one would otherwise be misread.
    fn pause(&self, is_enter: bool) {
        let pause = match self.last_typed {
            b'\x1b' => ESC_PAUSE,
            b'\r' => KEY_PAUSE,
            0 => return,
            _ if is_enter => KEY_PAUSE,
            _ => return,
        };
        // Start the pause only when the program has read the keys, since it measures the time from
        // then.
        self.wait_until_read();
        thread::sleep(pause);
    }

    /// Waits until the program has read everything that was typed.
    pub fn wait_until_read(&self) {
        let typed = Instant::now();
        while self.unread() > 0 && typed.elapsed() < TIMEOUT {
            thread::yield_now();
        }
    }

    /// Returns how many typed bytes the program has not read yet.
    fn unread(&self) -> u64 {
        let path = self.master.tty_name().unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        // After the program has ended, the terminal cannot be opened, and nothing is unread.
        let terminal = rustix::fs::open(path, flags, Mode::empty()).ok();
        terminal.map_or(0, |terminal| ioctl_fionread(terminal).unwrap_or(0))
    }

    /// Resizes the terminal and clears the screen, so that everything on it is drawn after the
    /// resize.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let size = pty_size(columns, rows);
        let (columns, rows) = cells(size);
        self.shared.change(|state| {
            state.parser.screen_mut().set_size(rows, columns);
            state.parser.process(b"\x1b[2J");
        });
        self.master.resize(size).unwrap();
    }

    /// Waits until the screen satisfies `condition`. On failure, the message contains `what` and
    /// the screen.
    #[track_caller]
    pub fn wait_for(&self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) {
        if self.wait_up_to(TIMEOUT, condition) {
            return;
        }
        let state = self.shared.lock();
        let why = if state.closed {
            "can no longer come, the program has ended"
        } else {
            "did not come"
        };
        let picture = state.picture();
        // A poisoned lock would hide the message behind another panic.
        drop(state);
        panic!("{what} {why}:\n{picture}");
    }

    /// Waits for at most `timeout` until the screen satisfies `condition`. Returns whether it
    /// does.
    pub fn wait_up_to(
        &self,
        timeout: Duration,
        condition: impl Fn(&vt100::Screen) -> bool,
    ) -> bool {
        let state = self.shared.lock();
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, timeout, |state| {
                !condition(state.parser.screen()) && !state.closed
            })
            .unwrap();
        condition(state.parser.screen())
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(&format!("{text:?}"), |screen| {
            screen.contents().contains(text)
        });
    }

    /// Returns the current text of the screen, without trailing blanks.
    pub fn text(&self) -> String {
        self.shared.lock().parser.screen().contents()
    }

    /// Returns the current screen.
    pub fn screen(&self) -> vt100::Screen {
        self.shared.lock().parser.screen().clone()
    }

    /// Returns all output so far.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.lock().raw.clone()
    }

    /// Returns the process ID of the started program.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a signal to the program, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        signal(self.pid, name);
    }

    /// Waits until the program has exited and its last output is read.
    #[track_caller]
    pub fn wait_for_exit(&self) -> ExitStatus {
        let state = self.shared.lock();
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, TIMEOUT, |state| {
                state.exit.is_none() || !state.closed
            })
            .unwrap();
        let (exit, picture) = (state.exit.clone(), state.picture());
        drop(state);
        exit.unwrap_or_else(|| panic!("the program did not end:\n{picture}"))
    }
}

#[allow(dead_code, reason = "only the benchmarks use these")]
impl Pty {
    /// Returns the number of bytes output so far.
    pub fn raw_len(&self) -> usize {
        self.shared.lock().raw.len()
    }

    /// Returns the pieces of output so far, oldest first.
    pub fn chunks(&self) -> Vec<Chunk> {
        self.shared.lock().chunks.clone()
    }

    /// Returns the time just before the program was started.
    pub fn started(&self) -> Instant {
        self.started
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let ended = self.shared.lock().exit.is_some();
        if !ended {
            let _ = kill(self.pid, "KILL");
        }
    }
}

/// Sends a signal to a process that this test has started, by its name without `SIG`.
pub fn signal(pid: u32, name: &str) {
    assert!(kill(pid, name), "process {pid} cannot be signalled");
}

/// Sends a signal as [`signal`] does, and returns whether the process exists.
pub fn kill(pid: u32, signal: &str) -> bool {
    // Use the shell's builtin `kill`, which exists even where no such program is installed.
    let command = format!("kill -{signal} {pid}");
    Command::new("/bin/sh")
        .args(["-c", &command])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// State shared between the test and the watching threads.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

struct State {
    parser: vt100::Parser,
    /// Output that the terminal does not show yet: the start of a synchronized update.
    hidden: Vec<u8>,
    raw: Vec<u8>,
    chunks: Vec<Chunk>,
    /// Whether the output has ended.
    closed: bool,
    exit: Option<ExitStatus>,
}

impl State {
    /// Shows `output` like a terminal with synchronized updates: an update appears only when it is
    /// complete, so that no test sees the upper half of one frame above the lower half of another.
    fn show(&mut self, output: &[u8]) {
        self.hidden.extend_from_slice(output);
        let mut shown = 0;
        loop {
            let rest = &self.hidden[shown..];
            let start = position_or_prefix(rest, BEGIN_UPDATE);
            let end = if rest[start..].starts_with(BEGIN_UPDATE) {
                position(&rest[start..], END_UPDATE).map(|end| start + end + END_UPDATE.len())
            } else {
                None
            };
            self.parser.process(&rest[..end.unwrap_or(start)]);
            shown += end.unwrap_or(start);
            if end.is_none() {
                break;
            }
        }
        self.hidden.drain(..shown);
    }

    /// Shows the rest of an update that can no longer be completed.
    fn close(&mut self) {
        self.parser.process(&self.hidden);
        self.hidden.clear();
        self.closed = true;
    }

    /// Returns the screen with a frame around it, for failure messages.
    fn picture(&self) -> String {
        let screen = self.parser.screen();
        let (_, columns) = screen.size();
        let mut picture = String::new();
        for row in screen.rows(0, columns.get()) {
            let _ = writeln!(picture, "|{row}");
        }
        let _ = write!(
            picture,
            "cursor {:?}, hidden {}, alternate screen {}, exit {:?}, {} bytes so far",
            screen.cursor_position(),
            screen.hide_cursor(),
            screen.alternate_screen(),
            self.exit,
            self.raw.len(),
        );
        picture
    }
}

fn watch_output(shared: &Arc<Shared>, mut output: Box<dyn Read + Send>) {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        // Linux reports an error (EIO) when the other side is closed.
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            // Take the time before waiting for the lock.
            let at = Instant::now();
            shared.change(|state| {
                state.raw.extend_from_slice(&buffer[..count]);
                let end = state.raw.len();
                state.chunks.push(Chunk { at, end });
                state.show(&buffer[..count]);
            });
        }
        shared.change(State::close);
    });
}

fn watch_exit(shared: &Arc<Shared>, mut child: Box<dyn Child + Send + Sync>) {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let status = child.wait().unwrap();
        shared.change(|state| state.exit = Some(status));
    });
}

/// Encodes each key as an escape sequence, as some terminals do. Keys that are sequences already, and
/// control characters that never occur in text, stay as they are.
fn sequences(keys: &[u8]) -> Vec<u8> {
    let mut sent = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.first() {
        let length = match rest {
            [b'\x1b', b'[', ..] if rest.starts_with(b"\x1b[200~") => length_to(rest, b"\x1b[201~"),
            [b'\x1b', b'[', others @ ..] => {
                let last = others.iter().position(|byte| (b'@'..=b'~').contains(byte));
                last.map_or(rest.len(), |last| last + 3)
            }
            [b'\x1b', b'O', _, ..] => 3,
            [b'\x1b', _, ..] => 2,
            _ => rest.utf8_chunks().next().map_or(1, |chunk| {
                chunk.valid().chars().next().map_or(1, char::len_utf8)
            }),
        };
        let (key, others) = rest.split_at(length.min(rest.len()));
        rest = others;
        let letter = str::from_utf8(key)
            .ok()
            .and_then(|text| text.chars().next());
        let is_text = matches!(first, b'\r' | b'\t' | b'\n' | b' '..=b'~' | 0x80..);
        match letter {
            Some('\n') => sent.extend(b"\x1b[106;5u"),
            Some(letter) if is_text || key == b"\x1b" => {
                let number = u32::from(letter);
                sent.extend(format!("\x1b[{number}u\x1b[{number};1:3u").bytes());
            }
            _ => sent.extend(key),
        }
    }
    sent
}

/// Returns the number of bytes up to and including `end`.
fn length_to(bytes: &[u8], end: &[u8]) -> usize {
    position(bytes, end).map_or(bytes.len(), |start| start + end.len())
}

fn position(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes
        .windows(sought.len())
        .position(|window| window == sought)
}

/// Returns the position of `sought` in `bytes`. If it is missing, returns where a start of it
/// stands at the end of `bytes`, or else the length of `bytes`.
fn position_or_prefix(bytes: &[u8], sought: &[u8]) -> usize {
    position(bytes, sought).unwrap_or_else(|| {
        let mut prefixes = (1..sought.len()).rev().map(|length| &sought[..length]);
        let begun = prefixes.find(|prefix| bytes.ends_with(prefix));
        bytes.len() - begun.map_or(0, <[u8]>::len)
    })
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// Returns a size as vt100 takes it, with at least one cell.
fn cells(size: PtySize) -> (NonZeroU16, NonZeroU16) {
    let at_least_one = |count| NonZeroU16::new(count).unwrap_or(NonZeroU16::MIN);
    (at_least_one(size.cols), at_least_one(size.rows))
}
