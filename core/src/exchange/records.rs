//! What becomes a record: finished calls, and denied attempts to reach the public network.

use super::calling::dn;
use super::{Exchange, Policy, Record};
use crate::account::Typed;
use crate::base::{Crypto, Digits, Instant};
use crate::call::{Brought, Cause, Finished, Tie};
use crate::policy::decide::class_of;
use crate::policy::rows::Features;
use crate::policy::{Behalf, Denial, Image, Mode, Party, Rule, Verdict};
use crate::record::smdr::{Completion, Station};
use crate::record::{Decision, Smdr, alarm};

impl<C: Crypto> Exchange<'_, C> {
    /// Notes a decision down and counts it.
    pub(super) fn decided(
        &mut self,
        now: Instant,
        from: Party,
        dialed: Digits,
        verdict: Verdict,
    ) -> Decision {
        self.decided_for(now, (from, None), dialed, verdict)
    }

    /// The same of who acts for another.
    pub(super) fn decided_for(
        &mut self,
        now: Instant,
        (from, behalf): (Party, Option<Behalf>),
        dialed: Digits,
        verdict: Verdict,
    ) -> Decision {
        match verdict {
            Verdict::Allow(_) => self.statistics.permitted = self.statistics.permitted.wrapping_add(1),
            Verdict::Deny(_) | Verdict::NeedsCode(_) => {
                self.statistics.denied = self.statistics.denied.wrapping_add(1)
            }
        }
        let decision = Decision { at: self.wall_at(now), from, dialed, verdict, behalf };
        self.record(Record::Decision(decision));
        decision
    }

    /// A finished call has a record, if `[smdr]` and the COS want one; an emergency call always has. A call from a trunk to
    /// a trunk has one for each, as the COS of each wants (R86).
    ///
    /// A call over another trunk that became one with the last gets that one's identifier.
    pub(super) fn record_finished(&mut self, finished: &Finished) {
        // Of two that are one the first takes the number, whether it has a record or not.
        let call = match finished.tie {
            Tie::Alone => None,
            Tie::First => Some(self.next_call()),
            Tie::Second => Some(self.call_number),
        };
        self.public_call_ends(finished.rule, finished.payer, finished.to);
        if finished.cause == Cause::TOO_LONG {
            let denial = Denial::new(Rule::LimitDuration, finished.authority, crate::policy::RowRef::None);
            self.decided(finished.ended, finished.payer, finished.dialed, Verdict::Deny(denial));
            self.alarm(finished.ended, alarm::Cause::Limit(denial.rule), finished.payer, finished.dialed);
        }
        let Some((mut record, wanted, also_wanted)) = self.drafted(finished) else { return };
        record.call = call.unwrap_or_else(|| self.next_call());
        let route = record.route;
        if wanted {
            // Of two records, the one of the trunk that the call came from has no route.
            record.route = if is_tandem(finished) { 0 } else { route };
            self.record(Record::Smdr(record));
        }
        if also_wanted {
            record.route = route;
            self.record(Record::Smdr(record));
        }
    }

    /// The record of a finished call, without a number; whether its payer wants it, and the trunk that it went to one of its own (R86). `None`:
    /// neither does.
    pub(super) fn drafted(&self, finished: &Finished) -> Option<(Smdr, bool, bool)> {
        let external = matches!(finished.from, Party::Trunk(_)) || matches!(finished.to, Party::Trunk(_));
        let Policy { image, .. } = self.policy.as_ref()?;
        let wants =
            |party| finished.emergency || wants_record(image, party, finished.authority.mode, external);
        // Who has the call go on to the outside pays for it.
        let wanted = wants(finished.from) || finished.payer != finished.from && wants(finished.payer);
        let also_wanted = is_tandem(finished) && wants(finished.to);
        if !wanted && !also_wanted {
            return None;
        }
        let answered = finished.answered;
        let completion = match (answered, external, finished.cause) {
            (Some(_), true, _) if finished.picked_up && matches!(finished.from, Party::Trunk(_)) => {
                Completion::PickedUp
            }
            (Some(_), true, _) => Completion::Answered,
            (Some(_), false, _) => Completion::Internal,
            (None, _, Cause::Status(486 | 600)) => Completion::Busy,
            (None, _, Cause::Status(404 | 484 | 604)) => Completion::Error,
            (
                None,
                _,
                Cause::Status(_) | Cause::Normal | Cause::Denied(_) | Cause::Preempted | Cause::Media(_),
            ) => Completion::None,
        };
        let seconds = |ms: u64| u32::try_from(ms.div_ceil(1000)).unwrap_or(u32::MAX);
        // Where the parties could not agree on media, that is what there is to know.
        let rule = match (finished.cause, finished.emergency, external) {
            (Cause::Media(refused), _, _) => refused.name(),
            (_, true, _) => Rule::Emergency.name(),
            (_, false, true) => Rule::Route.name(),
            (_, false, false) => Rule::Internal.name(),
        };
        let record = Smdr {
            start: self.wall_at(finished.started),
            duration_s: answered.map_or(0, |at| seconds(finished.ended.since_ms(at))),
            calling: station(image, finished.from),
            time_to_answer_s: answered.map(|at| seconds(at.since_ms(finished.started))),
            dialed: finished.dialed,
            completion,
            called: station(image, finished.to),
            system_id: image.system().system_id,
            route: route_number(image, finished.route),
            classes: (finished.authority.cos, finished.authority.cor, finished.authority.mode.name()),
            rule,
            cause: finished.cause.q850(),
            account: self.reported(image, finished.account, finished.payer, external),
            call: 0,
            // Who was joined later is told of, else who has forwarded it.
            third: finished
                .third
                .map(|third| third.party)
                .or(finished.forwarded_by)
                .map_or(Station::Unknown, |party| station(image, party)),
            forwarded: finished.forwarded_by.is_some(),
            speed: finished.speed,
            joined: match finished.third.map(|third| third.how) {
                Some(Brought::Supervised) => b'T',
                Some(Brought::Unsupervised) => b'X',
                Some(Brought::Conference) => b'C',
                None => b' ',
            },
        };
        Some((record, wanted, also_wanted))
    }

    /// The account code that a record shows: the one dialed, else on external calls the device's default one (R55).
    fn reported(&self, image: &Image<'_>, dialed: Typed, from: Party, external: bool) -> Typed {
        if image.system().smdr & 4 == 0 {
            return Typed::NONE;
        }
        let Some(row) = image.row_of(from) else { return dialed };
        let row = usize::try_from(row).ok().and_then(|row| image.device_texts().get(row));
        let default = row.map_or(&[][..], |row| image.octets(row.account_code));
        if dialed == Typed::NONE && external { Typed::new(default) } else { dialed }
    }

    /// R89: a toll-denied call has a record; an invalid number has none.
    pub(super) fn record_toll_denied(&mut self, now: Instant, from: Party, dialed: Digits, denial: &Denial) {
        let Some(image) = self.policy.map(|policy| policy.image) else { return };
        let toll = matches!(
            denial.rule,
            Rule::CorLeading
                | Rule::CorRoute
                | Rule::CorUnlabelled
                | Rule::Interconnect
                | Rule::PublicToPublic
                | Rule::ClassDenied
                | Rule::RoutePlanClosed
                | Rule::LimitRate
                | Rule::LimitCalls
                | Rule::CodeForced
        );
        let external =
            denial.route.is_some() || matches!(denial.rule, Rule::CorLeading | Rule::RoutePlanClosed);
        if !toll || !external || !wants_record(&image, from, denial.authority.mode, true) {
            return;
        }
        let record = Smdr {
            start: self.wall_at(now),
            duration_s: 0,
            calling: station(&image, from),
            time_to_answer_s: None,
            dialed,
            completion: Completion::TollDenied,
            called: Station::Unknown,
            system_id: image.system().system_id,
            route: route_number(&image, denial.route),
            classes: (denial.authority.cos, denial.authority.cor, denial.authority.mode.name()),
            rule: denial.rule.name(),
            cause: Cause::Denied(denial.rule).q850(),
            account: Typed::NONE,
            call: self.next_call(),
            third: Station::Unknown,
            forwarded: false,
            speed: false,
            joined: b' ',
        };
        self.record(Record::Smdr(record));
    }

    const fn next_call(&mut self) -> u16 {
        self.call_number = self.call_number.wrapping_add(1) % 10_000;
        self.call_number
    }
}

/// Whether a call came from a trunk and went to one (R86).
pub(super) const fn is_tandem(finished: &Finished) -> bool {
    matches!((finished.from, finished.to), (Party::Trunk(_), Party::Trunk(_)))
}

/// `[smdr]` and the COS of the caller must both want it (policy language).
fn wants_record(image: &Image<'_>, from: Party, mode: Mode, external: bool) -> bool {
    let (bit, feature) = if external { (1, Features::SMDR_EXTERNAL) } else { (2, Features::SMDR_INTERNAL) };
    let features = class_of(image, from, mode).map_or(0, |row| row.features);
    image.system().smdr & bit != 0 && Features::from_bits_truncate(features).contains(feature)
}

fn route_number(image: &Image<'_>, route: Option<u16>) -> u16 {
    route.and_then(|route| image.routes().get(usize::from(route))).map_or(0, |row| row.id)
}

fn station(image: &Image<'_>, party: Party) -> Station {
    match party {
        Party::Device(_) | Party::User { .. } => {
            // The compiler lets nothing else be a directory number. Who is logged in has his own (R69).
            let row = image.row_of(party).unwrap_or(u32::MAX);
            Station::Dn(Digits::known(dn(image, row).as_bytes()))
        }
        Party::Trunk(trunk) => {
            let public = image.trunks().get(usize::from(trunk)).is_some_and(|row| row.flags & 1 != 0);
            let number = trunk.saturating_add(1);
            if public { Station::PublicTrunk(number) } else { Station::PrivateTrunk(number) }
        }
        // It has no number.
        Party::Conference | Party::Unknown => Station::Unknown,
    }
}
