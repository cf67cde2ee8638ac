//! Rows of what holds for everybody: system settings and the calendar.

use crate::policy::row::{Str, row};

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
        /// `media.conference`: the SIP URI of the conference resource; absent: there is none.
        conference: Str,
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
