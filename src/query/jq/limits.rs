//! Resource limits of the child process.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// The memory limit of the process, in bytes of address space.
const MAX_MEMORY: u64 = 1 << 30;

/// The limit on the processor time of a batch, in seconds. If the parent is running, it kills the
/// process sooner.
const MAX_CPU: u64 = 10;

/// Limits the memory of this process and disables core dumps.
pub(super) fn limit_memory() -> io::Result<()> {
    lower(Resource::Core, 0)?;
    lower(Resource::As, MAX_MEMORY)
}

/// Returns the memory limit of the child in bytes: [`MAX_MEMORY`], or the limit of this process if
/// that is lower.
pub(super) fn memory_limit() -> u64 {
    allowed(Resource::As, MAX_MEMORY)
}

fn allowed(resource: Resource, limit: u64) -> u64 {
    let maximum = getrlimit(resource).maximum;
    maximum.map_or(limit, |maximum| maximum.min(limit))
}

/// Lowers the soft and hard limits on a resource to `limit`.
fn lower(resource: Resource, limit: u64) -> io::Result<()> {
    let limit = Some(allowed(resource, limit));
    let limits = Rlimit {
        current: limit,
        maximum: limit,
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
