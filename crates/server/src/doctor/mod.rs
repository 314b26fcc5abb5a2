//! `lamplight doctor`: is everything there that a server needs, does it work, and if not, what is to be done.
//!
//! It runs beside a server and without one. **It changes nothing**: what it writes to try a disk or a storage it removes again, and what
//! belongs to another account it does not write to at all, because what root leaves behind the server could not use. **It tries** what it
//! speaks about, and says so where it could not. **It does not stop** at what is wrong: each check that can be made is made.
//!
//! A line is `ok`, a `warning` (it works, and somebody should do something about it) or a `problem` (it does not work, or is not safe).
//! `settings.rs` looks at what was set, `certificate.rs` at that of our own TLS, `machine.rs` at this machine, `database.rs` at the database
//! and what stands in it, `others.rs` at Redis, the mail server and the files, `port.rs` at the server that runs.

mod certificate;
mod database;
mod machine;
mod others;
mod port;
mod settings;

use std::path::Path;

use lamplight_kernel::{Chance, Clock};
use serde::Serialize;

use crate::cli::say;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Problem,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What one check found.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at.
    check: &'static str,
    state: State,
    /// What is so, in a sentence.
    what: String,
    /// What to do about it.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

/// What all checks found.
#[derive(Debug, Serialize)]
struct Report {
    /// Of the program that looked.
    version: &'static str,
    /// Whether there is no problem.
    ok: bool,
    checks: Vec<Finding>,
    /// Whether each finding is said at once.
    #[serde(skip)]
    is_aloud: bool,
}

impl Report {
    fn add(&mut self, check: &'static str, state: State, what: String, advice: Option<String>) {
        self.ok &= state != State::Problem;
        // Some of it comes from others: a line stays a line.
        let line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let finding = Finding { check, state, what: line(what), advice: advice.map(line) };
        if self.is_aloud {
            let advice = finding.advice.as_ref().map_or(String::new(), |advice| format!(" -> {advice}"));
            say(&format!("{:<7}  {:<11}  {}{advice}", state.as_str(), check, finding.what));
        }
        self.checks.push(finding);
    }

    fn ok(&mut self, check: &'static str, what: impl Into<String>) {
        self.add(check, State::Ok, what.into(), None);
    }

    fn warning(&mut self, check: &'static str, what: impl Into<String>, advice: impl Into<String>) {
        self.add(check, State::Warning, what.into(), Some(advice.into()));
    }

    fn problem(&mut self, check: &'static str, what: impl Into<String>, advice: impl Into<String>) {
        self.add(check, State::Problem, what.into(), Some(advice.into()));
    }
}

/// Makes all checks and tells them; whether there is no problem. `deep` also makes those that take as long as the institute is large.
pub(crate) async fn examine(file: Option<&Path>, as_json: bool, deep: bool) -> anyhow::Result<bool> {
    let (clock, chance) = (Clock::system(), Chance::system());
    let mut report = Report { version: env!("CARGO_PKG_VERSION"), ok: true, checks: Vec::new(), is_aloud: !as_json };
    let set = settings::settings(&mut report, file);
    settings::secret(&mut report, &set);
    settings::addresses(&mut report, &set);
    certificate::certificate(&mut report, &set, &clock);
    let folder = machine::data_folder(&mut report, &set, &chance);
    machine::open_files(&mut report, &set);
    let database = database::database(&mut report, &set, &clock, deep).await;
    others::redis(&mut report, &set, &chance).await;
    others::files(&mut report, &set, folder, database.as_ref()).await;
    others::mail(&mut report, &set).await;
    port::port(&mut report, &set).await;
    machine::backup(&mut report, &set, &clock);
    machine::clock(&mut report, &set, &clock);
    if let Some(database) = database {
        database.close().await;
    }
    if as_json {
        say(&serde_json::to_string_pretty(&report)?);
    } else {
        let count = |state| report.checks.iter().filter(|finding| finding.state == state).count();
        say(&format!("{} problems, {} warnings.", count(State::Problem), count(State::Warning)));
    }
    Ok(report.ok)
}
