//! `subscope completions` in real shells, and `subscope man`.

use std::fs;
use std::process::{Command, Output};

use crate::support::piped::Piped;
use crate::support::pty::SUBSCOPE;

/// Runs `script` in a shell in which `subscope` is the built program.
fn shell(name: &str, script: &str) -> Output {
    let folder = SUBSCOPE.rsplit_once('/').unwrap().0;
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let output = Command::new(name)
        .args(["-c", script])
        .env("PATH", path)
        .env("SUBSCOPE_CONFIG", "/dev/null")
        .output();
    output.unwrap_or_else(|error| panic!("{name} (tests/run.sh installs it): {error}"))
}

fn text(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert!(error.is_empty(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn bash_completes_subcommands_options_and_profiles() {
    let completed = |line: &str| {
        let script = format!(
            "source <(subscope completions bash)
             COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_TYPE=9
             compopt() {{ :; }}
             _clap_complete_subscope subscope \"${{COMP_WORDS[COMP_CWORD]}}\"
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        text(&shell("bash", &script))
    };
    assert!(
        completed("subscope rec")
            .lines()
            .any(|word| word.trim() == "record")
    );
    assert!(completed("subscope tail --fail").contains("--fail-on"));
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    fs::write(
        &config,
        "[profile.staging]\n[profile.stage2]\n[profile.other]\n",
    )
    .unwrap();
    let line = format!("subscope --config {} --profile st", config.display());
    let profiles = completed(&line);
    assert!(
        profiles.contains("staging") && profiles.contains("stage2"),
        "{profiles}"
    );
    assert!(!profiles.contains("other"), "{profiles}");
}

#[test]
fn zsh_and_fish_load_their_scripts() {
    let script = "autoload -U compinit && compinit -u -D && source <(subscope completions zsh) \
                  && print -r -- $_comps[subscope]";
    assert!(!text(&shell("zsh", script)).trim().is_empty());
    let script = "subscope completions fish | source; and complete -C 'subscope exp'";
    assert!(text(&shell("fish", script)).starts_with("expect"));
}

#[test]
fn every_subcommand_and_topic_has_a_man_page() {
    let program = Piped::run(&["man"], b"");
    assert_eq!(program.code(), Some(0));
    assert!(program.text().contains("\\fBsubscope\\-queries\\fR(7)"));
    let unknown = Piped::run(&["man", "quereis"], b"");
    assert_eq!(unknown.code(), Some(2));
    let (_, names) = unknown.stderr.trim_end().split_once("Pages: ").unwrap();
    assert!(
        unknown.stderr.contains("did you mean 'queries'"),
        "{}",
        unknown.stderr
    );
    for name in names.split(", ") {
        let page = Piped::run(&["man", name], b"");
        assert_eq!(page.code(), Some(0), "{name}");
        assert!(page.text().contains(".SH NAME"), "{name}");
        assert!(
            page.text().contains(&format!("subscope\\-{name} \\- "))
                || page.text().contains(&format!("subscope-{name} \\- ")),
            "{name}"
        );
    }
}
