//! A session description.
#![no_main]

use strowger::media::srtp::Line;
use strowger::wire::sdp::Session;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(session) = Session::parse(input) else { return };
    assert!(input.starts_with(b"v=0"));
    for media in &session.media {
        assert!(media.formats().count() <= input.len());
    }
    for line in input.split(|byte| *byte == b'\n') {
        if let Some(value) = line.strip_prefix(b"a=crypto:") {
            let _ = Line::usable(value);
        }
    }
});
