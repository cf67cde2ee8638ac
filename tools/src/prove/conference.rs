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
    of: Party,
    /// Who was there.
    members: Vec<Party>,
}

impl World {
    /// What would come about if the party of this leg took its peer back now: nothing, unless it holds it and hears another.
    pub(super) fn would_mix(&self, leg: Handle) -> Option<Mixed> {
        let calls = self.exchange.calls();
        let talks = |leg: Handle| {
            let peer = calls.peer(leg)?;
            let connected =
                |leg| matches!(calls.leg(leg).map(|slot| slot.leg.state()), Some(State::Connected { .. }));
            let help = self.stories.help_on(peer).is_some() || self.stories.help_on(leg).is_some();
            (connected(leg) && connected(peer) && !help).then(|| calls.leg(peer).map(|slot| slot.party))?
        };
        calls.holds_until(leg)?;
        let (by, of) = (calls.leg(leg)?.party, talks(leg)?);
        let beside = calls.legs().filter(|(other, slot)| {
            *other != leg
                && by.phone().is_some()
                && slot.party.phone() == by.phone()
                && calls.holds_until(*other).is_none()
        });
        let members: Vec<Party> = beside.filter_map(|(other, _)| talks(other)).collect();
        (!members.is_empty()).then_some(Mixed { by, of, members })
    }

    /// They hear each other, and policy forbids that, or an assertion keeps two of them apart.
    pub(super) fn mixed_wrongly(&self, all: &Abstraction, mixed: Option<&Mixed>) -> Option<Violation> {
        let mixed = mixed?;
        let mode = self.stories.mode;
        let names = |member| (all.name(mixed.of), all.name(member), all.name(mixed.by));
        if let Err((member, why)) = all.may_confer(mixed, mode) {
            let (of, member, by) = names(member);
            let text = format!(
                "{of} and {member} hear each other in a conference of {by}, and policy forbids it ({why})"
            );
            return Some(Violation::new(&format!("conference.{why}"), text));
        }
        let story = Story {
            how: How::Conferred,
            by: mixed.by,
            caller: mixed.by,
            number: NO_NUMBER,
            code: None,
            mode,
            reversed: false,
            tried: 0,
        };
        mixed.members.iter().find_map(|member| {
            let name = [(mixed.of, *member), (*member, mixed.of)]
                .into_iter()
                .find_map(|(one, other)| all.asserted(one, other, &story))?;
            let (of, member, by) = names(*member);
            let text = format!(
                "{of} and {member} hear each other in a conference of {by}, against the assertion: {name}"
            );
            Some(Violation::new("assert", text))
        })
    }
}

impl Abstraction {
    /// Whether one more party may hear those who hear each other already: `Err` names one of them and what forbids it.
    fn may_confer(&self, mixed: &Mixed, mode: Mode) -> Result<(), (Party, &'static str)> {
        let reading = Reading { image: &self.image };
        let (own, new) = (reading.classes(mixed.by, mode), reading.classes(mixed.of, mode));
        for member in &mixed.members {
            let old = reading.classes(*member, mode);
            let both = old.has(Features::PUBLIC_TO_PUBLIC) && new.has(Features::PUBLIC_TO_PUBLIC);
            let why = if own.cos == 0 {
                "cos"
            } else if !own.has(Features::CONFERENCE) {
                "feature"
            } else if mixed.members.len() + 2 > PARTIES {
                "full"
            } else if reading.restricted(old.interconnect, new.interconnect)
                || reading.restricted(new.interconnect, old.interconnect)
            {
                "interconnect"
            } else if self.image.strict() && old.public && new.public && !both {
                "public-to-public"
            } else {
                continue;
            };
            return Err((*member, why));
        }
        Ok(())
    }
}
