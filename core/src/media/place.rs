//! Where the streams of a description are awaited: what pinholes and a relay need of it.

use crate::wire::sdp::MAX_MEDIA;
use crate::wire::sip::Host;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Addresses that one description may name.
const MAX_ADDRESSES: usize = 2;
/// Nothing is awaited by UDP here.
const NO_PORT: u16 = 0;

/// Where one stream is awaited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// Its packets.
    pub rtp: SocketAddr,
    /// Its reports; the same where both share a port (RFC 5761).
    pub rtcp: SocketAddr,
}

/// Where the streams of a description are awaited. Streams that are refused, on hold by the address 0.0.0.0 (RFC 2543), or
/// not carried by UDP have no place.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Places {
    addresses: [IpAddr; MAX_ADDRESSES],
    /// Bit n: stream n is at the second address.
    second: u8,
    ports: [[u16; 2]; MAX_MEDIA],
    count: u8,
    /// A stream's address is a name, or one more than are kept: where it is awaited, nobody here knows.
    pub unknown: bool,
}

impl Places {
    /// No streams.
    pub const NONE: Self = Self {
        addresses: [IpAddr::V4(Ipv4Addr::UNSPECIFIED); MAX_ADDRESSES],
        second: 0,
        ports: [[NO_PORT; 2]; MAX_MEDIA],
        count: 0,
        unknown: false,
    };

    /// At one address, with these ports of RTP and RTCP; 0: the stream has no place.
    #[must_use]
    pub fn at(address: IpAddr, ports: &[[u16; 2]]) -> Self {
        let mut places = Self { addresses: [address; MAX_ADDRESSES], ..Self::NONE };
        for (to, from) in places.ports.iter_mut().zip(ports) {
            *to = *from;
            places.count = places.count.saturating_add(1);
        }
        places
    }

    /// The next stream, at an address or a name, with its ports of RTP and RTCP if it has any.
    pub(super) fn push(&mut self, host: Option<Host<'_>>, ports: Option<[u16; 2]>) {
        let index = usize::from(self.count);
        let Some(place) = self.ports.get_mut(index) else { return };
        self.count = self.count.saturating_add(1);
        let Some(ports) = ports else { return };
        let address = match host {
            Some(Host::V4(address)) => IpAddr::V4(address),
            Some(Host::V6(address)) => IpAddr::V6(address),
            Some(Host::Name(_) | Host::None) | None => {
                self.unknown = true;
                return;
            }
        };
        if address.is_unspecified() {
            return;
        }
        let [first, second] = &mut self.addresses;
        if first.is_unspecified() || *first == address {
            *first = address;
        } else if second.is_unspecified() || *second == address {
            *second = address;
            self.second |= 1u8.checked_shl(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0);
        } else {
            self.unknown = true;
            return;
        }
        *place = ports;
    }

    /// Streams, with a place or without.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The place of a stream.
    #[must_use]
    pub fn get(&self, stream: usize) -> Option<Place> {
        let [rtp, rtcp] = *self.ports.get(stream)?;
        if rtp == NO_PORT {
            return None;
        }
        let [first, second] = self.addresses;
        let bit = u32::try_from(stream).ok().and_then(|stream| 1u8.checked_shl(stream)).unwrap_or(0);
        let address = if self.second & bit == 0 { first } else { second };
        Some(Place { rtp: SocketAddr::new(address, rtp), rtcp: SocketAddr::new(address, rtcp) })
    }

    /// The places that there are, with their streams.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Place)> + '_ {
        (0..self.len()).filter_map(|stream| Some((stream, self.get(stream)?)))
    }

    /// The addresses that are used.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.iter().map(|(_, place)| place.rtp.ip())
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::NONE
    }
}
