//! What an exchange is asked by who serves sets: whether one is who it says (R72-R76), what its digits have become, and for how long
//! the next is awaited. Its calls come as those of any phone.

use super::Exchange;
use super::coded::{Coded, Follows};
use super::dialing::plain;
use crate::account::{Length, split};
use crate::base::{Crypto, Digits, Flow, Full, Instant};
use crate::call::dialing::{Found, Timing};
use crate::policy::trie::{End, analyse};
use crate::policy::{Code, Party};
use crate::registration::set::{Admitted, Bound, Claim, Refusal, judge, mac_of};
use crate::wire::set::Reason;

/// What the digits that a set has sent have become.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dialed {
    /// A number, or the beginning of one.
    pub found: Found,
    /// The last digit completes Leading Digits that give second dial tone.
    pub second: bool,
    /// Digits that may be shown; those behind them are a PIN.
    pub shown: u8,
    /// The timers of the Class of Service.
    pub timing: Timing,
}

impl<C: Crypto> Exchange<'_, C> {
    /// Judges what a set says of itself. Nothing changes: when the set has been told, say by [`note_login`](Self::note_login) what came of
    /// it. `bound` are the numbers that have been bound to a set, `element` is our own row of the elements plus one. Work: as of [`judge`].
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn judge_set(
        &self,
        now: Instant,
        claim: &Claim<'_>,
        source: Flow,
        (bound, element): (&[Bound], Option<u8>),
        crypto: &mut impl Crypto,
    ) -> Result<Admitted, Refusal> {
        let now = self.clock.at(now);
        let refused = |reason| Err(Refusal { reason, wrong: false, device: None, element: None });
        let Some(policy) = self.policy.as_ref().filter(|policy| !policy.image.is_block()) else {
            return refused(Reason::NotNow);
        };
        let named = policy.image.phone_by_dn(claim.register.number.as_bytes());
        // Whoever guesses from there learns no more, not even by being right, nor who else is there; the set that is goes on (R75).
        let own = |device: u32| {
            let set = policy.image.set_of(device);
            let known = set.is_some_and(|(_, row)| mac_of(&row, bound) == Some(claim.mac));
            known && self.is_home(device, source)
        };
        if self.sources.is_locked(now, source.ip()) && !named.is_some_and(own) {
            return refused(Reason::LockedOut);
        }
        let locked = |device: u32| self.device(device).is_some_and(|slot| slot.login.is_locked(now));
        judge((&policy.image, &policy.keyring), claim, bound, locked, element, crypto)
    }

    /// Somebody has proved who he is, or has not, by other means than a digest: it counts as if it had been one (R75).
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and call again.
    pub fn note_login(
        &mut self,
        now: Instant,
        device: Option<u32>,
        source: Flow,
        right: bool,
    ) -> Result<(), Full> {
        self.reserve()?;
        let now = self.advance(now);
        match (device, right) {
            (Some(device), true) => self.login_succeeded(now, device),
            (None, true) => {}
            (device, false) => {
                self.statistics.unauthorised = self.statistics.unauthorised.wrapping_add(1);
                if let Some(device) = device {
                    self.login_failed(now, device);
                }
                self.source_failed(now, source.ip());
            }
        }
        Ok(())
    }

    /// What the digits have become that are dialed at a set; of one that is not registered without a device. Work: one decision.
    #[must_use]
    pub fn dialed(&self, now: Instant, device: Option<u32>, number: &Digits) -> Dialed {
        let now = self.clock.at(now);
        let party = device.map_or(Party::Unknown, |device| self.who(now, Party::Device(device)));
        let (timing, second) = (self.timing(now, party), self.completes_access(number));
        let hidden = self.policy.as_ref().and_then(|policy| {
            match analyse(&policy.image, number.as_bytes(), |_| false).end() {
                End::Feature(feature, digits) => Some((Coded::of(feature).follows(), digits)),
                End::Device(_)
                | End::Ars(_)
                | End::Emergency(_)
                | End::Inbound(_)
                | End::Incomplete
                | End::Vacant
                | End::Invalid => None,
            }
        });
        let all = u8::try_from(number.len()).unwrap_or(u8::MAX);
        let (found, shown) = match hidden {
            Some((Follows::Code, digits)) => (self.found_behind_code(now, party, number, digits), digits),
            Some((Follows::Pin, digits)) => (self.found(now, party, number, Code::None), digits),
            Some((Follows::Nothing | Follows::Number | Follows::OwnOrNumber, _)) | None => {
                (self.found(now, party, number, Code::None), all)
            }
        };
        Dialed { found, second, shown, timing }
    }

    /// What has become of digits that begin with the code behind which an account code stands, and then a number.
    fn found_behind_code(&self, now: Instant, party: Party, number: &Digits, digits: u8) -> Found {
        let behind = number.as_bytes().get(usize::from(digits)..).unwrap_or(&[]);
        let number = split(behind, Length::of(&self.class(now, party))).map(|(_, number)| number);
        let Some((number, policy)) = number.filter(|number| !number.is_empty()).zip(self.policy.as_ref())
        else {
            return Found::More;
        };
        // What the code allows is known when it is checked.
        let walked = analyse(&policy.image, number, |_| false);
        plain(walked.end(), walked.onward())
    }
}
