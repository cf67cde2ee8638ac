//! Walks over every order of events with the real tables of calls, until nothing new is found: nobody is joined without a
//! permit, nobody is forgotten, nothing is left.

use std::collections::{HashMap, HashSet, VecDeque};
use strowger::account::Typed;
use strowger::base::{Digits, Handle, Instant, Soft};
use strowger::call::leg::{self, State};
use strowger::call::{Calls, Cause, Command, Commands, Dialing, Terms, Transfer, join::Progress};
use strowger::policy::{
    Attempt, Attended, Behalf, Feature, Fetch, Image, Mode, Party, Permit, Reached, Recall,
};
use strowger::table::{Slab, Slot};

/// Whatever waits, waits so long: time passes in such steps.
const STEP_MS: u64 = 32_000;
const START: Instant = Instant(1_000_000_000);
const NUMBERS: [&[u8]; 3] = [b"201", b"202", b"203"];
/// Who transfers or parks: 202. Its peer is 201, the third is 203.
const X: u32 = 1;
const THIRD: u32 = 2;
/// Where X transfers its peer to while the third takes calls.
const FOURTH: &[u8] = b"204";

/// What parties do in a walk.
#[allow(dead_code, reason = "each test program uses a part of it")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Does {
    /// X calls the third, and everybody transfers.
    Transfer,
    /// X and its peer park each other; the third takes what it can.
    Park,
    /// X's peer transfers it to a device that rings, or the call rings still; the third takes what it can.
    Pickup,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Move {
    /// An event of the leg at this place.
    Leg(usize, leg::Event),
    /// The party of this leg transfers its peer to 203.
    Blind(usize),
    /// It joins the peers of two legs.
    Join(usize, usize),
    /// X calls 203.
    Consult,
    /// The party of this leg parks its peer.
    Park(usize),
    /// 203 goes off hook.
    OffHook,
    /// Who is off hook here takes back who is parked.
    Retrieve(usize),
    /// Who is off hook here takes the call that rings.
    PickUp(usize),
    Wait,
}

/// A leg as worlds are compared.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Seen {
    party: Party,
    state: State,
    /// The place of its peer, and whether the two are joined.
    peer: Option<usize>,
    joined: bool,
    transfer: Option<Transfer>,
    dials: bool,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct World {
    legs: Vec<Seen>,
    /// Transfers and calls that were asked for.
    asked: (u8, u8),
}

struct Desk<'m, 'i> {
    calls: Calls<'m>,
    image: &'i Image<'i>,
    now: Instant,
    asked: (u8, u8),
    records: u8,
    does: Does,
    /// Who was joined, by rejoining.
    rejoined: Vec<[Party; 2]>,
}

fn relative(state: State, now: Instant) -> State {
    let moved = |until: Instant| Instant(until.0.saturating_sub(now.0));
    match state {
        State::Calling { until } => State::Calling { until: moved(until) },
        State::Ringing { until } => State::Ringing { until: moved(until) },
        State::Connected { until } => State::Connected { until: until.map(moved) },
        State::Clearing { until, cause } => State::Clearing { until: moved(until), cause },
        State::Idle | State::Proceeding | State::Alerting | State::Gone => state,
    }
}

impl<'i> Desk<'_, 'i> {
    fn handles(&self) -> Vec<Handle> {
        self.calls.legs().map(|(leg, _)| leg).collect()
    }

    fn world(&self) -> World {
        let handles = self.handles();
        let place = |leg: Handle| handles.iter().position(|one| *one == leg);
        let legs = handles.iter().map(|leg| {
            let slot = self.calls.leg(*leg).expect("it is there");
            let edge = self.calls.edge(*leg).filter(|edge| edge.other(*leg).is_some());
            // A handle is a place here: which one it is does not matter.
            let transfer = self.calls.transfer(*leg).map(|transfer| match transfer {
                Transfer::Pending { ringing, left } => {
                    let ringing = place(ringing).map_or(Handle::NONE, |at| Handle::new(at as u32, 0, 1));
                    Transfer::Pending { ringing, left }
                }
                Transfer::Ringing { by, party, recall, described } => {
                    let by = place(by).map_or(Handle::NONE, |at| Handle::new(at as u32, 0, 1));
                    Transfer::Ringing { by, party, recall, described }
                }
                Transfer::Parked { at, by, until } => {
                    Transfer::Parked { at, by, until: Instant(until.0.saturating_sub(self.now.0)) }
                }
                Transfer::Camped { on, by, until } => {
                    Transfer::Camped { on, by, until: Instant(until.0.saturating_sub(self.now.0)) }
                }
                same @ (Transfer::None | Transfer::Failed { .. }) => same,
            });
            Seen {
                party: slot.party,
                state: relative(slot.leg.state(), self.now),
                peer: edge.and_then(|edge| edge.other(*leg)).and_then(place),
                joined: edge.is_some_and(|edge| edge.progress() == Progress::Joined),
                transfer,
                dials: self.calls.dialing(*leg).is_some(),
            }
        });
        World { legs: legs.collect(), asked: self.asked }
    }

    fn terms(&self) -> Terms {
        Terms {
            dialed: Digits::EMPTY,
            ringing_s: 32,
            longest_s: 0,
            account: Typed::NONE,
            neutral: (true, true),
            leg: None,
            zone: 0,
            speed: None,
        }
    }

    fn party(&self, leg: Handle) -> Party {
        self.calls.leg(leg).expect("it is there").party
    }

    fn set_up(&mut self, from: u32, number: &[u8]) -> Option<Handle> {
        let attempt = Attempt::new(Party::Device(from), number);
        let permit = Permit::request(self.image, &attempt, |_| true).ok()?;
        let (terms, mut commands) = (self.terms(), Commands::new());
        let pair = self.calls.set_up(self.now, permit, &terms, &mut commands)?;
        self.perform(&commands);
        Some(pair.b)
    }

    fn event(&mut self, leg: Handle, event: leg::Event) {
        let mut commands = Commands::new();
        self.calls.event(self.now, leg, event, &mut commands);
        self.perform(&commands);
    }

    /// Does what the exchange does.
    fn perform(&mut self, commands: &Commands) {
        for command in commands {
            match *command {
                Command::Setup(_) | Command::Alerting(_) | Command::Parted(..) => {}
                Command::Connect(connect) => {
                    if self.calls.takes(connect.b()) {
                        self.rejoined.push([self.party(connect.a()), self.party(connect.b())]);
                    }
                }
                Command::Release(leg, _) => {
                    assert!(matches!(self.calls.leg(leg).unwrap().leg.state(), State::Clearing { .. }));
                }
                Command::Ended(leg) => self.calls.free_leg(leg),
                Command::Finished(_) => self.records += 1,
                Command::Unplaced(..) => panic!("nobody is asked for a code"),
                Command::Referred(leg, status) => {
                    assert!(self.calls.leg(leg).is_some() && status >= 180, "who has left is told nothing");
                }
                Command::Rejoined(rejoined) => {
                    let pair = [rejoined.connect.a(), rejoined.connect.b()];
                    self.rejoined.push(pair.map(|leg| self.party(leg)));
                    let edge = self.calls.edge(pair[0]).expect("they have a call");
                    assert_eq!((edge.a(), edge.b(), edge.progress()), (pair[0], pair[1], Progress::Joined));
                }
                Command::Dismiss(leg, cause) => self.event(leg, leg::Event::PeerReleased(cause)),
                Command::RingMore(_) | Command::Others(..) => panic!("there are no hunt groups"),
                Command::Left(_) => panic!("there are no conferences"),
                Command::Recall(of, to) => self.recall(of, to),
            }
        }
    }

    fn recall(&mut self, of: Handle, to: Party) {
        let question =
            Recall { of: self.party(of), to, reversed: self.calls.was_called(of), mode: Mode::Day };
        let permit = Permit::recall(self.image, &question).expect("they have talked");
        let (terms, mut commands) = (self.terms(), Commands::new());
        match self.calls.ring_for(self.now, permit, (of, Handle::NONE), &terms, &mut commands) {
            Some(_) => self.perform(&commands),
            None => self.event(of, leg::Event::PeerReleased(Cause::UNAVAILABLE)),
        }
    }

    fn blind(&mut self, by: Handle) {
        let Some(of) = self.calls.transferee(by) else { return };
        let behalf = Some(Behalf { feature: Feature::Transfer, party: self.party(of) });
        let to = if self.does == Does::Pickup { FOURTH } else { NUMBERS[2] };
        let attempt = Attempt { behalf, ..Attempt::new(self.party(by), to) };
        let Ok(permit) = Permit::request(self.image, &attempt, |_| true) else { return };
        let (terms, mut commands) = (self.terms(), Commands::new());
        if self.calls.ring_for(self.now, permit, (of, by), &terms, &mut commands).is_some() {
            self.perform(&commands);
        }
    }

    fn retrieve(&mut self, by: Handle) {
        let Some(waits) = self.calls.parked_at(X) else { return };
        let Some(permit) = self.fetch(by, waits.of, waits.called, Feature::Retrieve) else { return };
        let (terms, mut commands) = (self.terms(), Commands::new());
        assert!(self.calls.take_back(self.now, permit, (waits.leg, by), &terms, &mut commands));
        self.perform(&commands);
    }

    fn pick_up(&mut self, by: Handle) {
        let Some(rings) = self.calls.ringing_at(|party, _| party.phone() != Some(THIRD)) else { return };
        let Some(permit) = self.fetch(by, rings.of, false, Feature::Pickup) else { return };
        let mut commands = Commands::new();
        assert!(self.calls.pick_up(self.now, permit, &rings, by, &mut commands));
        self.perform(&commands);
    }

    fn fetch(&self, by: Handle, of: Party, called: bool, feature: Feature) -> Option<Permit<'i>> {
        let fetch = Fetch { by: self.party(by), of, called, feature, mode: Mode::Day };
        Permit::fetch(self.image, &fetch).ok()
    }

    fn join(&mut self, by: Handle, other: Handle) {
        let Some(legs) = self.calls.peers(by, other) else { return };
        let question = Attended {
            by: self.party(by),
            of: self.party(legs.of),
            to: Reached::Caller(self.party(legs.to)),
            mode: Mode::Day,
        };
        let Ok(permit) = Permit::attended(self.image, &question) else { return };
        let mut commands = Commands::new();
        assert!(self.calls.join_peers(self.now, permit, &legs, &mut commands), "the permit is for them");
        self.perform(&commands);
    }

    fn apply(&mut self, step: Move) {
        let handles = self.handles();
        match step {
            Move::Leg(at, event) => self.event(handles[at], event),
            Move::Blind(at) => {
                self.asked.0 += 1;
                self.blind(handles[at]);
            }
            Move::Join(one, other) => {
                self.asked.0 += 1;
                self.join(handles[one], handles[other]);
            }
            Move::Consult => {
                self.asked.1 += 1;
                let _ = self.set_up(X, NUMBERS[2]);
            }
            Move::Park(at) => {
                self.asked.0 += 1;
                let mut commands = Commands::new();
                let until = self.now.plus_ms(2 * STEP_MS);
                if self.calls.park(handles[at], X, until, &mut commands) {
                    self.perform(&commands);
                }
            }
            Move::OffHook => {
                self.asked.1 += 1;
                let _ = self.calls.off_hook(Party::Device(THIRD), true, Dialing::NEW);
            }
            Move::Retrieve(at) => self.retrieve(handles[at]),
            Move::PickUp(at) => self.pick_up(handles[at]),
            Move::Wait => {
                self.now = self.now.plus_ms(STEP_MS);
                for leg in handles {
                    if self.calls.deadline(leg).is_some_and(|at| at <= self.now) {
                        self.event(leg, leg::Event::Tick);
                        let mut commands = Commands::new();
                        self.calls.parked_too_long(self.now, leg, &mut commands);
                        self.perform(&commands);
                    }
                }
            }
        }
    }

    /// What must hold everywhere.
    fn check(&self, world: &World, forbidden: bool) {
        let going = |seen: &Seen| matches!(seen.state, State::Clearing { .. });
        assert!(
            self.calls.used() > 0 || world.legs.iter().all(going),
            "a call is there as long as its legs: {world:?}"
        );
        assert!(self.calls.used() == 0 || !world.legs.is_empty(), "a call is left: {world:?}");
        let talks = |seen: &Seen| matches!(seen.state, State::Connected { .. });
        for (at, seen) in world.legs.iter().enumerate() {
            let parked = matches!(seen.transfer, Some(Transfer::Parked { .. }));
            let waits = parked || matches!(seen.transfer, Some(Transfer::Pending { left: true, .. }));
            let peer = seen.peer.map(|peer| &world.legs[peer]);
            if talks(seen) && !waits {
                // With somebody, or with somebody who is just going.
                let peer = peer.unwrap_or_else(|| panic!("leg {at} talks to nobody: {world:?}"));
                assert!(
                    seen.joined && (talks(peer) || matches!(peer.state, State::Clearing { .. })),
                    "{world:?}"
                );
            }
            if waits && !parked && talks(seen) {
                let ringing = match seen.transfer {
                    Some(Transfer::Pending { ringing, .. }) => world.legs.get(ringing.index() as usize),
                    _ => None,
                };
                assert!(ringing.is_some_and(|leg| leg.transfer.is_some()), "it waits for nobody: {world:?}");
            }
            if let (true, Some(peer)) = (seen.joined && talks(seen), peer.filter(|peer| talks(peer))) {
                assert_ne!(seen.party, peer.party, "{world:?}");
                let pair = [seen.party, peer.party];
                let first_with_third = pair.contains(&Party::Device(0)) && pair.contains(&Party::Device(2));
                assert!(!(forbidden && first_with_third), "policy forbids that: {world:?}");
            }
        }
        let deadlines = self.handles().into_iter().any(|leg| self.calls.deadline(leg).is_some());
        let talking = world.legs.iter().any(talks);
        let dialing = world.legs.iter().any(|seen| seen.dials);
        assert!(
            world.legs.is_empty() || deadlines || talking || dialing,
            "nobody waits for anything: {world:?}"
        );
    }

    fn moves(&self, world: &World, does: Does) -> Vec<Move> {
        use leg::Event::{Alerting, Answer, Confirmed, Release};
        let mut moves = vec![Move::Wait];
        for (at, seen) in world.legs.iter().enumerate() {
            let events: &[leg::Event] = match seen.state {
                State::Calling { .. } => &[Alerting, Answer, Release(Cause::BUSY)],
                State::Ringing { .. } => &[Answer, Release(Cause::BUSY)],
                State::Clearing { .. } => &[Confirmed],
                State::Proceeding | State::Alerting | State::Connected { .. } => &[Release(Cause::Normal)],
                State::Idle if seen.dials => &[Release(Cause::Normal)],
                State::Idle | State::Gone => &[],
            };
            moves.extend(events.iter().map(|event| Move::Leg(at, *event)));
            if seen.dials {
                moves.push(Move::Retrieve(at));
                moves.push(Move::PickUp(at));
            }
            if world.asked.0 < 2 && matches!(seen.state, State::Connected { .. }) {
                match does {
                    Does::Transfer => {
                        moves.push(Move::Blind(at));
                        let others = (0..world.legs.len()).filter(|other| *other != at);
                        moves.extend(others.map(|other| Move::Join(at, other)));
                    }
                    Does::Park => moves.push(Move::Park(at)),
                    Does::Pickup => moves.push(Move::Blind(at)),
                }
            }
        }
        if world.asked.1 < 1 {
            moves.push(match does {
                Does::Transfer => Move::Consult,
                Does::Park | Does::Pickup => Move::OffHook,
            });
        }
        moves
    }
}

/// Walks to closure; the number of worlds, and the pairs that were joined by something else than an answer to a plain call.
pub(crate) fn walk(policy: &str, forbidden: bool, does: Does) -> (usize, HashSet<[Party; 2]>) {
    let compiled = strowger_tools::compile_str(policy, "policy.toml").expect("it compiles");
    let image = Image::load(&compiled.image, &mut Soft::new(&[0; 32])).expect("valid");
    let start = |way: &[Move], then: &mut dyn FnMut(&mut Desk<'_, '_>)| {
        let mut legs = [const { Slot::EMPTY }; 8];
        let mut calls = [const { Slot::EMPTY }; 4];
        let calls = Calls::new(Slab::new(&mut legs, 1), Slab::new(&mut calls, 1));
        let mut desk =
            Desk { calls, image: &image, now: START, asked: (0, 0), records: 0, does, rejoined: Vec::new() };
        let called = desk.set_up(0, NUMBERS[1]).expect("201 may call 202");
        let before = if does == Does::Pickup { leg::Event::Alerting } else { leg::Event::Answer };
        desk.event(called, before);
        way.iter().for_each(|step| desk.apply(*step));
        then(&mut desk);
    };
    let mut first = None;
    start(&[], &mut |desk| first = Some(desk.world()));
    let first = first.expect("a call");
    let mut ways: HashMap<World, Vec<Move>> = HashMap::from([(first.clone(), Vec::new())]);
    let (mut todo, mut pairs) = (VecDeque::from([first]), HashSet::new());
    let mut ends = 0;
    while let Some(world) = todo.pop_front() {
        let way = ways[&world].clone();
        let mut moves = Vec::new();
        start(&way, &mut |desk| {
            desk.check(&world, forbidden);
            moves = desk.moves(&world, does);
        });
        ends += usize::from(world.legs.is_empty());
        for step in moves {
            let longer: Vec<Move> = way.iter().copied().chain([step]).collect();
            start(&longer, &mut |desk| {
                let next = desk.world();
                pairs.extend(desk.rejoined.iter().copied());
                if next.legs.is_empty() {
                    assert!(desk.records > 0, "a call has gone without a record: {longer:?}");
                }
                if !ways.contains_key(&next) {
                    ways.insert(next.clone(), longer.clone());
                    todo.push_back(next);
                }
            });
        }
        assert!(ways.len() < 300_000, "the walk does not close");
    }
    assert!(ends > 0);
    (ways.len(), pairs)
}
