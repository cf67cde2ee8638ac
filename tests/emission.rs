//! A message that was read can be written: read again it means the same, and there is nothing left in it that another program could
//! read otherwise. On messages of our own phones, damaged at random; `corpus.rs` does the same for those of the world.
//!
//! `STROWGER_DATAGRAMS` sets their number, `STROWGER_SEED` where they begin.

#[path = "corpus/meaning.rs"]
mod meaning;
#[path = "corpus/naive.rs"]
mod naive;

mod damage;
mod office;

use damage::{mutated, recorded, setting};
use meaning::assert_kept;
use naive::faults;
use strowger::wire::sip::Message;
use strowger::wire::write::Buffer;
use strowger_testkit::sim::Dice;

#[test]
fn damaged_messages_mean_one_thing() {
    let mut dice = Dice::new(setting("STROWGER_SEED", 1));
    let seeds = recorded();
    let (mut read, mut refused) = (0u32, 0u32);
    for n in 0..setting("STROWGER_DATAGRAMS", 40_000) {
        let bytes = mutated(&mut dice, &seeds);
        let mut message = Message::new();
        let Err(why) = message.parse(&bytes) else {
            let found = faults(&bytes);
            assert!(found.is_empty(), "message {n} was read with {found:?}: {}", bytes.escape_ascii());
            assert_kept(&format!("message {n}"), &message);
            read += 1;
            continue;
        };
        let mut out = Buffer::new(&mut []);
        assert_eq!(
            (message.emit(&mut out), out.needed()),
            (Err(why), 0),
            "message {n}: refused, and passed on"
        );
        refused += 1;
    }
    println!("{read} were read, {refused} refused");
    assert!(read > refused / 10 && refused > read / 10, "{read} were read, {refused} refused");
}
