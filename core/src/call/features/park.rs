//! Park: E, who talks to X, is left to wait at a directory number for whoever takes it back.
//!
//! ```text
//!   before       E --- X
//!   parked       E                               X is released; E waits, nobody faces it
//!   taken        E ··> P                         P is off hook and asked for media on its own leg
//!   after        E --- P                         one call; what the two were goes into its record
//! ```
//! While E waits:
//!
//! ```text
//!  P takes it back, and may not ----> E waits on (R36)
//!  time is up ----------------------> X is rung: a recall, as after a transfer
//!  P hangs up before it has E ------> X is rung
//!  E hangs up ----------------------> the call is over
//! ```

use crate::base::{Handle, Instant};
use crate::call::features::hold::Holds;
use crate::call::leg::Event;
use crate::call::slots::{Call, Placed, Transfer};
use crate::call::{Calls, Cause, Command, Commands, Edge, Terms, push};
use crate::policy::{Party, Permit, Rule};

/// A party that waits to be taken back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Waits {
    /// Its leg.
    pub leg: Handle,
    /// Who that is.
    pub of: Party,
    /// It had been called by who parked it.
    pub called: bool,
}

impl Calls<'_> {
    /// The peer of a leg whose party may park it: both talk, nothing else is under way, and it is no call for help.
    #[must_use]
    pub fn parkable(&self, by: Handle) -> Option<Handle> {
        let of = self.transferee(by)?;
        let (_, choice) = self.choice(by)?;
        (choice.rule != Rule::Emergency).then_some(of)
    }

    /// The peer of a leg waits at the directory number of this device until then. False, and nothing changed, if it cannot.
    pub fn park(&mut self, by: Handle, at: u32, until: Instant, commands: &mut Commands) -> bool {
        let parked = |by| Transfer::Parked { at, by, until };
        if self.parkable(by).is_none() || !self.left_to_wait(by, parked, commands) {
            return false;
        }
        push(commands, Command::Referred(by, 200));
        push(commands, Command::Dismiss(by, Cause::Normal));
        true
    }

    /// The peer of a leg waits like that, and nobody faces it; who has left it is released by who asks.
    pub(super) fn left_to_wait(
        &mut self,
        by: Handle,
        waits: impl FnOnce(Party) -> Transfer,
        commands: &mut Commands,
    ) -> bool {
        let Some((party, call)) = self.legs.get(by).map(|slot| (slot.party, slot.call)) else { return false };
        let Some(placed) = self.placed_mut(call) else { return false };
        placed.transfer = waits(party);
        placed.holds = Holds::default();
        let media = core::mem::take(&mut placed.media);
        push(commands, Command::Parted(placed.known, media));
        self.detach(by);
        true
    }

    /// Of those who wait at the directory number of this device, the one whose recall is due first. Work: linear in the legs.
    #[must_use]
    pub fn parked_at(&self, device: u32) -> Option<Waits> {
        let parked = self.legs.iter().filter_map(|(leg, slot)| {
            let Transfer::Parked { at, until, .. } = self.placed(slot.call)?.transfer else { return None };
            let waits = Waits { leg, of: slot.party, called: self.was_called(leg) };
            (at == device && self.talks(leg)).then_some((until, waits))
        });
        parked.min_by_key(|(until, _)| *until).map(|(_, waits)| waits)
    }

    /// The party of `by`, who is off hook and has no call, takes back who waits. False, and nothing changed, if the permit is
    /// for others.
    pub fn take_back(
        &mut self,
        now: Instant,
        permit: Permit<'_>,
        (of, by): (Handle, Handle),
        terms: &Terms,
        commands: &mut Commands,
    ) -> bool {
        let choice = *permit.choice();
        let (Some(from), Some(to), Some(_)) = (self.seat(of), self.seat(by), self.dialing(by)) else {
            return false;
        };
        let Some(Transfer::Parked { by: party, .. }) = self.transfer(of) else { return false };
        let Some(edge) = Edge::propose(permit, from, to) else { return false };
        // If nobody is there in the end, who had parked it is rung.
        let transfer = Transfer::Ringing { by: Handle::NONE, party, recall: false, described: false };
        let placed = Placed { transfer, ..Placed::new(now, edge, choice, terms, by) };
        if self.takes_in_place(by, Call::Placed(placed)).is_none() {
            return false;
        }
        self.pend(of, by, true);
        self.event(now, by, Event::Offer { ringing_s: terms.ringing_s }, commands);
        true
    }

    /// A party that has waited long enough to be taken back waits for who had parked it from now on.
    pub fn parked_too_long(&mut self, now: Instant, leg: Handle, commands: &mut Commands) {
        let call = self.legs.get(leg).map_or(Handle::NONE, |slot| slot.call);
        let Some(placed) = self.placed_mut(call) else { return };
        if let Transfer::Parked { by, until, .. } = placed.transfer
            && until <= now
        {
            placed.transfer = Transfer::Pending { ringing: Handle::NONE, left: true };
            push(commands, Command::Recall(leg, by));
        }
    }
}
