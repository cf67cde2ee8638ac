//! Number classes: what is outpulsed to the public network, told by one automaton, one step a digit.
//!
//! The compiler has put every form of a number into it: `+`, international prefix, trunk prefix, local number, service
//! codes, and the policy's own prefixes. A state's edges are a row laid over others: the edge at a
//! symbol's place is this state's if it has that symbol.

use super::row::Table;
use super::rows::{ClassEdgeRow, ClassStateRow, ONE_WAY, SYMBOL_SHIFT};

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
    let mut state = states.get(0).unwrap_or_default();
    for c in digits {
        let symbol = match *c {
            c @ b'0'..=b'9' => u16::from(c.wrapping_sub(b'0')),
            b'*' => 10,
            b'#' => 11,
            _ => 12,
        };
        let next = if state.class & ONE_WAY == 0 {
            let edge = edges.get(usize::from(state.base).saturating_add(usize::from(symbol)));
            edge.filter(|row| row.edge >> SYMBOL_SHIFT == symbol).map(|row| row.edge & 0xFFF)
        } else {
            (symbol < 10).then_some(state.base)
        };
        let Some(next) = next else {
            // No number of the plan goes on like this. What own prefixes have matched stays matched.
            return Found { class: NumberClass::Unknown, chain: state.own };
        };
        state = states.get(usize::from(next)).unwrap_or_default();
    }
    Found { class: NumberClass::from_number(state.class & !ONE_WAY), chain: state.own }
}
