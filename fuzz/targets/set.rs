//! A set: sequences of frames, of messages from its exchange, and of time; and each frame for itself.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| strowger_fuzz::set::play(input));
