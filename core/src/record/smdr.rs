//! Station Message Detail Recording (domain 7): one record of a finished call, as the 90-column line and as CSV.

use crate::base::{Digits, Typed, WallTime};
use crate::wire::write::Sink;

/// A party as records show it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Station {
    /// A directory number.
    Dn(Digits),
    /// A trunk of the public network: `Tnnn`.
    PublicTrunk(u16),
    /// A private trunk: `Xnnn`.
    PrivateTrunk(u16),
    /// Nobody known.
    Unknown,
}

/// How a call went: column 60.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Completion {
    /// `A`: answered by the far side of a trunk.
    Answered,
    /// `B`: busy.
    Busy,
    /// `E`: error, or an invalid number by the far side.
    Error,
    /// `T`: toll denied (R89).
    TollDenied,
    /// `T`: an incoming call that another has taken than whom it rang at; unlike a denied one it has a duration.
    PickedUp,
    /// `I`: an internal call completed.
    Internal,
    /// Blank: abandoned or unanswered.
    None,
}

impl Completion {
    /// The letter, or a blank.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self {
            Self::Answered => b'A',
            Self::Busy => b'B',
            Self::Error => b'E',
            Self::TollDenied | Self::PickedUp => b'T',
            Self::Internal => b'I',
            Self::None => b' ',
        }
    }
}

/// One record.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Smdr {
    /// When the call began.
    pub start: WallTime,
    /// Seconds of talking.
    pub duration_s: u32,
    /// Who called.
    pub calling: Station,
    /// Seconds to answer, `None` if unanswered.
    pub time_to_answer_s: Option<u32>,
    /// What was dialed.
    pub dialed: Digits,
    /// How it went.
    pub completion: Completion,
    /// Who was called.
    pub called: Station,
    /// The system id, 0-999.
    pub system_id: u16,
    /// Route number, 0 none.
    pub route: u16,
    /// COS and COR in force, and the mode's name.
    pub classes: (u8, u8, &'static str),
    /// The dotted name of the rule that permitted or denied it, or of why the parties could not agree on media.
    pub rule: &'static str,
    /// Q.850 cause.
    pub cause: u8,
    /// The number of the call, 0-9999 and round again: two records with the same one are about one call (R86).
    pub call: u16,
    /// The account code (R53), none unless `[smdr] report_account_codes` lets it be written.
    pub account: Typed,
    /// Who was joined with one of the two by a transfer or a conference (R88), else who has forwarded the call last;
    /// [`Station::Unknown`] if nobody has.
    pub third: Station,
    /// It was forwarded: `F` in the column behind the completion.
    pub forwarded: bool,
    /// A speed call's code was dialed: `S` in that column, unless it was forwarded.
    pub speed: bool,
    /// How: `T` it had answered before, `X` it had not, `C` in a conference, blank.
    pub joined: u8,
}

/// The CSV header; fields as in [`Smdr::csv`].
pub const CSV_HEADER: &str = "date,start,duration_s,calling,time_to_answer_s,digits_dialed,completion,called,route,cos,cor,mode,rule,cause,system_id,account_code,call_id,transfer,third_party,forwarded,speed_call";

/// Columns of a standard record.
pub const STANDARD_COLUMNS: usize = 90;
/// Columns of an extended record.
pub const EXTENDED_COLUMNS: usize = 101;

/// Where a layout has its fields (domain 7.2): column and width, columns from 0.
struct Columns {
    duration: (usize, usize),
    calling: (usize, usize),
    answer: (usize, usize),
    dialed: (usize, usize),
    completion: usize,
    called: (usize, usize),
    joined: usize,
    third: (usize, usize),
    account: (usize, usize),
    system: (usize, usize),
}

const STANDARD: Columns = Columns {
    duration: (15, 8),
    calling: (24, 4),
    answer: (29, 3),
    dialed: (34, 26),
    completion: 60,
    called: (62, 4),
    joined: 66,
    third: (68, 4),
    account: (73, 12),
    system: (86, 3),
};

const EXTENDED: Columns = Columns {
    duration: (15, 10),
    calling: (26, 7),
    answer: (34, 4),
    dialed: (39, 24),
    completion: 63,
    called: (65, 7),
    joined: 72,
    third: (74, 7),
    account: (82, 12),
    system: (95, 3),
};

impl Smdr {
    /// The standard layout: 90 columns, no line end. Numbers longer than their column keep their first digits there;
    /// the CSV has them whole.
    #[must_use]
    pub fn standard(&self) -> [u8; STANDARD_COLUMNS] {
        let mut line = [b' '; STANDARD_COLUMNS];
        self.lay_out(Line(&mut line), &STANDARD, &duration(self.duration_s));
        line
    }

    /// The extended layout: 101 columns, no line end; hours have four digits, numbers and digits seven and 24.
    #[must_use]
    pub fn extended(&self) -> [u8; EXTENDED_COLUMNS] {
        let mut line = [b' '; EXTENDED_COLUMNS];
        self.lay_out(Line(&mut line), &EXTENDED, &long_duration(self.duration_s));
        line
    }

    fn lay_out(&self, mut line: Line<'_>, columns: &Columns, duration: &[u8]) {
        let civil = self.start.civil();
        line.put((0, 1), &[long_call(self.duration_s)]);
        line.put((1, 5), &join(two(civil.month), b'/', two(civil.day)));
        line.put((7, 5), &join(two(civil.hour), b':', two(civil.minute)));
        line.put(columns.duration, duration);
        line.station(columns.calling, self.calling);
        line.time_to_answer(columns.answer, self);
        line.put(columns.dialed, self.dialed.as_bytes());
        line.put((columns.completion, 1), &[self.completion.letter()]);
        let how: &[u8] = match (self.forwarded, self.speed) {
            (true, _) => b"F",
            (false, true) => b"S",
            (false, false) => b"",
        };
        line.put((columns.completion.saturating_add(1), 1), how);
        line.station(columns.called, self.called);
        line.put((columns.joined, 1), &[self.joined]);
        line.station(columns.third, self.third);
        line.put(columns.account, self.account.expose());
        if self.tandem() {
            line.put(columns.account, &self.call_id());
        }
        line.put(columns.system, &three(self.system_id));
    }

    /// One CSV line with CRLF (RFC 4180); a dialed number that a spreadsheet could take for a formula is quoted with an
    /// apostrophe in front.
    pub fn csv(&self, out: &mut impl Sink) {
        let c = self.start.civil();
        out.number(u64::try_from(c.year).unwrap_or(0));
        out.put(b"-");
        out.put(&join(two(c.month), b'-', two(c.day)));
        out.put(b",");
        out.put(&join(two(c.hour), b':', two(c.minute)));
        out.put(b":");
        out.put(&two(c.second));
        out.put(b",");
        out.number(u64::from(self.duration_s));
        out.put(b",");
        put_station(out, self.calling);
        out.put(b",");
        if let Some(seconds) = self.time_to_answer_s {
            out.number(u64::from(seconds));
        }
        out.put(b",");
        if self.dialed.as_bytes().first().is_some_and(|c| !c.is_ascii_digit()) {
            out.put(b"'");
        }
        out.put(self.dialed.as_bytes());
        out.put(b",");
        if self.completion != Completion::None {
            out.put(&[self.completion.letter()]);
        }
        out.put(b",");
        put_station(out, self.called);
        for number in [self.route, u16::from(self.classes.0), u16::from(self.classes.1)] {
            out.put(b",");
            out.number(u64::from(number));
        }
        for text in [self.classes.2, self.rule] {
            out.put(b",");
            out.put(text.as_bytes());
        }
        out.put(b",");
        out.number(u64::from(self.cause));
        out.put(b",");
        out.put(&three(self.system_id));
        out.put(b",");
        out.put(self.account.expose());
        out.put(b",");
        out.put(&self.call_id());
        out.put(b",");
        if self.joined != b' ' {
            out.put(&[self.joined]);
        }
        out.put(b",");
        put_station(out, self.third);
        out.put(if self.forwarded { b",F" } else { b"," });
        out.put(if self.speed { b",S\r\n" } else { b",\r\n" });
    }

    /// Between two trunks, by a transfer too: such a call has a record for each, tagged with the call in the place of the account code.
    fn tandem(&self) -> bool {
        let trunk =
            |station: &&Station| matches!(station, Station::PublicTrunk(_) | Station::PrivateTrunk(_));
        [self.calling, self.called, self.third].iter().filter(trunk).count() > 1
    }

    /// The call identifier of domain 7.2, `pssscccc`: plane A, system, call.
    fn call_id(&self) -> [u8; 8] {
        let ([s1, s2, s3], [_, c1]) =
            (three(self.system_id), two(u8::try_from(self.call / 1000 % 10).unwrap_or(0)));
        let [c2, c3, c4] = three(self.call);
        [b'A', s1, s2, s3, c1, c2, c3, c4]
    }
}

fn put_station(out: &mut impl Sink, station: Station) {
    match station {
        Station::Dn(dn) => out.put(dn.as_bytes()),
        Station::PublicTrunk(n) => {
            out.put(b"T");
            out.put(&three(n));
        }
        Station::PrivateTrunk(n) => {
            out.put(b"X");
            out.put(&three(n));
        }
        Station::Unknown => {}
    }
}

struct Line<'l>(&'l mut [u8]);

impl Line<'_> {
    fn put(&mut self, (column, width): (usize, usize), text: &[u8]) {
        if let Some(field) = self.0.get_mut(column..column.saturating_add(width)) {
            field.iter_mut().zip(text).for_each(|(slot, c)| *slot = *c);
        }
    }

    fn station(&mut self, place: (usize, usize), station: Station) {
        match station {
            Station::Dn(dn) => self.put(place, dn.as_bytes()),
            Station::PublicTrunk(n) => self.trunk(place.0, b'T', n),
            Station::PrivateTrunk(n) => self.trunk(place.0, b'X', n),
            Station::Unknown => {}
        }
    }

    fn trunk(&mut self, column: usize, letter: u8, number: u16) {
        self.put((column, 1), &[letter]);
        self.put((column.saturating_add(1), 3), &three(number));
    }

    /// Seconds to answer of incoming calls; nothing for outgoing ones.
    fn time_to_answer(&mut self, place: (usize, usize), record: &Smdr) {
        if matches!(record.calling, Station::PublicTrunk(_) | Station::PrivateTrunk(_)) {
            match record.time_to_answer_s {
                Some(seconds) => self.put(place, &three(u16::try_from(seconds.min(999)).unwrap_or(999))),
                None => self.put(place, b"*?*"),
            }
        }
    }
}

/// Blank below 5 minutes, `-` from 5, `%` from 10, `+` from 30 (R87).
const fn long_call(seconds: u32) -> u8 {
    match seconds {
        0..=299 => b' ',
        300..=599 => b'-',
        600..=1799 => b'%',
        _ => b'+',
    }
}

/// `hh:mm:ss`; from 100 hours on 99:99:99 (R87).
fn duration(seconds: u32) -> [u8; 8] {
    let part = |n: u32| two(u8::try_from(n).unwrap_or(99));
    let (h, m, s) =
        if seconds >= 360_000 { (99, 99, 99) } else { (seconds / 3600, seconds / 60 % 60, seconds % 60) };
    let ([a, b], [c, d], [e, f]) = (part(h), part(m), part(s));
    [a, b, b':', c, d, b':', e, f]
}

/// `hhhh:mm:ss`; from 10,000 hours on 9999:99:99.
fn long_duration(seconds: u32) -> [u8; 10] {
    let hours = seconds / 3600;
    let [_, _, c, d, e, f, g, h] = duration(seconds % 3600);
    if hours > 9_999 {
        return *b"9999:99:99";
    }
    let part = |n: u32| two(u8::try_from(n).unwrap_or(99));
    let ([a, b], [i, j]) = (part(hours / 100), part(hours % 100));
    [a, b, i, j, c, d, e, f, g, h]
}

fn two(n: u8) -> [u8; 2] {
    [b'0'.saturating_add(n / 10 % 10), b'0'.saturating_add(n % 10)]
}

fn three(n: u16) -> [u8; 3] {
    let [tens, units] = two(u8::try_from(n % 100).unwrap_or(0));
    [b'0'.saturating_add(u8::try_from(n / 100 % 10).unwrap_or(0)), tens, units]
}

const fn join(left: [u8; 2], between: u8, right: [u8; 2]) -> [u8; 5] {
    let ([a, b], [c, d]) = (left, right);
    [a, b, between, c, d]
}

#[cfg(test)]
#[path = "smdr_tests.rs"]
mod tests;
