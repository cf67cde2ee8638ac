//! What is tried on a policy, and how each end is asked for it.

use super::policy::{Policy, Setting};
use proptest::strategy::Strategy;
use std::net::SocketAddr;
use strowger_testkit::model::{Device, Mode, Model, Profile};
use strowger_testkit::oracle::{Party, decide};
use strowger_testkit::strategies::{Question, Seeded, models, questions};

/// One attempt.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) from: Party,
    /// The digits as phone and far end send them, feature code and account code in front.
    pub(crate) sent: String,
    /// The same for `explain`: with `code` apart, or all in one.
    pub(crate) dialed: String,
    pub(crate) code: Option<String>,
    /// An account code is in it.
    pub(crate) coded: bool,
    /// Absent: by the schedule.
    pub(crate) mode: Option<Mode>,
}

/// Numbers drawn one by one; the same seed, the same numbers (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn percent(&mut self, of: u64) -> bool {
        self.throw() % 100 < of
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.throw() % of.len() as u64).expect("few things")]
    }
}

/// Digits that an `inbound` row can lead to.
const LONGEST_INBOUND: usize = 25;
/// One policy in so many has brakes that can be reached.
const BRAKES: u64 = 6;

/// The `nth` policy of a seed, and what is tried on it.
pub(crate) fn draw(seed: u64, nth: u64, many: usize, far_ends: &[SocketAddr]) -> (Policy, Vec<Attempt>) {
    let seed = seed.wrapping_mul(1_000_003).wrapping_add(nth);
    let (mut seeded, mut dice) = (Seeded::new(seed), Dice(seed));
    let mut model = seeded.draw(&models());
    while model.devices.is_empty() {
        model = seeded.draw(&models());
    }
    // Nobody logs in here: users stand in tests of their own.
    model.users.clear();
    let moment = (dice.pick(&[0, 2, 4, 5, 6]), dice.pick(&[0, 5, 6, 7, 8, 10, 12, 13, 17, 18, 23]));
    let brakes = nth.is_multiple_of(BRAKES).then(|| u16::try_from(2 + dice.throw() % 8).expect("few calls"));
    let (model, mut setting) = Policy::adapt(model, moment, far_ends, brakes);
    let strict = model.profile == Profile::Strict;
    let behind: Vec<String> =
        model.trunks.iter().filter(|_| strict || dice.percent(30)).map(|trunk| trunk.name.clone()).collect();
    // Who is nobody's device and no trunk's source has no request that a daemon would take for a call of his.
    let questions =
        questions(&model).prop_filter("a known caller", |asked| asked.attempt.from != Party::Unknown);
    let mut attempts = Vec::new();
    for _ in 0..many {
        let mut question = seeded.draw(&questions);
        for _ in 0..2 {
            let led = decide(&model, &question.attempt, &|_| true, None).rule;
            // What leads nowhere is easy to agree on, and common: it mostly makes room for something else. But wrong
            // codes in a row are what a lock-out needs.
            let nowhere = led == "number.vacant" || led == "account-code.wrong" && setting.brakes.is_none();
            if !nowhere || dice.percent(20) {
                break;
            }
            question = seeded.draw(&questions);
        }
        attempts.push(match question.attempt.from {
            Party::Device(_) => of_device(&model, &setting, question, &mut dice),
            Party::Trunk(_) => of_trunk(&mut setting, &model, &behind, question, &mut dice),
            Party::User { .. } | Party::Unknown => unreachable!("guests and strangers are left out"),
        });
    }
    // The daemon's mode is set once for each.
    attempts.sort_by_key(|attempt| attempt.mode.map(|mode| mode as u8));
    let policy = Policy::new(&model, &setting).unwrap_or_else(|findings| panic!("policy {nth}: {findings}"));
    (policy, attempts)
}

/// What a URI cannot carry as it is becomes something that it can, and that is no telephone key either.
fn sendable(dialed: &str) -> String {
    dialed.replace(' ', "!").replace('é', "~")
}

fn of_device(model: &Model, setting: &Setting, question: Question, dice: &mut Dice) -> Attempt {
    let asked = question.attempt;
    let number = sendable(&asked.dialed);
    let plain = Attempt {
        from: asked.from.clone(),
        sent: number.clone(),
        dialed: number.clone(),
        code: None,
        coded: false,
        mode: asked.mode,
    };
    let Party::Device(dn) = &asked.from else { return plain };
    let device = model.devices.iter().find(|device| device.dn == *dn);
    let (Some(feature), Some(code), Some(device)) = (setting.code, asked.code, device) else { return plain };
    // An emergency number behind a code tells nobody what the code was worth: then brakes cannot be foretold.
    let emergency = model.emergency.iter().any(|row| number.starts_with(&row.string()));
    if setting.brakes.is_some() && emergency {
        return plain;
    }
    let lengths = lengths(model, device);
    let (first, same) =
        (lengths[asked.mode.map_or(0, |mode| mode as usize)], lengths.windows(2).all(|two| two[0] == two[1]));
    let end = if first.is_none() { "#" } else { "" };
    let code = sendable(&code);
    let sent = format!("{feature}{code}{end}{number}");
    // Digits of another length than the class's are split elsewhere: only the whole says what was dialed.
    let apart = same && first.is_none_or(|length| usize::from(length) == code.len()) && !number.is_empty();
    if apart && dice.percent(60) {
        Attempt { sent, code: Some(code), coded: true, ..plain }
    } else {
        Attempt { dialed: sent.clone(), sent, coded: true, ..plain }
    }
}

/// The exact length of codes in each mode, where the class has one.
fn lengths(model: &Model, device: &Device) -> [Option<u8>; 3] {
    Mode::ALL.map(|mode| {
        let cos = device.cos.of(mode);
        model.code_lengths.iter().find(|(id, _)| *id == cos).map(|(_, length)| *length)
    })
}

fn of_trunk(
    setting: &mut Setting,
    model: &Model,
    behind: &[String],
    question: Question,
    dice: &mut Dice,
) -> Attempt {
    let asked = question.attempt;
    let mut sent = sendable(&asked.dialed);
    let dialable = |c: u8| c.is_ascii_digit() || matches!(c, b'*' | b'#');
    let digits = (1..=LONGEST_INBOUND).contains(&sent.len()) && sent.bytes().all(dialable);
    if let Party::Trunk(name) = &asked.from
        && behind.contains(name)
        && digits
        && dice.percent(90)
    {
        let did = format!("613555{:04}", setting.inbound.len());
        setting.inbound.push((name.clone(), did.clone(), sent));
        let whole = format!("+{}", model.country.calling_code());
        sent = format!("{}{did}", dice.pick(&["", model.country.trunk_prefix(), &whole]));
    }
    Attempt { from: asked.from, dialed: sent.clone(), sent, code: None, coded: false, mode: asked.mode }
}
