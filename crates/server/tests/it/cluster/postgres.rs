//! A PostgreSQL of the test's own, which can be restarted, and whose disk can be full.

use std::{path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::support::soon;

pub(super) struct OwnPostgres {
    /// The address of the server.
    pub(super) server: String,
    orders: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
    // It ends when its orders do: killed, it could not clean up behind it.
    _services: Child,
}

impl OwnPostgres {
    pub(super) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// One whose data lie on a disk of their own, of so many megabytes.
    pub(super) async fn start_on_a_disk_of(megabytes: u32) -> Self {
        Self::start_with(&[("DISK_MB", megabytes.to_string())]).await
    }

    async fn start_with(settings: &[(&str, String)]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/with-services.sh");
        let obey = r#"echo "$LAMPLIGHT_TEST_POSTGRES"; while read -r order; do "$order"_postgres >/dev/null && echo done; done"#;
        let mut services = Command::new(script)
            .args(["bash", "-c", obey])
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/with-services.sh runs");
        let (orders, out) = (services.stdin.take().unwrap(), services.stdout.take().unwrap());
        let mut said = BufReader::new(out).lines();
        let server = soon(said.next_line()).await.unwrap().expect("its address; or it has said what is missing");
        Self { server, orders, said, _services: services }
    }

    /// `stop` (all its connections end at once) or `start`; on a disk of its own also `fill` (all the room that is left), `free`, or
    /// `exhaust` (nor is there room for WAL any more, by which it ends).
    pub(super) async fn order(&mut self, order: &str) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
        assert_eq!(soon(self.said.next_line()).await.unwrap().as_deref(), Some("done"));
    }
}
