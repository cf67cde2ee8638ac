//! Which way a message takes: from or to whom, and over which transport.

use core::fmt::Write as _;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

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

/// The same in less room, for what is kept long. A flow label of IPv6 names no peer, and is not kept.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Packed {
    /// Of IPv4 the first four.
    octets: [u8; 16],
    scope: u32,
    port: u16,
    transport: Transport,
    v4: bool,
}

impl Packed {
    /// Nobody's.
    pub const EMPTY: Self = Self { octets: [0; 16], scope: 0, port: 0, transport: Transport::Udp, v4: true };

    /// As it was.
    #[must_use]
    pub fn flow(&self) -> Flow {
        let [a, b, c, d, ..] = self.octets;
        let peer = if self.v4 {
            SocketAddr::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), self.port)
        } else {
            SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::from(self.octets), self.port, 0, self.scope))
        };
        Flow { peer, transport: self.transport }
    }
}

impl From<Flow> for Packed {
    fn from(flow: Flow) -> Self {
        let (octets, scope, v4) = match flow.peer {
            SocketAddr::V4(peer) => {
                let [a, b, c, d] = peer.ip().octets();
                ([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0, true)
            }
            SocketAddr::V6(peer) => (peer.ip().octets(), peer.scope_id(), false),
        };
        Self { octets, scope, port: flow.peer.port(), transport: flow.transport, v4 }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_the_same_but_for_the_label() {
        for text in ["192.0.2.1:5060", "[2001:db8::1]:5061", "[::ffff:192.0.2.1]:5060", "0.0.0.0:0", "[::]:0"]
        {
            for transport in Transport::ALL {
                let flow = Flow::new(text.parse().unwrap(), transport);
                assert_eq!(Packed::from(flow).flow(), flow);
            }
        }
        let local = |label, scope| {
            Flow::new(
                SocketAddrV6::new("fe80::1".parse().unwrap(), 5060, label, scope).into(),
                Transport::Tcp,
            )
        };
        assert_eq!(Packed::from(local(7, 2)).flow(), local(0, 2));
        assert_ne!(Packed::from(local(0, 1)), Packed::from(local(0, 2)), "another link");
        let v4 = Flow::from(SocketAddr::from(([192, 0, 2, 1], 5060)));
        let mapped = Flow::from("[::ffff:192.0.2.1]:5060".parse::<SocketAddr>().unwrap());
        assert_ne!(Packed::from(v4), Packed::from(mapped));
    }
}
