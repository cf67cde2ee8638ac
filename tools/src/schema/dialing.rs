//! Routes and dialed numbers.

use super::section;
use super::texts::{Code, Outpulse, Pattern};
use super::types::{Follow, Hidden, Int, Of, Ref};
use serde::Deserialize;
use toml::Spanned;

/// Where a row leads: exactly one of the three.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Use {
    pub(crate) route: Option<Int<1, 1200>>,
    pub(crate) list: Option<Int<1, 1200>>,
    pub(crate) plan: Option<Int<1, 32>>,
}

section! {
    /// `[[digit_modification]]`
    DigitModification = "digit_modification", later [] {
        id: Spanned<Int<1, 815>>,
        absorb: Option<Int<0, 26>>,
        insert: Option<Spanned<String>>,
    }
}

section! {
    /// `[[system_account_code]]`, for `<Ann>`
    SystemAccountCode = "system_account_code", later [] {
        id: Spanned<Int<0, 99>>,
        code: Hidden<Code>,
    }
}

section! {
    /// `[[route]]`
    Route = "route", later [] {
        id: Spanned<Int<1, 1200>>,
        trunk: Spanned<String>,
        digit_modification: Option<Spanned<Int<0, 815>>>,
        cor_group: Option<Spanned<Ref<96>>>,
        emergency: Option<bool>,
        account_code: Option<bool>,
    }
}

section! {
    /// `[[route_list]]`
    RouteList = "route_list", later [] {
        id: Spanned<Int<1, 1200>>,
        choices: Spanned<Vec<Spanned<Choice>>>,
    }
}

/// A choice of a route list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    pub(crate) route: Int<1, 1200>,
    pub(crate) warning_tone: Option<bool>,
}

section! {
    /// `[[ars]]`
    Ars = "ars", later [] {
        leading: Option<Spanned<Of<Pattern>>>,
        digits: Option<Spanned<Of<Pattern>>>,
        follow: Option<Spanned<Follow>>,
        cor_group: Option<Spanned<Ref<96>>>,
        second_dial_tone: Option<Spanned<bool>>,
        emergency: Option<Spanned<bool>>,
        outpulse: Option<Spanned<Of<Outpulse>>>,
        #[serde(rename = "use")] leads: Option<Spanned<Use>>,
    }
}

section! {
    /// `[[max_digits]]`
    MaxDigits = "max_digits", later [] { cor: Spanned<Int<1, 96>>, digits: Int<1, 47>, }
}
