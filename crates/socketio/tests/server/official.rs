//! The official client, run by Node.js, against this server. Its checks are in `tests/official/client.mjs`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use lamplight_socketio::{CloseReason, Settings};
use tokio::process::Command;

use crate::common::{Seen, Server, quick, soon};

#[tokio::test]
async fn the_official_client_is_content() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official");
    assert!(
        folder.join("node_modules/socket.io-client").is_dir(),
        "the official client is not installed: run `make test-deps` (it runs `npm ci` in {})",
        folder.display()
    );
    let settings = Settings { ping_interval: Duration::from_millis(20), ..quick() };
    let mut server = Server::start(settings).await;
    let node = Command::new("node")
        .arg("client.mjs")
        .arg(format!("http://{}", server.addr.socket))
        .current_dir(&folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = soon(node).await.expect("node cannot be run; it is needed for this test");
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");

    soon(server.io.shutdown(Duration::ZERO)).await;
    let (mut accepted, mut closed) = (0, Vec::new());
    while let Some(seen) = server.leftover() {
        match seen {
            Seen::Accepted(_) => accepted += 1,
            Seen::Event(_) => {}
            Seen::Closed(_, reason) => closed.push(reason),
        }
    }
    assert_eq!(accepted, closed.len(), "{closed:?}");
    assert!(server.io.counters().upgraded > 0);
    assert!(closed.contains(&CloseReason::ClientDisconnect), "{closed:?}");
    assert!(closed.contains(&CloseReason::ServerDisconnect("asked for")), "{closed:?}");
    let broken = [CloseReason::ProtocolError, CloseReason::TransportError, CloseReason::TooManyPackets];
    assert!(!closed.iter().any(|reason| broken.contains(reason)), "{closed:?}");
}
