//! Clients of other languages against the program itself. Their side of the story is in `clients/`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

use crate::support::{
    program::{Running, lamplight},
    soon,
    wire::Wire,
};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The settings of a demo institute's server.
pub(crate) const SETTINGS: [(&str, &str); 4] =
    [("HOST", "127.0.0.1"), ("PORT", "0"), ("DRAIN_SECONDS", "0"), ("LOG", "error")];

/// Runs a client against a demo institute of its own until it has ended, which it must do content.
async fn is_content(client: Command, transport: &str) {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(lamplight(folder.path(), &SETTINGS, &["serve", "--demo"])).await;
    let line = Wire::to(server.address).await;
    tell(client, origins([server.address, line.address]), transport, async |command| line.obey(command)).await;
    server.terminate().await;
}

pub(crate) fn origins(addresses: [SocketAddr; 2]) -> [String; 2] {
    addresses.map(|address| format!("http://{address}"))
}

/// Runs a client through its story. The origins are of the server and of the line; `please` cuts and mends it.
pub(crate) async fn tell(
    mut client: Command,
    origins: [String; 2],
    transport: &str,
    mut please: impl AsyncFnMut(&str),
) {
    let mut client = client
        .args(origins)
        .arg(transport)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the client can't be run; `make test-deps` installs what it needs");
    let mut answers = client.stdin.take().unwrap();
    let mut said = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut complaints = client.stderr.take().unwrap();
    let mut complained = String::new();
    let story = async {
        while let Some(command) = soon(said.next_line()).await.unwrap() {
            assert!(["cut", "mend"].contains(&command.as_str()), "{command}");
            soon(please(&command)).await;
            answers.write_all(b"done\n").await.unwrap();
        }
    };
    let (_, read) = tokio::join!(story, complaints.read_to_string(&mut complained));
    read.unwrap();
    let status = soon(client.wait()).await.unwrap();
    assert!(status.success(), "{status}: {complained}");
}

pub(crate) fn javascript() -> Command {
    official("client.mjs")
}

/// A story of the official client.
pub(crate) fn official(story: &str) -> Command {
    let folder = root().join("clients/javascript");
    assert!(folder.join("node_modules").is_dir(), "the official client is not installed: run `make test-deps`");
    let mut command = Command::new("node");
    command.arg(story).current_dir(folder);
    command
}

#[tokio::test]
async fn the_official_client_as_it_comes() {
    is_content(javascript(), "default").await;
}

#[tokio::test]
async fn the_official_client_over_websocket_alone() {
    is_content(javascript(), "websocket").await;
}

#[tokio::test]
async fn the_official_client_over_long_polling_alone() {
    is_content(javascript(), "polling").await;
}

#[tokio::test]
async fn the_official_client_when_rights_change() {
    is_content(official("rights.mjs"), "default").await;
}

#[tokio::test]
async fn the_official_client_over_long_polling_when_rights_change() {
    is_content(official("rights.mjs"), "polling").await;
}

fn python() -> Command {
    let python = root().join("target/clients/python/bin/python");
    assert!(python.exists(), "python-socketio is not installed: run `make test-deps`");
    let mut command = Command::new(python);
    command.arg(root().join("clients/python/client.py"));
    command
}

#[tokio::test]
async fn python_socketio_as_it_comes() {
    is_content(python(), "default").await;
}

#[tokio::test]
async fn python_socketio_over_long_polling_alone() {
    is_content(python(), "polling").await;
}

fn rust() -> Command {
    let program = root().join("target/clients/rust/debug/lamplight-client");
    assert!(program.exists(), "rust_socketio is not built: run `make test-deps`");
    Command::new(program)
}

#[tokio::test]
async fn rust_socketio_as_it_comes() {
    is_content(rust(), "default").await;
}

#[tokio::test]
async fn rust_socketio_over_websocket_alone() {
    is_content(rust(), "websocket").await;
}
