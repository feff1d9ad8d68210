//! Passwords that change while the program runs: from a command, and typed on the screen.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::pty::{Launch, Pty, SUBSCOPE};
use crate::support::redis::Redis;
use crate::watch::wait_for_subscriptions;

const PASSWORD: &str = "s3cret-of-the-test";

/// A server with the user `app`, and a folder for the files of a password command.
struct Place {
    redis: Redis,
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let redis = Redis::start();
        redis.cli(&["ACL", "SETUSER", "app", "on", "allchannels", "+@all"]);
        let folder = tempfile::tempdir().unwrap();
        Self { redis, folder }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Returns a command that counts its runs, and sets a new password each time, which replaces the
    /// others.
    fn rotating(&self) -> String {
        let (count, socket) = (self.file("count"), self.redis.socket());
        let script = format!(
            "n=$(cat {count} 2> /dev/null || echo 0)\n\
             n=$((n + 1))\n\
             echo $n > {count}\n\
             redis-cli -s {} ACL SETUSER app resetpass \">{PASSWORD}-$n\" > /dev/null\n\
             echo '{{\"username\": \"app\", \"password\": \"{PASSWORD}-'$n'\"}}'\n",
            socket.display()
        );
        fs::write(self.file("rotate"), script).unwrap();
        format!("sh {}", self.file("rotate"))
    }

    fn runs(&self) -> usize {
        let count = fs::read_to_string(self.file("count")).unwrap_or_default();
        count.trim().parse().unwrap_or_default()
    }

    /// Ends the program's connections, and makes its password invalid.
    fn expire(&self) {
        let rule = ["ACL", "SETUSER", "app", "resetpass", ">expired"];
        self.redis.cli(&rule);
        self.redis.cli(&["CLIENT", "KILL", "USER", "app"]);
    }

    /// Prepares `subscope` with these options for this server.
    fn launch(&self, options: &[&str]) -> Launch {
        let port = self.redis.port().to_string();
        let arguments = [&["-p", &port][..], options].concat();
        Launch::subscope(&arguments).size(160, 40)
    }

    fn run(&self, options: &[&str], variables: &[(&str, &str)]) -> Output {
        let port = self.redis.port().to_string();
        Command::new(SUBSCOPE)
            .args(options)
            .args(["-p", &port])
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// Asserts that neither the terminal nor the arguments of the program or its children have shown the
/// password.
fn assert_unseen(pty: &Pty) {
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(!raw.contains(PASSWORD), "{raw}");
    let pid = pty.pid().to_string();
    let arguments = fs::read(Path::new("/proc").join(pid).join("cmdline")).unwrap();
    assert!(!String::from_utf8_lossy(&arguments).contains(PASSWORD));
}

#[test]
fn a_password_command_runs_for_every_login() {
    let place = Place::new();
    let command = place.rotating();
    let pty = place.launch(&["--password-command", &command]).start();
    wait_for_subscriptions(&pty, 1);
    pty.wait_for_text("redis://app@127.0.0.1");
    let runs = place.runs();
    assert!(runs >= 1);
    place.expire();
    pty.wait_for_text("of messages lost: login refused, expired or changed");
    wait_for_subscriptions(&pty, 1);
    assert!(place.runs() > runs);
    assert_unseen(&pty);
}

#[test]
fn a_failing_command_is_the_cause_on_the_screen_and_r_runs_it_again() {
    let place = Place::new();
    let token = place.file("token");
    let set = |password: &str| {
        let rule = format!(">{password}");
        place
            .redis
            .cli(&["ACL", "SETUSER", "app", "resetpass", &rule]);
        fs::write(&token, password).unwrap();
    };
    set(PASSWORD);
    let command = format!("cat {token}");
    let options = ["--user", "app", "--password-command", &command];
    let mut pty = place.launch(&options).start();
    wait_for_subscriptions(&pty, 1);
    fs::remove_file(&token).unwrap();
    place.expire();
    pty.wait_for_text("the password command failed with exit status 1: cat: ");
    pty.wait_for_text("No such file or directory");
    set(&format!("{PASSWORD}, another"));
    pty.send("r");
    pty.wait_for_text("of messages lost: login refused");
    wait_for_subscriptions(&pty, 1);
    assert_unseen(&pty);
}

#[test]
fn a_missing_password_is_typed_on_the_screen() {
    let place = Place::new();
    let rule = format!(">{PASSWORD}");
    place.redis.cli(&["ACL", "SETUSER", "app", &rule]);
    place
        .redis
        .cli(&["ACL", "SETUSER", "default", "resetpass", "off"]);
    let mut pty = place.launch(&["--user", "app"]).start();
    pty.wait_for_text("NOAUTH");
    pty.send("K");
    pty.wait_for_text("kept in memory only");
    pty.send("wrong");
    pty.wait_for_text("*****");
    pty.send("\r");
    pty.wait_for_text("WRONGPASS");
    pty.send("K");
    pty.wait_for_text("kept in memory only");
    pty.send(PASSWORD);
    pty.wait_for_text(&"*".repeat(PASSWORD.len()));
    pty.send("\r");
    wait_for_subscriptions(&pty, 1);
    assert_unseen(&pty);
}

#[test]
fn a_command_logs_in_without_a_screen_too() {
    let place = Place::new();
    let command = place.rotating();
    let output = place.run(&["publish", "a", "b", "--password-command", &command], &[]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), &*error), (Some(0), ""));
    assert_eq!(place.runs(), 1);
}

#[test]
fn an_error_of_the_command_at_the_start_names_where_it_comes_from() {
    let place = Place::new();
    let command = format!("echo {PASSWORD}; echo no {PASSWORD} there >&2; exit 3");
    let words = "--password-command failed with exit status 3: no *** there";
    let options = ["channels", "--password-command", &command];
    let by_variable = [("SUBSCOPE_PASSWORD_COMMAND", command.as_str())];
    for (options, variables) in [(&options[..], &[][..]), (&["channels"], &by_variable)] {
        let output = place.run(options, variables);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(error, format!("subscope: {words}\n"));
        assert_eq!(output.status.code(), Some(2));
    }
}
