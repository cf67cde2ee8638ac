//! REFER (RFC 3515): a party that talks asks for a transfer (RFC 5589). It is carried out here; what becomes of it is told by
//! NOTIFY in the same dialog. Nothing of it is passed on to the other side.

use super::identity::Proof;
use super::invite::reason;
use super::placing::cause_of;
use super::transfer::Target;
use super::{Event, Exchange, Taken};
use crate::base::{Crypto, Digits, Flow, Handle, Instant};
use crate::call::Cause;
use crate::media::Body;
use crate::policy::{Party, Rule};
use crate::signalling::render;
use crate::signalling::sip::{Key, Request};
use crate::table::pages::PageWriter;
use crate::wire::sip::{Address, Message, Method, Name, Replaces, Scheme, unescape};
use crate::wire::write::Sink;

/// The longest header of a Refer-To's URI that is read.
const MAX_REPLACES: usize = 256;
/// The longest user part whose escapes are undone; nothing longer is a number.
const MAX_USER: usize = 3 * Digits::MAX;

/// Why a REFER is not carried out.
enum No {
    /// With this status.
    Status(u16),
    /// Who sends it must prove who it is.
    Challenge { stale: bool },
}

impl<C: Crypto> Exchange<'_, C> {
    /// A party asks that its peer be transferred.
    pub(super) fn refer(&mut self, now: Instant, message: &Message<'_>, source: Flow, leg: Handle, key: Key) {
        let party = self.calls.leg(leg).map_or(Party::Unknown, |slot| slot.party);
        match self.referrer(now, message, source, party) {
            Ok(()) => {}
            Err(No::Status(status)) => {
                return self.sip.answer(now, &mut self.timers, message, source, key, status);
            }
            Err(No::Challenge { stale }) => {
                let user = message.from.as_ref().map_or(&[][..], |from| from.uri.user);
                return self.challenge(now, message, source, user, stale);
            }
        }
        let (mut number, mut header) = ([0; MAX_USER], [0; MAX_REPLACES]);
        let target = match self.target(message, &mut number, &mut header) {
            Ok(target) => target,
            Err(status) => return self.sip.answer(now, &mut self.timers, message, source, key, status),
        };
        // A transfer answers more than once: the transaction has to be there first.
        let Some(server) = self.sip.begin_server(message, source, key, leg, &[]) else {
            return self.sip.reply(message, source, 500, |out| out.line(&[b"Retry-After: 5"]));
        };
        let own = self.own(leg);
        // Nobody is rung for it.
        let at_once = match target {
            Target::Peer(other) => self.calls.coming(leg, other).is_none(),
            Target::Dialed(_) => false,
        };
        let taken = self.transfer(now, leg, target, &mut |exchange| {
            let able = |out: &mut PageWriter<'_, '_>| {
                own.put(out);
                out.line(&[render::ABLE]);
            };
            exchange.sip.respond(now, &mut exchange.timers, server, 202, able, &Body::NONE);
            if !at_once {
                exchange.referred(now, leg, 100);
            }
        });
        let (status, cause) = match taken {
            Taken::Denied(decision) => (cause_of(&decision).status(), Some(cause_of(&decision))),
            Taken::Unfit(refused) => (488, Some(Cause::Media(refused))),
            Taken::NotNow => (491, None),
            Taken::Congested => (503, Some(Cause::CONGESTION)),
            Taken::UnknownLeg => (481, None),
            Taken::Done | Taken::SetUp { .. } | Taken::OffHook { .. } | Taken::NeedsCode { .. } => return,
        };
        let why = |out: &mut PageWriter<'_, '_>| cause.into_iter().for_each(|cause| reason(out, cause));
        self.sip.respond(now, &mut self.timers, server, status, why, &Body::NONE);
    }

    /// Whether who sends a REFER is who it must be: a device proves it, a trunk is known by its address.
    fn referrer(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        source: Flow,
        party: Party,
    ) -> Result<(), No> {
        let proved = match party {
            Party::Device(device) | Party::User { at: device, .. } => {
                match self.authenticate(now, message, source) {
                    Proof::Device(proved) => proved == device,
                    Proof::Missing { stale } => return Err(No::Challenge { stale }),
                }
            }
            Party::Trunk(trunk) => {
                self.policy.and_then(|policy| policy.image.trunk_by_source(source.ip())) == Some(trunk)
            }
            Party::Conference | Party::Unknown => false,
        };
        // Who says that somebody else refers (RFC 3892) is not believed.
        let referred_by = message.headers(Name::ReferredBy).next().map(Address::parse);
        let own = match (party, referred_by) {
            (Party::Device(device) | Party::User { at: device, .. }, Some(Ok(address))) => {
                self.owns(device, Some(&address))
            }
            (_, Some(Err(_))) => return Err(No::Status(400)),
            (Party::Trunk(_) | Party::Conference | Party::Unknown, Some(Ok(_))) | (_, None) => true,
        };
        if proved && own {
            return Ok(());
        }
        let claimed = message.headers(Name::ReferredBy).next().and_then(|value| Address::parse(value).ok());
        self.refused(now, party, claimed.map_or(&[][..], |address| address.uri.user), Rule::IdentityMismatch);
        Err(No::Status(Cause::Denied(Rule::IdentityMismatch).status()))
    }

    /// What the one Refer-To names (section 2.4.1); the status for what cannot be carried out.
    fn target<'b>(
        &self,
        message: &Message<'b>,
        number: &'b mut [u8; MAX_USER],
        header: &'b mut [u8; MAX_REPLACES],
    ) -> Result<Target<'b>, u16> {
        let mut named = message.headers(Name::ReferTo);
        let (Some(value), None) = (named.next(), named.next()) else { return Err(400) };
        let uri = Address::parse(value).map_err(|_| 400u16)?.uri;
        // As the party of a dialog it may have our `sips` address.
        if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips) {
            return Err(416);
        }
        if let Some(method) = uri.param(b"method")
            && !method.is_some_and(|method| method.eq_ignore_ascii_case(b"INVITE"))
        {
            return Err(603);
        }
        for field in uri.headers.split(|byte| *byte == b'&') {
            let mut parts = field.splitn(2, |byte| *byte == b'=');
            if parts.next().is_some_and(|name| name.eq_ignore_ascii_case(b"Replaces")) {
                let value = unescape(parts.next().unwrap_or(&[]), header);
                let replaces = Replaces::parse(value).map_err(|_| 400u16)?;
                return self.sip.find_replaced(&replaces).map(Target::Peer).ok_or(481);
            }
        }
        Ok(Target::Dialed(unescape(uri.user, number)))
    }

    /// Tells a party what becomes of the transfer that it has asked for.
    pub(super) fn referred(&mut self, now: Instant, leg: Handle, status: u16) {
        let Some(slot) = self.calls.leg(leg) else { return };
        if slot.neutral {
            return self.event(Event::Referred(leg, status));
        }
        let own = self.own(leg);
        let mut body = self.sip.pages.writer();
        render::status_line(&mut body, status);
        let Some(body) = body.finish() else { return };
        let extra = |out: &mut PageWriter<'_, '_>| {
            own.put(out);
            out.line(&[b"Event: refer"]);
            let state: &[u8] =
                if status < 200 { b"active;expires=300" } else { b"terminated;reason=noresource" };
            out.line(&[b"Subscription-State: ", state]);
        };
        let request = Request { method: Method::Notify, cookie: self.crypto.random_u64(), body };
        let _ = self.sip.request(now, &mut self.timers, leg, request, extra);
        self.sip.pages.release(body);
    }
}
