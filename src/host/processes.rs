//! Child processes, each run by a thread of its own. None of them outlives the program.

mod family;
mod pipes;

use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::panic;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, test_kill_process, waitid,
};
use subscope::app::CommandEnd;
use subscope::log::SharedBytes;
use subscope::query::catches_panics;

use self::family::descendants;
use self::pipes::Pipes;

/// How long a process has between being asked to end and being killed.
const GRACE: Duration = Duration::from_secs(1);

/// The interval at which a running process is checked.
const TICK: Duration = Duration::from_millis(20);

/// Once a process has exited, its output ends when nothing is written for this long: a process in
/// the background may keep it open.
const PAUSE: Duration = Duration::from_millis(200);

/// The running processes.
#[derive(Default)]
pub struct Processes {
    running: Vec<Arc<Process>>,
}

impl Processes {
    /// Starts a thread that runs a process with `run`, and passes the result to `report`.
    pub fn start<T>(
        &mut self,
        name: &str,
        run: impl FnOnce(&Process) -> T + Send + 'static,
        report: impl FnOnce(&Process, T) + Send + 'static,
    ) -> io::Result<Arc<Process>> {
        self.running.retain(|process| !process.state().is_gone);
        let process = Arc::<Process>::default();
        let own = Arc::clone(&process);
        let work = move || {
            let result = run(&own);
            own.state().is_gone = true;
            own.gone.notify_all();
            report(&own, result);
        };
        end_with_panic(&process);
        thread::Builder::new().name(name.to_owned()).spawn(work)?;
        self.running.push(Arc::clone(&process));
        Ok(process)
    }

    /// Ends all processes, and waits until their threads have cleaned up after them.
    pub fn finish(self) {
        // A program with the terminal shares the program's group.
        let families = self.running.iter().flat_map(|process| process.family());
        let family: Vec<Pid> = families.collect();
        for process in &self.running {
            process.stop(None);
        }
        signal_all(&family, Signal::TERM);
        let asked = Instant::now();
        for process in &self.running {
            process.wait(GRACE.saturating_sub(asked.elapsed()));
        }
        let is_there = |pid: &Pid| test_kill_process(*pid).is_ok();
        while family.iter().any(is_there) && asked.elapsed() < GRACE {
            thread::sleep(TICK);
        }
        for process in &self.running {
            process.state().signal(Signal::KILL);
        }
        signal_all(&family, Signal::KILL);
        let killed = Instant::now();
        for process in &self.running {
            process.wait(GRACE.saturating_sub(killed.elapsed()));
        }
    }
}

/// Makes a panic end the process: the panic hook of the terminal then ends the program at once.
fn end_with_panic(process: &Arc<Process>) {
    static INSTALLED: Once = Once::new();
    static RUNNING: Mutex<Vec<Weak<Process>>> = Mutex::new(Vec::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|process| process.strong_count() > 0);
    running.push(Arc::downgrade(process));
    drop(running);
    INSTALLED.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // The lock may be held by the thread that panics.
            if !catches_panics()
                && let Ok(running) = RUNNING.try_lock()
            {
                for process in running.iter().filter_map(Weak::upgrade) {
                    process.end_at_once();
                }
            }
            next(panic);
        }));
    });
}

fn signal_all(family: &[Pid], signal: Signal) {
    for pid in family {
        // Sending fails only if the process has ended.
        let _ = kill_process(*pid, signal);
    }
}

/// What takes the output of a process, in pieces.
type Take<'a> = &'a mut dyn FnMut(&[u8]);

/// What a process is given, and what becomes of its output.
pub struct Job<'a> {
    pub command: Command,
    /// What to write to its standard input.
    pub input: Option<SharedBytes>,
    /// How long it may run. It then has a process group of its own, so that whatever it starts ends
    /// with it. `None` for a program that has the terminal.
    pub max_time: Option<Duration>,
    /// What takes its output, if that is wanted.
    pub output: Option<Take<'a>>,
    /// Whether what it has started may go on once it has exited, even after the program: a clipboard
    /// on X11 or Wayland is a process.
    pub leaves_process: bool,
}

/// A process that is started once and can be stopped from another thread.
#[derive(Default)]
pub struct Process {
    state: Mutex<State>,
    /// Notified when the process is gone.
    gone: Condvar,
}

#[derive(Default)]
struct State {
    /// The process, while it runs. Its id is not reused before it has been removed from here.
    pid: Option<Pid>,
    has_group: bool,
    /// When it was asked to end.
    stopped: Option<Instant>,
    /// Why it was stopped.
    reason: Option<CommandEnd>,
    /// Whether nothing of it is left, if it was started at all.
    is_gone: bool,
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

    /// Asks the process to end. If it has a time limit and does not, it is killed.
    pub fn stop(&self, reason: Option<CommandEnd>) {
        let mut state = self.state();
        if state.stopped.is_none() {
            state.stopped = Some(Instant::now());
            state.reason = reason;
            state.signal(Signal::TERM);
        }
    }

    /// Ends the process without waiting for it. A group is killed; a program that has the terminal
    /// is asked to end, with what it has started, so that it can save its work.
    fn end_at_once(&self) {
        // The lock may be held by the thread that panics.
        let Ok(state) = self.state.try_lock() else {
            return;
        };
        let Some(pid) = state.pid else {
            return;
        };
        if state.has_group {
            state.signal(Signal::KILL);
        } else {
            signal_all(&descendants(pid), Signal::TERM);
            state.signal(Signal::TERM);
        }
    }

    /// Returns whether the process was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.state().stopped.is_some()
    }

    /// Returns whether nothing of the process is left.
    pub fn is_gone(&self) -> bool {
        self.state().is_gone
    }

    /// Returns what the process has started, if it has no group of its own.
    fn family(&self) -> Vec<Pid> {
        let state = self.state();
        let leader = state.pid.filter(|_| !state.has_group);
        leader.map(descendants).unwrap_or_default()
    }

    /// Waits for the end of the process, for this long at most.
    fn wait(&self, time: Duration) {
        let is_there = |state: &mut State| !state.is_gone;
        drop(self.gone.wait_timeout_while(self.state(), time, is_there));
    }

    /// Runs the process until its end and that of its output.
    pub fn run(&self, job: Job<'_>) -> io::Result<CommandEnd> {
        let mut command = job.command;
        let mut pipes = Pipes::default();
        if job.input.is_some() {
            command.stdin(Stdio::piped());
        }
        if job.output.is_some() {
            let (reader, writer) = io::pipe()?;
            command.stdout(writer.try_clone()?).stderr(writer);
            pipes.read_from(reader)?;
        }
        if job.max_time.is_some() {
            command.process_group(0);
        }
        let mut child = self.spawn(&mut command, job.max_time.is_some())?;
        // The pipe ends with the last process that holds its other end.
        drop(command);
        let fed = match (child.stdin.take(), job.input) {
            (Some(stdin), Some(bytes)) => pipes.write_to(stdin, bytes),
            _ => Ok(()),
        };
        let pid = Pid::from_child(&child);
        let is_cleaned_up = job.max_time.is_some() && !job.leaves_process;
        let limits = (job.max_time, is_cleaned_up);
        let watched = fed.and_then(|()| self.watch(pid, &mut pipes, limits, job.output));
        if watched.is_err() {
            self.state().signal(Signal::KILL);
        }
        let end = self.reap(child)?;
        watched?;
        Ok(match end {
            CommandEnd::Exited(status) if pipes.has_output() => CommandEnd::StillWriting(status),
            other => other,
        })
    }

    /// Starts a process that is spoken to. It has a group of its own, which [`Self::end`] ends.
    pub fn begin(&self, command: &mut Command) -> io::Result<Child> {
        command.process_group(0);
        self.spawn(command, true)
    }

    /// Kills a process, and whatever it has started.
    pub fn end(&self, child: Child) {
        self.state().signal(Signal::KILL);
        // It is gone, however it ended.
        let _ = self.reap(child);
    }

    /// Starts the process, unless it has been stopped already.
    fn spawn(&self, command: &mut Command, has_group: bool) -> io::Result<Child> {
        let mut state = self.state();
        if state.stopped.is_some() {
            return Err(io::Error::other("stopped"));
        }
        let child = command.spawn()?;
        state.pid = Some(Pid::from_child(&child));
        state.has_group = has_group;
        Ok(child)
    }

    /// Passes on input and output until the process has ended.
    fn watch(
        &self,
        pid: Pid,
        pipes: &mut Pipes,
        (max_time, is_cleaned_up): (Option<Duration>, bool),
        mut output: Option<Take<'_>>,
    ) -> io::Result<()> {
        let started = Instant::now();
        let mut take = |bytes: &[u8]| {
            if let Some(output) = &mut output {
                output(bytes);
            }
        };
        loop {
            let may_block = max_time.is_none() && pipes.are_closed();
            let has_exited = has_exited(pid, may_block)?;
            let is_stopped = self.is_stopped();
            if has_exited {
                pipes.end_input();
                if is_cleaned_up {
                    // What it has left behind in its group ends.
                    self.state().signal(Signal::KILL);
                }
                if !pipes.has_output() || is_stopped {
                    return Ok(());
                }
            }
            let time = if has_exited { PAUSE } else { TICK };
            let has_written = pipes.exchange(time, &mut take)?;
            if has_exited && !has_written {
                return Ok(());
            }
            if let Some(most) = max_time.filter(|most| started.elapsed() >= *most) {
                self.stop(Some(CommandEnd::TooLong(most.as_secs())));
            }
            self.kill_if_late();
        }
    }

    /// Kills a process that was asked to end and has not.
    fn kill_if_late(&self) {
        let state = self.state();
        if state.stopped.is_some_and(|asked| asked.elapsed() >= GRACE) {
            state.signal(Signal::KILL);
        }
    }

    /// Collects the exit status.
    fn reap(&self, mut child: Child) -> io::Result<CommandEnd> {
        let mut state = self.state();
        let status = child.wait();
        state.pid = None;
        let status = status?;
        let reason = state.reason.take();
        Ok(
            reason.unwrap_or_else(|| match (status.code(), status.signal()) {
                (Some(code), _) => CommandEnd::Exited(code),
                (None, signal) => CommandEnd::Signalled(signal.unwrap_or_default()),
            }),
        )
    }
}

/// Returns whether the process has exited, or waits until it has. It stays to be reaped.
fn has_exited(pid: Pid, blocks: bool) -> io::Result<bool> {
    let mut options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    options.set(WaitIdOptions::NOHANG, !blocks);
    loop {
        match waitid(WaitId::Pid(pid), options) {
            Ok(status) => return Ok(status.is_some()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
