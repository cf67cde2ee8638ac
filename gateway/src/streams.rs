//! Connections: SIP over TCP and TLS (RFC 3261 section 18). One task reads and writes each; whose they are, how many there may be
//! and how long they stay is decided here.
//!
//! Who has proved nothing gets little: few connections from one address and few in all, of which the one that was silent longest
//! goes first. A connection over which a device has registered, or of a trunk's address, is never put out for others.

mod connection;
#[cfg(test)]
mod tests;
mod tls;

pub(crate) use connection::{Ends, set_up};
use connection::{open, run};
pub(crate) use tls::{Files as TlsFiles, Tls};

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use strowger::base::{Flow, Transport};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// Connections of those who have proved nothing: in all, and from one address.
const STRANGERS: usize = 1_024;
const STRANGERS_AN_ADDRESS: usize = 64;
/// Connections of any kind.
const MOST: usize = 32_768;
/// A stranger who is silent for so long is cut off, and anybody: who is registered says so every hour.
const SILENT: Duration = Duration::from_secs(600);
const FORGOTTEN: Duration = Duration::from_secs(7_200);
/// Messages that wait to be written to one connection; who takes none is cut off when there are more.
const UNWRITTEN: usize = 64;
/// Messages of all connections that wait to be taken; more wait in the network.
const UNREAD: usize = 256;

/// What connections tell.
pub(crate) enum Heard {
    /// Somebody has connected.
    Came(TcpStream, SocketAddr, Transport),
    /// A message. The octets may be the beginning of one that never ends.
    Message(Flow, Vec<u8>),
    /// A connection with this number is over.
    Closed(Flow, u64),
}

/// What there is to do.
pub(crate) enum News {
    /// Take a message.
    Message(Flow, Vec<u8>),
    /// Somebody who mattered is not there any more.
    Lost(Flow),
}

/// All of them.
pub(crate) struct Streams {
    table: HashMap<Flow, Connection>,
    heard: mpsc::Receiver<Heard>,
    tell: mpsc::Sender<Heard>,
    tls: Option<Tls>,
    /// Where connections of ours come from.
    from: IpAddr,
    /// By which names the far ends of trunks prove who they are.
    names: HashMap<SocketAddr, String>,
    next: u64,
}

struct Connection {
    number: u64,
    out: mpsc::Sender<Vec<u8>>,
    /// What reads and writes it; absent for the moment in which it is begun.
    task: Option<AbortHandle>,
    /// A device is registered over it, or a trunk is there.
    proven: bool,
    /// Somebody must know when it is lost: it is proven, or a request waits for an answer.
    awaited: bool,
    heard_at: Instant,
}

impl Connection {
    /// Ends it, whatever it is doing; it says so itself.
    fn cut(&self) {
        self.task.iter().for_each(AbortHandle::abort);
    }

    fn is_there(&self) -> bool {
        self.task.as_ref().is_some_and(|task| !task.is_finished())
    }
}

impl Streams {
    /// No connections yet. `from` is our own address.
    pub(crate) fn new(from: IpAddr, tls: Option<Tls>) -> Self {
        let (tell, heard) = mpsc::channel(UNREAD);
        Self { table: HashMap::new(), heard, tell, tls, from, names: HashMap::new(), next: 0 }
    }

    /// Whoever is at this address proves by a certificate for this name who it is.
    pub(crate) fn name(&mut self, address: SocketAddr, name: &str) {
        self.names.insert(address, name.to_owned());
    }

    /// Takes connections at an address from now on, and says which that is.
    pub(crate) async fn listen(
        &self,
        address: SocketAddr,
        transport: Transport,
    ) -> Result<SocketAddr, String> {
        let why = |why: std::io::Error| format!("cannot listen on {} {address}: {why}", transport.name());
        let listener = TcpListener::bind(address).await.map_err(why)?;
        let bound = listener.local_addr().map_err(why)?;
        let tell = self.tell.clone();
        tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, peer)) => {
                        if tell.send(Heard::Came(stream, peer, transport)).await.is_err() {
                            return;
                        }
                    }
                    // No descriptors left, perhaps: somebody will go.
                    Err(why) => {
                        tracing::warn!("a connection could not be taken: {why}");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        });
        Ok(bound)
    }

    /// What connections tell next; waits for ever if they tell nothing.
    pub(crate) async fn heard(&mut self) -> Heard {
        match self.heard.recv().await {
            Some(heard) => heard,
            // Not while `tell` is here.
            None => std::future::pending().await,
        }
    }

    /// What connections have told, if anything.
    pub(crate) fn try_heard(&mut self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }

    /// What is to be done about it. `trunk` says whether a trunk is at an address.
    pub(crate) fn sort(&mut self, heard: Heard, trunk: impl Fn(IpAddr) -> bool) -> Option<News> {
        match heard {
            Heard::Came(stream, peer, transport) => {
                self.came(stream, Flow::new(peer, transport), trunk(peer.ip()));
                None
            }
            Heard::Message(flow, octets) => {
                if let Some(connection) = self.table.get_mut(&flow) {
                    connection.heard_at = Instant::now();
                }
                Some(News::Message(flow, octets))
            }
            Heard::Closed(flow, number) => {
                let current = self.table.get(&flow).is_some_and(|connection| connection.number == number);
                let connection = current.then(|| self.table.remove(&flow)).flatten()?;
                tracing::debug!("the connection with {flow} is closed");
                connection.awaited.then_some(News::Lost(flow))
            }
        }
    }

    fn came(&mut self, stream: TcpStream, flow: Flow, proven: bool) {
        let strangers = || self.table.iter().filter(|(_, connection)| !connection.proven);
        let here = strangers().filter(|(other, _)| other.ip() == flow.ip()).count();
        if !proven && here >= STRANGERS_AN_ADDRESS || self.table.len() >= MOST {
            tracing::debug!("the connection from {flow} is refused: there are too many");
            return;
        }
        if !proven && strangers().count() >= STRANGERS {
            let oldest = strangers().min_by_key(|(_, connection)| connection.heard_at).map(|(flow, _)| *flow);
            oldest.into_iter().for_each(|oldest| self.cut(oldest));
        }
        let ends = self.enter(flow, proven);
        let acceptor = match (flow.transport, &self.tls) {
            (Transport::Tls, Some(tls)) => Some(tls.acceptor()),
            (Transport::Tls | Transport::Tcp | Transport::Udp, _) => None,
        };
        self.watch(flow, tokio::spawn(run(ends, stream, acceptor)).abort_handle());
    }

    /// Sends over a connection, which is made if there is none. A message that nobody takes is lost like a datagram; its sender
    /// hears of that by [`News::Lost`].
    pub(crate) fn send(&mut self, to: Flow, octets: &[u8]) {
        let request = !octets.starts_with(b"SIP/2.0 ");
        if !self.table.contains_key(&to) {
            // An answer goes back or nowhere: where it was asked from, nobody listens.
            if !request || self.table.len() >= MOST {
                return;
            }
            let ends = self.enter(to, false);
            let name = self.names.get(&to.peer).cloned().unwrap_or_else(|| to.ip().to_string());
            let connector = match (to.transport, &self.tls) {
                (Transport::Tls, Some(tls)) => Some(tls.connector(&name)),
                (Transport::Tls, None) => Some(Err("no --tls-ca says whom to trust".to_owned())),
                (Transport::Tcp | Transport::Udp, _) => None,
            };
            self.watch(to, tokio::spawn(open(ends, self.from, connector)).abort_handle());
        }
        let Some(connection) = self.table.get_mut(&to) else { return };
        connection.awaited |= request;
        if connection.out.try_send(octets.to_vec()).is_err() {
            tracing::debug!("{to} takes nothing: its connection is cut off");
            connection.cut();
        }
    }

    /// A way to somebody inside this process, under the name of a connection that is another's to read and write.
    pub(crate) fn inside(&mut self, flow: Flow) -> Ends {
        let ends = self.enter(flow, true);
        self.proved(flow);
        ends
    }

    /// For those who connect over TLS; absent: nobody can.
    pub(crate) fn acceptor(&self) -> Option<tokio_rustls::TlsAcceptor> {
        self.tls.as_ref().map(Tls::acceptor)
    }

    /// A device is registered over this connection.
    pub(crate) fn proved(&mut self, flow: Flow) {
        if let Some(connection) = self.table.get_mut(&flow) {
            (connection.proven, connection.awaited) = (true, true);
        }
    }

    /// Cuts off who has been silent for long.
    pub(crate) fn sweep(&mut self) {
        let most = |connection: &Connection| if connection.proven { FORGOTTEN } else { SILENT };
        let silent = |connection: &Connection| connection.heard_at.elapsed() > most(connection);
        let silent = self.table.iter().filter(|(_, connection)| silent(connection)).map(|(flow, _)| *flow);
        silent.collect::<Vec<_>>().into_iter().for_each(|flow| self.cut(flow));
    }

    /// Lets what is still to be written be written, for a moment.
    pub(crate) async fn finish(&mut self, moment: Duration) {
        let end = Instant::now() + moment;
        let unwritten = |one: &Connection| one.is_there() && one.out.capacity() < UNWRITTEN;
        while self.table.values().any(unwritten) && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn enter(&mut self, flow: Flow, proven: bool) -> Ends {
        self.next += 1;
        let (out, queue) = mpsc::channel(UNWRITTEN);
        let connection = Connection {
            number: self.next,
            out,
            task: None,
            proven,
            awaited: false,
            heard_at: Instant::now(),
        };
        if let Some(before) = self.table.insert(flow, connection) {
            before.cut();
        }
        Ends::new(flow, self.next, queue, self.tell.clone())
    }

    fn watch(&mut self, flow: Flow, task: AbortHandle) {
        if let Some(connection) = self.table.get_mut(&flow) {
            connection.task = Some(task);
        }
    }

    fn cut(&mut self, flow: Flow) {
        if let Some(connection) = self.table.get(&flow) {
            connection.cut();
        }
    }
}
