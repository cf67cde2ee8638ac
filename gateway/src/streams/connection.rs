//! One connection: reads messages, writes messages, and says when it is over, whichever way that comes about.

use super::Heard;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use strowger::base::Flow;
use strowger::exchange::MAX_DATAGRAM;
use strowger::wire::sip::{Piece, Stream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// How long a message may take from its first octet to its last, and the first one from the beginning of the connection.
const MESSAGE: Duration = Duration::from_secs(32);
/// How long a connection, or proving who is there, may take.
const BEGINNING: Duration = Duration::from_secs(4);
/// How long a peer may take nothing of what is written.
const WRITING: Duration = Duration::from_secs(10);
/// How long answers to somebody's last message are waited for, and then the end.
const LAST: Duration = Duration::from_millis(500);

/// What a connection has of the table of connections.
pub(crate) struct Ends {
    flow: Flow,
    out: mpsc::Receiver<Vec<u8>>,
    tell: mpsc::Sender<Heard>,
    _end: End,
}

/// Tells that it is over, also when the task is cut off in the middle of something, or before it has begun.
struct End {
    told: Option<Heard>,
    tell: mpsc::Sender<Heard>,
}

impl Drop for End {
    fn drop(&mut self) {
        let Some(told) = self.told.take() else { return };
        // The queue may be full of what others say.
        if let Err(mpsc::error::TrySendError::Full(told)) = self.tell.try_send(told) {
            let tell = self.tell.clone();
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move { tell.send(told).await });
            }
        }
    }
}

impl Ends {
    /// The next message to it; `None`: another has its place.
    pub(crate) async fn message(&mut self) -> Option<Vec<u8>> {
        self.out.recv().await
    }

    /// A message from it; false if nobody takes it any more.
    pub(crate) async fn say(&self, octets: &[u8]) -> bool {
        self.tell.send(Heard::Message(self.flow, octets.to_vec())).await.is_ok()
    }

    pub(super) fn new(
        flow: Flow,
        number: u64,
        out: mpsc::Receiver<Vec<u8>>,
        tell: mpsc::Sender<Heard>,
    ) -> Self {
        let end = End { told: Some(Heard::Closed(flow, number)), tell: tell.clone() };
        Self { flow, out, tell, _end: end }
    }
}

/// A connection that somebody has made.
pub(super) async fn run(ends: Ends, stream: TcpStream, tls: Option<TlsAcceptor>) {
    set_up(&stream);
    let flow = ends.flow;
    match tls {
        None => talk(ends, stream).await,
        Some(tls) => match timeout(BEGINNING, tls.accept(stream)).await {
            Ok(Ok(stream)) => talk(ends, stream).await,
            Ok(Err(why)) => tracing::debug!("{flow} does not come to TLS: {why}"),
            Err(_) => tracing::debug!("{flow} does not come to TLS in time"),
        },
    }
}

/// A connection that we make.
pub(super) async fn open(
    ends: Ends,
    from: IpAddr,
    tls: Option<Result<(TlsConnector, ServerName<'static>), String>>,
) {
    let flow = ends.flow;
    let stream = match timeout(BEGINNING, connect(flow.peer, from)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(why)) => return tracing::warn!("no connection with {flow}: {why}"),
        Err(_) => return tracing::warn!("no connection with {flow} in time"),
    };
    set_up(&stream);
    match tls {
        None => talk(ends, stream).await,
        Some(Err(why)) => tracing::warn!("no connection with {flow}: {why}"),
        Some(Ok((tls, name))) => match timeout(BEGINNING, tls.connect(name, stream)).await {
            Ok(Ok(stream)) => talk(ends, stream).await,
            Ok(Err(why)) => tracing::warn!("{flow} does not prove to be who it should: {why}"),
            Err(_) => tracing::warn!("{flow} does not come to TLS in time"),
        },
    }
}

async fn connect(to: SocketAddr, from: IpAddr) -> std::io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Who knows us by our address must see that one.
    if from.is_ipv4() == to.is_ipv4() {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    socket.connect(to).await
}

/// What is written goes out at once, and a peer that is not there any more is noticed in two minutes.
pub(crate) fn set_up(stream: &TcpStream) {
    let alive = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(15))
        .with_retries(4);
    let socket = socket2::SockRef::from(stream);
    let done = stream.set_nodelay(true).and_then(|()| socket.set_tcp_keepalive(&alive));
    if let Err(why) = done {
        tracing::debug!("a connection keeps its defaults: {why}");
    }
}

/// Reads and writes until it is over.
pub(super) async fn talk<S: AsyncRead + AsyncWrite>(mut ends: Ends, stream: S) {
    let (mut read, mut write) = tokio::io::split(stream);
    let mut buffer = vec![0; MAX_DATAGRAM];
    let mut stream = Stream::new(&mut buffer);
    let mut late = Some(Instant::now() + MESSAGE);
    loop {
        while let Some(piece) = stream.take() {
            let (octets, last) = match piece {
                Piece::Ping if put(&mut write, b"\r\n").await => continue,
                Piece::Ping => return,
                Piece::Message(octets) => (octets, false),
                Piece::Last(octets) => (octets, true),
            };
            if ends.tell.send(Heard::Message(ends.flow, octets.to_vec())).await.is_err() {
                return;
            }
            if last {
                return last_words(ends.out, read, write).await;
            }
            late = None;
        }
        late = if stream.is_amid() { late.or_else(|| Some(Instant::now() + MESSAGE)) } else { late };
        tokio::select! {
            came = read.read(stream.room()) => match came {
                Ok(0) | Err(_) => return,
                Ok(octets) => stream.came(octets),
            },
            octets = ends.out.recv() => match octets {
                Some(octets) if put(&mut write, &octets).await => {}
                Some(_) | None => return,
            },
            () = sleep_until(late.unwrap_or_else(Instant::now)), if late.is_some() => {
                return tracing::debug!("{} takes too long: its connection is cut off", ends.flow);
            }
        }
    }
}

/// What is still answered is written. What is not read any more is let come, so that the end does not overtake the answer.
async fn last_words(
    mut out: mpsc::Receiver<Vec<u8>>,
    mut read: impl AsyncRead + Unpin,
    mut write: impl AsyncWrite + Unpin,
) {
    let end = Instant::now() + LAST;
    while let Ok(Some(octets)) = timeout_at(end, out.recv()).await {
        put(&mut write, &octets).await;
    }
    let _ = write.shutdown().await;
    let mut nowhere = tokio::io::sink();
    let _ = timeout(LAST, tokio::io::copy(&mut read, &mut nowhere)).await;
}

async fn put<W: AsyncWrite + Unpin>(write: &mut W, octets: &[u8]) -> bool {
    let written = async {
        write.write_all(octets).await?;
        write.flush().await
    };
    matches!(timeout(WRITING, written).await, Ok(Ok(())))
}
