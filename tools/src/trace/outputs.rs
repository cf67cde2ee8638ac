//! What an exchange put out, as a trace has it.

use super::engine::Took;
use super::format::{Datagram, DecisionText, OutputText, SmdrText, WallText, handle};
use super::tokens::{Kind, Secrets, View, unproved};
use super::{places, words};
use std::net::IpAddr;
use strowger::base::{Digits, Full, WallTime};
use strowger::exchange::{Output, Received, Taken, Ticked};
use strowger::policy::{Authority, Feature, Image, Mode, Party, Verdict};
use strowger::record::alarm::Cause;
use strowger::record::smdr::Station;
use strowger::record::{Decision, Smdr};
use strowger::registration::client::Standing;
use strowger::wire::sip::{Message, Method, Start};

/// How values are shown: with which names, and what becomes of secrets.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) secrets: &'a Secrets,
    pub(super) image: Option<&'a Image<'a>>,
    pub(super) mode: Mode,
}

impl Shown<'_> {
    pub(super) fn party(&self, party: Party) -> String {
        let name = words::party(self.image, party);
        match (self.secrets.kind, party) {
            (Kind::Redacted, Party::Device(_) | Party::User { .. }) => self.secrets.hash(name.as_bytes()),
            _ => name,
        }
    }

    /// What a party dialed.
    pub(super) fn dialed(&self, from: Party, digits: &[u8]) -> String {
        let view = self.view([0, 0, 0, 0].into(), &[]);
        self.digits(&self.secrets.dialed(&view, from, digits))
    }

    /// Digits that hold no account code.
    pub(super) fn digits(&self, digits: &[u8]) -> String {
        match self.secrets.kind {
            Kind::Redacted if !digits.is_empty() => self.secrets.hash(digits),
            _ => String::from_utf8_lossy(digits).into_owned(),
        }
    }

    /// A datagram from or to this address; its sender has entered these digits of an account code.
    pub(super) fn datagram(&self, peer: IpAddr, typed: &[u8], octets: &[u8]) -> Datagram {
        if self.secrets.kind != Kind::Redacted {
            return Datagram::of(&self.secrets.datagram(&self.view(peer, typed), octets));
        }
        let mut message = Message::new();
        let parsed = message.parse(octets).is_ok();
        let hashed = |text: &[u8]| if text.is_empty() { String::new() } else { self.secrets.hash(text) };
        let from = message.from.as_ref().map_or(&[][..], |from| from.uri.user);
        let (from, call) = if parsed { (hashed(from), hashed(message.call_id)) } else { Default::default() };
        Datagram::Redacted { sip: summary(octets, hashed), from, call }
    }

    fn view<'v>(&'v self, peer: IpAddr, typed: &'v [u8]) -> View<'v> {
        View { image: self.image, mode: self.mode, peer, typed }
    }

    /// An output; `octets` are those of a datagram to be sent.
    pub(super) fn output(&self, output: &Output, octets: &[u8]) -> OutputText {
        match output {
            Output::Send { to, len } => OutputText::Send {
                to: to.peer,
                over: to.transport.into(),
                datagram: self.datagram(to.ip(), &[], &unproved(octets.get(..*len).unwrap_or(&[]))),
            },
            Output::Setup { leg, to, digits } => OutputText::Setup {
                leg: handle(*leg),
                to: self.party(*to),
                digits: self.digits(digits.as_bytes()),
            },
            Output::Alerting(leg) => OutputText::Alerting { leg: handle(*leg) },
            Output::Connect(leg) => OutputText::Connect { leg: handle(*leg) },
            Output::Joined { leg, with } => OutputText::Joined { leg: handle(*leg), with: handle(*with) },
            Output::Referred { leg, status } => OutputText::Referred { leg: handle(*leg), status: *status },
            Output::Held { leg, held } => OutputText::Held { leg: handle(*leg), held: *held },
            Output::Forwarded { leg, by } => OutputText::Forwarded { leg: handle(*leg), by: self.party(*by) },
            Output::Set { device } => OutputText::Set { device: self.party(Party::Device(*device)) },
            Output::Release(leg, cause) => {
                OutputText::Release { leg: handle(*leg), cause: words::cause(*cause) }
            }
            Output::Tone(leg, tone) => {
                OutputText::Tone { leg: handle(*leg), tone: format!("{tone:?}").to_lowercase() }
            }
            Output::Registered { device, expires_s, flow } => OutputText::Registered {
                device: self.party(Party::Device(*device)),
                expires_s: *expires_s,
                address: flow.peer,
                over: flow.transport.into(),
            },
            Output::Unregistered { device, why } => OutputText::Unregistered {
                device: self.party(Party::Device(*device)),
                why: format!("{why:?}").to_lowercase(),
            },
            Output::Server { trunk, to } => {
                OutputText::Server { trunk: self.party(Party::Trunk(*trunk)), to: (*to).into() }
            }
            Output::Standing { trunk, standing } => OutputText::Standing {
                trunk: self.party(Party::Trunk(*trunk)),
                standing: words::standing(*standing).to_owned(),
                expires_s: match standing {
                    Standing::Registered { expires_s } => Some(*expires_s),
                    Standing::Refused { .. } | Standing::Unanswered | Standing::Lapsed | Standing::Lost => {
                        None
                    }
                },
                status: match standing {
                    Standing::Refused { status } => Some(*status),
                    Standing::Registered { .. }
                    | Standing::Unanswered
                    | Standing::Lapsed
                    | Standing::Lost => None,
                },
            },
            Output::Relay(ask) => OutputText::Relay {
                media: handle(ask.media),
                leg: handle(ask.leg),
                side: format!("{:?}", ask.side).to_lowercase(),
                role: format!("{:?}", ask.role).to_lowercase(),
                places: places::text(&ask.places),
                to: ask.to,
            },
            Output::RelayUndo(media) => OutputText::RelayUndo { media: handle(*media) },
            Output::RelayEnd(media) => OutputText::RelayEnd { media: handle(*media) },
            Output::Open(pinhole) => OutputText::Open {
                media: handle(pinhole.media),
                number: pinhole.number,
                a: pinhole.a,
                b: pinhole.b,
                longest_s: pinhole.longest_s,
            },
            Output::Close { media, number } => OutputText::Close { media: handle(*media), number: *number },
            Output::Decision(decision) => OutputText::Decision(self.decision(decision)),
            Output::Smdr(record) => OutputText::Smdr(self.smdr(record)),
            Output::Alarm(alarm) => OutputText::Alarm {
                at: wall(alarm.at),
                cause: self.alarm(alarm.cause),
                party: self.party(alarm.party),
                dialed: self.dialed(alarm.party, alarm.dialed.as_bytes()),
            },
            Output::Emergency(notice) => OutputText::Emergency {
                at: wall(notice.at),
                from: self.party(notice.from),
                zone: notice.zone,
                dialed: self.digits(notice.dialed.as_bytes()),
                callback: self.digits(notice.callback.as_bytes()),
            },
        }
    }

    pub(super) fn decision(&self, decision: &Decision) -> DecisionText {
        let (verdict, rule, authority) = match &decision.verdict {
            Verdict::Allow(choice) => ("allow", choice.rule, choice.authority),
            Verdict::Deny(denial) => ("deny", denial.rule, denial.authority),
            Verdict::NeedsCode(denial) => ("account-code", denial.rule, denial.authority),
        };
        let Authority { party, cos, cor, mode, code } = authority;
        let mut text = DecisionText {
            at: wall(decision.at),
            from: self.party(decision.from),
            dialed: self.dialed(decision.from, decision.dialed.as_bytes()),
            verdict: verdict.to_owned(),
            rule: rule.name().to_owned(),
            to: None,
            outpulsed: None,
            row: None,
            route: None,
            cor_group: None,
            class: None,
            interconnect: None,
            authority: self.party(party),
            cos,
            cor,
            mode: mode.name().to_owned(),
            code,
            watched: false,
            warning: false,
            behalf: decision.behalf.map(|behalf| {
                let feature = match behalf.feature {
                    Feature::Transfer => "transfer",
                    Feature::Forward { user: true } => "forward",
                    Feature::Forward { user: false } => "forward by the administrator",
                    Feature::Pickup => "pickup",
                    Feature::Park => "park",
                    Feature::Retrieve => "park retrieval",
                    Feature::Hunt => "hunt group",
                    Feature::Desk => "hot desk",
                    Feature::Hold => "hold",
                    Feature::Conference => "conference",
                };
                (feature.to_owned(), self.party(behalf.party))
            }),
        };
        let class = |class| words::class(self.image, class);
        let route = |row| words::route(self.image, row);
        match &decision.verdict {
            Verdict::Allow(choice) => {
                text.to = Some(self.party(choice.to));
                text.outpulsed = Some(self.digits(choice.outpulsed.as_bytes()));
                text.row = words::row(self.image, choice.row);
                text.route = choice.route.map(route);
                text.class = choice.class.map(class);
                text.interconnect = choice.interconnect;
                (text.watched, text.warning) = (choice.watched, choice.warning);
            }
            Verdict::Deny(denial) | Verdict::NeedsCode(denial) => {
                text.row = words::row(self.image, denial.row);
                text.route = denial.route.map(route);
                text.cor_group = denial.cor_group.map(|row| words::cor_group(self.image, row));
                text.class = denial.class.map(class);
                text.interconnect = denial.interconnect;
            }
        }
        text
    }

    fn smdr(&self, record: &Smdr) -> SmdrText {
        let from = match record.calling {
            Station::Dn(dn) => {
                let device = self.image.and_then(|image| image.device_by_dn(dn.as_bytes()));
                device.map_or(Party::Unknown, Party::Device)
            }
            Station::PublicTrunk(_) | Station::PrivateTrunk(_) | Station::Unknown => Party::Unknown,
        };
        let account = self.secrets.code(self.image, record.account.expose());
        let letter = |letter: u8| if letter == b' ' { String::new() } else { char::from(letter).to_string() };
        SmdrText {
            start: wall(record.start),
            duration_s: record.duration_s,
            calling: self.station(record.calling),
            time_to_answer_s: record.time_to_answer_s,
            dialed: self.dialed(from, record.dialed.as_bytes()),
            completion: letter(record.completion.letter()),
            called: self.station(record.called),
            system_id: record.system_id,
            route: record.route,
            cos: record.classes.0,
            cor: record.classes.1,
            mode: record.classes.2.to_owned(),
            rule: record.rule.to_owned(),
            cause: record.cause,
            call: record.call,
            account: self.digits(&account),
            third: self.station(record.third),
            forwarded: record.forwarded,
            speed: record.speed,
            joined: letter(record.joined),
        }
    }

    fn station(&self, station: Station) -> String {
        match station {
            Station::Dn(dn) => self.digits(Digits::as_bytes(&dn)),
            Station::PublicTrunk(number) => format!("T{number:03}"),
            Station::PrivateTrunk(number) => format!("X{number:03}"),
            Station::Unknown => String::new(),
        }
    }

    fn alarm(&self, cause: Cause) -> String {
        match cause {
            Cause::Limit(rule) => rule.name().to_owned(),
            Cause::Lockout => "lockout".to_owned(),
            Cause::Source(ip) => format!("source {ip}"),
            Cause::CodeLockout => "code lockout".to_owned(),
            Cause::Watched(class) => format!("watched {}", words::class(self.image, class)),
            Cause::Preempted => "preempted".to_owned(),
            Cause::NoCallback => "no call-back number".to_owned(),
        }
    }
}

/// What became of an input.
pub(super) fn took(took: &Result<Took, Full>) -> String {
    let text = match took {
        Err(Full) => "full",
        Ok(took) => match took {
            Took::Done | Took::Received(Received::Done) | Took::Signal(Taken::Done) => "done",
            Took::Received(Received::Held(leg)) => return format!("held {}", handle(*leg)),
            Took::Ticked(Ticked::Done) => "done",
            Took::Ticked(Ticked::More) => "more",
            Took::Cleared(false) => "done",
            Took::Cleared(true) => "more",
            Took::NoTrunk => "no trunk",
            Took::Unlocked(true) => "unlocked",
            Took::Unlocked(false) => "not locked",
            Took::Restored(true) => "restored",
            Took::Restored(false) => "not allowed",
            Took::Signal(Taken::SetUp { leg }) => return format!("set up {}", handle(*leg)),
            Took::Signal(Taken::OffHook { leg }) => return format!("off hook {}", handle(*leg)),
            Took::Signal(Taken::NeedsCode { leg, denial }) => {
                return format!("needs code {} {}", handle(*leg), denial.rule.name());
            }
            Took::Signal(Taken::Denied(decision)) => {
                return format!("denied {}", decision.denial().map_or("", |denial| denial.rule.name()));
            }
            Took::Signal(Taken::Congested) => "congested",
            Took::Signal(Taken::Unfit(refused)) => return format!("unfit {}", refused.name()),
            Took::Signal(Taken::NotNow) => "not now",
            Took::Signal(Taken::UnknownLeg) => "unknown leg",
        },
    };
    text.to_owned()
}

/// A SIP datagram in a few words: `INVITE 202 +sdp`, `200 OK (INVITE)`; what is not SIP by its length.
pub(super) fn summary(octets: &[u8], user: impl Fn(&[u8]) -> String) -> String {
    let mut message = Message::new();
    if message.parse(octets).is_err() {
        return format!("({} octets)", octets.len());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut summary = match &message.start {
        Start::Request { method, method_text, uri, .. } => {
            let of = match method {
                Method::Register => message.to.as_ref().map_or(&[][..], |to| to.uri.user),
                Method::Ack | Method::Bye | Method::Cancel => &[],
                _ => uri.user,
            };
            format!("{} {}", text(method_text), user(of)).trim_end().to_owned()
        }
        Start::Response { code, reason } => {
            let method = message.cseq.as_ref().map_or(&[][..], |cseq| cseq.method_text);
            format!("{code} {} ({})", text(reason), text(method))
        }
    };
    let described = message.content_type.is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/sdp"));
    if described && !message.body.is_empty() {
        summary += " +sdp";
    }
    summary
}

fn wall(at: WallTime) -> WallText {
    (at.unix_s, at.offset_min)
}
