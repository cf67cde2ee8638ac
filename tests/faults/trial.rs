//! One flow after the other in the same office, with faults; what came of it, and that nothing is left.

use super::acts::act;
use super::fault::{self, Fault};
use super::flows::Flow;
use super::offices::{SIZES, office};
use crate::office::{Office, columns, dials};
use strowger::policy::Verdict;
use strowger_testkit::phone::{PhoneConfig, PhoneEvent};
use strowger_testkit::sim::{PhoneId, Sizes};

/// Flows between which everybody registers again.
const REGISTERED_FOR: u32 = 15;

/// What a flow came to: decisions, records, and what registrations and changes were answered with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    decisions: Vec<String>,
    records: Vec<String>,
    answers: Vec<String>,
}

pub(crate) struct Trial {
    office: Office,
    flow: &'static Flow,
    everybody: Vec<(PhoneId, PhoneConfig)>,
    runs: u32,
    /// Datagrams of the last run, until it was settled.
    pub(crate) datagrams: u64,
    /// What was sent in the last run.
    pub(crate) ladder: String,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [&self.decisions, &self.records, &self.answers].map(|part| part.join(" "));
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        write!(f, "{}", parts.join("; "))
    }
}

impl Trial {
    /// In an office of the usual size, where everybody is registered.
    pub(crate) fn new(flow: &'static Flow, seed: u64) -> Self {
        let mut office = office(flow.at, seed, &SIZES);
        office.register();
        Self::over(flow, office)
    }

    /// In one of another size, if it has room for everybody to register there.
    pub(crate) fn sized(flow: &'static Flow, sizes: &Sizes) -> Option<Self> {
        let mut office = office(flow.at, 1, sizes);
        for at in 0..6 {
            let id = office.phones[at];
            office.sim.with(id, |phone, now| phone.register(now, 36_000));
            if !office.sim.run_until_event(5_000, id, |event| *event == PhoneEvent::Registered) {
                return None;
            }
            office.sim.run_ms(40_000);
        }
        Some(Self::over(flow, office))
    }

    fn over(flow: &'static Flow, mut office: Office) -> Self {
        let everybody: Vec<PhoneId> =
            office.phones.iter().copied().chain([office.carrier, office.other]).collect();
        let everybody = everybody.into_iter().map(|id| (id, office.sim.phone(id).config.clone())).collect();
        Self { office, flow, everybody, runs: 0, datagrams: 0, ladder: String::new() }
    }

    /// The flow with these faults.
    pub(crate) fn run(&mut self, faults: &[Fault]) -> Outcome {
        let office = &mut self.office;
        office.sim.ladder.clear();
        office.sim.events.clear();
        office.sim.outputs.clear();
        office.sim.decisions.clear();
        office.sim.records.clear();
        office.sim.relay.asked.clear();
        let before = office.sim.datagrams;
        fault::begin(&mut office.sim, faults);
        act(office, self.flow.acts);
        self.datagrams = office.sim.datagrams - before;
        fault::end(&mut office.sim);
        self.settle(faults);
        let outcome = self.outcome();
        self.ladder = self.office.sim.ladder.render();
        for (id, config) in &self.everybody {
            self.office.sim.phone(*id).config.clone_from(config);
        }
        outcome
    }

    fn outcome(&self) -> Outcome {
        let decisions = self.office.sim.decisions.iter().map(|decision| match decision.verdict {
            Verdict::Allow(choice) => choice.rule.name().to_owned(),
            Verdict::Deny(denial) => format!("denied: {}", denial.rule.name()),
            Verdict::NeedsCode(denial) => format!("code: {}", denial.rule.name()),
        });
        let records = columns(&self.office, &[24..28, 34..60, 60..61, 62..66, 66..67, 68..72, 73..85]);
        let answers = self.office.sim.events.iter().filter_map(|(_, who, event)| match event {
            PhoneEvent::Registered => Some(format!("{who} registered")),
            PhoneEvent::Unregistered => Some(format!("{who} unregistered")),
            PhoneEvent::RegisterFailed(status) => Some(format!("{who} not registered {status}")),
            PhoneEvent::Answered { method, status } => Some(format!("{who} {method:?} {status}")),
            _ => None,
        });
        Outcome { decisions: decisions.collect(), records, answers: answers.collect() }
    }

    /// Who is still in a call hangs up; then nothing may be left.
    fn settle(&mut self, faults: &[Fault]) {
        let office = &mut self.office;
        let case = format!("{}: {faults:?}", self.flow.name);
        office.sim.run_ms(35_000);
        for _ in 0..8 {
            for (id, _) in &self.everybody {
                if office.sim.phone(*id).live_calls() > 0 {
                    office.sim.with(*id, strowger_testkit::phone::Phone::hang_up);
                    office.sim.run_ms(1_000);
                }
            }
        }
        let limit = office.sim.now.plus_ms(300_000);
        while office.sim.exchange(0).calls_in_use() > 0 && office.sim.now < limit {
            office.sim.run_ms(1_000);
        }
        office.sim.run_ms(40_000);
        // Our registration at a carrier may be in the middle of a renewal.
        for _ in 0..8 {
            if !office.left().is_empty() {
                office.sim.run_ms(5_000);
            }
        }
        let left = office.left();
        assert!(left.is_empty(), "{case}: {left}\n{}", office.sim.ladder.render());
        for (id, config) in &self.everybody {
            assert_eq!(
                office.sim.phone(*id).live_calls(),
                0,
                "{case}: {}\n{}",
                config.dn,
                office.sim.ladder.render()
            );
        }
    }

    /// Who has lost its registration gets it again, and settings are as before: that must work.
    pub(crate) fn put_right(&mut self, faults: &[Fault]) {
        let office = &mut self.office;
        self.runs += 1;
        for at in 0..6 {
            if self.runs.is_multiple_of(REGISTERED_FOR) || !office.sim.exchange(0).is_registered(at) {
                let id = office.phones[at as usize];
                office.sim.ladder.clear();
                office.sim.with(id, |phone, now| phone.register(now, 3600));
                let done = office.sim.run_until_event(5_000, id, |event| *event == PhoneEvent::Registered);
                assert!(done, "{}: {faults:?}\n{}", self.flow.name, office.sim.ladder.render());
            }
        }
        for (dn, code) in self.flow.mends {
            let status = dials(office, dn, code);
            assert!(status == 200 || status == 403, "{status}");
        }
    }
}
