//! What the relay is told and tells: descriptions with nothing in them but addresses and ports.

use std::fmt::Write as _;
use strowger::media::{Described, Place, Places};

/// A description that says where streams are awaited, and nothing else: what they carry is not the relay's business.
pub(super) fn of(places: &Places) -> String {
    let mut text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n".to_owned();
    for stream in 0..places.len() {
        match places.get(stream) {
            None => text += "m=audio 0 RTP/AVP 0\r\n",
            Some(Place { rtp, rtcp }) => {
                let family = if rtp.is_ipv4() { 4 } else { 6 };
                let _ = write!(text, "m=audio {} RTP/AVP 0\r\nc=IN IP{family} {}\r\n", rtp.port(), rtp.ip());
                match rtcp == rtp {
                    true => text += "a=rtcp-mux\r\n",
                    false => _ = write!(text, "a=rtcp:{}\r\n", rtcp.port()),
                }
            }
        }
    }
    text
}

/// Where the relay wants them sent; `None` if that cannot be told to a phone: at several addresses, or with reports at
/// another port than the next one.
pub(super) fn places(text: &str) -> Option<Places> {
    let places = Described::read(text.as_bytes()).places;
    let next =
        |place: Place| place.rtcp == place.rtp || place.rtcp.port() == place.rtp.port().wrapping_add(1);
    let first = places.addresses().next();
    let fits = places.iter().all(|(_, place)| next(place) && Some(place.rtp.ip()) == first);
    (fits && !places.unknown && !places.is_empty()).then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_says_the_same_when_read() {
        let told = Places::at("192.0.2.9".parse().unwrap(), &[[4000, 4001], [0, 0], [4004, 4004], [4006, 9]]);
        let read = Described::read(of(&told).as_bytes()).places;
        assert_eq!(read.iter().collect::<Vec<_>>(), told.iter().collect::<Vec<_>>());
        assert_eq!(read.len(), told.len());
    }

    #[test]
    fn an_answer_that_no_phone_could_be_told_is_none() {
        let text = |c: &str, rtcp: u16| {
            format!(
                "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=rtcp:{rtcp}\r\nm=audio 4002 RTP/AVP 0\r\n{c}"
            )
        };
        assert!(places(&text("", 4001)).is_some());
        assert!(places(&text("", 4000)).is_some());
        assert!(places(&text("", 4711)).is_none());
        assert!(places(&text("c=IN IP4 192.0.2.8\r\n", 4001)).is_none());
        assert!(places(&text("c=IN IP4 relay.example\r\n", 4001)).is_none());
        assert!(places("no description").is_none());
    }
}
