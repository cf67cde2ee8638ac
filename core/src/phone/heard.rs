//! Responses to our requests.

use super::line::{Event, State};
use super::outputs::{Notice, Output};
use super::{Phone, STEP};
use crate::base::{Crypto, Handle, Instant};
use crate::policy::Rule;
use crate::registration::answer;
use crate::signalling::sip::{Refused, Transaction, Way};
use crate::wire::sip::{Message, Method, Name};

impl<C: Crypto> Phone<'_, C> {
    pub(super) fn response(&mut self, now: Instant, message: &Message<'_>) {
        let Some(handle) = self.sip.find_client(message) else { return };
        let Some(transaction) = self.sip.transactions.get(handle).copied() else { return };
        let challenged = message.code().is_some_and(|status| matches!(status, 401 | 407));
        // Who has no room, or is ill, serves nobody: help is looked for elsewhere (RFC 3263 section 4.3).
        let ill = message.code().is_some_and(|status| matches!(status, 408 | 500..=599));
        let elsewhere = ill && transaction.method == Method::Invite && transaction.others > 0;
        let refused = if challenged || elsewhere { self.sip.refused(handle) } else { None };
        if !self.sip.response(now, &mut self.timers, handle, message) {
            return refused.iter().for_each(|refused| self.sip.let_go(refused));
        }
        if let Some(refused) = refused
            && self.goes_out_again(now, handle, &refused, message)
        {
            return;
        }
        let status = message.code().unwrap_or(0);
        if let Some(algorithm) = transaction.proof.filter(|_| status >= 200 && !challenged) {
            let proven = &mut self.registrar.proven;
            proven.algorithm = proven.algorithm.max(Some(algorithm));
        }
        let line = transaction.leg;
        match transaction.method {
            Method::Register if self.is_register(handle) => self.register_answered(now, message),
            Method::Invite => self.invite_response(now, line, handle, message),
            Method::Bye if status >= 200 => {
                self.line_event(now, line, Event::Left, Some(message));
            }
            Method::Refer if status >= 300 => self.refer_refused(now, line, handle, message),
            Method::Options if line == Handle::NONE => {
                self.beat_answered(now, handle, status);
            }
            Method::Options => self.session_answered(now, line, status),
            Method::Register
            | Method::Bye
            | Method::Refer
            | Method::Ack
            | Method::Cancel
            | Method::Info
            | Method::Message
            | Method::Notify
            | Method::Prack
            | Method::Publish
            | Method::Subscribe
            | Method::Update
            | Method::Other => {}
        }
    }

    /// Answers a challenge, if that may be done; false if the request stays refused.
    fn goes_out_again(
        &mut self,
        now: Instant,
        handle: Handle,
        refused: &Refused,
        message: &Message<'_>,
    ) -> bool {
        let transaction = *refused.transaction();
        let proxy = message.code() == Some(407);
        let registers = self.is_register(handle);
        self.sip.make_room(&mut self.timers, STEP);
        if !proxy && message.code() != Some(401) {
            let other = self.other_than(transaction.peer()).filter(|_| self.wants(&transaction));
            let Some(other) = other else {
                self.sip.let_go(refused);
                return false;
            };
            return self.goes_out(now, (handle, refused), Way::Elsewhere(other));
        }
        // A REGISTER that another has followed is not wanted any more.
        let wanted = self.wants(&transaction) && (registers || transaction.method != Method::Register);
        let proof = self.account().filter(|_| transaction.proves && wanted).and_then(|account| {
            let Self { sip, registrar, crypto, .. } = self;
            let least = registrar.proven.algorithm;
            let chosen = answer::strongest(&message.challenges, proxy, least, &account, crypto)?;
            let proof = sip.prove(refused, (message, proxy), &account, &mut registrar.proven, crypto)?;
            Some((proof, chosen))
        });
        let Some(((proof, algorithm), chosen)) = proof else {
            self.sip.let_go(refused);
            return false;
        };
        if registers {
            self.keep_answered(&chosen);
        }
        self.goes_out(now, (handle, refused), Way::Proved(proof, algorithm))
    }

    /// Sends a request again, this way; false without room.
    pub(super) fn goes_out(&mut self, now: Instant, (handle, refused): (Handle, &Refused), way: Way) -> bool {
        let transaction = *refused.transaction();
        let cookie = self.crypto.random_u64();
        let registers = self.is_register(handle);
        let Some(again) = self.sip.again(now, &mut self.timers, refused, cookie, way) else { return false };
        if registers {
            self.registers_again(again);
        }
        let line = self.lines.get_mut(transaction.leg);
        if let Some(line) = line.filter(|line| line.refer == handle && handle != Handle::NONE) {
            line.refer = again;
        }
        true
    }

    /// Whether the call of an INVITE is still wanted; any other request is.
    fn wants(&self, transaction: &Transaction) -> bool {
        let state = self.lines.get(transaction.leg).map(|line| line.state);
        transaction.method != Method::Invite || state.is_some_and(|state| !state.is_over())
    }

    fn invite_response(&mut self, now: Instant, line: Handle, invite: Handle, message: &Message<'_>) {
        let status = message.code().unwrap_or(0);
        let Some(dialog) = self.sip.dialog(line).copied() else { return };
        let Some(state) = self.lines.get(line).map(|slot| slot.state) else { return };
        let cseq = message.cseq.as_ref().map_or(0, |cseq| cseq.number);
        if dialog.invite != invite || cseq == dialog.acknowledged && dialog.acknowledged != 0 {
            // The 2xx came again: so does our ACK.
            if (200..=299).contains(&status) && cseq == dialog.acknowledged {
                self.sip.repeat_acknowledgement(line);
            }
            return;
        }
        let first = matches!(
            state,
            State::Calling { .. } | State::Alerted | State::Abandoned | State::Cancelling { .. }
        );
        match (first, status) {
            (true, ..=100) => {
                self.line_event(now, line, Event::Heard, Some(message));
            }
            (true, 101..=199) => self.progress(now, line, status, message),
            (true, 200..=299) => {
                self.learn(line, message);
                self.line_event(now, line, Event::Accepted, Some(message));
                let up = self.lines.get(line).is_some_and(|slot| slot.state == State::Talking);
                if up && self.answered_by(line, message.sdp()).is_err() {
                    self.unfit(now, line);
                }
            }
            (true, _) => {
                self.line_event(now, line, Event::Refused(status), Some(message));
            }
            (false, ..=199) => {}
            (false, 200..=299) => {
                let heard = self.answered_by(line, message.sdp());
                self.line_event(now, line, Event::Changed, Some(message));
                if heard.is_err() {
                    self.unfit(now, line);
                }
            }
            // They know nothing of this call, or not any more (section 12.2.1.2).
            (false, 408 | 481) => {
                self.line_event(now, line, Event::Silent, Some(message));
            }
            (false, _) => {
                self.line_event(now, line, Event::Unchanged(status), Some(message));
            }
        }
    }

    /// A provisional answer: it rings, a code is asked for, or something is to be heard.
    fn progress(&mut self, now: Instant, line: Handle, status: u16, message: &Message<'_>) {
        if message.to.as_ref().is_some_and(|to| to.tag().is_some()) {
            self.learn(line, message);
        }
        let warning = message.headers(Name::Warning).next().unwrap_or(&[]);
        let says = |name: &str| warning.windows(name.len()).any(|window| window == name.as_bytes());
        let code = [Rule::CodeForced, Rule::CodeForcedVerified, Rule::CodeWrong]
            .iter()
            .any(|rule| says(rule.name()));
        let rings = !code && !says("expensive-route") && status != 182;
        let event = if rings { Event::Alerting } else { Event::Heard };
        self.line_event(now, line, event, Some(message));
        if self.lines.get(line).is_none_or(|slot| slot.state.is_over()) {
            return;
        }
        if code {
            if let Some(slot) = self.lines.get_mut(line) {
                slot.asked = true;
            }
            self.tell(Output::Notice(line, Notice::Code));
        } else if says("expensive-route") {
            self.tell(Output::Notice(line, Notice::Dear));
        }
        if !message.sdp().is_empty() {
            // What cannot be used now is judged when the call is answered.
            let offered = self.lines.get(line).is_some_and(|slot| slot.offered);
            let _ = self.answered_by(line, message.sdp());
            if let Some(slot) = self.lines.get_mut(line) {
                slot.offered = offered;
            }
        }
    }

    /// What an answer to our INVITE tells of the far end. Requests go where the INVITE went: to our gateway.
    fn learn(&mut self, line: Handle, message: &Message<'_>) {
        let Some(next_hop) = self.sip.dialog(line).map(|dialog| dialog.far.next_hop) else { return };
        if let Some(far) = self.sip.far_end(line, message, next_hop) {
            self.sip.learn_far_end(line, far);
        }
    }

    fn refer_refused(&mut self, now: Instant, line: Handle, refer: Handle, message: &Message<'_>) {
        let status = message.code().unwrap_or(0);
        let Some(slot) = self.lines.get(line).filter(|slot| slot.refer == refer) else { return };
        // Where we were called its challenge is not answered: but we can prove who we are where we register.
        let event = if slot.called && matches!(status, 401 | 407) {
            Event::Unproved
        } else {
            Event::Referred(status)
        };
        self.line_event(now, line, event, Some(message));
    }

    /// A request was not answered in time.
    pub(super) fn request_timed_out(&mut self, now: Instant, line: Handle, method: Method) {
        match method {
            Method::Bye => {
                self.line_event(now, line, Event::Left, None);
            }
            // Nobody is there any more (RFC 3261 section 12.2.1.2).
            Method::Invite | Method::Cancel => {
                self.line_event(now, line, Event::Silent, None);
            }
            Method::Refer => {
                self.line_event(now, line, Event::Referred(408), None);
            }
            Method::Options => self.session_lost(now, line),
            Method::Register
            | Method::Ack
            | Method::Info
            | Method::Message
            | Method::Notify
            | Method::Prack
            | Method::Publish
            | Method::Subscribe
            | Method::Update
            | Method::Other => {}
        }
    }
}
