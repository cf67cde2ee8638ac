//! Calls that are up, as they stand in the journal: their two dialogs, and their records but for when they end.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use strowger::base::{Digits, Flow, Transport, Typed, WallTime};
use strowger::policy::{Mode, Rule};
use strowger::record::Smdr;
use strowger::record::smdr::{Completion, Station};
use strowger::signalling::preserved::End;

/// A call that is up.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Talk {
    /// When it was answered, in seconds since 1970.
    pub(crate) answered: i64,
    /// When it has lasted as long as it may, if ever.
    pub(crate) until: Option<i64>,
    /// It is a call for help.
    pub(crate) emergency: bool,
    pub(crate) records: Vec<Draft>,
    /// The caller first.
    pub(crate) ends: [Dialog; 2],
}

/// One of its dialogs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Dialog {
    /// The directory number of the phone, if it leads to one.
    pub(crate) dn: Option<String>,
    call_id: String,
    ours: String,
    theirs: String,
    target: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    routes: String,
    to: SocketAddr,
    transport: u8,
    cseq: u32,
}

/// A record that lacks its end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Draft {
    start: (i64, i16),
    calling: Who,
    time_to_answer_s: Option<u32>,
    dialed: String,
    completion: char,
    called: Who,
    system_id: u16,
    route: u16,
    cos: u8,
    cor: u8,
    mode: String,
    rule: String,
    cause: u8,
    account: String,
    third: Who,
    forwarded: bool,
    speed: bool,
    joined: char,
}

/// A party of a record.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Who {
    Dn(String),
    Public(u16),
    Private(u16),
    Unknown,
}

impl Dialog {
    /// As the engine tells it. `None`: what it is made of are no texts, which no phone seen has sent.
    pub(crate) fn of(end: &End, dn: Option<String>) -> Option<Self> {
        let text = |octets: &[u8]| std::str::from_utf8(octets).ok().map(str::to_owned);
        Some(Self {
            dn,
            call_id: text(&end.call_id)?,
            ours: text(&end.ours)?,
            theirs: text(&end.theirs)?,
            target: text(&end.target)?,
            routes: text(&end.routes)?,
            to: end.to.peer,
            transport: end.to.transport.number(),
            cseq: end.cseq,
        })
    }

    /// Our tag: no other dialog has it, whatever Call-ID a phone may choose.
    pub(crate) fn tag(&self) -> &str {
        self.ours.rsplit_once(";tag=").map_or("", |(_, tag)| tag)
    }

    /// As the engine takes it. `None`: it does not fit.
    pub(crate) fn end(&self) -> Option<End> {
        let transport = Transport::ALL.get(usize::from(self.transport))?;
        Some(End {
            call_id: self.call_id.as_bytes().try_into().ok()?,
            ours: self.ours.as_bytes().try_into().ok()?,
            theirs: self.theirs.as_bytes().try_into().ok()?,
            target: self.target.as_bytes().try_into().ok()?,
            routes: self.routes.as_bytes().try_into().ok()?,
            to: Flow::new(self.to, *transport),
            cseq: self.cseq,
        })
    }
}

impl Draft {
    pub(crate) fn of(record: &Smdr) -> Self {
        Self {
            start: (record.start.unix_s, record.start.offset_min),
            calling: Who::of(&record.calling),
            time_to_answer_s: record.time_to_answer_s,
            dialed: record.dialed.as_str().to_owned(),
            completion: char::from(record.completion.letter()),
            called: Who::of(&record.called),
            system_id: record.system_id,
            route: record.route,
            cos: record.classes.0,
            cor: record.classes.1,
            mode: record.classes.2.to_owned(),
            rule: record.rule.to_owned(),
            cause: record.cause,
            account: String::from_utf8_lossy(record.account.expose()).into_owned(),
            third: Who::of(&record.third),
            forwarded: record.forwarded,
            speed: record.speed,
            joined: char::from(record.joined),
        }
    }

    /// The record of a call with this number that has lasted so long.
    pub(crate) fn record(&self, duration_s: u32, call: u16) -> Smdr {
        let mode = [Mode::Day, Mode::Night1, Mode::Night2].map(Mode::name).into_iter();
        let rule = [Rule::Internal, Rule::Route, Rule::Emergency].map(Rule::name).into_iter();
        let named = |mut names: std::array::IntoIter<&'static str, 3>, wanted: &str| {
            names.find(|name| *name == wanted).unwrap_or("")
        };
        Smdr {
            start: WallTime { unix_s: self.start.0, offset_min: self.start.1 },
            duration_s,
            calling: self.calling.station(),
            time_to_answer_s: self.time_to_answer_s,
            dialed: Digits::dialed(self.dialed.as_bytes()).unwrap_or_default(),
            // Whoever talks has been answered.
            completion: match self.completion {
                'I' => Completion::Internal,
                'T' => Completion::PickedUp,
                _ => Completion::Answered,
            },
            called: self.called.station(),
            system_id: self.system_id,
            route: self.route,
            classes: (self.cos, self.cor, named(mode, &self.mode)),
            rule: named(rule, &self.rule),
            cause: self.cause,
            call,
            account: Typed::new(self.account.as_bytes()),
            third: self.third.station(),
            forwarded: self.forwarded,
            speed: self.speed,
            joined: u8::try_from(self.joined).unwrap_or(b' '),
        }
    }
}

impl Who {
    fn of(station: &Station) -> Self {
        match station {
            Station::Dn(dn) => Self::Dn(dn.as_str().to_owned()),
            Station::PublicTrunk(number) => Self::Public(*number),
            Station::PrivateTrunk(number) => Self::Private(*number),
            Station::Unknown => Self::Unknown,
        }
    }

    fn station(&self) -> Station {
        match self {
            Self::Dn(dn) => Digits::dialed(dn.as_bytes()).map_or(Station::Unknown, Station::Dn),
            Self::Public(number) => Station::PublicTrunk(*number),
            Self::Private(number) => Station::PrivateTrunk(*number),
            Self::Unknown => Station::Unknown,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A call of 201 that was answered then, with these dialogs.
    pub(crate) fn talk(answered: i64, [one, other]: [u16; 2]) -> Talk {
        let end = |number: u16| {
            let text = |text: String| text.as_bytes().try_into().unwrap();
            End {
                // A phone may have one for all of its calls.
                call_id: b"call@example".as_slice().try_into().unwrap(),
                ours: text(format!("<sip:gateway@192.0.2.9>;tag=ours{number}")),
                theirs: text(format!("\"Ann \u{e9}\" <sip:{number}@192.0.2.9>;tag=theirs{number}")),
                target: text(format!("sip:{number}@192.0.2.{number};line=\"1\"")),
                routes: b"Route: <sip:proxy.example;lr>\r\n".as_slice().try_into().unwrap(),
                to: Flow::new(SocketAddr::from(([192, 0, 2, 7], 5060)), Transport::Tcp),
                cseq: 10_000 + u32::from(number),
            }
        };
        let ends = [(one, Some("201".to_owned())), (other, None)]
            .map(|(number, dn)| Dialog::of(&end(number), dn).expect("they are texts"));
        assert_eq!(ends[0].end(), Some(end(one)), "what is written is read");
        Talk {
            answered,
            until: Some(answered + 600),
            emergency: false,
            records: vec![Draft::of(&record())],
            ends,
        }
    }

    fn record() -> Smdr {
        Smdr {
            start: WallTime { unix_s: 1_800_000_000, offset_min: -300 },
            duration_s: 77,
            calling: Station::Dn(Digits::dialed(b"201").unwrap()),
            time_to_answer_s: Some(4),
            dialed: Digits::dialed(b"916135550123").unwrap(),
            completion: Completion::Answered,
            called: Station::PublicTrunk(1),
            system_id: 1,
            route: 5,
            classes: (1, 3, "night1"),
            rule: Rule::Route.name(),
            cause: 16,
            call: 12,
            account: Typed::new(b"4711"),
            third: Station::Dn(Digits::dialed(b"202").unwrap()),
            forwarded: true,
            speed: true,
            joined: b'T',
        }
    }

    /// Of a record nothing is lost on its way through the journal but what is not known yet.
    #[test]
    fn a_draft_becomes_its_record() {
        let others = Smdr {
            calling: Station::PrivateTrunk(2),
            called: Station::Unknown,
            completion: Completion::PickedUp,
            classes: (0, 0, "day"),
            rule: Rule::Emergency.name(),
            time_to_answer_s: None,
            account: Typed::NONE,
            joined: b' ',
            ..record()
        };
        let inside = Smdr { completion: Completion::Internal, rule: Rule::Internal.name(), ..record() };
        for record in [record(), others, inside] {
            let text = serde_json::to_string(&Draft::of(&record)).unwrap();
            let draft: Draft = serde_json::from_str(&text).unwrap();
            assert_eq!(draft.record(record.duration_s, record.call), record, "{text}");
        }
    }
}
