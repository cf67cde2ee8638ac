//! A trace as people draw it: one column for each participant, time downwards.

mod draw;
mod mermaid;
mod svg;

use super::format::{Datagram, DecisionText, InputText, OutputText, SignalText, SmdrText};
use super::outputs::summary;
use super::reader::Trace;
use std::collections::HashMap;
use std::net::SocketAddr;
use strowger::policy::Image;
use strowger::wire::sip::Message;

/// A drawing of a trace.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    columns: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
enum Row {
    Arrow { at: u64, from: usize, to: usize, text: String },
    Note { at: u64, column: usize, text: String },
}

impl Row {
    const fn at(&self) -> u64 {
        match self {
            Self::Arrow { at, .. } | Self::Note { at, .. } => *at,
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Arrow { text, .. } | Self::Note { text, .. } => text,
        }
    }
}

/// The exchange itself.
const GATEWAY: &str = "gateway";
/// The media relay.
const RELAY: &str = "relay";

impl Ladder {
    /// Draws a trace: datagrams and signals as arrows, decisions and records as notes.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        let mut drawing = Drawing { ladder: Self::default(), names: names(trace), legs: HashMap::new() };
        for line in &trace.lines {
            drawing.input(line.at, &line.input, &line.took);
            line.out.iter().for_each(|output| drawing.output(line.at, output));
        }
        drawing.ladder
    }

    /// As text, for a terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        draw::text(self)
    }

    /// As a Mermaid sequence diagram.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        mermaid::text(self)
    }

    /// As an SVG picture.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::text(self)
    }

    fn column(&mut self, name: &str) -> usize {
        let known = self.columns.iter().position(|column| column == name);
        known.unwrap_or_else(|| {
            self.columns.push(name.to_owned());
            self.columns.len() - 1
        })
    }
}

/// A ladder being drawn.
struct Drawing {
    ladder: Ladder,
    names: HashMap<SocketAddr, String>,
    /// Whose leg it is, of neutral ones.
    legs: HashMap<String, String>,
}

impl Drawing {
    fn arrow(&mut self, at: u64, from: &str, to: &str, text: String) {
        let (from, to) = (self.ladder.column(plain(from)), self.ladder.column(plain(to)));
        self.ladder.rows.push(Row::Arrow { at, from, to, text });
    }

    fn note(&mut self, at: u64, text: String) {
        let column = self.ladder.column(GATEWAY);
        self.ladder.rows.push(Row::Note { at, column, text });
    }

    fn name(&self, address: SocketAddr) -> String {
        self.names.get(&address).cloned().unwrap_or_else(|| address.to_string())
    }

    fn on(&self, leg: &str) -> String {
        self.legs.get(leg).cloned().unwrap_or_else(|| format!("leg {leg}"))
    }

    fn input(&mut self, at: u64, input: &InputText, took: &str) {
        match input {
            InputText::Receive { from, datagram, .. } => {
                let from = self.name(*from);
                // Held ones come again.
                let held = if took.starts_with("held ") { ", waits for the relay" } else { "" };
                self.arrow(at, &from, GATEWAY, told(datagram) + held);
            }
            InputText::Signal(signal) => self.signal(at, signal, took),
            InputText::Mode(Some(mode)) => self.note(at, format!("mode {mode}")),
            InputText::Mode(None) => self.note(at, "mode by schedule".to_owned()),
            InputText::Relayed { places: Some(_), .. } => {
                self.arrow(at, RELAY, GATEWAY, "forwards".to_owned());
            }
            InputText::Relayed { places: None, .. } => self.arrow(at, RELAY, GATEWAY, "refuses".to_owned()),
            InputText::RelayLost => self.note(at, "the relay has lost what it knew".to_owned()),
            InputText::ClearCalls => self.note(at, "calls are cleared".to_owned()),
            InputText::Lost { to, .. } => self.note(at, format!("the connection with {to} is lost")),
            InputText::Tick
            | InputText::Wall { .. }
            | InputText::TrunkServers { .. }
            | InputText::Listen { .. }
            | InputText::Restore(_) => {}
            InputText::Unlock(_) => self.note(at, "a lock-out is lifted".to_owned()),
            InputText::Login { from, right, .. } => {
                self.note(at, format!("a log-in from {from}: {}", if *right { "right" } else { "wrong" }));
            }
        }
    }

    fn signal(&mut self, at: u64, signal: &SignalText, took: &str) {
        // A signal that makes a leg says so: `set up LEG`, `off hook LEG`, `needs code LEG RULE`.
        let made = took.split(' ').nth(2);
        let who = match signal {
            SignalText::Setup { from, .. } | SignalText::OffHook { from } => {
                if let Some(leg) = made {
                    self.legs.insert(leg.to_owned(), from.clone());
                }
                from.clone()
            }
            SignalText::Digit { leg, .. }
            | SignalText::Alerting { leg }
            | SignalText::Answer { leg }
            | SignalText::Release { leg, .. }
            | SignalText::Transfer { leg, .. }
            | SignalText::Hold { leg }
            | SignalText::Retrieve { leg }
            | SignalText::OnHook { leg }
            | SignalText::Join { leg, .. } => self.on(leg),
        };
        let text = match signal {
            SignalText::Setup { dialed, .. } => format!("setup {dialed}"),
            SignalText::OffHook { .. } => "off hook".to_owned(),
            SignalText::Digit { digit, .. } => format!("digit {digit}"),
            SignalText::Alerting { .. } => "alerting".to_owned(),
            SignalText::Answer { .. } => "answer".to_owned(),
            SignalText::Release { cause, .. } => format!("release: {cause}"),
            SignalText::Transfer { dialed, .. } => format!("transfer to {dialed}"),
            SignalText::Hold { .. } => "hold".to_owned(),
            SignalText::Retrieve { .. } => "retrieve".to_owned(),
            SignalText::OnHook { .. } => "on hook".to_owned(),
            SignalText::Join { with, .. } => format!("transfer to {}", self.on(with)),
        };
        self.arrow(at, &who, GATEWAY, text);
        if matches!(took, "congested" | "not now" | "unknown leg" | "full") || took.starts_with("unfit ") {
            self.note(at, took.to_owned());
        }
    }

    fn output(&mut self, at: u64, output: &OutputText) {
        match output {
            OutputText::Send { to, datagram, .. } => {
                let to = self.name(*to);
                self.arrow(at, GATEWAY, &to, told(datagram));
            }
            OutputText::Setup { leg, to, digits } => {
                self.legs.insert(leg.clone(), to.clone());
                self.arrow(at, GATEWAY, to, format!("setup {digits}"));
            }
            OutputText::Alerting { leg } => self.to(at, leg, "alerting".to_owned()),
            OutputText::Connect { leg } => self.to(at, leg, "connect".to_owned()),
            OutputText::Joined { leg, with } => {
                let text = format!("joined with {}", self.on(with));
                self.to(at, leg, text);
            }
            OutputText::Referred { leg, status } => self.to(at, leg, format!("transfer: {status}")),
            OutputText::Release { leg, cause } => self.to(at, leg, format!("release: {cause}")),
            OutputText::Tone { leg, tone } => self.to(at, leg, format!("tone {tone}")),
            OutputText::Held { leg, held } => {
                self.to(at, leg, if *held { "held" } else { "no longer held" }.to_owned())
            }
            OutputText::Forwarded { leg, by } => self.to(at, leg, format!("forwarded by {by}")),
            OutputText::Set { device } => self.note(at, format!("set at {device}")),
            OutputText::Registered { device, expires_s, .. } => {
                self.note(at, format!("{device} is registered for {expires_s} s"));
            }
            OutputText::Unregistered { device, why } => {
                let how = match why.as_str() {
                    "lapsed" => "was not heard of in time",
                    "lost" => "is gone with its connection",
                    _ => "has unregistered",
                };
                self.note(at, format!("{device} {how}"));
            }
            OutputText::Server { trunk, to } => {
                self.note(at, format!("{trunk}: goes on to {}", to.address));
            }
            OutputText::Standing { trunk, standing, expires_s, status } => {
                let how = match (expires_s, status) {
                    (Some(seconds), _) => format!("registered for {seconds} s"),
                    (None, Some(status)) => format!("registration refused with {status}"),
                    (None, None) => format!("registration {standing}"),
                };
                self.note(at, format!("{trunk}: {how}"));
            }
            OutputText::Relay { role, .. } => self.arrow(at, GATEWAY, RELAY, role.clone()),
            OutputText::RelayUndo { .. } => self.arrow(at, GATEWAY, RELAY, "as before".to_owned()),
            OutputText::RelayEnd { .. } => self.arrow(at, GATEWAY, RELAY, "end".to_owned()),
            OutputText::Open { a, b, .. } => self.note(at, format!("pinhole {a} to {b}")),
            OutputText::Close { number, .. } => self.note(at, format!("pinholes {number} closed")),
            OutputText::Decision(decision) => self.note(at, decided(decision)),
            OutputText::Smdr(record) => self.note(at, recorded(record)),
            OutputText::Alarm { cause, party, dialed, .. } => {
                self.note(at, format!("alarm: {party} {dialed}: {cause}"));
            }
            OutputText::Emergency { from, dialed, callback, .. } => {
                self.note(at, format!("emergency call: {from} dialed {dialed}, call back {callback}"));
            }
        }
    }

    fn to(&mut self, at: u64, leg: &str, text: String) {
        let who = self.on(leg);
        self.arrow(at, GATEWAY, &who, text);
    }
}

/// Who is at which address: trunks where they were told to be, devices where they registered, else the first who says to be one.
fn names(trace: &Trace) -> HashMap<SocketAddr, String> {
    let image = trace.image();
    let mut names = HashMap::new();
    for line in &trace.lines {
        if let InputText::TrunkServers { trunk, servers } = &line.input {
            names.extend(servers.iter().map(|server| (server.address, plain(trunk).to_owned())));
        }
    }
    for line in &trace.lines {
        for output in &line.out {
            if let OutputText::Registered { device, address, .. } = output {
                names.entry(*address).or_insert_with(|| device.clone());
            }
        }
    }
    for line in &trace.lines {
        if let InputText::Receive { from, datagram, .. } = &line.input
            && let Some(name) = sender(image.as_ref(), datagram)
            // Who is there already has its name; another who says to be the same may be anybody.
            && !names.values().any(|known| *known == name)
        {
            names.entry(*from).or_insert(name);
        }
    }
    names
}

/// A trunk's column has the trunk's name alone.
fn plain(party: &str) -> &str {
    party.strip_prefix("trunk ").unwrap_or(party)
}

/// The device that a request says to be from.
fn sender(image: Option<&Image<'_>>, datagram: &Datagram) -> Option<String> {
    if let Datagram::Redacted { sip, from, .. } = datagram {
        let response = sip.starts_with(|c: char| c.is_ascii_digit() || c == '(');
        return Some(from.clone()).filter(|from| !response && !from.is_empty());
    }
    let octets = datagram.octets()?;
    let mut message = Message::new();
    message.parse(&octets).ok()?;
    message.method()?;
    let user = message.from.as_ref()?.uri.user;
    image?.device_by_dn(user)?;
    Some(String::from_utf8_lossy(user).into_owned())
}

fn told(datagram: &Datagram) -> String {
    match datagram {
        Datagram::Redacted { sip, .. } => sip.clone(),
        Datagram::Text(_) | Datagram::Base64(_) => {
            let octets = datagram.octets().unwrap_or_default();
            summary(&octets, |user| String::from_utf8_lossy(user).into_owned())
        }
    }
}

fn decided(decision: &DecisionText) -> String {
    let DecisionText { from, dialed, verdict, rule, row, .. } = decision;
    let behalf = decision.behalf.as_ref().map(|(feature, of)| format!(" ({feature} of {of})"));
    let to = decision.to.as_ref().map(|to| format!(", to {to}")).unwrap_or_default();
    let row = row.as_ref().map(|row| format!(", {row}")).unwrap_or_default();
    format!("{from}{} -> {dialed}: {verdict}, rule {rule}{to}{row}", behalf.unwrap_or_default())
}

fn recorded(record: &SmdrText) -> String {
    let SmdrText { calling, called, dialed, completion, duration_s, .. } = record;
    let how = if completion.is_empty() { "-" } else { completion };
    let to = if called.is_empty() { dialed } else { called };
    format!("record: {calling} to {to}, {how}, {duration_s} s")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
