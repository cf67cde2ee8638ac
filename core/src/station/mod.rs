//! What the user of a device has set there by feature codes: where calls go instead, and that none are wanted.
//!
//! Kept by device; every number here was permitted when it was set (R22), and is judged again whenever a call is to go there
//! (R23).

use crate::base::Digits;
use crate::base::digits::Packed;

/// When calls go elsewhere.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum When {
    /// Always: the device does not ring.
    Always,
    /// When it is busy, or wants no calls.
    Busy,
    /// When nobody answers there.
    NoAnswer,
    /// When it is not there.
    OutOfService,
}

impl When {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Always, Self::Busy, Self::NoAnswer, Self::OutOfService];

    const fn index(self) -> usize {
        match self {
            Self::Always => 0,
            Self::Busy => 1,
            Self::NoAnswer => 2,
            Self::OutOfService => 3,
        }
    }
}

/// What was set at one device.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Settings {
    forwards: [Packed; 4],
    do_not_disturb: bool,
    any: bool,
}

impl Settings {
    /// Nothing was.
    pub const NONE: Self = Self { forwards: [Packed::EMPTY; 4], do_not_disturb: false, any: false };

    /// Whether anything is set: few devices have something, and every call asks.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.any
    }

    /// Where calls go then, if the user has said so.
    #[must_use]
    pub fn forward(&self, when: When) -> Option<Digits> {
        self.forwards.get(when.index()).filter(|number| !number.is_empty()).map(Packed::digits)
    }

    /// Whether no calls are wanted.
    #[must_use]
    pub const fn do_not_disturb(&self) -> bool {
        self.do_not_disturb
    }

    /// Has calls go to this number then; an empty one takes that back.
    pub fn set_forward(&mut self, when: When, to: Digits) {
        if let Some(place) = self.forwards.get_mut(when.index()) {
            *place = to.into();
        }
        self.note();
    }

    /// No calls go elsewhere any more.
    pub fn cancel_forwards(&mut self) {
        self.forwards = Self::NONE.forwards;
        self.note();
    }

    /// No calls are wanted any more, or they are again.
    pub fn toggle_do_not_disturb(&mut self) {
        self.do_not_disturb = !self.do_not_disturb;
        self.note();
    }

    fn note(&mut self) {
        self.any = self.do_not_disturb || self.forwards.iter().any(|number| !number.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &[u8]) -> Digits {
        Digits::dialed(text).unwrap()
    }

    #[test]
    fn each_is_set_and_taken_back_by_itself() {
        let mut settings = Settings::NONE;
        assert!(!settings.any());
        settings.set_forward(When::Busy, number(b"202"));
        settings.set_forward(When::NoAnswer, number(b"203"));
        assert_eq!(settings.forward(When::Busy), Some(number(b"202")));
        assert_eq!(settings.forward(When::Always), None);
        settings.set_forward(When::Busy, Digits::EMPTY);
        assert!(settings.any() && settings.forward(When::Busy).is_none());
        settings.toggle_do_not_disturb();
        settings.cancel_forwards();
        assert!(settings.any() && settings.do_not_disturb() && settings.forward(When::NoAnswer).is_none());
        settings.toggle_do_not_disturb();
        assert_eq!(settings, Settings::NONE);
    }
}
