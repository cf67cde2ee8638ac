//! The daemon and media: what the relay is asked, the datagrams that wait for it, and pinholes.

use super::Daemon;
use crate::pinholes::Pinholes;
use crate::relay::{Answer, Relay};
use crate::words;
use std::collections::VecDeque;
use strowger::base::Flow;
use strowger::base::Handle;
use strowger::exchange::Pinhole;
use strowger::media::relay::Ask;
use strowger::media::{Path, Side};
use strowger_tools::trace::Input;

/// Datagrams that are kept while they wait; beyond it the oldest is dropped, and comes again from its sender.
const KEPT: usize = 1024;

/// What there is for media.
#[derive(Default)]
pub(crate) struct Media {
    pub(crate) relay: Option<Relay>,
    pub(crate) pinholes: Option<Pinholes>,
    kept: VecDeque<(Handle, Flow, Vec<u8>)>,
    /// The agreement that was told of last.
    told: Option<(Handle, u16)>,
}

impl Media {
    /// Resolves when the relay has said something, or never.
    pub(super) async fn readable(&self) {
        match &self.relay {
            Some(relay) => relay.readable().await,
            None => std::future::pending().await,
        }
    }

    /// Keeps a datagram until the relay has answered for a leg.
    pub(super) fn keep(&mut self, leg: Handle, source: Flow, datagram: &[u8]) {
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((leg, source, datagram.to_vec()));
    }

    pub(super) fn ask(&mut self, ask: &Ask) {
        match &mut self.relay {
            Some(relay) => relay.ask(ask),
            // Only an image that names a relay causes this, and then there is one.
            None => tracing::error!("the relay was to be asked, and there is none"),
        }
    }

    pub(super) fn undo(&mut self, media: Handle) {
        if let Some(relay) = &mut self.relay {
            relay.undo(media);
        }
    }

    pub(super) fn end(&mut self, media: Handle) {
        if let Some(relay) = &mut self.relay {
            relay.end(media);
        }
    }

    pub(super) fn close(&mut self, media: Handle, number: u16) {
        if let Some(pinholes) = &mut self.pinholes {
            pinholes.close(media, number);
        }
    }
}

impl Daemon {
    /// What the relay has said, or has not in time.
    pub(super) fn hear_relay(&mut self) {
        let Some(relay) = &mut self.media.relay else { return };
        let mut answers = relay.receive();
        answers.extend(relay.tick());
        let back = relay.take_back();
        answers.into_iter().for_each(|answer| self.relayed(answer));
        if back {
            tracing::info!("media over the relay is negotiated anew");
            self.give(self.now(), &Input::RelayLost);
            self.drain();
        }
    }

    fn relayed(&mut self, (leg, places): Answer) {
        self.give(self.now(), &Input::Relayed { leg, places });
        self.drain();
        let kept = std::mem::take(&mut self.media.kept);
        let (mine, others): (VecDeque<_>, _) = kept.into_iter().partition(|(waits, ..)| *waits == leg);
        self.media.kept = others;
        for (_, source, datagram) in mine {
            self.take(source, &datagram);
        }
    }

    /// Opens a pinhole; the first of an agreement also says which way its media takes.
    pub(super) fn open(&mut self, pinhole: &Pinhole) {
        self.tell_path(pinhole);
        if let Some(pinholes) = &mut self.media.pinholes {
            pinholes.open(pinhole);
        }
    }

    /// Says which way media takes that does not go directly, once an agreement.
    fn tell_path(&mut self, pinhole: &Pinhole) {
        let agreement = (pinhole.media, pinhole.number);
        if self.media.told.replace(agreement) == Some(agreement) {
            return;
        }
        let calls = self.engine.calls();
        let (Some(media), Some((_, legs))) = (calls.media(pinhole.media), calls.sides(pinhole.media)) else {
            return;
        };
        let Path::Anchored(why) = media.agreed else { return };
        let [from, to] = [Side::A, Side::B].map(|side| {
            calls.leg(legs.of(side)).map_or_else(String::new, |slot| words::party(&self.image, slot.party))
        });
        tracing::info!("media of the call {from} to {to} goes over the relay: {}", why.name());
    }
}
