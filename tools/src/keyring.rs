//! The keyring's octets: the layout that `strowger::policy::keyring` describes.

use crate::compile::Compiled;
use crate::write::soft;
use strowger::base::{Algorithm, Crypto};
use strowger::policy::Image;
use strowger::policy::keyring::{CODE_KEY, CODE_MAC, CODE_ROW, FORMAT, MAGIC, ROW, ROWS, code_mac, pin_mac};
use strowger::policy::row::Field;

/// The credentials of one device.
#[derive(Clone, Copy, Default)]
pub(crate) struct Secrets {
    pub(crate) md5: Option<[u8; 16]>,
    pub(crate) sha256: Option<[u8; 32]>,
    pub(crate) sha512_256: Option<[u8; 32]>,
}

/// The keyring for one device alone, as a phone gets it; `None` if the policy has no such device.
#[must_use]
pub fn keyring_for(compiled: &Compiled, dn: &str) -> Option<Vec<u8>> {
    let image = Image::load(&compiled.image, &mut soft()).ok()?;
    let device = image.device_by_dn(dn.as_bytes())?;
    let from = ROWS + usize::try_from(device).ok()? * ROW;
    let row = compiled.keyring.get(from..from + ROW)?;
    Some(assemble(image.hash(), row, &[], 0))
}

/// The whole keyring: one row for each device, in order.
pub(crate) fn keyring(
    image_hash: &[u8; 32],
    secrets: &[Secrets],
    codes: &[&str],
    pins: &[(u16, &str)],
) -> Vec<u8> {
    let mut rows = Vec::with_capacity(secrets.len() * ROW);
    let mut put = |part: &[u8]| rows.extend_from_slice(part);
    for (device, secrets) in (0u32..).zip(secrets) {
        device.write(&mut put);
        let has = [secrets.md5.is_some(), secrets.sha256.is_some(), secrets.sha512_256.is_some()];
        let flags = (0u32..).zip(has).fold(0, |flags, (bit, has)| flags | u32::from(has) << bit);
        flags.write(&mut put);
        secrets.md5.unwrap_or_default().write(&mut put);
        secrets.sha256.unwrap_or_default().write(&mut put);
        secrets.sha512_256.unwrap_or_default().write(&mut put);
    }
    let count = u16::try_from(codes.len()).unwrap_or(u16::MAX);
    assemble(image_hash, &rows, &hashed(image_hash, codes, pins), count)
}

/// Account codes keyed and hashed, in order of their macs, then PINs, in order of their users. The key comes from the codes and
/// PINs themselves and the image, so that the same policy has the same keyring, and nobody without them can tell the key.
fn hashed(image_hash: &[u8; 32], codes: &[&str], pins: &[(u16, &str)]) -> Vec<u8> {
    if codes.is_empty() && pins.is_empty() {
        return Vec::new();
    }
    let mut parts: Vec<&[u8]> = vec![b"strowger account codes", image_hash];
    for code in codes {
        parts.extend([code.as_bytes(), b"\n"]);
    }
    let users: Vec<[u8; 2]> = pins.iter().map(|(user, _)| user.to_le_bytes()).collect();
    for (user, (_, pin)) in users.iter().zip(pins) {
        parts.extend([b"pin ", user.as_slice(), pin.as_bytes(), b"\n"]);
    }
    let mut crypto = soft();
    let mut key = [0; 32];
    key.copy_from_slice(crypto.digest(Algorithm::Sha256, &parts).as_bytes());
    let mut rows: Vec<([u8; CODE_MAC], u16)> = Vec::with_capacity(codes.len());
    for (row, code) in (0u16..).zip(codes) {
        rows.extend(code_mac(&key, code.as_bytes(), &mut crypto).map(|mac| (mac, row)));
    }
    rows.sort_unstable();
    for (user, pin) in pins {
        rows.extend(pin_mac(&key, *user, pin.as_bytes(), &mut crypto).map(|mac| (mac, *user)));
    }
    let mut octets = key.to_vec();
    for (mac, row) in rows {
        octets.extend_from_slice(&mac);
        octets.extend_from_slice(&row.to_le_bytes());
    }
    octets
}

/// The same keyring, except that each user who has a PIN has this one. One that is damaged stays as it is.
pub(crate) fn with_pins(keyring: &[u8], pin: &[u8]) -> Vec<u8> {
    let mut octets = keyring.to_vec();
    let number = |at: usize, len: usize| {
        let mut octets = [0; 4];
        octets[..len].copy_from_slice(keyring.get(at..at + len)?);
        Some(u32::from_le_bytes(octets) as usize)
    };
    let (Some(codes), Some(rows)) = (number(6, 2), number(12, 4)) else { return octets };
    let key_at = ROWS + rows * ROW;
    let Some(key) = keyring.get(key_at..).and_then(|rest| rest.first_chunk::<CODE_KEY>()) else {
        return octets;
    };
    let mut crypto = soft();
    for row in octets[key_at + CODE_KEY..].chunks_exact_mut(CODE_ROW).skip(codes) {
        let user = u16::from_le_bytes([row[CODE_MAC], row[CODE_MAC + 1]]);
        if let Some(mac) = pin_mac(key, user, pin, &mut crypto) {
            row[..CODE_MAC].copy_from_slice(&mac);
        }
    }
    let hash = crypto.digest(Algorithm::Sha256, &[&octets[..48], &octets[ROWS..]]);
    octets[48..ROWS].copy_from_slice(hash.as_bytes());
    octets
}

fn assemble(image_hash: &[u8; 32], rows: &[u8], codes: &[u8], code_count: u16) -> Vec<u8> {
    let length = u32::try_from(ROWS + rows.len() + codes.len()).unwrap_or(u32::MAX);
    let count = u32::try_from(rows.len() / ROW).unwrap_or(u32::MAX);
    let mut octets = Vec::with_capacity(ROWS + rows.len() + codes.len());
    octets.extend_from_slice(MAGIC);
    let mut put = |part: &[u8]| octets.extend_from_slice(part);
    FORMAT.write(&mut put);
    code_count.write(&mut put);
    length.write(&mut put);
    count.write(&mut put);
    image_hash.write(&mut put);
    let hash = soft().digest(Algorithm::Sha256, &[&octets, rows, codes]);
    octets.extend_from_slice(hash.as_bytes());
    octets.extend_from_slice(rows);
    octets.extend_from_slice(codes);
    octets
}
