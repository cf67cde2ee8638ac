//! Less of a policy that shows a fault.

use crate::model::{Country, Model, NumberFormat};

/// Every policy that lacks one thing of this one; some of them refer to what they lack.
#[must_use]
pub fn smaller(model: &Model) -> Vec<Model> {
    let mut all = Vec::new();
    macro_rules! without_one {
        ($($table:ident)+) => { $(
            for i in 0..model.$table.len() {
                let mut less = model.clone();
                less.$table.remove(i);
                all.push(less);
            }
        )+ };
    }
    without_one!(emergency leading ars route_lists routes modifications trunks users devices zones restricted cor_groups cos
        class_defaults own_classes schedule holidays plans codes code_lengths without_code max_digits system_codes speed_calls open_rules);
    for i in 0..model.route_lists.len() {
        for j in 0..model.route_lists[i].choices.len() {
            let mut less = model.clone();
            less.route_lists[i].choices.remove(j);
            all.push(less);
        }
    }
    for i in 0..model.routes.len() {
        let mut less = model.clone();
        less.routes[i].modification = None;
        all.push(less);
    }
    for i in 0..model.trunks.len() {
        for j in 0..model.trunks[i].inbound.len() {
            let mut less = model.clone();
            less.trunks[i].inbound.remove(j);
            all.push(less);
        }
        let mut less = model.clone();
        less.trunks[i].number_format = NumberFormat::AsDialed;
        all.push(less);
    }
    for i in 0..model.own_classes.len() {
        for j in 0..model.own_classes[i].prefixes.len() {
            let mut less = model.clone();
            less.own_classes[i].prefixes.remove(j);
            all.push(less);
        }
        for j in 0..model.own_classes[i].countries.len() {
            let mut less = model.clone();
            less.own_classes[i].countries.remove(j);
            all.push(less);
        }
    }
    for i in 0..model.cos.len() {
        for j in 0..model.cos[i].features.len() {
            let mut less = model.clone();
            less.cos[i].features.remove(j);
            all.push(less);
        }
    }
    for i in 0..model.speed_calls.len() {
        let mut less = model.clone();
        less.speed_calls[i].cor_exempt = false;
        all.push(less);
    }
    let quiet = model.clone();
    all.push(Model { area_code: None, ..quiet.clone() });
    all.push(Model { plus_access: None, ..quiet.clone() });
    all.push(Model { country: Country::Ca, ..quiet.clone() });
    all.push(Model { limits: (None, None), ..quiet });
    all.retain(|less| less != model);
    all
}
