//! [`Stream`]: a connection's bytes. TCP, or TLS over it.
//!
//! One `match` for each call of the kernel is all that plain connections pay for there being another kind: no box, no virtual
//! call, and as big as the TCP stream alone (a test says so). TLS is in a box because it is forty times that.
//!
//! Besides what every stream of tokio can, it can be written to without a task ([`Stream::try_write`]) and looked into before it is
//! read ([`Stream::poll_peek`]): what the Socket.IO server needs.

use std::io::{self, Read as _, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A connection's bytes.
#[derive(Debug)]
pub enum Stream {
    /// As they are on the wire.
    Plain(TcpStream),
    /// Encrypted on the wire.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// A plain connection.
    #[must_use]
    pub fn plain(stream: TcpStream) -> Self {
        let _ = stream.set_nodelay(true);
        Self::Plain(stream)
    }

    /// Whether the bytes are encrypted on the wire.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Writes what the kernel takes now, without a task to wake.
    ///
    /// Of TLS a rest of what was taken may stay here, encrypted: [`Self::owes`] says so, and [`AsyncWrite::poll_flush`] brings it on its
    /// way. As long as there is one nothing more is taken, so it is never more than rustls takes at once (64 KiB).
    ///
    /// # Errors
    /// Those of the connection; `WouldBlock` when nothing is taken now.
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let tls = match self {
            Self::Plain(stream) => return stream.try_write(bytes),
            Self::Tls(tls) => tls,
        };
        let (tcp, session) = tls.get_mut();
        let mut kernel = Kernel(tcp);
        while session.wants_write() {
            session.write_tls(&mut kernel)?;
        }
        let written = session.writer().write(bytes)?;
        while session.wants_write() {
            match session.write_tls(&mut kernel) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    /// Whether bytes that were taken have not all been given to the kernel.
    #[must_use]
    pub fn owes(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.get_ref().1.wants_write(),
        }
    }

    /// Shows the bytes that come next, or some of them, and leaves them to be read. Nothing at the end of the stream.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn poll_peek(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => stream.poll_peek(cx, buf).map_ok(drop),
            Self::Tls(tls) => {
                let next = ready!(Pin::new(tls.as_mut()).poll_fill_buf(cx))?;
                buf.put_slice(next.get(..next.len().min(buf.remaining())).unwrap_or_default());
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Reads what has been seen by [`Self::poll_peek`], and perhaps more.
    ///
    /// # Errors
    /// Those of the connection; `WouldBlock` when there is nothing.
    pub fn try_read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.try_read(bytes),
            Self::Tls(tls) => tls.get_mut().1.reader().read(bytes),
        }
    }

    /// Makes the coming drop a reset: what the kernel still holds for a reader that does not read is freed at once, not
    /// after minutes of retries.
    pub fn reset_on_drop(&self) {
        let _ = match self {
            Self::Plain(stream) => stream.set_zero_linger(),
            Self::Tls(tls) => tls.get_ref().0.set_zero_linger(),
        };
    }
}

/// Writes to the kernel what it takes now.
struct Kernel<'a>(&'a TcpStream);

impl Write for Kernel<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.try_write(bytes) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            result => result,
        }
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match self.0.try_write_vectored(slices) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(tls) => match ready!(Pin::new(tls.as_mut()).poll_read(cx, buf)) {
                // Many hang up without saying so in TLS. HTTP and WebSockets say themselves where a message ends, so a stream that
                // somebody cut is told from one that has ended all the same.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                result => Poll::Ready(result),
            },
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    /// Says that nothing more will be written (TLS: `close_notify`; TCP: FIN).
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_connections_are_no_bigger_for_there_being_tls() {
        assert_eq!(size_of::<Stream>(), size_of::<TcpStream>());
    }
}
