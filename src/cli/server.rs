//! The options for the server.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values;

/// Where the server is and how to log in: the options of redis-cli. `Debug` hides the fields, which
/// may contain a password.
#[derive(Args, Default)]
#[command(next_help_heading = "Server")]
pub struct Server {
    /// The server's URL.
    #[arg(
        short,
        long,
        conflicts_with_all = ["host", "port", "socket"],
        help = "The server: redis://[user:password@]host[:port][/db], rediss:// with TLS, host:port or \
        unix:///path, or a StackExchange string; for sentinels redis+sentinel://host[:port],…/master, for a cluster \
        redis+cluster://host[:port],…. Without -u, -h, -p and -s, SUBSCOPE_URL or else REDIS_URL \
        from the environment [default: redis://127.0.0.1:6379]"
    )]
    pub url: Option<String>,
    /// The server's host: a name or an address [default: 127.0.0.1]
    #[arg(short, long)]
    pub host: Option<String>,
    /// The server's port [default: 6379]
    #[arg(short, long, value_parser = values::port)]
    pub port: Option<u16>,
    /// The server's unix socket
    #[arg(
        short,
        long,
        value_name = "PATH",
        value_parser = values::path(),
        conflicts_with_all = ["host", "port"]
    )]
    pub socket: Option<PathBuf>,
    /// Database number for commands; Pub/Sub ignores databases
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true, value_parser = values::db)]
    pub db: Option<i64>,
    /// The user to log in as
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The password; other users can see it in the process list (see --askpass)
    #[arg(short = 'a', long, value_name = "PASSWORD")]
    pub pass: Option<String>,
    /// Whether to prompt for the password.
    #[arg(
        long,
        conflicts_with = "pass",
        help = "Prompt for the password. Otherwise it is taken from --pass, the URL, \
        --password-command, or \
        SUBSCOPE_PASSWORD, VALKEYCLI_AUTH or REDISCLI_AUTH in the environment"
    )]
    pub askpass: bool,
    /// The name of the connections in CLIENT LIST [default: subscope]
    #[arg(long, value_name = "NAME", value_parser = values::client_name)]
    pub name: Option<String>,
    /// Seconds within which a connection must be established [default: 5]
    #[arg(short = 't', long, value_name = "SECONDS", value_parser = values::seconds)]
    pub connect_timeout: Option<Duration>,
    /// Shell command that prints the password, or JSON with username and password; runs for every
    /// login
    #[arg(long, value_name = "COMMAND")]
    pub password_command: Option<String>,
    /// How messages refer to the URL, if it does not come from the command line.
    #[arg(skip)]
    pub url_source: Option<String>,
    /// Whether a password on the command line is no reason for a warning.
    #[arg(long, hide = true)]
    pub no_auth_warning: bool,
    /// The options of redis-cli that need nothing to be done.
    #[command(flatten)]
    pub needless: Needless,
    /// Connect through a shell command: its input and output are the connection. %h is the server's
    /// host, %p its port, %% a percent sign; 'none' turns off the command of a profile
    #[arg(long, value_name = "COMMAND", conflicts_with = "ssh")]
    pub via: Option<String>,
    /// Connect through an SSH server with the system's ssh: [user@]host[:port], or a name from its
    /// configuration
    #[arg(long, value_name = "DESTINATION")]
    pub ssh: Option<String>,
    /// Reach the servers that a cluster or sentinels announce at another address. On the left, *
    /// matches anything; on the right, it keeps the host or port. Repeatable; the first one that
    /// fits counts
    #[arg(long, value_name = "HOST:PORT=HOST:PORT")]
    pub map_address: Vec<String>,
    /// The TLS options.
    #[command(flatten)]
    pub tls: Tls,
}

/// Options of redis-cli that are accepted, so that its command lines work, and have no effect.
#[derive(Debug, Args, Default)]
pub struct Needless {
    /// RESP2, which is always used.
    #[arg(short = '2', hide = true)]
    resp2: bool,
    /// RESP3, in which the same messages arrive.
    #[arg(short = '3', hide = true)]
    resp3: bool,
    /// Whether to follow redirections: the nodes of a cluster are always found.
    #[arg(short, hide = true)]
    cluster: bool,
}

/// The TLS options.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "TLS")]
pub struct Tls {
    /// Use TLS, as with a rediss:// URL
    #[arg(long = "tls")]
    pub enabled: bool,
    /// PEM file of CA certificates to trust instead of the system's, or a folder of such files
    #[arg(long, alias = "cacertdir", value_name = "FILE", value_parser = values::path())]
    pub cacert: Option<PathBuf>,
    /// Client certificate, a PEM file; requires --key
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub cert: Option<PathBuf>,
    /// Private key of the client certificate, a PEM file
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub key: Option<PathBuf>,
    /// Server name to request and verify, instead of the host
    #[arg(long, value_name = "NAME")]
    pub sni: Option<String>,
    /// Skip certificate verification (allows man-in-the-middle)
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "insecure"
    )]
    pub insecure: Option<bool>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}
