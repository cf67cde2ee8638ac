//! Legs and calls when the policy changes: they go on, and know their parties by the rows of the new one.

use super::features::overrides::BEGUN;
use super::slots::{Call, Placed, Transfer};
use super::{Calls, dialing};
use crate::account::Typed;
use crate::policy::moved::Moved;
use crate::policy::{Code, Party, Rule};
use core::num::NonZeroU32;

/// Nobody's row.
const NOBODY: u32 = u32::MAX;

/// Why the calls that are there do not fit another policy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unmoved {
    /// It does not have this party.
    Party(Party),
    /// A call for help is being set up, and its ways are rows of the old one.
    Help,
}

impl Calls<'_> {
    /// Whether everybody who talks, pays, or stands in a record is there in the other policy. Work: linear in legs and calls.
    pub(crate) fn fit(&self, moved: &Moved<'_>) -> Result<(), Unmoved> {
        let there = |party: Party| match moved.party(party) {
            Some(_) => Ok(()),
            None => Err(Unmoved::Party(party)),
        };
        self.legs.iter().try_for_each(|(_, slot)| there(slot.party))?;
        for (_, call) in self.calls.iter() {
            let Call::Placed(placed) = call else { continue };
            let named = [
                placed.caller,
                placed.choice.authority.party,
                placed.choice.to,
                placed.edge.authority().party,
            ];
            named.into_iter().chain(placed.third.map(|third| third.party)).try_for_each(there)?;
            placed.passed.devices().map(Party::Device).try_for_each(there)?;
        }
        let helps = |call: &Call| match call {
            Call::Placed(placed) => placed.choice.rule == Rule::Emergency && placed.answered.is_none(),
            Call::Dialing(_) | Call::Beside(_) => false,
        };
        if self.calls.iter().any(|(_, call)| helps(call)) { Err(Unmoved::Help) } else { Ok(()) }
    }

    /// Gives every leg and call the rows of the other policy, once [`fit`](Self::fit) has said that they have some.
    pub(crate) fn moved(&mut self, moved: &Moved<'_>) {
        for slot in self.legs.iter_mut() {
            slot.party = moved.known(slot.party);
        }
        for call in self.calls.iter_mut() {
            match call {
                Call::Dialing(dialing) => dialing.moved(moved),
                Call::Placed(placed) => placed.moved(moved),
                Call::Beside(beside) => {
                    beside.edge.moved(moved);
                    beside.choice = moved.choice(&beside.choice);
                }
            }
        }
    }
}

impl Calls<'_> {
    /// Of every call how it was permitted, who pays, and whom it is to. Work: linear in the calls.
    pub(crate) fn payers(&self) -> impl Iterator<Item = (Rule, Party, Party)> {
        self.calls.iter().filter_map(|(_, call)| match call {
            Call::Placed(placed) => {
                Some((placed.choice.rule, placed.choice.authority.party, placed.choice.to))
            }
            Call::Dialing(_) | Call::Beside(_) => None,
        })
    }
}

impl dialing::Dialing {
    /// A code that was entered and checked is asked for again: whether the new policy has it, its row does not tell.
    fn moved(&mut self, moved: &Moved<'_>) {
        if self.code != Code::None {
            (self.code, self.typed) = (Code::None, Typed::NONE);
        }
        self.asked = self.asked.map(|denial| moved.denial(&denial));
        self.zone = moved.zone(self.zone);
    }
}

impl Placed {
    fn moved(&mut self, moved: &Moved<'_>) {
        let device = |row: u32| moved.device(row).unwrap_or(NOBODY);
        self.edge.moved(moved);
        self.choice = moved.choice(&self.choice);
        self.zone = moved.zone(self.zone);
        self.caller = moved.known(self.caller);
        self.passed.moved(device);
        self.third = self.third.map(|third| super::slots::Third { party: moved.known(third.party), ..third });
        if let Some(hunt) = &mut self.hunt {
            // Members are known by their places: if these are others now, who rings goes on ringing, and nobody else is tried.
            hunt.tried = if moved.keeps_members(hunt.group) { hunt.tried } else { u16::MAX };
            hunt.group = device(hunt.group);
        }
        self.overrides = self.overrides.map(|busy| match busy.get().checked_sub(1) {
            Some(row) if busy != BEGUN => NonZeroU32::new(device(row).saturating_add(1)).unwrap_or(BEGUN),
            Some(_) | None => busy,
        });
        match &mut self.transfer {
            Transfer::None | Transfer::Pending { .. } | Transfer::Failed { .. } => {}
            Transfer::Ringing { party, .. } => *party = moved.known(*party),
            Transfer::Parked { at, by, .. } => (*at, *by) = (device(*at), moved.known(*by)),
            Transfer::Camped { on, by, .. } => {
                (*on, *by) = (device(*on), by.map(|by: Party| moved.known(by)))
            }
        }
    }
}
