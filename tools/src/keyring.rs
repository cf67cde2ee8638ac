//! The keyring's octets: the layout that `strowger::policy::keyring` describes.

use crate::compile::Compiled;
use crate::write::soft;
use strowger::base::{Algorithm, Crypto};
use strowger::policy::Image;
use strowger::policy::keyring::{
    CODE_KEY, CODE_MAC, CODE_ROW, FORMAT, MAGIC, MAX_PASSWORD, ROW, ROWS, SIGNED, SYSLOG, TRUNK_ROW,
    code_mac, pin_mac,
};
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
    Some(assemble(image.hash(), row, (&[], 0), (false, ""), (&[], 0)))
}

/// What a keyring is made of.
pub(crate) struct Kept<'a> {
    /// Of each device, in order.
    pub(crate) devices: &'a [Secrets],
    /// The passwords of trunks, in order of trunk.
    pub(crate) trunks: &'a [(u16, String)],
    /// Whether alarms go to the system's log, and the URL that they are posted to.
    pub(crate) alarms: (bool, &'a str),
    /// Account codes, in order of their table.
    pub(crate) codes: &'a [&'a str],
    /// The PINs of users, in order of user.
    pub(crate) pins: &'a [(u16, &'a str)],
}

/// The whole keyring: one row for each device, in order.
pub(crate) fn keyring(image_hash: &[u8; 32], kept: &Kept<'_>) -> Vec<u8> {
    let Kept { devices: secrets, trunks, alarms, codes, pins } = *kept;
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
    let mut passwords = Vec::with_capacity(trunks.len() * TRUNK_ROW);
    for (trunk, password) in trunks {
        let mut padded = [0; MAX_PASSWORD];
        padded[..password.len()].copy_from_slice(password.as_bytes());
        passwords.extend_from_slice(&trunk.to_le_bytes());
        passwords.push(u8::try_from(password.len()).unwrap_or(0));
        passwords.extend_from_slice(&padded);
    }
    let count = |len: usize| u16::try_from(len).unwrap_or(u16::MAX);
    let hashed = hashed(image_hash, codes, pins);
    assemble(image_hash, &rows, (&passwords, count(trunks.len())), alarms, (&hashed, count(codes.len())))
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
    let Some(Parts { codes, key_at, .. }) = parts(keyring) else { return octets };
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
    sign(&mut octets);
    octets
}

fn assemble(
    image_hash: &[u8; 32],
    rows: &[u8],
    (trunks, trunk_count): (&[u8], u16),
    (syslog, webhook): (bool, &str),
    (codes, code_count): (&[u8], u16),
) -> Vec<u8> {
    let length = ROWS + rows.len() + trunks.len() + webhook.len() + codes.len();
    let mut octets = Vec::with_capacity(length);
    octets.extend_from_slice(MAGIC);
    let mut put = |part: &[u8]| octets.extend_from_slice(part);
    FORMAT.write(&mut put);
    code_count.write(&mut put);
    u32::try_from(length).unwrap_or(u32::MAX).write(&mut put);
    u32::try_from(rows.len() / ROW).unwrap_or(u32::MAX).write(&mut put);
    image_hash.write(&mut put);
    octets.extend_from_slice(&[0; 32]);
    let mut put = |part: &[u8]| octets.extend_from_slice(part);
    trunk_count.write(&mut put);
    (u16::try_from(webhook.len()).unwrap_or(0) | if syslog { SYSLOG } else { 0 }).write(&mut put);
    put(rows);
    put(trunks);
    put(webhook.as_bytes());
    put(codes);
    sign(&mut octets);
    octets
}

/// Puts the checksum in its place. Nothing happens to what is too short to be a keyring.
pub(crate) fn sign(octets: &mut [u8]) {
    let (Some(head), Some(rest)) = (octets.get(..CHECKSUM), octets.get(SIGNED..)) else { return };
    let hash = soft().digest(Algorithm::Sha256, &[head, rest]);
    octets[CHECKSUM..SIGNED].copy_from_slice(hash.as_bytes());
}

/// Where the checksum stands.
const CHECKSUM: usize = SIGNED - 32;

/// Where the parts of a keyring begin.
#[derive(Clone, Copy)]
pub(crate) struct Parts {
    /// Account codes.
    pub(crate) codes: usize,
    /// Where the trunks' passwords begin.
    pub(crate) trunks_at: usize,
    /// Where the URL for alarms begins.
    pub(crate) webhook_at: usize,
    /// Where the key of codes and PINs stands, if there is one.
    pub(crate) key_at: usize,
}

/// The parts of a keyring; `None` if it is too short to say.
pub(crate) fn parts(keyring: &[u8]) -> Option<Parts> {
    let number = |at: usize, len: usize| {
        let mut octets = [0; 4];
        octets[..len].copy_from_slice(keyring.get(at..at + len)?);
        Some(u32::from_le_bytes(octets) as usize)
    };
    let (codes, rows, trunks) = (number(6, 2)?, number(12, 4)?, number(SIGNED, 2)?);
    let trunks_at = ROWS + rows * ROW;
    let webhook = number(SIGNED + 2, 2)? & !usize::from(SYSLOG);
    let webhook_at = trunks_at + trunks * TRUNK_ROW;
    Some(Parts { codes, trunks_at, webhook_at, key_at: webhook_at + webhook })
}
