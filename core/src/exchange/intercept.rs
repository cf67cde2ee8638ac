//! Intercept, carried out: who is refused is put through to whom the administrator has named for such a case. Who may be, policy
//! says ([`intercept`](crate::policy::intercept)); the refusal is noted down first, as it always is.
//!
//! Who transfers, parks, or has its calls go elsewhere, and is refused that, keeps what it had and is put through to nobody.

use super::Exchange;
use super::commands::{Heard, Queue};
use super::forward::{RECORDS_A_HOP, Why};
use super::placing::{Asked, ringing};
use crate::account::Typed;
use crate::base::{Crypto, Handle, Instant};
use crate::call::{Commands, Terms};
use crate::policy::{Condition, Image, Intercept, Mode, Party, Permit, Verdict};
use crate::record::Decision;
use crate::station::When;

impl<C: Crypto> Exchange<'_, C> {
    /// A call was denied: whether its caller is put through to another instead; then its leg.
    // Few calls are denied.
    #[inline(never)]
    pub(super) fn intercept(
        &mut self,
        now: Instant,
        asked: &Asked<'_>,
        denied: &Decision,
        commands: &mut Commands,
    ) -> Option<Handle> {
        let condition = Condition::of(denied.denial()?.rule).filter(|_| !asked.locked_out)?;
        let (image, mode) = (self.policy?.image, self.mode_at(now));
        let permit = self.intercepting(now, &image, (asked.from, condition), mode)?;
        let choice = *permit.choice();
        let terms = Terms {
            dialed: choice.outpulsed,
            ringing_s: ringing(&image, asked.from, mode),
            longest_s: self.longest(&choice),
            account: Typed::NONE,
            neutral: (asked.neutral, self.is_neutral(choice.to, asked.neutral)),
            leg: asked.leg,
            zone: asked.zone,
            speed: None,
        };
        self.commit(now, permit, &terms, commands)
    }

    /// The same for who has a leg already, dialing: whether it is put through. Then the call is on its way.
    pub(super) fn intercept_leg(&mut self, now: Instant, leg: Handle, denied: Option<&Decision>) -> bool {
        let Some(denied) = denied else { return false };
        let Some((from, neutral)) = self.calls.leg(leg).map(|slot| (slot.party, slot.neutral)) else {
            return false;
        };
        let zone = self.calls.dialing(leg).map_or(0, |dialing| dialing.zone);
        let asked =
            Asked { from, dialed: &[], neutral, locked_out: false, leg: Some(leg), given: None, zone };
        let mut commands = Commands::new();
        let placed = self.intercept(now, &asked, denied, &mut commands).is_some();
        if placed {
            self.perform(now, &commands, &Heard::NOTHING);
        }
        placed
    }

    /// Nobody is at the number that was called, and its calls go nowhere: whether the caller is put through to another.
    pub(super) fn out_of_service(&mut self, now: Instant, leg: Handle, queue: &mut Queue) -> bool {
        self.put_through(now, leg, queue).is_some()
    }

    fn put_through(&mut self, now: Instant, leg: Handle, queue: &mut Queue) -> Option<()> {
        let (image, mode) = (self.policy?.image, self.mode_at(now));
        let call = self.forwardable(leg)?;
        let permit = self.intercepting(now, &image, (call.from, Condition::OutOfService), mode)?;
        let choice = *permit.choice();
        // As if it had been forwarded: it does not go round (R28).
        let passed = call.hop(&choice, Why::Set(When::OutOfService).number())?;
        let longest_s = self.longest(&choice);
        let to = self.divert(now, (leg, false), permit, ringing(&image, call.from, mode), queue)?;
        self.calls.forwarded(to, choice.outpulsed, longest_s, passed);
        self.decided(now, call.from, choice.outpulsed, Verdict::Allow(choice));
        self.tell_forwarded(now, call.a, Party::Device(call.by));
        Some(())
    }

    /// Leave to put a party through. That it may not be is no refusal of anything that it has asked for: it is not noted down.
    fn intercepting<'e>(
        &self,
        now: Instant,
        image: &'e Image<'_>,
        (of, condition): (Party, Condition),
        mode: Mode,
    ) -> Option<Permit<'e>> {
        let named = image.intercepts_to(of, condition)?;
        // The call has its records, where they would not fit it goes no further.
        if self.records.free() < RECORDS_A_HOP {
            return None;
        }
        let to = self.at(now, named);
        Permit::intercept(image, &Intercept { of, condition, to, mode }).ok()
    }
}
