//! `make bench`: what Lamplight costs, beside the least that is possible and beside what others cost.
//!
//! One process is the load generator and starts the servers under test, each on a core of its own (`servers.rs`). `floor.rs`
//! is the least that is possible; the peers are in `peers/`. `load.rs` holds the clients, `scenarios/` what is measured.
//! Everything happens on loopback, is bounded in time, and what was started is ended.
//!
//! What must hold: a ratio is of one run, with the servers taking turns; who has no database says so; a figure says from
//! which moment to which it was taken.

mod deliveries;
mod document;
mod floor;
mod load;
mod machine;
mod page;
mod place;
mod plot;
mod report;
mod say;
mod scenarios;
mod seed;
mod servers;
mod stats;
mod trigger;
mod wire;

use std::{net::SocketAddrV4, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    scenarios::{Bench, Scenario},
    seed::Seed,
    servers::{Binaries, Kind},
};

/// Measures Lamplight.
#[derive(Parser)]
#[command(name = "lamplight-bench", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure.
    Run(Run),
    /// Write the page of figures, from what was measured.
    Docs {
        /// Where the figures are.
        #[arg(long, default_value = "target/bench")]
        from: PathBuf,
        /// Where the page goes.
        #[arg(long, default_value = "docs")]
        to: PathBuf,
    },
    /// Be the floor.
    #[command(hide = true)]
    Floor { address: SocketAddrV4 },
}

#[derive(Args)]
struct Run {
    /// Only these scenarios.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Scenario>,
    /// Only these servers.
    #[arg(long, value_delimiter = ',')]
    servers: Vec<Kind>,
    /// This many clients instead of the usual numbers.
    #[arg(long)]
    clients: Option<usize>,
    /// How often each server is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Everything once and little of it, to see that it runs.
    #[arg(long)]
    small: bool,
    /// Where Cargo puts what it builds; figures go into its folder `bench`.
    #[arg(long, default_value = "target")]
    target: PathBuf,
    /// The server to measure, if not the release binary.
    #[arg(long)]
    lamplight: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Floor { address } => floor::serve(address),
        Command::Docs { from, to } => document::write(&from, &to),
        Command::Run(run) => measure(&run),
    }
}

fn measure(run: &Run) -> anyhow::Result<()> {
    machine::stop_on_signal()?;
    let files = machine::raise_file_limit();
    machine::pin(machine::LOAD_CORE)?;
    let mut kinds = run.servers.clone();
    if kinds.is_empty() {
        kinds = Kind::ALL.to_vec();
    }
    let most = run.clients.unwrap_or(18_000);
    if files < most as u64 + 500 {
        bail!("{most} clients need as many open files, and there may be {files}: see `ulimit -n`");
    }
    let here = std::env::current_dir()?;
    let binaries = Binaries {
        lamplight: here.join(run.lamplight.clone().unwrap_or(run.target.join("release/lamplight"))),
        socketioxide: here.join(&run.target).join("peers/release/peer"),
        node_folder: here.join("bench/peers/node"),
        figures: run.target.join("bench"),
    };
    std::fs::create_dir_all(&binaries.figures)?;
    let seed = Seed::sow(most, &binaries.lamplight).context("making the institute that is measured")?;
    let rounds = if run.small { 1 } else { run.rounds };
    let bench = Bench { binaries, seed, kinds, is_small: run.small, clients: run.clients, rounds };
    let mut failed = Vec::new();
    for scenario in Scenario::value_variants() {
        if if run.only.is_empty() { scenario.takes_long() } else { !run.only.contains(scenario) } {
            continue;
        }
        // The others are measured all the same.
        match scenario.run(&bench) {
            Ok(figures) => {
                report::keep(&bench.binaries.figures, scenario.name(), run.small, &figures)?;
                scenario.table(&figures).say();
            }
            Err(error) => {
                say::progress(&format!("{} failed: {error:#}", scenario.name()));
                failed.push(scenario.name());
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("could not be measured: {}", failed.join(", ")) }
}
