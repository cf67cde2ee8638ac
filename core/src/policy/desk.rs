//! Hot desk: a user without a phone logs in at another's, and brings the own classes there.
//!
//! | of the user | of the phone |
//! | --- | --- |
//! | COS and COR (R18), what is paid for, name and number shown, forwarding | Interconnect Number (R41), zone, location and call-back number (R69), SRTP |
//!
//! While nobody is logged in there, a phone has its own classes. The user's number has no Interconnect Number of its own: like
//! that of a hunt group it is asked for the phone that is to ring, at that moment (R36).

use super::Mode;
use super::decide::{Caller, caller};
use super::hunt::may_ring;
use super::image::Image;
use super::rows::Features;
use super::rule::Rule;
use super::verdict::{Authority, Denial, Party, RowRef, Verdict};

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

/// Of what is dialed to log in, behind the code: the user whose number that begins with, and the rest, which is to be his PIN.
/// `None`: it is nobody's number. Work: a walk of the digit trie for each digit of the number.
#[must_use]
pub fn number_and_pin<'d>(image: &Image<'_>, dialed: &'d [u8]) -> Option<(u16, &'d [u8])> {
    // No number is the beginning of another.
    (1..=dialed.len()).find_map(|len| {
        let (number, pin) = dialed.split_at_checked(len)?;
        Some((image.user(image.device_by_dn(number)?)?, pin))
    })
}

/// Why nobody may be logged in at a phone; `None`: it takes guests. It needs `hot-desk-accept`, whoever is there (R82).
#[must_use]
pub fn takes_no_guests(image: &Image<'_>, device: u32, mode: Mode) -> Option<Denial> {
    lacks(image, Party::Device(device), Features::HOT_DESK_ACCEPT, mode)
}

/// Why a user may not be logged in anywhere; `None`: he may. He needs `hot-desk-login`: both parties' leave counts (R4).
#[must_use]
pub fn may_be_no_guest(image: &Image<'_>, user: u16, device: u32, mode: Mode) -> Option<Denial> {
    lacks(image, Party::User { user, at: device }, Features::HOT_DESK_LOGIN, mode)
}

fn lacks(image: &Image<'_>, party: Party, feature: Features, mode: Mode) -> Option<Denial> {
    let Caller { authority, features, .. } = caller(image, party, mode);
    let rule = if authority.cos == 0 { Rule::CosNone } else { Rule::CosFeature };
    (!features.contains(feature)).then(|| Denial::new(rule, authority, RowRef::None))
}

/// Decides whether the phone may ring for its user. Constant work.
#[must_use]
pub fn seated(image: &Image<'_>, desk: &Desk) -> Verdict {
    let Desk { user, at: device, of, authority, mode } = *desk;
    let row = image.user_row(user).filter(|_| image.is_phone(device));
    may_ring(image, (of, Party::User { user, at: device }), row, authority, mode)
}
