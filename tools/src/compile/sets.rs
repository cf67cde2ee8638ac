//! Sets: what registers one, where it belongs, and the secret by which its user agent in the controller is known to the engine.

use super::Index;
use super::parties::{is_set, key};
use crate::finding::{DANGLING, Report, Row};
use crate::keyring::Secrets;
use crate::read::NOT_IN_FORCE;
use crate::schema::Policy;
use crate::schema::parties::{Device, Template};
use crate::write::{Tables, soft};
use strowger::base::{Algorithm, Crypto};
use strowger::policy::keyring::{OF_SETS, REGISTRATION, REPLACEMENT};
use strowger::policy::rows::{ElementRow, MAX_ELEMENTS, MAX_SETS, SetRow};
use strowger::wire::set::{MAX_NUMBER, MAX_TYPE};
use toml::Spanned;

/// The elements, by name.
pub(super) fn elements(policy: &Policy, tables: &mut Tables, report: &mut Report) -> Index<String> {
    let mut names = Index::new("element");
    for (index, row) in policy.element.iter().enumerate() {
        let name = row.keys.name.get_ref();
        let place = row.at(row.keys.name.span());
        if name.is_empty() {
            report.error(place, "bad-value", "element: a name is not empty");
        }
        names.add(name.clone(), &format!("{name:?}"), index, place, report);
        tables.elements.push(ElementRow {
            name: tables.texts.add(name),
            address: tables.texts.add(&row.keys.address.0.0.to_string()),
            transport: row.keys.transport.map_or(0, crate::schema::parties::Transport::number),
        });
    }
    if let Some(row) = policy.element.get(MAX_ELEMENTS) {
        report.error(row.place, "too-many", format!("there can be {MAX_ELEMENTS} elements"));
    }
    names
}

/// What makes a device a set, or what a phone must not have.
pub(super) fn set(
    row_number: usize,
    device: &Row<Device>,
    template: Option<&Row<Template>>,
    elements: &Index<String>,
    tables: &mut Tables,
    report: &mut Report,
) {
    let (keys, dn) = (&device.keys, &device.keys.dn.get_ref().0.0);
    let homes =
        [("primary", key!(device, template, primary)), ("secondary", key!(device, template, secondary))];
    let homes = homes.map(|(key, name)| {
        let (name, place) = name?;
        let element = elements.get(name).and_then(|row| u8::try_from(row + 1).ok());
        if element.is_none() {
            let text = format!("device {dn}: {key}: there is no element named {name:?}");
            report.error(place, DANGLING, text);
        }
        Some((key, place, element.unwrap_or(0)))
    });
    if !is_set(device, template) {
        let own = [
            ("mac", keys.mac.as_ref().map(Spanned::span)),
            ("set_type", keys.set_type.as_ref().map(Spanned::span)),
            ("pin", keys.pin.as_ref().map(Spanned::span)),
        ];
        for (key, span) in own {
            let Some(span) = span else { continue };
            let text =
                format!("device {dn}: `{key}` is for devices of kind \"set\"; this one is a SIP phone");
            report.error(device.at(span), "misplaced-key", text);
        }
        for (key, place, _) in homes.into_iter().flatten() {
            let text = format!(
                "`device.{key}` of SIP phones is checked but not in force in this version: phones are told their gateways by their own configuration"
            );
            report.group(place, NOT_IN_FORCE, text);
        }
        return;
    }
    let own = [
        ("password", keys.password.as_ref().map(Spanned::span)),
        ("ha1_md5", keys.ha1_md5.as_ref().map(Spanned::span)),
        ("ha1_sha256", keys.ha1_sha256.as_ref().map(Spanned::span)),
        ("username", keys.username.as_ref().map(Spanned::span)),
    ];
    for (key, span) in own {
        let Some(span) = span else { continue };
        let text = format!(
            "device {dn}: `{key}` is for SIP phones; a set proves who it is by MAC, set_type and pin"
        );
        report.error(device.at(span), "misplaced-key", text);
    }
    let set_type = match key!(device, template, set_type) {
        Some((name, place)) => {
            if name.is_empty() || name.len() > MAX_TYPE || name.chars().any(char::is_control) {
                let text =
                    format!("device {dn}: a set_type has 1 to {MAX_TYPE} octets, and no control characters");
                report.error(place, "bad-value", text);
            }
            name.as_str()
        }
        None => {
            let text = format!(
                "device {dn}: missing key `set_type`, in it or in its template: a set of another type is refused (R74)"
            );
            report.error(device.place, "missing-key", text);
            ""
        }
    };
    if dn.len() > MAX_NUMBER {
        let text = format!("device {dn}: the number of a set has at most {MAX_NUMBER} digits");
        report.error(device.at(keys.dn.span()), "bad-value", text);
    }
    let mac = keys.mac.as_ref().map_or([0; 6], |mac| mac.get_ref().0.0);
    let text = |mac: [u8; 6]| mac.map(|octet| format!("{octet:02x}")).join(":");
    if mac != [0; 6] && tables.sets.iter().any(|other| other.mac == mac) {
        let place = keys.mac.as_ref().map_or(device.place, |mac| device.at(mac.span()));
        report.error(
            place,
            "duplicate",
            format!("device {dn}: another set has the MAC {} already", text(mac)),
        );
    }
    if tables.sets.len() == MAX_SETS {
        report.error(device.place, "too-many", format!("there can be {MAX_SETS} sets"));
    }
    tables.sets.push(SetRow {
        device: u32::try_from(row_number).unwrap_or(u32::MAX),
        mac,
        set_type: tables.texts.add(set_type),
        homes: homes.map(|home| home.map_or(0, |(_, _, element)| element)),
    });
}

/// The PINs of sets, in order, and the codes that register them, as the keyring numbers them. A set without one has the blank PIN.
pub(super) fn pins<'p>(policy: &'p Policy, tables: &Tables) -> Vec<(u16, &'p str)> {
    let templates = |name: &str| policy.template.iter().find(|row| row.keys.name.get_ref() == name);
    let pin = |row: &SetRow| {
        let device = policy.device.get(usize::try_from(row.device).ok()?)?;
        let template = device.keys.template.as_ref().and_then(|name| templates(name.get_ref()));
        let pin = device.keys.pin.as_ref().or_else(|| template?.keys.pin.as_ref());
        pin.map(|pin| pin.get_ref().0.0.as_str())
    };
    let sets = (0u16..).zip(&tables.sets).map(|(set, row)| (OF_SETS | set, pin(row).unwrap_or("")));
    let codes = policy.registration.as_ref().map(|row| &row.keys).into_iter().flat_map(|keys| {
        let codes = [(REGISTRATION, &keys.access_code), (REPLACEMENT, &keys.replacement_code)];
        codes.into_iter().filter_map(|(what, code)| Some((what, code.as_ref()?.get_ref().0.0.as_str())))
    });
    sets.chain(codes).collect()
}

/// Gives the user agents of sets their secrets: made of every other secret of the policy, so that nobody who has not got all of them can be a set by
/// SIP, and the same policy has the same keyring.
pub(super) fn secrets(tables: &Tables, codes: &[&str], pins: &[(u16, &str)], devices: &mut [Secrets]) {
    if tables.sets.is_empty() {
        return;
    }
    let mut parts: Vec<Vec<u8>> = vec![b"strowger sets".to_vec()];
    for secrets in devices.iter() {
        let all = [
            secrets.md5.as_ref().map(<[u8; 16]>::as_slice),
            secrets.sha256.as_ref().map(<[u8; 32]>::as_slice),
        ];
        parts.extend(all.into_iter().flatten().map(<[u8]>::to_vec));
        parts.extend(secrets.sha512_256.map(|ha1| ha1.to_vec()));
    }
    let texts = tables.trunk_passwords.iter().map(|(_, password)| password.as_str());
    let texts = texts.chain(codes.iter().copied()).chain(pins.iter().map(|(_, pin)| *pin));
    // Each behind its length, so that no two policies are hashed as one.
    parts.extend(
        texts.flat_map(|text| [(text.len() as u64).to_le_bytes().to_vec(), text.as_bytes().to_vec()]),
    );
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let mut crypto = soft();
    let key = crypto.digest(Algorithm::Sha256, &parts);
    for set in &tables.sets {
        let Some(secrets) = usize::try_from(set.device).ok().and_then(|device| devices.get_mut(device))
        else {
            continue;
        };
        let dn = tables.device_texts.get(usize::try_from(set.device).unwrap_or(usize::MAX)).map(|row| row.dn);
        let dn = dn.map_or("", |dn| tables.texts.get(dn));
        let own = crypto.digest(Algorithm::Sha256, &[b"set", key.as_bytes(), dn.as_bytes()]);
        secrets.sha256 = own.as_bytes().try_into().ok();
    }
}
