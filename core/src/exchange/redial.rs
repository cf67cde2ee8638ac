//! Redial: a code stands for the number that was dialed last at a device.
//!
//! Kept is what was dialed, allowed or not, busy or not: a number, or the code of a speed call; never an account code, and never
//! a number that calls for help. It is dialed again as if by hand: decided on anew, and a code that is wanted is asked for (R54).

use super::Exchange;
use super::placing::{Unwanted, Wanted};
use crate::account::Typed;
use crate::base::digits::Packed;
use crate::base::{Crypto, Digits};
use crate::policy::decide::class_of;
use crate::policy::rows::Features;
use crate::policy::{Code, Mode, Party, Rule};

impl<C: Crypto> Exchange<'_, C> {
    /// The number that a device has dialed last, for who may have it dialed again.
    pub(super) fn dialed_again<'a>(
        &self,
        from: Party,
        mode: Mode,
        (code, typed): (Code, Typed),
        called: &'a mut Digits,
    ) -> Result<Wanted<'a>, Unwanted<'a>> {
        let image = self.policy.as_ref().map(|policy| &policy.image);
        let class = image.and_then(|image| class_of(image, from, mode)).unwrap_or_default();
        if !Features::from_bits_truncate(class.features).contains(Features::REDIAL) {
            return Err(Unwanted::Unable(Rule::CosFeature));
        }
        let row = image.and_then(|image| image.row_of(from));
        let slot = row.and_then(|row| self.devices.get(usize::try_from(row).ok()?));
        let last = slot.map_or(Packed::EMPTY, |slot| slot.dialed);
        if last.is_empty() {
            return Err(Unwanted::Unable(Rule::NumberVacant));
        }
        *called = last.digits();
        let speed = image.and_then(|image| image.speed_number(called.as_bytes()));
        let speed = speed.map(|(number, exempt)| (Digits::known(number), exempt));
        if let Some((number, _)) = speed {
            *called = number;
        }
        Ok(Wanted {
            number: called.as_bytes(),
            code,
            typed,
            speed: speed.map(|(_, exempt)| exempt),
            kept: &[],
        })
    }

    /// A device, or who is logged in there, has dialed this.
    // Few classes have the feature.
    #[inline(never)]
    pub(super) fn keep_dialed(&mut self, from: Party, number: &[u8]) {
        let row = self.policy.as_ref().and_then(|policy| policy.image.row_of(from));
        let slot = row.and_then(|row| self.devices.get_mut(usize::try_from(row).ok()?));
        if let (Some(slot), Ok(number)) = (slot, Digits::written(number)) {
            slot.dialed = number.into();
        }
    }
}
