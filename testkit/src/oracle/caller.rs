//! Who calls: the classes in force.

use super::users::Inside;
use super::{Attempt, Feature, Oracle, Party, When, when};
use crate::model::{Mode, SpeedCall, Trunk};

/// What the checks need of the caller.
pub(super) struct Caller<'a> {
    pub(super) inside: Option<Inside<'a>>,
    pub(super) trunk: Option<&'a Trunk>,
    pub(super) cos: u8,
    pub(super) cor: u8,
    pub(super) interconnect: u8,
    pub(super) zone: Option<&'a str>,
    pub(super) mode: Mode,
    /// The COR of the party itself, whatever code it gave.
    pub(super) own_cor: u8,
    /// The COS of the party itself.
    pub(super) own_cos: u8,
    /// An account code was given.
    pub(super) code: bool,
    pub(super) when: When,
    pub(super) calls: (u16, u16),
    /// What is done, and the party on whose behalf.
    pub(super) other: Option<(Feature, Standing<'a>)>,
    /// The speed call whose code was dialed: its number counts.
    pub(super) speed: Option<&'a SpeedCall>,
}

/// What a party is, without any code.
#[derive(Clone, Copy)]
pub(super) struct Standing<'a> {
    pub(super) inside: Option<Inside<'a>>,
    pub(super) trunk: Option<&'a Trunk>,
    pub(super) cos: u8,
    pub(super) cor: u8,
    pub(super) interconnect: u8,
}

impl<'a> Oracle<'a> {
    pub(super) fn caller(&self, attempt: &Attempt) -> Caller<'a> {
        let scheduled = || when::mode(self.model, attempt.when, self.broken);
        let mode = if self.broken == "mode" { Mode::Day } else { attempt.mode.unwrap_or_else(scheduled) };
        let Standing { inside, trunk, cos, cor, interconnect } = self.standing(&attempt.from, mode);
        let device =
            inside.and_then(|inside| inside.device.filter(|_| !self.breaks_for_users(inside, "user.zone")));
        let zone = device.map(|device| &device.zone).or_else(|| trunk.map(|trunk| &trunk.zone));
        let own_cor = match inside {
            Some(Inside { device: Some(device), user: Some(_) }) if self.broken == "user.class" => {
                device.cor.of(mode)
            }
            _ => cor,
        };
        let behalf = attempt.behalf.as_ref();
        Caller {
            inside,
            trunk,
            cos,
            cor,
            interconnect,
            zone: zone.and_then(Option::as_deref),
            mode,
            own_cor,
            own_cos: cos,
            code: false,
            when: attempt.when,
            calls: attempt.calls,
            other: behalf.map(|behalf| (behalf.feature, self.standing(&behalf.party, mode))),
            speed: None,
        }
    }

    pub(super) fn standing(&self, party: &Party, mode: Mode) -> Standing<'a> {
        match party {
            Party::Unknown => Standing { inside: None, trunk: None, cos: 0, cor: 0, interconnect: 0 },
            Party::Device(dn) => self.standing_inside(self.number(dn).expect("the party exists"), mode),
            Party::User { dn, at } => self.standing_inside(self.logged_in(dn, at), mode),
            Party::Trunk(name) => {
                let trunk = self.trunk(name);
                Standing {
                    inside: None,
                    trunk: Some(trunk),
                    cos: trunk.cos.of(mode),
                    cor: trunk.cor.of(mode),
                    interconnect: trunk.interconnect,
                }
            }
        }
    }

    pub(super) fn trunk(&self, name: &str) -> &'a Trunk {
        self.model.trunks.iter().find(|t| t.name == name).expect("the trunk exists")
    }
}
