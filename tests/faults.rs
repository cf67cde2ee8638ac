//! Flows of every kind with every single fault, with random double ones, and in tables of every size: each ends as it would
//! have without, or falls back, and then nothing of it is left and everything works.
//!
//! `STROWGER_DOUBLES` says how many double faults are tried, `STROWGER_SEED` which; `STROWGER_FLOW` names one flow.

mod damage;
mod faults {
    pub(crate) mod acts;
    pub(crate) mod fault;
    pub(crate) mod flows;
    pub(crate) mod offices;
    pub(crate) mod trial;
}
mod office;

use damage::setting;
use faults::fault::{Fault, SINGLE};
use faults::flows::{FLOWS, Flow};
use faults::offices::SIZES;
use faults::trial::{Outcome, Trial};
use strowger_testkit::sim::{Dice, Sizes};

/// Large enough for every flow.
const MOST: Sizes = Sizes { transactions: 24, pages: 140, ..SIZES };

fn flows() -> impl Iterator<Item = &'static Flow> {
    let only = std::env::var("STROWGER_FLOW").ok();
    FLOWS.iter().filter(move |flow| only.as_ref().is_none_or(|only| flow.name == only))
}

/// What the network loses, doubles or delays changes no decision and no record, nor does a clock that is set back, a calendar
/// that jumps, or a random source that is stuck; everything else may make a call fail.
#[test]
fn every_single_fault_ends_right_or_falls_back() {
    let (mut all, mut otherwise) = (0, 0);
    for flow in flows() {
        let mut trial = Trial::new(flow, 1);
        let clean = trial.run(&[]);
        trial.put_right(&[]);
        assert_eq!(clean.to_string(), flow.comes_to, "{}\n{}", flow.name, trial.ladder);
        for at in 0..trial.datagrams {
            for fault in SINGLE.iter().map(|fault| fault(at)) {
                let outcome = trial.run(&[fault]);
                trial.put_right(&[fault]);
                let same = outcome == clean;
                assert!(
                    same || !fault.is_borne() || flow.is_a_race,
                    "{}: {fault:?}\n{}",
                    flow.name,
                    trial.ladder
                );
                (all, otherwise) = (all + 1, otherwise + u32::from(!same));
            }
        }
    }
    println!(
        "{} flows, {all} faults: {otherwise} flows ended otherwise, and all of them well",
        flows().count()
    );
}

#[test]
fn random_double_faults_end_right_or_fall_back() {
    let (doubles, seed) = (setting("STROWGER_DOUBLES", 100_000), setting("STROWGER_SEED", 1));
    let mut dice = Dice::new(seed);
    let (mut all, mut otherwise) = (0, 0);
    for (number, flow) in (0..).zip(flows()) {
        let mut trial = Trial::new(flow, seed.wrapping_add(number));
        let clean = trial.run(&[]);
        trial.put_right(&[]);
        let datagrams = trial.datagrams;
        for _ in 0..doubles.div_ceil(flows().count() as u64) {
            let faults = Fault::two(&mut dice, datagrams);
            let same = trial.run(&faults) == clean;
            trial.put_right(&faults);
            (all, otherwise) = (all + 1, otherwise + u32::from(!same));
        }
    }
    println!("{all} double faults: {otherwise} flows ended otherwise, and all of them well");
}

/// One table at a time is as small as it can be, and then larger until every flow fits, by one place, pages by eight: so what a flow
/// takes of transactions and calls is refused place by place. Afterwards there are as many places as before, and the same flow comes
/// to the same again.
#[test]
fn every_place_that_is_refused_ends_right_or_falls_back() {
    let transactions = (1..=MOST.transactions).map(|transactions| Sizes { transactions, ..MOST });
    let pages = (20..=MOST.pages).step_by(8).map(|pages| Sizes { pages, ..MOST });
    let calls = (0..=MOST.calls).map(|calls| Sizes { calls, ..MOST });
    let (mut all, mut otherwise) = (0, 0);
    for sizes in transactions.chain(pages).chain(calls) {
        let mut came_to = Vec::new();
        for flow in flows() {
            let Some(mut trial) = Trial::sized(flow, &sizes) else {
                assert_ne!(sizes, MOST, "{} has no room", flow.name);
                continue;
            };
            let outcome = trial.run(&[]);
            assert_eq!(trial.run(&[]), outcome, "{}: {sizes:?}", flow.name);
            let same = outcome.to_string() == flow.comes_to;
            assert!(same || sizes != MOST, "{}: {outcome} with {sizes:?}", flow.name);
            (all, otherwise) = (all + 1, otherwise + u32::from(!same));
            came_to.push((flow.name, outcome));
        }
        // A call for help fits wherever another call does.
        let fits = |name: &str, rule: &str| {
            let of = came_to.iter().find(|(flow, _)| *flow == name).map(|(_, outcome)| outcome);
            of.is_some_and(|outcome: &Outcome| outcome.to_string().starts_with(rule))
        };
        assert!(!fits("out", "route; 201") || fits("emergency", "emergency; 203"), "{sizes:?}");
    }
    println!("{all} flows in tables of other sizes: {otherwise} ended otherwise, and all of them well");
    assert!(otherwise > 0, "nothing was refused");
}
