//! Required never falls back: every offer and answer, every change and every re-pointing of three parties with every policy,
//! to closure. The machine and the judge are the engine's own; descriptions are texts, and go through the filter.

use super::change::{
    Action::{
        self, Agree, Answer, Clear, Confirm, Cross, Decline, Defer, Draw, GiveUp, PassOn, Refuse, Retry,
    },
    Change,
    Event::{Agreed, Asked, Confirmed, Offered, Refused, Renew, Tick},
    How,
    Side::{self, A, B},
};
use super::summary::{Described, Protection, Summary};
use super::{Body, Pass, Passage, Srtp, Terms};
use crate::base::Instant;
use crate::base::write::Buffer;
use std::collections::HashSet;
use std::string::String;
use std::vec::Vec;

const NOW: Instant = Instant(0);
const KEY: &str = "AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

/// What a phone may write: in clear, either way, encrypted, with another tag, without a key that can be used, or by DTLS; or
/// nothing that can be read.
const FORMS: usize = 7;

fn text(form: usize) -> String {
    let (proto, line) = match form {
        0 => ("RTP/AVP", String::new()),
        1 => ("RTP/AVP", std::format!("a=crypto:1 {KEY}\r\n")),
        2 => ("RTP/SAVP", std::format!("a=crypto:1 {KEY}\r\n")),
        3 => ("RTP/SAVP", std::format!("a=crypto:2 {KEY}\r\n")),
        4 => ("RTP/SAVP", String::from("a=crypto:1 ROT_13 inline:x\r\n")),
        5 => ("UDP/TLS/RTP/SAVP", String::from("a=fingerprint:sha-256 AA\r\n")),
        _ => return String::from("v=0\r\n\r\n"),
    };
    std::format!(
        "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 {proto} 0\r\n{line}"
    )
}

fn summary(form: usize) -> Summary {
    Summary::read(text(form).as_bytes())
}

/// An offer that waits for its answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Offer {
    by: Side,
    form: usize,
    pass: Pass,
}

/// What the engine waits for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Awaits {
    Nothing,
    /// The 2xx of a side that was asked.
    Accepted(Side),
    /// The ACK of a side that asked.
    Acknowledged(Side),
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct World {
    policies: [Srtp; 3],
    keys_in_clear: bool,
    /// Which two of them are in the call.
    pair: [usize; 2],
    change: Change,
    offer: Option<Offer>,
    awaits: Awaits,
    /// Whether what they have agreed on is encrypted, if they have.
    encrypted: Option<bool>,
    cleared: bool,
}

impl World {
    fn terms(&self) -> Terms {
        Terms { parties: self.pair.map(|one| self.policies[one]), keys_in_clear: self.keys_in_clear }
    }

    fn required(&self) -> bool {
        self.terms().parties.contains(&Srtp::Required)
    }

    /// A description reaches a party: what it could make of it is what policy wants.
    fn deliver(&self, form: usize, offer: Option<&Summary>, pass: Pass, refused: u16) {
        let mut octets = [0; 1024];
        let mut out = Buffer::new(&mut octets);
        let written = text(form);
        let passage = Passage { pass, refused, ..Passage::UNCHANGED };
        Body { text: written.as_bytes(), offer, passage }.write(&mut out);
        let len = out.finish().expect("it fits");
        for stream in Described::read(&octets[..len]).summary.streams() {
            let protection = stream.protection;
            let nothing = protection == Protection::None;
            let keys = matches!(protection, Protection::Sdes | Protection::Opportunistic);
            assert!(!self.required() || nothing || keys, "{self:?}: {protection:?}");
            let off = self.terms().parties.contains(&Srtp::Off);
            let clear = protection == Protection::Clear && !stream.other_keys;
            assert!(!off || nothing || clear, "{self:?}: {protection:?}");
            assert!(self.keys_in_clear || !keys, "{self:?}: a key in clear");
        }
    }

    /// A party offers; false if it is refused.
    fn offers(&mut self, by: Side, form: usize) -> bool {
        let offered = summary(form);
        let judged = if offered == Summary::NONE { None } else { self.terms().offer(&offered).ok() };
        let Some(pass) = judged else { return false };
        let mut passed = offered.clone();
        passed.refuse_unusable();
        self.deliver(form, Some(&offered), pass, passed.refused());
        self.offer = Some(Offer { by, form, pass });
        true
    }

    /// A party answers; false if it is refused.
    fn answers(&mut self, form: usize) -> bool {
        let Some(offer) = self.offer.take() else { return false };
        let (mut offered, answer) = (summary(offer.form), summary(form));
        offered.refuse_unusable();
        if self.terms().answer(&offered, offer.pass, &answer).is_err() {
            return false;
        }
        self.deliver(form, None, offer.pass, offered.refused());
        // An answer with a line is one that takes it.
        self.encrypted = Some(answer.streams()[0].lines().next().is_some());
        assert!(!self.required() || self.encrypted == Some(true), "{self:?}");
        true
    }

    fn act(&mut self, actions: &[Action]) {
        for action in actions {
            match *action {
                PassOn(side) => self.awaits = Awaits::Accepted(side),
                Draw(side) => (self.offer, self.awaits) = (None, Awaits::Accepted(side)),
                // An UPDATE is not acknowledged.
                Agree(side) if !self.change.is_settled() => self.awaits = Awaits::Acknowledged(side),
                Agree(_) | Confirm(_) | Answer(_) | Decline(_) => {}
                Refuse(..) | Cross(_) | Defer(_) => {}
                Retry(_) => assert!(self.change.handle(NOW, Renew(NOW)).is_empty()),
                Clear | GiveUp => self.cleared = true,
            }
        }
        if self.change.is_settled() {
            self.awaits = Awaits::Nothing;
        }
    }

    fn step(&self, event: super::change::Event) -> Self {
        let mut next = self.clone();
        let actions = next.change.handle(NOW, event);
        next.act(&actions);
        next
    }

    fn cleared(mut self) -> Option<Self> {
        self.cleared = true;
        Some(self)
    }

    fn steps(&self) -> Vec<Self> {
        if self.cleared {
            return Vec::new();
        }
        let mut next = Vec::from([self.step(Renew(NOW))]);
        if self.change.next_deadline().is_some() {
            next.push(self.step(Tick));
        }
        match self.awaits {
            Awaits::Nothing => {
                for side in [A, B] {
                    let late = Self { offer: None, ..self.clone() };
                    next.push(late.step(Asked { side, how: How::Late }));
                    for (how, form) in [How::Offer, How::Update]
                        .into_iter()
                        .flat_map(|how| (0..FORMS).map(move |form| (how, form)))
                    {
                        let mut world = self.clone();
                        if world.offers(side, form) {
                            next.push(world.step(Asked { side, how }));
                        }
                    }
                }
                // Two legs are pointed at each other, of whatever calls they were: what they had is nothing any more.
                for pair in [[0, 1], [0, 2], [1, 2]] {
                    let apart =
                        Self { pair, change: Change::APART, encrypted: None, offer: None, ..self.clone() };
                    next.push(apart.step(Renew(NOW)));
                    // Or one was called for the other, and offers as it answers.
                    next.extend((0..FORMS).filter_map(|form| {
                        let mut world = apart.clone();
                        world.offers(B, form).then(|| world.step(Offered(B)))
                    }));
                }
            }
            Awaits::Accepted(by) => {
                for status in [488, 491, 481] {
                    next.push(self.step(Refused(by, status)));
                }
                next.extend((0..FORMS).filter_map(|form| {
                    let mut world = self.clone();
                    let fits = if self.offer.is_some_and(|offer| offer.by != by) {
                        world.answers(form)
                    } else {
                        world.offers(by, form)
                    };
                    if fits { Some(world.step(Agreed(by))) } else { world.step(Refused(by, 488)).cleared() }
                }));
            }
            Awaits::Acknowledged(by) if self.offer.is_some() => {
                next.extend((0..FORMS).filter_map(|form| {
                    let mut world = self.clone();
                    if world.answers(form) { Some(world.step(Confirmed(by))) } else { world.cleared() }
                }));
            }
            Awaits::Acknowledged(by) => next.push(self.step(Confirmed(by))),
        }
        // Whoever asks now is put off.
        if self.awaits != Awaits::Nothing {
            next.push(self.step(Asked { side: A, how: How::Offer }));
        }
        next
    }
}

#[test]
fn required_never_falls_back() {
    let all = [Srtp::Off, Srtp::BestEffort, Srtp::Required];
    let mut todo: Vec<World> = Vec::new();
    for (n, keys_in_clear) in (0..27).flat_map(|n| [(n, true), (n, false)]) {
        todo.push(World {
            policies: [all[n % 3], all[n / 3 % 3], all[n / 9]],
            keys_in_clear,
            pair: [0, 1],
            change: Change::NONE,
            offer: None,
            awaits: Awaits::Nothing,
            encrypted: None,
            cleared: false,
        });
    }
    let (mut seen, mut encrypted, mut clear) = (HashSet::new(), 0, 0);
    while let Some(world) = todo.pop() {
        if !seen.insert(world.clone()) {
            continue;
        }
        match world.encrypted {
            Some(true) => encrypted += 1,
            Some(false) => clear += 1,
            None => {}
        }
        todo.extend(world.steps());
    }
    std::println!("{} states to closure: encrypted in {encrypted}, clear in {clear}", seen.len());
    assert!(encrypted > 1_000 && clear > 1_000);
}
