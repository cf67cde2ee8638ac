//! The engine's answers in the oracle's words, for tests that compare the two.

use strowger::account;
use strowger::base::Soft;
use strowger::policy::{self, ClassRef, Code, Image, Keyring, Moment, Rule, World};
use strowger_testkit::model::{Mode, Model};
use strowger_testkit::oracle::{Answer, Attempt, Feature, Party, Verdict};
use strowger_testkit::strategies::Question;

/// A model as the engine sees it.
pub(crate) struct Compiled {
    image: Vec<u8>,
    keyring: Vec<u8>,
}

impl Compiled {
    pub(crate) fn new(model: &Model) -> Result<Self, String> {
        Self::of_text(&model.to_toml())
    }

    pub(crate) fn of_text(text: &str) -> Result<Self, String> {
        match strowger_tools::compile_str(text, "model.toml") {
            Ok(compiled) => Ok(Self { image: compiled.image, keyring: compiled.keyring }),
            Err(findings) => Err(findings.iter().map(|finding| format!("{finding}\n")).collect()),
        }
    }

    pub(crate) fn image(&self) -> Image<'_> {
        Image::load(&self.image, &mut Soft::new(&[1; 32])).expect("the compiler makes valid images")
    }

    pub(crate) fn keyring<'k>(&'k self, image: &Image<'_>) -> Keyring<'k> {
        Keyring::load(&self.keyring, image, &mut Soft::new(&[1; 32])).expect("and valid keyrings")
    }
}

/// The running system as a question describes it.
pub(crate) struct Circumstances<'q> {
    pub(crate) question: &'q Question,
    pub(crate) image: &'q Image<'q>,
}

impl World for Circumstances<'_> {
    fn channel_free(&self, trunk: u16) -> bool {
        !self.question.busy.iter().any(|busy| busy == trunk_name(self.image, trunk))
    }

    fn locked_out(&self) -> bool {
        self.question.attempt.locked_out
    }

    fn exceeded(&self) -> Option<Rule> {
        let (now, begun) = self.question.attempt.calls;
        let system = self.image.system();
        let over = |most: u16, count: u16| most != 0 && count >= most;
        if over(system.calls_at_once, now) {
            Some(Rule::LimitCalls)
        } else {
            over(system.calls_per_minute, begun).then_some(Rule::LimitRate)
        }
    }
}

pub(crate) const fn mode(mode: Mode) -> policy::Mode {
    match mode {
        Mode::Day => policy::Mode::Day,
        Mode::Night1 => policy::Mode::Night1,
        Mode::Night2 => policy::Mode::Night2,
    }
}

fn trunk_name<'a>(image: &Image<'a>, row: u16) -> &'a str {
    image.text(image.trunks().get(row.into()).expect("the trunk exists").name)
}

pub(crate) fn party(image: &Image<'_>, party: &Party) -> policy::Party {
    match party {
        Party::Device(dn) => {
            policy::Party::Device(image.device_by_dn(dn.as_bytes()).expect("the number exists"))
        }
        Party::User { dn, at } => {
            let row = |dn: &str| image.device_by_dn(dn.as_bytes()).expect("the number exists");
            policy::Party::User { user: image.user(row(dn)).expect("it is a user's"), at: row(at) }
        }
        Party::Trunk(name) => {
            let row = image.trunks().iter().position(|trunk| image.text(trunk.name) == name);
            policy::Party::Trunk(row.and_then(|row| row.try_into().ok()).expect("the trunk exists"))
        }
        Party::Unknown => policy::Party::Unknown,
    }
}

fn moment(asked: &Attempt) -> Moment {
    Moment::local((20_787 + u64::from(asked.when.day)) * 1440 + u64::from(asked.when.minute))
}

pub(crate) fn mode_of(image: &Image<'_>, asked: &Attempt) -> policy::Mode {
    asked.mode.map_or_else(|| policy::calendar::scheduled(image, moment(asked)), mode)
}

/// The engine's verdict on a question, if these digits were dialed.
pub(crate) fn verdict(
    image: &Image<'_>,
    keyring: &Keyring<'_>,
    question: &Question,
    dialed: &[u8],
) -> policy::Verdict {
    let asked = &question.attempt;
    let from = party(image, &asked.from);
    let (moment, mode) = (moment(asked), mode_of(image, asked));
    let code = match (&asked.code, from) {
        (Some(_), policy::Party::Device(_) | policy::Party::User { .. }) if asked.code_locked => Code::Locked,
        (Some(typed), policy::Party::Device(_) | policy::Party::User { .. }) => {
            let class = policy::decide::class_of(image, from, mode).unwrap_or_default();
            account::check(image, keyring, &class, typed.as_bytes(), &mut Soft::new(&[1; 32]))
        }
        _ => Code::None,
    };
    let behalf = asked.behalf.as_ref().map(|behalf| policy::Behalf {
        feature: match behalf.feature {
            Feature::Transfer => policy::Feature::Transfer,
            Feature::Forward { user } => policy::Feature::Forward { user },
        },
        party: party(image, &behalf.party),
    });
    let minute = Some(moment.minute);
    let (dialed, exempt) = meant(image, from, dialed);
    let attempt =
        policy::Attempt { mode, minute, code, behalf, exempt, ..policy::Attempt::new(from, dialed) };
    policy::decide(image, &attempt, Circumstances { question, image }, &mut ())
}

/// What stands behind the digits, as the exchange reads them: of a speed call's code its number (R27).
pub(crate) fn meant<'d>(image: &Image<'d>, from: policy::Party, dialed: &'d [u8]) -> (&'d [u8], bool) {
    let phone = matches!(from, policy::Party::Device(_) | policy::Party::User { .. });
    image.speed_number(dialed).filter(|_| phone).unwrap_or((dialed, false))
}

/// A verdict in the oracle's words.
pub(crate) fn in_words(image: &Image<'_>, verdict: policy::Verdict) -> Answer {
    let route = |row: u16| image.routes().get(row.into()).expect("the route exists").id;
    let dn = |row: u32| {
        image.text(image.device_texts().get(row as usize).expect("the number exists").dn).to_owned()
    };
    let class = |class: Option<ClassRef>| {
        class.map(|class| match class {
            ClassRef::Plan(class) => class.name().to_owned(),
            ClassRef::Own(row) => {
                image.text(image.own_classes().get(row.into()).expect("it exists").name).to_owned()
            }
        })
    };
    match verdict {
        policy::Verdict::Allow(choice) => {
            let emergency = choice.rule == Rule::Emergency;
            let outpulsed = choice.outpulsed.as_str().to_owned();
            Answer {
                verdict: if emergency { Verdict::Emergency } else { Verdict::Allow },
                rule: choice.rule.name(),
                to: Some(match choice.to {
                    policy::Party::Device(row) => Party::Device(dn(row)),
                    policy::Party::User { user, at } => {
                        Party::User { dn: dn(image.user_row(user).expect("the user exists")), at: dn(at) }
                    }
                    policy::Party::Trunk(row) => Party::Trunk(trunk_name(image, row).to_owned()),
                    policy::Party::Conference => unreachable!("nobody dials the resource as a number"),
                    policy::Party::Unknown => Party::Unknown,
                }),
                // Nothing is sent to somebody who called.
                outpulsed: Some(outpulsed).filter(|digits| !digits.is_empty()),
                route: choice.route.map(route),
                warning: choice.warning,
                class: class(choice.class),
                watched: choice.watched,
            }
        }
        policy::Verdict::Deny(denial) | policy::Verdict::NeedsCode(denial) => Answer {
            verdict: match verdict {
                policy::Verdict::NeedsCode(_) => Verdict::AccountCode,
                _ => Verdict::Deny,
            },
            rule: denial.rule.name(),
            to: None,
            outpulsed: None,
            // Which of several busy routes is named is nobody's business.
            route: denial.route.map(route).filter(|_| denial.rule != Rule::TrunkBusy),
            warning: false,
            class: class(denial.class).filter(|_| denial.rule != Rule::TrunkBusy),
            watched: false,
        },
    }
}

/// The same work twice at once, for two machines' cores are there: each share has seeds of its own.
pub(crate) fn in_two<T: Send>(work: impl Fn(u64) -> T + Sync) -> [T; 2] {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| work(1));
        let own = work(0);
        [own, other.join().unwrap_or_else(|why| std::panic::resume_unwind(why))]
    })
}

pub(crate) fn number_from(variable: &str, default: usize) -> usize {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text}")),
        Err(_) => default,
    }
}
