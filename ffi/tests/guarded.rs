//! Every exported function goes through the guard, with nothing before and nothing after it: read from the source, because
//! a rule that only people keep is not kept.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

/// The lines of each exported function's body, without comments.
fn functions(source: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for part in source.split("extern \"C\" fn ").skip(1) {
        let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let mut lines = part.lines().skip_while(|line| !line.ends_with('{')).skip(1);
        let body = lines.by_ref().take_while(|line| *line != "}").map(str::to_owned);
        found.push((name, body.filter(|line| !line.trim_start().starts_with("//")).collect()));
    }
    found
}

/// What stands in a body beside the closure that the guard runs: statements at the first indentation.
fn outside(body: &[String]) -> Vec<&str> {
    let mut in_closure = false;
    let mut outside = Vec::new();
    for line in body {
        let indented = line.starts_with("     ");
        if !in_closure {
            outside.push(line.trim());
            in_closure = line.ends_with('{');
        } else if !indented {
            // Its closing brace.
            in_closure = false;
        }
    }
    outside
}

#[test]
fn every_export_is_guarded() {
    let room = sources().into_iter().filter(|path| is_room(path));
    let source: String = room.map(|path| fs::read_to_string(path).unwrap()).collect();
    let functions = functions(&source);
    assert!(functions.len() >= 20, "the source no longer looks as this test expects");
    assert_eq!(source.matches("#[unsafe(no_mangle)]").count(), functions.len());
    for (name, body) in &functions {
        assert!(name.starts_with("stw_"), "{name}");
        let guards = body.iter().filter(|line| {
            [
                "guard::value(",
                "guard::call(",
                "guard::exchange(x, body)",
                "guard::phone(p, body)",
                "guard::end(x)",
                "guard::end(p)",
            ]
            .iter()
            .any(|guard| line.contains(guard))
        });
        assert_eq!(guards.count(), 1, "{name} is not guarded, or twice");
        for statement in outside(body) {
            let allowed = statement.starts_with("guard::value(")
                || statement.starts_with("guard::call(|| {")
                || statement.starts_with("let body = |engine: &mut Engine|")
                || statement.starts_with("let body = |engine: &mut Telephone|")
                || [
                    "unsafe { guard::exchange(x, body) }",
                    "let _ = unsafe { guard::exchange(x, body) };",
                    "unsafe { guard::phone(p, body) }",
                    "let _ = unsafe { guard::phone(p, body) };",
                    "unsafe { guard::end(x) }",
                    "unsafe { guard::end(p) }",
                    "let mut deadline = u64::MAX;",
                    "deadline",
                ]
                .contains(&statement);
            assert!(allowed, "{name} does something outside of the guard: {statement}");
        }
    }
}

/// Every source file of the package.
fn sources() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

/// Whether exports stand there: `exports.rs` and its folder.
fn is_room(path: &Path) -> bool {
    path.ends_with("src/exports.rs") || path.ancestors().any(|folder| folder.ends_with("src/exports"))
}

#[test]
fn exports_are_in_one_room() {
    for path in sources() {
        let source = fs::read_to_string(&path).unwrap();
        let exports = source.contains("no_mangle")
            || source.contains("extern \"C\" fn")
            || source.contains("export_name");
        assert_eq!(exports, is_room(&path), "{}", path.display());
    }
}
