//! Who leaves while somebody rings for a party that is [transferred](super::transfer), and what follows for the others.

use crate::base::{Handle, Instant};
use crate::call::leg::{Event, State};
use crate::call::slots::Transfer;
use crate::call::{Calls, Cause, Command, Commands, Edge, push};

impl Calls<'_> {
    /// What a leg in a call that has to do with a transfer tells. True if that ends here.
    pub(in crate::call) fn told_transferring(
        &mut self,
        leg: Handle,
        call: Handle,
        event: Event,
        commands: &mut Commands,
    ) -> bool {
        let Some(transfer) = self.placed(call).map(|call| call.transfer) else { return false };
        match (transfer, event) {
            (Transfer::Ringing { by, .. }, Event::PeerAlerting) => {
                if self.talks(by) {
                    push(commands, Command::Referred(by, 180));
                }
                true
            }
            (_, Event::PeerReleased(cause)) => self.leaves(leg, cause, commands),
            (
                Transfer::Ringing { .. }
                | Transfer::Parked { .. }
                | Transfer::Camped { .. }
                | Transfer::Failed { .. },
                _,
            ) => true,
            (Transfer::None | Transfer::Pending { .. }, _) => false,
        }
    }

    /// A leg of a call that has to do with a transfer leaves. True if its peer must not hear of it.
    pub(in crate::call) fn leaves(&mut self, leg: Handle, cause: Cause, commands: &mut Commands) -> bool {
        let Some(slot) = self.legs.get(leg) else { return false };
        let call = slot.call;
        let Some(placed) = self.placed(call) else { return false };
        let (transfer, of) = (placed.transfer, placed.edge.a());
        match transfer {
            Transfer::Ringing { by, party, recall, .. } => {
                // Who has asked for it may be told on another leg than the one that it has left.
                let left = matches!(self.transfer(of), Some(Transfer::Pending { left: true, .. }));
                self.ended_ringing(call, of, recall);
                if recall {
                    push(commands, Command::Dismiss(of, cause));
                } else if !left {
                    if self.talks(by) {
                        push(commands, Command::Referred(by, cause.status()));
                    }
                } else if self.talks(of) {
                    push(commands, Command::Recall(of, party));
                }
                true
            }
            Transfer::Pending { ringing, left } => {
                let of = self.edge(ringing).map(Edge::a);
                if of.is_some_and(|of| of != leg) {
                    if let Some(placed) = self.placed_mut(call) {
                        placed.transfer = Transfer::Pending { ringing, left: true };
                    }
                    return true;
                }
                // Who is transferred has left: nobody is rung for.
                if let Some(placed) = self.placed_mut(call) {
                    placed.transfer = if left { placed.transfer } else { Transfer::None };
                }
                if let Some(call) = self.legs.get(ringing).map(|slot| slot.call)
                    && let Some(placed) = self.placed_mut(call)
                    && let Transfer::Ringing { recall, .. } = placed.transfer
                {
                    placed.transfer = Transfer::Failed { recall };
                    push(commands, Command::Dismiss(ringing, Cause::CANCELLED));
                    self.others_go(call, Cause::CANCELLED, commands);
                }
                false
            }
            Transfer::Parked { .. } | Transfer::Camped { .. } | Transfer::Failed { .. } => true,
            Transfer::None => false,
        }
    }

    /// What rang for a party rings no more: its call is as it was, but for who has left.
    fn ended_ringing(&mut self, ringing: Handle, of: Handle, recall: bool) {
        if let Some(placed) = self.placed_mut(ringing) {
            placed.transfer = Transfer::Failed { recall };
        }
        let call = self.legs.get(of).map_or(Handle::NONE, |slot| slot.call);
        if let Some(placed) = self.placed_mut(call)
            && let Transfer::Pending { left, .. } = placed.transfer
        {
            placed.transfer =
                if left { Transfer::Pending { ringing: Handle::NONE, left } } else { Transfer::None };
        }
    }

    /// A leg of a call that has to do with a transfer is gone. True if nothing else follows from that.
    pub(in crate::call) fn ended_transferring(
        &mut self,
        now: Instant,
        call: Handle,
        leg: Handle,
        cause: Cause,
        commands: &mut Commands,
    ) -> bool {
        self.leaves(leg, cause, commands);
        let Some(placed) = self.placed(call) else { return true };
        match placed.transfer {
            // Its caller is part of another call: this one is over.
            Transfer::Ringing { recall, .. } | Transfer::Failed { recall } => {
                let room = placed.room;
                if recall {
                    push(commands, Command::Parted(placed.known, placed.media));
                } else {
                    self.finished(now, call, cause, commands);
                }
                self.calls.remove(call);
                self.does_not_come(room, commands);
                true
            }
            // Nobody faces who waits.
            Transfer::Parked { .. } | Transfer::Camped { .. } => {
                self.finished(now, call, cause, commands);
                self.calls.remove(call);
                true
            }
            // The other talks on, or waits: the call is not over.
            Transfer::Pending { left: true, .. } if self.lives(call, leg) => true,
            Transfer::Pending { left: true, .. } => {
                self.finished(now, call, cause, commands);
                self.calls.remove(call);
                true
            }
            Transfer::Pending { left: false, .. } | Transfer::None => false,
        }
    }

    /// Whether the peer of a leg is still there, in this call: one that was sent away may still be on its way out, and ends nothing then.
    fn lives(&self, call: Handle, leg: Handle) -> bool {
        let peer = self.placed(call).and_then(|placed| placed.edge.other(leg));
        let slot = peer.and_then(|peer| self.legs.get(peer));
        slot.is_some_and(|slot| slot.call == call && !matches!(slot.leg.state(), State::Gone))
    }
}
