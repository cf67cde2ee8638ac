//! The media of hunt groups of kind `ring-all`: each member meets the caller on its own way (R93), encrypted by its own policy.

use crate::office;

use office::Office;
use strowger::media::Described;
use strowger_testkit::phone::Behaviour;

/// An office where 202 and 203 ring at once, in this order; one of them answers, and has.
fn office(seed: u64, members: &str, takes: &str, changes: &[(&str, &str)]) -> Office {
    let group = format!("[[hunt_group]]\ndn = \"600\"\nkind = \"ring-all\"\nmembers = [{members}]\n");
    let changes: Vec<_> = [("", group.as_str())].iter().chain(changes).copied().collect();
    let mut office = Office::changed(seed, &changes);
    for dn in ["202", "203"] {
        let answers = Behaviour::Answer { after_ms: 1_500 };
        office.behaves(dn, if dn == takes { answers } else { Behaviour::Ring });
    }
    office
}

fn calls(office: &mut Office) {
    office.call("201", "600");
    office.until_talks("201");
    office.sim.run_ms(2_000);
    let rang = |dn: &str| office.trace().contains(&format!("exchange -> {dn}: INVITE"));
    assert!(rang("202") && rang("203"), "{}", office.trace());
}

/// What a phone was told of the other's media when its call was answered.
fn heard_sdp(office: &Office, dn: &str) -> Vec<u8> {
    office.heard_sdp(office.phone(dn))
}

/// R93: of two members one is in another zone, so that its media goes over the relay; that of the other goes directly.
#[test]
fn r93_each_member_meets_the_caller_on_its_own_way() {
    let zones = "[[zone]]\nname = \"home\"\n[[media_path]]\nbetween = [\"default\", \"home\"]\npath = \"anchored\"\n[media]\nrtpengine = \"127.0.0.1:2223\"\n";
    let home = ("dn = \"202\"", "dn = \"202\"\nzone = \"home\"");
    for members in ["\"202\", \"203\"", "\"203\", \"202\""] {
        for (takes, anchored) in [("202", true), ("203", false)] {
            let mut office = office(10, members, takes, &[home, ("", zones)]);
            calls(&mut office);
            let relay = office.sim.relay.address;
            for dn in ["201", takes] {
                let text = heard_sdp(&office, dn);
                let place = Described::read(&text).places.get(0).expect("a place").rtp;
                assert_eq!(place.ip() == relay, anchored, "{dn}: {}", office.trace());
            }
            assert_eq!(office.sim.relay.sessions().count(), usize::from(anchored));
            assert_eq!(office.sim.pinholes.iter().count(), if anchored { 4 } else { 2 });
            office.ends("201");
            assert_eq!(office.sim.relay.sessions().count(), 0);
            office.assert_nothing_left();
        }
    }
}

/// One member requires SRTP, one wants none: each is offered what its policy has it take, whoever was asked last.
#[test]
fn each_member_is_offered_media_by_its_own_policy() {
    let line = "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
    let answer = "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj";
    let required = ("dn = \"202\"", "dn = \"202\"\nsrtp = \"required\"");
    let off = ("dn = \"203\"", "dn = \"203\"\nsrtp = \"off\"");
    for members in ["\"202\", \"203\"", "\"203\", \"202\""] {
        for (takes, encrypted) in [("202", true), ("203", false)] {
            let mut office = office(11, members, takes, &[required, off]);
            for (dn, key) in [("201", Some(line)), ("202", Some(answer)), ("203", None)] {
                let id = office.phone(dn);
                office.sim.phone(id).config.attributes = key.map(str::to_owned).into_iter().collect();
            }
            calls(&mut office);
            let heard = String::from_utf8(heard_sdp(&office, "201")).expect("text");
            assert_eq!(heard.contains("a=crypto:"), encrypted, "{takes}: {}", office.trace());
            let offered = String::from_utf8(heard_sdp(&office, takes)).expect("text");
            assert_eq!(offered.contains("a=crypto:"), encrypted, "{takes}: {offered}");
            office.ends("201");
            office.assert_nothing_left();
        }
    }
}
