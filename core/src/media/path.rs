//! Which way the media of a call takes: from phone to phone, or over the relay (domain 10.3; R93).
//!
//! ```text
//!  the zones' [[media_path]]   offer's addresses                            path
//!  none                        any                                          refused
//!  anchored                    any                                          anchored: zones
//!  direct                      any: the administrator has routed them       direct
//!  not listed                  of another family than a party's own         anchored: address-family
//!  not listed                  private, and a party's own address is not    anchored: private-address
//!  not listed                  else                                         direct
//! ```
//! What the answerer has said before counts as well, and the answer is looked at in the same way: where it shows that the two
//! are to meet otherwise, they are asked anew. Anchored without a relay is refused. An emergency call is never asked (law 4).

use super::judge::Refused;
use super::place::Places;
use core::net::IpAddr;

/// Which way.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Path {
    /// Media is not negotiated here: nothing was offered, or a party brings its own signalling.
    #[default]
    Open,
    /// From phone to phone.
    Direct,
    /// Over the relay.
    Anchored(Why),
}

/// Why media cannot go directly: the first that fails.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Why {
    /// The policy says so of these two zones.
    Zones,
    /// One party has IPv4, the other IPv6.
    AddressFamily,
    /// A private address is offered, and a party is reached by a public one.
    PrivateAddress,
}

impl Path {
    /// Its name, without the reason.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Direct => "direct",
            Self::Anchored(_) => "anchored",
        }
    }

    /// Why it is not direct.
    #[must_use]
    pub const fn why(self) -> Option<Why> {
        match self {
            Self::Open | Self::Direct => None,
            Self::Anchored(why) => Some(why),
        }
    }
}

impl Why {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zones => "zones",
            Self::AddressFamily => "address-family",
            Self::PrivateAddress => "private-address",
        }
    }
}

/// What policy says of two zones.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Between {
    /// Nothing: as the addresses are.
    #[default]
    Unlisted,
    /// They are routed.
    Direct,
    /// They meet at the relay.
    Anchored,
    /// They do not meet.
    None,
}

impl Between {
    /// From its number in the image; what is not known is closed.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Unlisted,
            1 => Self::Direct,
            2 => Self::Anchored,
            _ => Self::None,
        }
    }
}

/// What a path is decided by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Meeting<'a> {
    /// What policy says of the parties' zones.
    pub between: Between,
    /// Where the one who has just spoken awaits its media, and where the other does as far as it has said.
    pub awaited: [&'a Places; 2],
    /// The addresses by which both are signalled to, in the same order.
    pub signalled: [IpAddr; 2],
    /// There is a relay.
    pub relay: bool,
}

impl Meeting<'_> {
    /// Decides. Work: linear in the streams, of which there are at most eight.
    ///
    /// # Errors
    /// [`Refused`] says why they cannot meet: 488.
    pub fn path(&self) -> Result<Path, Refused> {
        let why = match self.between {
            Between::None => return Err(Refused::NoPath),
            Between::Direct => return Ok(Path::Direct),
            Between::Anchored => Why::Zones,
            Between::Unlisted if self.other_family() => Why::AddressFamily,
            Between::Unlisted if self.hidden() => Why::PrivateAddress,
            Between::Unlisted => return Ok(Path::Direct),
        };
        if !self.relay {
            return Err(Refused::NoRelay);
        }
        // What is not understood cannot be relayed.
        let [speaker, _] = self.awaited;
        if speaker.unknown { Err(Refused::Address) } else { Ok(Path::Anchored(why)) }
    }

    /// Who has not said where it awaits media is taken to do so where it is signalled to.
    fn other_family(&self) -> bool {
        let [speaker, other] = self.awaited;
        let [_, signalled] = self.signalled;
        let silent = other.addresses().next().is_none().then_some(signalled);
        let mut others = other.addresses().chain(silent);
        others.any(|other| speaker.addresses().any(|address| address.is_ipv4() != other.is_ipv4()))
    }

    fn hidden(&self) -> bool {
        let public = self.signalled.iter().any(|address| !is_private(*address));
        let mut awaited = self.awaited.iter().flat_map(|places| places.addresses());
        public && awaited.any(is_private)
    }
}

/// Whether an address means something only nearby: those that the registries of RFC 6890 do not call globally reachable
/// (RFC 1918, RFC 6598, RFC 3927, RFC 5737, RFC 2544; RFC 4193, RFC 4291, RFC 3849).
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, _, _] = v4.octets();
            let near = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_documentation();
            near || a == 100 && b & 0xC0 == 64 || a == 198 && b & 0xFE == 18
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            let local = first & 0xFE00 == 0xFC00 || first & 0xFFC0 == 0xFE80;
            v6.is_loopback() || local || first == 0x2001 && second == 0x0DB8
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::summary::Described;

    fn places(address: &str) -> Places {
        let family = if address.contains(':') { "IP6" } else { "IP4" };
        let text = std::format!(
            "v=0\r\no=- 1 1 IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
        );
        Described::read(text.as_bytes()).places
    }

    fn path(between: Between, offered: &str, signalled: [&str; 2], relay: bool) -> Result<Path, Refused> {
        meet(between, [&places(offered), &Places::NONE], signalled, relay)
    }

    fn meet(
        between: Between,
        awaited: [&Places; 2],
        signalled: [&str; 2],
        relay: bool,
    ) -> Result<Path, Refused> {
        let signalled = signalled.map(|address| address.parse().unwrap());
        Meeting { between, awaited, signalled, relay }.path()
    }

    #[test]
    fn r93_the_first_that_fails_is_named() {
        use Between::{Anchored, Direct, None, Unlisted};
        let near = ["10.0.0.1", "10.0.0.2"];
        let anchored = |why| Ok(Path::Anchored(why));
        assert_eq!(path(Unlisted, "10.0.0.1", near, true), Ok(Path::Direct));
        assert_eq!(path(Direct, "10.0.0.1", near, false), Ok(Path::Direct));
        assert_eq!(path(Anchored, "10.0.0.1", near, true), anchored(Why::Zones));
        assert_eq!(path(None, "10.0.0.1", near, true), Err(Refused::NoPath));
        // The other party is a carrier, or the offerer is behind a translator.
        for signalled in [["10.0.0.1", "9.9.9.9"], ["9.9.9.9", "10.0.0.2"]] {
            assert_eq!(path(Unlisted, "10.0.0.1", signalled, true), anchored(Why::PrivateAddress));
            assert_eq!(path(Direct, "10.0.0.1", signalled, true), Ok(Path::Direct));
            assert_eq!(path(Unlisted, "8.8.8.8", signalled, true), Ok(Path::Direct));
        }
        assert_eq!(path(Unlisted, "fd00::1", ["fd00::1", "10.0.0.2"], true), anchored(Why::AddressFamily));
        assert_eq!(
            path(Unlisted, "10.0.0.1", ["10.0.0.1", "2001:db8::2"], true),
            anchored(Why::AddressFamily)
        );
    }

    /// The order in which they have spoken is of no consequence.
    #[test]
    fn r93_what_both_have_said_counts() {
        let carrier = ["10.0.0.1", "9.9.9.9"];
        let both = [places("8.8.8.8"), places("10.0.0.1"), places("2001:db9::1"), places("2001:db9::2")];
        let [public, private, one, other] = &both;
        for (awaited, signalled, path) in [
            ([public, private], carrier, Path::Anchored(Why::PrivateAddress)),
            ([public, public], carrier, Path::Direct),
            ([public, one], carrier, Path::Anchored(Why::AddressFamily)),
            ([one, other], carrier, Path::Direct),
        ] {
            assert_eq!(meet(Between::Unlisted, awaited, signalled, true), Ok(path));
            let [first, second] = awaited;
            assert_eq!(meet(Between::Unlisted, [second, first], signalled, true), Ok(path));
        }
    }

    #[test]
    fn r93_without_a_relay_what_would_be_anchored_is_refused() {
        for between in [Between::Anchored, Between::Unlisted] {
            let carrier = ["10.0.0.1", "9.9.9.9"];
            assert_eq!(path(between, "10.0.0.1", carrier, false), Err(Refused::NoRelay));
        }
    }

    #[test]
    fn what_is_not_understood_is_not_relayed() {
        let text = b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 phone.example\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
        let offered = Described::read(text).places;
        let meeting = |between| meet(between, [&offered, &Places::NONE], ["10.0.0.1", "10.0.0.2"], true);
        assert_eq!(meeting(Between::Anchored), Err(Refused::Address));
        assert_eq!(meeting(Between::Unlisted), Ok(Path::Direct));
    }

    #[test]
    fn private_addresses_are_those_of_the_registries() {
        let private = [
            "10.9.9.9",
            "172.31.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.1",
        ];
        for address in private.into_iter().chain([
            "198.51.100.1",
            "198.19.0.1",
            "::1",
            "fd12::1",
            "fe80::1",
            "2001:db8::1",
        ]) {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in
            ["172.32.0.1", "100.63.0.1", "100.128.0.1", "198.20.0.1", "9.9.9.9", "2001:db9::1", "fec0::1"]
        {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }
}
