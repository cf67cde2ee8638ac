//! The canary of an emergency route: OPTIONS (RFC 3261 section 11) to each trunk by which help is called, after every change and every minute.
//! That one does not answer shall be known before somebody needs it.
//!
//! ```text
//!  Resting --due----------------> Asking    ask each server
//!  Asking  --an answer----------> Resting   up
//!  Asking  --no answer, again---> Asking    ask again: after 0.5, 1, 2 seconds (RFC 3261 section 17.1.2.1)
//!  Asking  --no answer for 5 s--> Resting   down
//! ```

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant as Clock};
use strowger::base::Flow;
use strowger::policy::Image;
use strowger::policy::rows::{USE_LIST, USE_ROUTE};

/// How often a trunk is asked.
const EVERY: Duration = Duration::from_secs(60);
/// When it is asked again, counted from the first time, and when it is given up.
const AGAIN_MS: [u64; 3] = [500, 1500, 3500];
const PATIENCE_MS: u64 = 5_000;
/// Our branches begin like this: an answer with such a one is not the engine's.
const BRANCH: &str = "z9hG4bKcanary";

/// One trunk's.
#[derive(Clone, Debug)]
pub(crate) struct Canary {
    state: State,
    /// Which question this is.
    number: u32,
    answered: Option<Clock>,
    up: Option<bool>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Resting { until: Clock },
    Asking { since: Clock, sent: usize },
}

/// What is to be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    Nothing,
    /// Ask each of its servers.
    Ask,
    /// It has not answered; true: it did before, or was never asked.
    Down(bool),
}

impl Canary {
    /// Asks at once.
    pub(crate) const fn new(now: Clock) -> Self {
        Self { state: State::Resting { until: now }, number: 0, answered: None, up: None }
    }

    /// Something has changed: it is asked at once.
    pub(crate) fn wake(&mut self, now: Clock) {
        if matches!(self.state, State::Resting { .. }) {
            self.state = State::Resting { until: now };
        }
    }

    /// When [`tick`](Self::tick) is wanted.
    pub(crate) fn due(&self) -> Clock {
        match self.state {
            State::Resting { until } => until,
            State::Asking { since, sent } => {
                let ms = sent.checked_sub(1).and_then(|again| AGAIN_MS.get(again)).copied();
                since + Duration::from_millis(ms.unwrap_or(PATIENCE_MS))
            }
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Clock) -> Step {
        if now < self.due() {
            return Step::Nothing;
        }
        match self.state {
            State::Resting { .. } => {
                self.number = self.number.wrapping_add(1);
                self.state = State::Asking { since: now, sent: 1 };
                Step::Ask
            }
            State::Asking { since, sent } if sent <= AGAIN_MS.len() => {
                self.state = State::Asking { since, sent: sent + 1 };
                Step::Ask
            }
            State::Asking { since, .. } => {
                self.state = State::Resting { until: since + EVERY };
                Step::Down(self.up.replace(false) != Some(false))
            }
        }
    }

    /// A question of ours was answered with this status; true if it had been down. Whoever is overloaded or does not reach the next one
    /// does not take a call for help either.
    pub(crate) fn hear(&mut self, now: Clock, number: u32, status: u16) -> bool {
        let State::Asking { since, .. } = self.state else { return false };
        if number != self.number || matches!(status, 100..=199 | 408 | 500 | 502..=504) {
            return false;
        }
        self.state = State::Resting { until: since + EVERY };
        self.answered = Some(now);
        self.up.replace(true) == Some(false)
    }

    /// Whether it has answered when it was asked last; what was never asked has not.
    pub(crate) fn is_up(&self) -> bool {
        self.up == Some(true)
    }

    /// Whether it did not answer when it was asked last.
    pub(crate) fn is_down(&self) -> bool {
        self.up == Some(false)
    }

    /// Seconds since it has answered.
    pub(crate) fn age_s(&self) -> Option<u64> {
        self.answered.map(|at| at.elapsed().as_secs())
    }

    /// The question.
    pub(crate) fn options(&self, trunk: u16, tag: &str, us: SocketAddr, to: Flow) -> String {
        let (number, via, peer) = (self.number, to.transport.name().to_ascii_uppercase(), to.peer);
        format!(
            "OPTIONS sip:{peer} SIP/2.0\r\n\
             Via: SIP/2.0/{via} {us};branch={BRANCH}-{tag}-{trunk}-{number};rport\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:canary@{us}>;tag={tag}\r\n\
             To: <sip:{peer}>\r\n\
             Call-ID: canary-{trunk}-{tag}\r\n\
             CSeq: {number} OPTIONS\r\n\
             Contact: <sip:canary@{us}>\r\n\
             Accept: application/sdp\r\n\
             Content-Length: 0\r\n\r\n"
        )
    }
}

/// The trunk and the number of the question that this message answers, and its status; `None`: it is none of ours. The tag is random: who has not
/// seen the question does not know it.
pub(crate) fn answer(message: &[u8], tag: &str) -> Option<(u16, u32, u16)> {
    let status = message.strip_prefix(b"SIP/2.0 ")?.get(..3)?;
    let begins = format!("{BRANCH}-{tag}-");
    let head = message.get(..message.len().min(1_024))?;
    let at = head.windows(begins.len()).position(|text| text == begins.as_bytes())?;
    let rest = head.get(at + begins.len()..)?;
    let end = rest.iter().position(|c| !c.is_ascii_digit() && *c != b'-').unwrap_or(rest.len());
    let (trunk, number) = std::str::from_utf8(rest.get(..end)?).ok()?.split_once('-')?;
    Some((trunk.parse().ok()?, number.parse().ok()?, std::str::from_utf8(status).ok()?.parse().ok()?))
}

/// The trunks by which help is called: those of the emergency rows, and of zones with emergency routes of their own.
pub(crate) fn trunks(image: &Image<'_>) -> BTreeSet<u16> {
    let rows = image.ars();
    let rows = rows.iter().filter(|row| row.flags & 1 != 0).map(|row| (row.leads, row.index));
    let zones = image.zones();
    let zones =
        zones.iter().filter_map(|row| Some((row.emergency_leads.checked_sub(1)?, row.emergency_index)));
    let mut found = BTreeSet::new();
    for (leads, index) in rows.chain(zones) {
        let routes: Vec<u16> = match leads {
            USE_ROUTE => vec![index],
            USE_LIST => {
                let run = image.lists().get(usize::from(index)).unwrap_or_default().choices;
                let rows = run.first as usize..run.first as usize + usize::from(run.count);
                rows.filter_map(|row| image.choices().get(row)).map(|choice| choice.route).collect()
            }
            // A route plan is never an emergency row's.
            _ => Vec::new(),
        };
        found.extend(
            routes
                .into_iter()
                .filter_map(|route| image.routes().get(usize::from(route)))
                .map(|row| row.trunk),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger::base::Transport;

    fn after(begin: Clock, ms: u64) -> Clock {
        begin + Duration::from_millis(ms)
    }

    #[test]
    fn rfc3261_it_asks_again_and_gives_up_and_comes_back_after_a_minute() {
        let begin = Clock::now();
        let mut canary = Canary::new(begin);
        for ms in [0, 500, 1500, 3500] {
            assert_eq!(canary.due(), after(begin, ms));
            assert_eq!(
                canary.tick(after(begin, ms).checked_sub(Duration::from_millis(1)).unwrap()),
                Step::Nothing
            );
            assert_eq!(canary.tick(after(begin, ms)), Step::Ask, "after {ms} ms");
        }
        assert!(!canary.is_down());
        assert_eq!(canary.tick(after(begin, 5_000)), Step::Down(true));
        assert!(canary.is_down() && canary.age_s().is_none());
        assert_eq!(canary.tick(after(begin, 60_000)), Step::Ask);
        for ms in [60_500, 61_500, 63_500] {
            assert_eq!(canary.tick(after(begin, ms)), Step::Ask);
        }
        // The alarm is raised once.
        assert_eq!(canary.tick(after(begin, 65_000)), Step::Down(false));
        assert_eq!(canary.tick(after(begin, 120_000)), Step::Ask);
        assert!(!canary.hear(after(begin, 120_010), 1, 200), "an answer to an old question");
        assert!(!canary.hear(after(begin, 120_010), 3, 503), "overloaded");
        assert!(canary.hear(after(begin, 120_020), 3, 404), "it is there, whatever it says");
        assert!(canary.is_up() && canary.due() == after(begin, 180_000));
        canary.wake(after(begin, 130_000));
        assert_eq!(canary.tick(after(begin, 130_000)), Step::Ask);
    }

    #[test]
    fn its_answer_is_known_by_its_branch() {
        let us = SocketAddr::from(([192, 0, 2, 1], 5060));
        let to = Flow::new(SocketAddr::from(([192, 0, 2, 9], 5070)), Transport::Tcp);
        let mut canary = Canary::new(Clock::now());
        canary.tick(Clock::now());
        let asked = canary.options(7, "c0ffee", us, to);
        let mut message = strowger::wire::sip::Message::new();
        message.parse(asked.as_bytes()).unwrap();
        assert!(
            asked.contains("Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKcanary-c0ffee-7-1;rport\r\n"),
            "{asked}"
        );
        assert_eq!(answer(asked.as_bytes(), "c0ffee"), None, "a request is no answer");
        let answered = asked.replacen("OPTIONS sip:192.0.2.9:5070 SIP/2.0", "SIP/2.0 200 OK", 1);
        assert_eq!(answer(answered.as_bytes(), "c0ffee"), Some((7, 1, 200)));
        assert_eq!(answer(answered.as_bytes(), "c0ffed"), None);
        assert_eq!(answer(b"SIP/2.0 2", "c0ffee"), None);
    }
}
