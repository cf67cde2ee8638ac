//! The keyring: credentials apart from the policy image, named by the image's hash.
//!
//! ```text
//!  0  "STWK"   4 format (8)   6 account codes   8 length   12 rows   16 hash of the image   48 SHA-256 of 0..48 and 80..
//!  80 trunk passwords (16 bits)   82 where alarms go (16 bits: 0x8000 syslog; below it the octets of a URL)
//!  84 rows in order of device: device (32 bits), flags (32 bits: 1 MD5, 2 SHA-256, 4 SHA-512-256), the HA1s in that order (16, 32, 32)
//!     then the trunk passwords in order of trunk: trunk (16 bits), length (8 bits), the password in clear, zeros up to 64 octets: what
//!     it is hashed with is the carrier's to say
//!     then the URL that alarms are posted to: who has it may post as well, and a phone need not know
//!     then, if there are account codes or PINs: a key (32); codes in order of mac: see [`code_mac`], and the row of the image's
//!     account code table (16 bits); the PINs of hot-desk users, in order of user: see [`pin_mac`], and the user (16 bits); those of sets,
//!     likewise, and the set's number plus [`OF_SETS`]; then the codes by which sets are registered, with [`REGISTRATION`] and [`REPLACEMENT`]
//! ```

use super::image::Image;
use super::row::Field;
use crate::base::{Algorithm, Crypto, Secret, Typed};

/// The first four octets of a keyring.
pub const MAGIC: &[u8; 4] = b"STWK";
/// The format this engine reads.
pub const FORMAT: u16 = 8;
/// Where what is signed begins again, behind the checksum.
pub const SIGNED: usize = 80;
/// Where the rows begin.
pub const ROWS: usize = 84;
/// The longest password of a trunk, in octets.
pub const MAX_PASSWORD: usize = 64;
/// Octets of a trunk password's row.
pub const TRUNK_ROW: usize = MAX_PASSWORD + 3;
/// The longest URL for alarms, in octets.
pub const MAX_WEBHOOK: usize = 512;
/// Alarms go to the system's log too.
pub const SYSLOG: u16 = 1 << 15;
/// Octets of a row.
pub const ROW: usize = 88;
/// Octets of the key that account codes are hashed under.
pub const CODE_KEY: usize = 32;
/// Octets of an account code's mac.
pub const CODE_MAC: usize = 16;
/// Octets of an account code's row, and of a PIN's.
pub const CODE_ROW: usize = 18;

/// What stands with a set's PIN is at least this.
pub const OF_SETS: u16 = 0x8000;
/// What stands with the code that registers sets (R72).
pub const REGISTRATION: u16 = 0xFFFE;
/// What stands with the code that replaces a set by another (R73).
pub const REPLACEMENT: u16 = 0xFFFF;

/// Why a keyring was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BadKeyring {
    /// It does not begin like a keyring.
    NotAKeyring,
    /// Made for another format.
    Format,
    /// Shorter or longer than it says.
    Length,
    /// Its checksum does not fit: damaged.
    Checksum,
    /// Made with another policy image.
    OtherImage,
    /// Rows out of order, or of devices that the image does not have.
    Row,
}

/// A valid keyring, read in place. Keep the bytes where nobody else reads.
#[derive(Clone, Copy)]
pub struct Keyring<'a> {
    rows: &'a [u8],
    trunks: &'a [[u8; TRUNK_ROW]],
    syslog: bool,
    webhook: &'a str,
    code_key: &'a [u8],
    codes: &'a [[u8; CODE_ROW]],
    pins: &'a [[u8; CODE_ROW]],
}

impl core::fmt::Debug for Keyring<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Keyring")
    }
}

/// H(username:realm:password): 16 or 32 octets.
pub type Ha1 = Secret<32>;

/// What a keyring keeps of an account code: SHA-256 over the secret key and the code, filled up to [`Typed::MAX`] octets.
/// Key and code have fixed lengths, so nothing can be appended to what was hashed, and one block holds both: on a phone
/// that is a quarter of the work of an HMAC. `None` for what is longer than a code can be.
pub fn code_mac(key: &[u8; 32], code: &[u8], crypto: &mut impl Crypto) -> Option<[u8; CODE_MAC]> {
    let mut filled = [0; Typed::MAX];
    filled.get_mut(..code.len())?.iter_mut().zip(code).for_each(|(place, c)| *place = *c);
    crypto.digest(Algorithm::Sha256, &[key, &filled]).as_bytes().first_chunk().copied()
}

/// What a keyring keeps of a hot-desk user's PIN: as of a code, and the user's row with it, so that two users with one PIN
/// have two macs. `None` for what is longer than a PIN can be.
pub fn pin_mac(key: &[u8; 32], user: u16, pin: &[u8], crypto: &mut impl Crypto) -> Option<[u8; CODE_MAC]> {
    let mut filled = [0; Typed::MAX];
    filled.get_mut(..pin.len())?.iter_mut().zip(pin).for_each(|(place, c)| *place = *c);
    let parts: [&[u8]; 4] = [key, b"pin", &user.to_le_bytes(), &filled];
    crypto.digest(Algorithm::Sha256, &parts).as_bytes().first_chunk().copied()
}

impl<'a> Keyring<'a> {
    /// Nobody's credentials.
    pub const EMPTY: Self =
        Self { rows: &[], trunks: &[], syslog: false, webhook: "", code_key: &[], codes: &[], pins: &[] };

    /// Checks it and that it was made with this image. Work: linear in the keyring.
    ///
    /// # Errors
    /// [`BadKeyring`] says what is wrong; nothing was taken over.
    pub fn load(bytes: &'a [u8], image: &Image<'_>, crypto: &mut impl Crypto) -> Result<Self, BadKeyring> {
        let (header, rows) = bytes.split_at_checked(ROWS).ok_or(BadKeyring::NotAKeyring)?;
        let (magic, mut rest) = header.split_first_chunk::<4>().ok_or(BadKeyring::NotAKeyring)?;
        if magic != MAGIC {
            return Err(BadKeyring::NotAKeyring);
        }
        let format = u16::take(&mut rest);
        let codes = usize::from(u16::take(&mut rest));
        let length = u32::take(&mut rest);
        let count = u32::take(&mut rest);
        if format != FORMAT {
            return Err(BadKeyring::Format);
        }
        let mut counts = header.get(SIGNED..).unwrap_or(&[]);
        let trunk_count = usize::from(u16::take(&mut counts));
        let alarms = u16::take(&mut counts);
        let signed_behind = bytes.get(SIGNED..).unwrap_or(&[]);
        let expected = usize::try_from(count).ok().and_then(|count| count.checked_mul(ROW));
        let (rows, behind) = expected.and_then(|len| rows.split_at_checked(len)).ok_or(BadKeyring::Length)?;
        let expected = trunk_count.checked_mul(TRUNK_ROW);
        let (trunks, behind) =
            expected.and_then(|len| behind.split_at_checked(len)).ok_or(BadKeyring::Length)?;
        let (trunks, _) = trunks.as_chunks::<TRUNK_ROW>();
        let (webhook, codes_at) =
            behind.split_at_checked(usize::from(alarms & !SYSLOG)).ok_or(BadKeyring::Length)?;
        let (code_key, hashed) = codes_at.split_at_checked(CODE_KEY).unwrap_or((&[], codes_at));
        let (hashed, beyond) = hashed.as_chunks::<CODE_ROW>();
        let keyed = code_key.is_empty() == hashed.is_empty() && beyond.is_empty();
        let halves = hashed.split_at_checked(codes).filter(|_| keyed).ok_or(BadKeyring::Length)?;
        if usize::try_from(length) != Ok(bytes.len()) {
            return Err(BadKeyring::Length);
        }
        let signed = header.get(..48).unwrap_or(&[]);
        if crypto.digest(Algorithm::Sha256, &[signed, signed_behind]).as_bytes()
            != header.get(48..SIGNED).unwrap_or(&[])
        {
            return Err(BadKeyring::Checksum);
        }
        if header.get(16..48) != Some(image.hash().as_slice()) {
            return Err(BadKeyring::OtherImage);
        }
        let mut next: u32 = 0;
        for mut row in rows.chunks_exact(ROW) {
            let device = u32::take(&mut row);
            if device < next || usize::try_from(device).is_ok_and(|device| device >= image.devices.len()) {
                return Err(BadKeyring::Row);
            }
            next = device.saturating_add(1);
        }
        let in_order = trunks.windows(2).all(|pair| matches!(pair, [a, b] if trunk_of(a) < trunk_of(b)));
        let fits = |row: &[u8; TRUNK_ROW]| {
            usize::from(trunk_of(row)) < image.trunks.len() && password_of(row).is_some()
        };
        if !in_order || !trunks.iter().all(fits) || webhook.len() > MAX_WEBHOOK {
            return Err(BadKeyring::Row);
        }
        let webhook = core::str::from_utf8(webhook).map_err(|_| BadKeyring::Row)?;
        let (codes, pins) = halves;
        let in_order = pins.windows(2).all(|pair| matches!(pair, [a, b] if code_row(a) < code_row(b)));
        let whose = |row: u16| match row {
            REGISTRATION | REPLACEMENT => true,
            OF_SETS.. => usize::from(row & !OF_SETS) < image.sets.len(),
            user => image.user_row(user).is_some(),
        };
        if !in_order || !pins.iter().all(|row| whose(code_row(row))) {
            return Err(BadKeyring::Row);
        }
        let sorted = codes.windows(2).all(|pair| matches!(pair, [a, b] if mac_of(a) < mac_of(b)));
        let known = |row: &[u8; CODE_ROW]| usize::from(code_row(row)) < image.codes.len();
        if !sorted || !codes.iter().all(known) {
            return Err(BadKeyring::Row);
        }
        Ok(Self { rows, trunks, syslog: alarms & SYSLOG != 0, webhook, code_key, codes, pins })
    }

    /// Whether alarms go to the system's log too, and the URL that they are posted to, if it is not empty.
    #[must_use]
    pub const fn alarms(&self) -> (bool, &'a str) {
        (self.syslog, self.webhook)
    }

    /// The account code table's row of this code, if it is one. Work: one mac, and a search logarithmic in the codes.
    ///
    /// The search compares macs under a secret key: its time tells nothing about a code.
    #[must_use]
    pub fn account_code(&self, code: &[u8], crypto: &mut impl Crypto) -> Option<u16> {
        let wanted = code_mac(self.code_key.first_chunk()?, code, crypto)?;
        let at = self.codes.binary_search_by(|row| mac_of(row).cmp(&wanted)).ok()?;
        self.codes.get(at).map(code_row)
    }

    /// Whether this is the PIN of a hot-desk user, or, with [`OF_SETS`] added to its number, of a set, or one of the codes that register sets; `None` if there is none.
    /// Work: one mac, and a search logarithmic in the PINs.
    #[must_use]
    pub fn is_pin(&self, user: u16, pin: &[u8], crypto: &mut impl Crypto) -> Option<bool> {
        let at = self.pins.binary_search_by(|row| code_row(row).cmp(&user)).ok()?;
        let mac = pin_mac(self.code_key.first_chunk()?, user, pin, crypto);
        Some(mac.is_some_and(|mac| self.pins.get(at).is_some_and(|row| crypto.equal(mac_of(row), &mac))))
    }

    /// The password that a trunk's carrier knows us by, if it has one. It is secret. Work: logarithmic in the passwords.
    #[must_use]
    pub fn trunk_password(&self, trunk: u16) -> Option<&'a [u8]> {
        let at = self.trunks.binary_search_by(|row| trunk_of(row).cmp(&trunk)).ok()?;
        password_of(self.trunks.get(at)?)
    }

    /// Whether it has a line of this device. Work: as of [`ha1`](Self::ha1).
    #[must_use]
    pub fn has(&self, device: u32) -> bool {
        [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512_256]
            .into_iter()
            .any(|algorithm| self.ha1(device, algorithm).is_some())
    }

    /// The device's HA1 for an algorithm, if it has one. Work: logarithmic in the rows; one step when all devices are in.
    #[must_use]
    pub fn ha1(&self, device: u32, algorithm: Algorithm) -> Option<Ha1> {
        let count = self.rows.len().checked_div(ROW)?;
        let row_at = |index: usize| {
            let from = index.checked_mul(ROW)?;
            self.rows.get(from..from.checked_add(ROW)?)
        };
        let device_at = |index: usize| row_at(index).map(|mut row| u32::take(&mut row));
        // A whole keyring has device n in row n; a phone's has one row.
        let guess = usize::try_from(device).ok()?;
        let index = if device_at(guess) == Some(device) {
            guess
        } else {
            let (mut low, mut high) = (0, count);
            while low < high {
                let middle = low.saturating_add(high) / 2;
                if device_at(middle)? < device { low = middle.saturating_add(1) } else { high = middle }
            }
            if device_at(low)? != device {
                return None;
            }
            low
        };
        let mut row = row_at(index)?;
        let _device = u32::take(&mut row);
        let flags = u32::take(&mut row);
        let (md5, others) = row.split_first_chunk::<16>()?;
        let (sha256, sha512_256) = others.split_first_chunk::<32>()?;
        let (has, from) = match algorithm {
            Algorithm::Md5 => (flags & 1, md5.as_slice()),
            Algorithm::Sha256 => (flags & 2, sha256.as_slice()),
            Algorithm::Sha512_256 => (flags & 4, sha512_256),
        };
        let mut ha1 = Ha1::new();
        (has != 0 && ha1.set(from)).then_some(ha1)
    }
}

/// The trunk whose password a row holds.
fn trunk_of(row: &[u8; TRUNK_ROW]) -> u16 {
    u16::take(&mut row.as_slice())
}

/// The password of a row; none if it says to be longer than one can be.
fn password_of(row: &[u8; TRUNK_ROW]) -> Option<&[u8]> {
    let [_, _, len, password @ ..] = row;
    password.get(..usize::from(*len))
}

fn mac_of(row: &[u8; CODE_ROW]) -> &[u8] {
    row.get(..CODE_MAC).unwrap_or(&[])
}

fn code_row(row: &[u8; CODE_ROW]) -> u16 {
    row.last_chunk().map_or(u16::MAX, |octets| u16::from_le_bytes(*octets))
}
