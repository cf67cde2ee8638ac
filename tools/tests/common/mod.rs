//! What the tests share: a small office, and questions to it.

#![allow(dead_code, reason = "each test file uses a part")]

use strowger::base::Soft;
use strowger::policy::{Attempt, Image, Mode, Party, Verdict, decide};
use strowger_tools::{Compiled, Finding, Level, compile_str};

/// A small office: two devices, one trunk, access code 9, emergency 911 with and without it. It has no findings.
pub(crate) const OFFICE: &str = r#"[system]
country = "CA"
area_code = "613"
default_cesid = "6135550100"
realm = "quay.example"
[[cos]]
id = 1
name = "Staff"
[[cor_group]]
id = 1
name = "Open"
members = ""
[[cor_group]]
id = 2
name = "No long distance"
members = "2,5-7"
[[trunk]]
name = "harbour"
host = "192.0.2.1:5060"
cos = 1
cor = 9
interconnect = 4
[[digit_modification]]
id = 1
absorb = 1
[[route]]
id = 1
trunk = "harbour"
digit_modification = 1
cor_group = 1
[[route]]
id = 2
trunk = "harbour"
digit_modification = 1
cor_group = 2
[[route]]
id = 9
trunk = "harbour"
emergency = true
[[ars]]
leading = "9"
[[ars]]
leading = "9"
digits = "NXXXXXX"
use = { route = 1 }
[[ars]]
leading = "9"
digits = "1NXXNXXXXXX"
use = { route = 2 }
[[ars]]
digits = "911"
emergency = true
use = { route = 9 }
[[ars]]
digits = "9911"
outpulse = "911"
emergency = true
use = { route = 9 }
[[device]]
dn = "201"
name = "Bar"
password = "mast-and-anchor-7"
digest = ["sha-256", "md5"]
cos = 1
cor = 1
[[device]]
dn = "202"
username = "galley"
password = "kettle-on-the-hob"
digest = ["md5"]
cos = 1
cor = 2
"#;

/// Compiles, or panics with all findings.
pub(crate) fn compiled(text: &str) -> Compiled {
    compile_str(text, "office.toml").unwrap_or_else(|findings| panic!("{}", list(&findings)))
}

/// All findings of a text, whether it compiles or not.
pub(crate) fn findings(text: &str) -> Vec<Finding> {
    compile_str(text, "office.toml").map_or_else(|findings| findings, |compiled| compiled.findings)
}

/// Findings of this level and higher, one a line.
pub(crate) fn remarks(text: &str, least: Level) -> String {
    let chosen: Vec<Finding> = findings(text).into_iter().filter(|finding| finding.level >= least).collect();
    list(&chosen)
}

pub(crate) fn list(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

pub(crate) fn crypto() -> Soft {
    Soft::new(&[3; 32])
}

/// What happens when a device dials: the rule, the route's number and what is sent.
pub(crate) fn dial(compiled: &Compiled, from: &str, dialed: &str) -> (&'static str, Option<u16>, String) {
    dial_in(compiled, from, dialed, Mode::Day)
}

/// The same in a service mode.
pub(crate) fn dial_in(
    compiled: &Compiled,
    from: &str,
    dialed: &str,
    mode: Mode,
) -> (&'static str, Option<u16>, String) {
    asked(compiled, from, dialed, |attempt| Attempt { mode, ..attempt })
}

/// The same at a minute of the week, which begins on Monday.
pub(crate) fn dial_at(
    compiled: &Compiled,
    from: &str,
    dialed: &str,
    minute: u16,
) -> (&'static str, Option<u16>, String) {
    asked(compiled, from, dialed, |attempt| Attempt { minute: Some(minute), ..attempt })
}

fn asked(
    compiled: &Compiled,
    from: &str,
    dialed: &str,
    circumstances: impl Fn(Attempt<'_>) -> Attempt<'_>,
) -> (&'static str, Option<u16>, String) {
    let image = Image::load(&compiled.image, &mut crypto()).unwrap();
    let device = image.device_by_dn(from.as_bytes()).expect("the caller exists");
    let attempt = circumstances(Attempt::new(Party::Device(device), dialed.as_bytes()));
    let id = |route: Option<u16>| {
        route.and_then(|route| image.routes().get(usize::from(route))).map(|route| route.id)
    };
    match decide(&image, &attempt, |_| true, &mut ()) {
        Verdict::Allow(choice) => (choice.rule.name(), id(choice.route), choice.outpulsed.as_str().into()),
        Verdict::Deny(denial) | Verdict::NeedsCode(denial) => {
            (denial.rule.name(), id(denial.route), String::new())
        }
    }
}
