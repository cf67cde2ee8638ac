//! Who has forwarded a call.

/// The most times that a call is forwarded (R28).
pub const MAX_HOPS: usize = 10;

/// The devices that have forwarded a call, in order (R28).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Passed {
    devices: [u32; MAX_HOPS],
    hops: u8,
    why: u8,
}

impl Passed {
    /// The devices have other rows from now on.
    pub(super) fn moved(&mut self, row: impl Fn(u32) -> u32) {
        self.devices.iter_mut().take(usize::from(self.hops)).for_each(|device| *device = row(*device));
    }

    /// How often it was forwarded.
    #[must_use]
    pub const fn hops(&self) -> u8 {
        self.hops
    }

    /// Who has forwarded it, in order.
    pub fn devices(&self) -> impl Iterator<Item = u32> {
        self.devices.iter().take(usize::from(self.hops)).copied()
    }

    /// Whether this device has forwarded it.
    #[must_use]
    pub fn has(&self, device: u32) -> bool {
        self.devices().any(|passed| passed == device)
    }

    /// The device that has forwarded it last, and the number of the reason it had.
    #[must_use]
    pub fn last(&self) -> Option<(u32, u8)> {
        let last = usize::from(self.hops).checked_sub(1)?;
        Some((*self.devices.get(last)?, self.why))
    }

    /// One more device forwards it. False, and nothing changed, if it was forwarded often enough.
    pub fn push(&mut self, device: u32, why: u8) -> bool {
        let Some(place) = self.devices.get_mut(usize::from(self.hops)) else { return false };
        (*place, self.why) = (device, why);
        self.hops = self.hops.saturating_add(1);
        true
    }
}
