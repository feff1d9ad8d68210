//! Connections through a command: what it is given, what its end means, and that it ends with the
//! program, however that ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use rustix::process::{Pid, Signal, kill_process};
use subscope::app::connection_words;
use subscope::message::{Subscription, SubscriptionId, Topic};
use subscope::query::set_executable;
use subscope::server::{AddressMap, Config, Connection, Target, Tls, Via};
use tempfile::TempDir;

use crate::servers::authority::Authority;
use crate::servers::cluster::Cluster;
use crate::servers::sentinel::{NAME, sentinel, wait};
use crate::servers::sshd::Sshd;
use crate::support::listener::Listener;
use crate::support::piped::Piped;
use crate::support::proxy::Proxy;
use crate::support::pty::{Launch, Pty, SUBSCOPE};
use crate::support::redis::{Redis, applies};

/// A bash program that connects its input and output to `$1:$2`. It ends with an error when it gets
/// SIGTERM.
const RELAY: &str = r#"
    trap 'echo "jump: gone away" >&2; exit 7' TERM
    exec 3<>/dev/tcp/$1/$2 || exit 1
    cat <&3 & reader=$!
    cat <&0 >&3 &
    echo $$ >> "$3/pids"
    echo "$1 $2" >> "$3/places"
    wait $reader
"#;

/// The folder of a test, with the relay and what it writes.
struct Relay {
    folder: TempDir,
}

impl Relay {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("relay"), RELAY).unwrap();
        Self { folder }
    }

    /// Returns the command that connects to this place, which may have placeholders.
    fn command(&self, host: &str, port: &str) -> String {
        let folder = self.folder.path().display();
        format!("exec bash {folder}/relay {host} {port} {folder}")
    }

    /// Returns the command that connects to this server.
    fn to(&self, server: &Redis) -> String {
        self.command("127.0.0.1", &server.port().to_string())
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Returns the places that were connected to.
    fn places(&self) -> BTreeSet<String> {
        self.lines("places").into_iter().collect()
    }

    /// Ends the connections that are open. New ones work.
    fn break_all(&self) {
        for pid in self.lines("pids") {
            let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
            // Those of earlier connections have ended.
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

/// A value in the environment of a program by which it and everything that it starts is found.
struct Mark(String);

impl Mark {
    const NAME: &str = "SUBSCOPE_TEST_MARK";

    fn new() -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Relaxed);
        Self(format!("{}-{serial}", std::process::id()))
    }

    /// Returns the command lines of the processes that have the mark.
    fn processes(&self) -> Vec<String> {
        let mark = format!("{}={}\0", Self::NAME, self.0);
        let folders = fs::read_dir("/proc").unwrap().flatten();
        let marked = folders.filter_map(|folder| {
            let environment = fs::read(folder.path().join("environ")).ok()?;
            let text = String::from_utf8_lossy(&environment).into_owned() + "\0";
            let command = fs::read(folder.path().join("cmdline")).ok()?;
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            // A zombie has neither.
            (text.contains(&mark) && !command.is_empty()).then_some(command)
        });
        marked.collect()
    }

    fn wait_until_gone(&self) {
        wait("everything has ended", || self.processes().is_empty());
    }
}

/// Starts `subscope` with a mark.
fn marked(mark: &Mark, arguments: &[&str]) -> Piped {
    Piped::launch(
        Command::new(SUBSCOPE)
            .args(arguments)
            .env(Mark::NAME, &mark.0),
    )
}

/// Returns the error of a program that cannot connect.
fn error_of(arguments: &[&str]) -> String {
    let ended = Piped::run(arguments, b"");
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    ended.stderr
}

/// Returns a configuration with these subscriptions.
fn config(target: &str, via: &str, topics: &[Topic]) -> Config {
    set_executable(SUBSCOPE);
    let subscriptions = (0..).zip(topics.iter().cloned());
    let subscriptions = subscriptions.map(|(id, topic)| Subscription {
        id: SubscriptionId(id),
        topic,
    });
    Config {
        subscriptions: subscriptions.collect(),
        via: Some(Via::command(via).unwrap()),
        ..Config::new(Target::parse(target).unwrap().target)
    }
}

fn map(rules: &[String]) -> AddressMap {
    AddressMap::parse(rules).unwrap()
}

#[test]
fn messages_arrive_through_a_command_and_names_are_not_resolved_here() {
    let (server, relay) = (Redis::start(), Relay::new());
    let mut program = Piped::start(&["tail", "-h", "redis.invalid", "--via", &relay.to(&server)]);
    program.wait_for_note("subscribed to");
    server.cli(&["publish", "orders", "paid"]);
    assert!(program.line().contains(r#""payload":"paid""#));
    program.signal(Signal::INT);
    let ended = program.finish();
    assert_eq!(ended.code(), Some(130), "{ended:?}");
    let address = "-h=127.0.0.1";
    let via = relay.command("%h", "%p");
    let port = format!("-p={}", server.port());
    let ended = Piped::run(&["publish", address, &port, "--via", &via, "a", "b"], b"");
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let place = format!("127.0.0.1 {}", server.port());
    assert_eq!(relay.places(), [place].into());
}

#[test]
fn what_a_command_says_is_the_cause() {
    for (command, cause) in [
        ("no-such-command %h", "no-such-command: not found"),
        (
            "echo 'me@jump: Permission denied (publickey).' >&2; exit 255",
            "tunnel: me@jump: Permission denied (publickey).",
        ),
        (
            "echo first >&2; echo why >&2; echo that >&2; exit 1",
            "tunnel: why · that\n",
        ),
        ("printf '\\033[31mred' >&2; exit 1", r"tunnel: \x1b[31mred"),
        ("exit 3", "ended with exit code 3, without an error message"),
        ("echo 'no route' >&2", "tunnel: no route"),
        ("true", "closed by the server before it answered"),
        (
            "echo Welcome; cat",
            "not a Redis server: it says \"Welcome\"",
        ),
        // It cannot ask the user over the screen.
        ("read x < /dev/tty", "/dev/tty"),
    ] {
        for arguments in [&["tail"][..], &["channels"]] {
            let error = error_of(&[arguments, &["--via", command]].concat());
            assert!(error.contains(cause), "{command}: {error}");
        }
    }
}

#[test]
fn options_about_the_way_are_checked() {
    for (arguments, problem) in [
        (&["--via", "ssh %r"][..], "--via has an unknown %r"),
        (&["--via", "x", "--ssh", "y"], "cannot be used with"),
        (
            &["--via", "x", "-s", "/run/x"],
            "--via has no effect: a unix socket",
        ),
        (
            &["--ssh", "ssh://jump"],
            "--ssh takes an SSH server: [user@]host[:port]",
        ),
        (
            &["--map-address", "a=b"],
            "--map-address takes HOST:PORT=HOST:PORT",
        ),
    ] {
        let ended = Piped::run(&[&["channels"], arguments].concat(), b"");
        assert_eq!(ended.code(), Some(2), "{ended:?}");
        assert!(ended.stderr.contains(problem), "{ended:?}");
    }
}

#[test]
fn a_profile_has_a_way_and_the_command_line_another() {
    let (server, relay) = (Redis::start(), Relay::new());
    let file = relay.folder.path().join("config.toml");
    let text = format!(
        "[profile.far]\nhost = 'redis.invalid'\nvia = '''{}'''\nmap-address = ['a:1=b:2']\n\
         [profile.near]\nport = {}\nvia = 'false'\n[profile.both]\nvia = 'x'\nssh = 'y'\n\
         [profile.wrong]\nvia = 'x %q'\n[profile.map]\nmap-address = ['x']\n",
        relay.to(&server),
        server.port()
    );
    fs::write(&file, text).unwrap();
    let run = |more: &[&str]| {
        let file = file.to_str().unwrap();
        Piped::run(&[&["channels", "--config", file], more].concat(), b"")
    };
    assert_eq!(run(&["--profile", "far"]).code(), Some(0));
    assert_eq!(run(&["--profile", "near"]).code(), Some(1));
    assert_eq!(run(&["--profile", "near", "--via", "none"]).code(), Some(0));
    for (name, problem) in [
        ("both", "ssh: cannot be combined with via"),
        ("wrong", "via: has an unknown %q"),
        ("map", "map-address: takes HOST:PORT=HOST:PORT"),
    ] {
        let ended = run(&["--profile", name]);
        assert!(ended.stderr.contains(problem), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_works_through_a_command() {
    if !applies(Redis::start().has_setting("tls-port"), "TLS") {
        return;
    }
    let (authority, relay) = (Authority::new("tunnels"), Relay::new());
    let identity = authority.issue("right", &["redis.invalid"], |_| {});
    let server = authority.serve(&identity, &[]);
    let all = [Topic::pattern(b"*")];
    let mut config = config("rediss://redis.invalid", &relay.to(&server), &all);
    config.tls = Some(Tls::load(&authority.settings()).unwrap());
    Listener::listening(config).await.server.stop().await;
}

#[test]
fn commands_end_with_the_program_however_it_ends() {
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        let (server, relay, mark) = (Redis::start(), Relay::new(), Mark::new());
        // What is in the background has to end as well, and so does what ignores the end of its
        // input.
        let command = format!("sleep 1000 & {}", relay.to(&server));
        let mut program = marked(&mark, &["tail", "--via", &command]);
        program.wait_for_note("subscribed to");
        let has = |what: &str| mark.processes().iter().any(|of| of.contains(what));
        assert!(has("sleep 1000") && has("subscope-tunnel"));
        program.signal(signal);
        drop(program.finish());
        mark.wait_until_gone();
    }
}

#[test]
fn commands_end_with_their_connection() {
    let (server, relay, mark) = (Redis::start(), Relay::new(), Mark::new());
    let mut program = marked(&mark, &["tail", "--via", &relay.to(&server)]);
    program.wait_for_note("subscribed to");
    for _ in 0..3 {
        server.cli(&["client", "kill", "type", "pubsub"]);
        program.wait_for_note("back after");
    }
    // One for the messages, and one for commands.
    let keepers = || {
        let processes = mark.processes();
        processes
            .iter()
            .filter(|of| of.contains("subscope-tunnel"))
            .count()
    };
    wait("the old commands have ended", || keepers() <= 2);
    program.signal(Signal::INT);
    drop(program.finish());
    mark.wait_until_gone();
}

#[test]
fn a_command_that_dies_is_a_gap_with_its_last_words_and_starts_again() {
    let (server, relay) = (Redis::start(), Relay::new());
    let mut program = Piped::start(&["tail", "--via", &relay.to(&server)]);
    program.wait_for_note("subscribed to");
    relay.break_all();
    let lost = program.wait_for_note("connection lost");
    assert!(lost.contains("tunnel: jump: gone away"), "{lost}");
    program.wait_for_note("back after");
    server.cli(&["publish", "orders", "paid"]);
    assert!(program.line().contains(r#""payload":"paid""#));
}

#[test]
fn a_command_never_writes_over_the_screen() {
    let (server, relay) = (Redis::start(), Relay::new());
    let command = format!(
        "echo NOISE >&2; (echo NOISE > /dev/tty) 2> /dev/null; {}",
        relay.to(&server)
    );
    let pty = Launch::subscope(&["--via", &command]).start();
    pty.wait_for_text("subscribed to");
    relay.break_all();
    pty.wait_for_text("jump: gone away");
    // The last words of a command that failed are a cause, and nothing else is written.
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(
        !raw.contains("NOISE\n") && !raw.contains("NOISE\r\n"),
        "{raw}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_nodes_of_a_cluster_are_reached_through_the_command() {
    let (cluster, relay) = (Cluster::start(), Relay::new());
    let channel = "orders:{1}";
    let owner = cluster.owner(0, channel);
    let seed = (0..3).find(|node| *node != owner).unwrap();
    let url = format!(
        "redis+cluster://cluster.invalid:{}",
        cluster.nodes[seed].port()
    );
    let topics = [Topic::channel(b"news"), Topic::shard(channel.as_bytes())];
    // The command knows the way to the seed, which has no address here.
    let via = relay.command("127.0.0.1", "%p");
    let mut listener = Listener::listening(config(&url, &via, &topics)).await;
    cluster.nodes[seed].cli(&["publish", "news", "a"]);
    cluster.nodes[owner].cli(&["spublish", channel, "b"]);
    listener
        .until("both arrive", |listener| listener.messages() >= 2)
        .await;
    let place = format!("127.0.0.1 {}", cluster.nodes[owner].port());
    assert!(relay.places().contains(&place), "{:?}", relay.places());
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_master_of_sentinels_is_reached_through_the_command() {
    let (master, relay) = (Redis::start(), Relay::new());
    let sentinel = sentinel(&master, 1, &[]);
    let url = format!(
        "redis+sentinel://sentinel.invalid:{}/{NAME}",
        sentinel.port()
    );
    let via = relay.command("127.0.0.1", "%p");
    let all = [Topic::pattern(b"*")];
    let mut listener = Listener::listening(config(&url, &via, &all)).await;
    master.cli(&["publish", "news", "a"]);
    listener
        .until("it arrives", |listener| listener.messages() >= 1)
        .await;
    let ports = [master.port(), sentinel.port()].map(|port| format!("127.0.0.1 {port}"));
    assert_eq!(relay.places(), ports.into());
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announced_address_that_cannot_be_reached_suggests_a_map() {
    let (master, relay) = (Redis::start(), Relay::new());
    let sentinel = sentinel(&master, 1, &[]);
    let url = format!("redis+sentinel://127.0.0.1:{}/{NAME}", sentinel.port());
    let via = format!(
        "[ %p = {} ] && {{ echo 'no route to host' >&2; exit 1; }}; {}",
        master.port(),
        relay.command("%h", "%p")
    );
    let all = [Topic::pattern(b"*")];
    let mut listener = Listener::start(config(&url, &via, &all));
    let address = master.address();
    let words = format!(
        "no route to host · {address} is announced by the server; if it has another address from \
         here, use --map-address '{address}=HOST:PORT'"
    );
    let is_suggested = |listener: &Listener| {
        let mut connections = listener.connections.iter();
        connections.any(|connection| match connection {
            Connection::Reconnecting { reason, .. } => connection_words(reason).contains(&words),
            _ => false,
        })
    };
    listener.until("the map is suggested", is_suggested).await;
    listener.server.stop().await;
    // With a map, the master is reached at the other address.
    let proxy = Proxy::start(address);
    let other = proxy.url().replace("redis://", "");
    let mut mapped = config(&url, &via, &all);
    mapped.address_map = map(&[format!("127.0.*:{}={other}", master.port())]);
    Listener::listening(mapped).await.server.stop().await;
    assert!(proxy.connections() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announced_nodes_of_a_cluster_are_mapped() {
    let cluster = Cluster::start();
    let channel = "orders:{1}";
    let owner = cluster.owner(0, channel);
    let seed = (0..3).find(|node| *node != owner).unwrap();
    let proxy = Proxy::start(cluster.nodes[owner].address());
    let other = proxy.url().replace("redis://", "");
    let url = format!("redis+cluster://{}", cluster.nodes[seed].address());
    let topics = [Topic::shard(channel.as_bytes())];
    let mut config = config(&url, "false", &topics);
    config.via = None;
    config.address_map = map(&[format!("127.0.0.1:{}={other}", cluster.nodes[owner].port())]);
    let listener = Listener::listening(config).await;
    let names = listener.nodes.iter().map(|node| &*node.name);
    assert!(
        names.clone().any(|name| name == other),
        "{:?}",
        names.collect::<Vec<_>>()
    );
    assert!(proxy.connections() > 0);
    listener.server.stop().await;
}

/// Returns the arguments for watching a server through `jump`.
fn through_jump(server: &Redis, command: &str) -> Vec<String> {
    let port = server.port().to_string();
    let words = [command, "-p", &port, "--ssh", "jump"].into_iter();
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Starts `subscope` with an `ssh` that knows `jump`.
fn ssh_piped(sshd: &Sshd, mark: &Mark, arguments: &[String]) -> Piped {
    let mut command = Command::new(SUBSCOPE);
    let command = command.args(arguments).env("PATH", sshd.search_path());
    Piped::launch(command.env(Mark::NAME, &mark.0))
}

fn ssh_screen(sshd: &Sshd, mark: &Mark, runtime: &Path, arguments: &[String]) -> Pty {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let launch = Launch::subscope(&arguments).env("PATH", &sshd.search_path());
    let launch = launch.env("XDG_RUNTIME_DIR", runtime.to_str().unwrap());
    launch.env(Mark::NAME, &mark.0).start()
}

#[test]
fn all_connections_share_one_login_to_the_ssh_server() {
    let (server, sshd, mark) = (Redis::start(), Sshd::start(), Mark::new());
    let mut program = ssh_piped(&sshd, &mark, &through_jump(&server, "tail"));
    program.wait_for_note("subscribed to");
    server.cli(&["publish", "orders", "paid"]);
    assert!(program.line().contains(r#""payload":"paid""#));
    server.cli(&["client", "kill", "type", "pubsub"]);
    let lost = program.wait_for_note("connection lost");
    assert!(lost.contains("closed by the server"), "{lost}");
    program.wait_for_note("back after");
    assert_eq!(sshd.logins(), 1);
    program.signal(Signal::KILL);
    drop(program.finish());
    mark.wait_until_gone();
}

#[test]
fn what_the_ssh_server_says_about_a_port_is_the_cause() {
    let (mut server, sshd, mark) = (Redis::start(), Sshd::start(), Mark::new());
    server.kill();
    let ended = ssh_piped(&sshd, &mark, &through_jump(&server, "channels")).finish();
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    let cause = "connect failed: Connection refused";
    assert!(ended.stderr.contains(cause), "{ended:?}");
    mark.wait_until_gone();
}

#[test]
fn a_refused_login_to_the_ssh_server_is_reported() {
    let (server, sshd, mark) = (Redis::start(), Sshd::start(), Mark::new());
    sshd.refuse_everyone();
    let ended = ssh_piped(&sshd, &mark, &through_jump(&server, "tail")).finish();
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("subscope: ssh jump:"), "{ended:?}");
    assert!(
        ended.stderr.contains("Permission denied (publickey)"),
        "{ended:?}"
    );
    mark.wait_until_gone();
}

#[test]
fn ssh_prompts_before_the_screen_starts_and_never_later() {
    let (server, sshd, mark) = (Redis::start(), Sshd::start(), Mark::new());
    sshd.forget_host_key();
    let runtime = tempfile::tempdir().unwrap();
    let mut pty = ssh_screen(&sshd, &mark, runtime.path(), &through_jump(&server, ""));
    pty.wait_for_text("(yes/no/[fingerprint])?");
    pty.send("yes\r");
    pty.wait_for_text("subscribed to");
    // The master is lost, and nobody may log in any more.
    sshd.refuse_everyone();
    let masters = || {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let ids = processes.filter_map(|folder| {
            let command = fs::read(folder.path().join("cmdline")).ok()?;
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            let is_master = command.contains(runtime.path().to_str()?)
                && command.contains("ControlMaster=yes")
                && !command.starts_with("subscope-tunnel");
            is_master
                .then(|| folder.file_name().to_str()?.parse().ok())
                .flatten()
        });
        ids.filter_map(Pid::from_raw).collect::<Vec<_>>()
    };
    for master in masters() {
        kill_process(master, Signal::TERM).unwrap();
    }
    pty.wait_for_text("Permission denied (publickey)");
    pty.wait_for_text("restart subscope");
    pty.wait_for_text("Login refused by the SSH server");
    pty.send("q");
    pty.wait_for_exit();
    mark.wait_until_gone();
    wait("no socket is left behind", || {
        fs::read_dir(runtime.path()).unwrap().next().is_none()
    });
}

#[test]
fn a_lost_connection_to_the_ssh_server_is_restored_by_one_login() {
    let (server, sshd, mark) = (Redis::start(), Sshd::start(), Mark::new());
    let mut program = ssh_piped(&sshd, &mark, &through_jump(&server, "tail"));
    program.wait_for_note("subscribed to");
    sshd.disconnect_all();
    program.wait_for_note("connection lost");
    program.wait_for_note("back after");
    server.cli(&["publish", "orders", "paid"]);
    assert!(program.line().contains(r#""payload":"paid""#));
    assert_eq!(sshd.logins(), 2);
    program.signal(Signal::INT);
    drop(program.finish());
    mark.wait_until_gone();
}

#[test]
fn interrupting_a_prompt_ends_ssh() {
    let (server, sshd, mark) = (Redis::start(), Sshd::start(), Mark::new());
    sshd.forget_host_key();
    let runtime = tempfile::tempdir().unwrap();
    let mut pty = ssh_screen(&sshd, &mark, runtime.path(), &through_jump(&server, ""));
    pty.wait_for_text("(yes/no/[fingerprint])?");
    pty.send("\x03");
    pty.wait_for_exit();
    mark.wait_until_gone();
}
