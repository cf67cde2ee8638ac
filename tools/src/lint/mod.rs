//! What compiles and is probably not meant: ways to run up somebody else's bill, and to miss an ambulance.
//!
//! Classes are judged, not devices: sixty-five thousand phones of one class are one question. Findings say what is wrong,
//! what it costs and what to write instead; `docs/findings.md` has a section for each code.

pub(crate) mod accept;
mod classes;
mod codes;
mod devices;
mod emergency;
mod media;
mod model;
mod overlaps;
mod rows;
mod system;
mod trunks;
mod unused;

use crate::finding::Report;
use crate::schema::Policy;
use crate::write::Tables;

/// All lints over a policy that compiles.
pub(crate) fn run(policy: &Policy, tables: &Tables, report: &mut Report) {
    let model = model::Model::new(policy);
    trunks::lint(&model, report);
    classes::lint(&model, report);
    codes::lint(&model, report);
    devices::lint(&model, report);
    emergency::lint(&model, report);
    media::lint(&model, report);
    rows::lint(&model, tables, report);
    rows::gaps(&model, report);
    overlaps::lint(&model, report);
    system::lint(&model, report);
    unused::lint(&model, report);
}
