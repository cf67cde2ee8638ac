//! Conferences that the resource mixes: who is in one, and what the rows say of that (R34, R35, R39).

use super::abstraction::Abstraction;
use super::judge::{Classes, Reading};
use super::liveness::Violation;
use super::story::{How, Pair, Story};
use super::world::World;
use smallvec::SmallVec;
use strowger::base::Handle;
use strowger::policy::Party;
use strowger::policy::rows::Features;

/// Whoever is joined with the resource, or is rung for, and in which conference: the pair of each.
pub(super) type Rooms = SmallVec<[(Handle, Pair); 4]>;

impl World {
    /// Who is in which conference now.
    pub(super) fn rooms(&self, all: &Abstraction) -> Rooms {
        if all.image.system().conference.len == 0 {
            return Rooms::new();
        }
        let calls = self.exchange.calls();
        let mixed = |pair: &&Pair| pair.parties.1 == Party::Conference;
        let room = |pair: &Pair| Some((calls.room(pair.b)?, *pair));
        self.stories.pairs.iter().filter(mixed).filter_map(room).collect()
    }

    /// Who is in the conference of a leg, but for its own party.
    pub(super) fn others_in_room(&self, leg: Handle) -> Vec<Party> {
        let calls = self.exchange.calls();
        let room = calls.room(leg);
        let others = self.stories.pairs.iter().filter(|pair| pair.joined && pair.a != leg);
        others
            .filter(|pair| calls.room(pair.b) == room && room.is_some())
            .map(|pair| pair.parties.0)
            .collect()
    }

    /// Somebody comes who may not hear one who is there, or only public trunks are left that may not hear each other.
    pub(super) fn roomed_wrongly(&self, all: &Abstraction, before: &Rooms) -> Option<Violation> {
        let rooms = self.rooms(all);
        let was = |pair: &Pair| before.iter().any(|(_, old)| old.a == pair.a && old.b == pair.b);
        for (room, new) in rooms.iter().filter(|(_, pair)| !was(pair)) {
            let others = rooms.iter().filter(|(other, old)| other == room && old.a != new.a);
            // Who has brought it has talked to it; of the two whose call is come into one has with the other.
            let talked = |old: &Pair| match new.story.how {
                How::Overridden => old.story.how == How::Overridden,
                _ => old.parties.0 == new.story.by,
            };
            for (_, old) in others.filter(|(_, old)| !talked(old)) {
                let pair = (new.parties.0, old.parties.0);
                let names = || (all.name(pair.0), all.name(pair.1));
                // The one was asked for with the other when it was to come, or the other way round.
                let asked = [new, old].map(|pair| pair.story.mode);
                let verdicts = asked.map(|mode| all.may_hear(pair, mode));
                if let [Err(why), Err(_)] = verdicts {
                    let (one, other) = names();
                    let text = format!(
                        "{one} and {other} are to hear each other in a conference, and policy forbids it ({why})"
                    );
                    return Some(Violation::new(&format!("conference.{why}"), text));
                }
                if let Some(name) = all.kept_apart(pair, new.story.by, new.story.mode) {
                    let (one, other) = names();
                    let text = format!(
                        "{one} and {other} are to hear each other in a conference, against the assertion: {name}"
                    );
                    return Some(Violation::new("assert", text));
                }
            }
        }
        self.left_outside(all, before, &rooms)
    }

    fn left_outside(&self, all: &Abstraction, before: &Rooms, rooms: &Rooms) -> Option<Violation> {
        let reading = Reading { image: &all.image };
        for (room, _) in rooms {
            let members = |rooms: &Rooms| -> SmallVec<[Party; 4]> {
                rooms
                    .iter()
                    .filter(|(other, pair)| other == room && pair.joined)
                    .map(|(_, pair)| pair.parties.0)
                    .collect()
            };
            let left = members(rooms);
            let classes: SmallVec<[Classes; 4]> =
                left.iter().map(|party| reading.classes(*party, self.stories.mode)).collect();
            let fewer = left.len() < members(before).len();
            let outside = left.len() > 1 && classes.iter().all(|own| own.public);
            if fewer && outside && !classes.iter().all(|own| own.has(Features::PUBLIC_TO_PUBLIC)) {
                let text = "only parties from outside are left in a conference, and may not hear each other";
                return Some(Violation::new("conference.left", text));
            }
        }
        None
    }
}

impl Abstraction {
    /// Whether who has opened a conference, or brought somebody into one, may do that.
    pub(super) fn may_come(&self, by: &Classes, story: &Story) -> Result<(), &'static str> {
        if by.cos == 0 {
            return Err("cos");
        }
        if !by.has(Features::CONFERENCE) || story.by.phone().is_none() {
            return Err("conference");
        }
        Ok(())
    }
}
