//! The engine against the naive oracle on somebody's behalf: blind transfers, diversions, attended transfers, and calls
//! that somebody takes from others.
//!
//! `STROWGER_PAIRS` sets the number of random pairs, `STROWGER_SEED` where they begin.

mod engine;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::{Compiled, in_two, number_from, party};
use strowger::policy::{self, Image, Keyring};
use strowger_testkit::model::{Mode, Model};
use strowger_testkit::oracle::{
    self, Answer, Attended, BREAKAGES_ON_BEHALF, Feature, Fetch, Party, Reached, Taking, Verdict,
};
use strowger_testkit::strategies::{
    Consultation, Question, Seeded, consultations, fetches, models_with_features, on_behalf, smaller,
};

const PAIRS: usize = 120_000;
/// A policy takes longer to compile than many questions to answer.
const QUESTIONS_EACH: usize = 400;

/// The rules that each kind of question must meet.
const RULES: &[(&str, &[&str])] = &[
    (
        "transfer",
        &[
            "internal",
            "route",
            "emergency",
            "lockout",
            "account-code.wrong",
            "account-code.forced-verified",
            "account-code.forced",
            "cos.none",
            "cor.none",
            "cos.feature",
            "max-digits",
            "cor.leading",
            "call.self",
            "cor.route",
            "class.denied",
            "interconnect",
            "public-to-public",
            "trunk.busy",
        ],
    ),
    (
        "forward",
        &[
            "internal",
            "route",
            "forward.emergency",
            "lockout",
            "account-code.forced-verified",
            "account-code.forced",
            "cos.none",
            "cor.none",
            "cos.feature",
            "max-digits",
            "cor.leading",
            "call.self",
            "route-plan.closed",
            "cor.route",
            "class.denied",
            "interconnect",
            "public-to-public",
            "trunk.busy",
        ],
    ),
    (
        "attended",
        &[
            "internal",
            "route",
            "emergency",
            "cos.none",
            "cos.feature",
            "call.self",
            "cor.none",
            "cor.route",
            "class.denied",
            "interconnect",
            "public-to-public",
        ],
    ),
    (
        "fetch",
        &[
            "internal",
            "route",
            "cos.none",
            "cor.none",
            "cos.feature",
            "account-code.forced-verified",
            "call.self",
            "interconnect",
            "public-to-public",
        ],
    ),
];

/// What is asked on somebody's behalf.
#[derive(Clone, Debug)]
enum Asked {
    Attempt(Question),
    Attended(Box<Consultation>),
    Fetch(Fetch),
}

impl Asked {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Attended(_) => "attended",
            Self::Fetch(_) => "fetch",
            Self::Attempt(question) => match &question.attempt.behalf {
                Some(oracle::Behalf { feature: Feature::Forward { .. }, .. }) => "forward",
                _ => "transfer",
            },
        }
    }
}

fn engine(image: &Image<'_>, keyring: &Keyring<'_>, asked: &Asked) -> Answer {
    let ask =
        |question: &Question| engine::verdict(image, keyring, question, question.attempt.dialed.as_bytes());
    let Consultation { call, asked } = &**match asked {
        Asked::Attempt(question) => return engine::in_words(image, ask(question)),
        Asked::Attended(consultation) => consultation,
        Asked::Fetch(fetch) => return engine::in_words(image, fetched(image, fetch)),
    };
    let choice = call.as_ref().map(|call| {
        let verdict = match phone_of(asked) {
            Some(phone) => seated(image, &call.attempt.from, phone, asked.mode),
            None => ask(call),
        };
        match verdict {
            policy::Verdict::Allow(choice) => choice,
            denied => panic!("the oracle lets this call through: {denied:?}"),
        }
    });
    let to = match (&asked.to, &choice) {
        (Reached::Called { dialed, .. }, Some(choice)) => {
            let (dialed, exempt) = engine::meant(image, party(image, &asked.by), dialed.as_bytes());
            policy::Reached::Called { dialed, choice, exempt }
        }
        (Reached::Caller(caller), _) => policy::Reached::Caller(party(image, caller)),
        (Reached::Called { .. }, None) => panic!("a call that the transferor made is asked about"),
    };
    let question = policy::Attended {
        by: party(image, &asked.by),
        of: party(image, &asked.of),
        to,
        mode: engine::mode(asked.mode),
    };
    engine::in_words(image, policy::attended(image, &question))
}

/// The user whom the second call has reached, and where.
fn phone_of(asked: &Attended) -> Option<(&str, &str)> {
    match &asked.to {
        Reached::Called { answer: Answer { to: Some(Party::User { dn, at }), .. }, .. } => Some((dn, at)),
        Reached::Called { .. } | Reached::Caller(_) => None,
    }
}

fn seated(image: &Image<'_>, caller: &Party, (user, at): (&str, &str), mode: Mode) -> policy::Verdict {
    let to = Party::User { dn: user.to_owned(), at: at.to_owned() };
    let policy::Party::User { user, at } = party(image, &to) else { panic!("a user") };
    let (of, mode) = (party(image, caller), engine::mode(mode));
    let authority = authority(image, of, mode);
    policy::desk::seated(image, &policy::desk::Desk { user, at, of, authority, mode })
}

/// A caller who has given no code.
fn authority(image: &Image<'_>, party: policy::Party, mode: policy::Mode) -> policy::Authority {
    let cos = policy::decide::class_of(image, party, mode).map_or(0, |class| class.id);
    let cor = policy::decide::cor_of(image, party, mode);
    policy::Authority { party, cos, cor, mode, code: None }
}

fn fetched(image: &Image<'_>, fetch: &Fetch) -> policy::Verdict {
    let question = policy::Fetch {
        by: party(image, &fetch.by),
        of: party(image, &fetch.of),
        called: fetch.called,
        feature: match fetch.feature {
            Taking::Pickup => policy::Feature::Pickup,
            Taking::Retrieve => policy::Feature::Retrieve,
        },
        mode: engine::mode(fetch.mode),
    };
    policy::fetched(image, &question)
}

fn answer(model: &Model, asked: &Asked, broken: Option<&str>) -> Answer {
    match asked {
        Asked::Attempt(question) => decide(model, question, broken),
        Asked::Attended(consultation) => oracle::attended(model, &consultation.asked, broken),
        Asked::Fetch(fetch) => oracle::fetched(model, fetch, broken),
    }
}

fn decide(model: &Model, question: &Question, broken: Option<&str>) -> Answer {
    let free = |trunk: &str| !question.busy.iter().any(|busy| busy == trunk);
    oracle::decide(model, &question.attempt, &free, broken)
}

/// Calls `each` with random pairs. Of five questions three are blind transfers or diversions: those have the most rules.
fn random_pairs(share: u64, pairs: usize, mut each: impl FnMut(&Model, &Image<'_>, &Keyring<'_>, &Asked)) {
    let mut seeded = Seeded::new(number_from("STROWGER_SEED", 1891) as u64 + 1_000_000 * share);
    let models = models_with_features();
    for _ in 0..pairs.div_ceil(QUESTIONS_EACH) {
        let model = seeded.draw(&models);
        let compiled = Compiled::new(&model)
            .unwrap_or_else(|findings| panic!("{}\nis a valid policy, but:\n{findings}", model.to_toml()));
        let image = compiled.image();
        let keyring = compiled.keyring(&image);
        let (attempts, consultations, fetches) = (on_behalf(&model), consultations(&model), fetches(&model));
        for n in 0..QUESTIONS_EACH {
            let asked = match n % 5 {
                0 => Asked::Attended(Box::new(seeded.draw(&consultations))),
                1 => Asked::Fetch(seeded.draw(&fetches)),
                _ => Asked::Attempt(seeded.draw(&attempts)),
            };
            each(&model, &image, &keyring, &asked);
        }
    }
}

/// Both answers, if they differ; none if there is nothing to compare.
fn difference(model: &Model, asked: &Asked) -> Option<(Answer, Answer)> {
    let compiled = Compiled::new(model).ok()?;
    let image = compiled.image();
    let keyring = compiled.keyring(&image);
    let both = || {
        let mut asked = asked.clone();
        // A smaller policy may say something else about the second call.
        if let Asked::Attended(consultation) = &mut asked
            && let Consultation { call: Some(call), asked } = &mut **consultation
            && phone_of(asked).is_none()
            && let Reached::Called { dialed, answer } = &mut asked.to
        {
            dialed.clone_from(&call.attempt.dialed);
            *answer = decide(model, call, None);
        }
        (engine(&image, &keyring, &asked), answer(model, &asked, None))
    };
    // While a policy shrinks, somebody may be gone.
    catch_unwind(AssertUnwindSafe(both)).ok().filter(|(engine, oracle)| engine != oracle)
}

/// Shrinks what the two disagree about, and fails with it.
fn disagree(model: &Model, asked: &Asked) -> ! {
    let (mut model, mut asked) = (model.clone(), asked.clone());
    println!("{}\n{asked:#?}\n{:#?}\nshrinks to", model.to_toml(), difference(&model, &asked));
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    loop {
        if let Some(less) = smaller(&model).into_iter().find(|less| difference(less, &asked).is_some()) {
            model = less;
        } else if let Some(less) = shorter(&asked).into_iter().find(|less| difference(&model, less).is_some())
        {
            asked = less;
        } else {
            break;
        }
    }
    std::panic::set_hook(quiet);
    let (engine, oracle) = difference(&model, &asked).expect("shrinking keeps the difference");
    panic!("{}\n{asked:#?}\nengine: {engine:#?}\noracle: {oracle:#?}", model.to_toml());
}

/// The same with a digit less. Who takes a call dials none.
fn shorter(asked: &Asked) -> Vec<Asked> {
    let question = match asked {
        Asked::Attempt(question) => Some(question),
        Asked::Attended(consultation) => consultation.call.as_ref(),
        Asked::Fetch(_) => None,
    };
    let Some(dialed) = question.map(|question| &question.attempt.dialed) else { return Vec::new() };
    let without = |at: usize| {
        let mut rest = dialed.clone();
        rest.remove(at);
        let mut less = asked.clone();
        match &mut less {
            Asked::Attempt(question) => question.attempt.dialed = rest,
            Asked::Attended(consultation) => {
                consultation.call.iter_mut().for_each(|call| call.attempt.dialed.clone_from(&rest));
            }
            Asked::Fetch(_) => {}
        }
        less
    };
    dialed.char_indices().map(|(at, _)| without(at)).collect()
}

/// The ways to break the oracle that tell for whose sake an answer is what it is.
fn because(kind: &str, rule: &str) -> &'static [&'static str] {
    match (kind, rule) {
        ("transfer", "cor.none") => &["transfer.cor.none"],
        ("transfer", "max-digits") => &["transfer.max-digits"],
        ("transfer", "cor.leading") => &["transfer.leading"],
        ("transfer", "cor.route") => &["transfer.route"],
        ("transfer", "class.denied") => &["transfer.class"],
        ("transfer", "route") => &["speed.transfer", "speed.other.route"],
        ("transfer", "call.self") => &["transfer.self.by", "transfer.self.of"],
        ("forward", "cor.none") => &["forward.cor.none"],
        ("forward", "max-digits") => &["forward.max-digits"],
        ("forward", "cor.leading") => &["forward.leading"],
        ("forward", "cor.route") => &["forward.route"],
        ("forward", "class.denied") => &["forward.class"],
        ("forward", "route") => &["speed.forward.user", "speed.forward.administrator", "speed.other.route"],
        ("forward", "call.self") => &["forward.self.by", "forward.self.of"],
        ("forward", "cos.feature") => &["forward.internal", "forward.external", "forward.external.caller"],
        ("attended", "route") => &["attended.speed.route"],
        ("attended", "cor.none") => &["attended.cor.none"],
        ("attended", "cor.route") => &["attended.route"],
        ("attended", "class.denied") => &["attended.class"],
        ("fetch", "cos.feature") => &["fetch.feature"],
        ("fetch", "interconnect") => &["fetch.interconnect", "fetch.called"],
        ("fetch", "internal") => &["r36"],
        ("fetch", "route") => &["r36", "fetch.self.trunk"],
        _ => &[],
    }
}

#[test]
fn engine_and_oracle_agree_on_behalf_of_others() {
    let pairs = number_from("STROWGER_PAIRS", PAIRS);
    let shares = in_two(|share| agree(share, pairs / 2));
    let pair: usize = shares.iter().map(|share| share.pairs).sum();
    let mut seen: BTreeMap<(&str, &str, Verdict), usize> = BTreeMap::new();
    let mut sakes: BTreeMap<&str, usize> = BTreeMap::new();
    for share in &shares {
        share.seen.iter().for_each(|(answer, count)| *seen.entry(*answer).or_default() += count);
        share.sakes.iter().for_each(|(broken, count)| *sakes.entry(broken).or_default() += count);
    }
    let [one, other] = &shares;
    let left: Vec<&str> = one.left.iter().filter(|broken| other.left.contains(broken)).copied().collect();
    println!("{pair} pairs");
    for ((kind, rule, verdict), count) in &seen {
        println!("{kind:<10} {:<12} {rule:<30} {count:>9}", format!("{verdict:?}"));
    }
    for (broken, count) in &sakes {
        println!("decided by the rule behind {broken:<26} {count:>9}");
    }
    let impossible = |(kind, _, verdict): &(&str, &str, Verdict)| {
        matches!(*kind, "forward" | "fetch") && matches!(verdict, Verdict::AccountCode | Verdict::Emergency)
    };
    assert!(
        !seen.keys().any(impossible),
        "who diverts or takes a call is asked for no code, and calls nobody for help"
    );
    if pairs < PAIRS {
        return;
    }
    println!("{} broken oracles", BREAKAGES_ON_BEHALF.len());
    assert!(left.is_empty(), "{left:?}: not caught by {pair} pairs");
    for (kind, rules) in RULES {
        for rule in *rules {
            let of = seen.iter().filter(|((of, seen, _), _)| of == kind && seen == rule);
            let count: usize = of.map(|(_, count)| count).sum();
            assert!(count >= 100, "{kind}: {rule} was the answer only {count} times");
            for broken in because(kind, rule) {
                let count = sakes.get(broken).copied().unwrap_or(0);
                assert!(count >= 100, "the rule behind {broken} decided only {count} times");
            }
        }
    }
}

/// What a share of the pairs has shown.
struct Share {
    pairs: usize,
    /// How often each kind of question had which answer.
    seen: BTreeMap<(&'static str, &'static str, Verdict), usize>,
    /// How often the rule behind a breakage decided.
    sakes: BTreeMap<&'static str, usize>,
    /// Breakages that were not caught.
    left: Vec<&'static str>,
}

fn agree(share: u64, pairs: usize) -> Share {
    let (mut seen, mut sakes) = (BTreeMap::new(), BTreeMap::new());
    let mut left: Vec<&str> = BREAKAGES_ON_BEHALF.to_vec();
    let mut pair = 0;
    random_pairs(share, pairs, |model, image, keyring, asked| {
        pair += 1;
        let expected = answer(model, asked, None);
        if engine(image, keyring, asked) != expected {
            disagree(model, asked);
        }
        let (kind, rule) = (asked.kind(), expected.rule);
        *seen.entry((kind, rule, expected.verdict)).or_default() += 1;
        for broken in because(kind, rule) {
            *sakes.entry(*broken).or_default() += usize::from(answer(model, asked, Some(broken)) != expected);
        }
        left.retain(|broken| {
            let caught = answer(model, asked, Some(broken)) != expected;
            if caught {
                println!("{broken:<32} caught by pair {pair}");
            }
            !caught
        });
    });
    Share { pairs: pair, seen, sakes, left }
}

/// Members of hunt groups: every pair of random policies, and each way to be wrong is noticed.
#[test]
fn who_may_ring_as_a_member_is_what_the_oracle_says() {
    let ways =
        ["hunt.self", "hunt.self.phone", "hunt.interconnect", "hunt.interconnect.direction", "hunt.classes"];
    let mut noticed = BTreeMap::from(ways.map(|way| (way, 0)));
    let mut seeded = Seeded::new(number_from("STROWGER_SEED", 1891) as u64);
    let models = models_with_features();
    for _ in 0..PAIRS / QUESTIONS_EACH / 6 {
        let model = seeded.draw(&models);
        // Every other device is a member of a group whose number nobody else has.
        let members: Vec<String> =
            model.devices.iter().step_by(2).map(|device| format!("\"{}\"", device.dn)).collect();
        let group = |dn: &str| {
            let members = members.join(", ");
            format!("[[hunt_group]]\ndn = \"{dn}\"\nkind = \"linear\"\nmembers = [{members}]\n")
        };
        let compiled_with =
            |dn| Some((dn, Compiled::of_text(&format!("{}\n{}", model.to_toml(), group(dn))).ok()?));
        let numbers = ["*9999*", "#*#*8", "8#8#8"];
        let (group, compiled) =
            numbers.into_iter().find_map(compiled_with).expect("one of these numbers is free");
        let image = compiled.image();
        let group = image.device_by_dn(group.as_bytes()).expect("the group exists");
        for fetch in (0..QUESTIONS_EACH / 2).map(|_| seeded.draw(&fetches(&model))) {
            let (Party::Device(dn), mode) = (&fetch.of, fetch.mode) else { continue };
            let policy::Party::Device(member) = party(&image, &fetch.of) else { panic!("a device") };
            let of = party(&image, &fetch.by);
            let authority = authority(&image, of, engine::mode(mode));
            let member = policy::Party::Device(member);
            let hunt = policy::Hunt { group, member, of, authority, mode: engine::mode(mode) };
            let told = engine::in_words(&image, policy::hunted(&image, &hunt));
            if model.devices.iter().skip(1).step_by(2).any(|device| device.dn == *dn) {
                assert_eq!((told.verdict, told.rule), (Verdict::Deny, "number.vacant"));
                continue;
            }
            assert_eq!(told, oracle::hunted(&model, &fetch.by, dn, mode, None), "{}", model.to_toml());
            for way in ways {
                let wrong = oracle::hunted(&model, &fetch.by, dn, mode, Some(way)) != told;
                *noticed.get_mut(way).expect("it is one of them") += usize::from(wrong);
            }
        }
    }
    assert!(noticed.values().all(|times| *times > 0), "{noticed:?}");
}

/// Phones where users are logged in: every pair of random policies, and each way to be wrong is noticed.
#[test]
fn which_phone_may_ring_for_a_user_is_what_the_oracle_says() {
    let ways = [
        "seated.self",
        "seated.self.user",
        "seated.interconnect",
        "seated.interconnect.direction",
        "seated.classes",
        "seated.to",
        "user.interconnect",
    ];
    let mut noticed = BTreeMap::from(ways.map(|way| (way, 0)));
    let mut seeded = Seeded::new(number_from("STROWGER_SEED", 1891) as u64);
    let models = models_with_features();
    for _ in 0..PAIRS / QUESTIONS_EACH / 6 {
        let model = seeded.draw(&models);
        let compiled = Compiled::new(&model).unwrap_or_else(|findings| panic!("{findings}"));
        let image = compiled.image();
        for fetch in (0..QUESTIONS_EACH / 2).map(|_| seeded.draw(&fetches(&model))) {
            let (Party::User { dn, at }, caller, mode) = (&fetch.of, &fetch.by, fetch.mode) else {
                continue;
            };
            let told = engine::in_words(&image, seated(&image, caller, (dn, at), mode));
            let expected = oracle::seated(&model, caller, dn, at, mode, None);
            assert_eq!(told, expected, "{}\n{fetch:#?}", model.to_toml());
            for way in ways {
                let wrong = oracle::seated(&model, caller, dn, at, mode, Some(way)) != told;
                *noticed.get_mut(way).expect("it is one of them") += usize::from(wrong);
            }
        }
    }
    assert!(noticed.values().all(|times| *times > 0), "{noticed:?}");
}
