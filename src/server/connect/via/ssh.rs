//! An SSH server that all connections go through, over one connection of the system's `ssh`: its
//! master. It honours the user's configuration, agent and keys.

use std::env;
use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use crate::message::{ConnectionError, TunnelError, io_reason};
use crate::server::connect::tunnel::{Kept, Tunnel, in_shell};

/// How long a login without prompts may take.
const LOGIN_WITHIN: Duration = Duration::from_secs(15);

/// The interval at which a login is checked for its end.
const TICK: Duration = Duration::from_millis(20);

/// The maximum length of the path of a folder: the socket in it, and the name under which `ssh`
/// creates it, must fit into the 104 bytes that some systems have for it.
const MAX_FOLDER: usize = 70;

/// The options of the master. They take precedence over the user's configuration, which might
/// otherwise leave the connection open, share it with other programs, or open further forwardings.
/// A dead connection ends within 15 seconds.
const MASTER: [&str; 7] = [
    "ControlMaster=yes",
    "ControlPersist=no",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
];

/// The options of a connection through the master. If the master has just ended, it does not log in
/// by itself.
const FORWARD: [&str; 3] = ["BatchMode=yes", "ControlMaster=no", "ProxyCommand=false"];

/// What `ssh` says if the server refuses the login, or the user's files the server.
const REFUSALS: [&str; 3] = [
    "Permission denied",
    "Host key verification failed",
    "Too many authentication failures",
];

/// Runs a command that ignores the keys that interrupt this program, or a program that this one has
/// started on the terminal. `ssh` keeps ignoring them.
const IGNORING_KEYS: &str = r#"trap '' INT QUIT; exec "$0" "$@""#;

/// The SSH server, and the master connection to it.
#[derive(Debug)]
pub(super) struct SshMaster {
    /// As the user named it.
    destination: String,
    /// The arguments that name it.
    arguments: Vec<String>,
    running: Mutex<Option<Running>>,
}

/// A master that has logged in.
#[derive(Debug)]
struct Running {
    kept: Kept,
    /// The socket on which it accepts connections.
    socket: PathBuf,
}

/// Who a login may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prompts {
    Terminal,
    Nobody,
}

impl SshMaster {
    /// Parses `[user@]host[:port]`.
    pub(super) fn new(destination: &str) -> Result<Self, &'static str> {
        let arguments = arguments_for(destination)?;
        Ok(Self {
            destination: destination.to_owned(),
            arguments,
            running: Mutex::default(),
        })
    }

    /// Logs in. `ssh` may prompt the user on the terminal.
    pub(super) async fn log_in(&self) -> Result<(), ConnectionError> {
        *self.running.lock().await = Some(self.start(Prompts::Terminal).await?);
        Ok(())
    }

    /// Connects to this server through the master. Logs in again, without prompts, if the master has
    /// ended.
    pub(super) async fn forward(&self, host: &str, port: u16) -> Result<Tunnel, ConnectionError> {
        let mut running = self.running.lock().await;
        running.take_if(|running| running.kept.has_ended() || !running.socket.exists());
        let master = match &mut *running {
            Some(master) => master,
            empty => empty.insert(self.start(Prompts::Nobody).await?),
        };
        let mut words = self.ssh(&master.socket, &FORWARD);
        let place = format!("[{host}]:{port}");
        words.splice(1..1, ["-W", &place].map(OsString::from));
        Ok(Tunnel::open(&words)?.over(master.kept.voice()))
    }

    /// Starts a master and waits until it has logged in.
    async fn start(&self, prompts: Prompts) -> Result<Running, ConnectionError> {
        let not_started = |error: io::Error| {
            let reason = io_reason(&error).into();
            ConnectionError::Tunnel(TunnelError::NotStarted(reason))
        };
        let folder = create_folder().map_err(not_started)?;
        let socket = folder.join("s");
        let mut options = MASTER.to_vec();
        if prompts == Prompts::Nobody {
            options.extend(["BatchMode=yes", "ConnectTimeout=15"]);
        }
        let mut words = self.ssh(&socket, &options);
        words.splice(1..1, ["-N", "-T"].map(OsString::from));
        let kept = match prompts {
            Prompts::Terminal => {
                let words = [in_shell(IGNORING_KEYS), words].concat();
                Kept::start_prompting(&words, &folder)
            }
            Prompts::Nobody => Kept::start_alone(&words, &folder),
        };
        let running = Running {
            kept: kept.map_err(not_started)?,
            socket,
        };
        let deadline = Instant::now() + LOGIN_WITHIN;
        while !running.socket.exists() {
            let is_late = prompts == Prompts::Nobody && Instant::now() >= deadline;
            if running.kept.has_ended() || is_late {
                return Err(self.failure(&running.kept, prompts));
            }
            sleep(TICK).await;
        }
        running.kept.silence();
        Ok(running)
    }

    /// Returns the words of an `ssh` command with these options.
    fn ssh(&self, socket: &Path, options: &[&str]) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["ssh".into(), "-S".into(), socket.into()];
        let options = options.iter().flat_map(|option| ["-o", option]);
        words.extend(options.map(OsString::from));
        words.extend(self.arguments.iter().map(OsString::from));
        words
    }

    fn failure(&self, kept: &Kept, prompts: Prompts) -> ConnectionError {
        let last_words = kept.last_words();
        let is_refused =
            prompts == Prompts::Nobody && REFUSALS.iter().any(|words| last_words.contains(words));
        ConnectionError::Tunnel(TunnelError::SshLogin {
            destination: self.destination.as_str().into(),
            last_words: last_words.into(),
            is_refused,
        })
    }
}

/// Returns the arguments of `ssh` for `[user@]host[:port]`.
fn arguments_for(destination: &str) -> Result<Vec<String>, &'static str> {
    let problem = "takes an SSH server: [user@]host[:port]";
    let text = destination.trim();
    let (user, place) = match text.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, text),
    };
    let (host, port) = match place
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or(problem)?)),
        None if place.matches(':').count() > 1 => (place, None),
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "/[]".contains(c);
    let is_wrong = |part: &str| part.is_empty() || part.starts_with('-') || part.contains(is_odd);
    if is_wrong(host) || user.is_some_and(is_wrong) {
        return Err(problem);
    }
    let mut words = Vec::new();
    if let Some(port) = port {
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        let port = Some(port).filter(|_| is_port).ok_or(problem)?;
        words.extend(["-p".to_owned(), port.to_owned()]);
    }
    words.push(match user {
        Some(user) => format!("{user}@{host}"),
        None => host.to_owned(),
    });
    Ok(words)
}

/// Creates a folder that only the user can read, for a socket.
fn create_folder() -> io::Result<PathBuf> {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    let own = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let bases = own.into_iter().chain([env::temp_dir(), "/tmp".into()]);
    let mut bases = bases.filter(|base| base.is_dir() && base.as_os_str().len() <= MAX_FOLDER);
    let base = bases.next().ok_or(ErrorKind::NotFound)?;
    loop {
        let serial = SERIAL.fetch_add(1, Relaxed);
        let folder = base.join(format!("subscope-ssh-{}-{serial}", process::id()));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            // A killed process with the same number has left it behind.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_becomes_arguments() {
        for (destination, expected) in [
            ("jump", "jump"),
            ("me@jump", "me@jump"),
            ("me@jump:2222", "-p 2222 me@jump"),
            ("[::1]:22", "-p 22 ::1"),
            ("me@::1", "me@::1"),
            ("me@domain@jump", "me@domain@jump"),
        ] {
            let words = arguments_for(destination).map(|words| words.join(" "));
            assert_eq!(words.as_deref(), Ok(expected), "{destination}");
        }
        for destination in [
            "",
            "-oX=y",
            "me@",
            "jump:x",
            "jump:0",
            "ssh://jump",
            "a b",
            "[::1",
            "@h",
        ] {
            assert!(arguments_for(destination).is_err(), "{destination}");
        }
    }
}
