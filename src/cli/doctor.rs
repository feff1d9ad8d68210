//! The options of `subscope doctor`.

use clap::Args;

use super::{Connect, Listen, Screen, Watch};

/// Examining the terminal, the config file and the server.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Doctor {
    /// The server.
    #[command(flatten)]
    pub connect: Connect,
}

impl From<Doctor> for Watch {
    fn from(doctor: Doctor) -> Self {
        Self {
            listen: Listen {
                connect: doctor.connect,
                ..Listen::default()
            },
            screen: Screen::default(),
        }
    }
}
