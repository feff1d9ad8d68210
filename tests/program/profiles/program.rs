//! The whole program with a profile, against a real Redis.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::pty::{Launch, Pty, SUBSCOPE, signal};
use crate::support::redis::Redis;
use crate::watch::{wait_for_subscriptions, wait_until_nothing_is_echoed};

const PASSWORD: &str = "s3cret-of-the-test";

/// A config file in a directory of its own.
pub struct File {
    folder: TempDir,
}

impl File {
    pub fn holding(text: &str) -> Self {
        let file = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(file.path(), text).unwrap();
        file.set_mode(0o600);
        file
    }

    /// Creates a config file with the profiles `local` and `production`, both pointing at `redis`.
    fn of(redis: &Redis) -> Self {
        let (url, port) = (redis.url(), redis.port());
        Self::holding(&format!(
            "[profile.local]\nhost = \"127.0.0.1\"\nport = {port}\ncolor = \"green\"\n\n\
             [profile.production]\nurl = \"{url}\"\ncolor = \"red\"\nread-only = true\n\
             channels = [\"orders.*\", \"jobs\"]\nfilter = [\"wanted\"]\nbreak = [\"size>1m\"]\n"
        ))
    }

    pub fn path(&self) -> String {
        let path = self.folder.path().join("config.toml");
        path.to_str().unwrap().to_owned()
    }

    fn set_mode(&self, mode: u32) {
        fs::set_permissions(self.path(), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Prepares `subscope` with this file, on a wide terminal.
    fn launch(&self, arguments: &[&str]) -> Launch {
        let launch = Launch::subscope(arguments).size(160, 40);
        // The address from the environment is ignored when a profile is given.
        launch
            .env("SUBSCOPE_CONFIG", &self.path())
            .env("SUBSCOPE_URL", "redis://127.0.0.1:1")
    }
}

/// Runs the program without a terminal.
fn run(arguments: &[&str], config: Option<&File>) -> Output {
    let mut command = Command::new(SUBSCOPE);
    command
        .args(arguments)
        .env_remove("SUBSCOPE_CONFIG")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .stdin(Stdio::null());
    if let Some(file) = config {
        command.env("SUBSCOPE_CONFIG", file.path());
    }
    command.output().unwrap()
}

/// Returns the error with which the program refuses to start.
#[track_caller]
fn refusal(arguments: &[&str], config: Option<&File>) -> String {
    let output = run(arguments, config);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert_eq!(output.stdout, b"");
    error
}

fn wait_for_list(pty: &Pty) {
    pty.wait_for_text("Profiles 2");
    pty.wait_for_text("Enter choose");
}

/// Waits for the badge of `production`, and checks its colour and that of the frame below.
fn wait_for_production(pty: &Pty) {
    wait_for_subscriptions(pty, 2);
    let screen = pty.screen();
    let badge = screen.cell(0, 1).unwrap();
    assert_eq!(
        (badge.contents(), badge.bgcolor()),
        ("p", vt100::Color::Idx(124))
    );
    assert!(pty.text().starts_with(" production "), "{}", pty.text());
    // The line of chips may be above the frame, so look in both rows.
    let corners = (1..=2).flat_map(|row| (0..160).map(move |column| (row, column)));
    let accents = corners.filter(|(row, column)| {
        let cell = screen.cell(*row, *column).unwrap();
        cell.contents() == "╭" && cell.fgcolor() == vt100::Color::Idx(210)
    });
    assert_eq!(accents.count(), 1);
}

#[test]
fn a_profile_is_picked_with_keys_and_shown_in_its_colour() {
    let redis = Redis::start();
    let file = File::of(&redis);
    let mut pty = file.launch(&["--profile"]).start();
    wait_for_list(&pty);
    for text in ["local", "redis://127.0.0.1", "read-only"] {
        pty.wait_for_text(text);
    }
    assert_eq!(redis.cli(&["pubsub", "numpat"]), "0", "not connected yet");
    pty.send("j");
    // Keys typed ahead reach the next screen.
    pty.send("\r?");
    pty.wait_for_text("Channels and messages");
    pty.send("\x1b");
    wait_for_production(&pty);
    assert_eq!(redis.cli(&["pubsub", "numpat"]), "1");
    pty.send("q");
    assert_eq!(pty.wait_for_exit().exit_code(), 0);
}

#[test]
fn a_mistake_in_one_profile_does_not_affect_the_others() {
    let redis = Redis::start();
    let file = File::holding(&format!(
        "[profile.bad]\nprt = 1\n[profile.good]\nport = {}\n[profile.odd]\ncolor = \"pink\"\n",
        redis.port()
    ));
    let pty = file.launch(&["--profile", "good"]).start();
    wait_for_subscriptions(&pty, 1);
    let mut pty = file.launch(&["--profile"]).start();
    pty.wait_for_text("unusable: line 2: profile.bad.prt: no such key");
    pty.wait_for_text("unusable: line 6: profile.odd.color:");
    pty.send("j\r");
    wait_for_subscriptions(&pty, 1);
    assert!(refusal(&["--profile", "bad"], Some(&file)).contains("profile.bad.prt"));
}

#[test]
fn a_read_only_profile_refuses_to_publish() {
    let redis = Redis::start();
    let file = File::of(&redis);
    for arguments in [&["--profile", "production"][..], &["--profile=production"]] {
        let mut pty = file.launch(arguments).start();
        wait_for_production(&pty);
        pty.send("p");
        pty.wait_for_text("read-only: publishing is off");
        for payload in ["a wanted one", "another"] {
            redis.send(&[b"PUBLISH", b"jobs", payload.as_bytes()]);
        }
        // The profile's filter is active, and only these two messages were received.
        pty.wait_for_text("Messages 1 of 2");
        pty.wait_for_text("a wanted one");
    }
}

#[test]
fn channels_on_the_command_line_replace_those_of_the_profile_and_filters_add() {
    let redis = Redis::start();
    let file = File::of(&redis);
    let arguments = ["--profile", "production", "--filter", "much", "--", "own:*"];
    let pty = file.launch(&arguments).start();
    wait_for_subscriptions(&pty, 1);
    for payload in ["wanted", "much", "much wanted"] {
        redis.send(&[b"PUBLISH", b"own:1", payload.as_bytes()]);
    }
    pty.wait_for_text("3 received");
    pty.wait_for_text("Messages 1 of 3");
}

#[test]
fn a_profile_checks_messages_and_the_command_line_adds_to_that() {
    let redis = Redis::start();
    let port = redis.port();
    let file = File::holding(&format!(
        "[profile.checked]\nport = {port}\nseq = [\"orders=.seq\"]\nshape = [\"orders\"]\n"
    ));
    let arguments = ["--profile", "checked", "--seq", "jobs=.n"];
    let pty = file.launch(&arguments).start();
    wait_for_subscriptions(&pty, 1);
    for number in [1, 4] {
        redis.cli(&["publish", "orders", &format!(r#"{{"seq":{number}}}"#)]);
        redis.cli(&["publish", "jobs", &format!(r#"{{"n":{number}}}"#)]);
    }
    pty.wait_for("both missing numbers", |screen| {
        screen.contents().matches("2 missing: 2–3").count() == 2
    });
}

#[test]
fn esc_q_and_ctrl_c_leave_the_list_with_code_0_and_a_signal_with_its_own() {
    let file = File::holding("[profile.a]\n[profile.b]\n");
    for keys in ["\x1b", "q", "\x03"] {
        let mut pty = file.launch(&["--profile"]).start();
        wait_for_list(&pty);
        pty.send(keys);
        assert_eq!(pty.wait_for_exit().exit_code(), 0, "{keys:?}");
        assert!(!pty.screen().alternate_screen());
    }
    for (name, exit_code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let pty = file.launch(&["--profile"]).start();
        wait_for_list(&pty);
        pty.signal(name);
        assert_eq!(pty.wait_for_exit().exit_code(), exit_code, "{name}");
        assert!(!pty.screen().alternate_screen());
    }
}

#[test]
fn the_list_is_redrawn_after_a_resize() {
    let file = File::holding("[profile.a]\n[profile.b]\n");
    let mut pty = file.launch(&["--profile"]).start();
    wait_for_list(&pty);
    for (columns, rows) in [(40, 10), (2, 2), (100, 30)] {
        pty.resize(columns, rows);
        pty.wait_for("something drawn", |screen| {
            !screen.contents().trim().is_empty()
        });
    }
    wait_for_list(&pty);
}

#[test]
fn ctrl_z_and_sigtstp_suspend_the_list_and_fg_resumes_it() {
    let file = File::holding("[profile.a]\n[profile.b]\n");
    let pid_file = file.folder.path().join("pid");
    let mut shell = Launch::shell().env("CONFIG", &file.path()).start();
    shell.wait_for_text("$ ");
    // An intermediate shell prints its process ID, which the program then inherits.
    shell.send(format!(
        "sh -c 'echo $$ > {}; exec \"$SUBSCOPE\" --config \"$CONFIG\" --profile'\r",
        pid_file.display()
    ));
    wait_for_list(&shell);
    let pid = fs::read_to_string(pid_file)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let stops: [&dyn Fn(&mut Pty); 2] = [&|shell| shell.send("\x1a"), &|_| signal(pid, "TSTP")];
    for stop in stops {
        stop(&mut shell);
        shell.wait_for("the shell", |screen| {
            !screen.alternate_screen() && screen.contents().trim_end().ends_with('$')
        });
        shell.send("fg\r");
        shell.wait_for("the list", |screen| {
            screen.alternate_screen() && screen.contents().contains("Enter choose")
        });
    }
    shell.send("q");
    shell.wait_for("the shell", |screen| !screen.alternate_screen());
}

#[test]
fn the_profile_name_is_shown_without_colours_too() {
    let redis = Redis::start();
    let file = File::of(&redis);
    let mut pty = file.launch(&["--profile"]).env("NO_COLOR", "1").start();
    wait_for_list(&pty);
    pty.send("prod\r");
    wait_for_subscriptions(&pty, 2);
    assert!(pty.text().starts_with(" production "), "{}", pty.text());
    assert_eq!(
        pty.screen().cell(0, 1).unwrap().bgcolor(),
        vt100::Color::Default
    );
}

#[test]
fn a_password_command_may_prompt_after_picking() {
    let redis = Redis::start_with(&["--requirepass", PASSWORD]);
    let port = redis.port();
    let file = File::holding(&format!(
        "[profile.it]\nport = {port}\n\
         password-command = \"echo 'asks you' >&2; stty -echo; read x; stty echo; echo $x\"\n"
    ));
    let mut pty = file.launch(&["--profile"]).start();
    pty.wait_for_text("Enter choose");
    pty.send("\r");
    pty.wait_for_text("asks you");
    wait_until_nothing_is_echoed(&pty);
    pty.send(format!("{PASSWORD}\r"));
    wait_for_subscriptions(&pty, 1);
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(!raw.contains(PASSWORD), "{raw}");
    let arguments = fs::read(format!("/proc/{}/cmdline", pty.pid())).unwrap();
    assert!(!String::from_utf8_lossy(&arguments).contains(PASSWORD));
}

#[test]
fn a_signal_ends_the_program_while_the_password_command_prompts() {
    let file = File::holding("[profile.it]\npassword-command = \"echo 'asks you' >&2; read x\"\n");
    let mut pty = file.launch(&["--profile"]).start();
    pty.wait_for_text("Enter choose");
    pty.send("\r");
    pty.wait_for_text("asks you");
    pty.signal("TERM");
    assert_eq!(pty.wait_for_exit().exit_code(), 143);
}

#[test]
fn a_password_readable_by_others_causes_a_warning() {
    let redis = Redis::start_with(&["--requirepass", PASSWORD]);
    let port = redis.port();
    let url = format!("redis://:{PASSWORD}@127.0.0.1:{port}");
    let file = File::holding(&format!("[profile.it]\nurl = \"{url}\"\n"));
    for (mode, is_warned_of) in [(0o600, false), (0o644, true), (0o640, true)] {
        file.set_mode(mode);
        let pty = file.launch(&["--profile", "it"]).start();
        wait_for_subscriptions(&pty, 1);
        let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
        let warning = "other users can read the password in";
        let times = raw.matches(warning).count();
        // The warning is shown before the screen is taken over, and again on the screen.
        assert_eq!(times >= 2, is_warned_of, "{mode:o}: {raw}");
        assert_eq!(times == 0, !is_warned_of, "{mode:o}: {raw}");
        assert!(!raw.contains(PASSWORD), "{raw}");
    }
}

#[test]
fn a_missing_config_file_is_an_error_only_with_a_profile_or_if_it_is_named() {
    for arguments in [&["--profile"][..], &["--profile", "x"]] {
        let error = refusal(arguments, None);
        let place = "/nonexistent/subscope/config.toml";
        assert!(error.contains(place), "{error}");
        assert!(error.contains("[profile.staging]\nurl = "), "{error}");
    }
    let error = refusal(&["--config", "/", "--profile"], None);
    assert!(
        error.contains("/ is a folder; name the file in it, such as /config.toml"),
        "{error}"
    );
    let error = refusal(&["--config", "/nonexistent/c.toml", "--profile"], None);
    assert!(error.contains("/nonexistent/c.toml"), "{error}");
    let error = refusal(&["--config", "/nonexistent/c.toml"], None);
    assert!(
        error.contains("no config file /nonexistent/c.toml"),
        "{error}"
    );
    let error = refusal(&["demo"], None);
    assert!(error.contains("not a terminal"), "{error}");
}

#[test]
fn a_profile_error_is_one_line_with_its_place() {
    let file = File::holding(
        "[profile.a]\nurl = \"http://:secret@h\"\n\
         [profile.b]\nkeep = \"lots\"\n\
         [profile.c]\nfilter = [\"size>\"]\n\
         [profile.d]\nurl = \"redis://:secret@h\"\npassword-command = \"echo secret\"\n\
         [profile.e]\npassword-command = \"echo secret; exit 3\"\n\
         [profile.f]\nhost = \"h\"\ntls = { cacert = \"missing.pem\" }\n\
         [profile.g]\nsocket = \"/s\"\ntls = {}\n\
         [profile.\"h\\u001b[31m\"]\nbreak = [\"\"]\n\
         [profile.i]\nhost = \"a:7\"\n\
         [profile.j]\nsentinel-events = true\n\
         [profile.m]\nlens = [\"orders=id\"]\n\
         [profile.n]\nproto = \"missing.pb\"\n\
         [profile.o]\nproto = \"config.toml\"\nproto-type = [\"o=a.B\"]\n\
         [profile.p]\n\nproto-type = [\"o=a.B\"]\n\
         [profile.q]\nseq = [\"o=.n\", \"p\"]\n",
    );
    let folder = file.folder.path().display().to_string();
    let config = format!("{folder}/config.toml");
    for (name, words) in [
        (
            "a",
            format!(
                "{config}:2: profile.a.url: has an unknown scheme; expected redis://[user:password@]host"
            ),
        ),
        ("b", format!("{config}:4: profile.b.keep: ")),
        ("c", format!("{config}:6: profile.c.filter: \"size>\"")),
        (
            "d",
            format!("{config}:9: profile.d.password-command: the URL"),
        ),
        (
            "e",
            format!("{config}:11: profile.e.password-command: failed with exit status 3"),
        ),
        (
            "f",
            format!("{config}:14: profile.f.tls.cacert: {folder}/missing.pem cannot be read"),
        ),
        ("g", format!("{config}:17: profile.g.tls: has no effect")),
        (
            "h\u{1b}[31m",
            format!("{config}:19: profile.\"h\\x1b[31m\".break: \"\" is empty"),
        ),
        (
            "i",
            format!("{config}:21: profile.i.host: contains more than a host: for the port"),
        ),
        (
            "j",
            format!("{config}:23: profile.j.sentinel-events: requires sentinels"),
        ),
        (
            "m",
            format!("{config}:25: profile.m.lens: \"orders=id\" has no = followed by a path"),
        ),
        (
            "n",
            format!("{config}:27: profile.n.proto: {folder}/missing.pb cannot be read: No such"),
        ),
        (
            "o",
            format!("{config}:29: profile.o.proto: {config} is not a Protobuf descriptor set: "),
        ),
        (
            "p",
            format!("{config}:33: profile.p.proto-type: \"o=a.B\" needs --proto FILE"),
        ),
        (
            "q",
            format!("{config}:35: profile.q.seq: \"p\": \"p\" has no =PATH part"),
        ),
        ("x", format!("{config}: no profile 'x'. Profiles: a, b, c")),
    ] {
        let error = refusal(&["--profile", name], Some(&file));
        assert!(error.contains(&words), "{name}: {error}");
        assert_eq!(error.lines().count(), 1, "{name}: {error}");
        assert!(
            !error.contains("secret") && !error.contains('\u{1b}'),
            "{error:?}"
        );
    }
}

#[test]
fn a_server_on_the_command_line_conflicts_with_a_profile() {
    let file = File::holding("[profile.a]\n");
    for server in [["-u", "redis://h"], ["-h", "h"], ["-p", "1"], ["-s", "/s"]] {
        let arguments = [&server[..], &["--profile", "a"]].concat();
        let error = refusal(&arguments, Some(&file));
        assert!(error.contains("--profile"), "{error}");
        assert!(error.contains("cannot be used with"), "{error}");
    }
    let empty = File::holding("");
    let error = refusal(&["--profile"], Some(&empty));
    assert!(error.contains("no profile in"), "{error}");
}
