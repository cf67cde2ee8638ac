//! Where streams are awaited, from and to a trace.

use super::format::PlacesText;
use std::fmt::Write as _;
use strowger::media::{Described, Place, Places};

/// As a trace has them.
pub(super) fn text(places: &Places) -> PlacesText {
    let streams = (0..places.len()).map(|stream| places.get(stream).map(|place| (place.rtp, place.rtcp)));
    PlacesText { streams: streams.collect(), unknown: places.unknown }
}

/// From a trace: read from a description that says just this.
pub(super) fn parse(text: &PlacesText) -> Option<Places> {
    let mut sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n".to_owned();
    for stream in &text.streams {
        match stream {
            None => sdp += "m=audio 0 RTP/AVP 0\r\n",
            Some((rtp, rtcp)) => {
                let family = if rtp.is_ipv4() { 4 } else { 6 };
                let _ = write!(sdp, "m=audio {} RTP/AVP 0\r\nc=IN IP{family} {}\r\n", rtp.port(), rtp.ip());
                match rtcp == rtp {
                    true => sdp += "a=rtcp-mux\r\n",
                    false => _ = write!(sdp, "a=rtcp:{}\r\n", rtcp.port()),
                }
            }
        }
    }
    let mut places = Described::read(sdp.as_bytes()).places;
    places.unknown = text.unknown;
    let same = |stream: usize, (rtp, rtcp)| places.get(stream) == Some(Place { rtp, rtcp });
    let mut streams = text.streams.iter().enumerate();
    let fits = places.len() == text.streams.len()
        && streams.all(|(at, stream)| stream.map_or(places.get(at).is_none(), |place| same(at, place)));
    fits.then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_as_they_were_written() {
        let four = "192.0.2.9".parse().unwrap();
        for places in [
            Places::NONE,
            Places::at(four, &[[4000, 4001], [0, 0], [4004, 4004], [4006, 9]]),
            Places::at("2001:db8::9".parse().unwrap(), &[[4000, 4001]]),
        ] {
            let read = parse(&text(&places)).unwrap();
            assert_eq!(text(&read), text(&places));
            assert_eq!(read.len(), places.len());
        }
        let bad = PlacesText {
            streams: vec![Some(("192.0.2.9:1".parse().unwrap(), "192.0.2.8:2".parse().unwrap()))],
            unknown: false,
        };
        assert!(parse(&bad).is_none());
    }
}
