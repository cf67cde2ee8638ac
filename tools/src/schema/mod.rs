//! The policy file as types: every key of the language, its type and its range.
//!
//! A key that this version does not act on is listed in its section's `later`: it is checked like the others and reported.

pub(crate) mod account;
pub(crate) mod dialing;
pub(crate) mod media;
pub(crate) mod numbering;
pub(crate) mod parties;
pub(crate) mod system;
pub(crate) mod texts;
pub(crate) mod time;
pub(crate) mod types;
pub(crate) mod waiting;

use crate::finding::Row;

/// A table of the policy file.
pub(crate) trait Section {
    /// Its name.
    const NAME: &'static str;
    /// Keys that have no effect yet; `"*"`: the whole table has none.
    const LATER: &'static [&'static str];
    /// Its keys.
    const KEYS: &'static [&'static str];
}

/// Declares a section: its keys, all strict.
macro_rules! section {
    ($(#[doc = $doc:literal])+ $name:ident = $text:literal, later $later:tt { $($(#[$attr:meta])* $key:ident: $ty:ty,)* }) => {
        $(#[doc = $doc])+
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "keys that wait for a later version are checked and not read")]
        pub(crate) struct $name { $($(#[$attr])* pub(crate) $key: $ty,)* }

        impl $crate::schema::Section for $name {
            const NAME: &'static str = $text;
            const LATER: &'static [&'static str] = &$later;
            const KEYS: &'static [&'static str] = &[$(stringify!($key)),*];
        }
    };
}
pub(crate) use section;

macro_rules! policy {
    (one { $($one:ident: $one_type:ty,)+ } many { $($many:ident: $many_type:ty,)+ }) => {
        /// All files of a policy, read.
        #[derive(Debug, Default)]
        pub(crate) struct Policy {
            $(pub(crate) $one: Option<Row<$one_type>>,)+
            $(pub(crate) $many: Vec<Row<$many_type>>,)+
        }

        /// Every table and array of the language.
        pub(crate) const SECTIONS: &[&str] = &["include", $(stringify!($one),)+ $(stringify!($many),)+];

        impl Policy {
            /// Hands a top-level key to the reader for its section.
            pub(crate) fn read(&mut self, name: &str, value: $crate::read::Value<'_>, reader: &mut $crate::read::Reader<'_>) -> bool {
                match name {
                    $(stringify!($one) => reader.one(value, &mut self.$one),)+
                    $(stringify!($many) => reader.many(value, &mut self.$many),)+
                    _ => return false,
                }
                true
            }
        }
    };
}

policy! {
    one {
        system: system::System, limits: system::Limits, interconnect: system::Interconnect,
        emergency: system::Emergency, media: media::Media, registration: waiting::Registration,
        class_defaults: numbering::ClassDefaults, features: waiting::FeatureCodes, homing: waiting::Homing,
        smdr: system::Smdr, alarm: waiting::Alarm, check: system::Check,
    }
    many {
        schedule: time::Schedule, holiday: time::Holiday, cos: system::Cos, cor_group: system::CorGroup,
        zone: system::Zone, media_path: media::MediaPath, l2_port: waiting::L2Port, template: parties::Template,
        device: parties::Device, station_file: parties::StationFile, user: waiting::User,
        pickup_group: waiting::PickupGroup, hunt_group: waiting::HuntGroup, trunk: parties::Trunk,
        digit_modification: dialing::DigitModification, system_account_code: dialing::SystemAccountCode,
        route: dialing::Route, route_list: dialing::RouteList, route_plan: time::RoutePlan, ars: dialing::Ars,
        number_class: numbering::NumberClass, max_digits: dialing::MaxDigits, account_code: account::AccountCode,
        speed_call: waiting::SpeedCall, intercept: waiting::Intercept, element: waiting::Element,
        assert: waiting::Assert,
    }
}
