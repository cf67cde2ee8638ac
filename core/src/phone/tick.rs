//! Time passes.

use super::line::Event;
use super::{Phone, STEP};
use crate::base::{Crypto, Flow, Full, Handle, Instant, Ticked};
use crate::signalling::sip::{Machine, Way};
use crate::signalling::transaction::{client, invite_client, invite_server};
use crate::wire::sip::Method;

/// Deadlines served in one call of [`Phone::tick`].
pub const MAX_DEADLINES: usize = 4;

impl<C: Crypto> Phone<'_, C> {
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
            let Some(id) = self.timers.pop(now) else { return Ok(Ticked::Done) };
            match id.checked_sub(self.first_line_timer) {
                None => self.transaction_due(now, id),
                Some(line) => match self.lines.handle_at(line) {
                    Some(line) => {
                        self.line_event(now, line, Event::Tick, None);
                        self.session_due(now, line);
                    }
                    None if line == self.lines.capacity() => self.registrar_due(now),
                    None => {}
                },
            }
        }
        Ok(Ticked::More)
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
        if self.unanswered(now, handle) {
            return;
        }
        match timed_out.machine {
            Machine::InviteServer(invite_server::State::Terminated) => {
                self.line_event(now, timed_out.leg, Event::Silent, None);
            }
            Machine::InviteClient(invite_client::State::Terminated)
            | Machine::Client(client::State::Terminated) => {
                self.request_timed_out(now, timed_out.leg, method);
            }
            Machine::InviteServer(_) | Machine::InviteClient(_) | Machine::Client(_) | Machine::Server(_) => {
            }
        }
    }

    /// A call for help that our gateway does not answer goes to the other one, at once. Where that finds no room it is over, and its user knows.
    fn given_up(&mut self, now: Instant, handle: Handle) -> bool {
        let Some(invite) = self.sip.transactions.get(handle).copied() else { return false };
        let wanted = self.lines.get(invite.leg).is_some_and(|line| !line.state.is_over());
        let Some(other) =
            self.other_than(invite.peer()).filter(|_| invite.method == Method::Invite && wanted)
        else {
            return false;
        };
        self.sip.make_room(&mut self.timers, STEP);
        let Some(refused) = self.sip.refused(handle) else { return false };
        self.sip.drop_transaction(&mut self.timers, handle);
        if !self.goes_out(now, (handle, &refused), Way::Elsewhere(other)) {
            self.line_event(now, invite.leg, Event::Silent, None);
        }
        true
    }

    /// The other gateway, if it is reached the same way: what was written says over which transport it goes.
    pub(super) fn other_than(&self, peer: Flow) -> Option<Flow> {
        let other = |server: &&Flow| **server != peer && server.transport == peer.transport;
        self.config.servers.iter().find(other).copied()
    }
}
