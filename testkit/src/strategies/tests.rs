use super::*;
use crate::oracle::{
    BREAKAGES, BREAKAGES_ON_BEHALF, RULES_IN_FORCE, RULES_ON_BEHALF, attended, decide, fetched,
};

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
    // A class that is denied to the station and not to its code is rare.
    for n in 0..4000 {
        if n >= 500 && hidden.is_empty() {
            break;
        }
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
    let ordinary: Vec<_> = RULES_IN_FORCE.iter().filter(|rule| !RULES_ON_BEHALF.contains(rule)).collect();
    assert!(ordinary.iter().all(|rule| rules.contains_key(*rule)) && rules.len() == ordinary.len());
}

#[test]
fn every_breakage_on_somebodys_behalf_shows() {
    let mut seeded = Seeded::new(5);
    let mut rules = std::collections::BTreeMap::new();
    let mut hidden = BREAKAGES_ON_BEHALF.to_vec();
    for _ in 0..1500 {
        let model = seeded.draw(&models_with_features());
        let (attempts, consultations, fetches) = (on_behalf(&model), consultations(&model), fetches(&model));
        for _ in 0..10 {
            let Question { attempt, busy } = seeded.draw(&attempts);
            let answer = |broken| decide(&model, &attempt, &|trunk| !busy.iter().any(|b| b == trunk), broken);
            let right = answer(None);
            hidden.retain(|broken| answer(Some(broken)) == right);
            let feature = attempt.behalf.as_ref().map(|behalf| behalf.feature);
            *rules.entry((feature, right.verdict, right.rule)).or_insert(0) += 1;
            let Consultation { asked, .. } = seeded.draw(&consultations);
            let right = attended(&model, &asked, None);
            hidden.retain(|broken| attended(&model, &asked, Some(broken)) == right);
            *rules.entry((None, right.verdict, right.rule)).or_insert(0) += 1;
            let asked = seeded.draw(&fetches);
            let right = fetched(&model, &asked, None);
            hidden.retain(|broken| fetched(&model, &asked, Some(broken)) == right);
            *rules.entry((None, right.verdict, right.rule)).or_insert(0) += 1;
        }
    }
    for (rule, count) in &rules {
        println!("{rule:?} {count}");
    }
    assert_eq!(hidden, [""; 0]);
    assert!(RULES_ON_BEHALF.iter().all(|rule| rules.keys().any(|(_, _, seen)| seen == rule)));
}
