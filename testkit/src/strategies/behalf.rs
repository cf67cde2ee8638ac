//! Transfers, diversions and calls taken from others: policies that grant their features, attempts on somebody's behalf,
//! second calls whose party is to be joined with the first's, and calls that wait.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::attempts::{Numbers, Question, codes, leave_out, public_numbers, questions};
use super::dice::Dice;
use super::{models, option, pick, users};
use crate::model::{Action, CorGroup, Mode, Model, NumberFormat, OwnClass, PerMode, Trunk};
use crate::oracle::{
    Attempt, Attended, Behalf, Feature, Fetch, Party, Reached, Taking, Verdict, attended, decide,
};

/// A transferor's second call, and the question whether its party may be joined with the first call's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consultation {
    /// The call that the transferor made, if it made it; then `asked.to` has its answer.
    pub call: Option<Question>,
    /// What is asked.
    pub asked: Attended,
}

/// Features of what is done for others or taken from them, and in how many of a hundred classes they are.
const FEATURES: &[(&str, u32)] = &[
    ("transfer", 85),
    ("forward-internal", 70),
    ("forward-external", 80),
    ("override-interconnect-on-transfer", 25),
    ("public-to-public", 15),
    ("pickup", 65),
    ("park", 65),
];

/// Rules that may be open, and in how many of a hundred policies they are. R36 decides only where one way alone is
/// restricted.
const OPEN_RULES: &[(u8, u32)] = &[(24, 25), (26, 25), (33, 25), (36, 50)];

/// Own classes into which most numbers fall that have no class of longer prefixes.
const CLASSES_OF_MANY_NUMBERS: &[(&str, &[&str])] =
    &[("low", &["12", "13", "14", "15", "16"]), ("high", &["17", "18", "19"])];

/// What begins numbers of countries that share the plan: no text says whether the country or the prefix is longer. Nor
/// does one say whether what begins like a local number and goes on has the area code's prefixes.
const SHARED_BY_COUNTRIES: &[&str] = &["16", "18"];

/// What closes a route to somebody's other party, the rarest first.
const SELDOM_FOUND: &[&str] =
    &["class.denied", "cor.none", "max-digits", "public-to-public", "cor.leading", "cor.route"];

/// Policies as [`models`] makes them, whose classes have the features of transfers, diversions and calls taken from
/// others too, and in which some of the rules about those are open.
pub fn models_with_features() -> impl Strategy<Value = Model> {
    (models(), vec(any::<u8>(), 56)).prop_map(|(mut model, octets)| {
        let mut dice = Dice::new(&octets);
        for (rule, percent) in OPEN_RULES {
            if dice.percent(*percent) {
                model.open_rules.push(*rule);
            }
        }
        for class in &mut model.cos {
            for (feature, percent) in FEATURES {
                if dice.percent(*percent) && !class.features.contains(feature) {
                    class.features.push(feature);
                }
            }
        }
        add_a_trunk_for_incoming_calls(&mut model, &mut dice);
        add_classes_of_many_numbers(&mut model, &mut dice);
        for trunk in &mut model.trunks {
            match dice.throw() {
                0..16 => trunk.cor.day = 0,
                16..32 => trunk.cor.night1 = 0,
                _ => {}
            }
        }
        // On behalf of few an exemption decides: half of them are exempt.
        for call in &mut model.speed_calls {
            call.cor_exempt |= dice.percent(30);
        }
        model
    })
}

/// Somebody outside whose trunk no route leads to: what closes a route to it is not that it is the same trunk.
fn add_a_trunk_for_incoming_calls(model: &mut Model, dice: &mut Dice<'_>) {
    // A fifth COR is in no group of [`models`].
    let mut cor = || (1 + dice.throw() % 8).min(5);
    let cor = PerMode { day: cor(), night1: cor(), night2: cor() };
    model.trunks.push(Trunk {
        name: "incoming".into(),
        public: true,
        channels: 2,
        cos: PerMode::all(pick(dice.throw(), &model.cos).id),
        cor,
        interconnect: 1 + dice.throw() % 4,
        zone: None,
        number_format: NumberFormat::AsDialed,
        inbound: Vec::new(),
    });
}

/// What is denied to few CORs, the incoming trunk's among them, tells whose COR is looked at.
fn add_classes_of_many_numbers(model: &mut Model, dice: &mut Dice<'_>) {
    let Some(incoming) = model.trunks.last().map(|trunk| trunk.cor) else { return };
    // A group of their own: on a route it would close that before any class is looked at.
    let id = 96;
    let mut members = vec![incoming.day];
    if !members.contains(&incoming.night1) && dice.percent(50) {
        members.push(incoming.night1);
    }
    members.sort_unstable();
    model.cor_groups.push(CorGroup { id, members });
    let islands = model.own_classes.iter().any(|class| class.countries.contains(&"JM"));
    let unclear = |prefix: &str| {
        let local = model.area_code.is_some_and(|area| area.starts_with(&prefix[1..]));
        local || islands && SHARED_BY_COUNTRIES.contains(&prefix)
    };
    let mut classes = Vec::new();
    for (name, prefixes) in CLASSES_OF_MANY_NUMBERS {
        if dice.percent(90) {
            classes.push(OwnClass {
                name: (*name).into(),
                prefixes: prefixes.iter().copied().filter(|prefix| !unclear(prefix)).collect(),
                countries: Vec::new(),
                action: Action::Deny,
                cor_group: Some(id),
            });
        }
    }
    model.own_classes.extend(classes);
}

/// Attempts as [`questions`] makes them, on somebody's behalf: blind transfers and diversions, to numbers of all kinds
/// and often to a device.
///
/// # Panics
/// If the model has neither devices nor trunks.
pub fn on_behalf(model: &Model) -> impl Strategy<Value = Question> + use<> {
    let questions = questions(model);
    let public_numbers = public_numbers(model);
    let model = Arc::new(model.clone());
    let feature =
        prop_oneof![Just(Feature::Transfer), any::<bool>().prop_map(|user| Feature::Forward { user }),];
    let inside = option(6, 1, (0..5_u8, any::<u8>()));
    let public = option(2, 1, any::<u8>());
    let speed = option(2, 1, any::<u8>());
    let codes = codes(&model);
    let closed = prop::bool::weighted(0.5);
    (questions, feature, raw_party(), raw_party(), inside, (public, speed), closed).prop_map(
        move |(mut question, feature, of, diverter, inside, (public, speed), closed)| {
            let attempt = &mut question.attempt;
            let party = party(&model, of);
            // What a trunk's call is for is another question.
            if std::mem::take(&mut attempt.did) {
                leave_out(&model, attempt, Numbers::Usual);
            }
            if feature != Feature::Transfer {
                attempt.code = None;
                attempt.code_locked = false;
                match &attempt.from {
                    // What is set for his number diverts wherever he is, and if he is nowhere.
                    Party::User { dn, .. } if diverter.1 % 2 == 0 => {
                        attempt.from = Party::Device(dn.clone());
                    }
                    Party::Device(_) | Party::User { .. } => {}
                    Party::Trunk(_) | Party::Unknown => attempt.from = self::party(&model, diverter),
                }
            }
            let called = match inside {
                Some((0, raw)) => own_number(&attempt.from, raw),
                Some((1, raw)) => own_number(&party, raw),
                Some((2, raw)) => users::number(&model, &party, raw),
                _ => None,
            };
            if let Some(dn) = called {
                attempt.dialed = dn;
            } else if let Some((_, raw)) = inside.filter(|_| !model.devices.is_empty()) {
                attempt.dialed = pick(raw, &model.devices).dn.clone();
            } else if let Some(raw) = public.filter(|_| closed && !public_numbers.is_empty()) {
                attempt.dialed.clone_from(pick(raw, &public_numbers));
            } else if let Some(raw) = speed.filter(|_| !codes.is_empty()) {
                attempt.dialed.clone_from(pick(raw, &codes));
            }
            attempt.behalf = Some(Behalf { feature, party });
            if closed {
                question.busy.clear();
                question.attempt.locked_out = false;
                question.attempt.calls = (0, 0);
                ask_for_who_is_denied(&model, &mut question);
            }
            question
        },
    )
}

/// The same for a trunk to which a rule is the answer that chance seldom finds, if there is one.
fn ask_for_who_is_denied(model: &Model, question: &mut Question) {
    let Some(behalf) = question.attempt.behalf.take() else { return };
    let rank = |behalf: &Behalf| {
        let attempt = Attempt { behalf: Some(behalf.clone()), ..question.attempt.clone() };
        let answer = |broken| decide(model, &attempt, &|_| true, broken).rule;
        let rule = answer(None);
        // Somebody whom only an exemption lets through (R27).
        if rule == "route" && answer(Some("speed.other.route")) != rule {
            return Some(0);
        }
        SELDOM_FOUND.iter().position(|seldom| *seldom == rule)
    };
    let trunks = model.trunks.iter().map(|trunk| Party::Trunk(trunk.name.clone()));
    let others = trunks.map(|party| Behalf { party, ..behalf });
    let denied = others.filter_map(|other| Some((rank(&other)?, other))).min_by_key(|(rank, _)| *rank);
    question.attempt.behalf = Some(denied.map_or(behalf, |(_, other)| other));
}

/// Second calls, most of them made by the transferor over a route, and somebody of the first call.
///
/// # Panics
/// If the model has no trunks.
pub fn consultations(model: &Model) -> impl Strategy<Value = Consultation> + use<> {
    let several = vec(questions(model), 4);
    let codes = codes(model);
    let model = Arc::new(model.clone());
    let mode = option(2, 1, select(&Mode::ALL[..]));
    let (called, same) = (prop::bool::weighted(0.8), prop::bool::weighted(0.04));
    let same = (same, any::<u8>());
    let closed = (prop::bool::weighted(0.7), option(1, 1, any::<u8>()));
    (several, called, raw_party(), raw_party(), mode, same, closed).prop_map(
        move |(mut several, called, of, caller, mode, (same, phone), (closed, code))| {
            if let Some(raw) = code.filter(|_| closed && !codes.is_empty()) {
                several[3].attempt.dialed.clone_from(pick(raw, &codes));
            }
            let (by, own_mode) = (several[0].attempt.from.clone(), several[0].attempt.mode);
            let of = party(&model, of);
            let mut all = Vec::new();
            for call in several.into_iter().filter(|_| called) {
                all.extend(made(&model, call, &of, mode, phone));
            }
            // A class or a COR group counts only where there is a route.
            all.sort_by_key(|consultation| match &consultation.asked.to {
                Reached::Called { answer, .. } => answer.route.is_none(),
                Reached::Caller(_) => true,
            });
            let rules = if closed { &["class.denied", "cor.none", "cor.route"][..] } else { &[] };
            let exempt = all.iter().filter(|_| closed).find_map(|one| let_through_by_exemption(&model, one));
            let denied =
                || rules.iter().find_map(|rule| all.iter().find_map(|one| answered_by(&model, one, rule)));
            let found = exempt.or_else(denied);
            let mut one = found.or_else(|| all.into_iter().next()).unwrap_or_else(|| {
                let to = Reached::Caller(users::beside(&of, party(&model, caller)));
                let mode = mode.or(own_mode).unwrap_or_default();
                Consultation { call: None, asked: Attended { by, of, to, mode } }
            });
            if same {
                one.asked.of = match &one.asked.to {
                    Reached::Called { answer, .. } => answer.to.clone().expect("the call was made"),
                    Reached::Caller(party) => party.clone(),
                };
            }
            one
        },
    )
}

/// A second call that is let through; `phone` is which one a user answers who is called.
fn made(
    model: &Model,
    mut call: Question,
    of: &Party,
    mode: Option<Mode>,
    phone: u8,
) -> Option<Consultation> {
    if std::mem::take(&mut call.attempt.did) {
        leave_out(model, &mut call.attempt, Numbers::Usual);
    }
    // What kept it from being made is asked elsewhere.
    call.busy.clear();
    call.attempt = Attempt { locked_out: false, code_locked: false, calls: (0, 0), ..call.attempt };
    let attempt = &call.attempt;
    let answer = users::answered(model, (attempt, of), decide(model, attempt, &|_| true, None), phone);
    let made = matches!(answer.verdict, Verdict::Allow | Verdict::Emergency);
    let asked = Attended {
        by: attempt.from.clone(),
        of: of.clone(),
        to: Reached::Called { dialed: attempt.dialed.clone(), answer },
        mode: mode.or(attempt.mode).unwrap_or_default(),
    };
    made.then_some(Consultation { call: Some(call), asked })
}

/// The same for a trunk to which this rule is the answer, if there is one: chance seldom finds it.
fn answered_by(
    model: &Model,
    Consultation { call, asked }: &Consultation,
    rule: &str,
) -> Option<Consultation> {
    let asked = for_trunks(model, asked).find(|asked| attended(model, asked, None).rule == rule)?;
    Some(Consultation { call: call.clone(), asked })
}

/// The same for a trunk whose COR counts for nothing because the second call's number is exempt.
fn let_through_by_exemption(
    model: &Model,
    Consultation { call, asked }: &Consultation,
) -> Option<Consultation> {
    let answer = |asked: &Attended, broken| attended(model, asked, broken);
    let tells = |asked: &Attended| answer(asked, Some("attended.speed.route")) != answer(asked, None);
    Some(Consultation { call: call.clone(), asked: for_trunks(model, asked).find(tells)? })
}

fn for_trunks(model: &Model, asked: &Attended) -> impl Iterator<Item = Attended> {
    let trunks = model.trunks.iter().map(|trunk| Party::Trunk(trunk.name.clone()));
    trunks.map(|of| Attended { of, ..asked.clone() })
}

/// Calls that wait, and who takes them: most often somebody else, and as often a trunk as a device.
///
/// # Panics
/// If the model has no trunks.
pub fn fetches(model: &Model) -> impl Strategy<Value = Fetch> + use<> {
    let model = Arc::new(model.clone());
    let (feature, mode) = (select(&[Taking::Pickup, Taking::Retrieve][..]), select(&Mode::ALL[..]));
    let (called, same) = (prop::bool::weighted(0.6), prop::bool::weighted(0.04));
    (raw_party(), raw_party(), called, feature, mode, same).prop_map(
        move |(by, of, called, feature, mode, same)| {
            let by = party(&model, by);
            let of = if same { by.clone() } else { users::beside(&by, party(&model, of)) };
            Fetch { by, of, called, feature, mode }
        },
    )
}

/// A number by which a call comes to this party.
fn own_number(party: &Party, raw: u8) -> Option<String> {
    match party {
        Party::Device(dn) => Some(dn.clone()),
        Party::User { dn, at } => Some(if raw.is_multiple_of(2) { dn.clone() } else { at.clone() }),
        Party::Trunk(_) | Party::Unknown => None,
    }
}

/// Somebody, before it is known who is there: a kind, which of that kind, and which user is logged in there.
fn raw_party() -> impl Strategy<Value = (u8, u8, Option<u8>)> {
    (0..20_u8, any::<u8>(), option(2, 1, any::<u8>()))
}

/// As many trunks as devices, some of those with a user, and rarely a stranger.
fn party(model: &Model, (kind, which, user): (u8, u8, Option<u8>)) -> Party {
    match kind {
        0 => Party::Unknown,
        _ if kind < 11 && !model.devices.is_empty() => {
            let dn = &pick(which, &model.devices).dn;
            let user = user.and_then(|which| users::at(model, dn, which));
            user.unwrap_or_else(|| Party::Device(dn.clone()))
        }
        _ => Party::Trunk(pick(which, &model.trunks).name.clone()),
    }
}
