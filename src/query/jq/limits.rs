//! Resource limits of the child process.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// The memory limit of the process, in bytes of address space.
const MAX_MEMORY: u64 = 1 << 30;

/// The limit on the processor time of a batch, in seconds. The parent, if it is still running,
/// kills the process sooner.
const MAX_CPU: u64 = 10;

/// Limits the memory of this process and disables core dumps.
pub(super) fn limit_memory() -> io::Result<()> {
    limit(Resource::Core, 0)?;
    limit(Resource::As, MAX_MEMORY)
}

/// Returns the memory limit of the child in bytes, which is lower if this process has a lower one.
pub(super) fn memory_limit() -> u64 {
    most_of(Resource::As, MAX_MEMORY)
}

fn most_of(resource: Resource, most: u64) -> u64 {
    getrlimit(resource)
        .maximum
        .map_or(most, |maximum| maximum.min(most))
}

/// Lowers both limits on a resource to `most`.
fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let most = most_of(resource, most);
    let limits = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(resource, limits).map_err(io::Error::from)
}

/// Grants this process another [`MAX_CPU`] seconds of processor time.
pub(super) fn allow_more_cpu() -> io::Result<()> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec;
    let limits = Rlimit {
        current: Some(u64::try_from(used).unwrap_or_default() + MAX_CPU),
        ..getrlimit(Resource::Cpu)
    };
    setrlimit(Resource::Cpu, limits).map_err(io::Error::from)
}
