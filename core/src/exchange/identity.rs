//! Who sent this request?

use super::Exchange;
use super::brakes::terms;
use crate::base::{Crypto, Digits, Flow, Instant};
use crate::policy::{Party, Rule};
use crate::record::alarm;
use crate::registration::{Outcome, digest};
use crate::wire::sip::{Address, Message};
use core::net::IpAddr;

/// What the credentials of a request show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Proof {
    /// It is this device.
    Device(u32),
    /// Nothing yet: ask.
    Missing {
        /// Only the nonce was old.
        stale: bool,
    },
}

impl<C: Crypto> Exchange<'_, C> {
    /// Checks the credentials for our realm. Work: that of [`digest::check`], whoever it is.
    pub(super) fn authenticate(&mut self, now: Instant, message: &Message<'_>, source: Flow) -> Proof {
        let Some(policy) = &self.policy else { return Proof::Missing { stale: false } };
        let realm = policy.image.text(policy.image.system().realm).as_bytes();
        let Some(credentials) = message.credentials.iter().find(|one| one.realm == realm) else {
            return Proof::Missing { stale: false };
        };
        let named = policy.image.device_by_username(credentials.username);
        // Whoever guesses from there learns no more, not even by being right; the phone that is there goes on (R75).
        if self.sources.is_locked(now, source.ip())
            && !named.is_some_and(|device| self.is_home(device, source))
        {
            self.statistics.unauthorised = self.statistics.unauthorised.wrapping_add(1);
            return Proof::Missing { stale: false };
        }
        let method = message.cseq.as_ref().map_or(&[][..], |cseq| cseq.method_text);
        let request = digest::Request { peer: source.ip(), method, body: &[message.body] };
        let devices = &*self.devices;
        let replay = |device: u32| {
            usize::try_from(device).ok().and_then(|device| devices.get(device)).map(|slot| slot.replay)
        };
        let (outcome, replay) = digest::check(
            now,
            &policy.image,
            &policy.keyring,
            credentials,
            &request,
            &mut self.crypto,
            replay,
        );
        if let (Outcome::Device(device), Some(replay)) = (outcome, replay)
            && let Some(slot) = usize::try_from(device).ok().and_then(|device| self.devices.get_mut(device))
        {
            slot.replay = replay;
        }
        match outcome {
            Outcome::Device(device) => {
                self.login_succeeded(now, device);
                Proof::Device(device)
            }
            Outcome::Stale => Proof::Missing { stale: true },
            Outcome::Wrong { ours } => {
                self.statistics.unauthorised = self.statistics.unauthorised.wrapping_add(1);
                if let Some(device) = named {
                    self.login_failed(now, device);
                }
                if ours {
                    self.source_failed(now, source.ip());
                }
                Proof::Missing { stale: false }
            }
        }
    }

    pub(super) fn login_failed(&mut self, now: Instant, device: u32) {
        let Some(policy) = self.policy else { return };
        let slot = usize::try_from(device).ok().and_then(|device| self.devices.get_mut(device));
        if slot.is_some_and(|slot| slot.login.fail(now, terms(&policy.image))) {
            self.alarm(now, alarm::Cause::Lockout, Party::Device(device), Digits::EMPTY);
        }
    }

    pub(super) fn source_failed(&mut self, now: Instant, ip: IpAddr) {
        let Some(policy) = self.policy else { return };
        if self.sources.fail(now, ip, terms(&policy.image)) {
            self.alarm(now, alarm::Cause::Source(ip), Party::Unknown, Digits::EMPTY);
        }
    }

    pub(super) fn login_succeeded(&mut self, now: Instant, device: u32) {
        let slot = usize::try_from(device).ok().and_then(|device| self.devices.get_mut(device));
        if let Some(slot) = slot {
            slot.login.succeed(now);
        }
    }

    /// Whether a device is locked out. Where it is registered from it is not: a stranger's guesses must not silence it.
    pub(super) fn is_locked_out(&self, now: Instant, device: u32, source: Flow) -> bool {
        let locked = self.device(device).is_some_and(|slot| slot.login.is_locked(now));
        locked && !self.is_home(device, source)
    }

    /// Whether a device is registered from this address.
    pub(super) fn is_home(&self, device: u32, source: Flow) -> bool {
        self.is_registered(device) && self.device(device).is_some_and(|slot| slot.source == source.ip())
    }

    /// The trunk that a request comes from, by the address. One that shares its address with phones (`trusted` of a whole
    /// network) is told by its port, or by naming no device of ours.
    pub(super) fn trunk_caller(&self, message: &Message<'_>, source: Flow) -> Option<u16> {
        let policy = self.policy?;
        let trunk = policy.image.trunk_by_source(source.ip())?;
        let servers = self.trunks.get(usize::from(trunk)).map(|slot| &slot.servers);
        let user = message.from.as_ref().map_or(&[][..], |from| from.uri.user);
        let ours = policy.image.device_by_dn(user).or_else(|| policy.image.device_by_username(user));
        // Who could pretend to be it in datagrams is not it, where it comes over streams.
        let row = policy.image.trunks().get(usize::from(trunk))?;
        let safe = source.transport.number() >= row.transport().unwrap_or_default().number();
        let far_end = servers.is_some_and(|servers| servers.has(source.peer));
        (safe && (far_end || ours.is_none())).then_some(trunk)
    }

    /// Whether the user part of this address is the device's number or username (R81).
    pub(super) fn owns(&self, device: u32, address: Option<&Address<'_>>) -> bool {
        let (Some(policy), Some(address)) = (self.policy, address) else { return false };
        let row = usize::try_from(device).ok().and_then(|device| policy.image.device_texts().get(device));
        row.is_some_and(|row| {
            let user = address.uri.user;
            user == policy.image.text(row.dn).as_bytes() || user == policy.image.text(row.username).as_bytes()
        })
    }

    /// Why a device that has proved who it is is refused all the same: it says to be another (R81), or comes another way than it may.
    pub(super) fn unfit(&self, device: u32, claimed: Option<&Address<'_>>, source: Flow) -> Option<Rule> {
        if !self.owns(device, claimed) {
            return Some(Rule::IdentityMismatch);
        }
        let row = self.policy.as_ref()?.image.devices().get(usize::try_from(device).ok()?)?;
        (!row.may_use(source.transport)).then_some(Rule::Transport)
    }

    /// Who an emergency caller is, without a digest: the device it says it is, if that is registered from the same
    /// address; nobody known otherwise. An emergency call needs no more (law 4).
    pub(super) fn emergency_caller(&mut self, now: Instant, message: &Message<'_>, source: Flow) -> Party {
        if !message.credentials.is_empty()
            && let Proof::Device(device) = self.authenticate(now, message, source)
        {
            return Party::Device(device);
        }
        let user = message.from.as_ref().map_or(&[][..], |from| from.uri.user);
        let named = self.policy.and_then(|policy| policy.image.phone_by_dn(user));
        let slot = named.and_then(|device| self.devices.get(usize::try_from(device).ok()?));
        match (named, slot) {
            (Some(device), Some(slot)) if self.is_registered(device) && slot.source == source.ip() => {
                Party::Device(device)
            }
            // An emergency block knows nobody's password, and nobody can register: better the number that is claimed to
            // call back than none.
            (Some(device), _) if self.policy.is_some_and(|policy| policy.image.is_block()) => {
                Party::Device(device)
            }
            _ => Party::Unknown,
        }
    }
}
