//! Who is inside: phones, hot-desk users at them, and the numbers of both. A user brings his classes (R18); the phone where
//! he is logged in gives the place, which is its Interconnect Number and its zone (R41, R69).

use super::caller::Standing;
use super::{Answer, Oracle, Party, Verdict};
use crate::model::{Device, Mode, PerMode, User};

/// A device, a user at a device, or a user's number, behind which there is no place.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Inside<'a> {
    pub(super) device: Option<&'a Device>,
    pub(super) user: Option<&'a User>,
}

impl<'a> Inside<'a> {
    /// By which it is called.
    pub(super) fn dn(self) -> &'a str {
        let of_device = || self.device.map(|device| device.dn.as_str());
        self.user.map(|user| user.dn.as_str()).or_else(of_device).expect("somebody is there")
    }

    const fn at_a_phone(self) -> bool {
        self.user.is_some() && self.device.is_some()
    }
}

impl<'a> Oracle<'a> {
    /// Whose number this is.
    pub(super) fn number(&self, dn: &str) -> Option<Inside<'a>> {
        let device = self.model.devices.iter().find(|device| device.dn == dn);
        let user = self.model.users.iter().find(|user| user.dn == dn);
        (device.is_some() || user.is_some()).then_some(Inside { device, user })
    }

    pub(super) fn logged_in(&self, dn: &str, at: &str) -> Inside<'a> {
        let user = self.number(dn).and_then(|inside| inside.user).expect("the user exists");
        let device = self.number(at).and_then(|inside| inside.device).expect("the phone exists");
        Inside { device: Some(device), user: Some(user) }
    }

    pub(super) fn standing_inside(&self, inside: Inside<'a>, mode: Mode) -> Standing<'a> {
        let Inside { device, user } = inside;
        let class = |what: &str, of_device: fn(&Device) -> PerMode, of_user: fn(&User) -> PerMode| {
            let classes = match (device, user) {
                (Some(device), Some(_)) if self.broken == format!("user.{what}") => of_device(device),
                (None, Some(_)) if self.broken == format!("user.number.{what}") => PerMode::default(),
                (_, Some(user)) => of_user(user),
                (device, None) => device.map(of_device).unwrap_or_default(),
            };
            classes.of(mode)
        };
        let place = device.filter(|_| !self.breaks_for_users(inside, "user.interconnect"));
        Standing {
            inside: Some(inside),
            trunk: None,
            cos: class("cos", |device| device.cos, |user| user.cos),
            cor: class("cor", |device| device.cor, |user| user.cor),
            // Nothing is restricted from or to 0.
            interconnect: place.map_or(0, |device| device.interconnect),
        }
    }

    /// Whether the oracle is broken in this about users at phones, and this is one.
    pub(super) fn breaks_for_users(&self, inside: Inside<'_>, broken: &str) -> bool {
        inside.at_a_phone() && self.broken == broken
    }

    /// Whether two are the same: his own number and that of the phone where he is logged in both are the user's. `check`
    /// is what it is asked for.
    pub(super) fn same(&self, one: Inside<'_>, other: Inside<'_>, check: &str) -> bool {
        let broken =
            |what: &str| (one.at_a_phone() || other.at_a_phone()) && self.broken == format!("{check}.{what}");
        let user = one.user.is_some() && one.user == other.user && !broken("user");
        let phone = one.device.is_some() && one.device == other.device && !broken("phone");
        user || phone
    }

    /// A user's phone is to ring for who has called him. As in a hunt group only the matrix is asked, for the phone; no
    /// phone rings for itself.
    pub(super) fn seated(&self, caller: &Party, user: &str, at: &str, mode: Mode) -> Answer {
        let to = Party::User { dn: user.to_owned(), at: at.to_owned() };
        let (from, rings) = (self.standing(caller, mode), self.standing(&to, mode));
        let own = match caller {
            Party::Device(dn) => dn == at,
            Party::User { at: phone, .. } => phone == at && self.broken != "seated.self.user",
            Party::Trunk(_) | Party::Unknown => false,
        };
        if own && self.broken != "seated.self" {
            return Answer::deny("call.self");
        }
        let apart = match self.broken {
            "seated.interconnect" => false,
            "seated.interconnect.direction" => self.restricted(rings.interconnect, from.interconnect),
            _ => self.restricted(from.interconnect, rings.interconnect),
        };
        if apart {
            return Answer::deny("interconnect");
        }
        if self.broken == "seated.classes" && (rings.cos == 0 || rings.cor == 0) {
            return Answer::deny("cos.none");
        }
        let to = if self.broken == "seated.to" { Party::Device(at.to_owned()) } else { to };
        Answer { to: Some(to), outpulsed: Some(user.to_owned()), ..Answer::new(Verdict::Allow, "internal") }
    }
}
