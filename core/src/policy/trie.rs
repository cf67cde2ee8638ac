//! Digit analysis: one walk over the trie, one node a digit, whatever the number of rows.

use super::image::Image;
use super::rows::{
    END_ARS, END_DEVICE, END_EMERGENCY, END_FEATURE, END_HELD, END_INBOUND, END_SHIFT, KEYS, LOOK, NodeRow,
    ONE_EDGE, PlaceRow, STAYS, TOWARDS_EMERGENCY,
};
use crate::base::Digit;

/// What the digits lead to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// A device's directory number: its row.
    Device(u32),
    /// An ARS row.
    Ars(u32),
    /// An emergency row, complete on its last digit; later digits were not looked at (R67).
    Emergency(u32),
    /// A feature access code: which, and after how many digits; later digits belong to it.
    Feature(u32, u8),
    /// An inbound row of a trunk.
    Inbound(u32),
    /// The digits so far are the beginning of something.
    Incomplete,
    /// Nothing matches.
    Vacant,
    /// A character that is no telephone key.
    Invalid,
}

/// The result of [`analyse`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Analysis {
    /// What the digits lead to.
    pub end: End,
    /// The first Leading row on the way whose COR group blocks the COR.
    pub leading_denied: Option<u32>,
    /// More digits could still make it an emergency string.
    pub maybe_emergency: bool,
    /// What further digits could do to it.
    pub onward: Onward,
}

/// What digits behind those walked could do. Only who dials digit by digit asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Onward {
    /// Nothing: no number goes on like this, or the walk ended before.
    Nothing,
    /// Some of them lead to another number (R58).
    Other,
    /// All of them belong to the same number, whose length is unknown (R57).
    Same,
}

/// Walks the digits that a party of this exchange dials, see [`analyse_from`].
#[inline]
pub fn analyse(image: &Image<'_>, digits: &[u8], blocked: impl FnMut(u32) -> bool) -> Analysis {
    analyse_from(image, 0, digits, blocked)
}

/// Walks the digits from a root. `blocked` says whether a Leading row refuses the caller; it is asked once for each such row passed.
/// Work: one node for each digit.
#[inline]
pub fn analyse_from(
    image: &Image<'_>,
    root: u32,
    digits: &[u8],
    mut blocked: impl FnMut(u32) -> bool,
) -> Analysis {
    let mut index = root;
    let mut at = node(image, index).unwrap_or_default();
    // Keys that this node still takes before its edge is followed.
    let mut more = at.more;
    let mut leading_denied = None;
    let mut end = None;
    let mut rest = digits.iter();
    while let Some(&c) = rest.next() {
        let Some(digit) = Digit::from_ascii(c) else {
            end = Some(End::Invalid);
            break;
        };
        let bit = 1u16.wrapping_shl(u32::from(digit.index()));
        if at.keys & bit == 0 {
            end = Some(End::Vacant);
            break;
        }
        index = if at.keys & ONE_EDGE == 0 {
            step(image, &at, digit, bit)
        } else {
            // The keys of a run are taken without leaving its node: nothing is to be seen there.
            if more != 0 {
                let passed = take_run(&mut rest, at.keys, &mut more);
                if passed != Run::Through {
                    end = match passed {
                        Run::Invalid => Some(End::Invalid),
                        Run::Vacant => Some(End::Vacant),
                        Run::Ended | Run::Through => None,
                    };
                    break;
                }
            }
            at.edges
        };
        at = node(image, index).unwrap_or_default();
        more = at.more;
        if at.keys & LOOK == 0 {
            continue;
        }
        let here = place(image, index);
        if here.end >> END_SHIFT == END_EMERGENCY {
            end = Some(End::Emergency(here.end & INDEX));
            break;
        }
        if here.end >> END_SHIFT == END_FEATURE {
            let taken = digits.len().saturating_sub(rest.len());
            end = Some(End::Feature(here.end & INDEX, u8::try_from(taken).unwrap_or(u8::MAX)));
            break;
        }
        if leading_denied.is_none() {
            leading_denied = here.leading.checked_sub(1).filter(|leading| blocked(*leading));
        }
        // Any further digits are taken and change nothing: it is enough that they are digits.
        if at.keys & STAYS != 0 {
            if !rest.all(|c| Digit::from_ascii(*c).is_some()) {
                end = Some(End::Invalid);
            }
            break;
        }
    }
    let stopped = end.is_some();
    let end = end.unwrap_or_else(|| {
        let here = place(image, index);
        match (here.end >> END_SHIFT, at.keys & KEYS) {
            (END_DEVICE, _) => End::Device(here.end & INDEX),
            (END_ARS, _) => End::Ars(here.end & INDEX),
            (END_INBOUND, _) => End::Inbound(here.end & INDEX),
            (END_HELD, _) => End::Vacant,
            (_, 0) => End::Vacant,
            (_, _) => End::Incomplete,
        }
    });
    let onward = match at.keys & (STAYS | KEYS) {
        _ if stopped => Onward::Nothing,
        0 => Onward::Nothing,
        keys if keys & STAYS != 0 => Onward::Same,
        _ => Onward::Other,
    };
    Analysis { end, leading_denied, maybe_emergency: !stopped && at.keys & TOWARDS_EMERGENCY != 0, onward }
}

/// What became of the keys of a run.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Run {
    /// All were taken, and the edge is followed.
    Through,
    /// The digits ended within it.
    Ended,
    Vacant,
    Invalid,
}

/// Takes `more` further keys of a node.
#[inline(always)]
fn take_run(rest: &mut core::slice::Iter<'_, u8>, keys: u16, more: &mut u8) -> Run {
    while *more != 0 {
        let Some(&c) = rest.next() else { return Run::Ended };
        let Some(digit) = Digit::from_ascii(c) else { return Run::Invalid };
        if keys.wrapping_shr(u32::from(digit.index())) & 1 == 0 {
            return Run::Vacant;
        }
        *more = more.wrapping_sub(1);
    }
    Run::Through
}

/// The bits of [`PlaceRow::end`] that are a row number.
pub const INDEX: u32 = (1 << END_SHIFT) - 1;

/// Where one of several ways leads to.
#[inline(always)]
fn step(image: &Image<'_>, at: &NodeRow, digit: Digit, bit: u16) -> u32 {
    let below = bit.wrapping_sub(1);
    // Where every lower key has an edge there is nothing to count.
    let rank = if at.keys & below == below { u32::from(digit.index()) } else { ones(at.keys & below) };
    let edge = usize::try_from(at.edges.wrapping_add(rank)).ok().and_then(|edge| image.edges.get(edge));
    // The image was checked when it was loaded: there is such an edge.
    edge.map_or(u32::MAX, |edge| edge.node)
}

#[inline(always)]
fn node(image: &Image<'_>, index: u32) -> Option<NodeRow> {
    image.nodes.get(usize::try_from(index).ok()?)
}

/// What there is at a node; nothing behind the last row.
#[inline(always)]
fn place(image: &Image<'_>, index: u32) -> PlaceRow {
    usize::try_from(index).ok().and_then(|index| image.places.get(index)).unwrap_or_default()
}

/// How many of the lowest twelve bits are set. Small machines have no instruction for it, nor has the baseline of large
/// ones; three looks at a table of 16 are a third of what the compiler would write.
#[inline(always)]
fn ones(keys: u16) -> u32 {
    const OF_NIBBLE: [u8; 16] = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4];
    let of = |nibble: u16| u32::from(OF_NIBBLE.get(usize::from(nibble & 15)).copied().unwrap_or(0));
    of(keys).wrapping_add(of(keys >> 4)).wrapping_add(of(keys >> 8))
}

#[cfg(test)]
mod tests {
    #[test]
    fn ones_counts_bits() {
        for keys in 0..1u16 << 12 {
            assert_eq!(super::ones(keys), keys.count_ones());
        }
    }
}
