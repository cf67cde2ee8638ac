//! Who a set is: MAC, set type and PIN, with the codes that bind a set to a number (R72-R76, docs/set-protocol.md).
//!
//! While neither MAC nor code is right, nothing is said but that something is wrong: whoever guesses does not learn numbers. Whose PIN is
//! wrong learns no more than that either.

use crate::base::{Crypto, Transport};
use crate::policy::keyring::{OF_SETS, REGISTRATION, REPLACEMENT};
use crate::policy::rows::SetRow;
use crate::policy::{Image, Keyring};
use crate::wire::set::{CodeKind, How, Mac, Reason, Register};

/// What a set says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Its MAC address.
    pub mac: Mac,
    /// Its type.
    pub set_type: &'a str,
    /// Whose it wants to be.
    pub register: Register<'a>,
    /// How it comes.
    pub transport: Transport,
}

/// A number that has been bound to a set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bound {
    /// Row of the device table.
    pub device: u32,
    /// The set's MAC address.
    pub mac: Mac,
}

/// Who it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Admitted {
    /// Row of the device table.
    pub device: u32,
    /// How that is known: a set that was bound or replaced another is to be remembered.
    pub how: How,
}

/// Why it is nobody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// What it is told.
    pub reason: Reason,
    /// Something was wrong that a lock-out counts (R75).
    pub wrong: bool,
    /// The set whose number it said.
    pub device: Option<u32>,
    /// With [`Reason::NotHere`]: the row of the element where it belongs.
    pub element: Option<u8>,
}

/// Judges a claim. Nothing changes: what follows is for [`Exchange`](crate::exchange::Exchange) and its host. `bound` are the numbers that
/// were bound, `locked` says which are locked out, `element` is the controller's own row, if it has one. Work: four macs at most, and linear in the sets and in `bound`.
///
/// # Errors
/// [`Refusal`].
pub fn judge(
    (image, keyring): (&Image<'_>, &Keyring<'_>),
    claim: &Claim<'_>,
    bound: &[Bound],
    locked: impl Fn(u32) -> bool,
    element: Option<u8>,
    crypto: &mut impl Crypto,
) -> Result<Admitted, Refusal> {
    let register = &claim.register;
    let device = image.phone_by_dn(register.number.as_bytes());
    let set = device.and_then(|device| image.set_of(device));
    let device = set.map(|(_, row)| row.device);
    let refused = |reason, wrong| Err(Refusal { reason, wrong, device, element: None });
    let own = set.and_then(|(_, row)| mac_of(&row, bound));
    let known = own == Some(claim.mac);
    let code = match register.kind {
        CodeKind::None => None,
        CodeKind::Registration => Some(REGISTRATION),
        CodeKind::Replacement => Some(REPLACEMENT),
    };
    let mut is = |whose: u16, text: &str| keyring.is_pin(whose, text.as_bytes(), crypto) == Some(true);
    let coded = code.is_some_and(|code| is(code, register.code.expose()));
    // A number that no set has takes as long.
    let right = is(OF_SETS | set.map_or(0, |(set, _)| set), register.pin.expose());
    if !known && !coded {
        return refused(Reason::BadPin, true);
    }
    let Some((_, row)) = set else { return refused(Reason::UnknownDn, true) };
    if locked(row.device) {
        return refused(Reason::LockedOut, false);
    }
    if !right {
        return refused(Reason::BadPin, true);
    }
    if image.text(row.set_type) != claim.set_type {
        return refused(Reason::SetTypeMismatch, false);
    }
    let others = image.sets().iter().filter(|other| other.device != row.device);
    if others.filter_map(|other| mac_of(&other, bound)).any(|mac| mac == claim.mac) {
        return refused(Reason::MacInUse, false);
    }
    let how = match own {
        None => How::Bound,
        Some(_) if known => How::Known,
        // What the policy names is the policy's to change.
        Some(_) if code == Some(REPLACEMENT) && row.mac == [0; 6] => How::Replaced,
        Some(_) => return refused(Reason::DnInUse, false),
    };
    let [primary, secondary] = row.homes;
    let elsewhere = element.is_some_and(|own| primary != 0 && primary != own && secondary != own);
    if elsewhere {
        let element = primary.checked_sub(1);
        return Err(Refusal { reason: Reason::NotHere, wrong: false, device, element });
    }
    let comes = usize::try_from(row.device).ok().and_then(|device| image.devices().get(device));
    if !comes.is_some_and(|comes| comes.may_use(claim.transport)) {
        return refused(Reason::Transport, false);
    }
    Ok(Admitted { device: row.device, how })
}

/// The MAC address that a number has: by the policy, or bound.
pub(crate) fn mac_of(row: &SetRow, bound: &[Bound]) -> Option<Mac> {
    if row.mac != [0; 6] {
        return Some(row.mac);
    }
    bound.iter().find(|one| one.device == row.device).map(|one| one.mac)
}
