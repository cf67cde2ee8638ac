//! A counterexample as a trace that `strowger replay` takes: the signals on its way, given to an engine by the clock.

use super::abstraction::Abstraction;
use super::world::{CONFIG_INSTANCE, NOON, NOW, RESERVED, address};
use crate::trace::{Engine, Input, Policy, Secrets, Sizes, Tables, Writer};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use strowger::base::{Digit, Handle, Instant, Soft};
use strowger::call::Cause;
use strowger::exchange::{Config, Signal};
use strowger::policy::{Mode, Party};

/// Something that was given to the exchange of a world.
#[derive(Clone, Debug)]
pub(super) enum Gave {
    Setup(Party, Vec<u8>),
    OffHook(Party),
    Digit(Handle, Digit),
    Alerting(Handle),
    Answer(Handle),
    Release(Handle, Cause),
    Transfer(Handle, Vec<u8>),
    Hold(Handle, bool),
    Join(Handle, Handle),
    OnHook(Handle),
    Tick,
    Mode(Mode),
}

impl From<&Signal<'_>> for Gave {
    fn from(signal: &Signal<'_>) -> Self {
        match *signal {
            Signal::Setup { from, dialed } => Self::Setup(from, dialed.to_vec()),
            Signal::OffHook { from } => Self::OffHook(from),
            Signal::Digit(leg, digit) => Self::Digit(leg, digit),
            Signal::Alerting(leg) => Self::Alerting(leg),
            Signal::Answer(leg) => Self::Answer(leg),
            Signal::Release(leg, cause) => Self::Release(leg, cause),
            Signal::Transfer(leg, dialed) => Self::Transfer(leg, dialed.to_vec()),
            Signal::Hold(leg) => Self::Hold(leg, true),
            Signal::Retrieve(leg) => Self::Hold(leg, false),
            Signal::Join(leg, other) => Self::Join(leg, other),
            Signal::OnHook(leg) => Self::OnHook(leg),
        }
    }
}

impl Gave {
    fn input(&self) -> Input<'_> {
        Input::Signal(match self {
            Self::Setup(from, dialed) => Signal::Setup { from: *from, dialed },
            Self::OffHook(from) => Signal::OffHook { from: *from },
            Self::Digit(leg, digit) => Signal::Digit(*leg, *digit),
            Self::Alerting(leg) => Signal::Alerting(*leg),
            Self::Answer(leg) => Signal::Answer(*leg),
            Self::Release(leg, cause) => Signal::Release(*leg, *cause),
            Self::Transfer(leg, dialed) => Signal::Transfer(*leg, dialed),
            Self::Hold(leg, true) => Signal::Hold(*leg),
            Self::Hold(leg, false) => Signal::Retrieve(*leg),
            Self::Join(leg, other) => Signal::Join(*leg, *other),
            Self::OnHook(leg) => Signal::OnHook(*leg),
            Self::Tick => return Input::Tick,
            Self::Mode(mode) => return Input::SetMode(Some(*mode)),
        })
    }
}

/// The octets of a trace, still to be looked at when the writer is gone.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The trace of what was given, in a world of the same size. `None` if the policy's octets cannot be read again.
pub(super) fn record(all: &Abstraction, given: &[(Instant, Gave)]) -> Option<Vec<u8>> {
    let policy = Policy::load(all.octets.0, all.octets.1, &mut Soft::new(&[0; 32])).ok()?;
    let (devices, trunks) = (policy.image.devices().len(), policy.image.trunks().len());
    let calls = all.bounds.calls + usize::try_from(RESERVED).ok()?;
    let mut tables = Tables::new(&Sizes::for_calls(devices, trunks, calls));
    let config = Config { instance: CONFIG_INSTANCE, address: address(), reserved_calls: RESERVED };
    let shared = Shared::default();
    let writer = Writer::new(shared.clone(), Secrets::none());
    let mut engine =
        Engine::new(&mut tables, &config, Some(&policy), Soft::new(&[7; 32]), Some(writer)).ok()?;
    let mut room = vec![0; strowger::exchange::MAX_DATAGRAM];
    let first = [Input::SetWall(NOON), Input::SetMode(Some(all.modes[0]))].map(|input| (NOW, input));
    let all_inputs = first.into_iter().chain(given.iter().map(|(at, gave)| (*at, gave.input())));
    for (at, input) in all_inputs {
        engine.input(at, &input).ok()?;
        while engine.poll(&mut room).ok()?.is_some() {}
    }
    engine.finish().ok()?;
    drop(engine);
    let octets = shared.0.borrow().clone();
    Some(octets)
}
