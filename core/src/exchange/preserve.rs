//! Calls that are up, for a host that writes them down: who talks can then hang up, and has a record, even if the process is gone meanwhile
//! ([`Preserved`](crate::signalling::preserved::Preserved)).
//!
//! Only calls of two parties on our own SIP that talk: what rings, is dialed or transferred ends with the process. A call with a party that
//! neutral signals drive is its host's to keep.

use super::Exchange;
use super::records::is_tandem;
use crate::base::{Crypto, Handle, Instant, Outbox};
use crate::policy::Party;
use crate::record::Smdr;
use crate::signalling::dialog::Phase;
use crate::signalling::preserved::End;
use crate::signalling::render;
use crate::table::Text;
use crate::wire::write::{Buffer, Sink};

/// What happens to calls in one input, at most: as many deadlines as one step serves, each of which can end a call and another that is one with
/// it.
pub const MAX_NOTED: usize = 2 * super::MAX_DEADLINES;
/// Our address as a URI in angle brackets, of IPv6 too.
const MAX_US: usize = 64;
/// So many requests of ours in a dialog may be lost with the process that has sent them: our BYE counts on from there.
const AHEAD: u32 = 10_000;

/// What has happened to a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Noted {
    /// Two talk, or another two than before: [`Exchange::preserve`] says who, if they still do. After a transfer a call can be known by another
    /// handle: a call that was written down before with one of its dialogs is no more.
    Talks {
        /// A leg of it.
        leg: Handle,
    },
    /// It is over. Its record, if it has one, came before.
    Over {
        /// What it is known by.
        call: Handle,
    },
}

/// What is to be written down of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Preserve {
    /// What it is known by as long as it lasts.
    pub call: Handle,
    /// When it was answered.
    pub answered: Instant,
    /// When it has lasted as long as it may, if ever.
    pub until: Option<Instant>,
    /// It is a call for help.
    pub emergency: bool,
    /// Its records as they would be if it ended now, each with a number of its own still to come.
    pub records: heapless::Vec<Smdr, 4>,
    /// The rows of the phones that it leads to, the caller's first.
    pub phones: [Option<u32>; 2],
    /// Its dialogs, the caller's first.
    pub ends: [End; 2],
}

impl<'m, C: Crypto> Exchange<'m, C> {
    /// What happens to calls is to be had from [`noted`](Self::noted) from now on, after each input. `memory` has room for [`MAX_NOTED`].
    pub fn note_calls(&mut self, memory: &'m mut [Option<Noted>]) {
        self.notes = Outbox::new(memory);
    }

    /// Notes something, if anybody wants to know: who does has polled, so there is room.
    pub(super) fn note(&mut self, noted: Noted) {
        if let Ok(mut room) = self.notes.reserve(1) {
            room.push(noted);
        }
    }

    /// What has happened to calls, the oldest first.
    pub fn noted(&mut self) -> Option<Noted> {
        self.notes.pop()
    }

    /// The call of a leg, to be written down. `None`: its parties do not talk, or are not both on our own SIP, or their texts are longer
    /// than [`End`] has room for. Constant work.
    #[must_use]
    pub fn preserve(&self, now: Instant, leg: Handle) -> Option<Preserve> {
        let now = self.clock.at(now);
        let edge = self.calls.edge(leg)?;
        let legs = [edge.a(), edge.b()];
        let [finished, linked] = self.calls.drafts(now, leg);
        let finished = finished?;
        let answered = finished.answered?;
        let (caller, called) = (self.end(edge.a(), true), self.end(edge.b(), false));
        let mut records = heapless::Vec::new();
        for finished in [Some(finished), linked].into_iter().flatten() {
            let Some((record, wanted, also_wanted)) = self.drafted(&finished) else { continue };
            let route = if is_tandem(&finished) { 0 } else { record.route };
            let first = wanted.then_some(Smdr { route, ..record });
            for record in [first, also_wanted.then_some(record)].into_iter().flatten() {
                records.push(record).ok()?;
            }
        }
        let phone = |leg| self.calls.leg(leg).map(|slot| slot.party).and_then(Party::phone);
        Some(Preserve {
            call: finished.known,
            answered,
            until: legs.into_iter().find_map(|leg| self.calls.leg(leg)?.leg.next_deadline()),
            emergency: finished.emergency,
            records,
            phones: legs.map(phone),
            ends: [caller?, called?],
        })
    }

    /// The dialog of a leg whose party talks. Our address at who has called is what he has dialed, in which a code can be that is nobody's to keep
    /// (R53): it is not told. Tags are what a dialog is known by (RFC 3261 section 12).
    fn end(&self, leg: Handle, has_called: bool) -> Option<End> {
        let dialog = self.sip.dialog(leg)?;
        let talks = match dialog.phase {
            Phase::Answered { release } => !release,
            Phase::Unacknowledged | Phase::Confirmed | Phase::Reinvited | Phase::Reinviting => true,
            Phase::None
            | Phase::Invited
            | Phase::Calling { .. }
            | Phase::Early
            | Phase::Cancelling
            | Phase::Released => false,
        };
        let (far, fixed) = (&dialog.far, dialog.fixed);
        let address = usize::from(far.address_len);
        let target = address.saturating_add(usize::from(far.target_len));
        let call_id = usize::from(dialog.call_id_len);
        let mut ours = if has_called {
            let mut address = [0; MAX_US];
            let mut out = Buffer::new(&mut address);
            out.put(b"<sip:");
            out.socket_address(self.sip.us_over(far.next_hop.transport));
            out.put(b">");
            let len = out.finish().ok()?;
            address.get(..len)?.try_into().ok()?
        } else {
            self.cut(fixed, call_id, fixed.len())?
        };
        ours.extend_from_slice(b";tag=").ok()?;
        ours.extend_from_slice(&render::token(leg, dialog.cookie)).ok()?;
        talks.then_some(End {
            call_id: self.cut(fixed, 0, call_id)?,
            ours,
            theirs: self.cut(far.text, 0, address)?,
            target: self.cut(far.text, address, target)?,
            routes: self.cut(far.text, target, far.text.len())?,
            to: far.next_hop,
            cseq: dialog.local_cseq.saturating_add(AHEAD),
        })
    }

    /// A part of a stored text, if there is room for it.
    fn cut<const N: usize>(&self, text: Text, from: usize, to: usize) -> Option<heapless::Vec<u8, N>> {
        let mut part = heapless::Vec::new();
        for chunk in self.sip.pages.chunks(text, from, to) {
            part.extend_from_slice(chunk).ok()?;
        }
        Some(part)
    }
}
