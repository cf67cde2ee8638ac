//! Intercept treatments: where who is refused is put through to.

use super::{Index, help::waits};
use crate::finding::{DANGLING, Place, Report};
use crate::schema::Policy;
use crate::schema::types::Int;
use crate::schema::waiting::Treatment;
use crate::write::Tables;
use std::collections::BTreeMap;
use strowger::policy::Condition;
use strowger::policy::rows::InterceptRow;

/// Who names none has this one.
const DEFAULT: u8 = 1;

/// The treatments, by number: the row plus one.
pub(super) struct Treatments(BTreeMap<u8, u8>);

impl Treatments {
    pub(super) fn new(policy: &Policy, report: &mut Report) -> Self {
        let mut ids: Index<u8> = Index::new("intercept");
        let mut rows = BTreeMap::new();
        for (index, row) in policy.intercept.iter().enumerate() {
            let id: u8 = row.keys.id.get_ref().get();
            if ids.add(id, &id.to_string(), index, row.at(row.keys.id.span()), report) {
                rows.insert(id, 0);
            }
        }
        (1u8..).zip(rows.values_mut()).for_each(|(at, row)| *row = at);
        Self(rows)
    }

    /// The row plus one of what a device or a user names; 0: the tone.
    pub(super) fn named(
        &self,
        who: (&str, &str),
        named: Option<(&Int<1, 64>, Place)>,
        report: &mut Report,
    ) -> u8 {
        let id: u8 = named.map_or(DEFAULT, |(id, _)| id.get());
        match (self.0.get(&id), named) {
            (Some(row), _) => *row,
            (None, Some((_, place))) if id != DEFAULT => {
                let text = format!("{} {}: there is no intercept {id}", who.0, who.1);
                report.error(place, DANGLING, text);
                0
            }
            (None, _) => 0,
        }
    }
}

/// The rows, when every number has its own.
pub(crate) fn build(policy: &Policy, tables: &mut Tables, report: &mut Report) {
    let numbers = tables.device_texts.iter().map(|row| tables.texts.get(row.dn).to_owned());
    let numbers: BTreeMap<String, u32> = numbers.zip(1..).collect();
    for row in &policy.intercept {
        let keys = &row.keys;
        let id: u8 = keys.id.get_ref().get();
        let treatments = [
            &keys.vacant,
            &keys.cos_violation,
            &keys.cor_denied,
            &keys.interconnect_denied,
            &keys.account_code_violation,
            &keys.out_of_service,
        ];
        let mut to = [0; 6];
        for (condition, treatment) in Condition::ALL.into_iter().zip(treatments) {
            let Some(spanned) = treatment else { continue };
            let Treatment::Number(dn) = spanned.get_ref() else { continue };
            match numbers.get(dn) {
                Some(device) => to[condition.index()] = *device,
                // A set, or a hunt group of a kind, that waits for a later version.
                None if waits(policy, dn) => {}
                None if policy.hunt_group.iter().any(|row| row.keys.dn.get_ref().0.0 == *dn) => {}
                None => {
                    let text = format!(
                        "intercept {id}: `{}` names {dn}, and no device, user or hunt group has that number",
                        condition.name()
                    );
                    report.error(row.at(spanned.span()), DANGLING, text);
                }
            }
        }
        tables.intercepts.push(InterceptRow { id, to });
    }
    tables.intercepts.sort_by_key(|row| row.id);
}
