//! A call that rings at all members of its hunt group at once, carried out: one after the other is asked to ring, and let go when
//! somebody has answered or nobody waits any more. Who is faced when, [`beside`](crate::call::features::beside) says.
//!
//! Each member is offered the same media, that of the caller, judged for this member; early media of one of several is nobody's
//! and is not passed on.

use super::Exchange;
use super::commands::{Queue, enqueue};
use super::forward::RECORDS_A_HOP;
use crate::base::{Crypto, Handle, Instant};
use crate::call::features::hunt::Hunt;
use crate::call::{Cause, Command, Commands};
use crate::policy::Verdict;

impl<C: Crypto> Exchange<'_, C> {
    /// One more member rings for the call in this place, if there is one, and room for it. Work: as for [`Self::hunt`].
    #[inline(never)]
    pub(super) fn ring_more(&mut self, now: Instant, place: Handle, queue: &mut Queue) {
        let Some((leg, policy)) = self.calls.faces(place).zip(self.policy) else { return };
        let Some(call) = self.forwardable(leg) else { return };
        let (Some(mut hunt), Some(group)) = (call.hunt, policy.image.hunt_group(call.by)) else { return };
        // What is kept free for emergency calls is not touched: who rings already is enough.
        let signals = self.calls.leg(call.a).is_some_and(|slot| slot.neutral);
        let room = self.calls.free() > self.reserved_calls && (signals || !self.transactions_are_scarce());
        if !room || self.records.free() < RECORDS_A_HOP {
            return;
        }
        let permit = self.next_member(now, &policy.image, (&call, &group), &mut hunt, &mut None);
        self.calls.hunted(leg, hunt);
        let Some(permit) = permit else { return };
        let choice = *permit.choice();
        let neutral = self.is_neutral(choice.to, signals);
        let mut commands = Commands::new();
        let terms = (group.member_s, neutral);
        let Some(to) = self.calls.ring_beside(now, permit, place, terms, &mut commands) else { return };
        self.watch_leg(to);
        self.decided_for(now, self.for_caller(&call), self.number_of(call.by), Verdict::Allow(choice));
        enqueue(queue, &commands);
        let _ = queue.push_back(Command::RingMore(place));
    }

    /// Who rings beside for the call in this place is let go, one at a time: there may be more than a queue holds.
    #[inline(never)]
    pub(super) fn let_others_go(&mut self, place: Handle, cause: Cause, queue: &mut Queue) {
        if let Some(leg) = self.calls.one_less(place) {
            let _ = queue.push_back(Command::Dismiss(leg, cause));
            let _ = queue.push_back(Command::Others(place, cause));
        }
    }

    /// The member that a call faces has failed or rung long enough: whether others ring for it still. It is let go then.
    pub(super) fn others_ring(&mut self, now: Instant, leg: Handle, hunt: Hunt, queue: &mut Queue) -> bool {
        let rings = self.has_rung(now, leg);
        let mut commands = Commands::new();
        let Some(other) = self.calls.another_rings(leg, &mut commands) else { return false };
        self.calls.hunted(other, hunt);
        self.faced(other, &commands);
        let place = self.calls.leg(other).map(|slot| slot.call);
        if rings {
            let _ = queue.push_back(Command::Dismiss(leg, Cause::CANCELLED));
        } else if let Some(device) = self.ended(now, leg).filter(|_| self.camping) {
            self.ring_camped(now, device, queue);
        }
        // There may have been no room for everybody.
        if let Some(place) = place {
            let _ = queue.push_back(Command::RingMore(place));
        }
        true
    }

    /// The same for whoever rings beside the one that this caller's call faces. Work: linear in the legs, where anybody does.
    pub(super) fn send_what_waited_beside(&mut self, now: Instant, caller: Handle) {
        if !self.calls.any_beside() {
            return;
        }
        for slot in 0..self.calls.slots() {
            let rings = |b: &Handle| self.calls.is_beside(*b) && self.calls.peer(*b) == Some(caller);
            if let Some(b) = self.calls.leg_at(slot).filter(rings) {
                self.send_what_waited(now, b);
            }
        }
    }

    /// Something is heard of a called leg: it is the one that its call faces from now on.
    #[inline]
    pub(super) fn turn_to(&mut self, leg: Handle) {
        if self.calls.is_beside(leg) {
            let mut commands = Commands::new();
            self.calls.turn_to(leg, &mut commands);
            self.faced(leg, &commands);
        }
    }

    /// A call faces another than before: what its caller has offered is judged for that one.
    #[inline(never)]
    fn faced(&mut self, leg: Handle, commands: &Commands) {
        for command in commands {
            if let Command::Parted(known, media) = *command {
                self.media_over(known, media);
            }
        }
        let caller = self.calls.peer(leg).filter(|_| !self.calls.rings_for_another(leg));
        if let Some(caller) = caller {
            // It was judged when the INVITE was sent, by the same that counts now.
            let _ = self.judge_offer(caller);
        }
    }
}
