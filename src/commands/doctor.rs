//! `subscope doctor`: says what runs where, and what will not work and why, ready for an issue
//! report. It contains no passwords, and changes nothing on the server.

mod files;
mod page;
mod server;
mod terminal;

use std::env::consts;
use std::ops::ControlFlow;

use subscope::app::{ClipboardChoice, connection_remedy, connection_words};
use subscope::message::ConnectionError;
use subscope::server::Checkup;
use subscope::terminal::signals::Signals;
use tokio::select;

use self::page::Page;
use super::job::prepare;
use super::sending::ending;
use crate::cli::{Doctor, LONG_VERSION, Screen, Watch};
use crate::host::Failure;
use crate::host::output;
use crate::host::screen::Job;

/// The exit code if the server cannot be reached.
const UNREACHABLE: u8 = 1;

/// Examines everything and writes the report. Returns the exit code.
pub async fn run(doctor: Doctor) -> Result<u8, Failure> {
    let config = doctor.connect.file.path.clone();
    let mut page = Page::default();
    let program = page.section("program");
    program.row("version", LONG_VERSION);
    program.row("system", format!("{} {}", consts::OS, consts::ARCH));
    // The profile of the config file may choose the colours.
    let prepared = prepare(Watch::from(doctor)).await;
    let (options, clipboard) = match &prepared {
        Ok(ControlFlow::Break(exit_code)) => return Ok(*exit_code),
        Ok(ControlFlow::Continue(job)) => (job.terminal, job.settings.clipboard.clone()),
        Err(_) => (Screen::default().terminal(), ClipboardChoice::default()),
    };
    let found = terminal::Found::here();
    terminal::describe(&mut page, &found, options, &clipboard);
    files::examine(&mut page, config.as_deref());
    files::examine_environment(&mut page);
    let exit_code = match prepared {
        Ok(ControlFlow::Continue(job)) => {
            let mut signals = Signals::listen().map_err(Failure::other)?;
            select! {
                exit_code = examine_server(&mut page, job) => exit_code,
                exit_code = ending(&mut signals) => return Ok(exit_code),
            }
        }
        Err(failure) => {
            let section = page.section("server");
            section.row("address", "unknown");
            page.problem("everything that needs a server", &failure, "correct that");
            failure.exit_code
        }
        Ok(ControlFlow::Break(exit_code)) => exit_code,
    };
    output::write(page.text().as_bytes())?;
    Ok(exit_code)
}

/// Examines the server. Returns the exit code.
async fn examine_server(page: &mut Page, job: Job) -> u8 {
    let Job {
        settings, server, ..
    } = job;
    let section = page.section("server");
    section.row("address", &settings.address);
    if let Some(profile) = &settings.profile {
        section.row("profile", &profile.name);
    }
    if settings.is_insecure {
        section.row("certificate", "not verified (--insecure)");
    }
    if settings.read_only {
        let remedy = "start without --read-only, and without read-only in the profile";
        page.problem("publishing", "--read-only is set", remedy);
    }
    match Checkup::of(server).await {
        Ok(checkup) => {
            server::describe(page, &checkup);
            0
        }
        Err(error) => {
            note_unreachable(page, &error);
            UNREACHABLE
        }
    }
}

fn note_unreachable(page: &mut Page, error: &ConnectionError) {
    let words = connection_words(error);
    page.section("server")
        .row("connection", format!("none: {words}"));
    let remedy = "check the address (-u), and that the server can be reached from here";
    let remedy = connection_remedy(error).unwrap_or(remedy);
    page.problem("everything that needs a server", words, remedy);
}
