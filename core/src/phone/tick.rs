//! Time passes.

use super::Phone;
use super::line::Event;
use crate::base::{Crypto, Full, Handle, Instant, Ticked};
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

    /// A call for help that our gateway does not answer goes to the other one, at once.
    fn given_up(&mut self, now: Instant, handle: Handle) -> bool {
        let Some(invite) = self.sip.transactions.get(handle).copied() else { return false };
        let wanted = self.lines.get(invite.leg).is_some_and(|line| !line.state.is_over());
        if invite.method != Method::Invite || !wanted {
            return false;
        }
        let other = self.config.servers.iter().copied().find(|server| *server != invite.peer());
        let (Some(other), Some(refused)) = (other, self.sip.refused(handle)) else { return false };
        self.sip.drop_transaction(&mut self.timers, handle);
        self.goes_out(now, (handle, &refused), Way::Elsewhere(other))
    }
}
