//! The program itself, as a process.

use std::{ffi::OsStr, path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdout, Command},
};

use super::soon;

/// `lamplight` in an empty environment and folder, with these settings.
pub(crate) fn lamplight<V: AsRef<OsStr>>(folder: &Path, settings: &[(&str, V)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lamplight"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    command
        .args(arguments)
        .env_clear()
        .env("PATH", path)
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// What a command said before it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command to its end, with something on its standard input.
pub(crate) async fn run(mut command: Command, input: &str) -> Said {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Who does not read it is content without.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = soon(child.wait_with_output()).await.unwrap();
    Said {
        success: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A server that runs as a process.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: std::net::SocketAddr,
    out: BufReader<ChildStdout>,
}

impl Running {
    /// Starts `lamplight serve` and waits until it says where it is.
    pub(crate) async fn start(command: Command) -> Self {
        Self::start_with(command, Stdio::inherit()).await
    }

    /// The same, with its log in a file.
    pub(crate) async fn start_logging(command: Command, log: &Path) -> Self {
        Self::start_with(command, std::fs::File::create(log).unwrap().into()).await
    }

    async fn start_with(mut command: Command, log: Stdio) -> Self {
        let mut child = command.stderr(log).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        soon(out.read_line(&mut line)).await.unwrap();
        let (_, address) = line.trim().rsplit_once("://").unwrap_or_else(|| panic!("it said {line:?}"));
        Self { address: address.parse().unwrap(), child, out }
    }

    /// The next line that it says.
    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        soon(self.out.read_line(&mut line)).await.unwrap();
        line
    }

    /// `kill -9`.
    pub(crate) async fn kill(mut self) {
        soon(self.child.kill()).await.unwrap();
    }

    /// Waits until it ends by itself, and says whether it has called that a success.
    pub(crate) async fn ended(mut self) -> bool {
        soon(self.child.wait()).await.unwrap().success()
    }

    /// Sends it a signal.
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let sent = soon(Command::new("kill").args([&format!("-{name}"), &pid]).status()).await.unwrap();
        assert!(sent.success());
    }

    /// SIGTERM; gives what it said since it was ready, when it has ended with status 0.
    pub(crate) async fn terminate(mut self) -> String {
        self.signal("TERM").await;
        let status = soon(self.child.wait()).await.unwrap();
        assert!(status.success(), "{status}");
        let mut rest = String::new();
        soon(self.out.read_to_string(&mut rest)).await.unwrap();
        rest
    }
}
