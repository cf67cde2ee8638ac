//! Conferences: who hears whom when a phone takes a party back from hold, and what the rows say of that (R34, R35, R39).

use super::abstraction::Abstraction;
use super::judge::Reading;
use super::liveness::Violation;
use super::story::{How, NO_NUMBER, Story};
use super::world::World;
use strowger::base::Handle;
use strowger::call::leg::State;
use strowger::policy::rows::Features;
use strowger::policy::{Mode, Party};

/// The most who hear each other.
const PARTIES: usize = 8;

/// A conference that has come about.
#[derive(Clone, Debug)]
pub(super) struct Mixed {
    /// Whose phone mixes.
    by: Party,
    /// Who has come in.
    new: Vec<Party>,
    /// Who was there.
    members: Vec<Party>,
}

impl World {
    /// What would come about if the party of this leg took its peer back now: nothing, unless it holds it and hears another.
    pub(super) fn would_mix(&self, leg: Handle) -> Option<Mixed> {
        let calls = self.exchange.calls();
        let heard = |leg: Handle| {
            let peer = calls.peer(leg)?;
            let connected =
                |leg| matches!(calls.leg(leg).map(|slot| slot.leg.state()), Some(State::Connected { .. }));
            let help = self.stories.help_on(peer).is_some() || self.stories.help_on(leg).is_some();
            if !connected(leg) || !connected(peer) || help {
                return None;
            }
            match calls.leg(peer)?.party {
                Party::Conference => Some(self.others_in_room(leg)),
                party => Some(vec![party]),
            }
        };
        calls.holds_until(leg)?;
        let (by, new) = (calls.leg(leg)?.party, heard(leg)?);
        let beside = calls.legs().filter(|(other, slot)| {
            *other != leg
                && by.phone().is_some()
                && slot.party.phone() == by.phone()
                && calls.holds_until(*other).is_none()
        });
        let members: Vec<Party> = beside.filter_map(|(other, _)| heard(other)).flatten().collect();
        (!members.is_empty()).then_some(Mixed { by, new, members })
    }

    /// They hear each other, and policy forbids that, or an assertion keeps two of them apart.
    pub(super) fn mixed_wrongly(&self, all: &Abstraction, mixed: Option<&Mixed>) -> Option<Violation> {
        let mixed = mixed?;
        let mode = self.stories.mode;
        let names = |(new, member)| (all.name(new), all.name(member), all.name(mixed.by));
        if let Err((pair, why)) = all.may_confer(mixed, mode) {
            let (of, member, by) = names(pair);
            let text = format!(
                "{of} and {member} hear each other in a conference of {by}, and policy forbids it ({why})"
            );
            return Some(Violation::new(&format!("conference.{why}"), text));
        }
        mixed.pairs().find_map(|pair| {
            let name = all.kept_apart(pair, mixed.by, mode)?;
            let (of, member, by) = names(pair);
            let text = format!(
                "{of} and {member} hear each other in a conference of {by}, against the assertion: {name}"
            );
            Some(Violation::new("assert", text))
        })
    }
}

impl Mixed {
    /// Each who has come with each who was there.
    fn pairs(&self) -> impl Iterator<Item = (Party, Party)> {
        self.new.iter().flat_map(|new| self.members.iter().map(move |member| (*new, *member)))
    }
}

impl Abstraction {
    /// The assertion that two who hear each other in a conference break.
    pub(super) fn kept_apart(&self, pair: (Party, Party), by: Party, mode: Mode) -> Option<&str> {
        let how = How::Conferred;
        let story =
            Story { how, by, caller: by, number: NO_NUMBER, code: None, mode, reversed: false, tried: 0 };
        [pair, (pair.1, pair.0)].into_iter().find_map(|(one, other)| self.asserted(one, other, &story))
    }

    /// Whether some more parties may hear those who hear each other already: `Err` names two and what forbids it.
    fn may_confer(&self, mixed: &Mixed, mode: Mode) -> Result<(), ((Party, Party), &'static str)> {
        let own = Reading { image: &self.image }.classes(mixed.by, mode);
        for pair in mixed.pairs() {
            let why = if own.cos == 0 {
                "cos"
            } else if !own.has(Features::CONFERENCE) {
                "feature"
            } else if mixed.members.len() + mixed.new.len() + 1 > PARTIES {
                "full"
            } else if let Err(why) = self.may_hear(pair, mode) {
                why
            } else {
                continue;
            };
            return Err((pair, why));
        }
        Ok(())
    }

    /// Whether two may hear each other in a conference: `Err` names what forbids it.
    pub(super) fn may_hear(&self, (one, other): (Party, Party), mode: Mode) -> Result<(), &'static str> {
        let reading = Reading { image: &self.image };
        let (old, new) = (reading.classes(one, mode), reading.classes(other, mode));
        let both = old.has(Features::PUBLIC_TO_PUBLIC) && new.has(Features::PUBLIC_TO_PUBLIC);
        if reading.restricted(old.interconnect, new.interconnect)
            || reading.restricted(new.interconnect, old.interconnect)
        {
            return Err("interconnect");
        }
        if self.image.strict() && old.public && new.public && !both {
            return Err("public-to-public");
        }
        Ok(())
    }
}
