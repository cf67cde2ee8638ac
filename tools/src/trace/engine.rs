//! An exchange on the heap that can be recorded: the daemon, replay and whoever searches for a sequence use the same.

use super::answers::{Log, Recording};
use super::writer::Writer;
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use strowger::base::{Crypto, Flow, Full, Handle, Instant, WallTime};
use strowger::call::{Call, LegSlot};
use strowger::exchange::{
    Config, DeviceSlot, Event, Exchange, Locked, MAX_OUTPUTS, Memory, NotReloaded, NotTaken, Noted, Output,
    PAGES_A_CALL, Received, Record, Restored, Room, Signal, TRANSACTIONS_A_CALL, Taken, Ticked, TrunkSlot,
};
use strowger::media::Places;
use strowger::policy::{Image, Keyring, Mode};
use strowger::signalling::sip::Outgoing;
use strowger::signalling::{Dialog, Transaction};
use strowger::table::{Due, Entry, Page, Slot};
use strowger::wire::write::Short;

/// A policy in memory: its octets, and what was read from them.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'m> {
    /// The image, or an emergency block.
    pub image: Image<'m>,
    /// Absent with an emergency block, which knows nobody.
    pub keyring: Option<Keyring<'m>>,
    octets: &'m [u8],
    keys: &'m [u8],
}

/// How large the tables of an exchange are.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Devices.
    pub devices: usize,
    /// Trunks.
    pub trunks: usize,
    /// Calls at once.
    pub calls: usize,
    /// Transactions.
    pub transactions: usize,
    /// Places of the index of transactions.
    pub index: usize,
    /// Pages of text.
    pub pages: usize,
    /// Messages not yet polled.
    pub outgoing: usize,
    /// Events not yet polled.
    pub events: usize,
    /// Records not yet polled.
    pub records: usize,
}

/// Memory of an exchange.
#[derive(Debug)]
pub struct Tables {
    devices: Vec<DeviceSlot>,
    trunks: Vec<TrunkSlot>,
    calls: Vec<Slot<Call>>,
    legs: Vec<Slot<LegSlot>>,
    dialogs: Vec<Dialog>,
    transactions: Vec<Slot<Transaction>>,
    index: Vec<Entry>,
    heap: Vec<Due>,
    places: Vec<u32>,
    lapse_heap: Vec<Due>,
    lapse_places: Vec<u32>,
    renewal_heap: Vec<Due>,
    renewal_places: Vec<u32>,
    pages: Vec<Page>,
    outgoing: Vec<Option<Outgoing>>,
    events: Vec<Option<Event>>,
    records: Vec<Option<Record>>,
}

/// Memory for another policy.
#[derive(Debug)]
pub struct Reserve {
    devices: Vec<DeviceSlot>,
    trunks: Vec<TrunkSlot>,
    lapse_heap: Vec<Due>,
    lapse_places: Vec<u32>,
    renewal_heap: Vec<Due>,
    renewal_places: Vec<u32>,
}

impl Reserve {
    /// For so many devices and trunks.
    #[must_use]
    pub fn new(devices: usize, trunks: usize) -> Self {
        Self {
            devices: vec![DeviceSlot::EMPTY; devices],
            trunks: vec![TrunkSlot::EMPTY; trunks],
            lapse_heap: vec![Due::EMPTY; devices],
            lapse_places: vec![0; devices],
            renewal_heap: vec![Due::EMPTY; trunks],
            renewal_places: vec![0; trunks],
        }
    }

    /// As slices.
    pub fn room(&mut self) -> Room<'_> {
        Room {
            devices: &mut self.devices,
            trunks: &mut self.trunks,
            lapse_heap: &mut self.lapse_heap,
            lapse_places: &mut self.lapse_places,
            renewal_heap: &mut self.renewal_heap,
            renewal_places: &mut self.renewal_places,
        }
    }
}

/// Everything that can be done to an exchange.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A datagram, or a message of a stream.
    Receive {
        /// Where it came from.
        source: Flow,
        /// Its octets.
        datagram: &'a [u8],
    },
    /// A neutral signal.
    Signal(Signal<'a>),
    /// Time has passed.
    Tick,
    /// What the clock shows.
    SetWall(WallTime),
    /// The service mode by an operator.
    SetMode(Option<Mode>),
    /// Where a trunk's far end is.
    SetTrunkServers {
        /// Its row.
        trunk: u16,
        /// Its servers, in the order in which they are tried.
        servers: &'a [Flow],
    },
    /// What the relay has said of a leg's media.
    Relayed {
        /// The leg.
        leg: Handle,
        /// Where the other party is to send; `None`: the relay does not take it.
        places: Option<Places>,
    },
    /// The relay has lost what it knew.
    RelayLost,
    /// Calls are cleared, as many as one step does.
    ClearCalls,
    /// A connection is closed, or could not be made.
    Lost(Flow),
    /// Where peers reach the exchange over a transport.
    Listen(Flow),
    /// What was there before a restart.
    Restore(Restored<'a>),
    /// An operator lifts a lock-out.
    Unlock(Locked),
    /// Somebody has proved who he is, or has not, by other means than a digest.
    Login {
        /// Who.
        device: Option<u32>,
        /// From where.
        source: Flow,
        /// Whether he has.
        right: bool,
    },
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Took {
    /// It was taken.
    Done,
    /// A datagram.
    Received(Received),
    /// A signal.
    Signal(Taken),
    /// Time.
    Ticked(Ticked),
    /// Whether calls are left to clear.
    Cleared(bool),
    /// No trunk has this row.
    NoTrunk,
    /// Whether what was there before a restart is there again.
    Restored(bool),
    /// Whether there was a lock-out to lift.
    Unlocked(bool),
}

/// An exchange, and the trace of it if one is written. Everything that only looks at the exchange goes to it directly.
#[derive(Debug)]
pub struct Engine<'m, C: Crypto> {
    exchange: Exchange<'m, Recording<C>>,
    writer: Option<(Writer, Log)>,
}

impl<'m> Policy<'m> {
    /// Reads image and keyring. Without a keyring nobody has credentials.
    ///
    /// # Errors
    /// A sentence.
    pub fn load(octets: &'m [u8], keys: Option<&'m [u8]>, crypto: &mut impl Crypto) -> Result<Self, String> {
        let image = Image::load(octets, crypto).map_err(|why| format!("the image is not usable: {why:?}"))?;
        let keyring = match keys {
            Some(keys) => Keyring::load(keys, &image, crypto)
                .map_err(|why| format!("the keyring is not usable: {why:?}"))?,
            None => Keyring::EMPTY,
        };
        Ok(Self { image, keyring: Some(keyring), octets, keys: keys.unwrap_or(&[]) })
    }

    /// Reads the emergency block of an image; the rest of the image may be damaged.
    ///
    /// # Errors
    /// A sentence.
    pub fn block(octets: &'m [u8], crypto: &mut impl Crypto) -> Result<Self, String> {
        let image = Image::emergency(octets, crypto)
            .map_err(|why| format!("no usable emergency block in it: {why:?}"))?;
        Ok(Self { image, keyring: None, octets, keys: &[] })
    }

    /// The octets that image and keyring were read from; those of the keyring are secret.
    #[must_use]
    pub const fn octets(&self) -> (&'m [u8], &'m [u8]) {
        (self.octets, self.keys)
    }
}

impl Sizes {
    /// By the formula of [`Memory`], and room to read the longest datagram.
    #[must_use]
    pub const fn for_calls(devices: usize, trunks: usize, calls: usize) -> Self {
        let transactions = calls * TRANSACTIONS_A_CALL + 8;
        Self {
            devices,
            trunks,
            calls,
            transactions,
            index: transactions * 3 / 2 + 2,
            pages: calls * PAGES_A_CALL + 256,
            outgoing: 2 * MAX_OUTPUTS,
            events: 2 * MAX_OUTPUTS,
            records: MAX_OUTPUTS,
        }
    }
}

impl Tables {
    /// Memory of this size.
    #[must_use]
    pub fn new(sizes: &Sizes) -> Self {
        fn filled<T>(count: usize, make: impl Fn() -> T) -> Vec<T> {
            std::iter::repeat_with(make).take(count).collect()
        }
        let timed = sizes.transactions + sizes.calls * 2;
        Self {
            devices: filled(sizes.devices, || DeviceSlot::EMPTY),
            trunks: filled(sizes.trunks, || TrunkSlot::EMPTY),
            calls: filled(sizes.calls, || Slot::EMPTY),
            legs: filled(sizes.calls * 2, || Slot::EMPTY),
            dialogs: filled(sizes.calls * 2, || Dialog::EMPTY),
            transactions: filled(sizes.transactions, || Slot::EMPTY),
            index: filled(sizes.index, || Entry::EMPTY),
            heap: filled(timed, || Due::EMPTY),
            places: filled(timed, || 0),
            lapse_heap: filled(sizes.devices, || Due::EMPTY),
            lapse_places: filled(sizes.devices, || 0),
            renewal_heap: filled(sizes.trunks, || Due::EMPTY),
            renewal_places: filled(sizes.trunks, || 0),
            pages: filled(sizes.pages, || Page::EMPTY),
            outgoing: filled(sizes.outgoing, || None),
            events: filled(sizes.events, || None),
            records: filled(sizes.records, || None),
        }
    }

    /// As slices.
    pub fn memory(&mut self) -> Memory<'_> {
        Memory {
            devices: &mut self.devices,
            trunks: &mut self.trunks,
            calls: &mut self.calls,
            legs: &mut self.legs,
            dialogs: &mut self.dialogs,
            transactions: &mut self.transactions,
            index: &mut self.index,
            heap: &mut self.heap,
            places: &mut self.places,
            lapse_heap: &mut self.lapse_heap,
            lapse_places: &mut self.lapse_places,
            renewal_heap: &mut self.renewal_heap,
            renewal_places: &mut self.renewal_places,
            pages: &mut self.pages,
            outgoing: &mut self.outgoing,
            events: &mut self.events,
            records: &mut self.records,
        }
    }

    fn sizes(&self) -> Sizes {
        Sizes {
            devices: self.devices.len(),
            trunks: self.trunks.len(),
            calls: self.calls.len(),
            transactions: self.transactions.len(),
            index: self.index.len(),
            pages: self.pages.len(),
            outgoing: self.outgoing.len(),
            events: self.events.len(),
            records: self.records.len(),
        }
    }
}

impl<'m, C: Crypto> Engine<'m, C> {
    /// An exchange over this memory with this policy in force, recorded if there is a writer.
    ///
    /// # Errors
    /// The policy does not fit the memory.
    pub fn new(
        tables: &'m mut Tables,
        config: &Config,
        policy: Option<&Policy<'m>>,
        crypto: C,
        writer: Option<Writer>,
    ) -> Result<Self, NotTaken> {
        let sizes = tables.sizes();
        let log = Log::default();
        let crypto = match writer {
            Some(_) => Recording::on(crypto, &log, policy.map_or(&[], |policy| policy.keys)),
            None => Recording::off(crypto),
        };
        let mut exchange = Exchange::new(tables.memory(), config, crypto);
        if let Some(policy) = policy {
            put_in_force(&mut exchange, policy)?;
        }
        let writer = writer.map(|mut writer| {
            writer.begin(config, &sizes, policy, &log.take());
            (writer, log)
        });
        Ok(Self { exchange, writer })
    }

    /// Gives an input to the exchange.
    ///
    /// # Errors
    /// [`Full`] if the outputs of earlier inputs have not been polled.
    pub fn input(&mut self, now: Instant, input: &Input<'_>) -> Result<Took, Full> {
        let Some((writer, log)) = &mut self.writer else { return apply(&mut self.exchange, now, input) };
        // Nothing is due, so nothing happens.
        let idle = self.exchange.next_deadline().is_none_or(|due| due > now);
        if matches!(input, Input::Tick) && idle {
            return apply(&mut self.exchange, now, input);
        }
        writer.input(&self.exchange, now, input);
        let took = apply(&mut self.exchange, now, input);
        writer.took(&took, &log.take());
        took
    }

    /// Takes the oldest output, as [`Exchange::poll`].
    ///
    /// # Errors
    /// [`Short`] if the buffer is.
    pub fn poll(&mut self, buf: &mut [u8]) -> Result<Option<Output>, Short> {
        let output = self.exchange.poll(buf);
        if let (Some((writer, _)), Ok(output)) = (&mut self.writer, &output) {
            writer.output(&self.exchange, output.as_ref(), buf);
        }
        output
    }

    /// Puts another policy in force, as [`Exchange::reload`]. A trace has one policy: [`finish`](Self::finish) it first.
    ///
    /// # Errors
    /// [`NotReloaded`], and the memory; nothing has changed.
    pub fn reload(
        &mut self,
        policy: &Policy<'m>,
        room: Room<'m>,
    ) -> Result<Room<'m>, (NotReloaded, Room<'m>)> {
        let keyring = policy.keyring.unwrap_or(Keyring::EMPTY);
        self.exchange.reload(policy.image, keyring, room)
    }

    /// What happens to calls is to be had from [`noted`](Self::noted) from now on, after each input. It follows from the inputs, so a trace
    /// does not have it. `memory` has room for [`MAX_NOTED`](strowger::exchange::MAX_NOTED).
    pub fn note_calls(&mut self, memory: &'m mut [Option<Noted>]) {
        self.exchange.note_calls(memory);
    }

    /// What has happened to calls, the oldest first.
    pub fn noted(&mut self) -> Option<Noted> {
        self.exchange.noted()
    }

    /// Hands what was recorded to the file. On an error nothing is recorded any more.
    ///
    /// # Errors
    /// What the file says.
    pub fn flush(&mut self) -> std::io::Result<()> {
        let Some((writer, _)) = &mut self.writer else { return Ok(()) };
        let flushed = writer.flush();
        if flushed.is_err() {
            self.writer = None;
        }
        flushed
    }

    /// Ends the trace.
    ///
    /// # Errors
    /// What the file says.
    pub fn finish(&mut self) -> std::io::Result<()> {
        match self.writer.take() {
            Some((writer, _)) => writer.finish(),
            None => Ok(()),
        }
    }

    /// Whether a trace is written.
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        self.writer.is_some()
    }
}

impl<'m, C: Crypto> Deref for Engine<'m, C> {
    type Target = Exchange<'m, Recording<C>>;

    fn deref(&self) -> &Self::Target {
        &self.exchange
    }
}

/// Puts image and keyring, or an emergency block, in force.
pub(super) fn put_in_force<'m, C: Crypto>(
    exchange: &mut Exchange<'m, C>,
    policy: &Policy<'m>,
) -> Result<(), NotTaken> {
    match policy.keyring {
        Some(keyring) => exchange.load(policy.image, keyring),
        None => exchange.load_emergency(policy.image),
    }
}

/// Gives an input to an exchange.
pub(super) fn apply<C: Crypto>(
    exchange: &mut Exchange<'_, C>,
    now: Instant,
    input: &Input<'_>,
) -> Result<Took, Full> {
    Ok(match input {
        Input::Receive { source, datagram } => Took::Received(exchange.receive(now, *source, datagram)?),
        Input::Signal(signal) => Took::Signal(exchange.signal(now, signal)?),
        Input::Tick => Took::Ticked(exchange.tick(now)?),
        Input::SetWall(wall) => {
            exchange.set_wall(now, *wall);
            Took::Done
        }
        Input::SetMode(mode) => {
            exchange.set_mode(*mode);
            Took::Done
        }
        Input::SetTrunkServers { trunk, servers } => match exchange.set_trunk_servers(*trunk, servers) {
            true => Took::Done,
            false => Took::NoTrunk,
        },
        Input::Relayed { leg, places } => {
            exchange.relayed(now, *leg, places.as_ref())?;
            Took::Done
        }
        Input::RelayLost => {
            exchange.relay_lost(now)?;
            Took::Done
        }
        Input::ClearCalls => Took::Cleared(exchange.clear_calls(now)?),
        Input::Lost(flow) => Took::Ticked(exchange.lost(now, *flow)?),
        Input::Listen(us) => {
            exchange.listen(us.transport, us.peer);
            Took::Done
        }
        Input::Restore(restored) => Took::Restored(exchange.restore(now, restored)),
        Input::Unlock(who) => Took::Unlocked(exchange.unlock(now, *who)),
        Input::Login { device, source, right } => {
            exchange.note_login(now, *device, *source, *right)?;
            Took::Done
        }
    })
}
