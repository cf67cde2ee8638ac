//! A sequence as people draw it: one column for each party, time downwards.

use std::fmt::Write as _;

/// One line of a ladder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// Milliseconds since the beginning.
    pub at_ms: u64,
    /// The column it begins at.
    pub from: String,
    /// The column it goes to; the same for a remark.
    pub to: String,
    /// What is said.
    pub text: String,
}

/// The narrowest gap between two columns.
const GAP: usize = 14;

/// Draws lines. Columns stand in the order in which they are first heard of, the exchange last but for trunks.
#[must_use]
pub fn draw(lines: &[Line]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for name in lines.iter().flat_map(|line| [line.from.as_str(), line.to.as_str()]) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let place = |name: &str| columns.iter().position(|column| *column == name).unwrap_or(0);
    let mut gaps = vec![GAP; columns.len().saturating_sub(1)];
    for line in lines {
        let (one, other) = (place(&line.from), place(&line.to));
        let (low, high) = (one.min(other), one.max(other));
        let each = (line.text.chars().count() + 8).div_ceil((high - low).max(1));
        if high > low {
            gaps[low..high].iter_mut().for_each(|gap| *gap = (*gap).max(each));
        }
    }
    let mut at = vec![4];
    for gap in gaps {
        at.push(at[at.len() - 1] + gap);
    }
    let mut out = String::from("         ");
    for (column, at) in columns.iter().zip(&at) {
        let start = (9 + at).saturating_sub(column.chars().count() / 2);
        let used = out.chars().count();
        let _ = write!(out, "{:width$}{column}", "", width = start.saturating_sub(used).max(1));
    }
    out.push('\n');
    for line in lines {
        let _ = write!(out, "{:>5}.{:03}", line.at_ms / 1000, line.at_ms % 1000);
        out.push_str(row(line, &at, place(&line.from), place(&line.to)).trim_end());
        out.push('\n');
    }
    out
}

fn row(line: &Line, at: &[usize], from: usize, to: usize) -> String {
    let mut cells = vec![' '; at.last().map_or(1, |last| last + 1)];
    at.iter().for_each(|at| cells[*at] = '|');
    let text: Vec<char> = line.text.chars().collect();
    if from == to {
        let start = at[from] + 2;
        cells.resize(cells.len().max(start + text.len() + 2), ' ');
        cells[start] = '[';
        cells[start + 1..start + 1 + text.len()].copy_from_slice(&text);
        cells[start + 1 + text.len()] = ']';
        return cells.into_iter().collect();
    }
    let (low, high) = (at[from.min(to)], at[from.max(to)]);
    cells[low + 1..high].fill('-');
    if from < to {
        cells[high - 1] = '>';
    } else {
        cells[low + 1] = '<';
    }
    let room = high - low - 1;
    let label: Vec<char> = format!(" {} ", line.text).chars().take(room.saturating_sub(2)).collect();
    let start = low + 1 + (room - label.len()) / 2;
    cells[start..start + label.len()].copy_from_slice(&label);
    cells.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_from_column_to_column_and_remarks_stay() {
        let line = |from: &str, to: &str, text: &str| Line {
            at_ms: 1_500,
            from: from.into(),
            to: to.into(),
            text: text.into(),
        };
        let drawn = draw(&[line("201", "exchange", "dials 202"), line("exchange", "exchange", "denied")]);
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines[0].contains("201") && lines[0].contains("exchange"), "{drawn}");
        assert!(lines[1].starts_with("    1.500    |") && lines[1].contains(" dials 202 -"), "{drawn}");
        assert!(lines[1].ends_with(">|") && lines[2].ends_with("[denied]"), "{drawn}");
    }
}
