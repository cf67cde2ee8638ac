//! A second opinion on decisions: every row is looked at, nothing is prepared, nothing is clever.
//!
//! Written from the description of the policy language alone, so that the engine and this can only be wrong in the
//! same way by both misreading the same sentence. [`BREAKAGES`] makes it wrong on purpose, one rule at a time: a
//! comparison that does not notice that would not notice a faulty engine either.

mod classes;
mod when;

pub use when::When;

use crate::model::{
    Action, ArsRow, Device, EmergencyRow, Follow, LeadingRow, Mode, Model, PerMode, Profile, Route, Trunk,
    Use,
};

/// Digits that can be dialed or outpulsed.
pub const LONGEST: usize = 47;

/// Names of the rules that an answer can rest on in this version.
pub const RULES_IN_FORCE: &[&str] = &[
    "internal",
    "route",
    "emergency",
    "cos.none",
    "cor.none",
    "cor.leading",
    "cor.route",
    "cor.unlabelled",
    "interconnect",
    "public-to-public",
    "call.self",
    "number.vacant",
    "number.incomplete",
    "number.invalid",
    "digit-modification",
    "route.emergency-only",
    "trunk.busy",
    "account-code.forced-verified",
    "account-code.forced",
    "account-code.wrong",
    "account-code.locked",
    "max-digits",
    "route-plan.closed",
    "class.denied",
    "limit.rate",
    "limit.calls",
    "lockout",
];

/// Ways in which [`decide`] can be made wrong, each in exactly one rule.
pub const BREAKAGES: &[&str] = &[
    // No emergency for who has no Class of Service.
    "emergency",
    // The longest emergency string that begins the digits instead of the shortest.
    "emergency.shortest",
    // A zone's own emergency routes are ignored.
    "emergency.zone",
    // A busy emergency route is used although another one is free.
    "emergency.free",
    // Everything that was dialed is sent.
    "emergency.outpulse",
    "cos.none",
    "cor.none",
    "cor.leading",
    // The least specific of several Leading rows of the same length counts.
    "cor.leading.specificity",
    // The denial of a Leading row cuts off somebody who is dialing an emergency number.
    "cor.leading.deferral",
    "cor.route",
    "cor.unlabelled",
    // An empty group is taken for none.
    "cor.unlabelled.empty",
    // From and To exchanged, for trunks.
    "interconnect",
    // From and To exchanged, for devices.
    "interconnect.internal",
    // One trunk's consent is enough.
    "public-to-public",
    "call.self",
    "number.vacant",
    "number.incomplete",
    "number.invalid",
    // Too few digits to absorb, or too many to send, are let through.
    "digit-modification",
    "route.emergency-only",
    // A busy choice counts as a denial.
    "trunk.busy",
    // The mode is ignored: it is always day.
    "mode",
    // The last choice that fits instead of the first.
    "list.order",
    // A denied choice ends the search.
    "list.skip",
    // The last reason instead of the first.
    "list.reason",
    // The first row in the file wins.
    "ars.specificity",
    // The row with the longest pattern wins, wildcards or not.
    "ars.length",
    // One digit of `follow` may be missing.
    "ars.follow",
    // N takes 1.
    "wildcard.n",
    // X takes *.
    "wildcard.x",
    // Nothing is absorbed.
    "outpulse",
    "lockout",
    // Somebody locked out cannot even call for help.
    "lockout.emergency",
    // A verified code gives its COS, but not its COR.
    "code.cor",
    // A verified code lifts what a number class denies the station.
    "code.class",
    // A code is taken whatever its length.
    "code.length",
    // A code that nobody may use is let through.
    "code.wrong",
    "code.locked",
    // The station's forced verified code is not asked for.
    "code.forced-verified",
    // No code is asked for on any route.
    "code.forced",
    // Every route asks for a code.
    "code.exempt",
    // A code is asked for although the limits deny the call.
    "code.limits",
    "max-digits",
    // Emergency calls count too.
    "max-digits.emergency",
    "schedule",
    // Holidays are days like others.
    "holiday",
    // What lies after midnight belongs to the next day.
    "midnight",
    // The first zone of a plan always counts.
    "route-plan",
    "class.denied",
    // No own class counts.
    "class.own",
    // The shortest prefix counts.
    "class.longest",
    // Own classes count for every COR.
    "class.cor",
    // Strict denies no class.
    "class.strict",
    // [class_defaults] is not read.
    "class.defaults",
    // Private trunks have number classes too.
    "class.private",
    "limit.rate",
    "limit.calls",
    // Calls over private trunks count too.
    "limit.private",
    // A number with + is dialed as it is.
    "plus",
];

/// Who calls or is called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Party {
    /// The device with this directory number.
    Device(String),
    /// The trunk of this name.
    Trunk(String),
}

/// One question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// Who calls.
    pub from: Party,
    /// What was dialed.
    pub dialed: String,
    /// Service mode, if the operator has set one.
    pub mode: Option<Mode>,
    /// Local time.
    pub when: When,
    /// The account code, as typed.
    pub code: Option<String>,
    /// Too many wrong codes: none is taken.
    pub code_locked: bool,
    /// Too many failed log-ins.
    pub locked_out: bool,
    /// Public calls that the caller has now, and has begun in the last minute.
    pub calls: (u16, u16),
}

impl Attempt {
    /// A quiet question: by day, on a Monday noon, without code and other calls.
    #[must_use]
    pub const fn new(from: Party, dialed: String) -> Self {
        Self {
            from,
            dialed,
            mode: Some(Mode::Day),
            when: When { day: 7, minute: 720 },
            code: None,
            code_locked: false,
            locked_out: false,
            calls: (0, 0),
        }
    }
}

/// Kind of an answer.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// The call may be made.
    Allow,
    /// It may not, or cannot.
    Deny,
    /// It is an emergency call.
    Emergency,
    /// Not without an account code.
    AccountCode,
}

/// The answer to an [`Attempt`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Its kind.
    pub verdict: Verdict,
    /// The rule that it rests on.
    pub rule: &'static str,
    /// Who is reached.
    pub to: Option<Party>,
    /// What is sent there.
    pub outpulsed: Option<String>,
    /// The route that is used, or the one that was denied.
    pub route: Option<u16>,
    /// Whether the caller hears the warning tone.
    pub warning: bool,
    /// The number class of a public route that is used, or that was denied for it.
    pub class: Option<String>,
    /// Whether that class is watched.
    pub watched: bool,
}

impl Answer {
    const fn deny(rule: &'static str) -> Self {
        let verdict = Verdict::Deny;
        Self {
            verdict,
            rule,
            to: None,
            outpulsed: None,
            route: None,
            warning: false,
            class: None,
            watched: false,
        }
    }
}

/// Decides. `free` tells whether a trunk has a channel left, `broken` names one of [`BREAKAGES`].
///
/// # Panics
/// If the model refers to something that it does not have: this is no validator.
pub fn decide(model: &Model, attempt: &Attempt, free: &dyn Fn(&str) -> bool, broken: Option<&str>) -> Answer {
    let oracle = Oracle { model, free, broken: broken.unwrap_or_default() };
    oracle.decide(attempt)
}

/// What the checks need of the caller.
struct Caller<'a> {
    device: Option<&'a Device>,
    trunk: Option<&'a Trunk>,
    cos: u8,
    cor: u8,
    interconnect: u8,
    zone: Option<&'a str>,
    mode: Mode,
    /// The COR of the party itself, whatever code it gave.
    own_cor: u8,
    /// An account code was given.
    code: bool,
    when: When,
    calls: (u16, u16),
}

struct Oracle<'a> {
    model: &'a Model,
    free: &'a dyn Fn(&str) -> bool,
    broken: &'a str,
}

impl<'a> Oracle<'a> {
    fn decide(&self, attempt: &Attempt) -> Answer {
        let mut caller = self.caller(attempt);
        let rewritten = self.rewritten(&attempt.dialed);
        let number = rewritten.as_deref().unwrap_or(&attempt.dialed);
        let dialed: Vec<char> = number.chars().collect();

        let kept_from_help = self.broken == "emergency" && caller.cos == 0
            || self.broken == "lockout.emergency" && attempt.locked_out
            || self.broken == "max-digits.emergency" && self.too_many_digits(&caller, number.len());
        if !kept_from_help
            && rewritten.is_none()
            && let Some(row) = self.emergency_row(&attempt.dialed)
        {
            return self.emergency(&caller, row, &attempt.dialed);
        }
        if attempt.locked_out && self.broken != "lockout" {
            return Answer::deny("lockout");
        }
        if let Some(answer) = self.code(&mut caller, attempt) {
            return answer;
        }
        if caller.cos == 0 && self.broken != "cos.none" {
            return Answer::deny("cos.none");
        }
        if caller.cor == 0 && self.broken != "cor.none" {
            return Answer::deny("cor.none");
        }
        if self.too_many_digits(&caller, number.len()) && self.broken != "max-digits" {
            return Answer::deny("max-digits");
        }
        if let Some(rest) = number.strip_prefix('+')
            && !rest.is_empty()
            && rest.chars().all(|c| c.is_ascii_digit())
        {
            return Answer::deny("number.vacant");
        }
        // From left to right: what comes first, a character that cannot be dialed or a digit too many?
        let digits = dialed.iter().take_while(|&&c| telephone(c)).count();
        if digits > LONGEST {
            return Answer::deny("number.vacant");
        }
        if digits < dialed.len() {
            return Answer::deny(if self.broken == "number.invalid" {
                "number.vacant"
            } else {
                "number.invalid"
            });
        }
        if let Some(device) = self.model.devices.iter().find(|d| d.dn == number) {
            return self.internal(&caller, device);
        }
        let row = self.ars_row(&dialed);
        if self.leading_denies(&caller, &dialed) && self.broken != "cor.leading" {
            let may_become_emergency = self.model.emergency.iter().any(|e| e.string().starts_with(number));
            if row.is_some() || !may_become_emergency || self.broken == "cor.leading.deferral" {
                return Answer::deny("cor.leading");
            }
        }
        match row {
            Some(row) => self.routes(&caller, row, &dialed),
            None if self.begins_something(&dialed) != (self.broken == "number.incomplete") => {
                Answer::deny("number.incomplete")
            }
            None if self.broken == "number.vacant" => Answer::deny("number.invalid"),
            None => Answer::deny("number.vacant"),
        }
    }

    fn too_many_digits(&self, caller: &Caller<'_>, digits: usize) -> bool {
        self.model.max_digits.iter().any(|(cor, most)| *cor == caller.cor && digits > usize::from(*most))
    }

    /// `+N…` as Canada dials it from here.
    fn rewritten(&self, dialed: &str) -> Option<String> {
        let number = dialed.strip_prefix('+')?;
        let access = self.model.plus_access.filter(|_| self.broken != "plus")?;
        if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let Some(national) = number.strip_prefix('1') else {
            let whole = format!("{access}011{number}");
            return (whole.len() <= LONGEST).then_some(whole);
        };
        let good = national.len() == 10 && !national.starts_with(['0', '1']);
        good.then(|| format!("{access}1{national}"))
    }

    /// Puts an account code in force; an answer if the call ends here.
    fn code(&self, caller: &mut Caller<'_>, attempt: &Attempt) -> Option<Answer> {
        let has = |feature: &str| {
            let class = self.model.cos.iter().find(|class| class.id == caller.cos);
            class.is_some_and(|class| class.features.contains(&feature))
        };
        let forced_verified = has("forced-verified-account-code");
        let verified = has("verified-account-code") || forced_verified;
        let other = has("non-verified-account-code") || has("forced-non-verified-account-code");
        let mut satisfied = false;
        // Only devices give codes: nobody at a trunk's far end can be asked for one.
        if let Some(typed) = attempt.code.as_ref().filter(|_| caller.device.is_some()) {
            if attempt.code_locked && self.broken != "code.locked" {
                return Some(Answer::deny("account-code.locked"));
            }
            let length = self
                .model
                .code_lengths
                .iter()
                .find(|(cos, _)| *cos == caller.cos)
                .map(|(_, n)| usize::from(*n));
            let fits = self.broken == "code.length"
                || match length {
                    Some(n) => typed.len() == n,
                    None => (2..=12).contains(&typed.len()),
                };
            let row = self.model.codes.iter().find(|row| row.code == *typed);
            match row.and_then(|row| row.verified).filter(|_| verified && fits) {
                Some((cos, cor)) => {
                    caller.cos = cos;
                    if self.broken != "code.cor" {
                        caller.cor = cor;
                    }
                    satisfied = true;
                }
                None if other && fits => {}
                None if self.broken == "code.wrong" => {}
                None => return Some(Answer::deny("account-code.wrong")),
            }
            caller.code = true;
        }
        let asked = forced_verified && !satisfied && self.broken != "code.forced-verified";
        asked.then(|| self.asks(caller, Answer::deny("account-code.forced-verified")))
    }

    /// A code is asked for, of a device; a trunk is denied.
    fn asks(&self, caller: &Caller<'_>, denial: Answer) -> Answer {
        let verdict = if caller.device.is_some() { Verdict::AccountCode } else { Verdict::Deny };
        Answer { verdict, ..denial }
    }

    fn caller(&self, attempt: &Attempt) -> Caller<'a> {
        let scheduled = || when::mode(self.model, attempt.when, self.broken);
        let mode = if self.broken == "mode" { Mode::Day } else { attempt.mode.unwrap_or_else(scheduled) };
        match &attempt.from {
            Party::Device(dn) => {
                let device = self.model.devices.iter().find(|d| d.dn == *dn).expect("the caller exists");
                Caller {
                    device: Some(device),
                    trunk: None,
                    cos: device.cos.of(mode),
                    cor: device.cor.of(mode),
                    interconnect: device.interconnect,
                    zone: device.zone.as_deref(),
                    mode,
                    own_cor: device.cor.of(mode),
                    code: false,
                    when: attempt.when,
                    calls: attempt.calls,
                }
            }
            Party::Trunk(name) => {
                let trunk = self.trunk(name);
                Caller {
                    device: None,
                    trunk: Some(trunk),
                    cos: trunk.cos.of(mode),
                    cor: trunk.cor.of(mode),
                    interconnect: trunk.interconnect,
                    zone: trunk.zone.as_deref(),
                    mode,
                    own_cor: trunk.cor.of(mode),
                    code: false,
                    when: attempt.when,
                    calls: attempt.calls,
                }
            }
        }
    }

    // Emergency

    fn emergency_row(&self, dialed: &str) -> Option<&'a EmergencyRow> {
        let complete = self.model.emergency.iter().filter(|row| dialed.starts_with(&row.string()));
        if self.broken == "emergency.shortest" {
            complete.max_by_key(|row| row.string().len())
        } else {
            complete.min_by_key(|row| row.string().len())
        }
    }

    fn emergency(&self, caller: &Caller<'_>, row: &EmergencyRow, dialed: &str) -> Answer {
        let mut to = row.to;
        for zone in &self.model.zones {
            if caller.zone == Some(zone.name.as_str()) && self.broken != "emergency.zone" {
                to = zone.emergency.unwrap_or(to);
            }
        }
        let choices = self.choices(to);
        let busy = |route: &Route| !(self.free)(&route.trunk);
        let (route, _) = match choices.iter().find(|(route, _)| !busy(route)) {
            Some(choice) if self.broken != "emergency.free" => *choice,
            _ => choices[0],
        };
        let mut outpulsed = row.outpulse.clone().unwrap_or_else(|| row.digits.clone());
        if self.broken == "emergency.outpulse" {
            outpulsed = dialed.to_owned();
        }
        Answer {
            verdict: Verdict::Emergency,
            rule: "emergency",
            to: Some(Party::Trunk(route.trunk.clone())),
            outpulsed: Some(outpulsed),
            route: Some(route.id),
            warning: false,
            class: None,
            watched: false,
        }
    }

    // Inside

    fn internal(&self, caller: &Caller<'_>, called: &Device) -> Answer {
        if caller.device == Some(called) && self.broken != "call.self" {
            return Answer::deny("call.self");
        }
        let (mut from, mut to) = (caller.interconnect, called.interconnect);
        if self.broken == "interconnect.internal" {
            (from, to) = (to, from);
        }
        if self.restricted(from, to) {
            return Answer::deny("interconnect");
        }
        Answer {
            verdict: Verdict::Allow,
            rule: "internal",
            to: Some(Party::Device(called.dn.clone())),
            outpulsed: Some(called.dn.clone()),
            route: None,
            warning: false,
            class: None,
            watched: false,
        }
    }

    fn restricted(&self, from: u8, to: u8) -> bool {
        self.model.restricted.contains(&(from, to))
    }

    // Which row

    /// Whether a Leading row, as soon as it is complete, blocks this caller.
    fn leading_denies(&self, caller: &Caller<'_>, dialed: &[char]) -> bool {
        (1..=dialed.len()).any(|n| {
            let begun = &dialed[..n];
            let mut most: Option<&LeadingRow> = None;
            for row in &self.model.leading {
                if !self.matches(&chars(&row.leading), begun) {
                    continue;
                }
                let better = most.is_none_or(|most| {
                    let specific = more_specific(&chars(&row.leading), &chars(&most.leading));
                    specific != (self.broken == "cor.leading.specificity")
                });
                if better {
                    most = Some(row);
                }
            }
            most.is_some_and(|row| row.cor_group != 0 && self.blocks(row.cor_group, caller.cor))
        })
    }

    fn blocks(&self, group: u8, cor: u8) -> bool {
        self.model.cor_groups.iter().find(|g| g.id == group).expect("the group exists").members.contains(&cor)
    }

    fn ars_row(&self, dialed: &[char]) -> Option<&'a ArsRow> {
        let mut best: Option<(&ArsRow, Vec<char>)> = None;
        for row in &self.model.ars {
            let Some(pattern) = self.stretched(row, dialed.len()) else { continue };
            if !self.matches(&pattern, dialed) {
                continue;
            }
            let better = match &best {
                None => true,
                Some(_) if self.broken == "ars.specificity" => false,
                Some((other, _)) if self.broken == "ars.length" => {
                    row.pattern().len() > other.pattern().len()
                }
                Some((_, other)) => more_specific(&pattern, other),
            };
            if better {
                best = Some((row, pattern));
            }
        }
        best.map(|(row, _)| row)
    }

    /// The row's pattern with `.` for each digit that follows, if the row can have this length.
    fn stretched(&self, row: &ArsRow, length: usize) -> Option<Vec<char>> {
        let mut pattern = chars(&row.pattern());
        let follow = length.checked_sub(pattern.len())?;
        let fits = match row.follow {
            Follow::Exactly(n) => {
                follow == usize::from(n) || self.broken == "ars.follow" && follow + 1 == usize::from(n)
            }
            Follow::Unknown => true,
        };
        pattern.extend(vec!['.'; follow]);
        fits.then_some(pattern)
    }

    /// Whether more digits could make a number of these.
    fn begins_something(&self, dialed: &[char]) -> bool {
        let mut all: Vec<Vec<char>> = Vec::new();
        all.extend(self.model.devices.iter().map(|d| chars(&d.dn)));
        all.extend(self.model.emergency.iter().map(|e| chars(&e.string())));
        all.extend(self.model.leading.iter().map(|l| chars(&l.leading)));
        for row in &self.model.ars {
            let mut pattern = chars(&row.pattern());
            if let Follow::Exactly(n) = row.follow {
                pattern.extend(vec!['.'; n.into()]);
            }
            all.push(pattern);
        }
        all.iter().any(|whole| whole.len() > dialed.len() && self.matches(&whole[..dialed.len()], dialed))
    }

    fn matches(&self, pattern: &[char], digits: &[char]) -> bool {
        match (pattern, digits) {
            ([], []) => true,
            ([wanted, pattern @ ..], [digit, digits @ ..]) => {
                let fits = match wanted {
                    'N' => ('2'..='9').contains(digit) || self.broken == "wildcard.n" && *digit == '1',
                    'X' => digit.is_ascii_digit() || self.broken == "wildcard.x" && *digit == '*',
                    'Y' | '.' => telephone(*digit),
                    exact => exact == digit,
                };
                fits && self.matches(pattern, digits)
            }
            _ => false,
        }
    }

    // Which route

    fn choices(&self, to: Use) -> Vec<(&'a Route, bool)> {
        let route = |id| self.model.routes.iter().find(|r| r.id == id).expect("the route exists");
        match to {
            Use::Route(id) => vec![(route(id), false)],
            Use::Plan(_) => Vec::new(),
            Use::List(id) => {
                let list = self.model.route_lists.iter().find(|l| l.id == id).expect("the route list exists");
                list.choices.iter().map(|choice| (route(choice.route), choice.warning_tone)).collect()
            }
        }
    }

    fn routes(&self, caller: &Caller<'_>, row: &ArsRow, dialed: &[char]) -> Answer {
        let to = match row.to {
            Use::Plan(id) => {
                let plan = self.model.plans.iter().find(|plan| plan.id == id).expect("the plan exists");
                match when::zone(plan, caller.when, self.broken) {
                    Some(to) => to,
                    None => return Answer::deny("route-plan.closed"),
                }
            }
            to => to,
        };
        let mut choices = self.choices(to);
        let exempt = choices.first().is_some_and(|(route, _)| self.model.without_code.contains(&route.id));
        let forced = self.features(caller.cos, "forced-non-verified-account-code") && !caller.code;
        let asks = forced && (!exempt || self.broken == "code.exempt") && self.broken != "code.forced";
        if self.broken == "list.order" {
            choices.reverse();
        }
        let mut denials: Vec<(&'static str, u16, Option<String>)> = Vec::new();
        let mut busy = false;
        for (route, warning) in choices {
            let mut class = None;
            match self.choice(caller, route, dialed, &mut class) {
                Ok((outpulsed, watched)) => {
                    let public = self.trunk(&route.trunk).public || self.broken == "limit.private";
                    let limit = if public { self.exceeded(caller) } else { None };
                    let limit = limit.filter(|_| !(self.broken == "code.limits" && asks));
                    if let Some(rule) = limit {
                        return Answer { route: Some(route.id), class, ..Answer::deny(rule) };
                    }
                    if asks {
                        let answer = Answer::deny("account-code.forced");
                        return self.asks(caller, Answer { route: Some(route.id), class, ..answer });
                    }
                    return Answer {
                        verdict: Verdict::Allow,
                        rule: "route",
                        to: Some(Party::Trunk(route.trunk.clone())),
                        outpulsed: Some(outpulsed),
                        route: Some(route.id),
                        warning,
                        class,
                        watched,
                    };
                }
                Err("trunk.busy") if self.broken != "trunk.busy" => busy = true,
                Err(rule) => denials.push((rule, route.id, class.filter(|_| rule == "class.denied"))),
            }
            if self.broken == "list.skip" && !denials.is_empty() {
                break;
            }
        }
        let reason = if self.broken == "list.reason" { denials.last() } else { denials.first() };
        match reason {
            Some((rule, route, class)) if !busy => {
                Answer { route: Some(*route), class: class.clone(), ..Answer::deny(rule) }
            }
            _ => Answer::deny("trunk.busy"),
        }
    }

    /// The limit that one more public call would break.
    fn exceeded(&self, caller: &Caller<'_>) -> Option<&'static str> {
        let strict = self.model.profile == Profile::Strict;
        let (rate, calls) = self.model.limits.or_else(|| strict.then_some((6, 2)))?;
        let (now, begun) = caller.calls;
        if now >= calls && self.broken != "limit.calls" {
            Some("limit.calls")
        } else if begun >= rate && self.broken != "limit.rate" {
            Some("limit.rate")
        } else {
            None
        }
    }

    /// What this choice sends and whether its class is watched, or the rule that it breaks.
    fn choice(
        &self,
        caller: &Caller<'_>,
        route: &Route,
        dialed: &[char],
        class: &mut Option<String>,
    ) -> Result<(String, bool), &'static str> {
        let trunk = self.trunk(&route.trunk);
        if route.emergency && self.broken != "route.emergency-only" {
            return Err("route.emergency-only");
        }
        let labelled = route.cor_group.is_some_and(|group| {
            let empty = self.model.cor_groups.iter().any(|g| g.id == group && g.members.is_empty());
            !(empty && self.broken == "cor.unlabelled.empty")
        });
        let strict = self.model.profile == Profile::Strict && self.broken != "cor.unlabelled";
        if strict && trunk.public && !labelled {
            return Err("cor.unlabelled");
        }
        if route.cor_group.is_some_and(|group| self.blocks(group, caller.cor)) && self.broken != "cor.route" {
            return Err("cor.route");
        }
        let outpulsed = self.outpulsed(route, dialed)?;
        let mut watched = false;
        if trunk.public || self.broken == "class.private" {
            let (name, action) = classes::judged(self.model, &outpulsed, caller.cor, self.broken);
            let (own_name, own) = classes::judged(self.model, &outpulsed, caller.own_cor, self.broken);
            *class = Some(name);
            watched = action == Action::Watch;
            if own == Action::Deny && caller.own_cor != caller.cor && self.broken != "code.class" {
                // No code lifts what is denied to the station itself (R52).
                *class = Some(own_name);
                return Err("class.denied");
            }
            if action == Action::Deny && self.broken != "class.denied" {
                return Err("class.denied");
            }
        }
        let (mut from, mut to) = (caller.interconnect, trunk.interconnect);
        if self.broken == "interconnect" {
            (from, to) = (to, from);
        }
        if self.restricted(from, to) {
            return Err("interconnect");
        }
        if let Some(inbound) = caller.trunk
            && inbound.public
            && trunk.public
        {
            let (one, other) = (self.joins(inbound.cos, caller.mode), self.joins(trunk.cos, caller.mode));
            let joined = if self.broken == "public-to-public" { one || other } else { one && other };
            if !joined {
                return Err("public-to-public");
            }
        }
        if (self.free)(&trunk.name) { Ok((outpulsed, watched)) } else { Err("trunk.busy") }
    }

    fn joins(&self, cos: PerMode, mode: Mode) -> bool {
        self.features(cos.of(mode), "public-to-public")
    }

    fn features(&self, cos: u8, feature: &str) -> bool {
        self.model.cos.iter().any(|class| class.id == cos && class.features.contains(&feature))
    }

    fn outpulsed(&self, route: &Route, dialed: &[char]) -> Result<String, &'static str> {
        let Some(id) = route.modification else { return Ok(dialed.iter().collect()) };
        let modification =
            self.model.modifications.iter().find(|m| m.id == id).expect("the modification exists");
        let absorb = if self.broken == "outpulse" { 0 } else { usize::from(modification.absorb) };
        let (kept, short) = match dialed.get(absorb..) {
            Some(kept) => (kept, false),
            None => (&[][..], true),
        };
        let mut outpulsed = modification.insert.clone();
        outpulsed.extend(kept);
        let unusable = short || outpulsed.is_empty() || outpulsed.len() > LONGEST;
        if unusable && self.broken != "digit-modification" {
            return Err("digit-modification");
        }
        Ok(outpulsed)
    }

    fn trunk(&self, name: &str) -> &'a Trunk {
        self.model.trunks.iter().find(|t| t.name == name).expect("the trunk exists")
    }
}

const fn telephone(c: char) -> bool {
    matches!(c, '0'..='9' | '*' | '#')
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// Of two patterns of the same length: the leftmost difference decides, an exact digit beats N beats X beats Y beats
/// a digit that only follows.
fn more_specific(one: &[char], other: &[char]) -> bool {
    let rank = |c: char| match c {
        'N' => 1,
        'X' => 2,
        'Y' => 3,
        '.' => 4,
        _ => 0,
    };
    one.iter().zip(other).map(|(&a, &b)| (rank(a), rank(b))).find(|(a, b)| a != b).is_some_and(|(a, b)| a < b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Choice, Cos, RouteList};

    fn device(dn: &str, interconnect: u8) -> Device {
        Device {
            dn: dn.into(),
            cos: PerMode { day: 1, night1: 0, night2: 1 },
            cor: PerMode { day: 2, night1: 2, night2: 0 },
            interconnect,
            zone: None,
            username: dn.into(),
            password: "not of interest here".into(),
        }
    }

    fn ars(leading: &str, digits: &str, follow: Follow, to: Use) -> ArsRow {
        ArsRow { leading: leading.into(), digits: digits.into(), follow, to }
    }

    fn model() -> Model {
        let route = |id, cor_group, emergency| Route {
            id,
            trunk: "t".into(),
            modification: None,
            cor_group,
            emergency,
        };
        Model {
            cos: vec![Cos { id: 1, features: vec![] }],
            cor_groups: vec![crate::model::CorGroup { id: 1, members: vec![2] }],
            restricted: vec![(1, 2)],
            devices: vec![device("201", 1), device("202", 2)],
            trunks: vec![Trunk {
                name: "t".into(),
                public: false,
                channels: 1,
                cos: PerMode::all(1),
                cor: PerMode::all(1),
                interconnect: 3,
                zone: None,
            }],
            routes: vec![route(1, None, false), route(2, Some(1), false), route(3, None, true)],
            route_lists: vec![RouteList {
                id: 1,
                choices: [2, 1].map(|route| Choice { route, warning_tone: route == 1 }).into(),
            }],
            ars: vec![
                ars("77", "XX", Follow::Exactly(0), Use::Route(2)),
                ars("77", "65", Follow::Exactly(0), Use::List(1)),
                ars("", "776N", Follow::Exactly(0), Use::Route(3)),
                ars("", "5", Follow::Unknown, Use::Route(1)),
            ],
            leading: vec![LeadingRow { leading: "9".into(), cor_group: 1 }],
            emergency: vec![EmergencyRow {
                leading: "9".into(),
                digits: "911".into(),
                outpulse: None,
                to: Use::Route(3),
            }],
            ..Model::default()
        }
    }

    fn rule(from: &str, dialed: &str, mode: Mode) -> &'static str {
        let attempt = Attempt { mode: Some(mode), ..Attempt::new(Party::Device(from.into()), dialed.into()) };
        decide(&model(), &attempt, &|_| true, None).rule
    }

    #[test]
    fn the_rules_in_short() {
        let day = |dialed| rule("201", dialed, Mode::Day);
        assert_eq!(day("201"), "call.self");
        assert_eq!(day("202"), "interconnect");
        assert_eq!(rule("202", "201", Mode::Day), "internal");
        assert_eq!(day("7761"), "cor.route");
        assert_eq!(day("7765"), "route");
        assert_eq!(day("7766"), "route.emergency-only");
        assert_eq!(day("776"), "number.incomplete");
        assert_eq!(day("77*1"), "number.vacant");
        assert_eq!(day("5"), "route");
        assert_eq!(day("512#"), "route");
        assert_eq!(day(""), "number.incomplete");
        assert_eq!(day("2a"), "number.invalid");
        assert_eq!(day("+1613"), "number.vacant");
        assert_eq!(day("91"), "cor.leading");
        assert_eq!(day("991"), "number.incomplete");
        assert_eq!(day("99112"), "emergency");
        assert_eq!(rule("201", "202", Mode::Night1), "cos.none");
        assert_eq!(rule("201", "202", Mode::Night2), "cor.none");
        assert_eq!(rule("201", "9911", Mode::Night1), "emergency");
    }
}
