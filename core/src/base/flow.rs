//! Which way a message takes: from or to whom, and over which transport.

use core::fmt::Write as _;
use core::net::{IpAddr, SocketAddr};

/// A transport of SIP (RFC 3261 section 18, RFC 5630 for TLS).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Transport {
    /// Datagrams: what is lost is sent again by timers.
    #[default]
    Udp,
    /// A stream in clear.
    Tcp,
    /// A stream that nobody else reads.
    Tls,
}

impl Transport {
    /// All of them; the place of each is its number.
    pub const ALL: [Self; 3] = [Self::Udp, Self::Tcp, Self::Tls];

    /// Its number: 0 UDP, 1 TCP, 2 TLS.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Udp => 0,
            Self::Tcp => 1,
            Self::Tls => 2,
        }
    }

    /// Whether what is sent arrives, or its sender hears that it does not.
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp | Self::Tls => true,
        }
    }

    /// Its name in a Via (RFC 3261 section 25.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }

    /// The parameter of a `sip` URI that asks for it; none for UDP, which is meant without one.
    #[must_use]
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Udp => "",
            Self::Tcp => ";transport=tcp",
            Self::Tls => ";transport=tls",
        }
    }
}

/// An association with a peer (RFC 5626 section 2): its address, and the transport. Over TCP and TLS it is one connection,
/// for a peer has one from each of its ports.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Flow {
    /// The peer's end.
    pub peer: SocketAddr,
    /// How.
    pub transport: Transport,
}

impl Flow {
    /// Over this transport.
    #[must_use]
    pub const fn new(peer: SocketAddr, transport: Transport) -> Self {
        Self { peer, transport }
    }

    /// The peer's IP address.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.peer.ip()
    }
}

/// Datagrams from or to an address.
impl From<SocketAddr> for Flow {
    fn from(peer: SocketAddr) -> Self {
        Self { peer, transport: Transport::Udp }
    }
}

impl core::fmt::Display for Flow {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for c in self.transport.name().chars() {
            f.write_char(c.to_ascii_lowercase())?;
        }
        write!(f, " {}", self.peer)
    }
}
