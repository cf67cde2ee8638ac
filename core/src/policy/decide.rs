//! May this party call that number? One pure function over the image, in the order the policy language states:
//!
//! ```text
//! emergency -> lock-out -> account code wrong, locked, or verified one forced -> class 0 -> most digits
//!   -> directory number: self, interconnect
//!   -> Leading Digits' COR group -> ARS row -> route plan cell -> each choice:
//!        emergency-only, COR group, digit modification, number class, interconnect, public to public, channel
//!      -> non-verified code forced -> limits
//! ```
//! The first denial decides; in a route list it only skips the choice (R14). What changes where somebody acts for another,
//! [`behalf`] says.

use super::Mode;
use super::behalf::{self, Behalf, Feature};
use super::emergency::{Tried, help};
use super::image::Image;
use super::routes::{cor_blocked, external, restricted};
use super::rows::{CosRow, DeviceRow, Features};
use super::rule::Rule;
use super::trie::{End, walk};
use super::verdict::{Attempt, Authority, Choice, Code, Denial, Party, RowRef, Trace, Verdict, World};
use crate::base::{Digits, digits::BadDigits};

/// What a party brings to a decision.
pub(super) struct Caller {
    /// Whose classes are in force: the party's, or those of its verified code.
    pub(super) authority: Authority,
    /// The COR of the party itself: no code lifts what a number class denies it (R52).
    pub(super) own_cor: u8,
    /// The features of the COS in force.
    pub(super) features: Features,
    pub(super) interconnect: u8,
    pub(super) zone: u8,
    /// The features of a public trunk; `None` for everybody else.
    pub(super) public_trunk: Option<Features>,
    /// No account code was given.
    pub(super) without_code: bool,
    /// Whom it acts for: `interconnect` and `public_trunk` are that party's then.
    pub(super) behalf: Option<Behalf>,
    /// See [`Attempt::exempt`].
    pub(super) exempt: bool,
}

impl Caller {
    /// Whether its COS wants an account code on calls to the outside, and none was given.
    pub(super) const fn asked_for_code(&self) -> bool {
        self.without_code && self.features.contains(Features::FORCED_NON_VERIFIED_ACCOUNT_CODE)
    }
}

/// Decides.
///
/// Work: one trie node and one step of the class automaton for each digit and choice, at most 20 choices, whatever the
/// number of rows and devices.
pub fn decide(
    image: &Image<'_>,
    attempt: &Attempt<'_>,
    world: impl World,
    trace: &mut impl Trace,
) -> Verdict {
    match (attempt.behalf, attempt.exempt) {
        (None, false) => decide_as::<false>(image, attempt, world, trace),
        (Some(_), _) | (None, true) => decide_for_another(image, attempt, world, trace),
    }
}

/// The same for who acts for another, or dials a speed call that is exempt. Few do: what it costs is not on the way of other calls.
#[inline(never)]
fn decide_for_another(
    image: &Image<'_>,
    attempt: &Attempt<'_>,
    world: impl World,
    trace: &mut impl Trace,
) -> Verdict {
    decide_as::<true>(image, attempt, world, trace)
}

#[inline(always)]
fn decide_as<const FOR_ANOTHER: bool>(
    image: &Image<'_>,
    attempt: &Attempt<'_>,
    world: impl World,
    trace: &mut impl Trace,
) -> Verdict {
    let rewritten = rewritten(image, attempt.dialed);
    let dialed = rewritten.as_ref().map_or(attempt.dialed, Digits::as_bytes);
    let Attempt { from: party, mode, code, .. } = *attempt;
    let behalf = if FOR_ANOTHER { attempt.behalf } else { None };
    // Few are: what that costs is not on the way of other calls.
    let exempt = FOR_ANOTHER && attempt.exempt;
    let blocked = |leading| leading_blocked(image, leading, party, mode, code);
    let analysis = walk(image, 0, dialed, |leading| {
        !exempt && blocked(leading) || FOR_ANOTHER && behalf::leading_blocks_other(image, attempt, leading)
    });
    if let (Some(row), None) = (analysis.emergency(), &rewritten) {
        return match behalf {
            Some(Behalf { feature: Feature::Transfer, .. }) | None => {
                next_emergency(image, party, mode, row, Tried::NONE, world)
            }
            // Help is called by who needs it, not by who was diverted to it.
            Some(Behalf {
                feature:
                    Feature::Forward { .. }
                    | Feature::Hold
                    | Feature::Conference
                    | Feature::Pickup
                    | Feature::Park
                    | Feature::Retrieve
                    | Feature::Hunt
                    | Feature::Desk,
                ..
            }) => deny(Rule::ForwardEmergency, &caller(image, party, mode), RowRef::Ars(row)),
        };
    }
    let mut from = caller(image, party, mode);
    from.exempt = exempt;
    if world.locked_out() {
        return deny(Rule::Lockout, &from, RowRef::None);
    }
    if let Some(verdict) = with_code(image, &mut from, code, behalf) {
        return verdict;
    }
    if from.authority.cos == 0 {
        return deny(Rule::CosNone, &from, RowRef::None);
    }
    let cor = from.authority.cor;
    if cor == 0 {
        return deny(Rule::CorNone, &from, RowRef::None);
    }
    if let Some(behalf) = behalf
        && let Some(denial) = behalf::stand_in(image, &mut from, behalf, dialed.len())
    {
        return Verdict::Deny(denial);
    }
    let most = image.max_digits.get(usize::from(cor)).map_or(0, |row| row.digits);
    if most != 0 && dialed.len() > usize::from(most) && !exempt {
        return deny(Rule::MaxDigits, &from, RowRef::None);
    }
    // A complete number has only telephone digits: the walk saw them all.
    if let Some(row) = analysis.ars()
        && analysis.leading_denied.is_none()
        && dialed.len() <= Digits::MAX
    {
        return external(image, &from, row, (dialed, analysis.decimal), attempt.minute, &world, trace);
    }
    if let Some(device) = analysis.device() {
        return internal(image, &from, (device, world.at(device)), dialed);
    }
    let end = analysis.end();
    if is_e164(dialed) {
        // Without `plus_access` no row says how such a number is dialed here.
        return deny(Rule::NumberVacant, &from, RowRef::None);
    }
    match Digits::check(dialed) {
        Ok(()) => {}
        Err(BadDigits::Character) => return deny(Rule::NumberInvalid, &from, RowRef::None),
        Err(BadDigits::TooLong) => return deny(Rule::NumberVacant, &from, RowRef::None),
    }
    // A Leading denial waits while the digits may still become an emergency string.
    let deferred = end == End::Incomplete && analysis.maybe_emergency();
    if let Some(leading) = analysis.leading_denied.filter(|_| !deferred) {
        let group = at(image.leadings, leading).and_then(|row| row.cor_group.checked_sub(1));
        let denial = Denial::new(Rule::CorLeading, from.authority, RowRef::Leading(leading));
        return Verdict::Deny(Denial { cor_group: group, ..denial });
    }
    let rule = match end {
        End::Incomplete => Rule::NumberIncomplete,
        End::Invalid => Rule::NumberInvalid,
        End::Vacant
        | End::Ars(_)
        | End::Device(_)
        | End::Emergency(_)
        | End::Feature(..)
        | End::Inbound(_) => Rule::NumberVacant,
    };
    deny(rule, &from, RowRef::None)
}

/// Whether a Leading row's COR group blocks the COR: the code's, if a verified one was given. Few rows have a group.
#[inline(never)]
fn leading_blocked(image: &Image<'_>, leading: u32, party: Party, mode: Mode, code: Code) -> bool {
    let code_cor = match code {
        Code::Verified(row) => image.codes.get(usize::from(row)).map(|row| row.cor),
        Code::None | Code::NonVerified(_) | Code::Wrong | Code::Locked => None,
    };
    let cor = code_cor.unwrap_or_else(|| cor_of(image, party, mode));
    let row = at(image.leadings, leading).unwrap_or_default();
    cor_blocked(image, row.cor_group, cor)
}

#[inline(never)]
fn deny(rule: Rule, from: &Caller, row: RowRef) -> Verdict {
    Verdict::Deny(Denial::new(rule, from.authority, row))
}

/// Puts the code's classes in force (R7), or says why the call ends here.
#[inline(always)]
fn with_code(image: &Image<'_>, from: &mut Caller, code: Code, behalf: Option<Behalf>) -> Option<Verdict> {
    let ends = if code == Code::None { None } else { with_given_code(image, from, code) };
    if ends.is_some() || code.is_verified() {
        return ends;
    }
    let forced = from.features.contains(Features::FORCED_VERIFIED_ACCOUNT_CODE);
    forced.then(|| needs_code(behalf, Denial::new(Rule::CodeForcedVerified, from.authority, RowRef::None)))
}

#[inline(never)]
fn with_given_code(image: &Image<'_>, from: &mut Caller, code: Code) -> Option<Verdict> {
    from.authority.code = code.row();
    from.without_code = false;
    match code {
        Code::Wrong => Some(deny(Rule::CodeWrong, from, RowRef::None)),
        Code::Locked => Some(deny(Rule::CodeLocked, from, RowRef::None)),
        Code::Verified(row) => {
            let row = image.codes.get(usize::from(row)).unwrap_or_default();
            let class = row.cos.checked_sub(1).and_then(|cos| image.cos.get(usize::from(cos)));
            let class = class.unwrap_or_default();
            from.authority.cos = class.id;
            from.authority.cor = row.cor;
            from.features = Features::from_bits_truncate(class.features);
            None
        }
        Code::None | Code::NonVerified(_) => None,
    }
}

/// A code is asked for; where nobody is who could enter one it is a denial: at a trunk's far end, or when a call is diverted.
pub(super) const fn needs_code(behalf: Option<Behalf>, denial: Denial) -> Verdict {
    match (denial.authority.party, behalf) {
        (Party::Device(_) | Party::User { .. }, Some(Behalf { feature: Feature::Transfer, .. }) | None) => {
            Verdict::NeedsCode(denial)
        }
        (Party::Trunk(_) | Party::Conference | Party::Unknown, _)
        | (Party::Device(_) | Party::User { .. }, Some(_)) => Verdict::Deny(denial),
    }
}

/// The next way of an emergency call that has failed on those that were tried: all are (R66).
pub fn next_emergency(
    image: &Image<'_>,
    from: Party,
    mode: Mode,
    row: u32,
    tried: Tried,
    world: impl World,
) -> Verdict {
    emergency(image, &caller(image, from, mode), row, tried, &world)
}

fn emergency(image: &Image<'_>, from: &Caller, row: u32, tried: Tried, world: &impl World) -> Verdict {
    let ars = at(image.ars, row).unwrap_or_default();
    let untried =
        || help(image, from, &ars, world.zone()).iter(image).zip(0..).filter(|(_, nth)| !tried.has(*nth));
    // A free trunk is tried before a busy one, and each exactly once over the successive tries.
    let free = untried().find(|((_, route), _)| world.channel_free(route.trunk));
    let found = free.or_else(|| untried().next()).map(|(way, _)| way);
    let row = RowRef::Ars(row);
    match found {
        Some((choice, route)) => Verdict::Allow(Choice {
            rule: Rule::Emergency,
            to: Party::Trunk(route.trunk),
            outpulsed: Digits::dialed(image.octets(ars.outpulse)).unwrap_or_default(),
            authority: from.authority,
            row,
            route: Some(choice.route),
            class: None,
            watched: false,
            warning: false,
            interconnect: None,
        }),
        None => deny(Rule::EmergencyNoRoute, from, row),
    }
}

pub(super) fn internal(
    image: &Image<'_>,
    from: &Caller,
    (device, called): (u32, Party),
    dialed: &[u8],
) -> Verdict {
    let to = at(image.devices, device).unwrap_or_default().interconnect;
    let pair = Some((from.interconnect, to));
    let rule = if let Some(behalf) = from.behalf
        && let Some(rule) = behalf::inside(image, from, behalf, device)
    {
        rule
    } else if image.is_own(from.authority.party, device) {
        Rule::CallSelf
    } else if restricted(image, from.interconnect, to) {
        Rule::Interconnect
    } else {
        return Verdict::Allow(Choice {
            rule: Rule::Internal,
            to: called,
            outpulsed: Digits::known(dialed),
            authority: from.authority,
            row: RowRef::None,
            route: None,
            class: None,
            watched: false,
            warning: false,
            interconnect: pair,
        });
    };
    Verdict::Deny(Denial { interconnect: pair, ..Denial::new(rule, from.authority, RowRef::None) })
}

#[inline(always)]
pub(super) fn caller(image: &Image<'_>, party: Party, mode: Mode) -> Caller {
    let (class, cor, interconnect, zone, public) = match party {
        Party::Device(device) => {
            let row: DeviceRow = at(image.devices, device).unwrap_or_default();
            (cos(image, row.cos, mode), row.cor, row.interconnect, row.zone, false)
        }
        Party::User { user, at } => guest(image, user, at, mode),
        Party::Trunk(trunk) => {
            let row = image.trunks.get(usize::from(trunk)).unwrap_or_default();
            (cos(image, row.cos, mode), row.cor, row.interconnect, row.zone, row.flags & 1 != 0)
        }
        Party::Conference | Party::Unknown => (None, [0; 3], 0, 0, false),
    };
    let (id, features) = class.map_or((0, 0), |row| (row.id, row.features));
    let features = Features::from_bits_truncate(features);
    let cor = cor.get(mode.index()).copied().unwrap_or(0);
    Caller {
        authority: Authority { party, cos: id, cor, mode, code: None },
        own_cor: cor,
        features,
        interconnect,
        zone,
        public_trunk: public.then_some(features),
        without_code: true,
        behalf: None,
        exempt: false,
    }
}

/// A hot-desk user has his own classes, and the place of the phone (R18, R41).
// Few are: what that costs is not on the way of other calls.
#[inline(never)]
fn guest(image: &Image<'_>, user: u16, phone: u32, mode: Mode) -> (Option<CosRow>, [u8; 3], u8, u8, bool) {
    let row: DeviceRow = image.user_row(user).and_then(|row| at(image.devices, row)).unwrap_or_default();
    let here: DeviceRow = at(image.devices, phone).unwrap_or_default();
    (cos(image, row.cos, mode), row.cor, here.interconnect, here.zone, false)
}

/// The party's own COS.
#[must_use]
pub fn class_of(image: &Image<'_>, party: Party, mode: Mode) -> Option<CosRow> {
    let numbers = match party {
        Party::Device(_) | Party::User { .. } => at(image.devices, image.row_of(party)?)?.cos,
        Party::Trunk(trunk) => image.trunks.get(usize::from(trunk))?.cos,
        Party::Conference | Party::Unknown => return None,
    };
    cos(image, numbers, mode)
}

/// The party's own COR number.
#[must_use]
#[inline(never)]
pub fn cor_of(image: &Image<'_>, party: Party, mode: Mode) -> u8 {
    caller(image, party, mode).own_cor
}

/// The COS row that a party's three numbers name in this mode.
pub(crate) fn cos(image: &Image<'_>, numbers: [u8; 3], mode: Mode) -> Option<CosRow> {
    let row = numbers.get(mode.index())?.checked_sub(1)?;
    image.cos.get(usize::from(row))
}

/// `+` and digits.
fn is_e164(dialed: &[u8]) -> bool {
    dialed.strip_prefix(b"+").is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
}

/// What rows are looked up for, where that is not what was dialed.
#[inline(always)]
pub(super) fn rewritten(image: &Image<'_>, dialed: &[u8]) -> Option<Digits> {
    if dialed.first() == Some(&b'+') { rewrite(image, dialed) } else { None }
}

/// `+N…` as it is dialed here: the access code, then the national form at home, the international one elsewhere.
fn rewrite(image: &Image<'_>, dialed: &[u8]) -> Option<Digits> {
    let rest = dialed.strip_prefix(b"+").filter(|_| is_e164(dialed))?;
    let system = image.system();
    let access = image.octets(system.plus_access);
    let (code, trunk) = (image.octets(system.calling_code), image.octets(system.trunk_prefix));
    if access.is_empty() || code.is_empty() {
        return None;
    }
    let (prefix, number) = match rest.strip_prefix(code) {
        // In the North American plan a number has ten digits and never begins with 1: 1 + 10 digits.
        Some(number)
            if code == b"1" && (number.len() != 10 || matches!(number.first(), Some(b'0' | b'1'))) =>
        {
            return None;
        }
        Some(number) => (trunk, number),
        None => (image.octets(system.international_prefix), rest),
    };
    let mut out = Digits::EMPTY;
    for part in [access, prefix, number] {
        part.iter().try_for_each(|c| out.push(*c)).ok()?;
    }
    Some(out)
}

pub(super) fn at<R: super::row::Row>(table: super::row::Table<'_, R>, index: u32) -> Option<R> {
    table.get(usize::try_from(index).ok()?)
}
