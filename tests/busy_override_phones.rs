//! Executive Busy Override among phones on SIP (R5, R6, R34, R88; RFC 4579): a busy number is called by the code, and the resource of the
//! policy mixes the three.

use crate::office;

use office::{Office, RESOURCE, columns, last_denial};
use strowger::policy::{Behalf, Feature, Party, Rule};
use strowger_testkit::phone::Behaviour;
use strowger_testkit::sim::PhoneId;

const CODE: (&str, &str) = ("", "[features]\nbusy_override = \"*62\"\n");
const CLASS: (&str, &str) = (
    "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
    "features = [\"hold\", \"executive-busy-override\", \"smdr-external\", \"smdr-internal\"]",
);

/// 202 talks to this number, and there is a resource.
fn talking(seed: u64, number: &str, changes: &[(&str, &str)]) -> (Office, PhoneId) {
    let changes: Vec<_> = [RESOURCE, CODE, CLASS].iter().chain(changes).copied().collect();
    let mut office = Office::changed(seed, &changes);
    let mixer = office.add_mixer(seed);
    office.call("202", number);
    office.until_talks("202");
    office.sim.run_ms(1_000);
    office.sim.ladder.clear();
    office.sim.events.clear();
    (office, mixer)
}

fn up(office: &mut Office, phones: &[&str]) -> Vec<usize> {
    let ids: Vec<PhoneId> = phones.iter().map(|dn| office.phone(dn)).collect();
    ids.into_iter().map(|id| office.sim.phone(id).calls_up()).collect()
}

/// The media of each of the three is that of the resource; each record names another (R88).
#[test]
fn three_phones_are_mixed() {
    let (mut office, mixer) = talking(1, "201", &[]);
    office.call("203", "*62202");
    office.until_talks("203");
    office.sim.run_ms(3_000);
    assert_eq!(office.sim.phone(mixer).calls_up(), 3, "{}", office.trace());
    assert_eq!(up(&mut office, &["201", "202", "203"]), [1, 1, 1]);
    let agreed = ["201", "202", "203"].map(|dn| {
        let id = office.phone(dn);
        let (own, theirs) = office.sim.phone(id).agreed().expect("it talks");
        assert!(!own.is_empty() && own != theirs);
        theirs
    });
    assert!(
        agreed.iter().all(|theirs| String::from_utf8_lossy(theirs).contains("IN IP4 10.0.8.1")),
        "{agreed:?}"
    );
    // The second and third are joined at the address that the resource has given for the conference.
    let invite = String::from_utf8_lossy(office.sim.phone(mixer).last_invite().expect("one")).into_owned();
    assert!(invite.starts_with("INVITE sip:room-77@10.0.8.1:5066 SIP/2.0\r\n"), "{invite}");
    office.hang_up("203");
    office.sim.run_ms(2_000);
    assert_eq!(up(&mut office, &["201", "202", "203"]), [1, 1, 0]);
    office.hang_up("201");
    office.sim.run_ms(2_000);
    assert_eq!(office.sim.phone(mixer).calls_up(), 0, "{}", office.trace());
    office.assert_nothing_left();
    assert_eq!(office::records(&office), ["203,202,I,,C,201", "202,201,I,201,C,203", "202,,I,,C,203"]);
}

/// Over a trunk: the carrier's leg moves first, and its record lasts as long as that is there.
#[test]
fn a_call_outside_is_come_into() {
    let (mut office, mixer) = talking(2, "95550100", &[]);
    office.call("203", "*62202");
    office.until_talks("203");
    office.sim.run_ms(3_000);
    assert_eq!(office.sim.phone(mixer).calls_up(), 3, "{}", office.trace());
    office.hang_up("202");
    office.sim.run_ms(2_000);
    assert_eq!(office.sim.phone(mixer).calls_up(), 2, "{}", office.trace());
    assert_eq!(office.sim.exchange(0).channels_in_use(0), 1);
    office.hang_up("203");
    office.sim.run_ms(2_000);
    office.assert_nothing_left();
    assert_eq!(columns(&office, &[60..61, 66..67, 68..72]), ["I,C,203", "I,C,T001", "A,C,203"]);
}

/// R5, R6: it is refused, and nothing is sent to those who talk.
#[test]
fn r5_r6_nobody_hears_of_what_is_refused() {
    for (seed, feature, rule) in
        [(3, "busy-override-security", Rule::BusyOverrideSecurity), (4, "call-privacy", Rule::CallPrivacy)]
    {
        let class = format!("[[cos]]\nid = 7\nfeatures = [\"smdr-internal\", \"{feature}\"]\n");
        let own = "password = \"Qu1et-river-Stone-4\"\ncos = 1";
        let changes = [("", class.as_str()), (own, "password = \"Qu1et-river-Stone-4\"\ncos = 7")];
        let (mut office, mixer) = talking(seed, "201", &changes);
        assert_eq!(office.refused("203", "*62202").0, 403);
        assert_eq!(last_denial(&office), Some((rule, Party::Device(2), None)));
        let trace = office.trace();
        assert!(
            !trace.contains("-> 201") && !trace.contains("-> 202") && !trace.contains("mixer"),
            "{trace}"
        );
        assert_eq!(office.sim.phone(mixer).live_calls(), 0);
        office.hang_up("202");
        office.assert_nothing_left();
    }
}

/// The resource does not take one more: who has come is released, and the others talk on.
#[test]
fn where_the_resource_refuses_they_talk_on() {
    let (mut office, mixer) = talking(5, "201", &[]);
    office.call("203", "*62202");
    for _ in 0..100 {
        office.sim.run_ms(10);
        if office.sim.phone(mixer).live_calls() == 1 {
            break;
        }
    }
    // It has the first call, and takes no more.
    office.sim.phone(mixer).config.behaviour = Behaviour::Busy;
    office.sim.run_ms(3_000);
    assert_eq!(up(&mut office, &["201", "202", "203"]), [1, 1, 0], "{}", office.trace());
    assert_eq!(office.sim.phone(mixer).live_calls(), 0);
    office::assert_talk(&mut office, "202", "201");
    office.hang_up("202");
    office.assert_nothing_left();
}

/// Who dials the code on the way to help gets help (law 4); who brings somebody to the code brings it to nobody.
#[test]
fn help_is_reached_behind_the_code() {
    let (mut office, _) = talking(6, "201", &[]);
    office.call("203", "*62911");
    office.until_talks("203");
    assert!(office.trace().contains("exchange -> carrier: INVITE 911 "), "{}", office.trace());
    office.sim.ladder.clear();
    let id = office.phone("202");
    office.sim.with(id, |phone, now| phone.transfer(now, "*62203"));
    office.sim.run_ms(2_000);
    assert!(office.trace().contains("exchange -> 202: 404 Not Found (REFER)"), "{}", office.trace());
    let behalf = Behalf { feature: Feature::Transfer, party: Party::Device(0) };
    assert_eq!(last_denial(&office), Some((Rule::NumberVacant, Party::Device(1), Some(behalf))));
}
