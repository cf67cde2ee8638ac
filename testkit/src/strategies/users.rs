//! Hot-desk users: numbers that stand beside what a policy has already, and some that lead to them; who is logged in where.

use super::build::{cor_of, cos_of};
use super::dice::Dice;
use super::pick;
use super::rows::begun_by;
use crate::model::{Follow, Inbound, Model, Profile, User};
use crate::oracle::{Answer, Attempt, Party, Verdict, seated};

const NUMBERS: &[&str] = &["41", "402", "4127", "440", "49", "270", "2201", "317", "3", "771", "5207", "701"];

/// No text says whether a user who logs in elsewhere is still the one whose call waits where he was.
const ONE_USER_AT_TWO_PHONES: bool = false;

/// Up to two.
pub(super) fn add(model: &mut Model, dice: &mut Dice<'_>) {
    for _ in 0..2 {
        let (dn, wanted) = (*pick(dice.throw(), NUMBERS), dice.percent(75));
        let mut class = |most: u8| {
            let mut one = || if dice.percent(4) { 0 } else { 1 + dice.throw() % most };
            (one(), one(), one())
        };
        let (cos, cor) = (class(3), class(4));
        if wanted && free(model, dn) {
            model.users.push(User { dn: dn.into(), cos: cos_of(model, cos), cor: cor_of(cor) });
        }
    }
    let Some(user) = model.users.first() else { return };
    if let Some(call) = model.speed_calls.first_mut().filter(|_| dice.percent(15)) {
        call.number.clone_from(&user.dn);
    }
    for trunk in model.trunks.iter_mut().filter(|trunk| !trunk.inbound.is_empty()) {
        if dice.percent(30) {
            trunk.inbound.push(Inbound { did: "6135550141".into(), to: user.dn.clone() });
        }
    }
}

/// Whether nobody has such a number, and in strict nobody one that begins like this.
fn free(model: &Model, dn: &str) -> bool {
    let begins = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
    let strict = model.profile == Profile::Strict;
    let clashes = |other: &str| if strict { begins(other, dn) } else { other == dn };
    let shadows = |code: &str| if strict { begins(code, dn) } else { dn.starts_with(code) };
    let in_a_row = || {
        model.ars.iter().any(|row| begun_by(&row.pattern(), row.follow, dn))
            || model.leading.iter().any(|row| begun_by(&row.leading, Follow::Exactly(0), dn))
    };
    let taken = model.devices.iter().any(|device| clashes(&device.dn))
        || model.users.iter().any(|user| clashes(&user.dn))
        || model.emergency.iter().any(|row| begins(&row.string(), dn))
        || model.speed_calls.iter().any(|call| shadows(&call.code))
        || strict && in_a_row();
    !taken
}

/// One of the users at this phone, if there are any.
pub(super) fn at(model: &Model, at: &str, which: u8) -> Option<Party> {
    let user = model.users.get(usize::from(which) % model.users.len().max(1))?;
    Some(Party::User { dn: user.dn.clone(), at: at.to_owned() })
}

/// A user's number, and to one who is logged in often one of his own two; none where there are no users.
pub(super) fn number(model: &Model, from: &Party, which: u8) -> Option<String> {
    let any = &model.users.get(usize::from(which) / 4 % model.users.len().max(1))?.dn;
    let number = match from {
        Party::User { dn, at } => *pick(which, &[dn, at, any, any]),
        Party::Device(_) | Party::Trunk(_) | Party::Unknown => any,
    };
    Some(number.clone())
}

/// The answer to this call, as it is where a user is called who is logged in and answers; some are not. `of` is who is to
/// be joined with him.
pub(super) fn answered(model: &Model, (call, of): (&Attempt, &Party), answer: Answer, which: u8) -> Answer {
    let user = match &answer.to {
        Some(Party::Device(dn)) => model.users.iter().find(|user| user.dn == *dn),
        Some(Party::User { .. } | Party::Trunk(_) | Party::Unknown) | None => None,
    };
    let Some(user) = user.filter(|_| !which.is_multiple_of(4) && !model.devices.is_empty()) else {
        return answer;
    };
    let at = match of {
        Party::User { dn, at } if *dn == user.dn && !ONE_USER_AT_TWO_PHONES => at,
        Party::Device(_) | Party::User { .. } | Party::Trunk(_) | Party::Unknown => {
            &pick(which / 4, &model.devices).dn
        }
    };
    let rings = seated(model, &call.from, &user.dn, at, call.mode.unwrap_or_default(), None);
    if rings.verdict == Verdict::Allow { rings } else { answer }
}

/// Somebody for a call with this party: no user is at another phone as well.
pub(super) fn beside(one: &Party, other: Party) -> Party {
    match (one, &other) {
        (Party::User { dn, .. }, Party::User { dn: same, .. }) if dn == same && !ONE_USER_AT_TWO_PHONES => {
            one.clone()
        }
        (Party::Device(_) | Party::User { .. } | Party::Trunk(_) | Party::Unknown, _) => other,
    }
}
