//! Digit analysis: one walk over the trie, one node a digit, whatever the number of rows.

use super::image::Image;
use super::rows::{
    END_ARS, END_DEVICE, END_EMERGENCY, END_FEATURE, END_HELD, END_INBOUND, END_NONE, END_SHIFT, KEYS, LOOK,
    NodeRow, ONE_EDGE, PlaceRow, STAYS, TOWARDS_EMERGENCY,
};
use crate::base::Digit;
use crate::base::digits::known_decimal;

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
    /// Why the walk ended before the digits did.
    stopped: Option<End>,
    /// What ends where it arrived, [`PlaceRow::end`]; nothing where it was stopped.
    place: u32,
    /// The first Leading row on the way whose COR group blocks the COR.
    pub leading_denied: Option<u32>,
    /// The keys of the node that the digits lead to, and what it tells; 0 where the walk was stopped.
    keys: u16,
    /// The digits were seen to be decimal ones; `false` says nothing.
    pub(super) decimal: bool,
}

impl Analysis {
    /// What the digits lead to.
    #[must_use]
    pub const fn end(&self) -> End {
        if let Some(end) = self.stopped {
            return end;
        }
        let row = self.place & INDEX;
        match (self.place >> END_SHIFT, self.keys & KEYS) {
            (END_DEVICE, _) => End::Device(row),
            (END_ARS, _) => End::Ars(row),
            (END_INBOUND, _) => End::Inbound(row),
            (END_HELD, _) => End::Vacant,
            (_, 0) => End::Vacant,
            (_, _) => End::Incomplete,
        }
    }

    /// The emergency row, if it is one.
    #[inline(always)]
    #[must_use]
    pub const fn emergency(&self) -> Option<u32> {
        if let Some(End::Emergency(row)) = self.stopped { Some(row) } else { None }
    }

    /// The ARS row, if it is one: what is asked for most.
    #[inline(always)]
    #[must_use]
    pub const fn ars(&self) -> Option<u32> {
        if self.place >> END_SHIFT == END_ARS { Some(self.place & INDEX) } else { None }
    }

    /// The device, if it is one.
    #[inline(always)]
    #[must_use]
    pub const fn device(&self) -> Option<u32> {
        if self.place >> END_SHIFT == END_DEVICE { Some(self.place & INDEX) } else { None }
    }

    /// Whether more digits could still make it an emergency string.
    #[must_use]
    pub const fn maybe_emergency(&self) -> bool {
        self.keys & TOWARDS_EMERGENCY != 0
    }

    /// What further digits could do to it.
    #[must_use]
    pub const fn onward(&self) -> Onward {
        match self.keys & (STAYS | KEYS) {
            0 => Onward::Nothing,
            keys if keys & STAYS != 0 => Onward::Same,
            _ => Onward::Other,
        }
    }
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
pub fn analyse(image: &Image<'_>, digits: &[u8], mut blocked: impl FnMut(u32) -> bool) -> Analysis {
    analyse_from(image, 0, digits, &mut blocked)
}

/// Walks the digits from a root. `blocked` says whether a Leading row refuses the caller; it is asked once for each such row passed.
/// Work: one node for each digit.
#[inline(never)]
pub fn analyse_from(
    image: &Image<'_>,
    root: u32,
    digits: &[u8],
    blocked: &mut dyn FnMut(u32) -> bool,
) -> Analysis {
    walk(image, root, digits, blocked)
}

/// The same, as part of the function that asks: a decision's.
#[inline(always)]
pub(super) fn walk(
    image: &Image<'_>,
    root: u32,
    digits: &[u8],
    mut blocked: impl FnMut(u32) -> bool,
) -> Analysis {
    let mut index = root;
    let mut at = node(image, index).unwrap_or_default();
    let mut taken = 0usize;
    let mut leading_denied = None;
    let mut decimal = false;
    let mut stopped = None;
    let walked = loop {
        let Some(&c) = digits.get(taken) else { break Walked::Arrived };
        let Some(digit) = Digit::from_ascii(c) else {
            stopped = Some(End::Invalid);
            break Walked::Nowhere;
        };
        if at.keys.wrapping_shr(u32::from(digit.index())) & 1 == 0 {
            break Walked::Nowhere;
        }
        taken = taken.wrapping_add(1);
        let next = if at.keys & ONE_EDGE == 0 {
            let Some(next) = step(image, &at, digit) else { break Walked::Nowhere };
            next
        } else {
            if at.more != 0 {
                // The keys of a run are taken without leaving its node: nothing is to be seen there.
                let any = at.keys & DECIMAL == DECIMAL;
                decimal = any && known_decimal(digits);
                if !decimal {
                    let keys = digits.get(taken..).unwrap_or(&[]);
                    let keys = keys.get(..usize::from(at.more)).unwrap_or(keys);
                    stopped = stopper(keys, at.keys);
                    if stopped.is_some() {
                        break Walked::Nowhere;
                    }
                }
                taken = taken.wrapping_add(usize::from(at.more));
                if taken > digits.len() {
                    break Walked::Within;
                }
            }
            at.edges
        };
        // The image was checked: there is such a node.
        let Some(row) = node(image, next) else { break Walked::Nowhere };
        (index, at) = (next, row);
        if at.keys & LOOK != 0 {
            let seen = look(image, index, at.keys, digits, taken);
            if leading_denied.is_none() {
                leading_denied = seen.leading.checked_sub(1).filter(|leading| blocked(*leading));
            }
            stopped = seen.end;
            if seen.ends {
                break if stopped.is_none() { Walked::Arrived } else { Walked::Nowhere };
            }
        }
    };
    let (place, keys) = match walked {
        Walked::Arrived => (place(image, index).end, at.keys),
        Walked::Within => (END_NONE, at.keys),
        Walked::Nowhere => (END_NONE, 0),
    };
    Analysis { stopped, place, leading_denied, keys, decimal }
}

/// How far a walk came.
#[derive(Clone, Copy)]
enum Walked {
    /// To a node.
    Arrived,
    /// Into a run.
    Within,
    /// No number is like this, or the digits did not decide.
    Nowhere,
}

/// What there is to see at a node with [`LOOK`].
struct Seen {
    /// The walk ends here.
    ends: bool,
    end: Option<End>,
    /// A Leading row plus one.
    leading: u32,
}

#[inline(never)]
fn look(image: &Image<'_>, index: u32, keys: u16, digits: &[u8], taken: usize) -> Seen {
    let here = place(image, index);
    let row = here.end & INDEX;
    let ends = |end| Seen { ends: true, end: Some(end), leading: 0 };
    match here.end >> END_SHIFT {
        END_EMERGENCY => ends(End::Emergency(row)),
        END_FEATURE => ends(End::Feature(row, u8::try_from(taken).unwrap_or(u8::MAX))),
        _ => {
            // Any further digits are taken and change nothing: it is enough that they are digits.
            let stays = keys & STAYS != 0;
            let mut rest = digits.get(taken..).unwrap_or(&[]).iter();
            let invalid = stays && !rest.all(|c| Digit::from_ascii(*c).is_some());
            Seen { ends: stays, end: invalid.then_some(End::Invalid), leading: here.leading }
        }
    }
}

/// The keys of the ten digits.
const DECIMAL: u16 = (1 << 10) - 1;

/// Where dialed keys are not among those of a run.
#[inline(never)]
fn stopper(dialed: &[u8], keys: u16) -> Option<End> {
    dialed.iter().find_map(|c| match Digit::from_ascii(*c) {
        None => Some(End::Invalid),
        Some(digit) => (keys.wrapping_shr(u32::from(digit.index())) & 1 == 0).then_some(End::Vacant),
    })
}

/// The bits of [`PlaceRow::end`] that are a row number.
pub const INDEX: u32 = (1 << END_SHIFT) - 1;

/// Where one of several ways leads to.
#[inline(always)]
fn step(image: &Image<'_>, at: &NodeRow, digit: Digit) -> Option<u32> {
    let place = at.edges.wrapping_add(u32::from(digit.index()));
    // The image was checked when it was loaded: there is such an edge.
    usize::try_from(place).ok().and_then(|place| image.edges.get(place)).map(|edge| edge.node)
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
