//! A child process that can be stopped from another thread.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use subscope::app::CommandEnd;

/// How long a process has between being asked to end and being killed.
const GRACE: Duration = Duration::from_secs(1);

/// A process that is started once and can be stopped from another thread.
#[derive(Default)]
pub struct Process {
    state: Mutex<State>,
    /// Notified when the process has ended.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// The process, while it runs. Its id is not reused before it has been removed from here.
    pid: Option<Pid>,
    /// Whether it has a process group of its own.
    has_group: bool,
    is_stopped: bool,
    /// Whether it has ended or was never started.
    is_gone: bool,
    /// Why it was stopped.
    reason: Option<CommandEnd>,
}

impl State {
    fn signal(&self, signal: Signal) {
        // Sending fails only if the process has ended.
        let _ = match self.pid {
            Some(pid) if self.has_group => kill_process_group(pid, signal),
            Some(pid) => kill_process(pid, signal),
            None => Ok(()),
        };
    }
}

impl Process {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the process, unless it has been stopped already.
    pub fn spawn(&self, command: &mut Command, has_group: bool) -> io::Result<Child> {
        let mut state = self.state();
        if state.is_stopped {
            return Err(io::Error::other("stopped"));
        }
        let child = command.spawn()?;
        state.pid = Some(Pid::from_child(&child));
        state.has_group = has_group;
        Ok(child)
    }

    /// Waits for the process, and ends what it has left behind in its group.
    pub fn wait(&self, mut child: Child) -> io::Result<CommandEnd> {
        let pid = Pid::from_child(&child);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(pid), options), Err(Errno::INTR)) {}
        let mut state = self.state();
        if state.has_group {
            state.signal(Signal::KILL);
        }
        let status = child.wait();
        state.pid = None;
        state.is_gone = true;
        self.ended.notify_all();
        let status = status?;
        let reason = state.reason.take();
        Ok(
            reason.unwrap_or_else(|| match (status.code(), status.signal()) {
                (Some(code), _) => CommandEnd::Exited(code),
                (None, signal) => CommandEnd::Signalled(signal.unwrap_or_default()),
            }),
        )
    }

    /// Asks the process to end, and kills it if it does not.
    pub fn stop(self: &Arc<Self>, reason: Option<CommandEnd>) {
        let mut state = self.state();
        if state.is_stopped || state.is_gone {
            return;
        }
        state.is_stopped = true;
        state.reason = reason;
        state.signal(Signal::TERM);
        let process = Arc::clone(self);
        thread::spawn(move || process.kill_after(GRACE));
    }

    /// Returns whether the process was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Waits for the end of the process for this long at most. Returns whether it still runs.
    pub fn is_running_after(&self, time: Duration) -> bool {
        let is_running = |state: &mut State| !state.is_gone;
        let waited = self
            .ended
            .wait_timeout_while(self.state(), time, is_running);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.is_gone
    }

    /// Kills the process if it still runs after this time.
    fn kill_after(&self, time: Duration) {
        if self.is_running_after(time) {
            self.state().signal(Signal::KILL);
        }
    }

    /// Waits until a process that was stopped has gone.
    pub fn wait_until_gone(&self) {
        if self.state().pid.is_some() {
            self.kill_after(GRACE);
            self.is_running_after(GRACE);
        }
    }
}
