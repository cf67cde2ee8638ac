//! Guessing from one address, whoever is guessed at: a [`Lockout`] for each of the last addresses that were wrong (R75).
//!
//! An address that goes on afterwards is shut out twice as long each time, up to sixteen times as long; a day of quiet is a new beginning.
//!
//! Only who has answered a nonce that was given to its own address counts as wrong: nobody is shut out by datagrams that somebody else
//! writes that address into.

use super::{Lockout, Terms};
use crate::base::{Instant, Kept};
use core::net::{IpAddr, Ipv4Addr};

/// Addresses that are remembered.
const PLACES: usize = 16;
/// An address may be wrong so many times as often as one user, for several phones can be behind it.
const TIMES: u8 = 4;
/// How often a lock-out is doubled at most.
const DOUBLED: u8 = 4;
/// After so many seconds without a lock-out none of the earlier ones counts.
const QUIET_S: u64 = 86_400;

/// What is known of addresses.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    places: [Place; PLACES],
}

#[derive(Clone, Copy, Debug)]
struct Place {
    ip: IpAddr,
    lock: Lockout,
    /// How often it was locked out.
    before: u8,
    /// When the last of these ended, or ends.
    until: Kept,
}

impl Place {
    const EMPTY: Self =
        Self { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), lock: Lockout::Open, before: 0, until: Kept::ZERO };
}

impl Sources {
    /// Forgets what was counted of an address; whether it was locked out.
    pub fn forget(&mut self, now: Instant, ip: IpAddr) -> bool {
        let locked = self.is_locked(now, ip);
        self.places.iter_mut().filter(|place| place.ip == ip).for_each(|place| *place = Place::EMPTY);
        locked
    }

    /// Nobody was wrong.
    pub const NONE: Self = Self { places: [Place::EMPTY; PLACES] };

    /// Whether answers from an address are not looked at. Work: the sixteen places.
    #[must_use]
    pub fn is_locked(&self, now: Instant, ip: IpAddr) -> bool {
        self.places.iter().any(|place| place.ip == ip && place.lock.is_locked(now))
    }

    /// Notes a wrong answer from an address; true if this one locks. `terms` are those for a user. If there is no place for
    /// one more, whoever is not locked and began longest ago is forgotten.
    pub fn fail(&mut self, now: Instant, ip: IpAddr, terms: Terms) -> bool {
        let known = self.places.iter().position(|place| place.ip == ip && place.lock != Lockout::Open);
        let age = |place: &Place| match place.lock {
            Lockout::Open => Some(Instant(0)),
            Lockout::Failing { since, .. } => Some(since.instant()),
            Lockout::Locked { until } => (until.instant() <= now).then_some(Instant(0)),
        };
        let oldest = || {
            let ages = self.places.iter().enumerate().filter_map(|(at, place)| Some((age(place)?, at)));
            ages.min().map(|(_, at)| at)
        };
        let Some(place) = known.or_else(oldest).and_then(|at| self.places.get_mut(at)) else { return false };
        if known.is_none() {
            *place = Place { ip, ..Place::EMPTY };
        }
        if now > place.until.instant().plus_s(QUIET_S) {
            place.before = 0;
        }
        let lockout_s = terms.lockout_s.saturating_mul(1u32.wrapping_shl(place.before.min(DOUBLED).into()));
        let failures = terms.failures.saturating_mul(TIMES);
        let locks = place.lock.fail(now, Terms { failures, lockout_s, ..terms });
        if locks {
            place.before = place.before.saturating_add(1);
            place.until = now.plus_s(lockout_s.into()).into();
        }
        locks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { failures: 3, window_s: 300, lockout_s: 900 };
    const fn s(seconds: u64) -> Instant {
        Instant(seconds * 1000)
    }
    const fn ip(n: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(10, 0, 0, n))
    }

    #[test]
    fn r75_an_address_that_guesses_is_locked_out_alone() {
        let mut sources = Sources::NONE;
        for n in 0..11 {
            assert!(!sources.fail(s(n), ip(1), TERMS) && !sources.is_locked(s(n), ip(1)));
        }
        assert!(sources.fail(s(11), ip(1), TERMS), "four times as many as a user may");
        assert!(sources.is_locked(s(12), ip(1)) && !sources.is_locked(s(12), ip(2)));
        assert!(sources.is_locked(s(910), ip(1)) && !sources.is_locked(s(911), ip(1)));
        assert!(!sources.fail(s(912), ip(1), TERMS), "it begins anew");
        let never = Terms { failures: 0, ..TERMS };
        assert!((0..200).all(|n| !sources.fail(s(1_000 + n), ip(3), never)));
    }

    #[test]
    fn who_goes_on_is_locked_out_longer_each_time() {
        let mut sources = Sources::NONE;
        let mut now = 0;
        // Seconds that a lock-out lasts, begun now.
        let mut lasts = |now: u64| {
            assert!(
                (0..11).all(|_| !sources.fail(s(now), ip(1), TERMS)) && sources.fail(s(now), ip(1), TERMS)
            );
            let end = (1..).find(|more| !sources.is_locked(s(now + more), ip(1)));
            end.expect("it ends")
        };
        for expected in [1, 2, 4, 8, 16, 16, 16] {
            assert_eq!(lasts(now), expected * 900);
            now += expected * 900 + 1;
        }
        // Within a day all of it counts, and then nothing.
        assert_eq!(lasts(now + 86_000), 16 * 900);
        assert_eq!(lasts(now + 86_000 + 16 * 900 + 86_401), 900);
    }

    #[test]
    fn who_is_locked_is_not_forgotten_for_others() {
        let mut sources = Sources::NONE;
        for _ in 0..12 {
            sources.fail(s(1), ip(1), TERMS);
        }
        for n in 2..=200 {
            sources.fail(s(2 + u64::from(n)), ip(n), TERMS);
        }
        assert!(sources.is_locked(s(300), ip(1)));
        for n in 2..17 {
            for _ in 0..12 {
                sources.fail(s(300), ip(n), TERMS);
            }
        }
        assert!((1..17).all(|n| sources.is_locked(s(301), ip(n))), "every place has one that is locked");
        assert!((0..50).all(|_| !sources.fail(s(302), ip(200), TERMS)), "there is no place for one more");
        assert!(!sources.is_locked(s(303), ip(200)));
        sources.fail(s(1_300), ip(200), TERMS);
        assert!(
            sources.places.iter().any(|place| place.ip == ip(200)),
            "when the first are free again there is"
        );
    }
}
