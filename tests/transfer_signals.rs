//! Transfers by neutral signals, for those who bring their own signalling.

use crate::office;

use strowger::base::{Handle, Instant};
use strowger::call::Cause;
use strowger::exchange::{Output, Signal, Taken};
use strowger::policy::{Party, Rule};
use strowger_testkit::sim::{ExchangeBox, build_exchange};

const NOW: Instant = Instant(1_000);

fn exchange() -> ExchangeBox {
    exchange_of(("channels = 2", "channels = 2"))
}

fn exchange_of((old, new): (&str, &str)) -> ExchangeBox {
    let text = include_str!("office/policy.toml")
        .replace("[\"hold\", \"smdr-external\", \"smdr-internal\"]", "[\"transfer\"]")
        .replace(old, new);
    let compiled = strowger_tools::compile_str(&text, "policy.toml").expect("it compiles");
    let (image, keyring) = (compiled.image.leak(), compiled.keyring.leak());
    build_exchange(image, keyring, &office::SIZES, office::exchange_address(), 1)
}

fn outputs(exchange: &mut ExchangeBox) -> Vec<Output> {
    let mut buffer = [0; 4096];
    std::iter::from_fn(|| exchange.poll(&mut buffer).expect("room")).collect()
}

fn called(outputs: &[Output]) -> Handle {
    let setups = outputs.iter().rev().find_map(|output| match output {
        Output::Setup { leg, .. } => Some(*leg),
        _ => None,
    });
    setups.expect("somebody is called")
}

/// A device calls a number, and is answered: both legs.
fn talking(exchange: &mut ExchangeBox, device: u32, number: &[u8]) -> [Handle; 2] {
    let signal = Signal::Setup { from: Party::Device(device), dialed: number };
    let Taken::SetUp { leg } = exchange.signal(NOW, &signal).expect("room") else { panic!("not set up") };
    let other = called(&outputs(exchange));
    exchange.signal(NOW, &Signal::Answer(other)).expect("room");
    assert!(outputs(exchange).contains(&Output::Connect(leg)));
    [leg, other]
}

fn over(exchange: &mut ExchangeBox, leg: Handle) {
    exchange.signal(NOW, &Signal::Release(leg, Cause::Normal)).expect("room");
    outputs(exchange);
    assert_eq!((exchange.calls_in_use(), exchange.calls().legs().count()), (0, 0));
}

#[test]
fn blind_and_attended_and_what_each_leg_hears() {
    for attended in [false, true] {
        let mut exchange = exchange();
        let [first, by] = talking(&mut exchange, 0, b"202");
        let (third, heard) = if attended {
            let [other, third] = talking(&mut exchange, 1, b"203");
            let taken = exchange.signal(NOW, &Signal::Join(by, other)).expect("room");
            assert_eq!(taken, Taken::Done);
            (third, outputs(&mut exchange))
        } else {
            let taken = exchange.signal(NOW, &Signal::Transfer(by, b"203")).expect("room");
            assert_eq!(taken, Taken::Done);
            let third = called(&outputs(&mut exchange));
            exchange.signal(NOW, &Signal::Alerting(third)).expect("room");
            let rings = Output::Referred { leg: by, status: 180 };
            assert_eq!(outputs(&mut exchange), [rings]);
            exchange.signal(NOW, &Signal::Answer(third)).expect("room");
            (third, outputs(&mut exchange))
        };
        for output in [
            Output::Referred { leg: by, status: 200 },
            Output::Release(by, Cause::Normal),
            Output::Joined { leg: first, with: third },
            Output::Joined { leg: third, with: first },
        ] {
            assert!(heard.contains(&output), "{output:?} is not among {heard:?}");
        }
        over(&mut exchange, first);
    }
}

#[test]
fn what_cannot_be_is_said_and_changes_nothing() {
    let mut exchange = exchange();
    let [first, by] = talking(&mut exchange, 0, b"202");
    let [other, _] = talking(&mut exchange, 2, b"205");
    for (signal, taken) in [
        (Signal::Transfer(Handle::NONE, b"203"), Taken::UnknownLeg),
        (Signal::Join(by, Handle::NONE), Taken::NotNow),
        (Signal::Join(by, by), Taken::NotNow),
        (Signal::Join(by, first), Taken::NotNow),
        // Another's call.
        (Signal::Join(by, other), Taken::NotNow),
    ] {
        assert_eq!(exchange.signal(NOW, &signal).expect("room"), taken, "{signal:?}");
        assert_eq!(outputs(&mut exchange), []);
    }
    let denied = exchange.signal(NOW, &Signal::Transfer(by, b"202")).expect("room");
    assert!(matches!(denied, Taken::Denied(_)));
    // While the third rings there is no second transfer.
    exchange.signal(NOW, &Signal::Transfer(by, b"204")).expect("room");
    let third = called(&outputs(&mut exchange));
    let taken = exchange.signal(NOW, &Signal::Transfer(by, b"203")).expect("room");
    assert_eq!(taken, Taken::NotNow);
    exchange.signal(NOW, &Signal::Release(third, Cause::BUSY)).expect("room");
    assert!(outputs(&mut exchange).contains(&Output::Referred { leg: by, status: 486 }));
    exchange.signal(NOW, &Signal::Release(other, Cause::Normal)).expect("room");
    over(&mut exchange, first);
}

/// A leg of an emergency call to which a device was brought: that device's leg, and the leg of the emergency centre, which was
/// called by another.
fn brought_to_help(exchange: &mut ExchangeBox) -> [Handle; 2] {
    let [first, centre] = talking(exchange, 0, b"911");
    let taken = exchange.signal(NOW, &Signal::Transfer(first, b"202")).expect("room");
    assert_eq!(taken, Taken::Done);
    let brought = called(&outputs(exchange));
    exchange.signal(NOW, &Signal::Answer(brought)).expect("room");
    outputs(exchange);
    [brought, centre]
}

#[test]
fn three_calls_over_trunks_that_have_become_one_leave_nothing_behind() {
    for swapped in [false, true] {
        let mut exchange = exchange_of(("channels = 2", "channels = 8"));
        let [own, centre] = brought_to_help(&mut exchange);
        // The centre passes it on to another.
        exchange.signal(NOW, &Signal::Transfer(centre, b"911")).expect("room");
        let next = called(&outputs(&mut exchange));
        exchange.signal(NOW, &Signal::Answer(next)).expect("room");
        outputs(&mut exchange);
        let [other, outside] = talking(&mut exchange, 1, b"92345678");
        let (leg, other) = if swapped { (other, own) } else { (own, other) };
        exchange.signal(NOW, &Signal::Join(leg, other)).expect("room");
        outputs(&mut exchange);
        for leg in [leg, other, next, outside] {
            exchange.signal(NOW, &Signal::Release(leg, Cause::Normal)).expect("room");
            outputs(&mut exchange);
        }
        assert_eq!((exchange.calls_in_use(), exchange.calls().legs().count()), (0, 0), "{swapped}");
    }
}

#[test]
fn behind_a_trunk_nobody_is_rung_again() {
    let mut exchange = exchange_of(("channels = 2", "channels = 8"));
    let [own, centre] = brought_to_help(&mut exchange);
    exchange.signal(NOW, &Signal::Transfer(centre, b"911")).expect("room");
    let next = called(&outputs(&mut exchange));
    exchange.signal(NOW, &Signal::Release(centre, Cause::Normal)).expect("room");
    outputs(&mut exchange);
    // Every way fails: whoever waits is released.
    for failed in [Some(next), None] {
        let failed = failed.or_else(|| exchange.calls().ringing_for(own));
        let Some(failed) = failed else { break };
        exchange.signal(NOW, &Signal::Release(failed, Cause::BUSY)).expect("room");
        for output in outputs(&mut exchange) {
            assert!(!matches!(output, Output::Setup { digits, .. } if digits.is_empty()), "{output:?}");
        }
    }
    assert_eq!((exchange.calls_in_use(), exchange.calls().legs().count()), (0, 0));
}

/// 202 is called by a device, holds it, and calls another: who is held, and both of 202's legs, and who was called.
fn consults(exchange: &mut ExchangeBox, device: u32, number: &[u8], answered: bool) -> [Handle; 4] {
    let [first, held] = talking(exchange, device, b"202");
    assert_eq!(exchange.signal(NOW, &Signal::Hold(held)), Ok(Taken::Done));
    outputs(exchange);
    if answered {
        let [other, third] = talking(exchange, 1, number);
        return [first, held, other, third];
    }
    let Ok(Taken::SetUp { leg }) =
        exchange.signal(NOW, &Signal::Setup { from: Party::Device(1), dialed: number })
    else {
        panic!("not set up")
    };
    [first, held, leg, called(&outputs(exchange))]
}

/// R30: who may be joined is, by going on hook; who may not is cleared with cause 63, and so is the other.
#[test]
fn r30_a_transfer_by_going_on_hook_clears_all_if_it_is_denied() {
    let mut exchange = exchange();
    let [first, held, other, third] = consults(&mut exchange, 0, b"203", true);
    assert_eq!(exchange.signal(NOW, &Signal::OnHook(other)), Ok(Taken::Done));
    let heard = outputs(&mut exchange);
    assert!(heard.contains(&Output::Joined { leg: first, with: third }), "{heard:?}");
    assert!(exchange.calls().leg(held).is_none() && exchange.calls().leg(other).is_none());
    over(&mut exchange, first);
    // 204 may not be joined with 205.
    let [first, _, other, third] = consults(&mut exchange, 3, b"205", true);
    let Ok(Taken::Denied(decision)) = exchange.signal(NOW, &Signal::OnHook(other)) else { panic!("joined") };
    assert_eq!(decision.denial().map(|denial| denial.rule), Some(Rule::Interconnect));
    let cause = Cause::Denied(Rule::Interconnect);
    assert_eq!(cause.q850(), 63);
    let heard = outputs(&mut exchange);
    for leg in [first, third] {
        assert!(heard.contains(&Output::Release(leg, cause)), "{heard:?}");
    }
    assert_eq!((exchange.calls_in_use(), exchange.calls().legs().count()), (0, 0));
}

/// R30, read openly: who was held waits, and who went on hook is rung; what it rang or talked to is cleared.
#[test]
fn r30_read_openly_who_went_on_hook_is_rung() {
    for answered in [false, true] {
        let mut exchange =
            exchange_of(("[[cos]]\nid = 1\n", "[system.rules]\nr30 = \"open\"\n[[cos]]\nid = 1\n"));
        // 204 may not be joined with 205.
        let [first, held, other, third] = consults(&mut exchange, 3, b"205", answered);
        let Ok(Taken::Denied(_)) = exchange.signal(NOW, &Signal::OnHook(other)) else { panic!("joined") };
        let heard = outputs(&mut exchange);
        let denied = Cause::Denied(Rule::Interconnect);
        assert!(heard.contains(&Output::Release(held, Cause::Normal)), "{heard:?}");
        assert!(heard.contains(&Output::Release(third, denied)), "{heard:?}");
        assert!(exchange.calls().leg(other).is_none() && exchange.calls().leg(first).is_some());
        let _ = exchange.tick(NOW.plus_s(1)).expect("room");
        let rung = called(&outputs(&mut exchange));
        assert_eq!(exchange.calls().leg(rung).map(|slot| slot.party), Some(Party::Device(1)));
        exchange.signal(NOW.plus_s(1), &Signal::Answer(rung)).expect("room");
        assert!(outputs(&mut exchange).contains(&Output::Joined { leg: first, with: rung }));
        over(&mut exchange, first);
    }
}

/// Whom it calls may still ring; where there is nobody to transfer, it hangs up on that leg, and who is held stays so.
#[test]
fn on_hook_while_the_third_still_rings_or_without_one() {
    let mut exchange = exchange();
    let [first, held, other, third] = consults(&mut exchange, 0, b"203", false);
    exchange.signal(NOW, &Signal::Alerting(third)).expect("room");
    assert_eq!(exchange.signal(NOW, &Signal::OnHook(other)), Ok(Taken::Done));
    assert!(exchange.calls().leg(held).is_none() && exchange.calls().leg(other).is_none());
    outputs(&mut exchange);
    exchange.signal(NOW, &Signal::Answer(third)).expect("room");
    assert!(outputs(&mut exchange).contains(&Output::Joined { leg: third, with: first }));
    over(&mut exchange, first);
    let [first, held] = talking(&mut exchange, 0, b"202");
    exchange.signal(NOW, &Signal::Hold(held)).expect("room");
    let Ok(Taken::OffHook { leg }) = exchange.signal(NOW, &Signal::OffHook { from: Party::Device(1) }) else {
        panic!("not off hook")
    };
    assert_eq!(exchange.signal(NOW, &Signal::OnHook(leg)), Ok(Taken::Done));
    assert!(exchange.calls().leg(leg).is_none() && exchange.calls().holds_until(held).is_some());
    assert_eq!(exchange.signal(NOW, &Signal::OnHook(held)), Ok(Taken::Done));
    assert_eq!(exchange.signal(NOW, &Signal::OnHook(first)), Ok(Taken::UnknownLeg));
    outputs(&mut exchange);
    assert_eq!((exchange.calls_in_use(), exchange.calls().legs().count()), (0, 0));
}
