//! What policy says of the media of a call: offers and answers on their way through, judged where they come in.

use super::Exchange;
use super::commands::Heard;
use crate::base::{Crypto, Handle, Instant};
use crate::call::{Cause, leg};
use crate::media::keys::Filter;
use crate::media::{Pass, Refused, Srtp, Summary, Terms};
use crate::policy::Party;
use crate::table::Text;

impl<C: Crypto> Exchange<'_, C> {
    /// A party's offer, or nothing, is what the next answer in its call is for.
    pub(super) fn note_offer(&mut self, leg: Handle, offer: Summary) {
        if let Some(slot) = self.calls.leg_mut(leg) {
            slot.offered = offer;
            slot.pass = Pass::WithKeys;
        }
    }

    /// Judges what a party has offered to the other side of its call. How it is passed on is remembered.
    pub(super) fn judge_offer(&mut self, leg: Handle) -> Result<Pass, Refused> {
        let terms = self.terms(leg);
        let Some(slot) = self.calls.leg_mut(leg) else { return Ok(Pass::WithKeys) };
        // Without an offer the other side makes one: that is judged then.
        if slot.offered != Summary::NONE {
            slot.pass = terms.offer(&slot.offered)?;
        }
        Ok(slot.pass)
    }

    /// Judges a party's answer to what the other side has offered.
    pub(super) fn judge_answer(&self, leg: Handle, answer: &[u8]) -> Result<(), Refused> {
        let peer = self.calls.peer(leg);
        let Some(offerer) = peer.and_then(|peer| self.calls.leg(peer)) else { return Ok(()) };
        let terms = self.terms(leg);
        // Some leave the description out where an earlier answer had one; who requires SRTP does not let that pass.
        if answer.is_empty() && !terms.parties.contains(&Srtp::Required) {
            return Ok(());
        }
        terms.answer(&offerer.offered, offerer.pass, &Summary::read(answer))
    }

    /// Judges what a 2xx carries: the answer to the other side's offer, or an offer where that made none.
    pub(super) fn judge_acceptance(&mut self, leg: Handle, body: &[u8]) -> Result<(), Refused> {
        let peer = self.calls.peer(leg);
        let neutral = peer.and_then(|peer| self.calls.leg(peer)).is_none_or(|slot| slot.neutral);
        if neutral {
            return Ok(());
        }
        if peer.is_some_and(|peer| self.has_offered(peer)) {
            return self.judge_answer(leg, body);
        }
        self.note_offer(leg, Summary::read(body));
        self.judge_offer(leg).map(|_| ())
    }

    /// Whether a party has made the offer that is to be answered.
    pub(super) fn has_offered(&self, leg: Handle) -> bool {
        self.calls.leg(leg).is_some_and(|slot| slot.offered != Summary::NONE)
    }

    /// The policies of both parties of a leg's call. Who brings its own signalling sees to its own media; an emergency
    /// call prefers SRTP and is never refused for it (law 4).
    fn terms(&self, leg: Handle) -> Terms {
        let free = Terms { parties: [Srtp::BestEffort; 2], keys_in_clear: true };
        let (Some(policy), Some(edge)) = (&self.policy, self.calls.edge(leg)) else { return free };
        if self.calls.is_emergency(leg) {
            return free;
        }
        let image = &policy.image;
        let of = |leg| {
            let number = match self.calls.leg(leg).filter(|slot| !slot.neutral).map(|slot| slot.party) {
                Some(Party::Device(device)) => {
                    let row = usize::try_from(device).ok().and_then(|device| image.devices().get(device));
                    row.map_or(0, |row| row.srtp)
                }
                Some(Party::Trunk(trunk)) => image.trunks().get(usize::from(trunk)).map_or(0, |row| row.srtp),
                Some(Party::Unknown) | None => 0,
            };
            Srtp::from_number(number)
        };
        let parties = [of(edge.a()), of(edge.b())];
        Terms { parties, keys_in_clear: image.system().sdes_denied == 0 }
    }

    /// A stored description as it may go on; the text given stays the caller's.
    pub(super) fn filtered(&mut self, description: Text, pass: Pass) -> Option<Text> {
        let mut out = self.sip.pages.writer();
        let mut filter = Filter::new(pass);
        out.put_text_by(description, |out, piece| filter.put(out, piece));
        filter.finish(&mut out);
        out.finish()
    }

    /// The called party has accepted, with media that policy does not want: it is thanked and cleared, and the caller told.
    pub(super) fn refuse_acceptance(&mut self, now: Instant, leg: Handle, refused: Refused) {
        self.confirm(leg, &[]);
        self.clear_for_media(now, leg, refused);
    }

    /// Clears a call whose media cannot be what policy wants.
    pub(super) fn clear_for_media(&mut self, now: Instant, leg: Handle, refused: Refused) {
        let released = leg::Event::PeerReleased(Cause::Media(refused));
        let peer = self.calls.peer(leg);
        self.leg_event(now, leg, released, &Heard::NOTHING);
        if let Some(peer) = peer {
            self.leg_event(now, peer, released, &Heard::NOTHING);
        }
    }
}
