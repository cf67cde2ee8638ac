//! Whole calls in the engine: by neutral signals, and by a recorded stream of SIP datagrams.

use std::net::SocketAddr;
use strowger::base::{Crypto, Handle, Instant, Soft};
use strowger::call::Cause;
use strowger::exchange::{Config, Exchange, Output, Resources, Signal, Taken};
use strowger::policy::{Image, Keyring, Party};
use strowger_testkit::phone::{Behaviour, Phone, PhoneConfig};

/// The policy of these calls: two phones.
const POLICY: &str = r#"
[system]
name = "Measured"
realm = "branch.test"
[smdr]
internal = true
[[cos]]
id = 1
name = "Staff"
features = ["smdr-internal"]
[[template]]
name = "phone"
digest = ["md5"]
cos = 1
cor = 1
[[device]]
dn = "201"
kind = "sip"
template = "phone"
password = "Copper-beech-lane-3"
[[device]]
dn = "202"
kind = "sip"
template = "phone"
password = "Harbour-light-blue-8"
"#;

/// Memory for the engine that is measured.
pub type Memory = Resources<2, 1, 64>;
type Engine<'m> = Exchange<'m, Soft>;

/// The compiled policy.
///
/// # Panics
/// If it does not compile.
#[must_use]
pub fn policy() -> strowger_tools::Compiled {
    strowger_tools::compile_str(POLICY, "calls.toml").unwrap_or_else(|findings| panic!("{:?}", findings[0]))
}

/// An engine with it in force.
///
/// # Panics
/// If it does not fit.
pub fn engine<'m>(memory: &'m mut Memory, compiled: &'m strowger_tools::Compiled) -> Engine<'m> {
    engine_by(memory, compiled, Soft::new(&[5; 32]))
}

/// The same with a provider of one's own.
///
/// # Panics
/// If it does not fit.
pub fn engine_by<'m, C: Crypto>(
    memory: &'m mut Memory,
    compiled: &'m strowger_tools::Compiled,
    mut crypto: C,
) -> Exchange<'m, C> {
    let image = Image::load(&compiled.image, &mut crypto).expect("a valid image");
    let keyring = Keyring::load(&compiled.keyring, &image, &mut crypto).expect("its keyring");
    let config = Config { instance: 1, address: gateway(), reserved_calls: 1 };
    let mut engine = Exchange::new(memory.memory(), &config, crypto);
    engine.load(image, keyring).expect("the policy fits");
    engine
}

/// Where the engine is.
pub(crate) fn gateway() -> SocketAddr {
    ([127, 0, 0, 1], 5060).into()
}

/// One neutral call: set-up, alerting, answer, clear-down, with its decision and record.
///
/// # Panics
/// If the call does not go as it must.
#[inline(never)]
pub fn neutral_call_measured(engine: &mut Engine<'_>, now: Instant) -> usize {
    let setup = Signal::Setup { from: Party::Device(0), dialed: b"202" };
    let Ok(Taken::SetUp { leg: a }) = engine.signal(now, &setup) else { panic!("not set up") };
    let mut outputs = 0;
    let mut called = None;
    let mut drain = |engine: &mut Engine<'_>| {
        while let Ok(Some(output)) = engine.poll(&mut []) {
            outputs += 1;
            if let Output::Setup { leg, .. } = output {
                called = Some(leg);
            }
        }
        called
    };
    let Some(b) = drain(engine) else { panic!("nobody was called") };
    for signal in [Signal::Alerting(b), Signal::Answer(b), Signal::Release(a, Cause::Normal)] {
        engine.signal(now, &signal).expect("drained");
        drain(engine);
    }
    outputs
}

/// One input that changes nothing, and the question whether there is something to do: two crossings of the border, where they are made by C.
#[inline(never)]
pub fn idle_poll_measured(engine: &mut Engine<'_>) -> usize {
    let refused = engine.signal(Instant(1), &Signal::Alerting(Handle::NONE)) == Ok(Taken::UnknownLeg);
    let idle = matches!(engine.poll(&mut []), Ok(None));
    usize::from(refused && idle)
}

/// What came in, and when.
pub struct Recorded {
    /// Moment, source, datagram.
    pub inputs: Vec<(Instant, SocketAddr, Vec<u8>)>,
    /// How many of them are the registrations in front.
    pub registrations: usize,
    /// How many calls follow.
    pub calls: usize,
}

/// Lets two phones register and call each other `calls` times, and keeps what the engine was given. With the same seed
/// the engine gives the same answers again, so the stream can be played without phones.
///
/// # Panics
/// If a call fails.
#[must_use]
pub fn record(calls: usize) -> Recorded {
    let compiled = policy();
    let mut memory = Box::new(Memory::new());
    let mut engine = engine(&mut memory, &compiled);
    let mut phones: Vec<Phone> =
        [("201", "Copper-beech-lane-3", 5071), ("202", "Harbour-light-blue-8", 5072)]
            .into_iter()
            .map(|(dn, password, port)| {
                let mut config = PhoneConfig::new(dn, password, ([127, 0, 0, 1], port).into(), gateway());
                config.behaviour = Behaviour::Answer { after_ms: 1 };
                Phone::new(config)
            })
            .collect();
    let addresses: Vec<SocketAddr> = vec![([127, 0, 0, 1], 5071).into(), ([127, 0, 0, 1], 5072).into()];
    let mut inputs = Vec::new();
    let mut now = Instant(1000);
    let mut settle = |engine: &mut Engine<'_>, phones: &mut Vec<Phone>, now: &mut Instant| {
        let mut buffer = [0; 4096];
        for _ in 0..20 {
            *now = now.plus_ms(1);
            for (phone, address) in phones.iter_mut().zip(&addresses) {
                phone.tick(*now);
                while let Some((_, bytes)) = phone.poll_transmit() {
                    inputs.push((*now, *address, bytes.clone()));
                    engine.receive(*now, *address, &bytes).expect("drained");
                    while let Ok(Some(output)) = engine.poll(&mut buffer) {
                        if let Output::Send { to, len } = output {
                            PENDING
                                .with_borrow_mut(|pending| pending.push((to.peer, buffer[..len].to_vec())));
                        }
                    }
                }
            }
            for (to, bytes) in PENDING.take() {
                let at = addresses.iter().position(|address| *address == to).expect("a phone of ours");
                phones[at].receive(*now, gateway(), &bytes);
            }
        }
        inputs.len()
    };
    phones.iter_mut().for_each(|phone| phone.register(now, 3600));
    let registrations = settle(&mut engine, &mut phones, &mut now);
    for n in 0..calls {
        phones[0].call(now, "202");
        settle(&mut engine, &mut phones, &mut now);
        assert!(phones[0].calls_up() == 1 && phones[1].calls_up() == 1, "call {n} is not up");
        phones[0].hang_up(now);
        settle(&mut engine, &mut phones, &mut now);
        now = now.plus_s(33);
        while engine.tick(now).is_ok_and(|ticked| ticked == strowger::exchange::Ticked::More) {}
    }
    Recorded { inputs, registrations, calls }
}

thread_local! {
    static PENDING: std::cell::RefCell<Vec<(SocketAddr, Vec<u8>)>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Hands the engine what a phone at an address sends, and the phone what comes back; `inputs` keeps what was sent.
///
/// # Panics
/// If the engine refuses an input.
pub fn talk<C: Crypto>(
    engine: &mut Exchange<'_, C>,
    phone: &mut Phone,
    (now, own): (Instant, SocketAddr),
    inputs: &mut Vec<(Instant, SocketAddr, Vec<u8>)>,
) {
    let mut buffer = [0; 4096];
    while let Some((_, bytes)) = phone.poll_transmit() {
        engine.receive(now, own, &bytes).expect("drained");
        inputs.push((now, own, bytes));
        while let Ok(Some(output)) = engine.poll(&mut buffer) {
            if let Output::Send { len, .. } = output {
                phone.receive(now, gateway(), &buffer[..len]);
            }
        }
    }
}

/// Plays recorded inputs; returns the bytes that were sent.
///
/// # Panics
/// If the engine refuses an input.
#[inline(never)]
pub fn play_measured<C: Crypto>(
    engine: &mut Exchange<'_, C>,
    inputs: &[(Instant, SocketAddr, Vec<u8>)],
) -> usize {
    let mut buffer = vec![0; 4096];
    let mut sent = 0;
    for (now, source, bytes) in inputs {
        while engine.next_deadline().is_some_and(|at| at <= *now) {
            let _ = engine.tick(*now).expect("drained");
        }
        engine.receive(*now, *source, bytes).expect("drained");
        while let Ok(Some(output)) = engine.poll(&mut buffer) {
            if let Output::Send { len, .. } = output {
                sent += len;
            }
        }
    }
    sent
}
