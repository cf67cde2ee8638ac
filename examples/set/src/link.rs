//! One connection with a controller: bytes to frames, their order, and signs of life (sections "Transport", "Frames" and "The
//! way of a connection").

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::frames::{Down, Fault, HEADER, Header, Up};
use crate::options::Tls;
use crate::words::bye;

/// How long a controller may take for the connection, TLS, Welcome, and for what it is sent. The document gives a set four
/// seconds for its part and says nothing about the other's.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// Heartbeats of silence that end a connection.
pub const MISSED: u32 = 3;

/// Why a connection ended from this side.
#[derive(Debug)]
pub enum End {
    /// It is gone.
    Lost(io::Error),
    /// Three heartbeats without a frame.
    Silence,
    /// What came cannot be followed.
    Fault(Fault),
}

/// A connection.
#[derive(Debug)]
pub struct Link {
    wire: Wire,
    /// What came and is not a whole frame yet.
    inbox: Vec<u8>,
    /// The sequence of the last frame said.
    said: u32,
    /// And of the last one taken.
    taken: u32,
    /// What the other side acknowledged last.
    acknowledged: u32,
    /// Between signs of life, as Welcome said.
    heartbeat: Option<Duration>,
    heard_at: Instant,
    /// When to say Alive, if nothing else is said before.
    alive_at: Option<Instant>,
}

enum Wire {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Link {
    /// Connects, by TLS where it says how the controller is known: never in clear instead.
    ///
    /// # Errors
    /// There is nobody, or not who was expected.
    pub fn open(controller: &str, tls: Option<&Tls>) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{controller} has no address"));
        for address in controller.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => return Self::over(stream, tls),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn over(stream: TcpStream, tls: Option<&Tls>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let wire = match tls {
            None => Wire::Clear(stream),
            Some(tls) => Wire::Tls(Box::new(handshake(stream, tls)?)),
        };
        let heard_at = Instant::now();
        Ok(Self {
            wire,
            inbox: Vec::new(),
            said: 0,
            taken: 0,
            acknowledged: 0,
            heartbeat: None,
            heard_at,
            alive_at: None,
        })
    }

    /// Its address on this side.
    ///
    /// # Errors
    /// It is gone.
    pub fn local_ip(&self) -> io::Result<IpAddr> {
        Ok(self.wire.stream().local_addr()?.ip())
    }

    /// Says something, and with it what was taken.
    ///
    /// # Errors
    /// It is gone, or does not take anything any more.
    pub fn say(&mut self, up: &Up) -> io::Result<()> {
        // Sequences do not wrap: a connection ends before.
        self.said = self.said.checked_add(1).ok_or(io::ErrorKind::QuotaExceeded)?;
        self.wire.write(&Header::frame(up.kind(), self.said, self.taken, &up.body()))?;
        self.plan();
        Ok(())
    }

    /// Says Bye and closes. What still comes is read for a moment and not looked at: a socket that is closed over what it has not
    /// read resets the connection, and the other side would lose the Bye with it.
    pub fn bye(mut self, reason: u8) {
        let until = Instant::now() + Duration::from_millis(200);
        if self.say(&Up::Bye(reason)).is_err() || self.wire.stream().shutdown(Shutdown::Write).is_err() {
            return;
        }
        while Instant::now() < until && self.read(until.saturating_duration_since(Instant::now())).is_ok() {
            self.inbox.clear();
        }
    }

    /// Begins to beat.
    pub fn beat(&mut self, heartbeat: Duration) {
        self.heartbeat = Some(heartbeat);
        self.plan();
    }

    /// The next frame, or nothing until then. Says Alive when that is due, so it has to be called more often than that.
    ///
    /// # Errors
    /// The connection has ended; nothing is said any more but Bye.
    pub fn hear(&mut self, until: Instant) -> Result<Option<Down>, End> {
        loop {
            if let Some(down) = self.next().map_err(End::Fault)? {
                return Ok(Some(down));
            }
            let now = Instant::now();
            let silent_at = self.heard_at + self.heartbeat.map_or(PATIENCE, |heartbeat| heartbeat * MISSED);
            if now >= silent_at {
                return Err(End::Silence);
            }
            if self.alive_at.is_some_and(|alive_at| now >= alive_at) {
                self.say(&Up::Alive).map_err(End::Lost)?;
            }
            let wake = self.alive_at.map_or(silent_at, |alive_at| alive_at.min(silent_at)).min(until);
            let came = self.read(wake.saturating_duration_since(now)).map_err(End::Lost)?;
            if !came && Instant::now() >= until {
                return Ok(None);
            }
        }
    }

    /// Takes the next frame out of what came.
    fn next(&mut self) -> Result<Option<Down>, Fault> {
        let Some(header) = self.inbox.first_chunk::<HEADER>() else { return Ok(None) };
        let header = Header::read(*header)?;
        // Sequences do not wrap, so none comes after the last.
        if Some(header.sequence) != self.taken.checked_add(1) {
            return Err(Fault::Sequence("a sequence that is not the next"));
        }
        if header.acknowledged > self.said {
            return Err(Fault::Sequence("acknowledged what was not sent"));
        }
        if header.acknowledged < self.acknowledged {
            return Err(Fault::Sequence("acknowledged less than before"));
        }
        let Some(body) = self.inbox.get(HEADER..HEADER + header.length) else { return Ok(None) };
        let down = Down::read(header.kind, body)?;
        self.inbox.drain(..HEADER + header.length);
        self.taken = header.sequence;
        self.acknowledged = header.acknowledged;
        self.heard_at = Instant::now();
        Ok(Some(down))
    }

    /// Whether anything came in this time.
    fn read(&mut self, wait: Duration) -> io::Result<bool> {
        // No time at all would mean for ever.
        self.wire.stream().set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        let mut octets = [0; 4_096];
        match self.wire.read(&mut octets) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(many) => {
                self.inbox.extend_from_slice(octets.get(..many).unwrap_or_default());
                Ok(true)
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted => Ok(false),
                _ => Err(error),
            },
        }
    }

    /// Something was said: Alive is due after a heartbeat, less up to a fifth by chance, so that not all sets of a house speak
    /// at once.
    fn plan(&mut self) {
        self.alive_at = self.heartbeat.map(|heartbeat| Instant::now() + jitter(heartbeat, crate::chance()));
    }
}

impl End {
    /// What Bye gives as the reason, if there is anybody to say it to.
    #[must_use]
    pub fn reason(&self) -> Option<u8> {
        match self {
            Self::Lost(_) => None,
            Self::Silence => Some(bye::SILENCE),
            Self::Fault(fault) => Some(fault.reason()),
        }
    }
}

impl Wire {
    fn stream(&self) -> &TcpStream {
        match self {
            Self::Clear(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }

    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(octets),
            Self::Tls(stream) => stream.read(octets),
        }
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.write_all(octets),
            Self::Tls(stream) => stream.write_all(octets).and_then(|()| stream.flush()),
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Clear(_)) { "clear" } else { "TLS" })
    }
}

/// A heartbeat, less up to a fifth.
fn jitter(heartbeat: Duration, chance: u64) -> Duration {
    let thousandths = u32::try_from(chance % 201).unwrap_or_default();
    heartbeat - heartbeat * thousandths / 1_000
}

fn handshake(mut stream: TcpStream, tls: &Tls) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let wrong = |error: String| io::Error::new(io::ErrorKind::InvalidInput, error);
    let mut roots = RootCertStore::empty();
    let file = tls.ca.display();
    for certificate in
        CertificateDer::pem_file_iter(&tls.ca).map_err(|error| wrong(format!("{file}: {error}")))?
    {
        let certificate = certificate.map_err(|error| wrong(format!("{file}: {error}")))?;
        roots.add(certificate).map_err(|error| wrong(format!("{file}: {error}")))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name =
        ServerName::try_from(tls.name.clone()).map_err(|error| wrong(format!("{}: {error}", tls.name)))?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::jitter;

    #[test]
    fn a_heartbeat_is_shorter_by_up_to_a_fifth() {
        let heartbeat = Duration::from_secs(20);
        assert_eq!((jitter(heartbeat, 0), jitter(heartbeat, 200)), (heartbeat, Duration::from_secs(16)));
        assert!((0..1_000).all(|chance| (16..=20).contains(&jitter(heartbeat, chance).as_secs())));
    }
}
