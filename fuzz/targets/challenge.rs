//! Challenges: what we answer is what a server reads, and never by less than was used before.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use strowger::base::{Algorithm, Crypto, Soft};
use strowger::registration::answer::{Account, Count, Known, strongest};
use strowger::registration::digest::{Request, response};
use strowger::wire::sip::{Challenge, Credentials};
use strowger::wire::write::Buffer;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let lines = input.split(|c| *c == b'\n');
    let challenges: Vec<Challenge<'_>> =
        lines.filter_map(|line| Challenge::parse(line, false).ok().flatten()).take(4).collect();
    let mut crypto = Soft::new(&[3; 32]);
    let account =
        Account { username: b"elm", secret: Known::Password { password: b"secret-enough-7", realm: b"" } };
    for least in [None, Some(Algorithm::Md5), Some(Algorithm::Sha256), Some(Algorithm::Sha512_256)] {
        let Some(chosen) = strongest(&challenges, false, least, &account, &crypto) else { continue };
        assert!(least.is_none_or(|least| chosen.algorithm >= least), "never less");
        let uri = b"sip:1@192.0.2.1";
        let request =
            Request { peer: IpAddr::V4(Ipv4Addr::LOCALHOST), method: b"INVITE", body: &[b"v=0", b"\r\n"] };
        let count = Count::new(7, 0x0123_4567_89AB_CDEF);
        let ours = chosen
            .response(&account, (&request, uri), &count, &mut crypto)
            .expect("a password is for every realm");
        let mut bytes = vec![0; input.len() + 512];
        let mut out = Buffer::new(&mut bytes);
        chosen.write(&mut out, account.username, uri, &count, &ours);
        let len = out.finish().expect("no longer than what was asked, and what we are");
        let value = bytes[..len].strip_prefix(b"Authorization: ").and_then(|text| text.strip_suffix(b"\r\n"));
        let value = value.expect("one header line");
        assert!(!value.iter().any(u8::is_ascii_control), "and nothing in it that ends a line");
        let read = Credentials::parse(value, false).expect("well formed").expect("a digest");
        assert_eq!((read.realm, read.nonce), (chosen.challenge.realm, chosen.challenge.nonce));
        assert_eq!((read.username, read.uri, read.opaque), (&b"elm"[..], &uri[..], chosen.challenge.opaque));
        assert_eq!(Algorithm::named(read.algorithm), Some(chosen.algorithm));
        let ha1 = crypto.digest(chosen.algorithm, &[b"elm:", read.realm, b":secret-enough-7"]);
        let (hex, len) = response(&mut crypto, chosen.algorithm, ha1.as_bytes(), &read, &request).hex();
        assert_eq!(read.response, &hex[..len]);
    }
});
