//! The drawing as a Mermaid sequence diagram.

use super::{Ladder, Row};
use std::fmt::Write as _;

pub(super) fn text(ladder: &Ladder) -> String {
    let mut out = "sequenceDiagram\n".to_owned();
    for (at, name) in ladder.columns.iter().enumerate() {
        let _ = writeln!(out, "    participant p{at} as {}", escaped(name));
    }
    for row in &ladder.rows {
        let text = escaped(row.text());
        let _ = match row {
            Row::Arrow { from, to, .. } => writeln!(out, "    p{from}->>p{to}: {text}"),
            Row::Note { column, .. } => writeln!(out, "    Note over p{column}: {text}"),
        };
    }
    out
}

/// Letters, digits and what means nothing to Mermaid or HTML stay; everything else is told by its number.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if c.is_control() => out.push('?'),
            c if c.is_alphanumeric() || " .,()+*/_=@!?'-".contains(c) => out.push(c),
            other => _ = write!(out, "#{};", u32::from(other)),
        }
    }
    // An empty text would be no line of a diagram.
    if out.trim().is_empty() { "-".to_owned() } else { out }
}
