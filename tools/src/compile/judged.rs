//! Number classes and the country's plan: what is denied, what is watched, and the automaton that tells them.

use super::Index;
use super::classes::Classes;
use super::numbering::{self, Own, Trouble, plan};
use crate::finding::{Level, Place, Report};
use crate::schema::Policy;
use crate::schema::numbering::Action;
use crate::write::Tables;
use strowger::policy::class::NumberClass;
use strowger::policy::rows::{MaxDigitsRow, OwnClassRow};

pub(crate) fn build(policy: &Policy, classes: &Classes, tables: &mut Tables, report: &mut Report) {
    own(policy, classes, tables, report);
    defaults(policy, classes, tables, report);
    country(policy, tables, report);
    most_digits(policy, tables, report);
}

/// What strict denies of the classes that `[class_defaults]` does not name.
const STRICTLY_DENIED: [NumberClass; 6] = [
    NumberClass::International,
    NumberClass::Premium,
    NumberClass::DirectoryAssistance,
    NumberClass::CarrierAccess,
    NumberClass::Operator,
    NumberClass::Unknown,
];

fn defaults(policy: &Policy, classes: &Classes, tables: &mut Tables, report: &mut Report) {
    let bit = |class: NumberClass| 1u16 << class.number();
    if classes.strict {
        tables.system.denied_classes = STRICTLY_DENIED.into_iter().fold(0, |bits, class| bits | bit(class));
    }
    let Some(row) = &policy.class_defaults else { return };
    let country = policy.system.as_ref().and_then(|row| row.keys.country.as_ref());
    let services =
        country.and_then(|country| plan(&country.get_ref().0.0)).is_some_and(|plan| plan.services.is_some());
    for (name, action) in row.keys.named() {
        let Some(class) = NumberClass::named(name) else { continue };
        let service = matches!(
            class,
            NumberClass::DirectoryAssistance | NumberClass::Operator | NumberClass::CarrierAccess
        );
        if service && !services {
            let text = format!(
                "class_defaults: `{name}` is not known for this country; its codes are known for US, CA, GB, IE, DE, FR, NL and AU"
            );
            report.error(row.place, "unknown-class", text);
        }
        tables.system.denied_classes &= !bit(class);
        match action {
            Action::Deny => tables.system.denied_classes |= bit(class),
            Action::Watch => tables.system.watched_classes |= bit(class),
            Action::Allow => {}
        }
    }
}

/// The country's plan, and the automaton of everything.
fn country(policy: &Policy, tables: &mut Tables, report: &mut Report) {
    let system = policy.system.as_ref();
    let country = system.and_then(|row| row.keys.country.as_ref());
    let area = system.and_then(|row| row.keys.area_code.as_ref());
    let place = |span: std::ops::Range<usize>| system.map_or_else(Place::default, |row| row.at(span));
    let texts = &mut tables.texts;
    let row = &mut tables.system;
    if let Some(plan) = country.and_then(|country| plan(&country.get_ref().0.0)) {
        row.calling_code = texts.add(&plan.calling_code);
        row.trunk_prefix = texts.add(&plan.trunk_prefix);
        row.international_prefix = texts.add(&plan.international_prefix);
    }
    row.country = texts.option(country.map(|country| country.get_ref().0.0.as_str()));
    row.area_code = texts.option(area.map(|area| area.get_ref().0.0.as_str()));
    let access = system.and_then(|row| row.keys.plus_access.as_ref());
    row.plus_access = texts.option(access.map(|access| access.get_ref().0.0.as_str()));
    for (key, given) in [("area_code", area), ("plus_access", access)] {
        if let (Some(given), None) = (given, country) {
            let text = format!("system: `{key}` means nothing without `country`");
            report.error(place(given.span()), "missing-key", text);
        }
    }
    if country.is_none() && !policy.trunk.is_empty() {
        let at = system.map_or_else(|| policy.trunk[0].place, |row| row.place);
        let (level, consequence) = if row.profile == 0 {
            (Level::Warning, "every number is of class unknown, which strict denies on public routes")
        } else {
            (Level::Info, "every number is of class unknown")
        };
        report.push(at, level, "no-country", format!("system: without `country` {consequence}"));
    }
    let own: Vec<Own<'_>> = policy
        .number_class
        .iter()
        .map(|row| Own {
            prefixes: row
                .keys
                .prefixes
                .iter()
                .flatten()
                .map(|prefix| prefix.get_ref().0.0.as_str())
                .collect(),
            countries: row
                .keys
                .countries
                .iter()
                .flatten()
                .map(|country| country.get_ref().0.0.as_str())
                .collect(),
        })
        .collect();
    let made = numbering::build(
        country.map(|country| country.get_ref().0.0.as_str()),
        area.map(|area| area.get_ref().0.0.as_str()),
        &own,
    );
    match made {
        Ok(made) => {
            (tables.class_states, tables.class_edges, tables.own_chains) =
                (made.states.clone(), made.edges.clone(), made.chains.clone());
        }
        Err(trouble) => {
            let (at, text) = match trouble {
                Trouble::Country => (
                    country.map_or_else(Place::default, |country| place(country.span())),
                    "system: no numbering plan of this country is known".to_owned(),
                ),
                Trouble::AreaCode => (
                    area.map_or_else(Place::default, |area| place(area.span())),
                    "system: no number of the country begins with this area code".to_owned(),
                ),
                Trouble::OwnCountry(index) => (
                    policy.number_class.get(index).map_or_else(Place::default, |row| row.place),
                    "number_class: one of `countries` has no numbering plan that is known".to_owned(),
                ),
                Trouble::TooLarge => (
                    policy.number_class.first().map_or_else(Place::default, |row| row.place),
                    "the number classes overlap in too many ways".to_owned(),
                ),
            };
            report.error(at, "number-plan", text);
        }
    }
}

fn own(policy: &Policy, classes: &Classes, tables: &mut Tables, report: &mut Report) {
    let mut names = Index::new("number class");
    for (index, row) in policy.number_class.iter().enumerate() {
        let name = row.keys.name.get_ref();
        let place = row.at(row.keys.name.span());
        names.add(name.clone(), &format!("{name:?}"), index, place, report);
        if NumberClass::named(name).is_some() {
            let text =
                format!("number_class: {name} is a class of the plan; [class_defaults] says what it means");
            report.error(place, "duplicate", text);
        }
        if row.keys.prefixes.iter().flatten().next().is_none()
            && row.keys.countries.iter().flatten().next().is_none()
        {
            let text = format!(
                "number_class {name:?} has neither `prefixes` nor `countries`: nothing belongs to it"
            );
            report.push(row.place, Level::Warning, "empty-class", text);
        }
        tables.own_classes.push(OwnClassRow {
            name: tables.texts.add(name),
            action: match row.keys.action {
                Action::Deny => 0,
                Action::Allow => 1,
                Action::Watch => 2,
            },
            cor_group: classes.group(row.keys.cor_group.as_ref(), |group| row.at(group.span()), report),
            line: report.line(row.place),
        });
    }
    if let Some(row) = policy.number_class.get(255) {
        report.error(row.place, "too-many", "there can be 255 number classes");
    }
}

fn most_digits(policy: &Policy, tables: &mut Tables, report: &mut Report) {
    let mut index = Index::new("max_digits for COR");
    for (number, row) in policy.max_digits.iter().enumerate() {
        let cor: usize = row.keys.cor.get_ref().get();
        index.add(cor, &cor.to_string(), number, row.at(row.keys.cor.span()), report);
        if tables.max_digits.len() <= cor {
            tables.max_digits.resize(cor + 1, MaxDigitsRow::default());
        }
        tables.max_digits[cor] = MaxDigitsRow { digits: row.keys.digits.get() };
    }
}
