//! The program: parses the command line, runs the command, and reports errors.

mod cli;
mod commands;
mod host;

#[cfg(test)]
#[path = "../tests/support/cases.rs"]
mod cases;

use std::env;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use subscope::query;
use subscope::server;
use subscope::terminal::guard;

use crate::cli::file_options;
use crate::cli::flags::{config_behind_command, misplaced_value};
use crate::cli::{Cli, Command};
use crate::commands::{
    channels, completions, config, demo, doctor, expect, help, keys, man, open, publish, record,
    replay, tail, watch,
};
use crate::host::{Failure, report};

fn main() -> ExitCode {
    if query::JQ.is_this_process() {
        return query::serve_jq();
    }
    if guard::GUARD.is_this_process() {
        return guard::serve();
    }
    if server::TUNNEL.is_this_process() {
        return server::serve_tunnel();
    }
    cli::completions::answer_shell();
    match parse().and_then(run) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            report(&failure);
            ExitCode::from(failure.exit_code)
        }
    }
}

/// Parses the command line, with the options that the environment and the config file set. Prints
/// the help and ends the program if that is asked for.
fn parse() -> Result<Cli, Failure> {
    let arguments = config_behind_command(env::args_os().collect());
    let arguments = file_options::add(arguments)?;
    match (Cli::read(arguments), misplaced_value(env::args_os())) {
        // Requested output is not an error.
        (Err(error), _) if !error.use_stderr() => error.exit(),
        (_, Some(problem)) => Err(Failure::usage(problem)),
        (result, None) => result.map_err(|error| Failure::from(&error)),
    }
}

fn run(cli: Cli) -> Result<u8, Failure> {
    match cli.command {
        Some(Command::Help(help)) => help::run(&help),
        Some(Command::Man(man)) => man::run(&man),
        Some(Command::Completions(options)) => completions::run(&options),
        Some(Command::Keys(options)) => keys::run(&options),
        Some(Command::Config(command)) => config::run(&command),
        Some(Command::Tail(tail)) => on_runtime(tail::run(*tail, None)),
        Some(Command::Expect(expect)) => on_runtime(expect::run(*expect)),
        Some(Command::Publish(publish)) => on_runtime(publish::run(*publish)),
        Some(Command::Channels(channels)) => on_runtime(channels::run(*channels)),
        Some(Command::Record(record)) => on_runtime(record::run(*record)),
        Some(Command::Replay(replay)) => on_runtime(replay::run(*replay)),
        Some(Command::Open(open)) => on_runtime(open::run(*open)),
        Some(Command::Doctor(doctor)) => on_runtime(doctor::run(*doctor)),
        Some(Command::Demo(demo)) => on_runtime(demo::run(*demo)),
        None if io::stdout().is_terminal() => on_runtime(watch::run(cli.watch)),
        None => {
            // What only the screen uses is checked, too.
            cli.watch.screen.settings()?;
            let note = "standard output is not a terminal: writing messages, as subscope tail does";
            on_runtime(tail::run(Cli::tail(cli.watch)?, Some(note)))
        }
    }
}

fn on_runtime(command: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    // One worker thread in addition to the main loop's own, so that reading from Redis continues
    // while the loop draws.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Failure::other)?;
    let code = runtime.block_on(command);
    // A pending name lookup must not delay the exit.
    runtime.shutdown_background();
    code
}
