//! An offer and its answer on their way through: read, judged, and written for the other side.

use strowger::base::write::Buffer;
use strowger::media::keys::usable_only;
use strowger::media::{Body, Described, Passage, Srtp, Terms};

/// An audio description of a desk phone, with these crypto tags.
#[must_use]
pub fn description(tags: &[u32]) -> Vec<u8> {
    let mut text = String::from(
        "v=0\r\no=201 8000 8001 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n\
         m=audio 11780 RTP/SAVP 9 0 8 18 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n",
    );
    for tag in tags {
        let suite = if *tag == 1 { "AES_CM_128_HMAC_SHA1_80" } else { "AES_CM_128_HMAC_SHA1_32" };
        text += &format!("a=crypto:{tag} {suite} inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n");
    }
    (text + "a=ptime:20\r\na=sendrecv\r\n").into_bytes()
}

/// Both directions; the octets written.
#[inline(never)]
#[must_use]
pub fn media_measured(offer: &[u8], answer: &[u8]) -> usize {
    let terms = Terms { parties: [Srtp::Required; 2], keys_in_clear: true };
    let (mut there, mut back) = ([0; 1024], [0; 1024]);
    let Described { summary: offered, .. } = Described::read(offer);
    let Ok(pass) = terms.offer(&offered) else { return 0 };
    let mut out = Buffer::new(&mut there);
    usable_only(&mut out, offer, &offered);
    let sent = out.finish().unwrap_or(0);
    if terms.answer(&offered, pass, &Described::read(answer).summary).is_err() {
        return 0;
    }
    let mut out = Buffer::new(&mut back);
    Body { text: answer, offer: None, passage: Passage::UNCHANGED }.write(&mut out);
    sent + out.finish().unwrap_or(0)
}
