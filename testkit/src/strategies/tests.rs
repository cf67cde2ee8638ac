use super::*;
use crate::oracle::{BREAKAGES, RULES_IN_FORCE, decide};

#[test]
fn the_same_seed_draws_the_same() {
    let draw = |seed| {
        let mut seeded = Seeded::new(seed);
        let model = seeded.draw(&models());
        let question = seeded.draw(&questions(&model));
        (model, question)
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn every_rule_and_every_breakage_shows() {
    let mut seeded = Seeded::new(3);
    let mut rules = std::collections::BTreeMap::new();
    let mut hidden = BREAKAGES.to_vec();
    for _ in 0..500 {
        let model = seeded.draw(&models());
        let questions = questions(&model);
        for _ in 0..40 {
            let Question { attempt, busy } = seeded.draw(&questions);
            let answer = |broken| decide(&model, &attempt, &|trunk| !busy.iter().any(|b| b == trunk), broken);
            let right = answer(None);
            hidden.retain(|broken| answer(Some(broken)) == right);
            *rules.entry(right.rule).or_insert(0) += 1;
        }
    }
    println!("{rules:#?}");
    assert_eq!(hidden, [""; 0]);
    assert!(
        RULES_IN_FORCE.iter().all(|rule| rules.contains_key(rule)) && rules.len() == RULES_IN_FORCE.len()
    );
}
