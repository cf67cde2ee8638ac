//! Numbers from outside: what a trunk calls (DID) becomes a number of this exchange.

use super::image::Image;
use super::trie::{Analysis, End, analyse_from};
use crate::base::Digits;

/// What a trunk's called number leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Inbound {
    /// To this number, by this row.
    To(Digits, u32),
    /// To what was called, as it came: an open trunk of the `mivb` profile.
    AsCalled,
    /// To nobody.
    Vacant,
}

/// Looks a called number up in the trunk's `inbound` rows, as a national number without trunk prefix.
/// Work: one trie node for each digit.
#[must_use]
pub fn inbound(image: &Image<'_>, trunk: u16, called: &[u8]) -> Inbound {
    let Some(row) = image.trunks.get(usize::from(trunk)) else { return Inbound::Vacant };
    let Some(root) = row.inbound.checked_sub(1) else {
        return if image.strict() { Inbound::Vacant } else { Inbound::AsCalled };
    };
    let number = national(image, called);
    let End::Inbound(index) = analyse_from(image, root, number, &mut |_| false).end() else {
        return Inbound::Vacant;
    };
    let row = usize::try_from(index).ok().and_then(|index| image.inbound.get(index)).unwrap_or_default();
    match substituted(image.octets(row.did), image.octets(row.to), number) {
        Some(to) => Inbound::To(to, index),
        None => Inbound::Vacant,
    }
}

/// How far a number has come that a trunk's far end dials digit by digit. Work: one trie node for each digit.
#[must_use]
pub fn overlap(image: &Image<'_>, trunk: u16, called: &[u8]) -> Analysis {
    match image.trunks.get(usize::from(trunk)).and_then(|row| row.inbound.checked_sub(1)) {
        Some(root) => analyse_from(image, root, national(image, called), &mut |_| false),
        None => analyse_from(image, 0, called, &mut |_| false),
    }
}

/// The national number without trunk prefix: `+1 613 …`, `1 613 …` and `613 …` are one number at home.
fn national<'a>(image: &Image<'_>, called: &'a [u8]) -> &'a [u8] {
    let system = image.system();
    let (code, prefix) = (image.octets(system.calling_code), image.octets(system.trunk_prefix));
    if let Some(rest) = called.strip_prefix(b"+") {
        return rest.strip_prefix(code).filter(|_| !code.is_empty()).unwrap_or(rest);
    }
    if prefix.is_empty() {
        return called;
    }
    called.strip_prefix(prefix).unwrap_or(called)
}

/// `to` with each X replaced by the digit of its X in `did`, from the right.
fn substituted(did: &[u8], to: &[u8], number: &[u8]) -> Option<Digits> {
    let mut wild =
        did.iter().zip(number).rev().filter(|(pattern, _)| **pattern == b'X').map(|(_, digit)| *digit);
    let mut reversed = [0; Digits::MAX];
    let mut place = reversed.iter_mut();
    for c in to.iter().rev() {
        *place.next()? = if *c == b'X' { wild.next()? } else { *c };
    }
    let digits = reversed.get(..to.len())?;
    let mut out = Digits::EMPTY;
    digits.iter().rev().try_for_each(|c| out.push(*c)).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_x_takes_its_digit_from_the_right() {
        let to = |did: &str, to: &str, number: &str| {
            substituted(did.as_bytes(), to.as_bytes(), number.as_bytes())
                .map(|d| std::string::String::from(d.as_str()))
        };
        assert_eq!(to("61355501XX", "2XX", "6135550123").as_deref(), Some("223"));
        assert_eq!(to("61355501XX", "20X", "6135550123").as_deref(), Some("203"));
        assert_eq!(to("6135550100", "201", "6135550100").as_deref(), Some("201"));
        assert_eq!(to("X1", "XX", "51"), None);
    }
}
