//! What may go wrong once.

use crate::damage::mutated;
use std::cell::Cell;
use std::rc::Rc;
use strowger_testkit::sim::{Dice, Fate, Jump, Sim, stick};

/// Something that goes wrong, at the datagram of this number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    Lost(u64),
    /// It comes twice, the second so many milliseconds later.
    Twice(u64, u64),
    /// It comes so late.
    Late(u64, u64),
    /// Other octets come.
    Corrupt(u64, u64),
    /// The exchange's clock jumps.
    Clock(u64, Jump),
    /// From this draw on the random source gives zeros, four times.
    Stuck(u64),
    /// The relay says nothing to this question.
    Relay(u64),
}

const HOUR_MS: i64 = 3_600_000;

/// Every kind of fault.
pub(crate) const SINGLE: &[fn(u64) -> Fault] = &[
    Fault::Lost,
    |at| Fault::Twice(at, 0),
    |at| Fault::Twice(at, 4_000),
    // Overtaken by what is sent right behind it, and by its own repetition.
    |at| Fault::Late(at, 15),
    |at| Fault::Late(at, 900),
    |at| Fault::Corrupt(at, 1),
    |at| Fault::Corrupt(at, 2),
    |at| Fault::Clock(at, Jump::Monotone(5_000)),
    |at| Fault::Clock(at, Jump::Monotone(2 * HOUR_MS)),
    |at| Fault::Clock(at, Jump::Monotone(-HOUR_MS)),
    |at| Fault::Clock(at, Jump::Monotone(-5_000)),
    |at| Fault::Clock(at, Jump::Glitch(-500)),
    |at| Fault::Clock(at, Jump::Glitch(-HOUR_MS)),
    |at| Fault::Clock(at, Jump::Glitch(30_000)),
    |at| Fault::Clock(at, Jump::Wall(0)),
    |at| Fault::Clock(at, Jump::Wall(4_000_000_000)),
    Fault::Stuck,
    Fault::Relay,
];

impl Fault {
    /// Two that may happen among so many datagrams. Of the random source and of the relay only one thing goes wrong at a time.
    pub(crate) fn two(dice: &mut Dice, datagrams: u64) -> [Self; 2] {
        loop {
            let two = [(); 2].map(|()| Self::random(dice, datagrams));
            if !matches!(two, [Self::Stuck(_), Self::Stuck(_)] | [Self::Relay(_), Self::Relay(_)]) {
                return two;
            }
        }
    }

    /// One that may happen among so many datagrams.
    fn random(dice: &mut Dice, datagrams: u64) -> Self {
        let at = dice.below(datagrams);
        match SINGLE[dice.below(SINGLE.len() as u64) as usize](at) {
            Self::Corrupt(at, _) => Self::Corrupt(at, dice.roll()),
            Self::Late(at, _) => Self::Late(at, dice.below(6_000)),
            Self::Twice(at, _) => Self::Twice(at, dice.below(6_000)),
            other => other,
        }
    }

    /// Whether nobody notices: repetitions make good for it, or nothing depends on it.
    pub(crate) const fn is_borne(self) -> bool {
        match self {
            Self::Lost(_) | Self::Twice(..) | Self::Late(..) | Self::Stuck(_) => true,
            Self::Clock(_, Jump::Monotone(ms)) => ms < 0,
            Self::Clock(_, Jump::Wall(_)) => true,
            // The reading behind a wrong one looks like a clock that was set forward.
            Self::Clock(_, Jump::Glitch(ms)) => -1_000 < ms && ms < 0,
            Self::Corrupt(..) | Self::Relay(_) => false,
        }
    }

    fn fate(self, number: u64, bytes: &[u8]) -> Option<Fate> {
        match self {
            Self::Lost(at) if at == number => Some(Fate::Lost),
            Self::Twice(at, ms) if at == number => Some(Fate::Twice(ms)),
            Self::Late(at, ms) if at == number => Some(Fate::Late(ms)),
            Self::Corrupt(at, seed) if at == number => {
                Some(Fate::Changed(mutated(&mut Dice::new(seed.wrapping_add(at)), &[bytes.to_vec()])))
            }
            _ => None,
        }
    }
}

/// These go wrong from now on.
pub(crate) fn begin(sim: &mut Sim, faults: &[Fault]) {
    for fault in faults {
        match *fault {
            Fault::Clock(at, jump) => sim.jump_at(at, jump),
            Fault::Stuck(at) => stick(at, 4),
            Fault::Relay(at) => sim.relay.ignores = Some(at),
            Fault::Lost(_) | Fault::Twice(..) | Fault::Late(..) | Fault::Corrupt(..) => {}
        }
    }
    let (faults, number) = (faults.to_vec(), Rc::new(Cell::new(0)));
    sim.decide_fates(move |datagram| {
        let this = number.replace(number.get() + 1);
        faults.iter().find_map(|fault| fault.fate(this, &datagram.bytes)).unwrap_or(Fate::Sent)
    });
}

/// Nothing goes wrong any more.
pub(crate) fn end(sim: &mut Sim) {
    stick(0, 0);
    sim.forget_jumps();
    sim.relay.ignores = None;
    sim.relay.alive = true;
    sim.deliver_all();
}
