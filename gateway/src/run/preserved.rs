//! Calls over a restart. What happens to calls is noted as it happens; of the calls that were up when the process before this one ended, the
//! parties talk on, and hang up here: the other is told, and the record is written.

use super::Daemon;
use crate::data::{Dialog, Draft, Entry, Kept, Talk};
use crate::engine::INSTANCE;
use crate::{messages, words};
use ring::rand::SecureRandom as _;
use std::time::{Duration, Instant as Clock};
use strowger::base::{Flow, Handle, Instant};
use strowger::exchange::{MAX_DATAGRAM, Noted};
use strowger::policy::Party;
use strowger::signalling::preserved::{Action, Actions, Event, Preserved, Side, State, answer};
use strowger::signalling::render::{parse_token, response_flow};
use strowger::wire::sip::Message;
use strowger::wire::write::Buffer;

/// Nobody knows whether they still talk: so long after the restart they are told to hang up, as in the field (domain 6.3); who has called for
/// help, later.
const LONGEST_S: i64 = 2 * 3_600;
const LONGEST_OF_HELP_S: i64 = 24 * 3_600;

/// A call of the process before this one.
pub(super) struct Live {
    /// What it is known by in the journal.
    name: String,
    talk: Talk,
    call: Preserved,
}

impl Daemon {
    /// Writes down what has come of the last input for calls: before anybody is told.
    pub(super) fn note_calls(&mut self) {
        let mut over = Vec::new();
        while let Some(noted) = self.engine.noted() {
            match noted {
                Noted::Talks { leg } => self.note_talk(leg),
                Noted::Over { call } => {
                    over.push(self.name_of(call));
                }
            }
        }
        over.retain(|call| self.data.kept().talks.contains_key(call));
        if !over.is_empty() || !self.ended.is_empty() {
            let records = std::mem::take(&mut self.ended);
            self.data.over(over, &records);
        }
    }

    fn note_talk(&mut self, leg: Handle) {
        let now = self.now();
        // It may be over already, or of a party that is not on SIP.
        let Some(talk) = self.engine.preserve(now, leg) else { return };
        let unix_s = jiff::Timestamp::now().as_second();
        let from_now = |at: Instant| i64::try_from(at.since_ms(now) / 1000).unwrap_or(i64::MAX);
        let dn = |phone: Option<u32>| phone.map(|row| words::party(&self.image, Party::Device(row)));
        let [caller, called] = talk.phones.map(dn);
        let ends = (Dialog::of(&talk.ends[0], caller), Dialog::of(&talk.ends[1], called));
        let (Some(caller), Some(called)) = ends else { return };
        let kept = Talk {
            answered: unix_s.saturating_sub(i64::try_from(now.since_ms(talk.answered) / 1000).unwrap_or(0)),
            until: talk.until.map(|until| unix_s.saturating_add(from_now(until))),
            emergency: talk.emergency,
            records: talk.records.iter().map(Draft::of).collect(),
            ends: [caller, called],
        };
        self.data.note(&Entry::Talks(self.name_of(talk.call), Box::new(kept)));
    }

    /// Once a second: whose two legs are both gone is no call, by whatever way it has ended.
    pub(super) fn sweep_talks(&mut self) {
        let calls = self.engine.calls();
        let is_there = |end: &Dialog| {
            let leg = parse_token(end.tag().as_bytes(), INSTANCE).map(|(leg, _)| leg);
            leg.is_some_and(|leg| calls.leg(leg).is_some())
        };
        let ours = self.data.kept().talks.iter().filter(|(name, _)| name.starts_with(&self.tag));
        let gone = ours.filter(|(_, talk)| !talk.ends.iter().any(is_there));
        let gone: Vec<String> = gone.map(|(name, _)| name.clone()).collect();
        if !gone.is_empty() {
            self.data.over(gone, &[]);
        }
    }

    /// A call's name in the journal: another process gives out the same handles.
    fn name_of(&self, call: Handle) -> String {
        format!("{}-{:x}", self.tag, call.bits())
    }

    /// Takes the calls over that the process before this one has left: how many.
    pub(super) fn preserve_calls(&mut self, kept: &Kept) -> usize {
        let (now, unix_s) = (self.now(), jiff::Timestamp::now().as_second());
        for (name, talk) in &kept.talks {
            let longest_s = if talk.emergency { LONGEST_OF_HELP_S } else { LONGEST_S };
            let left_s = talk.until.map_or(longest_s, |until| until.saturating_sub(unix_s).min(longest_s));
            let until = now.plus_s(u64::try_from(left_s).unwrap_or(0));
            let mut cookie = [0; 8];
            let random = ring::rand::SystemRandom::new().fill(&mut cookie);
            let [Some(caller), Some(called)] = talk.ends.each_ref().map(Dialog::end) else { continue };
            if random.is_ok() {
                let call = Preserved::new([caller, called], until, u64::from_be_bytes(cookie));
                self.preserved.push(Live { name: name.clone(), talk: talk.clone(), call });
            }
        }
        self.preserved.len()
    }

    /// Whether a message is of a call of the process before this one; it is answered then.
    pub(super) fn is_preserved(&mut self, source: Flow, datagram: &[u8]) -> bool {
        if self.preserved.is_empty() {
            return false;
        }
        let mut message = Message::new();
        if message.parse(datagram).is_err() || !message.answerable() && message.method().is_some() {
            return false;
        }
        let now = self.now();
        let taken = self.preserved.iter_mut().enumerate().find_map(|(place, live)| {
            let (status, actions) = live.call.take(now, &message)?;
            Some((place, status, actions))
        });
        let Some((place, status, actions)) = taken else { return false };
        // What is over is written down before anybody is told.
        self.follow_preserved(place, &actions);
        if let Some(status) = status {
            self.say(response_flow(&message, source), |out| answer(&message, source, status, out));
        }
        self.preserved.retain(|live| *live.call.state() != State::Gone);
        true
    }

    /// When one of them is next to be looked at.
    pub(super) fn preserved_due(&self) -> Option<Clock> {
        let due = self.preserved.iter().filter_map(|live| live.call.state().next_deadline()).min()?;
        Some(self.begin + Duration::from_millis(due.0))
    }

    /// Their time has passed.
    pub(super) fn tick_preserved(&mut self) {
        self.give_preserved(Event::Tick);
        self.preserved.retain(|live| *live.call.state() != State::Gone);
    }

    /// The gateway stops: nobody will be there to hear them hang up.
    pub(super) fn hang_up_preserved(&mut self) {
        self.give_preserved(Event::HangUp);
    }

    fn give_preserved(&mut self, event: Event) {
        let now = self.now();
        for place in 0..self.preserved.len() {
            let actions = self.preserved[place].call.handle(now, event);
            self.follow_preserved(place, &actions);
        }
    }

    fn follow_preserved(&mut self, place: usize, actions: &Actions) {
        for action in actions {
            match action {
                Action::Over => self.record_preserved(place),
                Action::Bye(side) => self.bye_preserved(place, *side),
            }
        }
    }

    fn record_preserved(&mut self, place: usize) {
        let live = &self.preserved[place];
        let lasted = jiff::Timestamp::now().as_second().saturating_sub(live.talk.answered);
        let duration_s = u32::try_from(lasted.max(0)).unwrap_or(u32::MAX);
        // Its own numbers, from the end of the row: the engine counts from its beginning.
        let call = 9_999 - u16::try_from(self.preserved_ended % 10_000).unwrap_or(0);
        self.preserved_ended += 1;
        let records: Vec<_> =
            live.talk.records.iter().map(|record| record.record(duration_s, call)).collect();
        tracing::info!("a call of before the restart is over after {duration_s} s");
        self.records += records.len() as u64;
        self.data.over(vec![live.name.clone()], &records);
    }

    fn bye_preserved(&mut self, place: usize, side: Side) {
        let live = &mut self.preserved[place];
        let end = live.call.end(side).to;
        if end.transport.is_reliable() {
            // Its connection is gone with the process that had it; who has registered again has another.
            let index = usize::from(side == Side::Called);
            let dn = live.talk.ends[index].dn.as_deref();
            let phone = dn.and_then(|dn| self.image.phone_by_dn(dn.as_bytes()));
            if let Some(there) = phone.and_then(|phone| self.engine.registration(phone)) {
                live.call.moves(side, there.flow);
            }
        }
        let to = self.preserved[place].call.end(side).to;
        let own = self.listeners.iter().find(|own| own.transport == to.transport).copied();
        let us = own.or_else(|| self.socket.local_addr().ok().map(Flow::from));
        let (Some(us), call) = (us, self.preserved[place].call.clone()) else { return };
        self.say(to, |out| call.bye(side, us, out));
    }

    /// Sends what is written.
    fn say(&mut self, to: Flow, write: impl FnOnce(&mut Buffer<'_>)) {
        let mut octets = vec![0; MAX_DATAGRAM];
        let mut out = Buffer::new(&mut octets);
        write(&mut out);
        // Nothing of this is as long as the request that it belongs to, which has come.
        let Ok(len) = out.finish() else { return };
        messages::sent(to, &octets[..len]);
        self.send(to, &octets[..len]);
    }
}
