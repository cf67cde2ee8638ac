//! The values of headers, one by one: addresses, Via, digests, and lists of them.
#![no_main]

use strowger::wire::sip::{Address, Challenge, Credentials, Params, Replaces, Via, values};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    for value in values(input) {
        assert!(!value.is_empty());
    }
    if let Ok(address) = Address::parse(input) {
        let _ = (address.tag(), address.q(), address.expires(), Params::new(address.params).count());
        assert!(Address::parse(address.text).is_ok(), "its text is an address");
    }
    if let Ok(via) = Via::parse(input) {
        assert!(Via::parse(via.text).is_ok(), "its text is a Via");
    }
    let _ = (Credentials::parse(input, false), Challenge::parse(input, true), Replaces::parse(input));
});
