//! Helper processes: this same executable, started for another purpose.

use std::env;
use std::io::{self, IsTerminal as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The executable to run, if it is not the current one.
static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();

/// Sets the subscope executable that runs jq programs, for tests. The first call wins.
pub fn set_executable(path: impl Into<PathBuf>) {
    EXECUTABLE.get_or_init(|| path.into());
}

/// A purpose for which this executable is started again.
#[derive(Debug)]
pub struct Helper {
    /// Its `argv[0]`.
    pub name: &'static str,
    /// Its first argument.
    pub argument: &'static str,
}

impl Helper {
    /// Returns the command that starts it. Fails if the path of this executable is unknown.
    pub fn command(&self) -> io::Result<Command> {
        let executable = match EXECUTABLE.get() {
            Some(path) => path.clone(),
            // This works even if the file has been replaced since.
            None if cfg!(target_os = "linux") => "/proc/self/exe".into(),
            None => env::current_exe()?,
        };
        let mut command = Command::new(executable);
        command.arg0(self.name).arg(self.argument);
        Ok(command)
    }

    /// Returns whether this process was started as this helper. The argument alone does not
    /// suffice, because the user may mean a channel of that name.
    pub fn is_this_process(&self) -> bool {
        let arguments = env::args_os().take(2);
        arguments.eq([self.name, self.argument]) && !io::stdin().is_terminal()
    }
}
