//! The drawing in characters.
//!
//! ```text
//!                 201          gateway         202
//!      0.000       |--- INVITE 202 -->|         |
//! ```

use super::{Ladder, Row};
use std::fmt::Write as _;

/// Where the first column's name may begin.
const MARGIN: usize = 14;
/// The narrowest distance of two lines.
const NARROWEST: usize = 14;

pub(super) fn text(ladder: &Ladder) -> String {
    let lines = lines(ladder);
    let mut head = Canvas::default();
    for (line, name) in lines.iter().zip(&ladder.columns) {
        head.put((MARGIN + line).saturating_sub(name.chars().count() / 2), name);
    }
    let mut out = head.line();
    for row in &ladder.rows {
        let at = row.at();
        let _ = write!(out, "{:>8}.{:03}  ", at / 1000, at % 1000);
        let mut canvas = Canvas::default();
        lines.iter().for_each(|line| canvas.put(*line, "|"));
        draw(row, &lines, &mut canvas);
        out += &canvas.line();
    }
    out
}

fn draw(row: &Row, lines: &[usize], canvas: &mut Canvas) {
    match row {
        Row::Arrow { from, to, text, .. } if from != to => {
            let (low, high) = (lines[*from.min(to)] + 1, lines[*from.max(to)]);
            canvas.put(low, &"-".repeat(high - low));
            let label = format!(" {text} ");
            canvas.put(low + (high - low).saturating_sub(label.chars().count()) / 2, &label);
            if from < to { canvas.put(high - 1, ">") } else { canvas.put(low, "<") }
        }
        Row::Arrow { from: column, text, .. } | Row::Note { column, text, .. } => {
            canvas.put(lines[*column] + 2, &format!("[{text}]"));
        }
    }
}

/// Where each participant's line stands: far enough apart for the longest text between neighbours.
fn lines(ladder: &Ladder) -> Vec<usize> {
    let length = |text: &str| text.chars().count();
    let mut gaps: Vec<usize> = ladder
        .columns
        .windows(2)
        .map(|pair| (length(&pair[0]).div_ceil(2) + length(&pair[1]).div_ceil(2) + 2).max(NARROWEST))
        .collect();
    // Neighbours first: they alone decide about their gap.
    let mut arrows: Vec<(usize, usize, usize)> = ladder
        .rows
        .iter()
        .filter_map(|row| match row {
            Row::Arrow { from, to, text, .. } if from != to => {
                Some((*from.min(to), *from.max(to), length(text) + 8))
            }
            Row::Arrow { .. } | Row::Note { .. } => None,
        })
        .collect();
    arrows.sort_by_key(|(low, high, _)| high - low);
    for (low, high, needed) in arrows {
        let there: usize = gaps[low..high].iter().sum();
        if needed > there {
            let more = (needed - there).div_ceil(high - low);
            gaps[low..high].iter_mut().for_each(|gap| *gap += more);
        }
    }
    let first = ladder.columns.first().map_or(0, |name| length(name) / 2);
    let mut lines = vec![first];
    for gap in gaps {
        lines.push(lines[lines.len() - 1] + gap);
    }
    lines
}

/// One line of characters.
#[derive(Default)]
struct Canvas(Vec<char>);

impl Canvas {
    fn put(&mut self, at: usize, text: &str) {
        let end = at + text.chars().count();
        if self.0.len() < end {
            self.0.resize(end, ' ');
        }
        // What would move a terminal's cursor is not what it shows.
        let shown = text.chars().map(|c| if c.is_control() { '?' } else { c });
        self.0[at..end].iter_mut().zip(shown).for_each(|(place, c)| *place = c);
    }

    fn line(&self) -> String {
        let text: String = self.0.iter().collect();
        format!("{}\n", text.trim_end())
    }
}
