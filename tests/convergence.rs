//! Changes that cross on a network that loses and reorders: every fate of the first datagrams, to the end. Then both phones
//! hold each other's description, or the call is cleared.

use crate::office;

use office::Office;
use strowger::media::Described;
use strowger_testkit::phone::Ask;
use strowger_testkit::sim::Fate;

/// Datagrams whose fate is tried: 3 to this power for each pair of changes. `STROWGER_FATES` tries others.
const DEPTH: u32 = 8;
/// Late enough to be overtaken by everything that follows from other datagrams, and by none of its own repetitions.
const LATE_MS: u64 = 130;

const HOME: &str = "[[zone]]\nname = \"home\"\n[[media_path]]\nbetween = [\"default\", \"home\"]\npath = \"anchored\"\n[media]\nrtpengine = \"127.0.0.1:2223\"\n";

/// Cases for each call: they take less time than [`PATIENT`] lets anybody hold.
const CASES: u32 = 8;
/// Nobody is rung for having held for so long.
const PATIENT: (&str, &str) = ("ringing = 60\n", "ringing = 60\nhold_recall = 600\n");

fn office(seed: u64, anchored: bool) -> Office {
    match anchored {
        false => Office::changed(seed, &[PATIENT]),
        true => {
            Office::changed(seed, &[PATIENT, ("dn = \"202\"", "dn = \"202\"\nzone = \"home\""), ("", HOME)])
        }
    }
}

/// Whose description it is, which of its versions, and its direction: what no relay changes.
fn told(sdp: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(sdp);
    let line = |begin: &str| text.lines().find(|line| line.starts_with(begin)).unwrap_or("").to_owned();
    (line("o="), text.lines().last().unwrap_or("").to_owned())
}

/// Both phones talk and go by each other's description; over the relay if they are to.
fn assert_agreed(office: &mut Office, anchored: bool, case: &str) {
    let [a, b] = ["201", "202"].map(|dn| office.phone(dn));
    let (a, b) = (office.sim.phone(a).agreed(), office.sim.phone(b).agreed());
    let ladder = &office.sim.ladder;
    let (Some((own_a, of_b)), Some((own_b, of_a))) = (a, b) else {
        panic!("{case}: one side talks alone\n{}", ladder.render());
    };
    assert_eq!(told(&own_a), told(&of_a), "{case}: what 202 holds of 201\n{}", ladder.render());
    assert_eq!(told(&own_b), told(&of_b), "{case}: what 201 holds of 202\n{}", ladder.render());
    let relay = office.sim.relay.address;
    for sdp in [&of_a, &of_b] {
        let place = Described::read(sdp).places.get(0).expect("it is awaited somewhere");
        assert_eq!(place.rtp.ip() == relay, anchored, "{case}\n{}", ladder.render());
    }
    let ways = office.sim.pinholes.iter().count();
    assert_eq!(ways, if anchored { 4 } else { 2 }, "{case}\n{}", ladder.render());
}

/// What begins a change.
#[derive(Clone, Copy, Debug)]
enum Begin {
    /// A phone asks by INVITE.
    Invite(Ask),
    /// A phone asks by UPDATE.
    Update(Ask),
    /// The relay was started again: the engine asks.
    Relay,
}

fn begin(office: &mut Office, dn: &str, begin: Begin) {
    let id = office.phone(dn);
    match begin {
        Begin::Invite(ask) | Begin::Update(ask) => {
            office.sim.phone(id).config.updates = matches!(begin, Begin::Update(_));
            office.ask(dn, ask);
        }
        Begin::Relay => office.lose_relay(),
    }
}

fn talk(office: &mut Office) {
    office.sim.events.clear();
    office.call("201", "202");
    office.until_talks("202");
    office.sim.run_ms(1_000);
}

/// Every fate of the first datagrams after these changes have begun at the same moment, or the second while the first is
/// under way. How many calls lived, and how many were cleared.
fn every_fate(anchored: bool, first: Begin, second: Option<(Begin, u64)>) -> (u32, u32) {
    let mut office = office(77, anchored);
    office.behaves("202", strowger_testkit::phone::Behaviour::Answer { after_ms: 50 });
    talk(&mut office);
    let (mut lived, mut cleared) = (0, 0);
    let depth = std::env::var("STROWGER_FATES").map_or(DEPTH, |depth| depth.parse().expect("a number"));
    for number in 0..3u32.pow(depth) {
        let case = format!("{first:?}, {second:?}, fates {number}");
        office.sim.ladder.clear();
        office.sim.events.clear();
        office.sim.relay.asked.clear();
        let mut rest = number;
        office.sim.decide_fates(move |_| {
            let fate = [Fate::Sent, Fate::Lost, Fate::Late(LATE_MS)][rest as usize % 3].clone();
            rest /= 3;
            fate
        });
        let (a, b) = (office.phone("201"), office.phone("202"));
        begin(&mut office, "201", first);
        if let Some((second, after_ms)) = second {
            office.sim.run_ms(after_ms);
            begin(&mut office, "202", second);
        }
        // Everything that is repeated has been, and everything that is given up too.
        office.sim.run_ms(70_000);
        office.sim.deliver_all();
        match office.sim.exchange(0).calls_in_use() {
            1 => {
                assert_agreed(&mut office, anchored, &case);
                lived += 1;
            }
            calls => {
                assert_eq!(calls, 0, "{case}");
                cleared += 1;
                for id in [a, b] {
                    assert!(
                        office.sim.phone(id).agreed().is_none(),
                        "{case}\n{}",
                        office.sim.ladder.render()
                    );
                }
                assert_eq!(office.sim.pinholes.iter().count(), 0, "{case}");
                office.register();
                talk(&mut office);
            }
        }
        if number % 500 == 0 {
            office.sim.ladder.clear();
            office.register();
        }
        // Before whoever holds has held for too long.
        if number % CASES == CASES - 1 && office.sim.exchange(0).calls_in_use() == 1 {
            office.sim.decide_fates(|_| Fate::Sent);
            office.hang_up("201");
            office.sim.run_ms(40_000);
            office.register();
            talk(&mut office);
        }
    }
    office.hang_up("201");
    office.assert_nothing_left();
    (lived, cleared)
}

fn every_pair(anchored: bool) {
    use Ask::{Hold, Offer, Resume};
    use Begin::{Invite, Relay, Update};
    let pairs = [
        (Invite(Hold), None),
        (Invite(Offer), None),
        (Invite(Hold), Some((Invite(Hold), 0))),
        (Invite(Hold), Some((Invite(Offer), 0))),
        (Invite(Offer), Some((Invite(Offer), 0))),
        (Invite(Resume), Some((Invite(Hold), 25))),
        (Update(Hold), None),
        (Update(Resume), Some((Invite(Hold), 0))),
        (Update(Hold), Some((Update(Resume), 25))),
    ];
    let renewals = [(Relay, None), (Relay, Some((Invite(Hold), 0))), (Relay, Some((Update(Resume), 25)))];
    let renewals = if anchored { &renewals[..] } else { &[] };
    for (first, second) in pairs.iter().chain(renewals) {
        let (lived, cleared) = every_fate(anchored, *first, *second);
        println!("anchored {anchored}: {first:?}, {second:?}: {lived} calls went on, {cleared} were cleared");
        assert!(lived > cleared);
    }
}

#[test]
fn direct_media_converges_whatever_is_lost_or_late() {
    every_pair(false);
}

#[test]
fn anchored_media_converges_whatever_is_lost_or_late() {
    every_pair(true);
}
