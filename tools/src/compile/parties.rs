//! Devices: template and own keys put together, classes resolved, passwords turned into HA1.

use super::classes::Classes;
use super::intercept::Treatments;
use super::{Index, forwards, sets};
use crate::finding::{Level, Place, Report, Row};
use crate::keyring::Secrets;
use crate::schema::Policy;
use crate::schema::parties::{Device, Digest, Kind, Srtp, Template};
use crate::write::{Tables, soft};
use strowger::base::{Algorithm, Crypto, Soft, Transport};
use strowger::policy::rows::{DeviceRow, DeviceTextRow};

/// What devices share while they are compiled.
struct Devices<'p> {
    classes: &'p Classes,
    treatments: &'p Treatments,
    realm: Option<&'p str>,
    crypto: Soft,
    usernames: Index<String>,
    system_codes: &'p [Row<crate::schema::dialing::SystemAccountCode>],
}

/// A device's key, or its template's, with its place.
macro_rules! key {
    ($device:expr, $template:expr, $key:ident) => {
        match (&$device.keys.$key, $template) {
            (Some(value), _) => Some((value.get_ref(), $device.at(value.span()))),
            (None, Some(template)) => {
                template.keys.$key.as_ref().map(|value| (value.get_ref(), template.at(value.span())))
            }
            (None, None) => None,
        }
    };
}
pub(super) use key;
macro_rules! plain {
    ($device:expr, $template:expr, $key:ident) => {
        $device.keys.$key.as_ref().or($template.and_then(|template| template.keys.$key.as_ref()))
    };
}

/// Devices in the order of the file.
pub(crate) fn devices(
    policy: &Policy,
    (classes, treatments): (&Classes, &Treatments),
    tables: &mut Tables,
    report: &mut Report,
) -> Vec<Secrets> {
    let mut names = Index::new("template");
    for (index, row) in policy.template.iter().enumerate() {
        let name = row.keys.name.get_ref();
        names.add(name.clone(), &format!("{name:?}"), index, row.at(row.keys.name.span()), report);
    }
    let realm = policy
        .system
        .as_ref()
        .and_then(|row| row.keys.realm.as_ref())
        .map(|realm| realm.get_ref().0.0.as_str());
    let mut all = Devices {
        classes,
        treatments,
        realm,
        crypto: soft(),
        usernames: Index::new("username"),
        system_codes: &policy.system_account_code,
    };
    let mut secrets = Vec::with_capacity(policy.device.len());
    let elements = sets::elements(policy, tables, report);
    for device in &policy.device {
        let template = template(policy, &names, device, report);
        let row = tables.devices.len();
        secrets.push(all.device(device, template, tables, report));
        sets::set(row, device, template, &elements, tables, report);
    }
    if let Some(first) = policy.device.first()
        && realm.is_none_or(str::is_empty)
        && !secrets.is_empty()
    {
        let place = policy.system.as_ref().map_or(first.place, |row| row.place);
        report.error(
            place,
            "missing-key",
            "system: missing key `realm`: SIP devices need it to prove who they are",
        );
    }
    secrets
}

fn template<'p>(
    policy: &'p Policy,
    names: &Index<String>,
    device: &Row<Device>,
    report: &mut Report,
) -> Option<&'p Row<Template>> {
    let name = device.keys.template.as_ref()?;
    let Some(index) = names.get(name.get_ref()) else {
        report.error(
            device.at(name.span()),
            crate::finding::DANGLING,
            format!("there is no template named {:?}", name.get_ref()),
        );
        return None;
    };
    policy.template.get(index)
}

/// Whether a device is a set, by its own key or its template's.
pub(crate) fn is_set(device: &Row<Device>, template: Option<&Row<Template>>) -> bool {
    key!(device, template, kind).is_some_and(|(kind, _)| *kind == Kind::Set)
}

impl Devices<'_> {
    fn device(
        &mut self,
        device: &Row<Device>,
        template: Option<&Row<Template>>,
        tables: &mut Tables,
        report: &mut Report,
    ) -> Secrets {
        let dn = &device.keys.dn.get_ref().0.0;
        let missing = |key: &str, report: &mut Report| {
            report.error(
                device.place,
                "missing-key",
                format!("device {dn}: missing key `{key}`, in it or in its template"),
            );
            [0; 3]
        };
        let cos = match key!(device, template, cos) {
            Some((cos, place)) => self.classes.cos(cos, place, report),
            None => missing("cos", report),
        };
        let cor = match key!(device, template, cor) {
            Some((cor, place)) => self.classes.cor(cor, place, report),
            None => missing("cor", report),
        };
        let zone = key!(device, template, zone);
        let zone = self.classes.zone(
            zone.map(|(name, _)| name.as_str()),
            zone.map_or(device.place, |(_, place)| place),
            report,
        );
        let username = key!(device, template, username);
        let (username, place) = username
            .map_or_else(|| (dn, device.at(device.keys.dn.span())), |(name, place)| (&name.0.0, place));
        if username.is_empty() || username.contains(':') {
            report.error(place, "bad-value", "device: a username is not empty and has no colon");
        }
        let row_number = tables.devices.len();
        self.usernames.add(username.clone(), &format!("{username:?}"), row_number, place, report);
        let set = is_set(device, template);
        // A set has no password: its user agent is the controller's, which has a secret of its own.
        let digest = if set { vec![Algorithm::Sha256] } else { digest(device, template, report) };
        let secrets =
            if set { Secrets::default() } else { self.secrets(device, template, username, &digest, report) };
        let listed = key!(device, template, transport);
        // A set that may come in clear is told so.
        let unlisted = if set { 1 << Transport::Tls.number() } else { 0b111 };
        let transports = listed.map_or(unlisted, |(list, place)| {
            if list.is_empty() {
                let text = "device: transport lists nothing, expected \"udp\", \"tcp\" or \"tls\"";
                report.error(place, "bad-value", text);
            }
            list.iter().fold(0, |all, one| all | 1 << one.number())
        });
        let number = |algorithm: &Algorithm| match algorithm {
            Algorithm::Md5 => 1,
            Algorithm::Sha256 => 2,
            Algorithm::Sha512_256 => 3,
        };
        let offered = digest.iter().zip([0, 2, 4]).fold(0, |bits, (one, shift)| bits | number(one) << shift);
        tables.devices.push(DeviceRow {
            cos,
            cor,
            interconnect: plain!(device, template, interconnect).map_or(1, |number| number.get()),
            zone,
            digest: offered,
            srtp: srtp_number(plain!(device, template, srtp).copied()),
            transports,
        });
        let account_code = key!(device, template, default_account_code).and_then(|(id, place)| {
            let id: u16 = id.get();
            let found = self.system_codes.iter().find(|row| row.keys.id.get_ref().get::<u16>() == id);
            if found.is_none() {
                let text = format!("there is no system account code {id}");
                report.error(place, crate::finding::DANGLING, text);
            }
            found.map(|row| row.keys.code.0.0.as_str())
        });
        let intercept = self.treatments.named(("device", dn), key!(device, template, intercept), report);
        let texts = &mut tables.texts;
        tables.device_texts.push(DeviceTextRow {
            dn: texts.add(dn),
            name: texts.option(device.keys.name.as_deref()),
            username: texts.add(username),
            public_number: texts
                .option(plain!(device, template, public_number).map(|number| number.0.0.as_str())),
            cesid: texts.option(plain!(device, template, cesid).map(|cesid| cesid.0.0.as_str())),
            location: texts.option(plain!(device, template, location).map(String::as_str)),
            account_code: texts.option(account_code),
            intercept,
            line: report.line(device.place),
        });
        let forwards = [
            ("always_to", key!(device, template, always_to)),
            ("busy_to", key!(device, template, busy_to)),
            ("no_answer_to", key!(device, template, no_answer_to)),
            ("out_of_service_to", key!(device, template, out_of_service_to)),
        ];
        let forwards = forwards.map(|(name, key)| (name, key.map(|(to, place)| (to.0.0.as_str(), place))));
        forwards::build(row_number, ("device", dn), forwards, tables, report);
        secrets
    }

    fn secrets(
        &mut self,
        device: &Row<Device>,
        template: Option<&Row<Template>>,
        username: &str,
        digest: &[Algorithm],
        report: &mut Report,
    ) -> Secrets {
        let dn = &device.keys.dn.get_ref().0.0;
        let md5 = key!(device, template, ha1_md5);
        let sha256 = key!(device, template, ha1_sha256);
        let mut secrets = Secrets {
            md5: md5.map(|(ha1, _)| ha1.0.0),
            sha256: sha256.map(|(ha1, _)| ha1.0.0),
            sha512_256: None,
        };
        let password = key!(device, template, password);
        if let Some((password, place)) = password {
            let other =
                [md5.map(|(_, place)| place), sha256.map(|(_, place)| place)].into_iter().flatten().next();
            if let Some(other) = other {
                let text = format!(
                    "device {dn}: either a password or HA1, not both; the other is at {}",
                    report.at(other)
                );
                report.error(place, "duplicate", text);
            }
            self.weak(&password.0.0, dn, username, place, report);
            let parts =
                [username, ":", self.realm.unwrap_or(""), ":", password.0.0.as_str()].map(str::as_bytes);
            for algorithm in digest {
                let hashed = self.crypto.digest(*algorithm, &parts);
                match algorithm {
                    Algorithm::Md5 => secrets.md5 = hashed.as_bytes().try_into().ok(),
                    Algorithm::Sha256 => secrets.sha256 = hashed.as_bytes().try_into().ok(),
                    Algorithm::Sha512_256 => secrets.sha512_256 = hashed.as_bytes().try_into().ok(),
                }
            }
        }
        // What is not offered is not kept either.
        let offers = |algorithm| digest.contains(&algorithm);
        secrets = Secrets {
            md5: secrets.md5.filter(|_| offers(Algorithm::Md5)),
            sha256: secrets.sha256.filter(|_| offers(Algorithm::Sha256)),
            sha512_256: secrets.sha512_256,
        };
        let lacks = |has: bool, algorithm: Algorithm| offers(algorithm) && !has;
        let wants = match (
            lacks(secrets.md5.is_some(), Algorithm::Md5),
            lacks(secrets.sha256.is_some(), Algorithm::Sha256),
            lacks(secrets.sha512_256.is_some(), Algorithm::Sha512_256),
        ) {
            (false, false, false) => return secrets,
            (_, _, true) => "it offers digest sha-512-256: missing `password`, for HA1 cannot be given",
            (true, false, false) => "it offers digest md5: missing `password` or `ha1_md5`",
            (false, true, false) => "it offers digest sha-256: missing `password` or `ha1_sha256`",
            (true, true, false) => "missing `password`, or `ha1_md5` and `ha1_sha256`",
        };
        report.error(device.place, "missing-secret", format!("device {dn}: {wants}"));
        secrets
    }

    fn weak(&self, password: &str, dn: &str, username: &str, place: Place, report: &mut Report) {
        let lower = password.to_lowercase();
        let why = if password.chars().count() < 12 {
            "it has fewer than 12 characters"
        } else if lower.contains(&dn.to_lowercase()) {
            "it contains the directory number"
        } else if lower.contains(&username.to_lowercase()) {
            "it contains the username"
        } else {
            return;
        };
        let level = if self.classes.strict { Level::Error } else { Level::Warning };
        report.about("device", dn).push(
            place,
            level,
            "weak-secret",
            format!("device {dn}: the password is weak: {why}"),
        );
    }
}

/// The algorithms offered, in order.
fn digest(device: &Row<Device>, template: Option<&Row<Template>>, report: &mut Report) -> Vec<Algorithm> {
    let given = key!(device, template, digest);
    let Some((list, place)) = given else {
        let text = "without `digest`, only sha-256 is offered, and many phones know only md5";
        let dn = &device.keys.dn.get_ref().0.0;
        report.about("device", dn).group_as(Level::Warning, device.place, "digest-sha-256-only", text.into());
        return vec![Algorithm::Sha256];
    };
    let mut offered = Vec::new();
    for one in list {
        let algorithm = match one {
            Digest::Sha256 => Algorithm::Sha256,
            Digest::Md5 => Algorithm::Md5,
            Digest::Sha512_256 => Algorithm::Sha512_256,
        };
        if offered.contains(&algorithm) {
            report.error(place, "duplicate", format!("device: digest lists {} twice", algorithm.name()));
        } else {
            offered.push(algorithm);
        }
    }
    if offered.is_empty() {
        report.error(
            place,
            "bad-value",
            "device: digest lists nothing, expected \"sha-256\", \"sha-512-256\" or \"md5\"",
        );
    }
    offered
}

/// Encryption of media as the image has it.
pub(crate) fn srtp_number(srtp: Option<Srtp>) -> u8 {
    let srtp = match srtp {
        Some(Srtp::Off) => strowger::media::Srtp::Off,
        Some(Srtp::BestEffort) | None => strowger::media::Srtp::BestEffort,
        Some(Srtp::Required) => strowger::media::Srtp::Required,
    };
    srtp.number()
}
