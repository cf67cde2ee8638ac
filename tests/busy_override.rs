//! Executive Busy Override by neutral signals: whoever calls a busy number by the code comes into its call, with a warning (R3, R5, R6, R36).
//! Who may not is told so, and those who talk hear nothing of it.

use crate::office;

use office::{RESOURCE, neutral};
use strowger::base::{Handle, Instant};
use strowger::call::Cause;
use strowger::call::dialing::Tone;
use strowger::exchange::{Output, Signal, Taken};
use strowger::policy::{Mode, Override, Party, Rule, Verdict, overridden};
use strowger_testkit::sim::ExchangeBox;

const NOW: Instant = Instant(1_000);
const CODE: (&str, &str) = ("", "[features]\nbusy_override = \"*62\"\n");
const CLASS: (&str, &str) = ("features = [\"hold\", \"smdr-external\", \"smdr-internal\"]", MAY);
const MAY: &str = "features = [\"hold\", \"executive-busy-override\", \"smdr-external\", \"smdr-internal\"]";
const MIVB: (&str, &str) = ("profile = \"strict\"", "profile = \"mivb\"");

/// The legs of a call.
#[derive(Clone, Copy)]
struct Legs {
    a: Handle,
    b: Handle,
}

fn exchange(changes: &[(&str, &str)]) -> ExchangeBox {
    let changes: Vec<_> = [RESOURCE, CODE, CLASS].iter().chain(changes).copied().collect();
    neutral(&changes)
}

/// A COS whose calls are shielded by this feature, for the phone 202.
fn shielded(feature: &str) -> [(&'static str, String); 2] {
    let class = format!("[[cos]]\nid = 7\nfeatures = [\"smdr-internal\", \"{feature}\"]\n");
    let own = "password = \"Qu1et-river-Stone-4\"\ncos = 1";
    [("", class), (own, own.replace("cos = 1", "cos = { day = 7, night1 = 1, night2 = 7 }"))]
}

fn outputs(exchange: &mut ExchangeBox) -> Vec<Output> {
    std::iter::from_fn(|| exchange.poll(&mut [0; 2048]).expect("room")).collect()
}

/// A party calls a number, and is answered.
fn talks(exchange: &mut ExchangeBox, from: Party, dialed: &[u8]) -> Legs {
    let Taken::SetUp { leg: a } = exchange.signal(NOW, &Signal::Setup { from, dialed }).expect("room") else {
        panic!("it is permitted")
    };
    let b = exchange.calls().peer(a).expect("a called leg");
    assert_eq!(exchange.signal(NOW, &Signal::Answer(b)), Ok(Taken::Done));
    outputs(exchange);
    Legs { a, b }
}

/// 203 calls 202 by the code: its leg and that of the resource.
fn calls_over(exchange: &mut ExchangeBox) -> Result<Legs, Rule> {
    let setup = Signal::Setup { from: Party::Device(2), dialed: b"*62202" };
    match exchange.signal(NOW, &setup).expect("room") {
        Taken::SetUp { leg: a } => Ok(Legs { a, b: exchange.calls().peer(a).expect("a called leg") }),
        Taken::Denied(decision) => Err(decision.denial().expect("refused").rule),
        taken => panic!("{taken:?}"),
    }
}

/// The resource answers on a leg: which other leg of it rings then, and what else is put out.
fn mixer_answers(exchange: &mut ExchangeBox, leg: Handle) -> (Option<Handle>, Vec<Output>) {
    outputs(exchange);
    assert_eq!(exchange.signal(NOW, &Signal::Answer(leg)), Ok(Taken::Done));
    let outputs = outputs(exchange);
    let rings = outputs.iter().find_map(|output| match output {
        Output::Setup { leg, to: Party::Conference, .. } => Some(*leg),
        _ => None,
    });
    (rings, outputs)
}

fn releases(exchange: &mut ExchangeBox, leg: Handle, cause: Cause) -> Vec<Output> {
    assert_eq!(exchange.signal(NOW, &Signal::Release(leg, cause)), Ok(Taken::Done));
    outputs(exchange)
}

fn tones(outputs: &[Output]) -> Vec<(Handle, Tone)> {
    let tone =
        |output: &Output| if let Output::Tone(leg, tone) = output { Some((*leg, *tone)) } else { None };
    outputs.iter().filter_map(tone).collect()
}

/// Whether these two face each other and nobody has been told anything.
fn talk_on(exchange: &ExchangeBox, call: Legs) -> bool {
    exchange.calls().peer(call.a) == Some(call.b)
        && exchange.calls().peer(call.b) == Some(call.a)
        && exchange.calls().transfer(call.a) == Some(strowger::call::Transfer::None)
}

fn members(exchange: &ExchangeBox, of: Handle) -> Vec<Party> {
    let calls = exchange.calls();
    let room = calls.room(of).expect("a room");
    let mut members: Vec<Party> =
        calls.in_room(room).map(|legs| calls.leg(legs.a).expect("a member").party).collect();
    members.sort_by_key(|party| party.phone());
    members
}

/// The call of 201 and 202 is come into by 203: nobody hears of that before the resource is there; then both are warned, and move one by one.
#[test]
fn whoever_may_comes_into_the_call() {
    let mut exchange = exchange(&[]);
    let busy = talks(&mut exchange, Party::Device(0), b"202");
    let own = calls_over(&mut exchange).expect("permitted");
    let heard = outputs(&mut exchange);
    assert!(
        heard.iter().any(
            |output| matches!(output, Output::Setup { leg, to: Party::Conference, .. } if *leg == own.b)
        )
    );
    assert!(tones(&heard).is_empty() && talk_on(&exchange, busy));
    let (first, heard) = mixer_answers(&mut exchange, own.b);
    assert_eq!(tones(&heard), [(busy.a, Tone::Intrusion), (busy.b, Tone::Intrusion)]);
    assert!(exchange.calls().peer(busy.a) == Some(busy.b), "they talk until the resource has answered");
    let first = first.expect("it rings for 201");
    let (second, heard) = mixer_answers(&mut exchange, first);
    assert!(heard.contains(&Output::Joined { leg: busy.a, with: first }), "{heard:?}");
    let second = second.expect("it rings for 202");
    let (third, heard) = mixer_answers(&mut exchange, second);
    assert!(third.is_none() && heard.contains(&Output::Joined { leg: busy.b, with: second }), "{heard:?}");
    assert_eq!(members(&exchange, own.a), [0, 1, 2].map(Party::Device));
    // Who has come leaves; the others talk on there.
    releases(&mut exchange, own.a, Cause::Normal);
    assert_eq!(members(&exchange, busy.a), [0, 1].map(Party::Device));
    releases(&mut exchange, busy.b, Cause::Normal);
    assert_eq!(exchange.calls_in_use(), 0);
}

/// R5, R6: whoever of the two is shielded, in both profiles; those who talk are not disturbed. R9: the rule is named.
#[test]
fn r5_r6_a_shielded_call_is_not_come_into() {
    for (feature, rule) in
        [("busy-override-security", Rule::BusyOverrideSecurity), ("call-privacy", Rule::CallPrivacy)]
    {
        let shield = shielded(feature);
        let shield = shield.each_ref().map(|(old, new)| (*old, new.as_str()));
        for profile in [("", ""), MIVB] {
            // 202 is who is called by the code, and then who talks to that one.
            for (from, dialed, over) in [(0, b"202", b"*62202"), (1, b"201", b"*62201")] {
                let mut exchange = exchange(&[shield[0], shield[1], profile]);
                let busy = talks(&mut exchange, Party::Device(from), dialed);
                let setup = Signal::Setup { from: Party::Device(2), dialed: over };
                let Ok(Taken::Denied(decision)) = exchange.signal(NOW, &setup) else {
                    panic!("it is shielded")
                };
                assert_eq!(decision.denial().map(|denial| denial.rule), Some(rule));
                assert!(talk_on(&exchange, busy) && exchange.calls_in_use() == 1);
                let heard = outputs(&mut exchange);
                assert!(heard.iter().any(|output| matches!(output, Output::Decision(_))));
                assert!(tones(&heard).is_empty());
            }
        }
    }
}

/// R3: not without the feature; and there must be a resource that mixes.
#[test]
fn r3_it_takes_the_feature_and_a_resource() {
    let mut without = neutral(&[RESOURCE, CODE]);
    talks(&mut without, Party::Device(0), b"202");
    assert_eq!(calls_over(&mut without).err(), Some(Rule::CosFeature));
    let mut without = neutral(&[CODE, CLASS]);
    talks(&mut without, Party::Device(0), b"202");
    assert_eq!(calls_over(&mut without).err(), Some(Rule::NumberVacant));
}

/// R36: who comes is asked for with each of the two, in both directions.
#[test]
fn r36_who_comes_may_hear_both() {
    // From 204 to 205 nobody may be joined.
    for (by, talk) in [(3, (0, b"205")), (4, (0, b"204")), (3, (4, b"201")), (4, (3, b"201"))] {
        for profile in [("", ""), MIVB] {
            let mut exchange = exchange(&[profile]);
            let busy = talks(&mut exchange, Party::Device(talk.0), talk.1);
            let setup = Signal::Setup { from: Party::Device(by), dialed: b"*62201" };
            let Ok(Taken::Denied(decision)) = exchange.signal(NOW, &setup) else {
                panic!("it is restricted")
            };
            assert_eq!(decision.denial().map(|denial| denial.rule), Some(Rule::Interconnect));
            assert!(talk_on(&exchange, busy));
        }
    }
}

/// Whom the caller may not call at all it does not reach by the code either, nor itself; one code behind another is no number.
#[test]
fn the_number_is_judged_as_any() {
    let mut exchange = exchange(&[("cor = 2\n", "cor = 0\n")]);
    talks(&mut exchange, Party::Device(0), b"202");
    assert_eq!(calls_over(&mut exchange).err(), Some(Rule::CorNone));
    for (dialed, rule) in [
        (&b"*62"[..], Rule::NumberIncomplete),
        (b"*62*62202", Rule::NumberVacant),
        (b"*62201", Rule::CallSelf),
    ] {
        let setup = Signal::Setup { from: Party::Device(0), dialed };
        let Ok(Taken::Denied(decision)) = exchange.signal(NOW, &setup) else { panic!("{dialed:?}") };
        assert_eq!(decision.denial().map(|denial| denial.rule), Some(rule), "{dialed:?}");
    }
}

/// Who is idle, only rings, is held, or is in a conference is called like anybody.
#[test]
fn who_has_no_such_call_is_called() {
    let rings = |exchange: &mut ExchangeBox| {
        let own = calls_over(exchange).expect("permitted");
        exchange.calls().leg(own.b).map(|slot| slot.party)
    };
    assert_eq!(rings(&mut exchange(&[])), Some(Party::Device(1)));
    let mut ringing = exchange(&[]);
    let setup = Signal::Setup { from: Party::Device(0), dialed: b"202" };
    assert!(matches!(ringing.signal(NOW, &setup), Ok(Taken::SetUp { .. })));
    assert_eq!(rings(&mut ringing), Some(Party::Device(1)));
    let mut held = exchange(&[]);
    let busy = talks(&mut held, Party::Device(0), b"202");
    assert_eq!(held.signal(NOW, &Signal::Hold(busy.a)), Ok(Taken::Done));
    assert_eq!(rings(&mut held), Some(Party::Device(1)));
    // 201 mixes 204 with the two: the call is not one of two.
    let mut mixed = exchange(&[(MAY, &MAY.replace("hold", "hold\", \"conference"))]);
    talks(&mut mixed, Party::Device(0), b"202");
    talks(&mut mixed, Party::Device(0), b"204");
    assert_eq!(rings(&mut mixed), Some(Party::Device(1)));
}

/// Law 4: who has called for help is not disturbed, and help behind the code is help, whatever the class.
#[test]
fn help_is_not_come_into() {
    let mut helped = exchange(&[]);
    let setup = Signal::Setup { from: Party::Device(1), dialed: b"911" };
    let Ok(Taken::SetUp { leg }) = helped.signal(NOW, &setup) else { panic!("help is reached") };
    let help = helped.calls().peer(leg).expect("help");
    assert_eq!(helped.signal(NOW, &Signal::Answer(help)), Ok(Taken::Done));
    let own = calls_over(&mut helped).expect("a call like any");
    assert_eq!(helped.calls().leg(own.b).map(|slot| slot.party), Some(Party::Device(1)));
    assert_eq!(helped.calls().peer(leg), Some(help));
    for class in [CLASS, ("", "")] {
        let mut asks = neutral(&[RESOURCE, CODE, class]);
        let setup = Signal::Setup { from: Party::Device(5), dialed: b"*62911" };
        assert!(matches!(asks.signal(NOW, &setup), Ok(Taken::SetUp { .. })), "{class:?}");
    }
}

/// R1: what is allowed when the code is dialed is asked again when the resource has answered; who comes is released, and nobody warned.
#[test]
fn what_has_changed_meanwhile_counts() {
    let shield = shielded("call-privacy");
    let shield = shield.each_ref().map(|(old, new)| (*old, new.as_str()));
    let mut exchange = exchange(&shield);
    exchange.set_mode(Some(Mode::Night1));
    let busy = talks(&mut exchange, Party::Device(0), b"202");
    let own = calls_over(&mut exchange).expect("permitted by night");
    exchange.set_mode(Some(Mode::Day));
    let (rings, heard) = mixer_answers(&mut exchange, own.b);
    assert!(rings.is_none() && tones(&heard).is_empty(), "{heard:?}");
    assert!(heard.contains(&Output::Release(own.a, Cause::Denied(Rule::CallPrivacy))), "{heard:?}");
    assert!(talk_on(&exchange, busy));
    assert_eq!(exchange.calls_in_use(), 1);
    // And for the second, after the first has moved: it is released, the others talk on.
    exchange.set_mode(Some(Mode::Night1));
    let own = calls_over(&mut exchange).expect("permitted by night");
    let (first, _) = mixer_answers(&mut exchange, own.b);
    exchange.set_mode(Some(Mode::Day));
    let (second, heard) = mixer_answers(&mut exchange, first.expect("it rings"));
    assert!(
        second.is_none() && heard.contains(&Output::Release(busy.b, Cause::Denied(Rule::CallPrivacy))),
        "{heard:?}"
    );
    assert_eq!(members(&exchange, own.a), [0, 2].map(Party::Device));
}

/// The call is over before the resource has answered: there is nothing to come into.
#[test]
fn a_call_that_is_over_is_not_come_into() {
    let mut exchange = exchange(&[]);
    let busy = talks(&mut exchange, Party::Device(0), b"202");
    let own = calls_over(&mut exchange).expect("permitted");
    releases(&mut exchange, busy.a, Cause::Normal);
    let (rings, heard) = mixer_answers(&mut exchange, own.b);
    assert!(rings.is_none() && heard.contains(&Output::Release(own.a, Cause::BUSY)), "{heard:?}");
    assert_eq!(exchange.calls_in_use(), 0);
}

/// The resource fails, at each step.
#[test]
fn where_the_resource_fails_the_rest_talk_on() {
    // At once: the caller is told, as of any call.
    let mut first = exchange(&[]);
    let busy = talks(&mut first, Party::Device(0), b"202");
    let own = calls_over(&mut first).expect("permitted");
    let heard = releases(&mut first, own.b, Cause::CONGESTION);
    assert!(heard.contains(&Output::Release(own.a, Cause::CONGESTION)), "{heard:?}");
    assert!(talk_on(&first, busy) && first.calls_in_use() == 1);
    // For the first who moves: who has come is released.
    let own = calls_over(&mut first).expect("permitted");
    let (rings, _) = mixer_answers(&mut first, own.b);
    let heard = releases(&mut first, rings.expect("it rings"), Cause::CONGESTION);
    assert!(
        heard.iter().any(|output| matches!(output, Output::Release(leg, _) if *leg == own.a)),
        "{heard:?}"
    );
    assert!(talk_on(&first, busy) && first.calls_in_use() == 1);
    // For the second: that one is released.
    let own = calls_over(&mut first).expect("permitted");
    let (rings, _) = mixer_answers(&mut first, own.b);
    let (rings, _) = mixer_answers(&mut first, rings.expect("it rings"));
    let heard = releases(&mut first, rings.expect("it rings"), Cause::CONGESTION);
    assert!(heard.contains(&Output::Release(busy.b, Cause::CONGESTION)), "{heard:?}");
    assert_eq!(members(&first, own.a), [0, 2].map(Party::Device));
    releases(&mut first, own.a, Cause::Normal);
    assert_eq!(first.calls_in_use(), 0);
}

/// Each of the three hangs up, at each step; what is left is two who talk, or nobody.
#[test]
fn whoever_hangs_up_ends_its_own_call() {
    for steps in 0..3 {
        for who in 0..3 {
            let mut exchange = exchange(&[]);
            let busy = talks(&mut exchange, Party::Device(0), b"202");
            let own = calls_over(&mut exchange).expect("permitted");
            let mut rings = Some(own.b);
            for _ in 0..steps {
                rings = mixer_answers(&mut exchange, rings.expect("it rings")).0;
            }
            releases(&mut exchange, [busy.a, busy.b, own.a][who], Cause::Normal);
            while let Some(leg) = rings.filter(|leg| exchange.calls().leg(*leg).is_some()) {
                rings = mixer_answers(&mut exchange, leg).0;
            }
            let left: Vec<Handle> = [busy.a, busy.b, own.a]
                .into_iter()
                .filter(|leg| exchange.calls().leg(*leg).is_some())
                .collect();
            let expected: &[Handle] = match (steps, who) {
                (0 | 1, 2) => &[busy.a, busy.b],
                // The call is gone that was to be come into.
                (0, _) | (1, 0) => &[],
                // Who is moved is there already, or on the way.
                (_, 1) => &[busy.a, own.a],
                (_, 0) => &[busy.b, own.a],
                (_, _) => &[busy.a, busy.b],
            };
            assert_eq!(left, expected, "{who} after {steps}");
            // One ends it for both.
            left.first().map(|leg| releases(&mut exchange, *leg, Cause::Normal));
            assert_eq!(exchange.calls_in_use(), 0, "{who} after {steps}");
        }
    }
}

/// R86, R88: what is paid for ends with the party over the trunk, and each call has its record.
#[test]
fn r88_a_call_over_a_trunk_stays_that_of_the_trunk() {
    let mut exchange = exchange(&[]);
    let busy = talks(&mut exchange, Party::Device(1), b"95550100");
    let own = calls_over(&mut exchange).expect("permitted");
    let mut rings = Some(own.b);
    while let Some(leg) = rings {
        rings = mixer_answers(&mut exchange, leg).0;
    }
    assert_eq!(exchange.channels_in_use(0), 1);
    assert_eq!(members(&exchange, own.a).len(), 3);
    let recorded = |heard: &[Output]| heard.iter().filter(|output| matches!(output, Output::Smdr(_))).count();
    assert_eq!(recorded(&releases(&mut exchange, busy.a, Cause::Normal)), 1);
    assert_eq!(exchange.channels_in_use(0), 1);
    // With the trunk's party goes the one who is alone then: a record of each.
    assert_eq!(recorded(&releases(&mut exchange, busy.b, Cause::Normal)), 2);
    assert_eq!((exchange.channels_in_use(0), exchange.calls_in_use()), (0, 0));
}

/// Where not all that it takes finds a place nothing is begun, and what is kept for emergency calls is not touched.
#[test]
fn without_places_nothing_is_begun() {
    let mut exchange = exchange(&[]);
    let busy = talks(&mut exchange, Party::Device(0), b"202");
    let mut others = Vec::new();
    while exchange.calls().free() > 2 {
        let setup = Signal::Setup { from: Party::Device(3), dialed: b"201" };
        match exchange.signal(NOW, &setup) {
            Ok(Taken::SetUp { leg }) => others.push(leg),
            _ => break,
        }
    }
    assert_eq!(exchange.calls().free(), 2, "{}", others.len());
    outputs(&mut exchange);
    let setup = Signal::Setup { from: Party::Device(2), dialed: b"*62202" };
    assert_eq!(exchange.signal(NOW, &setup), Ok(Taken::Congested));
    assert!(talk_on(&exchange, busy));
}

/// Law 4: a phone that talks to help beside may mix that with the call: neither is come into.
#[test]
fn a_call_beside_help_is_not_come_into() {
    for (talks_to_help, number) in [(0, b"*62202"), (1, b"*62202"), (1, b"*62201")] {
        let mut exchange = exchange(&[]);
        let busy = talks(&mut exchange, Party::Device(0), b"202");
        talks(&mut exchange, Party::Device(talks_to_help), b"911");
        let setup = Signal::Setup { from: Party::Device(2), dialed: number };
        let Ok(Taken::SetUp { leg }) = exchange.signal(NOW, &setup) else { panic!("a call like any") };
        let rings = exchange.calls().peer(leg).and_then(|leg| exchange.calls().leg(leg));
        assert!(matches!(rings.map(|slot| slot.party), Some(Party::Device(_))), "{talks_to_help}");
        assert!(talk_on(&exchange, busy));
    }
}

/// Who wants no calls, or has them go elsewhere, is not come into.
#[test]
fn do_not_disturb_is_a_shield_too() {
    let codes =
        ("", "[features]\nbusy_override = \"*62\"\ndo_not_disturb = \"*60\"\nforward_always = \"*72\"\n");
    let may = MAY.replace("hold", "hold\", \"do-not-disturb\", \"forward-internal");
    for (set, called) in [(&b"*60"[..], None), (b"*72205", Some(Party::Device(4)))] {
        let mut exchange = neutral(&[RESOURCE, codes, (CLASS.0, &may)]);
        let setup = Signal::Setup { from: Party::Device(1), dialed: set };
        assert!(matches!(exchange.signal(NOW, &setup), Ok(Taken::SetUp { .. } | Taken::Done)), "it is set");
        let busy = talks(&mut exchange, Party::Device(1), b"201");
        let setup = Signal::Setup { from: Party::Device(2), dialed: b"*62202" };
        let taken = exchange.signal(NOW, &setup).expect("room");
        let Taken::SetUp { leg } = taken else { panic!("{taken:?}") };
        let rings = exchange.calls().peer(leg).and_then(|leg| exchange.calls().leg(leg));
        assert_eq!(rings.map(|slot| slot.party), called);
        assert!(talk_on(&exchange, busy));
    }
}

/// R7: the class of a code that was dialed for the call shields it as well.
#[test]
fn r7_the_class_in_force_when_the_call_began_shields_it() {
    let question = |cos| {
        let class = "[[cos]]\nid = 7\nfeatures = [\"call-privacy\"]\n";
        let exchange = exchange(&[("", class)]);
        let (by, members) = (Party::Device(2), [Party::Device(0), Party::Device(1)]);
        let question = Override { by, of: by, members: &members, cos, mode: Mode::Day };
        match overridden(exchange.image().expect("loaded"), &question) {
            Verdict::Allow(choice) => Ok(choice.to),
            Verdict::Deny(denial) | Verdict::NeedsCode(denial) => Err(denial.rule),
        }
    };
    assert_eq!(question(1), Ok(Party::Conference));
    assert_eq!(question(7), Err(Rule::CallPrivacy));
}

/// What the move takes is kept free from the beginning, and what is kept for emergency calls beside.
#[test]
fn others_leave_room_for_who_moves() {
    let mut exchange = exchange(&[]);
    talks(&mut exchange, Party::Device(0), b"202");
    let own = calls_over(&mut exchange).expect("permitted");
    let mut refused = 0;
    for _ in 0..8 {
        let setup = Signal::Setup { from: Party::Device(3), dialed: b"201" };
        refused += u32::from(exchange.signal(NOW, &setup) == Ok(Taken::Congested));
    }
    assert!(refused > 0 && exchange.calls().free() == 3, "{refused}");
    let mut rings = Some(own.b);
    while let Some(leg) = rings {
        rings = mixer_answers(&mut exchange, leg).0;
        assert!(exchange.calls().free() >= 1, "one is kept for emergency calls");
    }
    assert_eq!(members(&exchange, own.a).len(), 3);
}

/// R34: whom somebody brings, or takes back, while the two are on their way is asked for with all of them.
#[test]
fn r34_whoever_comes_meanwhile_is_asked_for_with_all() {
    let may = MAY.replace("hold", "hold\", \"conference");
    let mut exchange = exchange(&[(MAY, may.as_str())]);
    // 201 holds 204. 205 comes into its call with 202, and may not hear 204: 201 may not take it back from then on.
    let held = talks(&mut exchange, Party::Device(0), b"204");
    assert_eq!(exchange.signal(NOW, &Signal::Hold(held.a)), Ok(Taken::Done));
    let busy = talks(&mut exchange, Party::Device(0), b"202");
    let setup = Signal::Setup { from: Party::Device(4), dialed: b"*62202" };
    let Ok(Taken::SetUp { leg }) = exchange.signal(NOW, &setup) else { panic!("it is permitted") };
    let mixer = exchange.calls().peer(leg).expect("the resource");
    assert_eq!(exchange.calls().leg(mixer).map(|slot| slot.party), Some(Party::Conference));
    let (first, _) = mixer_answers(&mut exchange, mixer);
    let first = first.expect("it rings for 201");
    let denied = |taken| match taken {
        Ok(Taken::Denied(decision)) => decision.denial().map(|denial| denial.rule),
        _ => None,
    };
    assert_eq!(denied(exchange.signal(NOW, &Signal::Retrieve(held.a))), Some(Rule::Interconnect));
    let (second, _) = mixer_answers(&mut exchange, first);
    assert_eq!(denied(exchange.signal(NOW, &Signal::Retrieve(held.a))), Some(Rule::Interconnect));
    mixer_answers(&mut exchange, second.expect("it rings for 202"));
    assert_eq!(members(&exchange, busy.a), [0, 1, 4].map(Party::Device));
}

/// R34: and whom who comes brings beside, with both who are on their way.
#[test]
fn r34_who_comes_brings_nobody_whom_one_of_them_may_not_hear() {
    let may = MAY.replace("hold", "hold\", \"conference");
    for dialed in [b"205", b"202"] {
        let mut exchange = exchange(&[(MAY, may.as_str())]);
        // 203 holds 204; 201 talks to 205, who may not hear that one, or to 202, who may.
        let held = talks(&mut exchange, Party::Device(2), b"204");
        assert_eq!(exchange.signal(NOW, &Signal::Hold(held.a)), Ok(Taken::Done));
        talks(&mut exchange, Party::Device(0), dialed);
        let setup = Signal::Setup { from: Party::Device(2), dialed: &[&b"*62"[..], dialed].concat() };
        let Ok(Taken::SetUp { leg }) = exchange.signal(NOW, &setup) else { panic!("it is permitted") };
        let mixer = exchange.calls().peer(leg).expect("the resource");
        mixer_answers(&mut exchange, mixer);
        let joined = exchange.signal(NOW, &Signal::Join(held.a, leg)).expect("room");
        match dialed {
            b"205" => assert!(matches!(joined, Taken::Denied(_)), "{joined:?}"),
            _ => assert_eq!(joined, Taken::Done),
        }
    }
}

/// Nobody is transferred to the resource while that rings for who comes into a call.
#[test]
fn nobody_is_joined_with_what_rings_for_who_comes() {
    let may = MAY.replace("hold", "hold\", \"transfer");
    let mut exchange = exchange(&[(MAY, may.as_str())]);
    talks(&mut exchange, Party::Device(0), b"202");
    let held = talks(&mut exchange, Party::Device(2), b"207");
    assert_eq!(exchange.signal(NOW, &Signal::Hold(held.a)), Ok(Taken::Done));
    let own = calls_over(&mut exchange).expect("permitted");
    assert_eq!(exchange.signal(NOW, &Signal::Join(held.a, own.a)), Ok(Taken::NotNow));
    assert_eq!(exchange.calls().leg(own.b).map(|slot| slot.party), Some(Party::Conference));
}
