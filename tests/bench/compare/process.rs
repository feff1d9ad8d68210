//! Resource usage of processes, from Linux's `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

/// The clock tick of `/proc/PID/stat`.
const TICK: Duration = Duration::from_millis(10);

/// CPU time used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    /// Time in user mode.
    pub user: Duration,
    /// Time in kernel mode.
    pub system: Duration,
}

impl Cpu {
    /// Returns the CPU time that the process has used so far, in steps of 10 ms.
    pub fn of(pid: u32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // Skip the name in parentheses, which may contain spaces.
        let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
        let time = |index: usize| TICK * fields[index].parse::<u32>().unwrap();
        Self {
            user: time(11),
            system: time(12),
        }
    }

    /// Returns the sum of user and system time.
    pub fn total(self) -> Duration {
        self.user + self.system
    }

    /// Returns the time used since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            user: self.user.saturating_sub(before.user),
            system: self.system.saturating_sub(before.system),
        }
    }
}

/// Returns a size in bytes that the process's status gives in kB, such as `VmRSS` or `VmHWM`.
pub fn memory(pid: u32, what: &str) -> u64 {
    status_figure(&format!("/proc/{pid}/status"), what) * 1024
}

/// Returns how busy the machine is over `time`, in percent. Call it while the benchmark is idle to
/// get the load of other programs.
pub fn busy_percent(time: Duration) -> f64 {
    let (busy_before, all_before) = machine_ticks();
    thread::sleep(time);
    let (busy, all) = machine_ticks();
    100.0 * (busy - busy_before) as f64 / (all - all_before).max(1) as f64
}

/// Returns the busy clock ticks and all clock ticks of all cores.
fn machine_ticks() -> (u64, u64) {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let fields = stat.lines().next().unwrap().split_whitespace().skip(1);
    // Leaves out guest time, which user time already includes.
    let ticks: Vec<u64> = fields.take(8).map(|field| field.parse().unwrap()).collect();
    let all = ticks.iter().sum();
    let idle = ticks[3] + ticks[4];
    (all - idle, all)
}

/// What a thread has done so far.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    /// The thread's name, at most 15 bytes.
    pub name: String,
    /// The number of voluntary context switches, in which the thread goes to sleep. Every sleep
    /// except perhaps the last has ended in a wake-up.
    pub voluntary: u64,
    /// Involuntary context switches.
    pub involuntary: u64,
    /// CPU time used.
    pub ran: Duration,
}

/// Returns every thread of the process by its id.
pub fn threads(pid: u32) -> BTreeMap<u32, Thread> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks
        .map(|task| {
            let task = task.unwrap().path();
            let read = |file: &str| fs::read_to_string(task.join(file)).unwrap();
            let status = task.join("status");
            let status = status.to_str().unwrap();
            let nanos = read("schedstat");
            let nanos = nanos.split(' ').next().unwrap().parse().unwrap();
            let thread = Thread {
                name: read("comm").trim().to_owned(),
                voluntary: status_figure(status, "voluntary_ctxt_switches"),
                involuntary: status_figure(status, "nonvoluntary_ctxt_switches"),
                ran: Duration::from_nanos(nanos),
            };
            let id = task.file_name().unwrap().to_str().unwrap();
            (id.parse().unwrap(), thread)
        })
        .collect()
}

fn status_figure(path: &str, what: &str) -> u64 {
    let status = fs::read_to_string(path).unwrap();
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix(what)?.strip_prefix(':'))
        .unwrap_or_else(|| panic!("{path} has no {what}"));
    value.split_whitespace().next().unwrap().parse().unwrap()
}
