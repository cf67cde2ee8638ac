//! What trunks do with numbers: inbound rows, and the form in which they send.

use super::dice::Dice;
use super::pick;
use crate::model::{Inbound, Model, NumberFormat};

const NUMBER_FORMATS_OF_PRIVATE_TRUNKS: bool = false;

pub(super) fn add(model: &mut Model, dice: &mut Dice<'_>) {
    for i in 0..model.trunks.len() {
        let formats = [NumberFormat::National, NumberFormat::E164];
        let format = if dice.percent(40) { *pick(dice.throw(), &formats) } else { NumberFormat::AsDialed };
        if model.trunks[i].public || NUMBER_FORMATS_OF_PRIVATE_TRUNKS {
            model.trunks[i].number_format = format;
        }
        let mut rows: Vec<Inbound> = Vec::new();
        for _ in 0..dice.throw() % 5 {
            let row = row(model, dice);
            if rows.iter().all(|other| other.did != row.did) {
                rows.push(row);
            }
        }
        model.trunks[i].inbound = rows;
    }
}

/// A national number of ten places, its last ones open, to a device or out again.
fn row(model: &Model, dice: &mut Dice<'_>) -> Inbound {
    if model.devices.is_empty() || dice.percent(12) {
        return Inbound { did: "613555XXXX".into(), to: "81416555XXXX".into() };
    }
    if !model.emergency.is_empty() && dice.percent(8) {
        return Inbound { did: "6135550127".into(), to: pick(dice.throw(), &model.emergency).string() };
    }
    let mut to: Vec<char> = pick(dice.throw(), &model.devices).dn.chars().collect();
    let open = usize::from(dice.throw() % 3);
    for place in to.iter_mut().rev().take(open).filter(|place| place.is_ascii_digit()) {
        *place = 'X';
    }
    let open = to.iter().filter(|place| **place == 'X').count();
    let mut did: Vec<char> =
        pick(dice.throw(), &["6135550127", "6135550200", "6135557012"]).chars().collect();
    // More places may be open than are taken over.
    let more = usize::from(dice.throw() % 2);
    for place in did.iter_mut().rev().take(open + more) {
        *place = 'X';
    }
    Inbound { did: did.into_iter().collect(), to: to.into_iter().collect() }
}
