//! Message sequences as people draw them: one column for each participant, time downwards.
//!
//! ```text
//!    time      201          exchange          202
//!     0.000     |--- INVITE 202 -->|              |
//!     0.020     |                  |--- INVITE -->|
//! ```

use std::fmt::Write;
use strowger::base::Instant;
use strowger::wire::sip::{Message, Method, Start};

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    columns: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
enum Row {
    Arrow { at: Instant, from: usize, to: usize, text: String, lost: bool },
    Note { at: Instant, column: usize, text: String },
}

/// The narrowest a column gets, line included.
const MIN_WIDTH: usize = 12;
const MARGIN: usize = 12;

impl Ladder {
    /// An empty ladder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a participant its column; without this they stand in the order in which they are first heard of.
    pub fn participant(&mut self, name: &str) -> usize {
        if let Some(at) = self.columns.iter().position(|column| column == name) {
            return at;
        }
        self.columns.push(name.to_owned());
        self.columns.len() - 1
    }

    /// One line of text from one participant to another.
    pub fn arrow(&mut self, at: Instant, from: &str, to: &str, text: &str) {
        self.push_arrow(at, from, to, text, false);
    }

    /// The same, but it did not arrive.
    pub fn lost(&mut self, at: Instant, from: &str, to: &str, text: &str) {
        self.push_arrow(at, from, to, text, true);
    }

    /// A datagram from one participant to another: its [`summary`], and whether it carries a description.
    pub fn datagram(&mut self, at: Instant, from: &str, to: &str, bytes: &[u8]) {
        self.push_arrow(at, from, to, &summary_with_body(bytes), false);
    }

    /// A remark at one participant.
    pub fn note(&mut self, at: Instant, who: &str, text: &str) {
        let column = self.participant(who);
        self.rows.push(Row::Note { at, column, text: text.to_owned() });
    }

    /// Everything told so far, one line each, without times: for tests that read as traces.
    #[must_use]
    pub fn trace(&self) -> Vec<String> {
        let name = |at: &usize| self.columns.get(*at).map_or("?", String::as_str);
        let line = |row: &Row| match row {
            Row::Arrow { from, to, text, lost, .. } => {
                format!("{} {} {}: {text}", name(from), if *lost { "-x" } else { "->" }, name(to))
            }
            Row::Note { column, text, .. } => format!("{}: {text}", name(column)),
        };
        self.rows.iter().map(line).collect()
    }

    /// Throws the rows away and keeps the columns.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// The drawing.
    #[must_use]
    pub fn render(&self) -> String {
        let lines = self.lines();
        let mut out = format!("{:>MARGIN$}", "");
        for (at, column) in self.columns.iter().enumerate() {
            let line = lines[at];
            let used = out.chars().count();
            let start =
                (MARGIN + line).saturating_sub(column.chars().count() / 2).max(used + usize::from(at > 0));
            let _ = write!(out, "{:width$}{column}", "", width = start - used);
        }
        out.push('\n');
        for row in &self.rows {
            let at = match row {
                Row::Arrow { at, .. } | Row::Note { at, .. } => at,
            };
            let _ = write!(out, "{:>6}.{:03}  ", at.0 / 1000, at.0 % 1000);
            out.push_str(draw(row, &lines).trim_end());
            out.push('\n');
        }
        out
    }

    fn push_arrow(&mut self, at: Instant, from: &str, to: &str, text: &str, lost: bool) {
        let (from, to) = (self.participant(from), self.participant(to));
        self.rows.push(Row::Arrow { at, from, to, text: text.to_owned(), lost });
    }

    /// Where each participant's line stands: far enough apart for the longest text between neighbours.
    fn lines(&self) -> Vec<usize> {
        let count = self.columns.len();
        let mut gaps = vec![MIN_WIDTH; count.saturating_sub(1)];
        for row in &self.rows {
            if let Row::Arrow { from, to, text, .. } = row {
                let (low, high) = (*from.min(to), *from.max(to));
                let needed = text.chars().count() + 8;
                if let Some(gaps) = gaps.get_mut(low..high).filter(|gaps| !gaps.is_empty()) {
                    let each = needed.div_ceil(gaps.len());
                    gaps.iter_mut().for_each(|gap| *gap = (*gap).max(each));
                }
            }
        }
        let names =
            self.columns.windows(2).map(|pair| (pair[0].chars().count() + pair[1].chars().count()) / 2 + 2);
        for (gap, needed) in gaps.iter_mut().zip(names) {
            *gap = (*gap).max(needed);
        }
        let first = self.columns.first().map_or(0, |name| name.chars().count() / 2);
        let mut lines = vec![first];
        for gap in gaps {
            lines.push(lines[lines.len() - 1] + gap);
        }
        lines
    }
}

fn draw(row: &Row, lines: &[usize]) -> String {
    let width = lines.last().map_or(1, |last| last + 1);
    let mut cells = vec![' '; width];
    for line in lines {
        cells[*line] = '|';
    }
    match row {
        Row::Arrow { from, to, text, lost, .. } if from != to => {
            let (low, high) = (lines[*from.min(to)], lines[*from.max(to)]);
            cells[low + 1..high].fill('-');
            let head = if *lost {
                'x'
            } else if from < to {
                '>'
            } else {
                '<'
            };
            if from < to {
                cells[high - 1] = head
            } else {
                cells[low + 1] = head
            }
            let room = high - low - 1;
            let label: Vec<char> = format!(" {text} ").chars().take(room.saturating_sub(2)).collect();
            let start = low + 1 + (room - label.len()) / 2;
            cells[start..start + label.len()].copy_from_slice(&label);
            cells.into_iter().collect()
        }
        Row::Arrow { from: column, text, .. } | Row::Note { column, text, .. } => {
            let at = lines[*column] + 2;
            let text: Vec<char> = format!("[{text}]").chars().collect();
            cells.resize(width.max(at + text.len()), ' ');
            cells[at..at + text.len()].copy_from_slice(&text);
            cells.into_iter().collect()
        }
    }
}

/// A SIP datagram in a few words: `INVITE 202`, `REGISTER 201`, `200 OK (INVITE)`; what is not SIP by its length.
#[must_use]
pub fn summary(bytes: &[u8]) -> String {
    let mut message = Message::new();
    if message.parse(bytes).is_err() {
        return format!("({} octets)", bytes.len());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match &message.start {
        Start::Request { method, method_text, uri, .. } => {
            let to = message.to.as_ref().map_or(&[][..], |to| to.uri.user);
            let of = match method {
                Method::Register => to,
                Method::Ack | Method::Bye | Method::Cancel => &[],
                _ => uri.user,
            };
            format!("{} {}", text(method_text), text(of)).trim_end().to_owned()
        }
        Start::Response { code, reason } => {
            let method = message.cseq.as_ref().map_or(&[][..], |cseq| cseq.method_text);
            format!("{code} {} ({})", text(reason), text(method))
        }
    }
}

/// The same, with ` +sdp` if it carries a session description.
#[must_use]
pub fn summary_with_body(bytes: &[u8]) -> String {
    let mut message = Message::new();
    let carries = message.parse(bytes).is_ok()
        && message.content_type.is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/sdp"))
        && !message.body.is_empty();
    summary(bytes) + if carries { " +sdp" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_reads_from_left_to_right_and_downwards() {
        let mut ladder = Ladder::new();
        for name in ["201", "exchange", "202"] {
            ladder.participant(name);
        }
        ladder.arrow(Instant(0), "201", "exchange", "INVITE 202");
        ladder.lost(Instant(20), "exchange", "202", "INVITE 202");
        ladder.arrow(Instant(1500), "exchange", "201", "180");
        ladder.note(Instant(1501), "exchange", "permitted");
        let expected = "
            201            exchange              202
     0.000   |-- INVITE 202 -->|                  |
     0.020   |                 |--- INVITE 202 --x|
     1.500   |<----- 180 ------|                  |
     1.501   |                 | [permitted]      |
";
        let without = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('-', "");
        assert_eq!(without(&ladder.render()), without(expected), "\n{}", ladder.render());
        assert_eq!(ladder.trace()[1], "exchange -x 202: INVITE 202");
    }

    #[test]
    fn a_datagram_in_a_few_words() {
        let head = "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:201@b>;tag=1\r\nTo: <sip:202@b>\r\nCall-ID: c\r\n";
        let rows = [
            ("INVITE sip:202@b SIP/2.0\r\n", "CSeq: 1 INVITE\r\n\r\n", "INVITE 202"),
            ("REGISTER sip:b SIP/2.0\r\n", "CSeq: 1 REGISTER\r\n\r\n", "REGISTER 202"),
            ("BYE sip:x@b SIP/2.0\r\n", "CSeq: 1 BYE\r\n\r\n", "BYE"),
            ("SIP/2.0 200 OK\r\n", "CSeq: 1 INVITE\r\n\r\n", "200 OK (INVITE)"),
        ];
        for (start, end, expected) in rows {
            assert_eq!(summary(format!("{start}{head}{end}").as_bytes()), expected);
        }
        assert_eq!(summary(b"hello"), "(5 octets)");
    }
}
