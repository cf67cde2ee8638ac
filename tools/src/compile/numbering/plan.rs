//! What a country's numbering plan needs beside libphonenumber's metadata: how numbers are dialed inside it, and the
//! service codes that the metadata does not have.

use phonenumber::metadata::DATABASE;
use strowger::policy::class::NumberClass;

/// How a country dials.
pub(crate) struct Plan {
    /// Its calling code, without `+`.
    pub(crate) calling_code: String,
    /// What stands in front of a national number dialed inside the country; empty where nothing does.
    pub(crate) trunk_prefix: String,
    /// What stands in front of an international number.
    pub(crate) international_prefix: String,
    /// Codes of the country's own.
    pub(crate) services: Option<&'static [Service]>,
}

/// A code that is no number of the plan.
pub(crate) struct Service {
    /// Digits, with X for any digit and N for one from 2 to 9.
    pub(crate) digits: &'static str,
    /// Anything may follow.
    pub(crate) open: bool,
    /// It is a number with calling code, dialed like any other.
    pub(crate) number: bool,
    /// Its class.
    pub(crate) class: NumberClass,
}

const fn exactly(digits: &'static str, class: NumberClass) -> Service {
    Service { digits, open: false, number: false, class }
}

const fn begins(digits: &'static str, class: NumberClass) -> Service {
    Service { digits, open: true, number: false, class }
}

const fn number(digits: &'static str, class: NumberClass) -> Service {
    Service { digits, open: false, number: true, class }
}

use NumberClass::{CarrierAccess, DirectoryAssistance, Emergency, Operator};

/// NANPA: N11 codes (411 directory assistance, 911 emergency); 0, 00 and 0+ operator services; 101XXXX carrier access
/// codes; directory assistance of another area is NPA-555-1212 (ATIS-0300051, "NPA/555-1212").
const NORTH_AMERICA: &[Service] = &[
    exactly("911", Emergency),
    exactly("411", DirectoryAssistance),
    exactly("1411", DirectoryAssistance),
    exactly("5551212", DirectoryAssistance),
    number("1NXX5551212", DirectoryAssistance),
    exactly("0", Operator),
    exactly("00", Operator),
    exactly("0NXXXXXXXXX", Operator),
    // 01 and a country code: operator-assisted; 011 is dialed directly.
    begins("010", Operator),
    begins("012", Operator),
    begins("013", Operator),
    begins("014", Operator),
    begins("015", Operator),
    begins("016", Operator),
    begins("017", Operator),
    begins("018", Operator),
    begins("019", Operator),
    begins("101XXXX", CarrierAccess),
];

/// Ofcom, National Telephone Numbering Plan: 999 and 112 emergency; 118XXX directory enquiries; 100, 155 operator
/// services; 1280 and 124-169 prefixes select a carrier.
const UNITED_KINGDOM: &[Service] = &[
    exactly("999", Emergency),
    exactly("112", Emergency),
    exactly("118XXX", DirectoryAssistance),
    exactly("100", Operator),
    exactly("155", Operator),
    begins("1280", CarrierAccess),
];

/// ComReg, National Numbering Scheme: 112 and 999 emergency; 118XX directory enquiries; 10, 114 operator services; 13XXX
/// carrier selection.
const IRELAND: &[Service] = &[
    exactly("112", Emergency),
    exactly("999", Emergency),
    exactly("118XX", DirectoryAssistance),
    exactly("10", Operator),
    exactly("114", Operator),
    begins("13XXX", CarrierAccess),
];

/// Bundesnetzagentur, Nummernplan: 110 and 112 emergency; 118XX directory assistance; 010XY and 0100XX call-by-call
/// carrier selection. There is no operator code.
const GERMANY: &[Service] = &[
    exactly("110", Emergency),
    exactly("112", Emergency),
    exactly("118XX", DirectoryAssistance),
    exactly("118000", DirectoryAssistance),
    begins("010", CarrierAccess),
];

/// Arcep, plan de numérotation: 15, 17, 18, 112, 114 emergency; 118XYZ directory enquiries; 16XY carrier selection. Digits
/// 4 to 9 in front of nine digits select a carrier too.
const FRANCE: &[Service] = &[
    exactly("15", Emergency),
    exactly("17", Emergency),
    exactly("18", Emergency),
    exactly("112", Emergency),
    exactly("114", Emergency),
    exactly("118XXX", DirectoryAssistance),
    begins("16XX", CarrierAccess),
];

/// ACM, Nummerplan telefoon- en ISDN-diensten: 112 emergency; 18XX directory assistance; 16XX and 10XXX carrier selection.
const NETHERLANDS: &[Service] = &[
    exactly("112", Emergency),
    exactly("18XX", DirectoryAssistance),
    begins("16XX", CarrierAccess),
    begins("10XXX", CarrierAccess),
];

/// ACMA, Telecommunications Numbering Plan 2015: 000, 112, 106 emergency; 1223, 12455 and 1225 directory assistance; 1234
/// and 1194 information and operator services; 14XX override codes select a carrier.
const AUSTRALIA: &[Service] = &[
    exactly("000", Emergency),
    exactly("112", Emergency),
    exactly("106", Emergency),
    exactly("1223", DirectoryAssistance),
    exactly("12455", DirectoryAssistance),
    exactly("1225", DirectoryAssistance),
    exactly("1234", Operator),
    exactly("1194", Operator),
    begins("14XX", CarrierAccess),
];

/// The plan of a country; `None` for one that libphonenumber does not have.
pub(crate) fn plan(country: &str) -> Option<Plan> {
    let meta = DATABASE.by_id(country)?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let preferred = meta.preferred_international_prefix().map(str::to_owned);
    let only = meta.international_prefix().map(|regex| regex.as_str().to_owned());
    let international_prefix = preferred.into_iter().chain(only).find(|text| plain(text));
    Some(Plan {
        calling_code: meta.country_code().to_string(),
        trunk_prefix: meta.national_prefix().filter(|text| plain(text)).unwrap_or("").into(),
        // ITU-T E.164 recommends 00 where the plan does not say otherwise.
        international_prefix: international_prefix.unwrap_or_else(|| "00".into()),
        services: match country {
            "US" | "CA" => Some(NORTH_AMERICA),
            "GB" => Some(UNITED_KINGDOM),
            "IE" => Some(IRELAND),
            "DE" => Some(GERMANY),
            "FR" => Some(FRANCE),
            "NL" => Some(NETHERLANDS),
            "AU" => Some(AUSTRALIA),
            _ => None,
        },
    })
}
