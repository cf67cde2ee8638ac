//! Sections that this version checks, and of which it does not act on all.

#![allow(dead_code, reason = "checked for type and range; in force in a later version")]

use super::section;
use super::texts::{AccessCode, Cesid, Keys, Mac, Outpulse, Pin, Socket, Webhook};
use super::types::{ByMode, Hidden, Int, Of};
use serde::de::{self, Deserialize, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

section! {
    /// `[[l2_port]]`
    L2Port = "l2_port", later ["*"] { chassis: Of<Mac>, port: String, cesid: Of<Cesid>, location: Option<String>, }
}
section! {
    /// `[[user]]`
    User = "user", later [] {
        dn: Spanned<Of<Keys>>,
        name: Option<String>,
        pin: Option<Hidden<Pin>>,
        cos: Option<ByMode<110>>,
        cor: Option<ByMode<96>>,
        always_to: Option<Of<Keys>>,
        busy_to: Option<Of<Keys>>,
        no_answer_to: Option<Of<Keys>>,
        out_of_service_to: Option<Of<Keys>>,
        logout_after_min: Option<Int<1, 10_080>>,
        default_account_code: Option<Int<0, 99>>,
        public_number: Option<Of<super::texts::Public>>,
        intercept: Option<Spanned<Int<1, 64>>>,
    }
}
section! {
    /// `[[pickup_group]]`
    PickupGroup = "pickup_group", later [] { id: Spanned<Int<1, 65_535>>, members: Vec<Spanned<Of<Keys>>>, }
}

/// In which order the members of a hunt group ring.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Hunting {
    RingAll,
    Linear,
    Circular,
}
section! {
    /// `[[hunt_group]]`
    HuntGroup = "hunt_group", later [] {
        dn: Spanned<Of<Keys>>,
        name: Option<String>,
        kind: Spanned<Hunting>,
        members: Spanned<Vec<Spanned<Of<Keys>>>>,
        member_timeout_s: Option<Int<1, 3_600>>,
        always_to: Option<Spanned<Of<Keys>>>,
        busy_to: Option<Spanned<Of<Keys>>>,
        no_answer_to: Option<Spanned<Of<Keys>>>,
        out_of_service_to: Option<Spanned<Of<Keys>>>,
        cos: Option<Spanned<ByMode<110>>>,
        cor: Option<Spanned<ByMode<96>>>,
    }
}
section! {
    /// `[registration]`
    Registration = "registration", later [] {
        access_code: Option<Spanned<Of<AccessCode>>>,
        replacement_code: Option<Spanned<Of<AccessCode>>>,
    }
}
section! {
    /// `[[speed_call]]`
    SpeedCall = "speed_call", later [] { code: Spanned<Of<Keys>>, number: Spanned<Of<Outpulse>>, cor_exempt: Option<bool>, }
}

/// What an originator hears, or where it goes.
#[derive(Debug)]
pub(crate) enum Treatment {
    Reorder,
    /// It is put through to this number.
    Number(String),
}

/// Where an intercepted originator goes.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Goes {
    dn: Of<Keys>,
}

struct Treats;

impl<'de> Visitor<'de> for Treats {
    type Value = Treatment;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"reorder\", or a number: { dn = \"201\" }")
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Treatment, E> {
        if v == "reorder" {
            Ok(Treatment::Reorder)
        } else {
            Err(E::invalid_value(de::Unexpected::Str(v), &self))
        }
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Treatment, A::Error> {
        let goes = Goes::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(Treatment::Number(goes.dn.0.0))
    }
}

impl<'de> Deserialize<'de> for Treatment {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Treats)
    }
}

section! {
    /// `[[intercept]]`
    Intercept = "intercept", later [] {
        id: Spanned<Int<1, 64>>,
        vacant: Option<Spanned<Treatment>>,
        cos_violation: Option<Spanned<Treatment>>,
        cor_denied: Option<Spanned<Treatment>>,
        interconnect_denied: Option<Spanned<Treatment>>,
        account_code_violation: Option<Spanned<Treatment>>,
        out_of_service: Option<Spanned<Treatment>>,
    }
}

macro_rules! feature_codes {
    ($($name:ident)+) => {
        section! {
            /// `[features]`
            FeatureCodes = "features", later ["service_mode"] { $($name: Option<Spanned<Of<Keys>>>,)+ }
        }

        impl FeatureCodes {
            /// The codes that are set, with their keys.
            pub(crate) fn codes(&self) -> Vec<(&'static str, &Spanned<Of<Keys>>)> {
                [$((stringify!($name), self.$name.as_ref())),+].into_iter().filter_map(|(name, code)| Some((name, code?))).collect()
            }
        }
    };
}
feature_codes! {
    forward_always forward_busy forward_no_answer forward_out_of_service forward_cancel pickup directed_pickup park
    park_retrieve account_code hot_desk_login hot_desk_logout do_not_disturb camp_on busy_override redial service_mode
}

section! {
    /// `[[element]]`
    Element = "element", later [] { name: Spanned<String>, address: Of<Socket>, transport: Option<super::parties::Transport>, }
}
section! {
    /// `[homing]`
    Homing = "homing", later ["*"] {
        heartbeat_s: Option<Int<1, 3_600>>,
        missed: Option<Int<1, 100>>,
        stable_s: Option<Int<0, 86_400>>,
        return_to_primary: Option<bool>,
    }
}
section! {
    /// `[alarm]`
    Alarm = "alarm", later [] { syslog: Option<bool>, webhook: Option<Of<Webhook>>, }
}

section! {
    /// `[[assert]]`
    Assert = "assert", later [] {
        name: Option<String>,
        never: Option<BTreeMap<End, String>>,
        always: Option<BTreeMap<End, String>>,
    }
}

/// The two ends of an assertion.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "lowercase")]
pub(crate) enum End {
    From,
    To,
}
