//! The engine renews the session of a call by itself: one party is asked for an offer, the other answers it
//! (RFC 3725 section 4.1, flow I). When, [`media::Change`](crate::media::Change) knows; here its actions become messages.

use super::Exchange;
use super::renegotiate::Came;
use crate::base::{Crypto, Full, Handle, Instant};
use crate::call::{Pair, leg};
use crate::media::change::Event;
use crate::media::{Body, Described, Pass, Passage, Relayed, Side, Summary};
use crate::signalling::dialog::Phase;
use crate::table::Text;

/// Who owns the Call-ID waits so long before it asks again, in steps of 10 ms (RFC 3261 section 14.1).
const OWNER_STEPS: core::ops::RangeInclusive<u64> = 210..=400;
/// Who does not.
const OTHER_STEPS: core::ops::RangeInclusive<u64> = 0..=200;

impl<C: Crypto> Exchange<'_, C> {
    /// The relay has forgotten everything, or another one has taken its place: the media of every call that went over it is
    /// negotiated anew. A call that is not answered yet fails when it is. Work: linear in the legs; the messages follow
    /// from [`tick`](Self::tick), a bounded number at a time.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and give it again.
    pub fn relay_lost(&mut self, now: Instant) -> Result<(), Full> {
        self.reserve()?;
        let now = self.advance(now);
        for slot in 0..self.calls.slots() {
            let Some(leg) = self.calls.leg_at(slot) else { continue };
            if !self.calls.media(leg).is_some_and(|media| media.relayed) {
                continue;
            }
            if let Some(slot) = self.calls.leg_mut(leg)
                && let Relayed::At(_) | Relayed::Failed = slot.relayed
            {
                slot.relayed = Relayed::No;
            }
            if self.calls.is_answered(leg) {
                self.renew(now, leg);
            }
        }
        Ok(())
    }

    /// The session of a leg's call is to be renewed at this time.
    pub(super) fn renew(&mut self, at: Instant, leg: Handle) {
        self.change(self.clock.now(), leg, |_| Event::Renew(at), &Came::NOTHING);
    }

    /// The session of a leg's call may be due.
    pub(super) fn change_due(&mut self, now: Instant, leg: Handle) {
        let deadline = self.calls.change(leg).and_then(|change| change.next_deadline());
        if deadline.is_some_and(|due| due <= now) {
            self.change(now, leg, |_| Event::Tick, &Came::NOTHING);
        }
    }

    /// Asks a party for an offer. The event is what follows if that cannot be done.
    pub(super) fn draw(&mut self, now: Instant, side: Side, legs: Pair) -> Result<(), Event> {
        for leg in [legs.a, legs.b] {
            let slot = self.calls.leg(leg);
            if !slot
                .is_some_and(|slot| !slot.neutral && matches!(slot.leg.state(), leg::State::Connected { .. }))
            {
                return Err(Event::Refused(side, 488));
            }
            // No INVITE while another is not acknowledged (section 14.1).
            if self.sip.dialog(leg).is_none_or(|dialog| dialog.phase != Phase::Confirmed) {
                return Err(Event::Refused(side, 491));
            }
        }
        for leg in [legs.a, legs.b] {
            self.note_offer(leg, Described::NONE);
        }
        self.reinvite_out(now, legs.of(side), Text::EMPTY).ok_or(Event::Refused(side, 500))
    }

    /// Keeps what a party was asked to offer, until it is answered.
    pub(super) fn keep_drawn(&mut self, leg: Handle, offer: &[u8]) {
        let body = Body { text: offer, offer: self.calls.offered(leg), passage: Passage::UNCHANGED };
        let kept = self.sip.written(&body).unwrap_or(Text::EMPTY);
        self.replace_drawn(leg, kept);
    }

    /// Keeps nothing of what a party has offered: it waits for another's offer.
    pub(super) fn keep_nothing(&mut self, leg: Handle) {
        self.replace_drawn(leg, Text::EMPTY);
    }

    fn replace_drawn(&mut self, leg: Handle, text: Text) {
        let Some(dialog) = self.sip.dialog_mut(leg) else { return self.sip.pages.release(text) };
        let former = core::mem::replace(&mut dialog.offer, text);
        self.sip.pages.release(former);
    }

    /// What a party was asked to offer, as it goes on to the other.
    pub(super) fn drawn(&mut self, leg: Handle) -> Option<Text> {
        let offer = self.sip.dialog(leg).map(|dialog| dialog.offer).filter(|offer| !offer.is_empty())?;
        let passage = self.passage(leg);
        self.filtered(offer, passage)
    }

    /// The other party has answered what this one was asked to offer.
    pub(super) fn answer_drawn(&mut self, leg: Handle, other: Handle, answer: &[u8]) {
        let body = Body { text: answer, offer: None, passage: self.passage(other) };
        self.confirm(leg, &body);
        self.replace_drawn(leg, Text::EMPTY);
        self.open_media(leg);
    }

    /// The other party will not have it: an offer in a 2xx must be answered all the same (RFC 3264 section 5).
    pub(super) fn decline_drawn(&mut self, leg: Handle) {
        let offer = self.sip.dialog(leg).map_or(Text::EMPTY, |dialog| dialog.offer);
        let nothing = Passage { pass: Pass::Clear, refused: Summary::ALL, ..Passage::UNCHANGED };
        let answer = self.filtered(offer, nothing).unwrap_or(Text::EMPTY);
        self.acknowledge(leg, answer);
        self.set_phase(leg, Phase::Confirmed);
        self.replace_drawn(leg, Text::EMPTY);
        self.media_kept(leg);
    }

    /// When to ask again after both have asked at once. The Call-ID of whom we called is ours.
    pub(super) fn try_again(&mut self, now: Instant, side: Side) -> Instant {
        let steps = if side == Side::B { OWNER_STEPS } else { OTHER_STEPS };
        let count = steps.end().saturating_sub(*steps.start()).saturating_add(1);
        let chosen = self.crypto.random_u64().checked_rem(count).unwrap_or(0);
        now.plus_ms(steps.start().saturating_add(chosen).saturating_mul(10))
    }
}
