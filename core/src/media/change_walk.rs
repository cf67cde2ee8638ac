//! Every interleaving of two parties who change the session at the same time, while the engine renews it: what each sends and
//! believes, and the messages between them and the engine.

use super::change::{
    Action::{Agree, Answer, Clear, Confirm, Cross, Decline, Defer, Draw, GiveUp, PassOn, Refuse, Retry},
    Change,
    Event::{self, Agreed, Asked, Confirmed, Refused, Renew, Tick},
    How,
    Side::{self, A, B},
};
use crate::base::Instant;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::vec::Vec;

/// Whenever something is due, it may be now.
const NOW: Instant = Instant(0);
/// Every stream is refused.
const NOTHING: Version = 200;
/// What somebody else had described.
const NOBODYS: Version = 250;

/// A session description as far as this goes: whose it is, and which of its changes.
type Version = u8;

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Party {
    /// Its own description in force, and the other's that it sends by.
    own: Version,
    peer: Version,
    /// Its offer that is not answered, or it has asked the other to offer.
    asking: Option<Pending>,
    /// It has answered or offered, and the acknowledgement has not come.
    answered: bool,
    /// Changes it may still begin.
    left: u8,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Pending {
    Offer(Version),
    Late,
    Update(Version),
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Packet {
    /// With an offer, or without.
    Invite(Option<Version>),
    /// With an offer.
    Update(Version),
    /// 2xx with an answer or a late offer.
    Ok(Version),
    Failed(u16),
    /// With a late offer's answer, or without.
    Ack(Option<Version>),
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct World {
    parties: [Party; 2],
    change: Change,
    /// What a party was asked to offer.
    drawn: Option<Version>,
    /// Renewals that may still begin.
    renewals: u8,
    to: [VecDeque<Packet>; 2],
    from: [VecDeque<Packet>; 2],
    cleared: bool,
}

fn at(side: Side) -> usize {
    usize::from(side == B)
}

impl World {
    fn new(changes: u8, renewals: u8) -> Self {
        let party = |own, peer| Party { own, peer, asking: None, answered: false, left: changes };
        Self {
            parties: [party(0, 100), party(100, 0)],
            change: Change::NONE,
            drawn: None,
            renewals,
            to: [VecDeque::new(), VecDeque::new()],
            from: [VecDeque::new(), VecDeque::new()],
            cleared: false,
        }
    }

    /// Two parties that a transfer has joined: each has what another had described.
    fn joined(changes: u8) -> Self {
        let mut world = Self { change: Change::APART, ..Self::new(changes, 0) };
        (world.parties[0].peer, world.parties[1].peer) = (NOBODYS, NOBODYS);
        world
    }

    /// They are asked for an offer.
    fn attended(changes: u8) -> Self {
        let mut world = Self::joined(changes);
        world.engine(Renew(NOW), None);
        world
    }

    /// One was called for the other, and has answered with an offer.
    fn blind(changes: u8) -> Self {
        let mut world = Self::joined(changes);
        world.parties[1].answered = true;
        world.engine(Event::Offered(B), Some(world.parties[1].own));
        world
    }

    /// The engine applies an event; a packet that is passed on carries what came.
    fn engine(&mut self, event: Event, carried: Option<Version>) {
        for action in &self.change.handle(NOW, event) {
            match *action {
                PassOn(side) => {
                    if let Agreed(_) | Event::Offered(_) = event {
                        self.drawn = carried;
                    }
                    let offer = if let Asked { .. } = event { carried } else { self.drawn };
                    self.to[at(side)].push_back(Packet::Invite(offer));
                }
                Draw(side) => self.to[at(side)].push_back(Packet::Invite(None)),
                Answer(side) => {
                    self.drawn = None;
                    self.to[at(side)].push_back(Packet::Ack(carried));
                }
                Decline(side) => {
                    self.drawn = None;
                    self.to[at(side)].push_back(Packet::Ack(Some(NOTHING)));
                }
                Retry(_) => assert!(self.change.handle(NOW, Renew(NOW)).is_empty()),
                Agree(side) => self.to[at(side)].push_back(Packet::Ok(carried.expect("a 2xx has one"))),
                // An answer that came with an ACK goes on; an acknowledgement of an answer carries none.
                Confirm(side) => {
                    let answer = if matches!(event, Confirmed(_)) { carried } else { None };
                    self.to[at(side)].push_back(Packet::Ack(answer));
                }
                Refuse(side, status) => self.to[at(side)].push_back(Packet::Failed(status)),
                Cross(side) => self.to[at(side)].push_back(Packet::Failed(491)),
                Defer(side) => self.to[at(side)].push_back(Packet::Failed(500)),
                Clear | GiveUp => self.cleared = true,
            }
        }
    }

    /// All worlds that one step leads to.
    fn steps(&self) -> Vec<Self> {
        let mut next = Vec::new();
        if self.cleared {
            return next;
        }
        if self.renewals > 0 {
            let mut world = self.clone();
            world.renewals -= 1;
            world.engine(Renew(NOW), None);
            next.push(world);
        }
        if self.change.next_deadline().is_some() {
            let mut world = self.clone();
            world.engine(Tick, None);
            next.push(world);
        }
        for side in [A, B] {
            let i = at(side);
            let party = &self.parties[i];
            // It begins a change, with an offer or without; never while one of its own is out (RFC 3261 section 14.1).
            if party.left > 0 && party.asking.is_none() && !party.answered {
                for how in [How::Offer, How::Late, How::Update] {
                    let mut world = self.clone();
                    let party = &mut world.parties[i];
                    party.left -= 1;
                    let offer = party.own + 1 + party.left;
                    let (asking, packet) = match how {
                        How::Offer => (Pending::Offer(offer), Packet::Invite(Some(offer))),
                        How::Late => (Pending::Late, Packet::Invite(None)),
                        How::Update => (Pending::Update(offer), Packet::Update(offer)),
                    };
                    party.asking = Some(asking);
                    world.from[i].push_back(packet);
                    next.push(world);
                }
            }
            // The engine takes what a party sent.
            if let Some(packet) = self.from[i].front().copied() {
                let mut world = self.clone();
                world.from[i].pop_front();
                let (event, carried) = match packet {
                    Packet::Invite(Some(offer)) => (Asked { side, how: How::Offer }, Some(offer)),
                    Packet::Invite(None) => (Asked { side, how: How::Late }, None),
                    Packet::Update(offer) => (Asked { side, how: How::Update }, Some(offer)),
                    Packet::Ok(version) => (Agreed(side), Some(version)),
                    Packet::Failed(status) => (Refused(side, status), None),
                    Packet::Ack(answer) => (Confirmed(side), answer),
                };
                world.engine(event, carried);
                next.push(world);
            }
            // A party takes what the engine sent.
            if let Some(packet) = self.to[i].front().copied() {
                self.receive(side, packet, &mut next);
            }
        }
        next
    }

    fn receive(&self, side: Side, packet: Packet, next: &mut Vec<Self>) {
        let i = at(side);
        let mut world = self.clone();
        world.to[i].pop_front();
        let party = &mut world.parties[i];
        match packet {
            // Its own is out: 491 (RFC 3261 section 14.2).
            Packet::Invite(_) if party.asking.is_some() || party.answered => {
                world.from[i].push_back(Packet::Failed(491));
                next.push(world);
            }
            Packet::Invite(offer) => {
                for refuses in [None, Some(488), Some(481)] {
                    let mut world = world.clone();
                    let party = &mut world.parties[i];
                    match (refuses, offer) {
                        (Some(status), _) => world.from[i].push_back(Packet::Failed(status)),
                        (None, Some(offer)) => {
                            party.peer = offer;
                            party.answered = true;
                            world.from[i].push_back(Packet::Ok(party.own));
                        }
                        (None, None) => {
                            party.answered = true;
                            world.from[i].push_back(Packet::Ok(party.own));
                        }
                    }
                    next.push(world);
                }
            }
            Packet::Ok(version) => {
                party.peer = version;
                match party.asking.take() {
                    Some(Pending::Offer(own)) => {
                        party.own = own;
                        world.from[i].push_back(Packet::Ack(None));
                    }
                    Some(Pending::Late) => world.from[i].push_back(Packet::Ack(Some(party.own))),
                    Some(Pending::Update(own)) => party.own = own,
                    None => panic!("a 2xx that nobody asked for"),
                }
                next.push(world);
            }
            Packet::Update(_) => panic!("the engine sends no UPDATE with an offer"),
            Packet::Failed(_) => {
                assert!(party.asking.take().is_some(), "a refusal that nobody asked for");
                next.push(world);
            }
            Packet::Ack(answer) => {
                assert!(std::mem::take(&mut party.answered), "an ACK of nothing");
                party.peer = answer.unwrap_or(party.peer);
                next.push(world);
            }
        }
    }

    fn is_quiet(&self) -> bool {
        self.to.iter().chain(&self.from).all(VecDeque::is_empty)
    }

    /// Both hold the other's description, and wait for nothing.
    fn is_good(&self) -> bool {
        let [a, b] = &self.parties;
        let waits = |party: &Party| party.asking.is_some() || party.answered;
        a.peer == b.own && b.peer == a.own && !waits(a) && !waits(b) && self.change.is_settled()
    }
}

#[test]
fn whatever_crosses_both_hold_each_others_description_or_the_call_is_cleared() {
    to_closure("two who talk", World::new(3, 2));
}

/// The same for two who were joined by a transfer: nobody is left with what another had described.
#[test]
fn whatever_crosses_two_who_were_joined_describe_themselves_to_each_other() {
    to_closure("joined while they talk", World::attended(2));
    to_closure("joined as one answers", World::blind(2));
}

fn to_closure(what: &str, start: World) {
    let mut seen = HashSet::new();
    let mut todo = Vec::from([start]);
    let mut ends = BTreeSet::new();
    while let Some(world) = todo.pop() {
        if !seen.insert(world.clone()) {
            continue;
        }
        let steps = world.steps();
        if !world.cleared && world.is_quiet() && world.change.next_deadline().is_none() {
            assert!(world.is_good(), "{world:#?}");
        }
        if steps.is_empty() {
            assert!(world.cleared || world.is_good(), "{world:#?}");
            ends.insert((world.cleared, world.parties[0].own, world.parties[1].own));
        }
        todo.extend(steps);
    }
    std::println!("{what}: {} states to closure, {} different ends", seen.len(), ends.len());
    assert!(ends.iter().any(|(cleared, ..)| *cleared) && ends.len() > 10);
}
