//! What a party does on behalf of another: it transfers somebody whom it talks to, or diverts a call that is for itself.
//!
//! The party that acts pays and answers for the call: its classes are in force. But somebody else is to be joined with whom
//! it names, and neither may reach through the other what it could not reach alone:
//!
//! | | transfer | diversion |
//! | --- | --- | --- |
//! | COS feature | `transfer` of who acts (R3) | `forward-internal`, `forward-external` of who acts (R22, R23); outside, the caller's too (R24) |
//! | COR | of who acts; a trunk's too that is transferred (R33) | of who acts, and the caller's (R26) |
//! | interconnect | from who is transferred, unless the COS overrides it (R29, R31) | from the caller |
//! | public to public | of both trunks that are joined (R32) | the same (R25) |

use super::Mode;
use super::decide::{Caller, at, caller, rewritten};
use super::image::Image;
use super::routes::{class_of_sent, cor_blocked, restricted};
use super::rows::{Features, RouteRow};
use super::rule::Rule;
use super::verdict::{Attempt, Authority, Choice, ClassRef, Denial, Party, RowRef, Verdict};
use crate::base::Digits;

/// What is done.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Feature {
    /// The other party is transferred.
    Transfer,
    /// The other party's call is diverted.
    Forward {
        /// By the user, or by the phone; otherwise by the administrator (`…_to` of a device).
        user: bool,
    },
    /// The other party is put on hold.
    Hold,
    /// The other party is taken back from hold, into a conference.
    Conference,
    /// The other party's call rings elsewhere, and is answered.
    Pickup,
    /// The other party is left to wait for whoever takes it back.
    Park,
    /// The other party waits, and is taken back.
    Retrieve,
    /// The other party has called a hunt group, and one of its members is to ring.
    Hunt,
    /// The other party has called a hot-desk user, or this user logs in: the phone where he sits is to ring.
    Desk,
}

/// For whom.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Behalf {
    /// What is done.
    pub feature: Feature,
    /// The party that is to be joined with whom the number leads to.
    pub party: Party,
}

/// A party that has two calls asks that its two peers be joined.
#[derive(Clone, Copy, Debug)]
pub struct Attended<'a> {
    /// Who asks.
    pub by: Party,
    /// Its peer in the one call: who is transferred.
    pub of: Party,
    /// Its peer in the other.
    pub to: Reached<'a>,
    /// The service mode.
    pub mode: Mode,
}

/// How a party came to be the peer of who transfers.
#[derive(Clone, Copy, Debug)]
pub enum Reached<'a> {
    /// It was called.
    Called {
        /// What was dialed.
        dialed: &'a [u8],
        /// The way that was permitted.
        choice: &'a Choice,
        /// See [`Attempt::exempt`](super::Attempt::exempt).
        exempt: bool,
    },
    /// It called.
    Caller(Party),
}

/// Decides whether the peers of two calls may be joined. Constant work, and one step of the class automaton for each digit
/// where a trunk is transferred to the outside.
#[must_use]
pub fn attended(image: &Image<'_>, question: &Attended<'_>) -> Verdict {
    let Attended { by, of, to, mode } = *question;
    let (party, row) = match to {
        Reached::Called { choice, .. } => (choice.to, choice.row),
        Reached::Caller(party) => (party, RowRef::None),
    };
    let from =
        Caller { behalf: Some(Behalf { feature: Feature::Transfer, party: of }), ..caller(image, by, mode) };
    let (one, other) = (caller(image, of, mode), caller(image, party, mode));
    let pair = Some((one.interconnect, other.interconnect));
    let mut choice = match to {
        Reached::Called { choice, .. } => *choice,
        Reached::Caller(_) => reached(party, from.authority, pair),
    };
    choice.authority = from.authority;
    // Whoever is brought to an emergency centre is brought there (law 4).
    if choice.rule == Rule::Emergency {
        return Verdict::Allow(choice);
    }
    choice.interconnect = pair;
    let deny = |rule| Verdict::Deny(Denial::new(rule, from.authority, row));
    if from.authority.cos == 0 {
        return deny(Rule::CosNone);
    }
    if !from.features.contains(Features::TRANSFER) {
        return deny(Rule::CosFeature);
    }
    if image.are_one(of, party) {
        return deny(Rule::CallSelf);
    }
    if let Reached::Called { dialed, choice: Choice { route: Some(route), .. }, exempt } = to
        && let Some(also) = also(image, &from)
        && let Some(denial) = over_route(image, &also, *route, (dialed, exempt))
    {
        return Verdict::Deny(Denial { row, ..denial });
    }
    if restricted(image, one.interconnect, other.interconnect) && !overrides(&from) {
        return Verdict::Deny(Denial {
            interconnect: pair,
            ..Denial::new(Rule::Interconnect, from.authority, row)
        });
    }
    match (one.public_trunk, other.public_trunk) {
        (Some(one), Some(other)) if !(one & other).contains(Features::PUBLIC_TO_PUBLIC) => {
            deny(Rule::PublicToPublic)
        }
        (Some(_) | None, _) => Verdict::Allow(choice),
    }
}

/// A party was transferred, nobody has answered it, and who transferred it has left: it is to be rung again.
#[derive(Clone, Copy, Debug)]
pub struct Recall {
    /// Who was transferred.
    pub of: Party,
    /// Who is rung.
    pub to: Party,
    /// It was `to` that had called.
    pub reversed: bool,
    /// The service mode.
    pub mode: Mode,
}

/// Decides on a recall: the two have talked, and may if the matrix says so still, in the direction in which they did.
#[must_use]
pub fn recalled(image: &Image<'_>, question: &Recall) -> Verdict {
    let Recall { of, to, reversed, mode } = *question;
    let (one, other) = (caller(image, of, mode), caller(image, to, mode));
    let pair = if reversed { (&other, &one) } else { (&one, &other) };
    let numbers = Some((pair.0.interconnect, pair.1.interconnect));
    let deny = |rule| {
        Verdict::Deny(Denial { interconnect: numbers, ..Denial::new(rule, one.authority, RowRef::None) })
    };
    if restricted(image, pair.0.interconnect, pair.1.interconnect) {
        return deny(Rule::Interconnect);
    }
    match (one.public_trunk, other.public_trunk) {
        (Some(one), Some(other)) if !(one & other).contains(Features::PUBLIC_TO_PUBLIC) => {
            deny(Rule::PublicToPublic)
        }
        (Some(_) | None, _) => Verdict::Allow(reached(to, one.authority, numbers)),
    }
}

/// A party that is reached without anything dialed.
pub(super) fn reached(to: Party, authority: Authority, interconnect: Option<(u8, u8)>) -> Choice {
    Choice {
        rule: if matches!(to, Party::Trunk(_)) { Rule::Route } else { Rule::Internal },
        to,
        outpulsed: Digits::EMPTY,
        authority,
        row: RowRef::None,
        route: None,
        class: None,
        watched: false,
        warning: false,
        interconnect,
    }
}

/// Puts the other party where the matrix asks who is joined with whom. What it must not do is a denial.
// A function of its own: few decisions are taken on behalf of somebody.
#[inline(never)]
pub(super) fn stand_in(
    image: &Image<'_>,
    from: &mut Caller,
    behalf: Behalf,
    digits: usize,
) -> Option<Denial> {
    from.behalf = Some(behalf);
    let other = caller(image, behalf.party, from.authority.mode);
    let transfer = behalf.feature == Feature::Transfer;
    let dials = match behalf.feature {
        Feature::Transfer => from.features.contains(Features::TRANSFER),
        Feature::Forward { .. } => true,
        // Nobody is dialed for somebody by these.
        Feature::Hold
        | Feature::Conference
        | Feature::Pickup
        | Feature::Park
        | Feature::Retrieve
        | Feature::Hunt
        | Feature::Desk => false,
    };
    if !dials {
        return Some(Denial::new(Rule::CosFeature, from.authority, RowRef::None));
    }
    // Who only sets a number joins nobody yet: the matrix is asked when somebody calls (R22, R23).
    let sets = behalf.party.phone().is_some() && !transfer && behalf.party == from.authority.party;
    from.interconnect = if transfer && overrides(from) || sets { 0 } else { other.interconnect };
    from.public_trunk = other.public_trunk;
    let exempt = from.exempt;
    let too_many = |authority: Authority| {
        let most = image.max_digits.get(usize::from(authority.cor)).map_or(0, |row| row.digits);
        let rule = if authority.cor == 0 { Rule::CorNone } else { Rule::MaxDigits };
        let denied = authority.cor == 0 || most != 0 && digits > usize::from(most) && !exempt;
        denied.then(|| Denial::new(rule, authority, RowRef::None))
    };
    too_many(from.authority).or_else(|| too_many(also(image, from)?.authority))
}

/// Whether a diversion may lead outside at all: who diverts needs leave for that, and the caller too (R24).
#[inline(never)]
pub(super) fn outside(image: &Image<'_>, from: &Caller, behalf: Behalf, row: RowRef) -> Option<Denial> {
    if behalf.feature == Feature::Transfer {
        return None;
    }
    let other = caller(image, behalf.party, from.authority.mode);
    let lacks = |features: Features| !features.contains(Features::FORWARD_EXTERNAL);
    let who = match (lacks(from.features), lacks(other.features) && !is_open(image, 24)) {
        (true, _) => from.authority,
        (false, true) => other.authority,
        (false, false) => return None,
    };
    Some(Denial::new(Rule::CosFeature, who, row))
}

/// Whether a diversion or transfer may lead to this device.
#[inline(never)]
pub(super) fn inside(image: &Image<'_>, from: &Caller, behalf: Behalf, device: u32) -> Option<Rule> {
    let user = behalf.feature == Feature::Forward { user: true };
    if user && !from.features.contains(Features::FORWARD_INTERNAL) {
        return Some(Rule::CosFeature);
    }
    image.is_own(behalf.party, device).then_some(Rule::CallSelf)
}

/// The other party, where its COR must allow the way as well: neither gets through the other where it may not go alone.
pub(super) fn also(image: &Image<'_>, from: &Caller) -> Option<Caller> {
    let Behalf { feature, party } = from.behalf?;
    let counts = match feature {
        Feature::Transfer => matches!(party, Party::Trunk(_)) && !is_open(image, 33),
        Feature::Forward { .. }
        | Feature::Hold
        | Feature::Conference
        | Feature::Pickup
        | Feature::Park
        | Feature::Retrieve
        | Feature::Hunt
        | Feature::Desk => !is_open(image, 26),
    };
    counts.then(|| caller(image, party, from.authority.mode))
}

/// The COR and number class of a route, as they are for one more party.
fn over_route(
    image: &Image<'_>,
    also: &Caller,
    index: u16,
    (dialed, exempt): (&[u8], bool),
) -> Option<Denial> {
    let deny = |rule, class| {
        Some(Denial { route: Some(index), class, ..Denial::new(rule, also.authority, RowRef::None) })
    };
    let cor = also.authority.cor;
    if cor == 0 {
        return deny(Rule::CorNone, None);
    }
    let route: RouteRow = image.routes.get(usize::from(index))?;
    if !exempt && cor_blocked(image, route.cor_group, cor) {
        let group = route.cor_group.checked_sub(1);
        return deny(Rule::CorRoute, None).map(|denial| Denial { cor_group: group, ..denial });
    }
    let rewritten = rewritten(image, dialed);
    let class: ClassRef =
        class_of_sent(image, &route, rewritten.as_ref().map_or(dialed, Digits::as_bytes), cor)?;
    deny(Rule::ClassDenied, Some(class))
}

/// R31: an administrator's leave for transfers, nothing else.
const fn overrides(from: &Caller) -> bool {
    from.features.contains(Features::OVERRIDE_INTERCONNECT_ON_TRANSFER)
}

/// Whether a rule that the field leaves open (R22 to R37) is to be read openly.
pub(crate) fn is_open(image: &Image<'_>, rule: u8) -> bool {
    image.system().open_rules.wrapping_shr(u32::from(rule.wrapping_sub(22))) & 1 != 0
}

/// Whether a Leading row's COR group blocks the party that another acts for.
pub(super) fn leading_blocks_other(image: &Image<'_>, attempt: &Attempt<'_>, leading: u32) -> bool {
    let Attempt { from: by, mode, behalf, exempt, .. } = *attempt;
    let row = at(image.leadings, leading).unwrap_or_default();
    let from = Caller { behalf, ..caller(image, by, mode) };
    !exempt && also(image, &from).is_some_and(|also| cor_blocked(image, row.cor_group, also.authority.cor))
}
