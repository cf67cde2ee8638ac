//! The floors of the house (lib.rs of core): a room uses only rooms on floors below its own, and rooms on one floor do
//! not know each other. Read from the source, tests left out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up. Rooms that do not exist yet have their place already.
const FLOORS: [&[&str]; 8] = [
    &["base"],
    &["table", "wire"],
    &["policy"],
    &["registration", "station", "account", "brakes", "media", "record", "homing"],
    &["call"],
    &["signalling"],
    &["exchange", "phone"],
    &["set"],
];

/// What breaks the rule today: room, used room, file. An entry that is no longer true fails the test as well.
const KNOWN: &[(&str, &str, &str)] = &[];

fn core() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("core/src")
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("core is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The source without comments and without what is compiled for tests only.
fn code(path: &Path) -> String {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.ends_with("tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(path).expect("readable");
    let inline_tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..inline_tests].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The rooms named behind `crate::`, in a path or in a group of a `use`.
fn rooms(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let mut depth = 1;
        let mut item = true;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => item = true,
                c if item && c.is_alphanumeric() => {
                    found.insert(word(&group[at..]));
                    item = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

#[test]
fn a_room_uses_only_floors_below() {
    let core = core();
    let mut files = Vec::new();
    sources(&core, &mut files);
    assert!(files.len() > 30, "core has sources");
    let mut violations = BTreeSet::new();
    let mut uses = BTreeSet::new();
    for path in files {
        let file = path.strip_prefix(&core).expect("below core").to_string_lossy().replace('\\', "/");
        let Some((room, _)) = file.split_once('/') else { continue };
        let own = floor(room).unwrap_or_else(|| panic!("{room} has no floor"));
        for used in rooms(&code(&path)) {
            let Some(below) = floor(&used) else { panic!("{file} uses {used}, which has no floor") };
            uses.insert(format!("{room} -> {used}"));
            if used != room && below >= own {
                violations.insert((room.to_owned(), used, file.clone()));
            }
        }
    }
    println!("{}", uses.into_iter().collect::<Vec<_>>().join(", "));
    let known = KNOWN.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
    assert_eq!(violations, known, "(left: found, right: known)");
}

#[test]
fn the_reader_of_sources_reads() {
    let found = rooms(
        "use crate::base::X;\nuse crate::{call::{self, leg}, wire::sip::Uri};\nlet x = crate::policy::Rule::Route;",
    );
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["base", "call", "policy", "wire"]);
}

#[test]
fn only_join_makes_a_connection_and_only_permit_a_permit() {
    let core = core();
    let mut files = Vec::new();
    sources(&core, &mut files);
    for (needle, home) in [("Connect {", "call/join.rs"), ("event: PhantomData", "policy/permit.rs")] {
        let holders: Vec<String> = files
            .iter()
            .filter(|path| {
                code(path)
                    .lines()
                    .any(|line| line.contains(needle) && !line.contains("impl") && !line.contains("struct"))
            })
            .map(|path| path.strip_prefix(&core).expect("below core").to_string_lossy().into_owned())
            .collect();
        assert_eq!(holders, [home], "{needle}");
    }
    let join = fs::read_to_string(core.join("call/join.rs")).expect("readable");
    assert!(join.lines().count() <= 150, "the code that connects stays small enough to be read at once");
}
