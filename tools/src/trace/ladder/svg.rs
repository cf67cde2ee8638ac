//! The drawing as an SVG picture: plain shapes and text, no scripts, nothing from elsewhere.

use super::{Ladder, Row};
use std::fmt::Write as _;

/// Pixels a character takes, a row, and beside the outermost columns.
const CHARACTER: usize = 7;
const ROW: usize = 24;
const MARGIN: usize = 90;
const HEAD: usize = 40;

pub(super) fn text(ladder: &Ladder) -> String {
    let places = places(ladder);
    let height = HEAD + (ladder.rows.len() + 1) * ROW;
    let notes = ladder.rows.iter().map(|row| match row {
        Row::Note { column, text, .. } => places[*column] + 20 + text.chars().count() * CHARACTER,
        Row::Arrow { .. } => 0,
    });
    let lines = places.last().map_or(0, |last| last + MARGIN);
    let width = notes.max().unwrap_or(0).max(lines) + 10;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"monospace\" font-size=\"11\">\n\
         <defs><marker id=\"head\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" orient=\"auto\"><path d=\"M0,1 L7,4 L0,7 z\"/></marker></defs>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (x, name) in places.iter().zip(&ladder.columns) {
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"20\" text-anchor=\"middle\" font-weight=\"bold\">{}</text><line x1=\"{x}\" y1=\"28\" x2=\"{x}\" y2=\"{height}\" stroke=\"silver\"/>",
            escaped(name)
        );
    }
    for (at, row) in ladder.rows.iter().enumerate() {
        let y = HEAD + (at + 1) * ROW;
        let (above, time) = (y - 4, row.at());
        let _ =
            writeln!(out, "<text x=\"4\" y=\"{y}\" fill=\"gray\">{}.{:03}</text>", time / 1000, time % 1000);
        let text = escaped(row.text());
        let _ = match row {
            Row::Arrow { from, to, .. } if from != to => {
                let (x1, x2) = (places[*from], places[*to]);
                let middle = x1.midpoint(x2);
                writeln!(
                    out,
                    "<line x1=\"{x1}\" y1=\"{y}\" x2=\"{x2}\" y2=\"{y}\" stroke=\"black\" marker-end=\"url(#head)\"/><text x=\"{middle}\" y=\"{above}\" text-anchor=\"middle\">{text}</text>"
                )
            }
            Row::Arrow { from: column, text: whole, .. } | Row::Note { column, text: whole, .. } => {
                let (x, top) = (places[*column] + 8, y - 13);
                let (inside, wide) = (x + 4, whole.chars().count() * CHARACTER + 8);
                writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{top}\" width=\"{wide}\" height=\"17\" fill=\"lightyellow\" stroke=\"silver\"/><text x=\"{inside}\" y=\"{y}\">{text}</text>"
                )
            }
        };
    }
    out += "</svg>\n";
    out
}

/// Where each participant's line stands.
fn places(ladder: &Ladder) -> Vec<usize> {
    let longest = ladder.rows.iter().filter(|row| matches!(row, Row::Arrow { .. }));
    let longest = longest.map(|row| row.text()).chain(ladder.columns.iter().map(String::as_str));
    let longest = longest.map(|text| text.chars().count()).max().unwrap_or(0);
    let gap = (longest * CHARACTER + 30).max(140);
    (0..ladder.columns.len()).map(|at| MARGIN + 40 + at * gap).collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c if c.is_control() => out.push('?'),
            other => out.push(other),
        }
    }
    out
}
