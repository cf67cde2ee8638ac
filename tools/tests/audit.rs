//! Chains of audit entries and denied attempts (R90): whatever is done to them shows.

use serde_json::json;
use std::fs;
use std::path::Path;
use strowger_tools::audit::{HEAD_LEN, Head, Link, full_name, verify};

/// A chain of that many entries, so many in a file that is full.
fn write(data: &Path, name: &str, entries: u64, full: u64) {
    let (mut head, mut first, mut text) = (Head::BEGIN, 1, String::new());
    for number in 1..=entries {
        let (line, next) =
            head.seal(&json!({ "who": "operator", "op": "mode", "new": format!("night{number}") }));
        head = next;
        text += &(line + "\n");
        if number - first + 1 == full && number < entries {
            fs::write(data.join(full_name(name, first)), std::mem::take(&mut text)).unwrap();
            first = number + 1;
        }
    }
    fs::write(data.join(format!("{name}.jsonl")), text).unwrap();
    fs::write(data.join(format!("{name}.head")), head.text()).unwrap();
}

/// What is said of the audit trail after something was done to its current file.
fn said(change: impl Fn(Vec<String>) -> Vec<String>) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "audit", 6, 100);
    let path = folder.path().join("audit.jsonl");
    let lines = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    fs::write(&path, change(lines).into_iter().map(|line| line + "\n").collect::<String>()).unwrap();
    let checked = verify(folder.path()).unwrap();
    let broken = checked.first().unwrap().broken.as_ref().map(ToString::to_string).unwrap_or_default();
    broken.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn r90_a_whole_chain_is_followed_through_all_its_files() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "audit", 25, 10);
    write(folder.path(), "denied", 3, 10);
    let checked = verify(folder.path()).unwrap();
    let told: Vec<_> = checked.iter().map(|chain| (chain.name, chain.head.seq, &chain.broken)).collect();
    assert_eq!(told, [("audit", 25, &None), ("denied", 3, &None)]);
    assert_eq!(fs::read(folder.path().join("audit.head")).unwrap().len(), HEAD_LEN);
}

#[test]
fn r90_whatever_is_done_to_a_line_shows() {
    assert_eq!(said(|lines| lines), "");
    let without = |at: usize| {
        move |mut lines: Vec<String>| {
            lines.remove(at);
            lines
        }
    };
    assert_eq!(said(without(2)), "audit.jsonl:3: entry 4 follows on 2: entry 3 is not here");
    assert_eq!(said(without(0)), "audit.jsonl:1: entry 2 follows on 0: entry 1 is not here");
    assert_eq!(said(without(5)), "audit.head: the chain stood at entry 6: entry 6 is not here");
    assert_eq!(
        said(|lines| lines[..3].to_vec()),
        "audit.head: the chain stood at entry 6: entries 4 to 6 are not here"
    );
    assert_eq!(said(|_| Vec::new()), "audit.head: the chain stood at entry 6: entries 1 to 6 are not here");
    let swapped = |mut lines: Vec<String>| {
        lines.swap(1, 2);
        lines
    };
    assert_eq!(said(swapped), "audit.jsonl:2: entry 3 follows on 1: entry 2 is not here");
    let doubled = |mut lines: Vec<String>| {
        lines.insert(3, lines[2].clone());
        lines
    };
    assert_eq!(said(doubled), "audit.jsonl:4: entry 3 follows on 3: it was moved, or stands here twice");
    for (old, new) in
        [("night4", "night5"), ("operator", "nobody"), ("\"seq\":4", "\"seq\":5"), ("\"hash\"", "\"hush\"")]
    {
        let changed = |mut lines: Vec<String>| {
            lines[3] = lines[3].replace(old, new);
            lines
        };
        let why = if new == "\"hush\"" { "is no line of a chain" } else { "was changed" };
        assert_eq!(said(changed), format!("audit.jsonl:4: this line {why}"));
    }
}

/// A line that somebody has written anew, with a hash that fits, does not fit the next.
#[test]
fn r90_a_line_written_anew_breaks_the_next() {
    let forged = |mut lines: Vec<String>| {
        let before = Link::read(&lines[1]).unwrap().head;
        lines[2] = before.seal(&json!({ "who": "operator", "op": "mode", "new": "day" })).0;
        lines
    };
    assert_eq!(said(forged), "audit.jsonl:4: entry 4 does not belong to the one before it");
    let last = |mut lines: Vec<String>| {
        let before = Link::read(&lines[4]).unwrap().head;
        lines[5] = before.seal(&json!({ "who": "nobody" })).0;
        lines
    };
    assert_eq!(said(last), "audit.head: this is the head of another chain");
}

#[test]
fn r90_a_file_that_is_gone_shows() {
    for (gone, told) in [
        (
            full_name("audit", 1),
            "audit-000000000011.jsonl:1: entry 11 follows on 0: entries 1 to 10 are not here",
        ),
        (full_name("audit", 11), "audit.jsonl:1: entry 21 follows on 10: entries 11 to 20 are not here"),
        ("audit.jsonl".to_owned(), "audit.head: the chain stood at entry 25: entries 21 to 25 are not here"),
        (
            "audit.head".to_owned(),
            "audit.head: where the chain stood cannot be read: whether its last entries are here is not known",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "audit", 25, 10);
        fs::remove_file(folder.path().join(gone)).unwrap();
        let checked = verify(folder.path()).unwrap();
        let broken = checked.first().unwrap().broken.as_ref().unwrap().to_string();
        assert_eq!(broken.replace(&format!("{}/", folder.path().display()), ""), told);
    }
}

/// Who is killed between an entry and its head has lost nothing.
#[test]
fn what_was_written_after_the_head_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "audit", 6, 100);
    let text = fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    let fifth = Link::read(text.lines().nth(4).unwrap()).unwrap().head;
    fs::write(folder.path().join("audit.head"), fifth.text()).unwrap();
    let checked = verify(folder.path()).unwrap();
    assert_eq!((checked[0].head.seq, &checked[0].broken), (6, &None));
}

#[test]
fn a_directory_without_chains_is_said() {
    let folder = tempfile::tempdir().unwrap();
    assert!(verify(folder.path()).unwrap_err().contains("neither audit.jsonl nor denied.jsonl"));
    assert!(verify(&folder.path().join("nowhere")).unwrap_err().contains("cannot be read"));
}
