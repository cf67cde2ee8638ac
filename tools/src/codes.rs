//! The codes of all findings: one list, which `docs/findings.md` explains one by one.

/// Every code that a finding can have.
pub const CODES: &[&str] = &[
    // Files and values.
    "bad-image",
    "bad-keyring",
    "bad-value",
    "dangling",
    "duplicate",
    "include",
    "internal",
    "misplaced-key",
    "missing-key",
    "missing-secret",
    "not-in-force",
    "station-file",
    "syntax",
    "too-large",
    "too-many",
    "unknown-key",
    "unknown-lint",
    "unreadable",
    "wrong-type",
    // Numbers.
    "digit-modification",
    "empty-class",
    "no-country",
    "number-conflict",
    "number-plan",
    "overlapping-patterns",
    "overlapping-times",
    "patterns-too-entangled",
    "plan-gap",
    "unknown-class",
    "unreachable-row",
    "unused",
    // Emergency.
    "emergency",
    "emergency-direct-dial",
    "emergency-no-callback",
    "emergency-no-location",
    "emergency-not-notified",
    "emergency-number",
    "emergency-outpulse",
    "emergency-prefix",
    "emergency-wins",
    "no-emergency",
    // Toll fraud.
    "auto-registration",
    "class-open",
    "code-emergency",
    "code-prefix",
    "digest-sha-256-only",
    "forced-code-and-forward",
    "forced-code-exempt-route",
    "forced-code-missing",
    "forward-denied",
    "hunt-group-empty",
    "forward-to-itself",
    "hot-desk-open",
    "intrusion-unshielded",
    "limits-absent",
    "limits-loose",
    "night-looser",
    "no-class",
    "no-pin",
    "number-class-opens",
    "public-to-public",
    "sdes-over-clear",
    "service-port-dials-out",
    "shared-secret",
    "speed-call-exempt",
    "speed-call-target",
    "speed-call-vacant",
    "trunk-credentials",
    "trunk-dials-out",
    "trunk-forward-external",
    "trunk-no-source",
    "trunk-to-trunk",
    "trunk-trusts-many",
    "unlabelled-route",
    "weak-secret",
    // The rest.
    "accept-unused",
    "holiday-past",
    "no-mixer",
    "no-relay",
];

/// Whether a code is in the list.
pub(crate) fn known(code: &str) -> bool {
    CODES.contains(&code)
}

/// The known code that is most like a text.
pub(crate) fn nearest(text: &str) -> &'static str {
    CODES.iter().min_by_key(|code| distance(code, text)).copied().unwrap_or("")
}

/// How many letters must be added, taken out or changed to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in (1..).zip(a.chars()) {
        let mut diagonal = std::mem::replace(&mut row[0], i);
        for (j, y) in (1..).zip(&b) {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j];
            row[j] = change.min(diagonal + 1).min(row[j - 1] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn the_nearest_code_is_named() {
        assert_eq!(nearest("sdes-over-claer"), "sdes-over-clear");
        assert_eq!(nearest("weak_secret"), "weak-secret");
        assert_eq!((distance("", "abc"), distance("abc", ""), distance("kitten", "sitting")), (3, 3, 3));
    }

    #[test]
    fn every_code_has_its_section_and_every_section_its_code() {
        let page = include_str!("../../docs/findings.md");
        let sections: Vec<&str> =
            page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
        let listed: BTreeSet<&str> = CODES.iter().copied().collect();
        assert_eq!((listed.len(), sections.len()), (CODES.len(), CODES.len()), "something is there twice");
        assert_eq!(sections.into_iter().collect::<BTreeSet<_>>(), listed);
    }

    /// `Report` itself refuses, in debug builds, a code that is not listed.
    #[test]
    fn every_code_stands_somewhere_in_the_source() {
        let mut source = String::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        gather(&root, &root.join("codes.rs"), &mut source);
        for code in CODES {
            assert!(source.contains(&format!("\"{code}\"")), "nothing says {code}");
        }
    }

    fn gather(folder: &Path, except: &Path, source: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                gather(&path, except, source);
            } else if path != except {
                source.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
}
