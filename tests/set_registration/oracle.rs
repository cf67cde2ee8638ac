//! Who a set is, as docs/set-protocol.md has it, sentence by sentence and as naively as it can be said; and all combinations of a small world.

use super::door::{A, B, CHANGES, D, Try, U};
use crate::office::changed_policy;
use strowger::base::{Soft, Transport};
use strowger::policy::{Image, Keyring};
use strowger::registration::set::{Admitted, Bound, Refusal, judge};
use strowger::wire::set::{CodeKind, How, Mac, Reason};

/// A number of the policy that is a set's.
struct Set {
    number: &'static str,
    /// What the policy names.
    mac: Option<Mac>,
    pin: &'static str,
    ways: &'static [Transport],
    /// Its elements, by number; none: any is as good.
    homes: &'static [u8],
}

const SETS: [Set; 5] = [
    Set { number: "301", mac: Some(A), pin: "471193", ways: &[Transport::Tls], homes: &[] },
    Set { number: "302", mac: None, pin: "580264", ways: &[Transport::Tcp, Transport::Tls], homes: &[] },
    Set { number: "303", mac: None, pin: "", ways: &[Transport::Tls], homes: &[] },
    Set { number: "304", mac: Some(D), pin: "112358", ways: &[Transport::Tcp], homes: &[] },
    Set { number: "305", mac: None, pin: "224466", ways: &[Transport::Tls], homes: &[1, 2] },
];
const TYPE: &str = "console-8";
const CODES: [(CodeKind, &str); 2] = [(CodeKind::Registration, "*57"), (CodeKind::Replacement, "*58")];

/// What is so when somebody comes.
struct World<'w> {
    /// Numbers that were bound.
    bound: &'w [(&'static str, Mac)],
    locked: bool,
    element: Option<u8>,
}

impl World<'_> {
    /// The MAC of a number: what the policy names, or what was bound where it names none.
    fn mac(&self, set: &Set) -> Option<Mac> {
        set.mac.or_else(|| self.bound.iter().find(|(number, _)| *number == set.number).map(|(_, mac)| *mac))
    }
}

/// What may be answered: how it is admitted, or one of the reasons that there are not to.
fn answers(world: &World<'_>, one: &Try) -> Result<How, Vec<Reason>> {
    let set = SETS.iter().find(|set| set.number == one.number);
    let own = set.and_then(|set| world.mac(set));
    let coded = CODES.contains(&one.code);
    // "While neither MAC nor code is right this is all that is ever said, whatever the number".
    if own != Some(one.mac) && !coded {
        return Err(vec![Reason::BadPin]);
    }
    let Some(set) = set else { return Err(vec![Reason::UnknownDn]) };
    // "The right PIN is refused as well (R75)".
    if world.locked {
        return Err(vec![Reason::LockedOut]);
    }
    // "Whose PIN is wrong learns no more than that either."
    if one.pin != set.pin {
        return Err(vec![Reason::BadPin]);
    }
    let mut why = Vec::new();
    if one.set_type != TYPE {
        why.push(Reason::SetTypeMismatch);
    }
    if SETS.iter().any(|other| other.number != set.number && world.mac(other) == Some(one.mac)) {
        why.push(Reason::MacInUse);
    }
    // "The number belongs to another MAC, and the code was not that of replacement"; "a MAC that the policy names is never replaced".
    let replaces = one.code.0 == CodeKind::Replacement && set.mac.is_none();
    if own.is_some_and(|own| own != one.mac) && !replaces {
        why.push(Reason::DnInUse);
    }
    if let Some(element) = world.element
        && !set.homes.is_empty()
        && !set.homes.contains(&element)
    {
        why.push(Reason::NotHere);
    }
    if !set.ways.contains(&one.transport) {
        why.push(Reason::Transport);
    }
    match own {
        _ if !why.is_empty() => Err(why),
        Some(own) if own == one.mac => Ok(How::Known),
        Some(_) => Ok(How::Replaced),
        None => Ok(How::Bound),
    }
}

/// Every claim in every world: how many, and how many of them were admitted.
pub(crate) fn compare() -> (u32, u32) {
    let (image, keyring) = changed_policy(&CHANGES);
    let mut crypto = Soft::new(&[5; 32]);
    let image = Image::load(image, &mut crypto).expect("it is valid");
    let keyring = Keyring::load(keyring, &image, &mut crypto).expect("it fits");
    let device = |number: &str| image.phone_by_dn(number.as_bytes());
    let (mut tried, mut admitted) = (0, 0);
    for bound in bindings() {
        let kept: Vec<Bound> = bound
            .iter()
            .map(|(number, mac)| Bound { device: device(number).expect("a set"), mac: *mac })
            .collect();
        for one in tries() {
            for (locked, element) in [
                (false, None),
                (true, None),
                (false, Some(1)),
                (false, Some(2)),
                (false, Some(3)),
                (true, Some(3)),
            ] {
                let world = World { bound: &bound, locked, element };
                let of = device(one.number).filter(|_| SETS.iter().any(|set| set.number == one.number));
                let is_locked = |device: u32| locked && Some(device) == of;
                let judged = judge((&image, &keyring), &one.claim(), &kept, is_locked, element, &mut crypto);
                check(answers(&world, &one), judged, of, &format!("{one:?} {bound:?} {locked} {element:?}"));
                tried += 1;
                admitted += u32::from(judged.is_ok());
            }
        }
    }
    (tried, admitted)
}

fn check(expected: Result<How, Vec<Reason>>, judged: Result<Admitted, Refusal>, of: Option<u32>, what: &str) {
    match (expected, judged) {
        (Ok(how), Ok(admitted)) => assert_eq!((Some(admitted.device), admitted.how), (of, how), "{what}"),
        (Err(why), Err(refusal)) => {
            assert!(why.contains(&refusal.reason), "{refusal:?}, not {why:?}: {what}");
            // Wrong codes, PINs and numbers count; for the number if there is one.
            let counts = matches!(refusal.reason, Reason::BadPin | Reason::UnknownDn);
            let sent = (refusal.reason == Reason::NotHere).then_some(0);
            assert_eq!((refusal.wrong, refusal.device, refusal.element), (counts, of, sent), "{what}");
        }
        (expected, judged) => panic!("{judged:?}, not {expected:?}: {what}"),
    }
}

/// Numbers that may have been bound: any of these to any of those, also where the policy names a MAC since.
fn bindings() -> Vec<Vec<(&'static str, Mac)>> {
    let mut all = vec![Vec::new()];
    for (number, macs) in [("302", [B, U]), ("305", [B, A]), ("301", [U, D])] {
        let with = |mac: Mac| {
            all.iter().map(move |one: &Vec<_>| one.iter().copied().chain([(number, mac)]).collect())
        };
        let more: Vec<Vec<_>> = macs.into_iter().flat_map(with).collect();
        all.extend(more);
    }
    all
}

fn tries() -> Vec<Try> {
    let codes = [
        (CodeKind::None, ""),
        CODES[0],
        (CodeKind::Registration, "*58"),
        CODES[1],
        (CodeKind::Replacement, "*57"),
    ];
    let others = ["201", "299", "401"].map(|number| (number, ["", "864205", "1"]));
    let sets =
        SETS.iter().map(|set| (set.number, [set.pin, "000000", if set.pin.is_empty() { "0" } else { "" }]));
    let mut all = Vec::new();
    for (number, pins) in sets.chain(others) {
        for pin in pins {
            for mac in [A, B, D, U] {
                for code in codes {
                    for set_type in [TYPE, "console-9"] {
                        for transport in Transport::ALL {
                            all.push(Try { mac, code, number, pin, set_type, transport });
                        }
                    }
                }
            }
        }
    }
    all
}
