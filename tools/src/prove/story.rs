//! How it came that two parties face each other: kept beside the exchange, from what was done, not from what it says.
//!
//! Who is responsible for a joining is gathered here and nowhere else: a feature that joins parties in a new way adds a
//! [`How`], and the judge a line for it.

use super::abstraction::Abstraction;
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use strowger::base::Handle;
use strowger::policy::{Mode, Party};

/// The feature that brought two parties together.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum How {
    /// One has called the other.
    Called,
    /// A third has transferred one to a number.
    Blind,
    /// A third has joined its two peers.
    Attended,
    /// A third had transferred one, nobody has answered, and it is rung again.
    Recall,
    /// The party that was called has its calls go elsewhere, as the administrator has set it.
    Forwarded {
        /// The call was one of a transfer.
        transferred: bool,
    },
    /// One was refused, or reached nobody, and the administrator has it put through to the other.
    Intercepted {
        /// After its call had rung elsewhere, or was to: the number of that counts no more.
        late: bool,
    },
    /// A third has taken the call of one that rang elsewhere.
    PickedUp {
        /// Where it may not take calls: in no group of its own, or at another device than it has named.
        astray: bool,
    },
    /// A third has taken one back that was parked.
    Retrieved {
        /// That one had been called.
        called: bool,
    },
    /// A third mixes what it hears of both.
    Conferred,
    /// A third comes into the call of one, and that one moves to where they are mixed.
    Overridden,
}

impl How {
    /// Whether somebody has dialed for it.
    pub(super) const fn dials(self) -> bool {
        match self {
            Self::Called | Self::Blind | Self::Attended => true,
            Self::Recall
            | Self::Forwarded { .. }
            | Self::Intercepted { .. }
            | Self::PickedUp { .. }
            | Self::Retrieved { .. }
            | Self::Conferred
            | Self::Overridden => false,
        }
    }
}

/// No number was dialed.
pub(super) const NO_NUMBER: u16 = u16::MAX;

/// Why two parties face each other.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Story {
    pub(super) how: How,
    /// Who acts.
    pub(super) by: Party,
    /// Who has called, as the record says it: who acts, unless a call was forwarded.
    pub(super) caller: Party,
    /// The number that was dialed for it.
    pub(super) number: u16,
    /// The code that was entered for it.
    pub(super) code: Option<u16>,
    /// The mode in which that was.
    pub(super) mode: Mode,
    /// The second has called the first before.
    pub(super) reversed: bool,
    /// Trunks that an emergency call has been tried on, one bit each.
    pub(super) tried: u64,
}

/// Two legs that face each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) a: Handle,
    pub(super) b: Handle,
    pub(super) parties: (Party, Party),
    pub(super) story: Story,
    /// What the judge says of their joining.
    pub(super) verdict: Result<(), &'static str>,
    pub(super) joined: bool,
}

/// A call whose record is to come.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Owed {
    pub(super) by: Party,
    pub(super) number: u16,
}

/// A leg whose peer has left it to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    pub(super) leg: Handle,
    pub(super) party: Party,
    /// It had been called by who has left.
    pub(super) called: bool,
}

/// What is known of all calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Stories {
    pub(super) pairs: SmallVec<[Pair; 4]>,
    pub(super) owed: SmallVec<[Owed; 4]>,
    /// Legs that lead to an emergency centre, and the number by which it was called.
    pub(super) help: SmallVec<[(Handle, u16); 2]>,
    /// Codes entered by who is still dialing.
    pub(super) codes: SmallVec<[(Handle, u16); 2]>,
    pub(super) waits: SmallVec<[Waits; 2]>,
    pub(super) mode: Mode,
    pub(super) mode_changes: u8,
    pub(super) log_ins: u8,
}

impl Stories {
    /// The number by which the emergency centre on a leg was called, if there is one.
    pub(super) fn help_on(&self, leg: Handle) -> Option<u16> {
        self.help.iter().find(|(one, _)| *one == leg).map(|(_, number)| *number)
    }

    /// Whether the party of a leg waits, and had been called by who has left it.
    pub(super) fn was_called(&self, leg: Handle) -> bool {
        self.waits.iter().any(|waits| waits.leg == leg && waits.called)
    }

    /// Tells what can matter later, in an order of its own and without handles.
    pub(super) fn tell<H: Hasher + Clone>(&self, all: &Abstraction, hasher: &mut H) {
        (self.mode, self.mode_changes, self.log_ins).hash(hasher);
        let fresh = hasher.clone();
        let key = |told: &dyn Fn(&mut H)| {
            let mut own = fresh.clone();
            told(&mut own);
            own.finish()
        };
        let mut keys: SmallVec<[u64; 8]> = SmallVec::new();
        keys.extend(self.pairs.iter().map(|pair| {
            let help = [pair.a, pair.b].map(|leg| self.help_on(leg).is_some());
            let parties = [pair.parties.0, pair.parties.1, pair.story.by].map(|party| all.alike(party));
            // Which of several alike it is, as far as it is one of the two.
            let own = (pair.story.by == pair.parties.0, pair.story.by == pair.parties.1);
            let Story { how, code, mode, reversed, tried, .. } = pair.story;
            key(&|hasher| {
                (parties, own, pair.joined, help, pair.verdict.is_ok()).hash(hasher);
                (how, code, mode, reversed, tried, all.sense(pair.story.number)).hash(hasher);
            })
        }));
        keys.extend(
            self.owed.iter().map(|owed| key(&|own| (all.alike(owed.by), all.sense(owed.number)).hash(own))),
        );
        keys.extend(self.waits.iter().map(|waits| {
            let party = all.alike(waits.party);
            key(&|own| (party, waits.called).hash(own))
        }));
        keys.extend(self.codes.iter().map(|(_, code)| key(&|own| code.hash(own))));
        keys.sort_unstable();
        keys.hash(hasher);
    }
}
