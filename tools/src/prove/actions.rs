//! What can happen next in a world: everything its users, its trunks and its timers can do.

use super::abstraction::{Abstraction, Target};
pub(super) use super::action::Action;
use super::taking::{Taking, is_there, rings};
use super::world::World;
use smallvec::SmallVec;
use strowger::base::Handle;
use strowger::call::{Transfer, dialing, leg};
use strowger::policy::{Mode, Party, may_not_hold};

/// What a party does in a world.
struct Part {
    legs: usize,
    /// All of its legs talk.
    talks: bool,
}

impl World {
    /// Everything that can happen next.
    pub(super) fn actions(&self, all: &Abstraction, out: &mut Vec<Action>) {
        out.clear();
        let parts: Vec<Part> = all.parties.iter().map(|kept| self.part(kept.party)).collect();
        let idle = next_idle(all, &parts, |party| all.alike(self.who(all, party)));
        let helped = self.stories.pairs.iter().any(|pair| {
            let number = all.numbers.get(usize::from(pair.story.number));
            number.is_some_and(|number| matches!(number.target, Target::Emergency(_)))
        });
        let (stations, lines, calls) = self.load();
        // Whom it may lead to: a party that takes part, or the next of its group.
        let open = |number: u16| match all.numbers[usize::from(number)].target {
            Target::Device(device) => all
                .place(Party::Device(device))
                .is_none_or(|place| parts[place].legs > 0 && parts[place].legs < 2 || idle[place].1),
            Target::Emergency(_) => !helped,
            Target::Row(_) => lines < all.bounds.lines,
            Target::Conference => true,
            Target::Vacant => false,
        };
        let room = calls < all.bounds.calls;
        for (slot, state) in self.slots() {
            self.of_leg(all, slot, state, &open, room, out);
        }
        for (place, kept) in all.parties.iter().enumerate() {
            let part = &parts[place];
            let acts = match kept.party {
                Party::Device(_) | Party::User { .. } => {
                    (idle[place].0 && stations < all.bounds.stations) || part.legs == 1 && part.talks
                }
                Party::Trunk(_) => idle[place].0 && lines < all.bounds.lines,
                Party::Conference | Party::Unknown => false,
            };
            if !acts {
                continue;
            }
            let from = place as u16;
            if room && !all.codes.is_empty() && matches!(kept.party, Party::Device(_)) && part.legs == 0 {
                out.push(Action::OffHook { from });
            }
            self.desking(all, from, kept.party, out);
            if room && matches!(kept.party, Party::Device(_)) {
                let calls = self.exchange.calls();
                let there = (0u16..).zip(&all.takes).filter(|(_, take)| is_there(calls, take.what));
                out.extend(there.map(|(take, _)| Action::Take { from, take }));
            }
            // Help has a place of its own.
            let emergency =
                |number: u16| matches!(all.numbers[usize::from(number)].target, Target::Emergency(_));
            let numbers =
                kept.numbers.iter().filter(|number| open(**number) && (room || emergency(**number)));
            out.extend(numbers.map(|number| Action::Setup { from, number: *number }));
        }
        if self.stories.mode_changes < all.bounds.modes {
            let others =
                all.modes.iter().enumerate().filter(|(_, mode): &(usize, &Mode)| **mode != self.stories.mode);
            out.extend(others.map(|(mode, _)| Action::Mode { mode: mode as u8 }));
        }
    }

    /// Whether nothing is beyond the bounds: what is, is judged but not followed.
    pub(super) fn is_within(&self, all: &Abstraction) -> bool {
        let (stations, lines, calls) = self.load();
        stations <= all.bounds.stations
            && lines <= all.bounds.lines
            && calls <= all.bounds.calls
            && self.hangs_together(all)
    }

    /// Whether all calls have to do with each other: by a station that is in both, by a transfer, by busy override, by a hunt group with whose
    /// members one of them is, by a trunk whose channels can run out, or because anybody may take one of them. Calls that
    /// have not are each explored alone: neither learns of the other.
    fn hangs_together(&self, all: &Abstraction) -> bool {
        let calls = self.exchange.calls();
        let legs: SmallVec<[_; 8]> = calls.legs().map(|(leg, slot)| (leg, slot.party)).collect();
        let mut reached: SmallVec<[bool; 8]> = legs.iter().map(|_| false).collect();
        let mut todo: SmallVec<[usize; 8]> = SmallVec::new();
        if let Some(first) = reached.first_mut() {
            *first = true;
            todo.push(0);
        }
        let narrow = |party| match party {
            Party::Device(_) | Party::User { .. } | Party::Conference | Party::Unknown => true,
            Party::Trunk(trunk) => {
                let row = all.image.trunks().get(usize::from(trunk)).unwrap_or_default();
                usize::from(row.channels) <= all.bounds.lines
            }
        };
        let anybodys = |leg, slot: &strowger::call::LegSlot| {
            matches!(calls.transfer(leg), Some(Transfer::Parked { .. }))
                || all.picks() && rings(slot.leg.state())
        };
        if calls.legs().any(|(leg, slot)| anybodys(leg, slot)) {
            return true;
        }
        while let Some(at) = todo.pop() {
            let (leg, party) = legs[at];
            for (next, (other, theirs)) in legs.iter().enumerate() {
                let waits_for = |leg, party: Party| matches!(calls.transfer(leg), Some(Transfer::Camped { on, .. }) if party.phone() == Some(on));
                let comes_into = |leg, party: Party| {
                    calls.overridden_by(leg).is_some_and(|device| party.phone() == Some(device))
                };
                let tied = *theirs == party && narrow(party)
                    || waits_for(leg, *theirs)
                    || waits_for(*other, party)
                    || comes_into(leg, *theirs)
                    || comes_into(*other, party)
                    || self.may_hunt(all, leg, *theirs)
                    || self.may_hunt(all, *other, party)
                    || calls.edge(leg).is_some_and(|edge| edge.other(leg) == Some(*other))
                    || calls.edge(*other).is_some_and(|edge| edge.other(*other) == Some(leg));
                if tied && !reached[next] {
                    reached[next] = true;
                    todo.push(next);
                }
            }
        }
        reached.iter().all(|reached| *reached)
    }

    /// Stations, lines and calls.
    fn load(&self) -> (usize, usize, usize) {
        let mut stations: SmallVec<[Party; 8]> = SmallVec::new();
        let mut lines = 0;
        for (_, leg) in self.exchange.calls().legs() {
            match leg.party {
                Party::Trunk(_) => lines += 1,
                Party::Conference => {}
                party if !stations.contains(&party) => stations.push(party),
                _ => {}
            }
        }
        (stations.len(), lines, self.exchange.calls_in_use() as usize)
    }

    fn slots(&self) -> impl Iterator<Item = (u8, leg::State)> {
        self.exchange.calls().legs().map(|(handle, leg)| (handle.index() as u8, leg.leg.state()))
    }

    fn part(&self, party: Party) -> Part {
        // Whoever is logged in there.
        let own = self.exchange.calls().legs();
        let own = own.filter(|(_, leg)| leg.party.phone().map_or(leg.party, Party::Device) == party);
        own.fold(Part { legs: 0, talks: true }, |part, (_, leg)| Part {
            legs: part.legs + 1,
            talks: part.talks && matches!(leg.leg.state(), leg::State::Connected { .. }),
        })
    }

    fn of_leg(
        &self,
        all: &Abstraction,
        leg: u8,
        state: leg::State,
        open: &dyn Fn(u16) -> bool,
        room: bool,
        out: &mut Vec<Action>,
    ) {
        let handle = self.leg(leg);
        let calls = self.exchange.calls();
        let numbers =
            |out: &mut Vec<Action>, action: &dyn Fn(u16) -> Action, wanted: &dyn Fn(u16) -> bool| {
                let own = all.place(self.party(leg)).map(|place| all.parties[place].numbers.as_slice());
                let own = own.unwrap_or_default().iter().filter(|number| open(**number) && wanted(**number));
                out.extend(own.map(|number| action(*number)));
            };
        if let Some(dialing) = calls.dialing(handle) {
            match dialing.state {
                dialing::State::Code { .. } => {
                    // What is longer or shorter than the class asks for is another code, or the beginning of one.
                    let length = self.code_length(all, self.party(leg));
                    let fits = |code: &usize| length == 0 || all.codes[*code].digits.len() == length;
                    let codes = (0..all.codes.len()).filter(fits);
                    out.extend(codes.map(|code| Action::Code { leg, code: code as u16 }));
                }
                // Keys have digits only.
                dialing::State::Tone { .. } => {
                    let keys = |number| all.numbers[usize::from(number)].target != Target::Conference;
                    numbers(out, &|number| Action::Dial { leg, number }, &keys);
                }
                _ => {}
            }
            out.push(Action::Release { leg });
        } else {
            match state {
                leg::State::Calling { .. } => {
                    // That it rings is told, and changes nothing else: it is enough while nobody else is called, or where it
                    // makes the leg the one of several that its call faces.
                    let others = self.slots().filter(|(_, state)| {
                        matches!(state, leg::State::Calling { .. } | leg::State::Ringing { .. })
                    });
                    let tells = others.count() == 1 || calls.is_beside(handle);
                    out.extend(tells.then_some(Action::Alerting { leg }));
                    out.extend([Action::Answer { leg }, Action::Refuse { leg }]);
                }
                leg::State::Ringing { .. } => {
                    out.extend([Action::Answer { leg }, Action::Refuse { leg }]);
                }
                leg::State::Proceeding | leg::State::Alerting => out.push(Action::Release { leg }),
                leg::State::Connected { .. } => {
                    out.push(Action::Release { leg });
                    if room && calls.transferee(handle).is_some() {
                        numbers(out, &|number| Action::Transfer { leg, number }, &|_| true);
                    }
                    let joins =
                        |leg, other| calls.peers(leg, other).is_some() || calls.coming(leg, other).is_some();
                    let others = self.slots().filter(|(other, _)| joins(handle, self.leg(*other)));
                    let party = self.party(leg);
                    let may_hold = may_not_hold(&all.image, party, self.stories.mode).is_none();
                    // Who holds two others has not said whom it transfers.
                    let one = |other: Handle| {
                        let mut own = calls.legs().filter(|(_, slot)| slot.party == party);
                        may_hold
                            && own.all(|(own, _)| {
                                own == handle || own == other || calls.holds_until(own).is_none()
                            })
                    };
                    for (other, _) in others {
                        out.push(Action::Join { leg, other });
                        out.extend(one(self.leg(other)).then_some(Action::OnHook { leg, other }));
                    }
                    let idle = |phone| !calls.engaged(phone, handle);
                    // Who holds has a call as before; only that it may be rung for that is something else.
                    if calls.parkable(handle).is_some() && party.phone().is_some_and(idle) && may_hold {
                        out.push(Action::Overhold { leg });
                    }
                    let beside = calls.legs().any(|(other, slot)| {
                        let talks = matches!(slot.leg.state(), leg::State::Connected { .. });
                        other != handle && slot.party.phone() == party.phone() && talks
                    });
                    if beside && party.phone().is_some() && calls.holdable(handle).is_some() {
                        out.push(Action::Confer { leg });
                    }
                    if calls.parkable(handle).is_some() {
                        let parks = (0u16..).zip(&all.takes).filter(|(_, take)| take.what == Taking::Park);
                        out.extend(parks.map(|(take, _)| Action::Park { leg, take }));
                    }
                }
                leg::State::Idle | leg::State::Clearing { .. } | leg::State::Gone => {}
            }
        }
        if calls.deadline(handle).is_some() {
            out.push(Action::Due { leg });
        }
    }
}

/// Whether a party comes into play next: of each group the first that does nothing, and, for being called by that one, the
/// second; a trunk always can.
fn next_idle(all: &Abstraction, parts: &[Part], alike: impl Fn(Party) -> u32) -> Vec<(bool, bool)> {
    let mut taken: SmallVec<[u32; 16]> = SmallVec::new();
    let mut idle = Vec::with_capacity(parts.len());
    for (kept, part) in all.parties.iter().zip(parts) {
        let own = alike(kept.party);
        let before = taken.iter().filter(|group| **group == own).count();
        if matches!(kept.party, Party::Trunk(_)) {
            idle.push((true, true));
            continue;
        }
        if part.legs == 0 {
            taken.push(own);
        }
        idle.push((part.legs == 0 && before == 0, part.legs == 0 && before < 2));
    }
    idle
}

#[cfg(test)]
mod tests {
    use super::super::abstraction::Bounds;
    use super::super::given::Given;
    use super::*;
    use strowger::base::Soft;
    use strowger::policy::{Image, Keyring};

    /// However many kinds there are, each acts: nothing may be said to be proved because there were too many.
    #[test]
    fn each_of_hundreds_of_kinds_can_act() {
        let mut text = String::from(
            "[system]\nrealm = \"shop.example\"\n[[cos]]\nid = 1\n[[device]]\ndn = \"1999\"\npassword = \"quiet-lamp-over-sea\"\ndigest = [\"sha-256\"]\ncos = 1\ncor = 1\n",
        );
        for dn in 1000..1300 {
            text += &format!(
                "[[device]]\ndn = \"{dn}\"\npassword = \"quiet-lamp-over-sea\"\ndigest = [\"sha-256\"]\ncos = 1\ncor = 1\nno_answer_to = \"1999\"\n"
            );
        }
        let image = crate::compile_str(&text, "policy.toml").expect("it compiles").image.leak();
        let image = Image::load(image, &mut Soft::new(&[0; 32])).expect("it loads");
        let all = Abstraction::new(image, Keyring::EMPTY, &Given::default(), Bounds::default());
        let mut actions = Vec::new();
        World::new(&all).actions(&all, &mut actions);
        for place in 0..300 {
            assert!(
                actions.iter().any(|one| matches!(one, Action::Setup { from, .. } if *from == place)),
                "{place}"
            );
        }
    }
}
