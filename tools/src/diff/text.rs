//! The difference in sentences.

use super::Difference;
use super::told::{Change, Number, OTHER, Target};

/// More names than this are counted, unless all are asked for.
const NAMED: usize = 4;

pub(super) fn text(difference: &Difference, all: bool) -> String {
    let parts: [(&str, &[Change]); 5] = [
        ("Newly allowed", &difference.newly_allowed),
        ("No longer allowed", &difference.no_longer_allowed),
        ("Account codes", &difference.account_codes),
        ("Same verdict, other way", &difference.other_way),
        ("Denied as before, for another reason", &difference.other_reason),
    ];
    let mut lines = Vec::new();
    for (title, changes) in parts.into_iter().filter(|(_, changes)| !changes.is_empty()) {
        lines.push(format!("{title}:"));
        lines.extend(changes.iter().map(|change| format!("  {}", sentence(change, all))));
    }
    if !difference.settings.is_empty() {
        lines.push("Other differences:".into());
        lines.extend(difference.settings.iter().map(|line| format!("  {line}")));
    }
    lines.join("\n")
}

fn sentence(change: &Change, all: bool) -> String {
    let (who, one) = who(change, all);
    let verb = |singular: &str, plural: &str| if one { singular.to_owned() } else { plural.to_owned() };
    let reach = verb("reaches", "reach");
    let (before, after) = (change.before.verdict, change.after.verdict);
    let does = match (before, after) {
        ("absent", "account-code") => format!("{} new: with an account code {reach}", verb("is", "are")),
        ("absent", _) => format!("{} new: {reach}", verb("is", "are")),
        ("emergency", "absent") => format!("{} gone: no longer {reach}", verb("is", "are")),
        (_, "absent") => format!("{} gone: no longer {reach}", verb("is", "are")),
        ("account-code", "allow") => format!("without an account code now {reach}"),
        ("allow", "account-code") => format!("only with an account code now {reach}"),
        ("deny", "account-code") => format!("newly, with an account code, {reach}"),
        ("account-code", "deny") => format!("no longer, even with an account code, {reach}"),
        ("emergency", "allow") => format!("no longer as an emergency call, but as any other, {reach}"),
        ("emergency", "account-code") => {
            format!("no longer as an emergency call, but with an account code, {reach}")
        }
        ("emergency", "deny") => format!("no longer {reach}"),
        ("deny", "allow") => format!("newly {reach}"),
        ("allow" | "account-code" | "deny", "emergency") => format!("as an emergency call now {reach}"),
        ("allow", "deny") => format!("no longer {reach}"),
        ("deny", _) => format!("still {} not reach", verb("does", "do")),
        (_, _) => reach,
    };
    let mut out = format!("{who} {does} {}", what(change, all));
    out += &format!(", {}", modes(&change.modes));
    if let Some(hours) = &change.hours {
        out += &format!(", {hours}");
    }
    out += &codes(&change.codes);
    match (&change.before.rule, &change.after.rule) {
        (Some(before), Some(after)) => out += &format!(": {after}, before: {before}"),
        (None, Some(rule)) => out += &format!(": {rule}"),
        (Some(rule), None) => out += &format!("; before: {rule}"),
        (None, None) if before == after => {
            let ways = |ways: &[String]| if ways.is_empty() { "no way".into() } else { list(ways, "then") };
            out += &format!(": over {}, before: {}", ways(&change.after.ways), ways(&change.before.ways));
        }
        (None, None) => {}
    }
    out
}

/// Who calls, and whether that is one.
fn who(change: &Change, all: bool) -> (String, bool) {
    let mut parts = Vec::new();
    match change.devices.as_slice() {
        [] => {}
        [one] => parts.push(format!("device {one}")),
        many => parts.push(counted(many, "devices", all)),
    }
    match change.trunks.as_slice() {
        [] => {}
        [one] => parts.push(format!("trunk {one}")),
        many => parts.push(format!("trunks {}", list(many, "and"))),
    }
    if change.unknown {
        parts.push("an unknown caller".into());
    }
    let one =
        parts.len() == 1 && change.devices.len() + change.trunks.len() + usize::from(change.unknown) == 1;
    (list(&parts, "and"), one)
}

/// `14 devices (201-214)`; very many spans are cut, unless all are asked for.
pub(super) fn counted(numbers: &[String], what: &str, all: bool) -> String {
    if all {
        return format!("{} {what} ({})", numbers.len(), numbers.join(", "));
    }
    let mut spans = spans(numbers);
    let rest = spans.len().saturating_sub(NAMED);
    spans.truncate(NAMED);
    let more = if rest > 0 { ", …" } else { "" };
    format!("{} {what} ({}{more})", numbers.len(), spans.join(", "))
}

/// Numbers that follow each other as `201-214`.
fn spans(numbers: &[String]) -> Vec<String> {
    let mut spans: Vec<(&str, &str)> = Vec::new();
    for number in numbers {
        match spans.last_mut() {
            Some(last) if follows(last.1, number) => last.1 = number,
            _ => spans.push((number, number)),
        }
    }
    let text = |(from, to): (&str, &str)| if from == to { from.into() } else { format!("{from}-{to}") };
    spans.into_iter().map(text).collect()
}

fn follows(a: &str, b: &str) -> bool {
    let digits =
        |text: &str| text.bytes().all(|c| c.is_ascii_digit()).then(|| text.parse::<u128>().ok()).flatten();
    a.len() == b.len() && matches!((digits(a), digits(b)), (Some(a), Some(b)) if a.checked_add(1) == Some(b))
}

/// What is called: classes and rows, or devices.
fn what(change: &Change, all: bool) -> String {
    let mut parts = Vec::new();
    // An emergency call is named by its number; a row can send emergency numbers as well.
    let emergency = [change.before.verdict, change.after.verdict].contains(&"emergency");
    let classes: Vec<&str> = change
        .classes
        .iter()
        .map(String::as_str)
        .filter(|class| *class != "internal" && !(emergency && *class == "emergency"))
        .map(|class| match class {
            "private" => "private numbers",
            "emergency" => "emergency numbers",
            class => class,
        })
        .collect();
    let shown = |target: &Target| target.new.clone().or_else(|| target.old.clone());
    let mut devices: Vec<String> = change
        .to
        .iter()
        .filter_map(shown)
        .filter(|number| number.kind == "device")
        .map(|number| number.number)
        .collect();
    // As callers are sorted: 99 before 201.
    devices.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    match devices.as_slice() {
        [] => {}
        [one] => parts.push(format!("device {one}")),
        many => parts.push(counted(many, "devices", all)),
    }
    for (kind, title) in [("emergency", "emergency number"), ("row", "row")] {
        let targets: Vec<&Target> = change
            .to
            .iter()
            .filter(|target| shown(target).is_some_and(|number| number.kind == kind))
            .collect();
        if targets.is_empty() {
            continue;
        }
        let rows = rows(&targets, title, all);
        let by = kind == "row" && !classes.is_empty();
        parts.push(if by { format!("{} by {rows}", list(&classes, "and")) } else { rows });
    }
    list(&parts, "and")
}

fn rows(targets: &[&Target], title: &str, all: bool) -> String {
    let most = if all { usize::MAX } else { NAMED };
    let mut texts: Vec<String> = targets.iter().take(most).map(|target| row(target)).collect();
    let rest = targets.len() - texts.len();
    let plural = if targets.len() == 1 { "" } else { "s" };
    if rest > 0 {
        texts.push(format!("{rest} more"));
    }
    format!("{title}{plural} {}", list(&texts, "and"))
}

/// `12 (9011…)`, with what it was before if that was another number or row.
fn row(target: &Target) -> String {
    let plus = if target.plus { " dialed with +" } else { "" };
    match (&target.old, &target.new) {
        (Some(old), Some(new)) if old.kind == new.kind && old.number == new.number => number(new) + plus,
        (Some(old), Some(new)) => format!("{}{plus}, before {}", number(new), kind(old)),
        (None, Some(new)) => format!("{}{plus}, which is new", number(new)),
        (Some(old), None) => format!("{}{plus} of the old policy", number(old)),
        (None, None) => String::new(),
    }
}

fn number(of: &Number) -> String {
    match of.row {
        None => of.number.clone(),
        Some(row) if of.number.is_empty() => row.to_string(),
        Some(row) if of.kind == "emergency" => format!("{} (row {row})", of.number),
        Some(row) => format!("{row} ({})", of.number),
    }
}

fn kind(of: &Number) -> String {
    let title = match of.kind {
        "emergency" => "emergency number",
        kind => kind,
    };
    format!("{title} {}", number(of))
}

fn modes(modes: &[&str]) -> String {
    if modes.len() == 3 { "in every mode".into() } else { list(modes, "and") }
}

fn codes(codes: &[Option<String>]) -> String {
    let named = |other: bool| {
        codes.iter().flatten().map(String::as_str).filter(move |name| (*name == OTHER) == other)
    };
    let mut texts: Vec<String> = named(false).map(|name| format!("code {name}")).collect();
    texts.extend(named(true).map(|_| "any code that is not verified".into()));
    match (texts.is_empty(), codes.contains(&None)) {
        (true, _) => String::new(),
        (false, true) => format!(", also with {}", list(&texts, "or")),
        (false, false) => format!(", with {}", list(&texts, "or")),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list<T: AsRef<str>>(texts: &[T], last: &str) -> String {
    match texts {
        [] => String::new(),
        [one] => one.as_ref().into(),
        [all @ .., end] => {
            let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", all.join(", "), end.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_follow_each_other_are_spans() {
        let text = |numbers: &[&str], all| {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            counted(&numbers, "devices", all)
        };
        assert_eq!(text(&["99", "201", "202", "203", "205"], false), "5 devices (99, 201-203, 205)");
        assert_eq!(text(&["201", "202"], true), "2 devices (201, 202)");
        assert_eq!(text(&["1", "3", "5", "7", "9"], false), "5 devices (1, 3, 5, 7, …)");
        assert_eq!(text(&["*1", "*2"], false), "2 devices (*1, *2)");
        assert_eq!(list(&["a", "b", "c"], "and"), "a, b and c");
    }
}
