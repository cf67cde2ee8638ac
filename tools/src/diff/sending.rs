//! What a row sends: its routes, and the class automaton over the digits that go out.

use super::dialing::KEYS_ASCII;
use strowger::policy::Image;
use strowger::policy::rows::{ONE_WAY, SYMBOL_SHIFT, USE_LIST, USE_PLAN};

/// A state of the class automaton that was left: no number goes on so. Below it, the own classes that matched.
pub(super) const LEFT: u16 = 1 << 15;
/// A `#` stood where no number goes on so: it ends here, and what follows changes nothing.
pub(super) const ENDED: u16 = 1 << 14;

/// The routes that a row may use at any time, by row of the table.
pub(super) fn routes(image: &Image<'_>, leads: u8, index: u16) -> Vec<u16> {
    match leads {
        USE_PLAN => {
            let run = image.plans().get(usize::from(index)).unwrap_or_default().cells;
            let cells = (run.first..run.first + u32::from(run.count))
                .filter_map(|cell| image.cells().get(cell as usize));
            cells.flat_map(|cell| routes(image, cell.leads, cell.index)).collect()
        }
        USE_LIST => {
            let run = image.lists().get(usize::from(index)).unwrap_or_default().choices;
            let all = run.first..run.first + u32::from(run.count);
            all.filter_map(|choice| image.choices().get(choice as usize)).map(|choice| choice.route).collect()
        }
        _ => vec![index],
    }
}

pub(super) fn symbol(c: u8) -> u16 {
    // As the engine's automaton: `+`, and anything else, is the last symbol.
    KEYS_ASCII.iter().position(|key| *key == c).and_then(|key| u16::try_from(key).ok()).unwrap_or(12)
}

/// One step of the class automaton, as `strowger::policy::class::classify` takes it.
pub(crate) fn class_step(image: &Image<'_>, state: u16, symbol: u16) -> u16 {
    if state & (LEFT | ENDED) != 0 {
        return state;
    }
    let row = image.class_states().get(usize::from(state)).unwrap_or_default();
    let next = if row.class & ONE_WAY == 0 {
        let edge = image.class_edges().get(usize::from(row.base) + usize::from(symbol));
        edge.filter(|edge| edge.edge >> SYMBOL_SHIFT == symbol).map(|edge| edge.edge & 0xFFF)
    } else {
        (symbol < 10).then_some(row.base)
    };
    let hash = 11;
    next.unwrap_or_else(|| if symbol == hash { ENDED | state } else { LEFT | u16::from(row.own) })
}
