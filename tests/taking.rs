//! Calls that are taken, parked and picked up: every order of events, and by neutral signals (R36).

use crate::desk;
use crate::office;

use desk::{Does, walk};
use strowger::base::{Handle, Instant};
use strowger::call::Cause;
use strowger::call::dialing::Tone;
use strowger::exchange::{Output, Signal, Taken};
use strowger::policy::Party;
use strowger_testkit::sim::{ExchangeBox, build_exchange};

const NOW: Instant = Instant(1_000);

fn policy() -> String {
    include_str!("office/policy.toml").replace(
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"transfer\", \"pickup\", \"park\"]",
    ) + "[features]\npark = \"*70\"\npark_retrieve = \"*71\"\npickup = \"*8\"\ndirected_pickup = \"*9\"\n[[pickup_group]]\nid = 1\nmembers = [\"202\", \"203\"]\n"
}

/// 201 and 203 may not be joined.
fn apart() -> String {
    policy()
        .replace("restricted = [", "restricted = [ { from = 7, to = 8 }, { from = 8, to = 7 },")
        .replace("cos = 1\ncor = 1\npublic_number", "cos = 1\ncor = 1\ninterconnect = 7\npublic_number")
        .replace("cos = 1\ncor = 2\n", "cos = 1\ncor = 2\ninterconnect = 8\n")
}

#[test]
fn whatever_happens_while_a_party_waits_everybody_is_where_they_may_be() {
    for (does, pair) in [(Does::Park, [0, 2]), (Does::Pickup, [0, 2])] {
        let pair = pair.map(Party::Device);
        let (worlds, pairs) = walk(&policy(), false, does);
        println!("{does:?}: {worlds} states to closure, {} pairs joined", pairs.len());
        assert!(pairs.contains(&pair));
        let (worlds, pairs) = walk(&apart(), true, does);
        println!("{does:?} that is forbidden: {worlds} states to closure, {} pairs joined", pairs.len());
        assert!(!pairs.contains(&pair));
    }
}

fn exchange() -> ExchangeBox {
    let compiled = strowger_tools::compile_str(&policy(), "policy.toml").expect("it compiles");
    let (image, keyring) = (compiled.image.leak(), compiled.keyring.leak());
    build_exchange(image, keyring, &office::SIZES, office::exchange_address(), 1)
}

fn outputs(exchange: &mut ExchangeBox) -> Vec<Output> {
    let mut buffer = [0; 4096];
    std::iter::from_fn(|| exchange.poll(&mut buffer).expect("room")).collect()
}

/// A device calls a number, and it rings there: both legs.
fn ringing(exchange: &mut ExchangeBox, device: u32, number: &[u8]) -> [Handle; 2] {
    let signal = Signal::Setup { from: Party::Device(device), dialed: number };
    let Taken::SetUp { leg } = exchange.signal(NOW, &signal).expect("room") else { panic!("not set up") };
    let called = outputs(exchange).into_iter().find_map(|output| match output {
        Output::Setup { leg, .. } => Some(leg),
        _ => None,
    });
    let called = called.expect("somebody is called");
    exchange.signal(NOW, &Signal::Alerting(called)).expect("room");
    assert_eq!(outputs(exchange), [Output::Alerting(leg)]);
    [leg, called]
}

/// A device dials a code, at once or digit by digit: its leg.
fn takes(exchange: &mut ExchangeBox, device: u32, code: &str, digits: bool) -> Handle {
    let from = Party::Device(device);
    if !digits {
        let taken = exchange.signal(NOW, &Signal::Setup { from, dialed: code.as_bytes() }).expect("room");
        let Taken::SetUp { leg } = taken else { panic!("{code}: {taken:?}") };
        return leg;
    }
    let taken = exchange.signal(NOW, &Signal::OffHook { from }).expect("room");
    let Taken::OffHook { leg } = taken else { panic!("{taken:?}") };
    for digit in code.chars() {
        let digit = strowger::base::Digit::from_ascii(digit as u8).expect("a digit");
        exchange.signal(NOW, &Signal::Digit(leg, digit)).expect("room");
    }
    leg
}

fn over(exchange: &mut ExchangeBox, leg: Handle) {
    exchange.signal(NOW, &Signal::Release(leg, Cause::Normal)).expect("room");
    outputs(exchange);
    assert_eq!((exchange.calls_in_use(), exchange.calls().legs().count()), (0, 0));
}

#[test]
fn a_neutral_party_that_takes_a_ringing_call_talks_at_once() {
    for (code, digits) in [("*8", false), ("*8", true), ("*9202", false), ("*9202", true)] {
        let mut exchange = exchange();
        let [caller, rung] = ringing(&mut exchange, 0, b"202");
        let by = takes(&mut exchange, 2, code, digits);
        let heard: Vec<Output> = outputs(&mut exchange)
            .into_iter()
            .filter(|output| {
                !matches!(output, Output::Decision(_) | Output::Tone(_, Tone::Dial | Tone::Silence))
            })
            .collect();
        let wanted = [
            Output::Release(rung, Cause::ELSEWHERE),
            Output::Connect(caller),
            Output::Joined { leg: by, with: caller },
        ];
        assert_eq!(heard, wanted, "{code}");
        over(&mut exchange, by);
    }
}

#[test]
fn a_neutral_party_is_parked_and_taken_back() {
    for (park, code, digits) in [
        (&b"*70"[..], "*71202", false),
        (b"*70", "*71202", true),
        (b"*70203", "*71", false),
        (b"*70203", "*71#", true),
    ] {
        let mut exchange = exchange();
        let [waits, by] = ringing(&mut exchange, 0, b"202");
        exchange.signal(NOW, &Signal::Answer(by)).expect("room");
        outputs(&mut exchange);
        assert_eq!(exchange.signal(NOW, &Signal::Transfer(by, park)).expect("room"), Taken::Done);
        let heard = outputs(&mut exchange);
        assert_eq!(heard, [Output::Referred { leg: by, status: 200 }, Output::Release(by, Cause::Normal)]);
        let taker = takes(&mut exchange, 2, code, digits);
        let heard = outputs(&mut exchange);
        for joined in [Output::Joined { leg: waits, with: taker }, Output::Joined { leg: taker, with: waits }]
        {
            assert!(heard.contains(&joined), "{joined:?} is not among {heard:?}");
        }
        over(&mut exchange, taker);
    }
}

/// What is denied or not there is said at once; who dials digit by digit hears a tone.
#[test]
fn a_neutral_party_hears_that_it_takes_nothing() {
    let mut exchange = exchange();
    let setup = |from, dialed| Signal::Setup { from: Party::Device(from), dialed };
    assert_eq!(exchange.signal(NOW, &setup(2, b"*8")).expect("room"), Taken::NotNow);
    assert_eq!(exchange.signal(NOW, &setup(2, b"*71")).expect("room"), Taken::NotNow);
    let [caller, rung] = ringing(&mut exchange, 3, b"202");
    // 204 may not be joined with 205.
    let taken = exchange.signal(NOW, &setup(4, b"*9202")).expect("room");
    assert!(matches!(taken, Taken::Denied(_)), "{taken:?}");
    assert!(
        outputs(&mut exchange)
            .iter()
            .all(|output| !matches!(output, Output::Connect(_) | Output::Release(..)))
    );
    let by = takes(&mut exchange, 4, "*9202", true);
    assert!(outputs(&mut exchange).contains(&Output::Tone(by, Tone::Reorder)));
    exchange.signal(NOW, &Signal::Release(by, Cause::Normal)).expect("room");
    outputs(&mut exchange);
    exchange.signal(NOW, &Signal::Answer(rung)).expect("room");
    assert_eq!(outputs(&mut exchange), [Output::Connect(caller)]);
    over(&mut exchange, caller);
}
