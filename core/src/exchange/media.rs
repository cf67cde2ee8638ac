//! What policy says of the media of a call: offers and answers on their way through, judged where they come in.

use super::Exchange;
use crate::base::{Crypto, Handle, Instant, Transport};
use crate::call::{Cause, LegSlot};
use crate::media::passage::Filter;
use crate::media::relay::Role;
use crate::media::{Described, Limits, Pass, Passage, Refused, Relayed, Srtp, Summary, Terms};
use crate::policy::Party;
use crate::table::Text;

/// Whether a description that was judged can go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ready {
    /// It can.
    Now,
    /// The relay is asked: when it has answered.
    Held,
}

impl<C: Crypto> Exchange<'_, C> {
    /// A party's offer, or nothing, is what the next answer in its call is for.
    pub(super) fn note_offer(&mut self, leg: Handle, mut offer: Described) {
        if self.policy.is_some_and(|policy| policy.image.system().video_refused != 0) {
            offer.summary.refuse_video();
        }
        let peer = self.calls.peer(leg).unwrap_or(Handle::NONE);
        if let Some(slot) = self.calls.leg_mut(leg) {
            slot.offered = offer.summary;
            slot.pass = Pass::WithKeys;
            slot.tells(&offer.marks, peer);
        }
        if !offer.places.is_empty() {
            self.note_places(leg, offer.places);
        }
    }

    /// Judges what a party has offered to the other side of its call. How it is passed on is remembered.
    pub(super) fn judge_offer(&mut self, leg: Handle) -> Result<Ready, Refused> {
        let (terms, emergency) = (self.terms(leg), self.calls.is_emergency(leg));
        let peer = self.calls.peer(leg).unwrap_or(Handle::NONE);
        let Some(slot) = self.calls.leg_mut(leg) else { return Ok(Ready::Now) };
        // Without an offer the other side makes one: that is judged then.
        if slot.offered == Summary::NONE {
            return Ok(Ready::Now);
        }
        // Whatever it is: help is not refused for it (law 4).
        if !emergency {
            slot.pass = terms.offer(&slot.offered)?;
            slot.offered.refuse_unusable();
            fresh(slot, &terms)?;
        }
        slot.told = peer;
        self.choose_path(leg)?;
        self.relay(leg, Role::Offer)
    }

    /// Judges a party's answer to what the other side has offered.
    pub(super) fn judge_answer(&mut self, leg: Handle, answer: &[u8]) -> Result<Ready, Refused> {
        let peer = self.calls.peer(leg);
        let terms = self.terms(leg);
        let Some(offerer) = peer.and_then(|peer| self.calls.leg(peer)) else { return Ok(Ready::Now) };
        // It may be left out where an earlier answer had one that came for certain. Some do so where it did not; who
        // requires SRTP does not let that pass.
        let agreed = self.sip.dialog(leg).is_some_and(|dialog| dialog.provisional.has_agreed());
        if answer.is_empty() && (agreed || !terms.parties.contains(&Srtp::Required)) {
            return Ok(Ready::Now);
        }
        let answer = Described::read(answer);
        let emergency = self.calls.is_emergency(leg);
        if !emergency {
            terms.answer(&offerer.offered, offerer.pass, &answer.summary)?;
        }
        if let (Some(slot), Some(peer)) = (self.calls.leg_mut(leg), peer) {
            slot.tells(&answer.marks, peer);
            if !emergency {
                fresh(slot, &terms)?;
            }
            slot.told = peer;
        }
        self.note_places(leg, answer.places);
        self.choose_path_again(leg)?;
        self.relay(leg, Role::Answer)
    }

    /// Judges what a 2xx carries: the answer to the other side's offer, or an offer where that made none.
    pub(super) fn judge_acceptance(&mut self, leg: Handle, body: &[u8]) -> Result<Ready, Refused> {
        let peer = self.calls.peer(leg);
        let neutral = peer.and_then(|peer| self.calls.leg(peer)).is_none_or(|slot| slot.neutral);
        if neutral {
            return Ok(Ready::Now);
        }
        if peer.is_some_and(|peer| self.has_offered(peer)) {
            return self.judge_answer(leg, body);
        }
        let offer = Described::read(body);
        // What nobody can read could be anything.
        if offer.summary == Summary::NONE && !body.is_empty() && !self.calls.is_emergency(leg) {
            return Err(Refused::Answer);
        }
        self.note_offer(leg, offer);
        self.judge_offer(leg)
    }

    /// Whether a party has made the offer that is to be answered.
    pub(super) fn has_offered(&self, leg: Handle) -> bool {
        self.calls.offered(leg).is_some()
    }

    /// The policies of both parties of a leg's call. Who brings its own signalling sees to its own media; an emergency
    /// call prefers SRTP and is never refused for it (law 4).
    fn terms(&self, leg: Handle) -> Terms {
        let free = Terms { parties: [Srtp::BestEffort; 2], keys_in_clear: true };
        let (Some(policy), Some(edge)) = (&self.policy, self.calls.edge(leg)) else { return free };
        if self.calls.is_emergency(leg) {
            return free;
        }
        let parties = [self.srtp(edge.a()), self.srtp(edge.b())];
        let secured = || self.is_secured(edge.a()) && self.is_secured(edge.b());
        Terms { parties, keys_in_clear: policy.image.system().sdes_denied == 0 || secured() }
    }

    /// Whether nobody else reads what is signalled with a leg's party.
    fn is_secured(&self, leg: Handle) -> bool {
        let way = self.calls.leg(leg).and_then(|slot| self.signalled(leg, slot.party));
        way.is_some_and(|way| way.transport == Transport::Tls)
    }

    /// The SRTP policy of a leg's party.
    #[inline(always)]
    fn srtp(&self, leg: Handle) -> Srtp {
        let image = self.policy.as_ref().map(|policy| &policy.image);
        let party = self.calls.leg(leg).filter(|slot| !slot.neutral).map(|slot| slot.party);
        let number = image.zip(party).and_then(|(image, party)| match party {
            Party::Device(device) | Party::User { at: device, .. } => {
                Some(image.devices().get(usize::try_from(device).ok()?)?.srtp)
            }
            Party::Trunk(trunk) => Some(image.trunks().get(usize::from(trunk))?.srtp),
            Party::Conference | Party::Unknown => None,
        });
        Srtp::from_number(number.unwrap_or(0))
    }

    /// Whether the media of two parties in different calls could meet: who cannot is not joined, and keeps what it has.
    pub(super) fn could_meet(&self, one: Handle, other: Handle) -> Result<(), Refused> {
        match (self.srtp(one), self.srtp(other)) {
            (Srtp::Required, Srtp::Off) | (Srtp::Off, Srtp::Required) => Err(Refused::Mismatch),
            (Srtp::Off | Srtp::BestEffort | Srtp::Required, _) => self.path_between(one, other).map(|_| ()),
        }
    }

    /// Whether either party's media must be encrypted.
    pub(super) fn requires_srtp(&self, leg: Handle) -> bool {
        self.terms(leg).parties.contains(&Srtp::Required)
    }

    /// How what a party has said goes on to the other.
    pub(super) fn passage(&self, leg: Handle) -> Passage {
        let Some(slot) = self.calls.leg(leg) else { return Passage::UNCHANGED };
        let to = match slot.relayed {
            Relayed::At(places) if self.is_anchored(leg) => Some(places),
            Relayed::At(_) | Relayed::No | Relayed::Asked(_) | Relayed::Failed => None,
        };
        // What was refused of an offer stays refused in its answer.
        let answered = self.calls.peer(leg).and_then(|peer| self.calls.leg(peer));
        let (offered, limits) = match answered {
            _ if self.has_offered(leg) => (Some(slot), Limits::NONE),
            Some(peer) => (answered, peer.offered.limits()),
            None => (None, Limits::NONE),
        };
        Passage { pass: slot.pass, to, refused: offered.map_or(0, |slot| slot.offered.refused()), limits }
    }

    /// A stored description as it may go on; the text given stays the caller's.
    pub(super) fn filtered(&mut self, description: Text, passage: Passage) -> Option<Text> {
        let mut out = self.sip.pages.writer();
        let mut filter = Filter::new(passage);
        out.put_text_by(description, |out, piece| filter.put(out, piece));
        filter.finish(&mut out);
        out.finish()
    }

    /// The called party has accepted, with media that policy does not want: it is thanked and cleared, and the caller told.
    pub(super) fn refuse_acceptance(&mut self, now: Instant, leg: Handle, refused: Refused) {
        self.confirm(leg, &crate::media::Body::NONE);
        self.clear(now, leg, Cause::Media(refused));
    }
}

/// R94: where SRTP is required, a party tells nobody a key that somebody else knows.
fn fresh(slot: &LegSlot, terms: &Terms) -> Result<(), Refused> {
    let old = slot.stale && terms.parties.contains(&Srtp::Required);
    if old { Err(Refused::OldKey) } else { Ok(()) }
}
