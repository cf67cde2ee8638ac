//! Where requests go: to a party, in a dialog, and what becomes of that when a connection is lost.

use super::memory::DeviceSlot;
use super::tick::MAX_DEADLINES;
use super::{Event, Exchange};
use crate::base::{Crypto, Flow, Full, Handle, Instant, Ticked, Transport, flow};
use crate::policy::Party;
use crate::registration::binding;
use crate::wire::sip::{Address, Message, Name, Uri};
use core::net::SocketAddr;

impl<C: Crypto> Exchange<'_, C> {
    /// Tells the address that SIP peers reach this engine at over a transport; over UDP it is that of [`Config`](super::Config)
    /// until then. A transport of streams that was never told is not used unless a peer does.
    pub fn listen(&mut self, transport: Transport, address: SocketAddr) {
        self.sip.listen(transport, address);
    }

    /// Tells that a connection is closed, or could not be made: who was registered over it is gone, unanswered requests that went over
    /// it count as timed out, and requests in dialogs with trunks go over another from now on. Who was gone already stays so, and no
    /// call ends by it: who comes back is reached over the new connection. Work: linear in devices, transactions and legs.
    /// At most [`MAX_DEADLINES`] devices at once.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and call again.
    pub fn lost(&mut self, now: Instant, flow: Flow) -> Result<Ticked, Full> {
        self.reserve()?;
        let now = self.advance(now);
        let (packed, mut gone) = (flow::Packed::from(flow), 0);
        for device in 0..self.devices.len() {
            let there =
                |slot: &&mut DeviceSlot| slot.flow == packed && slot.binding != binding::Binding::Absent;
            let Some(slot) = self.devices.get_mut(device).filter(there) else { continue };
            if gone == MAX_DEADLINES {
                return Ok(Ticked::More);
            }
            gone = gone.saturating_add(1);
            let binding::Outcome::Gone(why) = slot.binding.handle(now, binding::Event::Lost) else {
                continue;
            };
            let device = u32::try_from(device).unwrap_or(u32::MAX);
            self.lapses.set(device, None);
            self.event(Event::Unregistered(device, why));
        }
        self.sip.lost(now, &mut self.timers, flow);
        self.enrolments_lost(now, flow);
        self.redirect(|of, way, exchange| {
            let trunk = matches!(of, Party::Trunk(_)) && way == flow;
            trunk.then(|| exchange.reach(of)).flatten()
        });
        Ok(Ticked::Done)
    }

    /// A device is there another way than before: its calls over a stream that is not its way any more go on over this one.
    pub(super) fn moved(&mut self, device: u32, flow: Flow) {
        self.redirect(|of, way, _| {
            let stale = of.phone() == Some(device) && way.transport.is_reliable();
            stale.then_some(flow)
        });
    }

    /// Sends the requests of dialogs without a route set another way.
    fn redirect(&mut self, to: impl Fn(Party, Flow, &Self) -> Option<Flow>) {
        for at in 0..self.sip.dialogs.len() {
            let Some(dialog) = self.sip.dialogs.get(at).filter(|dialog| dialog.leg != Handle::NONE) else {
                continue;
            };
            let far = dialog.far;
            let party = self.calls.leg(dialog.leg).map(|slot| slot.party);
            let Some(party) = party.filter(|_| !far.is_routed()) else {
                continue;
            };
            let Some(way) = to(party, far.next_hop, self) else { continue };
            if let Some(dialog) = self.sip.dialogs.get_mut(at) {
                dialog.far.next_hop = way;
            }
        }
    }

    /// Where a party's requests go.
    pub(super) fn reach(&self, party: Party) -> Option<Flow> {
        match party {
            Party::Device(device) | Party::User { at: device, .. } if self.is_registered(device) => {
                Some(self.device(device)?.flow.flow())
            }
            Party::Trunk(trunk) => self.trunks.get(usize::from(trunk))?.servers.current(self.clock.now()),
            Party::Conference => self.flow(&super::room::resource(&self.policy.as_ref()?.image)?),
            Party::Device(_) | Party::User { .. } | Party::Unknown => None,
        }
    }

    /// What is kept of a device.
    pub(super) fn device(&self, device: u32) -> Option<&DeviceSlot> {
        self.devices.get(usize::try_from(device).ok()?)
    }

    /// Where the requests of a dialog go that this message, come or gone that way, begins: along its route set, which a response
    /// lists backwards, if the first route is a plain address; else to its target (RFC 3261 section 12.1).
    pub(super) fn next_hop(&self, way: Flow, message: &Message<'_>, backwards: bool) -> Flow {
        let mut routes = message.items(Name::RecordRoute);
        let route = if backwards { routes.last() } else { routes.next() };
        let route = route
            .and_then(|route| Address::parse(route).ok())
            .filter(|route| self.flow(&route.uri).is_some());
        let contact = message.contact.first();
        match route.as_ref().or(contact) {
            Some(next) => self.onward(way, &next.uri),
            None => way,
        }
    }

    /// Where requests to a URI go, of whose owner was heard that way: over a stream back on it, which is what a peer behind a
    /// translator is reached by (RFC 5626 section 3.1). Who says in clear that it is reached over TLS has said what it had to say to
    /// everybody: that does not make it safe, so its word is not taken.
    pub(super) fn onward(&self, way: Flow, uri: &Uri<'_>) -> Flow {
        let named = self.flow(uri).filter(|named| named.transport != Transport::Tls);
        if way.transport.is_reliable() { way } else { named.unwrap_or(way) }
    }

    /// Where requests to a contact of a REGISTER go: as [`onward`](Self::onward), but to where it was heard from if the phone is
    /// behind a translator.
    pub(super) fn contacted(&self, way: Flow, message: &Message<'_>, contact: &Uri<'_>) -> Flow {
        let own = message.via.as_ref().and_then(|via| via.host.ip());
        if own.is_some_and(|ip| ip != way.ip()) { way } else { self.onward(way, contact) }
    }

    /// Where a URI leads, if it says so by an address. A transport that this engine does not have counts as UDP.
    fn flow(&self, uri: &Uri<'_>) -> Option<Flow> {
        let transport = uri.transport().filter(|transport| self.sip.speaks(*transport));
        Some(Flow::new(uri.socket_address()?, transport.unwrap_or(Transport::Udp)))
    }
}
