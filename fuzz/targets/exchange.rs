//! Sequences of datagrams, signals and time: dialogs, transactions, calls.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| strowger_fuzz::play(input));
