//! The way out: each choice of a route or route list, its rights, and what is sent over it.

use super::behalf;
use super::class::{Found, NumberClass, classify_decimal, classify_joined};
use super::decide::{Caller, at, needs_code};
use super::image::Image;
use super::row::{Row, Str};
use super::rows::{AS_DIALED, ArsRow, ChoiceRow, Features, RouteRow, USE_LIST, USE_PLAN, USE_ROUTE};
use super::rule::Rule;
use super::verdict::{Authority, Choice, ClassRef, Denial, Party, RowRef, Trace, Verdict, World};
use super::{calendar, format};
use crate::base::{Digits, digits::all_decimal};

/// The first choice that the caller may use and that is free.
#[inline(always)]
pub(super) fn external(
    image: &Image<'_>,
    from: &Caller,
    row: u32,
    (dialed, decimal): (&[u8], bool),
    minute: Option<u16>,
    world: &impl World,
    trace: &mut impl Trace,
) -> Verdict {
    let ars: ArsRow = at(image.ars, row).unwrap_or_default();
    let row = RowRef::Ars(row);
    if let Some(behalf) = from.behalf
        && let Some(denial) = behalf::outside(image, from, behalf, row)
    {
        return Verdict::Deny(denial);
    }
    let leads = match ars.leads {
        USE_PLAN => minute.and_then(|minute| calendar::cell(image, ars.index, minute)),
        leads => Some((leads, ars.index)),
    };
    let Some((leads, index)) = leads else {
        return Verdict::Deny(Denial::new(Rule::RoutePlanClosed, from.authority, row));
    };
    let choices = Choices::new(image, leads, index);
    // A list has a choice: the image was checked.
    let first = choices.nth(image, 0).unwrap_or_default();
    Search { image, from, row, dialed, decimal, first: first.route, choice: first }
        .way(&choices, world, trace)
}

/// [`super::rows::TrunkRow::flags`]: belongs to the public network.
const PUBLIC: u8 = 1;

/// Looking for a way out.
struct Search<'a> {
    image: &'a Image<'a>,
    from: &'a Caller,
    row: RowRef,
    dialed: &'a [u8],
    /// What was dialed is known to be decimal digits.
    decimal: bool,
    /// The first choice, and the one that is tried.
    first: u16,
    choice: ChoiceRow,
}

impl Search<'_> {
    /// The first choice that may be used and is free.
    #[inline(always)]
    fn way(mut self, choices: &Choices, world: &impl World, trace: &mut impl Trace) -> Verdict {
        let mut answer = self.try_choice(world);
        if !passed_over(&answer) {
            return answer;
        }
        let (mut nth, mut kept) = (0u16, answer);
        loop {
            if let Verdict::Deny(denial) = answer {
                trace.skipped(self.choice.route, denial.rule);
                // The first of its kind counts, and some denied and the rest busy is busy (R14).
                if denial.rule == Rule::TrunkBusy && !is_busy(&kept) {
                    kept = answer;
                }
            }
            nth = nth.wrapping_add(1);
            let Some(next) = choices.nth(self.image, nth) else { break };
            self.choice = next;
            answer = self.try_choice(world);
            if !passed_over(&answer) {
                return answer;
            }
        }
        answer = kept;
        answer
    }

    /// The rights of a caller on one route, in this order (R40): emergency-only, COR group, digit modification, number
    /// class, interconnect, public to public. Then a free channel, the limits, and a code if the first choice asks for
    /// one, whichever is used (R46).
    // A function of its own: inlined into the loop over choices, each row would be kept at hand for all of them.
    #[inline(never)]
    fn try_choice(&self, world: &impl World) -> Verdict {
        let (image, from) = (self.image, self.from);
        let Some(octets) = image.routes.octets(usize::from(self.choice.route)) else {
            return self.deny(Rule::NumberVacant, None);
        };
        let route = RouteRow::read(octets);
        if route.flags & 1 != 0 {
            return self.deny(Rule::RouteEmergencyOnly, None);
        }
        if route.cor_group == 0 {
            if is_public(&route) && image.strict() {
                return self.deny(Rule::CorUnlabelled, None);
            }
        } else if cor_blocked(image, route.cor_group, from.authority.cor)
            && let Some(denied) = self.cor_denied()
        {
            return denied;
        }
        if from.behalf.is_some()
            && let Some(other) = self.other_denied()
        {
            return other;
        }
        let Some(rest) = outpulsed(&route, self.dialed) else {
            return self.deny(Rule::DigitModification, None);
        };
        let (mut plan, mut class, mut watched) = (NumberClass::Unknown, None, false);
        if is_public(&route) {
            let found = class_sent(image, route.insert, rest, self.decimal);
            let judged = judge(image, found, from.authority.cor);
            if judged.denied {
                return self.deny(Rule::ClassDenied, Some(judged.class));
            }
            // No code lifts what is denied to the party itself (R52).
            if from.own_cor != from.authority.cor {
                let own = judge(image, found, from.own_cor);
                if own.denied {
                    return self.deny(Rule::ClassDenied, Some(own.class));
                }
            }
            (plan, class, watched) = (found.class, Some(judged.class), judged.watched);
        }
        // Read again: nothing of it had to be kept during the walk.
        let route = RouteRow::read(octets);
        if restricted(image, from.interconnect, route.interconnect) {
            return self.deny(Rule::Interconnect, None);
        }
        if from.public_trunk.is_some() && is_public(&route) && !self.public_to_public(route.trunk) {
            return self.deny(Rule::PublicToPublic, None);
        }
        if !world.channel_free(route.trunk) {
            return self.deny(Rule::TrunkBusy, None);
        }
        if is_public(&route)
            && let Some(limit) = world.exceeded()
        {
            // What the limits deny, no code can help (policy language, verified code).
            return self.deny(limit, class);
        }
        if from.asked_for_code() && self.wants_code() {
            let denial = Denial::new(Rule::CodeForced, from.authority, self.row);
            return needs_code(from.behalf, Denial { route: Some(self.choice.route), class, ..denial });
        }
        let over = |outpulsed| {
            Verdict::Allow(Choice {
                rule: Rule::Route,
                to: Party::Trunk(route.trunk),
                outpulsed,
                authority: from.authority,
                row: self.row,
                route: Some(self.choice.route),
                class,
                watched,
                warning: self.choice.flags & 1 != 0,
                interconnect: Some((from.interconnect, route.interconnect)),
            })
        };
        if route.insert.len | u16::from(form(&route)) == 0
            && let Some(outpulsed) = Digits::short(rest)
        {
            over(outpulsed)
        } else {
            over(modified(image, self.choice.route, rest, class, plan))
        }
    }

    /// The route is closed to the caller's COR, unless that is not asked for (R27).
    #[inline(never)]
    fn cor_denied(&self) -> Option<Verdict> {
        (!self.from.exempt).then(|| self.deny(Rule::CorRoute, None))
    }

    /// What the party that the caller acts for may not do on this route, unless the caller may not either.
    #[inline(never)]
    fn other_denied(&self) -> Option<Verdict> {
        let image = self.image;
        let route = image.routes.get(usize::from(self.choice.route))?;
        let other = behalf::also(image, self.from)?.authority;
        if cor_blocked(image, route.cor_group, other.cor) && !self.from.exempt {
            return Some(self.deny_for(other, Rule::CorRoute, None));
        }
        let denied = |cor| class_of_sent(image, &route, self.dialed, cor);
        if denied(self.from.authority.cor).is_some() || denied(self.from.own_cor).is_some() {
            return None;
        }
        Some(self.deny_for(other, Rule::ClassDenied, Some(denied(other.cor)?)))
    }

    /// Whether the COS of both trunks let the public network through to itself.
    #[inline(never)]
    fn public_to_public(&self, trunk: u16) -> bool {
        let mode = self.from.authority.mode;
        let trunk = self.image.trunks.get(usize::from(trunk)).unwrap_or_default();
        let theirs = super::decide::cos(self.image, trunk.cos, mode).map_or(0, |row| row.features);
        let both = self.from.public_trunk.unwrap_or(Features::empty()) & Features::from_bits_truncate(theirs);
        both.contains(Features::PUBLIC_TO_PUBLIC)
    }

    /// Whether the first route is none that asks for no account code.
    #[inline(never)]
    fn wants_code(&self) -> bool {
        self.image.routes.get(usize::from(self.first)).unwrap_or_default().flags & 2 == 0
    }

    /// Why not the route that is tried, with what an explanation shows of it.
    #[inline(never)]
    fn deny(&self, rule: Rule, class: Option<ClassRef>) -> Verdict {
        self.deny_for(self.from.authority, rule, class)
    }

    fn deny_for(&self, authority: Authority, rule: Rule, class: Option<ClassRef>) -> Verdict {
        let route = self.choice.route;
        let row = self.image.routes.get(usize::from(route)).unwrap_or_default();
        Verdict::Deny(Denial {
            route: Some(route),
            cor_group: row.cor_group.checked_sub(1).filter(|_| rule == Rule::CorRoute),
            class,
            interconnect: (rule == Rule::Interconnect).then_some((self.from.interconnect, row.interconnect)),
            ..Denial::new(rule, authority, self.row)
        })
    }
}

/// Whether the next choice of a list is tried: limits and codes are the caller's, whatever the route.
const fn passed_over(answer: &Verdict) -> bool {
    match answer {
        Verdict::Deny(denial) => denial.rule.is_of_route(),
        Verdict::Allow(_) | Verdict::NeedsCode(_) => false,
    }
}

/// Whether the answer is that every channel is taken.
const fn is_busy(answer: &Verdict) -> bool {
    matches!(answer, Verdict::Deny(Denial { rule: Rule::TrunkBusy, .. }))
}

/// The class of what is sent: the insert, then the dialed digits behind those absorbed.
#[inline(always)]
fn class_sent(image: &Image<'_>, insert: Str, rest: &[u8], decimal: bool) -> Found {
    if insert.len == 0 && (decimal || all_decimal(rest)) {
        class_as_dialed(image, rest)
    } else {
        classify_joined(&image.class_states, &image.class_edges, image.octets(insert), rest)
    }
}

/// The class of what a route sends of these digits, if it is denied to a COR; none over a private trunk.
pub(super) fn class_of_sent(image: &Image<'_>, route: &RouteRow, dialed: &[u8], cor: u8) -> Option<ClassRef> {
    let rest = outpulsed(route, dialed).filter(|_| is_public(route))?;
    let judged = judge(image, class_sent(image, route.insert, rest, false), cor);
    judged.denied.then_some(judged.class)
}

// A function of its own: what it keeps at hand is what the walk needs.
#[inline(never)]
fn class_as_dialed(image: &Image<'_>, rest: &[u8]) -> Found {
    classify_decimal(&image.class_states, &image.class_edges, rest)
}

/// Whether a route's trunk belongs to the public network.
const fn is_public(route: &RouteRow) -> bool {
    route.trunk_flags & PUBLIC != 0
}

/// The number format of a route's trunk.
const fn form(route: &RouteRow) -> u8 {
    route.trunk_flags >> 1 & 3
}

/// What is sent when the route inserts something (R62), its trunk wants numbers in another form, or it is not short.
#[inline(never)]
fn modified(
    image: &Image<'_>,
    route: u16,
    rest: &[u8],
    class: Option<ClassRef>,
    plan: NumberClass,
) -> Digits {
    let route = image.routes.get(usize::from(route)).unwrap_or_default();
    let joined = Digits::joined(image.octets(route.insert), rest);
    // Only what goes to the public network has a form.
    let public = class.is_some() && form(&route) != AS_DIALED;
    if public { format::number(image, form(&route), plan, &joined) } else { joined }
}

/// The number class that counts for a call, and what it means.
#[derive(Clone, Copy)]
struct Judged {
    class: ClassRef,
    denied: bool,
    watched: bool,
}

/// The class that counts for a COR: own classes beat the plan's, the longest prefix first; one whose COR group does not
/// list the COR is passed over. Work: the chain of own classes, which the image bounds.
#[inline(always)]
fn judge(image: &Image<'_>, found: Found, cor: u8) -> Judged {
    if found.chain != 0
        && let Some(own) = judge_own(image, found.chain, cor)
    {
        return own;
    }
    let system = image.system();
    let bit = 1u16.wrapping_shl(u32::from(found.class.number()));
    Judged {
        class: ClassRef::Plan(found.class),
        denied: system.denied_classes & bit != 0,
        watched: system.watched_classes & bit != 0,
    }
}

#[inline(never)]
fn judge_own(image: &Image<'_>, first: u8, cor: u8) -> Option<Judged> {
    let mut chain = first;
    while let Some(link) = chain.checked_sub(1).and_then(|link| image.own_chains.get(usize::from(link))) {
        let own = image.own_classes.get(usize::from(link.own)).unwrap_or_default();
        if own.cor_group == 0 || cor_blocked(image, own.cor_group, cor) {
            let class = ClassRef::Own(link.own);
            return Some(Judged { class, denied: own.action == 0, watched: own.action > 1 });
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
    // Behind the last row there is none, and that is where 0 less one leads.
    let row = image.cor_groups.get(usize::from(group.wrapping_sub(1)));
    // Two halves: a shift of 128 bits is many instructions.
    row.is_some_and(|row| {
        let half = if cor & 64 == 0 { row.low } else { row.high };
        half.wrapping_shr(u32::from(cor & 63)) & 1 != 0
    })
}

/// Whether the matrix restricts this ordered pair (R38). Numbers are 1-64; 0, nobody's, has no row and no column.
#[inline(always)]
pub(super) fn restricted(image: &Image<'_>, from: u8, to: u8) -> bool {
    let row = image.interconnect.get(usize::from(from.wrapping_sub(1)));
    let cell = u32::from(to.wrapping_sub(1));
    row.is_some_and(|row| row.restricted.checked_shr(cell).unwrap_or(0) & 1 != 0)
}
