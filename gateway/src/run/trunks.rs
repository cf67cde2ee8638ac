//! Where trunks are: their hosts, found once when the gateway begins.

use super::Daemon;
use std::net::{SocketAddr, ToSocketAddrs};
use strowger::base::Transport;

impl Daemon {
    /// Finds the address of every trunk. A name that cannot be resolved is said, and its calls fail. `tcp` and `tls` tell whether
    /// there is a listener that a trunk over that transport can come back to.
    pub(super) fn find_trunks(&mut self, tcp: bool, tls: bool) {
        let image = self.image;
        let family = if self.v6 { "IPv6" } else { "IPv4" };
        for (row, trunk) in (0u16..).zip(image.trunks().iter()) {
            let (name, host, transport) = (image.text(trunk.name), image.text(trunk.host), trunk.transport());
            match find(host, transport, self.v6) {
                Ok(Some(address)) => {
                    self.set_trunk_address(row, address);
                    self.streams.name(address, bare(host));
                }
                Ok(None) => {
                    tracing::warn!("trunk {name}: {host} has no {family} address; its calls will fail")
                }
                Err(why) => {
                    tracing::warn!("trunk {name}: {host} cannot be resolved ({why}); its calls will fail");
                }
            }
            let option = match transport {
                Transport::Tcp if !tcp => "--sip-tcp",
                Transport::Tls if !tls => "--sip-tls",
                Transport::Udp | Transport::Tcp | Transport::Tls => continue,
            };
            tracing::warn!(
                "trunk {name} is reached over {} and told to answer at an address where nobody listens: give {option}",
                transport.name()
            );
        }
    }
}

/// Its address, of our own family: 5061 is the port of TLS, 5060 of the others (RFC 3261 section 19.1.2).
fn find(host: &str, transport: Transport, v6: bool) -> std::io::Result<Option<SocketAddr>> {
    if let Ok(address) = host.parse() {
        return Ok(Some(address));
    }
    let port = if transport == Transport::Tls { 5061 } else { 5060 };
    let named = if host.contains(':') { host.to_owned() } else { format!("{host}:{port}") };
    Ok(named.to_socket_addrs()?.find(|address| address.is_ipv6() == v6))
}

/// A host without its port.
fn bare(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => host.trim_matches(['[', ']']),
        Some(_) | None => host,
    }
}
