//! The way out: each choice of a route or route list, its rights, and what is sent over it.

use super::class::{Found, NumberClass, classify};
use super::decide::{Caller, at, needs_code};
use super::image::Image;
use super::rows::{ArsRow, ChoiceRow, E164, Features, NATIONAL, RouteRow, TrunkRow, USE_LIST, USE_PLAN};
use super::rule::Rule;
use super::verdict::{Choice, ClassRef, Denial, Party, RowRef, Trace, Verdict, World};
use super::{calendar, format};
use crate::base::Digits;

/// The first choice that the caller may use and that is free.
pub(super) fn external(
    image: &Image<'_>,
    from: &Caller,
    row: u32,
    dialed: &[u8],
    minute: Option<u16>,
    world: &impl World,
    trace: &mut impl Trace,
) -> Verdict {
    let ars: ArsRow = at(image.ars, row).unwrap_or_default();
    let row = RowRef::Ars(row);
    let leads = match ars.leads {
        USE_PLAN => minute.and_then(|minute| calendar::cell(image, ars.index, minute)),
        leads => Some((leads, ars.index)),
    };
    let Some((leads, index)) = leads else {
        return Verdict::Deny(Denial::new(Rule::RoutePlanClosed, from.authority, row));
    };
    let choices = Choices::new(image, leads, index);
    let forced = from.without_code && from.features.contains(Features::FORCED_NON_VERIFIED_ACCOUNT_CODE);
    // The first route reached says whether a code is asked for, whichever is used then (R46).
    let mut asks = None;
    let mut first_denial = None;
    let mut busy = None;
    for (choice, route) in choices.iter(image) {
        let asks = *asks.get_or_insert(forced && route.flags & 2 == 0);
        let trunk = image.trunks.get(usize::from(route.trunk)).unwrap_or_default();
        let pair = Some((from.interconnect, trunk.interconnect));
        let mut class = None;
        let rule = match permitted(image, from, &route, &trunk, dialed, &mut class) {
            Ok(_) if !world.channel_free(route.trunk) => Rule::TrunkBusy,
            Ok((outpulsed, watched)) => {
                let limit = if trunk.flags & 1 != 0 { world.exceeded() } else { None };
                if limit.is_some() || asks {
                    let denial = Denial::new(limit.unwrap_or(Rule::CodeForced), from.authority, row);
                    let denial = Denial { route: Some(choice.route), class, ..denial };
                    // What the limits deny, no code can help (policy language, verified code).
                    return if limit.is_some() { Verdict::Deny(denial) } else { needs_code(denial) };
                }
                return Verdict::Allow(Choice {
                    rule: Rule::Route,
                    to: Party::Trunk(route.trunk),
                    outpulsed,
                    authority: from.authority,
                    row,
                    route: Some(choice.route),
                    class,
                    watched,
                    warning: choice.flags & 1 != 0,
                    interconnect: pair,
                });
            }
            Err(rule) => rule,
        };
        trace.skipped(choice.route, rule);
        let denial = Denial {
            route: Some(choice.route),
            cor_group: route.cor_group.checked_sub(1).filter(|_| rule == Rule::CorRoute),
            class: class.filter(|_| rule == Rule::ClassDenied),
            interconnect: pair.filter(|_| rule == Rule::Interconnect),
            ..Denial::new(rule, from.authority, row)
        };
        if rule == Rule::TrunkBusy {
            busy = busy.or(Some(denial));
        } else {
            first_denial = first_denial.or(Some(denial));
        }
    }
    // Some denied and the rest busy is busy (R14).
    let vacant = Denial::new(Rule::NumberVacant, from.authority, row);
    Verdict::Deny(busy.or(first_denial).unwrap_or(vacant))
}

/// The rights of a caller on one route, in this order (R40): emergency-only, COR group, digit modification, number
/// class, interconnect, public to public. What is sent, and whether its class is watched.
fn permitted(
    image: &Image<'_>,
    from: &Caller,
    route: &RouteRow,
    trunk: &TrunkRow,
    dialed: &[u8],
    class: &mut Option<ClassRef>,
) -> Result<(Digits, bool), Rule> {
    let public = trunk.flags & 1 != 0;
    if route.flags & 1 != 0 {
        return Err(Rule::RouteEmergencyOnly);
    }
    if route.cor_group == 0 && public && image.strict() {
        return Err(Rule::CorUnlabelled);
    }
    if cor_blocked(image, route.cor_group, from.authority.cor) {
        return Err(Rule::CorRoute);
    }
    let mut outpulsed = outpulse(image, route, dialed)?;
    let mut watched = false;
    if public {
        let found = classify(&image.class_states, &image.class_edges, outpulsed.as_bytes());
        let (judged, action) = judge(image, &found, from.authority.cor);
        *class = Some(judged);
        // No code lifts what is denied to the party itself (R52).
        if from.own_cor != from.authority.cor && judge(image, &found, from.own_cor).1 == Action::Deny {
            *class = Some(judge(image, &found, from.own_cor).0);
            return Err(Rule::ClassDenied);
        }
        match action {
            Action::Deny => return Err(Rule::ClassDenied),
            Action::Watch => watched = true,
            Action::Allow => {}
        }
        let form = trunk.flags >> 1 & 3;
        if form == NATIONAL || form == E164 {
            outpulsed = format::number(image, form, found.class, &outpulsed);
        }
    }
    if restricted(image, from.interconnect, trunk.interconnect) {
        return Err(Rule::Interconnect);
    }
    if let (Some(features), true) = (from.public_trunk, public) {
        let theirs = super::decide::cos(image, trunk.cos, from.authority.mode).map_or(0, |row| row.features);
        let both = features & Features::from_bits_truncate(theirs);
        if !both.contains(Features::PUBLIC_TO_PUBLIC) {
            return Err(Rule::PublicToPublic);
        }
    }
    Ok((outpulsed, watched))
}

/// What a number class means for a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Action {
    Deny,
    Allow,
    Watch,
}

/// The class that counts for a COR, and its action: own classes beat the plan's, the longest prefix first; one whose
/// COR group does not list the COR is passed over. Work: the chain of own classes, which the image bounds.
fn judge(image: &Image<'_>, found: &Found, cor: u8) -> (ClassRef, Action) {
    let mut chain = found.chain;
    while let Some(link) = chain.checked_sub(1).and_then(|link| image.own_chains.get(usize::from(link))) {
        let own = image.own_classes.get(usize::from(link.own)).unwrap_or_default();
        if own.cor_group == 0 || cor_blocked(image, own.cor_group, cor) {
            let action = match own.action {
                0 => Action::Deny,
                1 => Action::Allow,
                _ => Action::Watch,
            };
            return (ClassRef::Own(link.own), action);
        }
        // Links lead upwards only, so this ends.
        chain = if link.next > chain { link.next } else { 0 };
    }
    let system = image.system();
    let bit = 1u16.wrapping_shl(u32::from(found.class.number()));
    let action = if found.class == NumberClass::Emergency {
        // Whoever dials an emergency number means it, whatever row brought it here.
        Action::Allow
    } else if system.denied_classes & bit != 0 {
        Action::Deny
    } else if system.watched_classes & bit != 0 {
        Action::Watch
    } else {
        Action::Allow
    };
    (ClassRef::Plan(found.class), action)
}

/// What is sent over a route: the dialed digits less `absorb` in front, `insert` before them (R62).
fn outpulse(image: &Image<'_>, route: &RouteRow, dialed: &[u8]) -> Result<Digits, Rule> {
    let Some(row) = route.modification.checked_sub(1) else { return Ok(Digits::known(dialed)) };
    let row = image.modifications.get(usize::from(row)).unwrap_or_default();
    let insert = image.octets(row.insert);
    let rest = dialed.get(usize::from(row.absorb)..).ok_or(Rule::DigitModification)?;
    let outpulsed = Digits::known_after(insert, rest).ok_or(Rule::DigitModification)?;
    // A call without a number reaches nobody knows whom.
    if outpulsed.is_empty() { Err(Rule::DigitModification) } else { Ok(outpulsed) }
}

/// The choices of a route (one) or a route list, in order.
pub(super) struct Choices {
    single: Option<u16>,
    first: u32,
    count: u16,
}

impl Choices {
    pub(super) fn new(image: &Image<'_>, leads: u8, index: u16) -> Self {
        if leads == USE_LIST {
            let run = image.lists.get(usize::from(index)).unwrap_or_default().choices;
            Self { single: None, first: run.first, count: run.count }
        } else {
            Self { single: Some(index), first: 0, count: 1 }
        }
    }

    pub(super) fn iter<'i>(
        &self,
        image: &'i Image<'_>,
    ) -> impl Iterator<Item = (ChoiceRow, RouteRow)> + use<'i> {
        let (single, first) = (self.single, self.first);
        (0..u32::from(self.count)).filter_map(move |n| {
            let choice = match single {
                Some(route) => ChoiceRow { route, flags: 0 },
                None => at(image.choices, first.checked_add(n)?)?,
            };
            Some((choice, image.routes.get(usize::from(choice.route))?))
        })
    }
}

/// Whether a COR group (row plus one, 0 none) lists the COR.
pub(super) fn cor_blocked(image: &Image<'_>, group: u8, cor: u8) -> bool {
    let row = group.checked_sub(1).and_then(|group| image.cor_groups.get(usize::from(group)));
    row.is_some_and(|row| row.members.checked_shr(u32::from(cor)).is_some_and(|bits| bits & 1 != 0))
}

/// Whether the matrix restricts this ordered pair (R38).
pub(super) fn restricted(image: &Image<'_>, from: u8, to: u8) -> bool {
    let row = from.checked_sub(1).and_then(|from| image.interconnect.get(usize::from(from)));
    let bit = to.checked_sub(1).and_then(|to| 1u64.checked_shl(u32::from(to)));
    matches!((row, bit), (Some(row), Some(bit)) if row.restricted & bit != 0)
}
