//! Account codes: what they stand for goes into the image, the codes into the keyring.

use super::classes::Classes;
use crate::finding::{Place, Report};
use crate::schema::Policy;
use crate::schema::account::CodeKind;
use crate::schema::types::ByMode;
use crate::write::Tables;
use std::collections::HashMap;
use strowger::policy::rows::AccountCodeRow;

/// The codes, by row of the image's table.
pub(crate) fn build<'p>(
    policy: &'p Policy,
    classes: &Classes,
    tables: &mut Tables,
    report: &mut Report,
) -> Vec<&'p str> {
    let mut codes = Vec::new();
    let mut known: HashMap<&str, Place> = HashMap::new();
    for row in &policy.account_code {
        let keys = &row.keys;
        let code = keys.code.get_ref().0.0.as_str();
        let place = row.at(keys.code.span());
        if let Some(first) = known.insert(code, place) {
            report.error(place, "duplicate", format!("the same account code is at {}", report.at(first)));
        }
        let verified = keys.kind == CodeKind::Verified;
        let mut class = |name: &str, given: bool| {
            if verified && !given {
                let text =
                    format!("account_code: a verified code needs `{name}`: it replaces the station's (R7)");
                report.error(row.place, "missing-key", text);
            } else if !verified && given {
                let text =
                    format!("account_code: `{name}` is for verified codes; this one only names a record");
                report.error(row.place, "misplaced-key", text);
            }
        };
        class("cos", keys.cos.is_some());
        class("cor", keys.cor.is_some());
        let cos = keys.cos.as_ref().map_or(0, |cos| {
            let modes = ByMode([cos.get_ref().clone(), cos.get_ref().clone(), cos.get_ref().clone()]);
            classes.cos(&modes, row.at(cos.span()), report)[0]
        });
        let cor = keys.cor.as_ref().map_or(0, |cor| {
            let modes = ByMode([cor.get_ref().clone(), cor.get_ref().clone(), cor.get_ref().clone()]);
            classes.cor(&modes, row.at(cor.span()), report)[0]
        });
        tables.codes.push(AccountCodeRow {
            kind: u8::from(!verified),
            cos,
            cor,
            name: tables.texts.option(keys.name.as_deref()),
            line: report.line(row.place),
        });
        codes.push(code);
    }
    if let Some(row) = policy.account_code.get(usize::from(u16::MAX)) {
        report.error(row.place, "too-many", "there can be 65,535 account codes");
    }
    codes
}
