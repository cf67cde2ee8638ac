//! The way out: trunks, digit modifications, routes, route lists, and the zones' emergency routes.

use super::Index;
use super::classes::Classes;
use crate::finding::{Place, Report, Row};
use crate::schema::Policy;
use crate::schema::dialing::{DigitModification, Use};
use crate::schema::parties::{NumberFormat, Trunk};
use crate::write::Tables;
use strowger::policy::keyring::MAX_PASSWORD;
use strowger::policy::row::{Run, Str};
use strowger::policy::rows::{
    ANY_TRANSPORT, AS_DIALED, ChoiceRow, DigitModificationRow, E164, NATIONAL, REGISTERS, RouteListRow,
    RouteRow, TrunkRow, TrustedRow, USE_LIST, USE_PLAN, USE_ROUTE,
};

/// What ARS rows refer to.
pub(crate) struct Routing {
    routes: Index<u16>,
    lists: Index<u16>,
    plans: Index<u16>,
}

/// Where a row leads, resolved: the image's kind and row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Leads {
    pub(crate) kind: u8,
    pub(crate) index: u16,
}

pub(crate) fn build(policy: &Policy, classes: &Classes, tables: &mut Tables, report: &mut Report) -> Routing {
    let trunks = trunks(policy, classes, tables, report);
    let modifications = modifications(policy, tables, report);
    let mut routing = Routing {
        routes: Index::new("route"),
        lists: Index::new("route list"),
        plans: Index::new("route plan"),
    };
    for (index, row) in policy.route.iter().enumerate() {
        let keys = &row.keys;
        let id: u16 = keys.id.get_ref().get();
        routing.routes.add(id, &id.to_string(), index, row.at(keys.id.span()), report);
        let trunk = trunks.get(keys.trunk.get_ref());
        if trunk.is_none() {
            let text = format!("there is no trunk named {:?}", keys.trunk.get_ref());
            report.error(row.at(keys.trunk.span()), crate::finding::DANGLING, text);
        }
        let modification = keys.digit_modification.as_ref().map_or(0, |wanted| {
            let id: u16 = wanted.get_ref().get();
            let found = modifications.get(&id).map(|index| index + 1).filter(|_| id > 0);
            if found.is_none() && id > 0 {
                report.error(
                    row.at(wanted.span()),
                    crate::finding::DANGLING,
                    format!("there is no digit modification {id}"),
                );
            }
            found.unwrap_or(0)
        });
        let modified =
            modification.checked_sub(1).map_or_else(Default::default, |row| tables.modifications[row]);
        let of_trunk = trunk.and_then(|row| tables.trunks.get(row)).copied().unwrap_or_default();
        tables.routes.push(RouteRow {
            id,
            trunk_flags: of_trunk.flags,
            interconnect: of_trunk.interconnect,
            absorb: modified.absorb,
            insert: modified.insert,
            trunk: u16::try_from(trunk.unwrap_or(0)).unwrap_or(0),
            modification: u16::try_from(modification).unwrap_or(0),
            cor_group: classes.group(keys.cor_group.as_ref(), |group| row.at(group.span()), report),
            flags: u8::from(keys.emergency.unwrap_or(false))
                | u8::from(!keys.account_code.unwrap_or(true)) << 1,
            line: report.line(row.place),
        });
    }
    lists(policy, &mut routing, tables, report);
    for (index, row) in policy.route_plan.iter().enumerate() {
        let id: u16 = row.keys.id.get_ref().get();
        routing.plans.add(id, &id.to_string(), index, row.at(row.keys.id.span()), report);
    }
    for (index, row) in policy.zone.iter().enumerate() {
        let Some(emergency) = &row.keys.emergency else { continue };
        let place = row.at(emergency.span());
        match routing.leads(emergency.get_ref(), place, report) {
            Some(leads) if leads.kind != USE_PLAN => {
                only_emergency_routes(tables, leads, place, report);
                tables.zones[index].emergency_leads = leads.kind + 1;
                tables.zones[index].emergency_index = leads.index;
            }
            Some(_) => report.error(
                place,
                "emergency",
                "emergency routes cannot depend on a plan: name a route or a list",
            ),
            None => {}
        }
    }
    routing
}

impl Routing {
    /// Resolves `use`; `None` after an error.
    pub(crate) fn leads(&self, leads: &Use, place: Place, report: &mut Report) -> Option<Leads> {
        let (index, id, kind): (_, u16, _) = match (leads.route, leads.list, leads.plan) {
            (Some(route), None, None) => (&self.routes, route.get(), USE_ROUTE),
            (None, Some(list), None) => (&self.lists, list.get(), USE_LIST),
            (None, None, Some(plan)) => (&self.plans, plan.get(), USE_PLAN),
            _ => {
                report.error(place, "bad-value", "expected exactly one of `route`, `list` and `plan`");
                return None;
            }
        };
        let Some(row) = index.get(&id) else {
            report.error(place, crate::finding::DANGLING, format!("there is no {} {id}", index.what));
            return None;
        };
        Some(Leads { kind, index: u16::try_from(row).unwrap_or(0) })
    }
}

/// The route rows behind a route, a list, or every zone of a plan.
pub(crate) fn choices(tables: &Tables, leads: Leads) -> Vec<usize> {
    let index = leads.index;
    if leads.kind == USE_ROUTE {
        return vec![usize::from(index)];
    }
    if leads.kind == USE_PLAN {
        let run = tables.plans.get(usize::from(index)).map_or_else(Run::default, |plan| plan.cells);
        let first = run.first as usize;
        let cells = tables.cells.get(first..first + usize::from(run.count)).unwrap_or(&[]);
        let mut all: Vec<usize> = cells
            .iter()
            .flat_map(|cell| choices(tables, Leads { kind: cell.leads, index: cell.index }))
            .collect();
        all.sort_unstable();
        all.dedup();
        return all;
    }
    let run = tables.lists.get(usize::from(index)).map_or_else(Run::default, |list| list.choices);
    let first = run.first as usize;
    let rows = tables.choices.get(first..first + usize::from(run.count)).unwrap_or(&[]);
    rows.iter().map(|choice| usize::from(choice.route)).collect()
}

/// An emergency call may use nothing but routes marked for it (R66).
pub(crate) fn only_emergency_routes(tables: &Tables, leads: Leads, place: Place, report: &mut Report) {
    for route in choices(tables, leads) {
        let Some(route) = tables.routes.get(route).filter(|route| route.flags & 1 == 0) else { continue };
        let text =
            format!("an emergency call would use route {}, which is not marked `emergency = true`", route.id);
        report.error(place, "emergency", text);
    }
}

fn trunks(policy: &Policy, classes: &Classes, tables: &mut Tables, report: &mut Report) -> Index<String> {
    let mut index = Index::new("trunk");
    for (row_number, row) in policy.trunk.iter().enumerate() {
        let keys = &row.keys;
        let name = keys.name.get_ref();
        index.add(name.clone(), &format!("{name:?}"), row_number, row.at(keys.name.span()), report);
        let channels = keys.channels.map_or(8, |channels| channels.get());
        let transport = keys.transport.as_ref().map(|transport| transport.get_ref().number());
        let class = |key: &str, report: &mut Report| {
            let text = format!(
                "trunk {name:?} has no `{key}`: it counts as 0, so calls from it reach emergency numbers only"
            );
            report.about("trunk", name).push(row.place, crate::Level::Info, "no-class", text);
            [0; 3]
        };
        let cos = match &keys.cos {
            Some(cos) => classes.cos(cos.get_ref(), row.at(cos.span()), report),
            None => class("cos", report),
        };
        let cor = match &keys.cor {
            Some(cor) => classes.cor(cor.get_ref(), row.at(cor.span()), report),
            None => class("cor", report),
        };
        let zone = keys.zone.as_ref();
        let account = account(row, row_number, tables, report);
        tables.trunks.push(TrunkRow {
            cos,
            cor,
            interconnect: keys.interconnect.map_or(1, |number| number.get()),
            zone: classes.zone(
                zone.map(|z| z.get_ref().as_str()),
                zone.map_or(row.place, |z| row.at(z.span())),
                report,
            ),
            flags: u8::from(keys.public.unwrap_or(true))
                | match keys.number_format {
                    None | Some(NumberFormat::AsDialed) => AS_DIALED,
                    Some(NumberFormat::National) => NATIONAL,
                    Some(NumberFormat::E164) => E164,
                } << 1
                | if account.registers { REGISTERS } else { 0 },
            srtp: super::parties::srtp_number(keys.srtp),
            transport: transport.unwrap_or(ANY_TRANSPORT),
            channels,
            inbound: 0,
            name: tables.texts.add(name),
            host: tables.texts.add(&keys.host.0.0),
            caller_id: tables.texts.option(keys.caller_id.as_ref().map(|number| number.0.0.as_str())),
            username: account.username,
            line: report.line(row.place),
        });
        for range in keys.trusted.iter().flatten() {
            let (address, prefix) = super::help::range(range.0.0);
            let trunk = u16::try_from(row_number).unwrap_or(0);
            tables.trusted.push(TrustedRow { trunk, address, prefix });
        }
    }
    // Of two ranges that hold an address, the narrower one knows better.
    tables.trusted.sort_by_key(|row| std::cmp::Reverse(row.prefix));
    if let Some(row) = policy.trunk.get(usize::from(u16::MAX)) {
        report.error(row.place, "too-many", "there can be 65,535 trunks");
    }
    index
}

/// Who we are at a carrier.
struct Account {
    username: Str,
    registers: bool,
}

/// The credentials of a trunk; its password is kept apart from the image.
fn account(row: &Row<Trunk>, row_number: usize, tables: &mut Tables, report: &mut Report) -> Account {
    let (keys, name) = (&row.keys, row.keys.name.get_ref());
    let registers = keys.register.unwrap_or(false);
    match (&keys.username, &keys.password) {
        (None, None) | (Some(_), Some(_)) if !registers => {}
        (None, _) if registers => {
            let text = format!("trunk {name:?}: `register = true` needs the `username` to register as");
            report.error(row.place, "bad-value", text);
        }
        (None, _) => half(name, "password", "username", row.place, report),
        (Some(_), None) if !registers => half(name, "username", "password", row.place, report),
        (Some(_), _) => {}
    }
    if keys.username.as_ref().is_some_and(|username| username.0.0.is_empty()) {
        report.error(row.place, "bad-value", format!("trunk {name:?}: the `username` is empty"));
    }
    if let Some(password) = &keys.password {
        let octets = password.0.0.as_bytes();
        if octets.len() > MAX_PASSWORD {
            let text =
                format!("trunk {name:?}: a password has at most {MAX_PASSWORD} octets, not {}", octets.len());
            report.error(row.place, "bad-value", text);
        }
        if let Ok(trunk) = u16::try_from(row_number) {
            tables.trunk_passwords.push((trunk, password.0.0.clone()));
        }
    }
    let username = keys.username.as_ref().map(|username| username.0.0.as_str());
    Account { username: tables.texts.option(username), registers }
}

/// One half of what a carrier asks for proves nothing.
fn half(name: &str, has: &str, lacks: &str, place: Place, report: &mut Report) {
    let text = format!(
        "trunk {name:?} has a `{has}` and no `{lacks}`: nothing is proved to the carrier; give both, or neither"
    );
    report.about("trunk", name).push(place, crate::Level::Warning, "trunk-credentials", text);
}

fn lists(policy: &Policy, routing: &mut Routing, tables: &mut Tables, report: &mut Report) {
    for (index, row) in policy.route_list.iter().enumerate() {
        let keys = &row.keys;
        let id: u16 = keys.id.get_ref().get();
        routing.lists.add(id, &id.to_string(), index, row.at(keys.id.span()), report);
        let given = keys.choices.get_ref();
        if given.is_empty() || given.len() > 20 {
            let text = format!("a route list has 1 to 20 choices, not {}", given.len());
            report.error(row.at(keys.choices.span()), "bad-value", text);
        }
        let first = tables.choices.len();
        for choice in given {
            let place = row.at(choice.span());
            let id: u16 = choice.get_ref().route.get();
            let Some(route) = routing.routes.get(&id) else {
                report.error(place, crate::finding::DANGLING, format!("there is no route {id}"));
                continue;
            };
            let route = u16::try_from(route).unwrap_or(0);
            if tables.choices[first..].iter().any(|earlier| earlier.route == route) {
                report.error(place, "duplicate", format!("route {id} is in this list already"));
            }
            tables
                .choices
                .push(ChoiceRow { route, flags: u8::from(choice.get_ref().warning_tone.unwrap_or(false)) });
        }
        let count = u16::try_from(tables.choices.len() - first).unwrap_or(0);
        let first = u32::try_from(first).unwrap_or(0);
        tables.lists.push(RouteListRow { id, choices: Run { first, count } });
    }
}

fn modifications(policy: &Policy, tables: &mut Tables, report: &mut Report) -> Index<u16> {
    let mut codes = Index::new("system account code");
    for (index, row) in policy.system_account_code.iter().enumerate() {
        let id: u16 = row.keys.id.get_ref().get();
        codes.add(id, &id.to_string(), index, row.at(row.keys.id.span()), report);
    }
    let code = |id: u16| codes.get(&id).map(|index| policy.system_account_code[index].keys.code.0.0.as_str());
    let mut index = Index::new("digit modification");
    for (row_number, row) in policy.digit_modification.iter().enumerate() {
        let keys: &DigitModification = &row.keys;
        let id: u16 = keys.id.get_ref().get();
        index.add(id, &id.to_string(), row_number, row.at(keys.id.span()), report);
        let written = keys.insert.as_ref().map_or("", |insert| insert.get_ref());
        let insert = expand(written, code).unwrap_or_else(|text| {
            let place = keys.insert.as_ref().map_or(row.place, |insert| row.at(insert.span()));
            report.error(place, "bad-value", format!("insert: {text}"));
            String::new()
        });
        tables.modifications.push(DigitModificationRow {
            id,
            absorb: keys.absorb.map_or(0, |absorb| absorb.get()),
            insert: tables.texts.add(&insert),
        });
    }
    index
}

/// What an `insert` puts in front: `<Ann>` becomes system account code nn; braces, which only hide from call records,
/// go; a marker counts 3 of the 36 places (R62).
fn expand<'c>(insert: &str, code: impl Fn(u16) -> Option<&'c str>) -> Result<String, String> {
    let (mut out, mut places, mut hidden) = (String::new(), 0, false);
    let mut rest = insert;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '0'..='9' | '*' | '#' => out.push(c),
            '+' if out.is_empty() => out.push(c),
            '+' => return Err("`+` can stand in front only".into()),
            '{' if hidden => return Err("braces cannot be nested".into()),
            '}' if !hidden => return Err("`}` without `{`".into()),
            '{' | '}' => {
                hidden = !hidden;
                continue;
            }
            '<' => {
                let Some((marker, after)) = rest.split_once('>') else {
                    return Err("`<` without `>`".into());
                };
                let number = marker.strip_prefix('A').filter(|n| n.len() == 2).and_then(|n| n.parse().ok());
                let Some(number) = number else {
                    return Err(format!("unknown marker <{marker}>, expected <Ann> with two digits"));
                };
                out.push_str(
                    code(number).ok_or_else(|| format!("there is no system account code {number}"))?,
                );
                places += 2;
                rest = after;
            }
            _ => {
                return Err(format!("{c:?} cannot be outpulsed, expected 0-9 * #, + in front, <Ann>, {{…}}"));
            }
        }
        places += 1;
    }
    match (hidden, places, out.len()) {
        (true, _, _) => Err("`{` without `}`".into()),
        (_, 37.., _) => Err(format!("{places} places, at most 36 (a marker counts 3)")),
        (_, _, 48..) => {
            Err(format!("{} digits with the codes of its markers, at most 47 can be sent", out.len()))
        }
        _ => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_and_braces() {
        let code = |id| (id == 3).then_some("990001");
        assert_eq!(expand("", code).unwrap(), "");
        assert_eq!(expand("+1{<A03>}5*#", code).unwrap(), "+19900015*#");
        assert_eq!(expand("{+}1", code).unwrap(), "+1");
        for bad in ["1+", "{{1}}", "}", "{1", "<A3>", "<T03>", "<A04>", "<A03", "p", "é", &"1".repeat(37)] {
            assert!(expand(bad, code).is_err(), "{bad}");
        }
        assert!(expand(&"1".repeat(36), code).is_ok());
        assert_eq!(expand(&format!("{}<A03>", "1".repeat(33)), code).unwrap().len(), 39);
        assert!(expand(&format!("{}<A03>", "1".repeat(34)), code).is_err());
        assert!(expand(&"<A03>".repeat(8), code).is_err(), "48 digits");
    }
}
