//! Number classes: what is outpulsed to the public network, judged by the country's numbering plan.

use super::section;
use super::texts::{Country, Keys};
use super::types::Of;
use toml::Spanned;

/// What a class means for a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    Deny,
    Allow,
    Watch,
}
section! {
    /// `[[number_class]]`
    NumberClass = "number_class", later [] {
        name: Spanned<String>,
        prefixes: Option<Vec<Spanned<Of<Keys>>>>,
        countries: Option<Vec<Spanned<Of<Country>>>>,
        action: Action,
        cor_group: Option<Spanned<super::types::Ref<96>>>,
    }
}
macro_rules! class_defaults {
    ($($text:literal $name:ident)+) => {
        section! {
            /// `[class_defaults]`
            ClassDefaults = "class_defaults", later [] { $(#[serde(rename = $text)] $name: Option<Action>,)+ }
        }

        impl ClassDefaults {
            /// The classes that are named, with what they mean.
            pub(crate) fn named(&self) -> Vec<(&'static str, Action)> {
                [$(($text, self.$name)),+].into_iter().filter_map(|(name, action)| Some((name, action?))).collect()
            }
        }
    };
}
class_defaults! {
    "local" local "national" national "mobile" mobile "fixed-or-mobile" fixed_or_mobile "toll-free" toll_free
    "premium" premium "shared-cost" shared_cost "international" international
    "directory-assistance" directory_assistance "operator" operator "carrier-access" carrier_access "unknown" unknown
}
