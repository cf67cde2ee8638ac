//! Who a set is (R72-R76, docs/set-protocol.md), rule by rule through an exchange, and every combination of a small world against an oracle
//! that is written from the documentation alone.

mod office;
mod set_registration {
    pub(crate) mod door;
    pub(crate) mod oracle;
}

use office::{Office, exchange_address};
use set_registration::door::{A, B, CHANGES, D, Door, PRIVATE, Try, U, from, knocks_at};
use std::net::SocketAddr;
use strowger::base::{Flow, Soft, Transport};
use strowger::registration::set::{Bound, Claim};
use strowger::wire::set::{CodeKind, How, Reason, Register};
use strowger_testkit::phone::{PhoneConfig, PhoneEvent};
use strowger_testkit::sim::{Sizes, build_empty, set_config};

const CODE: (CodeKind, &str) = (CodeKind::Registration, "*57");
const REPLACES: (CodeKind, &str) = (CodeKind::Replacement, "*58");
const NONE: (CodeKind, &str) = (CodeKind::None, "");

/// MAC, code, number and PIN, of the right type, over TLS.
const fn try_it(
    mac: [u8; 6],
    code: (CodeKind, &'static str),
    number: &'static str,
    pin: &'static str,
) -> Try {
    Try { mac, code, number, pin, set_type: "console-8", transport: Transport::Tls }
}

#[test]
fn r72_a_known_mac_needs_its_pin_alone() {
    let mut door = Door::new();
    assert_eq!(door.knocks(&try_it(A, NONE, "301", "471193")), Ok(How::Known));
    assert_eq!(door.knocks(&try_it(A, NONE, "301", "471194")), Err(Reason::BadPin));
    assert_eq!(door.knocks(&try_it(A, NONE, "301", "")), Err(Reason::BadPin));
    assert_eq!(door.knocks(&try_it(U, NONE, "301", "471193")), Err(Reason::BadPin), "another MAC");
}

#[test]
fn r72_code_type_and_pin_bind_the_first_set_and_then_it_needs_its_pin_alone() {
    let mut door = Door::new();
    assert_eq!(door.knocks(&try_it(U, NONE, "302", "580264")), Err(Reason::BadPin), "no code");
    assert_eq!(
        door.knocks(&try_it(U, (CodeKind::Registration, "*59"), "302", "580264")),
        Err(Reason::BadPin)
    );
    door.forgets();
    assert_eq!(door.knocks(&try_it(U, CODE, "302", "580265")), Err(Reason::BadPin));
    assert_eq!(door.knocks(&try_it(U, CODE, "302", "580264")), Ok(How::Bound));
    assert_eq!(door.bound, [Bound { device: door.device("302"), mac: U }]);
    assert_eq!(door.knocks(&try_it(U, NONE, "302", "580264")), Ok(How::Known));
    assert_eq!(door.knocks(&try_it(B, NONE, "302", "580264")), Err(Reason::BadPin));
}

/// The code of replacement is as good where there is nobody to be replaced.
#[test]
fn r72_a_code_is_of_its_kind() {
    let mut door = Door::new();
    let (swapped, other) = ((CodeKind::Registration, "*58"), (CodeKind::Replacement, "*57"));
    for code in [swapped, other] {
        assert_eq!(door.knocks(&try_it(U, code, "302", "580264")), Err(Reason::BadPin));
    }
    assert_eq!(door.knocks(&try_it(U, REPLACES, "302", "580264")), Ok(How::Bound));
}

#[test]
fn r72_a_blank_pin_is_a_pin() {
    let mut door = Door::new();
    assert_eq!(door.knocks(&try_it(U, CODE, "303", "0")), Err(Reason::BadPin));
    assert_eq!(
        door.knocks(&try_it(U, NONE, "303", "")),
        Err(Reason::BadPin),
        "the code is wanted all the same"
    );
    assert_eq!(door.knocks(&try_it(U, CODE, "303", "")), Ok(How::Bound));
    assert_eq!(door.knocks(&try_it(U, NONE, "303", "")), Ok(How::Known));
}

#[test]
fn r73_a_number_with_a_mac_is_in_use_until_it_is_replaced() {
    let mut door = Door::new();
    door.binds("302", B);
    assert_eq!(door.knocks(&try_it(U, CODE, "302", "580264")), Err(Reason::DnInUse));
    assert_eq!(door.knocks(&try_it(U, REPLACES, "302", "580265")), Err(Reason::BadPin), "the PIN as well");
    assert_eq!(door.knocks(&try_it(U, REPLACES, "302", "580264")), Ok(How::Replaced));
    assert_eq!(door.knocks(&try_it(U, NONE, "302", "580264")), Ok(How::Known));
    assert_eq!(door.knocks(&try_it(B, NONE, "302", "580264")), Err(Reason::BadPin), "it is nobody now");
    assert_eq!(door.knocks(&try_it(B, CODE, "302", "580264")), Err(Reason::DnInUse));
}

#[test]
fn r73_a_mac_has_one_number_whether_it_is_the_policys_or_bound() {
    let mut door = Door::new();
    door.binds("303", B);
    for (mac, number, pin) in [(A, "302", "580264"), (B, "302", "580264"), (D, "303", "")] {
        for code in [CODE, REPLACES] {
            assert_eq!(door.knocks(&try_it(mac, code, number, pin)), Err(Reason::MacInUse), "{number}");
        }
    }
    assert_eq!(door.bound.len(), 1, "nothing was bound");
}

#[test]
fn r73_a_mac_that_the_policy_names_is_never_replaced() {
    let mut door = Door::new();
    assert_eq!(door.knocks(&try_it(U, CODE, "301", "471193")), Err(Reason::DnInUse));
    assert_eq!(door.knocks(&try_it(U, REPLACES, "301", "471193")), Err(Reason::DnInUse));
    // What was bound before the policy named one does not count any more.
    door.binds("301", U);
    assert_eq!(door.knocks(&try_it(U, NONE, "301", "471193")), Err(Reason::BadPin));
    assert_eq!(door.knocks(&try_it(A, NONE, "301", "471193")), Ok(How::Known));
    assert_eq!(door.knocks(&try_it(U, CODE, "302", "580264")), Ok(How::Bound), "and the MAC is free");
}

#[test]
fn r74_another_type_is_refused_and_nothing_bound() {
    let mut door = Door::new();
    let tries = [
        try_it(A, NONE, "301", "471193"),
        try_it(U, CODE, "302", "580264"),
        try_it(U, REPLACES, "302", "580264"),
    ];
    for one in tries {
        for set_type in ["console-9", "console-88", "console-", "Console-8"] {
            assert_eq!(door.knocks(&Try { set_type, ..one }), Err(Reason::SetTypeMismatch));
        }
    }
    assert!(door.bound.is_empty());
    let wrong = Try { set_type: "console-9", ..try_it(A, NONE, "301", "0") };
    assert_eq!(door.knocks(&wrong), Err(Reason::BadPin), "the type is told to who has the PIN");
    assert_eq!(door.knocks(&tries[0]), Ok(How::Known), "another type is no wrong attempt");
}

#[test]
fn r75_three_wrong_ones_in_five_minutes_lock_for_fifteen_and_the_right_pin_is_refused() {
    let mut door = Door::new();
    let (right, wrong) = (try_it(A, NONE, "301", "471193"), try_it(A, NONE, "301", "0"));
    for _ in 0..3 {
        assert_eq!(door.knocks(&wrong), Err(Reason::BadPin));
        door.passes(149);
    }
    assert_eq!(door.knocks(&right), Err(Reason::LockedOut));
    assert_eq!(door.knocks(&wrong), Err(Reason::LockedOut));
    assert_eq!(
        door.knocks(&try_it(U, CODE, "302", "580264")),
        Ok(How::Bound),
        "another number is not locked"
    );
    door.passes(900 - 149 - 1);
    assert_eq!(door.knocks(&right), Err(Reason::LockedOut));
    door.passes(1);
    assert_eq!(door.knocks(&right), Ok(How::Known));
}

#[test]
fn r75_success_begins_the_count_anew_and_so_do_five_minutes() {
    let mut door = Door::new();
    let (right, wrong) = (try_it(A, NONE, "301", "471193"), try_it(A, NONE, "301", "0"));
    for _ in 0..4 {
        for one in [&wrong, &wrong, &right] {
            let _ = door.knocks(one);
        }
    }
    assert_eq!(door.knocks(&right), Ok(How::Known));
    for _ in 0..3 {
        assert_eq!(door.knocks(&wrong), Err(Reason::BadPin));
        door.passes(151);
    }
    assert_eq!(door.knocks(&right), Ok(How::Known));
}

/// Wrong codes, wrong PINs and wrong MACs: whatever it was, it counts for the number.
#[test]
fn r75_codes_and_pins_count_together() {
    let mut door = Door::new();
    let tries = [
        try_it(U, NONE, "302", "580264"),
        try_it(U, (CodeKind::Registration, "*1"), "302", "580264"),
        try_it(U, CODE, "302", "1"),
    ];
    for one in &tries {
        assert_eq!(door.knocks(one), Err(Reason::BadPin));
    }
    assert_eq!(door.knocks(&try_it(U, CODE, "302", "580264")), Err(Reason::LockedOut));
    assert_eq!(
        door.knocks(&try_it(U, NONE, "302", "580264")),
        Err(Reason::BadPin),
        "who has no code learns nothing"
    );
}

/// The address as well, four times as many: then from there nobody is admitted, by whatever number, and from elsewhere everybody is.
#[test]
fn r75_an_address_that_guesses_numbers_is_locked_out() {
    let mut door = Door::new();
    let numbers = ["400", "401", "402", "201", "299", "302"];
    for n in 0..12 {
        let guess = try_it(U, if n % 2 == 0 { NONE } else { CODE }, numbers[n % 6], "1");
        let refused = if n % 2 == 0 || n % 6 == 5 { Reason::BadPin } else { Reason::UnknownDn };
        assert_eq!(door.knocks(&guess), Err(refused), "{n}");
    }
    for right in
        [try_it(A, NONE, "301", "471193"), try_it(U, CODE, "302", "580264"), try_it(U, NONE, "299", "")]
    {
        assert_eq!(door.knocks(&right), Err(Reason::LockedOut));
    }
    door.source = from(2);
    assert_eq!(door.knocks(&try_it(A, NONE, "301", "471193")), Ok(How::Known));
}

/// A phone that says by SIP to be the set, and the set's own attempts: one counter.
#[test]
fn r75_digests_and_pins_count_together() {
    let mut office = Office::with_sizes(1, &Sizes::for_calls(13, 2, 8), &CHANGES);
    let address = SocketAddr::from(([10, 0, 7, 1], 5060));
    let config = PhoneConfig::new("301", "no password of any set", address, exchange_address());
    let id = office.sim.add_phone("thief", config);
    let device = office.sim.exchange(0).image().expect("a policy").phone_by_dn(b"301").expect("a set");
    let source = Flow::new(SocketAddr::from(([10, 0, 7, 2], 40_000)), Transport::Tls);
    let judged = |office: &mut Office, pin: &'static str| {
        let (now, one) = (office.sim.now, try_it(A, NONE, "301", pin));
        let judged = knocks_at(office.sim.exchange(0), now, &one, source, (&[], None));
        judged.map(|admitted| admitted.how)
    };
    assert_eq!(judged(&mut office, "471193"), Ok(How::Known));
    assert_eq!(judged(&mut office, "1"), Err(Reason::BadPin));
    for _ in 0..2 {
        office.sim.with(id, |phone, now| phone.register(now, 600));
        let refused = |event: &PhoneEvent| matches!(event, PhoneEvent::RegisterFailed(_));
        assert!(office.sim.run_until_event(10_000, id, refused), "{}", office.sim.ladder.render());
    }
    assert!(!office.sim.exchange(0).is_registered(device));
    assert_eq!(judged(&mut office, "471193"), Err(Reason::LockedOut), "{}", office.sim.ladder.render());
}

/// Digests that were wrong, of whatever phone, and then a set from the same address.
#[test]
fn r75_digests_and_pins_count_together_for_the_address() {
    let mut office = Office::with_sizes(1, &Sizes::for_calls(13, 2, 8), &CHANGES);
    let host = [10, 0, 7, 1];
    for (port, number) in (5_060..).zip(["203", "204", "205", "206", "207"]) {
        let config = PhoneConfig::new(number, "a guess", SocketAddr::from((host, port)), exchange_address());
        let id = office.sim.add_phone("thief", config);
        office.sim.with(id, |phone, now| phone.register(now, 600));
        office.sim.run_ms(1_000);
    }
    let wrong = office.sim.exchange(0).statistics().unauthorised;
    let source = Flow::new(SocketAddr::from((host, 40_000)), Transport::Tls);
    let (now, mut refused) = (office.sim.now, 0);
    let mut judged = |one: &Try| {
        let judged = knocks_at(office.sim.exchange(0), now, one, source, (&[], None));
        judged.map(|admitted| admitted.how)
    };
    while judged(&try_it(U, NONE, "299", "")) == Err(Reason::BadPin) {
        refused += 1;
    }
    assert!(wrong >= 5 && wrong + refused == 12, "{wrong} wrong digests, then {refused} wrong sets");
    assert_eq!(judged(&try_it(A, NONE, "301", "471193")), Err(Reason::LockedOut));
}

#[test]
fn r76_a_set_of_another_element_is_sent_there_and_not_bound() {
    let mut door = Door::new();
    let one = try_it(U, CODE, "305", "224466");
    for (element, sent) in [(Some(1), None), (Some(2), None), (Some(3), Some(0)), (None, None)] {
        door.element = element;
        let judged = door.judges(&one);
        match sent {
            None => assert_eq!(judged.map(|admitted| admitted.how), Ok(How::Bound), "{element:?}"),
            Some(_) => {
                let refusal = judged.expect_err("it is not here");
                assert_eq!((refusal.reason, refusal.wrong, refusal.element), (Reason::NotHere, false, sent));
            }
        }
    }
    door.element = Some(3);
    assert_eq!(door.knocks(&one), Err(Reason::NotHere));
    assert!(door.bound.is_empty());
    // Where it belongs is told to who has the PIN.
    assert_eq!(door.knocks(&Try { pin: "1", ..one }), Err(Reason::BadPin));
    assert_eq!(
        door.knocks(&try_it(U, CODE, "302", "580264")),
        Ok(How::Bound),
        "one without a home is at home anywhere"
    );
}

/// Reason 8: a set comes as the policy has it, TLS where it says nothing.
#[test]
fn a_set_comes_the_way_that_the_policy_has() {
    let mut door = Door::new();
    for (number, mac, pin, ways) in [
        ("301", A, "471193", [false, false, true]),
        ("302", U, "580264", [false, true, true]),
        ("304", D, "112358", [false, true, false]),
    ] {
        for (transport, allowed) in Transport::ALL.into_iter().zip(ways) {
            let one = Try { transport, ..try_it(mac, if mac == U { CODE } else { NONE }, number, pin) };
            let judged = door.judges(&one).map_err(|refusal| (refusal.reason, refusal.wrong));
            assert_eq!(
                judged.err(),
                (!allowed).then_some((Reason::Transport, false)),
                "{number} over {transport:?}"
            );
        }
    }
}

/// Who has neither the right MAC nor a right code is told the same of every number, whatever he says, and whatever has been locked.
#[test]
fn who_has_neither_mac_nor_code_learns_no_numbers() {
    for locked in [false, true] {
        let mut door = Door::new();
        door.binds("302", B);
        if locked {
            for _ in 0..3 {
                let _ = door.knocks(&try_it(A, NONE, "301", "0"));
            }
        }
        let codes = [NONE, (CodeKind::Registration, "*58"), (CodeKind::Replacement, "1")];
        for code in codes {
            for (number, pin) in [
                ("301", "471193"),
                ("302", "580264"),
                ("303", ""),
                ("305", "224466"),
                ("201", ""),
                ("401", "864205"),
                ("299", "1"),
                ("911", ""),
            ] {
                for (set_type, transport) in [("console-8", Transport::Tls), ("x", Transport::Udp)] {
                    let one = Try { set_type, transport, ..try_it(U, code, number, pin) };
                    let refusal = door.judges(&one).expect_err("it is nobody");
                    assert_eq!(
                        (refusal.reason, refusal.wrong, refusal.element),
                        (Reason::BadPin, true, None),
                        "{number}"
                    );
                }
            }
        }
    }
}

/// The same of an address that is locked out: whoever shares it with a set learns nothing of that set's number either.
#[test]
fn who_is_locked_out_learns_no_numbers_of_his_neighbours() {
    let mut office = Office::with_sizes(1, &Sizes::for_calls(13, 2, 8), &CHANGES);
    let (image, keyring) = office::policy_of("301", &CHANGES);
    let [own, next] = [40_000, 40_001].map(|port| SocketAddr::from(([10, 0, 4, 1], port)));
    office.sim.add_set("301", 0, set_config("301", own, exchange_address()), (&image, &keyring));
    office.sim.run_ms(1_000);
    let (now, source) = (office.sim.now, Flow::new(next, Transport::Tls));
    let mut told = |number| {
        let one = try_it(U, NONE, number, "1");
        knocks_at(office.sim.exchange(0), now, &one, source, (&[], None)).map(|admitted| admitted.how)
    };
    for _ in 0..12 {
        assert_eq!(told("299"), Err(Reason::BadPin));
    }
    let of_nobody = told("299");
    assert_eq!(["301", "302", "201"].map(&mut told), [of_nobody; 3]);
}

#[test]
fn without_a_policy_nobody_is_judged() {
    let mut crypto = Soft::new(&[1; 32]);
    let exchange = build_empty(&Sizes::for_calls(1, 1, 1), exchange_address(), crypto.clone());
    let claim = Claim {
        mac: A,
        set_type: "console-8",
        register: Register { kind: CodeKind::None, code: PRIVATE, number: "301", pin: PRIVATE },
        transport: Transport::Tls,
    };
    let judged = exchange.judge_set(strowger::base::Instant(1), &claim, from(1), (&[], None), &mut crypto);
    let refusal = judged.expect_err("there is no policy");
    assert_eq!((refusal.reason, refusal.wrong, refusal.device), (Reason::NotNow, false, None));
}

#[test]
fn every_combination_is_as_the_documentation_has_it() {
    let (tried, admitted) = set_registration::oracle::compare();
    println!("{tried} claims, {admitted} of them admitted");
    assert!(tried > 100_000 && admitted > 1_000);
}
