//! `lamplight`: the command. See `lamplight --help`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    lamplight::cli::run().await
}
