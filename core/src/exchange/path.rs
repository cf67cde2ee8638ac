//! Which way the media of a call takes, what the relay is asked, and the pinholes that follow.
//!
//! The relay is outside and answers later. What waits for it:
//! - an INVITE of ours is not sent before ([`Exchange::relayed`] goes on with it);
//! - a message with a description is as if it had not come: [`Received::Held`](super::Received) says so, its sender sends it
//!   again, and whoever has kept it may give it again as soon as the relay has answered.

use super::media::Ready;
use super::{Event, Exchange, Pinhole};
use crate::base::{Crypto, Flow, Full, Handle, Instant};
use crate::call::{Command, Commands, Edge, Media, leg};
use crate::media::path::{Between, Meeting};
use crate::media::relay::{Ask, Role};
use crate::media::{Path, Places, Refused, Relayed};
use crate::policy::{Image, Party};
use crate::signalling::dialog::Phase;

/// What was agreed on is acknowledged by then, as a rule.
pub(super) const SETTLING_MS: u64 = 500;

impl<C: Crypto> Exchange<'_, C> {
    /// The relay has answered for a leg whose [`Ask`] came as an output: the other party sends there; `None`: it could not
    /// take the media. Answers that nobody waits for are of no consequence.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled: nothing has changed, poll and give it again.
    pub fn relayed(&mut self, now: Instant, leg: Handle, places: Option<&Places>) -> Result<(), Full> {
        self.reserve()?;
        let now = self.advance(now);
        let Some(slot) = self.calls.leg_mut(leg) else { return Ok(()) };
        let (Relayed::Asked(role), asked) = (slot.relayed, slot.places) else { return Ok(()) };
        // Every stream that is awaited somewhere has a place at the relay, and no other has.
        let whole = |places: &&Places| {
            (0..asked.len()).all(|stream| asked.get(stream).is_some() == places.get(stream).is_some())
        };
        slot.relayed = places.filter(whole).map_or(Relayed::Failed, |places| Relayed::At(*places));
        let waiting = self.calls.edge(leg).filter(|edge| edge.a() == leg).map(Edge::b);
        if role == Role::Answer {
            return Ok(());
        }
        if let Some(b) = waiting {
            self.send_what_waited(now, b);
            self.send_what_waited_beside(now, leg);
        }
        Ok(())
    }

    /// Sends our INVITE, if that has waited for the relay.
    pub(super) fn send_what_waited(&mut self, now: Instant, b: Handle) {
        let state = self.calls.leg(b).map(|slot| slot.leg.state());
        // Who takes a call has a dialog of its own, in which it is asked.
        let unsent = matches!(state, Some(leg::State::Calling { .. }))
            && self.sip.dialog(b).is_none_or(|dialog| dialog.phase == Phase::Confirmed);
        if unsent {
            let mut commands = Commands::new();
            let _ = commands.push(Command::Setup(b));
            self.perform(now, &commands, &super::commands::Heard::NOTHING);
        }
    }

    /// Where a party awaits its media from now on.
    pub(super) fn note_places(&mut self, leg: Handle, places: Places) {
        if let Some(slot) = self.calls.leg_mut(leg)
            && slot.places != places
        {
            slot.places = places;
            slot.relayed = Relayed::No;
        }
    }

    pub(super) fn is_anchored(&self, leg: Handle) -> bool {
        self.calls.media(leg).is_some_and(|media| matches!(media.offered, Path::Anchored(_)))
    }

    /// Decides which way the media takes that a party offers (R93).
    pub(super) fn choose_path(&mut self, leg: Handle) -> Result<(), Refused> {
        let path = self.path(leg)?;
        if let Some(media) = self.calls.media_mut(leg) {
            (media.offered, media.fitting) = (path, path);
        }
        Ok(())
    }

    /// Decides it again by what the other has answered: where they should meet otherwise, that follows.
    pub(super) fn choose_path_again(&mut self, leg: Handle) -> Result<(), Refused> {
        let path = self.path(leg)?;
        if let Some(media) = self.calls.media_mut(leg) {
            media.fitting = path;
        }
        Ok(())
    }

    fn path(&self, leg: Handle) -> Result<Path, Refused> {
        // Help goes by the shortest way (law 4).
        match self.calls.peer(leg) {
            Some(_) if self.calls.is_emergency(leg) => Ok(Path::Direct),
            Some(peer) => self.path_between(leg, peer),
            None => Ok(Path::Open),
        }
    }

    /// The way between two parties, whether they are in one call or not.
    #[inline(always)]
    pub(super) fn path_between(&self, leg: Handle, peer: Handle) -> Result<Path, Refused> {
        let slots = self.calls.leg(leg).zip(self.calls.leg(peer));
        let (Some((own, other)), Some(policy)) = (slots, &self.policy) else { return Ok(Path::Open) };
        if own.neutral || other.neutral {
            return Ok(Path::Open);
        }
        let reached = (self.signalled(leg, own.party), self.signalled(peer, other.party));
        // Who cannot be reached is not called: that is said elsewhere.
        let (Some(near), Some(far)) = reached else { return Ok(Path::Direct) };
        let image = &policy.image;
        let between = if image.media_paths().is_empty() {
            Between::Unlisted
        } else {
            let zone = |party, address: Flow| media_zone(image, party, address);
            Between::from_number(image.media_path(zone(own.party, near), zone(other.party, far)))
        };
        let meeting = Meeting {
            between,
            awaited: [&own.places, &other.places],
            signalled: [near.ip(), far.ip()],
            relay: image.system().relay.len > 0,
        };
        meeting.path()
    }

    /// Where the requests of a leg go, or would.
    pub(super) fn signalled(&self, leg: Handle, party: Party) -> Option<Flow> {
        self.sip.dialog(leg).map(|dialog| dialog.far.next_hop).or_else(|| self.reach(party))
    }

    /// Asks the relay for what a party has just said, if media is anchored and it has not been asked yet.
    pub(super) fn relay(&mut self, leg: Handle, role: Role) -> Result<Ready, Refused> {
        if !self.is_anchored(leg) {
            return Ok(Ready::Now);
        }
        let (peer, Some(slot)) = (self.calls.peer(leg), self.calls.leg_mut(leg)) else {
            return Ok(Ready::Now);
        };
        match slot.relayed {
            Relayed::No if slot.places.iter().next().is_none() => return Ok(Ready::Now),
            Relayed::No => {}
            Relayed::Asked(_) => return Ok(Ready::Held),
            Relayed::At(_) => return Ok(Ready::Now),
            Relayed::Failed => {
                slot.relayed = Relayed::No;
                return Err(Refused::Relay);
            }
        }
        slot.relayed = Relayed::Asked(role);
        // The answer to a new offer is told to the relay too. An offer that crosses has its own question: were that
        // forgotten, both would ask again for ever.
        if role == Role::Offer
            && let Some(other) = peer.and_then(|peer| self.calls.leg_mut(peer))
            && let Relayed::At(_) | Relayed::Failed = other.relayed
        {
            other.relayed = Relayed::No;
        }
        if let Some(media) = self.calls.media_mut(leg) {
            media.relayed = true;
        }
        self.event(Event::Relay(leg));
        Ok(Ready::Held)
    }

    /// The question to the relay that waits for a leg.
    pub(super) fn ask(&self, leg: Handle) -> Option<Ask> {
        let slot = self.calls.leg(leg)?;
        let (side, legs) = self.calls.sides(leg)?;
        let Relayed::Asked(role) = slot.relayed else { return None };
        let other = legs.of(side.other());
        let to = self.signalled(other, self.calls.leg(other)?.party)?.ip();
        Some(Ask { media: self.calls.known(leg)?, leg, side, role, places: slot.places, to })
    }

    /// Media may flow.
    pub(super) fn open_media(&mut self, leg: Handle) {
        let Some(known) = self.calls.known(leg) else { return };
        let Some(media) = self.calls.media_mut(leg) else { return };
        media.agreed = media.offered;
        let before = *media;
        // Zero is none.
        media.pinholes = media.pinholes.checked_add(1).unwrap_or(1);
        let number = media.pinholes;
        let direct = before.relayed && !matches!(before.agreed, Path::Anchored(_));
        if direct {
            media.relayed = false;
        }
        self.event(Event::Open(known, number));
        if before.pinholes != 0 {
            self.event(Event::Close(known, before.pinholes));
        }
        if direct {
            self.event(Event::RelayEnd(known));
        }
    }

    /// Both parties know of each other's media, by what one of them has begun: should they meet otherwise, that is next. What
    /// the engine itself has begun is not begun again: who answers something else every time would never come to an end.
    pub(super) fn media_agreed(&mut self, leg: Handle) {
        self.open_media(leg);
        let anchored = |path| matches!(path, Path::Anchored(_));
        let other = |media: &Media| anchored(media.fitting) != anchored(media.agreed);
        if self.calls.media(leg).is_some_and(other) && self.calls.is_answered(leg) {
            self.renew(self.clock.now().plus_ms(SETTLING_MS), leg);
        }
    }

    /// A change that the relay knows of was refused: it forwards as before.
    pub(super) fn media_kept(&mut self, leg: Handle) {
        let Some((_, legs)) = self.calls.sides(leg) else { return };
        let relayed = self.calls.media(leg).is_some_and(|media| media.relayed);
        let Some(known) = self.calls.known(leg).filter(|_| relayed) else { return };
        if !self.is_anchored(leg) {
            return;
        }
        for leg in [legs.a, legs.b] {
            if let Some(slot) = self.calls.leg_mut(leg) {
                slot.relayed = Relayed::No;
            }
        }
        self.event(Event::RelayUndo(known));
    }

    /// The media of a call is over.
    pub(super) fn media_over(&mut self, known: Handle, media: Media) {
        if media.pinholes != 0 {
            self.event(Event::Close(known, media.pinholes));
        }
        if media.relayed {
            self.event(Event::RelayEnd(known));
        }
    }

    /// The pinhole `n` of a call's media, from 0, if it has so many.
    pub(super) fn pinhole(&self, known: Handle, number: u16, n: usize) -> Option<Pinhole> {
        let (_, legs) = self.calls.sides(known)?;
        let (a, b) = (self.calls.leg(legs.a)?, self.calls.leg(legs.b)?);
        let anchored = self.is_anchored(known);
        // A party and where it sends: directly both are one way, over the relay there are two.
        let there = (&a.places, b.told(anchored));
        let back = anchored.then(|| (&b.places, a.told(anchored)));
        let mut left = n;
        for (own, other) in core::iter::once(there).chain(back) {
            for (stream, one) in own.iter() {
                let Some(other) = other.get(stream) else { continue };
                // Reports have a way of their own unless both parties have them share the port.
                let ways = [
                    Some((one.rtp, other.rtp)),
                    (one.rtcp != one.rtp || other.rtcp != other.rtp).then_some((one.rtcp, other.rtcp)),
                ];
                for (a, b) in ways.into_iter().flatten() {
                    if left == 0 {
                        return Some(Pinhole {
                            media: known,
                            number,
                            a,
                            b,
                            longest_s: self.calls.longest_s(known),
                        });
                    }
                    left = left.saturating_sub(1);
                }
            }
        }
        None
    }
}

/// The zone of a party for its media, row plus one: that of its address if one says so, else its own.
fn media_zone(image: &Image<'_>, party: Party, address: Flow) -> u8 {
    let own = match party {
        Party::Device(device) | Party::User { at: device, .. } => {
            let row = usize::try_from(device).ok().and_then(|device| image.devices().get(device));
            row.map_or(0, |row| row.zone)
        }
        Party::Trunk(trunk) => return image.trunks().get(usize::from(trunk)).map_or(0, |row| row.zone),
        Party::Conference | Party::Unknown => 0,
    };
    match image.zone_by_address(address.ip()) {
        0 => own,
        told => told,
    }
}
