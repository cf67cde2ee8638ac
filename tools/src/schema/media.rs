//! Media: `[media]` and which way it takes between zones.

use super::section;
use super::texts::Socket;
use super::types::Of;
use serde::Deserialize;
use toml::Spanned;

/// Whether something may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Allowed {
    Allow,
    Deny,
}

/// What becomes of video.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Video {
    Pass,
    Refuse,
}
section! {
    /// `[media]`
    Media = "media", later [] {
        rtpengine: Option<Of<Socket>>,
        sdes_over_clear: Option<Allowed>,
        conference: Option<Spanned<String>>,
        video: Option<Video>,
    }
}

/// Which way media takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    Direct,
    Anchored,
    None,
}
section! {
    /// `[[media_path]]`
    MediaPath = "media_path", later [] { between: [Spanned<String>; 2], path: Way, }
}
