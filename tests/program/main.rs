//! The built program on a terminal, and the server tasks against clusters, sentinels, TLS and bad
//! networks.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "../support"]
mod support {
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod flood;
    pub mod listener;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod peer;
    pub mod piped;
    pub mod proxy;
    pub mod pty;
    pub mod redis;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod stage;
    pub mod subscriber;
    pub mod truth;
}

mod channels;
mod clipboard;
mod cluster;
mod commands;
mod decoders;
mod doctor;
mod editor;
mod export;
mod fallback;
mod filtering;
mod help;
mod logins;
mod open;
mod options;
mod profiles;
mod publish;
mod record;
mod replay;
mod sentinel;
mod servers_with_less;
mod servers {
    pub mod authority;
    pub mod bus;
    pub mod cluster;
    pub mod sentinel;
    pub mod sshd;
}
mod shells;
mod tail;
mod terminal;
mod tls;
mod trouble;
mod tunnels;
mod version;
mod watch;
