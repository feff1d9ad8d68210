//! The report: tables with the budget next to each figure.

use std::fmt::Display;
use std::time::{Duration, Instant};

use crate::process;

/// How long to observe the machine before and after a section.
const NOISE: Duration = Duration::from_secs(1);

/// For figures to be reliable, other programs must use at most this percentage of the machine.
const CALM: f64 = 5.0;

/// How long to wait for other programs before measuring anyway.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The report. It is printed incrementally, since a whole run takes minutes.
#[derive(Default)]
pub struct Report {
    commands: Vec<String>,
    checked: usize,
    missed: Vec<String>,
    section: String,
    is_in_table: bool,
}

impl Report {
    /// Begins a section; `how` describes how its figures are measured.
    pub fn section(&mut self, title: &str, how: &str) {
        self.finish_section();
        title.clone_into(&mut self.section);
        println!("## {title}\n\n{how}\n");
        let busy = wait_for_calm();
        println!("Other programs used {busy:.0} % of the machine just before this section.\n");
    }

    /// Reports a figure with its budget and whether the figure is within the budget.
    pub fn check(&mut self, what: &str, measured: impl Display, budget: &str, is_within: bool) {
        let mark = if is_within { "within" } else { "MISSES" };
        self.row(&format!("| {what} | {measured} | {budget} | {mark} |"));
        self.checked += 1;
        if !is_within {
            let missed = format!("{}: {what}: {measured}, budget {budget}", self.section);
            self.missed.push(missed);
        }
    }

    /// Reports a figure without a budget.
    pub fn note(&mut self, what: &str, measured: impl Display) {
        self.row(&format!("| {what} | {measured} | | |"));
    }

    /// Ends the table of figures, so that other text can follow.
    pub fn end_table(&mut self) {
        if self.is_in_table {
            println!();
        }
        self.is_in_table = false;
    }

    /// Records a command to list at the end of the section.
    pub fn ran(&mut self, command: impl Into<String>) {
        let command = command.into();
        if !self.commands.contains(&command) {
            self.commands.push(command);
        }
    }

    /// Prints the end of the report.
    pub fn finish(&mut self) {
        self.finish_section();
        let missed = self.missed.len();
        println!("## Budgets\n\n{} checked, {missed} missed", self.checked);
        for missed in &self.missed {
            println!("- MISSES {missed}");
        }
    }

    fn row(&mut self, row: &str) {
        if !self.is_in_table {
            println!("| what | measured | budget | |\n|---|---:|---:|---|");
            self.is_in_table = true;
        }
        println!("{row}");
    }

    fn finish_section(&mut self) {
        self.end_table();
        if self.commands.is_empty() {
            return;
        }
        let busy = process::busy_percent(NOISE);
        println!("Other programs used {busy:.0} % of the machine just afterwards. Commands:\n");
        for command in self.commands.drain(..) {
            println!("    {command}");
        }
        println!();
    }
}

/// Waits until other programs use little of the machine. Returns how much they use, in percent.
fn wait_for_calm() -> f64 {
    let started = Instant::now();
    loop {
        let busy = process::busy_percent(NOISE);
        if busy <= CALM || started.elapsed() > TIMEOUT {
            return busy;
        }
    }
}
