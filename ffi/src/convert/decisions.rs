//! Decisions as the struct of the ABI.

use super::{digits, party};
use crate::names;
use crate::types::{
    STW_CLASS_OWN, STW_DECISION_WARNING_TONE, STW_DECISION_WATCHED, stw_decision, stw_leg, stw_party,
    stw_verdict,
};
use strowger::base::Digits;
use strowger::call::Cause;
use strowger::policy::{Authority, Choice, ClassRef, Denial, Image, Party, RowRef, Verdict};
use strowger::record::Decision;

/// A decision before anything is known of it.
fn undecided(from: Party, dialed: &Digits) -> stw_decision {
    let nothing = digits(&Digits::EMPTY);
    stw_decision {
        verdict: 0,
        rule: 0,
        leg: 0,
        unix_s: 0,
        offset_min: 0,
        mode: 0,
        from: party(from),
        to: stw_party::default(),
        cos: 0,
        cor: 0,
        row: 0,
        line: 0,
        route: 0,
        cor_group: 0,
        interconnect_from: 0,
        interconnect_to: 0,
        sip_status: 0,
        q850: 0,
        flags: 0,
        number_class: 0,
        dialed: digits(dialed),
        outpulsed: nothing,
        reserved: [0; 3],
    }
}

/// An allowed call whose way is no longer known: it failed before the set-up returned.
pub(crate) fn allowed_somehow(from: Party, dialed: &Digits, leg: stw_leg) -> stw_decision {
    stw_decision { verdict: stw_verdict::STW_VERDICT_ALLOW as u32, leg, ..undecided(from, dialed) }
}

pub(crate) fn allowed(
    image: Option<&Image<'_>>,
    from: Party,
    dialed: &Digits,
    choice: &Choice,
    leg: stw_leg,
) -> stw_decision {
    let (interconnect_from, interconnect_to) = choice.interconnect.unwrap_or((0, 0));
    let mut out = stw_decision {
        verdict: stw_verdict::STW_VERDICT_ALLOW as u32,
        rule: u32::from(choice.rule.number()),
        leg,
        to: party(choice.to),
        interconnect_from: u32::from(interconnect_from),
        interconnect_to: u32::from(interconnect_to),
        flags: if choice.warning { STW_DECISION_WARNING_TONE } else { 0 }
            | if choice.watched { STW_DECISION_WATCHED } else { 0 },
        number_class: number_class(choice.class),
        outpulsed: digits(&choice.outpulsed),
        ..undecided(from, dialed)
    };
    authority(&mut out, &choice.authority);
    places(&mut out, image, choice.row, choice.route);
    out
}

fn denied(image: Option<&Image<'_>>, from: Party, dialed: &Digits, denial: &Denial) -> stw_decision {
    let (interconnect_from, interconnect_to) = denial.interconnect.unwrap_or((0, 0));
    let cause = Cause::Denied(denial.rule);
    let mut out = stw_decision {
        verdict: stw_verdict::STW_VERDICT_DENY as u32,
        rule: u32::from(denial.rule.number()),
        interconnect_from: u32::from(interconnect_from),
        interconnect_to: u32::from(interconnect_to),
        sip_status: u32::from(cause.status()),
        q850: u32::from(cause.q850()),
        number_class: number_class(denial.class),
        ..undecided(from, dialed)
    };
    authority(&mut out, &denial.authority);
    places(&mut out, image, denial.row, denial.route);
    let group = denial.cor_group.and_then(|group| image?.cor_groups().get(usize::from(group)));
    out.cor_group = group.map_or(0, |row| u32::from(row.id));
    out
}

/// What a question was answered with: without a leg and without a time.
pub(crate) fn explained(
    image: Option<&Image<'_>>,
    from: Party,
    dialed: &Digits,
    verdict: &Verdict,
) -> stw_decision {
    match verdict {
        Verdict::Allow(choice) => allowed(image, from, dialed, choice, 0),
        Verdict::Deny(denial) => denied(image, from, dialed, denial),
        Verdict::NeedsCode(denial) => needs_code(image, from, dialed, denial, 0),
    }
}

/// A refusal as a set-up tells it: without a time, which the polled decision has.
pub(crate) fn refused(image: Option<&Image<'_>>, taken: &Decision) -> stw_decision {
    stw_decision { unix_s: 0, offset_min: 0, ..decision(image, taken) }
}

/// An account code is asked for on `leg`.
pub(crate) fn needs_code(
    image: Option<&Image<'_>>,
    from: Party,
    dialed: &Digits,
    denial: &Denial,
    leg: stw_leg,
) -> stw_decision {
    let verdict = stw_verdict::STW_VERDICT_ACCOUNT_CODE as u32;
    stw_decision { verdict, leg, ..denied(image, from, dialed, denial) }
}

pub(super) fn number_class(class: Option<ClassRef>) -> u32 {
    match class {
        None => 0,
        Some(ClassRef::Plan(class)) => u32::from(class.number()).saturating_add(1),
        Some(ClassRef::Own(row)) => STW_CLASS_OWN.saturating_add(u32::from(row)),
    }
}

fn authority(out: &mut stw_decision, authority: &Authority) {
    out.cos = u32::from(authority.cos);
    out.cor = u32::from(authority.cor);
    out.mode = names::mode_number(authority.mode);
}

/// The numbers that an administrator knows rows by.
fn places(out: &mut stw_decision, image: Option<&Image<'_>>, row: RowRef, route: Option<u16>) {
    let Some(image) = image else { return };
    let at = |row: u32| usize::try_from(row).unwrap_or(usize::MAX);
    let found = match row {
        RowRef::None => None,
        RowRef::Leading(row) => image.leadings().get(at(row)).map(|row| (row.ordinal, row.line)),
        RowRef::Ars(row) => image.ars().get(at(row)).map(|row| (row.ordinal, row.line)),
    };
    (out.row, out.line) = found.unwrap_or((0, 0));
    let route = route.and_then(|route| image.routes().get(usize::from(route)));
    out.route = route.map_or(0, |row| u32::from(row.id));
}

pub(super) fn decision(image: Option<&Image<'_>>, decision: &Decision) -> stw_decision {
    let mut out = explained(image, decision.from, &decision.dialed, &decision.verdict);
    out.unix_s = decision.at.unix_s;
    out.offset_min = i32::from(decision.at.offset_min);
    out
}
