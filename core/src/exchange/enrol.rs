//! Trunks at whose carriers we register (RFC 3261 section 10.2). When, [`client::State`] knows; here it becomes messages.

use super::memory::TrunkSlot;
use super::placing::is_emergency;
use super::{Event, Exchange};
use crate::base::{Crypto, Flow, Handle, Instant};
use crate::policy::Party;
use crate::policy::rows::REGISTERS;
use crate::registration::client::{self, Outcome};
use crate::signalling::render;
use crate::signalling::sip::Enrolment;
use crate::wire::sip::{Message, Scheme, unescape};

/// What one REGISTER can take of CSeq numbers: itself, and twice with credentials.
const TRIES: u32 = 3;

impl<C: Crypto> Exchange<'_, C> {
    /// Rows of another image are other trunks.
    pub(super) fn forget_trunks(&mut self) {
        for (trunk, slot) in (0u32..).zip(self.trunks.iter_mut()) {
            *slot = TrunkSlot { in_use: slot.in_use, brake: slot.brake, ..TrunkSlot::EMPTY };
            self.renewals.set(trunk, None);
        }
    }

    pub(super) fn registers(&self, trunk: u16) -> bool {
        let row = self.policy.as_ref().and_then(|policy| policy.image.trunks().get(usize::from(trunk)));
        row.is_some_and(|row| row.flags & REGISTERS != 0 && row.username.len > 0)
    }

    /// Something happens to our registration at a trunk's carrier.
    pub(super) fn enrolment_event(&mut self, now: Instant, trunk: u16, event: client::Event) {
        let Some(slot) = self.trunks.get_mut(usize::from(trunk)) else { return };
        let outcome = slot.client.handle(now, event);
        self.renewals.set(u32::from(trunk), slot.client.next_deadline());
        match outcome {
            Outcome::Nothing => {}
            Outcome::Told(standing) => self.event(Event::Standing(trunk, standing)),
            Outcome::Ask(expires_s) => {
                if self.enrol(now, trunk, expires_s).is_none() {
                    // No room: it is asked again later, as if nobody had answered.
                    self.without_answer(now, trunk);
                }
            }
        }
    }

    fn enrol(&mut self, now: Instant, trunk: u16, expires_s: u32) -> Option<()> {
        let to = self.reach(Party::Trunk(trunk))?;
        let image = self.policy.as_ref()?.image;
        let row = image.trunks().get(usize::from(trunk))?;
        let (fresh, cookies) =
            (self.crypto.random_u64(), [self.crypto.random_u64(), self.crypto.random_u64()]);
        let of = Party::Trunk(trunk);
        let (proves, others) = (self.credentials(of).is_some(), self.other_servers(of));
        let slot = self.trunks.get_mut(usize::from(trunk))?;
        if slot.call_id == 0 {
            slot.call_id = fresh.max(1);
        }
        let cseq = slot.cseq;
        slot.cseq = cseq.saturating_add(TRIES);
        let enrolment = Enrolment {
            to,
            host: image.octets(row.host),
            user: image.octets(row.username),
            call_id: slot.call_id,
            cseq,
            expires_s,
            able: render::ABLE,
            proves,
            others,
        };
        slot.register = self.sip.enrol(now, &mut self.timers, &enrolment, cookies)?;
        Some(())
    }

    /// The trunk whose REGISTER this is.
    pub(super) fn enrolled_by(&self, transaction: Handle) -> Option<u16> {
        let at = self.trunks.iter().position(|slot| slot.register == transaction)?;
        u16::try_from(at).ok().filter(|_| transaction != Handle::NONE)
    }

    pub(super) fn enrolment_answered(&mut self, now: Instant, transaction: Handle, message: &Message<'_>) {
        let Some(trunk) = self.enrolled_by(transaction) else { return };
        let dice = self.dice();
        let event = match message.code().unwrap_or(0) {
            ..=199 => return,
            200..=299 => client::Event::Granted { expires_s: self.granted(trunk, message), dice },
            423 => client::Event::TooBrief { least_s: message.min_expires.unwrap_or(0), dice },
            status => {
                let retry_after_s = message.retry_after.unwrap_or(0);
                client::Event::Refused { status, retry_after_s, dice }
            }
        };
        self.enrolment_event(now, trunk, event);
    }

    /// For how long: what stands at our contact, else in Expires, else what we asked for (RFC 3261 section 10.2.4).
    fn granted(&self, trunk: u16, message: &Message<'_>) -> u32 {
        let Some(slot) = self.trunks.get(usize::from(trunk)) else { return 0 };
        let asked = match slot.client {
            client::State::Asking { wanted_s, .. } => wanted_s,
            client::State::Off | client::State::Bound { .. } | client::State::Waiting { .. } => 0,
        };
        let us = self.reach(Party::Trunk(trunk)).map(|to| self.sip.us_over(to.transport));
        let contacts = &message.contact.list;
        // A registrar may have written in what it sees of us: a lone contact is ours whatever it says.
        let ours = contacts
            .iter()
            .find(|one| one.uri.scheme == Scheme::Sip && one.uri.socket_address() == us)
            .or(contacts.first().filter(|_| contacts.len() == 1));
        ours.and_then(|one| one.expires()).or(message.expires).unwrap_or(asked).min(client::LONGEST_S)
    }

    /// What a carrier calls. One where we register may call the contact that we gave it, for all our numbers: which of them, To says then.
    /// No emergency number is called so.
    pub(super) fn called_at<'a>(
        &self,
        from: Party,
        dialed: &'a [u8],
        message: &Message<'a>,
        buffer: &'a mut [u8],
    ) -> &'a [u8] {
        let (Party::Trunk(trunk), Some(policy)) = (from, &self.policy) else { return dialed };
        let row = policy.image.trunks().get(usize::from(trunk)).unwrap_or_default();
        if !self.registers(trunk) || policy.image.octets(row.username) != dialed {
            return dialed;
        }
        let to = message.to.as_ref().map_or(&[][..], |to| to.uri.user);
        let called = unescape(to, buffer);
        if is_emergency(&policy.image, called) { dialed } else { called }
    }

    /// A REGISTER was not answered in time, or could not be sent.
    pub(super) fn enrolment_unanswered(&mut self, now: Instant, transaction: Handle) {
        if let Some(trunk) = self.enrolled_by(transaction) {
            self.without_answer(now, trunk);
        }
    }

    fn without_answer(&mut self, now: Instant, trunk: u16) {
        let dice = self.dice();
        self.enrolment_event(now, trunk, client::Event::Unanswered { dice });
    }

    /// A connection is closed: calls from a carrier that would have come over it do not any more.
    pub(super) fn enrolments_lost(&mut self, now: Instant, flow: Flow) {
        for trunk in 0..self.trunks.len() {
            let Ok(trunk) = u16::try_from(trunk) else { return };
            if self.registers(trunk) && self.reach(Party::Trunk(trunk)) == Some(flow) {
                let dice = self.dice();
                self.enrolment_event(now, trunk, client::Event::Lost { dice });
            }
        }
    }

    fn dice(&mut self) -> u8 {
        self.crypto.random_u64().to_le_bytes()[0]
    }
}
