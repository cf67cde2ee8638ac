//! What must hold in every world: nobody is left alone, every timer is served, everything that was taken is given back,
//! every call has its record, help is found.

use super::abstraction::{Abstraction, Target};
use super::actions::Action;
use super::story::{How, NO_NUMBER, Owed, Pair};
use super::world::{Heard, World};
use strowger::base::Handle;
use strowger::call::{Cause, Transfer, leg};
use strowger::exchange::{Output, Taken};
use strowger::policy::rows::Features;
use strowger::policy::{Party, Rule};
use strowger::record::smdr::{Completion, Smdr, Station};

/// Something that must never be.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Violation {
    /// What was broken: a stable dotted name.
    pub invariant: String,
    /// One sentence.
    pub text: String,
}

impl Violation {
    pub(super) fn new(invariant: &str, text: impl Into<String>) -> Self {
        Self { invariant: invariant.into(), text: text.into() }
    }
}

impl World {
    /// What is wrong after something has happened.
    pub(super) fn violation(&self, all: &Abstraction, action: Action, heard: &Heard) -> Option<Violation> {
        self.joined_wrongly(all)
            .or_else(|| self.mixed_wrongly(all, heard.mixed.as_ref()))
            .or_else(|| self.roomed_wrongly(all, &heard.rooms))
            .or_else(|| self.seated_wrongly(all, action))
            .or_else(|| self.unhelped(all, action, heard))
            .or_else(|| self.refused_wrongly(all, action, heard))
            .or_else(|| self.left_alone(all, action, heard))
            .or_else(|| self.alone_in_room(all))
            .or_else(|| self.unserved(heard))
            .or_else(|| self.kept_back(all))
    }

    /// Two are joined whom policy forbids, or whom an assertion keeps apart.
    fn joined_wrongly(&self, all: &Abstraction) -> Option<Violation> {
        for pair in self.stories.pairs.iter().filter(|pair| pair.joined) {
            let names = || (all.name(pair.parties.0), all.name(pair.parties.1));
            if let Err(why) = pair.verdict {
                let (a, b) = names();
                let text = format!("{a} and {b} are joined, and policy forbids it ({why})");
                return Some(Violation::new(&format!("joined.{why}"), text));
            }
            if let Some(name) = all.asserted(pair.parties.0, pair.parties.1, &pair.story) {
                let (a, b) = names();
                return Some(Violation::new(
                    "assert",
                    format!("{a} reaches {b}, against the assertion: {name}"),
                ));
            }
        }
        None
    }

    /// Somebody calls for help and is not put through, or is given up while a way is left.
    fn unhelped(&self, all: &Abstraction, action: Action, heard: &Heard) -> Option<Violation> {
        let emergency = |number: u16| match all.numbers.get(usize::from(number))?.target {
            Target::Emergency(row) => Some(row),
            Target::Device(_) | Target::Row(_) | Target::Conference | Target::Vacant => None,
        };
        match action {
            Action::Setup { from, number } if emergency(number).is_some() => {
                let kept = &all.parties[usize::from(from)];
                if !matches!(heard.taken, Some(Taken::SetUp { .. })) && matches!(kept.party, Party::Device(_))
                {
                    let who = all.name(kept.party);
                    return Some(Violation::new("emergency", format!("{who} calls for help and is refused")));
                }
                None
            }
            _ => None,
        }
        .or_else(|| self.given_up(all, heard))
    }

    /// An emergency call has failed on one way, and ways are left.
    fn given_up(&self, all: &Abstraction, heard: &Heard) -> Option<Violation> {
        let pair = heard.failed?;
        let number = all.numbers.get(usize::from(pair.story.number))?;
        let Target::Emergency(row) = number.target else { return None };
        (all.emergency_ways(pair.story.by, row) & !pair.story.tried != 0)
            .then(|| Violation::new("emergency", "an emergency call is given up while a way is left"))
    }

    /// A call that an assertion promises is refused.
    fn refused_wrongly(&self, all: &Abstraction, action: Action, heard: &Heard) -> Option<Violation> {
        let Action::Setup { from, number } = action else { return None };
        let why = match heard.taken {
            Some(Taken::Denied(decision)) => Cause::Denied(decision.denial()?.rule),
            // Who is put through to another has not reached whom it called.
            Some(Taken::SetUp { .. })
                if heard.refused(self.who(all, all.parties[usize::from(from)].party)).is_some() =>
            {
                Cause::Denied(heard.refused(self.who(all, all.parties[usize::from(from)].party))?)
            }
            // It is taken, and nobody rings for it.
            Some(Taken::SetUp { leg }) => heard.outputs.iter().find_map(|output| match output {
                Output::Release(released, cause) if *released == leg => Some(*cause),
                _ => None,
            })?,
            _ => return None,
        };
        let rule = match why {
            Cause::Denied(Rule::TrunkBusy | Rule::LimitCalls | Rule::LimitRate) => return None,
            Cause::BUSY | Cause::CONGESTION => return None,
            Cause::Denied(rule) => rule.name(),
            Cause::Status(_) | Cause::Normal | Cause::Preempted | Cause::Media(_) => "nobody rings",
        };
        let party = self.who(all, all.parties[usize::from(from)].party);
        let name = all.refused(party, number, self.stories.mode)?;
        let text = format!("{} is refused ({rule}), against the assertion: {name}", all.name(party));
        Some(Violation::new("assert", text))
    }

    /// Somebody talks to nobody, and nothing will end that; or somebody has hung up and is still there.
    fn left_alone(&self, all: &Abstraction, action: Action, heard: &Heard) -> Option<Violation> {
        let calls = self.exchange.calls();
        let hung_up = [heard.acted, heard.also];
        if let Action::Release { .. } | Action::Refuse { .. } | Action::OnHook { .. } = action
            && hung_up.iter().any(|leg| calls.leg(*leg).is_some())
        {
            return Some(Violation::new("stuck", "a party that has hung up is still there"));
        }
        for (handle, slot) in calls.legs() {
            let lives = |leg: Option<Handle>| leg.is_some_and(|leg| calls.leg(leg).is_some());
            let waits = calls.deadline(handle).is_some();
            let alone = match slot.leg.state() {
                _ if calls.dialing(handle).is_some() => !waits,
                leg::State::Calling { .. } | leg::State::Ringing { .. }
                    if !self.rings_for_somebody(handle) =>
                {
                    let text = format!("{} rings, and nobody waits for that", all.name(slot.party));
                    return Some(Violation::new("stuck", text));
                }
                leg::State::Calling { .. } | leg::State::Ringing { .. } | leg::State::Clearing { .. } => {
                    !waits
                }
                leg::State::Proceeding | leg::State::Alerting => {
                    let camped = waits && matches!(calls.transfer(handle), Some(Transfer::Camped { .. }));
                    !lives(calls.peer(handle)) && !camped
                }
                leg::State::Connected { .. } => {
                    let rung = matches!(calls.transfer(handle), Some(Transfer::Pending { ringing, .. })
                        if calls.leg(ringing).is_some());
                    let faces = calls
                        .peer(handle)
                        .filter(|peer| calls.peer(*peer) == Some(handle) && calls.leg(*peer).is_some());
                    let parked = waits
                        && matches!(
                            calls.transfer(handle),
                            Some(Transfer::Parked { .. } | Transfer::Camped { .. })
                        );
                    faces.is_none() && !rung && !parked
                }
                leg::State::Idle | leg::State::Gone => true,
            };
            if alone {
                let who = all.name(slot.party);
                return Some(Violation::new("stuck", format!("{who} is left alone, and no timer ends that")));
            }
        }
        None
    }

    /// Whether somebody waits for who rings: a caller whom nobody has answered, or who is to be joined with another.
    fn rings_for_somebody(&self, rings: Handle) -> bool {
        let calls = self.exchange.calls();
        let Some(a) = calls.edge(rings).map(|edge| edge.a()) else { return false };
        match calls.leg(a).map(|slot| slot.leg.state()) {
            Some(leg::State::Proceeding | leg::State::Alerting) => true,
            Some(leg::State::Connected { .. }) => {
                matches!(calls.transfer(a), Some(Transfer::Pending { .. }))
            }
            Some(
                leg::State::Idle
                | leg::State::Calling { .. }
                | leg::State::Ringing { .. }
                | leg::State::Clearing { .. }
                | leg::State::Gone,
            )
            | None => false,
        }
    }

    /// A timer was not served, or outputs do not end.
    fn unserved(&self, heard: &Heard) -> Option<Violation> {
        if heard.restless {
            return Some(Violation::new("stuck", "the exchange does not come to rest"));
        }
        let calls = self.exchange.calls();
        let first = calls.legs().filter_map(|(leg, _)| calls.deadline(leg)).min();
        if first != self.exchange.next_deadline() {
            return Some(Violation::new("stuck", "a timer of a leg is not among those that are served"));
        }
        if first.is_some_and(|first| first <= self.now) {
            return Some(Violation::new("stuck", "a timer has run out, and nothing followed"));
        }
        None
    }

    /// Something was not given back, or a record is missing.
    fn kept_back(&self, all: &Abstraction) -> Option<Violation> {
        let calls = self.exchange.calls();
        for kept in &all.parties {
            if let Party::Trunk(trunk) = kept.party {
                let lines = calls.legs().filter(|(_, leg)| leg.party == kept.party).count();
                if usize::from(self.exchange.channels_in_use(trunk)) != lines {
                    let text = format!("channels of {} are counted wrongly", all.name(kept.party));
                    return Some(Violation::new("leak", text));
                }
            }
        }
        if calls.legs().next().is_some() {
            return None;
        }
        if self.exchange.calls_in_use() > 0 {
            return Some(Violation::new("leak", "everybody has hung up, and a call is still there"));
        }
        let users = all.image.users();
        let users = users.iter().map(|row| Party::Device(row.device));
        let mut payers = all.parties.iter().map(|kept| kept.party).chain(users);
        if payers.any(|payer| self.exchange.public_calls(payer) > 0) {
            return Some(Violation::new("leak", "everybody has hung up, and a public call still counts"));
        }
        let owed: &Owed = self.stories.owed.first()?;
        let text = format!("a call of {} is over and has no record", all.name(owed.by));
        Some(Violation::new("record", text))
    }
}

impl Abstraction {
    /// What a party is called.
    pub(super) fn name(&self, party: Party) -> String {
        crate::explain::words::party_name(&self.image, party)
    }

    /// Whether a call stays inside.
    pub(super) fn is_inside(&self, pair: &Pair) -> bool {
        [pair.parties.0, pair.parties.1]
            .iter()
            .all(|party| party.phone().is_some() || *party == Party::Conference)
    }

    /// Whether a call must have a record: `[smdr]` and the COS of who pays want one, and an emergency call always has.
    pub(super) fn owes(&self, pair: &Pair) -> bool {
        let number = self.numbers.get(usize::from(pair.story.number));
        let Some(number) = number.filter(|_| pair.story.number != NO_NUMBER) else { return false };
        if matches!(number.target, Target::Emergency(_)) {
            return true;
        }
        let outside = !self.is_inside(pair);
        let transfers = matches!(pair.story.how, How::Blind | How::Forwarded { transferred: true });
        if transfers && !matches!(pair.parties.1, Party::Trunk(_)) {
            return false;
        }
        let (bit, feature) =
            if outside { (1, Features::SMDR_EXTERNAL) } else { (2, Features::SMDR_INTERNAL) };
        let reading = super::judge::Reading { image: &self.image };
        // Who has called, and who pays for it.
        let both = [pair.story.caller, pair.story.by];
        let wants = both.iter().any(|party| reading.classes(*party, pair.story.mode).has(feature));
        self.image.system().smdr & bit != 0 && wants
    }

    /// Whether a record is the one that is awaited.
    pub(super) fn records(&self, owed: &Owed, record: &Smdr) -> bool {
        let calling = match (owed.by, record.calling) {
            (Party::Device(_) | Party::User { .. }, Station::Dn(dn)) => dn.as_str() == self.name(owed.by),
            (Party::Trunk(trunk), Station::PublicTrunk(number) | Station::PrivateTrunk(number)) => {
                number == trunk + 1
            }
            _ => false,
        };
        let number = self.numbers.get(usize::from(owed.number));
        calling
            && record.completion != Completion::TollDenied
            && number.is_some_and(|number| number.meant == record.dialed.as_bytes())
    }
}
