//! Who calls: the classes in force.

use super::{Attempt, Oracle, Party, When, when};
use crate::model::{Device, Mode, Trunk};

/// What the checks need of the caller.
pub(super) struct Caller<'a> {
    pub(super) device: Option<&'a Device>,
    pub(super) trunk: Option<&'a Trunk>,
    pub(super) cos: u8,
    pub(super) cor: u8,
    pub(super) interconnect: u8,
    pub(super) zone: Option<&'a str>,
    pub(super) mode: Mode,
    /// The COR of the party itself, whatever code it gave.
    pub(super) own_cor: u8,
    /// An account code was given.
    pub(super) code: bool,
    pub(super) when: When,
    pub(super) calls: (u16, u16),
}

impl<'a> Oracle<'a> {
    pub(super) fn caller(&self, attempt: &Attempt) -> Caller<'a> {
        let scheduled = || when::mode(self.model, attempt.when, self.broken);
        let mode = if self.broken == "mode" { Mode::Day } else { attempt.mode.unwrap_or_else(scheduled) };
        let nobody = Caller {
            device: None,
            trunk: None,
            cos: 0,
            cor: 0,
            interconnect: 0,
            zone: None,
            mode,
            own_cor: 0,
            code: false,
            when: attempt.when,
            calls: attempt.calls,
        };
        match &attempt.from {
            Party::Unknown => nobody,
            Party::Device(dn) => {
                let device = self.model.devices.iter().find(|d| d.dn == *dn).expect("the caller exists");
                Caller {
                    device: Some(device),
                    cos: device.cos.of(mode),
                    cor: device.cor.of(mode),
                    own_cor: device.cor.of(mode),
                    interconnect: device.interconnect,
                    zone: device.zone.as_deref(),
                    ..nobody
                }
            }
            Party::Trunk(name) => {
                let trunk = self.trunk(name);
                Caller {
                    trunk: Some(trunk),
                    cos: trunk.cos.of(mode),
                    cor: trunk.cor.of(mode),
                    own_cor: trunk.cor.of(mode),
                    interconnect: trunk.interconnect,
                    zone: trunk.zone.as_deref(),
                    ..nobody
                }
            }
        }
    }

    pub(super) fn trunk(&self, name: &str) -> &'a Trunk {
        self.model.trunks.iter().find(|t| t.name == name).expect("the trunk exists")
    }
}
