//! The rows of the image. Indices are row numbers; "plus one, 0 is none" where a reference may be absent.

use super::row::{Run, Str, row};
use bitflags::bitflags;

bitflags! {
    /// COS features (policy key `features`), one bit each.
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub struct Features: u64 {
        /// `hold`
        const HOLD = 1 << 0;
        /// `transfer`
        const TRANSFER = 1 << 1;
        /// `conference`
        const CONFERENCE = 1 << 2;
        /// `pickup`
        const PICKUP = 1 << 3;
        /// `park`
        const PARK = 1 << 4;
        /// `forward-internal`
        const FORWARD_INTERNAL = 1 << 5;
        /// `forward-external`
        const FORWARD_EXTERNAL = 1 << 6;
        /// `camp-on`
        const CAMP_ON = 1 << 7;
        /// `do-not-disturb`
        const DO_NOT_DISTURB = 1 << 8;
        /// `redial`
        const REDIAL = 1 << 9;
        /// `hot-desk-login`
        const HOT_DESK_LOGIN = 1 << 10;
        /// `hot-desk-accept`
        const HOT_DESK_ACCEPT = 1 << 11;
        /// `smdr-external`
        const SMDR_EXTERNAL = 1 << 12;
        /// `smdr-internal`
        const SMDR_INTERNAL = 1 << 13;
        /// `non-verified-account-code`
        const NON_VERIFIED_ACCOUNT_CODE = 1 << 14;
        /// `verified-account-code`
        const VERIFIED_ACCOUNT_CODE = 1 << 15;
        /// `forced-verified-account-code`
        const FORCED_VERIFIED_ACCOUNT_CODE = 1 << 16;
        /// `forced-non-verified-account-code`
        const FORCED_NON_VERIFIED_ACCOUNT_CODE = 1 << 17;
        /// `executive-busy-override`
        const EXECUTIVE_BUSY_OVERRIDE = 1 << 18;
        /// `busy-override-security`
        const BUSY_OVERRIDE_SECURITY = 1 << 19;
        /// `camp-on-tone-security`
        const CAMP_ON_TONE_SECURITY = 1 << 20;
        /// `call-privacy`
        const CALL_PRIVACY = 1 << 21;
        /// `do-not-disturb-override`
        const DO_NOT_DISTURB_OVERRIDE = 1 << 22;
        /// `public-to-public`
        const PUBLIC_TO_PUBLIC = 1 << 23;
        /// `override-interconnect-on-transfer`
        const OVERRIDE_INTERCONNECT_ON_TRANSFER = 1 << 24;
        /// `silent-monitor`
        const SILENT_MONITOR = 1 << 25;
        /// `silent-monitor-accept`
        const SILENT_MONITOR_ACCEPT = 1 << 26;
        /// `third-party-forward`
        const THIRD_PARTY_FORWARD = 1 << 27;
        /// `third-party-forward-accept`
        const THIRD_PARTY_FORWARD_ACCEPT = 1 << 28;
        /// `auto-answer`
        const AUTO_ANSWER = 1 << 29;
        /// `record-call`
        const RECORD_CALL = 1 << 30;
        /// `emergency-notify`
        const EMERGENCY_NOTIFY = 1 << 31;
    }
}

impl Features {
    /// The feature with this policy name (`hold`, `smdr-external` …).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all()
            .iter_names()
            .find(|(flag, _)| {
                flag.len() == name.len()
                    && flag
                        .bytes()
                        .zip(name.bytes())
                        .all(|(a, b)| a.to_ascii_lowercase() == if b == b'-' { b'_' } else { b })
            })
            .map(|(_, feature)| feature)
    }
}

row! {
    /// The one row of system settings.
    SystemRow, section 1 {
        /// 0 strict, 1 mivb.
        profile: u8,
        /// Bit 0 SMDR external, bit 1 internal, bit 2 report account codes, bit 3 CSV only.
        smdr: u8,
        /// The SMDR system id, 0-999.
        system_id: u16,
        /// `system.name`.
        name: Str,
        /// `system.realm`.
        realm: Str,
        /// `system.timezone`.
        timezone: Str,
        /// `system.default_cesid`.
        default_cesid: Str,
        /// `system.default_location`.
        default_location: Str,
    }
}

row! {
    /// A Class of Service.
    CosRow, section 2 {
        /// The COS number, 1-110.
        id: u8,
        /// [`Features`].
        features: u64,
        /// Seconds a called party rings before the caller gets no answer.
        ringing_s: u16,
        /// Its name.
        name: Str,
    }
}

row! {
    /// A COR group: the CORs that are blocked where it is attached.
    CorGroupRow, section 3 {
        /// The group's number, 1-96.
        id: u8,
        /// Bit n: COR n is blocked.
        members: u128,
        /// Its name.
        name: Str,
    }
}

row! {
    /// One From row of the interconnect matrix; row n is Interconnect Number n + 1.
    InterconnectRow, section 4 {
        /// Bit n: To Interconnect Number n + 1 is restricted.
        restricted: u64,
    }
}

row! {
    /// What decisions need of a device.
    DeviceRow, section 5 {
        /// COS table row plus one, by mode.
        cos: [u8; 3],
        /// COR number by mode, 0 none.
        cor: [u8; 3],
        /// Interconnect Number, 1-64.
        interconnect: u8,
        /// Zone table row plus one.
        zone: u8,
        /// Digest algorithms offered in this order, two bits each from the lowest: 1 MD5, 2 SHA-256, 0 end.
        digest: u8,
    }
}

row! {
    /// What people and messages need of a device; same row number as its [`DeviceRow`].
    DeviceTextRow, section 6 {
        /// The directory number.
        dn: Str,
        /// The user's name.
        name: Str,
        /// The digest username.
        username: Str,
        /// Caller ID on public calls.
        public_number: Str,
        /// Emergency call-back number.
        cesid: Str,
        /// Emergency location.
        location: Str,
        /// Line of the policy file.
        line: u32,
    }
}

row! {
    /// A trunk.
    TrunkRow, section 7 {
        /// COS table row plus one, by mode.
        cos: [u8; 3],
        /// COR number by mode, 0 none.
        cor: [u8; 3],
        /// Interconnect Number, 1-64.
        interconnect: u8,
        /// Zone table row plus one.
        zone: u8,
        /// Bit 0: belongs to the public network.
        flags: u8,
        /// Calls at once.
        channels: u16,
        /// Its name.
        name: Str,
        /// Host and optional port, as written.
        host: Str,
        /// Caller ID, absent: the caller's own number.
        caller_id: Str,
        /// Line of the policy file.
        line: u32,
    }
}

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
        /// Bit 0: carries emergency calls only.
        flags: u8,
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
        /// Where it leads: [`USE_ROUTE`] or [`USE_LIST`].
        leads: u8,
        /// Row of the route or route list table.
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

row! {
    /// A zone.
    ZoneRow, section 14 {
        /// Its name.
        name: Str,
        /// Emergency call-back number of its sets.
        cesid: Str,
        /// Its location.
        location: Str,
        /// 0 none, 1 route, 2 route list: its own emergency routes.
        emergency_leads: u8,
        /// Row of that table.
        emergency_index: u16,
    }
}

row! {
    /// A state of the digit trie.
    NodeRow, section 15 {
        /// Bit n of [`KEYS`]: key n (0-9, `*`, `#`) leads on. [`TOWARDS_EMERGENCY`]: an emergency string begins like this.
        keys: u16,
        /// What ends here: two bits of kind ([`END_DEVICE`] …) above 30 bits of row number.
        end: u32,
        /// Leading table row plus one, if Leading Digits are complete here.
        leading: u32,
        /// First of its edges, one for each set bit, lowest key first; with [`ONE_EDGE`] the node they all lead to.
        edges: u32,
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

/// [`NodeRow::end`]: nothing ends here.
pub const END_NONE: u32 = 0;
/// [`NodeRow::end`]: a device's directory number.
pub const END_DEVICE: u32 = 1;
/// [`NodeRow::end`]: an ARS row.
pub const END_ARS: u32 = 2;
/// [`NodeRow::end`]: an emergency ARS row.
pub const END_EMERGENCY: u32 = 3;

row! {
    /// An edge of the digit trie: the node it leads to.
    EdgeRow, section 16 {
        /// Node table row.
        node: u32,
    }
}

row! {
    /// A place of the username hash table.
    UsernameRow, section 17 {
        /// Device table row plus one; 0: empty.
        device: u32,
    }
}

row! {
    /// How the username table hashes.
    UsernameSeedRow, section 18 {
        /// Mixed into every hash.
        seed: u64,
        /// The longest run of places that a search looks at.
        longest_probe: u32,
    }
}

row! {
    /// An address range from which a trunk's requests come.
    TrustedRow, section 19 {
        /// Trunk table row.
        trunk: u16,
        /// IPv6, or IPv4 mapped into it.
        address: u128,
        /// Bits that count, of 128.
        prefix: u8,
    }
}

/// The section of texts.
pub const SECTION_TEXTS: u16 = 20;
/// One more than the highest section number.
pub const SECTIONS: usize = 21;
