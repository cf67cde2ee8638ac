//! A SIP message: read, written in one form, read again, and written the same.
#![no_main]

use strowger::wire::sip::{Message, values};
use strowger::wire::write::Buffer;

fn emitted(message: &Message<'_>) -> Vec<u8> {
    let mut counter = Buffer::new(&mut []);
    message.emit(&mut counter).expect("what was read may be written");
    let mut bytes = vec![0; counter.needed()];
    let mut out = Buffer::new(&mut bytes);
    message.emit(&mut out).expect("once more");
    assert_eq!(out.finish(), Ok(bytes.len()));
    bytes
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut message = Message::new();
    let read = message.parse(input);
    for line in &message.lines {
        let _ = values(message.value(line)).count();
    }
    if read.is_err() {
        let mut out = Buffer::new(&mut []);
        assert!(message.emit(&mut out).is_err() && out.needed() == 0, "refused, and passed on");
        return;
    }
    let bytes = emitted(&message);
    let mut again = Message::new();
    assert_eq!(again.parse(&bytes), Ok(()), "what was written is read");
    assert_eq!(emitted(&again), bytes, "and written the same");
    assert_eq!(
        (
            again.method(),
            again.code(),
            again.body,
            again.max_forwards,
            again.expires,
            again.cseq.map(|cseq| cseq.number)
        ),
        (
            message.method(),
            message.code(),
            message.body,
            message.max_forwards,
            message.expires,
            message.cseq.map(|cseq| cseq.number)
        )
    );
    assert_eq!(again.contact.list.len(), message.contact.list.len());
    assert_eq!(again.credentials.len(), message.credentials.len());
});
