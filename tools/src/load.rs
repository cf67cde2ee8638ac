//! A policy from a file: TOML, or an image with its keyring beside it.

use crate::compile::compile_file;
use crate::finding::Finding;
use crate::write::soft;
use std::path::Path;
use strowger::policy::image::MAGIC;
use strowger::policy::{Image, Keyring};

/// A policy, checked and ready for an engine.
#[derive(Debug)]
pub struct Loaded {
    /// The image; `strowger::policy::Image::load` takes it.
    pub image: Vec<u8>,
    /// The keyring made with it; absent if the policy is an image without one.
    pub keyring: Option<Vec<u8>>,
    /// Remarks of the compiler; none of them an error.
    pub findings: Vec<Finding>,
}

/// Loads TOML or a compiled image, told apart by the first octets.
///
/// A keyring is read from `keys`; without it, from the image's path with the extension `.keys`, if that file exists.
/// With TOML, `keys` replaces the keyring that the compiler makes.
///
/// # Errors
/// Findings; at least one is an error.
pub fn load(path: &Path, keys: Option<&Path>) -> Result<Loaded, Vec<Finding>> {
    if begins_as_image(path)? {
        return load_image(path, keys);
    }
    let compiled = compile_file(path)?;
    let keyring = match keys {
        Some(keys) => read_keyring(keys, &compiled.image)?,
        None => compiled.keyring,
    };
    Ok(Loaded { image: compiled.image, keyring: Some(keyring), findings: compiled.findings })
}

/// Loads the image alone, of TOML or compiled: whoever only compares policies needs no secrets.
///
/// # Errors
/// Findings; at least one is an error.
pub fn load_policy(path: &Path) -> Result<Vec<u8>, Vec<Finding>> {
    if begins_as_image(path)? { read_image(path) } else { compile_file(path).map(|compiled| compiled.image) }
}

/// Loads a compiled image and its keyring.
///
/// # Errors
/// One finding that says what is wrong.
pub fn load_image(path: &Path, keys: Option<&Path>) -> Result<Loaded, Vec<Finding>> {
    let image = read_image(path)?;
    let beside = path.with_extension("keys");
    let keys = keys.or_else(|| Some(beside.as_path()).filter(|beside| beside.exists()));
    let keyring = keys.map(|keys| read_keyring(keys, &image)).transpose()?;
    Ok(Loaded { image, keyring, findings: Vec::new() })
}

/// Whether a file is a compiled image; one that cannot be read is none.
pub(crate) fn is_image(path: &Path) -> bool {
    begins_as_image(path).unwrap_or(false)
}

fn begins_as_image(path: &Path) -> Result<bool, Vec<Finding>> {
    use std::io::Read as _;
    let mut first = Vec::new();
    let opened = std::fs::File::open(path).and_then(|file| file.take(4).read_to_end(&mut first));
    opened.map_err(|why| unreadable(path, &why))?;
    Ok(first == MAGIC)
}

fn read_image(path: &Path) -> Result<Vec<u8>, Vec<Finding>> {
    let image = std::fs::read(path).map_err(|why| unreadable(path, &why))?;
    if let Err(bad) = Image::load(&image, &mut soft()) {
        return Err(vec![Finding::of_file(
            path.display().to_string(),
            "bad-image",
            format!("not a usable image: {bad:?}"),
        )]);
    }
    Ok(image)
}

fn read_keyring(path: &Path, image: &[u8]) -> Result<Vec<u8>, Vec<Finding>> {
    let octets = std::fs::read(path).map_err(|why| unreadable(path, &why))?;
    let bad = |text: String| vec![Finding::of_file(path.display().to_string(), "bad-keyring", text)];
    let image =
        Image::load(image, &mut soft()).map_err(|why| bad(format!("its image is not usable: {why:?}")))?;
    let checked = Keyring::load(&octets, &image, &mut soft()).map(drop);
    checked.map_err(|why| bad(format!("not a keyring for this policy: {why:?}")))?;
    Ok(octets)
}

fn unreadable(path: &Path, why: &std::io::Error) -> Vec<Finding> {
    vec![Finding::of_file(path.display().to_string(), "unreadable", format!("cannot be read: {why}"))]
}
