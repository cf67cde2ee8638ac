//! Hot-desk users: numbers without a phone, who log in at those of others. In the device table they stand between phones and
//! hunt groups.

use super::classes::Classes;
use super::forwards;
use super::intercept::Treatments;
use crate::finding::{DANGLING, Report, Row};
use crate::schema::Policy;
use crate::schema::waiting::User;
use crate::write::Tables;
use strowger::policy::rows::{DeviceRow, DeviceTextRow, UserRow};

/// The users in the order of the file; their PINs, by that order.
pub(crate) fn build<'p>(
    policy: &'p Policy,
    all: (&Classes, &Treatments),
    tables: &mut Tables,
    report: &mut Report,
) -> Vec<(u16, &'p str)> {
    if let Some(row) = policy.user.get(usize::from(u16::MAX)) {
        report.error(row.place, "too-many", "there can be 65,535 users");
        return Vec::new();
    }
    let mut pins = Vec::new();
    for (number, row) in (0u16..).zip(&policy.user) {
        user(policy, row, all, tables, report);
        pins.extend(row.keys.pin.as_ref().map(|pin| (number, pin.0.0.as_str())));
    }
    pins
}

fn user(
    policy: &Policy,
    row: &Row<User>,
    (classes, treatments): (&Classes, &Treatments),
    tables: &mut Tables,
    report: &mut Report,
) {
    let (keys, place) = (&row.keys, row.place);
    let dn = &keys.dn.get_ref().0.0;
    for (key, given) in [("cos", keys.cos.is_some()), ("cor", keys.cor.is_some())] {
        if !given {
            report.error(place, "missing-key", format!("user {dn}: missing key `{key}`"));
        }
    }
    let code = keys.default_account_code.as_ref().and_then(|id| {
        let id: u16 = id.get();
        let found = policy.system_account_code.iter().find(|row| row.keys.id.get_ref().get::<u16>() == id);
        if found.is_none() {
            report.error(place, DANGLING, format!("user {dn}: there is no system account code {id}"));
        }
        found.map(|row| row.keys.code.0.0.as_str())
    });
    let intercept = keys.intercept.as_ref().map(|id| (id.get_ref(), row.at(id.span())));
    let intercept = treatments.named(("user", dn), intercept, report);
    let device = tables.devices.len();
    tables.devices.push(DeviceRow {
        cos: keys.cos.as_ref().map_or([0; 3], |cos| classes.cos(cos, place, report)),
        cor: keys.cor.as_ref().map_or([0; 3], |cor| classes.cor(cor, place, report)),
        ..DeviceRow::default()
    });
    tables.device_texts.push(DeviceTextRow {
        dn: tables.texts.add(dn),
        name: tables.texts.option(keys.name.as_deref()),
        public_number: tables.texts.option(keys.public_number.as_ref().map(|number| number.0.0.as_str())),
        account_code: tables.texts.option(code),
        intercept,
        line: report.line(place),
        ..DeviceTextRow::default()
    });
    let forwards = [
        ("always_to", &keys.always_to),
        ("busy_to", &keys.busy_to),
        ("no_answer_to", &keys.no_answer_to),
        ("out_of_service_to", &keys.out_of_service_to),
    ];
    let forwards = forwards.map(|(name, key)| (name, key.as_ref().map(|to| (to.0.0.as_str(), place))));
    forwards::build(device, ("user", dn), forwards, tables, report);
    tables.users.push(UserRow {
        device: u32::try_from(device).unwrap_or(u32::MAX),
        logout_min: keys.logout_after_min.as_ref().map_or(0, |minutes| minutes.get()),
    });
}
