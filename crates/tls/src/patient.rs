//! [`Patient`]: a stream whose other end must take what is written.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use crate::Stream;

/// A stream that fails (`TimedOut`) when nothing more of what is to be written was taken for a while. An HTTP server has no such limit of its
/// own: who asks for a page and never reads it would hold the connection, and the page, for ever.
///
/// The kernel takes the next bytes when tens of kilobytes have gone, so reading one at a time does not help whoever tries.
#[derive(Debug)]
pub struct Patient {
    stream: Stream,
    patience: Duration,
    /// Since something waits to be written.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    /// Of this stream.
    #[must_use]
    pub fn new(stream: Stream, patience: Duration) -> Self {
        Self { stream, patience, waiting: None }
    }

    /// The stream, for whom has limits of their own.
    #[must_use]
    pub fn into_inner(self) -> Stream {
        self.stream
    }

    /// Does one thing with the stream, unless the last one has taken too long.
    fn within<T>(
        &mut self,
        cx: &mut Context<'_>,
        act: impl FnOnce(Pin<&mut Stream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(done) = act(Pin::new(&mut self.stream), cx) {
            self.waiting = None;
            return Poll::Ready(done);
        }
        let patience = self.patience;
        ready!(self.waiting.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(cx));
        // What the kernel still holds for such a reader is of no use to anybody.
        self.stream.reset_on_drop();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.within(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.within(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.within(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.within(cx, |stream, cx| stream.poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    async fn pair(patience: Duration) -> (Patient, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let theirs = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Patient::new(Stream::plain(listener.accept().await.unwrap().0), patience), theirs)
    }

    #[tokio::test]
    async fn who_takes_nothing_is_given_up() {
        let (mut ours, _theirs) = pair(Duration::from_millis(50)).await;
        let error = ours.write_all(&vec![0; 64 << 20]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_takes_it_slowly_is_waited_for() {
        let (mut ours, mut theirs) = pair(Duration::from_secs(2)).await;
        let writing = async {
            ours.write_all(&vec![0; 12 << 20]).await.unwrap();
            ours.shutdown().await.unwrap();
        };
        let reading = async {
            let (mut read, mut some) = (0, vec![0; 2 << 20]);
            // Longer on the whole than the patience for one pause.
            loop {
                match theirs.read(&mut some).await.unwrap() {
                    0 => return read,
                    count => read += count,
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        assert_eq!(tokio::join!(writing, reading).1, 12 << 20);
    }
}
