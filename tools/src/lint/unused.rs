//! What is defined and nobody uses: a mistake in a number, or something left over.

use super::model::Model;
use crate::finding::{Level, Report};
use crate::schema::dialing::Use;
use crate::schema::types::{ByMode, Ref};
use std::collections::BTreeSet;

/// The names and numbers that are used, by kind.
#[derive(Default)]
struct Used<'p> {
    cos: BTreeSet<u8>,
    groups: BTreeSet<u16>,
    routes: BTreeSet<u16>,
    lists: BTreeSet<u16>,
    plans: BTreeSet<u16>,
    modifications: BTreeSet<u16>,
    zones: BTreeSet<&'p str>,
    templates: BTreeSet<&'p str>,
    trunks: BTreeSet<&'p str>,
}

pub(super) fn lint(model: &Model<'_>, report: &mut Report) {
    let used = used(model);
    let policy = model.policy;
    let mut say = |kind: &str, what: &str, name: &dyn std::fmt::Display, place| {
        let text =
            format!("{what} {name} is used nowhere: take it out, or correct the row that should name it");
        report.about(kind, name).push(place, Level::Info, "unused", text);
    };
    for row in &policy.cos {
        let id: u8 = row.keys.id.get_ref().get();
        if !used.cos.contains(&id) {
            say("cos", "COS", &id, row.place);
        }
    }
    for row in &policy.cor_group {
        let id: u16 = row.keys.id.get_ref().get();
        if !used.groups.contains(&id) {
            say("cor_group", "COR group", &id, row.place);
        }
    }
    for row in &policy.zone {
        // Subnets find the devices of a zone.
        let name = row.keys.name.get_ref();
        if !used.zones.contains(name.as_str())
            && name != "default"
            && row.keys.subnets.as_deref().unwrap_or(&[]).is_empty()
        {
            say("zone", "zone", name, row.place);
        }
    }
    for row in &policy.template {
        let name = row.keys.name.get_ref();
        if !used.templates.contains(name.as_str()) {
            say("template", "template", name, row.place);
        }
    }
    for row in &policy.trunk {
        let name = row.keys.name.get_ref();
        let silent = row.keys.trusted.as_deref().unwrap_or(&[]).is_empty();
        if !used.trunks.contains(name.as_str()) && silent {
            say("trunk", "trunk", name, row.place);
        }
    }
    for row in &policy.digit_modification {
        let id: u16 = row.keys.id.get_ref().get();
        if !used.modifications.contains(&id) {
            say("digit_modification", "digit modification", &id, row.place);
        }
    }
    for row in &policy.route {
        let id: u16 = row.keys.id.get_ref().get();
        if !used.routes.contains(&id) {
            say("route", "route", &id, row.place);
        }
    }
    for row in &policy.route_list {
        let id: u16 = row.keys.id.get_ref().get();
        if !used.lists.contains(&id) {
            say("list", "route list", &id, row.place);
        }
    }
    for row in &policy.route_plan {
        let id: u16 = row.keys.id.get_ref().get();
        if !used.plans.contains(&id) {
            say("plan", "route plan", &id, row.place);
        }
    }
}

fn used<'p>(model: &Model<'p>) -> Used<'p> {
    let policy = model.policy;
    let mut used = Used::default();
    let mut leads = |leads: &Use| {
        used.routes.extend(leads.route.map(|id| id.get::<u16>()));
        used.lists.extend(leads.list.map(|id| id.get::<u16>()));
        used.plans.extend(leads.plan.map(|id| id.get::<u16>()));
    };
    policy.ars.iter().filter_map(|row| row.keys.leads.as_ref()).for_each(|to| leads(to.get_ref()));
    policy.zone.iter().filter_map(|row| row.keys.emergency.as_ref()).for_each(|to| leads(to.get_ref()));
    policy.route_plan.iter().flat_map(|row| &row.keys.zones).for_each(|cell| leads(&cell.get_ref().leads));
    for choice in policy.route_list.iter().flat_map(|row| row.keys.choices.get_ref()) {
        used.routes.insert(choice.get_ref().route.get());
    }
    for row in &policy.route {
        used.modifications.extend(row.keys.digit_modification.as_ref().map(|id| id.get_ref().get::<u16>()));
        used.trunks.insert(row.keys.trunk.get_ref());
    }
    let groups = policy.route.iter().filter_map(|row| row.keys.cor_group.as_ref());
    let groups = groups.chain(policy.ars.iter().filter_map(|row| row.keys.cor_group.as_ref()));
    let groups = groups.chain(policy.number_class.iter().filter_map(|row| row.keys.cor_group.as_ref()));
    used.groups.extend(groups.map(|group| model.group_id(group.get_ref())));
    people(model, &mut used);
    used
}

fn people<'p>(model: &Model<'p>, used: &mut Used<'p>) {
    let policy = model.policy;
    let mut class = |modes: Option<&ByMode<110>>| {
        used.cos.extend(modes.iter().flat_map(|modes| &modes.0).map(|one: &Ref<110>| model.cos_id(one)));
    };
    model.phones.iter().for_each(|phone| class(super::model::own!(phone, cos).map(|cos| cos.get_ref())));
    policy.template.iter().for_each(|row| class(row.keys.cos.as_ref().map(|cos| cos.get_ref())));
    policy.trunk.iter().for_each(|row| class(row.keys.cos.as_ref().map(|cos| cos.get_ref())));
    policy.user.iter().for_each(|row| class(row.keys.cos.as_ref()));
    policy.hunt_group.iter().for_each(|row| class(row.keys.cos.as_ref().map(|cos| cos.get_ref())));
    for cos in policy.account_code.iter().filter_map(|row| row.keys.cos.as_ref()) {
        used.cos.insert(model.cos_id(cos.get_ref()));
    }
    for row in &policy.device {
        used.templates.extend(row.keys.template.as_ref().map(|name| name.get_ref().as_str()));
        used.zones.extend(row.keys.zone.as_ref().map(|name| name.get_ref().as_str()));
    }
    // Of a file that is not there yet, too.
    used.templates.extend(
        policy
            .station_file
            .iter()
            .filter_map(|row| row.keys.template.as_ref())
            .map(|name| name.get_ref().as_str()),
    );
    used.zones.extend(
        policy.template.iter().filter_map(|row| row.keys.zone.as_ref()).map(|name| name.get_ref().as_str()),
    );
    used.zones.extend(
        policy.trunk.iter().filter_map(|row| row.keys.zone.as_ref()).map(|name| name.get_ref().as_str()),
    );
    used.zones.extend(
        policy.media_path.iter().flat_map(|row| &row.keys.between).map(|zone| zone.get_ref().as_str()),
    );
}
