//! One URI: whatever is read from it stands in it, and it is read the same from its own text and inside an address.
#![no_main]

use strowger::wire::sip::{Address, Scheme, Uri, unescape};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(uri) = Uri::parse(input) else { return };
    assert_eq!(uri.text, input, "all of it is the URI");
    assert!(input.iter().all(|byte| *byte > b' ' && *byte != 0x7f), "no control character, no blank");
    assert!(uri.user.len() + uri.params.len() + uri.headers.len() < uri.text.len());
    assert!(uri.leads_where(&uri));
    let again = [b"<", input, b">"].concat();
    assert_eq!(Address::parse(&again).map(|address| address.uri), Ok(uri), "in angle brackets");

    let mut place = [0; 64];
    assert!(unescape(uri.user, &mut place).len() <= uri.user.len());
    for name in [&b"transport"[..], b"user", b"lr"] {
        let value = uri.param(name).flatten();
        assert!(
            value.is_none_or(|value| input.windows(value.len().max(1)).any(|part| part.starts_with(value)))
        );
    }
    let address = uri.socket_address();
    assert!(address.is_none_or(|address| Some(address.ip()) == uri.host.ip() && address.port() != 0));
    assert!(
        uri.host.ip().is_none() || matches!(uri.scheme, Scheme::Sip | Scheme::Sips),
        "only those have a host"
    );
});
