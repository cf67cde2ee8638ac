//! Responses to our requests.

use super::Exchange;
use super::commands::Heard;
use super::media::Ready;
use super::path::SETTLING_MS;
use crate::base::{Crypto, Handle, Instant};
use crate::call::{Cause, leg};
use crate::signalling::dialog::{Far, Phase};
use crate::signalling::provisional::Provisional;
use crate::signalling::session::{By, Terms};
use crate::table::Text;
use crate::wire::sip::{Message, Method};

impl<C: Crypto> Exchange<'_, C> {
    pub(super) fn response(&mut self, now: Instant, message: &Message<'_>) {
        let Some(handle) = self.sip.find_client(message) else { return };
        let Some(transaction) = self.sip.transactions.get(handle).copied() else { return };
        let refused = self.keep_refused(handle, message);
        if !self.sip.response(now, &mut self.timers, handle, message) {
            return refused.iter().for_each(|refused| self.sip.let_go(refused));
        }
        if let Some(refused) = refused
            && self.goes_out_again(now, handle, &refused, message)
        {
            return;
        }
        self.have_proved(&transaction, handle, message);
        let leg = transaction.leg;
        if transaction.method == Method::Register {
            self.enrolment_answered(now, handle, message);
        } else if transaction.method == Method::Invite {
            self.invite_response(now, leg, handle, message);
        } else if transaction.method == Method::Bye {
            self.leg_event(now, leg, leg::Event::Confirmed, &Heard::NOTHING);
        } else if matches!(transaction.method, Method::Options | Method::Update) {
            self.session_answered(now, leg, transaction.method, message);
        }
    }

    fn invite_response(&mut self, now: Instant, leg: Handle, invite: Handle, message: &Message<'_>) {
        let status = message.code().unwrap_or(0);
        let Some(dialog) = self.sip.dialog(leg).copied() else { return };
        let cseq = message.cseq.as_ref().map_or(0, |cseq| cseq.number);
        if dialog.invite != invite {
            // The 2xx of an INVITE before this one came again.
            if (200..=299).contains(&status) && cseq == dialog.acknowledged {
                self.sip.repeat_acknowledgement(leg);
            }
            return;
        }
        self.turn_to(leg);
        let body = message.sdp();
        match (status, dialog.phase) {
            (100..=199, Phase::Calling { release: true }) => {
                self.cancel(now, leg);
                self.set_phase(leg, Phase::Cancelling);
            }
            (100..=199, Phase::Calling { release: false } | Phase::Early) => {
                self.set_phase(leg, Phase::Early);
                if status > 100 {
                    self.progress(now, leg, status, message);
                }
            }
            (200..=299, Phase::Calling { release: false } | Phase::Early)
                if self.calls.rings_for_another(leg) =>
            {
                self.accepted_for_another(now, leg, message);
            }
            (200..=299, Phase::Calling { release: false } | Phase::Early) => {
                // It comes again: until then the caller has what came before (RFC 3262 section 3).
                if self.must_wait(leg) {
                    return;
                }
                let judged = self.judge_acceptance(leg, body);
                if judged == Ok(Ready::Held) {
                    return self.held = Some(leg);
                }
                self.learn_remote(leg, message);
                let mut another = false;
                if let Some(dialog) = self.sip.dialog_mut(leg) {
                    another = dialog.provisional.agreed_with_another(dialog.far.tag);
                    dialog.provisional.answered();
                }
                // What the caller was told is not of who has answered: both are asked anew.
                if another {
                    self.renew(now.plus_ms(SETTLING_MS), leg);
                }
                match judged {
                    Ok(_) => {
                        self.leg_event(now, leg, leg::Event::Answer, &Heard { status, sure: true, body })
                    }
                    Err(refused) => self.refuse_acceptance(now, leg, refused),
                }
            }
            // It answered before our CANCEL arrived: acknowledge, then hang up (RFC 3261 section 15).
            (200..=299, Phase::Calling { release: true } | Phase::Cancelling) => {
                self.learn_remote(leg, message);
                let cookie = self.crypto.random_u64();
                self.sip.acknowledge(leg, cookie, Text::EMPTY);
                self.set_phase(leg, Phase::Released);
                self.bye(now, leg, Cause::CANCELLED);
            }
            (_, Phase::Reinviting) if self.is_asked(leg) => {
                self.taker_response(now, leg, status, Some(message));
            }
            (_, Phase::Reinviting) => self.reinvite_response(now, leg, status, message),
            // The call ended while our re-INVITE was out: it was accepted all the same.
            (200..=299, Phase::Released) if cseq != dialog.acknowledged => {
                let cookie = self.crypto.random_u64();
                self.sip.acknowledge(leg, cookie, Text::EMPTY);
            }
            // The 2xx came again: so does our ACK, unless it still waits for the caller's.
            (200..=299, Phase::Confirmed | Phase::Released) => self.sip.repeat_acknowledgement(leg),
            // A shorter session than somebody on the way wants: then without.
            (422, Phase::Calling { release: false } | Phase::Early) if dialog.terms.by == By::Them => {
                let cookie = self.crypto.random_u64();
                let caller = self.calls.peer(leg).unwrap_or(Handle::NONE);
                if let Some(dialog) = self.sip.dialog_mut(leg) {
                    (dialog.terms, dialog.phase) = (Terms::ASKED, Phase::Calling { release: false });
                    dialog.provisional = Provisional::NONE;
                }
                if self.send_invite(now, leg, caller, cookie).is_none() {
                    self.leg_event(now, leg, leg::Event::Release(Cause::CONGESTION), &Heard::NOTHING);
                }
            }
            (300..=699, Phase::Calling { release: false } | Phase::Early) => {
                self.set_phase(leg, Phase::None);
                if status > 399 || !self.forward_moved(now, leg, message) {
                    self.failed(now, leg, Cause::Status(status));
                }
            }
            (300..=699, Phase::Calling { release: true } | Phase::Cancelling) => {
                self.set_phase(leg, Phase::None);
                self.leg_event(now, leg, leg::Event::Confirmed, &Heard::NOTHING);
            }
            (_, _) => {}
        }
    }

    pub(super) fn set_phase(&mut self, leg: Handle, phase: Phase) {
        if let Some(dialog) = self.sip.dialog_mut(leg) {
            dialog.phase = phase;
        }
    }

    /// What a 2xx tells of the far end, and of how both find out whether the other is there.
    pub(super) fn learn_remote(&mut self, leg: Handle, message: &Message<'_>) {
        let terms = Terms::of_answer(message);
        // Who takes a call has called us: its route stays (RFC 3261 section 12.2.1.2).
        if self.calls.takes(leg) {
            self.refresh_target(leg, message);
            if let Some(dialog) = self.sip.dialog_mut(leg) {
                dialog.terms = terms;
            }
            return;
        }
        let Some(far) = self.far_end(leg, message) else { return };
        self.sip.learn_far_end(leg, far);
        if let Some(dialog) = self.sip.dialog_mut(leg) {
            dialog.terms = terms;
            dialog.max_forwards = 70;
        }
    }

    /// What an answer to our INVITE tells of the far end.
    pub(super) fn far_end(&mut self, leg: Handle, message: &Message<'_>) -> Option<Far> {
        let next_hop = self.next_hop(self.sip.dialog(leg)?.far.next_hop, message, true);
        self.sip.far_end(leg, message, next_hop)
    }

    /// A request of ours was not answered in time.
    pub(super) fn request_timed_out(&mut self, now: Instant, leg: Handle, method: Method) {
        // Nobody's request: who is told of an emergency call may be out.
        if leg == Handle::NONE {
            return;
        }
        // A party that does not answer our BYE is as good as gone; so is one that does not answer our CANCEL.
        if matches!(method, Method::Bye | Method::Cancel) {
            return self.leg_event(now, leg, leg::Event::Confirmed, &Heard::NOTHING);
        }
        if matches!(method, Method::Options | Method::Update) {
            return self.session_lost(now, leg);
        }
        // The INVITE goes on: its answer says what becomes of the call.
        if method == Method::Prack {
            return;
        }
        let phase = self.sip.dialog(leg).map_or(Phase::None, |dialog| dialog.phase);
        if phase == Phase::Reinviting && self.is_asked(leg) {
            return self.taker_response(now, leg, 408, None);
        }
        if phase == Phase::Reinviting {
            return self.reinvite_timed_out(now, leg);
        }
        if let Some(dialog) = self.sip.dialog_mut(leg) {
            dialog.phase = Phase::None;
            dialog.invite = Handle::NONE;
        }
        if phase == (Phase::Calling { release: true }) {
            self.leg_event(now, leg, leg::Event::Confirmed, &Heard::NOTHING);
        } else {
            self.failed(now, leg, Cause::TIMEOUT);
        }
    }
}
