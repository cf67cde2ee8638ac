//! Shared test data, which lies beside the workspace and is no part of it.

use std::path::{Path, PathBuf};

/// The file or folder `relative` of the shared test data, or `None`, said on standard error, if it is not there.
///
/// # Panics
/// If it is missing and the environment has `CI=true`: there a test must not pass for want of data.
#[must_use]
pub fn shared(relative: &str) -> Option<PathBuf> {
    find(relative, std::env::var_os("CI").is_some_and(|ci| ci == "true"))
}

fn find(relative: &str, must_exist: bool) -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let path = workspace.parent()?.join("shared").join(relative);
    if path.exists() {
        return Some(path);
    }
    assert!(!must_exist, "CI=true, but the shared test data {} is missing", path.display());
    eprintln!("the shared test data {} is missing: what needs it is skipped", path.display());
    None
}

/// A shared file: its name, what the manifest says of it, and its text.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its path in the corpus.
    pub name: String,
    /// The right outcome.
    pub said: String,
    /// What is in it.
    pub text: Vec<u8>,
}

/// The files of a folder of the corpus, in the manifest's order; `None` without shared test data.
///
/// # Panics
/// As [`shared`]; and if a file that the manifest lists cannot be read.
#[must_use]
pub fn samples(folder: &str) -> Option<Vec<Sample>> {
    let manifest = std::fs::read_to_string(shared("corpus/MANIFEST.tsv")?).expect("it can be read");
    let sample = |row: &str| {
        let mut fields = row.split('\t');
        let (name, said) = (fields.next().unwrap_or_default(), fields.nth(1).unwrap_or_default());
        let path = shared(&format!("corpus/{name}")).unwrap_or_else(|| panic!("no {name}"));
        let text = std::fs::read(path).expect("it can be read");
        Sample { name: name.to_owned(), said: said.to_owned(), text }
    };
    let begin = format!("{folder}/");
    Some(manifest.lines().filter(|row| row.starts_with(&begin)).map(sample).collect())
}

/// The bytes of a Go fuzz file: its one literal.
///
/// # Panics
/// If an escape in it is not finished.
#[must_use]
pub fn literal(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text).into_owned();
    let inner =
        text.split_once("(\"").and_then(|(_, rest)| rest.rsplit_once("\")")).map_or("", |(inner, _)| inner);
    let mut out = Vec::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        match escaped {
            None => out.extend(c.to_string().into_bytes()),
            Some('n') => out.push(b'\n'),
            Some('r') => out.push(b'\r'),
            Some('t') => out.push(b'\t'),
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                out.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
            }
            Some(other) => out.extend(other.to_string().into_bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn missing_data_is_skipped_outside_ci() {
        assert_eq!(find("no such file", false), None);
    }

    #[test]
    #[should_panic(expected = "is missing")]
    fn missing_data_fails_in_ci() {
        let _ = find("no such file", true);
    }
}
