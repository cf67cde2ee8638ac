//! Hunt groups by neutral signals, and the other ways to a group: a transfer, a forward, a trunk's number.

mod office;

use strowger::base::{Digits, Handle, Instant, Soft};
use strowger::call::Cause;
use strowger::exchange::{Exchange, Output, Signal, Taken};
use strowger::policy::{Party, Rule, Verdict};
use strowger_testkit::sim::build_exchange;

/// 201 and 204; the latter may not reach 205.
const FIRST: Party = Party::Device(0);
const KEPT_APART: Party = Party::Device(3);
const BEGIN: Instant = Instant(1_000);

/// The office with a group of 205, 202 and 203, and keys more for these devices or the trunk.
fn exchange(changes: &[(&str, &str)]) -> Exchange<'static, Soft> {
    let mut text = include_str!("office/policy.toml")
        .replace("[\"hold\", \"smdr-external\", \"smdr-internal\"]", "[\"transfer\", \"forward-internal\"]");
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    text += "[[hunt_group]]\ndn = \"600\"\nkind = \"linear\"\nmembers = [\"205\", \"202\", \"203\"]\n";
    let compiled = strowger_tools::compile_str(&text, "policy.toml").expect("it compiles");
    let (image, keyring) = (compiled.image.leak(), compiled.keyring.leak());
    build_exchange(image, keyring, &office::SIZES, office::exchange_address(), 1)
}

fn outputs(exchange: &mut Exchange<'_, Soft>) -> Vec<Output> {
    let mut buffer = [0; 4096];
    std::iter::from_fn(|| exchange.poll(&mut buffer).expect("room")).collect()
}

/// Who is asked to ring, and its leg.
fn rung(outputs: &[Output]) -> Option<(Handle, Party)> {
    outputs.iter().rev().find_map(|output| match output {
        Output::Setup { leg, to, .. } => Some((*leg, *to)),
        _ => None,
    })
}

fn signal(exchange: &mut Exchange<'_, Soft>, signal: Signal<'_>) -> (Taken, Vec<Output>) {
    let taken = exchange.signal(BEGIN, &signal).expect("room");
    (taken, outputs(exchange))
}

fn set_up(exchange: &mut Exchange<'_, Soft>, from: Party, dialed: &[u8]) -> (Handle, Vec<Output>) {
    let (Taken::SetUp { leg }, heard) = signal(exchange, Signal::Setup { from, dialed }) else {
        panic!("{from:?} is not set up")
    };
    (leg, heard)
}

fn assert_empty(exchange: &mut Exchange<'_, Soft>) {
    outputs(exchange);
    assert_eq!((exchange.calls_in_use(), exchange.calls().legs().count()), (0, 0));
}

#[test]
fn each_member_rings_until_one_answers() {
    let mut exchange = exchange(&[]);
    let (caller, heard) = set_up(&mut exchange, FIRST, b"600");
    let (first, who) = rung(&heard).expect("a member rings");
    assert_eq!(who, Party::Device(4));
    // It is told by its own number.
    let digits = Digits::written(b"205").expect("digits");
    assert!(heard.contains(&Output::Setup { leg: first, to: who, digits }), "{heard:?}");
    let (_, heard) = signal(&mut exchange, Signal::Alerting(first));
    assert!(heard.contains(&Output::Alerting(caller)), "{heard:?}");
    // Its time is up: the next rings, and who has rung need not any more.
    let later = BEGIN.plus_ms(15_000);
    let _ = exchange.tick(later).expect("room");
    let heard = outputs(&mut exchange);
    assert!(heard.contains(&Output::Release(first, Cause::CANCELLED)), "{heard:?}");
    let (second, who) = rung(&heard).expect("the next rings");
    assert_eq!(who, Party::Device(1));
    exchange.signal(later, &Signal::Release(second, Cause::BUSY)).expect("room");
    let heard = outputs(&mut exchange);
    let (third, who) = rung(&heard).expect("the last rings");
    assert_eq!(who, Party::Device(2));
    exchange.signal(later, &Signal::Answer(third)).expect("room");
    let heard = outputs(&mut exchange);
    assert!(heard.contains(&Output::Connect(caller)), "{heard:?}");
    exchange.signal(later, &Signal::Release(caller, Cause::Normal)).expect("room");
    assert_empty(&mut exchange);
}

#[test]
fn when_every_member_was_tried_the_call_is_over_and_nobody_rings_twice() {
    let mut exchange = exchange(&[]);
    let (caller, mut heard) = set_up(&mut exchange, FIRST, b"600");
    for member in [4, 1, 2] {
        let (leg, who) = rung(&heard).expect("a member rings");
        assert_eq!(who, Party::Device(member));
        heard = signal(&mut exchange, Signal::Release(leg, Cause::BUSY)).1;
    }
    assert_eq!(rung(&heard), None);
    assert!(heard.contains(&Output::Release(caller, Cause::BUSY)), "{heard:?}");
    assert_empty(&mut exchange);
}

#[test]
fn a_caller_that_gives_up_ends_the_hunt() {
    let mut exchange = exchange(&[]);
    let (caller, heard) = set_up(&mut exchange, FIRST, b"600");
    let (leg, _) = rung(&heard).expect("a member rings");
    let (_, heard) = signal(&mut exchange, Signal::Release(caller, Cause::Normal));
    assert!(matches!(heard.as_slice(), [.., Output::Release(over, _)] if *over == leg), "{heard:?}");
    assert_eq!(rung(&heard), None);
    assert_empty(&mut exchange);
}

/// R29, R36: who is transferred to a group is who is joined, so its Interconnect Number counts, not that of who transfers.
#[test]
fn r36_who_is_transferred_to_a_group_reaches_its_members_by_its_own_number() {
    for (from, member) in [(FIRST, 4), (KEPT_APART, 1)] {
        let mut exchange = exchange(&[]);
        // 207 is called, and transfers.
        let (first, heard) = set_up(&mut exchange, from, b"207");
        let (by, _) = rung(&heard).expect("207 rings");
        signal(&mut exchange, Signal::Answer(by));
        let (taken, heard) = signal(&mut exchange, Signal::Transfer(by, b"600"));
        assert_eq!(taken, Taken::Done);
        let (leg, who) = rung(&heard).expect("a member rings");
        assert_eq!(who, Party::Device(member));
        let (_, heard) = signal(&mut exchange, Signal::Answer(leg));
        for output in [
            Output::Referred { leg: by, status: 200 },
            Output::Joined { leg: first, with: leg },
            Output::Joined { leg, with: first },
        ] {
            assert!(heard.contains(&output), "{output:?} is not among {heard:?}");
        }
        signal(&mut exchange, Signal::Release(first, Cause::Normal));
        assert_empty(&mut exchange);
    }
}

/// R36: the administrator sends calls for 207 to the group; the caller is who is joined.
#[test]
fn r36_a_call_that_is_forwarded_to_a_group_is_its_callers() {
    let key =
        ("password = \"Cl3ar-ocean-Rope-3\"\n", "password = \"Cl3ar-ocean-Rope-3\"\nalways_to = \"600\"\n");
    for (from, member) in [(FIRST, 4), (KEPT_APART, 1)] {
        let mut exchange = exchange(&[key]);
        let (caller, heard) = set_up(&mut exchange, from, b"207");
        assert_eq!(rung(&heard).map(|(_, who)| who), Some(Party::Device(member)));
        signal(&mut exchange, Signal::Release(caller, Cause::Normal));
        assert_empty(&mut exchange);
    }
}

#[test]
fn r36_a_trunks_number_that_leads_to_a_group_is_judged_member_by_member() {
    let inbound = (
        "name = \"carrier\"\n",
        "name = \"carrier\"\ninbound = [ { did = \"6135550600\", to = \"600\" } ]\n",
    );
    let matrix = ("from = 2, to = 3", "from = 4, to = 3");
    for (changes, member) in [(&[inbound][..], 4), (&[inbound, matrix], 1)] {
        let mut exchange = exchange(changes);
        let (caller, heard) = set_up(&mut exchange, Party::Trunk(0), b"6135550600");
        assert_eq!(rung(&heard).map(|(_, who)| who), Some(Party::Device(member)));
        signal(&mut exchange, Signal::Release(caller, Cause::Normal));
        assert_empty(&mut exchange);
    }
    // Nobody there for this trunk: refused, and said so with the group as who has acted.
    let all = (matrix.0, "from = 4, to = 1 }, { from = 4, to = 3");
    let mut exchange = exchange(&[inbound, all]);
    let (caller, heard) = set_up(&mut exchange, Party::Trunk(0), b"6135550600");
    assert_eq!(rung(&heard), None);
    assert!(heard.contains(&Output::Release(caller, Cause::Denied(Rule::Interconnect))), "{heard:?}");
    let denied = heard.iter().any(|output| {
        matches!(output, Output::Decision(decision)
            if decision.from == Party::Device(7) && matches!(decision.verdict, Verdict::Deny(_)))
    });
    assert!(denied, "{heard:?}");
    assert_empty(&mut exchange);
}
