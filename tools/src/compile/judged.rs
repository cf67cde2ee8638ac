//! Number classes and the country's plan: what is denied, what is watched, and the automaton that tells them.

use super::Index;
use super::classes::Classes;
use crate::finding::Report;
use crate::schema::Policy;
use crate::schema::numbering::Action;
use crate::write::Tables;
use strowger::policy::rows::{MaxDigitsRow, OwnClassRow};

pub(crate) fn build(policy: &Policy, classes: &Classes, tables: &mut Tables, report: &mut Report) {
    own(policy, classes, tables, report);
    most_digits(policy, tables, report);
}

fn own(policy: &Policy, classes: &Classes, tables: &mut Tables, report: &mut Report) {
    let mut names = Index::new("number class");
    for (index, row) in policy.number_class.iter().enumerate() {
        let name = row.keys.name.get_ref();
        names.add(name.clone(), &format!("{name:?}"), index, row.at(row.keys.name.span()), report);
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
