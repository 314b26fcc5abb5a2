//! [`Acceptor`]: from an accepted TCP connection to one that speaks TLS, or to nothing.

use std::{fmt, io, sync::Arc, time::Duration};

use rustls::{
    ServerConfig,
    crypto::ring,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use crate::{Shown, Stream, shown::ACME_TLS};

/// How long a client may take for the handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the server speaks inside. Who wants something else alone is refused in the handshake.
const HTTP: &[u8] = b"http/1.1";

/// What becomes of those who speak HTTP to a port that speaks TLS: a browser shows it.
const NOT_TLS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n\
    This port speaks HTTPS. Begin the address with https://\n";
/// What is read of their request, so that the answer is not lost to a reset, and how long it may take.
const NOT_TLS_BYTES: u64 = 64 * 1024;
const NOT_TLS_TIME: Duration = Duration::from_secs(1);

/// Accepts TLS 1.2 and 1.3.
#[derive(Clone)]
pub struct Acceptor(TlsAcceptor);

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acceptor")
    }
}

/// Why a connection became none.
enum Failed {
    /// It spoke plain HTTP.
    Plain,
    /// It was an authority, which has seen what it wanted to see.
    Challenge,
    Tls(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Tls(error)
    }
}

impl Acceptor {
    /// One that shows the certificate that `shown` holds at that moment. It answers the challenges of authorities too.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new(shown: Arc<Shown>) -> Result<Self, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(shown);
        config.alpn_protocols = vec![HTTP.to_vec(), ACME_TLS.to_vec()];
        // Who comes back within hours needs no new signature of ours, and we keep nothing for it.
        config.ticketer = ring::Ticketer::new()?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// The connection inside; `None` when there is none, which is in the log.
    pub async fn accept(&self, tcp: TcpStream) -> Option<Stream> {
        // For the log alone.
        let peer = tcp.peer_addr().ok();
        let (result, stream) = match timeout(PATIENCE, self.handshake(tcp)).await {
            Ok(Ok(stream)) => ("done", Some(stream)),
            Ok(Err(Failed::Plain)) => ("not_tls", None),
            Ok(Err(Failed::Challenge)) => ("challenge", None),
            Ok(Err(Failed::Tls(error))) => {
                tracing::debug!(%error, ?peer, "no TLS");
                ("failed", None)
            }
            Err(_) => {
                tracing::debug!(?peer, "no TLS in time");
                ("too_slow", None)
            }
        };
        metrics::counter!("lamplight_tls_handshakes_total", "result" => result).increment(1);
        stream
    }

    async fn handshake(&self, tcp: TcpStream) -> Result<Stream, Failed> {
        // TLS begins with 22; HTTP with the letter of a method.
        let mut first = [0];
        if tcp.peek(&mut first).await? > 0 && first[0].is_ascii_uppercase() {
            // Whether they hear it is theirs.
            let _ = timeout(NOT_TLS_TIME, tell(tcp)).await;
            return Err(Failed::Plain);
        }
        let _ = tcp.set_nodelay(true);
        let mut tls = self.0.accept(tcp).await?;
        if tls.get_ref().1.alpn_protocol() == Some(ACME_TLS) {
            let _ = tls.shutdown().await;
            return Err(Failed::Challenge);
        }
        Ok(Stream::Tls(Box::new(tls)))
    }
}

/// Says that TLS is spoken here. Reads to the end of what comes: a connection that is closed with unread bytes is reset.
async fn tell(mut tcp: TcpStream) -> io::Result<()> {
    tcp.write_all(NOT_TLS).await?;
    tcp.shutdown().await?;
    tokio::io::copy(&mut tcp.take(NOT_TLS_BYTES), &mut tokio::io::sink()).await?;
    Ok(())
}
