//! The way out: each choice of a route or route list, its rights, and what is sent over it.

use super::class::{Found, NumberClass, classify_joined};
use super::decide::{Caller, at, needs_code};
use super::image::Image;
use super::row::Str;
use super::rows::{AS_DIALED, ArsRow, ChoiceRow, Features, RouteRow, USE_LIST, USE_PLAN, USE_ROUTE};
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
    let mut asks = false;
    let mut first_denial = None;
    let mut busy = None;
    let mut nth = 0;
    while let Some(choice) = choices.nth(image, nth) {
        let tried = tried(image, from, choice.route, dialed);
        // The first route reached says whether a code is asked for, whichever is used then (R46).
        if nth == 0 {
            asks = from.asked_for_code() && tried.route_flags & 2 == 0;
        }
        nth = nth.wrapping_add(1);
        let rule = match tried.refused {
            None if world.channel_free(tried.trunk) => {
                let limit = if tried.trunk_flags & PUBLIC != 0 { world.exceeded() } else { None };
                if limit.is_some() || asks {
                    let denial = Denial::new(limit.unwrap_or(Rule::CodeForced), from.authority, row);
                    let denial = Denial { route: Some(choice.route), class: tried.class, ..denial };
                    // What the limits deny, no code can help (policy language, verified code).
                    return if limit.is_some() { Verdict::Deny(denial) } else { needs_code(denial) };
                }
                return Verdict::Allow(Choice {
                    rule: Rule::Route,
                    to: Party::Trunk(tried.trunk),
                    outpulsed: tried.digits(image),
                    authority: from.authority,
                    row,
                    route: Some(choice.route),
                    class: tried.class,
                    watched: tried.watched,
                    warning: choice.flags & 1 != 0,
                    interconnect: Some((from.interconnect, tried.interconnect)),
                });
            }
            None => Rule::TrunkBusy,
            Some(rule) => rule,
        };
        trace.skipped(choice.route, rule);
        let reason = if rule == Rule::TrunkBusy { &mut busy } else { &mut first_denial };
        reason.get_or_insert_with(|| Denial {
            route: Some(choice.route),
            cor_group: tried.cor_group.checked_sub(1).filter(|_| rule == Rule::CorRoute),
            class: tried.class.filter(|_| rule == Rule::ClassDenied),
            interconnect: (rule == Rule::Interconnect).then_some((from.interconnect, tried.interconnect)),
            ..Denial::new(rule, from.authority, row)
        });
    }
    // Some denied and the rest busy is busy (R14).
    let vacant = || Denial::new(Rule::NumberVacant, from.authority, row);
    Verdict::Deny(busy.or(first_denial).unwrap_or_else(vacant))
}

/// [`super::rows::TrunkRow::flags`]: belongs to the public network.
const PUBLIC: u8 = 1;

/// What became of one choice, and what a permitted call needs to know of it. What is sent is two parts, which need no copy
/// until the way is taken.
struct Tried<'a> {
    /// Why the caller may not use it.
    refused: Option<Rule>,
    trunk: u16,
    route_flags: u8,
    trunk_flags: u8,
    cor_group: u8,
    interconnect: u8,
    plan: NumberClass,
    class: Option<ClassRef>,
    watched: bool,
    sent: Sent<'a>,
}

/// What is sent over a route (R62), not yet put together.
struct Sent<'a> {
    insert: Str,
    absorb: u8,
    dialed: &'a [u8],
}

impl Tried<'_> {
    /// What is sent, in the form that the trunk wants.
    fn digits(&self, image: &Image<'_>) -> Digits {
        let Sent { insert, absorb, dialed } = self.sent;
        let rest = dialed.get(usize::from(absorb)..).unwrap_or(&[]);
        let form = self.trunk_flags >> 1 & 3;
        if insert.len == 0 && (form == AS_DIALED || self.class.is_none()) {
            return Digits::known(rest);
        }
        let joined = Digits::joined(image.octets(insert), rest);
        if self.class.is_none() || form == AS_DIALED {
            return joined;
        }
        format::number(image, form, self.plan, &joined)
    }
}

/// The rights of a caller on one route, in this order (R40): emergency-only, COR group, digit modification, number
/// class, interconnect, public to public.
// A function of its own: inlined into the loop over choices, each row would be kept at hand for all of them.
#[inline(never)]
fn tried<'a>(image: &Image<'a>, from: &Caller, route: u16, dialed: &'a [u8]) -> Tried<'a> {
    let route = image.routes.get(usize::from(route)).unwrap_or_default();
    let done = |refused: Option<Rule>, class: Option<ClassRef>, plan: NumberClass, watched: bool| Tried {
        refused,
        trunk: route.trunk,
        route_flags: route.flags,
        trunk_flags: route.trunk_flags,
        cor_group: route.cor_group,
        interconnect: route.interconnect,
        plan,
        class,
        watched,
        sent: Sent { insert: route.insert, absorb: route.absorb, dialed },
    };
    let refused = |rule| done(Some(rule), None, NumberClass::Unknown, false);
    let public = route.trunk_flags & PUBLIC != 0;
    if route.flags & 1 != 0 {
        return refused(Rule::RouteEmergencyOnly);
    }
    if route.cor_group == 0 && public && image.strict() {
        return refused(Rule::CorUnlabelled);
    }
    if cor_blocked(image, route.cor_group, from.authority.cor) {
        return refused(Rule::CorRoute);
    }
    let Some(rest) = outpulsed(&route, dialed) else { return refused(Rule::DigitModification) };
    let (mut plan, mut class, mut watched) = (NumberClass::Unknown, None, false);
    if public {
        let insert = if route.insert.len == 0 { &[][..] } else { image.octets(route.insert) };
        let found = classify_joined(&image.class_states, &image.class_edges, insert, rest);
        let (judged, action) = judge(image, found, from.authority.cor);
        if action == Action::Deny {
            return done(Some(Rule::ClassDenied), Some(judged), found.class, false);
        }
        // No code lifts what is denied to the party itself (R52).
        if from.own_cor != from.authority.cor {
            let (own, action) = judge(image, found, from.own_cor);
            if action == Action::Deny {
                return done(Some(Rule::ClassDenied), Some(own), found.class, false);
            }
        }
        (plan, class, watched) = (found.class, Some(judged), action == Action::Watch);
    }
    if restricted(image, from.interconnect, route.interconnect) {
        return done(Some(Rule::Interconnect), class, plan, watched);
    }
    if let (Some(features), true) = (from.public_trunk, public) {
        let trunk = image.trunks.get(usize::from(route.trunk)).unwrap_or_default();
        let theirs = super::decide::cos(image, trunk.cos, from.authority.mode).map_or(0, |row| row.features);
        let both = features & Features::from_bits_truncate(theirs);
        if !both.contains(Features::PUBLIC_TO_PUBLIC) {
            return done(Some(Rule::PublicToPublic), class, plan, watched);
        }
    }
    done(None, class, plan, watched)
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
#[inline(always)]
fn judge(image: &Image<'_>, found: Found, cor: u8) -> (ClassRef, Action) {
    if found.chain != 0
        && let Some(own) = judge_own(image, found.chain, cor)
    {
        return own;
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

#[inline(never)]
fn judge_own(image: &Image<'_>, first: u8, cor: u8) -> Option<(ClassRef, Action)> {
    let mut chain = first;
    while let Some(link) = chain.checked_sub(1).and_then(|link| image.own_chains.get(usize::from(link))) {
        let own = image.own_classes.get(usize::from(link.own)).unwrap_or_default();
        if own.cor_group == 0 || cor_blocked(image, own.cor_group, cor) {
            let action = match own.action {
                0 => Action::Deny,
                1 => Action::Allow,
                _ => Action::Watch,
            };
            return Some((ClassRef::Own(link.own), action));
        }
        // Links lead upwards only, so this ends.
        chain = if link.next > chain { link.next } else { 0 };
    }
    None
}

/// What is sent over a route behind its insert: the dialed digits less `absorb` in front (R62). `None` if nothing would be
/// sent, or too much.
#[inline(always)]
fn outpulsed<'a>(route: &RouteRow, dialed: &'a [u8]) -> Option<&'a [u8]> {
    let rest = dialed.get(usize::from(route.absorb)..)?;
    // A call without a number reaches nobody knows whom.
    let len = usize::from(route.insert.len).wrapping_add(rest.len());
    (len != 0 && len <= Digits::MAX).then_some(rest)
}

/// The choices of a route (one) or a route list, in order.
pub(super) struct Choices {
    list: bool,
    first: u32,
    count: u16,
}

impl Choices {
    #[inline(always)]
    pub(super) fn new(image: &Image<'_>, leads: u8, index: u16) -> Self {
        if leads == USE_LIST {
            let run = image.lists.get(usize::from(index)).unwrap_or_default().choices;
            Self { list: true, first: run.first, count: run.count }
        } else {
            debug_assert_eq!(leads, USE_ROUTE, "the image was checked");
            Self { list: false, first: u32::from(index), count: 1 }
        }
    }

    /// One of them; `None` behind the last.
    #[inline(always)]
    fn nth(&self, image: &Image<'_>, nth: u16) -> Option<ChoiceRow> {
        if nth >= self.count {
            return None;
        }
        let at = self.first.wrapping_add(u32::from(nth));
        if self.list {
            // The image was checked: there is such a choice.
            Some(super::decide::at(image.choices, at).unwrap_or_default())
        } else {
            Some(ChoiceRow { route: u16::try_from(at).unwrap_or(u16::MAX), flags: 0 })
        }
    }

    pub(super) fn iter<'i>(
        self,
        image: &'i Image<'_>,
    ) -> impl Iterator<Item = (ChoiceRow, RouteRow)> + use<'i> {
        (0..self.count).filter_map(move |nth| {
            let choice = self.nth(image, nth)?;
            Some((choice, image.routes.get(usize::from(choice.route))?))
        })
    }
}

/// Whether a COR group (row plus one, 0 none) lists the COR.
#[inline]
pub(super) fn cor_blocked(image: &Image<'_>, group: u8, cor: u8) -> bool {
    let row = group.checked_sub(1).and_then(|group| image.cor_groups.get(usize::from(group)));
    // Two halves: a shift of 128 bits is many instructions.
    row.is_some_and(|row| {
        let half = if cor & 64 == 0 { row.low } else { row.high };
        half.wrapping_shr(u32::from(cor & 63)) & 1 != 0
    })
}

/// Whether the matrix restricts this ordered pair (R38).
pub(super) fn restricted(image: &Image<'_>, from: u8, to: u8) -> bool {
    let row = from.checked_sub(1).and_then(|from| image.interconnect.get(usize::from(from)));
    let bit = to.checked_sub(1).and_then(|to| 1u64.checked_shl(u32::from(to)));
    matches!((row, bit), (Some(row), Some(bit)) if row.restricted & bit != 0)
}
