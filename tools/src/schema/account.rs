//! Account codes.

use super::section;
use super::texts::Code;
use super::types::Hidden;
use toml::Spanned;

/// What a code is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CodeKind {
    Verified,
    NonVerified,
}
section! {
    /// `[[account_code]]`
    AccountCode = "account_code", later [] {
        code: Spanned<Hidden<Code>>,
        kind: CodeKind,
        name: Option<String>,
        cos: Option<Spanned<super::types::Ref<110>>>,
        cor: Option<Spanned<super::types::Ref<96>>>,
    }
}
