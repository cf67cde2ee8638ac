//! Camp-on, carried out: a number is called, or a call transferred, by the code for it, and who is busy there rings when it is idle. What becomes of the
//! call, [`camp`](crate::call::features::camp); whom the caller may be joined with then, [`camped`](crate::policy::camp).

use super::Exchange;
use super::commands::{Heard, Queue, enqueue};
use super::placing::{Asked, Unplaced, is_emergency, ringing};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::dialing::Tone;
use crate::call::features::camp::Camped;
use crate::call::{Cause, Commands, Terms, leg};
use crate::media::Body;
use crate::policy::decide::class_of;
use crate::policy::rows::{FEATURE_BUSY_OVERRIDE, FEATURE_CAMP_ON, Features};
use crate::policy::trie::{End, analyse};
use crate::policy::{Behalf, Camp, Feature, Image, Party, Permit, Refusal, Rule, Verdict};
use crate::signalling::dialog::Phase;

impl<C: Crypto> Exchange<'_, C> {
    /// A call to what was dialed behind the code: like any other, but that its caller waits if it is busy there. Its class must
    /// have `camp-on` (R3). Whoever calls for help gets help.
    // Few calls are placed so.
    #[inline(never)]
    pub(super) fn place_camping(
        &mut self,
        now: Instant,
        asked: &Asked<'_>,
        number: &[u8],
        commands: &mut Commands,
    ) -> Result<Handle, Unplaced> {
        let Some(image) = self.policy.map(|policy| policy.image) else { return Err(Unplaced::Congested) };
        let asked = Asked { dialed: number, ..*asked };
        if let Some(rule) = self.uncalled(now, &image, &asked, Features::CAMP_ON) {
            return Err(self.refused_by(now, asked.from, number, rule));
        }
        let a = self.place(now, &asked, commands)?;
        self.calls.camps(a);
        Ok(a)
    }

    /// Why what was dialed behind a code that calls a number is not called, whatever it leads to: the class has not that feature (R3), or
    /// it is a code itself. Who calls for help, or is locked out, is told so as by any call.
    pub(super) fn uncalled(
        &self,
        now: Instant,
        image: &Image<'_>,
        asked: &Asked<'_>,
        feature: Features,
    ) -> Option<Rule> {
        if is_emergency(image, asked.dialed) || asked.locked_out {
            None
        } else if !self.has(now, image, asked.from, feature) {
            Some(Rule::CosFeature)
        } else {
            is_coded(image, asked.dialed).then_some(Rule::NumberVacant)
        }
    }

    /// Whether the class of a party has a feature (R3).
    pub(super) fn has(&self, now: Instant, image: &Image<'_>, party: Party, feature: Features) -> bool {
        let features = class_of(image, party, self.mode_at(now)).map_or(0, |class| class.features);
        Features::from_bits_truncate(features).contains(feature)
    }

    /// A called device is busy: whether its caller waits for it. It does if the device has a call here: another busy one would never
    /// be known to be idle.
    // Few calls are.
    #[inline(never)]
    pub(super) fn camp(&mut self, now: Instant, leg: Handle, queue: &mut Queue) -> bool {
        let Some(image) = self.policy.map(|policy| policy.image) else { return false };
        let Some(device) = self.calls.leg(leg).and_then(|slot| slot.party.phone()) else { return false };
        let camps = self.calls.may_camp(leg);
        let class = camps.and_then(|camps| class_of(&image, camps, self.mode_at(now))).unwrap_or_default();
        // Who has called a hot-desk user has not called the phone where he was.
        let called = self.forwardable(leg).is_some_and(|call| call.by == device);
        if !called || camps.is_none() || class.camp_on_recall_s == 0 || !self.calls.engaged(device, leg) {
            return false;
        }
        let until = now.plus_s(u64::from(class.camp_on_recall_s));
        let mut commands = Commands::new();
        let Some(a) = self.calls.camp(leg, device, until, &mut commands) else { return false };
        enqueue(queue, &commands);
        self.ended(now, leg);
        self.camping = true;
        self.watch_leg(a);
        // It was busy for good, or for a moment: whoever has waited until now has waited long enough.
        if self.calls.deadline(a).is_some_and(|until| until <= now) {
            self.camps_in_vain(a, Cause::BUSY, queue);
            return true;
        }
        self.tell_camped(now, a, device, &image);
        true
    }

    /// The caller hears that it waits; who talks there hears that somebody waits, unless a party of that call is secured against
    /// the tone (R5).
    fn tell_camped(&mut self, now: Instant, a: Handle, device: u32, image: &Image<'_>) {
        if self.calls.leg(a).is_some_and(|slot| slot.neutral) {
            self.tone(a, Tone::CampOn);
        } else if self.sip.dialog(a).is_some_and(|dialog| dialog.phase == Phase::Invited) {
            self.provisional(now, a, (182, true), |_| {}, &Body::NONE);
        }
        let secured = |party| self.has(now, image, party, Features::CAMP_ON_TONE_SECURITY);
        let talks = |slot: &crate::call::LegSlot| matches!(slot.leg.state(), leg::State::Connected { .. });
        let own = self.calls.legs().find(|(_, slot)| slot.party.phone() == Some(device) && talks(slot));
        let Some((own, slot)) = own.filter(|(_, slot)| slot.neutral) else { return };
        let other = self.calls.peer(own).and_then(|peer| self.calls.leg(peer)).map(|slot| slot.party);
        if !secured(slot.party) && !other.is_some_and(secured) {
            self.tone(own, Tone::CampOn);
        }
    }

    /// A leg of a device is gone, and somebody may wait for that: if it is idle now, it rings. Work: linear in the legs.
    #[inline(never)]
    pub(super) fn ring_camped(&mut self, now: Instant, device: u32, queue: &mut Queue) {
        let Some(waits) = self.calls.camped_on(device) else {
            self.camping = self.calls.any_camps();
            return;
        };
        if self.calls.engaged(device, Handle::NONE) {
            return;
        }
        self.camped_rings(now, device, waits, queue);
    }

    fn camped_rings(&mut self, now: Instant, device: u32, waits: Camped, queue: &mut Queue) {
        let Some(image) = self.policy.map(|policy| policy.image) else { return };
        let Camped { leg, of, call, by, until, .. } = waits;
        let (mode, to) = (self.mode_at(now), self.at(now, device));
        let authority = by.map_or(waits.authority, |by| self.authority(now, by));
        let camp = Camp { on: device, to, of, authority, mode };
        let permit = match Permit::camp(&image, &camp) {
            Ok(permit) => permit,
            Err(Refusal::Denied(denial) | Refusal::NeedsCode(denial)) => {
                let dialed = self.calls.choice(leg).map_or(Digits::EMPTY, |(dialed, _)| *dialed);
                let behalf = by.map(|_| Behalf { feature: Feature::Transfer, party: of });
                self.note_denied_for(now, (by.unwrap_or(of), behalf), dialed, Verdict::Deny(denial));
                self.camps_in_vain(leg, Cause::Denied(denial.rule), queue);
                return;
            }
        };
        let own = self.calls.leg(leg).is_some_and(|slot| slot.neutral);
        let neutral = self.is_neutral(to, own);
        let mut commands = Commands::new();
        // What is kept free for emergency calls is not touched for it.
        let rung = match by {
            Some(by) if self.has_place(now, false, true) => {
                let terms = Terms::undialed(ringing(&image, by, mode), (own, neutral));
                let rung = self.calls.ring_for(now, permit, (leg, Handle::NONE), &terms, &mut commands);
                rung.inspect(|b| self.calls.rings_camped(*b, by, until))
            }
            None if self.calls.free_legs() > self.reserved_calls.saturating_mul(2) => {
                self.calls.camps_no_more(call);
                self.calls.reroute(now, call, permit, ringing(&image, of, mode), neutral, &mut commands)
            }
            Some(_) | None => None,
        };
        match rung {
            Some(b) => {
                self.watch_leg(leg);
                self.watch_leg(b);
                enqueue(queue, &commands);
            }
            None => self.camps_in_vain(leg, Cause::CONGESTION, queue),
        }
    }

    /// Nothing comes of waiting.
    fn camps_in_vain(&mut self, leg: Handle, cause: Cause, queue: &mut Queue) {
        let follows = self.calls.camps_in_vain(leg, cause);
        self.watch_leg(leg);
        let _ = queue.push_back(follows);
    }

    /// Time has come for a leg: who waits for a busy device has perhaps waited long enough.
    pub(super) fn camped_due(&mut self, now: Instant, leg: Handle) {
        let mut commands = Commands::new();
        self.calls.camped_too_long(now, leg, &mut commands);
        if !commands.is_empty() {
            self.watch_leg(leg);
            self.perform(now, &commands, &Heard::NOTHING);
        }
    }
}

/// Whether what stands behind a code is a code itself: that is no number; a speed call is one.
fn is_coded(image: &Image<'_>, number: &[u8]) -> bool {
    let end = analyse(image, number, |_| false).end();
    matches!(end, End::Feature(..)) && image.speed_number(number).is_none()
}

/// A number for help that a phone has dialed behind a code that calls a number, without that; anything else as it is. Help asks for no
/// class (law 4).
pub(super) fn help_behind<'d>(image: &Image<'_>, from: Party, dialed: &'d [u8]) -> &'d [u8] {
    let End::Feature(FEATURE_CAMP_ON | FEATURE_BUSY_OVERRIDE, digits) =
        analyse(image, dialed, |_| false).end()
    else {
        return dialed;
    };
    let behind = dialed.get(usize::from(digits)..).filter(|_| from.phone().is_some());
    behind.filter(|number| is_emergency(image, number)).unwrap_or(dialed)
}
