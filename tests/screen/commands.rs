//! The user's own commands: their keys, their input, and the pane with their output.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};

use subscope::app::{
    Chord, CommandEnd, CommandInput, CommandNews, CommandRequest, CommandShow, Context, Effect,
    Ending, Event, KeyedCommand, UserCommand,
};

use crate::support::stage::Stage;

fn command(name: &str, key: char, channel: Option<&str>, show: CommandShow) -> KeyedCommand {
    KeyedCommand {
        key: Some(Chord::of(KeyEvent::from(KeyCode::Char(key)))),
        command: UserCommand {
            name: name.to_owned(),
            channel: channel.map(|glob| glob.as_bytes().into()),
            run: "jq .".to_owned(),
            input: CommandInput::Shown,
            show,
        },
    }
}

fn stage() -> Stage {
    let mut stage = Stage::with(&["*"], |settings| {
        settings.read_only = true;
        settings.commands = vec![
            command("paths", 'Q', None, CommandShow::Pane),
            command("orders only", 'U', Some("orders:*"), CommandShow::Pane),
            command("users only", 'U', Some("users"), CommandShow::Pane),
            command("edit", 'V', None, CommandShow::Terminal),
        ];
    });
    stage.messages(&[("orders:new", b"{\"id\":1}"), ("metrics", b"2")]);
    stage
}

fn request(effects: Vec<Effect>) -> CommandRequest {
    match effects.into_iter().next() {
        Some(Effect::RunCommand(request)) => *request,
        other => panic!("{other:?}"),
    }
}

fn ended(id: u64, end: CommandEnd, had_terminal: bool) -> Event {
    Event::Command(CommandNews::Ended {
        id,
        name: "edit".to_owned(),
        end,
        had_terminal,
    })
}

#[test]
fn a_key_runs_the_command_on_the_highlighted_message_even_if_read_only() {
    let mut stage = stage();
    assert_eq!(stage.keys("Q"), []);
    assert!(
        stage.toast().contains("Q again to run paths: metrics"),
        "{}",
        stage.toast()
    );
    stage.keys("k");
    let request = request(stage.keys("Q"));
    assert_eq!(&*request.channel, b"orders:new");
    assert_eq!(&*request.payload, b"{\"id\":1}");
    assert_eq!(request.time, "2023-11-14T22:13:20.000000Z");
    assert_eq!(request.command.name, "paths");
    assert_eq!(stage.app.context(), Context::Output);
}

#[test]
fn commands_for_different_channels_may_share_a_key() {
    let mut stage = stage();
    stage.keys(" k");
    assert_eq!(request(stage.keys("U")).command.name, "orders only");
    stage.code(KeyCode::Esc);
    stage.keys("j");
    assert_eq!(stage.keys("U"), []);
    assert_eq!(
        stage.toast(),
        "orders only is only for channels matching orders:*"
    );
}

#[test]
fn the_output_is_shown_scrolled_copied_and_never_acts_on_the_terminal() {
    let mut stage = stage();
    stage.keys(" ");
    let id = request(stage.keys("Q")).id;
    assert!(
        stage.screen().contains("running · Esc stops it"),
        "{}",
        stage.screen()
    );
    let lines = (0..100).fold(String::new(), |text, number| {
        format!("{text}line {number}\n")
    });
    for bytes in [b"\x1b[31mred\n".to_vec(), lines.into_bytes()] {
        stage.send(Event::Command(CommandNews::Output { id, bytes }));
    }
    stage.send(ended(id, CommandEnd::Exited(0), false));
    let screen = stage.screen();
    assert!(
        screen.contains("\\x1b[31mred") && screen.contains("101 lines"),
        "{screen}"
    );
    stage.keys("G");
    assert!(stage.screen().contains("line 99"), "{}", stage.screen());
    stage.keys("l");
    assert!(!stage.screen().contains("line 99"));
    assert!(
        matches!(&stage.keys("y")[..], [Effect::Copy(copy)] if copy.bytes.starts_with(b"\x1b[31m"))
    );
    assert_eq!(stage.code(KeyCode::Esc), []);
    assert_eq!(stage.app.context(), Context::Messages);
}

#[test]
fn esc_stops_a_command_that_still_runs_and_its_later_output_is_dropped() {
    let mut stage = stage();
    stage.keys(" ");
    let id = request(stage.keys("Q")).id;
    assert_eq!(stage.code(KeyCode::Esc), [Effect::StopCommand(id)]);
    assert_eq!(stage.toast(), "paths stopped");
    let bytes = b"late".to_vec();
    stage.send(Event::Command(CommandNews::Output { id, bytes }));
    assert_eq!(stage.send(ended(id, CommandEnd::Signalled(15), false)), []);
    assert!(!stage.screen().contains("late"));
}

#[test]
fn output_arrives_in_its_pane_beneath_other_boxes() {
    let mut stage = stage();
    stage.keys(":export x.csv");
    let effects = stage.code(KeyCode::Enter);
    assert!(matches!(effects[..], [Effect::Export(_)]), "{effects:?}");
    stage.keys(" ");
    let id = request(stage.keys("Q")).id;
    for (open, line) in [
        (Event::End(Ending::Signal(143)), "output 1"),
        (Event::Key(KeyEvent::from(KeyCode::Char(':'))), "output 2"),
        (Event::Key(KeyEvent::from(KeyCode::Char('?'))), "output 3"),
    ] {
        stage.send(open);
        assert_ne!(stage.app.context(), Context::Output);
        let bytes = format!("{line}\n").into_bytes();
        stage.send(Event::Command(CommandNews::Output { id, bytes }));
        stage.code(KeyCode::Esc);
        assert_eq!(stage.app.context(), Context::Output);
        assert!(stage.screen().contains(line), "{}", stage.screen());
    }
    assert_eq!(stage.code(KeyCode::Esc), [Effect::StopCommand(id)]);
}

#[test]
fn a_command_of_the_palette_on_the_log_closes_the_output() {
    let mut stage = stage();
    stage.keys(" ");
    let id = request(stage.keys("Q")).id;
    stage.keys(":theme plain");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Output);
    stage.keys(":open metrics");
    let effects = stage.code(KeyCode::Enter);
    assert!(
        effects.contains(&Effect::StopCommand(id)),
        "it must not go on without its pane: {effects:?}"
    );
    assert_eq!(stage.app.context(), Context::Messages);
}

#[test]
fn a_failure_is_shown() {
    let mut stage = stage();
    stage.keys(" ");
    for (end, words) in [
        (
            CommandEnd::Exited(127),
            "exit status 127: command not found",
        ),
        (CommandEnd::Exited(1), "exit status 1"),
        (CommandEnd::Signalled(9), "ended by signal 9"),
        (
            CommandEnd::StillWriting(0),
            "exit status 0 · output cut: still open in the background",
        ),
        (CommandEnd::TooLong(60), "stopped after 60 s"),
        (
            CommandEnd::TooMuch(1 << 20),
            "stopped after 1.0 MiB of output",
        ),
        (CommandEnd::NotStarted("why".into()), "not started: why"),
    ] {
        let id = request(stage.keys("Q")).id;
        stage.send(ended(id, end, false));
        assert!(stage.screen().contains(words), "{}", stage.screen());
        stage.code(KeyCode::Esc);
    }
}

#[test]
fn the_terminal_is_taken_back_after_a_command_that_had_it() {
    let mut stage = stage();
    stage.keys(" ");
    let id = request(stage.keys("V")).id;
    assert_eq!(stage.app.context(), Context::Messages);
    let effects = stage.send(ended(id, CommandEnd::Exited(0), true));
    assert_eq!(effects, [Effect::TakeTerminal]);
    assert_eq!(stage.toast(), "");
    // Wait, since the key would otherwise count as held down.
    stage.wait(Duration::from_secs(1));
    let id = request(stage.keys("V")).id;
    let effects = stage.send(ended(id, CommandEnd::Exited(2), true));
    assert_eq!(effects, [Effect::TakeTerminal]);
    assert_eq!(stage.toast(), "edit: exit status 2");
}

#[test]
fn keys_typed_ahead_for_a_program_with_the_terminal_do_not_act() {
    let mut stage = stage();
    stage.keys(" ");
    let id = request(stage.keys("V")).id;
    assert_eq!(stage.keys("qV"), []);
    stage.keys("E");
    stage.send(Event::Paste("x".to_owned()));
    assert_eq!(stage.app.context(), Context::Messages);
    stage.send(ended(id, CommandEnd::Exited(0), true));
    stage.keys("E");
    assert_eq!(stage.app.context(), Context::Export);
}

#[test]
fn commands_are_in_the_palette_by_name_with_their_key() {
    let mut stage = stage();
    stage.keys(" k");
    stage.keys(":order");
    let screen = stage.screen();
    let line = screen
        .lines()
        .find(|line| line.contains("orders only · jq ."));
    assert!(line.is_some_and(|line| line.contains(" U ")), "{screen}");
    stage.keys("s only");
    let request = request(stage.code(KeyCode::Enter));
    assert_eq!(request.command.name, "orders only");
    stage.code(KeyCode::Esc);
    // It comes first once it has been run, but only where it can be run.
    stage.keys(":");
    assert!(
        stage.screen().contains("orders only ·"),
        "{}",
        stage.screen()
    );
    stage.code(KeyCode::Esc);
    stage.keys("f");
    stage.code(KeyCode::Esc);
    stage.keys("B:");
    assert!(
        !stage.screen().contains("orders only ·"),
        "{}",
        stage.screen()
    );
}

#[test]
fn commands_are_in_the_help_and_in_the_hints_where_they_can_be_run() {
    let mut stage = stage();
    stage.send(Event::Resize(200, 50));
    assert!(stage.screen().contains("Q paths"), "{}", stage.screen());
    stage.keys("p");
    assert!(!stage.screen().contains("Q paths"));
    stage.code(KeyCode::Esc);
    // On a narrow screen, the standard keys have priority.
    for (width, height) in [(120, 40), (80, 24), (60, 15)] {
        stage.send(Event::Resize(width, height));
        let hints = |stage: &Stage| stage.screen().lines().last().unwrap().to_owned();
        let with = hints(&stage);
        let mut plain = Stage::new(&["*"]);
        plain.numbered("orders", 3);
        plain.send(Event::Resize(width, height));
        assert!(
            with.trim_end().starts_with(hints(&plain).trim_end()),
            "{with}"
        );
    }
    stage.keys("?/orders only");
    let screen = stage.screen();
    assert!(
        screen.contains("Your commands") && screen.contains("orders only"),
        "{screen}"
    );
}
