//! A PostgreSQL of the test's own, which can be restarted.

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
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/with-services.sh");
        let obey = r#"echo "$LAMPLIGHT_TEST_POSTGRES"; while read -r order; do "$order"_postgres >/dev/null && echo done; done"#;
        let mut services = Command::new(script)
            .args(["bash", "-c", obey])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/with-services.sh runs");
        let (orders, out) = (services.stdin.take().unwrap(), services.stdout.take().unwrap());
        let mut said = BufReader::new(out).lines();
        let server = soon(said.next_line()).await.unwrap().expect("its address");
        Self { server, orders, said, _services: services }
    }

    /// `stop` (all its connections end at once) or `start`.
    pub(super) async fn order(&mut self, order: &str) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
        assert_eq!(soon(self.said.next_line()).await.unwrap().as_deref(), Some("done"));
    }
}
