//! A party puts its peer on hold. Nobody is joined by that, so no permit is asked for: only whether its class lets it (R3).

use super::Mode;
use super::decide::{Caller, caller};
use super::image::Image;
use super::rows::Features;
use super::rule::Rule;
use super::verdict::{Denial, Party, RowRef};

/// What a phone begins by holding its call.
const BEGINS: Features =
    Features::HOLD.union(Features::TRANSFER).union(Features::PARK).union(Features::CONFERENCE);

/// Why a party may not hold its peer now; `None`: it may. It needs `hold`, or what begins with it: `transfer`, `park` or
/// `conference`. The far end of a trunk is asked for nothing: what it does there is its own exchange's matter. Constant work.
#[must_use]
pub fn may_not_hold(image: &Image<'_>, party: Party, mode: Mode) -> Option<Denial> {
    let Caller { authority, features, .. } = caller(image, party, mode);
    let rule = if authority.cos == 0 { Rule::CosNone } else { Rule::CosFeature };
    let lacks = party.phone().is_some() && !features.intersects(BEGINS);
    lacks.then(|| Denial::new(rule, authority, RowRef::None))
}
