//! Time passes: at most a bounded number of deadlines a call.

use super::commands::Heard;
use super::{Event, Exchange};
use crate::base::{Crypto, Full, Handle, Instant, Ticked};
use crate::call::{Cause, leg};
use crate::registration::{binding, client as registration};
use crate::signalling::sip::Machine;
use crate::signalling::transaction::{client, invite_client, invite_server};
use crate::wire::sip::Method;

/// Deadlines served in one call of [`Exchange::tick`].
pub const MAX_DEADLINES: usize = 16;

impl<C: Crypto> Exchange<'_, C> {
    /// Serves deadlines that have come, at most [`MAX_DEADLINES`].
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and call again.
    pub fn tick(&mut self, now: Instant) -> Result<Ticked, Full> {
        self.reserve()?;
        let now = self.advance(now);
        for served in 0..MAX_DEADLINES {
            if self.reserve().is_err() {
                return if served == 0 { Err(Full) } else { Ok(Ticked::More) };
            }
            if let Some(id) = self.timers.pop(now) {
                match id.checked_sub(self.first_leg_timer) {
                    Some(leg) => self.leg_due(now, leg),
                    None => self.transaction_due(now, id),
                }
            } else if let Some(device) = self.lapses.pop(now) {
                self.binding_due(now, device);
            } else if let Some(trunk) = self.renewals.pop(now).and_then(|trunk| u16::try_from(trunk).ok()) {
                self.enrolment_event(now, trunk, registration::Event::Tick);
            } else {
                return Ok(Ticked::Done);
            }
        }
        Ok(Ticked::More)
    }

    /// Clears at most [`MAX_DEADLINES`] calls, as a shutdown does; true while there may be more.
    ///
    /// # Errors
    /// [`Full`] as for [`tick`](Self::tick).
    pub fn clear_calls(&mut self, now: Instant) -> Result<bool, Full> {
        let now = self.advance(now);
        for _ in 0..MAX_DEADLINES {
            self.reserve()?;
            let live = self
                .calls
                .legs()
                .find(|(leg, slot)| is_live(slot.leg.state()) || self.calls.dialing(*leg).is_some());
            let Some((leg, _)) = live else { return Ok(false) };
            if self.calls.dialing(leg).is_some() {
                self.end_dialing(now, leg, Cause::CONGESTION);
                continue;
            }
            self.clear(now, leg, Cause::CONGESTION);
        }
        Ok(true)
    }

    fn leg_due(&mut self, now: Instant, slot: u32) {
        let Some(leg) = self.calls.leg_at(slot) else { return };
        if self.calls.dialing(leg).is_some() {
            return self.dialing_due(now, leg);
        }
        if self.forward_unanswered(now, leg) {
            return;
        }
        self.leg_event(now, leg, leg::Event::Tick, &Heard::NOTHING);
        self.parked_due(now, leg);
        self.hold_due(now, leg);
        self.camped_due(now, leg);
        self.session_due(now, leg);
        self.change_due(now, leg);
    }

    fn transaction_due(&mut self, now: Instant, slot: u32) {
        let Some(handle) = self.sip.transactions.handle_at(slot) else { return };
        if self.sip.gives_up(now, handle) && self.given_up(now, handle) {
            return;
        }
        let method = self.sip.transactions.get(handle).map(|one| one.method);
        let (Some(method), Some(timed_out)) = (method, self.sip.tick(now, &mut self.timers, slot)) else {
            return;
        };
        if method == Method::Register {
            return self.enrolment_unanswered(now, handle);
        }
        self.timed_out(now, timed_out.leg, method, timed_out.machine);
    }

    fn timed_out(&mut self, now: Instant, leg: Handle, method: Method, machine: Machine) {
        match machine {
            Machine::InviteServer(invite_server::State::Terminated) => self.unacknowledged(now, leg),
            // A provisional answer that nobody acknowledges ends the call (RFC 3262 section 3).
            Machine::InviteServer(invite_server::State::Proceeding) => {
                self.clear(now, leg, Cause::Status(504));
            }
            Machine::InviteClient(invite_client::State::Terminated)
            | Machine::Client(client::State::Terminated) => {
                self.request_timed_out(now, leg, method);
            }
            Machine::InviteServer(_) | Machine::InviteClient(_) | Machine::Client(_) | Machine::Server(_) => {
            }
        }
    }

    fn binding_due(&mut self, now: Instant, device: u32) {
        let Some(slot) = usize::try_from(device).ok().and_then(|device| self.devices.get_mut(device)) else {
            return;
        };
        let outcome = slot.binding.handle(now, binding::Event::Tick);
        self.lapses.set(device, slot.binding.next_deadline());
        if let binding::Outcome::Gone(why) = outcome {
            self.event(Event::Unregistered(device, why));
        }
    }
}

const fn is_live(state: leg::State) -> bool {
    match state {
        leg::State::Proceeding
        | leg::State::Alerting
        | leg::State::Calling { .. }
        | leg::State::Ringing { .. }
        | leg::State::Connected { .. } => true,
        leg::State::Idle | leg::State::Clearing { .. } | leg::State::Gone => false,
    }
}
