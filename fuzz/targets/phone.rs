//! A telephone: sequences of datagrams, of what its user does, and of time.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| strowger_fuzz::phone::play(input));
