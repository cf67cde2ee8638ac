//! What goes out: told when it is polled, in the order in which it came about, datagrams first and then records.

use super::Exchange;
use crate::base::{Crypto, Digits, Flow, Handle};
use crate::call::Cause;
use crate::call::dialing::Tone;
use crate::media::relay::Ask;
use crate::policy::Party;
use crate::record::{Alarm, Decision, EmergencyNotice, Smdr};
use crate::registration::Gone;
use crate::registration::client::Standing;
use crate::wire::write::Short;
use core::net::SocketAddr;

/// What became of a datagram.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Received {
    /// It was taken.
    Done,
    /// It waits for the relay, which was asked about this leg: nothing has changed. Give it again when
    /// [`relayed`](Exchange::relayed) was told the relay's answer; whoever has not kept it gets it again from its sender.
    Held(Handle),
}

/// An opening for the media of a call, from one address to the other and back, UDP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pinhole {
    /// The call: its caller's leg.
    pub media: Handle,
    /// Which agreement it belongs to; all pinholes of one are closed together.
    pub number: u16,
    /// One end.
    pub a: SocketAddr,
    /// The other end.
    pub b: SocketAddr,
    /// The longest that it may be needed, in seconds: as long as the call may last. 0: until it is closed.
    pub longest_s: u32,
}

/// What the caller must do or may note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Output {
    /// Send the first `len` bytes of the buffer given to [`Exchange::poll`].
    Send {
        /// Where to.
        to: Flow,
        /// How many bytes.
        len: usize,
    },
    /// Offer a call to a party that is not on our own signalling.
    Setup {
        /// Its leg.
        leg: Handle,
        /// Who.
        to: Party,
        /// What to send there.
        digits: Digits,
    },
    /// Tell a neutral caller that the other side rings.
    Alerting(Handle),
    /// A neutral caller's call was answered: connect it.
    Connect(Handle),
    /// A neutral leg's party was transferred, or somebody was to it: connect it with the other leg. Each has its own output.
    Joined {
        /// The leg.
        leg: Handle,
        /// The leg of whom it talks to now.
        with: Handle,
    },
    /// What becomes of the transfer that was asked for on a neutral leg: 180 rings, 200 done (its release follows), from 300
    /// on it has failed with this SIP status and its party talks on.
    Referred {
        /// The leg.
        leg: Handle,
        /// The status.
        status: u16,
    },
    /// The party of a neutral leg is on hold from now on, or no more: who holds it does not hear it.
    Held {
        /// The leg.
        leg: Handle,
        /// Whether it is held.
        held: bool,
    },
    /// The call of a neutral caller goes on to another number: a device has its calls go there.
    Forwarded {
        /// The caller's leg.
        leg: Handle,
        /// The device.
        by: Party,
    },
    /// Release a neutral leg.
    Release(Handle, Cause),
    /// Let a neutral party that dials hear this.
    Tone(Handle, Tone),
    /// A device is there, or is there another way than before.
    Registered {
        /// Its row.
        device: u32,
        /// For so many seconds.
        expires_s: u32,
        /// Which way requests to it go.
        flow: Flow,
    },
    /// A device is gone.
    Unregistered {
        /// Its row.
        device: u32,
        /// Why.
        why: Gone,
    },
    /// How we stand at the carrier of a trunk where we register.
    Standing {
        /// Its row.
        trunk: u16,
        /// How.
        standing: Standing,
    },
    /// A server of a trunk has failed: requests to the trunk go to another from now on.
    Server {
        /// The trunk's row.
        trunk: u16,
        /// The server.
        to: Flow,
    },
    /// The user of a device has set something there: [`Exchange::settings`] says what holds now.
    Set {
        /// Its row.
        device: u32,
    },
    /// Ask the relay, and give its answer to [`Exchange::relayed`].
    Relay(Ask),
    /// Tell the relay that what it was asked last for this call was not agreed on: it forwards as before.
    RelayUndo(Handle),
    /// Tell the relay that this call is over, or goes on without it.
    RelayEnd(Handle),
    /// Open a pinhole.
    Open(Pinhole),
    /// Close all pinholes of this call with this number.
    Close {
        /// The call.
        media: Handle,
        /// The number they were opened with.
        number: u16,
    },
    /// A decision was taken.
    Decision(Decision),
    /// A call is over, or was toll-denied: its record.
    Smdr(Smdr),
    /// Somebody should be told.
    Alarm(Alarm),
    /// An emergency call was placed.
    Emergency(EmergencyNotice),
}

/// Small outputs as they are queued.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub enum Event {
    Setup(Handle, Party, Digits),
    Alerting(Handle),
    Connect(Handle),
    Release(Handle, Cause),
    Joined(Handle, Handle),
    Referred(Handle, u16),
    Forwarded(Handle, Party),
    Held(Handle, bool),
    Set(u32),
    Tone(Handle, Tone),
    Registered(u32, u32, Flow),
    Unregistered(u32, Gone),
    Standing(u16, Standing),
    Server(u16, Flow),
    Relay(Handle),
    RelayUndo(Handle),
    RelayEnd(Handle),
    Open(Handle, u16),
    Close(Handle, u16),
}

/// Records as they are queued.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub enum Record {
    Decision(Decision),
    Smdr(Smdr),
    Alarm(Alarm),
    Emergency(EmergencyNotice),
}

impl<C: Crypto> Exchange<'_, C> {
    /// Takes the oldest output. The bytes of [`Output::Send`] are copied to `buf`.
    ///
    /// # Errors
    /// [`Short`] if `buf` cannot hold them; the output stays, call again with a larger one.
    pub fn poll(&mut self, buf: &mut [u8]) -> Result<Option<Output>, Short> {
        if let Some(outgoing) = self.sip.outgoing.peek() {
            let needed = outgoing.text.len();
            if buf.len() < needed {
                return Err(Short { needed });
            }
            self.sip.outgoing.pop();
            let len = self.sip.pages.copy(outgoing.text, buf);
            self.sip.pages.release(outgoing.text);
            return Ok(Some(Output::Send { to: outgoing.to, len }));
        }
        if let Some(record) = self.records.pop() {
            return Ok(Some(match record {
                Record::Decision(decision) => Output::Decision(decision),
                Record::Smdr(smdr) => Output::Smdr(smdr),
                Record::Alarm(alarm) => Output::Alarm(alarm),
                Record::Emergency(notice) => Output::Emergency(notice),
            }));
        }
        loop {
            if let Some(Event::Open(media, number)) = self.events.front()
                && let Some(pinhole) = self.pinhole(*media, *number, self.opened)
            {
                self.opened = self.opened.saturating_add(1);
                return Ok(Some(Output::Open(pinhole)));
            }
            self.opened = 0;
            let Some(event) = self.events.pop() else { return Ok(None) };
            if let Some(output) = self.told(event) {
                return Ok(Some(output));
            }
        }
    }

    /// A small output, if there is still somebody whom it is about.
    fn told(&self, event: Event) -> Option<Output> {
        Some(match event {
            Event::Setup(leg, to, digits) => Output::Setup { leg, to, digits },
            Event::Alerting(leg) => Output::Alerting(leg),
            Event::Connect(leg) => Output::Connect(leg),
            Event::Release(leg, cause) => Output::Release(leg, cause),
            Event::Joined(leg, with) => Output::Joined { leg, with },
            Event::Referred(leg, status) => Output::Referred { leg, status },
            Event::Forwarded(leg, by) => Output::Forwarded { leg, by },
            Event::Held(leg, held) => Output::Held { leg, held },
            Event::Set(device) => Output::Set { device },
            Event::Tone(leg, tone) => Output::Tone(leg, tone),
            Event::Registered(device, expires_s, flow) => Output::Registered { device, expires_s, flow },
            Event::Unregistered(device, why) => Output::Unregistered { device, why },
            Event::Standing(trunk, standing) => Output::Standing { trunk, standing },
            Event::Server(trunk, to) => Output::Server { trunk, to },
            Event::Relay(leg) => Output::Relay(self.ask(leg)?),
            Event::RelayUndo(media) => Output::RelayUndo(media),
            Event::RelayEnd(media) => Output::RelayEnd(media),
            Event::Open(..) => return None,
            Event::Close(media, number) => Output::Close { media, number },
        })
    }

    pub(super) fn event(&mut self, event: Event) {
        if let Ok(mut room) = self.events.reserve(1) {
            room.push(event);
        }
    }

    pub(super) fn record(&mut self, record: Record) {
        if let Ok(mut room) = self.records.reserve(1) {
            room.push(record);
        }
    }
}
