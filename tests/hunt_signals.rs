//! Hunt groups by neutral signals, and the other ways to a group: a transfer, a forward, a trunk's number.

use crate::office;

use strowger::base::{Digits, Handle, Instant};
use strowger::call::Cause;
use strowger::exchange::{Output, Signal, Taken};
use strowger::policy::{Party, Rule, Verdict};
use strowger_testkit::sim::{ExchangeBox, build_exchange};

/// 201 and 204; the latter may not reach 205.
const FIRST: Party = Party::Device(0);
const KEPT_APART: Party = Party::Device(3);
const BEGIN: Instant = Instant(1_000);

/// The office with a group of 205, 202 and 203, and keys more for these devices or the trunk.
fn exchange(changes: &[(&str, &str)]) -> ExchangeBox {
    exchange_of("linear", changes)
}

fn exchange_of(kind: &str, changes: &[(&str, &str)]) -> ExchangeBox {
    let mut text = include_str!("office/policy.toml")
        .replace("[\"hold\", \"smdr-external\", \"smdr-internal\"]", "[\"transfer\", \"forward-internal\"]");
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    text +=
        &format!("[[hunt_group]]\ndn = \"600\"\nkind = \"{kind}\"\nmembers = [\"205\", \"202\", \"203\"]\n");
    let compiled = strowger_tools::compile_str(&text, "policy.toml").expect("it compiles");
    let (image, keyring) = (compiled.image.leak(), compiled.keyring.leak());
    build_exchange(image, keyring, &office::SIZES, office::exchange_address(), 1)
}

fn outputs(exchange: &mut ExchangeBox) -> Vec<Output> {
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

fn signal(exchange: &mut ExchangeBox, signal: Signal<'_>) -> (Taken, Vec<Output>) {
    let taken = exchange.signal(BEGIN, &signal).expect("room");
    (taken, outputs(exchange))
}

fn set_up(exchange: &mut ExchangeBox, from: Party, dialed: &[u8]) -> (Handle, Vec<Output>) {
    let (Taken::SetUp { leg }, heard) = signal(exchange, Signal::Setup { from, dialed }) else {
        panic!("{from:?} is not set up")
    };
    (leg, heard)
}

fn assert_empty(exchange: &mut ExchangeBox) {
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

/// Everybody who is asked to ring, with its leg.
fn all_rung(outputs: &[Output]) -> Vec<(Handle, Party)> {
    let setup = |output: &Output| match output {
        Output::Setup { leg, to, .. } => Some((*leg, *to)),
        _ => None,
    };
    outputs.iter().filter_map(setup).collect()
}

/// Everybody who is let go.
fn let_go(outputs: &[Output]) -> Vec<Handle> {
    let released = |output: &Output| match output {
        Output::Release(leg, _) => Some(*leg),
        _ => None,
    };
    outputs.iter().filter_map(released).collect()
}

#[test]
fn all_members_ring_at_once_and_whoever_answers_has_the_call() {
    for first in 0..3 {
        let mut exchange = exchange_of("ring-all", &[]);
        let (caller, heard) = set_up(&mut exchange, FIRST, b"600");
        let members = all_rung(&heard);
        assert_eq!(members.iter().map(|(_, who)| *who).collect::<Vec<_>>(), [4, 1, 2].map(Party::Device));
        for (leg, _) in &members {
            let (_, heard) = signal(&mut exchange, Signal::Alerting(*leg));
            assert!(heard.contains(&Output::Alerting(caller)), "{heard:?}");
        }
        let (_, heard) = signal(&mut exchange, Signal::Answer(members[first].0));
        assert!(heard.contains(&Output::Connect(caller)), "{heard:?}");
        let others: Vec<_> =
            members.iter().map(|(leg, _)| *leg).filter(|leg| *leg != members[first].0).collect();
        let mut gone = let_go(&heard);
        gone.sort_unstable_by_key(|leg| leg.index());
        assert_eq!(gone, others);
        // Who was let go and answers all the same is nobody.
        assert_eq!(signal(&mut exchange, Signal::Answer(others[0])).0, Taken::UnknownLeg);
        let (_, heard) = signal(&mut exchange, Signal::Release(caller, Cause::Normal));
        assert_eq!(let_go(&heard), [members[first].0]);
        assert_empty(&mut exchange);
    }
}

/// Each rings its own time, whoever was heard of last.
#[test]
fn members_that_have_rung_long_enough_are_let_go_together() {
    let mut exchange = exchange_of("ring-all", &[]);
    let (caller, heard) = set_up(&mut exchange, FIRST, b"600");
    let members = all_rung(&heard);
    signal(&mut exchange, Signal::Release(members[1].0, Cause::BUSY));
    signal(&mut exchange, Signal::Alerting(members[2].0));
    let _ = exchange.tick(BEGIN.plus_ms(14_999)).expect("room");
    assert_eq!(let_go(&outputs(&mut exchange)), []);
    let _ = exchange.tick(BEGIN.plus_ms(15_000)).expect("room");
    let heard = outputs(&mut exchange);
    let gone: std::collections::HashSet<_> = let_go(&heard).iter().map(|leg| leg.index()).collect();
    assert_eq!(gone, [members[0].0, members[2].0, caller].map(Handle::index).into());
    assert!(heard.contains(&Output::Release(caller, Cause::UNAVAILABLE)), "{heard:?}");
    assert_empty(&mut exchange);
}

#[test]
fn a_caller_that_gives_up_has_all_members_let_go() {
    let mut exchange = exchange_of("ring-all", &[]);
    let (caller, heard) = set_up(&mut exchange, FIRST, b"600");
    let members = all_rung(&heard);
    let (_, heard) = signal(&mut exchange, Signal::Release(caller, Cause::Normal));
    assert_eq!(let_go(&heard).len(), members.len(), "{heard:?}");
    assert_empty(&mut exchange);
}

/// R29, R36: who is transferred to the group is joined with whoever answers; nobody rings whom it may not reach.
#[test]
fn r36_who_is_transferred_to_a_group_has_its_members_ring_at_once() {
    for (from, rings) in [(FIRST, &[4, 1, 2][..]), (KEPT_APART, &[1, 2])] {
        for first in 0..rings.len() {
            let mut exchange = exchange_of("ring-all", &[]);
            let (caller, heard) = set_up(&mut exchange, from, b"207");
            let (by, _) = rung(&heard).expect("207 rings");
            signal(&mut exchange, Signal::Answer(by));
            let (taken, heard) = signal(&mut exchange, Signal::Transfer(by, b"600"));
            assert_eq!(taken, Taken::Done);
            let members = all_rung(&heard);
            assert_eq!(
                members.iter().map(|(_, who)| *who).collect::<Vec<_>>(),
                rings.iter().map(|n| Party::Device(*n)).collect::<Vec<_>>()
            );
            let leg = members[first].0;
            let (_, heard) = signal(&mut exchange, Signal::Answer(leg));
            for output in [
                Output::Referred { leg: by, status: 200 },
                Output::Joined { leg: caller, with: leg },
                Output::Joined { leg, with: caller },
            ] {
                assert!(heard.contains(&output), "{output:?} is not among {heard:?}");
            }
            // Who has transferred, and who rang as well.
            assert_eq!(let_go(&heard).len(), members.len(), "{heard:?}");
            signal(&mut exchange, Signal::Release(caller, Cause::Normal));
            assert_empty(&mut exchange);
        }
    }
}

/// R29: who is transferred leaves, or nobody answers: nobody rings on, and the calls are as they were.
#[test]
fn r29_a_transfer_to_a_group_that_comes_to_nothing_leaves_nobody_ringing() {
    let transferred = |exchange: &mut ExchangeBox| {
        let (caller, heard) = set_up(exchange, FIRST, b"207");
        let (by, _) = rung(&heard).expect("207 rings");
        signal(exchange, Signal::Answer(by));
        let (_, heard) = signal(exchange, Signal::Transfer(by, b"600"));
        (caller, by, all_rung(&heard))
    };
    let mut left = exchange_of("ring-all", &[]);
    let (caller, _, members) = transferred(&mut left);
    let (_, heard) = signal(&mut left, Signal::Release(caller, Cause::Normal));
    assert_eq!(let_go(&heard).len(), members.len() + 1, "{heard:?}");
    assert_empty(&mut left);
    let mut busy = exchange_of("ring-all", &[]);
    let (caller, by, members) = transferred(&mut busy);
    for (n, (leg, _)) in members.iter().enumerate() {
        let (_, heard) = signal(&mut busy, Signal::Release(*leg, Cause::BUSY));
        let told = heard.contains(&Output::Referred { leg: by, status: 486 });
        assert_eq!(told, n + 1 == members.len(), "{heard:?}");
    }
    assert_eq!(busy.calls().legs().count(), 2);
    signal(&mut busy, Signal::Release(caller, Cause::Normal));
    assert_empty(&mut busy);
}

/// Who consults the group and hands over while it rings: the permit is for the one member that the call faces; the others, who were
/// permitted for who hands over and for nobody else, are let go.
#[test]
fn who_hands_a_ringing_group_over_leaves_one_member_ringing() {
    let mut exchange = exchange_of("ring-all", &[]);
    let (caller, heard) = set_up(&mut exchange, FIRST, b"207");
    let (by, _) = rung(&heard).expect("207 rings");
    signal(&mut exchange, Signal::Answer(by));
    let (consults, heard) = set_up(&mut exchange, Party::Device(6), b"600");
    let members = all_rung(&heard);
    assert_eq!(members.len(), 3);
    let (taken, heard) = signal(&mut exchange, Signal::Join(by, consults));
    assert_eq!(taken, Taken::Done);
    let gone = let_go(&heard);
    assert_eq!(gone.len(), 3, "{heard:?}");
    let left = members.iter().find(|(leg, _)| !gone.contains(leg)).expect("one rings on").0;
    let (_, heard) = signal(&mut exchange, Signal::Answer(left));
    assert!(heard.contains(&Output::Joined { leg: caller, with: left }), "{heard:?}");
    signal(&mut exchange, Signal::Release(caller, Cause::Normal));
    assert_empty(&mut exchange);
}

/// Where there is no room for all, those ring for whom there is; what is kept for emergencies is not touched.
#[test]
fn where_there_is_no_room_for_all_some_ring() {
    let sizes = strowger_testkit::sim::Sizes::for_calls(9, 2, 3);
    let text = include_str!("office/policy.toml").to_owned()
        + "[[hunt_group]]\ndn = \"600\"\nkind = \"ring-all\"\nmembers = [\"205\", \"202\", \"203\", \"206\"]\n";
    let compiled = strowger_tools::compile_str(&text, "policy.toml").expect("it compiles");
    let (image, keyring) = (compiled.image.leak(), compiled.keyring.leak());
    let mut exchange = build_exchange(image, keyring, &sizes, office::exchange_address(), 1);
    let (caller, heard) = set_up(&mut exchange, FIRST, b"600");
    let members = all_rung(&heard);
    assert_eq!(members.len(), 2, "{heard:?}");
    // Help finds the place that is kept for it.
    let (help, _) = set_up(&mut exchange, KEPT_APART, b"911");
    // One is busy: the next is asked, for whom there is room now.
    signal(&mut exchange, Signal::Release(help, Cause::Normal));
    for (leg, next) in [(members[0].0, 2), (members[1].0, 5)] {
        let (_, heard) = signal(&mut exchange, Signal::Release(leg, Cause::BUSY));
        assert_eq!(all_rung(&heard).iter().map(|(_, who)| *who).collect::<Vec<_>>(), [Party::Device(next)]);
    }
    signal(&mut exchange, Signal::Release(caller, Cause::Normal));
    assert_empty(&mut exchange);
}

/// The code that a phone entered is over when it hangs up, though it is a member of the group to which it has transferred the call and
/// is rung for it (R7, R47).
#[test]
fn whoever_is_rung_for_its_own_transfer_has_no_code_any_more() {
    let mut exchange = exchange(&[
        (
            "dn = \"202\"\nkind = \"sip\"\ndigest = [\"md5\"]\npassword = \"Qu1et-river-Stone-4\"\ncos = 1",
            "dn = \"202\"\nkind = \"sip\"\ndigest = [\"md5\"]\npassword = \"Qu1et-river-Stone-4\"\ncos = 7",
        ),
        (
            "[[template]]",
            "[[cos]]\nid = 7\nfeatures = [\"transfer\", \"forced-verified-account-code\"]\naccount_code_length = 6\n\
             [[account_code]]\ncode = \"864205\"\nkind = \"verified\"\nname = \"Legal\"\ncos = 7\ncor = 1\n\
             [features]\naccount_code = \"*33\"\n[[template]]",
        ),
    ]);
    let by = Party::Device(1);
    let transfers =
        |exchange: &mut ExchangeBox, leg, number: &[u8]| signal(exchange, Signal::Transfer(leg, number));
    let (leg, heard) = set_up(&mut exchange, by, b"*33864205201");
    let (first, _) = rung(&heard).expect("201 rings");
    signal(&mut exchange, Signal::Answer(first));
    // While it is off hook its code is in force.
    let (taken, heard) = transfers(&mut exchange, leg, b"600");
    assert_eq!(taken, Taken::Done, "{heard:?}");
    let (member, _) = rung(&heard).expect("the first member rings");
    signal(&mut exchange, Signal::Release(leg, Cause::Normal));
    let (_, heard) = signal(&mut exchange, Signal::Release(member, Cause::BUSY));
    let (again, who) = rung(&heard).expect("the next member rings");
    assert_eq!(who, by);
    let (_, heard) = signal(&mut exchange, Signal::Answer(again));
    assert!(heard.contains(&Output::Joined { leg: again, with: first }), "{heard:?}");
    // Now it has none, whomever it transfers 201 to; but with one in what it dials.
    let (taken, _) = transfers(&mut exchange, again, b"203");
    let Taken::Denied(decision) = taken else { panic!("{taken:?}") };
    let Verdict::NeedsCode(denial) = decision.verdict else { panic!("{decision:?}") };
    assert_eq!(denial.rule, Rule::CodeForcedVerified);
    let (taken, heard) = transfers(&mut exchange, again, b"*33864205203");
    assert_eq!(taken, Taken::Done, "{heard:?}");
    signal(&mut exchange, Signal::Release(first, Cause::Normal));
    signal(&mut exchange, Signal::Release(again, Cause::Normal));
    assert_empty(&mut exchange);
}
