//! Rows of the two automata: the digit trie, and the number classes.

use crate::policy::row::{Str, row};

row! {
    /// A state of the digit trie.
    NodeRow, section 15 {
        /// Bit n of [`KEYS`]: key n (0-9, `*`, `#`) leads on. [`TOWARDS_EMERGENCY`]: an emergency string begins like this.
        keys: u16,
        /// So many keys are taken here before the edge is followed; only with [`ONE_EDGE`].
        more: u16,
        /// Where its edges begin: that of key n is n places further, and those between belong to others; with [`ONE_EDGE`]
        /// the node they all lead to.
        edges: u32,
    }
}

row! {
    /// What there is at a state of the digit trie: row n belongs to node n. Nodes with nothing stand behind all others.
    PlaceRow, section 33 {
        /// What ends here: three bits of kind ([`END_DEVICE`] …) above 29 bits of row number.
        end: u32,
        /// Leading table row plus one, if Leading Digits are complete here.
        leading: u32,
    }
}

/// [`NodeRow::keys`]: the bits that are keys.
pub const KEYS: u16 = (1 << 12) - 1;
/// [`NodeRow::keys`]: what was dialed so far is the proper beginning of an emergency string.
pub const TOWARDS_EMERGENCY: u16 = 1 << 15;
/// [`NodeRow::keys`]: all keys that lead on lead to the same node.
pub const ONE_EDGE: u16 = 1 << 14;
/// [`NodeRow::keys`]: all twelve keys lead back to this node: any further digits belong to the number.
pub const STAYS: u16 = 1 << 13;
/// [`NodeRow::keys`]: an emergency string ends here, Leading Digits are complete, or [`STAYS`]. Without it a walk has
/// nothing to do here.
pub const LOOK: u16 = 1 << 12;

/// [`PlaceRow::end`]: nothing ends here.
pub const END_NONE: u32 = 0;
/// [`PlaceRow::end`]: a device's directory number.
pub const END_DEVICE: u32 = 1;
/// [`PlaceRow::end`]: an ARS row.
pub const END_ARS: u32 = 2;
/// [`PlaceRow::end`]: an emergency ARS row.
pub const END_EMERGENCY: u32 = 3;
/// [`PlaceRow::end`]: a feature access code; the rest of the digits belongs to it.
pub const END_FEATURE: u32 = 4;
/// [`PlaceRow::end`]: a number that is taken, by something that does not act on calls: vacant.
pub const END_HELD: u32 = 5;
/// [`PlaceRow::end`]: an inbound row; only in the walks of trunks' called numbers.
pub const END_INBOUND: u32 = 6;
/// How far [`PlaceRow::end`]'s kind is shifted.
pub const END_SHIFT: u32 = 29;

/// The feature whose code ends at [`END_FEATURE`]: an account code follows, then a number.
pub const FEATURE_ACCOUNT_CODE: u32 = 0;
/// The same: the number follows that all calls are to go to.
pub const FEATURE_FORWARD_ALWAYS: u32 = 1;
/// The same: the number for calls while the device is busy.
pub const FEATURE_FORWARD_BUSY: u32 = 2;
/// The same: the number for calls that nobody answers.
pub const FEATURE_FORWARD_NO_ANSWER: u32 = 3;
/// The same: the number for calls while the device is not there.
pub const FEATURE_FORWARD_OUT_OF_SERVICE: u32 = 4;
/// The same: no call is forwarded any more. Nothing follows.
pub const FEATURE_FORWARD_CANCEL: u32 = 5;
/// The same: the device wants no calls, or wants them again. Nothing follows.
pub const FEATURE_DO_NOT_DISTURB: u32 = 6;
/// The same: the call is taken that rings at a device of the own pickup group. Nothing follows.
pub const FEATURE_PICKUP: u32 = 7;
/// The same: the directory number follows of the device whose ringing call is taken.
pub const FEATURE_DIRECTED_PICKUP: u32 = 8;
/// The same: only by transfer; the directory number may follow at which the call waits, else it is the own one.
pub const FEATURE_PARK: u32 = 9;
/// The same: the directory number may follow at which the call waits that is taken back, else it is the own one.
pub const FEATURE_PARK_RETRIEVE: u32 = 10;
/// The same: nothing follows, and the number that was dialed last is dialed again.
pub const FEATURE_REDIAL: u32 = 11;
/// The same: the number of a hot-desk user follows, and the PIN.
pub const FEATURE_HOT_DESK_LOGIN: u32 = 12;
/// The same: whoever is logged in there is logged out. Nothing follows.
pub const FEATURE_HOT_DESK_LOGOUT: u32 = 13;
/// The same: the number follows of whom is called, and waited for while it is busy.
pub const FEATURE_CAMP_ON: u32 = 14;
/// Feature access code: Executive Busy Override.
pub const FEATURE_BUSY_OVERRIDE: u32 = 15;
/// How many features have codes.
pub const FEATURES: u32 = 16;
/// So many more than the row of a speed call whose code ends at [`END_FEATURE`]. Nothing follows.
pub const FEATURE_SPEED_CALL: u32 = 64;

row! {
    /// A speed call: a short code for a number.
    SpeedCallRow, section 40 {
        /// The number, as it is dialed.
        number: Str,
        /// Bit 0: the COR of who dials it does not count (R27).
        flags: u8,
    }
}

row! {
    /// An edge of the digit trie: the node it leads to.
    EdgeRow, section 16 {
        /// Node table row.
        node: u32,
    }
}

row! {
    /// A state of the class automaton.
    ClassStateRow, section 21 {
        /// Where its edges begin; with [`ONE_WAY`] the state that every digit leads to.
        base: u16,
        /// The class of digits that end here ([`CLASS`]), [`ONE_WAY`], and with it how many states can be passed at once.
        class: u8,
        /// Own class chain row plus one.
        own: u8,
    }
}

/// [`ClassStateRow::class`]: the bits that are a class.
pub const CLASS: u8 = 15;
/// [`ClassStateRow::class`]: all ten digits lead to one state, and nothing else leads anywhere.
pub const ONE_WAY: u8 = 1 << 7;
/// How far the run is shifted in [`ClassStateRow::class`]: the state that is led to and so many behind it are
/// [`ONE_WAY`] and each leads to the next in the table.
pub const RUN_SHIFT: u32 = 4;
/// The longest run, and its bits.
pub const RUN: u8 = 7;
/// How far the symbol is shifted in [`ClassEdgeRow::edge`].
pub const SYMBOL_SHIFT: u32 = 12;

row! {
    /// An edge of the class automaton.
    ClassEdgeRow, section 22 {
        /// Its symbol in the upper four bits, the state it leads to below. No two states with edges have one base, so the
        /// symbol alone tells whose edge it is.
        edge: u16,
    }
}

row! {
    /// A number class of the policy's own.
    OwnClassRow, section 23 {
        /// Its name.
        name: Str,
        /// 0 deny, 1 allow, 2 watch.
        action: u8,
        /// COR group table row plus one: the CORs that the action is for; 0: all.
        cor_group: u8,
        /// Line of the policy file.
        line: u32,
    }
}

row! {
    /// A link of the own classes that digits match, the longest prefix first.
    OwnChainRow, section 24 {
        /// Own class table row.
        own: u8,
        /// The next link, row plus one; 0: none.
        next: u8,
    }
}
