//! Where the policy comes from (law 4): the file; else the last one that loaded, kept in the data directory; else the
//! emergency block of `--emergency FILE`; else nowhere.

use crate::engine::{self, Policy};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The last policy that loaded, in the data directory.
const LAST: &str = "last-good.stw";

/// A policy, and what is wrong with where it came from.
pub(crate) struct Found {
    pub(crate) policy: Policy,
    /// Alarms: the file did not load, and what is in force instead.
    pub(crate) alarm: Option<String>,
}

/// Loads the policy, or what stands in for it.
pub(crate) fn find(
    file: &Path,
    keys: Option<&Path>,
    data: &Path,
    emergency: Option<&Path>,
) -> Result<Found, String> {
    let why = match read(file, keys) {
        Ok((image, keyring)) => {
            let policy = engine::adopt(image.clone(), keyring.clone())?;
            let kept = keep(data, &image, &keyring);
            let alarm =
                kept.err().map(|why| format!("the policy cannot be kept as the last good one: {why}"));
            return Ok(Found { policy, alarm });
        }
        Err(why) => why,
    };
    let last = data.join(LAST);
    if last.exists() {
        match read(&last, None).and_then(|(image, keyring)| engine::adopt(image, keyring)) {
            Ok(policy) => {
                let alarm = Some(format!("{why}: the last good policy is in force, {}", last.display()));
                return Ok(Found { policy, alarm });
            }
            Err(also) => eprintln!("{also}"),
        }
    }
    let Some(emergency) = emergency else { return Err(why) };
    let policy = block(emergency).map_err(|also| format!("{why}; {}: {also}", emergency.display()))?;
    let alarm = Some(format!(
        "{why}: emergency calls only, by the emergency block of {}; no device can register",
        emergency.display()
    ));
    Ok(Found { policy, alarm })
}

/// Image and keyring.
pub(crate) type Read = (Vec<u8>, Vec<u8>);

/// Image and keyring. The findings go to standard error; those that are errors are the error.
fn read(path: &Path, keys: Option<&Path>) -> Result<Read, String> {
    let (read, findings) = findings(path, keys);
    findings.iter().for_each(|finding| eprintln!("{finding}"));
    read
}

/// The same, and the findings in lines.
pub(crate) fn findings(path: &Path, keys: Option<&Path>) -> (Result<Read, String>, Vec<String>) {
    let lines = |findings: &[strowger_tools::Finding]| findings.iter().map(ToString::to_string).collect();
    match strowger_tools::load(path, keys) {
        Err(findings) => (Err(format!("the policy {} does not load", path.display())), lines(&findings)),
        Ok(loaded) => {
            let findings = lines(&loaded.findings);
            let keyring = loaded.keyring.ok_or_else(|| {
                format!(
                    "no keyring for {}: put it beside the image as .keys, or name it with --keys",
                    path.display()
                )
            });
            (keyring.map(|keyring| (loaded.image, keyring)), findings)
        }
    }
}

/// The emergency block of TOML, of an image, or of what is left of one.
fn block(path: &Path) -> Result<Policy, String> {
    let octets = std::fs::read(path).map_err(|why| format!("cannot be read: {why}"))?;
    if let Ok(policy) = engine::adopt_block(octets) {
        return Ok(policy);
    }
    // It may be TOML; a damaged image is none, and its findings say what it is.
    let loaded = strowger_tools::load(path, None).map_err(|findings| {
        findings.iter().for_each(|finding| eprintln!("{finding}"));
        "neither a policy nor an image with a usable emergency block".to_owned()
    })?;
    engine::adopt_block(loaded.image)
}

/// Keeps a policy that has loaded. Both files are complete on disk before either takes its name; who is interrupted between
/// the two finds a pair that does not fit, which is refused like any other.
pub(crate) fn keep(data: &Path, image: &[u8], keyring: &[u8]) -> std::io::Result<()> {
    let (image_at, keys_at) = (data.join(LAST), data.join(LAST).with_extension("keys"));
    if std::fs::read(&image_at).is_ok_and(|kept| kept == image)
        && std::fs::read(&keys_at).is_ok_and(|kept| kept == keyring)
    {
        return Ok(());
    }
    std::fs::create_dir_all(data)?;
    let write = |path: &PathBuf, octets: &[u8]| {
        let mut file = tempfile::Builder::new().prefix(".strowger-").tempfile_in(data)?;
        file.write_all(octets)?;
        file.as_file().sync_all()?;
        Ok::<_, std::io::Error>((file, path.clone()))
    };
    for (file, path) in [write(&keys_at, keyring)?, write(&image_at, image)?] {
        file.persist(path).map_err(|why| why.error)?;
    }
    Ok(())
}
