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
