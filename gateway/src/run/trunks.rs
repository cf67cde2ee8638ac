//! Where trunks are: addresses are told to the engine at once, names are looked up, again and again.

use super::Daemon;
use crate::alarms::Kind;
use crate::servers::{self, Found, Wanted};
use std::collections::HashMap;
use std::time::Instant as Clock;
use strowger::base::{Flow, Transport};
use strowger_tools::trace::Input;
use tokio::sync::mpsc;

/// What was found of the trunks that are looked for.
pub(super) struct Lookups {
    tell: mpsc::Sender<Found>,
    found: mpsc::Receiver<Found>,
    /// What was said of each, so that it is not said again.
    said: HashMap<u16, String>,
}

impl Lookups {
    pub(super) fn new() -> Self {
        let (tell, found) = mpsc::channel(16);
        Self { tell, found, said: HashMap::new() }
    }

    /// The next that is found.
    pub(super) async fn next(&mut self) -> Option<Found> {
        self.found.recv().await
    }
}

impl Daemon {
    /// Finds every trunk. `tcp` and `tls` tell whether there is a listener that a trunk over that transport can come back to.
    pub(super) fn find_trunks(&mut self, tcp: bool, tls: bool) {
        let image = self.image;
        let listeners = [(Transport::Udp, true), (Transport::Tcp, tcp), (Transport::Tls, tls)];
        let can = listeners.into_iter().filter_map(|(transport, is)| is.then_some(transport));
        let can: Vec<Transport> = can.collect();
        for (trunk, row) in (0u16..).zip(image.trunks().iter()) {
            let (name, host, transport) = (image.text(row.name), image.text(row.host), row.transport());
            match servers::known(host, transport) {
                Some(server) => self.set_trunk_servers(trunk, &[server]),
                None => {
                    let (host, can) = (host.to_owned(), can.clone());
                    let wanted = Wanted { trunk, host, transport, can, v6: self.v6 };
                    tokio::spawn(servers::watch(wanted, self.lookups.tell.clone()));
                }
            }
            let option = match transport {
                Some(Transport::Tcp) if !tcp => "--sip-tcp",
                Some(Transport::Tls) if !tls => "--sip-tls",
                Some(Transport::Udp | Transport::Tcp | Transport::Tls) | None => continue,
            };
            let over = transport.unwrap_or_default().name();
            tracing::warn!(
                "trunk {name} is reached over {over} and told to answer at an address where nobody listens: give {option}"
            );
        }
    }

    /// A name was looked up: what is not known any better stays as it was.
    pub(super) fn found(&mut self, found: Found) {
        let image = self.image;
        let row = image.trunks().get(usize::from(found.trunk)).unwrap_or_default();
        let name = image.text(row.name);
        let said = match &found.servers {
            Ok(servers) => {
                let list: Vec<String> = servers.iter().map(ToString::to_string).collect();
                format!("is reached at {}", list.join(", then "))
            }
            Err(why) => why.clone(),
        };
        if self.lookups.said.get(&found.trunk) != Some(&said) {
            match &found.servers {
                Ok(_) => tracing::info!("trunk {name} {said}"),
                Err(_) => {
                    self.alarms.raise(Kind::Trunk, &format!("trunk {name}: {said}; it is looked for again"));
                }
            }
            self.lookups.said.insert(found.trunk, said);
        }
        if let Ok(servers) = found.servers {
            self.set_trunk_servers(found.trunk, &servers);
        }
    }

    /// Tells where a trunk's servers are. Whoever answers there over TLS must be who policy names (RFC 5922 section 7.1), whatever DNS says.
    pub(crate) fn set_trunk_servers(&mut self, trunk: u16, servers: &[Flow]) {
        let host = self.image.trunks().get(usize::from(trunk)).map_or("", |row| self.image.text(row.host));
        let channels = self.image.trunks().get(usize::from(trunk)).map_or(0, |row| row.channels);
        for server in servers {
            self.streams.name(server.peer, bare(host));
            self.shed.trunk(Clock::now(), server.ip(), channels);
        }
        self.servers.insert(trunk, servers.to_vec());
        if let Some(canary) = self.canaries.get_mut(&trunk) {
            canary.wake(Clock::now());
        }
        let now = self.now();
        self.give(now, &Input::SetTrunkServers { trunk, servers });
    }
}

/// A host without its port.
fn bare(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => host.trim_matches(['[', ']']),
        Some(_) | None => host,
    }
}
