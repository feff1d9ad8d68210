//! Helper processes: this executable, started again for another purpose.

use std::env;
use std::io::{self, IsTerminal as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The executable to run as a helper, if it is not the current one.
static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();

/// Sets the subscope executable that runs as a helper, for tests. The first call wins.
pub fn set_executable(path: impl Into<PathBuf>) {
    EXECUTABLE.get_or_init(|| path.into());
}

/// A kind of helper process.
#[derive(Debug)]
pub struct Helper {
    /// The `argv[0]` of the process.
    pub name: &'static str,
    /// The first argument of the process.
    pub argument: &'static str,
}

impl Helper {
    /// Returns the command that starts the helper. Fails if the path of this executable is unknown.
    pub fn command(&self) -> io::Result<Command> {
        let executable = match EXECUTABLE.get() {
            Some(path) => path.clone(),
            // This path works even if the executable has been replaced in the meantime.
            None if cfg!(target_os = "linux") => "/proc/self/exe".into(),
            None => env::current_exe()?,
        };
        let mut command = Command::new(executable);
        command.arg0(self.name).arg(self.argument);
        Ok(command)
    }

    /// Returns whether this process was started as this helper. The first argument alone is not
    /// enough, because it may be the name of a channel.
    pub fn is_this_process(&self) -> bool {
        let arguments = env::args_os().take(2);
        arguments.eq([self.name, self.argument]) && !io::stdin().is_terminal()
    }
}
