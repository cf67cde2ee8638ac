//! The daemon and its canaries: whether the trunks by which help is called answer.

use super::Daemon;
use crate::alarms::Kind;
use crate::canary::{self, Canary, Step};
use std::time::Duration;
use std::time::Instant as Clock;
use strowger::base::{Flow, Transport};
use strowger::policy::Party;

/// A trunk is first asked so long after the policy is in force: whoever has just been told of it is there by then.
const SOON: Duration = Duration::from_secs(1);

impl Daemon {
    /// Begins to ask every trunk by which help is called; what is known of one stays known.
    pub(super) fn watch_emergency(&mut self) {
        let begin = Clock::now() + SOON;
        let mut known = std::mem::take(&mut self.canaries);
        let one = |trunk| {
            let mut canary = known.remove(&trunk).unwrap_or_else(|| Canary::new(begin));
            canary.wake(begin);
            (trunk, canary)
        };
        self.canaries = canary::trunks(&self.image).into_iter().map(one).collect();
    }

    /// When somebody is to be asked next.
    pub(super) fn canary_due(&self) -> Option<Clock> {
        self.canaries.values().map(Canary::due).min()
    }

    /// Asks who is due, and says who does not answer.
    pub(super) fn ask_canaries(&mut self) {
        let now = Clock::now();
        let mut canaries = std::mem::take(&mut self.canaries);
        for (trunk, canary) in &mut canaries {
            match canary.tick(now) {
                Step::Nothing | Step::Down(false) => {}
                Step::Ask => {
                    for server in self.servers.get(trunk).cloned().unwrap_or_default() {
                        let Some(us) = self.us(server) else { continue };
                        let asked = canary.options(*trunk, &self.tag, us, server);
                        self.send(server, asked.as_bytes());
                    }
                }
                Step::Down(true) => {
                    let of = crate::words::party(&self.image, Party::Trunk(*trunk));
                    let text =
                        format!("{of}, by which help is called, does not answer: calls for help may fail");
                    self.alarms.raise(Kind::EmergencyRoute, &text);
                }
            }
        }
        self.canaries = canaries;
    }

    /// Takes an answer to one of our questions; false: it is the engine's.
    pub(super) fn is_canary(&mut self, source: Flow, message: &[u8]) -> bool {
        if self.canaries.is_empty() {
            return false;
        }
        let Some((trunk, number, status)) = canary::answer(message, &self.tag) else { return false };
        let asked = self
            .servers
            .get(&trunk)
            .is_some_and(|servers| servers.iter().any(|server| server.ip() == source.ip()));
        if let Some(canary) = self.canaries.get_mut(&trunk).filter(|_| asked)
            && canary.hear(Clock::now(), number, status)
        {
            let of = crate::words::party(&self.image, Party::Trunk(trunk));
            tracing::warn!("{of}, by which help is called, answers again");
        }
        true
    }

    /// The address that we are answered at over the transport of a server.
    fn us(&self, to: Flow) -> Option<std::net::SocketAddr> {
        match to.transport {
            Transport::Udp => self.socket.local_addr().ok(),
            transport @ (Transport::Tcp | Transport::Tls) => self
                .listeners
                .iter()
                .find(|us| us.transport == transport)
                .map(|us| us.peer)
                .or_else(|| self.socket.local_addr().ok()),
        }
    }
}
