//! Which server of a domain is tried, and in which order (RFC 3263, with RFC 2782 and RFC 3403): what DNS is to be asked, and what is made
//! of its answers. Pure functions over records; whoever has a resolver asks.
//!
//! ```text
//!  an address ------------------------------------------> that, over the transport named, else UDP
//!  a name with a port ----------------------------------> its addresses, at that port
//!  a name, transport named --- SRV ----- records? ------> their hosts, in order, each with its port
//!  a name, no transport ------ NAPTR --- records? - SRV -> the same, over the best that both can
//!                                        none:      SRV for each transport, the first that has any
//!                              no SRV anywhere ---------> its addresses, at the default port, over UDP
//! ```

use crate::base::{Flow, Transport};
use core::net::{IpAddr, SocketAddr};

/// The first question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Question<'a> {
    /// None: it is there.
    None(Flow),
    /// Addresses (A and AAAA) of this name; the servers are at this port.
    Addresses {
        /// The name.
        name: &'a str,
        /// The port.
        port: u16,
        /// The transport.
        transport: Transport,
    },
    /// SRV records of [`service`] and this name; if there are none, its addresses at the default port.
    Services {
        /// The name.
        name: &'a str,
        /// The transport.
        transport: Transport,
    },
    /// NAPTR records of this name, see [`choose`]; if there are none, SRV records for each transport of ours, see [`PREFERRED`].
    Pointers {
        /// The name.
        name: &'a str,
    },
}

/// Transports in the order in which SRV records are asked for where NAPTR says nothing: that of UDP first, which is what such a domain is
/// reached by from those who do not ask (section 4.1).
pub const PREFERRED: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

/// Begins (sections 4.1 and 4.2): `host` is an address, or a name, with a port or without. `None` if it is neither.
#[must_use]
pub fn question(host: &str, transport: Option<Transport>) -> Option<Question<'_>> {
    let named = transport.unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Some(Question::None(Flow::new(SocketAddr::new(ip, default_port(named)), named)));
    }
    if let Ok(address) = host.parse::<SocketAddr>() {
        return Some(Question::None(Flow::new(address, named)));
    }
    match (host.rsplit_once(':'), transport) {
        (Some((name, port)), _) => {
            let port =
                port.parse().ok().filter(|port| *port > 0 && !name.is_empty() && !name.contains(':'))?;
            Some(Question::Addresses { name, port, transport: named })
        }
        (None, _) if host.is_empty() => None,
        (None, Some(transport)) => Some(Question::Services { name: host, transport }),
        (None, None) => Some(Question::Pointers { name: host }),
    }
}

/// What stands before a domain in the name of its SRV records (section 4.2).
#[must_use]
pub const fn service(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "_sip._udp.",
        Transport::Tcp => "_sip._tcp.",
        Transport::Tls => "_sips._tcp.",
    }
}

/// The port of a transport where none is said (RFC 3261 section 19.1.2).
#[must_use]
pub const fn default_port(transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp => 5060,
        Transport::Tls => 5061,
    }
}

/// What counts of a NAPTR record (RFC 3403 section 4.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pointer<'a> {
    /// The lowest is taken first.
    pub order: u16,
    /// Among equals of order the lowest is.
    pub preference: u16,
    /// `s`: its replacement has SRV records.
    pub flags: &'a [u8],
    /// `SIP+D2U`, `SIP+D2T`, `SIPS+D2T`.
    pub service: &'a [u8],
    /// Where it leads.
    pub replacement: &'a str,
}

/// The record that leads to the transport that a domain likes best of those that we can (section 4.1), and that transport: its replacement
/// is the name of the SRV records. `None` if no record is of use. Linear in the records.
pub fn choose<'a>(records: &[Pointer<'a>], can: impl Fn(Transport) -> bool) -> Option<(Transport, &'a str)> {
    let usable = records.iter().filter(|one| one.flags.eq_ignore_ascii_case(b"s")).filter_map(|one| {
        let services: [(&[u8], Transport); 3] =
            [(b"SIP+D2U", Transport::Udp), (b"SIP+D2T", Transport::Tcp), (b"SIPS+D2T", Transport::Tls)];
        let (_, transport) = services.into_iter().find(|(name, _)| one.service.eq_ignore_ascii_case(name))?;
        can(transport).then_some((one, transport))
    });
    let best = usable.min_by_key(|(one, _)| (one.order, one.preference));
    best.map(|(one, transport)| (transport, one.replacement))
}

/// An SRV record, of which the host is the caller's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Service<T> {
    /// The lowest is tried first.
    pub priority: u16,
    /// Among equals of priority the share of those that come first.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host.
    pub host: T,
}

/// Puts SRV records in the order in which they are tried (RFC 2782, "Usage rules"): by priority, and within one by chance, each as likely as
/// its weight says. `dice(n)` is a random number from 0 to `n`, both of them included. Quadratic in the records of one priority.
pub fn order<T>(records: &mut [Service<T>], mut dice: impl FnMut(u32) -> u32) {
    // Those of weight 0 first: they are chosen then only if nothing else is, or the dice show 0.
    records.sort_unstable_by_key(|one| (one.priority, one.weight > 0));
    let mut rest = records;
    while let Some(first) = rest.first() {
        let priority = first.priority;
        let alike = rest.iter().take_while(|one| one.priority == priority);
        let total = alike.map(|one| u32::from(one.weight)).fold(0, u32::saturating_add);
        let wanted = dice(total).min(total);
        let mut sum: u32 = 0;
        let chosen = rest.iter().position(|one| {
            sum = sum.saturating_add(u32::from(one.weight));
            sum >= wanted
        });
        // What stands before it moves up by one, so that the order of the others stays.
        if let Some(front) = chosen.and_then(|chosen| rest.get_mut(..=chosen)) {
            front.rotate_right(1);
        }
        rest = rest.get_mut(1..).unwrap_or_default();
    }
}

#[cfg(test)]
#[path = "servers_tests.rs"]
mod tests;
