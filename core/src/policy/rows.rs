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
        /// Bit 0 SMDR external, bit 1 internal, bit 2 report account codes, bit 3 CSV only, bit 4 the extended layout.
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
        /// `system.country`; absent: numbers have no class but `unknown`.
        country: Str,
        /// `system.area_code`.
        area_code: Str,
        /// `system.plus_access`.
        plus_access: Str,
        /// The country's calling code.
        calling_code: Str,
        /// What stands in front of a national number dialed inside the country.
        trunk_prefix: Str,
        /// What stands in front of an international number.
        international_prefix: Str,
        /// Bit n: the built-in number class n is denied.
        denied_classes: u16,
        /// Bit n: the built-in number class n is allowed and watched.
        watched_classes: u16,
        /// Public calls an authority may begin in a minute; 0: any number.
        calls_per_minute: u16,
        /// Public calls an authority may have at once; 0: any number.
        calls_at_once: u16,
        /// Minutes after which a public call is ended; 0: never.
        trunk_call_min: u16,
        /// Failed log-ins, and wrong account codes, that lock out.
        login_failures: u8,
        /// Seconds in which they count.
        login_window_s: u32,
        /// Seconds that a lock-out lasts.
        login_lockout_s: u32,
        /// Bit n - 22: the open reading of rule n (R22 to R37).
        open_rules: u16,
        /// 1: SRTP keys may not go over signalling in clear.
        sdes_denied: u8,
        /// 1: video is refused.
        video_refused: u8,
        /// `media.rtpengine`: the relay's control address; absent: there is no relay.
        relay: Str,
    }
}

row! {
    /// A Class of Service.
    CosRow, section 2 {
        /// The COS number, 1-110.
        id: u8,
        /// [`Features`].
        features: u64,
        /// Digits of an account code; 0: two to twelve, ended by `#`.
        code_length: u8,
        /// Seconds a called party rings before the caller gets no answer.
        ringing_s: u16,
        /// Seconds for the first digit.
        first_digit_s: u8,
        /// Seconds between digits.
        inter_digit_s: u8,
        /// Seconds after which a number that is complete, but could go on, is taken.
        dialing_conflict_s: u8,
        /// Seconds of ringing before a call is forwarded on no answer.
        no_answer_s: u8,
        /// Seconds of ringing before a transferred call comes back.
        no_answer_recall_s: u8,
        /// Seconds before a held call comes back.
        hold_recall_s: u16,
        /// Seconds before a camped-on call comes back.
        camp_on_recall_s: u8,
        /// Seconds of busy tone.
        busy_tone_s: u8,
        /// Minutes after which a call is ended; 0: never.
        call_duration_min: u8,
        /// Minutes of warning before that.
        cleardown_min: u8,
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
        low: u64,
        /// Bit n: COR 64 + n is blocked.
        high: u64,
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
        /// Encryption of its media: 0 best effort, 1 off, 2 required.
        srtp: u8,
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
        /// The account code recorded when none is dialed.
        account_code: Str,
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
        /// Bit 0: belongs to the public network. Bits 1-2: what is sent ([`AS_DIALED`] …).
        flags: u8,
        /// Encryption of its media: 0 best effort, 1 off, 2 required.
        srtp: u8,
        /// Calls at once.
        channels: u16,
        /// Its name.
        name: Str,
        /// Host and optional port, as written.
        host: Str,
        /// Caller ID, absent: the caller's own number.
        caller_id: Str,
        /// Where the walk of its inbound numbers begins: node plus one; 0: it has none.
        inbound: u32,
        /// Line of the policy file.
        line: u32,
    }
}

/// [`TrunkRow::flags`], bits 1-2: digits go as the digit modification leaves them.
pub const AS_DIALED: u8 = 0;
/// [`TrunkRow::flags`], bits 1-2: a number of the country goes in its national form.
pub const NATIONAL: u8 = 1;
/// [`TrunkRow::flags`], bits 1-2: `+` and the whole number.
pub const E164: u8 = 2;

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
        /// What a decision needs of its trunk: [`TrunkRow::flags`].
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

row! {
    /// An interval of the week with another service mode than day; in order, without overlap.
    ScheduleRow, section 25 {
        /// First minute of the week, Monday 00:00 is 0.
        from: u16,
        /// First minute after it.
        to: u16,
        /// The mode's number.
        mode: u8,
    }
}

row! {
    /// A holiday; in order of day.
    HolidayRow, section 26 {
        /// Days since 1970-01-01.
        day: u32,
        /// The mode's number.
        mode: u8,
    }
}

row! {
    /// A transition of the time zone; in order.
    OffsetRow, section 27 {
        /// Seconds since 1970-01-01 UTC from which it is in force.
        since: u32,
        /// Minutes east of UTC, plus 1440.
        east_min: u16,
    }
}

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

row! {
    /// The most digits that a COR may dial; row n is COR n.
    MaxDigitsRow, section 30 {
        /// 0: any number.
        digits: u8,
    }
}

row! {
    /// What an account code stands for. The code itself is in the keyring.
    AccountCodeRow, section 31 {
        /// 0 verified, 1 non-verified.
        kind: u8,
        /// COS table row plus one.
        cos: u8,
        /// COR number.
        cor: u8,
        /// Its name.
        name: Str,
        /// Line of the policy file.
        line: u32,
    }
}

row! {
    /// A number that a trunk calls.
    InboundRow, section 32 {
        /// The pattern of a national number without trunk prefix.
        did: Str,
        /// Where it leads; each X takes the digit of its X in `did`.
        to: Str,
    }
}

row! {
    /// An address range of a zone; the narrowest first.
    SubnetRow, section 34 {
        /// Zone table row plus one.
        zone: u8,
        /// IPv6, or IPv4 mapped into it.
        address: u128,
        /// Bits that count, of 128.
        prefix: u8,
    }
}

row! {
    /// A device that is told of emergency calls.
    NotifyRow, section 35 {
        /// Device table row.
        device: u32,
        /// 1: whatever its COS says; 0: while its COS has `emergency-notify`.
        always: u8,
    }
}

row! {
    /// Which way media takes between two zones; in order of both.
    MediaPathRow, section 37 {
        /// Zone table row plus one, 0 the zone "default" that nobody describes; not above `b`.
        a: u8,
        /// The other zone.
        b: u8,
        /// 1 direct, 2 over the relay, 3 not at all.
        path: u8,
    }
}

/// The most devices that are told of one emergency call.
pub const MAX_NOTIFIED: usize = 8;

/// The section of texts.
pub const SECTION_TEXTS: u16 = 20;
/// The section that is the emergency block: an image of its own, see [`super::image`].
pub const SECTION_EMERGENCY: u16 = 36;
/// One more than the highest section number.
pub const SECTIONS: usize = 38;
