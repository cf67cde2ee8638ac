//! Number classes: what is outpulsed to the public network, told by one automaton, one step a digit.
//!
//! The compiler has put every form of a number into it: `+`, international prefix, trunk prefix, local number, service
//! codes, and the policy's own prefixes. A state's edges are a row laid over others: the edge at a
//! symbol's place is this state's if it has that symbol.

use super::row::{Row, Table};
use super::rows::{CLASS, ClassEdgeRow, ClassStateRow, ONE_WAY, RUN, RUN_SHIFT, SYMBOL_SHIFT};

macro_rules! classes {
    ($($(#[$attr:meta])+ $variant:ident = $number:literal, $name:literal;)+) => {
        /// A class of the country's numbering plan. Numbers and names are an interface.
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[repr(u8)]
        pub enum NumberClass { $($(#[$attr])+ $variant = $number,)+ }

        impl NumberClass {
            /// Every class, in order of number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in policy and explanations.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The number in the image.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// The class with this number; unknown for any other.
            #[must_use]
            pub const fn from_number(number: u8) -> Self {
                match number { $($number => Self::$variant,)+ _ => Self::Unknown }
            }
        }
    };
}

classes! {
    /// The plan does not place it.
    #[default] Unknown = 0, "unknown";
    /// The own area code.
    Local = 1, "local";
    /// A fixed line elsewhere in the country.
    National = 2, "national";
    /// A mobile.
    Mobile = 3, "mobile";
    /// Where the plan cannot tell.
    FixedOrMobile = 4, "fixed-or-mobile";
    /// Free for the caller.
    TollFree = 5, "toll-free";
    /// Premium rate.
    Premium = 6, "premium";
    /// Shared cost, and personal, pager and universal access numbers.
    SharedCost = 7, "shared-cost";
    /// Any other country or region.
    International = 8, "international";
    /// Directory assistance.
    DirectoryAssistance = 9, "directory-assistance";
    /// Operator services.
    Operator = 10, "operator";
    /// A carrier chosen call by call.
    CarrierAccess = 11, "carrier-access";
    /// An emergency number of the country.
    Emergency = 12, "emergency";
}

impl NumberClass {
    /// The class with this policy name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.name() == name)
    }
}

/// What the automaton says of digits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Found {
    /// The class of the plan.
    pub class: NumberClass,
    /// The policy's own classes that match: own class chain row plus one, 0 none.
    pub chain: u8,
}

/// Walks the digits. Work: one step a digit.
#[must_use]
pub fn classify(states: &Table<'_, ClassStateRow>, edges: &Table<'_, ClassEdgeRow>, digits: &[u8]) -> Found {
    classify_joined(states, edges, &[], digits)
}

/// Walks the digits of two parts, one behind the other.
pub(super) fn classify_joined(
    states: &Table<'_, ClassStateRow>,
    edges: &Table<'_, ClassEdgeRow>,
    first: &[u8],
    second: &[u8],
) -> Found {
    let (at, way) = walk(states, edges, enter(states, 0), first);
    let (at, way) = if way == Way::On { walk(states, edges, at, second) } else { (at, way) };
    found(at, way != Way::Left)
}

/// Walks digits that are known to be decimal ones.
#[inline(always)]
pub(super) fn classify_decimal(
    states: &Table<'_, ClassStateRow>,
    edges: &Table<'_, ClassEdgeRow>,
    digits: &[u8],
) -> Found {
    let (mut index, mut taken) = (0usize, 0usize);
    // Of each state only as much is read as its step needs.
    let Some(mut at) = states.octets(0) else { return Found::default() };
    let known = loop {
        let state = ClassStateRow::read(at);
        index = if state.class & ONE_WAY == 0 {
            let Some(c) = digits.get(taken) else { break true };
            taken = taken.wrapping_add(1);
            let Some(next) = follow(edges, state.base, c.wrapping_sub(b'0')) else { break false };
            next
        } else {
            let left = digits.len().saturating_sub(taken);
            // Where every digit stays here, the rest does.
            if left == 0 || usize::from(state.base) == index {
                break true;
            }
            // States that follow each other in the table follow each other whatever the digits: they are passed at once.
            let run = left.wrapping_sub(1).min(usize::from(state.class >> RUN_SHIFT & RUN));
            taken = taken.wrapping_add(run).wrapping_add(1);
            usize::from(state.base).wrapping_add(run)
        };
        // The image was checked: there is such a state.
        let Some(next) = states.octets(index) else { break false };
        at = next;
    };
    found(ClassStateRow::read(at), known)
}

/// What a state says. Where no number of the plan goes on like this, what own prefixes have matched stays matched.
#[inline(always)]
fn found(state: ClassStateRow, known: bool) -> Found {
    let class = if known { NumberClass::from_number(state.class & CLASS) } else { NumberClass::Unknown };
    Found { class, chain: state.own }
}

/// How far digits lead.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Way {
    /// The plan has a way for all of them.
    On,
    /// It has one up to a `#`. Networks take that for the end of dialing (R57): nothing behind it hides what is called.
    Ended,
    /// It has none.
    Left,
}

impl Way {
    /// No number goes on with this key.
    const fn stopped(c: u8) -> Self {
        if c == b'#' { Self::Ended } else { Self::Left }
    }
}

/// How far any keys lead, and to which state.
#[inline(never)]
fn walk(
    states: &Table<'_, ClassStateRow>,
    edges: &Table<'_, ClassEdgeRow>,
    mut at: ClassStateRow,
    keys: &[u8],
) -> (ClassStateRow, Way) {
    for c in keys {
        let next = if at.class & ONE_WAY == 0 {
            follow(edges, at.base, symbol(*c))
        } else {
            Some(usize::from(at.base)).filter(|_| c.is_ascii_digit())
        };
        let Some(next) = next else { return (at, Way::stopped(*c)) };
        at = enter(states, next);
    }
    (at, Way::On)
}

/// Where a symbol leads from a state with edges.
#[inline(always)]
fn follow(edges: &Table<'_, ClassEdgeRow>, base: u16, symbol: u8) -> Option<usize> {
    // Two numbers of 16 bits: no machine's index wraps.
    let edge = edges.get(usize::from(base).wrapping_add(usize::from(symbol)))?.edge;
    // Its own symbol leaves nothing in the upper bits.
    let next = usize::from(edge) ^ usize::from(symbol).wrapping_shl(SYMBOL_SHIFT);
    (next >> SYMBOL_SHIFT == 0).then_some(next)
}

fn enter(states: &Table<'_, ClassStateRow>, index: usize) -> ClassStateRow {
    // The image was checked: there is such a state.
    states.get(index).unwrap_or_default()
}

/// The symbol of a key: its digit, or a number above nine.
const fn symbol(c: u8) -> u8 {
    match c {
        b'0'..=b'9' => c.wrapping_sub(b'0'),
        b'*' => 10,
        b'#' => 11,
        _ => 12,
    }
}
