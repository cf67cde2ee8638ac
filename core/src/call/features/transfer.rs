//! Transfer: a party X that talks to E has it joined with T, and leaves.
//!
//! ```text
//!   before       E --- X      X --- T            two calls of X, the second made by X itself or for it
//!   ringing      E --- X      E ··> T            T rings for E on X's authority; between E and X nothing has changed
//!   after        E --- T                         one call; what the two were goes into its record
//! ```
//! While T rings:
//!
//! ```text
//!  T answers -----------------------> E and T are joined, X is released
//!  T refuses or says nothing -------> X is told and talks on; if it has left, it is rung: a recall
//!  X hangs up ----------------------> E waits for T alone
//!  E hangs up ----------------------> T is released, and X if it is still there
//!  a recall is not answered --------> E is released
//! ```
//! Until T has answered the calls are as they were, so a denial or a failure leaves them so (R29).

use crate::base::{Handle, Instant};
use crate::call::features::hold::Holds;
use crate::call::join::{Connect, Edge};
use crate::call::leg::{Event, State};
use crate::call::slots::{Brought, Call, LegSlot, Media, Placed, Terms, Third, Transfer};
use crate::call::{Calls, Cause, Command, Commands, push};
use crate::media::Change;
use crate::policy::{Party, Permit, Rule};

/// Two parties that a transfer has joined.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rejoined {
    /// Who.
    pub connect: Connect,
    /// The second has only just answered.
    pub answered: bool,
}

/// Both legs of the party that transfers, and those of its peers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Legs {
    /// Its leg in the call of who is transferred.
    pub by: Handle,
    /// Who is transferred.
    pub of: Handle,
    /// Its leg in the other call.
    pub other: Handle,
    /// Who is the peer there.
    pub to: Handle,
}

impl<'m> Calls<'m> {
    /// The peer of a leg whose party may transfer it: both talk, and nothing else is under way.
    #[must_use]
    pub fn transferee(&self, by: Handle) -> Option<Handle> {
        let call = self.placed(self.legs.get(by)?.call)?;
        // The resource goes nowhere.
        let of = call.edge.other(by).filter(|of| self.party(*of) != Party::Conference)?;
        let free = call.transfer == Transfer::None && call.change.is_settled();
        (free && self.talks(by) && self.talks(of)).then_some(of)
    }

    /// The legs of a party that asks that the peers of two of its calls be joined. The second may still ring, if it was the
    /// party that called there.
    #[must_use]
    pub fn peers(&self, by: Handle, other: Handle) -> Option<Legs> {
        let of = self.transferee(by)?;
        let (one, two) = (self.legs.get(by)?, self.legs.get(other)?);
        let call = self.placed(two.call)?;
        let to = call.edge.other(other).filter(|to| self.party(*to) != Party::Conference)?;
        let rings = call.edge.a() == other && call.answered.is_none() && self.rings(to);
        let ready = rings || self.transferee(other).is_some();
        let legs = Legs { by, of, other, to };
        (ready && one.call != two.call && one.party == two.party && call.transfer == Transfer::None)
            .then_some(legs)
    }

    /// Whether the party of a leg was called, and who called it is the peer.
    #[must_use]
    pub fn was_called(&self, leg: Handle) -> bool {
        self.edge(leg).is_some_and(|edge| edge.b() == leg)
    }

    /// Whether this leg rings for a party in another call.
    #[must_use]
    pub fn rings_for_another(&self, leg: Handle) -> bool {
        let call = self.legs.get(leg).and_then(|slot| self.placed(slot.call));
        call.is_some_and(|call| matches!(call.transfer, Transfer::Ringing { .. } | Transfer::Failed { .. }))
    }

    /// Whether the INVITE of a leg that rings for another carried an offer: that of who transfers.
    #[must_use]
    pub fn was_described(&self, leg: Handle) -> bool {
        let call = self.legs.get(leg).and_then(|slot| self.placed(slot.call));
        call.is_some_and(|call| matches!(call.transfer, Transfer::Ringing { described: true, .. }))
    }

    /// The leg that rings for the party of this one.
    #[must_use]
    pub fn ringing_for(&self, of: Handle) -> Option<Handle> {
        match self.transfer(of)? {
            Transfer::Pending { ringing, .. } => Some(ringing),
            Transfer::None
            | Transfer::Ringing { .. }
            | Transfer::Parked { .. }
            | Transfer::Camped { .. }
            | Transfer::Failed { .. } => None,
        }
    }

    /// What a leg's call has to do with a transfer.
    #[must_use]
    pub fn transfer(&self, leg: Handle) -> Option<Transfer> {
        Some(self.placed(self.legs.get(leg)?.call)?.transfer)
    }

    /// What a leg's media is known by outside.
    #[must_use]
    pub fn known(&self, leg: Handle) -> Option<Handle> {
        Some(self.placed(self.legs.get(leg)?.call)?.known)
    }

    pub(super) fn talks(&self, leg: Handle) -> bool {
        self.legs.get(leg).is_some_and(|slot| matches!(slot.leg.state(), State::Connected { .. }))
    }

    fn rings(&self, leg: Handle) -> bool {
        let state = self.legs.get(leg).map(|slot| slot.leg.state());
        matches!(state, Some(State::Calling { .. } | State::Ringing { .. }))
    }

    /// Rings the party that the permit names for `of`, on behalf of `by`: the new leg. `None`, and nothing changed, if there is
    /// no room or the permit is for others.
    pub fn ring_for(
        &mut self,
        now: Instant,
        permit: Permit<'_>,
        (of, by): (Handle, Handle),
        terms: &Terms,
        commands: &mut Commands,
    ) -> Option<Handle> {
        if self.free() == 0 || !self.talks(of) {
            return None;
        }
        let choice = *permit.choice();
        let party = choice.authority.party;
        let from = self.seat(of)?;
        let recall = self.seat(by).is_none();
        let to = self.legs.insert(LegSlot::called(&choice, Handle::NONE, terms.neutral.1)).ok()?;
        let edge = self.seat(to).and_then(|to| Edge::propose(permit, from, to));
        let party = if recall { choice.to } else { party };
        let transfer = Transfer::Ringing { by, party, recall, described: false };
        let placed = edge.map(|edge| Placed { transfer, ..Placed::new(now, edge, choice, terms, to) });
        let call = placed.and_then(|placed| self.calls.insert(Call::Placed(placed)).ok());
        let Some(call) = call else {
            self.legs.remove(to);
            return None;
        };
        if let Some(slot) = self.legs.get_mut(to) {
            slot.call = call;
        }
        self.pend(of, to, recall);
        self.event(now, to, Event::Offer { ringing_s: terms.ringing_s }, commands);
        Some(to)
    }

    /// Another way is tried for a party that is transferred to an emergency centre.
    pub(in crate::call) fn rings_instead(&mut self, of: Handle, ringing: Handle) {
        let call = self.legs.get(of).map_or(Handle::NONE, |slot| slot.call);
        if let Some(Transfer::Pending { left, .. }) = self.placed(call).map(|call| call.transfer) {
            self.pend(of, ringing, left);
        }
    }

    /// The call of `of` waits for this leg.
    pub(super) fn pend(&mut self, of: Handle, ringing: Handle, left: bool) {
        let call = self.legs.get(of).map_or(Handle::NONE, |slot| slot.call);
        if let Some(call) = self.placed_mut(call) {
            call.transfer = Transfer::Pending { ringing, left };
        }
    }

    /// Joins the peers of two calls of one party, or lets the one that rings ring for the other from now on. False, and nothing
    /// changed, if the permit is for others.
    pub fn join_peers(
        &mut self,
        now: Instant,
        permit: Permit<'_>,
        legs: &Legs,
        commands: &mut Commands,
    ) -> bool {
        let Legs { by, of, other, to } = *legs;
        let (Some(from), Some(seat)) = (self.seat(of), self.seat(to)) else { return false };
        let (Some(party), Some(call)) =
            (self.leg(by).map(|slot| slot.party), self.leg(other).map(|slot| slot.call))
        else {
            return false;
        };
        if self.rings(to) {
            let Some(edge) = Edge::propose(permit, from, seat) else { return false };
            let Some(placed) = self.placed_mut(call) else { return false };
            push(commands, Command::Parted(placed.known, placed.media));
            (placed.edge, placed.known, placed.media) = (edge, to, Media::default());
            placed.transfer = Transfer::Ringing { by, party, recall: false, described: true };
            // Who else rings does so for who has left, and was permitted for nobody else.
            self.others_go(call, Cause::CANCELLED, commands);
            self.detach(other);
            self.pend(of, to, false);
            push(commands, Command::Dismiss(other, Cause::Normal));
            return true;
        }
        let Some((edge, connect)) = Edge::join(permit, from, seat) else { return false };
        if let Some(placed) = self.placed_mut(call) {
            push(commands, Command::Parted(placed.known, placed.media));
            placed.media = Media::default();
            placed.edge = edge;
        }
        self.detach(other);
        push(commands, Command::Referred(by, 200));
        push(commands, Command::Dismiss(other, Cause::Normal));
        self.unite(now, call, of, Some(true), commands);
        push(commands, Command::Rejoined(Rejoined { connect, answered: false }));
        true
    }

    /// The party that rings for another has answered.
    pub(in crate::call) fn transferred(
        &mut self,
        now: Instant,
        call: Handle,
        connect: Connect,
        commands: &mut Commands,
    ) {
        let Some(Transfer::Ringing { by, recall, .. }) = self.placed(call).map(|call| call.transfer) else {
            return;
        };
        if self.talks(by) {
            push(commands, Command::Referred(by, 200));
        }
        self.unite(now, call, connect.a(), (!recall).then_some(false), commands);
        push(commands, Command::Rejoined(Rejoined { connect, answered: true }));
    }

    /// Two calls become one: that of `of`, and the one in which it is joined with another. The call over a trunk goes on; of
    /// two over trunks both do, as one (R86, R88). `supervised` is absent for a recall.
    fn unite(
        &mut self,
        now: Instant,
        joined: Handle,
        of: Handle,
        supervised: Option<bool>,
        commands: &mut Commands,
    ) {
        let first = self.legs.get(of).map_or(Handle::NONE, |slot| slot.call);
        let (Some(one), Some(two)) = (self.placed(first), self.placed(joined)) else { return };
        let (outside, also) = (one.is_outside(), two.is_outside() && supervised.is_some());
        let left = one.edge.other(of).unwrap_or(Handle::NONE);
        let until = [one.deadline(), two.deadline()].into_iter().flatten().min();
        let (edge, media, room) = (two.edge.clone(), two.media, two.room);
        let (to, known) =
            (edge.b(), if two.known == edge.b() { edge.b() } else { self.unknown(&edge, one, two) });
        let how = |supervised| if supervised { Brought::Supervised } else { Brought::Unsupervised };
        // Who comes into a room is told of with the other members.
        let brought = supervised.filter(|_| room == Handle::NONE);
        let third = |party| brought.map(|supervised| Third { party, how: how(supervised) });
        let (from_party, to_party) = (self.party(of), self.party(to));
        if let Some(one) = self.placed(first) {
            push(commands, Command::Parted(one.known, one.media));
        }
        let goes_on = if also && !outside {
            // The media was parted above.
            if let Some(one) = self.placed_mut(first) {
                (one.media, one.third) = (Media::default(), third(to_party));
            }
            self.finished(now, first, Cause::Normal, commands);
            self.calls.remove(first);
            if let Some(two) = self.placed_mut(joined) {
                (two.third, two.known) = (third(from_party), known);
                (two.transfer, two.change, two.holds) = (Transfer::None, Change::APART, Holds::default());
            }
            joined
        } else {
            if let Some(two) = self.placed_mut(joined) {
                (two.third, two.transfer) = (third(from_party), Transfer::None);
                (two.media, two.known) = (Media::default(), Handle::NONE);
            }
            // Of two calls over trunks both go on, as one; a third is over, with what is one with it.
            let alone = |call| self.placed(call).is_some_and(|call| call.linked == Handle::NONE);
            let is_second = also && alone(first) && alone(joined);
            if is_second {
                if let Some(one) = self.placed_mut(first) {
                    one.linked = joined;
                }
            } else {
                // What only rang for a moment inside is told of by the record of the call that goes on.
                if also || supervised == Some(true) {
                    self.finished(now, joined, Cause::Normal, commands);
                }
                self.calls.remove(joined);
            }
            if let Some(one) = self.placed_mut(first) {
                (one.edge, one.media, one.known) = (edge, media, known);
                (one.transfer, one.change, one.holds) = (Transfer::None, Change::APART, Holds::default());
                (one.third, one.room) = (third(to_party).or(one.third), room);
            }
            first
        };
        // The shorter of both limits holds, through further transfers too.
        if let Some(placed) = self.placed_mut(goes_on)
            && let (Some(answered), Some(until)) = (placed.answered, until)
        {
            placed.longest_s = u32::try_from(until.since_ms(answered) / 1000).unwrap_or(0).max(1);
        }
        for (leg, until) in [(of, until), (to, None)] {
            if let Some(slot) = self.legs.get_mut(leg) {
                slot.call = goes_on;
                let _ = slot.leg.handle(now, Event::Rejoined { until });
            }
        }
        if !self.follows(now, of, left, commands) && left != to && self.talks(left) {
            self.detach(left);
            push(commands, Command::Dismiss(left, Cause::Normal));
        }
        self.entered(of);
    }

    pub(super) fn party(&self, leg: Handle) -> Party {
        self.legs.get(leg).map_or(Party::Unknown, |slot| slot.party)
    }

    /// A leg of the edge by which no media is known yet.
    fn unknown(&self, edge: &Edge, one: &Placed, two: &Placed) -> Handle {
        let used = |leg: Handle| leg == one.known || leg == two.known;
        if used(edge.a()) && !used(edge.b()) { edge.b() } else { edge.a() }
    }
}

impl Placed {
    /// Whether it goes over a trunk.
    fn is_outside(&self) -> bool {
        [self.caller, self.choice.to].iter().any(|party| matches!(party, Party::Trunk(_)))
    }

    /// When it has lasted as long as it may.
    fn deadline(&self) -> Option<Instant> {
        let limited = self.longest_s != 0 && self.choice.rule != Rule::Emergency;
        self.answered.filter(|_| limited).map(|answered| answered.plus_s(u64::from(self.longest_s)))
    }
}
