//! A policy image that is damaged, with a checksum that fits all the same: it is refused, or every question has an answer.
#![no_main]

use strowger::base::{Algorithm, Crypto, Soft};
use strowger::policy::{Attempt, Image, Party, decide};

/// Where the checksum stands, and what it covers (`core/src/policy/image.rs`).
const HASH: std::ops::Range<usize> = 16..48;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut crypto = Soft::new(&[7; 32]);
    let mut image = input.to_vec();
    if image.len() >= HASH.end {
        let hash = crypto.digest(Algorithm::Sha256, &[&image[..HASH.start], &image[HASH.end..]]);
        image[HASH].copy_from_slice(hash.as_bytes());
    }
    let Ok(image) = Image::load(&image, &mut crypto) else { return };
    for dialed in [&b"201"[..], b"202", b"911", b"95551234", b"*61202", b"*66", b"", b"9", b"+15145550100"] {
        for party in
            [Party::Device(0), Party::Device(1), Party::Trunk(0), Party::Unknown, Party::Device(u32::MAX)]
        {
            let _ = decide(&image, &Attempt::new(party, dialed), |_| true, &mut ());
        }
    }
    let _ = (image.device_by_dn(b"201"), image.device_by_username(b"201"), image.phone_by_dn(b"202"));
});
