//! An SSH server for one test, with its own keys, and an `ssh` that knows it.

use std::env;
use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::sentinel::wait;
use crate::support::redis::free_port;

/// A server on a free loopback port that lets the current user in, who can reach it as `jump`. It
/// is killed on drop.
pub struct Sshd {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Sshd {
    /// Starts a server whose key is known.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self {
            port: free_port(),
            folder,
            process: None,
        };
        for key in ["host", "user"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
            let status = keygen.arg(server.path(key)).status();
            assert!(
                status
                    .unwrap_or_else(|error| missing("ssh-keygen", &error))
                    .success()
            );
        }
        fs::copy(server.path("user.pub"), server.path("authorized_keys")).unwrap();
        server.trust_host_key();
        server.write_files();
        server.launch();
        server
    }

    /// Returns the search path with an `ssh` that uses the test's configuration and nothing of the
    /// user's.
    pub fn search_path(&self) -> String {
        let path = env::var("PATH").unwrap_or_default();
        format!("{}:{path}", self.path("bin").display())
    }

    /// Makes the client know the server's key.
    pub fn trust_host_key(&self) {
        let key = fs::read_to_string(self.path("host.pub")).unwrap();
        let known = format!("[127.0.0.1]:{} {key}", self.port);
        fs::write(self.path("known_hosts"), known).unwrap();
    }

    /// Makes the client forget the server's key, and ask the user about it.
    pub fn forget_host_key(&self) {
        fs::write(self.path("known_hosts"), "").unwrap();
    }

    /// Lets nobody in any more. Existing connections stay.
    pub fn refuse_everyone(&self) {
        fs::write(self.path("authorized_keys"), "").unwrap();
    }

    /// Returns how many logins the server has accepted.
    pub fn logins(&self) -> usize {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        log.matches("Accepted publickey").count()
    }

    /// Ends all connections, as a restart of the machine does. New ones are accepted.
    pub fn disconnect_all(&self) {
        let own = self.process.as_ref().unwrap().id();
        for child in children(own) {
            let _ = kill_process(child, Signal::KILL);
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_files(&self) {
        let folder = self.folder.path().display();
        let port = self.port;
        let server = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n\
             AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nLogLevel VERBOSE\n"
        );
        fs::write(self.path("sshd_config"), server).unwrap();
        let client = format!(
            "Host jump\n HostName 127.0.0.1\n Port {port}\n IdentityFile {folder}/user\n \
             IdentitiesOnly yes\n UserKnownHostsFile {folder}/known_hosts\n \
             GlobalKnownHostsFile /dev/null\n StrictHostKeyChecking ask\n"
        );
        fs::write(self.path("ssh_config"), client).unwrap();
        let ssh = found("ssh");
        fs::create_dir(self.path("bin")).unwrap();
        let script = format!(
            "#!/bin/sh\nexec {} -F {folder}/ssh_config \"$@\"\n",
            ssh.display()
        );
        fs::write(self.path("bin/ssh"), script).unwrap();
        fs::set_permissions(self.path("bin/ssh"), Permissions::from_mode(0o755)).unwrap();
    }

    fn launch(&mut self) {
        // As root, it wants this folder to exist, which the system's service would create.
        let _ = fs::create_dir_all("/run/sshd");
        // sshd starts itself again by its full path.
        let process = Command::new(found("sshd"))
            .arg("-D")
            .arg("-f")
            .arg(self.path("sshd_config"))
            .arg("-E")
            .arg(self.path("log"))
            .stdin(Stdio::null())
            .spawn();
        self.process = Some(process.unwrap_or_else(|error| missing("sshd", &error)));
        let at = (Ipv4Addr::LOCALHOST, self.port);
        wait("the SSH server answers", || TcpStream::connect(at).is_ok());
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Returns the processes that another has started.
fn children(parent: u32) -> Vec<Pid> {
    let folders = fs::read_dir("/proc").unwrap().flatten();
    let found = folders.filter_map(|folder| {
        let stat = fs::read_to_string(folder.path().join("stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        let of: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
        let id = folder.file_name().to_str()?.parse().ok()?;
        (of == parent).then_some(Pid::from_raw(id)?)
    });
    found.collect()
}

/// Returns the path of a program, which may be one for administrators.
fn found(program: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let mut files = folders.map(|folder| folder.join(program));
    let file = files.find(|file| Path::is_file(file));
    file.unwrap_or_else(|| missing(program, &std::io::ErrorKind::NotFound.into()))
}

fn missing(program: &str, error: &std::io::Error) -> ! {
    panic!(
        "{program}: {error}; install OpenSSH, such as Debian's openssh-server, or run tests/run.sh"
    )
}
