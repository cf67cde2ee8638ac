//! What outlives an engine is given to the next one: phones need not register again, and what users have set is set.

use crate::office;

use office::{Office, assert_talk, columns, dials};
use strowger::base::{Digits, Flow, Transport};
use strowger::exchange::{Guest, Output, Registration, Restored};
use strowger::station::{Settings, When};
use strowger_testkit::sim::{ExchangeBox, Sizes};

/// There is a user to log in, and phones that take him.
const DESKS: [(&str, &str); 3] = [
    (
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"hold\", \"forward-internal\", \"smdr-external\", \"smdr-internal\"]",
    ),
    ("password = \"Gr4pe-window-Sand-2\"\ncos = 1", "password = \"Gr4pe-window-Sand-2\"\ncos = 2"),
    (
        "",
        r#"
[[cos]]
id = 2
name = "Desks"
features = ["hot-desk-accept", "smdr-internal"]
[[cos]]
id = 3
name = "Guests"
features = ["hot-desk-login", "smdr-internal", "do-not-disturb", "forward-internal"]
[features]
hot_desk_login = "*50"
hot_desk_logout = "*51"
[[user]]
dn = "401"
pin = "864205"
cos = 3
cor = 1
logout_after_min = 60
"#,
    ),
];
const SIZES: Sizes = Sizes::for_calls(9, 2, 8);

fn kept(exchange: &ExchangeBox, device: u32) -> Option<(Vec<u8>, Registration<'static>)> {
    let registration = exchange.registration(device)?;
    let contact: &'static [u8] = registration.contact.to_vec().leak();
    Some((contact.to_vec(), Registration { contact, ..registration }))
}

/// What was registered is called where it was, by an engine that has never heard of it, and lapses like any other.
#[test]
fn phones_need_not_register_again() {
    let mut before = Office::registered(1);
    let all: Vec<_> = (0..7).map(|device| kept(before.sim.exchange(0), device)).collect();
    assert_eq!(all.iter().filter(|one| one.is_some()).count(), 6, "207 is not registered");
    let mut office = Office::new(1);
    let now = office.sim.now;
    for (device, one) in (0u32..).zip(&all) {
        let Some((_, registration)) = one else { continue };
        let restored = Restored::Registered { device, registration: *registration, expires_s: 1_800 };
        assert!(office.sim.exchange(0).restore(now, &restored));
        assert!(!office.sim.exchange(0).restore(now, &restored), "it is there already");
    }
    let mut told = 0;
    while let Some(output) = office.sim.exchange(0).poll(&mut [0; 4096]).unwrap() {
        told += usize::from(matches!(output, Output::Registered { expires_s: 1_800, .. }));
    }
    assert_eq!(told, 6);
    office.call("201", "202");
    office.until_talks("201");
    assert_talk(&mut office, "201", "202");
    office.hang_up("201");
    office.assert_nothing_left();
    // A phone that registers meanwhile is where it says.
    let id = office.phone("203");
    office.sim.with(id, |phone, now| phone.register(now, 3600));
    office.sim.run_ms(1_700_000);
    let exchange = office.sim.exchange(0);
    assert!(exchange.is_registered(0));
    office.sim.run_ms(120_000);
    let exchange = office.sim.exchange(0);
    assert_eq!([0, 1, 2].map(|device| exchange.is_registered(device)), [false, false, true]);
}

/// What policy would not take from a phone it does not take from a journal either.
#[test]
fn what_policy_does_not_allow_is_not_given_back() {
    let tls = ("dn = \"203\"\n", "dn = \"203\"\ntransport = [\"tls\"]\n");
    let mut office = Office::with_sizes(2, &SIZES, &[DESKS[0], DESKS[1], DESKS[2], tls]);
    let now = office.sim.now;
    let exchange = office.sim.exchange(0);
    let at: std::net::SocketAddr = ([10, 0, 1, 1], 5060).into();
    let good = Registration {
        contact: b"sip:201@10.0.1.1:5060",
        flow: Flow::new(at, Transport::Udp),
        source: at.ip(),
    };
    let restored = |device, registration, expires_s| Restored::Registered { device, registration, expires_s };
    let tcp = Registration { flow: Flow::new(at, Transport::Tcp), ..good };
    let wrong = [&b""[..], b"tel:201", b"sips:201@10.0.1.1", b"nonsense"]
        .map(|contact| Registration { contact, ..good });
    let long = format!("sip:{}@10.0.1.1", "2".repeat(200));
    let long = Registration { contact: long.as_bytes(), ..good };
    for (device, registration, expires_s, why) in [
        (0, tcp, 600, "its connection is gone"),
        (0, wrong[0], 600, "no contact"),
        (0, wrong[1], 600, "no SIP URI"),
        (0, wrong[2], 600, "not over UDP"),
        (0, wrong[3], 600, "no URI"),
        (0, long, 600, "too long"),
        (0, good, 0, "over"),
        (2, good, 600, "it may use TLS alone"),
        (7, good, 600, "a user is no phone"),
        (8, good, 600, "nobody has this row"),
        (u32::MAX, good, 600, "nor this"),
    ] {
        assert!(!exchange.restore(now, &restored(device, registration, expires_s)), "{why}");
    }
    // Not longer than a phone may register for.
    assert!(exchange.restore(now, &restored(0, good, 1_000_000)));
    assert_eq!(exchange.next_deadline(), Some(now.plus_s(3_600)));
    let guest = |user, left_s| Guest { user, left_s };
    for (phone, guest, why) in [
        (0, guest(7, None), "201 takes no guests"),
        (3, guest(0, None), "201 is no user"),
        (3, guest(8, None), "nobody has this row"),
        (7, guest(7, None), "a user is no phone"),
        (3, guest(7, Some(0)), "over"),
    ] {
        assert!(!exchange.restore(now, &Restored::Seated { phone, guest }), "{why}");
    }
    assert!(!exchange.restore(now, &Restored::Set { device: 9, settings: Settings::NONE }));
}

/// R41: who was logged in is, and not for longer; what was set is set.
#[test]
fn r41_settings_and_log_ins_are_as_before() {
    let mut before = Office::with_sizes(3, &SIZES, &DESKS);
    before.register();
    assert_eq!(dials(&mut before, "204", "*50401864205"), 200);
    before.sim.run_ms(600_000);
    let now = before.sim.now;
    let guest = before.sim.exchange(0).guest(now, 3).expect("401 is there");
    let left_s = guest.left_s.expect("by policy for an hour");
    assert!((2_900..=3_000).contains(&left_s), "{left_s}");

    let mut office = Office::with_sizes(3, &SIZES, &DESKS);
    office.register();
    let now = office.sim.now;
    let mut settings = Settings::NONE;
    settings.set_forward(When::Always, Digits::dialed(b"205").unwrap());
    let exchange = office.sim.exchange(0);
    assert!(
        exchange.restore(now, &Restored::Seated { phone: 3, guest: Guest { left_s: Some(20), ..guest } })
    );
    assert!(exchange.restore(now, &Restored::Set { device: 1, settings }));
    assert_eq!(exchange.user_at(now, 3), Some(7));
    assert_eq!(exchange.guest(now, 3), Some(Guest { user: 7, left_s: Some(20) }));
    office.call("201", "202");
    office.until_talks("201");
    assert_talk(&mut office, "201", "205");
    office.ends("201");
    assert_eq!(columns(&office, &[24..28, 62..66]), ["201,205"]);
    let until = now.plus_s(20);
    let exchange = office.sim.exchange(0);
    assert_eq!((exchange.user_at(until, 3), exchange.guest(until, 3)), (None, None));
}
