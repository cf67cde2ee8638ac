//! What may happen, drawn by a seed. Each step has dice of its own, so that it goes the same way when others are taken away.

use strowger_testkit::phone::Behaviour;
use strowger_testkit::sim::{Dice, Jump};

/// Something happens, and time passes.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) does: Does,
    /// For what is decided on the way: how fast keys are pressed.
    pub(crate) dice: u64,
    pub(crate) ms: u64,
    /// The first set, or the second, is there on another connection afterwards.
    pub(crate) look: Option<usize>,
}

/// What happens. The number is that of a set.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// Its user does what makes sense.
    Sense(usize),
    /// Its user presses these keys: `a`, `b`, `y`, `z` the line keys, `h` Hold, `t` Transfer, `c` Cancel, `r` Redial; `^` off and `_` on hook.
    Keys(usize, &'static str),
    /// It says something that is of no use.
    Odd(usize, usize),
    /// It takes its leave.
    Leaves(usize, u8),
    /// It says what cannot be read.
    Nonsense(usize),
    /// It says nothing for long.
    Silent(usize),
    /// Its connection is lost, for so many milliseconds or for as long as it likes.
    Lost(usize, Option<u64>),
    /// A SIP phone calls.
    Calls(&'static str, &'static str),
    /// It hangs up, answers, holds, goes on, transfers.
    HangsUp(&'static str),
    Answers(&'static str),
    Holds(&'static str, bool),
    Transfers(&'static str, &'static str),
    /// It behaves like this from now on; with early media, and without an offer of its own.
    Behaves(&'static str, Behaviour, bool, bool),
    /// So many thousandths of what phones say and are told meet trouble.
    Network(u64),
    /// The exchange's clock jumps.
    Jumps(Jump),
}

const PHONES: [&str; 3] = ["201", "202", "204"];
/// Keys that users press one after the other.
const HABITS: [&str; 42] = [
    "^202",
    "^201",
    "^204",
    "h",
    "hb",
    "ha",
    "b",
    "a",
    "t202",
    "t204",
    "t",
    "_",
    "^",
    "c",
    "r",
    "ab",
    "ba",
    "c_",
    "h_",
    "t_",
    "201",
    "202",
    "204",
    "301",
    "302",
    "8",
    "299",
    "95551234",
    "911",
    "*60",
    "*51",
    "*50401864205#",
    "*61",
    "*",
    "#",
    "0",
    "9",
    "1234",
    "2",
    "tt",
    "y",
    "z",
];

fn one<T: Clone>(dice: &mut Dice, from: &[T]) -> T {
    from[usize::try_from(dice.below(from.len() as u64)).expect("few")].clone()
}

/// The steps of a walk.
pub(crate) fn drawn(seed: u64, steps: usize) -> Vec<Step> {
    let mut dice = Dice::new(seed);
    (0..steps).map(|_| step(&mut dice)).collect()
}

fn step(dice: &mut Dice) -> Step {
    let n = usize::from(dice.chance(300));
    let does = match dice.below(40) {
        0..=15 => Does::Sense(n),
        16..=20 => Does::Keys(n, one(dice, &HABITS)),
        21 => Does::Odd(n, usize::try_from(dice.below(6)).expect("six")),
        22 => {
            let most = one(dice, &[40, 8_000]);
            Does::Lost(n, Some(dice.below(most)))
        }
        23 => Does::Lost(n, None),
        24 => match dice.below(4) {
            0 | 1 => Does::Leaves(n, one(dice, &[0, 3])),
            2 => Does::Nonsense(n),
            _ => Does::Silent(n),
        },
        25 => Does::Network(one(dice, &[0, 50, 200])),
        26 => {
            let ms = i64::try_from(dice.below(20_000)).expect("small") - 5_000;
            Does::Jumps(one(
                dice,
                &[Jump::Monotone(ms), Jump::Glitch(ms), Jump::Wall(1_796_000_000 + 60 * ms)],
            ))
        }
        _ => phone(dice),
    };
    let ms = if dice.below(15) == 0 { 40_000 } else { dice.below(3_000) };
    let look = (dice.below(4) == 0).then(|| usize::from(dice.chance(500)));
    Step { does, dice: dice.roll(), ms, look }
}

fn phone(dice: &mut Dice) -> Does {
    let dn = one(dice, &PHONES);
    let number = one(dice, &["301", "302", "301", "302", "201", "202"]);
    match dice.below(13) {
        0..=4 => Does::Calls(dn, number),
        5 | 6 => Does::HangsUp(dn),
        7 => Does::Answers(dn),
        8 => Does::Holds(dn, true),
        9 => Does::Holds(dn, false),
        10 => Does::Transfers(dn, number),
        _ => {
            let answer = |after_ms| Behaviour::Answer { after_ms };
            let behaviours = [
                answer(0),
                answer(500),
                answer(2_500),
                Behaviour::Ring,
                Behaviour::Busy,
                Behaviour::Reject(480),
                Behaviour::Reject(500),
                Behaviour::Silent,
            ];
            Does::Behaves(dn, one(dice, &behaviours), dice.chance(300), dice.chance(200))
        }
    }
}
