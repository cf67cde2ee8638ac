//! System settings and classes.

use super::dialing::Use;
use super::section;
use super::texts::{Cesid, Country, Members, Quoted, Subnet, SystemId, TimeZone};
use super::types::{Int, Of};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// What silence means.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    /// Closed.
    #[default]
    Strict,
    /// As in the field: open.
    Mivb,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reading {
    Strict,
    Open,
}

section! {
    /// `[system]`
    System = "system", later [] {
        name: Option<String>,
        country: Option<Spanned<Of<Country>>>,
        area_code: Option<Spanned<Of<super::texts::Keys>>>,
        realm: Option<Spanned<Of<Quoted>>>,
        profile: Option<Profile>,
        timezone: Option<Of<TimeZone>>,
        plus_access: Option<Spanned<Of<super::texts::Keys>>>,
        default_cesid: Option<Of<Cesid>>,
        default_location: Option<String>,
        rules: Option<Spanned<BTreeMap<Of<Rule>, Reading>>>,
    }
}

/// The name of an open rule.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Rule(u8);

impl Rule {
    /// 22 to 37.
    pub(crate) const fn number(&self) -> u8 {
        self.0
    }
}

impl super::types::Text for Rule {
    const EXPECTED: &'static str = "a rule from r22 to r37";
    fn read(text: &str) -> Option<Self> {
        let number: u8 = text.strip_prefix('r').filter(|t| t.len() == 2)?.parse().ok()?;
        (22..=37).contains(&number).then_some(Self(number))
    }
}

section! {
    /// `[[cos]]`
    Cos = "cos", later [] {
        id: Spanned<Int<1, 110>>,
        name: Option<Spanned<String>>,
        features: Option<Vec<Spanned<String>>>,
        account_code_length: Option<Int<2, 12>>,
        timers: Option<Timers>,
    }
}

section! {
    /// `[cos.timers]`, with the field's ranges
    Timers = "cos.timers", later ["no_answer_recall", "cleardown_min"] {
        first_digit: Option<Int<5, 60>>,
        inter_digit: Option<Int<3, 60>>,
        dialing_conflict: Option<Int<2, 5>>,
        no_answer: Option<Int<0, 125>>,
        no_answer_recall: Option<Int<0, 125>>,
        hold_recall: Option<Int<10, 600>>,
        camp_on_recall: Option<Int<0, 180>>,
        ringing: Option<Int<60, 300>>,
        busy_tone: Option<Int<1, 120>>,
        call_duration_min: Option<Int<2, 120>>,
        cleardown_min: Option<Int<0, 10>>,
    }
}

section! {
    /// `[[cor_group]]`
    CorGroup = "cor_group", later [] {
        id: Spanned<Int<1, 96>>,
        name: Option<Spanned<String>>,
        members: Of<Members>,
    }
}

section! {
    /// `[interconnect]`
    Interconnect = "interconnect", later [] {
        restricted: Option<Vec<Pair>>,
    }
}

/// A restricted cell of the matrix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair {
    pub(crate) from: Int<1, 64>,
    pub(crate) to: Int<1, 64>,
}

section! {
    /// `[[zone]]`
    Zone = "zone", later ["cesid"] {
        name: Spanned<String>,
        cesid: Option<Of<Cesid>>,
        location: Option<String>,
        subnets: Option<Vec<Of<Subnet>>>,
        emergency: Option<Spanned<Use>>,
    }
}

/// The form of call records.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Layout {
    #[default]
    Standard,
    Extended,
    Csv,
}

section! {
    /// `[smdr]`
    Smdr = "smdr", later [] {
        external: Option<bool>,
        internal: Option<bool>,
        report_account_codes: Option<bool>,
        layout: Option<Spanned<Layout>>,
        system_id: Option<Of<SystemId>>,
    }
}

section! {
    /// `[limits]`
    Limits = "limits", later [] {
        public_calls_per_minute: Option<Int<1, 60_000>>,
        public_calls_at_once: Option<Int<1, 60_000>>,
        trunk_call_minutes: Option<Int<1, 60_000>>,
        login_failures: Option<Int<1, 255>>,
        login_window_s: Option<Int<1, 86_400>>,
        login_lockout_s: Option<Int<1, 86_400>>,
    }
}
section! {
    /// `[emergency]`
    Emergency = "emergency", later [] { notify: Option<Vec<Spanned<Of<super::texts::Keys>>>>, }
}

/// A finding that is known and accepted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accept {
    pub(crate) lint: String,
    pub(crate) at: String,
    pub(crate) reason: Option<String>,
}
section! {
    /// `[check]`
    Check = "check", later [] { accept: Option<Vec<Spanned<Accept>>>, }
}
