//! Where trunks are: DNS is asked as the engine says (RFC 3263), again when an answer grows old, and until there is one.

use hickory_resolver::proto::rr::{RData, Record, RecordType};
use hickory_resolver::{Resolver, TokioResolver};
use std::time::{Duration, Instant};
use strowger::base::{Flow, Transport};
use strowger::exchange::MAX_SERVERS;
use strowger::signalling::servers::{
    PREFERRED, Pointer, Question, Service, choose, default_port, order, question, service,
};
use tokio::sync::mpsc;

/// An answer is good for as long as it says, between these.
const GOOD: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(3600)];
/// After a failure it is asked again, twice as long later each time.
const AGAIN: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(300)];

/// What is to be found.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Row of the trunk.
    pub(crate) trunk: u16,
    /// Its host, as policy has it.
    pub(crate) host: String,
    /// The transport that policy names.
    pub(crate) transport: Option<Transport>,
    /// The transports over which we can be answered.
    pub(crate) can: Vec<Transport>,
    /// Addresses of IPv6, else of IPv4.
    pub(crate) v6: bool,
}

/// Where a trunk is, in the order in which its servers are tried; or why that is not known.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) trunk: u16,
    pub(crate) servers: Result<Vec<Flow>, String>,
}

/// The server of a host that is an address.
pub(crate) fn known(host: &str, transport: Option<Transport>) -> Option<Flow> {
    match question(host, transport) {
        Some(Question::None(flow)) => Some(flow),
        Some(Question::Addresses { .. } | Question::Services { .. } | Question::Pointers { .. }) | None => {
            None
        }
    }
}

/// Finds it, and tells each time; ends when nobody listens.
pub(crate) async fn watch(wanted: Wanted, tell: mpsc::Sender<Found>) {
    let mut pause = AGAIN[0];
    loop {
        let found = find(&wanted).await;
        let wait = match &found {
            Ok((_, until)) => {
                pause = AGAIN[0];
                until.saturating_duration_since(Instant::now()).clamp(GOOD[0], GOOD[1])
            }
            Err(_) => {
                let now = pause;
                pause = (pause * 2).min(AGAIN[1]);
                now
            }
        };
        let servers = found.map(|(servers, _)| servers);
        if tell.send(Found { trunk: wanted.trunk, servers }).await.is_err() {
            return;
        }
        tokio::time::sleep(wait).await;
    }
}

/// The servers, and until when that is good.
async fn find(wanted: &Wanted) -> Result<(Vec<Flow>, Instant), String> {
    // Anew each time: who gives this machine its address may have told of other name servers.
    let resolver = Resolver::builder_tokio().and_then(hickory_resolver::ResolverBuilder::build);
    let resolver =
        resolver.map_err(|why| format!("the name servers of this machine are not known: {why}"))?;
    let mut dns = Dns { resolver, v6: wanted.v6, until: Instant::now() + GOOD[1] };
    let host = wanted.host.as_str();
    let servers = match question(host, wanted.transport) {
        None => return Err(format!("{host} is neither an address nor a name")),
        Some(Question::None(flow)) => vec![flow],
        Some(Question::Addresses { name, port, transport }) => dns.addresses(name, port, transport).await?,
        Some(Question::Services { name, transport }) => {
            let services = dns.services(&format!("{}{name}", service(transport)), transport).await?;
            dns.or_addresses(services, name, transport).await?
        }
        Some(Question::Pointers { name }) => dns.pointed(name, &wanted.can).await?,
    };
    if servers.is_empty() {
        let family = if wanted.v6 { "IPv6" } else { "IPv4" };
        return Err(format!("{host} has no {family} address"));
    }
    Ok((servers, dns.until))
}

struct Dns {
    resolver: TokioResolver,
    v6: bool,
    until: Instant,
}

impl Dns {
    /// Records of a name; none if it has none of that kind. Whether it has must be known: a name server that does not answer
    /// does not say no.
    async fn records(&mut self, name: &str, kind: RecordType) -> Result<Vec<Record>, String> {
        match self.resolver.lookup(name, kind).await {
            Ok(found) => {
                self.until = self.until.min(found.valid_until());
                Ok(found.answers().to_vec())
            }
            Err(why) if why.is_no_records_found() => Ok(Vec::new()),
            Err(why) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                Err(format!("DNS does not say where {name} is: {why}"))
            }
        }
    }

    async fn addresses(&mut self, name: &str, port: u16, transport: Transport) -> Result<Vec<Flow>, String> {
        let kind = if self.v6 { RecordType::AAAA } else { RecordType::A };
        let records = self.records(name, kind).await?;
        let ips = records.iter().filter_map(|record| record.data.ip_addr());
        Ok(ips.map(|ip| Flow::new((ip, port).into(), transport)).take(MAX_SERVERS).collect())
    }

    /// The servers of SRV records, in order; `None` if there are no records.
    async fn services(&mut self, name: &str, transport: Transport) -> Result<Option<Vec<Flow>>, String> {
        let records = self.records(&rooted(name), RecordType::SRV).await?;
        let mut services: Vec<Service<String>> = records
            .iter()
            .filter_map(|record| match &record.data {
                RData::SRV(srv) => Some(Service {
                    priority: srv.priority,
                    weight: srv.weight,
                    port: srv.port,
                    host: srv.target.to_string(),
                }),
                _ => None,
            })
            .collect();
        if services.is_empty() {
            return Ok(None);
        }
        order(&mut services, dice);
        let mut servers = Vec::new();
        // `.` says that there is no such service (RFC 2782).
        for one in services.iter().filter(|one| one.host != ".") {
            servers.extend(self.addresses(&one.host, one.port, transport).await?);
            if servers.len() >= MAX_SERVERS {
                break;
            }
        }
        servers.truncate(MAX_SERVERS);
        Ok(Some(servers))
    }

    async fn or_addresses(
        &mut self,
        services: Option<Vec<Flow>>,
        name: &str,
        transport: Transport,
    ) -> Result<Vec<Flow>, String> {
        match services {
            Some(servers) => Ok(servers),
            None => self.addresses(name, default_port(transport), transport).await,
        }
    }

    /// Where the domain says which transport it likes, else the first that it has SRV records for, else UDP.
    async fn pointed(&mut self, name: &str, can: &[Transport]) -> Result<Vec<Flow>, String> {
        let records = self.records(&rooted(name), RecordType::NAPTR).await?;
        let texts: Vec<_> = records
            .iter()
            .filter_map(|record| match &record.data {
                RData::NAPTR(naptr) => Some((naptr, naptr.replacement.to_string())),
                _ => None,
            })
            .collect();
        let pointers: Vec<Pointer<'_>> = texts
            .iter()
            .map(|(naptr, replacement)| Pointer {
                order: naptr.order,
                preference: naptr.preference,
                flags: &naptr.flags,
                service: &naptr.services,
                replacement,
            })
            .collect();
        if let Some((transport, replacement)) = choose(&pointers, |transport| can.contains(&transport)) {
            let services = self.services(replacement, transport).await?;
            return self.or_addresses(services, name, transport).await;
        }
        for transport in PREFERRED.into_iter().filter(|transport| can.contains(transport)) {
            let services = self.services(&format!("{}{name}", service(transport)), transport).await?;
            if let Some(servers) = services {
                return Ok(servers);
            }
        }
        self.addresses(name, default_port(Transport::Udp), Transport::Udp).await
    }
}

/// A name that no search list is tried on.
fn rooted(name: &str) -> String {
    if name.ends_with('.') { name.to_owned() } else { format!("{name}.") }
}

/// A random number from 0 to `most`.
fn dice(most: u32) -> u32 {
    use ring::rand::SecureRandom as _;
    let mut octets = [0; 4];
    // Without randomness the first comes first.
    if ring::rand::SystemRandom::new().fill(&mut octets).is_err() {
        return 0;
    }
    let thrown = (u64::from(u32::from_le_bytes(octets)) * (u64::from(most) + 1)) >> 32;
    u32::try_from(thrown).unwrap_or(0)
}
