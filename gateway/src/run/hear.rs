//! What comes from the network, into the engine: datagrams, messages of connections, and their end.

use super::Daemon;
use crate::alarms::Kind;
use crate::streams::{Heard, News};
use crate::{messages, shed};
use std::net::IpAddr;
use std::time::Instant as Clock;
use strowger::base::Flow;
use strowger::exchange::{Received, Ticked};
use strowger::policy::trie::{End, analyse};
use strowger_tools::trace::{Input, Took};

impl Daemon {
    /// Takes what has arrived, at most `most` datagrams.
    pub(crate) fn take_datagrams(&mut self, most: usize) {
        let mut buffer = [0; 65_535];
        for _ in 0..most {
            match self.socket.try_recv_from(&mut buffer) {
                Ok((len, source)) => {
                    if self.hears(source.ip(), &buffer[..len]) {
                        self.take(source.into(), &buffer[..len]);
                    }
                }
                Err(why) if why.kind() == std::io::ErrorKind::WouldBlock => return,
                // ICMP errors of earlier sends surface here; they concern one peer, not the socket.
                Err(why) => tracing::debug!("receiving: {why}"),
            }
        }
    }

    /// Whether a datagram is heard at all: see [`shed`].
    fn hears(&mut self, ip: IpAddr, datagram: &[u8]) -> bool {
        let image = self.image;
        let helps = || {
            let called = shed::called(datagram).unwrap_or(&[]);
            matches!(analyse(&image, called, |_| false).end(), End::Emergency(_))
        };
        let now = Clock::now();
        if !self.shed.knows(ip)
            && let Some(trunk) = image.trunk_by_source(ip)
        {
            let channels = image.trunks().get(usize::from(trunk)).map_or(0, |row| row.channels);
            self.shed.trunk(now, ip, channels);
        }
        self.shed.hears(now, ip, helps)
    }

    /// Says what was too much, once a second at most.
    pub(super) fn tell_of_flood(&mut self) {
        let shed::Dropped { strangers, known } = self.shed.dropped();
        if strangers > 0 {
            let text = format!("{strangers} datagrams of strangers were not heard");
            self.alarms.raise(Kind::Flood, &text);
        }
        if known > 0 {
            let text = format!("{known} datagrams from where phones or trunks are were not heard");
            self.alarms.raise(Kind::Flood, &text);
        }
    }

    /// Takes what connections have told, at most `most` messages.
    pub(super) fn take_messages(&mut self, first: Heard, most: usize) {
        let image = self.image;
        let mut next = Some(first);
        for left in (0..most).rev() {
            let Some(heard) = next else { return };
            match self.streams.sort(heard, |ip| image.trunk_by_source(ip).is_some()) {
                Some(News::Message(flow, octets)) => self.take(flow, &octets),
                Some(News::Lost(flow)) => self.lost(flow),
                None => {}
            }
            next = if left > 0 { self.streams.try_heard() } else { None };
        }
    }

    /// Tells the engine of a connection that is not there any more.
    fn lost(&mut self, flow: Flow) {
        while self.engine.input(self.now(), &Input::Lost(flow)) == Ok(Took::Ticked(Ticked::More)) {
            self.drain();
        }
        self.drain();
    }

    /// Takes one datagram, or a message of a stream.
    pub(super) fn take(&mut self, source: Flow, datagram: &[u8]) {
        messages::heard(source, datagram);
        if self.is_canary(source, datagram) || self.is_preserved(source, datagram) {
            return;
        }
        // Outputs are drained after every input, so there is always room.
        match self.engine.input(self.now(), &Input::Receive { source, datagram }) {
            Ok(Took::Received(Received::Held(leg))) => self.media.keep(leg, source, datagram),
            Ok(_) => {}
            Err(_) => tracing::error!("an input was lost: the outputs of the one before were not drained"),
        }
        self.drain();
    }
}
