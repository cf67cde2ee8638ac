//! Parties that dial digit by digit, and parties that are asked for an account code: what the [`dialing`] machine is
//! told, and what it wants done.
//!
//! A neutral party hears tones; a caller on our own SIP has dialed everything already, is told by a 183 that a code is
//! wanted, and enters it by INFO.

use super::coded::{Coded, Follows};
use super::placing::{Asked, Unplaced, cause_of, is_emergency};
use super::{Event as Out, Exchange, Taken};
use crate::account::Length;
use crate::base::{Crypto, Digit, Digits, Handle, Instant, Typed};
use crate::call::dialing::{Action, Event, Found, State, Timing, Tone};
use crate::call::{Cause, Commands, Dialing, leg};
use crate::policy::decide::{class_of, decide};
use crate::policy::inbound::overlap;
use crate::policy::rows::{CosRow, Features};
use crate::policy::trie::{Analysis, End, Onward, analyse};
use crate::policy::{Attempt, Authority, Code, Denial, Party, RowRef, Rule, Verdict};
use crate::record::Decision;

/// What becomes of a party that dials.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Next {
    /// More digits are awaited.
    Wait,
    /// The call is placed.
    Placed,
    /// It was refused.
    Refused(Cause, Option<Decision>),
}

impl<C: Crypto> Exchange<'_, C> {
    /// A neutral party goes off hook.
    pub(super) fn off_hook(&mut self, now: Instant, from: Party) -> Taken {
        let Some(policy) = self.policy else { return Taken::Congested };
        let Some(leg) = self.calls.off_hook(from, true, Dialing::NEW) else { return Taken::Congested };
        self.count_channel(from, true);
        let class = self.class(now, from);
        let features = Features::from_bits_truncate(class.features);
        // Nobody can ask a trunk's far end.
        let code_first = features.contains(Features::FORCED_VERIFIED_ACCOUNT_CODE)
            && from.phone().is_some()
            && !policy.image.is_block();
        let _ = self.dialing_event(now, leg, Event::OffHook { code_first });
        Taken::OffHook { leg }
    }

    /// A party dials one more digit. Work: one decision at most.
    pub(super) fn digit(&mut self, now: Instant, leg: Handle, digit: Digit) -> Taken {
        let Some(state) = self.calls.dialing(leg).map(|dialing| dialing.state) else {
            return if self.calls.leg(leg).is_some() { Taken::Done } else { Taken::UnknownLeg };
        };
        let next = match state {
            State::Code { .. } => self.code_digit(now, leg, digit),
            State::Open { .. } if digit == Digit::HASH => self.dialing_event(now, leg, Event::End),
            State::Tone { .. } | State::Begun { .. } | State::Doubtful { .. } | State::Open { .. } => {
                self.number_digit(now, leg, digit)
            }
            State::Idle | State::Refused { .. } | State::Over => Next::Wait,
        };
        match next {
            Next::Wait => Taken::Done,
            Next::Placed => Taken::SetUp { leg },
            Next::Refused(_, Some(decision)) => Taken::Denied(decision),
            Next::Refused(Cause::Normal, None) => Taken::Done,
            Next::Refused(_, None) => Taken::Congested,
        }
    }

    /// A call cannot be placed without a code: its party gets a leg to be asked on. `None` if there is no room.
    pub(super) fn wait_for_code(&mut self, asked: &Asked<'_>, denial: Denial) -> Option<Handle> {
        let number = Digits::written(asked.dialed).ok()?;
        let dialing = Dialing { number, asked: Some(denial), zone: asked.zone, ..Dialing::NEW };
        let leg = self.calls.off_hook(asked.from, asked.neutral, dialing)?;
        self.count_channel(asked.from, true);
        Some(leg)
    }

    /// Asks for the code: it is awaited from now on.
    pub(super) fn ask_for_code(&mut self, now: Instant, leg: Handle, rule: Rule) {
        let _ = self.dialing_event(now, leg, Event::Asked(rule));
    }

    /// Ends what a party dials, as a shutdown does, or an emergency call that finds no place.
    pub(super) fn end_dialing(&mut self, now: Instant, leg: Handle, cause: Cause) {
        if let Some(dialing) = self.calls.dialing_mut(leg) {
            dialing.asked = None;
        }
        if self.calls.leg(leg).is_some_and(|slot| slot.neutral) {
            self.event(Out::Release(leg, cause));
        } else {
            let _ = self.release(now, leg, cause);
        }
        self.leg_event(now, leg, leg::Event::PeerReleased(cause), &super::commands::Heard::NOTHING);
    }

    /// Time has come for a party that dials.
    pub(super) fn dialing_due(&mut self, now: Instant, leg: Handle) {
        let _ = self.dialing_event(now, leg, Event::Tick);
    }

    fn number_digit(&mut self, now: Instant, leg: Handle, digit: Digit) -> Next {
        let Some(party) = self.calls.leg(leg).map(|slot| slot.party) else { return Next::Wait };
        let Some(dialing) = self.calls.dialing_mut(leg) else { return Next::Wait };
        // Nothing so long is a number.
        if dialing.number.push(digit.ascii()).is_err() {
            return self.dialing_event(now, leg, Event::Digit(Found::Whole));
        }
        let (number, code) = (dialing.number, dialing.code);
        let found = self.found(now, party, &number, code);
        if found == Found::CodeFollows
            && let Some(dialing) = self.calls.dialing_mut(leg)
        {
            dialing.number = Digits::EMPTY;
        }
        let second = self.completes_access(&number);
        let next = self.dialing_event(now, leg, Event::Digit(found));
        if second && next == Next::Wait {
            self.tone(leg, Tone::SecondDial);
        }
        next
    }

    /// What the digits have become.
    pub(super) fn found(&self, now: Instant, party: Party, number: &Digits, code: Code) -> Found {
        let Some(policy) = &self.policy else { return Found::Whole };
        let image = &policy.image;
        let dialed = number.as_bytes();
        let walked = match party {
            Party::Trunk(trunk) if !is_emergency(image, dialed) => overlap(image, trunk, dialed),
            Party::Trunk(_) | Party::Device(_) | Party::User { .. } | Party::Conference | Party::Unknown => {
                analyse(image, dialed, |_| false)
            }
        };
        match (walked.end(), walked.onward()) {
            (End::Emergency(_), _) => Found::Whole,
            (End::Feature(feature, digits), _) if party.phone().is_some() => {
                let behind = dialed.get(usize::from(digits)..).unwrap_or(&[]);
                match Coded::of(feature).follows() {
                    Follows::Code => Found::CodeFollows,
                    Follows::Nothing => Found::Whole,
                    // The own number is meant if none follows.
                    Follows::OwnOrNumber if behind.is_empty() => Found::Open,
                    // How long a PIN is nobody tells: it ends with `#`, or with time.
                    Follows::Pin => Found::Open,
                    Follows::Number | Follows::OwnOrNumber => self.found_behind(now, party, behind, code),
                }
            }
            // What is refused whatever follows is refused now (R12, R20); but help may still be what is being dialed.
            (End::Device(_) | End::Ars(_) | End::Inbound(_) | End::Incomplete, _)
                if !walked.maybe_emergency() && self.is_hopeless(now, party, dialed, code) =>
            {
                Found::Whole
            }
            (end, onward) => plain(end, onward),
        }
    }

    /// What the digits behind a feature code have become, if a number follows it.
    fn found_behind(&self, now: Instant, party: Party, behind: &[u8], code: Code) -> Found {
        let is_code = self.policy.as_ref().is_some_and(|policy| {
            matches!(analyse(&policy.image, behind, |_| false).end(), End::Feature(..))
        });
        match Digits::dialed(behind) {
            Ok(number) if number.is_empty() => Found::More,
            Ok(number) if !is_code => self.found(now, party, &number, code),
            Ok(_) | Err(_) => Found::Whole,
        }
    }

    /// Whether a number that begins like this is refused whatever follows.
    fn is_hopeless(&self, now: Instant, party: Party, dialed: &[u8], code: Code) -> bool {
        let (Some(policy), false) = (&self.policy, matches!(party, Party::Trunk(_))) else { return false };
        let mode = self.mode_at(now);
        let attempt = Attempt { code, mode, ..Attempt::new(party, dialed) };
        let world = self.at_rest(&policy.image, party, false, now);
        match decide(&policy.image, &attempt, world, &mut ()) {
            Verdict::Deny(denial) | Verdict::NeedsCode(denial) => matches!(
                denial.rule,
                Rule::CosNone | Rule::CorNone | Rule::CorLeading | Rule::MaxDigits | Rule::CodeForcedVerified
            ),
            Verdict::Allow(_) => false,
        }
    }

    /// Whether the last digit completes Leading Digits that give second dial tone.
    pub(super) fn completes_access(&self, number: &Digits) -> bool {
        let Some(policy) = &self.policy else { return false };
        let last = |digits: &[u8]| {
            let mut last = None;
            let _: Analysis = analyse(&policy.image, digits, |leading| {
                last = Some(leading);
                false
            });
            last
        };
        let (dialed, before) = (number.as_bytes(), number.truncated(number.len().saturating_sub(1)));
        let now = last(dialed).filter(|now| last(before.as_bytes()) != Some(*now));
        let row = now.and_then(|row| policy.image.leadings().get(usize::try_from(row).ok()?));
        row.is_some_and(|row| row.flags & 1 != 0)
    }

    fn code_digit(&mut self, now: Instant, leg: Handle, digit: Digit) -> Next {
        let Some(party) = self.calls.leg(leg).map(|slot| slot.party) else { return Next::Wait };
        let length = Length::of(&self.class(now, party));
        let Some(dialing) = self.calls.dialing_mut(leg) else { return Next::Wait };
        let ends = digit == Digit::HASH && length == Length::ToHash;
        if !ends {
            dialing.typed.push(digit.ascii());
        }
        let typed = dialing.typed;
        // Whoever dials for help while a code is asked for gets help (law 4).
        let image = self.policy.map(|policy| policy.image);
        if image.is_some_and(|image| is_emergency(&image, typed.expose())) {
            if let Some(dialing) = self.calls.dialing_mut(leg) {
                dialing.number = Digits::dialed(typed.expose()).unwrap_or_default();
                (dialing.typed, dialing.code, dialing.asked) = (Typed::NONE, Code::None, None);
            }
            return self.dialing_event(now, leg, Event::Accepted { dialed: true });
        }
        let whole = match length {
            Length::Exactly(length) => typed.expose().len() >= usize::from(length),
            Length::ToHash => ends || typed.expose().len() >= Typed::MAX,
        };
        self.dialing_event(now, leg, Event::CodeDigit { whole })
    }

    /// Tells the machine, and does what it wants. Each want leads to at most one more event, so the work is bounded.
    fn dialing_event(&mut self, now: Instant, leg: Handle, event: Event) -> Next {
        let mut event = event;
        let mut next = Next::Wait;
        for _ in 0..4 {
            let Some(slot) = self.calls.leg(leg) else { return next };
            let (party, neutral) = (slot.party, slot.neutral);
            let timing = self.timing(now, party);
            let Some(dialing) = self.calls.dialing_mut(leg) else { return next };
            let action = dialing.state.handle(now, event, &timing);
            self.watch_leg(leg);
            let timed_out = event == Event::Tick;
            event = match action {
                None => return next,
                Some(Action::Hear(tone)) => {
                    self.hear(now, leg, tone, neutral);
                    return next;
                }
                Some(Action::Check) => {
                    let (checked, decision) = self.check(now, leg, party);
                    if self.intercept_leg(now, leg, decision.as_ref()) {
                        return Next::Placed;
                    }
                    if let Event::Refused(cause) = checked {
                        next = Next::Refused(cause, decision);
                    }
                    checked
                }
                Some(Action::Place) => match self.place_dialed(now, leg, party, neutral) {
                    Ok(()) => return Next::Placed,
                    Err((refused, decision)) => {
                        if let Event::Refused(cause) = refused {
                            next = Next::Refused(cause, decision);
                        }
                        refused
                    }
                },
                Some(Action::Refuse(cause)) => {
                    if timed_out {
                        let denied = self.note_without_code(now, leg, party, cause);
                        if self.intercept_leg(now, leg, denied.as_ref()) {
                            return Next::Placed;
                        }
                    }
                    if next == Next::Wait {
                        next = Next::Refused(cause, None);
                    }
                    self.refuse_dialed(now, leg, cause, neutral);
                    return next;
                }
                Some(Action::Release(cause)) => {
                    self.end_dialing(now, leg, cause);
                    return next;
                }
            };
        }
        next
    }

    /// The entered code: good, or the end of it.
    fn check(&mut self, now: Instant, leg: Handle, party: Party) -> (Event, Option<Decision>) {
        let Some(dialing) = self.calls.dialing(leg) else { return (Event::OnHook, None) };
        let (typed, forced) = (dialing.typed, lacks_verified(dialing));
        let class = self.class(now, party);
        let code = match party {
            Party::Device(device) | Party::User { at: device, .. } => {
                self.check_code(now, device, &class, typed.expose())
            }
            Party::Trunk(_) | Party::Conference | Party::Unknown => Code::Wrong,
        };
        // Where a verified code is demanded, any other is a wrong one.
        let code = if forced && matches!(code, Code::NonVerified(_)) { Code::Wrong } else { code };
        let Some(dialing) = self.calls.dialing_mut(leg) else { return (Event::OnHook, None) };
        dialing.code = code;
        dialing.asked = None;
        let dialed = !dialing.number.is_empty();
        match code {
            Code::Verified(_) | Code::NonVerified(_) => (Event::Accepted { dialed }, None),
            Code::None | Code::Wrong | Code::Locked => {
                let number = dialing.number;
                let rule = if code == Code::Locked { Rule::CodeLocked } else { Rule::CodeWrong };
                let authority = Authority {
                    party,
                    cos: class.id,
                    cor: self.cor(now, party),
                    mode: self.mode_at(now),
                    code: None,
                };
                let denial = Denial::new(rule, authority, RowRef::None);
                let decision = self.note_denied(now, party, number, Verdict::Deny(denial));
                (Event::Refused(Cause::Denied(rule)), Some(decision))
            }
        }
    }

    /// Places what was dialed. If it cannot be: the event that follows, and the decision.
    fn place_dialed(
        &mut self,
        now: Instant,
        leg: Handle,
        party: Party,
        neutral: bool,
    ) -> Result<(), (Event, Option<Decision>)> {
        let Some(dialing) = self.calls.dialing(leg) else { return Err((Event::OnHook, None)) };
        let number = dialing.number;
        let asked = Asked {
            from: party,
            dialed: number.as_bytes(),
            neutral,
            locked_out: false,
            leg: Some(leg),
            given: Some((dialing.code, dialing.typed)),
            zone: dialing.zone,
        };
        let image = self.policy.map(|policy| policy.image);
        let emergency = image.is_some_and(|image| is_emergency(&image, asked.dialed));
        let mut commands = Commands::new();
        // Who is off hook may have a place that is kept free for emergency calls: for another call it does not count.
        if !emergency && self.calls.free() < self.reserved_calls {
            return Err((Event::Refused(Cause::CONGESTION), None));
        }
        match self.place(now, &asked, &mut commands) {
            Ok(leg) => {
                self.placed(now, leg, &commands);
                Ok(())
            }
            Err(Unplaced::Denied(decision)) => match self.intercept_leg(now, leg, Some(&decision)) {
                true => Ok(()),
                false => Err((Event::Refused(cause_of(&decision)), Some(decision))),
            },
            Err(Unplaced::NeedsCode(denial)) => {
                if let Some(dialing) = self.calls.dialing_mut(leg) {
                    dialing.asked = Some(denial);
                    dialing.typed = Typed::NONE;
                }
                Err((Event::Asked(denial.rule), None))
            }
            Err(Unplaced::Takes(taking, number)) => self
                .take_call(now, leg, (taking, &number), None)
                .or_else(|(cause, decision)| match self.intercept_leg(now, leg, decision.as_ref()) {
                    true => Ok(()),
                    false => Err((Event::Refused(cause), decision)),
                }),
            // What was dialed is set: the party hears so, and hangs up.
            Err(Unplaced::Set) => Err((Event::Refused(Cause::Normal), None)),
            Err(Unplaced::Congested) => Err((Event::Refused(Cause::CONGESTION), None)),
        }
    }

    /// No code came in time: the attempt is noted as denied (R45).
    fn note_without_code(
        &mut self,
        now: Instant,
        leg: Handle,
        party: Party,
        cause: Cause,
    ) -> Option<Decision> {
        let dialing = self.calls.dialing_mut(leg)?;
        let (asked, number) = (dialing.asked.take(), dialing.number);
        let Cause::Denied(rule) = cause else { return None };
        let verdict = match asked {
            Some(denial) => Verdict::NeedsCode(denial),
            None => {
                let cos = self.class(now, party).id;
                let authority =
                    Authority { party, cos, cor: self.cor(now, party), mode: self.mode_at(now), code: None };
                Verdict::Deny(Denial::new(rule, authority, RowRef::None))
            }
        };
        Some(self.note_denied(now, party, number, verdict))
    }

    /// A neutral party hears reorder or busy until it hangs up or the tone ends; a SIP caller gets its final answer.
    fn refuse_dialed(&mut self, now: Instant, leg: Handle, cause: Cause, neutral: bool) {
        if neutral {
            return self.tone(
                leg,
                match cause {
                    Cause::Normal => Tone::Confirmation,
                    Cause::Status(_) | Cause::Denied(Rule::TrunkBusy) => Tone::Busy,
                    Cause::Denied(_) | Cause::Preempted | Cause::Media(_) => Tone::Reorder,
                },
            );
        }
        self.end_dialing(now, leg, cause);
    }

    fn hear(&mut self, now: Instant, leg: Handle, tone: Tone, neutral: bool) {
        if neutral {
            self.tone(leg, tone);
        } else if tone == Tone::AccountCode {
            self.prompt(now, leg);
        }
    }

    pub(super) fn tone(&mut self, leg: Handle, tone: Tone) {
        self.event(Out::Tone(leg, tone));
    }

    /// The COS in force of a party.
    pub(super) fn class(&self, now: Instant, party: Party) -> CosRow {
        let image = self.policy.as_ref().map(|policy| &policy.image);
        image.and_then(|image| class_of(image, party, self.mode_at(now))).unwrap_or_default()
    }

    pub(super) fn timing(&self, now: Instant, party: Party) -> Timing {
        let class = self.class(now, party);
        if class.id == 0 { Timing::FIELD } else { Timing::of(&class) }
    }

    fn cor(&self, now: Instant, party: Party) -> u8 {
        let image = self.policy.as_ref().map(|policy| &policy.image);
        image.map_or(0, |image| crate::policy::decide::cor_of(image, party, self.mode_at(now)))
    }
}

/// What digits have become that lead there, whoever dials them.
pub(super) const fn plain(end: End, onward: Onward) -> Found {
    match (end, onward) {
        (End::Emergency(_) | End::Vacant | End::Invalid | End::Feature(..), _)
        | (End::Device(_) | End::Ars(_) | End::Inbound(_), Onward::Nothing) => Found::Whole,
        (End::Device(_) | End::Ars(_) | End::Inbound(_), Onward::Other) => Found::Doubtful,
        (End::Device(_) | End::Ars(_) | End::Inbound(_), Onward::Same) => Found::Open,
        (End::Incomplete, _) => Found::More,
    }
}

/// Whether what is asked for is a verified code.
fn lacks_verified(dialing: &Dialing) -> bool {
    matches!(dialing.state, State::Code { lacking: Rule::CodeForcedVerified, .. })
}
