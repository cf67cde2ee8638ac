//! Hot desk: a user without a phone logs in at another's, and brings the own classes there.
//!
//! | of the user | of the phone |
//! | --- | --- |
//! | COS and COR (R18), what is paid for, name and number shown, forwarding | Interconnect Number (R41), zone, location and call-back number (R69), SRTP |
//!
//! While nobody is logged in there, a phone has its own classes. The user's number has no Interconnect Number of its own: like
//! that of a hunt group it is asked for the phone that is to ring, at that moment (R36).

use super::Mode;
use super::behalf::reached;
use super::decide::{at, caller};
use super::image::Image;
use super::routes::restricted;
use super::rows::Features;
use super::rule::Rule;
use super::verdict::{Authority, Choice, Denial, Party, RowRef, Verdict};
use crate::base::Digits;

/// Whose phone is to ring for whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Desk {
    /// The user that is called.
    pub user: u16,
    /// The phone where that user is logged in.
    pub at: u32,
    /// Who has called, or is transferred to the user.
    pub of: Party,
    /// Whose classes have allowed the call to the user: they stay in force.
    pub authority: Authority,
    /// The service mode.
    pub mode: Mode,
}

/// Why a user may not be logged in at a phone; `None`: he may. It needs `hot-desk-accept` of the phone and `hot-desk-login` of
/// the user (R4, R82).
#[must_use]
pub fn may_not_sit(image: &Image<'_>, user: u16, device: u32, mode: Mode) -> Option<Denial> {
    let phone = caller(image, Party::Device(device), mode);
    let guest = caller(image, Party::User { user, at: device }, mode);
    let lacks = if !phone.features.contains(Features::HOT_DESK_ACCEPT) {
        &phone
    } else if !guest.features.contains(Features::HOT_DESK_LOGIN) {
        &guest
    } else {
        return None;
    };
    let rule = if lacks.authority.cos == 0 { Rule::CosNone } else { Rule::CosFeature };
    Some(Denial::new(rule, lacks.authority, RowRef::None))
}

/// Decides whether the phone may ring for its user. Constant work.
#[must_use]
pub fn seated(image: &Image<'_>, desk: &Desk) -> Verdict {
    let Desk { user, at: device, of, authority, mode } = *desk;
    let to = Party::User { user, at: device };
    let pair = (caller(image, of, mode).interconnect, caller(image, to, mode).interconnect);
    let rule = if image.user_row(user).is_none() || !image.is_phone(device) {
        Rule::NumberVacant
    } else if image.are_one(of, to) {
        Rule::CallSelf
    } else if restricted(image, pair.0, pair.1) {
        Rule::Interconnect
    } else {
        let row = image.user_row(user).and_then(|row| at(image.device_texts, row)).unwrap_or_default();
        let outpulsed = Digits::known(image.octets(row.dn));
        return Verdict::Allow(Choice { outpulsed, ..reached(to, authority, Some(pair)) });
    };
    Verdict::Deny(Denial { interconnect: Some(pair), ..Denial::new(rule, authority, RowRef::None) })
}
