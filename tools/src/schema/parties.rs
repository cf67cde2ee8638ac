//! Devices and trunks.

use super::section;
use super::texts::{Cesid, Ha1Md5, Ha1Sha256, Host, Keys, Mac, Password, Pin, Public, Quoted, Subnet};
use super::types::{ByMode, Hidden, Int, Of};
use serde::Deserialize;
use toml::Spanned;

/// Which protocol a device speaks.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    #[default]
    Sip,
    Set,
}

/// A digest algorithm.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub(crate) enum Digest {
    #[serde(rename = "sha-256")]
    Sha256,
    #[serde(rename = "md5")]
    Md5,
    #[serde(rename = "sha-512-256")]
    Sha512_256,
}

/// A transport of SIP.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    #[default]
    Udp,
    Tcp,
    Tls,
}

impl Transport {
    /// Its number in an image.
    pub(crate) fn number(self) -> u8 {
        use strowger::base::Transport as Of;
        match self {
            Self::Udp => Of::Udp,
            Self::Tcp => Of::Tcp,
            Self::Tls => Of::Tls,
        }
        .number()
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Srtp {
    Off,
    BestEffort,
    Required,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    Phone,
    Attendant,
    Voicemail,
    Recorder,
}

/// Declares devices and templates, which have the same keys but for the first.
macro_rules! devices {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal { $($own:ident: $own_type:ty,)+ })+) => { $(
        section! {
            $(#[doc = $doc])+
            $name = $text, later ["max_contacts", "role"] {
                $($own: $own_type,)+
                kind: Option<Spanned<Kind>>,
                username: Option<Spanned<Of<Quoted>>>,
                password: Option<Spanned<Hidden<Password>>>,
                ha1_md5: Option<Spanned<Hidden<Ha1Md5>>>,
                ha1_sha256: Option<Spanned<Hidden<Ha1Sha256>>>,
                cos: Option<Spanned<ByMode<110>>>,
                cor: Option<Spanned<ByMode<96>>>,
                interconnect: Option<Int<1, 64>>,
                zone: Option<Spanned<String>>,
                digest: Option<Spanned<Vec<Digest>>>,
                transport: Option<Spanned<Vec<Transport>>>,
                public_number: Option<Of<Public>>,
                cesid: Option<Of<Cesid>>,
                location: Option<String>,
                srtp: Option<Srtp>,
                max_contacts: Option<Int<1, 16>>,
                role: Option<Role>,
                intercept: Option<Spanned<Int<1, 64>>>,
                primary: Option<Spanned<String>>,
                secondary: Option<Spanned<String>>,
                default_account_code: Option<Spanned<Int<0, 99>>>,
                always_to: Option<Spanned<Of<Keys>>>,
                busy_to: Option<Spanned<Of<Keys>>>,
                no_answer_to: Option<Spanned<Of<Keys>>>,
                out_of_service_to: Option<Spanned<Of<Keys>>>,
                mac: Option<Spanned<Of<Mac>>>,
                set_type: Option<Spanned<String>>,
                pin: Option<Spanned<Hidden<Pin>>>,
            }
        }
    )+ };
}

devices! {
    /// `[[device]]`
    Device = "device" { dn: Spanned<Of<Keys>>, name: Option<String>, template: Option<Spanned<String>>, }
    /// `[[template]]`: any key of a device but its number, template and person's name
    Template = "template" { name: Spanned<String>, }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NumberFormat {
    AsDialed,
    National,
    E164,
}

/// A number from outside and where it goes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inbound {
    pub(crate) did: Of<super::texts::Pattern>,
    pub(crate) to: Of<super::texts::Pattern>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub(crate) enum TrunkKind {
    #[serde(rename = "sip")]
    Sip,
}

section! {
    /// `[[trunk]]`
    Trunk = "trunk", later ["elements"] {
        name: Spanned<String>,
        kind: Option<TrunkKind>,
        host: Of<Host>,
        transport: Option<Spanned<Transport>>,
        username: Option<Of<Quoted>>,
        password: Option<Hidden<Password>>,
        register: Option<bool>,
        trusted: Option<Vec<Of<Subnet>>>,
        public: Option<bool>,
        channels: Option<Int<1, 65_535>>,
        number_format: Option<NumberFormat>,
        caller_id: Option<Of<Public>>,
        cos: Option<Spanned<ByMode<110>>>,
        cor: Option<Spanned<ByMode<96>>>,
        interconnect: Option<Int<1, 64>>,
        zone: Option<Spanned<String>>,
        srtp: Option<Srtp>,
        elements: Option<Vec<String>>,
        inbound: Option<Vec<Spanned<Inbound>>>,
    }
}

section! {
    /// `[[station_file]]`
    StationFile = "station_file", later [] {
        path: Spanned<String>,
        template: Option<Spanned<String>>,
        optional: Option<bool>,
    }
}
