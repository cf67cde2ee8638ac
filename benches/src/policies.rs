//! Policies of any size, and questions to them.

use std::fmt::Write as _;
use strowger::base::Soft;
use strowger::policy::rows::CosRow;
use strowger::policy::{Attempt, Code, Image, Keyring, Party, Verdict, decide};

/// A policy with `rows` ARS rows (wildcards and exact prefixes mixed) and `rows` devices, at most 65,000 of these.
#[must_use]
pub fn toml(rows: usize) -> String {
    let mut text = String::from(
        r#"
[system]
name = "Measured"
country = "CA"
area_code = "613"
realm = "branch.test"
profile = "mivb"
[limits]
public_calls_per_minute = 60
public_calls_at_once = 20
[[number_class]]
name = "dear"
prefixes = ["1900", "011882"]
action = "deny"
[[max_digits]]
cor = 7
digits = 12
[[schedule]]
mode = "night1"
days = "mon-fri"
from = "18:00"
to = "08:00"
[[cos]]
id = 1
name = "Staff"
features = ["smdr-external", "smdr-internal"]
[[cor_group]]
id = 1
name = "Open"
members = ""
[[cor_group]]
id = 2
name = "No long distance"
members = "2,10-20,30"
[interconnect]
restricted = [{ from = 3, to = 4 }, { from = 4, to = 4 }]
[[trunk]]
name = "carrier"
kind = "sip"
host = "127.0.0.1:25099"
channels = 1000
cos = 1
cor = 30
interconnect = 4
[[digit_modification]]
id = 1
absorb = 1
[[route]]
id = 1
trunk = "carrier"
digit_modification = 1
cor_group = 1
[[route]]
id = 2
trunk = "carrier"
digit_modification = 1
cor_group = 2
[[route]]
id = 9
trunk = "carrier"
emergency = true
[[route_list]]
id = 1
choices = [ { route = 2 }, { route = 1 } ]
[[ars]]
digits = "911"
emergency = true
use = { route = 9 }
[[ars]]
leading = "9"
digits = "NXXXXXX"
use = { route = 1 }
[[ars]]
leading = "9"
digits = "1NXXNXXXXXX"
use = { list = 1 }
[[ars]]
leading = "9"
digits = "011"
follow = "unknown"
use = { route = 2 }
[[template]]
name = "phone"
digest = ["md5"]
cos = 1
cor = 1
"#,
    );
    for n in 0..rows {
        let _ = write!(
            text,
            "[[ars]]\nleading = \"9\"\ndigits = \"1{:06}\"\nfollow = 4\nuse = {{ list = 1 }}\n",
            200_000 + n * 7 % 800_000
        );
    }
    for n in 0..rows.clamp(2, 65_000) {
        let _ = write!(
            text,
            "[[device]]\ndn = \"{}\"\nkind = \"sip\"\ntemplate = \"phone\"\nha1_md5 = \"{n:032x}\"\n",
            200_000 + n
        );
    }
    text
}

/// Compiles it.
///
/// # Panics
/// If it does not compile.
#[must_use]
pub fn compile(rows: usize) -> strowger_tools::Compiled {
    strowger_tools::compile_str(&toml(rows), "measured.toml")
        .unwrap_or_else(|findings| panic!("{:?}", findings[0]))
}

/// The questions asked: a name and what is dialed.
pub const QUESTIONS: [(&str, &[u8]); 7] = [
    ("internal", b"200001"),
    ("local", b"95550123"),
    ("vacant", b"7"),
    ("national-row", b"912000070123"),
    ("national-wildcard", b"912125550123"),
    ("international", b"901144207946001"),
    ("emergency", b"911"),
];

/// Decides as a call does: classes, digits, Leading, row, list, COR, interconnect, channel.
#[inline(never)]
pub fn decide_measured(image: &Image<'_>, dialed: &[u8]) -> Verdict {
    let attempt = Attempt::new(Party::Device(0), dialed);
    decide(image, &attempt, |_| true, &mut ())
}

/// Loads an image.
///
/// # Panics
/// If it is not valid.
#[must_use]
pub fn load(bytes: &[u8]) -> Image<'_> {
    Image::load(bytes, &mut Soft::new(&[1; 32])).expect("a valid image")
}

/// A policy with a thousand verified account codes: the first is 1000000, and 1000001 is none.
///
/// # Panics
/// If it does not compile.
#[must_use]
pub fn with_codes() -> strowger_tools::Compiled {
    let mut text = toml(10).replace(
        "\"smdr-internal\"]",
        "\"smdr-internal\", \"verified-account-code\"]\naccount_code_length = 7",
    );
    for n in 0..1_000 {
        let code = 1_000_000 + n * 7_919 % 8_999_993;
        let _ = write!(
            text,
            "[[account_code]]\ncode = \"{code}\"\nkind = \"verified\"\nname = \"Matter {n}\"\ncos = 1\ncor = 1\n"
        );
    }
    strowger_tools::compile_str(&text, "measured.toml").unwrap_or_else(|findings| panic!("{:?}", findings[0]))
}

/// Checks a dialed account code as a call does: one hash, and the search.
#[inline(never)]
pub fn check_code_measured(
    image: &Image<'_>,
    keyring: &Keyring<'_>,
    class: &CosRow,
    code: &[u8],
    crypto: &mut Soft,
) -> Code {
    strowger::account::check(image, keyring, class, code, crypto)
}
