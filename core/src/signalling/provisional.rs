//! Provisional answers that are acknowledged (RFC 3262), one machine for each dialog.
//!
//! ```text
//!  their INVITE:  Nothing --send: Reliable---------> Waits       sent again until its PRACK comes
//!                 Waits   --send: Later------------> Waits       the latest one is sent behind the PRACK (section 3)
//!                 Waits   --acknowledged-----------> Nothing
//!  our INVITE:    Nothing --heard, next in order---> Nothing     [Acknowledge]
//!                 Nothing --heard, again or later--> Nothing     [Ignore] (section 4)
//! ```
//! Our INVITE asks for them where its caller knows them and has made an offer: then an answer goes to it as surely as it came.

use crate::wire::sip::{Message, Method, Name, RAck};

/// Whether a party takes part, by its INVITE.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Able {
    /// It does not know them.
    No,
    /// It acknowledges them.
    Yes,
    /// It takes no others.
    Required,
}

/// What is under way.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum State {
    Nothing,
    Waits {
        /// It has a description: no 2xx before its PRACK.
        described: bool,
        /// The status of one to be sent then; 0: none.
        next: u16,
    },
}

/// How a provisional answer is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum How {
    /// Once.
    Plain,
    /// With this number, until it is acknowledged.
    Reliable(u32),
    /// Not now: when the one before is acknowledged.
    Later,
}

/// The machine.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Provisional {
    /// Of their INVITE.
    pub able: Able,
    /// Our INVITE: the tag of who has answered its offer by one of these; 0: nobody has.
    agreed: u32,
    state: State,
    /// The number of the last, ours or theirs; 0: none yet.
    number: u32,
    /// Of their tag: behind one contact there may be several phones, each of which counts for itself.
    tag: u32,
}

impl Provisional {
    /// Nothing was sent or heard.
    pub const NONE: Self = Self { able: Able::No, agreed: 0, state: State::Nothing, number: 0, tag: 0 };

    /// Of their INVITE. `first` is random.
    #[must_use]
    pub fn of_invite(message: &Message<'_>, first: u64) -> Self {
        let lists = |line: Option<&[u8]>, name| line.is_some() && message.lists(name, b"100rel");
        let able = if lists(message.require, Name::Require) {
            Able::Required
        } else if lists(message.supported, Name::Supported) {
            Able::Yes
        } else {
            Able::No
        };
        let number = u32::try_from(first & 0x3FFF_FFFF).unwrap_or(0);
        Self { able, number, ..Self::NONE }
    }

    /// A provisional answer is to be sent. `sure`: it has come for certain, or has a description that did.
    pub fn send(&mut self, status: u16, described: bool, sure: bool) -> How {
        match (self.state, self.able) {
            (State::Waits { described, .. }, _) => {
                self.state = State::Waits { described, next: status };
                How::Later
            }
            (State::Nothing, Able::No) => How::Plain,
            (State::Nothing, Able::Yes) if !(described && sure) => How::Plain,
            (State::Nothing, Able::Yes | Able::Required) => {
                self.state = State::Waits { described, next: 0 };
                self.number = self.number.wrapping_add(1) & 0x7FFF_FFFF;
                How::Reliable(self.number)
            }
        }
    }

    /// Whether a 2xx has to wait.
    #[must_use]
    pub const fn holds_answer(&self) -> bool {
        matches!(self.state, State::Waits { described: true, .. })
    }

    /// A PRACK came for one of ours: the status of the one to be sent next, 0 for none; `None`: it is for none that waits.
    pub fn acknowledged(&mut self, rack: &RAck<'_>, invite_cseq: u32) -> Option<u16> {
        let fits = rack.response == self.number
            && rack.cseq.number == invite_cseq
            && rack.cseq.method == Method::Invite;
        match self.state {
            State::Waits { next, .. } if fits => {
                self.state = State::Nothing;
                Some(next)
            }
            State::Waits { .. } | State::Nothing => None,
        }
    }

    /// Whether one of theirs, with this number and hash of its tag, is the next in order: it is to be acknowledged.
    pub const fn heard(&mut self, number: u32, tag: u64) -> bool {
        let first = self.number == 0 || self.tag != short(tag);
        let next = number != 0 && (first || number == self.number.wrapping_add(1));
        if next {
            (self.number, self.tag) = (number, short(tag));
        }
        next
    }

    /// The last that was heard has answered the offer.
    pub const fn agree(&mut self) {
        self.agreed = self.tag;
    }

    /// Of a caller: what it was told of the media is not of who will answer.
    pub const fn agree_before(&mut self) {
        // No hash of a tag is even.
        self.agreed = 2;
    }

    /// The INVITE is answered: what was agreed on early is past.
    pub const fn answered(&mut self) {
        self.agreed = 0;
    }

    /// Whether one of theirs has answered the offer.
    #[must_use]
    pub const fn has_agreed(&self) -> bool {
        self.agreed != 0
    }

    /// Whether that was another phone than the one with this hash of its tag.
    #[must_use]
    pub const fn agreed_with_another(&self, tag: u64) -> bool {
        self.has_agreed() && self.agreed != short(tag)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
const fn short(tag: u64) -> u32 {
    tag as u32 | 1
}

/// The number of a provisional answer that is to be acknowledged (section 7.1).
#[must_use]
pub fn number(message: &Message<'_>) -> Option<u32> {
    if !message.lists(Name::Require, b"100rel") {
        return None;
    }
    let text = core::str::from_utf8(message.headers(Name::RSeq).next()?).ok()?;
    text.trim().parse().ok().filter(|number| *number != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::vec::Vec;

    fn able(line: &str) -> Provisional {
        let text = std::format!(
            "INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:1@h>\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\n{line}\r\n"
        );
        let mut message = Message::new();
        message.parse(text.as_bytes()).unwrap();
        Provisional::of_invite(&message, 41)
    }

    fn rack(text: &str) -> RAck<'_> {
        RAck::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_party_gets_what_it_knows() {
        assert_eq!(able("").send(183, true, true), How::Plain);
        assert_eq!(able("Supported: timer, 100rel\r\n").send(183, true, true), How::Reliable(42));
        assert_eq!(able("Supported: 100rel\r\n").send(180, false, true), How::Plain);
        assert_eq!(able("Supported: 100rel\r\n").send(183, true, false), How::Plain);
        assert_eq!(able("Require: 100rel\r\n").send(180, false, false), How::Reliable(42));
    }

    /// Section 3: the next one waits for the PRACK of the one before, and a 2xx does where that had a description.
    #[test]
    fn one_at_a_time() {
        let mut one = able("Require: 100rel\r\n");
        assert_eq!(one.send(183, true, true), How::Reliable(42));
        assert!(one.holds_answer());
        assert_eq!(one.send(180, false, true), How::Later);
        for other in ["41 7 INVITE", "43 7 INVITE", "42 8 INVITE", "42 7 UPDATE"] {
            assert_eq!(one.acknowledged(&rack(other), 7), None);
        }
        assert_eq!(one.acknowledged(&rack("42 7 INVITE"), 7), Some(180));
        assert_eq!(one.acknowledged(&rack("42 7 INVITE"), 7), None);
        assert_eq!(one.send(180, false, true), How::Reliable(43));
        assert!(!one.holds_answer());
        assert_eq!(one.acknowledged(&rack("43 7 INVITE"), 7), Some(0));
    }

    /// Section 4: the first may have any number; then they come in order, each once.
    #[test]
    fn theirs_are_taken_in_order() {
        let mut theirs = Provisional::NONE;
        let heard: Vec<bool> = [0, 9, 9, 11, 10, 9, 11].map(|number| theirs.heard(number, 1)).to_vec();
        assert_eq!(heard, [false, true, false, false, true, false, true]);
        // Another phone's numbers are others.
        assert!(theirs.heard(4, 2) && !theirs.heard(4, 2) && theirs.heard(5, 2));
    }

    /// Whatever is sent and acknowledged: at most one waits, and every number is given once.
    #[test]
    fn every_state_can_be_left() {
        for line in ["", "Supported: 100rel\r\n", "Require: 100rel\r\n"] {
            let mut todo = Vec::from([able(line)]);
            let mut seen = HashSet::new();
            while let Some(state) = todo.pop() {
                // The number only counts up.
                if state.number > 44 || !seen.insert(state) {
                    continue;
                }
                for (status, described, sure) in
                    [(180, false, false), (180, false, true), (183, true, false), (183, true, true)]
                {
                    let mut next = state;
                    let how = next.send(status, described, sure);
                    let waits = state.state != State::Nothing;
                    assert_eq!(how == How::Later, waits);
                    assert!(waits || state.able != Able::Required || how != How::Plain);
                    todo.push(next);
                }
                let text = std::format!("{} 7 INVITE", state.number);
                let mut next = state;
                let acknowledged = next.acknowledged(&rack(&text), 7).is_some();
                assert_eq!(acknowledged, state.state != State::Nothing);
                assert_eq!(next.state, State::Nothing);
                todo.push(next);
            }
        }
    }
}
