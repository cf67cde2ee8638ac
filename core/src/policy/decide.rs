//! May this party call that number? One pure function over the image, in the order the policy language states:
//!
//! ```text
//! emergency -> class 0 -> directory number: self, interconnect
//!                      -> Leading Digits' COR group -> ARS row -> each choice:
//!                         emergency-only, COR group, interconnect, public to public, digit modification, channel
//! ```
//! The first denial decides; in a route list it only skips the choice (R14).

use super::image::Image;
use super::rows::{ArsRow, ChoiceRow, CosRow, DeviceRow, Features, RouteRow, TrunkRow, USE_LIST};
use super::trie::{End, analyse};
use super::{Mode, Rule};
use crate::base::{Digits, digits::BadDigits};

/// Who takes part in a call, by row of the image.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Party {
    /// A device.
    Device(u32),
    /// A trunk.
    Trunk(u16),
    /// Somebody nobody knows: may reach emergency and nothing else.
    Unknown,
}

/// One question.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Who acts.
    pub from: Party,
    /// What was dialed, as it came.
    pub dialed: &'a [u8],
    /// The service mode.
    pub mode: Mode,
}

/// Whose classes a decision rested on. It follows the call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Authority {
    /// Who acts.
    pub party: Party,
    /// COS number, 0 none.
    pub cos: u8,
    /// COR number, 0 none.
    pub cor: u8,
    /// The service mode.
    pub mode: Mode,
}

/// The table row that decided or led on.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RowRef {
    /// None did.
    None,
    /// A Leading row.
    Leading(u32),
    /// An ARS row.
    Ars(u32),
}

/// Why not. A value with everything in it that an answer, a record or an explanation shows (R9).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Denial {
    /// The rule.
    pub rule: Rule,
    /// Whose classes.
    pub authority: Authority,
    /// The row in question.
    pub row: RowRef,
    /// The route's row, where a route was denied.
    pub route: Option<u16>,
    /// The COR group's row, where one blocked.
    pub cor_group: Option<u8>,
    /// From and To Interconnect Numbers, where these two were compared.
    pub interconnect: Option<(u8, u8)>,
}

/// The way a permitted call goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Choice {
    /// `internal`, `route` or `emergency`.
    pub rule: Rule,
    /// Who is called.
    pub to: Party,
    /// What is sent there.
    pub outpulsed: Digits,
    /// Whose classes allowed it.
    pub authority: Authority,
    /// The ARS row, if one led here.
    pub row: RowRef,
    /// The route's row, if one is used.
    pub route: Option<u16>,
    /// The caller hears the warning tone.
    pub warning: bool,
    /// From and To Interconnect Numbers.
    pub interconnect: Option<(u8, u8)>,
}

/// The answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// This way.
    Allow(Choice),
    /// No.
    Deny(Denial),
}

/// Hears what a decision passed over; `()` hears nothing and costs nothing.
pub trait Trace {
    /// A choice of a route list was skipped.
    fn skipped(&mut self, route: u16, rule: Rule);
}

impl Trace for () {
    fn skipped(&mut self, _route: u16, _rule: Rule) {}
}

/// What a party brings to a decision.
struct Classes {
    authority: Authority,
    interconnect: u8,
    zone: u8,
    /// The features of a public trunk; `None` for everybody else.
    public_trunk: Option<Features>,
}

/// Decides. `channel_free` says whether a trunk could carry one more call.
///
/// Work: one trie node for each digit and at most 20 choices, whatever the number of rows and devices.
pub fn decide(
    image: &Image<'_>,
    attempt: &Attempt<'_>,
    channel_free: impl Fn(u16) -> bool,
    trace: &mut impl Trace,
) -> Verdict {
    let from = classes(image, attempt.from, attempt.mode);
    let deny = |rule, row| {
        Verdict::Deny(Denial {
            rule,
            authority: from.authority,
            row,
            route: None,
            cor_group: None,
            interconnect: None,
        })
    };
    let blocked = |leading: u32| {
        let row = at(image.leadings, leading).unwrap_or_default();
        cor_blocked(image, row.cor_group, from.authority.cor)
    };
    let analysis = analyse(image, attempt.dialed, blocked);
    if let End::Emergency(row) = analysis.end {
        return emergency(image, &from, row, 0, &channel_free);
    }
    if from.authority.cos == 0 {
        return deny(Rule::CosNone, RowRef::None);
    }
    if from.authority.cor == 0 {
        return deny(Rule::CorNone, RowRef::None);
    }
    // A complete number has only telephone digits: the walk saw them all.
    match analysis.end {
        End::Device(device) => return internal(image, &from, device, attempt.dialed),
        End::Ars(row) if analysis.leading_denied.is_none() && attempt.dialed.len() <= Digits::MAX => {
            return external(image, &from, row, attempt.dialed, &channel_free, trace);
        }
        End::Ars(_) | End::Incomplete | End::Vacant | End::Invalid | End::Emergency(_) => {}
    }
    if is_e164(attempt.dialed) {
        // Without `plus_access` no row says how such a number is dialed here.
        return deny(Rule::NumberVacant, RowRef::None);
    }
    match Digits::dialed(attempt.dialed) {
        Ok(_) => {}
        Err(BadDigits::Character) => return deny(Rule::NumberInvalid, RowRef::None),
        Err(BadDigits::TooLong) => return deny(Rule::NumberVacant, RowRef::None),
    }
    // A Leading denial waits while the digits may still become an emergency string.
    let deferred = analysis.end == End::Incomplete && analysis.maybe_emergency;
    if let Some(leading) = analysis.leading_denied.filter(|_| !deferred) {
        let group = at(image.leadings, leading).and_then(|row| row.cor_group.checked_sub(1));
        return match deny(Rule::CorLeading, RowRef::Leading(leading)) {
            Verdict::Deny(denial) => Verdict::Deny(Denial { cor_group: group, ..denial }),
            allow @ Verdict::Allow(_) => allow,
        };
    }
    match analysis.end {
        End::Incomplete => deny(Rule::NumberIncomplete, RowRef::None),
        End::Invalid => deny(Rule::NumberInvalid, RowRef::None),
        End::Vacant | End::Ars(_) | End::Device(_) | End::Emergency(_) => {
            deny(Rule::NumberVacant, RowRef::None)
        }
    }
}

/// The `nth` way of an emergency call that has failed on the ways before it; all are tried (R66).
pub fn next_emergency(
    image: &Image<'_>,
    from: Party,
    mode: Mode,
    row: u32,
    nth: u8,
    channel_free: impl Fn(u16) -> bool,
) -> Verdict {
    emergency(image, &classes(image, from, mode), row, nth, &channel_free)
}

fn emergency(
    image: &Image<'_>,
    from: &Classes,
    row: u32,
    nth: u8,
    channel_free: &impl Fn(u16) -> bool,
) -> Verdict {
    let ars = at(image.ars, row).unwrap_or_default();
    let zone = from.zone.checked_sub(1).and_then(|zone| image.zones.get(usize::from(zone)));
    let own =
        zone.and_then(|zone| zone.emergency_leads.checked_sub(1).map(|leads| (leads, zone.emergency_index)));
    let (leads, index) = own.unwrap_or((ars.leads, ars.index));
    let choices = Choices::new(image, leads, index);
    // A free trunk is tried before a busy one, and each exactly once over the successive tries.
    let free = choices.iter(image).filter(|(_, route)| channel_free(route.trunk));
    let busy = choices.iter(image).filter(|(_, route)| !channel_free(route.trunk));
    let found = free.chain(busy).nth(usize::from(nth));
    let row = RowRef::Ars(row);
    match found {
        Some((choice, route)) => {
            let to = Party::Trunk(route.trunk);
            let outpulsed = Digits::dialed(image.text(ars.outpulse).as_bytes()).unwrap_or_default();
            Verdict::Allow(Choice {
                rule: Rule::Emergency,
                to,
                outpulsed,
                authority: from.authority,
                row,
                route: Some(choice.route),
                warning: false,
                interconnect: None,
            })
        }
        None => Verdict::Deny(Denial {
            rule: Rule::EmergencyNoRoute,
            authority: from.authority,
            row,
            route: None,
            cor_group: None,
            interconnect: None,
        }),
    }
}

fn internal(image: &Image<'_>, from: &Classes, device: u32, dialed: &[u8]) -> Verdict {
    let to = at(image.devices, device).unwrap_or_default().interconnect;
    let pair = Some((from.interconnect, to));
    let rule = if from.authority.party == Party::Device(device) {
        Rule::CallSelf
    } else if restricted(image, from.interconnect, to) {
        Rule::Interconnect
    } else {
        return Verdict::Allow(Choice {
            rule: Rule::Internal,
            to: Party::Device(device),
            outpulsed: Digits::known(dialed),
            authority: from.authority,
            row: RowRef::None,
            route: None,
            warning: false,
            interconnect: pair,
        });
    };
    Verdict::Deny(Denial {
        rule,
        authority: from.authority,
        row: RowRef::None,
        route: None,
        cor_group: None,
        interconnect: pair,
    })
}

fn external(
    image: &Image<'_>,
    from: &Classes,
    row: u32,
    dialed: &[u8],
    channel_free: &impl Fn(u16) -> bool,
    trace: &mut impl Trace,
) -> Verdict {
    let ars: ArsRow = at(image.ars, row).unwrap_or_default();
    let choices = Choices::new(image, ars.leads, ars.index);
    let mut first_denial = None;
    let mut busy = None;
    for (choice, route) in choices.iter(image) {
        let trunk = image.trunks.get(usize::from(route.trunk)).unwrap_or_default();
        let pair = Some((from.interconnect, trunk.interconnect));
        let rule = match permitted(image, from, &route, &trunk).and_then(|()| outpulse(image, &route, dialed))
        {
            Ok(_) if !channel_free(route.trunk) => Rule::TrunkBusy,
            Ok(outpulsed) => {
                return Verdict::Allow(Choice {
                    rule: Rule::Route,
                    to: Party::Trunk(route.trunk),
                    outpulsed,
                    authority: from.authority,
                    row: RowRef::Ars(row),
                    route: Some(choice.route),
                    warning: choice.flags & 1 != 0,
                    interconnect: pair,
                });
            }
            Err(rule) => rule,
        };
        trace.skipped(choice.route, rule);
        let denial = Denial {
            rule,
            authority: from.authority,
            row: RowRef::Ars(row),
            route: Some(choice.route),
            cor_group: route.cor_group.checked_sub(1).filter(|_| rule == Rule::CorRoute),
            interconnect: pair.filter(|_| rule == Rule::Interconnect),
        };
        if rule == Rule::TrunkBusy {
            busy = busy.or(Some(denial));
        } else {
            first_denial = first_denial.or(Some(denial));
        }
    }
    // Some denied and the rest busy is busy (R14).
    let vacant = Denial {
        rule: Rule::NumberVacant,
        authority: from.authority,
        row: RowRef::Ars(row),
        route: None,
        cor_group: None,
        interconnect: None,
    };
    Verdict::Deny(busy.or(first_denial).unwrap_or(vacant))
}

/// The rights of a caller on one route: COR group, interconnect, public to public, in this order (R40).
fn permitted(image: &Image<'_>, from: &Classes, route: &RouteRow, trunk: &TrunkRow) -> Result<(), Rule> {
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
    if restricted(image, from.interconnect, trunk.interconnect) {
        return Err(Rule::Interconnect);
    }
    if let (Some(features), true) = (from.public_trunk, public) {
        let theirs = cos(image, trunk.cos, from.authority.mode).map_or(0, |row| row.features);
        let both = features & Features::from_bits_truncate(theirs);
        if !both.contains(Features::PUBLIC_TO_PUBLIC) {
            return Err(Rule::PublicToPublic);
        }
    }
    Ok(())
}

/// What is sent over a route: the dialed digits less `absorb` in front, `insert` before them (R62).
fn outpulse(image: &Image<'_>, route: &RouteRow, dialed: &[u8]) -> Result<Digits, Rule> {
    let Some(row) = route.modification.checked_sub(1) else { return Ok(Digits::known(dialed)) };
    let row = image.modifications.get(usize::from(row)).unwrap_or_default();
    let insert = image.text(row.insert).as_bytes();
    let rest = dialed.get(usize::from(row.absorb)..).ok_or(Rule::DigitModification)?;
    let outpulsed = Digits::known_after(insert, rest).ok_or(Rule::DigitModification)?;
    // A call without a number reaches nobody knows whom.
    if outpulsed.is_empty() { Err(Rule::DigitModification) } else { Ok(outpulsed) }
}

/// The choices of a route (one) or a route list, in order.
struct Choices {
    single: Option<u16>,
    first: u32,
    count: u16,
}

impl Choices {
    fn new(image: &Image<'_>, leads: u8, index: u16) -> Self {
        if leads == USE_LIST {
            let run = image.lists.get(usize::from(index)).unwrap_or_default().choices;
            Self { single: None, first: run.first, count: run.count }
        } else {
            Self { single: Some(index), first: 0, count: 1 }
        }
    }

    fn iter<'i>(&self, image: &'i Image<'_>) -> impl Iterator<Item = (ChoiceRow, RouteRow)> + use<'i> {
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

fn classes(image: &Image<'_>, party: Party, mode: Mode) -> Classes {
    let of = |cos_numbers: [u8; 3], cor: [u8; 3]| Authority {
        party,
        cos: cos(image, cos_numbers, mode).map_or(0, |row| row.id),
        cor: cor.get(mode.index()).copied().unwrap_or(0),
        mode,
    };
    match party {
        Party::Device(device) => {
            let row: DeviceRow = at(image.devices, device).unwrap_or_default();
            Classes {
                authority: of(row.cos, row.cor),
                interconnect: row.interconnect,
                zone: row.zone,
                public_trunk: None,
            }
        }
        Party::Trunk(trunk) => {
            let row = image.trunks.get(usize::from(trunk)).unwrap_or_default();
            let features = cos(image, row.cos, mode).map_or(0, |cos| cos.features);
            Classes {
                authority: of(row.cos, row.cor),
                interconnect: row.interconnect,
                zone: row.zone,
                public_trunk: (row.flags & 1 != 0).then(|| Features::from_bits_truncate(features)),
            }
        }
        Party::Unknown => {
            Classes { authority: of([0; 3], [0; 3]), interconnect: 0, zone: 0, public_trunk: None }
        }
    }
}

/// The COS row that a party's three numbers name in this mode.
pub(crate) fn cos(image: &Image<'_>, numbers: [u8; 3], mode: Mode) -> Option<CosRow> {
    let row = numbers.get(mode.index())?.checked_sub(1)?;
    image.cos.get(usize::from(row))
}

/// Whether a COR group (row plus one, 0 none) lists the COR.
fn cor_blocked(image: &Image<'_>, group: u8, cor: u8) -> bool {
    let row = group.checked_sub(1).and_then(|group| image.cor_groups.get(usize::from(group)));
    row.is_some_and(|row| row.members.checked_shr(u32::from(cor)).is_some_and(|bits| bits & 1 != 0))
}

/// Whether the matrix restricts this ordered pair (R38).
fn restricted(image: &Image<'_>, from: u8, to: u8) -> bool {
    let row = from.checked_sub(1).and_then(|from| image.interconnect.get(usize::from(from)));
    let bit = to.checked_sub(1).and_then(|to| 1u64.checked_shl(u32::from(to)));
    matches!((row, bit), (Some(row), Some(bit)) if row.restricted & bit != 0)
}

/// `+` and digits.
fn is_e164(dialed: &[u8]) -> bool {
    dialed.strip_prefix(b"+").is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
}

fn at<R: super::row::Row>(table: super::row::Table<'_, R>, index: u32) -> Option<R> {
    table.get(usize::try_from(index).ok()?)
}
