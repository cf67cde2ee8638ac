//! The machine as traces, and every interleaving of two parties who change the session at the same time.

use super::change::{
    Action::{self, Agree, Clear, Confirm, Cross, Defer, PassOn, Refuse},
    Change,
    Event::{self, Agreed, Asked, Confirmed, Refused},
    Side::{self, A, B},
};
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::vec::Vec;

fn asked(side: Side) -> Event {
    Asked { side, late: false }
}

fn trace(rows: &[(Event, &[Action])]) -> Change {
    let mut change = Change::NONE;
    for (n, (event, wanted)) in rows.iter().enumerate() {
        assert_eq!(change.handle(*event).as_slice(), *wanted, "row {n}: {event:?}");
    }
    change
}

#[test]
fn an_offer_is_passed_on_and_its_answer_back() {
    let end = trace(&[(asked(A), &[PassOn(B)]), (Agreed(B), &[Confirm(B), Agree(A)]), (Confirmed(A), &[])]);
    assert!(end.is_settled());
}

/// RFC 3264 section 5: the answer to an offer in a 2xx is in the ACK.
#[test]
fn a_late_offer_is_confirmed_by_its_answer() {
    let late = Asked { side: B, late: true };
    let end = trace(&[(late, &[PassOn(A)]), (Agreed(A), &[Agree(B)]), (Confirmed(B), &[Confirm(A)])]);
    assert!(end.is_settled());
}

/// R97: 491 for the crossing one, 500 for the second of the same side.
#[test]
fn r97_one_change_at_a_time() {
    let end = trace(&[
        (asked(A), &[PassOn(B)]),
        (asked(B), &[Cross(B)]),
        (asked(A), &[Defer(A)]),
        (Refused(B, 491), &[Refuse(A, 491)]),
        (asked(B), &[PassOn(A)]),
        (Agreed(A), &[Confirm(A), Agree(B)]),
        (asked(B), &[Cross(B)]),
        (asked(A), &[Cross(A)]),
        (Confirmed(B), &[]),
    ]);
    assert!(end.is_settled());
}

/// RFC 3261 section 14.1: a failed change leaves the session as it was; a party that is gone ends the call (RFC 5057).
#[test]
fn a_refusal_leaves_the_session() {
    for (status, told) in [(488, 488), (606, 606), (302, 488), (401, 488), (407, 488), (500, 500)] {
        assert!(trace(&[(asked(A), &[PassOn(B)]), (Refused(B, status), &[Refuse(A, told)])]).is_settled());
    }
    for gone in [408, 481] {
        assert!(
            trace(&[(asked(A), &[PassOn(B)]), (Refused(B, gone), &[Refuse(A, gone), Clear])]).is_settled()
        );
    }
}

#[test]
fn what_comes_too_late_changes_nothing() {
    trace(&[
        (Agreed(B), &[]),
        (Refused(A, 488), &[]),
        (Confirmed(A), &[]),
        (asked(A), &[PassOn(B)]),
        (Agreed(A), &[]),
        (Refused(A, 488), &[]),
        (Confirmed(A), &[]),
        (Agreed(B), &[Confirm(B), Agree(A)]),
        (Agreed(B), &[]),
        (Refused(B, 488), &[]),
        (Confirmed(B), &[]),
    ]);
}

// Every interleaving: two parties with what each sends and believes, and the messages between them and the engine.

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
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Packet {
    /// With an offer, or without.
    Invite(Option<Version>),
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
    /// What the engine holds to pass on: the late offer's answer comes with the ACK.
    to: [VecDeque<Packet>; 2],
    from: [VecDeque<Packet>; 2],
    cleared: bool,
}

fn at(side: Side) -> usize {
    usize::from(side == B)
}

impl World {
    fn new(changes: u8) -> Self {
        let party = |own, peer| Party { own, peer, asking: None, answered: false, left: changes };
        Self {
            parties: [party(0, 100), party(100, 0)],
            change: Change::NONE,
            to: [VecDeque::new(), VecDeque::new()],
            from: [VecDeque::new(), VecDeque::new()],
            cleared: false,
        }
    }

    /// The engine applies an event; a packet that is passed on carries what came.
    fn engine(&mut self, event: Event, carried: Option<Version>) {
        for action in &self.change.handle(event) {
            match *action {
                PassOn(side) => self.to[at(side)].push_back(Packet::Invite(carried)),
                Agree(side) => self.to[at(side)].push_back(Packet::Ok(carried.expect("a 2xx has one"))),
                // An answer that came with an ACK goes on; an acknowledgement of an answer carries none.
                Confirm(side) => {
                    let answer = if matches!(event, Confirmed(_)) { carried } else { None };
                    self.to[at(side)].push_back(Packet::Ack(answer));
                }
                Refuse(side, status) => self.to[at(side)].push_back(Packet::Failed(status)),
                Cross(side) => self.to[at(side)].push_back(Packet::Failed(491)),
                Defer(side) => self.to[at(side)].push_back(Packet::Failed(500)),
                Clear => self.cleared = true,
            }
        }
    }

    /// All worlds that one step leads to.
    fn steps(&self) -> Vec<Self> {
        let mut next = Vec::new();
        if self.cleared {
            return next;
        }
        for side in [A, B] {
            let i = at(side);
            let party = &self.parties[i];
            // It begins a change, with an offer or without; never while one of its own is out (RFC 3261 section 14.1).
            if party.left > 0 && party.asking.is_none() && !party.answered {
                for late in [false, true] {
                    let mut world = self.clone();
                    let party = &mut world.parties[i];
                    party.left -= 1;
                    let offer = party.own + 1 + party.left;
                    party.asking = Some(if late { Pending::Late } else { Pending::Offer(offer) });
                    world.from[i].push_back(Packet::Invite((!late).then_some(offer)));
                    next.push(world);
                }
            }
            // The engine takes what a party sent.
            if let Some(packet) = self.from[i].front().copied() {
                let mut world = self.clone();
                world.from[i].pop_front();
                let (event, carried) = match packet {
                    Packet::Invite(offer) => (Asked { side, late: offer.is_none() }, offer),
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
                let answer = match party.asking.take() {
                    Some(Pending::Offer(own)) => {
                        party.own = own;
                        None
                    }
                    Some(Pending::Late) => Some(party.own),
                    None => panic!("a 2xx that nobody asked for"),
                };
                world.from[i].push_back(Packet::Ack(answer));
                next.push(world);
            }
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
    let mut seen = HashSet::new();
    let mut todo = Vec::from([World::new(3)]);
    let mut ends = BTreeSet::new();
    while let Some(world) = todo.pop() {
        if !seen.insert(world.clone()) {
            continue;
        }
        let steps = world.steps();
        if !world.cleared && world.is_quiet() {
            assert!(world.is_good(), "{world:#?}");
        }
        if steps.is_empty() {
            assert!(world.cleared || world.is_good(), "{world:#?}");
            ends.insert((world.cleared, world.parties[0].own, world.parties[1].own));
        }
        todo.extend(steps);
    }
    std::println!("{} states to closure, {} different ends", seen.len(), ends.len());
    assert!(ends.iter().any(|(cleared, ..)| *cleared) && ends.len() > 10);
}
