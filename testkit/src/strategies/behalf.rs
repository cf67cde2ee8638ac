//! Transfers and diversions: policies that grant their features, attempts on somebody's behalf, and second calls whose
//! party is to be joined with the first's.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::attempts::{Question, leave_out, questions};
use super::dice::Dice;
use super::{models, option, pick};
use crate::model::{Action, Mode, Model, OwnClass};
use crate::oracle::{Answer, Attended, Behalf, Feature, Party, Reached, Verdict, decide};

/// A transferor's second call, and the question whether its party may be joined with the first call's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consultation {
    /// The call that the transferor made, if it made it; then `asked.to` has its answer.
    pub call: Option<Question>,
    /// What is asked.
    pub asked: Attended,
}

/// Features of transfers and diversions, and in how many of a hundred classes they are.
const FEATURES: &[(&str, u32)] = &[
    ("transfer", 85),
    ("forward-internal", 70),
    ("forward-external", 80),
    ("override-interconnect-on-transfer", 25),
    ("public-to-public", 40),
];

/// Own classes into which most numbers fall that have no class of longer prefixes.
const CLASSES_OF_MANY_NUMBERS: &[(&str, &[&str])] =
    &[("low", &["12", "13", "14", "15"]), ("high", &["16", "17", "18", "19"])];

/// Policies as [`models`] makes them, whose classes have the features of transfers and diversions too, and in which some
/// of the rules about those are open.
pub fn models_with_features() -> impl Strategy<Value = Model> {
    (models(), vec(any::<u8>(), 48)).prop_map(|(mut model, octets)| {
        let mut dice = Dice::new(&octets);
        for rule in [24, 26, 33] {
            if dice.percent(35) {
                model.open_rules.push(rule);
            }
        }
        for class in &mut model.cos {
            for (feature, percent) in FEATURES {
                if dice.percent(*percent) && !class.features.contains(feature) {
                    class.features.push(feature);
                }
            }
        }
        for trunk in &mut model.trunks {
            match dice.throw() {
                0..16 => trunk.cor.day = 0,
                16..32 => trunk.cor.night1 = 0,
                _ => {}
            }
        }
        // What is denied to some CORs only tells whose COR is looked at.
        for (name, prefixes) in CLASSES_OF_MANY_NUMBERS {
            if dice.percent(60) {
                model.own_classes.push(OwnClass {
                    name: (*name).into(),
                    prefixes: prefixes.to_vec(),
                    countries: Vec::new(),
                    action: Action::Deny,
                    cor_group: Some(pick(dice.throw(), &model.cor_groups).id),
                });
            }
        }
        model
    })
}

/// Attempts as [`questions`] makes them, on somebody's behalf: blind transfers and diversions, to numbers of all kinds
/// and often to a device.
///
/// # Panics
/// If the model has neither devices nor trunks.
pub fn on_behalf(model: &Model) -> impl Strategy<Value = Question> + use<> {
    let questions = questions(model);
    let model = Arc::new(model.clone());
    let feature =
        prop_oneof![Just(Feature::Transfer), any::<bool>().prop_map(|user| Feature::Forward { user }),];
    let inside = option(5, 1, (0..4_u8, any::<u8>()));
    (questions, feature, raw_party(), raw_party(), inside).prop_map(
        move |(mut question, feature, of, diverter, inside)| {
            let attempt = &mut question.attempt;
            let party = party(&model, of);
            // What a trunk's call is for is another question.
            attempt.did = false;
            if feature != Feature::Transfer {
                attempt.code = None;
                attempt.code_locked = false;
                if !matches!(attempt.from, Party::Device(_)) {
                    attempt.from = self::party(&model, diverter);
                }
            }
            let called = match inside {
                Some((0, _)) => Some(&attempt.from),
                Some((1, _)) => Some(&party),
                _ => None,
            };
            if let Some(Party::Device(dn)) = called {
                attempt.dialed = dn.clone();
            } else if let Some((_, raw)) = inside.filter(|_| !model.devices.is_empty()) {
                attempt.dialed = pick(raw, &model.devices).dn.clone();
            }
            leave_out(&model, attempt);
            attempt.behalf = Some(Behalf { feature, party });
            question
        },
    )
}

/// Second calls, most of them made by the transferor over a route, and somebody of the first call.
///
/// # Panics
/// If the model has neither devices nor trunks.
pub fn consultations(model: &Model) -> impl Strategy<Value = Consultation> + use<> {
    let several = vec(questions(model), 6);
    let model = Arc::new(model.clone());
    let mode = option(2, 1, select(&Mode::ALL[..]));
    let called = prop::bool::weighted(0.8);
    let outside = prop::bool::weighted(0.8);
    let same = prop::bool::weighted(0.04);
    (several, (called, outside, same), raw_party(), raw_party(), mode).prop_map(
        move |(several, (called, outside, same), of, caller, mode)| {
            let quiet = several[0].attempt.clone();
            let mut made: Vec<(Question, Answer)> = Vec::new();
            for mut call in several.into_iter().filter(|_| called) {
                call.attempt.did = false;
                leave_out(&model, &mut call.attempt);
                let answer = answer(&model, &call);
                if matches!(answer.verdict, Verdict::Allow | Verdict::Emergency) {
                    made.push((call, answer));
                }
            }
            // A class or a COR group counts only where there is a route.
            made.sort_by_key(|(_, answer)| answer.rule != if outside { "route" } else { "internal" });
            let (call, to) = match made.into_iter().next() {
                Some((call, answer)) => {
                    let dialed = call.attempt.dialed.clone();
                    (Some(call), Reached::Called { dialed, answer })
                }
                None => (None, Reached::Caller(party(&model, caller))),
            };
            let attempt = call.as_ref().map_or(&quiet, |call| &call.attempt);
            let by = attempt.from.clone();
            let mode = mode.or(attempt.mode).unwrap_or_default();
            let second = match &to {
                Reached::Called { answer, .. } => answer.to.clone(),
                Reached::Caller(party) => Some(party.clone()),
            };
            let of = second.filter(|_| same).unwrap_or_else(|| party(&model, of));
            Consultation { call, asked: Attended { by, of, to, mode } }
        },
    )
}

fn answer(model: &Model, Question { attempt, busy }: &Question) -> Answer {
    decide(model, attempt, &|trunk| !busy.iter().any(|busy| busy == trunk), None)
}

/// Somebody, before it is known who is there: a kind and which of that kind.
fn raw_party() -> impl Strategy<Value = (u8, u8)> {
    (0..20_u8, any::<u8>())
}

/// As many trunks as devices, and rarely a stranger.
fn party(model: &Model, (kind, which): (u8, u8)) -> Party {
    match kind {
        0 => Party::Unknown,
        _ if kind < 11 && !model.devices.is_empty() => Party::Device(pick(which, &model.devices).dn.clone()),
        _ => Party::Trunk(pick(which, &model.trunks).name.clone()),
    }
}
