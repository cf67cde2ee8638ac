//! What an exchange was given, to and from a trace.

use super::engine::Input;
use super::format::{InputText, LockedText, SignalText, handle, unhandle};
use super::outputs::Shown;
use super::tokens::Kind;
use super::{places, restored, words};
use strowger::base::{Crypto, Digit, Flow, Handle, WallTime};
use strowger::call::dialing::State;
use strowger::exchange::{Exchange, Locked, Signal};
use strowger::media::Places;
use strowger::policy::{Image, Mode, Party};
use strowger::signalling::render::parse_token;
use strowger::wire::sip::{Message, Method};

/// An input as a trace has it. The exchange, not yet given the input, tells what in it is secret.
pub(super) fn text<C: Crypto>(
    shown: &Shown<'_>,
    exchange: &Exchange<'_, C>,
    instance: u16,
    input: &Input<'_>,
) -> InputText {
    match input {
        Input::Receive { source, datagram } => {
            let leg = pressed(datagram, instance);
            let typed = leg.map_or_else(Vec::new, |leg| typed(exchange, leg).unwrap_or_default());
            InputText::Receive {
                from: source.peer,
                over: source.transport.into(),
                datagram: shown.datagram(source.ip(), &typed, datagram),
            }
        }
        Input::Signal(signal) => InputText::Signal(signal_text(shown, exchange, signal)),
        Input::Tick => InputText::Tick,
        Input::SetWall(wall) => InputText::Wall { unix_s: wall.unix_s, offset_min: wall.offset_min },
        Input::SetMode(mode) => InputText::Mode(mode.map(|mode| mode.name().to_owned())),
        Input::SetTrunkServers { trunk, servers } => InputText::TrunkServers {
            trunk: shown.party(Party::Trunk(*trunk)),
            servers: servers.iter().map(|server| (*server).into()).collect(),
        },
        Input::Relayed { leg, places } => {
            InputText::Relayed { leg: handle(*leg), places: places.as_ref().map(places::text) }
        }
        Input::RelayLost => InputText::RelayLost,
        Input::ClearCalls => InputText::ClearCalls,
        Input::Lost(flow) => InputText::Lost { to: flow.peer, over: flow.transport.into() },
        Input::Listen(us) => InputText::Listen { over: us.transport.into(), address: us.peer },
        Input::Restore(restored) => InputText::Restore(restored::text(shown, restored)),
        Input::Unlock(Locked::Device(device)) => {
            InputText::Unlock(LockedText::Device(shown.party(Party::Device(*device))))
        }
        Input::Unlock(Locked::Source(ip)) => InputText::Unlock(LockedText::Source(*ip)),
        Input::Login { device, source, right } => InputText::Login {
            device: device.map(|device| shown.party(Party::Device(device))),
            from: source.peer,
            over: source.transport.into(),
            right: *right,
        },
    }
}

fn signal_text<C: Crypto>(shown: &Shown<'_>, exchange: &Exchange<'_, C>, signal: &Signal<'_>) -> SignalText {
    match *signal {
        Signal::Setup { from, dialed } => {
            SignalText::Setup { from: shown.party(from), dialed: shown.dialed(from, dialed) }
        }
        Signal::OffHook { from } => SignalText::OffHook { from: shown.party(from) },
        Signal::Digit(leg, digit) => {
            let digit = match typed(exchange, leg) {
                Some(typed) => shown.secrets.digit(shown.image, &typed, digit.ascii()),
                None => digit.ascii(),
            };
            // Ten hashes would soon be known.
            let redacted = shown.secrets.kind == Kind::Redacted;
            let digit = if redacted { '~' } else { char::from(digit) };
            SignalText::Digit { leg: handle(leg), digit: digit.to_string() }
        }
        Signal::Alerting(leg) => SignalText::Alerting { leg: handle(leg) },
        Signal::Answer(leg) => SignalText::Answer { leg: handle(leg) },
        Signal::Release(leg, cause) => SignalText::Release { leg: handle(leg), cause: words::cause(cause) },
        Signal::Transfer(leg, dialed) => {
            let from = exchange.calls().leg(leg).map_or(Party::Unknown, |slot| slot.party);
            SignalText::Transfer { leg: handle(leg), dialed: shown.dialed(from, dialed) }
        }
        Signal::Hold(leg) => SignalText::Hold { leg: handle(leg) },
        Signal::Retrieve(leg) => SignalText::Retrieve { leg: handle(leg) },
        Signal::OnHook(leg) => SignalText::OnHook { leg: handle(leg) },
        Signal::Join(leg, with) => SignalText::Join { leg: handle(leg), with: handle(with) },
    }
}

/// The leg on which an INFO presses a key: our tag names it.
fn pressed(datagram: &[u8], instance: u16) -> Option<Handle> {
    let mut message = Message::new();
    message.parse(datagram).ok()?;
    let tag = message.to.as_ref()?.tag()?;
    let (leg, _) = parse_token(tag, instance)?;
    (message.method() == Some(Method::Info)).then_some(leg)
}

/// The digits of an account code that were entered on a leg; `None` if none is awaited.
fn typed<C: Crypto>(exchange: &Exchange<'_, C>, leg: Handle) -> Option<Vec<u8>> {
    let dialing = exchange.calls().dialing(leg)?;
    if matches!(dialing.state, State::Code { .. }) {
        return Some(dialing.typed.expose().to_vec());
    }
    // Behind the number of a hot-desk user stands a PIN.
    let image = exchange.image()?;
    let (_, pin) = super::tokens::log_in(image, dialing.number.as_bytes())?;
    Some(pin?.to_vec())
}

/// An input read from a trace; it owns what it refers to.
#[derive(Clone, Debug)]
pub(super) enum Given {
    Receive(Flow, Vec<u8>),
    Setup(Party, Vec<u8>),
    Transfer(Handle, Vec<u8>),
    Signal(Signal<'static>),
    Tick,
    Wall(WallTime),
    Mode(Option<Mode>),
    TrunkServers(u16, Vec<Flow>),
    Relayed(Handle, Option<Places>),
    RelayLost,
    ClearCalls,
    Lost(Flow),
    Listen(Flow),
    Restore(restored::Given),
    Unlock(Locked),
    Login(Option<u32>, Flow, bool),
}

impl Given {
    /// What a trace says, or what is wrong with it.
    pub(super) fn parse(image: Option<&Image<'_>>, text: &InputText) -> Result<Self, String> {
        let leg = |text: &str| unhandle(text).ok_or_else(|| format!("{text} is no handle"));
        let party =
            |text: &str| words::unparty(image, text).ok_or_else(|| format!("there is no party {text}"));
        Ok(match text {
            InputText::Receive { from, over, datagram } => {
                let octets = datagram.octets().ok_or("a datagram whose octets are not there")?;
                Self::Receive(Flow::new(*from, (*over).into()), octets)
            }
            InputText::Lost { to, over } => Self::Lost(Flow::new(*to, (*over).into())),
            InputText::Listen { over, address } => Self::Listen(Flow::new(*address, (*over).into())),
            InputText::Tick => Self::Tick,
            InputText::Wall { unix_s, offset_min } => {
                Self::Wall(WallTime { unix_s: *unix_s, offset_min: *offset_min })
            }
            InputText::Mode(None) => Self::Mode(None),
            InputText::Mode(Some(name)) => {
                Self::Mode(Some(words::mode(name).ok_or_else(|| format!("there is no mode {name}"))?))
            }
            InputText::TrunkServers { trunk, servers } => match party(trunk)? {
                Party::Trunk(row) => {
                    Self::TrunkServers(row, servers.iter().map(|server| (*server).into()).collect())
                }
                Party::Device(_) | Party::User { .. } | Party::Conference | Party::Unknown => {
                    return Err(format!("{trunk} is no trunk"));
                }
            },
            InputText::Relayed { leg: of, places } => {
                let places = places.as_ref().map(|text| places::parse(text).ok_or("places that cannot be"));
                Self::Relayed(leg(of)?, places.transpose()?)
            }
            InputText::Restore(text) => Self::Restore(restored::Given::parse(image, text)?),
            InputText::Unlock(LockedText::Source(ip)) => Self::Unlock(Locked::Source(*ip)),
            InputText::Unlock(LockedText::Device(dn)) => match party(dn)? {
                Party::Device(device) => Self::Unlock(Locked::Device(device)),
                Party::User { .. } | Party::Trunk(_) | Party::Conference | Party::Unknown => {
                    return Err(format!("{dn} is no device"));
                }
            },
            InputText::Login { device, from, over, right } => {
                let device = match device.as_deref().map(party).transpose()? {
                    Some(Party::Device(device)) => Some(device),
                    None => None,
                    Some(Party::User { .. } | Party::Trunk(_) | Party::Conference | Party::Unknown) => {
                        return Err("who logs in is no device".to_owned());
                    }
                };
                Self::Login(device, Flow::new(*from, (*over).into()), *right)
            }
            InputText::RelayLost => Self::RelayLost,
            InputText::ClearCalls => Self::ClearCalls,
            InputText::Signal(signal) => match signal {
                SignalText::Setup { from, dialed } => Self::Setup(party(from)?, dialed.clone().into_bytes()),
                SignalText::OffHook { from } => Self::Signal(Signal::OffHook { from: party(from)? }),
                SignalText::Digit { leg: on, digit } => {
                    let key = match digit.as_bytes() {
                        [key] => Digit::from_ascii(*key),
                        _ => None,
                    };
                    let key = key.ok_or_else(|| format!("{digit} is no key"))?;
                    Self::Signal(Signal::Digit(leg(on)?, key))
                }
                SignalText::Alerting { leg: on } => Self::Signal(Signal::Alerting(leg(on)?)),
                SignalText::Answer { leg: on } => Self::Signal(Signal::Answer(leg(on)?)),
                SignalText::Release { leg: on, cause } => {
                    let cause = words::uncause(cause).ok_or_else(|| format!("there is no cause {cause}"))?;
                    Self::Signal(Signal::Release(leg(on)?, cause))
                }
                SignalText::Transfer { leg: on, dialed } => {
                    Self::Transfer(leg(on)?, dialed.clone().into_bytes())
                }
                SignalText::Hold { leg: on } => Self::Signal(Signal::Hold(leg(on)?)),
                SignalText::Retrieve { leg: on } => Self::Signal(Signal::Retrieve(leg(on)?)),
                SignalText::OnHook { leg: on } => Self::Signal(Signal::OnHook(leg(on)?)),
                SignalText::Join { leg: on, with } => Self::Signal(Signal::Join(leg(on)?, leg(with)?)),
            },
        })
    }

    pub(super) fn input(&self) -> Input<'_> {
        match self {
            Self::Receive(source, datagram) => Input::Receive { source: *source, datagram },
            Self::Setup(from, dialed) => Input::Signal(Signal::Setup { from: *from, dialed }),
            Self::Transfer(leg, dialed) => Input::Signal(Signal::Transfer(*leg, dialed)),
            Self::Signal(signal) => Input::Signal(*signal),
            Self::Tick => Input::Tick,
            Self::Wall(wall) => Input::SetWall(*wall),
            Self::Mode(mode) => Input::SetMode(*mode),
            Self::TrunkServers(trunk, servers) => Input::SetTrunkServers { trunk: *trunk, servers },
            Self::Relayed(leg, places) => Input::Relayed { leg: *leg, places: *places },
            Self::RelayLost => Input::RelayLost,
            Self::ClearCalls => Input::ClearCalls,
            Self::Lost(flow) => Input::Lost(*flow),
            Self::Listen(us) => Input::Listen(*us),
            Self::Restore(given) => Input::Restore(given.restored()),
            Self::Unlock(who) => Input::Unlock(*who),
            Self::Login(device, source, right) => {
                Input::Login { device: *device, source: *source, right: *right }
            }
        }
    }
}
