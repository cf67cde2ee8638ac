//! Placing a call: what was asked for is taken apart and decided; then two legs and a proposed edge, or a denial.

use super::brakes::terms;
use super::coded::Coded;
use super::room::CONFERENCE;
use super::station::Setting;
use super::taking::Taking;
use super::{Exchange, Policy};
use crate::account::{self, Length, Typed};
use crate::base::{Crypto, Digits, Handle, Instant};
use crate::call::{Cause, Commands, Edge, Terms};
use crate::policy::decide::class_of;
use crate::policy::inbound::{Inbound, inbound};
use crate::policy::permit::Refusal;
use crate::policy::rows::{CosRow, Features};
use crate::policy::trie::{End, analyse};
use crate::policy::{
    Attempt, Authority, Behalf, Code, Denial, Image, Mode, Party, Permit, RowRef, Rule, Verdict,
};
use crate::record::{Decision, alarm};

/// How long a called party rings when no COS says it (domain 1.2, timer Ringing).
const RINGING_S: u16 = 180;

/// A call as it was asked for.
pub(super) struct Asked<'a> {
    pub(super) from: Party,
    pub(super) dialed: &'a [u8],
    /// The caller, and a called device, are driven by neutral signals.
    pub(super) neutral: bool,
    /// The caller is locked out after failed log-ins.
    pub(super) locked_out: bool,
    /// The caller's leg, if it has been dialing.
    pub(super) leg: Option<Handle>,
    /// The account code that was entered apart from the number, already checked.
    pub(super) given: Option<(Code, Typed)>,
    /// The zone of the caller's address, row plus one; 0: not told by it.
    pub(super) zone: u8,
}

/// Why a call was not placed.
pub(super) enum Unplaced {
    /// Policy refused, or every way is busy: noted down.
    Denied(Decision),
    /// Not without an account code: not noted down, the party may still give one.
    NeedsCode(Denial),
    /// It was no call: what was dialed sets something, and that is set.
    Set,
    /// The call of another is to be taken: who asks needs a leg for that.
    Takes(Taking, Digits),
    /// No room.
    Congested,
}

/// Why what was dialed is no number to decide on.
pub(super) enum Unwanted<'a> {
    /// By this rule.
    Refused(Rule),
    /// It is the code for redial, and the classes of who has dialed it, or what was dialed before, do not allow that.
    Unable(Rule),
    /// It is a feature code that sets something, with what follows.
    Sets(Setting, &'a [u8]),
    /// It is the code by which a hot-desk user logs in at this phone, with what follows.
    LogsIn(u32, &'a [u8]),
    /// It is the code by which he logs out, with what follows.
    LogsOut(&'a [u8]),
    /// It is a feature code by which a call is taken, with what follows.
    Takes(Taking, &'a [u8]),
    /// It is the code by which a number is called and waited for, with that number.
    CampsOn(&'a [u8]),
    /// It is the code by which the call of a busy number is come into, with that number.
    Overrides(&'a [u8]),
    /// It is the code by which a party is parked, with what follows.
    Parks(&'a [u8]),
    /// It is no number: the conference resource is to mix.
    Confers,
}

/// What was asked for, taken apart: an account code in front of the number, a called number of a trunk.
pub(super) struct Wanted<'a> {
    pub(super) number: &'a [u8],
    pub(super) code: Code,
    pub(super) typed: Typed,
    /// It stood behind the code of a speed call; and whether no COR is asked for (R27).
    pub(super) speed: Option<bool>,
    /// What is dialed if it is dialed again: nothing of help, or by a trunk.
    pub(super) kept: &'a [u8],
}

impl Wanted<'_> {
    /// See [`Attempt::exempt`].
    pub(super) const fn is_exempt(&self) -> bool {
        matches!(self.speed, Some(true))
    }
}

impl<C: Crypto> Exchange<'_, C> {
    /// Whether one more call finds a place. An emergency call takes what is kept free, a stranger's half of it; and if there
    /// is nothing left, whoever is only dialing makes room.
    pub(super) fn has_place(&mut self, now: Instant, emergency: bool, known: bool) -> bool {
        let kept = match (emergency, known) {
            (false, _) => self.kept(),
            (true, false) => self.reserved_calls.div_ceil(2),
            (true, true) => 0,
        };
        if self.calls.free() == 0
            && emergency
            && known
            && let Some(idlest) = self.calls.idlest()
        {
            self.end_dialing(now, idlest, Cause::CONGESTION);
        }
        self.calls.free() > kept
    }

    /// Whether who is to ring is reached by neutral signals: as its caller is, unless it is a phone of ours.
    #[inline(always)]
    pub(super) fn is_neutral(&self, to: Party, caller: bool) -> bool {
        caller && !to.phone().is_some_and(|device| self.is_registered(device))
    }

    /// A call is permitted and has its legs: it is offered, and whoever is to know of it is told.
    pub(super) fn placed(&mut self, now: Instant, a: Handle, commands: &Commands) {
        let choice = self.calls.choice(a).map(|(_, choice)| (choice.warning, choice.rule));
        let (warning, rule) = choice.unwrap_or((false, Rule::Internal));
        let b = self.calls.edge(a).map(Edge::b);
        if warning {
            self.warn(now, a);
        }
        self.perform(now, commands, &super::commands::Heard::NOTHING);
        if rule == Rule::Emergency {
            self.tell_of_emergency(now, a, b);
        }
    }

    /// The gate, once: a permit and two legs, or a denial. Everything is noted down. Who is denied may be put through to another:
    /// [`intercept`](Self::intercept).
    pub(super) fn place(
        &mut self,
        now: Instant,
        asked: &Asked<'_>,
        commands: &mut Commands,
    ) -> Result<Handle, Unplaced> {
        let mode = self.mode_at(now);
        // Without a policy nothing is permitted (law 3); an emergency block knows emergency numbers only (law 4).
        let able =
            |policy: &Policy<'_>| !policy.image.is_block() || is_emergency(&policy.image, asked.dialed);
        if !self.policy.as_ref().is_some_and(able) {
            let authority = Authority { party: asked.from, cos: 0, cor: 0, mode, code: None };
            let denial = Denial::new(Rule::PolicyNone, authority, RowRef::None);
            return Err(self.denied(now, asked.from, asked.dialed, Verdict::Deny(denial)));
        }
        let mut called = Digits::EMPTY;
        let wanted = match self.wanted(now, asked, mode, &mut called) {
            Ok(wanted) => wanted,
            Err(Unwanted::Refused(rule)) => {
                let authority = Authority { party: asked.from, cos: 0, cor: 0, mode, code: None };
                let denial = Denial::new(rule, authority, RowRef::None);
                // Of a device that is a code without a number: nobody's to read (R53).
                let shown = if matches!(asked.from, Party::Trunk(_)) { asked.dialed } else { &[] };
                return Err(self.denied(now, asked.from, shown, Verdict::Deny(denial)));
            }
            Err(Unwanted::Unable(rule)) => {
                return Err(self.refused_by(now, asked.from, &[], rule));
            }
            Err(Unwanted::Sets(setting, number)) => {
                return Err(self.set(now, asked.from, setting, number, asked.locked_out));
            }
            Err(Unwanted::LogsIn(phone, behind)) => return Err(self.log_in(now, asked, phone, behind)),
            Err(Unwanted::LogsOut(behind)) => return Err(self.log_out(now, asked.from, behind)),
            Err(Unwanted::Takes(taking, number)) => return Err(self.taken(now, asked, taking, number)),
            Err(Unwanted::CampsOn(number)) => return self.place_camping(now, asked, number, commands),
            Err(Unwanted::Overrides(number)) => return self.place_overriding(now, asked, number, commands),
            Err(Unwanted::Confers) => return self.open_conference(now, asked, commands),
            // There is nobody whom it would park.
            Err(Unwanted::Parks(number)) => {
                return Err(self.refused_by(now, asked.from, number, Rule::NumberVacant));
            }
        };
        // By reference: a copy of the image's tables would cost more than the decision.
        let class = self.policy.as_ref().and_then(|policy| class_of(&policy.image, asked.from, mode));
        let redials = class.is_some_and(|class| class.features & Features::REDIAL.bits() != 0);
        let ringing_s = class.map_or(RINGING_S, |class| class.ringing_s);
        if let (true, [_, ..]) = (redials, wanted.kept) {
            self.keep_dialed(asked.from, wanted.kept);
        }
        let minute = self.moment(now).map(|moment| moment.minute);
        let attempt = Attempt {
            from: asked.from,
            dialed: wanted.number,
            mode,
            minute,
            code: wanted.code,
            behalf: None,
            exempt: wanted.is_exempt(),
        };
        let Some(Policy { image, .. }) = &self.policy else { return Err(Unplaced::Congested) };
        let world = self.line(image, asked.from, (asked.neutral, asked.locked_out), (now, asked.zone));
        let permit = match Permit::request(image, &attempt, world) {
            Ok(permit) => permit,
            Err(Refusal::Denied(denial)) => {
                return Err(self.denied(now, asked.from, wanted.number, Verdict::Deny(denial)));
            }
            Err(Refusal::NeedsCode(denial)) => {
                // One was given, and it is not of the kind that is demanded: that is one attempt (R48).
                let given = wanted.code != Code::None;
                // What is no number at all is not worth a code.
                return Err(match given || Digits::written(wanted.number).is_err() {
                    true => self.denied(now, asked.from, wanted.number, Verdict::NeedsCode(denial)),
                    false => Unplaced::NeedsCode(denial),
                });
            }
        };
        let choice = *permit.choice();
        let dialed = Digits::written(wanted.number).unwrap_or_default();
        if choice.rule == Rule::Emergency {
            self.make_way(now, &choice.to);
        }
        let neutral = (asked.neutral, self.is_neutral(choice.to, asked.neutral));
        let terms = Terms {
            dialed,
            ringing_s,
            longest_s: self.longest(&choice),
            account: wanted.typed,
            neutral,
            leg: asked.leg,
            zone: asked.zone,
            speed: wanted.speed,
        };
        let Some(a) = self.commit(now, permit, &terms, commands) else { return Err(Unplaced::Congested) };
        if choice.rule == Rule::Emergency {
            self.emergency_notice(now, asked.from, dialed, asked.zone);
        }
        self.public_call_begins(now, asked.from, &choice, dialed);
        Ok(a)
    }

    /// What is permitted gets its legs, and is counted and noted down; the caller's leg. `None`: there is no room.
    #[inline(always)]
    pub(super) fn commit(
        &mut self,
        now: Instant,
        permit: Permit<'_>,
        terms: &Terms,
        commands: &mut Commands,
    ) -> Option<Handle> {
        let (from, choice) = (permit.from(), *permit.choice());
        let pair = self.calls.set_up(now, permit, terms, commands)?;
        self.decided(now, from, terms.dialed, Verdict::Allow(choice));
        // A leg that has been dialing is counted already.
        if terms.leg.is_none() {
            self.count_channel(from, true);
        }
        self.count_channel(choice.to, true);
        self.watch_leg(pair.a);
        self.watch_leg(pair.b);
        Some(pair.a)
    }

    /// A call is to be taken, by who may be heard at all.
    fn taken(&mut self, now: Instant, asked: &Asked<'_>, taking: Taking, number: &[u8]) -> Unplaced {
        let rule = match (asked.locked_out, Digits::written(number)) {
            (false, Ok(number)) => return Unplaced::Takes(taking, number),
            (true, _) => Rule::Lockout,
            (false, Err(_)) => Rule::NumberInvalid,
        };
        self.refused_by(now, asked.from, &[], rule)
    }

    /// A refusal by a rule that no decision has named, noted down.
    #[inline(never)]
    pub(super) fn refused_by(&mut self, now: Instant, from: Party, number: &[u8], rule: Rule) -> Unplaced {
        let denial = self.refusal(now, from, rule);
        self.denied(now, from, number, Verdict::Deny(denial))
    }

    /// A refusal, noted down where refusals are.
    pub(super) fn denied(&mut self, now: Instant, from: Party, number: &[u8], verdict: Verdict) -> Unplaced {
        Unplaced::Denied(self.note_denied(now, from, Digits::written(number).unwrap_or_default(), verdict))
    }

    /// Notes a refusal down: the decision, the toll-denied record (R89), the alarm of a limit.
    pub(super) fn note_denied(
        &mut self,
        now: Instant,
        from: Party,
        dialed: Digits,
        verdict: Verdict,
    ) -> Decision {
        self.note_denied_for(now, (from, None), dialed, verdict)
    }

    /// The same for who acts for another.
    pub(super) fn note_denied_for(
        &mut self,
        now: Instant,
        (from, behalf): (Party, Option<Behalf>),
        dialed: Digits,
        verdict: Verdict,
    ) -> Decision {
        let decision = self.decided_for(now, (from, behalf), dialed, verdict);
        let (Verdict::Deny(denial) | Verdict::NeedsCode(denial)) = verdict else { return decision };
        self.record_toll_denied(now, from, dialed, &denial);
        if matches!(denial.rule, Rule::LimitRate | Rule::LimitCalls) {
            self.alarm(now, alarm::Cause::Limit(denial.rule), from, dialed);
        }
        decision
    }

    /// Takes apart what was asked for. An emergency number is never looked at twice: it goes as it is.
    pub(super) fn wanted<'a>(
        &mut self,
        now: Instant,
        asked: &Asked<'a>,
        mode: Mode,
        called: &'a mut Digits,
    ) -> Result<Wanted<'a>, Unwanted<'a>> {
        let plain = |number| Wanted { number, code: Code::None, typed: Typed::NONE, speed: None, kept: &[] };
        let Some(policy) = &self.policy else { return Ok(plain(asked.dialed)) };
        let end = analyse(&policy.image, asked.dialed, |_| false).end();
        match (asked.from, end) {
            (_, End::Emergency(_)) => Ok(plain(asked.dialed)),
            (Party::Trunk(trunk), _) => match inbound(&policy.image, trunk, asked.dialed) {
                Inbound::To(number, _) => {
                    *called = number;
                    Ok(plain(called.as_bytes()))
                }
                Inbound::AsCalled => Ok(plain(asked.dialed)),
                Inbound::Vacant => Err(Unwanted::Refused(Rule::NumberVacant)),
            },
            (Party::Device(device) | Party::User { at: device, .. }, End::Feature(feature, digits)) => {
                let behind = asked.dialed.get(usize::from(digits)..).unwrap_or(&[]);
                match Coded::of(feature) {
                    Coded::Sets(setting) => return Err(Unwanted::Sets(setting, behind)),
                    Coded::LogsIn => return Err(Unwanted::LogsIn(device, behind)),
                    Coded::LogsOut => return Err(Unwanted::LogsOut(behind)),
                    Coded::Takes(taking) => return Err(Unwanted::Takes(taking, behind)),
                    Coded::CampsOn => return Err(Unwanted::CampsOn(behind)),
                    Coded::Overrides => return Err(Unwanted::Overrides(behind)),
                    Coded::Parks => return Err(Unwanted::Parks(behind)),
                    Coded::SpeedCall => {
                        let (code, typed) = asked.given.unwrap_or((Code::None, Typed::NONE));
                        return Ok(spoken(&policy.image, asked.dialed, (code, typed), called));
                    }
                    Coded::Redials => {
                        let given = asked.given.unwrap_or((Code::None, Typed::NONE));
                        return self.dialed_again(asked.from, mode, given, called);
                    }
                    Coded::AccountCode => {}
                }
                // One code comes before a number: what was dialed behind it is taken as it is.
                if let Some((code, typed)) = asked.given {
                    return Ok(Wanted { number: asked.dialed, code, typed, speed: None, kept: asked.dialed });
                }
                let class = class_of(&policy.image, asked.from, mode).unwrap_or_default();
                let split = account::split(behind, Length::of(&class));
                let (typed, number) = split
                    .filter(|(_, number)| !number.is_empty())
                    .ok_or(Unwanted::Refused(Rule::NumberIncomplete))?;
                let image = policy.image;
                let code = self.check_code(now, device, &class, typed);
                Ok(spoken(&image, number, (code, Typed::new(typed)), called))
            }
            (Party::Device(_) | Party::User { .. }, _) if asked.dialed == CONFERENCE => {
                Err(Unwanted::Confers)
            }
            (Party::Device(_) | Party::User { .. } | Party::Conference | Party::Unknown, _) => {
                let (code, typed) = asked.given.unwrap_or((Code::None, Typed::NONE));
                Ok(Wanted { number: asked.dialed, code, typed, speed: None, kept: asked.dialed })
            }
        }
    }

    /// Checks a dialed code, and counts wrong ones (R48, R49).
    pub(super) fn check_code(&mut self, now: Instant, device: u32, class: &CosRow, typed: &[u8]) -> Code {
        let Some(policy) = self.policy else { return Code::Wrong };
        let Some(slot) = usize::try_from(device).ok().and_then(|device| self.devices.get_mut(device)) else {
            return Code::Wrong;
        };
        if slot.codes.is_locked(now) {
            return Code::Locked;
        }
        let code = account::check(&policy.image, &policy.keyring, class, typed, &mut self.crypto);
        // Any code but a verified one is wrong where that is demanded: it must not reset what guesses are counted by.
        let demanded =
            Features::from_bits_truncate(class.features).contains(Features::FORCED_VERIFIED_ACCOUNT_CODE);
        let wrong = code == Code::Wrong || demanded && matches!(code, Code::NonVerified(_));
        if !wrong {
            slot.codes.succeed(now);
        } else if slot.codes.fail(now, terms(&policy.image)) {
            self.alarm(now, alarm::Cause::CodeLockout, Party::Device(device), Digits::EMPTY);
        }
        code
    }

    /// Clears the youngest ordinary call of a full trunk for an emergency call.
    pub(super) fn make_way(&mut self, now: Instant, to: &Party) {
        let (Party::Trunk(trunk), Some(policy)) = (*to, self.policy) else { return };
        let channels = policy.image.trunks().get(usize::from(trunk)).map_or(0, |row| row.channels);
        let full = self.trunks.get(usize::from(trunk)).is_some_and(|slot| slot.in_use >= channels);
        let Some(a) = self.calls.youngest_on(trunk).filter(|_| full) else { return };
        let party = self.calls.leg(a).map_or(Party::Unknown, |leg| leg.party);
        let dialed = self.calls.choice(a).map_or(Digits::EMPTY, |(dialed, _)| *dialed);
        self.alarm(now, alarm::Cause::Preempted, party, dialed);
        self.clear(now, a, Cause::Preempted);
    }
}

/// A number as it was dialed, or what stands behind the code of a speed call; `called` keeps that.
pub(super) fn spoken<'a>(
    image: &Image<'_>,
    dialed: &'a [u8],
    (code, typed): (Code, Typed),
    called: &'a mut Digits,
) -> Wanted<'a> {
    let Some((number, exempt)) = image.speed_number(dialed) else {
        return Wanted { number: dialed, code, typed, speed: None, kept: dialed };
    };
    *called = Digits::known(number);
    Wanted { number: called.as_bytes(), code, typed, speed: Some(exempt), kept: dialed }
}

pub(super) fn is_emergency(image: &Image<'_>, dialed: &[u8]) -> bool {
    matches!(analyse(image, dialed, |_| false).end(), End::Emergency(_))
}

/// Why a refused caller is released.
pub(super) fn cause_of(decision: &Decision) -> Cause {
    decision.denial().map_or(Cause::CONGESTION, |denial| Cause::Denied(denial.rule))
}

/// The ringing timer of the caller's COS.
pub(super) fn ringing(image: &Image<'_>, from: Party, mode: Mode) -> u16 {
    class_of(image, from, mode).map_or(RINGING_S, |row| row.ringing_s)
}
