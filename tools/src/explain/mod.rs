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
//! let question = Question { mode: Some(Mode::Day), ..Question::of_device(&image, "31", "32").unwrap() };
//! assert_eq!(explain(&image, None, &question).rule, "number.vacant");
//! ```

mod acting;
mod advice;
mod question;
pub(crate) mod words;

pub use acting::acting;
pub use question::Question;

use question::Asked;
use serde::Serialize;
use strowger::policy::decide::{class_of, cor_of};
use strowger::policy::rows::{USE_LIST, USE_PLAN};
use strowger::policy::{
    Authority, Choice, ClassRef, Condition, Denial, Desk, Feature, Fetch, Hunt, Image, Intercept, Keyring,
    Mode, Party, RowRef, Rule, Trace, Verdict, decide, fetched, hunted, intercepted, seated,
};
use words::{caller, capitalised, party_name, row_text};

/// The answer. Fields stand in the order of the JSON object, which is an interface.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Explanation {
    /// `allow`, `deny`, `account-code` or `emergency`.
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
    /// The number class of what is sent over a public route: of the country's plan, or the policy's own.
    pub class: Option<String>,
    /// The row that matched: `ars 4 (line 311)`.
    pub row: Option<String>,
    /// From and To Interconnect Numbers, where they were compared.
    pub interconnect: Option<[u8; 2]>,
    /// Whose classes: `device:201`, `user:401`, `trunk:carrier`.
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
    /// The number that rings instead, if the call is denied and the caller's intercept treatment names one it may be joined with.
    pub intercept: Option<String>,
    #[serde(skip)]
    caller: String,
    #[serde(skip)]
    when: String,
    #[serde(skip)]
    watched: bool,
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

/// Asks the policy, with every channel free and nothing counted yet. The keyring is needed to tell what a code is worth.
#[must_use]
pub fn explain(image: &Image<'_>, keyring: Option<&Keyring<'_>>, question: &Question<'_>) -> Explanation {
    let asked = Asked::of(image, keyring, question);
    let mut trace = Skips { image, list: Vec::new() };
    let verdict = match asked.attempt() {
        Ok(attempt) => match question.acting {
            Some((feature @ (Feature::Pickup | Feature::Retrieve | Feature::Park), by)) => {
                let called = question.called;
                fetched(image, &Fetch { by, of: question.from, called, feature, mode: asked.mode })
            }
            Some((Feature::Hunt, Party::Device(group))) => {
                let member = image.device_by_dn(question.dialed.as_bytes()).unwrap_or(u32::MAX);
                let (from, mode) = (question.from, asked.mode);
                let cos = class_of(image, from, mode).map_or(0, |class| class.id);
                let authority =
                    Authority { party: from, cos, cor: cor_of(image, from, mode), mode, code: None };
                hunted(image, &Hunt { group, member: Party::Device(member), of: from, authority, mode })
            }
            Some((Feature::Desk, Party::Device(row))) => {
                let (user, at) = (image.user(row), image.device_by_dn(question.dialed.as_bytes()));
                let (user, at) = (user.unwrap_or(u16::MAX), at.unwrap_or(u32::MAX));
                let (from, mode) = (question.from, asked.mode);
                let cos = class_of(image, from, mode).map_or(0, |class| class.id);
                let authority =
                    Authority { party: from, cos, cor: cor_of(image, from, mode), mode, code: None };
                seated(image, &Desk { user, at, of: from, authority, mode })
            }
            Some((
                Feature::Transfer
                | Feature::Forward { .. }
                | Feature::Hold
                | Feature::Conference
                | Feature::Hunt
                | Feature::Desk,
                _,
            ))
            | None => decide(image, &attempt, |_| true, &mut trace),
        },
        Err(denial) => Verdict::Deny(denial),
    };
    let mut skipped = trace.list;
    let (rule, authority, row, route, class, interconnect) = match &verdict {
        Verdict::Allow(Choice { rule, authority, row, route, class, interconnect, .. })
        | Verdict::Deny(Denial { rule, authority, row, route, class, interconnect, .. })
        | Verdict::NeedsCode(Denial { rule, authority, row, route, class, interconnect, .. }) => {
            (*rule, *authority, *row, *route, *class, *interconnect)
        }
    };
    let route_row = route.and_then(|route| image.routes().get(usize::from(route)));
    let trunk = route_row.and_then(|route| image.trunks().get(usize::from(route.trunk)));
    let ars = match row {
        RowRef::Ars(row) => image.ars().get(row as usize),
        RowRef::Leading(_) | RowRef::None => None,
    };
    if let (1, Some(route)) = (skipped.len(), route_row)
        && matches!(verdict, Verdict::Deny(_))
        && skipped.iter().all(|one| one.route == route.id)
    {
        // A single route was not skipped: it is the one denied.
        skipped.clear();
    }
    let name = party_name(image, question.from);
    Explanation {
        verdict: match (&verdict, rule) {
            (Verdict::Allow(_), Rule::Emergency) => "emergency",
            (Verdict::Allow(_), _) => "allow",
            (Verdict::Deny(_), _) => "deny",
            (Verdict::NeedsCode(_), _) => "account-code",
        },
        rule: rule.name(),
        text: capitalised(rule.text()),
        dialed: question.dialed.into(),
        outpulsed: match &verdict {
            Verdict::Allow(choice) => Some(choice.outpulsed.as_str().into()),
            Verdict::Deny(_) | Verdict::NeedsCode(_) => None,
        },
        route: route_row.map(|route| route.id),
        trunk: trunk.map(|trunk| image.text(trunk.name).into()),
        class: class.map(|class| class_name(image, class)),
        row: row_text(image, row),
        interconnect: interconnect.map(|(from, to)| [from, to]),
        authority: match authority.party {
            Party::Device(row) if image.user(row).is_some() => {
                format!("user:{}", party_name(image, authority.party))
            }
            Party::Device(_) => format!("device:{}", party_name(image, authority.party)),
            Party::User { .. } => format!("user:{}", party_name(image, authority.party)),
            Party::Trunk(_) => format!("trunk:{}", party_name(image, authority.party)),
            Party::Conference => "conference".into(),
            Party::Unknown => "unknown".into(),
        },
        cos: authority.cos,
        cor: authority.cor,
        mode: asked.mode.name(),
        skipped,
        advice: match &verdict {
            Verdict::Allow(_) => None,
            Verdict::Deny(denial) | Verdict::NeedsCode(denial) => advice::advice(image, denial, asked.behalf),
        },
        intercept: match &verdict {
            Verdict::Deny(denial) if question.acting.is_none() => {
                intercept(image, question.from, denial.rule, asked.mode)
            }
            Verdict::Allow(_) | Verdict::Deny(_) | Verdict::NeedsCode(_) => None,
        },
        caller: match question.acting {
            None => format!("{} dials", caller(image, question.from)),
            Some((Feature::Transfer, by)) => {
                format!("{} transfers {name} to", caller(image, by))
            }
            Some((Feature::Forward { .. }, by)) => {
                format!("{} diverts a call of {name} to", caller(image, by))
            }
            Some((Feature::Pickup, by)) => {
                format!("{} takes a call of {name} that rings elsewhere,", caller(image, by))
            }
            Some((Feature::Hold, by)) => format!("{} holds {name},", caller(image, by)),
            Some((Feature::Conference, by)) => {
                format!("{} takes {name} into a conference,", caller(image, by))
            }
            Some((Feature::Park, by)) => format!("{} parks {name},", caller(image, by)),
            Some((Feature::Hunt, by)) => {
                format!(
                    "{} calls the hunt group {}, and to ring is its member",
                    caller(image, question.from),
                    party_name(image, by)
                )
            }
            Some((Feature::Desk, by)) => {
                format!(
                    "{} calls {}, and to ring is the phone",
                    caller(image, question.from),
                    caller(image, by)
                )
            }
            Some((Feature::Retrieve, by)) => {
                let how = if question.called {
                    ", whom another has called and parked,"
                } else {
                    " that is parked,"
                };
                format!("{} takes {name} back{how}", caller(image, by))
            }
        },
        when: ars.filter(|ars| ars.leads == USE_PLAN).map_or_else(String::new, |_| asked.when()),
        watched: matches!(&verdict, Verdict::Allow(choice) if choice.watched),
        leads_to: match (&verdict, ars) {
            (Verdict::Allow(Choice { to: Party::Device(device), .. }), _) => {
                let members = match (image.hunt_group(*device), image.user(*device)) {
                    (Some(_), _) => ", which asks for each of its members",
                    (None, Some(_)) => ", which asks for the phone where he is logged in",
                    (None, None) => "",
                };
                format!("{}{members}", caller(image, Party::Device(*device)))
            }
            (_, Some(ars)) => leads_to(image, ars.leads, ars.index),
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
        let words = [self.caller.as_str(), &self.dialed, "in mode", self.mode];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let mut lines = vec![format!("{}.", words.join(" "))];
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
        if !self.when.is_empty() {
            lines.push(format!("The route plan is asked for {}.", self.when));
        }
        if let Some(class) = &self.class {
            let watched = if self.watched { ", which is watched: an alarm is raised" } else { "" };
            lines.push(format!("What is sent is of number class {class}{watched}."));
        }
        for skipped in &self.skipped {
            let why =
                Rule::ALL.iter().find(|rule| rule.name() == skipped.rule).map_or("", |rule| rule.text());
            lines.push(format!("Route {} was passed over: {why} [{}].", skipped.route, skipped.rule));
        }
        let result = match (self.verdict, self.route, &self.trunk, &self.outpulsed) {
            ("deny", Some(route), ..) => format!("Denied at route {route}"),
            ("account-code", ..) => "Not without an account code".into(),
            ("deny", ..) => "Denied".into(),
            (verdict, Some(route), Some(trunk), Some(outpulsed)) => {
                let word = if verdict == "emergency" { "Allowed as an emergency call" } else { "Allowed" };
                format!("{word} over route {route}, trunk {trunk}, which is sent {outpulsed}")
            }
            _ if self.leads_to.is_empty() => "Allowed".into(),
            _ => format!("Allowed: it rings {}", self.leads_to),
        };
        lines.push(format!("{result}. {} [{}].", self.text, self.rule));
        if let Some(number) = &self.intercept {
            lines.push(format!("The caller is put through to {number} instead."));
        }
        if let Some(advice) = &self.advice {
            lines.push(format!("To change this: {advice}"));
        }
        lines.join("\n")
    }
}

/// The number that a refused caller is put through to.
fn intercept(image: &Image<'_>, of: Party, rule: Rule, mode: Mode) -> Option<String> {
    let condition = Condition::of(rule)?;
    let named = image.intercepts_to(of, condition)?;
    let to = Party::Device(named);
    match intercepted(image, &Intercept { of, condition, to, mode }) {
        Verdict::Allow(_) => Some(party_name(image, to)),
        Verdict::Deny(_) | Verdict::NeedsCode(_) => None,
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

/// The name of a class: of the country's plan, or the policy's own.
fn class_name(image: &Image<'_>, class: ClassRef) -> String {
    match class {
        ClassRef::Plan(class) => class.name().into(),
        ClassRef::Own(row) => image
            .own_classes()
            .get(usize::from(row))
            .map_or_else(String::new, |row| image.text(row.name).into()),
    }
}

fn leads_to(image: &Image<'_>, leads: u8, index: u16) -> String {
    let index = usize::from(index);
    match leads {
        USE_LIST => format!("route list {}", image.lists().get(index).map_or(0, |row| row.id)),
        USE_PLAN => format!("route plan {}", image.plans().get(index).map_or(0, |row| row.id)),
        _ => format!("route {}", image.routes().get(index).map_or(0, |row| row.id)),
    }
}
