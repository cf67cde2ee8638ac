//! Rows of routing: from what was dialed to a trunk.

use crate::policy::row::{Run, Str, row};

row! {
    /// A digit modification.
    DigitModificationRow, section 8 {
        /// Its number, 1-815.
        id: u16,
        /// Digits removed from the front of everything dialed.
        absorb: u8,
        /// What goes in front then: digits, `*`, `#`, a leading `+`.
        insert: Str,
    }
}

row! {
    /// A route.
    RouteRow, section 9 {
        /// Its number, 1-1200.
        id: u16,
        /// Trunk table row.
        trunk: u16,
        /// Digit modification table row plus one.
        modification: u16,
        /// COR group table row plus one; 0: unlabelled.
        cor_group: u8,
        /// Bit 0: carries emergency calls only. Bit 1: asks for no account code.
        flags: u8,
        /// What a decision needs of its trunk: [`TrunkRow::flags`](super::TrunkRow::flags).
        trunk_flags: u8,
        /// The trunk's Interconnect Number.
        interconnect: u8,
        /// What a decision needs of its digit modification: digits removed in front.
        absorb: u8,
        /// What goes in front then.
        insert: Str,
        /// Line of the policy file.
        line: u32,
    }
}

row! {
    /// A route list: a run of choices.
    RouteListRow, section 10 {
        /// Its number, 1-1200.
        id: u16,
        /// Rows of the choice table, 1-20 of them.
        choices: Run,
    }
}

row! {
    /// One choice of a route list.
    ChoiceRow, section 11 {
        /// Route table row.
        route: u16,
        /// Bit 0: warning tone.
        flags: u8,
    }
}

row! {
    /// A Leading Digits row.
    LeadingRow, section 12 {
        /// COR group table row plus one.
        cor_group: u8,
        /// Bit 0: second dial tone.
        flags: u8,
        /// Its ordinal among all `[[ars]]` rows, from 1.
        ordinal: u32,
        /// Line of the policy file.
        line: u32,
    }
}

row! {
    /// A Digits Dialed row.
    ArsRow, section 13 {
        /// Where it leads: [`USE_ROUTE`], [`USE_LIST`] or [`USE_PLAN`].
        leads: u8,
        /// Row of the route, route list or route plan table.
        index: u16,
        /// Bit 0: emergency.
        flags: u8,
        /// Its ordinal among all `[[ars]]` rows, from 1.
        ordinal: u32,
        /// Line of the policy file.
        line: u32,
        /// What an emergency row outpulses.
        outpulse: Str,
    }
}

/// [`ArsRow::leads`]: to a route.
pub const USE_ROUTE: u8 = 0;
/// [`ArsRow::leads`]: to a route list.
pub const USE_LIST: u8 = 1;
/// [`ArsRow::leads`]: to a route plan.
pub const USE_PLAN: u8 = 2;

row! {
    /// A route plan: a run of cells.
    PlanRow, section 28 {
        /// Its number, 1-32.
        id: u8,
        /// Rows of the cell table, in order of time.
        cells: Run,
        /// Line of the policy file.
        line: u32,
    }
}

row! {
    /// An interval of the week in a route plan; without overlap.
    CellRow, section 29 {
        /// First minute of the week.
        from: u16,
        /// First minute after it.
        to: u16,
        /// [`USE_ROUTE`] or [`USE_LIST`].
        leads: u8,
        /// Row of that table.
        index: u16,
    }
}
