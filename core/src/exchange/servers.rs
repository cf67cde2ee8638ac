//! The servers of a trunk: one is used until it fails, then the next (RFC 3263 section 4.3). Which there are and in which order is found with
//! [`signalling::servers`](crate::signalling::servers) by whoever has a resolver.

use super::{Event, Exchange};
use crate::base::{Crypto, Flow, Handle, Instant};
use crate::policy::Party;
use crate::registration::client;
use crate::signalling::sip::Way;
use core::net::SocketAddr;

/// The most servers of a trunk.
pub const MAX_SERVERS: usize = 4;
/// Who has failed is not tried for so long, in seconds, while another is there.
const PENALTY_S: u64 = 300;

/// Where a trunk is reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Servers {
    list: [Option<Flow>; MAX_SERVERS],
    /// Which is used.
    at: u8,
    /// From then on the first is used again.
    back_at: Instant,
}

impl Servers {
    pub(super) const NONE: Self = Self { list: [None; MAX_SERVERS], at: 0, back_at: Instant(0) };

    /// Whether it can be reached at all.
    pub(super) const fn is_known(&self) -> bool {
        let [first, ..] = self.list;
        first.is_some()
    }

    /// Whether one of them is at this address.
    pub(super) fn has(&self, address: SocketAddr) -> bool {
        self.list.iter().flatten().any(|server| server.peer == address)
    }

    /// The one that is used.
    pub(super) fn current(&self, now: Instant) -> Option<Flow> {
        let at = if now >= self.back_at { 0 } else { usize::from(self.at) };
        self.list.get(at).copied().flatten()
    }

    fn len(&self) -> u8 {
        u8::try_from(self.list.iter().flatten().count()).unwrap_or(0)
    }

    /// Goes on to the next if it is this one that is used; the one that is used now, if it is another.
    fn fail(&mut self, now: Instant, failed: Flow) -> Option<Flow> {
        if self.current(now) == Some(failed) {
            let at = if now >= self.back_at { 0 } else { self.at };
            self.at = at.saturating_add(1).checked_rem(self.len()).unwrap_or(0);
            self.back_at = now.plus_s(PENALTY_S);
        }
        self.current(now).filter(|server| *server != failed)
    }
}

impl<C: Crypto> Exchange<'_, C> {
    /// Tells where a trunk's far end is reached, by its row, over the transport that policy names, else UDP. As
    /// [`set_trunk_servers`](Self::set_trunk_servers) with one server.
    pub fn set_trunk_address(&mut self, trunk: u16, address: SocketAddr) -> bool {
        self.set_trunk_servers(trunk, &[address.into()])
    }

    /// Tells the servers of a trunk, by its row, in the order in which they are tried; at most [`MAX_SERVERS`] are kept, none means that it
    /// cannot be reached. A transport that policy names is used for all of them. If they are others than before, the first is used, and
    /// where policy says so we register there from now on. Otherwise nothing changes. False if there is no such trunk.
    pub fn set_trunk_servers(&mut self, trunk: u16, servers: &[Flow]) -> bool {
        let row = self.policy.as_ref().and_then(|policy| policy.image.trunks().get(usize::from(trunk)));
        let named = row.and_then(|row| row.transport());
        let Some(slot) = self.trunks.get_mut(usize::from(trunk)) else { return false };
        let mut list = [None; MAX_SERVERS];
        for (place, server) in list.iter_mut().zip(servers) {
            *place = Some(Flow { transport: named.unwrap_or(server.transport), ..*server });
        }
        if slot.servers.list != list {
            slot.servers = Servers { list, ..Servers::NONE };
            if self.registers(trunk) {
                self.enrolment_event(self.clock.now(), trunk, client::Event::Begin);
            }
        }
        true
    }

    /// So many servers a request to a party can go to, beside the one that is used.
    pub(super) fn other_servers(&self, party: Party) -> u8 {
        let Party::Trunk(trunk) = party else { return 0 };
        self.trunks.get(usize::from(trunk)).map_or(0, |slot| slot.servers.len().saturating_sub(1))
    }

    /// The trunk that a request of ours went to, in a call or to register.
    pub(super) fn trunk_of(&self, leg: Handle, transaction: Handle) -> Option<u16> {
        match self.calls.leg(leg).map(|slot| slot.party) {
            Some(Party::Trunk(trunk)) => Some(trunk),
            Some(_) => None,
            None => self.enrolled_by(transaction),
        }
    }

    /// Nobody has answered this request where it went; it goes on to the next server. False if there is none.
    pub(super) fn given_up(&mut self, now: Instant, handle: Handle) -> bool {
        let Some(refused) = self.sip.refused(handle) else { return false };
        let transaction = *refused.transaction();
        let to = self
            .trunk_of(transaction.leg, handle)
            .and_then(|trunk| self.fail_over(now, trunk, transaction.peer()));
        let Some(to) = to.filter(|_| self.wants(&transaction)) else {
            self.sip.let_go(&refused);
            return false;
        };
        if !self.goes_out(now, handle, &refused, Way::Elsewhere(to)) {
            return false;
        }
        self.sip.drop_transaction(&mut self.timers, handle);
        true
    }

    /// A server of a trunk has failed: the one to go to instead, over the same transport, if there is one. Later requests go there too.
    pub(super) fn fail_over(&mut self, now: Instant, trunk: u16, failed: Flow) -> Option<Flow> {
        let slot = self.trunks.get_mut(usize::from(trunk))?;
        let before = slot.servers.current(now);
        let to = slot.servers.fail(now, failed)?;
        if before != Some(to) {
            self.event(Event::Server(trunk, to));
        }
        (to.transport == failed.transport).then_some(to)
    }
}
