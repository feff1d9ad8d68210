//! The keeper: a small process that runs a command of a tunnel and ends it, with all that it has
//! started, when this process closes the connection or ends in any way.
//!
//! The program starts its own executable as the keeper, with pipes as standard input, output and
//! error, which the command inherits. The keeper itself keeps only standard error, and learns from
//! it that its other end was closed. The command then has a moment to end by itself, because its
//! input has ended too.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, setsid, waitid,
};
use rustix::stdio::{dup2_stdin, dup2_stdout};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT};
use signal_hook::flag;

use crate::helper::Helper;
use crate::message::io_reason;

/// The helper process that runs the keeper.
pub const TUNNEL: Helper = Helper {
    name: "subscope-tunnel",
    argument: "__tunnel",
};

/// How long a command has to end by itself, and then how long to end when it is asked to.
const GRACE: Duration = Duration::from_millis(500);

/// The exit code for a command that cannot be started, as in a shell.
const NOT_STARTED: u8 = 127;

/// Where the command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a session of its own. It can neither read from the terminal nor write to it, and gets no
    /// signals from it.
    Alone,
    /// On the terminal, to prompt the user.
    Terminal,
}

impl Place {
    /// Returns the keeper's argument for this place.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Terminal => "terminal",
        }
    }
}

/// Runs the command that the arguments name: the place, a folder to remove at the end or nothing,
/// and the words of the command. Returns the command's exit code.
pub fn serve() -> ExitCode {
    let mut arguments = env::args_os().skip(2);
    let place = match arguments.next() {
        Some(name) if name == Place::Terminal.name() => Place::Terminal,
        _ => Place::Alone,
    };
    let folder = arguments.next().filter(|folder| !folder.is_empty());
    let words: Vec<OsString> = arguments.collect();
    let code = match words.split_first() {
        Some((program, arguments)) => keep(place, program, arguments),
        None => NOT_STARTED,
    };
    if let Some(folder) = folder {
        let _ = fs::remove_dir_all(folder);
    }
    ExitCode::from(code)
}

/// Runs the command until it ends or has to. Returns its exit code.
fn keep(place: Place, program: &OsStr, arguments: &[OsString]) -> u8 {
    if place == Place::Alone {
        let _ = setsid();
    }
    // The keys that interrupt this program must not leave the command behind.
    for signal in [SIGHUP, SIGINT, SIGQUIT] {
        let _ = flag::register(signal, Arc::new(AtomicBool::new(false)));
    }
    let mut command = Command::new(program);
    command.args(arguments);
    if place == Place::Alone {
        command.process_group(0);
    }
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let reason = match error.kind() {
                ErrorKind::NotFound => "command not found".to_owned(),
                _ => io_reason(&error),
            };
            let program = program.to_string_lossy();
            let _ = writeln!(io::stderr(), "{program}: {reason}");
            return NOT_STARTED;
        }
    };
    release_streams();
    let family = Family {
        leader: Pid::from_child(&child),
        place,
    };
    thread::spawn(move || {
        wait_until_closed();
        family.end();
    });
    let code = family.wait();
    // What it has left behind ends with it. It has not been reaped, so the id is still its own.
    family.signal(Signal::KILL);
    code
}

/// Gives up standard input and output, so that only the command has them.
fn release_streams() {
    if let Ok(null) = File::options().read(true).write(true).open("/dev/null") {
        let _ = dup2_stdin(&null);
        let _ = dup2_stdout(&null);
    }
}

/// Waits until the other end of standard error is closed.
fn wait_until_closed() {
    let stderr = io::stderr();
    loop {
        // An error is reported even if nothing is asked for.
        let mut waited = [PollFd::new(&stderr, PollFlags::empty())];
        match poll(&mut waited, None) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) | Err(_) => return,
        }
    }
}

/// The command and what it has started.
#[derive(Clone, Copy)]
struct Family {
    leader: Pid,
    place: Place,
}

impl Family {
    fn signal(self, signal: Signal) {
        // Sending fails only if the processes have ended.
        let _ = match self.place {
            Place::Alone => kill_process_group(self.leader, signal),
            // It shares the group of this program.
            Place::Terminal => kill_process(self.leader, signal),
        };
    }

    /// Ends the command: a command with an input ends by itself when its input does.
    fn end(self) {
        if self.place == Place::Alone {
            thread::sleep(GRACE);
        }
        self.signal(Signal::TERM);
        thread::sleep(GRACE);
        self.signal(Signal::KILL);
    }

    /// Waits until the command has ended, without reaping it. Returns its exit code.
    fn wait(self) -> u8 {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        loop {
            match waitid(WaitId::Pid(self.leader), options) {
                Err(Errno::INTR) => {}
                Ok(Some(status)) => {
                    let signal = status.terminating_signal().map(|signal| 128 + signal);
                    let code = status.exit_status().or(signal).unwrap_or_default();
                    return u8::try_from(code).unwrap_or(u8::MAX);
                }
                Ok(None) | Err(_) => return u8::MAX,
            }
        }
    }
}
