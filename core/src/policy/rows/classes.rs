//! Rows of classes: what parties may use, dial, and be joined with.

use crate::policy::row::{Str, row};
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
