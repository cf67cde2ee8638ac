//! Sets (docs/set-protocol.md): connections, who they are, and a task with a mind for each. To the engine such a task is a phone over a connection.
//!
//! ```text
//!  set --frames--> task: core's Set --SIP--> the daemon's connections --> engine
//! ```
//! A task asks the daemon what only the engine knows: who a set is, and what its digits have become.

mod frames;
mod session;

use crate::engine::Policy;
use crate::streams::Ends;
use frames::Wire;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Clock};
use strowger::base::{Digits, Flow, Transport};
use strowger::exchange::Dialed;
use strowger::media::{Ability, Codec, Srtp};
use strowger::wire::set::{Bye, CodeKind, Hello, How, Link, Mac, Reason, Register, Token};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_rustls::TlsAcceptor;

/// Something is said as often.
pub(crate) const HEARTBEAT_S: u16 = 30;
/// A call outlives its set's connection for so long.
pub(crate) const GRACE_S: u16 = 60;
/// Connections of sets that are not registered: in all, and from one address.
const STRANGERS: usize = 1_024;
const STRANGERS_AN_ADDRESS: usize = 64;
/// How long TLS and Hello may take.
const BEGINNING: Duration = Duration::from_secs(4);
/// A set that is not registered, and has no call, is sent away after this.
const STRANGE: Duration = Duration::from_secs(600);
/// Questions of all sets that wait to be answered.
const ASKED: usize = 256;

/// What a set said of itself, kept.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) mac: Mac,
    pub(crate) set_type: String,
    pub(crate) token: Token,
    display: (u8, u8),
    lines: u8,
    srtp: bool,
    codecs: Vec<Codec>,
}

impl Own {
    fn of(hello: &Hello<'_>) -> Self {
        let codec = |number: &u8| Codec::ALL.get(usize::from(*number)).copied();
        Self {
            mac: hello.mac,
            set_type: hello.set_type.to_owned(),
            token: hello.token,
            display: (hello.rows, hello.columns),
            lines: hello.lines,
            srtp: hello.srtp,
            codecs: hello.codecs.iter().filter_map(codec).collect(),
        }
    }

    /// What it can do with sound, as far as policy lets it.
    fn ability(&self, srtp: Srtp) -> Ability {
        Ability {
            codecs: self.codecs.iter().copied().collect(),
            srtp: if self.srtp { srtp } else { Srtp::Off },
        }
    }
}

/// What a task asks the daemon.
pub(crate) enum Ask {
    /// A set is there.
    Came { own: Own, flow: Flow, answer: oneshot::Sender<Came> },
    /// Who it says it is.
    Claim { own: Own, said: Said, flow: Flow, answer: oneshot::Sender<Result<Admitted, (Reason, String)>> },
    /// What its digits have become.
    Dialed { number: Option<String>, digits: Digits, answer: oneshot::Sender<Dialed> },
    /// Nothing is left of it.
    Over { number: String, token: Token },
}

/// What becomes of a set that is there.
pub(crate) enum Came {
    /// It is known by its token: its connection goes to the task that it has.
    Known(mpsc::Sender<Tell>),
    /// It is a new one.
    New(Ends),
}

/// What a user has typed to register a set. The code and the PIN are secret.
pub(crate) struct Said {
    pub(crate) kind: CodeKind,
    pub(crate) code: String,
    pub(crate) number: String,
    pub(crate) pin: String,
}

impl Said {
    fn of(register: &Register<'_>) -> Self {
        Self {
            kind: register.kind,
            code: register.code.expose().to_owned(),
            number: register.number.to_owned(),
            pin: register.pin.expose().to_owned(),
        }
    }
}

impl Drop for Said {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.code);
        zeroize::Zeroize::zeroize(&mut self.pin);
    }
}

/// A set whose number is known.
pub(crate) struct Admitted {
    pub(crate) how: How,
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) srtp: Srtp,
    pub(crate) token: Token,
    pub(crate) told: mpsc::Receiver<Tell>,
}

/// What a task is told.
pub(crate) enum Tell {
    /// Its set is there on another connection, whose Hello was read.
    Back(Box<Wire>, Link),
    /// It is over.
    End(Bye),
}

/// What all tasks share.
#[derive(Clone)]
pub(crate) struct Host {
    ask: mpsc::Sender<Ask>,
    policy: watch::Receiver<Policy>,
    /// The engine's clock began then.
    begin: Clock,
    /// Where the engine is reached.
    exchange: SocketAddr,
    strangers: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A set that is registered.
pub(crate) struct Live {
    pub(crate) token: Token,
    pub(crate) mac: Mac,
    pub(crate) tell: mpsc::Sender<Tell>,
}

/// All of them, as the daemon has them.
pub(crate) struct Sets {
    host: Host,
    asked: mpsc::Receiver<Ask>,
    policy: watch::Sender<Policy>,
    /// By number.
    pub(crate) live: HashMap<String, Live>,
    /// Our own name among the elements of the policy.
    pub(crate) element: Option<String>,
    /// The port where sets are listened for.
    pub(crate) port: u16,
}

impl Sets {
    pub(crate) fn new(policy: &Policy, begin: Clock, exchange: SocketAddr) -> Self {
        let (ask, asked) = mpsc::channel(ASKED);
        let (policy, followed) = watch::channel(*policy);
        let host = Host { ask, policy: followed, begin, exchange, strangers: Arc::default() };
        Self { host, asked, policy, live: HashMap::new(), element: None, port: 0 }
    }

    /// The next question.
    pub(crate) async fn asked(&mut self) -> Ask {
        match self.asked.recv().await {
            Some(ask) => ask,
            // Not while `host` is here.
            None => std::future::pending().await,
        }
    }

    /// The next question, if there is one.
    pub(crate) fn try_asked(&mut self) -> Option<Ask> {
        self.asked.try_recv().ok()
    }

    /// Another policy is in force.
    pub(crate) fn follow(&mut self, policy: &Policy) {
        let _ = self.policy.send(*policy);
    }

    /// Every set is told that we stop.
    pub(crate) fn stop(&mut self) {
        for live in self.live.values() {
            let _ = live.tell.try_send(Tell::End(Bye::Stopping));
        }
    }

    /// Takes sets at an address from now on, over TLS if there is an acceptor, and says which address that is.
    pub(crate) async fn listen(
        &mut self,
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
    ) -> Result<SocketAddr, String> {
        let why = |why: std::io::Error| format!("cannot listen for sets on {address}: {why}");
        let listener = TcpListener::bind(address).await.map_err(why)?;
        let bound = listener.local_addr().map_err(why)?;
        self.port = bound.port();
        let (host, transport) =
            (self.host.clone(), if tls.is_some() { Transport::Tls } else { Transport::Tcp });
        tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, peer)) => {
                        let Some(stranger) = Stranger::enter(&host, peer.ip()) else { continue };
                        let (host, tls) = (host.clone(), tls.clone());
                        tokio::spawn(async move {
                            let flow = Flow::new(peer, transport);
                            match Wire::accept(stream, tls, BEGINNING).await {
                                Ok(wire) => session::run(wire, flow, host, stranger).await,
                                Err(why) => tracing::debug!("no connection with the set at {flow}: {why}"),
                            }
                        });
                    }
                    // No descriptors left, perhaps: somebody will go.
                    Err(why) => {
                        tracing::warn!("a set could not be taken: {why}");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        });
        Ok(bound)
    }
}

/// A connection that has proved nothing: there are so many, and no more.
struct Stranger {
    all: Arc<Mutex<HashMap<IpAddr, usize>>>,
    ip: IpAddr,
}

impl Stranger {
    fn enter(host: &Host, ip: IpAddr) -> Option<Self> {
        let mut all = host.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        let here = all.get(&ip).copied().unwrap_or(0);
        if here >= STRANGERS_AN_ADDRESS || all.values().sum::<usize>() >= STRANGERS {
            tracing::debug!("the connection of a set from {ip} is refused: there are too many");
            return None;
        }
        all.insert(ip, here + 1);
        Some(Self { all: Arc::clone(&host.strangers), ip })
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = all.get_mut(&self.ip) {
            *here -= 1;
            if *here == 0 {
                all.remove(&self.ip);
            }
        }
    }
}
