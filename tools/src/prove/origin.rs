//! How it came that two legs face each other, told from what was done.

use super::abstraction::Abstraction;
use super::actions::Action;
use super::story::{How, NO_NUMBER, Pair, Story, Waits};
use super::taking::Taking;
use super::world::{Heard, World};
use strowger::base::Handle;
use strowger::call::Transfer;
use strowger::policy::Party;

/// Who acts, as it was before.
pub(super) struct Acting {
    pub(super) leg: Handle,
    pub(super) other: Handle,
    pub(super) by: Party,
}

impl World {
    /// Notes who has lost a peer and is still there without another.
    pub(super) fn left_waiting(&mut self, pairs: &[Pair]) {
        let calls = self.exchange.calls();
        let both = |pair: &Pair| calls.leg(pair.a).is_some() && calls.leg(pair.b).is_some() && pair.joined;
        let faces = |leg: Handle| pairs.iter().any(|pair| (pair.a == leg || pair.b == leg) && both(pair));
        let there = |leg: Handle| calls.leg(leg).is_some() && !faces(leg);
        self.stories.waits.retain(|waits| there(waits.leg));
        for pair in self.stories.pairs.iter().filter(|pair| pair.joined) {
            for (leg, party, called) in [(pair.a, pair.parties.0, false), (pair.b, pair.parties.1, true)] {
                if there(leg) && self.stories.waits.iter().all(|waits| waits.leg != leg) {
                    self.stories.waits.push(Waits { leg, party, called });
                }
            }
        }
    }

    /// How it came that two legs face each other, and whether that is a call that was not there before.
    pub(super) fn story(
        &self,
        all: &Abstraction,
        action: Action,
        acting: &Acting,
        heard: &Heard,
        (a, b, caller): (Handle, Handle, Party),
    ) -> (Story, bool) {
        let calls = self.exchange.calls();
        let plain = Story {
            how: How::Called,
            by: caller,
            caller,
            number: NO_NUMBER,
            code: None,
            mode: self.stories.mode,
            reversed: false,
            tried: 0,
        };
        let known = |wanted: &dyn Fn(&Pair) -> bool| self.stories.pairs.iter().find(|pair| wanted(pair));
        // Nobody dials when the resource answers; who is rung for then moves for who has come.
        let mixed = calls.leg(b).is_some_and(|slot| slot.party == Party::Conference);
        if let (Action::Answer { .. }, true, Some(own)) = (action, mixed, self.overrider(all, b)) {
            let help = |leg: Handle| self.stories.help_on(leg).is_some();
            let helped = help(a) || known(&|pair| pair.a == a && help(pair.b)).is_some();
            return (all.moved(own, self.stories.mode, helped), false);
        }
        if matches!(calls.transfer(b), Some(Transfer::Ringing { recall: true, .. })) {
            // They have talked: in which direction?
            let reversed = known(&|pair| pair.b == a).is_some() || self.stories.was_called(a);
            return (Story { how: How::Recall, reversed, ..plain }, false);
        }
        let put_through = |late| {
            let number = calls.choice(b).map_or(NO_NUMBER, |(dialed, _)| all.meant(dialed.as_bytes()));
            (Story { how: How::Intercepted { late }, number, ..plain }, true)
        };
        // Who has been refused has no call but the one that follows from that.
        if heard.refused(caller).is_some() && known(&|pair| pair.a == a || pair.b == a).is_none() {
            return put_through(false);
        }
        if let Action::Take { take, .. } = action {
            let what = all.takes[usize::from(take)].what;
            let rang = known(&|pair| pair.a == a && !pair.joined);
            let how = match what {
                // It may have rung at several.
                Taking::Group | Taking::Directed(_) => How::PickedUp {
                    astray: !self.stories.pairs.iter().any(|pair| {
                        pair.a == a && !pair.joined && !all.is_astray(what, pair.parties.1, acting.by)
                    }),
                },
                Taking::Parked(_) | Taking::Park => How::Retrieved { called: self.stories.was_called(a) },
            };
            let (caller, number) =
                rang.map_or((caller, NO_NUMBER), |rang| (rang.story.caller, rang.story.number));
            return (Story { how, by: acting.by, caller, number, ..plain }, false);
        }
        // Who was called has the call go on: the number is that of its key, whoever has dialed what before.
        let joins = matches!(action, Action::Join { .. } | Action::OnHook { .. });
        if let Some((device, _)) = calls.forwarded_by(b).filter(|_| !joins) {
            // Who has a call go on answers for it; nobody is where a caller is put through from.
            if calls.choice(b).is_some_and(|(_, choice)| choice.authority.party == caller) {
                return put_through(true);
            }
            let before = known(&|pair| pair.a == a && !pair.joined && pair.story.how != How::Recall);
            let number = calls.choice(b).map_or(NO_NUMBER, |(dialed, _)| all.meant(dialed.as_bytes()));
            let caller = match (before, action) {
                (Some(before), _) => before.story.caller,
                (None, Action::Transfer { .. }) => acting.by,
                (None, _) => caller,
            };
            let transferred = match (before.map(|before| before.story.how), action) {
                (Some(How::Blind | How::Attended), _) | (None, Action::Transfer { .. }) => true,
                (Some(How::Forwarded { transferred }), _) => transferred,
                (
                    Some(
                        How::Called
                        | How::Recall
                        | How::Intercepted { .. }
                        | How::PickedUp { .. }
                        | How::Retrieved { .. }
                        | How::Conferred
                        | How::Overridden,
                    )
                    | None,
                    _,
                ) => false,
            };
            let (how, by) = (How::Forwarded { transferred }, Party::Device(device));
            return (Story { how, by, caller, number, ..plain }, true);
        }
        // Another way of a call that has failed on the one before, or another member of a hunt group.
        let hunts = calls.is_hunting(b) && !joins;
        let given_up = |leg: Handle| hunts || calls.leg(leg).is_none();
        if let Some(before) = known(&|pair| pair.a == a && given_up(pair.b) && !pair.joined) {
            return (before.story, false);
        }
        let code = self.stories.codes.iter().rev().find(|(leg, _)| *leg == a).map(|(_, code)| *code);
        match action {
            Action::Setup { number, .. } => (Story { number, ..plain }, true),
            Action::Dial { number, .. } => (Story { number, code, ..plain }, true),
            Action::Transfer { number, .. } => {
                // A verified code is in force until the call for which it was entered is over (R7).
                let own = known(&|pair| pair.a == acting.leg && pair.story.by == acting.by);
                let verified = |code: &u16| all.codes[usize::from(*code)].verified.is_some();
                let code = own.and_then(|pair| pair.story.code).filter(verified);
                (Story { how: How::Blind, by: acting.by, caller: acting.by, number, code, ..plain }, true)
            }
            Action::Join { .. } | Action::OnHook { .. } => {
                let consulted = known(&|pair| pair.a == acting.other);
                let number = consulted.map_or(NO_NUMBER, |pair| pair.story.number);
                // Whoever is brought to an emergency centre is brought there; who was brought from there was not.
                let number = self
                    .stories
                    .help_on(b)
                    .unwrap_or_else(|| if all.is_help(number) { NO_NUMBER } else { number });
                (
                    Story {
                        how: How::Attended,
                        by: acting.by,
                        caller: acting.by,
                        number,
                        tried: consulted.map_or(0, |pair| pair.story.tried),
                        ..plain
                    },
                    false,
                )
            }
            // The number was dialed before: a code or time was awaited.
            _ => {
                let dialed = calls.choice(a).map(|(dialed, _)| dialed.as_bytes());
                let number = dialed.map_or(NO_NUMBER, |dialed| all.meant(dialed));
                (Story { number, code, ..plain }, true)
            }
        }
    }
}
