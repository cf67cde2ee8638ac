//! Where a call goes: its called party rings, or another does instead; and what is tried when a party has failed.

use super::Exchange;
use super::brakes::Line;
use super::commands::{Heard, Queue, enqueue};
use super::forward::Unrung;
use super::placing::ringing;
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::{Cause, Commands, Retry, leg};
use crate::policy::{Behalf, Feature, Permit, Verdict};

impl<C: Crypto> Exchange<'_, C> {
    /// A called party is to ring, unless its user or the administrator wants otherwise.
    pub(super) fn set_up(
        &mut self,
        now: Instant,
        leg: Handle,
        queue: &mut Queue,
    ) -> Option<(Handle, leg::Event)> {
        self.turn_to(leg);
        let party = self.calls.leg(leg)?.party;
        if self.has_settings(party) {
            match self.unrung(now, leg, queue) {
                Unrung::Rings => {}
                Unrung::Forwarded => return None,
                // What can be done about that is done already.
                Unrung::Refuses(cause) => {
                    let mut more = Commands::new();
                    self.apply(now, leg, leg::Event::Release(cause), &mut more);
                    enqueue(queue, &more);
                    return None;
                }
            }
        }
        self.offer(now, leg)
    }

    /// A called party has failed: another way is tried, if there is one. Otherwise its leg is released.
    pub(super) fn failed(&mut self, now: Instant, leg: Handle, cause: Cause) {
        let mut queue = Queue::new();
        if self.another_way(now, leg, cause, &mut queue) {
            self.perform_all(now, &mut queue, &Heard::NOTHING);
        } else {
            self.leg_event(now, leg, leg::Event::Release(cause), &Heard::NOTHING);
        }
    }

    /// The next way of an emergency call whose way has failed (R66), or the number that a called party has its calls go to.
    /// True if there is one, and it is being tried.
    pub(super) fn another_way(&mut self, now: Instant, leg: Handle, cause: Cause, queue: &mut Queue) -> bool {
        self.turn_to(leg);
        let mut commands = Commands::new();
        if self.reroute(now, leg, &mut commands) {
            enqueue(queue, &commands);
            return true;
        }
        self.forward_failed(now, leg, cause, queue)
    }

    fn reroute(&mut self, now: Instant, failed: Handle, commands: &mut Commands) -> bool {
        let Some(retry) = self.calls.emergency_retry(failed) else { return false };
        let Retry { from, by, mode, row, tried, route, zone } = retry;
        let Some(image) = self.policy.map(|policy| policy.image) else { return false };
        let dialed = self.calls.choice(failed).map_or(Digits::EMPTY, |(dialed, _)| *dialed);
        let neutral = self.calls.leg(failed).is_some_and(|leg| leg.neutral);
        let tried = tried.and(&image, (by, mode), row, route, zone);
        let image = &image;
        let world = Line { brake: None, ..self.line(image, by, (neutral, false), (now, zone)) };
        let Ok(permit) = Permit::next_emergency(image, (from, by), mode, row, tried, world) else {
            return false;
        };
        let choice = *permit.choice();
        let ringing_s = ringing(image, by, mode);
        // The failed leg gives its slot back first: in a full exchange there is no other.
        let call = self.calls.detach(failed);
        self.ended(now, failed);
        let Some(b) = self.calls.reroute(now, call, permit, ringing_s, neutral, commands) else {
            return false;
        };
        self.calls.have_failed(b, tried);
        self.count_channel(choice.to, true);
        let behalf = (from != by).then_some(Behalf { feature: Feature::Transfer, party: from });
        self.decided_for(now, (by, behalf), dialed, Verdict::Allow(choice));
        self.watch_leg(b);
        true
    }
}
