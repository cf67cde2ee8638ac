//! What comes from the network, into the engine: datagrams, messages of connections, and their end.

use super::Daemon;
use crate::messages;
use crate::streams::{Heard, News};
use strowger::base::Flow;
use strowger::exchange::{Received, Ticked};
use strowger_tools::trace::{Input, Took};

impl Daemon {
    /// Takes what has arrived, at most `most` datagrams.
    pub(crate) fn take_datagrams(&mut self, most: usize) {
        let mut buffer = [0; 65_535];
        for _ in 0..most {
            match self.socket.try_recv_from(&mut buffer) {
                Ok((len, source)) => {
                    self.take(source.into(), &buffer[..len]);
                }
                Err(why) if why.kind() == std::io::ErrorKind::WouldBlock => return,
                // ICMP errors of earlier sends surface here; they concern one peer, not the socket.
                Err(why) => tracing::debug!("receiving: {why}"),
            }
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
        // Outputs are drained after every input, so there is always room.
        match self.engine.input(self.now(), &Input::Receive { source, datagram }) {
            Ok(Took::Received(Received::Held(leg))) => self.media.keep(leg, source, datagram),
            Ok(_) => {}
            Err(_) => tracing::error!("an input was lost: the outputs of the one before were not drained"),
        }
        self.drain();
    }
}
