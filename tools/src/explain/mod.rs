//! Who may call whom, and why: the engine's own decision, told to people and to programs.
//!
//! ```
//! use strowger::base::Soft;
//! use strowger::policy::{Image, Mode};
//! use strowger_tools::explain::{Question, explain};
//!
//! let policy = r#"
//!     [system]
//!     realm = "shop.example"
//!     [[cos]]
//!     id = 1
//!     [[device]]
//!     dn = "31"
//!     password = "quiet-lamp-over-sea"
//!     digest = ["sha-256"]
//!     cos = 1
//!     cor = 1
//! "#;
//! let compiled = strowger_tools::compile_str(policy, "shop.toml").unwrap();
//! let image = Image::load(&compiled.image, &mut Soft::new(&[0; 32])).unwrap();
//! let question = Question::of_device(&image, "31", "32", Mode::Day).unwrap();
//! assert_eq!(explain(&image, &question).rule, "number.vacant");
//! ```

mod advice;

use serde::Serialize;
use strowger::policy::decide::{RowRef, Trace};
use strowger::policy::rows::USE_LIST;
use strowger::policy::{Attempt, Choice, Denial, Image, Mode, Party, Rule, Verdict, decide};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// Who dials.
    pub from: Party,
    /// What is dialed.
    pub dialed: &'q str,
    /// The service mode.
    pub mode: Mode,
}

impl<'q> Question<'q> {
    /// A device asks; `None` if no device has this number.
    #[must_use]
    pub fn of_device(image: &Image<'_>, dn: &str, dialed: &'q str, mode: Mode) -> Option<Self> {
        let device = image.device_by_dn(dn.as_bytes())?;
        Some(Self { from: Party::Device(device), dialed, mode })
    }

    /// A call comes in over a trunk; `None` if no trunk has this name.
    #[must_use]
    pub fn of_trunk(image: &Image<'_>, name: &str, dialed: &'q str, mode: Mode) -> Option<Self> {
        let trunk = image.trunks().iter().position(|row| image.text(row.name) == name)?;
        Some(Self { from: Party::Trunk(u16::try_from(trunk).ok()?), dialed, mode })
    }
}

/// The answer. Fields stand in the order of the JSON object, which is an interface.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Explanation {
    /// `allow`, `deny` or `emergency`.
    pub verdict: &'static str,
    /// The rule's dotted name.
    pub rule: &'static str,
    /// One sentence.
    pub text: String,
    /// The caller's number, or the trunk's name.
    pub from: String,
    /// What was dialed.
    pub dialed: String,
    /// What is sent, if the call is allowed.
    pub outpulsed: Option<String>,
    /// The route's number.
    pub route: Option<u16>,
    /// The trunk's name.
    pub trunk: Option<String>,
    /// The number class; this version does not classify numbers.
    pub class: Option<String>,
    /// The row that matched: `ars 4 (line 311)`.
    pub row: Option<String>,
    /// From and To Interconnect Numbers, where they were compared.
    pub interconnect: Option<[u8; 2]>,
    /// Whose classes: `device:201`, `trunk:carrier`.
    pub authority: String,
    /// COS number in force, 0 none.
    pub cos: u8,
    /// COR number in force, 0 none.
    pub cor: u8,
    /// The service mode.
    pub mode: &'static str,
    /// Choices of the route list that were passed over.
    pub skipped: Vec<Skipped>,
    /// What would have to change for the call to be allowed.
    pub advice: Option<String>,
    #[serde(skip)]
    caller: String,
    #[serde(skip)]
    leads_to: String,
}

/// A choice that was passed over.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Skipped {
    /// The route's number.
    pub route: u16,
    /// Why.
    pub rule: &'static str,
}

/// Asks the policy, with every channel free.
#[must_use]
pub fn explain(image: &Image<'_>, question: &Question<'_>) -> Explanation {
    let attempt = Attempt { from: question.from, dialed: question.dialed.as_bytes(), mode: question.mode };
    let mut trace = Skips { image, list: Vec::new() };
    let verdict = decide(image, &attempt, |_| true, &mut trace);
    let mut skipped = trace.list;
    let (authority, row, route, interconnect) = match &verdict {
        Verdict::Allow(Choice { authority, row, route, interconnect, .. })
        | Verdict::Deny(Denial { authority, row, route, interconnect, .. }) => {
            (*authority, *row, *route, *interconnect)
        }
    };
    let route_row = route.and_then(|route| image.routes().get(usize::from(route)));
    let trunk = route_row.and_then(|route| image.trunks().get(usize::from(route.trunk)));
    let ars = match row {
        RowRef::Ars(row) => image.ars().get(row as usize),
        RowRef::Leading(_) | RowRef::None => None,
    };
    if ars.is_some_and(|ars| ars.leads != USE_LIST) && matches!(verdict, Verdict::Deny(_)) {
        // A single route was not skipped: it is the one denied.
        skipped.clear();
    }
    let rule = match &verdict {
        Verdict::Allow(choice) => choice.rule,
        Verdict::Deny(denial) => denial.rule,
    };
    let name = party_name(image, question.from);
    Explanation {
        verdict: match (&verdict, rule) {
            (Verdict::Allow(_), Rule::Emergency) => "emergency",
            (Verdict::Allow(_), _) => "allow",
            (Verdict::Deny(_), _) => "deny",
        },
        rule: rule.name(),
        text: capitalised(rule.text()),
        dialed: question.dialed.into(),
        outpulsed: match &verdict {
            Verdict::Allow(choice) => Some(choice.outpulsed.as_str().into()),
            Verdict::Deny(_) => None,
        },
        route: route_row.map(|route| route.id),
        trunk: trunk.map(|trunk| image.text(trunk.name).into()),
        class: None,
        row: row_text(image, row),
        interconnect: interconnect.map(|(from, to)| [from, to]),
        authority: match question.from {
            Party::Device(_) => format!("device:{name}"),
            Party::Trunk(_) => format!("trunk:{name}"),
            Party::Unknown => "unknown".into(),
        },
        cos: authority.cos,
        cor: authority.cor,
        mode: question.mode.name(),
        skipped,
        advice: match &verdict {
            Verdict::Allow(_) => None,
            Verdict::Deny(denial) => advice::advice(image, denial, &name),
        },
        caller: caller(image, question.from),
        leads_to: match (&verdict, ars) {
            (Verdict::Allow(Choice { to: Party::Device(device), .. }), _) => {
                caller(image, Party::Device(*device))
            }
            (_, Some(ars)) if ars.leads == USE_LIST => "a route list".into(),
            (_, Some(_)) => "one route".into(),
            (_, None) => String::new(),
        },
        from: name,
    }
}

impl Explanation {
    /// The JSON object, in one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of them always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Short sentences for an administrator.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut lines = vec![format!("{} dials {} in mode {}.", self.caller, self.dialed, self.mode)];
        let number = |number: u8| if number == 0 { "none".into() } else { number.to_string() };
        lines.push(format!(
            "In force: Class of Service {}, Class of Restriction {}.",
            number(self.cos),
            number(self.cor)
        ));
        if let Some(row) = &self.row {
            let leads_to = if self.leads_to.is_empty() {
                String::new()
            } else {
                format!(", which leads to {}", self.leads_to)
            };
            lines.push(format!("The digits match {row}{leads_to}."));
        }
        for skipped in &self.skipped {
            let why =
                Rule::ALL.iter().find(|rule| rule.name() == skipped.rule).map_or("", |rule| rule.text());
            lines.push(format!("Route {} was passed over: {why} [{}].", skipped.route, skipped.rule));
        }
        let result = match (self.verdict, self.route, &self.trunk, &self.outpulsed) {
            ("deny", Some(route), ..) => format!("Denied at route {route}"),
            ("deny", ..) => "Denied".into(),
            (verdict, Some(route), Some(trunk), Some(outpulsed)) => {
                let word = if verdict == "emergency" { "Allowed as an emergency call" } else { "Allowed" };
                format!("{word} over route {route}, trunk {trunk}, which is sent {outpulsed}")
            }
            _ if self.leads_to.is_empty() => "Allowed".into(),
            _ => format!("Allowed: it rings {}", self.leads_to),
        };
        lines.push(format!("{result}. {} [{}].", self.text, self.rule));
        if let Some(advice) = &self.advice {
            lines.push(format!("To change this: {advice}"));
        }
        lines.join("\n")
    }
}

struct Skips<'i> {
    image: &'i Image<'i>,
    list: Vec<Skipped>,
}

impl Trace for Skips<'_> {
    fn skipped(&mut self, route: u16, rule: Rule) {
        if let Some(row) = self.image.routes().get(usize::from(route)) {
            self.list.push(Skipped { route: row.id, rule: rule.name() });
        }
    }
}

/// A device's number or a trunk's name.
fn party_name(image: &Image<'_>, party: Party) -> String {
    match party {
        Party::Device(device) => image
            .device_texts()
            .get(device as usize)
            .map_or_else(String::new, |row| image.text(row.dn).into()),
        Party::Trunk(trunk) => {
            image.trunks().get(usize::from(trunk)).map_or_else(String::new, |row| image.text(row.name).into())
        }
        Party::Unknown => String::new(),
    }
}

/// How a party is called in a sentence.
fn caller(image: &Image<'_>, party: Party) -> String {
    let name = party_name(image, party);
    match party {
        Party::Device(device) => {
            let row = image.device_texts().get(device as usize).unwrap_or_default();
            let person = image.text(row.name);
            if person.is_empty() { format!("Device {name}") } else { format!("Device {name} ({person})") }
        }
        Party::Trunk(_) => format!("A call from trunk {name}"),
        Party::Unknown => "Somebody unknown".into(),
    }
}

fn row_text(image: &Image<'_>, row: RowRef) -> Option<String> {
    let (ordinal, line) = match row {
        RowRef::None => return None,
        RowRef::Leading(row) => image.leadings().get(row as usize).map(|row| (row.ordinal, row.line))?,
        RowRef::Ars(row) => image.ars().get(row as usize).map(|row| (row.ordinal, row.line))?,
    };
    Some(format!("ars {ordinal} (line {line})"))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
