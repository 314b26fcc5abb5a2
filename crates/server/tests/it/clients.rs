//! Clients of other languages against the program itself. Their side of the story is in `clients/`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::watch,
    task::JoinHandle,
};

use crate::support::{
    program::{Running, lamplight},
    soon,
};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A line to a server, which can be cut.
struct Line {
    address: SocketAddr,
    is_whole: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Line {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_whole, state) = watch::channel(true);
        let task = tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let mut state = state.clone();
                tokio::spawn(async move {
                    // Who comes while the line is cut is hung up on, as are those who are on it then.
                    tokio::select! {
                        _ = state.wait_for(|is_whole| !is_whole) => {}
                        () = async {
                            if let Ok(mut far) = TcpStream::connect(server).await {
                                let _ = copy_bidirectional(&mut near, &mut far).await;
                            }
                        } => {}
                    }
                });
            }
        });
        Self { address, is_whole, task }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs a client against a demo institute of its own until it has ended, which it must do content.
async fn is_content(mut client: Command, transport: &str) {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("HOST", "127.0.0.1"), ("PORT", "0"), ("DRAIN_SECONDS", "0"), ("LOG", "error")];
    let server = Running::start(lamplight(folder.path(), &settings, &["serve", "--demo"])).await;
    let line = Line::to(server.address).await;
    let mut client = client
        .args([format!("http://{}", server.address), format!("http://{}", line.address), transport.to_owned()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the client can't be run; `make test-deps` installs what it needs");
    let mut commands = client.stdin.take().unwrap();
    let mut said = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut complaints = client.stderr.take().unwrap();
    let mut complained = String::new();
    let story = async {
        while let Some(line_said) = said.next_line().await.unwrap() {
            match line_said.as_str() {
                "cut" => drop(line.is_whole.send_replace(false)),
                "mend" => drop(line.is_whole.send_replace(true)),
                other => {
                    println!("{other}");
                    continue;
                }
            }
            commands.write_all(b"done\n").await.unwrap();
        }
    };
    let (_, read) = soon(async { tokio::join!(story, complaints.read_to_string(&mut complained)) }).await;
    read.unwrap();
    let status = soon(client.wait()).await.unwrap();
    assert!(status.success(), "{status}: {complained}");
    server.terminate().await;
}

fn javascript() -> Command {
    let folder = root().join("clients/javascript");
    assert!(folder.join("node_modules").is_dir(), "the official client is not installed: run `make test-deps`");
    let mut command = Command::new("node");
    command.arg("client.mjs").current_dir(folder);
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
