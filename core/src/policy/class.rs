//! Number classes: what is outpulsed to the public network, told by one automaton, one step a digit.
//!
//! The compiler has put every form of a number into it: `+`, international prefix, trunk prefix, local number, service
//! codes, and the policy's own prefixes. A state's edges are a row laid over others: the edge at a
//! symbol's place is this state's if it has that symbol.

use super::row::Table;
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
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
#[inline(always)]
pub(super) fn classify_joined(
    states: &Table<'_, ClassStateRow>,
    edges: &Table<'_, ClassEdgeRow>,
    first: &[u8],
    second: &[u8],
) -> Found {
    let mut at = At { state: states.get(0).unwrap_or_default(), index: 0 };
    let first = if first.is_empty() { Way::On } else { walk(states, edges, &mut at, first) };
    let known = match first {
        Way::On => walk(states, edges, &mut at, second) != Way::Left,
        Way::Ended => true,
        Way::Left => false,
    };
    // Where no number of the plan goes on like this, what own prefixes have matched stays matched.
    let class = if known { NumberClass::from_number(at.state.class & CLASS) } else { NumberClass::Unknown };
    Found { class, chain: at.state.own }
}

/// A state and its row number.
struct At {
    state: ClassStateRow,
    index: u16,
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

/// How far the digits lead, and to which state.
#[inline]
fn walk(
    states: &Table<'_, ClassStateRow>,
    edges: &Table<'_, ClassEdgeRow>,
    at: &mut At,
    digits: &[u8],
) -> Way {
    let mut rest = digits;
    while let Some((c, after)) = rest.split_first() {
        let digit = c.wrapping_sub(b'0');
        let base = at.state.base;
        let next = if at.state.class & ONE_WAY == 0 {
            let symbol = if digit < 10 { u16::from(digit) } else { other(*c) };
            // Two numbers of 16 bits: no machine's index wraps.
            let edge = edges.get(usize::from(base).wrapping_add(usize::from(symbol)));
            let edge = edge.map_or(u16::MAX, |row| row.edge);
            if edge >> SYMBOL_SHIFT != symbol {
                return Way::stopped(*c);
            }
            rest = after;
            edge & 0xFFF
        } else if base == at.index {
            // Every digit stays here.
            return rest.iter().find(|c| !c.is_ascii_digit()).map_or(Way::On, |c| Way::stopped(*c));
        } else {
            // States that follow each other in the table follow each other whatever the digits: they are passed at once.
            let run = at.state.class >> RUN_SHIFT & RUN;
            match after.split_at_checked(usize::from(run)) {
                Some((passed, beyond)) if digit < 10 && passed.iter().all(u8::is_ascii_digit) => {
                    rest = beyond;
                    base.wrapping_add(u16::from(run))
                }
                _ if digit < 10 => {
                    rest = after;
                    base
                }
                _ => return Way::stopped(*c),
            }
        };
        *at = At { state: states.get(usize::from(next)).unwrap_or_default(), index: next };
    }
    Way::On
}

/// The symbol of a key that is no digit.
const fn other(c: u8) -> u16 {
    match c {
        b'*' => 10,
        b'#' => 11,
        _ => 12,
    }
}
