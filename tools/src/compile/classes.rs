//! Classes: COS, COR groups, interconnect, zones' names, and how they are referred to.

use super::Index;
use crate::finding::{Place, Report, Row};
use crate::read::NOT_IN_FORCE;
use crate::schema::Policy;
use crate::schema::system::Profile;
use crate::schema::types::{ByMode, Ref};
use crate::write::Tables;
use strowger::policy::rows::{CorGroupRow, CosRow, Features, InterconnectRow, ZoneRow};
use toml::Spanned;

/// Classes by number and name.
pub(crate) struct Classes {
    /// Whether silence means no.
    pub(crate) strict: bool,
    cos: Index<u16>,
    cos_names: Index<String>,
    groups: Index<u16>,
    group_names: Index<String>,
    zones: Index<String>,
}

/// Features that act in this version.
const ACTING: Features = Features::HOLD
    .union(Features::CAMP_ON)
    .union(Features::CAMP_ON_TONE_SECURITY)
    .union(Features::SMDR_EXTERNAL)
    .union(Features::SMDR_INTERNAL)
    .union(Features::PUBLIC_TO_PUBLIC)
    .union(Features::TRANSFER)
    .union(Features::CONFERENCE)
    .union(Features::OVERRIDE_INTERCONNECT_ON_TRANSFER)
    .union(Features::VERIFIED_ACCOUNT_CODE)
    .union(Features::NON_VERIFIED_ACCOUNT_CODE)
    .union(Features::FORCED_VERIFIED_ACCOUNT_CODE)
    .union(Features::FORCED_NON_VERIFIED_ACCOUNT_CODE)
    .union(Features::EMERGENCY_NOTIFY)
    .union(Features::FORWARD_INTERNAL)
    .union(Features::FORWARD_EXTERNAL)
    .union(Features::DO_NOT_DISTURB)
    .union(Features::PICKUP)
    .union(Features::PARK)
    .union(Features::REDIAL)
    .union(Features::HOT_DESK_LOGIN)
    .union(Features::HOT_DESK_ACCEPT)
    .union(Features::DO_NOT_DISTURB_OVERRIDE)
    .union(Features::EXECUTIVE_BUSY_OVERRIDE)
    .union(Features::BUSY_OVERRIDE_SECURITY)
    .union(Features::CALL_PRIVACY);

pub(crate) fn build(policy: &Policy, tables: &mut Tables, report: &mut Report) -> Classes {
    let strict = policy.system.as_ref().is_none_or(|row| row.keys.profile != Some(Profile::Mivb));
    let mut classes = Classes {
        strict,
        cos: Index::new("COS"),
        cos_names: Index::new("COS"),
        groups: Index::new("COR group"),
        group_names: Index::new("COR group"),
        zones: Index::new("zone"),
    };
    for (index, row) in policy.cos.iter().enumerate() {
        let id: u16 = row.keys.id.get_ref().get();
        classes.cos.add(id, &id.to_string(), index, row.at(row.keys.id.span()), report);
        name(&mut classes.cos_names, row.keys.name.as_ref(), row, index, report);
        let features = features(row, report);
        let timers = row.keys.timers.as_ref();
        macro_rules! timer {
            ($name:ident, $default:literal) => {
                timers.and_then(|timers| timers.$name).map_or($default, |value| value.get())
            };
        }
        tables.cos.push(CosRow {
            id: row.keys.id.get_ref().get(),
            features: features.bits(),
            code_length: row.keys.account_code_length.map_or(0, |length| length.get()),
            ringing_s: timer!(ringing, 180),
            first_digit_s: timer!(first_digit, 15),
            inter_digit_s: timer!(inter_digit, 10),
            dialing_conflict_s: timer!(dialing_conflict, 3),
            no_answer_s: timer!(no_answer, 15),
            no_answer_recall_s: timer!(no_answer_recall, 17),
            hold_recall_s: timer!(hold_recall, 30),
            camp_on_recall_s: timer!(camp_on_recall, 60),
            busy_tone_s: timer!(busy_tone, 30),
            call_duration_min: timer!(call_duration_min, 0),
            cleardown_min: timer!(cleardown_min, 0),
            name: tables.texts.option(row.keys.name.as_ref().map(|name| name.get_ref().as_str())),
        });
    }
    for (index, row) in policy.cor_group.iter().enumerate() {
        let id: u16 = row.keys.id.get_ref().get();
        classes.groups.add(id, &id.to_string(), index, row.at(row.keys.id.span()), report);
        name(&mut classes.group_names, row.keys.name.as_ref(), row, index, report);
        tables.cor_groups.push(CorGroupRow {
            id: row.keys.id.get_ref().get(),
            low: u64::try_from(row.keys.members.0.0 & u128::from(u64::MAX)).unwrap_or(0),
            high: u64::try_from(row.keys.members.0.0 >> 64).unwrap_or(0),
            name: tables.texts.option(row.keys.name.as_ref().map(|name| name.get_ref().as_str())),
        });
    }
    for pair in policy.interconnect.iter().flat_map(|row| row.keys.restricted.iter().flatten()) {
        let (from, to): (usize, u32) = (pair.from.get(), pair.to.get());
        if tables.interconnect.len() < from {
            tables.interconnect.resize(from, InterconnectRow::default());
        }
        tables.interconnect[from - 1].restricted |= 1 << (to - 1);
    }
    for (index, row) in policy.zone.iter().enumerate() {
        name(&mut classes.zones, Some(&row.keys.name), row, index, report);
        tables.zones.push(ZoneRow {
            name: tables.texts.add(row.keys.name.get_ref()),
            cesid: tables.texts.option(row.keys.cesid.as_ref().map(|cesid| cesid.0.0.as_str())),
            location: tables.texts.option(row.keys.location.as_deref()),
            ..ZoneRow::default()
        });
    }
    if let Some(row) = policy.zone.get(255) {
        report.error(row.place, "too-many", "there can be 255 zones");
    }
    classes
}

fn name<T>(
    index: &mut Index<String>,
    name: Option<&Spanned<String>>,
    row: &Row<T>,
    at: usize,
    report: &mut Report,
) {
    if let Some(name) = name {
        index.add(name.get_ref().clone(), &format!("{:?}", name.get_ref()), at, row.at(name.span()), report);
    }
}

fn features(row: &Row<crate::schema::system::Cos>, report: &mut Report) -> Features {
    let mut all = Features::empty();
    for name in row.keys.features.iter().flatten() {
        let place = row.at(name.span());
        let Some(feature) = Features::named(name.get_ref()) else {
            let known: Vec<String> =
                Features::all().iter_names().map(|(name, _)| name.to_lowercase().replace('_', "-")).collect();
            let text = format!("unknown feature {:?}, expected one of {}", name.get_ref(), known.join(", "));
            report.error(place, "bad-value", text);
            continue;
        };
        all |= feature;
        if !ACTING.contains(feature) {
            let text = "of the features, this version acts on hold, camp-on, camp-on-tone-security, executive-busy-override, busy-override-security, call-privacy, account codes, smdr-external, smdr-internal, public-to-public, transfer, conference, override-interconnect-on-transfer, pickup, park, redial, forward-internal, forward-external, hot-desk-login, hot-desk-accept, do-not-disturb, do-not-disturb-override and emergency-notify; the others have no effect";
            report.group(place, NOT_IN_FORCE, text.into());
        }
    }
    all
}

impl Classes {
    /// COS table rows plus one, by mode; 0 where the number is 0 or the class must stay closed.
    pub(crate) fn cos(&self, modes: &ByMode<110>, place: Place, report: &mut Report) -> [u8; 3] {
        let mut missing = Vec::new();
        let rows = modes.0.clone().map(|class| {
            let found = match &class {
                Ref::Number(0) => return 0,
                Ref::Number(id) => self.cos.get(id).ok_or_else(|| format!("there is no COS {id}")),
                Ref::Name(name) => {
                    self.cos_names.get(name).ok_or_else(|| format!("there is no COS named {name:?}"))
                }
            };
            match found {
                Ok(row) => u8::try_from(row + 1).unwrap_or(0),
                Err(text) => {
                    missing.push(text);
                    0
                }
            }
        });
        missing.dedup();
        missing.into_iter().for_each(|text| report.error(place, crate::finding::DANGLING, text));
        rows
    }

    /// COR numbers by mode; 0 where the COR must stay closed.
    pub(crate) fn cor(&self, modes: &ByMode<96>, place: Place, report: &mut Report) -> [u8; 3] {
        let mut named = false;
        let numbers = modes.0.clone().map(|class| match class {
            Ref::Number(cor) => u8::try_from(cor).unwrap_or(0),
            Ref::Name(_) => {
                named = true;
                0
            }
        });
        if named {
            report.error(
                place,
                crate::finding::DANGLING,
                "a COR is a number from 0 to 96: only COR groups, which list CORs, have names",
            );
        }
        numbers
    }

    /// COR group table row plus one; 0: none.
    pub(crate) fn group(
        &self,
        group: Option<&Spanned<Ref<96>>>,
        at: impl Fn(&Spanned<Ref<96>>) -> Place,
        report: &mut Report,
    ) -> u8 {
        let Some(group) = group else { return 0 };
        let (found, text) = match group.get_ref() {
            Ref::Number(0) => return 0,
            Ref::Number(id) => (self.groups.get(id), format!("there is no COR group {id}")),
            Ref::Name(name) => (self.group_names.get(name), format!("there is no COR group named {name:?}")),
        };
        match found {
            Some(row) => u8::try_from(row + 1).unwrap_or(0),
            None => {
                report.error(at(group), crate::finding::DANGLING, text);
                0
            }
        }
    }

    /// Zone table row plus one; 0: the zone "default" when nobody describes it.
    pub(crate) fn zone(&self, name: Option<&str>, place: Place, report: &mut Report) -> u8 {
        let name = name.unwrap_or("default");
        match self.zones.get(name) {
            Some(row) => u8::try_from(row + 1).unwrap_or(0),
            None if name == "default" => 0,
            None => {
                report.error(place, crate::finding::DANGLING, format!("there is no zone named {name:?}"));
                0
            }
        }
    }
}
