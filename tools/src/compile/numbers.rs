//! Who has which number: ARS rows checked, everything put into the tree, conflicts found.

use super::automaton;
use super::classes::Classes;
use super::routing::{Leads, Routing, choices, only_emergency_routes};
use super::tree::{Owner, Terminal, Tree};
use super::trie::Trie;
use crate::finding::{Place, Report, Row};
use crate::schema::Policy;
use crate::schema::dialing::Ars;
use crate::schema::types::Follow;
use crate::write::Tables;
use std::collections::BTreeMap;
use strowger::base::Digits;
use strowger::policy::rows::{
    ArsRow, FEATURE_ACCOUNT_CODE, FEATURE_BUSY_OVERRIDE, FEATURE_CAMP_ON, FEATURE_DIRECTED_PICKUP,
    FEATURE_DO_NOT_DISTURB, FEATURE_FORWARD_ALWAYS, FEATURE_FORWARD_BUSY, FEATURE_FORWARD_CANCEL,
    FEATURE_FORWARD_NO_ANSWER, FEATURE_FORWARD_OUT_OF_SERVICE, FEATURE_HOT_DESK_LOGIN,
    FEATURE_HOT_DESK_LOGOUT, FEATURE_PARK, FEATURE_PARK_RETRIEVE, FEATURE_PICKUP, FEATURE_REDIAL,
    FEATURE_SPEED_CALL, LeadingRow, USE_PLAN,
};

/// An ARS row that is not for emergencies.
pub(crate) struct Way {
    /// Its digits, `Y` for each digit that follows.
    pub(crate) pattern: String,
    /// Any number of digits may follow.
    pub(crate) open: bool,
}

/// Number plan under construction.
pub(super) struct Numbers<'p> {
    policy: &'p Policy,
    pub(super) tree: Tree,
    /// Emergency strings: what they outpulse, and where they stand.
    pub(super) emergency: BTreeMap<String, (String, Place)>,
    /// Where the Leading rows stand, by row.
    leadings: Vec<Place>,
    /// Leading Digits without wildcards: the access codes.
    pub(super) access: BTreeMap<String, Place>,
    /// Numbers that somebody has, and whether a feature code has it.
    pub(super) owned: Vec<(&'p str, Place, bool)>,
    /// ARS rows that are not for emergencies, with all that follows as far as it is known.
    pub(super) patterns: Vec<(Way, Place)>,
}

pub(crate) fn build(
    policy: &Policy,
    classes: &Classes,
    routing: &mut Routing,
    tables: &mut Tables,
    report: &mut Report,
) {
    let mut numbers = Numbers {
        policy,
        tree: Tree::new(),
        emergency: BTreeMap::new(),
        leadings: Vec::new(),
        access: BTreeMap::new(),
        owned: Vec::new(),
        patterns: Vec::new(),
    };
    numbers.owned(report);
    for (ordinal, row) in (1u32..).zip(&policy.ars) {
        if row.keys.digits.is_none() {
            numbers.leading(ordinal, row, classes, tables, report);
        } else {
            numbers.ars(ordinal, row, routing, tables, report);
        }
    }
    numbers.conflicts(classes.strict, report);
    numbers.emergency_both_ways(report);
    let codes = numbers.owned.iter().filter(|(_, _, is_code)| *is_code).map(|(digits, _, _)| *digits);
    super::speed::targets(policy, numbers.emergency.keys().map(String::as_str), codes, report);
    if report.failed() {
        return;
    }
    match automaton::build(&numbers.tree) {
        Ok((states, edges)) => {
            let mut trie = Trie::default();
            trie.add(states, edges);
            let walks = super::inbound::build(policy, &numbers.emergency, &mut trie, tables, report);
            let roots = trie.pack(tables);
            for (trunk, walk) in walks {
                tables.trunks[trunk].inbound = roots.get(walk).map_or(0, |root| root + 1);
            }
        }
        Err(_) => {
            let place = policy.ars.first().map_or_else(Place::default, |row| row.place);
            let text = format!(
                "the ARS patterns overlap in more than {} ways; write fewer wildcards in front of exact digits",
                automaton::MOST_STATES
            );
            report.error(place, "patterns-too-entangled", text);
        }
    }
}

impl<'p> Numbers<'p> {
    /// Everything that has a number of its own. What is not in force keeps its number, so that no pattern takes its calls.
    fn owned(&mut self, report: &mut Report) {
        let policy = self.policy;
        let mut device = 0;
        for row in &policy.device {
            let dn = &row.keys.dn;
            self.own("device", &dn.get_ref().0.0, row.at(dn.span()), Terminal::Device(device), report);
            device += 1;
        }
        for row in &policy.user {
            let dn = &row.keys.dn;
            self.own("user", &dn.get_ref().0.0, row.at(dn.span()), Terminal::Device(device), report);
            device += 1;
        }
        for row in &policy.hunt_group {
            let dn = &row.keys.dn;
            self.own("hunt group", &dn.get_ref().0.0, row.at(dn.span()), Terminal::Device(device), report);
            device += 1;
        }
        for (row, number) in policy.speed_call.iter().zip(FEATURE_SPEED_CALL..) {
            self.own(
                "speed call",
                &row.keys.code.get_ref().0.0,
                row.at(row.keys.code.span()),
                Terminal::Feature(number),
                report,
            );
        }
        if let Some(row) = &policy.features {
            for (name, code) in row.keys.codes() {
                let what = format!("feature {name}");
                let terminal = feature(name).map_or(Terminal::Held, Terminal::Feature);
                self.own(&what, &code.get_ref().0.0, row.at(code.span()), terminal, report);
            }
        }
        if let Some(row) = &policy.registration {
            for code in [&row.keys.access_code, &row.keys.replacement_code].into_iter().flatten() {
                self.own(
                    "registration code",
                    &code.get_ref().0.0,
                    row.at(code.span()),
                    Terminal::Held,
                    report,
                );
            }
        }
    }

    pub(super) fn in_united_states(&self) -> bool {
        let system = self.policy.system.as_ref().and_then(|row| row.keys.country.as_ref());
        system.is_some_and(|country| country.get_ref().0.0 == "US")
    }

    fn own(&mut self, what: &str, digits: &'p str, place: Place, terminal: Terminal, report: &mut Report) {
        let owner = Owner { terminal, place, label: format!("{what} {digits}").into() };
        if let Some(first) = self.tree.add_number(digits, owner) {
            let text =
                format!("the number {digits} already belongs to {}: {}", first.label, report.at(first.place));
            report.error(place, "duplicate", text);
            return;
        }
        let is_code = !matches!(what, "device" | "user" | "hunt group");
        self.owned.push((digits, place, is_code));
    }

    fn leading(
        &mut self,
        ordinal: u32,
        row: &Row<Ars>,
        classes: &Classes,
        tables: &mut Tables,
        report: &mut Report,
    ) {
        let keys = &row.keys;
        let Some(leading) = &keys.leading else {
            report.error(
                row.place,
                "missing-key",
                "ars: missing key `digits`, or `leading` for a Leading row",
            );
            return;
        };
        let others = [
            ("follow", keys.follow.as_ref().map(toml::Spanned::span)),
            ("emergency", keys.emergency.as_ref().map(toml::Spanned::span)),
            ("outpulse", keys.outpulse.as_ref().map(toml::Spanned::span)),
            ("use", keys.leads.as_ref().map(toml::Spanned::span)),
        ];
        for (name, span) in others {
            if let Some(span) = span {
                let text =
                    format!("ars: `{name}` has no place in a Leading row, which is one without `digits`");
                report.error(row.at(span), "misplaced-key", text);
            }
        }
        let pattern = &leading.get_ref().0.0;
        let place = row.at(leading.span());
        let number = u32::try_from(tables.leadings.len()).unwrap_or(u32::MAX);
        if let Some(first) = self.tree.add_leading(pattern, number) {
            let first = self.leadings.get(first as usize).map_or_else(String::new, |first| report.at(*first));
            report.error(
                place,
                "duplicate",
                format!("the Leading Digits {pattern} already have a row: {first}"),
            );
        }
        if pattern.bytes().all(|c| strowger::base::Digit::from_ascii(c).is_some()) {
            self.access.entry(pattern.clone()).or_insert(place);
        }
        self.leadings.push(place);
        tables.leadings.push(LeadingRow {
            cor_group: classes.group(keys.cor_group.as_ref(), |group| row.at(group.span()), report),
            flags: u8::from(keys.second_dial_tone.as_ref().is_some_and(|tone| *tone.get_ref())),
            ordinal,
            line: report.line(row.place),
        });
    }

    fn ars(
        &mut self,
        ordinal: u32,
        row: &Row<Ars>,
        routing: &Routing,
        tables: &mut Tables,
        report: &mut Report,
    ) {
        let keys = &row.keys;
        let others = [
            ("cor_group", keys.cor_group.as_ref().map(toml::Spanned::span)),
            ("second_dial_tone", keys.second_dial_tone.as_ref().map(toml::Spanned::span)),
        ];
        for (name, span) in others {
            if let Some(span) = span {
                let text = format!("ars: `{name}` belongs to a Leading row, which is one without `digits`");
                report.error(row.at(span), "misplaced-key", text);
            }
        }
        let Some(digits) = &keys.digits else { return };
        let place = row.at(digits.span());
        let own = &digits.get_ref().0.0;
        let pattern = format!("{}{own}", keys.leading.as_ref().map_or("", |leading| &leading.get_ref().0.0));
        let follow = match keys.follow.as_ref().map(|follow| *follow.get_ref()) {
            None => Some(0),
            Some(Follow::Digits(count)) => Some(count),
            Some(Follow::Unknown) => None,
        };
        let least = pattern.len() + usize::from(follow.unwrap_or(0));
        if least > Digits::MAX {
            let text =
                format!("ars: {least} digits in all, more than the {} that can be dialed", Digits::MAX);
            report.error(place, "bad-value", text);
        }
        let Some(leads) = &keys.leads else {
            report.error(row.place, "missing-key", "ars: missing key `use`: a route, a list or a plan");
            return;
        };
        let leads_place = row.at(leads.span());
        let Some(leads) = routing.leads(leads.get_ref(), leads_place, report) else { return };
        let emergency = keys.emergency.as_ref().is_some_and(|emergency| *emergency.get_ref());
        let outpulse = keys.outpulse.as_ref().map_or(own, |outpulse| &outpulse.get_ref().0.0);
        if emergency {
            self.emergency_row(row, &pattern, outpulse, report);
        } else if let Some(outpulse) = &keys.outpulse {
            let text =
                "ars: `outpulse` is for emergency rows; elsewhere the route's digit modification decides";
            report.error(row.at(outpulse.span()), "misplaced-key", text);
        }
        let number = u32::try_from(tables.ars.len()).unwrap_or(u32::MAX);
        if emergency && leads.kind == USE_PLAN {
            let text = "ars: an emergency row needs a route or a list, not a plan";
            report.error(leads_place, "emergency", text);
            return;
        }
        if emergency {
            only_emergency_routes(tables, leads, leads_place, report);
        } else {
            usable(tables, leads, least, follow.is_some(), leads_place, report);
            if follow == Some(0) {
                self.sends_emergency(tables, leads, &pattern, leads_place, report);
            }
        }
        tables.ars.push(ArsRow {
            leads: leads.kind,
            index: leads.index,
            flags: u8::from(emergency),
            ordinal,
            line: report.line(row.place),
            outpulse: if emergency { tables.texts.add(outpulse) } else { Default::default() },
        });
        if emergency && self.emergency.contains_key(&pattern) {
            tables.emergency.push((pattern.clone(), number));
        }
        let terminal = if emergency { Terminal::Emergency(number) } else { Terminal::Ars(number) };
        let owner = Owner { terminal, place, label: format!("ars {pattern}").into() };
        if let Some(first) = self.tree.add_pattern(&pattern, follow, owner) {
            let text = format!("the same digits and length already have a row: {}", report.at(first.place));
            report.error(place, "duplicate", text);
        }
        if !emergency {
            let mut whole = pattern;
            whole.extend(std::iter::repeat_n('Y', usize::from(follow.unwrap_or(0))));
            self.patterns.push((Way { pattern: whole, open: follow.is_none() }, place));
        }
    }

    /// An emergency number on a row that is not marked so would be an ordinary call over an ordinary route.
    fn sends_emergency(
        &self,
        tables: &Tables,
        leads: Leads,
        pattern: &str,
        place: Place,
        report: &mut Report,
    ) {
        for route in choices(tables, leads).iter().filter_map(|route| tables.routes.get(*route)) {
            let kept = pattern.get(usize::from(route.absorb)..).unwrap_or("");
            let sent = format!("{}{kept}", tables.texts.get(route.insert));
            if let Some((_, (_, first))) = self.emergency.iter().find(|(_, (outpulse, _))| *outpulse == sent)
            {
                let text = format!(
                    "ars: over route {} this row sends {sent}, an emergency number ({}): mark it `emergency = true`, or dial it without this row",
                    route.id,
                    report.at(*first)
                );
                return report.error(place, "emergency", text);
            }
        }
    }

    fn emergency_row(&mut self, row: &Row<Ars>, pattern: &str, outpulse: &str, report: &mut Report) {
        let place = row.keys.digits.as_ref().map_or(row.place, |digits| row.at(digits.span()));
        if pattern.contains(['N', 'X', 'Y']) {
            report.error(place, "emergency", "ars: an emergency number is exact digits, without wildcards");
            return;
        }
        if let Some(follow) = row.keys.follow.as_ref().filter(|follow| *follow.get_ref() != Follow::Digits(0))
        {
            let text = "ars: an emergency number is complete on its last digit: nothing can follow";
            report.error(row.at(follow.span()), "emergency", text);
        }
        self.emergency.entry(pattern.into()).or_insert_with(|| (outpulse.into(), place));
    }
}

/// The features that this version acts on, by their keys in `[features]`.
fn feature(key: &str) -> Option<u32> {
    let known = [
        ("account_code", FEATURE_ACCOUNT_CODE),
        ("forward_always", FEATURE_FORWARD_ALWAYS),
        ("forward_busy", FEATURE_FORWARD_BUSY),
        ("forward_no_answer", FEATURE_FORWARD_NO_ANSWER),
        ("forward_out_of_service", FEATURE_FORWARD_OUT_OF_SERVICE),
        ("forward_cancel", FEATURE_FORWARD_CANCEL),
        ("do_not_disturb", FEATURE_DO_NOT_DISTURB),
        ("pickup", FEATURE_PICKUP),
        ("directed_pickup", FEATURE_DIRECTED_PICKUP),
        ("park", FEATURE_PARK),
        ("park_retrieve", FEATURE_PARK_RETRIEVE),
        ("redial", FEATURE_REDIAL),
        ("hot_desk_login", FEATURE_HOT_DESK_LOGIN),
        ("hot_desk_logout", FEATURE_HOT_DESK_LOGOUT),
        ("camp_on", FEATURE_CAMP_ON),
        ("busy_override", FEATURE_BUSY_OVERRIDE),
    ];
    known.iter().find(|(name, _)| *name == key).map(|(_, feature)| *feature)
}

/// Whether calls of a row can go out at all: some choice that is not for emergencies, digits enough to absorb.
fn usable(tables: &Tables, leads: Leads, least: usize, exact: bool, place: Place, report: &mut Report) {
    let routes = choices(tables, leads);
    if !routes.is_empty()
        && routes.iter().all(|route| tables.routes.get(*route).is_some_and(|r| r.flags & 1 != 0))
    {
        let text = "ars: every choice is a route for emergency calls only; mark the row `emergency = true` or name another route";
        report.error(place, "emergency", text);
    }
    for route in routes.iter().filter_map(|route| tables.routes.get(*route)) {
        let modification =
            route.modification.checked_sub(1).and_then(|m| tables.modifications.get(usize::from(m)));
        let Some(modification) = modification.filter(|_| exact) else { continue };
        let absorbed = usize::from(modification.absorb);
        if absorbed > least {
            let text = format!(
                "ars: digit modification {} of route {} absorbs {absorbed} digits of {least}",
                modification.id, route.id
            );
            report.error(place, "digit-modification", text);
        } else if least - absorbed + usize::from(modification.insert.len) > Digits::MAX {
            let text = format!(
                "ars: digit modification {} of route {} sends more than {} digits",
                modification.id,
                route.id,
                Digits::MAX
            );
            report.error(place, "digit-modification", text);
        }
    }
}
