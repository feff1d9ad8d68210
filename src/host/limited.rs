//! Work that may not take longer than a limit.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;

/// Does some work on a thread of its own. Returns `None` if it is not done in time; it then goes on
/// until the program ends.
pub fn within<T, F>(limit: Duration, work: impl FnOnce() -> F + Send + 'static) -> Option<T>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let (done_tx, done_rx) = channel();
    let run = move || {
        if let Ok(runtime) = Builder::new_current_thread().enable_all().build() {
            // Nobody may wait any more.
            let _ = done_tx.send(runtime.block_on(work()));
        }
    };
    let running = thread::Builder::new().name("limited".into()).spawn(run);
    running.ok()?;
    done_rx.recv_timeout(limit).ok()
}
