//! Frames over a connection: read whole, written at once, and no more of them than a user can cause.

use crate::streams::set_up;
use std::io;
use std::time::Duration;
use strowger::wire::set::{Down, Link, MAX_FRAME, Wrong};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

/// Frames that are taken in a second: whoever sends more waits.
const MOST: u32 = 50;
/// How long a set may take nothing of what is written.
const WRITING: Duration = Duration::from_secs(10);

trait Both: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Both for T {}

/// A connection in clear or in TLS.
pub(crate) struct Wire {
    read: ReadHalf<Box<dyn Both>>,
    write: WriteHalf<Box<dyn Both>>,
    buffer: Vec<u8>,
    /// Frames taken since then.
    taken: u32,
    since: Instant,
}

impl Wire {
    /// A connection that a set has made.
    pub(super) async fn accept(
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        moment: Duration,
    ) -> Result<Self, String> {
        set_up(&stream);
        let both: Box<dyn Both> = match tls {
            None => Box::new(stream),
            Some(tls) => match timeout(moment, tls.accept(stream)).await {
                Ok(Ok(stream)) => Box::new(stream),
                Ok(Err(why)) => return Err(format!("it does not come to TLS: {why}")),
                Err(_) => return Err("it does not come to TLS in time".to_owned()),
            },
        };
        let (read, write) = tokio::io::split(both);
        Ok(Self { read, write, buffer: Vec::new(), taken: 0, since: Instant::now() })
    }

    /// The next frame, whole. Cancelled, it loses nothing.
    ///
    /// # Errors
    /// The connection is over, or what comes cannot be the beginning of a frame.
    pub(super) async fn next(&mut self) -> io::Result<Vec<u8>> {
        if self.taken >= MOST {
            sleep_until(self.since + Duration::from_secs(1)).await;
        }
        loop {
            match Link::length(&self.buffer) {
                Ok(Some(len)) if self.buffer.len() >= len => {
                    if self.since.elapsed() >= Duration::from_secs(1) {
                        (self.taken, self.since) = (0, Instant::now());
                    }
                    self.taken += 1;
                    let rest = self.buffer.split_off(len);
                    return Ok(std::mem::replace(&mut self.buffer, rest));
                }
                // What it is not is for the link to say.
                Err(Wrong::Unreadable | Wrong::Sequence) => return Ok(std::mem::take(&mut self.buffer)),
                Ok(_) => {}
            }
            let mut octets = [0; MAX_FRAME];
            match self.read.read(&mut octets).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                len => self.buffer.extend_from_slice(&octets[..len]),
            }
        }
    }

    /// Writes octets; false if the set does not take them.
    pub(super) async fn put(&mut self, octets: &[u8]) -> bool {
        let written = async {
            self.write.write_all(octets).await?;
            self.write.flush().await
        };
        matches!(timeout(WRITING, written).await, Ok(Ok(())))
    }

    /// Says something on a link of its own.
    pub(super) async fn say(&mut self, link: &mut Link, down: &Down<'_>) -> bool {
        let mut frame = [0; MAX_FRAME];
        match link.write(&mut frame, down.kind(), |out| down.write(out)) {
            Some(len) => self.put(&frame[..len]).await,
            None => false,
        }
    }

    /// Ends it; what was said is let arrive.
    pub(super) async fn close(mut self) {
        let _ = timeout(WRITING, self.write.shutdown()).await;
    }
}
