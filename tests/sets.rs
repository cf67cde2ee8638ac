//! Sets at an office: their keys, display, lamps, tones and sound, with the exchange and SIP phones on the other side.

use crate::office;

use office::{Office, exchange_address, policy_of};
use std::net::SocketAddr;
use strowger::base::Instant;
use strowger::policy::{Party, Rule, Verdict};
use strowger::wire::set::{Bye, Lamp, Ring, Tone, Up};
use strowger_testkit::phone::{Behaviour, PhoneEvent};
use strowger_testkit::sim::{SetId, Sizes, set_config};

/// Two sets, of which the second's MAC is not known yet.
const SETS: (&str, &str) = (
    "",
    "[[device]]\ndn = \"301\"\nname = \"Lobby\"\nkind = \"set\"\nmac = \"08:00:0f:12:34:56\"\nset_type = \"console-8\"\npin = \"471193\"\ncos = 1\ncor = 1\n\
     [[device]]\ndn = \"302\"\nname = \"Dock\"\nkind = \"set\"\nset_type = \"console-8\"\npin = \"580264\"\ncos = 1\ncor = 2\ntransport = [\"tcp\", \"tls\"]\n\
     [registration]\naccess_code = \"*57\"\nreplacement_code = \"*58\"\n",
);
const TRANSFER: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"hold\", \"transfer\", \"do-not-disturb\", \"smdr-external\", \"smdr-internal\"]",
);
const CHANGES: [(&str, &str); 2] = [SETS, TRANSFER];

fn peer(last: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 4, last], 40_000))
}

fn add(office: &mut Office, number: &'static str, changes: &[(&str, &str)]) -> SetId {
    let (image, keyring) = policy_of(number, changes);
    let config = set_config(number, peer(if number == "301" { 1 } else { 2 }), exchange_address());
    let name = if number == "301" { "Lobby" } else { "Dock" };
    let id = office.sim.add_set(number, 0, strowger::set::Config { name, ..config }, (&image, &keyring));
    office.sim.run_ms(1_000);
    let device = office.sim.exchange(0).image().unwrap().phone_by_dn(number.as_bytes()).unwrap();
    assert!(office.sim.exchange(0).is_registered(device), "{}", office.sim.ladder.render());
    office.sim.ladder.clear();
    id
}

/// Room for two sets and a user more.
fn office_with(changes: &[(&str, &str)]) -> Office {
    let mut office = Office::with_sizes(1, &Sizes::for_calls(12, 2, 8), changes);
    office.register();
    office
}

fn with_set() -> (Office, SetId) {
    let mut office = office_with(&CHANGES);
    let id = add(&mut office, "301", &CHANGES);
    (office, id)
}

#[track_caller]
fn shows(office: &mut Office, id: SetId, row: u8, text: &str) {
    let seen = office.sim.run_until(20_000, |sim| sim.shown(id).row(row) == text);
    assert!(seen, "row {row} of {:?}, not {text:?}\n{}", office.sim.shown(id), office.sim.ladder.render());
}

#[track_caller]
fn sounds(office: &mut Office, id: SetId, tone: Option<Tone>) {
    let heard = office.sim.run_until(40_000, |sim| sim.shown(id).tone == tone);
    assert!(heard, "{:?}, not {tone:?}\n{}", office.sim.shown(id), office.sim.ladder.render());
}

/// A phone has been told that its last call is over, now or a moment ago.
#[track_caller]
fn ended(office: &mut Office, dn: &str) {
    let id = office.phone(dn);
    let over =
        |sim: &strowger_testkit::sim::Sim| matches!(sim.told(id).last(), Some(PhoneEvent::Ended { .. }));
    assert!(office.sim.run_until(20_000, over), "{}", office.sim.ladder.render());
}

#[track_caller]
fn talks(office: &mut Office, dn: &str) {
    let id = office.phone(dn);
    let up = |sim: &strowger_testkit::sim::Sim| {
        sim.told(id).iter().any(|told| matches!(told, PhoneEvent::Connected { .. }))
    };
    assert!(office.sim.run_until(20_000, up), "{}", office.sim.ladder.render());
}

fn lamps(office: &Office, id: SetId) -> Vec<(u8, Lamp)> {
    office.sim.shown(id).lamps.iter().map(|(key, lamp)| (*key, *lamp)).collect()
}

#[test]
fn it_is_registered_and_dark() {
    let (office, id) = with_set();
    let shown = office.sim.shown(id);
    assert_eq!(shown.row(0), "301 Lobby");
    assert_eq!((shown.tone, shown.ring, shown.talks), (None, None, false));
    assert!(shown.lamps.is_empty() && shown.sends.is_empty());
    let open: Vec<_> = shown.open.iter().map(|(stream, open)| (*stream, open.clone())).collect();
    assert_eq!(
        open,
        [(0, vec![1]), (1, vec![1]), (2, vec![1]), (3, vec![1])],
        "a port is ready for each call"
    );
}

#[test]
fn it_calls_a_phone_digit_by_digit_and_hangs_up() {
    let (mut office, id) = with_set();
    office.sim.press(id, "^");
    sounds(&mut office, id, Some(Tone::Dial));
    assert_eq!(lamps(&office, id), [(1, Lamp::On)]);
    shows(&mut office, id, 1, "Dial");
    office.sim.press(id, "2");
    sounds(&mut office, id, None);
    shows(&mut office, id, 1, "2");
    office.sim.press(id, "02");
    sounds(&mut office, id, Some(Tone::RingBack));
    shows(&mut office, id, 1, "Rings: 202");
    sounds(&mut office, id, None);
    shows(&mut office, id, 1, "202");
    let theirs = office.phone("202");
    let media = office.sim.phone(theirs).config.media;
    let shown = office.sim.shown(id);
    assert_eq!(shown.sends.get(&0), Some(&(1, media, true, true, false)));
    assert!(shown.talks);
    let heard = office.heard_sdp(theirs);
    let heard = String::from_utf8_lossy(&heard);
    assert!(heard.contains("m=audio 4001 ") && heard.contains("10.0.4.1"), "its port was told: {heard}");
    office.sim.press(id, "_");
    ended(&mut office, "202");
    let shown = office.sim.shown(id).clone();
    assert_eq!((shown.talks, shown.tone, shown.sends.len()), (false, None, 0));
    assert!(shown.lamps.is_empty(), "{shown:?}");
    office.sim.run_ms(500);
    assert_eq!(
        office.sim.shown(id).open.get(&0),
        Some(&vec![2]),
        "opened anew: what comes late is not heard"
    );
    office.assert_nothing_left();
    let records = office::records(&office);
    assert_eq!(records.len(), 1);
}

#[test]
fn it_is_called_rings_answers_and_the_other_hangs_up() {
    let (mut office, id) = with_set();
    office.call("201", "301");
    office.sim.run_until(5_000, |sim| sim.shown(id).ring.is_some());
    let shown = office.sim.shown(id);
    assert_eq!((shown.ring, shown.tone, shown.talks), (Some(Ring::Inside), None, false));
    assert_eq!(shown.row(1), "From 201 Reception");
    assert_eq!(lamps(&office, id), [(1, Lamp::Flash)]);
    assert!(shown.sends.is_empty(), "nothing is sent before it is answered");
    office.sim.press(id, "^");
    talks(&mut office, "201");
    let shown = office.sim.shown(id);
    assert_eq!((shown.ring, shown.talks, shown.row(1)), (None, true, "201 Reception"));
    assert_eq!(lamps(&office, id), [(1, Lamp::On)]);
    assert_eq!(shown.sends.len(), 1);
    office.hang_up("201");
    office.sim.run_ms(1_000);
    let shown = office.sim.shown(id);
    assert_eq!((shown.talks, shown.sends.len(), shown.lamps.len()), (false, 0, 0));
    office.sim.press(id, "_");
    office.assert_nothing_left();
}

/// R12: refused at the last leading digit, before second dial tone; where it is permitted there is second dial tone.
#[test]
fn r12_the_last_leading_digit_decides() {
    let changes = [
        SETS,
        // Behind 9 help may still be what is being dialed.
        (
            "",
            "[[ars]]\nleading = \"8\"\ncor_group = 1\nsecond_dial_tone = true\n[[ars]]\nleading = \"8\"\ndigits = \"NXXXXXX\"\nuse = { route = 1 }\n",
        ),
    ];
    let mut office = office_with(&changes);
    let lobby = add(&mut office, "301", &changes);
    let dock = add(&mut office, "302", &changes);
    office.sim.press(lobby, "^8");
    sounds(&mut office, lobby, Some(Tone::SecondDial));
    office.sim.press(lobby, "_");
    office.sim.press(dock, "^8");
    sounds(&mut office, dock, Some(Tone::Reorder));
    let denied = office.sim.decisions.last().map(|decision| decision.verdict);
    assert!(
        matches!(denied, Some(Verdict::Deny(denial)) if denial.rule == Rule::CorLeading),
        "{denied:?}\n{}",
        office.sim.ladder.render()
    );
    shows(&mut office, dock, 1, "Not allowed");
    shows(&mut office, dock, 2, "Denied: cor.leading");
    office.sim.press(dock, "_");
    sounds(&mut office, dock, None);
}

/// The field's timers: First Digit, Inter-Digit; the tone that ends (domain 1.2).
#[test]
fn who_does_not_dial_hears_reorder() {
    let (mut office, id) = with_set();
    office.sim.press(id, "^");
    office.sim.run_ms(14_000);
    assert_eq!(office.sim.shown(id).tone, Some(Tone::Dial));
    office.sim.run_ms(2_000);
    assert_eq!(office.sim.shown(id).tone, Some(Tone::Reorder), "{}", office.sim.ladder.render());
    office.sim.press(id, "_^2");
    office.sim.run_ms(11_000);
    assert_eq!(office.sim.shown(id).tone, Some(Tone::Reorder), "half a number");
    office.sim.run_ms(31_000);
    let shown = office.sim.shown(id);
    assert_eq!((shown.tone, shown.lamps.len()), (None, 0), "the tone ends");
    // A digit key takes a line as going off hook does; the handset is up still.
    office.sim.press(id, "202");
    sounds(&mut office, id, Some(Tone::RingBack));
}

#[test]
fn it_holds_and_retrieves_and_has_two_lines() {
    let (mut office, id) = with_set();
    office.sim.press(id, "^202");
    shows(&mut office, id, 1, "202");
    office.sim.press(id, "h");
    office.sim.run_ms(500);
    assert_eq!(lamps(&office, id), [(1, Lamp::Wink)]);
    assert!(!office.sim.shown(id).talks);
    assert!(office.sim.shown(id).sends.is_empty(), "who is held does not hear what is said to others");
    shows(&mut office, id, 1, "Held: 202");
    // Another call on the other line; whoever rings meanwhile finds none.
    office.sim.press(id, "b204");
    shows(&mut office, id, 1, "204");
    assert_eq!(lamps(&office, id), [(1, Lamp::Wink), (2, Lamp::On)]);
    office.call("201", "301");
    office.sim.run_ms(1_000);
    let told = office.sim.told(office.phone("201"));
    assert!(matches!(told.last(), Some(PhoneEvent::Ended { status: 486, .. })), "{told:?}");
    // Back to the first: the second is held.
    office.sim.press(id, "a");
    office.sim.run_ms(500);
    assert_eq!(lamps(&office, id), [(1, Lamp::On), (2, Lamp::Wink)], "{}", office.sim.ladder.render());
    shows(&mut office, id, 1, "202");
    office.sim.press(id, "_");
    ended(&mut office, "202");
    assert_eq!(lamps(&office, id), [(2, Lamp::Wink)], "who is held stays");
    office.sim.press(id, "^");
    sounds(&mut office, id, Some(Tone::Dial));
    office.sim.press(id, "b");
    office.sim.run_ms(500);
    assert_eq!(lamps(&office, id), [(2, Lamp::On)]);
    office.sim.press(id, "c");
    ended(&mut office, "204");
    office.sim.press(id, "_");
    office.assert_nothing_left();
}

/// Transfer, dialed, rung or answered, and Transfer again or on hook (R30).
#[test]
fn r30_it_transfers() {
    for (keys, answered) in [("t", true), ("_", true), ("t", false)] {
        let (mut office, id) = with_set();
        office.behaves("202", Behaviour::Answer { after_ms: 500 });
        office.behaves("204", Behaviour::Answer { after_ms: if answered { 500 } else { 5_000 } });
        office.sim.press(id, "^202");
        shows(&mut office, id, 1, "202");
        office.sim.press(id, "t");
        sounds(&mut office, id, Some(Tone::Dial));
        assert_eq!(lamps(&office, id), [(1, Lamp::Blink), (2, Lamp::On), (0x11, Lamp::On)]);
        office.sim.press(id, "204");
        if answered {
            shows(&mut office, id, 1, "204");
        } else {
            sounds(&mut office, id, Some(Tone::RingBack));
        }
        office.sim.press(id, keys);
        office.sim.run_ms(8_000);
        assert!(office.sim.shown(id).lamps.is_empty(), "{keys} {answered}\n{}", office.sim.ladder.render());
        assert_eq!(office.sim.exchange(0).calls_in_use(), 1, "{}", office.sim.ladder.render());
        let cleared: Vec<_> = ["202", "204"]
            .iter()
            .filter(|dn| {
                office.sim.told(office.phone(dn)).iter().any(|told| matches!(told, PhoneEvent::Ended { .. }))
            })
            .collect();
        assert!(cleared.is_empty(), "{cleared:?}");
        office.hang_up("202");
        ended(&mut office, "204");
        if keys == "t" {
            office.sim.press(id, "_");
        }
        office.assert_nothing_left();
    }
}

#[test]
fn cancel_gives_up_refuses_and_clears() {
    let (mut office, id) = with_set();
    office.sim.press(id, "^2c");
    assert!(office.sim.shown(id).lamps.is_empty());
    office.sim.press(id, "_^202");
    sounds(&mut office, id, Some(Tone::RingBack));
    office.sim.press(id, "c");
    office.sim.run_ms(1_000);
    let told = office.sim.told(office.phone("202"));
    assert!(told.iter().any(|told| matches!(told, PhoneEvent::Ended { .. })), "{told:?}");
    office.sim.press(id, "_");
    office.call("201", "301");
    office.sim.run_until(5_000, |sim| sim.shown(id).ring.is_some());
    office.sim.press(id, "c");
    ended(&mut office, "201");
    assert_eq!(office.sim.shown(id).ring, None);
    office.assert_nothing_left();
}

#[test]
fn redial_calls_the_last_number_again() {
    let (mut office, id) = with_set();
    office.sim.press(id, "^202");
    shows(&mut office, id, 1, "202");
    office.sim.press(id, "_r");
    shows(&mut office, id, 1, "202");
    office.sim.press(id, "c");
    ended(&mut office, "202");
    assert_eq!(office::records(&office).len(), 2);
    office.assert_nothing_left();
}

#[test]
fn busy_and_vacant_numbers_sound_different() {
    let (mut office, id) = with_set();
    office.behaves("202", Behaviour::Busy);
    office.sim.press(id, "^202");
    sounds(&mut office, id, Some(Tone::Busy));
    shows(&mut office, id, 1, "Busy");
    office.sim.press(id, "_^7");
    sounds(&mut office, id, Some(Tone::Reorder));
    shows(&mut office, id, 1, "Not allowed");
    office.sim.press(id, "_");
    office.assert_nothing_left();
}

/// A code that sets something is confirmed; a second call over the same line waits for nobody.
#[test]
fn feature_codes_are_confirmed() {
    let changes = [SETS, TRANSFER, ("", "[features]\ndo_not_disturb = \"*60\"\n")];
    let mut office = office_with(&changes);
    let id = add(&mut office, "301", &changes);
    office.sim.press(id, "^*60");
    sounds(&mut office, id, Some(Tone::Confirmation));
    office.sim.press(id, "_");
    office.call("201", "301");
    ended(&mut office, "201");
    assert_eq!(office.sim.shown(id).ring, None, "it does not disturb");
    office.assert_nothing_left();
}

/// R72 and hot desk: what stands behind the code of a log-in is a PIN, and not shown.
#[test]
fn a_pin_is_not_shown() {
    let changes = [
        SETS,
        ("features = [\"hold\"", "features = [\"hot-desk-accept\", \"hot-desk-login\", \"hold\""),
        (
            "",
            "[features]\nhot_desk_login = \"*50\"\nhot_desk_logout = \"*51\"\n[[user]]\ndn = \"401\"\nname = \"Visitor\"\npin = \"864205\"\ncos = 1\ncor = 1\n",
        ),
    ];
    let mut office = office_with(&changes);
    let id = add(&mut office, "301", &changes);
    office.sim.press(id, "^*50401864205");
    assert_eq!(office.sim.shown(id).row(1), "*50*********");
    office.sim.press(id, "#");
    sounds(&mut office, id, Some(Tone::Confirmation));
    office.sim.press(id, "_^202");
    shows(&mut office, id, 1, "202");
    let by = office.sim.decisions.last().map(|decision| decision.from);
    assert!(matches!(by, Some(Party::User { .. })), "the user calls, not the set: {by:?}");
    let frames = office.sim.set_frames(id).join("\n");
    assert!(!frames.contains("864205"), "{frames}");
    office.sim.press(id, "_r");
    shows(&mut office, id, 1, "202");
    office.sim.press(id, "c");
}

/// Law 4: a set that nobody has registered can call for help, and nobody else.
#[test]
fn who_is_not_registered_can_call_for_help() {
    let changes = [SETS];
    let mut office = office_with(&changes);
    let (image, keyring) = policy_of("301", &changes);
    let config = set_config("", peer(9), exchange_address());
    let id = office.sim.add_set("stranger", 0, config, (&image, &keyring));
    office.sim.run_ms(500);
    assert_eq!(office.sim.shown(id).row(0), "Not registered");
    office.sim.press(id, "^202");
    sounds(&mut office, id, Some(Tone::Reorder));
    assert!(office.sim.told(office.phone("202")).is_empty(), "nobody rings");
    office.sim.press(id, "_^911");
    let up =
        office.sim.run_until(20_000, |sim| sim.shown(id).sends.len() == 1 && sim.shown(id).tone.is_none());
    assert!(up, "{}", office.sim.ladder.render());
    office.sim.run_ms(3_000);
    assert!(
        matches!(office.sim.decisions.last().map(|decision| decision.verdict), Some(Verdict::Allow(choice)) if choice.rule == Rule::Emergency)
    );
    office.sim.press(id, "_");
    office.sim.run_ms(1_000);
    assert_eq!(office.sim.exchange(0).calls_in_use(), 0);
}

/// A connection that is lost in a call: it goes on, and whoever comes back is shown everything (domain 9, points 1 and 2).
#[test]
fn a_call_outlives_its_connection() {
    let (mut office, id) = with_set();
    office.sim.press(id, "^202");
    shows(&mut office, id, 1, "202");
    let before = office.sim.shown(id).clone();
    office.sim.connect_set(id, false);
    office.sim.run_ms(30_000);
    office.sim.connect_set(id, true);
    let frames = office.sim.set_frames(id);
    assert!(frames.last().is_some_and(|frame| frame.starts_with("Snapshot")), "{frames:?}");
    assert_eq!(office.sim.shown(id), &before, "as it was");
    // It says how its hook is, whichever way that is.
    office.sim.press(id, "^");
    assert_eq!(office.sim.shown(id), &before, "as it was");
    // Whoever has hung up meanwhile says so as well.
    office.sim.connect_set(id, false);
    office.sim.run_ms(1_000);
    office.sim.connect_set(id, true);
    office.sim.press(id, "_");
    ended(&mut office, "202");
    // Lost for good.
    office.sim.press(id, "^202");
    shows(&mut office, id, 1, "202");
    office.sim.connect_set(id, false);
    office.sim.run_ms(59_000);
    assert_eq!(office.sim.exchange(0).calls_in_use(), 1, "for its grace");
    office.sim.run_ms(7_000);
    assert_eq!(office.sim.exchange(0).calls_in_use(), 0, "{}", office.sim.ladder.render());
    assert_eq!(office.sim.set_end(id), (None, true));
    let device = office.sim.exchange(0).image().unwrap().phone_by_dn(b"301").unwrap();
    assert!(!office.sim.exchange(0).is_registered(device), "it is out of service");
}

#[test]
fn an_idle_set_that_is_lost_is_out_of_service_at_once() {
    let (mut office, id) = with_set();
    office.sim.connect_set(id, false);
    office.sim.run_ms(100);
    let device = office.sim.exchange(0).image().unwrap().phone_by_dn(b"301").unwrap();
    assert!(!office.sim.exchange(0).is_registered(device));
    assert!(office.sim.set_end(id).1);
    office.assert_nothing_left();
}

#[test]
fn silence_and_nonsense_end_a_connection() {
    let (mut office, id) = with_set();
    office.sim.run_ms(60_000);
    let alive = office.sim.set_frames(id).iter().filter(|frame| *frame == "kind 0x8e").count();
    assert!((2..=3).contains(&alive), "{alive} heartbeats in a minute");
    office.sim.run_ms(31_000);
    assert_eq!(office.sim.set_end(id), (Some(Bye::Silence), true));
    let (mut office, id) = with_set();
    office.sim.set_octets(id, &[0, 1, 3, 0, 0, 0, 0, 9, 0, 0, 0, 0, 1]);
    assert_eq!(office.sim.set_end(id).0, Some(Bye::Sequence));
    let (mut office, id) = with_set();
    office.sim.set_says(id, Up::Bye(0));
    assert_eq!(office.sim.set_end(id).0, Some(Bye::Wished));
    assert!(office.sim.now > Instant(0));
}
