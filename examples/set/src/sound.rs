//! The sound of a set: a socket for each stream that is open, and a thread that sends and counts.
//!
//! The thread asks nobody: a set goes on sending and receiving when its connection is lost (section "What a set does by
//! itself"), and it begins nothing by itself, for it only ever does what the face says.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::face::Face;
use crate::frames::{STREAMS, Sending};
use crate::rtp::{Event, Header};
use crate::talk::Talk;

/// How often the thread looks at its sockets while there are any: a packet is late by no more than this.
const TICK: Duration = Duration::from_millis(5);
/// A packet every 20 ms.
const SLOT: Duration = Duration::from_millis(20);
/// Who is later than this, by a machine that was asleep, does not catch up.
const LATE: Duration = Duration::from_millis(200);

/// What went over a stream under one generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets sent, events among them.
    pub sent: u64,
    /// Packets heard: RTP of the payload types that Send gave, while it said to receive.
    pub received: u64,
    /// Packets that came and were not heard.
    pub unheard: u64,
    /// Digits that came as events.
    pub digits: String,
}

/// All sound of one set.
#[derive(Debug)]
pub struct Sound {
    ip: IpAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    table: Mutex<Table>,
    /// There is something to do again.
    more: Condvar,
}

#[derive(Debug, Default)]
struct Table {
    channels: BTreeMap<(u8, u16), Channel>,
    /// Also of what is closed.
    counts: BTreeMap<(u8, u16), Counts>,
    silent: bool,
    done: bool,
}

#[derive(Debug)]
struct Channel {
    socket: UdpSocket,
    address: SocketAddr,
    sending: Option<Sending>,
    talk: Talk,
    /// When the next packet goes; none: nothing is sent.
    due: Option<Instant>,
    /// The event whose digit was counted last, by its timestamp: its last packet comes three times.
    last_event: Option<u32>,
}

impl Sound {
    /// Sound that is received at this address.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn new(ip: IpAddr) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("sound".into()).spawn(move || theirs.run())?;
        Ok(Self { ip, shared, thread: Some(thread) })
    }

    /// Receives a stream, and says where; none: it cannot be. For what is open already this is the same address.
    #[must_use]
    pub fn open(&self, stream: u8, generation: u16) -> Option<SocketAddr> {
        let mut table = self.shared.lock();
        if let Some(channel) = table.channels.get(&(stream, generation)) {
            return Some(channel.address);
        }
        // Of each stream the current generation, and one more.
        if table.channels.len() >= usize::from(STREAMS) * 2 {
            return None;
        }
        let (socket, address) = socket(self.ip).ok()?;
        table.counts.insert((stream, generation), Counts::default());
        let channel =
            Channel { socket, address, sending: None, talk: Talk::default(), due: None, last_event: None };
        table.channels.insert((stream, generation), channel);
        self.shared.more.notify_one();
        Some(address)
    }

    /// Does what a face says: closes what is not open on it, and sends and hears as it says.
    pub fn follow(&self, face: &Face) {
        let mut table = self.shared.lock();
        let open: BTreeMap<_, _> =
            face.open().map(|(stream, open)| ((stream, open.number), &open.sending)).collect();
        table.channels.retain(|at, _| open.contains_key(at));
        for (at, channel) in &mut table.channels {
            let sending = open.get(at).copied().cloned().flatten();
            let sends = sending.as_ref().is_some_and(|sending| sending.send);
            if !sends {
                channel.due = None;
                channel.talk.pause();
            } else if channel.due.is_none() {
                channel.due = Some(Instant::now());
            }
            channel.sending = sending;
        }
        self.shared.more.notify_one();
    }

    /// Closes everything.
    pub fn close(&self) {
        self.shared.lock().channels.clear();
    }

    /// A digit key goes down or up.
    pub fn digit(&self, digit: char, down: bool) {
        let Some(code) = Event::code_of(digit) else { return };
        for channel in self.shared.lock().channels.values_mut() {
            let events =
                channel.sending.as_ref().is_some_and(|sending| sending.send && sending.events.is_some());
            if !down {
                channel.talk.release(code);
            } else if events {
                channel.talk.press(code);
            }
        }
    }

    /// Sends silence instead of a tone, or a tone again.
    pub fn silent(&self, silent: bool) {
        self.shared.lock().silent = silent;
    }

    /// What went over a stream under one generation, also when it is closed.
    #[must_use]
    pub fn counts(&self, stream: u8, generation: u16) -> Counts {
        self.shared.lock().counts.get(&(stream, generation)).cloned().unwrap_or_default()
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        self.shared.lock().done = true;
        self.shared.more.notify_one();
        if let Some(thread) = self.thread.take() {
            // It ended by a panic at worst, which has been printed.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Table> {
        // Whoever panicked with the lock left nothing half done that matters to a simulation.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut table = self.lock();
        while !table.done {
            table.tick(Instant::now());
            table = if table.channels.is_empty() {
                self.more.wait(table).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.more.wait_timeout(table, TICK).unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }
}

impl Table {
    fn tick(&mut self, now: Instant) {
        for (at, channel) in &mut self.channels {
            let counts = self.counts.entry(*at).or_default();
            channel.hear(counts);
            channel.say(now, !self.silent, counts);
        }
    }
}

impl Channel {
    fn hear(&mut self, counts: &mut Counts) {
        let mut packet = [0; 2_048];
        // Bounded, so that a flood at one stream does not silence the others.
        for _ in 0..64 {
            let Ok(many) = self.socket.recv(&mut packet) else { return };
            let heard = self.sending.as_ref().filter(|sending| sending.receive);
            match (heard, Header::read(packet.get(..many).unwrap_or_default())) {
                (Some(sending), Some((header, _))) if header.payload == sending.payload => {
                    counts.received += 1
                }
                (Some(sending), Some((header, payload))) if Some(header.payload) == sending.events => {
                    counts.received += 1;
                    let event = Event::read(payload).filter(|event| event.end);
                    let digit = event.and_then(|event| Event::digit_of(event.code));
                    if let Some(digit) = digit.filter(|_| self.last_event != Some(header.timestamp)) {
                        self.last_event = Some(header.timestamp);
                        counts.digits.push(digit);
                    }
                }
                _ => counts.unheard += 1,
            }
        }
    }

    fn say(&mut self, now: Instant, hum: bool, counts: &mut Counts) {
        let (Some(sending), Some(mut due)) = (&self.sending, self.due) else { return };
        if now.saturating_duration_since(due) > LATE {
            due = now;
        }
        while due <= now {
            // What the network does not take is lost, as it would be on its way.
            if self.socket.send_to(&self.talk.packet(sending, hum), sending.to).is_ok() {
                counts.sent += 1;
            }
            due += SLOT;
        }
        self.due = Some(due);
    }
}

/// A socket on an even port where one is to be had (RFC 3550 section 11).
fn socket(ip: IpAddr) -> io::Result<(UdpSocket, SocketAddr)> {
    let mut odd = Vec::new();
    loop {
        let socket = UdpSocket::bind((ip, 0))?;
        let address = socket.local_addr()?;
        if address.port() % 2 == 0 || odd.len() == 8 {
            socket.set_nonblocking(true)?;
            return Ok((socket, address));
        }
        odd.push(socket);
    }
}

#[cfg(test)]
#[path = "sound_tests.rs"]
mod tests;
