//! What one end shows of one attempt, and where ends contradict each other.
//!
//! Every reader writes down what its end shows and nothing else, as names and texts. Nothing is shown in common by all:
//! the wire has no classes, a record has no outpulsed digits. What two ends show must be the same.

use std::collections::BTreeMap;

/// What one end shows. `-` is shown to be nothing; what is absent is not shown.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Answer(pub(crate) BTreeMap<String, String>);

impl Answer {
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(crate) fn remove(&mut self, names: &[&str]) {
        self.0.retain(|name, _| !names.contains(&name.as_str()));
    }
}

/// The answers to one attempt, each with the name of its end.
pub(crate) type Answers = Vec<(&'static str, Answer)>;

/// Ends that have to show something for every attempt, and what each of them shows at least.
const DUTIES: [(&str, &[&str]); 4] = [
    ("wire", &["goes"]),
    ("explain", &["goes", "verdict", "rule", "mode", "cos", "cor", "row", "route", "class", "interconnect"]),
    ("c setup", &["goes", "verdict", "rule", "mode", "cos", "cor", "row", "route", "class", "interconnect"]),
    ("c polled", &["goes", "verdict", "rule", "mode", "cos", "cor", "row", "route", "class", "interconnect"]),
];

/// Every contradiction, and everything that an end ought to show and does not.
pub(crate) fn contradictions(answers: &Answers) -> Vec<String> {
    let mut found = Vec::new();
    let mut shown: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (end, answer) in answers {
        for (name, value) in &answer.0 {
            shown.entry(name).or_default().push((end, value));
        }
    }
    for (name, values) in &shown {
        if values.iter().any(|(_, value)| *value != values[0].1) {
            let each: Vec<String> = values.iter().map(|(end, value)| format!("{end}: {value:?}")).collect();
            found.push(format!("{name} is not the same: {}", each.join(", ")));
        }
    }
    let of = |end: &str| answers.iter().find(|(name, _)| *name == end).map(|(_, answer)| answer);
    for (end, duties) in DUTIES {
        for duty in duties {
            if of(end).is_none_or(|answer| answer.get(duty).is_empty()) {
                found.push(format!("{end} does not show {duty}"));
            }
        }
    }
    let denied = of("explain").is_some_and(|answer| answer.get("goes") == "no");
    if denied != of("record").is_some() {
        found.push(format!("denied: {denied}, but a record: {}", !denied));
    }
    // A call that goes says where to and with which digits; one that does not says why on the wire and in the record.
    let more: &[(&str, &str)] = if denied {
        &[("record", "verdict"), ("record", "rule"), ("record", "cos"), ("wire", "rule")]
    } else {
        &[("wire", "to"), ("c offered", "to"), ("c offered", "outpulsed"), ("explain", "outpulsed")]
    };
    for (end, duty) in more {
        if of(end).is_none_or(|answer| answer.get(duty).is_empty()) {
            found.push(format!("{end} does not show {duty}"));
        }
    }
    found
}

/// For people.
pub(crate) fn text(answers: &Answers) -> String {
    let lines = answers.iter().map(|(end, answer)| {
        let shown: Vec<String> = answer.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("  {end:<9} {}\n", shown.join("  "))
    });
    lines.collect()
}
